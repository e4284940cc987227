//! The audit: what was done, why, and that nobody changed it since.

pub mod chain;
