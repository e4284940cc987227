//! What all who are called by HTTP share.
//!
//! | what | file |
//! | --- | --- |
//! | one call: what was written, what came back | `client.rs`, `watch.rs` |
//! | what a status means for a message | `outcome.rs`, `retry_after.rs` |
//! | what a provider's own codes mean | `codes.rs` |
//! | what no reason may hold | `private.rs` |
//! | a channel to a provider | `channel.rs` |
//! | addresses that the project file names | `address.rs` |
//! | values in addresses, forms and JSON | `escape.rs` |
//! | HMAC and hashes | `sign.rs` |
//!
//! The whole crate turns on one question here: may the other side have the message? It cannot before the first byte of the
//! request is written, which `watch.rs` sees; from then on only an answer tells.

pub(crate) mod address;
mod channel;
mod client;
mod codes;
pub(crate) mod escape;
mod outcome;
mod private;
#[cfg(test)]
pub(crate) mod receiver;
mod retry_after;
pub(crate) mod sign;
#[cfg(test)]
mod tests;
mod watch;

pub(crate) use channel::{Exchange, HttpChannel, ONE_BY_ONE, Outgoing, Protocol, Says};
pub(crate) use client::{Answer, Client, Failure, Request};
pub(crate) use codes::{Meaning, meaning};
pub(crate) use outcome::{Promise, by_status, later, refused, taken, unknown, unread, word};
pub(crate) use private::Private;
pub(crate) use ureq::http::Method;
