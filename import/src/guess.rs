//! What a column holds, from all its cells.

use crate::ColumnType;
use crate::kind::content;
use rulec_diagnostic::Text;

/// Types that can be guessed, the narrowest first.
const CANDIDATES: [ColumnType; 5] =
    [ColumnType::Bool, ColumnType::Integer, ColumnType::Number, ColumnType::Date, ColumnType::Time];

/// What is known of a column so far.
#[derive(Default)]
pub(crate) struct Guess {
    /// Blank cells.
    pub(crate) missing: u64,
    /// Cells that are not blank.
    seen: u64,
    /// For each candidate where it was refuted.
    refuted: [Option<Refutation>; CANDIDATES.len()],
}

#[derive(Clone, Copy)]
struct Refutation {
    line: u64,
    /// How many cells had spoken for the type before.
    before: u64,
}

impl Guess {
    /// Takes in a cell.
    pub(crate) fn see(&mut self, cell: &str, line: u64) {
        if content(cell).is_empty() {
            self.missing += 1;
            return;
        }
        for (candidate, refuted) in CANDIDATES.iter().zip(&mut self.refuted) {
            if refuted.is_none() && !candidate.takes(cell.trim()) {
                *refuted = Some(Refutation { line, before: self.seen });
            }
        }
        self.seen += 1;
    }

    /// The type, and why it is that one.
    pub(crate) fn best(&self) -> (ColumnType, Text) {
        if self.seen == 0 {
            return (ColumnType::Text, Text::new("there is no value at all", "没有任何值"));
        }
        let candidates = || CANDIDATES.iter().zip(&self.refuted);
        if let Some((kind, _)) = candidates().find(|(_, refuted)| refuted.is_none()) {
            let noun = kind.noun();
            let why = Text::new(format!("every value is {}", noun.en), format!("每个值都是{}", noun.zh));
            return (*kind, why);
        }
        let refutations = candidates().filter_map(|(kind, refuted)| refuted.map(|refuted| (kind, refuted)));
        let longest =
            refutations.filter(|(_, refuted)| refuted.before > 0).max_by_key(|(_, refuted)| refuted.before);
        let why = longest.map_or_else(
            || Text::new("the values are texts or identifiers", "值是文本或编号"),
            |(kind, refuted)| {
                let (noun, line) = (kind.noun(), refuted.line);
                Text::new(
                    format!(
                        "up to line {line} every value is {}, there it is not, or is an identifier",
                        noun.en
                    ),
                    format!("第 {line} 行之前都是{}，这一行不是，或者是编号", noun.zh),
                )
            },
        );
        (ColumnType::Text, why)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guess(cells: &[&str]) -> ColumnType {
        let mut guess = Guess::default();
        cells.iter().zip(2..).for_each(|(cell, line)| guess.see(cell, line));
        guess.best().0
    }

    #[test]
    fn all_cells_decide() {
        assert_eq!(guess(&["1", "", "2"]), ColumnType::Integer);
        assert_eq!(guess(&["0", "1"]), ColumnType::Integer);
        assert_eq!(guess(&["1", "2.5"]), ColumnType::Number);
        assert_eq!(guess(&["2026-11-21", "2026/1/5"]), ColumnType::Date);
        assert_eq!(guess(&["2026-11-21", "2026-11-21 20:00"]), ColumnType::Time);
        assert_eq!(guess(&["是", "否"]), ColumnType::Bool);
        assert_eq!(guess(&["1", "2", "x"]), ColumnType::Text);
        assert_eq!(guess(&["12", "007"]), ColumnType::Text);
        assert_eq!(guess(&["=\"12\""]), ColumnType::Text);
        assert_eq!(guess(&["", " "]), ColumnType::Text);
    }
}
