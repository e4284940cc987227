//! One state for the whole of a reading, whoever writes meanwhile.

use super::*;
use std::process::Command;
use std::time::Duration;

/// The path of the database that another process is to write to.
const WRITE_TO: &str = "RULEC_TEST_WRITE_TO";

/// Accounts between which money is moved; so many that they are not read from the file at once.
const ACCOUNTS: &str = "CREATE TABLE t(id INTEGER PRIMARY KEY, amount INTEGER NOT NULL, note TEXT);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12000)
    INSERT INTO t SELECT i, 100, 'some text that takes room ' || i FROM n";
const MOVE: &str = "BEGIN IMMEDIATE; UPDATE t SET amount = amount - 1 WHERE id % 2 = 0;
    UPDATE t SET amount = amount + 1 WHERE id % 2 = 1; COMMIT";

fn accounts(journal: &str) -> Database {
    Database::new(&format!("PRAGMA page_size = 1024; PRAGMA journal_mode = {journal}; {ACCOUNTS}"))
}

/// Reads all amounts, and does something after each batch.
fn amounts(tables: &dyn Tables, mut meanwhile: impl FnMut()) -> Vec<i64> {
    let mut amounts = Vec::new();
    let read = Asked::columns(&["amount"]).with(|request| {
        tables.scan(request, &mut |batch| {
            amounts.extend_from_slice(batch.columns[0].integers().unwrap());
            meanwhile();
            Ok(())
        })
    });
    read.unwrap();
    amounts
}

#[test]
fn frames_that_are_not_in_the_file_are_read_by_stepping() {
    let database = accounts("WAL");
    let writer = database.open();
    writer.execute_batch(&format!("PRAGMA wal_autocheckpoint = 0; {MOVE}")).unwrap();
    let engine = engine(&database.path, Reader::Fastest).unwrap();
    let asked = Asked::columns(&["id", "amount"]);
    assert!(!reads_pages(&engine, &asked));
    assert!(!agree(&database.path, &asked));
    writer.execute_batch("PRAGMA wal_checkpoint(PASSIVE)").unwrap();
    assert!(reads_pages(&engine, &asked));
    writer.execute_batch(MOVE).unwrap();
    assert!(!reads_pages(&engine, &asked));
    writer.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    assert!(reads_pages(&engine, &asked));
    assert!(agree(&database.path, &asked));
}

#[test]
fn a_checkpoint_does_not_reach_the_file_while_it_is_read() {
    for first in ["PRAGMA wal_checkpoint(PASSIVE)", "PRAGMA wal_checkpoint(TRUNCATE)"] {
        let database = accounts("WAL");
        let writer = database.open();
        writer.execute_batch(&format!("{MOVE}; {first}")).unwrap();
        let mut engine = engine(&database.path, Reader::Fastest).unwrap();
        assert!(reads_pages(&engine, &Asked::columns(&["amount"])));
        let write = || writer.execute_batch(&format!("{MOVE}; PRAGMA wal_checkpoint(PASSIVE)")).unwrap();
        let read = engine.snapshot(|tables| amounts(tables, write)).unwrap();
        assert_eq!(read.len(), 12_000);
        assert!(read.iter().all(|amount| [99, 101].contains(amount)), "{first}");
    }
}

#[test]
fn a_writer_at_the_same_time_is_seen_whole_or_not_at_all() {
    let patience = Duration::from_secs(60);
    for journal in ["WAL", "DELETE", "TRUNCATE"] {
        let database = accounts(journal);
        std::thread::scope(|scope| {
            let writing = scope.spawn(|| {
                let writer = database.open();
                writer.busy_timeout(patience).unwrap();
                for _ in 0..20 {
                    writer.execute_batch(MOVE).unwrap();
                    // Who waits for a lock of SQLite asks for it from time to time, so it must be free for some time.
                    std::thread::sleep(Duration::from_millis(10));
                }
            });
            let mut engine = SqliteEngine::open_waiting(&database.path, patience).unwrap();
            let mut parts = (0..4).cycle();
            while !writing.is_finished() {
                let parts = parts.next().unwrap_or(0);
                let read = engine.snapshot(|tables| rows(tables, &Asked::columns(&["amount"]), parts));
                let read = read.unwrap().unwrap();
                assert_eq!(read.len(), 12_000);
                // Before and after every transaction one half of the rows is alike, and so is the other.
                assert_eq!(read[0], read[5_999], "{journal}");
                assert_eq!(read[6_000], read[11_999], "{journal}");
            }
        });
    }
}

/// Whether another process can write to the database. Within one process SQLite settles locks without the system.
fn another_process_can_write(database: &Database) -> bool {
    let writing = "sqlite::pages::tests::locks::writes_when_another_test_asks_for_it";
    let mut writer = Command::new(std::env::current_exe().unwrap());
    writer.args(["--exact", writing]).env(WRITE_TO, &database.path).output().unwrap().status.success()
}

#[test]
fn writes_when_another_test_asks_for_it() {
    if let Some(path) = std::env::var_os(WRITE_TO) {
        let connection = Connection::open(path).unwrap();
        connection.busy_timeout(Duration::ZERO).unwrap();
        connection.execute_batch(&format!("{MOVE}; PRAGMA wal_checkpoint(PASSIVE)")).unwrap();
    }
}

#[test]
fn the_lock_is_kept_when_another_engine_is_closed() {
    let database = accounts("DELETE");
    assert!(another_process_can_write(&database));
    let mut reading = engine(&database.path, Reader::Fastest).unwrap();
    let read = reading.snapshot(|tables| {
        let mut is_first = true;
        amounts(tables, || {
            if std::mem::take(&mut is_first) {
                assert!(agree(&database.path, &Asked::columns(&["amount"])));
                assert!(!another_process_can_write(&database));
            }
        })
    });
    assert_eq!(read.unwrap().len(), 12_000);
    assert!(another_process_can_write(&database));
}

#[test]
fn the_lock_on_a_log_is_kept_when_another_engine_is_closed() {
    let database = accounts("WAL");
    let mut reading = engine(&database.path, Reader::Fastest).unwrap();
    let read = reading.snapshot(|tables| {
        amounts(tables, || {
            drop(
                engine(&database.path, Reader::Fastest)
                    .map(|engine| reads_pages(&engine, &Asked::columns(&["id"]))),
            );
            // Its connection is the last but ours to be closed, so it tries to copy the log into the file.
            assert!(another_process_can_write(&database));
        })
    });
    assert!(read.unwrap().iter().all(|amount| *amount == 100));
}

#[test]
fn a_file_that_was_replaced_is_not_read() {
    let database = accounts("DELETE");
    let mut old = engine(&database.path, Reader::Fastest).unwrap();
    let other = Database::new("CREATE TABLE t(id, amount INTEGER, note); INSERT INTO t VALUES (1, 7, NULL)");
    std::fs::rename(&other.path, &database.path).unwrap();
    assert_eq!(old.snapshot(|tables| amounts(tables, || {})).unwrap().len(), 12_000);
    let mut new = engine(&database.path, Reader::Fastest).unwrap();
    assert_eq!(new.snapshot(|tables| amounts(tables, || {})).unwrap(), [7]);
}
