//! Appending rows to a file, each exactly once.
//!
//! A process may die at any instant, also in the middle of a row, and between the file and the state. What the file holds
//! is therefore the truth. Each call opens it anew, so that it notices when somebody moved it away; a last row without an
//! end is cut off if it can be one of ours, as nobody can rely on it; of messages that may have been handed over before,
//! the keys are looked for in the file, and only what is not there is appended. Taken is what `fsync` has said to be on the
//! disk. What others wrote into the file stays.
//!
//! **Cost.** Without messages that may have been handed over before, only the end of the file is read.

use super::disk;
use super::outcome::{self, Lost};
use crate::failpoint;
use crate::{Delivery, Message, Reason, Sender, Trouble};
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// How messages become rows, and how rows are found again.
pub(super) trait Format: Send {
    /// What a new file begins with.
    fn head(&self) -> &[u8];

    /// How a row ends; stands nowhere within a row of ours.
    fn row_end(&self) -> &'static [u8];

    /// The row of a message with its end, or why it can have none.
    fn row(&self, message: &Message) -> Result<Vec<u8>, Reason>;

    /// What the end of a file is that has no row end.
    fn judge(&self, rest: &[u8]) -> Rest;

    /// Whether rows may be added to what is in the file, of which some bytes from the beginning are given.
    fn fits(&self, beginning: &[u8]) -> bool;

    /// Which of these keys the file has.
    fn find(&self, file: BufReader<&File>, keys: &HashSet<&str>) -> io::Result<HashSet<String>>;
}

/// The end of a file that has no row end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    /// The beginning of a row that we wrote.
    Torn,
    /// So many bytes are a whole row that only lacks its end.
    Whole(usize),
    /// Somebody else's.
    Foreign,
}

/// Why nothing can be appended.
#[derive(Debug)]
pub(super) enum Obstacle {
    /// Reading or writing failed.
    Io(io::Error),
    /// The file holds a table with other columns.
    OtherColumns,
}

impl From<io::Error> for Obstacle {
    fn from(error: io::Error) -> Obstacle {
        Obstacle::Io(error)
    }
}

/// Appends to one file.
pub(super) struct Appender<F> {
    path: PathBuf,
    format: F,
    /// Whether it is known to be on the disk that the file is in its folder.
    in_folder: bool,
}

/// An open file, ready to be appended to.
struct Ready {
    file: File,
    /// What has to stand before new rows: the head of a new file, or the end of somebody else's row.
    before: Vec<u8>,
}

impl<F: Format> Appender<F> {
    pub(super) fn new(path: &Path, format: F) -> Appender<F> {
        Appender { path: path.to_owned(), format, in_folder: false }
    }

    /// Opens the file, or makes it, and mends its end.
    pub(super) fn check(&mut self) -> Result<(), Obstacle> {
        self.open().map(drop)
    }

    fn open(&mut self) -> Result<Ready, Obstacle> {
        let file = disk::open(&self.path)?;
        disk::lock(&file)?;
        if !self.in_folder || file.metadata()?.len() == 0 {
            disk::sync_folder_of(&self.path)?;
            self.in_folder = true;
        }
        let before = self.mend(&file)?;
        Ok(Ready { file, before })
    }

    /// Cuts off a torn row of ours; says what has to stand before new rows.
    fn mend(&self, file: &File) -> Result<Vec<u8>, Obstacle> {
        let length = file.metadata()?.len();
        let end = self.format.row_end();
        let rest = disk::behind_last(file, end)?;
        let kept = match rest.as_deref() {
            Some([]) => length,
            Some(rest) => match self.format.judge(rest) {
                Rest::Torn => length - rest.len() as u64,
                Rest::Whole(bytes) => length - (rest.len() - bytes) as u64,
                Rest::Foreign => length,
            },
            None => length,
        };
        if kept < length {
            file.set_len(kept)?;
        }
        if kept == 0 {
            return Ok(self.format.head().to_vec());
        }
        if !self.format.fits(&beginning(file, self.format.head().len())?) {
            return Err(Obstacle::OtherColumns);
        }
        let at_row_end = rest.is_some_and(|rest| kept == length - rest.len() as u64);
        Ok(if at_row_end { Vec::new() } else { end.to_vec() })
    }

    /// Hands over all, unless nothing can be; says of each how that went, in order.
    fn append(&mut self, messages: &[Message]) -> Result<Vec<Delivery>, Obstacle> {
        let Ready { file, before: mut text } = self.open()?;
        let there = self.find(&file, messages)?;
        let mut deliveries = Vec::with_capacity(messages.len());
        for message in messages {
            let row = if there.contains(&message.key) { Ok(Vec::new()) } else { self.format.row(message) };
            deliveries.push(match row {
                Ok(row) => {
                    text.extend(row);
                    Delivery::Taken { id: None }
                }
                Err(reason) => Delivery::Refused(reason),
            });
        }
        Ok(outcome::of_call(deliveries, messages, write(&file, &text)))
    }

    fn find(&self, file: &File, messages: &[Message]) -> io::Result<HashSet<String>> {
        let keys = outcome::doubtful_keys(messages);
        if keys.is_empty() {
            return Ok(HashSet::new());
        }
        let mut from_start = file;
        from_start.seek(SeekFrom::Start(0))?;
        self.format.find(BufReader::with_capacity(1 << 20, file), &keys)
    }
}

impl<F: Format> Sender for Appender<F> {
    fn send(&mut self, messages: &[Message]) -> Vec<Delivery> {
        self.append(messages).unwrap_or_else(|obstacle| {
            messages.iter().map(|message| obstacle.delivery(message.again)).collect()
        })
    }
}

impl Obstacle {
    /// What became of a message. One that may have been handed over before may be in the file, which could not be read.
    pub(super) fn delivery(&self, again: bool) -> Delivery {
        match self {
            Obstacle::Io(error) => outcome::not_taken(error, again),
            Obstacle::OtherColumns => {
                outcome::later(Reason::new("other columns", "", &[]), Trouble::Settings, again)
            }
        }
    }
}

/// Some bytes from the beginning of a file, with room for a head that is written otherwise than ours.
fn beginning(mut file: &File, head: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.take(4 * head as u64 + 64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Appends the text; when this returns without an error it is on the disk.
fn write(file: &File, text: &[u8]) -> Result<(), Lost> {
    let before = file.metadata().map_err(Lost::surely)?.len();
    if let Err(error) = put(file, text) {
        return Err(match cut(file, before, text) {
            Ok(()) => Lost::surely(error),
            Err(_) => Lost::perhaps(error),
        });
    }
    let synced = failpoint::reach("file-written").and_then(|()| file.sync_data());
    if let Err(error) = synced {
        // What a failed `fsync` leaves in memory may look written ever after, so it is taken out again as far as that
        // works; either way nobody knows what is on the disk.
        drop(cut(file, before, text));
        return Err(Lost::perhaps(error));
    }
    failpoint::reach("file-synced").map_err(Lost::perhaps)
}

fn put(mut file: &File, text: &[u8]) -> io::Result<()> {
    // In two parts, so that a test can let the process die with half a row in the file.
    let (head, tail) = text.split_at(text.len().saturating_sub(9));
    file.write_all(head)?;
    failpoint::reach("file-half-written")?;
    file.write_all(tail)
}

/// Takes out again what was written of the text from this length on, and nothing of others.
fn cut(mut file: &File, before: u64, text: &[u8]) -> io::Result<()> {
    file.seek(SeekFrom::Start(before))?;
    let mut written = Vec::new();
    file.read_to_end(&mut written)?;
    if !text.starts_with(&written) {
        return Err(io::ErrorKind::InvalidData.into());
    }
    file.set_len(before)?;
    file.sync_data()
}
