//! Values that cannot be read, gathered until the whole table was seen: what is reported does not depend on the order of
//! the rows.

use crate::answers::Key;
use crate::diagnostics;
use rulec_diagnostic::Diagnostic;
use rulec_plan::audience::Column;
use std::collections::{BTreeMap, BTreeSet};

/// Whose row it is. `None` where a row has no key of its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Owner {
    Integer(i64),
    Text(String),
}

impl Owner {
    pub(crate) fn of(key: Key<'_>) -> Self {
        match key {
            Key::Integer(number) => Owner::Integer(number),
            Key::Text(text) => Owner::Text(text.to_owned()),
        }
    }
}

impl std::fmt::Display for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Owner::Integer(number) => number.fmt(f),
            Owner::Text(text) => f.write_str(&diagnostics::clean(text)),
        }
    }
}

/// What stood in a cell that cannot be read: its form, never its value. Only an enum's value is shown, since which
/// values there are is a matter of the project file; of a personal fact not even that.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Found {
    Integer,
    Real,
    Text { characters: usize },
    Blob { bytes: usize },
    TooLarge,
    NotUtf8,
    Unlisted(String),
}

/// How many enum values are listed in one message.
const SHOWN_VALUES: usize = 5;

/// Everything wrong with one column, by the kind of repair.
#[derive(Debug, Default)]
struct ColumnFaults {
    wrong: Tally,
    not_utf8: Tally,
    unlisted: u64,
    unlisted_values: BTreeSet<String>,
}

/// How many rows, and the least of them by owner.
#[derive(Debug, Default)]
struct Tally {
    rows: u64,
    first: Option<(Option<Owner>, Found)>,
}

impl Tally {
    fn merge(&mut self, other: Tally) {
        self.rows += other.rows;
        if let Some(candidate) = other.first
            && self.first.as_ref().is_none_or(|first| candidate < *first)
        {
            self.first = Some(candidate);
        }
    }

    fn add(&mut self, owner: Option<Owner>, found: Found) {
        self.rows += 1;
        let candidate = (owner, found);
        if self.first.as_ref().is_none_or(|first| candidate < *first) {
            self.first = Some(candidate);
        }
    }
}

/// The faults of one table, by column in the order of the plan.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    columns: BTreeMap<usize, ColumnFaults>,
}

impl Faults {
    /// Takes note of a cell of the column with this number.
    pub(crate) fn add(&mut self, column: usize, owner: Option<Owner>, found: Found) {
        let faults = self.columns.entry(column).or_default();
        match found {
            Found::NotUtf8 => faults.not_utf8.add(owner, found),
            Found::Unlisted(value) => {
                faults.unlisted += 1;
                faults.unlisted_values.insert(value);
                if faults.unlisted_values.len() > SHOWN_VALUES {
                    faults.unlisted_values.pop_last();
                }
            }
            found => faults.wrong.add(owner, found),
        }
    }

    /// Takes over what another reader of the same table found.
    pub(crate) fn merge(&mut self, other: Faults) {
        for (column, found) in other.columns {
            let faults = self.columns.entry(column).or_default();
            faults.wrong.merge(found.wrong);
            faults.not_utf8.merge(found.not_utf8);
            faults.unlisted += found.unlisted;
            faults.unlisted_values.extend(found.unlisted_values);
            while faults.unlisted_values.len() > SHOWN_VALUES {
                faults.unlisted_values.pop_last();
            }
        }
    }

    /// One diagnostic for each column and kind of repair. `describe` gives a column's full name and what the plan says of it.
    pub(crate) fn report<'c>(
        &self,
        describe: impl Fn(usize) -> (String, &'c Column),
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        for (column, faults) in &self.columns {
            let (name, described) = describe(*column);
            if let Some((owner, found)) = &faults.wrong.first {
                diagnostics.push(diagnostics::wrong_value(
                    &name,
                    &described.kind,
                    faults.wrong.rows,
                    owner.as_ref(),
                    found,
                ));
            }
            if let Some((owner, _)) = &faults.not_utf8.first {
                diagnostics.push(diagnostics::not_utf8(&name, faults.not_utf8.rows, owner.as_ref()));
            }
            if faults.unlisted > 0 {
                let values = (!described.personal).then_some(&faults.unlisted_values);
                diagnostics.push(diagnostics::unlisted_value(&name, faults.unlisted, values));
            }
        }
    }
}
