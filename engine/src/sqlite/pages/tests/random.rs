//! Random databases, made through SQLite.

use super::*;
use proptest::prelude::*;
use std::io::{Seek, SeekFrom, Write};

#[derive(Debug, Clone)]
struct Setup {
    page_size: u32,
    reserved: u8,
    auto_vacuum: u8,
    keeps_log: bool,
    key: &'static str,
    types: Vec<&'static str>,
    steps: Vec<Step>,
}

#[derive(Debug, Clone)]
enum Step {
    /// So many rows with these values, the last ones with more and more bytes.
    Insert(u32, Vec<String>),
    InsertAt(i64, String),
    Delete(u32),
    Update(usize, String),
    AddColumn(&'static str, Option<String>),
    Vacuum,
    Checkpoint,
}

/// A value as SQL.
fn value() -> impl Strategy<Value = String> {
    let integers = (0_u32..64, any::<bool>(), -1_i64..=1).prop_map(|(bits, negative, near)| {
        let number = (1_i64.wrapping_shl(bits)).wrapping_add(near);
        // SQL has no literal for the least number.
        format!("({} - 1)", (if negative { number.wrapping_neg() } else { number }).max(i64::MIN + 1))
    });
    let reals = prop::sample::select(vec![
        "0.5",
        "-0.0",
        "1e300",
        "5.0",
        "-7.0",
        "9e999",
        "9007199254740993.0",
        "0.1",
    ]);
    let texts = prop::sample::select(vec![
        "''",
        "'x'",
        "'回归'",
        "'12'",
        "' 1.50 '",
        "'1e3'",
        "'A'",
        "CAST(x'ff00fe' AS TEXT)",
    ]);
    let lengths = (0_u32..3000, any::<bool>()).prop_map(|(length, is_text)| {
        if is_text {
            format!("substr(hex(zeroblob({length})), 1, {length})")
        } else {
            format!("zeroblob({length})")
        }
    });
    prop_oneof![
        2 => Just("NULL".to_owned()),
        4 => integers,
        2 => reals.prop_map(str::to_owned),
        4 => texts.prop_map(str::to_owned),
        2 => (0_u32..60).prop_map(|length| format!("substr('abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz', 1, {length})")),
        2 => lengths,
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let default = prop::sample::select(vec![
        "7", "-1", "'x'", "'5'", "1.5", "5", "NULL", "x'00ff'", "TRUE", "+3e2", "''",
    ]);
    prop_oneof![
        6 => (1_u32..150, prop::collection::vec(value(), 6)).prop_map(|(rows, values)| Step::Insert(rows, values)),
        2 => (any::<i64>(), value()).prop_map(|(rowid, value)| Step::InsertAt(rowid, value)),
        1 => (1_u32..5).prop_map(Step::Delete),
        1 => (0_usize..4, value()).prop_map(|(column, value)| Step::Update(column, value)),
        2 => (declared(), prop::option::of(default.prop_map(str::to_owned)))
            .prop_map(|(declared, default)| Step::AddColumn(declared, default)),
        1 => Just(Step::Vacuum),
        1 => Just(Step::Checkpoint),
    ]
}

fn declared() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "",
        "INTEGER",
        "INT",
        "TEXT",
        "VARCHAR(9) COLLATE NOCASE",
        "REAL",
        "DOUBLE PRECISION",
        "FLOATING POINT",
        "NUMERIC",
        "BLOB",
        "DECIMAL(10, 2)",
        "ANY",
        "float",
    ])
}

fn setup() -> impl Strategy<Value = Setup> {
    let key = prop::sample::select(vec![
        "k",
        "k INTEGER PRIMARY KEY",
        "k INT PRIMARY KEY",
        "k INTEGER PRIMARY KEY DESC",
    ]);
    let page_size = (9_u32..=16).prop_map(|bits| 1 << bits);
    let file = (page_size, prop::sample::select(vec![0, 0, 8, 32]), 0_u8..3, any::<bool>());
    (file, key, prop::collection::vec(declared(), 1..5), prop::collection::vec(step(), 1..12)).prop_map(
        |((page_size, reserved, auto_vacuum, keeps_log), key, types, steps)| Setup {
            page_size,
            reserved,
            auto_vacuum,
            keeps_log,
            key,
            types,
            steps,
        },
    )
}

/// SQL cannot reserve bytes, so they are written into the header while there is nothing but that on the first page, whose
/// content then ends so many bytes earlier.
fn reserve(database: &Database, setup: &Setup) {
    if setup.reserved == 0 {
        return;
    }
    let mut file = std::fs::OpenOptions::new().write(true).open(&database.path).unwrap();
    let content = (setup.page_size - u32::from(setup.reserved)) as u16;
    for (place, bytes) in [(20, vec![setup.reserved]), (105, content.to_be_bytes().to_vec())] {
        file.seek(SeekFrom::Start(place)).unwrap();
        file.write_all(&bytes).unwrap();
    }
}

impl Setup {
    fn build(&self) -> Database {
        let database = Database::new(&format!(
            "PRAGMA page_size = {}; PRAGMA auto_vacuum = {}; PRAGMA user_version = 1",
            self.page_size, self.auto_vacuum
        ));
        if self.auto_vacuum == 0 {
            reserve(&database, self);
        }
        let connection = database.open();
        if self.keeps_log {
            connection.execute_batch("PRAGMA journal_mode = WAL").unwrap();
        }
        let columns: String =
            self.types.iter().enumerate().map(|(place, declared)| format!(", c{place} {declared}")).collect();
        connection.execute_batch(&format!("CREATE TABLE t({}{columns})", self.key)).unwrap();
        let mut columns = self.types.len();
        for step in &self.steps {
            self.carry_out(step, &connection, &mut columns);
        }
        connection.close().unwrap();
        database
    }

    fn carry_out(&self, step: &Step, connection: &Connection, columns: &mut usize) {
        let names = (0..*columns).map(|place| format!("c{place}")).collect::<Vec<_>>().join(", ");
        let sql = match step {
            Step::Insert(rows, values) => {
                let values: String = (0..*columns).map(|place| format!(", {}", values[place % 6])).collect();
                let values = values.trim_start_matches(", ");
                format!(
                    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
                     INSERT OR IGNORE INTO t({names}) SELECT {values} FROM n"
                )
            }
            Step::InsertAt(rowid, value) => {
                format!("INSERT OR IGNORE INTO t(rowid, c0) VALUES ({rowid}, {value})")
            }
            Step::Delete(every) => format!("DELETE FROM t WHERE rowid % {every} = 0"),
            Step::Update(column, value) => {
                format!("UPDATE OR IGNORE t SET c{} = {value} WHERE rowid % 3 = 0", column % *columns)
            }
            Step::AddColumn(declared, default) => {
                *columns += 1;
                let default =
                    default.as_ref().map_or_else(String::new, |default| format!("DEFAULT {default}"));
                format!("ALTER TABLE t ADD COLUMN c{} {declared} {default}", *columns - 1)
            }
            Step::Vacuum => "VACUUM".to_owned(),
            Step::Checkpoint => "SELECT 1; PRAGMA wal_checkpoint(TRUNCATE)".to_owned(),
        };
        // A rowid at the very end leaves no room for further ones; such statements do nothing.
        let carried_out = connection.execute_batch(&sql);
        assert!(carried_out.is_ok() || sql.starts_with("WITH"), "{sql}: {carried_out:?}");
    }

    fn columns(&self) -> Vec<String> {
        let added = self.steps.iter().filter(|step| matches!(step, Step::AddColumn(..))).count();
        let others = (0..self.types.len() + added).map(|place| format!("c{place}"));
        std::iter::once("k".to_owned()).chain(others).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) })]

    #[test]
    fn both_readers_give_the_same_rows(
        setup in setup(),
        skipped in any::<u8>(),
        only_filtered in any::<bool>(),
        bound in prop::option::of(prop::sample::select(vec![0, 1, -1, i64::MIN, i64::MAX, 1 << 40])),
        filters in prop::collection::vec(prop::sample::select(vec![
            "c0 = 'x'", "c0 IS NULL OR c0 > 5", "c0 LIKE 'a%'", "typeof(c0) = 'integer'", "c0", "c0 = 'a' COLLATE NOCASE",
            "length(c0) > 40", "k IS NULL",
        ]), 0..3),
    ) {
        let database = setup.build();
        let all = setup.columns();
        assert!(agree(&database.path, &Asked { columns: all.clone(), ..Asked::default() }));
        // One of them is always wanted, so that something is.
        let kept = usize::from(skipped) % all.len();
        let some = all.iter().enumerate().filter(|(place, _)| *place == kept || skipped >> (place % 8) & 1 == 0);
        let asked = Asked {
            columns: some.map(|(_, name)| name.clone()).collect(),
            only_filtered: only_filtered && !filters.is_empty(),
            filters: filters.into_iter().map(str::to_owned).collect(),
            not_before: None,
        };
        let last = asked.columns.len().checked_sub(1);
        let not_before = last.zip(bound).map(|(column, bound)| NotBefore { column, bound });
        agree(&database.path, &Asked { not_before, ..asked });
    }
}
