//! Every file of `cases/` with what the parser says about it.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test reads its cases, and may fail")]

use rulec_diagnostic::{Diagnostic, FileId};
use std::fmt::Write;

#[test]
fn cases() {
    insta::glob!("cases/*.rules", |path| {
        let text = std::fs::read_to_string(path).unwrap();
        let parsed = rulec_grammar::parse(FileId(0), &text);
        let mut shown = text.clone();
        shown.push_str("----\n");
        for diagnostic in &parsed.diagnostics {
            shown.push_str(&show(&text, diagnostic));
        }
        let broken: Vec<&str> = parsed.file.broken.iter().map(|name| name.node.as_str()).collect();
        writeln!(shown, "----\n{} declarations read; broken: {broken:?}", parsed.file.items.len()).unwrap();
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(shown);
        });
    });
}

fn show(text: &str, diagnostic: &Diagnostic) -> String {
    let span = diagnostic.place.unwrap().span;
    let (before, line) =
        text[..span.start as usize].rsplit_once('\n').unwrap_or(("", &text[..span.start as usize]));
    let number = if before.is_empty() && !text[..span.start as usize].contains('\n') {
        1
    } else {
        before.matches('\n').count() + 2
    };
    let mut shown = format!(
        "{number}:{} {} at `{}`\n  {}\n  {}\n",
        line.chars().count() + 1,
        diagnostic.code.name(),
        &text[span.range()],
        diagnostic.message.en,
        diagnostic.message.zh,
    );
    if let Some(help) = &diagnostic.help {
        writeln!(shown, "  = {}\n  = {}", help.en, help.zh).unwrap();
    }
    if let Some(fix) = &diagnostic.fix {
        writeln!(shown, "  -> {:?} in the place of {:?}", fix.replacement, &text[fix.place.span.range()])
            .unwrap();
    }
    shown
}
