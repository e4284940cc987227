//! The types of columns, and how a cell becomes a value of the database.

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use rulec_diagnostic::Text;
use rusqlite::types::Value;
use serde::Serialize;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnType {
    /// Yes or no, as 1 or 0.
    Bool,
    /// Whole numbers.
    Integer,
    /// Numbers with decimals.
    Number,
    /// Days, as `2026-11-21`.
    Date,
    /// Days with a time of day, as `2026-11-21 20:00:00`, with an offset where the file has one.
    Time,
    /// Amounts, as whole cents, in a column declared as [`CENTS`]. Never guessed.
    Money,
    /// Anything.
    Text,
}

/// All types by the words that an option may use, the usual one first.
const WORDS: &[(&str, ColumnType)] = &[
    ("bool", ColumnType::Bool),
    ("integer", ColumnType::Integer),
    ("number", ColumnType::Number),
    ("real", ColumnType::Number),
    ("date", ColumnType::Date),
    ("time", ColumnType::Time),
    ("money", ColumnType::Money),
    ("text", ColumnType::Text),
];
/// Yes and no as lists write them: words that mean nothing else.
const PLAIN_TRUTHS: &[(&str, &str)] = &[("true", "false"), ("yes", "no"), ("是", "否")];
/// Words that mean yes and no only as a pair: a lone `T` or `有` may be anything.
const PAIRED_TRUTHS: &[(&str, &str)] = &[
    ("y", "n"),
    ("t", "f"),
    ("on", "off"),
    ("同意", "不同意"),
    ("已同意", "未同意"),
    ("已授权", "未授权"),
    ("已订阅", "未订阅"),
    ("接受", "拒绝"),
    ("允许", "拒绝"),
    ("有", "无"),
    ("开", "关"),
    ("开启", "关闭"),
    ("√", "×"),
    ("✓", "✗"),
    ("✔", "✘"),
];
/// The declared type of a column of whole cents. SQLite gives it the affinity of integers, and whoever reads the table later
/// knows that it does not count whole units.
pub const CENTS: &str = "INTEGER_CENTS";
/// Digits from which on a number is taken for an identifier.
const IDENTIFIER_DIGITS: usize = 12;
/// Digits of a mobile number in China.
const PHONE_DIGITS: usize = 11;
/// Ways to write a day.
const DATES: &[&str] = &["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日"];
/// Ways to write a time of day.
const TIMES: &[&str] = &["%H:%M:%S%.f", "%H:%M"];

impl ColumnType {
    /// The type that this word of an option means.
    pub(crate) fn parse(word: &str) -> Option<ColumnType> {
        WORDS.iter().find(|(known, _)| *known == word).map(|(_, kind)| *kind)
    }

    /// The words that an option may use.
    pub(crate) fn words() -> impl Iterator<Item = &'static str> {
        WORDS.iter().map(|(word, _)| *word)
    }

    /// What a person calls one value of it.
    pub fn noun(self) -> Text {
        match self {
            ColumnType::Bool => Text::new("yes or no", "“是”或“否”"),
            ColumnType::Integer => Text::new("a whole number", "整数"),
            ColumnType::Number => Text::new("a number", "数字"),
            ColumnType::Date => Text::new("a date", "日期"),
            ColumnType::Time => Text::new("a time", "时间"),
            ColumnType::Money => {
                Text::new("an amount of money with at most two decimals", "最多两位小数的金额")
            }
            ColumnType::Text => Text::new("a text", "文本"),
        }
    }

    /// The type of its column in SQLite.
    pub(crate) fn declared(self) -> &'static str {
        match self {
            ColumnType::Bool | ColumnType::Integer => "INTEGER",
            ColumnType::Money => CENTS,
            ColumnType::Number => "REAL",
            ColumnType::Date | ColumnType::Time | ColumnType::Text => "TEXT",
        }
    }

    /// A cell as a value: NULL for a blank, `None` for one that is not of this type.
    pub(crate) fn value(self, cell: &str) -> Option<Value> {
        let cell = content(cell);
        if cell.is_empty() {
            return Some(Value::Null);
        }
        match self {
            ColumnType::Bool => truth(cell).map(|truth| Value::Integer(i64::from(truth))),
            ColumnType::Integer => Decimal::parse(cell)?.whole().map(Value::Integer),
            ColumnType::Number => Decimal::parse(cell)?.number().map(Value::Real),
            ColumnType::Money => Decimal::parse(cell)?.cents().map(Value::Integer),
            ColumnType::Date => date(cell).map(|date| Value::Text(date.to_string())),
            ColumnType::Time => time(cell).map(Value::Text),
            ColumnType::Text => Some(Value::Text(cell.to_owned())),
        }
    }

    /// Whether a cell that is not blank speaks for this type when the type is not known.
    pub(crate) fn takes(self, cell: &str) -> bool {
        if written_as_text(cell) || self == ColumnType::Bool && matches!(cell, "0" | "1") {
            return false;
        }
        let numeric = matches!(self, ColumnType::Integer | ColumnType::Number);
        self.value(cell).is_some() && !(numeric && looks_like_identifier(cell))
    }
}

/// What a cell says: without white space round it, and without Excel's `="…"`, which keeps a number a text.
pub(crate) fn content(cell: &str) -> &str {
    let cell = cell.trim();
    if written_as_text(cell) { &cell[2..cell.len() - 1] } else { cell }
}

fn written_as_text(cell: &str) -> bool {
    cell.len() > 2 && cell.starts_with("=\"") && cell.ends_with('"')
}

/// Whether digits are a name rather than a count: a leading zero, a mobile number, an order number.
pub(crate) fn looks_like_identifier(cell: &str) -> bool {
    let digits = cell.split('.').next().unwrap_or(cell);
    if !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return false;
    }
    let phone = digits.len() == PHONE_DIGITS && matches!(digits.as_bytes(), [b'1', b'3'..=b'9', ..]);
    (digits.len() > 1 && digits.starts_with('0')) || digits.len() >= IDENTIFIER_DIGITS || phone
}

fn truth(cell: &str) -> Option<bool> {
    match cell {
        "1" => Some(true),
        "0" => Some(false),
        _ => truths().find_map(|(yes, no)| {
            if cell.eq_ignore_ascii_case(yes) {
                Some(true)
            } else {
                cell.eq_ignore_ascii_case(no).then_some(false)
            }
        }),
    }
}

/// The word for yes or no that a cell is, as the pairs spell it.
pub(crate) fn truth_word(cell: &str) -> Option<&'static str> {
    truths().flat_map(|(yes, no)| [yes, no]).find(|word| cell.eq_ignore_ascii_case(word))
}

fn truths() -> impl Iterator<Item = (&'static str, &'static str)> {
    PLAIN_TRUTHS.iter().chain(PAIRED_TRUTHS).copied()
}

/// What the words of a column say, all of them words for yes or no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Truths {
    /// Yes and no, whatever else the column may hold.
    Plain,
    /// The yes and the no of this pair.
    Pair(&'static str, &'static str),
    /// Words of several pairs, or one alone.
    Unclear,
}

impl Truths {
    /// `words` without repetitions, from [`truth_word`].
    pub(crate) fn of(words: &[&'static str]) -> Truths {
        let plain = |word: &&str| PLAIN_TRUTHS.iter().any(|(yes, no)| yes == word || no == word);
        if words.iter().all(plain) {
            return Truths::Plain;
        }
        let both = |(yes, no): &&(&str, &str)| words.len() == 2 && words.contains(yes) && words.contains(no);
        PAIRED_TRUTHS.iter().find(both).map_or(Truths::Unclear, |(yes, no)| Truths::Pair(yes, no))
    }
}

fn date(cell: &str) -> Option<NaiveDate> {
    // chrono takes a year of any length; a list has four digits.
    let year = cell.as_bytes().get(..4)?;
    if !year.iter().all(u8::is_ascii_digit) || cell.as_bytes().get(4).is_some_and(u8::is_ascii_digit) {
        return None;
    }
    DATES.iter().find_map(|format| NaiveDate::parse_from_str(cell, format).ok())
}

/// A time in ISO form; a day alone stays a day.
fn time(cell: &str) -> Option<String> {
    if let Some(date) = date(cell) {
        return Some(date.to_string());
    }
    if let Ok(instant) = DateTime::parse_from_rfc3339(&cell.replacen(' ', "T", 1)) {
        return Some(instant.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true));
    }
    let (day, clock) = cell.split_once([' ', 'T'])?;
    let day = date(day)?;
    let clock =
        TIMES.iter().find_map(|format| chrono::NaiveTime::parse_from_str(clock.trim(), format).ok())?;
    Some(NaiveDateTime::new(day, clock).format("%Y-%m-%d %H:%M:%S%.f").to_string())
}

/// A decimal number as written: sign, digits before and after the point.
struct Decimal {
    negative: bool,
    whole: String,
    fraction: String,
}

impl Decimal {
    /// Reads `-1,234.50`, with `¥` before or `元` after it.
    fn parse(cell: &str) -> Option<Decimal> {
        let (negative, rest) = sign(cell);
        let rest = rest.trim_start_matches(['¥', '￥']);
        let (also, rest) = if rest.len() < cell.len() && !negative { sign(rest) } else { (false, rest) };
        let rest = rest.strip_suffix('元').unwrap_or(rest).trim();
        let (whole, fraction) = rest.split_once('.').unwrap_or((rest, ""));
        let whole = if whole.contains([',', '，']) { ungrouped(whole)? } else { whole.to_owned() };
        let digits = |part: &str| part.bytes().all(|digit| digit.is_ascii_digit());
        let complete = !whole.is_empty() && digits(&whole) && digits(fraction) && !rest.ends_with('.');
        complete.then(|| Decimal { negative: negative || also, whole, fraction: fraction.to_owned() })
    }

    fn whole(&self) -> Option<i64> {
        let whole = self.fraction.bytes().all(|digit| digit == b'0');
        whole.then(|| self.scaled("")).flatten()
    }

    fn cents(&self) -> Option<i64> {
        let fraction = self.fraction.trim_end_matches('0');
        (fraction.len() <= 2).then(|| self.scaled(&format!("{fraction:0<2}"))).flatten()
    }

    fn number(&self) -> Option<f64> {
        let sign = if self.negative { "-" } else { "" };
        let number: f64 = format!("{sign}{}.{}", self.whole, self.fraction).parse().ok()?;
        number.is_finite().then_some(number)
    }

    fn scaled(&self, fraction: &str) -> Option<i64> {
        let sign = if self.negative { "-" } else { "" };
        format!("{sign}{}{fraction}", self.whole).parse().ok()
    }
}

fn sign(text: &str) -> (bool, &str) {
    text.strip_prefix(['-', '−']).map_or((false, text), |rest| (true, rest))
}

/// Digits without the separators between groups of three; `None` when the groups are others.
fn ungrouped(digits: &str) -> Option<String> {
    let groups: Vec<&str> = digits.split([',', '，']).collect();
    let (first, others) = groups.split_first()?;
    let regular = (1..=3).contains(&first.len()) && others.iter().all(|group| group.len() == 3);
    regular.then(|| groups.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(kind: ColumnType, cell: &str) -> Option<String> {
        kind.value(cell).map(|value| match value {
            Value::Null => "NULL".to_owned(),
            Value::Integer(number) => number.to_string(),
            Value::Real(number) => format!("{number:?}"),
            Value::Text(text) => text,
            Value::Blob(_) => unreachable!("no cell becomes a blob"),
        })
    }

    #[test]
    fn cells_become_values() {
        for (kind, cell, value) in [
            (ColumnType::Integer, "1,234", "1234"),
            (ColumnType::Integer, "-5", "-5"),
            (ColumnType::Integer, "3.00", "3"),
            (ColumnType::Number, "¥1,234.50", "1234.5"),
            (ColumnType::Number, "-99元", "-99.0"),
            (ColumnType::Money, "￥1,234.5", "123450"),
            (ColumnType::Money, "¥-0.05", "-5"),
            (ColumnType::Money, "12.3400", "1234"),
            (ColumnType::Date, "2026/1/5", "2026-01-05"),
            (ColumnType::Date, "2026年11月21日", "2026-11-21"),
            (ColumnType::Time, "2026/11/21 8:05", "2026-11-21 08:05:00"),
            (ColumnType::Time, "2026-11-21T20:00:00+08:00", "2026-11-21T20:00:00+08:00"),
            (ColumnType::Time, "2026-11-21", "2026-11-21"),
            (ColumnType::Bool, "是", "1"),
            (ColumnType::Bool, "FALSE", "0"),
            (ColumnType::Text, " ab\u{3000}", "ab"),
            (ColumnType::Text, "=\"0012\"", "0012"),
            (ColumnType::Integer, " ", "NULL"),
        ] {
            assert_eq!(stored(kind, cell).as_deref(), Some(value), "{kind:?} {cell}");
        }
    }

    #[test]
    fn what_is_not_of_a_type_is_refused() {
        for (kind, cell) in [
            (ColumnType::Integer, "1.5"),
            (ColumnType::Integer, "99999999999999999999"),
            (ColumnType::Number, "1,23"),
            (ColumnType::Number, "1.38E+10"),
            (ColumnType::Number, "."),
            (ColumnType::Number, "1."),
            (ColumnType::Number, "--1"),
            (ColumnType::Number, "nan"),
            (ColumnType::Money, "0.005"),
            (ColumnType::Date, "2026-02-30"),
            (ColumnType::Date, "26-02-03"),
            (ColumnType::Date, "12026-02-03"),
            (ColumnType::Time, "20:00"),
            (ColumnType::Bool, "2"),
        ] {
            assert_eq!(stored(kind, cell), None, "{kind:?} {cell}");
        }
    }

    #[test]
    fn identifiers_are_no_numbers() {
        for cell in ["007", "13800138000", "202611210001", "00.5"] {
            assert!(looks_like_identifier(cell) && !ColumnType::Integer.takes(cell), "{cell}");
        }
        for cell in ["0", "0.5", "12345678901", "-13800138000", "99999999999"] {
            assert!(!looks_like_identifier(cell), "{cell}");
        }
    }
}
