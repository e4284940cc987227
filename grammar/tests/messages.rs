//! Placeholders of messages, as people type them.

use rulec_diagnostic::FileId;
use rulec_grammar::parse;
use rulec_grammar::tree::{ActionKind, ItemKind, MessageRef, Outcome, Piece};

/// The pieces of the message of one rule: texts as they stand, fields as written, what is said for a missing one after `|`.
fn pieces(message: &str) -> Vec<String> {
    let text = format!("when x > 1 then send sms {message}");
    let parsed = parse(FileId(0), &text);
    assert!(parsed.diagnostics.is_empty(), "{message}: {:?}", parsed.diagnostics);
    let ItemKind::Rule(rule) = &parsed.file.items[0].kind else { panic!("no rule") };
    let Outcome::Actions(actions) = &rule.outcome else { panic!("no actions") };
    let ActionKind::Send { message: MessageRef::Text(message), .. } = &actions[0].kind else {
        panic!("no text")
    };
    let shown = |piece: &Piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Field { value, format, or, .. } => {
            let format = format.as_ref().map_or(String::new(), |name| format!("#{}", name.node));
            let or = or.as_ref().map_or(String::new(), |or| format!("|{}", or.node));
            format!("<{}{format}{or}>", &text[value.span.range()])
        }
    };
    message.pieces.iter().map(shown).collect()
}

#[test]
fn full_width_braces_are_braces() {
    assert_eq!(
        pieces("“亲爱的｛name｝，满｛coupon.amount｝”"),
        ["亲爱的", "<name>", "，满", "<coupon.amount>"]
    );
    assert_eq!(pieces("“｛｛不是占位符｝｝”"), ["｛不是占位符｝"]);
}

#[test]
fn a_format_stands_between_the_value_and_its_substitute() {
    assert_eq!(pieces("“{monetary as rounded}”"), ["<monetary#rounded>"]);
    assert_eq!(pieces("“{消费总额 显示为 取整 或 \"很多\"}”"), ["<消费总额#取整|很多>"]);
    assert_eq!(pieces("“{ as as long }”"), ["<as#long>"]);
}

#[test]
fn escaped_quotes_in_a_field_say_what_stands_between_them() {
    assert_eq!(pieces(r#""{name or \"亲\"}，您好""#), ["<name|亲>", "，您好"]);
    assert_eq!(pieces("“{name or \"亲\"}”"), ["<name|亲>"]);
}
