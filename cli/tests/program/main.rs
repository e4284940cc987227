//! The program as a whole: run in a small shop, its output compared.
#![allow(clippy::unwrap_used, reason = "a test may fail by panicking, in what it calls too")]

mod approve;
mod arguments;
mod audience;
mod audit;
mod cache;
mod check;
mod explain;
mod forecast;
mod import;
mod init;
mod operating;
mod recording;
mod schema;
mod sending;
mod shop;
mod timings;
mod unwilling;
mod why;
mod winback;

/// Compares what a run printed and how it ended.
macro_rules! assert_ran {
    ($ran:expr) => {
        insta::assert_snapshot!($ran.to_string())
    };
}
pub(crate) use assert_ran;
