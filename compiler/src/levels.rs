//! How much a lint weighs: by `[lints]` of the project file, and by `# allow NAME: reason` in place.
//!
//! Only lints (codes of family `L`) can be weighed; a mistake of names or types cannot be allowed.

use crate::diagnostics::lints;
use crate::load::{Layer, Unit};
use crate::project::lints::LATER;
use rulec_diagnostic::{Code, Diagnostic, Place, Severity, Sources, Span, codes};
use rulec_grammar::tree::Comment;
use rulec_plan::project::{LintLevel, Project};

/// What one comment allows, and where.
struct Allowance {
    code: Code,
    place: Place,
}

/// Drops what is allowed, and gives the rest the severity that the project wants.
pub(crate) fn apply(
    project: &Project,
    sources: &Sources,
    units: &[Unit],
    diagnostics: Vec<Diagnostic>,
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut allowed = Vec::new();
    for unit in units.iter().filter(|unit| unit.layer != Layer::Prelude) {
        for comment in &unit.tree.comments {
            allowance(unit, sources, comment, &mut allowed, &mut found);
        }
    }
    let weighed =
        diagnostics.into_iter().filter(|finding| !allowed.iter().any(|allowance| covers(allowance, finding)));
    found.extend(weighed);
    found.into_iter().filter_map(|finding| weigh(project, finding)).collect()
}

fn weigh(project: &Project, mut finding: Diagnostic) -> Option<Diagnostic> {
    if !is_lint(finding.code) {
        return Some(finding);
    }
    match project.lints.get(finding.code.slug()) {
        Some(LintLevel::Allow) => return None,
        Some(LintLevel::Warn) => finding.severity = Severity::Warning,
        Some(LintLevel::Deny) => finding.severity = Severity::Error,
        None => {}
    }
    Some(finding)
}

/// Whether a finding can be weighed and allowed.
pub(crate) fn is_lint(code: Code) -> bool {
    codes::lints::ALL.contains(&code)
}

fn covers(allowance: &Allowance, finding: &Diagnostic) -> bool {
    let inside = finding.place.is_some_and(|place| {
        place.file == allowance.place.file
            && allowance.place.span.start <= place.span.start
            && place.span.start < allowance.place.span.end
    });
    inside && finding.code == allowance.code
}

/// Reads `allow NAME: reason`; anything else is an ordinary comment.
fn allowance(
    unit: &Unit,
    sources: &Sources,
    comment: &Comment,
    allowed: &mut Vec<Allowance>,
    found: &mut Vec<Diagnostic>,
) {
    let Some(rest) = comment.text.strip_prefix("allow ").or_else(|| comment.text.strip_prefix("允许 "))
    else {
        return;
    };
    let Some((name, reason)) = rest.split_once([':', '：']) else { return };
    let (name, reason) = (name.trim(), reason.trim());
    let place = comment.span.at(unit.file);
    match Code::find(name) {
        _ if reason.is_empty() => found.push(lints::allowed_without_reason(place, name)),
        Some(code) if is_lint(code) => {
            allowed.push(Allowance { code, place: covered(unit, sources, comment).at(unit.file) });
        }
        Some(_) => found.push(lints::allows_a_mistake(place, name)),
        // Whoever allows what a later version will look for is not told that this one does not.
        None if LATER.contains(&name) => {}
        None => {
            found.push(lints::allows_no_lint(place, name, codes::lints::ALL.iter().map(|code| code.slug())));
        }
    }
}

/// What a comment speaks of: beside words its line; alone on its line the declaration that starts next, or, inside one, the
/// next line.
fn covered(unit: &Unit, sources: &Sources, comment: &Comment) -> Span {
    let Some(source) = sources.get(unit.file) else { return comment.span };
    let line = source.line_column(comment.span.start as usize).line;
    let line_of = |line: usize| {
        let start = source.line_start(line).unwrap_or(source.text.len());
        Span::new(start, start + source.line(line).len())
    };
    let here = line_of(line);
    let before = source.text.get(here.start as usize..comment.span.start as usize).unwrap_or_default();
    if !before.trim().is_empty() {
        return here;
    }
    let next = unit.tree.items.iter().find(|item| item.span.start >= comment.span.end);
    let between = next.and_then(|item| source.text.get(comment.span.end as usize..item.span.start as usize));
    let only_comments =
        |text: &str| text.lines().all(|line| line.trim().is_empty() || line.trim().starts_with('#'));
    match (next, between) {
        (Some(item), Some(between)) if only_comments(between) => item.span,
        _ => line_of(line + 1),
    }
}
