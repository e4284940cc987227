//! The audit: what was done, why, and that nobody changed it since.

pub mod chain;
pub mod head;
pub mod verify;

#[cfg(test)]
pub(crate) mod fixture;
