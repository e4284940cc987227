//! Placeholder of the layout; see ARCHITECTURE.md.

pub mod calendar;
pub mod project;
