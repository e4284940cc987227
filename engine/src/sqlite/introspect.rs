//! What a database has: for `rulec init`, which writes a first project file from it.

use super::read::Snapshot;
use super::{errors, text};
use rulec_diagnostic::Diagnostic;
use rusqlite::types::ValueRef;
use std::collections::BTreeSet;

/// Rows are counted up to here.
const COUNTED_ROWS: i64 = 10_000_000;
/// More different texts than this are not listed.
const LISTED_TEXTS: usize = 20;
/// Longer texts are not listed: they are names or notes, not categories.
const LISTED_CHARACTERS: usize = 30;
/// What may stand between the words of a text that holds several.
const SEPARATING: &str = ",，、;；|/";
/// From 1990 to 2100, in seconds.
const PLAUSIBLE_SECONDS: std::ops::Range<i64> = 631_152_000..4_102_444_800;

/// All tables and views, by name.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DatabaseShape {
    /// Tables and views, sorted by name.
    pub tables: Vec<TableShape>,
}

/// A table or a view.
#[derive(Debug, Clone, PartialEq)]
pub struct TableShape {
    /// Its name.
    pub name: String,
    /// Whether it is a view.
    pub is_view: bool,
    /// How many rows; counting stops at ten million.
    pub rows: u64,
    /// Its columns, in the order of the table.
    pub columns: Vec<ColumnShape>,
    /// What refers to other tables.
    pub foreign_keys: Vec<ForeignKey>,
    /// Why nothing can be read from it, in SQLite's words, such as a view over a table that is gone. Then the other
    /// fields are empty.
    pub problem: Option<String>,
}

/// A column.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnShape {
    /// Its name.
    pub name: String,
    /// The type it was declared with, as written; SQLite does not enforce it.
    pub declared: String,
    /// Whether it is the primary key, alone.
    pub is_primary_key: bool,
    /// Whether no two rows may have the same value in it: the primary key, or a unique index on it alone.
    pub is_unique: bool,
    /// Whether it was declared NOT NULL.
    pub is_not_null: bool,
    /// What the sampled rows hold.
    pub sample: Sample,
}

/// A column that refers to a column of another table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ForeignKey {
    /// The column here.
    pub column: String,
    /// The other table.
    pub table: String,
    /// Its column; `None` for its primary key.
    pub to: Option<String>,
}

/// What a column holds in some rows, counted by storage class.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sample {
    /// NULLs.
    pub nulls: u64,
    /// Integers, and floating-point numbers that are whole.
    pub integers: u64,
    /// Other floating-point numbers.
    pub reals: u64,
    /// Texts.
    pub texts: u64,
    /// Bytes.
    pub blobs: u64,
    /// The least and the greatest integer.
    pub integer_range: Option<(i64, i64)>,
    /// Texts that are an ISO day without a time.
    pub iso_days: u64,
    /// Texts that are an ISO day with a time.
    pub iso_times: u64,
    /// All different texts, sorted, if they are few and short.
    pub distinct_texts: Option<Vec<String>>,
    /// Of `,，、;；|/` those that occur in texts: what may separate the words of a set.
    pub separators: BTreeSet<char>,
}

impl Sample {
    /// How many values are not NULL.
    pub fn known(&self) -> u64 {
        self.integers + self.reals + self.texts + self.blobs
    }

    /// Whether all known values are integers.
    pub fn is_integer(&self) -> bool {
        self.integers > 0 && self.integers == self.known()
    }

    /// Whether all known values are 0 or 1.
    pub fn looks_like_bool(&self) -> bool {
        self.is_integer() && self.integer_range.is_some_and(|(low, high)| low >= 0 && high <= 1)
    }

    /// Whether all known values are integers that, as unix seconds, lie between 1990 and 2100.
    pub fn looks_like_unix_seconds(&self) -> bool {
        self.lies_within(PLAUSIBLE_SECONDS)
    }

    /// Whether all known values are integers that, as unix milliseconds, lie between 1990 and 2100.
    pub fn looks_like_unix_millis(&self) -> bool {
        self.lies_within(PLAUSIBLE_SECONDS.start * 1_000..PLAUSIBLE_SECONDS.end * 1_000)
    }

    /// Whether all known values are ISO days without a time.
    pub fn looks_like_day(&self) -> bool {
        self.iso_days > 0 && self.iso_days == self.known()
    }

    /// Whether all known values are ISO days, some of them with a time.
    pub fn looks_like_iso_time(&self) -> bool {
        self.iso_times > 0 && self.iso_days + self.iso_times == self.known()
    }

    fn lies_within(&self, range: std::ops::Range<i64>) -> bool {
        let lies = |(low, high): (i64, i64)| range.contains(&low) && range.contains(&high);
        self.is_integer() && self.integer_range.is_some_and(lies)
    }
}

/// Looks at all tables and views.
pub(super) fn read(snapshot: &Snapshot<'_>, sample: u32) -> Result<DatabaseShape, Diagnostic> {
    let mut tables = Vec::new();
    for name in snapshot.tables()? {
        let is_view = is_view(snapshot, &name).map_err(|error| errors::database(&error, snapshot.file))?;
        match read_table(snapshot, &name, is_view, sample) {
            Ok(shape) => tables.push(shape),
            Err(error) => {
                let problem =
                    errors::refusal(&error).ok_or_else(|| errors::database(&error, snapshot.file))?;
                tables.push(unreadable(name, is_view, problem));
            }
        }
    }
    Ok(DatabaseShape { tables })
}

fn unreadable(name: String, is_view: bool, problem: String) -> TableShape {
    let (columns, foreign_keys) = (Vec::new(), Vec::new());
    TableShape { name, is_view, rows: 0, columns, foreign_keys, problem: Some(problem) }
}

fn is_view(snapshot: &Snapshot<'_>, name: &str) -> rusqlite::Result<bool> {
    let sql = "SELECT type = 'view' FROM sqlite_schema WHERE name = ?1 AND type IN ('table', 'view')";
    snapshot.transaction.query_row(sql, [name], |row| row.get(0))
}

fn read_table(
    snapshot: &Snapshot<'_>,
    name: &str,
    is_view: bool,
    sample: u32,
) -> rusqlite::Result<TableShape> {
    let mut columns = read_columns(snapshot, name)?;
    mark_unique(snapshot, name, &mut columns)?;
    read_sample(snapshot, name, sample, &mut columns)?;
    let count = format!("SELECT count(*) FROM (SELECT 1 FROM {} LIMIT {COUNTED_ROWS})", text::quoted(name));
    let rows: i64 = snapshot.transaction.query_row(&count, [], |row| row.get(0))?;
    Ok(TableShape {
        name: name.to_owned(),
        is_view,
        rows: rows.unsigned_abs(),
        columns,
        foreign_keys: read_foreign_keys(snapshot, name)?,
        problem: None,
    })
}

fn read_columns(snapshot: &Snapshot<'_>, name: &str) -> rusqlite::Result<Vec<ColumnShape>> {
    // Hidden columns (1) cannot be selected by *; generated ones (2, 3) can.
    let sql = "SELECT name, type, pk, \"notnull\" FROM pragma_table_xinfo(?1) WHERE hidden <> 1 ORDER BY cid";
    let mut statement = snapshot.transaction.prepare(sql)?;
    let mut places = Vec::new();
    let read = statement.query_map([name], |row| {
        places.push(row.get::<_, i64>(2)?);
        Ok(ColumnShape {
            name: row.get(0)?,
            declared: row.get(1)?,
            is_primary_key: false,
            is_unique: false,
            is_not_null: row.get(3)?,
            sample: Sample::default(),
        })
    })?;
    let mut columns: Vec<ColumnShape> = read.collect::<rusqlite::Result<_>>()?;
    let is_single = places.iter().filter(|place| **place > 0).count() == 1;
    for (column, place) in columns.iter_mut().zip(places) {
        column.is_primary_key = is_single && place > 0;
        column.is_unique = column.is_primary_key;
    }
    Ok(columns)
}

/// A unique index on one column alone, over all rows.
fn mark_unique(snapshot: &Snapshot<'_>, name: &str, columns: &mut [ColumnShape]) -> rusqlite::Result<()> {
    let sql = "SELECT max(i.name) FROM pragma_index_list(?1) l, pragma_index_info(l.name) i
        WHERE l.\"unique\" = 1 AND l.partial = 0 GROUP BY l.name HAVING count(*) = 1";
    let mut statement = snapshot.transaction.prepare(sql)?;
    let names = statement.query_map([name], |row| row.get::<_, Option<String>>(0))?;
    for unique in names {
        let unique = unique?;
        for column in columns.iter_mut().filter(|column| Some(&column.name) == unique.as_ref()) {
            column.is_unique = true;
        }
    }
    Ok(())
}

fn read_foreign_keys(snapshot: &Snapshot<'_>, name: &str) -> rusqlite::Result<Vec<ForeignKey>> {
    let sql = "SELECT \"from\", \"table\", \"to\" FROM pragma_foreign_key_list(?1)";
    let mut statement = snapshot.transaction.prepare(sql)?;
    let read = statement.query_map([name], |row| {
        Ok(ForeignKey { column: row.get(0)?, table: row.get(1)?, to: row.get(2)? })
    })?;
    let mut found: Vec<ForeignKey> = read.collect::<rusqlite::Result<_>>()?;
    found.sort();
    Ok(found)
}

fn read_sample(
    snapshot: &Snapshot<'_>,
    name: &str,
    rows: u32,
    columns: &mut [ColumnShape],
) -> rusqlite::Result<()> {
    if columns.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = columns.iter().map(|column| text::quoted(&column.name)).collect();
    let sql = format!("SELECT {} FROM {} LIMIT {rows}", names.join(", "), text::quoted(name));
    let mut statement = snapshot.transaction.prepare(&sql)?;
    let mut found = statement.raw_query();
    let mut distinct: Vec<Option<BTreeSet<String>>> = vec![Some(BTreeSet::new()); columns.len()];
    while let Some(row) = found.next()? {
        for (place, column) in columns.iter_mut().enumerate() {
            count(row.get_ref(place)?, &mut column.sample, &mut distinct[place]);
        }
    }
    for (column, texts) in columns.iter_mut().zip(distinct) {
        column.sample.distinct_texts =
            texts.filter(|texts| !texts.is_empty()).map(|texts| texts.into_iter().collect());
    }
    Ok(())
}

fn count(value: ValueRef<'_>, sample: &mut Sample, distinct: &mut Option<BTreeSet<String>>) {
    let mut integer = |number: i64| {
        sample.integers += 1;
        let (low, high) = sample.integer_range.unwrap_or((number, number));
        sample.integer_range = Some((low.min(number), high.max(number)));
    };
    match value {
        ValueRef::Null => sample.nulls += 1,
        ValueRef::Integer(number) => integer(number),
        ValueRef::Real(number) => match crate::decode::whole(number) {
            Some(number) => integer(number),
            None => sample.reals += 1,
        },
        ValueRef::Blob(_) => sample.blobs += 1,
        ValueRef::Text(bytes) => {
            sample.texts += 1;
            match crate::decode::has_time(bytes) {
                Some(true) => sample.iso_times += 1,
                Some(false) => sample.iso_days += 1,
                None => {}
            }
            if let Ok(text) = std::str::from_utf8(bytes) {
                let between = |letter: &char| SEPARATING.contains(*letter);
                sample.separators.extend(text.chars().filter(between));
            }
            note_text(bytes, distinct);
        }
    }
}

/// Gives up on a column whose texts are many or long.
fn note_text(bytes: &[u8], distinct: &mut Option<BTreeSet<String>>) {
    let Some(known) = distinct else { return };
    let short = std::str::from_utf8(bytes).ok().filter(|text| text.chars().count() <= LISTED_CHARACTERS);
    let fits = short.is_some_and(|text| known.contains(text) || known.len() < LISTED_TEXTS);
    match short {
        Some(text) if fits => _ = known.insert(text.to_owned()),
        _ => *distinct = None,
    }
}
