//! What holds for every finding, whatever the text.

use rulec_diagnostic::{Diagnostic, FileId, Place, Text};

/// Checks that a finding is told in both languages, says what to do, and points only at whole characters of its texts.
///
/// # Panics
/// If it does not.
pub fn assert_sound<'t>(finding: &Diagnostic, text_of: impl Fn(FileId) -> &'t str) {
    let in_text = |place: &Place| {
        let text = text_of(place.file);
        assert!(text.get(place.span.range()).is_some(), "{place:?} is not in its text: {finding:#?}");
    };
    finding.place.iter().for_each(in_text);
    finding.fix.iter().for_each(|fix| in_text(&fix.place));
    finding.related.iter().for_each(|related| in_text(&related.place));
    assert!(finding.help.is_some(), "no help: {finding:#?}");
    let related = finding.related.iter().map(|related| &related.text);
    let texts = [&finding.message].into_iter().chain(&finding.label).chain(&finding.help).chain(related);
    for Text { en, zh } in texts {
        assert!(!en.is_empty() && !zh.is_empty(), "not told in both languages: {finding:#?}");
    }
}
