//! A channel that appends one JSON line a message to a file, each exactly once.
//!
//! A process may die at any instant, also between the file and the state. What the file holds is therefore the truth: when
//! it is opened, a last line without an end is cut off if it is ours, as nobody can rely on it, and the keys in it are
//! read; only what is not there is appended. The state is told after the file is on the disk. What others wrote into the
//! file stays.
//!
//! **Cost.** Opening reads the file once; it keeps the keys of one plan, so memory does not grow with the years.

use crate::diagnostics::{self, Result};
use crate::failpoint;
use serde::Deserialize;
use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

/// How each of our lines begins.
const START: &[u8] = b"{\"key\":\"";

/// An open file.
pub(crate) struct FileChannel {
    path: PathBuf,
    file: File,
    keys: HashSet<String>,
}

/// What is read of a line again.
#[derive(Deserialize)]
struct Sent {
    key: String,
    plan: String,
}

impl FileChannel {
    /// Opens the file, or makes it, for the messages of this plan.
    pub(crate) fn open(path: &Path, plan: &str) -> Result<FileChannel> {
        let failed = |error| diagnostics::unwritable_outbox(path, &error);
        let mut file = open_private(path).map_err(failed)?;
        let Content { keys, whole, rest } = Content::read(&file, plan).map_err(failed)?;
        if is_ours(&rest) {
            file.set_len(whole).map_err(failed)?;
        } else {
            file.write_all(b"\n").map_err(failed)?;
        }
        Ok(FileChannel { path: path.to_owned(), file, keys })
    }

    /// Appends the lines whose keys are not there yet; when this returns they are on the disk.
    pub(crate) fn append<'a>(&mut self, lines: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<()> {
        let mut text = String::new();
        for (key, line) in lines {
            if self.keys.insert(key.to_owned()) {
                text.push_str(line);
                text.push('\n');
            }
        }
        // In two parts, so that a test can let the process die with half a line in the file.
        let (head, tail) = text.as_bytes().split_at(text.len().saturating_sub(9));
        self.write(head)?;
        failpoint::reach("half-written")?;
        self.write(tail)?;
        failpoint::reach("written")?;
        self.file.sync_data().map_err(|error| diagnostics::unwritable_outbox(&self.path, &error))
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(|error| diagnostics::unwritable_outbox(&self.path, &error))
    }
}

/// What a file holds when it is opened.
struct Content {
    /// The keys of this plan.
    keys: HashSet<String>,
    /// How many bytes are whole lines.
    whole: u64,
    /// The last line if it has no end.
    rest: Vec<u8>,
}

impl Content {
    fn read(file: &File, plan: &str) -> io::Result<Content> {
        let mut reader = BufReader::with_capacity(1 << 20, file);
        let (mut keys, mut whole, mut line) = (HashSet::new(), 0, Vec::new());
        while reader.read_until(b'\n', &mut line)? > 0 && line.ends_with(b"\n") {
            whole += line.len() as u64;
            // A line that somebody else put there is none of ours.
            if let Ok(sent) = serde_json::from_slice::<Sent>(&line)
                && sent.plan == plan
            {
                keys.insert(sent.key);
            }
            line.clear();
        }
        Ok(Content { keys, whole, rest: line })
    }
}

/// Whether a line without an end can be one that we began; also when nothing is left over.
fn is_ours(rest: &[u8]) -> bool {
    rest.starts_with(START) || START.starts_with(rest)
}

/// Only its owner may read it: it holds addresses. A new file is there only once its folder is on the disk too.
fn open_private(path: &Path) -> io::Result<File> {
    let folder = path.parent().unwrap_or(Path::new(""));
    std::fs::create_dir_all(folder)?;
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    #[cfg(unix)]
    File::open(if folder.as_os_str().is_empty() { Path::new(".") } else { folder })?.sync_all()?;
    Ok(file)
}
