//! What a column holds, from all its cells.

use crate::ColumnType;
use crate::kind::{Truths, content, truth_word};
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
    /// Whether a cell was no number, not even one that is an identifier.
    worded: bool,
    /// For each candidate where it was refuted.
    refuted: [Option<Refutation>; CANDIDATES.len()],
    /// The words for yes and no that were seen, each once.
    truths: Vec<&'static str>,
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
        if let Some(word) = truth_word(content(cell)).filter(|word| !self.truths.contains(word)) {
            self.truths.push(word);
        }
        self.worded = self.worded || ColumnType::Number.value(cell).is_none();
        self.seen += 1;
    }

    /// The type, and why it is that one.
    pub(crate) fn best(&self) -> (ColumnType, Text) {
        if self.seen == 0 {
            return (ColumnType::Text, Text::new("there is no value at all", "没有任何值"));
        }
        let open = CANDIDATES.iter().zip(&self.refuted).find(|(_, refuted)| refuted.is_none());
        if let Some((ColumnType::Bool, _)) = open
            && let Some(best) = self.truth()
        {
            return best;
        }
        if let Some((kind, _)) = open {
            let noun = kind.noun();
            let why = Text::new(format!("every value is {}", noun.en), format!("每个值都是{}", noun.zh));
            return (*kind, why);
        }
        (ColumnType::Text, self.why_text())
    }

    /// What a column of words for yes and no is, unless each of them says so by itself.
    fn truth(&self) -> Option<(ColumnType, Text)> {
        match (Truths::of(&self.truths), self.truths.as_slice()) {
            (Truths::Plain, _) => None,
            (Truths::Pair(yes, no), _) => {
                let why = Text::new(
                    format!("`{yes}` is yes (1), `{no}` is no (0)"),
                    format!("“{yes}”记为是（1），“{no}”记为否（0）"),
                );
                Some((ColumnType::Bool, why))
            }
            (Truths::Unclear, [only]) => {
                let why = Text::new(
                    format!("every value is `{only}`; `--type COLUMN=bool` reads it as yes or no"),
                    format!("每个值都是“{only}”；要当作是或否，请加 `--type 列名=bool`"),
                );
                Some((ColumnType::Text, why))
            }
            (Truths::Unclear, _) => {
                let why = Text::new("the words for yes and no are mixed", "混用了好几种“是”“否”的写法");
                Some((ColumnType::Text, why))
            }
        }
    }

    /// Why no candidate is left.
    fn why_text(&self) -> Text {
        if !self.worded {
            return Text::new(
                "the numbers are identifiers: they have leading zeros, or are phone or order numbers",
                "这些数字是编号：有前导零，或者是手机号、订单号",
            );
        }
        let refutations = CANDIDATES.iter().zip(&self.refuted).filter_map(|(kind, at)| Some((kind, (*at)?)));
        // Of those that held out equally long the last would win, so the narrowest comes last.
        let longest = refutations.rev().filter(|(_, at)| at.before > 0).max_by_key(|(_, at)| at.before);
        longest.map_or_else(
            || Text::new("the values are texts", "值是文本"),
            |(kind, Refutation { line, .. })| {
                let noun = kind.noun();
                Text::new(
                    format!("up to line {line} every value is {}, there it is not", noun.en),
                    format!("第 {line} 行之前都是{}，这一行不是", noun.zh),
                )
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn best(cells: &[&str]) -> (ColumnType, Text) {
        let mut guess = Guess::default();
        cells.iter().zip(2..).for_each(|(cell, line)| guess.see(cell, line));
        guess.best()
    }

    fn guess(cells: &[&str]) -> ColumnType {
        best(cells).0
    }

    #[test]
    fn a_text_says_why_it_is_no_number() {
        let why = |cells: &[&str]| best(cells).1.en;
        assert_eq!(why(&["1", "2", "x"]), "up to line 4 every value is a whole number, there it is not");
        assert!(why(&["12", "007"]).starts_with("the numbers are identifiers"));
        assert_eq!(why(&["x", "y"]), "the values are texts");
    }

    #[test]
    fn all_cells_decide() {
        assert_eq!(guess(&["1", "", "2"]), ColumnType::Integer);
        assert_eq!(guess(&["0", "1"]), ColumnType::Integer);
        assert_eq!(guess(&["1", "2.5"]), ColumnType::Number);
        assert_eq!(guess(&["2026-11-21", "2026/1/5"]), ColumnType::Date);
        assert_eq!(guess(&["2026-11-21", "2026-11-21 20:00"]), ColumnType::Time);
        assert_eq!(guess(&["是", "否"]), ColumnType::Bool);
        assert_eq!(guess(&["是"]), ColumnType::Bool);
        assert_eq!(guess(&["1", "2", "x"]), ColumnType::Text);
        assert_eq!(guess(&["12", "007"]), ColumnType::Text);
        assert_eq!(guess(&["=\"12\""]), ColumnType::Text);
        assert_eq!(guess(&["", " "]), ColumnType::Text);
    }

    #[test]
    fn both_words_of_one_pair_are_yes_and_no() {
        for cells in [
            ["同意", "不同意"],
            ["Y", "n"],
            ["T", "F"],
            ["已授权", "未授权"],
            ["接受", "拒绝"],
            [" 允许", "拒绝 "],
            ["有", "无"],
            ["ON", "off"],
            ["√", "×"],
            ["开", "关"],
        ] {
            let (kind, why) = best(&[cells[0], "", cells[1]]);
            assert_eq!(kind, ColumnType::Bool, "{cells:?}");
            assert!(why.en.contains("is yes (1)"), "{}", why.en);
        }
        for cells in [["同意", "同意"], ["T", "N"], ["F", "M"], ["接受", "允许"], ["Y", "1"]] {
            assert_eq!(guess(&cells), ColumnType::Text, "{cells:?}");
        }
    }
}
