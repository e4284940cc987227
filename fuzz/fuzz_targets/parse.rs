//! Any bytes are answered: no panic, sound findings, every place inside the text, the same answer twice.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rulec_diagnostic::{FileId, Span};
use rulec_fuzz::assert_sound;

const FILE: FileId = FileId(0);

fuzz_target!(|bytes: &[u8]| {
    let text = match rulec_grammar::decode(FILE, bytes) {
        Ok(text) => text,
        Err(diagnostic) => {
            let end = diagnostic.place.map_or(0, |place| place.span.end as usize);
            assert!(end <= bytes.len());
            return;
        }
    };
    let parsed = rulec_grammar::parse(FILE, text);
    assert_eq!(parsed, rulec_grammar::parse(FILE, text));
    parsed.diagnostics.iter().for_each(|finding| assert_sound(finding, |_| text));
    let in_text = |span: Span| assert!(text.get(span.range()).is_some(), "{span:?}");
    parsed.file.items.iter().for_each(|item| in_text(item.span));
    parsed.file.comments.iter().for_each(|comment| in_text(comment.span));
    parsed.file.broken.iter().for_each(|name| in_text(name.span));
    if let Err(findings) = rulec_grammar::parse_expression(FILE, text) {
        assert!(!findings.is_empty());
        findings.iter().for_each(|finding| assert_sound(finding, |_| text));
    }
});
