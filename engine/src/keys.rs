//! Customer keys: gathering them, and finding a customer by key.

use crate::answers::{Key, Keys};
use crate::batch::{Cell, RawColumn};
use crate::decode::{form_of, whole};
use crate::diagnostics;
use crate::faults::Found;
use rulec_diagnostic::Diagnostic;
use rustc_hash::FxHashMap;

/// A cell as a key: an integer, a floating-point number that is one, or a text.
fn key_of(cell: Cell<'_>) -> Result<Option<Key<'_>>, Found> {
    match cell {
        Cell::Null => Ok(None),
        Cell::Integer(number) => Ok(Some(Key::Integer(number))),
        Cell::Real(number) => whole(number).map(|number| Some(Key::Integer(number))).ok_or(Found::Real),
        Cell::Text(text) => match std::str::from_utf8(text) {
            Ok(text) => Ok(Some(Key::Text(text))),
            Err(_) => Err(Found::NotUtf8),
        },
        Cell::Blob(_) => Err(form_of(cell)),
    }
}

/// The key of a row, for messages; `None` where it has none.
pub(crate) fn shown_key(cell: Cell<'_>) -> Option<Key<'_>> {
    key_of(cell).ok().flatten()
}

/// Gathers the keys of a table in the order of its rows.
#[derive(Debug, Default)]
pub(crate) struct KeyGatherer {
    integers: Vec<i64>,
    texts: Vec<Box<str>>,
    missing: u64,
    unusable: u64,
    first_unusable: Option<Found>,
}

impl KeyGatherer {
    /// Takes all keys of a batch.
    pub(crate) fn add(&mut self, keys: &RawColumn) {
        for row in 0..keys.len() {
            match key_of(keys.cell(row)) {
                Ok(Some(Key::Integer(number))) => self.integers.push(number),
                Ok(Some(Key::Text(text))) => self.texts.push(text.into()),
                Ok(None) => self.missing += 1,
                Err(found) => {
                    self.unusable += 1;
                    if self.first_unusable.as_ref().is_none_or(|first| found < *first) {
                        self.first_unusable = Some(found);
                    }
                }
            }
        }
    }

    /// The keys, ascending, and for each the row it came from; or everything that is wrong with them.
    pub(crate) fn finish(mut self, table: &str, column: &str) -> Result<(Keys, Vec<u32>), Vec<Diagnostic>> {
        let mut wrong = Vec::new();
        if self.missing > 0 {
            wrong.push(diagnostics::key_missing(table, column, self.missing));
        }
        if let Some(found) = &self.first_unusable {
            wrong.push(diagnostics::key_type(table, column, self.unusable, found));
        }
        if !self.integers.is_empty() && !self.texts.is_empty() {
            wrong.push(diagnostics::keys_mixed(table, column, self.integers.len(), self.texts.len()));
        }
        let (keys, order) = if self.texts.is_empty() {
            let order = ascending(&self.integers);
            (Keys::Integers(order.iter().map(|row| self.integers[*row as usize]).collect()), order)
        } else {
            let order = ascending(&self.texts);
            let texts = order.iter().map(|row| std::mem::take(&mut self.texts[*row as usize]));
            (Keys::Texts(texts.collect()), order)
        };
        wrong.extend(repeated(&keys, table, column));
        if wrong.is_empty() { Ok((keys, order)) } else { Err(wrong) }
    }
}

/// The row numbers in the order of their keys.
fn ascending<T: Ord>(keys: &[T]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..u32::try_from(keys.len()).unwrap_or(u32::MAX)).collect();
    if !keys.is_sorted() {
        order.sort_unstable_by(|a, b| keys[*a as usize].cmp(&keys[*b as usize]));
    }
    order
}

/// What to say of keys that stand on several rows; the keys are ascending.
fn repeated(keys: &Keys, table: &str, column: &str) -> Option<Diagnostic> {
    let mut several = 0_u64;
    let mut first: Option<(usize, u64)> = None;
    let mut row = 0;
    while row < keys.len() {
        let count = (row..keys.len()).take_while(|other| keys.get(*other) == keys.get(row)).count();
        if count > 1 {
            several += 1;
            first = first.or(Some((row, count as u64)));
        }
        row += count;
    }
    let (row, rows) = first?;
    keys.get(row).map(|key| diagnostics::key_twice(table, column, several, key, rows))
}

/// Finds customers by key.
#[derive(Debug)]
pub(crate) struct KeyIndex<'k> {
    form: Form<'k>,
}

#[derive(Debug)]
enum Form<'k> {
    /// There is no customer.
    Empty,
    /// Integers one after another, as a database numbers its rows.
    Unbroken { first: i64, count: u32 },
    /// Integers without wide gaps: by distance from the first.
    Dense { first: i64, customers: Vec<u32> },
    /// Integers.
    Sparse(FxHashMap<i64, u32>),
    /// Texts.
    Texts(FxHashMap<&'k [u8], u32>),
}

/// Stands for no customer: in [`Form::Dense`], and for a row that belongs to nobody known.
pub(crate) const NOBODY: u32 = u32::MAX;

/// Stands for a row whose key is of a type that no customer's has.
pub(crate) const OTHER_TYPE: u32 = u32::MAX - 1;

/// Whose row this is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Whose {
    /// Of this customer.
    Customer(u32),
    /// Of nobody known.
    Stranger,
    /// The key is of a type that no customer's has.
    OtherType(Found),
}

impl<'k> KeyIndex<'k> {
    /// An index of ascending keys.
    pub(crate) fn new(keys: &'k Keys) -> Self {
        let form = match keys {
            Keys::Integers(keys) => index_integers(keys),
            Keys::Texts(keys) => {
                Form::Texts(keys.iter().zip(0..).map(|(key, customer)| (key.as_bytes(), customer)).collect())
            }
        };
        Self { form }
    }

    /// The customer whose key this cell holds.
    #[inline]
    pub(crate) fn find(&self, cell: Cell<'_>) -> Whose {
        let integer = match (&self.form, cell) {
            (Form::Empty, _) | (_, Cell::Null) => return Whose::Stranger,
            (Form::Texts(customers), Cell::Text(text)) => {
                return customers.get(text).copied().map_or(Whose::Stranger, Whose::Customer);
            }
            (Form::Texts(_), cell) => return Whose::OtherType(form_of(cell)),
            (_, Cell::Integer(integer)) => integer,
            (_, Cell::Real(real)) => match whole(real) {
                Some(integer) => integer,
                None => return Whose::OtherType(Found::Real),
            },
            (_, cell) => return Whose::OtherType(form_of(cell)),
        };
        match self.find_integer(integer) {
            Some(customer) => Whose::Customer(customer),
            None => Whose::Stranger,
        }
    }

    /// The customers of all rows of a column, with [`NOBODY`] and [`OTHER_TYPE`] where there is none.
    pub(crate) fn find_all(&self, keys: &RawColumn, found: &mut Vec<u32>) {
        found.clear();
        match (&self.form, keys.integers()) {
            (Form::Unbroken { first, count }, Some(integers)) => {
                found.extend(integers.iter().map(|key| {
                    let place = key.wrapping_sub(*first).cast_unsigned();
                    if place < u64::from(*count) { place as u32 } else { NOBODY }
                }));
            }
            (Form::Dense { first, customers }, Some(integers)) => {
                found.extend(integers.iter().map(|key| {
                    let place = usize::try_from(key.wrapping_sub(*first).cast_unsigned());
                    place.ok().and_then(|place| customers.get(place)).copied().unwrap_or(NOBODY)
                }));
            }
            _ => found.extend((0..keys.len()).map(|row| match self.find(keys.cell(row)) {
                Whose::Customer(customer) => customer,
                Whose::Stranger => NOBODY,
                Whose::OtherType(_) => OTHER_TYPE,
            })),
        }
    }

    /// The customers of all rows of a column in which they stand by their key as text, however the shop writes it; with
    /// [`NOBODY`] where there is none.
    pub(crate) fn find_all_written(&self, keys: &RawColumn, found: &mut Vec<u32>) {
        let customer = |cell: Cell<'_>| {
            let Cell::Text(text) = cell else { return None };
            match &self.form {
                Form::Texts(customers) => customers.get(text).copied(),
                _ => self.find_integer(integer_written(text)?),
            }
        };
        found.clear();
        found.extend((0..keys.len()).map(|row| customer(keys.cell(row)).unwrap_or(NOBODY)));
    }

    fn find_integer(&self, key: i64) -> Option<u32> {
        match &self.form {
            Form::Unbroken { first, count } => {
                let place = u32::try_from(i128::from(key) - i128::from(*first)).ok()?;
                (place < *count).then_some(place)
            }
            Form::Dense { first, customers } => {
                let place = usize::try_from(i128::from(key) - i128::from(*first)).ok()?;
                customers.get(place).copied().filter(|customer| *customer != NOBODY)
            }
            Form::Sparse(customers) => customers.get(&key).copied(),
            Form::Empty | Form::Texts(_) => None,
        }
    }
}

/// The integer whose digits these are, as the runtime writes a key: `12`, `-3`, and not `012`, `+1`, `-0` or ` 1`.
fn integer_written(text: &[u8]) -> Option<i64> {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    let is_canonical = match digits {
        [b'0'] => digits.len() == text.len(),
        [first, ..] => (b'1'..=b'9').contains(first),
        [] => false,
    };
    if !is_canonical {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

fn index_integers<'k>(keys: &[i64]) -> Form<'k> {
    let (Some(first), Some(last)) = (keys.first(), keys.last()) else { return Form::Empty };
    let span = i128::from(*last) - i128::from(*first) + 1;
    match usize::try_from(span) {
        Ok(span) if span == keys.len() => Form::Unbroken { first: *first, count: keys.len() as u32 },
        // Four bytes a place is less than a hash table takes for a quarter as many keys.
        Ok(span) if span <= keys.len().saturating_mul(4) + 1_024 => {
            let mut customers = vec![NOBODY; span];
            for (key, customer) in keys.iter().zip(0..) {
                customers[(key - first) as usize] = customer;
            }
            Form::Dense { first: *first, customers }
        }
        _ => Form::Sparse(keys.iter().copied().zip(0..).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_dense_sparse_and_negative_integers() {
        for keys in [vec![-3, -1, 0, 7], vec![i64::MIN, -5, 0, 1_000_000, i64::MAX]] {
            let all = Keys::Integers(keys.clone());
            let index = KeyIndex::new(&all);
            for (customer, key) in keys.iter().enumerate() {
                assert_eq!(index.find(Cell::Integer(*key)), Whose::Customer(customer as u32));
            }
            assert_eq!(index.find(Cell::Integer(5)), Whose::Stranger);
            assert_eq!(index.find(Cell::Real(0.0)), index.find(Cell::Integer(0)));
            assert_eq!(index.find(Cell::Real(0.5)), Whose::OtherType(Found::Real));
            assert_eq!(index.find(Cell::Null), Whose::Stranger);
        }
    }

    #[test]
    fn finds_a_column_at_once_as_it_finds_single_cells() {
        let asked = [i64::MIN, -4, -3, -2, -1, 0, 1, 7, 8, 100, i64::MAX];
        for keys in [vec![-3, -1, 0, 7], vec![-2, -1, 0, 1], vec![i64::MIN, 0, i64::MAX], vec![]] {
            let all = Keys::Integers(keys);
            let index = KeyIndex::new(&all);
            for other in [Cell::Integer(1), Cell::Null, Cell::Real(0.5)] {
                let mut column = RawColumn::default();
                asked.iter().for_each(|key| column.push(Cell::Integer(*key)));
                column.push(other);
                let mut found = Vec::new();
                index.find_all(&column, &mut found);
                for (row, found) in found.into_iter().enumerate() {
                    let expected = match index.find(column.cell(row)) {
                        Whose::Customer(customer) => customer,
                        Whose::Stranger => NOBODY,
                        Whose::OtherType(_) => OTHER_TYPE,
                    };
                    assert_eq!(found, expected);
                }
            }
        }
    }

    #[test]
    fn finds_written_keys_by_their_canonical_digits_alone() {
        let find = |keys: &Keys, written: &[Cell<'_>]| {
            let mut column = RawColumn::default();
            written.iter().for_each(|cell| column.push(*cell));
            let mut found = Vec::new();
            KeyIndex::new(keys).find_all_written(&column, &mut found);
            found
        };
        let text = |text: &'static str| Cell::Text(text.as_bytes());
        for keys in [vec![-3, 0, 12], vec![i64::MIN, -3, 0, 12, i64::MAX], vec![-3, -2, -1, 0, 1, 2, 12]] {
            let place = |key: i64| keys.binary_search(&key).map_or(NOBODY, |place| place as u32);
            let all = Keys::Integers(keys.clone());
            let known = [("12", 12), ("-3", -3), ("0", 0), ("-9223372036854775808", i64::MIN), ("7", 7)];
            for (written, key) in known {
                assert_eq!(find(&all, &[text(written)]), [place(key)], "{written}");
            }
            let strange = ["012", "+12", " 12", "12 ", "-0", "00", "", "-", "1_2", "12.0", "１２"];
            assert_eq!(find(&all, &strange.map(text)), [NOBODY; 11]);
            assert_eq!(
                find(&all, &[text("9223372036854775808"), Cell::Integer(12), Cell::Null]),
                [NOBODY; 3]
            );
        }
        let texts = Keys::Texts(vec!["012".into(), "12".into()]);
        assert_eq!(
            find(&texts, &[text("012"), text("12"), text("1"), Cell::Integer(12)]),
            [0, 1, NOBODY, NOBODY]
        );
        assert_eq!(find(&Keys::Integers(vec![]), &[text("0")]), [NOBODY]);
    }

    #[test]
    fn a_text_is_no_integer() {
        let texts = Keys::Texts(vec!["12".into()]);
        let index = KeyIndex::new(&texts);
        assert_eq!(index.find(Cell::Text(b"12")), Whose::Customer(0));
        assert_eq!(index.find(Cell::Integer(12)), Whose::OtherType(Found::Integer));
        let integers = Keys::Integers(vec![12]);
        let found = KeyIndex::new(&integers).find(Cell::Text(b"12"));
        assert_eq!(found, Whose::OtherType(Found::Text { characters: 2 }));
    }
}
