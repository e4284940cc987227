//! Servers that tests send to, each on a free port of 127.0.0.1 and ended when dropped.
//!
//! | what | file |
//! | --- | --- |
//! | an HTTP receiver that answers, fails and cuts connections as a script says, and counts what was delivered | [`receiver`] |

pub mod receiver;
