//! Hands messages to those who deliver them.
//!
//! A [`Channel`] says how much it takes and what it promises; each of its [`Sender`]s, one a thread, hands over messages
//! and says of every one how that went. Nothing here decides whether a message may go out, tries again, waits, or
//! remembers: that is the runtime's. So a sender has one duty above all: to say [`Delivery::Later`] only where the message
//! was surely not taken, and [`Delivery::Unknown`] wherever it might have been.
//!
//! | what | where |
//! | --- | --- |
//! | settings of a channel, secrets from outside the project file | `settings.rs`, `secret.rs`, `trust.rs`, `outside.rs` |
//! | files: JSON lines, CSV, workbooks | `file/` |
//! | mail | `smtp/` |
//! | one call by HTTP, and what became of it | `http/` |
//! | services of the project's own, SMS of Alibaba Cloud, Tencent Cloud and Kannel | `webhook/` |
//! | WeCom's robots and applications | `wecom/` |

mod broken;
mod clean;
mod delivery;
mod diagnostics;
pub mod failpoint;
mod file;
mod http;
mod message;
mod outside;
mod secret;
mod settings;
mod smtp;
#[cfg(test)]
mod testing;
mod trust;
mod webhook;
mod wecom;

pub use delivery::{Delivery, Reason, Trouble};
pub use file::Files;
pub use message::{Content, Message};
pub use outside::Outside;
pub use secret::is_open_to_others;

use rulec_diagnostic::Diagnostic;
use rulec_plan::project::{self, ChannelKind};
use settings::Settings;

/// The channel of this name, as the project file describes it. Reads its secrets; calls nobody yet.
///
/// # Errors
/// Settings that are missing or wrong (`R0180`), secrets that cannot be had (`R0181`).
pub fn open(
    name: &str,
    channel: &project::Channel,
    outside: &Outside,
) -> Result<Box<dyn Channel>, Box<Diagnostic>> {
    let settings = Settings::new(name, channel, outside);
    match channel.kind {
        ChannelKind::File => file::open(settings),
        ChannelKind::Webhook => webhook::open(settings),
        ChannelKind::Smtp => smtp::open(settings, channel.escape),
        ChannelKind::Wecom => wecom::open(settings),
    }
}

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
