//! Walking a TOML tree with the place of everything in it.

use super::diagnostics as says;
use rulec_diagnostic::{Diagnostic, FileId, Place, Span, Text};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// What was found wrong so far in one file.
pub(super) struct Report {
    file: FileId,
    pub(super) found: Vec<Diagnostic>,
}

impl Report {
    pub(super) fn new(file: FileId) -> Self {
        Self { file, found: Vec::new() }
    }

    pub(super) fn add(&mut self, diagnostic: Diagnostic) {
        self.found.push(diagnostic);
    }

    pub(super) fn place(&self, range: std::ops::Range<usize>) -> Place {
        Span::new(range.start, range.end).at(self.file)
    }
}

/// A value and its place.
#[derive(Clone, Copy)]
pub(super) struct Item<'t> {
    pub(super) value: &'t DeValue<'t>,
    pub(super) place: Place,
}

/// A text and its place.
#[derive(Clone)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) place: Place,
}

/// A table that is read key by key; whoever is done with it calls [`Section::finish`], which reports the keys that
/// nobody asked for.
pub(super) struct Section<'t> {
    /// As the file writes it, such as `customer.facts`; empty for the file itself.
    pub(super) path: String,
    /// Its key.
    pub(super) place: Place,
    table: &'t DeTable<'t>,
    asked: Vec<&'static str>,
}

impl<'t> Section<'t> {
    pub(super) fn new(path: String, place: Place, table: &'t DeTable<'t>) -> Self {
        Self { path, place, table, asked: Vec::new() }
    }

    /// The value of a key.
    pub(super) fn item(&mut self, key: &'static str, report: &Report) -> Option<Item<'t>> {
        self.asked.push(key);
        self.table.get(key).map(|value| Item { value: value.get_ref(), place: report.place(value.span()) })
    }

    /// The place of a key that is there.
    pub(super) fn key_place(&self, key: &str, report: &Report) -> Option<Place> {
        self.table.get_key_value(key).map(|(key, _)| report.place(key.span()))
    }

    /// The table under a key.
    pub(super) fn section(&mut self, key: &'static str, report: &mut Report) -> Option<Section<'t>> {
        self.asked.push(key);
        let (name, value) = self.table.get_key_value(key)?;
        let entry = Entry { name, value };
        entry.section(&self.path, report)
    }

    /// A text.
    pub(super) fn text(&mut self, key: &'static str, report: &mut Report) -> Option<Word> {
        let item = self.item(key, report)?;
        item.text(key, report)
    }

    /// A text that must be there.
    pub(super) fn required_text(&mut self, key: &'static str, report: &mut Report) -> Option<Word> {
        if !self.table.contains_key(key) {
            report.add(says::missing_key(self.place, &self.path, key));
        }
        self.text(key, report)
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, key: &'static str, report: &mut Report) -> Option<bool> {
        let item = self.item(key, report)?;
        let flag = item.value.as_bool();
        if flag.is_none() {
            report.add(says::wrong_value(item, key, &Text::new("`true` or `false`", "`true` 或 `false`")));
        }
        flag
    }

    /// All keys with their values, in the order of the file.
    pub(super) fn entries(&self) -> Vec<Entry<'t>> {
        let mut entries: Vec<_> = self.table.iter().map(|(name, value)| Entry { name, value }).collect();
        entries.sort_by_key(|entry| entry.name.span().start);
        entries
    }

    /// Keys that nobody asked for.
    fn unknown(&self) -> impl Iterator<Item = Entry<'t>> {
        self.entries().into_iter().filter(|entry| !self.asked.contains(&entry.name()))
    }

    /// Reports every key that nobody asked for.
    pub(super) fn finish(self, report: &mut Report) {
        for entry in self.unknown() {
            report.add(says::unknown_key(entry.place(report), entry.name(), &self.path, &self.asked));
        }
    }

    /// The same for the whole file, whose keys are sections.
    pub(super) fn finish_file(self, report: &mut Report) {
        for entry in self.unknown() {
            report.add(says::unknown_section(entry.place(report), entry.name(), &self.asked));
        }
    }
}

/// A key and its value.
#[derive(Clone, Copy)]
pub(super) struct Entry<'t> {
    name: &'t Spanned<std::borrow::Cow<'t, str>>,
    value: &'t Spanned<DeValue<'t>>,
}

impl<'t> Entry<'t> {
    pub(super) fn name(&self) -> &'t str {
        self.name.get_ref()
    }

    /// Where the key stands.
    pub(super) fn place(&self, report: &Report) -> Place {
        report.place(self.name.span())
    }

    pub(super) fn item(&self, report: &Report) -> Item<'t> {
        Item { value: self.value.get_ref(), place: report.place(self.value.span()) }
    }

    /// Its value as a table in the section of this path.
    pub(super) fn section(&self, path: &str, report: &mut Report) -> Option<Section<'t>> {
        let item = self.item(report);
        let path = if path.is_empty() { self.name().to_owned() } else { format!("{path}.{}", self.name()) };
        let table = item.value.as_table();
        if table.is_none() {
            report.add(says::not_a_section(item, &path));
        }
        table.map(|table| Section::new(path, self.place(report), table))
    }
}

impl Item<'_> {
    /// The text that it is, else a report for this key.
    pub(super) fn text(self, key: &str, report: &mut Report) -> Option<Word> {
        match self.value.as_str() {
            Some(text) => Some(Word { text: text.to_owned(), place: self.place }),
            None => {
                report.add(says::wrong_value(self, key, &Text::new("a text in quotes", "引号里的文本")));
                None
            }
        }
    }

    /// The list of texts that it is, else a report for this key.
    pub(super) fn texts(self, key: &str, report: &mut Report) -> Option<Vec<Word>> {
        let Some(list) = self.value.as_array() else {
            report.add(says::wrong_value(self, key, &Text::new("a list of texts", "文本列表")));
            return None;
        };
        let texts = list.iter().map(|value| {
            let item = Item { value: value.get_ref(), place: report.place(value.span()) };
            item.text(key, report)
        });
        // Every wrong member is reported, so no short cut at the first.
        texts.collect::<Vec<_>>().into_iter().collect()
    }
}

/// One of these words, else a report with the nearest.
pub(super) fn choice<T: Copy>(
    word: &Word,
    key: &str,
    choices: &[(&'static str, T)],
    report: &mut Report,
) -> Option<T> {
    let found = choices.iter().find(|(name, _)| *name == word.text).map(|(_, value)| *value);
    if found.is_none() {
        let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
        report.add(says::unknown_choice(word, key, &names));
    }
    found
}

/// Whether the rule language can say this name; reports it if not.
pub(super) fn check_name(entry: &Entry<'_>, taken: &[&str], report: &mut Report) -> bool {
    let name = entry.name();
    let mut letters = name.chars();
    let spoken = letters.next().is_some_and(unicode_ident::is_xid_start)
        && letters.all(unicode_ident::is_xid_continue)
        && !name.chars().any(|letter| ('\u{FF01}'..='\u{FF5E}').contains(&letter));
    if !spoken {
        report.add(says::unspeakable_name(entry.place(report), name));
    } else if taken.contains(&name) {
        report.add(says::taken_name(entry.place(report), name));
    }
    spoken && !taken.contains(&name)
}
