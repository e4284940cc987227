//! Makes text harmless to print: control characters, escape sequences and bidirectional controls of rule files, names and
//! customer data are shown instead of obeyed. Everything that a person wrote goes through here before it reaches a
//! terminal, a log or a report.

use rulec_diagnostic::{FileId, Source, Sources, secret_parts};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A text of one line: tabs and line breaks are shown too.
pub fn line(text: &str) -> Cow<'_, str> {
    replace(text, |_| false)
}

/// A text of several lines: tabs and line breaks stay.
pub fn lines(text: &str) -> Cow<'_, str> {
    replace(text, |char| matches!(char, '\n' | '\t'))
}

fn replace(text: &str, kept: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(|char| is_unsafe(char) && !kept(char)) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len() + 16);
    for char in text.chars() {
        if is_unsafe(char) && !kept(char) { show(char, &mut clean) } else { clean.push(char) }
    }
    Cow::Owned(clean)
}

fn is_unsafe(char: char) -> bool {
    char.is_control()
        || matches!(char,
            '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' // direction
            | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}') // line breaks and invisible marks
}

fn show(char: char, into: &mut String) {
    match char {
        '\u{00}'..='\u{1f}' => into.extend(char::from_u32(0x2400 + char as u32)),
        '\u{7f}' => into.push('␡'),
        other => into.extend(other.escape_unicode()),
    }
}

/// A source file made harmless, and where its bytes went.
#[derive(Debug)]
pub struct CleanFile {
    source: Source,
    /// The first byte after each replaced character, in the original and in the clean text; ascending.
    moved: Vec<(usize, usize)>,
}

impl CleanFile {
    fn new(source: &Source) -> Self {
        let mut moved = Vec::new();
        let mut text = String::with_capacity(source.text.len());
        let original = without_secrets(source);
        let mut chars = original.char_indices().peekable();
        while let Some((at, char)) = chars.next() {
            let breaks_line = char == '\r' && chars.peek().is_some_and(|(_, next)| *next == '\n');
            if is_unsafe(char) && !breaks_line && !matches!(char, '\n' | '\t') {
                show(char, &mut text);
                moved.push((at + char.len_utf8(), text.len()));
            } else {
                text.push(char);
            }
        }
        let mut one = Sources::default();
        let id = one.add(line(&source.name), text);
        let source = one.get(id).cloned().unwrap_or_else(|| source.clone());
        Self { source, moved }
    }

    /// The harmless text with its line table.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// Where a byte of the original is in the clean text.
    pub fn offset(&self, original: usize) -> usize {
        let before = self.moved.partition_point(|(from, _)| *from <= original);
        let (from, to) = before.checked_sub(1).map_or((0, 0), |at| self.moved[at]);
        (to + (original - from)).min(self.source.text.len())
    }
}

/// The text of a project file with stars over what may be secret in its addresses, so that no byte moves; any other file as
/// it is, since the addresses of its messages are for everybody.
fn without_secrets(source: &Source) -> Cow<'_, str> {
    let text = source.text.as_str();
    if !source.name.ends_with(".toml") {
        return Cow::Borrowed(text);
    }
    let mut hidden = String::with_capacity(text.len());
    for (start, _) in text.match_indices("://") {
        let rest = &text[start..];
        let address = &rest[..rest.find(['"', '\'', '\n']).unwrap_or(rest.len())];
        for part in secret_parts(address) {
            let (from, to) = (start + part.start, start + part.end);
            // What stands behind another `://` of the same address is hidden already.
            if from >= hidden.len() && from < to {
                hidden.push_str(&text[hidden.len()..from]);
                hidden.extend(std::iter::repeat_n('*', to - from));
            }
        }
    }
    hidden.push_str(&text[hidden.len()..]);
    Cow::Owned(hidden)
}

/// The clean form of each file that a finding lies in; each is made once.
#[derive(Debug)]
pub struct CleanFiles(BTreeMap<FileId, CleanFile>);

impl CleanFiles {
    /// Of these files of `sources`.
    pub fn new(sources: &Sources, files: impl IntoIterator<Item = FileId>) -> Self {
        let mut clean = BTreeMap::new();
        for file in files {
            if let Some(source) = sources.get(file) {
                clean.entry(file).or_insert_with(|| CleanFile::new(source));
            }
        }
        Self(clean)
    }

    /// The clean form of this file.
    pub fn get(&self, file: FileId) -> Option<&CleanFile> {
        self.0.get(&file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_are_shown_not_obeyed() {
        assert_eq!(line("a\u{1b}[31mb"), "a␛[31mb");
        assert_eq!(line("a\u{202e}b"), "a\\u{202e}b");
        assert_eq!(line("a\nb\tc\u{9b}\u{7f}"), "a␊b␉c\\u{9b}␡");
        assert_eq!(lines("a\nb\tc\r"), "a\nb\tc␍");
        assert!(matches!(line("满500减150 👩‍🦰"), Cow::Borrowed(_)));
    }

    #[test]
    fn addresses_of_a_project_file_are_drawn_without_their_secrets() {
        let text = "a = \"http://me:wörd@h/m?t=1\" # x?y\nb = 'x://h' # c@d\n";
        let drawn = |name: &str| {
            let mut sources = Sources::default();
            let file = sources.add(name, text);
            CleanFiles::new(&sources, [file]).get(file).unwrap().source().text.clone()
        };
        assert_eq!(drawn("rulec.toml"), "a = \"http://********@h/m?***\" # x?y\nb = 'x://h' # c@d\n");
        assert_eq!(drawn("a.rules"), text);
    }

    #[test]
    fn places_follow_their_text() {
        let mut sources = Sources::default();
        let original = "a\u{1b}b\r\n\u{202e}c";
        let file = sources.add("a.rules", original);
        let clean = CleanFiles::new(&sources, [file]);
        let clean = clean.get(file).unwrap();
        assert_eq!(clean.source().text, "a␛b\r\n\\u{202e}c");
        for needle in ["a", "b", "c"] {
            let at = clean.offset(original.find(needle).unwrap());
            assert_eq!(at, clean.source().text.rfind(needle).unwrap(), "{needle}");
        }
        assert_eq!(clean.offset(999), clean.source().text.len());
    }
}
