//! Names, types and lowering of marketing rules.
//!
//! | stage | from | to | folder |
//! | --- | --- | --- | --- |
//! | project file | `rulec.toml` | [`rulec_plan::project::Project`] | [`project`] |
//! | load | rule files, packs, the prelude | syntax trees | `load.rs`, `packs.rs` |
//! | names | syntax trees | what each name refers to, in an order to check it | `symbols.rs`, `order.rs` |
//! | check | syntax trees | [`typed::Program`] and findings | `check/` |
//! | levels | findings, `[lints]`, `# allow …` | findings as the project weighs them | `levels.rs` |
//! | lower | [`typed::Program`] and an instant | [`rulec_plan::Plan`] | `lower/` |
//!
//! This crate is pure: texts and instants come in as arguments, findings and plans go out.

pub mod calendar;
mod check;
mod diagnostics;
mod events;
mod levels;
mod load;
mod lower;
mod order;
mod packs;
pub mod project;
mod symbols;
pub mod typed;
pub mod types;

pub use check::{Checked, check};
pub use load::{Loader, NoFiles};
pub use lower::{audience, lower};
