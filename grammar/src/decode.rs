//! Bytes to text.

use crate::diagnostics::{self, Encoding};
use rulec_diagnostic::{Diagnostic, FileId, Span};

/// The text of a file, if it is UTF-8 and shorter than 4 GiB.
///
/// # Errors
/// The place of the first byte that is not UTF-8, and the encoding that the file seems to be in.
pub fn decode(file: FileId, bytes: &[u8]) -> Result<&str, Box<Diagnostic>> {
    if u32::try_from(bytes.len()).is_err() {
        return Err(Box::new(diagnostics::too_long(Span::default().at(file))));
    }
    if starts_like_utf16(bytes) {
        let start = Span::new(0, 2.min(bytes.len()));
        return Err(Box::new(diagnostics::not_utf8(start.at(file), Encoding::Utf16)));
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let start = error.valid_up_to();
        let end = start + error.error_len().unwrap_or(bytes.len() - start);
        let encoding = if looks_like_gb18030(bytes) { Encoding::Gb18030 } else { Encoding::Unknown };
        Box::new(diagnostics::not_utf8(Span::new(start, end).at(file), encoding))
    })
}

/// A byte order mark of UTF-16, or a zero in each other of the first bytes.
fn starts_like_utf16(bytes: &[u8]) -> bool {
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return true;
    }
    let head = &bytes[..bytes.len().min(64)];
    let zeros = |parity: usize| head.iter().skip(parity).step_by(2).filter(|&&byte| byte == 0).count();
    let others = |parity: usize| head.iter().skip(parity).step_by(2).filter(|&&byte| byte != 0).count();
    head.len() >= 4 && ((zeros(1) > 0 && others(1) == 0) || (zeros(0) > 0 && others(0) == 0))
}

/// Whether all bytes above ASCII pair up as GB18030 has them (GB 18030-2022, two and four byte forms).
fn looks_like_gb18030(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some((&first, after)) = rest.split_first() {
        rest = match (first, after) {
            (0..=0x7F, _) => after,
            (0x81..=0xFE, [0x40..=0x7E | 0x80..=0xFE, tail @ ..]) => tail,
            (0x81..=0xFE, [0x30..=0x39, 0x81..=0xFE, 0x30..=0x39, tail @ ..]) => tail,
            _ => return false,
        };
    }
    true
}
