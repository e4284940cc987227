//! Sending, tested like a database: the real program against real servers, and whatever happens nothing is lost or doubled.
//!
//! | what | file |
//! | --- | --- |
//! | random schedules of deaths, faults, full disks and clocks that are set | `schedules.rs` |
//! | a shop, its channels and those behind them | `ground.rs` |
//! | what must hold in the end | `laws.rs` |
//! | what a crash leaves on the disk, while sending and while an older state is brought up to date | `images.rs` |
//! | several processes at once | `together.rs` |
//! | customers whose data are meant to do harm | `hostile.rs` |
#![allow(clippy::unwrap_used, reason = "a test may fail by panicking, in what it calls too")]

mod ground;
mod hostile;
mod images;
mod laws;
mod schedules;
#[path = "../program/shop.rs"]
#[allow(dead_code, reason = "the tests of single commands use the rest")]
mod shop;
mod together;
