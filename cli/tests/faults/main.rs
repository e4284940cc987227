//! Sending, tested like a database: the real program against real servers, and whatever happens nothing is lost or doubled.
//!
//! | what | file |
//! | --- | --- |
//! | random schedules of deaths, faults, full disks and clocks that are set | `schedules.rs` |
//! | a shop, its channels and those behind them | `ground.rs` |
//! | what must hold in the end | `laws.rs` |
#![allow(clippy::unwrap_used, reason = "a test may fail by panicking, in what it calls too")]

mod ground;
mod laws;
mod schedules;
#[path = "../program/shop.rs"]
#[allow(dead_code, reason = "the tests of single commands use the rest")]
mod shop;
