//! The rule texts that come with the program.

/// The prelude: names that every project has.
pub const PRELUDE: (&str, &str) = ("std/prelude", include_str!("../../rules/prelude.rules"));

/// The packs that `use std/NAME` brings in, by path.
pub const PACKS: &[(&str, &str)] = &[
    ("std/dormancy", include_str!("../../rules/std/dormancy.rules")),
    ("std/lifecycle", include_str!("../../rules/std/lifecycle.rules")),
    ("std/rfm", include_str!("../../rules/std/rfm.rules")),
    ("std/value", include_str!("../../rules/std/value.rules")),
];

/// The text of a pack.
pub fn find(path: &str) -> Option<&'static str> {
    PACKS.iter().find(|(name, _)| *name == path).map(|(_, text)| *text)
}
