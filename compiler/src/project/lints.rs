//! `[lints]`: how much each finding weighs.

use super::diagnostics as says;
use super::reader::{Report, Section, choice};
use crate::levels::is_lint;
use indexmap::IndexMap;
use rulec_diagnostic::{Code, codes};
use rulec_plan::project::LintLevel;

const LEVELS: &[(&str, LintLevel)] =
    &[("allow", LintLevel::Allow), ("warn", LintLevel::Warn), ("deny", LintLevel::Deny)];

/// Findings that the language promises and no version looks for yet; one that gets a [`Code`] leaves this list.
pub(crate) const LATER: &[&str] = &[
    "overlap",
    "never-matches",
    "always-true",
    "no-effect",
    "never-wins",
    "forbid-broken",
    "weak-offer",
    "cheaper-elsewhere",
    "missing-field",
    "sms-length",
    "sms-signature",
    "sms-opt-out",
    "personal-in-group",
    "over-budget",
    "stacked-offers",
    "waiting-pays",
    "no-consent",
    "pointless-limit",
    "blocked-follow-up",
    "unused",
    "failing-test",
];

pub(super) fn levels(file: &mut Section<'_>, report: &mut Report) -> IndexMap<String, LintLevel> {
    let Some(section) = file.section("lints", report) else { return IndexMap::new() };
    let mut levels = IndexMap::new();
    for entry in section.entries() {
        let name = entry.name();
        let word = entry.item(report).text(name, report);
        let Some(level) = word.and_then(|word| choice(&word, name, LEVELS, report)) else { continue };
        match Code::find(name) {
            Some(code) if is_lint(code) => {
                levels.insert(code.slug().to_owned(), level);
                continue;
            }
            Some(code) => report.add(says::not_a_lint(entry.place(report), name, code)),
            None if LATER.contains(&name) => {
                if level != LintLevel::Allow {
                    report.add(says::later_lint(entry.place(report), name));
                }
            }
            None => {
                let lints = codes::lints::ALL.iter().map(|code| code.slug());
                report.add(says::unknown_lint(entry.place(report), name, lints.chain(LATER.iter().copied())));
            }
        }
        levels.insert(name.to_owned(), level);
    }
    levels
}
