//! Names, types and lowering of marketing rules.
//!
//! | stage | from | to | folder |
//! | --- | --- | --- | --- |
//! | project file | `rulec.toml` | [`rulec_plan::project::Project`] | [`project`] |
//! | load | rule files, packs, the prelude | syntax trees | `load.rs`, `packs.rs` |
//! | names | syntax trees | what each name refers to, in an order to check it | `symbols.rs`, `order.rs` |
//! | events | the project's tables, and those that the runtime keeps | what rules may ask of them | `events.rs` |
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
pub use lower::{audience, lower, lower_with_reasons, remarks};

/// A stretch of time as a rule writes it, such as `24h`, `7d`, `3个月`; `None` for anything else, and for none at all.
pub fn duration(text: &str) -> Option<rulec_plan::time::Duration> {
    use rulec_grammar::tree::{Expr, ExprKind, Literal};
    match rulec_grammar::parse_expression(rulec_diagnostic::FileId::default(), text) {
        Ok(Expr { kind: ExprKind::Literal(Literal::Duration(written)), .. }) if written.amount > 0 => {
            check::duration(written)
        }
        _ => None,
    }
}
