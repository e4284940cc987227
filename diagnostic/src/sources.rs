use crate::{FileId, Place};

/// The texts of one run, to which [`FileId`]s refer.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    files: Vec<Source>,
}

/// One text.
#[derive(Debug, Clone)]
pub struct Source {
    /// What it is called to a person: a path from the project's folder, with `/`, or `--set`.
    pub name: String,
    /// What it says.
    pub text: String,
    lines: Vec<usize>,
}

/// A line and a column, both from 1; columns count characters (Unicode scalar values).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineColumn {
    /// The line.
    pub line: usize,
    /// The character on the line.
    pub column: usize,
}

impl Sources {
    /// Takes in a text.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> FileId {
        let text = text.into();
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        self.files.push(Source { name: name.into(), text, lines });
        FileId(u32::try_from(self.files.len() - 1).unwrap_or(u32::MAX))
    }

    /// The text of this id, if it was taken in.
    pub fn get(&self, file: FileId) -> Option<&Source> {
        self.files.get(file.0 as usize)
    }

    /// The name of a file; empty if it was never taken in.
    pub fn name(&self, file: FileId) -> &str {
        self.get(file).map_or("", |source| &source.name)
    }

    /// The text of a file; empty if it was never taken in.
    pub fn text(&self, file: FileId) -> &str {
        self.get(file).map_or("", |source| &source.text)
    }

    /// All files in the order taken in.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &Source)> {
        self.files
            .iter()
            .enumerate()
            .map(|(at, source)| (FileId(u32::try_from(at).unwrap_or(u32::MAX)), source))
    }

    /// Where a place starts.
    pub fn start_of(&self, place: Place) -> LineColumn {
        self.get(place.file)
            .map_or(LineColumn { line: 1, column: 1 }, |source| source.line_column(place.span.start as usize))
    }
}

impl Source {
    /// The line and column of a byte; of a byte past the end, those of the end. Takes time by the length of its line.
    pub fn line_column(&self, byte: usize) -> LineColumn {
        let line = self.lines.partition_point(|start| *start <= byte).max(1);
        let start = self.lines[line - 1];
        let end = byte.min(self.text.len());
        let column =
            self.text.as_bytes()[start.min(end)..end].iter().filter(|b| (**b & 0xC0) != 0x80).count();
        LineColumn { line, column: column + 1 }
    }

    /// A line, from 1, without its line break; empty past the end.
    pub fn line(&self, line: usize) -> &str {
        let Some(start) = line.checked_sub(1).and_then(|at| self.lines.get(at)) else { return "" };
        self.text[*start..].split(['\r', '\n']).next().unwrap_or("")
    }

    /// The byte at which a line, from 1, starts.
    pub fn line_start(&self, line: usize) -> Option<usize> {
        self.lines.get(line.checked_sub(1)?).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Span;

    #[test]
    fn columns_count_characters() {
        let mut sources = Sources::default();
        let file = sources.add("a.rules", "当 x\n则 发送 sms\r\n完");
        let at = |needle: &str| {
            let start = sources.text(file).find(needle).unwrap();
            let found = sources.start_of(Span::new(start, start).at(file));
            (found.line, found.column)
        };
        assert_eq!(at("当"), (1, 1));
        assert_eq!(at("x"), (1, 3));
        assert_eq!(at("发"), (2, 3));
        assert_eq!(at("完"), (3, 1));
        assert_eq!(sources.get(file).unwrap().line(2), "则 发送 sms");
        assert_eq!(sources.start_of(Span::new(999, 999).at(file)).line, 3);
    }
}
