//! Damaged database files: decoding their pages gives an error, or the rows that SQLite finds; no panic, sound findings.
//!
//! The input chooses a sound file and says which of its bytes are changed, four bytes a change, so that most of a file
//! stays as SQLite wrote it and what is wrong with it is met deep inside.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rulec_diagnostic::Diagnostic;
use rulec_engine::batch::Batch;
use rulec_engine::source::{Filter, NotBefore, Request, Tables};
use rulec_engine::{Options, Reader, SqliteEngine};
use rulec_fuzz::assert_sound;
use rulec_plan::project::Source;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// A column of each kind, an index beside, rows older than a column, and some that overflow their page.
const SHOP: &str = "CREATE TABLE t(k INTEGER PRIMARY KEY, a INTEGER, b TEXT COLLATE NOCASE, c REAL);
    CREATE INDEX i ON t(a);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 150)
    INSERT INTO t SELECT i * i, i * i * i - 9, substr('paid refunded', 1, i % 14), i / 2.0 FROM n;
    ALTER TABLE t ADD COLUMN d DEFAULT 'later';
    UPDATE t SET d = zeroblob(k % 3000) WHERE k % 50 < 4; DELETE FROM t WHERE k % 7 = 3";

static FILES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let settings = [
        "page_size = 512",
        "page_size = 1024",
        "page_size = 4096",
        "page_size = 512; PRAGMA auto_vacuum = 1",
    ];
    settings.into_iter().map(make).collect()
});

/// Where the file of this process is.
static PATH: LazyLock<PathBuf> =
    LazyLock::new(|| std::env::temp_dir().join(format!("rulec-fuzz-pages-{}.db", std::process::id())));

fn make(setting: &str) -> Vec<u8> {
    let _ = std::fs::remove_file(&*PATH);
    let connection = rusqlite::Connection::open(&*PATH).expect("a folder for temporary files");
    connection.execute_batch(&format!("PRAGMA {setting}; {SHOP}")).expect("a sound file");
    drop(connection);
    std::fs::read(&*PATH).expect("the file just made")
}

/// The rows that a reader finds, sorted, whole or in parts.
fn read(
    path: &Path,
    reader: Reader,
    request: &Request<'_>,
    parts: usize,
) -> Result<Vec<String>, Vec<Diagnostic>> {
    let engine = SqliteEngine::open(path).map_err(|wrong| vec![wrong])?;
    let mut engine = engine.with(Options { reader, ..Options::default() });
    engine.snapshot(|tables| rows(tables, request, parts)).map_err(|wrong| vec![wrong])?
}

fn rows(tables: &dyn Tables, request: &Request<'_>, parts: usize) -> Result<Vec<String>, Vec<Diagnostic>> {
    let mut rows = Vec::new();
    let mut take = |batch: &Batch| {
        for row in 0..batch.rows {
            let cells: Vec<_> = batch.columns.iter().map(|column| column.cell(row)).collect();
            let answers: Vec<_> = batch.filters.iter().map(|filter| filter[row]).collect();
            rows.push(format!("{cells:?} {answers:?}"));
        }
        Ok(())
    };
    match tables.parts(request, parts)? {
        Some(several) if parts > 0 => several.into_iter().try_for_each(|mut part| part.scan(&mut take)),
        _ => tables.scan(request, &mut take),
    }?;
    rows.sort_unstable();
    Ok(rows)
}

fn compare(request: &Request<'_>) {
    for parts in [0, 2] {
        match read(&PATH, Reader::Fastest, request, parts) {
            Err(findings) => findings.iter().for_each(|finding| assert_sound(finding, |_| "")),
            Ok(pages) => {
                if let Ok(stepping) = read(&PATH, Reader::Stepping, request, 0) {
                    assert_eq!(pages, stepping);
                }
            }
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Some((chosen, changes)) = bytes.split_first() else { return };
    let mut file = FILES[usize::from(*chosen) % FILES.len()].clone();
    for change in changes.chunks_exact(4) {
        let place = usize::from(u16::from_le_bytes([change[0], change[1]])) % file.len();
        match change[2] {
            0 => file.truncate(place.max(1)),
            1 => file[place] = file[place].wrapping_add(change[3]),
            _ => file[place] = change[3],
        }
    }
    std::fs::write(&*PATH, file).expect("a file that can be written");
    let source = Source::Table("t".to_owned());
    let filters = [Filter { section: "events.t", sql: "b = 'PAID' OR d IS NULL" }];
    let all = Request {
        source: &source,
        section: "events.t",
        columns: &["k", "a", "b", "c", "d"],
        filters: &[],
        only_filtered: false,
        not_before: None,
        at_most: None,
    };
    compare(&all);
    let not_before = Some(NotBefore { column: 1, bound: 100 });
    compare(&Request { columns: &["b", "a"], filters: &filters, only_filtered: true, not_before, ..all });
});
