//! Texts that nothing is computed from, such as addresses: kept as they are written, since nearly all of them differ and
//! codes would cost more than the texts.

use crate::batch::{Cell, RawColumn};
use crate::decode::form_of;
use crate::faults::Found;
use rulec_plan::audience::Scalar;

/// One text for each row, or none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct WrittenTexts {
    bytes: String,
    /// Where each text ends, and whether there is none: then it ends where it begins.
    ends: Vec<(usize, bool)>,
}

impl WrittenTexts {
    /// Appends the rows of a batch. What cannot be read is missing, and told with its row.
    pub(crate) fn append(&mut self, raw: &RawColumn, fault: &mut dyn FnMut(usize, Found)) {
        for row in 0..raw.len() {
            let read = match raw.cell(row) {
                Cell::Null => Ok(None),
                Cell::Integer(number) => Ok(Some(std::borrow::Cow::Owned(number.to_string()))),
                Cell::Text(bytes) => {
                    std::str::from_utf8(bytes).map(|text| Some(text.into())).map_err(|_| Found::NotUtf8)
                }
                cell => Err(form_of(cell)),
            };
            let text = read.unwrap_or_else(|found| {
                fault(row, found);
                None
            });
            self.push(text.as_deref());
        }
    }

    fn push(&mut self, text: Option<&str>) {
        self.bytes.push_str(text.unwrap_or_default());
        self.ends.push((self.bytes.len(), text.is_none()));
    }

    /// The rows of these numbers, in their order.
    pub(crate) fn gather(&self, rows: &[u32]) -> Self {
        let mut gathered = Self::default();
        rows.iter().for_each(|row| gathered.push(self.get(*row as usize)));
        gathered
    }

    /// The text of a row.
    pub(crate) fn get(&self, row: usize) -> Option<&str> {
        let (end, is_missing) = *self.ends.get(row)?;
        let start = row.checked_sub(1).map_or(0, |before| self.ends[before].0);
        (!is_missing).then(|| &self.bytes[start..end])
    }

    /// Likewise as a value.
    pub(crate) fn scalar(&self, row: usize) -> Scalar {
        self.get(row).map_or(Scalar::Missing, |text| Scalar::Text(text.to_owned()))
    }

    /// About how many bytes they take.
    pub(crate) fn bytes(&self) -> u64 {
        (self.bytes.len() + self.ends.len() * size_of::<(usize, bool)>()) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_back_in_any_order_with_what_is_missing() {
        let mut raw = RawColumn::default();
        [
            Cell::Text("一".as_bytes()),
            Cell::Null,
            Cell::Text(b""),
            Cell::Integer(7),
            Cell::Blob(b"x"),
            Cell::Text(b"\xff"),
        ]
        .into_iter()
        .for_each(|cell| raw.push(cell));
        let mut texts = WrittenTexts::default();
        let mut faults = Vec::new();
        texts.append(&raw, &mut |row, found| faults.push((row, found)));
        assert_eq!(faults, [(4, Found::Blob { bytes: 1 }), (5, Found::NotUtf8)]);
        let all: Vec<_> = (0..7).map(|row| texts.get(row)).collect();
        assert_eq!(all, [Some("一"), None, Some(""), Some("7"), None, None, None]);
        let turned = texts.gather(&[3, 1, 0]);
        assert_eq!([turned.get(0), turned.get(1), turned.get(2)], [Some("7"), None, Some("一")]);
    }
}
