//! Laws on random texts: the parser answers, its places are good, and it says the same twice.

use proptest::prelude::*;
use rulec_diagnostic::{FileId, Place};
use rulec_grammar::{keywords, parse, parse_expression};

/// The laws that hold for every text.
fn check(text: &str) {
    let parsed = parse(FileId(0), text);
    assert_eq!(parsed, parse(FileId(0), text));
    let good = |place: Place| {
        let (start, end) = (place.span.start as usize, place.span.end as usize);
        assert!(
            start <= end && text.is_char_boundary(start) && text.is_char_boundary(end),
            "{place:?} in {text:?}"
        );
    };
    for diagnostic in &parsed.diagnostics {
        diagnostic.place.into_iter().for_each(good);
        diagnostic.fix.iter().for_each(|fix| good(fix.place));
        diagnostic.related.iter().for_each(|related| good(related.place));
    }
    for item in &parsed.file.items {
        good(item.span.at(FileId(0)));
    }
    for comment in &parsed.file.comments {
        good(comment.span.at(FileId(0)));
        assert!(text[comment.span.range()].starts_with('#'));
    }
    // Either something is said about a text, or all of it is read.
    if parsed.diagnostics.is_empty() {
        let end = parsed.file.items.last().map_or(0, |item| item.span.end as usize);
        assert!(rest_is_blank(&text[end..]), "{text:?} is read to {end} only");
    }
    let _ = parse_expression(FileId(0), text);
}

fn rest_is_blank(rest: &str) -> bool {
    let code = |line: &str| line.split('#').next().unwrap_or("").to_owned();
    rest.split(['\n', '\r']).all(|line| code(line).trim_matches([';', '；', '\u{FEFF}']).trim().is_empty())
}

/// A word of the language, a sign, a value, or something odd.
fn token() -> impl Strategy<Value = String> {
    let words: Vec<String> = keywords::ALL
        .iter()
        .flat_map(|keyword| std::iter::once(keyword.english).chain(keyword.chinese.iter().copied()))
        .map(str::to_owned)
        .collect();
    let signs = "( ) { } （ ） ， 、 ： ; . .. 。 > >= = ＝ => && ! - + * / % \" “ ” ' ` \"\"\" # ## \n \r\n \\ ￥ { }";
    let values = "60d 60天 150/500 500元 3 ６ 2026-11-11 2026-02-30 20:00 8折 20% \"x\" “y” a 高价值 沉睡.长期 sms \u{200b} 😀";
    let split = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    prop_oneof![
        4 => prop::sample::select(words),
        3 => prop::sample::select(split(signs)),
        3 => prop::sample::select(split(values)),
        1 => any::<char>().prop_map(String::from),
    ]
}

/// A file that parses, with some characters taken out, put in or moved.
fn damaged() -> impl Strategy<Value = String> {
    let good = [
        include_str!("accepts/language.rules"),
        include_str!("accepts/chinese.rules"),
        include_str!("accepts/everything_else.rules"),
        include_str!("accepts/facts.rules"),
    ];
    let edits = prop::collection::vec((any::<prop::sample::Index>(), 0..6_usize, token()), 1..6);
    (prop::sample::select(good.to_vec()), edits).prop_map(|(text, edits)| {
        let mut chars: Vec<char> = text.chars().collect();
        for (at, remove, insert) in edits {
            let at = at.index(chars.len() + 1);
            let end = (at + remove).min(chars.len());
            chars.splice(at..end, insert.chars());
        }
        chars.into_iter().collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_tokens_are_answered(tokens in prop::collection::vec((token(), any::<bool>()), 0..60)) {
        let text: String = tokens.iter().flat_map(|(token, space)| [token.as_str(), if *space { " " } else { "" }]).collect();
        check(&text);
    }

    #[test]
    fn any_characters_are_answered(text in "\\PC*|[\\s\\S]{0,200}") {
        check(&text);
    }

    #[test]
    fn damaged_files_are_answered(text in damaged()) {
        check(&text);
    }
}
