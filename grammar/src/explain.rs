//! Where pest stopped, in words.

use crate::diagnostics;
use crate::parser::Rule;
use pest::error::{Error, InputLocation};
use rulec_diagnostic::{Diagnostic, FileId, Span, Text};

/// What is wrong with `text`, which pest could not read and whose first byte is byte `base` of the file.
pub(crate) fn explain(file: FileId, base: usize, text: &str, error: &Error<Rule>) -> Diagnostic {
    let at = match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
    };
    let found = text[at..].chars().next().map(String::from);
    let end = at + found.as_ref().map_or(0, String::len);
    let place = Span::new(base + at, base + end).at(file);
    diagnostics::unexpected(place, &Text::new("something else", "别的内容"), found.as_deref())
}
