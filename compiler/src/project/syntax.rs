//! What TOML itself finds wrong.

use super::diagnostics as says;
use super::reader::Report;
use toml::de::Error;

/// What toml calls a key that stands twice.
const DUPLICATE: &str = "duplicate key";
/// What toml calls a key that must stand in quotes.
const UNQUOTED: &str = "invalid unquoted key";
/// How toml's reasons begin, and what they mean in Chinese.
const REASONS: &[(&str, &str)] = &[
    ("key with no value", "这个键没有值"),
    ("missing value for key", "键后面缺少值"),
    ("missing value", "缺少值"),
    ("extra `=`", "多了一个 `=`"),
    ("unclosed table", "小节标题缺少 `]`"),
    ("unclosed array table", "小节标题缺少 `]]`"),
    ("unclosed array", "列表缺少 `]`"),
    ("unclosed inline table", "表缺少 `}`"),
    ("missing comma", "两项之间缺少逗号"),
    ("extra comma", "多了一个逗号"),
    ("missing assignment", "键和值之间缺少 `=`"),
    ("string values must be quoted", "文本必须放在引号里"),
    ("invalid basic string", "引号没有配对，或引号里有换行"),
    ("invalid literal string", "引号没有配对，或引号里有换行"),
    ("cannot extend", "这个键已经有值，不能再当作小节"),
    ("unexpected key or value", "这里多了内容，每行只写一个键"),
];

/// Reports TOML's errors; `true` if only duplicate keys were found, so that the rest can be read.
pub(super) fn report(errors: &[Error], text: &str, report: &mut Report) -> bool {
    let mut readable = true;
    for error in errors {
        let place = report.place(visible(error.span().unwrap_or(0..0), text));
        let marked = &text[place.span.range()];
        if error.message() == DUPLICATE {
            report.add(says::duplicate_key(place, marked));
            continue;
        }
        readable = false;
        if error.message().starts_with(UNQUOTED) && marked.chars().all(unicode_ident::is_xid_continue) {
            report.add(says::unquoted_key(place, marked));
        } else {
            let reason = REASONS.iter().find(|(start, _)| error.message().starts_with(start));
            report.add(says::toml_syntax(place, error.message(), reason.map(|(_, zh)| *zh)));
        }
    }
    readable
}

/// The stretch within the text, on the borders of characters.
fn visible(range: std::ops::Range<usize>, text: &str) -> std::ops::Range<usize> {
    let border = |at: usize| (at.min(text.len())..=text.len()).find(|at| text.is_char_boundary(*at));
    let start = border(range.start).unwrap_or(text.len());
    start..border(range.end).unwrap_or(text.len()).max(start)
}
