//! Every file of `accepts/` parses without a diagnostic.
#![allow(clippy::disallowed_methods, reason = "a test reads its cases")]

use rulec_diagnostic::FileId;

#[test]
fn accepted_files_parse_without_diagnostics() {
    insta::glob!("accepts/*.rules", |path| {
        let text = std::fs::read_to_string(path).unwrap();
        let parsed = rulec_grammar::parse(FileId(0), &text);
        assert_eq!(parsed.diagnostics, [], "{}", path.display());
        assert!(!parsed.file.items.is_empty());
    });
}
