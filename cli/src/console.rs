//! Where a command prints: results to stdout, everything else to stderr. Reading what is printed may stop at any time
//! (`| head`), which must neither be an error nor stop a run that is sending messages.

use anstream::{AutoStream, ColorChoice};
use rulec_diagnostic::Language;
use std::io::{self, BufWriter, IsTerminal, Write};

/// How many bytes of a result are handed to the system at once: lists may have gigabytes.
pub const BUFFER: usize = 256 << 10;

/// The two streams and the person who reads them.
pub struct Console {
    /// In which language that person reads.
    pub language: Language,
    /// Whether notes and progress are left out.
    pub quiet: bool,
    /// Results.
    pub out: Stream,
    /// Findings, notes, progress, questions.
    pub err: Stream,
}

/// One stream. Once its reader has gone, what is written to it is dropped.
pub struct Stream {
    writer: Box<dyn Write>,
    reader_gone: bool,
    /// Whether a person looks at it.
    pub terminal: bool,
    /// Whether colour is wanted and understood.
    pub color: bool,
    /// Its width in columns, where it is known.
    pub width: Option<u16>,
}

impl Console {
    /// The streams of this process.
    pub fn new(language: Language, color: ColorChoice, quiet: bool) -> Self {
        let (out, err) = (io::stdout(), io::stderr());
        let width = terminal_size::terminal_size().map(|(width, _)| width.0);
        Self {
            language,
            quiet,
            out: Stream {
                terminal: out.is_terminal(),
                color: wanted(color, AutoStream::choice(&out)),
                width: width.filter(|_| out.is_terminal()),
                writer: Box::new(BufWriter::with_capacity(BUFFER, out)),
                reader_gone: false,
            },
            err: Stream {
                terminal: err.is_terminal(),
                color: wanted(color, AutoStream::choice(&err)),
                width: width.filter(|_| err.is_terminal()),
                writer: Box::new(BufWriter::new(err)),
                reader_gone: false,
            },
        }
    }

    /// Says something beside the result, unless told to be quiet.
    pub fn note(&mut self, text: &rulec_diagnostic::Text) -> io::Result<()> {
        if self.quiet {
            return Ok(());
        }
        writeln!(self.err, "{}", crate::draw::clean::line(text.get(self.language)))?;
        self.err.flush()
    }

    /// Hands over everything written so far.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()?;
        self.err.flush()
    }
}

/// What was asked for; else what terminal and environment (`NO_COLOR`, `CLICOLOR`, `TERM`) call for.
fn wanted(asked: ColorChoice, detected: ColorChoice) -> bool {
    match asked {
        ColorChoice::Auto => detected != ColorChoice::Never,
        ColorChoice::Never => false,
        ColorChoice::Always | ColorChoice::AlwaysAnsi => true,
    }
}

impl Stream {
    fn unless_reader_gone<T>(&mut self, result: io::Result<T>, gone: T) -> io::Result<T> {
        match result {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.reader_gone = true;
                Ok(gone)
            }
            other => other,
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.reader_gone {
            return Ok(bytes.len());
        }
        let written = self.writer.write(bytes);
        self.unless_reader_gone(written, bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.reader_gone {
            return Ok(());
        }
        let flushed = self.writer.flush();
        self.unless_reader_gone(flushed, ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Gone;

    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
    }

    #[test]
    fn a_reader_who_leaves_is_no_error() {
        let mut stream =
            Stream { writer: Box::new(Gone), reader_gone: false, terminal: false, color: false, width: None };
        stream.write_all(b"one").unwrap();
        stream.write_all(b"two").unwrap();
        stream.flush().unwrap();
        assert!(stream.reader_gone);
    }
}
