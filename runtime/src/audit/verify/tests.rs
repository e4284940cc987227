use super::*;
use crate::audit::fixture::{open, small};
use crate::fixture::Folder;
use rusqlite::types::Value;
use std::collections::BTreeSet;

mod rewritten;

const TABLES: [(&str, &[&str]); 7] = [
    ("audit", &["seq", "run", "at", "person", "cause", "message", "detail", "hash"]),
    ("causes", &["id", "digest", "kind", "rule", "rule_hash", "step", "arm", "verdict", "reason", "actions"]),
    ("people", &["id", "customer", "salt", "commitment"]),
    ("runs", &["seq", "plan", "as_of", "applied_at", "created_by", "rules_hash", "data_hash"]),
    ("heads", &["seq", "run", "hash"]),
    ("tip", &["only", "count", "hash", "heads"]),
    ("payloads", &["seq", "payload"]),
];

/// A state that anybody may change.
struct Victim {
    connection: Connection,
    _folder: Folder,
}

impl Victim {
    fn new() -> Victim {
        let folder = Folder::new();
        let connection = Connection::open(small(&folder)).unwrap();
        connection
            .execute_batch(
                "PRAGMA foreign_keys = off; PRAGMA ignore_check_constraints = on; PRAGMA synchronous = off;
                 PRAGMA journal_mode = memory",
            )
            .unwrap();
        Victim { connection, _folder: folder }
    }

    fn found(&self) -> Verification {
        verify_snapshot(&self.connection, &[]).unwrap()
    }

    /// What is found after these changes, which are taken back.
    fn after(&self, changes: &str) -> Vec<String> {
        self.connection.execute_batch("SAVEPOINT before").unwrap();
        self.connection.execute_batch(changes).unwrap();
        let found = self.found();
        self.connection.execute_batch("ROLLBACK TO before; RELEASE before").unwrap();
        found.findings.iter().map(|finding| finding.diagnostic().message.en).collect()
    }

    fn number(&self, query: &str) -> i64 {
        self.connection.query_row(query, [], |row| row.get(0)).unwrap()
    }

    /// Rows by their numbers.
    fn rows(&self, table: &str) -> Vec<i64> {
        let mut query =
            self.connection.prepare(&format!("SELECT rowid FROM {table} ORDER BY rowid")).unwrap();
        query.query_map([], |row| row.get(0)).unwrap().collect::<rusqlite::Result<_>>().unwrap()
    }

    fn value(&self, table: &str, column: &str, row: i64) -> Value {
        let query = format!("SELECT {column} FROM {table} WHERE rowid = ?1");
        self.connection.query_row(&query, [row], |row| row.get(0)).unwrap()
    }

    /// What is found with another value in this place; `None` if SQLite does not take it there.
    fn with(
        &self,
        (table, column, row): (&str, &str, i64),
        value: &Value,
        is_text: bool,
    ) -> Option<Verification> {
        let value_of = if is_text { "CAST(?1 AS TEXT)" } else { "?1" };
        let update = format!("UPDATE {table} SET {column} = {value_of} WHERE rowid = ?2");
        self.connection.execute_batch("SAVEPOINT before").unwrap();
        let changed = self.connection.execute(&update, (value, row));
        let found = changed.is_ok().then(|| self.found());
        self.connection.execute_batch("ROLLBACK TO before; RELEASE before").unwrap();
        found
    }

    /// The record at which a change of this row should be found.
    fn record_of(&self, table: &str, row: i64) -> Option<i64> {
        match table {
            "audit" => Some(row),
            "causes" => Some(self.number(&format!("SELECT min(seq) FROM audit WHERE cause = {row}"))),
            "people" => Some(self.number(&format!("SELECT min(seq) FROM audit WHERE person = {row}"))),
            // Of a head its number is all that tells to which record it belongs.
            "runs" => Some(self.number(&format!("SELECT min(seq) FROM audit WHERE run = {row}"))),
            _ => None,
        }
    }
}

/// All values that differ from this one in a single bit, or are there where none is.
fn flips(value: &Value) -> Vec<(Value, bool)> {
    let flipped = |bytes: &[u8], is_text: bool| -> Vec<(Value, bool)> {
        let one = |bit: usize| {
            let mut bytes = bytes.to_owned();
            bytes[bit / 8] ^= 1 << (bit % 8);
            (Value::Blob(bytes), is_text)
        };
        (0..bytes.len() * 8).map(one).collect()
    };
    match value {
        Value::Null => {
            vec![(Value::Integer(0), false), (Value::Integer(1), false), (Value::Blob(vec![0]), true)]
        }
        Value::Integer(value) => (0..64).map(|bit| (Value::Integer(value ^ (1 << bit)), false)).collect(),
        Value::Text(text) => flipped(text.as_bytes(), true),
        Value::Blob(bytes) => flipped(bytes, false),
        Value::Real(_) => Vec::new(),
    }
}

#[test]
fn what_nobody_touched_is_valid() {
    let folder = Folder::new();
    small(&folder);
    let found = verify(&open(&folder), &[]).unwrap();
    assert_eq!(found.findings.iter().map(Finding::diagnostic).collect::<Vec<_>>(), []);
    assert_eq!(found.records, 23);
    let nothing = Folder::new();
    assert_eq!(verify(&open(&nothing), &[]).unwrap(), Verification::default());
}

#[test]
fn every_changed_bit_is_found_where_it_is() {
    let victim = Victim::new();
    let mut tried = 0;
    for (table, columns) in TABLES {
        for row in victim.rows(table) {
            let record = victim.record_of(table, row);
            for column in columns {
                let value = victim.value(table, column, row);
                for (other, is_text) in flips(&value) {
                    let Some(found) = victim.with((table, column, row), &other, is_text) else { continue };
                    tried += 1;
                    let seqs: BTreeSet<i64> = found.findings.iter().map(|finding| finding.seq).collect();
                    assert!(!seqs.is_empty(), "{table}.{column} of {row}: {other:?}");
                    let is_right = record.is_none_or(|record| seqs.contains(&record));
                    let all: Vec<_> = found.findings.iter().collect();
                    assert!(
                        is_right,
                        "{table}.{column} of {row}: {other:?} is not at {record:?} but {all:?}"
                    );
                }
            }
        }
    }
    assert!(tried > 20_000, "{tried}");
}

#[test]
fn every_removed_row_is_found() {
    let victim = Victim::new();
    for (table, _) in TABLES {
        for row in victim.rows(table) {
            let found = victim.after(&format!("DELETE FROM {table} WHERE rowid = {row}"));
            assert!(!found.is_empty(), "{table} {row}");
        }
    }
}

#[test]
fn every_cut_and_every_removed_stretch_is_found() {
    let victim = Victim::new();
    let last = victim.number("SELECT max(seq) FROM audit");
    for from in 1..=last {
        for to in from..=last {
            let cut = format!("DELETE FROM audit WHERE seq BETWEEN {from} AND {to}");
            assert!(!victim.after(&cut).is_empty(), "{from} to {to}");
            let close = format!(
                "{cut}; UPDATE audit SET seq = -(seq - ({to} - {from} + 1)) WHERE seq > {to};
                 UPDATE audit SET seq = -seq WHERE seq < 0"
            );
            assert!(!victim.after(&close).is_empty(), "{from} to {to}, numbered again");
        }
    }
}

#[test]
fn every_two_rows_that_change_places_are_found() {
    let victim = Victim::new();
    for (table, columns) in TABLES {
        let rows = victim.rows(table);
        let number = columns[0];
        for (place, one) in rows.iter().enumerate() {
            for other in &rows[place + 1..] {
                let found = victim.after(&format!(
                    "UPDATE {table} SET {number} = -99 WHERE {number} = {one};
                     UPDATE {table} SET {number} = {one} WHERE {number} = {other};
                     UPDATE {table} SET {number} = {other} WHERE {number} = -99"
                ));
                assert!(!found.is_empty(), "{table} {one} {other}");
            }
        }
    }
}

/// Blocks of `tampering.txt`: statements, and indented what is found after them.
#[test]
fn it_says_what_was_done() {
    let victim = Victim::new();
    for block in include_str!("tampering.txt").split("\n\n") {
        let (findings, statements): (Vec<_>, Vec<_>) =
            block.lines().filter(|line| !line.starts_with('#')).partition(|line| line.starts_with("    "));
        let expected: Vec<_> = findings.iter().map(|line| line.trim()).collect();
        assert_eq!(victim.after(&statements.join("\n")), expected, "{block}");
    }
}

#[test]
fn a_file_damaged_at_any_byte_is_not_valid() {
    let folder = Folder::new();
    let path = small(&folder);
    let connection = Connection::open(&path).unwrap();
    connection.execute_batch("PRAGMA journal_mode = delete; PRAGMA page_size = 512; VACUUM").unwrap();
    let before = content(&connection).unwrap();
    drop(connection);
    let whole = std::fs::read(&path).unwrap();
    let damaged = folder.join("damaged.db");
    let mut found = 0;
    for place in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[place] ^= 1 << (place % 8);
        std::fs::write(&damaged, bytes).unwrap();
        let connection = Connection::open(&damaged).unwrap();
        // An error says that the file is damaged.
        let Ok(verified) = verify_snapshot(&connection, &[]) else { continue };
        if verified.is_valid() {
            assert!(content(&connection).is_some_and(|now| now == before), "byte {place}");
        } else {
            found += 1;
        }
    }
    assert!(found > 100, "{found}");
}

/// All that the audit says; `None` where that cannot be read.
fn content(connection: &Connection) -> Option<Vec<Vec<Value>>> {
    let mut all = Vec::new();
    for (table, columns) in TABLES {
        let query = format!("SELECT {} FROM {table} ORDER BY {}", columns.join(", "), columns[0]);
        let mut query = connection.prepare(&query).ok()?;
        let rows =
            query.query_map([], |row| (0..columns.len()).map(|column| row.get(column)).collect()).ok()?;
        all.extend(rows.collect::<rusqlite::Result<Vec<Vec<Value>>>>().ok()?);
    }
    Some(all)
}
