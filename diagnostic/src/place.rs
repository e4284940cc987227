use serde::Serialize;

/// Which of the texts handed to the compiler.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
pub struct FileId(pub u32);

/// A stretch of a text, in bytes, the end not included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// First byte after it.
    pub end: u32,
}

impl Span {
    /// From byte `start` to before byte `end`. Texts are shorter than 4 GiB: the reader refuses longer ones.
    pub fn new(start: usize, end: usize) -> Self {
        let byte = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self { start: byte(start), end: byte(end) }
    }

    /// From the start of this one to the end of that one.
    #[must_use]
    pub fn to(self, end: Span) -> Self {
        Self { start: self.start, end: end.end }
    }

    /// The place of this stretch in a file.
    pub fn at(self, file: FileId) -> Place {
        Place { file, span: self }
    }

    /// The bytes as indices into the text.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A stretch of one of the texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Place {
    /// Which text.
    pub file: FileId,
    /// Where in it.
    pub span: Span,
}
