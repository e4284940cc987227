//! Reads a text with mistakes.

use crate::explain;
use crate::parse::Parsed;
use crate::parser::{Rule, RuleParser};
use crate::tree::File;
use pest::Parser;
use rulec_diagnostic::{Diagnostic, FileId};

pub(crate) fn recover(file: FileId, base: usize, text: &str, problems: &[Diagnostic]) -> Parsed {
    let mut diagnostics = Vec::new();
    if problems.is_empty() && let Err(error) = RuleParser::parse(Rule::file, text) {
        diagnostics.push(explain::explain(file, base, text, &error));
    }
    Parsed { file: File::default(), diagnostics }
}
