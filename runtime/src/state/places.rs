//! Where the people of the state stand among the customers of a run.

use rulec_engine::Keys;
use rusqlite::Connection;
use std::cmp::Ordering;

/// The place of each person, by number; 4 bytes each.
#[derive(Debug)]
pub(super) struct PeoplePlaces(Vec<u32>);

impl PeoplePlaces {
    /// Nobody.
    const NONE: u32 = u32::MAX;

    /// Among the customers with these keys.
    pub(super) fn read(connection: &Connection, keys: &Keys) -> rusqlite::Result<PeoplePlaces> {
        let mut query = connection
            .prepare_cached("SELECT id, customer FROM people WHERE customer IS NOT NULL ORDER BY id")?;
        let mut rows = query.query([])?;
        let (mut places, mut by_number) = (Places::new(keys), Vec::new());
        while let Some(row) = rows.next()? {
            if let Some(place) = places.find(row.get_ref(1)?.as_str()?) {
                by_number.resize(row.get::<_, u32>(0)? as usize, PeoplePlaces::NONE);
                by_number.push(place);
            }
        }
        Ok(PeoplePlaces(by_number))
    }

    /// Where this person stands; none if she is no customer any more.
    pub(super) fn of(&self, person: u32) -> Option<u32> {
        self.0.get(person as usize).copied().filter(|place| *place != PeoplePlaces::NONE)
    }
}

/// Finds customers by their keys. Rows mostly come in the order of the keys, so each search starts where the one before
/// ended.
struct Places<'a> {
    keys: &'a Keys,
    last: usize,
}

impl<'a> Places<'a> {
    /// Of the customers with these keys.
    fn new(keys: &'a Keys) -> Places<'a> {
        Places { keys, last: 0 }
    }

    /// Where the customer of this key stands among all; none if there is no such customer any more.
    fn find(&mut self, key: &str) -> Option<u32> {
        let found = match self.keys {
            Keys::Integers(keys) => {
                let wanted: i64 = key.parse().ok()?;
                search(keys, self.last, |other| other.cmp(&wanted))
            }
            Keys::Texts(keys) => search(keys, self.last, |other| (**other).cmp(key)),
        };
        self.last = found.unwrap_or_else(|before| before);
        u32::try_from(found.ok()?).ok()
    }
}

/// A binary search in steps that double from a place on, or among what stands before that.
fn search<T>(all: &[T], from: usize, compare: impl Fn(&T) -> Ordering) -> Result<usize, usize> {
    let starts_after = all.get(from).is_none_or(|first| compare(first) == Ordering::Greater);
    if starts_after {
        return all[..from.min(all.len())].binary_search_by(compare);
    }
    let (mut low, mut step) = (from, 1);
    while all.get(low + step).is_some_and(|next| compare(next) != Ordering::Greater) {
        low += step;
        step *= 2;
    }
    let high = all.len().min(low + step);
    all[low..high].binary_search_by(compare).map_or_else(|at| Err(low + at), |at| Ok(low + at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn whatever_was_looked_for_before_each_is_found(
            keys in prop::collection::btree_set(-50_i64..50, 0..60),
            wanted in prop::collection::vec(-55_i64..55, 0..40),
        ) {
            let keys = Keys::Integers(keys.into_iter().collect());
            let mut places = Places::new(&keys);
            for key in wanted {
                let Keys::Integers(all) = &keys else { unreachable!("they are integers") };
                let expected = all.iter().position(|other| *other == key).map(|place| place as u32);
                prop_assert_eq!(places.find(&key.to_string()), expected);
            }
        }
    }
}
