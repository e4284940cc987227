//! `headers` of a web hook: what every request says besides its body.

use super::diagnostics as says;
use super::outlet::{has_places, is_variable};
use super::reader::{Entry, Item, Report, Section, Word};
use indexmap::IndexMap;
use rulec_diagnostic::Text;
use rulec_plan::outlet;
use rulec_plan::template::{Piece, Template};

/// Header fields that the sender writes itself.
const OWN: &[&str] = &[
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "idempotency-key",
    "x-rulec-timestamp",
    "x-rulec-signature",
];
/// It says what language a body is of, so the sender has to know it.
const CONTENT_TYPE: &str = "content-type";
/// Last words of the names of header fields that let somebody in.
const SECRET: &[&str] = &["authorization", "cookie", "key", "apikey", "token", "secret", "password"];

/// `{ Name = "value", Other = { env = "VARIABLE" } }` or `["Name: value"]`.
pub(super) fn read(item: Item<'_>, name: &str, read: &mut IndexMap<String, String>, report: &mut Report) {
    if let Some(table) = item.value.as_table() {
        for entry in Section::new(name.to_owned(), item.place, table).entries() {
            let header = entry.item(report);
            if header.value.as_table().is_some() {
                secret(&entry, name, read, report);
            } else if let Some(value) = header.text(entry.name(), report) {
                let field = Word { text: entry.name().to_owned(), place: value.place };
                text(&field, &value.text, name, read, report);
            }
        }
    } else if let Some(lines) = item.texts(name, report) {
        for line in lines {
            let (field, value) = line.text.split_once(':').unwrap_or((&line.text, ""));
            let field = Word { text: field.trim().to_owned(), place: line.place };
            text(&field, value.trim(), name, read, report);
        }
    }
}

/// A field with a text that many may read.
fn text(field: &Word, value: &str, name: &str, read: &mut IndexMap<String, String>, report: &mut Report) {
    if !is_header(field, value, report) {
        return;
    }
    if is_secret(&field.text, value) {
        report.add(says::secret_header(field));
    } else if has_places(&Word { text: value.to_owned(), place: field.place }, name, report) {
        read.insert(format!("{name}.{}", field.text), value.to_owned());
    }
}

/// A field whose text an environment variable or a file holds.
fn secret(entry: &Entry<'_>, name: &str, read: &mut IndexMap<String, String>, report: &mut Report) {
    let Some(mut section) = entry.section(name, report) else { return };
    let field = Word { text: entry.name().to_owned(), place: section.place };
    let (variable, file) = (section.text("env", report), section.text("file", report));
    match (&variable, &file) {
        (Some(_), Some(file)) => report.add(says::secret_twice(file.place, "env", "file")),
        (None, None) => {
            let expected = Text::new(
                "`{ env = \"VARIABLE\" }` or `{ file = \"PATH\" }`",
                "`{ env = \"变量名\" }` 或 `{ file = \"路径\" }`",
            );
            report.add(says::wrong_value(entry.item(report), entry.name(), &expected));
        }
        _ => {}
    }
    section.finish(report);
    if field.text.eq_ignore_ascii_case(CONTENT_TYPE) {
        report.add(says::own_header(&field));
    } else if is_header(&field, "", report) {
        let named = variable.filter(|variable| is_variable(variable, "env", report));
        for (by, word) in [("env", named), ("file", file)] {
            if let Some(word) = word {
                read.insert(format!("{name}.{}{}{by}", field.text, outlet::SECRET_MARK), word.text);
            }
        }
    }
}

/// Whether a field of this name lets somebody in by this text. What comes from each message alone does not.
fn is_secret(field: &str, value: &str) -> bool {
    let lower = field.to_ascii_lowercase();
    let last = lower.rsplit(['-', '_']).next().unwrap_or_default();
    let says_text = Template::parse(value)
        .map_or(true, |template| template.pieces.iter().any(|piece| matches!(piece, Piece::Text(_))));
    SECRET.contains(&last) && says_text
}

fn is_header(field: &Word, value: &str, report: &mut Report) -> bool {
    let token = |letter: u8| letter.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&letter);
    let sound =
        !field.text.is_empty() && field.text.bytes().all(token) && !value.chars().any(char::is_control);
    if !sound {
        report.add(says::header_field(field));
    } else if OWN.iter().any(|own| own.eq_ignore_ascii_case(&field.text)) {
        report.add(says::own_header(field));
        return false;
    }
    sound
}
