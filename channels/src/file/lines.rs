//! JSON lines: the payload of each message on a line of its own.

use super::append::{Format, Rest};
use crate::{Message, Reason};
use serde::de::IgnoredAny;
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader};

/// How each of our lines begins.
const START: &[u8] = b"{\"key\":\"";

/// One JSON object a line.
pub(super) struct Lines;

impl Format for Lines {
    fn head(&self) -> &[u8] {
        b""
    }

    fn row_end(&self) -> &'static [u8] {
        b"\n"
    }

    fn row(&self, message: &Message) -> Result<Vec<u8>, Reason> {
        // By its key a line is found again, so it must be where it is looked for.
        let line = message.payload.as_bytes();
        if key(line) != Some(message.key.as_bytes()) || line.contains(&b'\n') {
            return Err(Reason::new("not a line", "", &[]));
        }
        let mut row = Vec::with_capacity(line.len() + 1);
        row.extend(line);
        row.push(b'\n');
        Ok(row)
    }

    fn judge(&self, rest: &[u8]) -> Rest {
        if !rest.starts_with(START) && !START.starts_with(rest) {
            return Rest::Foreign;
        }
        // No beginning of an object is an object.
        match serde_json::from_slice::<IgnoredAny>(rest) {
            Ok(_) => Rest::Whole(rest.len()),
            Err(_) => Rest::Torn,
        }
    }

    fn fits(&self, _beginning: &[u8]) -> bool {
        true
    }

    fn find(&self, mut file: BufReader<&File>, keys: &HashSet<&str>) -> io::Result<HashSet<String>> {
        let (mut found, mut line) = (HashSet::new(), Vec::new());
        while file.read_until(b'\n', &mut line)? > 0 {
            let key = key(&line).and_then(|key| str::from_utf8(key).ok());
            if let Some(key) = key.filter(|key| keys.contains(key)) {
                found.insert(key.to_owned());
            }
            line.clear();
        }
        Ok(found)
    }
}

/// The key of one of our lines.
fn key(line: &[u8]) -> Option<&[u8]> {
    line.strip_prefix(START)?.split(|byte| *byte == b'"').next()
}
