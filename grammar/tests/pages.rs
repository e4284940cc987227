//! The example of each page about syntax gives that mistake and no other; its repair gives none.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use rulec_diagnostic::{FileId, Language, codes::syntax};

fn block<'t>(page: &'t str, mark: &str) -> Option<&'t str> {
    let (_, rest) = page.split_once(&format!("```rules {mark}\n"))?;
    rest.split_once("```").map(|(block, _)| block)
}

#[test]
fn examples_of_the_pages_give_what_they_say() {
    for code in syntax::ALL.iter().filter(|&&code| code != syntax::UNREADABLE_FILE) {
        for language in [Language::En, Language::Zh] {
            let page = code.page(language);
            let found = |mark| {
                let parsed = rulec_grammar::parse(FileId(0), block(page, mark).unwrap());
                parsed.diagnostics.iter().map(|diagnostic| diagnostic.code.name()).collect::<Vec<_>>()
            };
            assert_eq!(found("bad"), [code.name()]);
            assert_eq!(found("good"), [""; 0], "{}", code.name());
        }
    }
}
