//! Placeholder of the layout; see ARCHITECTURE.md.

pub mod project;
