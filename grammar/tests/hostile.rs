//! Texts that are meant to hurt: deep, long, broken everywhere.

use rulec_diagnostic::{Diagnostic, FileId, codes::syntax};
use rulec_grammar::{MAX_NESTING, Parsed, parse, parse_expression};

fn of(text: &str) -> Parsed {
    parse(FileId(0), text)
}

fn codes(diagnostics: &[Diagnostic]) -> Vec<&str> {
    diagnostics.iter().map(|diagnostic| diagnostic.code.name()).collect()
}

/// A definition whose value has `levels` brackets inside each other, closed or not.
fn nested(open: &str, levels: usize, inner: &str, close: &str) -> String {
    format!("let a = {}{inner}{}", open.repeat(levels), close.repeat(levels))
}

#[test]
fn nesting_up_to_the_limit_is_read() {
    for (open, close) in [("(", ")"), ("f(", ")"), ("{", "}"), ("(x and ", ")"), ("f(a where ", ")")] {
        let parsed = of(&nested(open, MAX_NESTING, "1", close));
        assert_eq!(codes(&parsed.diagnostics), [""; 0], "{open}");
    }
}

#[test]
fn nesting_above_the_limit_is_one_diagnostic() {
    for (open, close) in
        [("(", ")"), ("f(", ")"), ("{", "}"), ("（", "）"), ("not ", ""), ("- ", ""), ("! ", "")]
    {
        for levels in [MAX_NESTING + 1, 200, 100_000] {
            let parsed = of(&nested(open, levels, "1", close));
            let nesting = parsed.diagnostics.iter().filter(|found| found.code == syntax::NESTING).count();
            assert_eq!(nesting, 1, "{levels} times {open}");
        }
    }
}

#[test]
fn unclosed_nesting_is_answered() {
    for open in ["(", "f(", "{", "(not ", "f(a where ", "{1, "] {
        for levels in [20, 100, 200, 100_000] {
            assert!(!of(&nested(open, levels, "1", "")).diagnostics.is_empty(), "{levels} times {open}");
        }
    }
}

#[test]
fn chains_of_thousands_are_flat() {
    for operator in [" and ", " or ", " + ", " * "] {
        let text = vec!["a"; 20_000].join(operator);
        assert!(parse_expression(FileId(0), &text).is_ok(), "{operator}");
    }
    let parsed = of(&format!("let a = {}", vec!["b"; 20_000].join(" or else ")));
    assert_eq!(codes(&parsed.diagnostics), ["S0015"]);
}

#[test]
fn each_of_many_mistakes_is_reported_and_the_list_ends() {
    let parsed = of(&"let a = = 1\nlet b = 2\n".repeat(200));
    assert_eq!(parsed.diagnostics.len(), 200);
    assert_eq!(parsed.file.items.len(), 200);
    let parsed = of(&"let a = = 1\n".repeat(5000));
    assert_eq!(parsed.diagnostics.len(), 1001);
    assert!(parsed.diagnostics.last().unwrap().message.en.contains("4000 more"));
}

#[test]
fn a_broken_campaign_of_many_members_keeps_the_good_ones() {
    let rules = "rule a { when x then send sms \"y\" }\nrule b { when then }\n".repeat(500);
    let parsed = of(&format!("campaign c {{\n{rules}}}\n"));
    assert_eq!(parsed.diagnostics.len(), 500);
}

#[test]
fn a_byte_order_mark_and_crlf_change_nothing_but_places() {
    let text = "let a = 1 # x\nlet b = \"\"\"\n  p\n    q\n\"\"\"\n";
    let windows = format!("\u{FEFF}{}", text.replace('\n', "\r\n"));
    let (plain, marked) = (of(text), of(&windows));
    assert_eq!(codes(&marked.diagnostics), [""; 0]);
    assert_eq!(marked.file.items.len(), plain.file.items.len());
    assert_eq!(marked.file.items[0].span.start, 3);
    assert_eq!(marked.file.comments[0].text, "x");
    let value = |parsed: &Parsed| match &parsed.file.items[1].kind {
        rulec_grammar::tree::ItemKind::Let(definition) => definition.value.kind.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(value(&plain), value(&marked));
}
