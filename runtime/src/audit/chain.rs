//! What the hashes of the audit are made of, byte for byte, so that anybody can recompute them. All are SHA-256.
//!
//! A *field* is its length in bytes as 4 bytes, big endian, and then the bytes; a field that is absent is `FF FF FF FF`. An
//! integer is 8 bytes, big endian, two's complement; a text is UTF-8.
//!
//! | hash | of |
//! | --- | --- |
//! | of a person, her *commitment* | `rulec person`, a zero byte, her salt (16 bytes), her key as text |
//! | of a cause | `rulec cause`, a zero byte, and the fields kind, rule, rule hash, step (an integer), arm, verdict, reason, actions (JSON) |
//! | of record 0, which is not stored | `rulec audit 1` |
//! | of record n | the fields: hash of record n − 1, n, run, instant (microseconds), commitment of the person, hash of the cause, seal of the message, detail (JSON) |
//! | of a message, its *seal* | `rulec message`, a zero byte, the person's salt, the message's key (16 bytes), what was to be handed over (a JSON line); of that the first 16 bytes |
//! | of the messages of a run | all their seals, in the order in which they were recorded |
//! | a sealed fact | `rulec fact`, a zero byte, the person's salt, the fact's name, a zero byte, its value as JSON; of that the first 16 bytes in hex, after `sealed:` |
//! | the mark of a forgotten person | `rulec forgotten`, a zero byte, a secret of 32 bytes that never leaves the state, her key as text |
//!
//! Salts are random. As long as a person's salt is there, a commitment, a seal or a sealed fact can be compared with a guess;
//! once she is forgotten nobody can guess any more, and the chain still holds. That is why records name a message by its seal:
//! its key is made of nothing but what others know, too.

use sha2::{Digest, Sha256};

/// A hash.
pub type Hash = [u8; 32];

/// What makes a person's commitments unguessable.
pub type Salt = [u8; 16];

/// Names a message for ever.
pub type MessageKey = [u8; 16];

/// Names a message to records, and binds what was to be handed over.
pub type MessageSeal = [u8; 16];

/// Stands before what hides a personal fact.
pub const SEALED: &str = "sealed:";

/// How many bytes of its hash hide a fact.
const SEAL: usize = 16;

const ABSENT: [u8; 4] = [0xff; 4];

/// What records have in common; of what is no decision only `kind` and `reason`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cause<'a> {
    /// What happened: `run`, `decision`, `sent`, …
    pub kind: &'a str,
    /// The rule's name.
    pub rule: Option<&'a str>,
    /// SHA-256 of the rule's meaning, as hex.
    pub rule_hash: Option<&'a str>,
    /// 0: the rule itself; n: its n-th follow-up.
    pub step: Option<i64>,
    /// The arm of the rule's split that the customer was drawn into.
    pub arm: Option<&'a str>,
    /// How it ended.
    pub verdict: Option<&'a str>,
    /// Why.
    pub reason: Option<&'a str>,
    /// What was done, and what of it was lost, as JSON.
    pub actions: Option<&'a str>,
}

/// A record.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// Its number, from 1.
    pub seq: i64,
    /// The run to which it belongs.
    pub run: Option<i64>,
    /// When, in microseconds since 1970.
    pub at: i64,
    /// The commitment of the person whom it is about.
    pub person: Option<&'a Hash>,
    /// The hash of its cause.
    pub cause: &'a Hash,
    /// The seal of the message that it is about.
    pub message: Option<&'a MessageSeal>,
    /// What it rests on, as JSON.
    pub detail: Option<&'a [u8]>,
}

impl Cause<'_> {
    /// Its hash.
    pub fn hash(&self) -> Hash {
        let mut bytes = b"rulec cause\0".to_vec();
        for first in [Some(self.kind), self.rule, self.rule_hash] {
            text(&mut bytes, first);
        }
        integer(&mut bytes, self.step);
        for last in [self.arm, self.verdict, self.reason, self.actions] {
            text(&mut bytes, last);
        }
        Sha256::digest(bytes).into()
    }
}

/// The hash of the record before the first.
pub fn start() -> Hash {
    Sha256::digest("rulec audit 1").into()
}

impl Record<'_> {
    /// Its hash, after a record with this one. `bytes` is used again from call to call.
    pub fn hash(&self, before: &Hash, bytes: &mut Vec<u8>) -> Hash {
        bytes.clear();
        field(bytes, Some(before));
        integer(bytes, Some(self.seq));
        integer(bytes, self.run);
        integer(bytes, Some(self.at));
        field(bytes, self.person.map(|hash| &hash[..]));
        field(bytes, Some(self.cause));
        field(bytes, self.message.map(|seal| &seal[..]));
        field(bytes, self.detail);
        Sha256::digest(bytes).into()
    }
}

/// What binds records to a person without naming her.
pub fn commitment(salt: &[u8], customer: &str) -> Hash {
    let hash = Sha256::new().chain_update(b"rulec person\0").chain_update(salt);
    hash.chain_update(customer).finalize().into()
}

/// What stands in records for a message.
pub fn message_seal(salt: &[u8], key: &[u8], payload: &[u8]) -> MessageSeal {
    let hash = Sha256::new().chain_update(b"rulec message\0").chain_update(salt);
    crate::hash::first_bytes(&hash.chain_update(key).chain_update(payload).finalize())
}

/// What stands in a record for a personal fact; `value` is JSON.
pub fn seal(salt: &[u8], name: &str, value: &[u8]) -> String {
    let hash = Sha256::new().chain_update(b"rulec fact\0").chain_update(salt).chain_update(name);
    let hash = hash.chain_update(b"\0").chain_update(value).finalize();
    format!("{SEALED}{}", crate::hash::hex(&hash[..SEAL]))
}

/// Whether a text is what [`seal`] gives.
pub fn is_sealed(text: &str) -> bool {
    let digits = text.strip_prefix(SEALED);
    digits
        .is_some_and(|digits| digits.len() == 2 * SEAL && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// By what a forgotten person is known again, and nothing but that.
pub fn mark(secret: &[u8], customer: &str) -> Hash {
    let hash = Sha256::new().chain_update(b"rulec forgotten\0").chain_update(secret);
    hash.chain_update(customer).finalize().into()
}

fn integer(bytes: &mut Vec<u8>, integer: Option<i64>) {
    field(bytes, integer.map(i64::to_be_bytes).as_ref().map(|bytes| &bytes[..]));
}

/// Adds the field of a text.
pub(crate) fn text(bytes: &mut Vec<u8>, text: Option<&str>) {
    field(bytes, text.map(str::as_bytes));
}

fn field(bytes: &mut Vec<u8>, value: Option<&[u8]>) {
    match value {
        Some(value) => {
            // SQLite holds no value of more than a billion bytes, so there is none whose length is that of an absent one.
            let length = u32::try_from(value.len()).unwrap_or(u32::MAX - 1);
            bytes.extend_from_slice(&length.to_be_bytes());
            bytes.extend_from_slice(value);
        }
        None => bytes.extend_from_slice(&ABSENT),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::hex;

    /// Computed by another program from what is written above.
    #[test]
    fn the_bytes_are_those_of_the_description() {
        let cause = Cause {
            kind: "decision",
            rule: Some("唤醒"),
            step: Some(0),
            verdict: Some("send"),
            ..Cause::default()
        };
        let person = commitment(&[7; 16], "42");
        let record = Record {
            seq: 1,
            run: Some(3),
            at: 1_000,
            person: Some(&person),
            cause: &cause.hash(),
            message: None,
            detail: Some(b"{}"),
        };
        let found =
            [start(), person, cause.hash(), record.hash(&start(), &mut Vec::new()), mark(&[9; 32], "42")];
        assert_eq!(
            found.map(|hash| hex(&hash)),
            include_str!("chain.expected").lines().collect::<Vec<_>>()[..5]
        );
        let sealed = seal(&[7; 16], "name", "\"王芳\"".as_bytes());
        assert_eq!(Some(&*sealed), include_str!("chain.expected").lines().nth(5));
        let message = message_seal(&[7; 16], &[9; 16], br#"{"to":"138"}"#);
        assert_eq!(Some(&*hex(&message)), include_str!("chain.expected").lines().nth(6));
        assert!(is_sealed(&sealed) && !is_sealed("sealed:") && !is_sealed("(personal)"));
    }

    #[test]
    fn no_two_records_give_the_same_bytes() {
        let hash = Cause::default().hash();
        let first =
            Record { seq: 1, run: None, at: 0, person: None, cause: &hash, message: None, detail: None };
        let others = [
            Record { seq: 2, ..first },
            Record { run: Some(0), ..first },
            Record { at: 1, ..first },
            Record { person: Some(&hash), ..first },
            Record { message: Some(&[0; 16]), ..first },
            Record { detail: Some(b""), ..first },
        ];
        let mut bytes = Vec::new();
        let mut hashes = vec![first.hash(&start(), &mut bytes), first.hash(&hash, &mut bytes)];
        hashes.extend(others.iter().map(|record| record.hash(&start(), &mut bytes)));
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), 8);
    }
}
