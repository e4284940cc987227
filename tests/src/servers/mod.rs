//! Servers that tests send to, each on free ports of 127.0.0.1 and ended when dropped.
//!
//! | what | file |
//! | --- | --- |
//! | an HTTP receiver that answers, fails and cuts connections as a script says, and counts what was delivered | [`receiver`] |
//! | aiosmtpd, a mail server | [`mail`] |
//! | Kannel, an SMS gateway, with its fake message centre behind it | [`kannel`] |
//! | what they are made of: installed once a target folder, certificates, processes | `installed`, [`certificates`], `process` |

pub mod certificates;
mod installed;
pub mod kannel;
pub mod mail;
mod process;
pub mod receiver;
