//! `[lints]`: how much each finding weighs.

use super::diagnostics as says;
use super::reader::{Report, Section, choice};
use indexmap::IndexMap;
use rulec_diagnostic::{Code, codes};
use rulec_plan::project::LintLevel;

const LEVELS: &[(&str, LintLevel)] =
    &[("allow", LintLevel::Allow), ("warn", LintLevel::Warn), ("deny", LintLevel::Deny)];

/// Findings that the language promises and no version looks for yet; one that gets a [`Code`] leaves this list.
pub(super) const LATER: &[&str] = &[
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
        if Code::find(name).is_none() {
            if LATER.contains(&name) {
                if level != LintLevel::Allow {
                    report.add(says::later_lint(entry.place(report), name));
                }
            } else {
                let known = codes::all().map(Code::slug).chain(LATER.iter().copied());
                report.add(says::unknown_lint(entry.place(report), name, known));
            }
        }
        levels.insert(name.to_owned(), level);
    }
    levels
}
