//! What became of messages that were to be written into a file.

use crate::{Delivery, Message, Reason, Trouble};
use std::collections::HashSet;
use std::io;

/// Why what was written is not on the disk.
pub(super) struct Lost {
    pub(super) error: io::Error,
    /// Whether none of it can be there.
    pub(super) surely: bool,
}

impl Lost {
    pub(super) fn surely(error: io::Error) -> Lost {
        Lost { error, surely: true }
    }

    pub(super) fn perhaps(error: io::Error) -> Lost {
        Lost { error, surely: false }
    }
}

/// What came of a call: `planned`, unless writing failed.
pub(super) fn of_call(
    mut planned: Vec<Delivery>,
    messages: &[Message],
    written: Result<(), Lost>,
) -> Vec<Delivery> {
    if let Err(lost) = written {
        for (delivery, message) in planned.iter_mut().zip(messages) {
            if !matches!(delivery, Delivery::Refused(_)) {
                *delivery = not_taken(&lost.error, !lost.surely || message.again);
            }
        }
    }
    planned
}

/// What became of a message that could not be written; `doubtful` if it may be there nevertheless.
pub(super) fn not_taken(error: &io::Error, doubtful: bool) -> Delivery {
    use io::ErrorKind as Kind;
    let (code, trouble) = match error.kind() {
        Kind::StorageFull | Kind::QuotaExceeded | Kind::FileTooLarge => ("file full", Trouble::Provider),
        Kind::WouldBlock => ("file in use", Trouble::Provider),
        Kind::PermissionDenied | Kind::ReadOnlyFilesystem => ("file not writable", Trouble::Settings),
        Kind::IsADirectory | Kind::NotADirectory | Kind::NotFound => ("file not there", Trouble::Settings),
        _ => ("file error", Trouble::Provider),
    };
    later(Reason::new(code, &error.to_string(), &[]), trouble, doubtful)
}

/// The same for whatever reason.
pub(super) fn later(reason: Reason, trouble: Trouble, doubtful: bool) -> Delivery {
    if doubtful {
        Delivery::Unknown(reason)
    } else {
        Delivery::Later { reason, after: None, trouble, maybe: false }
    }
}

/// The keys of those messages that may have been handed over before.
pub(super) fn doubtful_keys(messages: &[Message]) -> HashSet<&str> {
    messages.iter().filter(|message| message.again).map(|message| message.key.as_str()).collect()
}
