//! Hands messages to those who deliver them.
//!
//! A [`Channel`] says how much it takes and what it promises; each of its [`Sender`]s, one a thread, hands over messages
//! and says of every one how that went. Nothing here decides whether a message may go out, tries again, waits, or
//! remembers: that is the runtime's. So a sender has one duty above all: to say [`Delivery::Later`] only where the message
//! was surely not taken, and [`Delivery::Unknown`] wherever it might have been.

mod delivery;
mod message;

pub use delivery::{Delivery, Reason, Trouble};
pub use message::{Content, Message};

use rulec_diagnostic::Diagnostic;

/// Somebody who delivers messages.
pub trait Channel: Send + Sync {
    /// What it takes and promises.
    fn terms(&self) -> Terms;

    /// Makes ready to hand over messages: opens files, but calls nobody yet. Each sender is used by one thread.
    ///
    /// # Errors
    /// What keeps it from working at all, such as a file that cannot be opened or a secret that is not set.
    fn sender(&self) -> Result<Box<dyn Sender>, Box<Diagnostic>>;
}

/// What a channel takes and promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// How many messages one call takes at most; at least 1.
    pub batch: usize,
    /// How many calls may be under way at a time; at least 1.
    pub calls: usize,
    /// Whether it takes a message with the same key only once, so that one of which nobody knows whether it was taken may
    /// be handed over again.
    pub honours_key: bool,
}

/// Hands over messages.
pub trait Sender: Send {
    /// Hands over these messages, at most [`Terms::batch`], and says of each, in the same order, how that went. Returns
    /// within the channel's time-out, whatever the other side does.
    fn send(&mut self, messages: &[Message]) -> Vec<Delivery>;
}
