//! The audit: what was done, why, and that nobody changed it since.

pub mod chain;
mod diagnostics;
pub mod head;
pub mod replay;
pub mod verify;

#[cfg(test)]
pub(crate) mod fixture;
