//! Which tables and conditions are read from pages, and what they hold.

use super::*;
use crate::sqlite::pages::layout::Layout;

#[test]
fn reads_ordinary_tables() {
    let all = [
        "CREATE TABLE t(a, b)",
        "CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT NOT NULL UNIQUE DEFAULT 'x')",
        "CREATE TABLE t(b, a INTEGER, PRIMARY KEY(a DESC))",
        "CREATE TABLE t(a INTEGER PRIMARY KEY DESC, b)",
        "CREATE TABLE t(a INT PRIMARY KEY, b)",
        "CREATE TABLE t(a INTEGER, b, PRIMARY KEY(a, b))",
        "CREATE TABLE t(a INTEGER PRIMARY KEY AUTOINCREMENT, b CHECK (b <> 'never'))",
        "CREATE TABLE t(a INTEGER, b TEXT, c DEFAULT CURRENT_TIMESTAMP, d DEFAULT (random()))",
        "CREATE TABLE t(a INT, b TEXT) STRICT",
        "CREATE TABLE \"T\"(a REFERENCES nowhere(id), b); PRAGMA foreign_keys = OFF",
    ];
    for sql in all {
        let rows = "INSERT INTO t(a, b) VALUES (7, 'x'), (-3, 'y'), (300, 'z')";
        let database = Database::new(&format!("PRAGMA foreign_keys = OFF; {sql}; {rows}"));
        assert!(agree(&database.path, &Asked::columns(&["b", "a"])), "{sql}");
    }
}

#[test]
fn leaves_the_rest_to_stepping() {
    let all = [
        "CREATE TABLE t(a PRIMARY KEY, b) WITHOUT ROWID; INSERT INTO t VALUES (1, 2)",
        "CREATE TABLE t(a, b AS (a + 1)); INSERT INTO t VALUES (1)",
        "CREATE TABLE t(a, b AS (a + 1) STORED); INSERT INTO t VALUES (1)",
        "CREATE TABLE u(a, b); INSERT INTO u VALUES (1, 2); CREATE VIEW t AS SELECT * FROM u",
        "CREATE VIRTUAL TABLE t USING fts5(a, b); INSERT INTO t VALUES ('x', 'y')",
        "PRAGMA encoding = 'UTF-16'; CREATE TABLE t(a, b); INSERT INTO t VALUES ('x', 'y')",
    ];
    for sql in all {
        let database = Database::new(sql);
        assert!(!agree(&database.path, &Asked::columns(&["a", "b"])), "{sql}");
    }
}

#[test]
fn asks_sqlite_about_conditions_that_depend_on_the_row_alone() {
    let database = Database::new(
        "CREATE TABLE u(x); CREATE TABLE t(k INTEGER PRIMARY KEY, a TEXT COLLATE NOCASE, b REAL NOT NULL, c);
         INSERT INTO t(a, b, c) VALUES ('Paid', 1, NULL), ('paid', 2.5, 'paid'), (NULL, 3, x'00'), ('', -1, ''),
           ('refunded after a long time', 5, 5), ('12', 5, '12'), (12, 5, 12);
         ALTER TABLE t ADD COLUMN d INTEGER DEFAULT '9'; INSERT INTO t VALUES (99, 'x', 0, 0, 10)",
    );
    let pure = [
        "a = 'paid'",
        "t.a = 12",
        "c = 12 OR c = '12'",
        "b = 5",
        "a = c",
        "d = 9",
        "a IS NULL -- nothing",
        "a LIKE 'pa%' AND length(a) = 4",
        "1",
        "a = \"no such column\"",
        "a = 'refunded after a long time' AND c IN (5, 6)",
    ];
    for condition in pure {
        let asked = Asked::columns(&["k", "c"]).filter(condition);
        assert!(agree(&database.path, &asked), "{condition}");
        assert!(
            agree(&database.path, &Asked { only_filtered: true, ..asked.filter("d < 10") }),
            "{condition}"
        );
    }
    let others = [
        "k > 3",
        "rowid = 2",
        "a IN (SELECT x FROM u)",
        "a = (SELECT max(a) FROM t)",
        "b < unixepoch('now')",
        "date(b) = 'x'",
    ];
    for condition in others {
        assert!(!agree(&database.path, &Asked::columns(&["k"]).filter(condition)), "{condition}");
    }
}

#[test]
fn leaves_conditions_over_many_different_values_to_stepping() {
    let database = Database::new(
        "CREATE TABLE t(a, b); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
         INSERT INTO t SELECT i, i % 200 FROM n",
    );
    assert!(!agree(&database.path, &Asked::columns(&["a"]).filter("a % 2 = 0")));
    assert!(agree(&database.path, &Asked::columns(&["a"]).filter("b % 2 = 0")));
}

#[test]
fn says_what_sqlite_says_of_a_condition_that_cannot_be_carried_out() {
    let database = Database::new("CREATE TABLE t(a); INSERT INTO t VALUES (-9223372036854775808)");
    let asked = Asked::columns(&["a"]).filter("abs(a) = 1");
    let wrong = read(&database.path, Reader::Stepping, &asked, 0).unwrap_err();
    assert_eq!(read(&database.path, Reader::Fastest, &asked, 0).unwrap_err(), wrong);
}

#[test]
fn drops_what_is_too_early() {
    let database = Database::new(
        "CREATE TABLE t(k INTEGER PRIMARY KEY, a);
         INSERT INTO t(a) VALUES (NULL), (5), (5.5), (-5.5), ('4'), (x'01'), (9e300), (-9e300), (9007199254740993),
           (9007199254740992.0), (9223372036854775807), (-9223372036854775808), (9e999), (-9e999), (0), (1)",
    );
    for bound in [5, 6, -5, 0, i64::MIN, i64::MAX, 9_007_199_254_740_993] {
        for column in [0, 1] {
            let not_before = Some(NotBefore { column, bound });
            assert!(agree(&database.path, &Asked { not_before, ..Asked::columns(&["k", "a"]) }), "{bound}");
        }
    }
}

#[test]
fn gives_what_a_changed_default_in_the_schema_gives() {
    let database = Database::new(
        "CREATE TABLE t(a); INSERT INTO t VALUES (1); PRAGMA writable_schema = ON;
         UPDATE sqlite_schema SET sql = 'CREATE TABLE t(a, b DEFAULT CURRENT_TIMESTAMP, c REAL DEFAULT 3, d TEXT DEFAULT (1 + 1))'",
    );
    assert!(agree(&database.path, &Asked::columns(&["a", "b", "c", "d"])));
}

#[test]
fn the_page_with_the_locks_is_never_one_of_a_table() {
    // SQLite's locks are at one gibibyte.
    let layout = Layout { page_size: 65_536, usable: 65_536, pages: 20_000 };
    assert!(!layout.has(16_385) && layout.has(16_384) && layout.has(16_386));
    assert!(!layout.has(0) && !layout.has(20_001));
}
