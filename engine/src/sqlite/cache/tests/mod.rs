//! Answers with a copy held against answers without, while databases and copies change under it.

#![allow(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod finished;

use super::{Cache, State};
use crate::batch::{BATCH_ROWS, Batch};
use crate::source::{Filter, NotBefore, Request, Tables};
use crate::sqlite::read::Snapshot;
use crate::{Reader, SqliteEngine};
use proptest::prelude::*;
use rulec_diagnostic::Diagnostic;
use rulec_plan::project::Source;
use rusqlite::Connection;
use std::fs::{self, File};
use std::path::PathBuf;
use std::time::Duration;

/// Longer than a tick of the clocks of the file systems that tests run on.
const TICK: Duration = Duration::from_millis(30);

const TABLE: &str = "
    CREATE TABLE t(id INTEGER PRIMARY KEY, at INTEGER, kind TEXT, note TEXT, amount REAL, mixed);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
    INSERT INTO t SELECT i, 1700000000 + i * 60, iif(i % 7, iif(i % 3, 'view', 'buy'), NULL), 'note ' || i * i, i / 4.0,
        CASE i % 5 WHEN 0 THEN NULL WHEN 1 THEN i * 100 WHEN 2 THEN i / 8.0 WHEN 3 THEN 'text ' || i ELSE x'00ff' END
    FROM n;";

struct World {
    _folder: tempfile::TempDir,
    database: PathBuf,
    cache: Cache,
    /// Keeps a write-ahead log open.
    writer: Option<Connection>,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("shop.db");
        let cache =
            Cache { worthwhile_bytes: 0, settled: TICK / 2, ..Cache::new(folder.path().join("own/cache")) };
        let mut world = Self { _folder: folder, database, cache, writer: None };
        world.write(TABLE);
        world
    }

    fn write(&mut self, sql: &str) {
        let open = || {
            let connection = Connection::open(&self.database).unwrap();
            connection.execute_batch("PRAGMA synchronous = OFF; PRAGMA wal_autocheckpoint = 0").unwrap();
            connection
        };
        self.writer.get_or_insert_with(open).execute_batch(sql).unwrap();
    }

    /// Closes the database and gives it a rollback journal.
    fn close(&mut self) {
        self.write("PRAGMA journal_mode = DELETE");
        self.writer = None;
    }

    fn look<T>(&self, cached: bool, look: impl FnOnce(&Snapshot<'_>) -> T) -> T {
        let engine = SqliteEngine::open(&self.database).unwrap();
        let reader = if cached { Reader::Fastest } else { Reader::Stepping };
        let snapshot = Snapshot::begin(&engine.connection, &engine.file, reader).unwrap();
        look(&snapshot.with(cached.then_some(&self.cache)))
    }

    /// All rows, as an engine reads them.
    fn rows(&self, asked: &Asked, cached: bool, parts: usize) -> Vec<String> {
        let rows = self.look(cached, |snapshot| rows(snapshot, asked, parts));
        if self.cache.was_damaged() {
            return self.rows(asked, false, parts);
        }
        rows.unwrap()
    }

    /// Checks that a question is answered alike with a copy and without.
    fn agrees(&self, asked: &Asked) {
        let expected = self.rows(asked, false, 0);
        for parts in [0, 0, 3] {
            assert!(self.rows(asked, true, parts) == expected, "{asked:?} in {parts} parts");
        }
    }

    /// Whether there is a copy that is fresh.
    fn is_warm(&self, asked: &Asked) -> bool {
        self.look(true, |snapshot| {
            let state = State::of(snapshot.file.held.as_ref().unwrap()).unwrap();
            asked.with(|request| self.cache.open(&self.database, request, &state).is_some())
        })
    }

    fn copies(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.cache.folder).into_iter().flatten();
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| path.extension().is_some_and(|ending| ending == "column"));
        paths.sort();
        paths
    }
}

#[derive(Debug, Clone)]
struct Asked {
    columns: Vec<&'static str>,
    filters: Vec<&'static str>,
    only_filtered: bool,
    not_before: Option<NotBefore>,
}

impl Asked {
    fn all() -> Self {
        let columns = vec!["id", "at", "kind", "note", "amount", "mixed"];
        Self { columns, filters: vec!["kind = 'buy'"], only_filtered: false, not_before: None }
    }

    fn with<T>(&self, ask: impl FnOnce(&Request<'_>) -> T) -> T {
        let filters: Vec<Filter<'_>> =
            self.filters.iter().map(|sql| Filter { section: "events.t", sql }).collect();
        ask(&Request {
            source: &Source::Table("t".to_owned()),
            section: "events.t",
            columns: &self.columns,
            filters: &filters,
            only_filtered: self.only_filtered && !filters.is_empty(),
            not_before: self.not_before,
            at_most: None,
        })
    }
}

fn rows(tables: &dyn Tables, asked: &Asked, parts: usize) -> Result<Vec<String>, Vec<Diagnostic>> {
    let mut rows = Vec::new();
    let mut take = |batch: &Batch| {
        for row in 0..batch.rows {
            let cells = batch.columns.iter().map(|column| format!("{:?}", column.cell(row)));
            let answers = batch.filters.iter().map(|filter| filter[row].to_string());
            rows.push(cells.chain(answers).collect::<Vec<_>>().join(" "));
        }
        Ok(())
    };
    asked.with(|request| match tables.parts(request, parts)? {
        Some(several) if parts > 0 => several.into_iter().try_for_each(|mut part| part.scan(&mut take)),
        _ => tables.scan(request, &mut take),
    })?;
    rows.sort_unstable();
    Ok(rows)
}

/// What happens between two questions.
#[derive(Debug, Clone)]
enum Event {
    Nothing,
    Sql(&'static str),
    /// Other content is written into the file, which keeps its length and modification time.
    Overwritten,
    /// Another file with the same modification time takes its place.
    Replaced,
    Touched,
    /// A byte of a copy is another.
    Flipped(prop::sample::Index, prop::sample::Index, u8),
    /// A copy loses its end.
    Truncated(prop::sample::Index, prop::sample::Index),
}

const EDITS: [&str; 12] = [
    "INSERT INTO t(at, kind, amount) VALUES (1700000000, 'buy', 7)",
    "UPDATE t SET kind = 'refund', at = at + 1 WHERE id = 5",
    "UPDATE t SET amount = 0.5 WHERE id = (SELECT min(id) FROM t)",
    "DELETE FROM t WHERE id % 11 = 4",
    "DELETE FROM t WHERE id = 1700",
    "VACUUM",
    "PRAGMA journal_mode = WAL",
    "PRAGMA journal_mode = DELETE",
    "PRAGMA wal_checkpoint(TRUNCATE)",
    "PRAGMA wal_checkpoint(PASSIVE)",
    "ALTER TABLE t RENAME COLUMN note TO was; ALTER TABLE t RENAME COLUMN amount TO note; ALTER TABLE t RENAME COLUMN was TO amount",
    "BEGIN; UPDATE t SET mixed = 'new' WHERE id BETWEEN 10 AND 20; ROLLBACK",
];

impl Event {
    fn happen(&self, world: &mut World) {
        match self {
            Event::Nothing => {}
            Event::Sql(sql) => world.write(sql),
            Event::Overwritten | Event::Replaced => {
                world.close();
                let modified = fs::metadata(&world.database).unwrap().modified().unwrap();
                let other = world.database.with_extension("other");
                fs::write(&other, other_words(&fs::read(&world.database).unwrap())).unwrap();
                if matches!(self, Event::Replaced) {
                    fs::rename(&other, &world.database).unwrap();
                } else {
                    fs::copy(&other, &world.database).unwrap();
                }
                let file = File::options().write(true).open(&world.database).unwrap();
                file.set_modified(modified).unwrap();
            }
            Event::Touched => {
                let file = File::options().write(true).open(&world.database).unwrap();
                file.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
            }
            Event::Flipped(copy, place, change) => change_copy(world, copy, |bytes| {
                let place = place.index(bytes.len());
                bytes[place] ^= change;
            }),
            Event::Truncated(copy, place) => {
                change_copy(world, copy, |bytes| bytes.truncate(place.index(bytes.len())));
            }
        }
    }
}

/// The bytes of a database in which one word is another, beside SQLite: its change counter does not know of that.
fn other_words(database: &[u8]) -> Vec<u8> {
    let (from, to) =
        if database.windows(4).any(|word| word == b"view") { (b"view", b"sale") } else { (b"sale", b"view") };
    let mut bytes = database.to_vec();
    for place in 0..bytes.len().saturating_sub(4) {
        if bytes[place..].starts_with(from) {
            bytes[place..place + 4].copy_from_slice(to);
        }
    }
    bytes
}

fn change_copy(world: &World, copy: &prop::sample::Index, change: impl FnOnce(&mut Vec<u8>)) {
    let copies = world.copies();
    if !copies.is_empty() {
        let path = &copies[copy.index(copies.len())];
        let mut bytes = fs::read(path).unwrap();
        change(&mut bytes);
        fs::write(path, bytes).unwrap();
    }
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        2 => Just(Event::Nothing),
        8 => prop::sample::select(&EDITS[..]).prop_map(Event::Sql),
        1 => Just(Event::Overwritten),
        1 => Just(Event::Replaced),
        1 => Just(Event::Touched),
        3 => (any::<prop::sample::Index>(), any::<prop::sample::Index>(), 1..=255_u8)
            .prop_map(|(copy, place, change)| Event::Flipped(copy, place, change)),
        2 => (any::<prop::sample::Index>(), any::<prop::sample::Index>())
            .prop_map(|(copy, place)| Event::Truncated(copy, place)),
    ]
}

fn asked() -> impl Strategy<Value = Asked> {
    let columns = prop::sample::subsequence(Asked::all().columns, 1..=6).prop_shuffle();
    let filters = prop::sample::subsequence(vec!["kind = 'buy'", "kind IS NULL", "kind = 'ours'"], 0..=2);
    let bound = prop::option::of((any::<prop::sample::Index>(), 1_699_990_000..1_700_190_000_i64));
    (columns, filters, any::<bool>(), bound).prop_map(|(columns, filters, only_filtered, bound)| {
        let not_before =
            bound.map(|(column, bound)| NotBefore { column: column.index(columns.len()), bound });
        Asked { columns, filters, only_filtered, not_before }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn an_answer_is_never_stale(steps in prop::collection::vec((event(), asked(), any::<bool>()), 1..8)) {
        let mut world = World::new();
        for (event, asked, settles) in steps {
            event.happen(&mut world);
            if settles {
                std::thread::sleep(TICK);
            }
            world.agrees(&asked);
        }
    }
}

#[test]
fn a_second_question_reads_the_copy() {
    let world = World::new();
    let asked = Asked::all();
    assert!(!world.is_warm(&asked));
    std::thread::sleep(TICK);
    world.agrees(&asked);
    assert!(world.is_warm(&asked));
    let written = world.copies().iter().map(|path| fs::metadata(path).unwrap().modified().unwrap()).max();
    let narrower = Asked {
        columns: vec!["kind", "at"],
        not_before: Some(NotBefore { column: 1, bound: 1_700_100_000 }),
        ..asked
    };
    assert!(world.is_warm(&narrower));
    world.agrees(&narrower);
    let now = world.copies().iter().map(|path| fs::metadata(path).unwrap().modified().unwrap()).max();
    assert_eq!(written, now);
}

#[test]
fn another_file_of_the_same_length_time_and_counter_shows() {
    for event in [Event::Overwritten, Event::Replaced] {
        let mut world = World::new();
        world.close();
        std::thread::sleep(TICK);
        world.agrees(&Asked::all());
        assert!(world.is_warm(&Asked::all()));
        event.happen(&mut world);
        world.agrees(&Asked::all());
    }
}

#[test]
fn rows_are_left_out_to_the_very_row() {
    let world = World::new();
    std::thread::sleep(TICK);
    let last_of_block = 1_700_000_000 + 60 * BATCH_ROWS as i64;
    for block in 0..3 {
        for near in [-61, -60, -1, 0, 1, 59, 60, 61] {
            let bound = last_of_block + 60 * BATCH_ROWS as i64 * block + near;
            world.agrees(&Asked { not_before: Some(NotBefore { column: 1, bound }), ..Asked::all() });
        }
    }
    assert!(world.is_warm(&Asked::all()));
}

#[test]
fn rows_of_other_conditions_are_another_copy() {
    let mut world = World::new();
    world.write("UPDATE t SET kind = iif(id % 2, 'odd', 'even')");
    std::thread::sleep(TICK);
    // As many rows for one as for the other.
    for filters in [vec!["kind = 'odd'"], vec!["kind = 'even'"], vec!["kind = 'even'", "kind = 'odd'"]] {
        for only_filtered in [true, false] {
            world.agrees(&Asked { filters: filters.clone(), only_filtered, ..Asked::all() });
        }
    }
}

#[test]
fn what_was_changed_a_moment_ago_is_not_copied() {
    let mut world = World::new();
    world.cache.settled = Duration::from_secs(3_600);
    world.agrees(&Asked::all());
    assert_eq!(world.copies(), Vec::<PathBuf>::new());
}

#[test]
fn an_old_row_that_is_changed_deleted_or_put_in_shows() {
    for edit in EDITS {
        for mode in ["DELETE", "WAL"] {
            let mut world = World::new();
            world.write(&format!("PRAGMA journal_mode = {mode}"));
            std::thread::sleep(TICK);
            world.agrees(&Asked::all());
            world.write(edit);
            world.agrees(&Asked::all());
            std::thread::sleep(TICK);
            world.agrees(&Asked::all());
        }
    }
}

#[cfg(unix)]
#[test]
fn copies_are_for_the_user_alone() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new();
    std::thread::sleep(TICK);
    world.agrees(&Asked::all());
    let mode = |path: &PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&world.cache.folder), 0o700);
    assert!(!world.copies().is_empty());
    world.copies().iter().for_each(|path| assert_eq!(mode(path), 0o600));
}

#[test]
fn a_folder_that_cannot_be_made_is_done_without() {
    let mut world = World::new();
    world.cache.folder = world.database.join("no folder");
    std::thread::sleep(TICK);
    world.agrees(&Asked::all());
}

#[test]
fn what_takes_too_much_room_is_not_kept() {
    let mut world = World::new();
    world.cache.most_bytes = 1_000;
    std::thread::sleep(TICK);
    world.agrees(&Asked::all());
    assert_eq!(fs::read_dir(&world.cache.folder).unwrap().count(), 1, "the list of what git ignores");
}

#[test]
fn several_may_copy_at_once() {
    let world = World::new();
    std::thread::sleep(TICK);
    let expected = world.rows(&Asked::all(), false, 0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let cache = Cache { folder: world.cache.folder.clone(), ..Cache::new(PathBuf::new()) };
            let cache = Cache { worthwhile_bytes: 0, settled: TICK / 2, ..cache };
            let (database, expected) = (&world.database, &expected);
            scope.spawn(move || {
                let engine = SqliteEngine::open(database).unwrap();
                let snapshot = Snapshot::begin(&engine.connection, &engine.file, Reader::Fastest).unwrap();
                let found = rows(&snapshot.with(Some(&cache)), &Asked::all(), 0).unwrap();
                assert!(found == *expected && !cache.was_damaged());
            });
        }
    });
    assert!(world.is_warm(&Asked::all()));
}
