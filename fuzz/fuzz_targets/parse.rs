//! Any bytes are answered: no panic, every place inside the text and between characters, the same answer twice.
//!
//! Seeds are the cases of the grammar: `cargo fuzz run parse grammar/tests/cases grammar/tests/accepts`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rulec_diagnostic::{FileId, Span};

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
    let in_text = |span: Span| assert!(text.get(span.range()).is_some(), "{span:?}");
    for diagnostic in &parsed.diagnostics {
        diagnostic.place.iter().for_each(|place| in_text(place.span));
        diagnostic.fix.iter().for_each(|fix| in_text(fix.place.span));
        diagnostic.related.iter().for_each(|related| in_text(related.place.span));
    }
    parsed.file.items.iter().for_each(|item| in_text(item.span));
    parsed.file.comments.iter().for_each(|comment| in_text(comment.span));
    parsed.file.broken.iter().for_each(|name| in_text(name.span));
    let _ = rulec_grammar::parse_expression(FILE, text);
});
