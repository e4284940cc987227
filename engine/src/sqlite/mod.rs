//! SQLite. The database belongs to the shop: it is opened read-only, never changed, and read in one transaction, so that
//! an answer shows one state of it. A reader holds a shared lock for that long: with a rollback journal a writer waits for
//! it, with a write-ahead log nobody waits. Cost: every table once a stage from end to end, without any index.
//!
//! | subject | file |
//! | --- | --- |
//! | opening, and what SQLite's errors mean | `open`, `errors` |
//! | one snapshot, and who reads a table | `read` |
//! | row after row by statements | `stepping`, `text` |
//! | whole pages, without SQLite | `pages`; when that is allowed: `quiet`, `held` |
//! | a warm copy of columns, and why it is never stale | `cache` |
//! | what a database has | [`introspect`] |

mod cache;
mod errors;
mod held;
pub mod introspect;
mod open;
mod pages;
mod quiet;
mod read;
mod stepping;
mod text;

use crate::memo::Memo;
use crate::source::Tables;
use crate::{Answers, Engine, Options, Progress, Question, SchemaCheck, run, schema};
use cache::Cache;
use held::HeldFile;
use introspect::DatabaseShape;
use read::Snapshot;
use rulec_diagnostic::Diagnostic;
use rulec_plan::project::Project;
use rusqlite::Connection;
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

/// How long a lock of another program is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// Answers questions from an SQLite file.
#[derive(Debug)]
pub struct SqliteEngine {
    // Fields are dropped in this order: the connection is closed before the files that are held beside it.
    connection: Connection,
    file: DatabaseFile,
    options: Options,
    cache: Option<Cache>,
}

/// The file, for messages and for reading its pages.
#[derive(Debug)]
struct DatabaseFile {
    path: PathBuf,
    patience: Duration,
    /// The file itself; `None` where pages cannot be read.
    held: Option<HeldFile>,
    /// The index of its write-ahead log, once it was looked for.
    wal_index: OnceLock<Option<HeldFile>>,
    /// Whether it is the runtime's own, for messages.
    is_state: bool,
}

impl SqliteEngine {
    /// Opens a database for reading. The path is taken as it is, not as a URI.
    ///
    /// # Errors
    /// R0001 to R0007: the file is not there, is no database, or cannot be read.
    pub fn open(path: &Path) -> Result<Self, Diagnostic> {
        Self::open_waiting(path, PATIENCE)
    }

    /// Likewise, waiting so long for a lock of another program.
    ///
    /// # Errors
    /// R0001 to R0007: the file is not there, is no database, or cannot be read.
    pub fn open_waiting(path: &Path, patience: Duration) -> Result<Self, Diagnostic> {
        let held = HeldFile::open(path, OpenOptions::new().read(true));
        let path = path.to_owned();
        let mut file = DatabaseFile { path, patience, held, wal_index: OnceLock::new(), is_state: false };
        let connection = open::open(&file)?;
        if !file.held.as_ref().is_some_and(|held| held.is_at(&file.path)) {
            file.held = None;
        }
        Ok(Self { connection, file, options: Options::default(), cache: None })
    }

    /// Opens a state of the runtime for reading, never made here. It is read by statements alone: the runtime may have
    /// connections to it in this process, and their locks would end with any other descriptor of the file that is closed.
    ///
    /// # Errors
    /// R0106: it is not there, or cannot be read.
    pub fn open_state(path: &Path) -> Result<Self, Diagnostic> {
        let path = path.to_owned();
        let file =
            DatabaseFile { path, patience: PATIENCE, held: None, wal_index: OnceLock::new(), is_state: true };
        let connection = open::connect(&file, PATIENCE).map_err(|error| errors::database(&error, &file))?;
        Ok(Self { connection, file, options: Options::default(), cache: None })
    }

    /// Goes about answers in this way.
    #[must_use]
    pub fn with(self, options: Options) -> Self {
        Self { options, ..self }
    }

    /// Keeps copies of the columns that answers rest on in a folder, made if need be, and reads them instead of the tables
    /// as long as the database is unchanged. They hold customers' data, readable for the user alone.
    #[must_use]
    pub fn caching(self, folder: PathBuf) -> Self {
        Self { cache: Some(Cache::new(folder)), ..self }
    }

    /// Shows all tables in one state, for as long as `look` takes: such as what the runtime keeps, as
    /// [`Question::kept`]. Copies of columns are not used.
    ///
    /// # Errors
    /// R0004 to R0007: the database cannot be read; R0106: the state cannot.
    pub fn snapshot<T>(&mut self, look: impl FnOnce(&dyn Tables) -> T) -> Result<T, Diagnostic> {
        let snapshot = Snapshot::begin(&self.connection, &self.file, self.options.reader);
        Ok(look(&snapshot.map_err(|wrong| *wrong)?))
    }

    /// What the database has: tables, columns, and what `sample` rows of each look like.
    ///
    /// # Errors
    /// R0004 to R0007: the database cannot be read.
    pub fn introspect(&mut self, sample: u32) -> Result<DatabaseShape, Diagnostic> {
        let snapshot =
            Snapshot::begin(&self.connection, &self.file, self.options.reader).map_err(|wrong| *wrong)?;
        introspect::read(&snapshot, sample)
    }

    /// Everything about which project file and database disagree, errors and warnings, in the order of the project file.
    ///
    /// # Errors
    /// R0004 to R0007: the database cannot be read.
    pub fn check_schema(
        &mut self,
        project: &Project,
        extent: SchemaCheck,
    ) -> Result<Vec<Diagnostic>, Diagnostic> {
        let snapshot =
            Snapshot::begin(&self.connection, &self.file, self.options.reader).map_err(|wrong| *wrong)?;
        Ok(schema::check(&snapshot, project, extent))
    }
}

impl Engine for SqliteEngine {
    fn answer(
        &mut self,
        question: Question<'_>,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Answers, Vec<Diagnostic>> {
        let snapshot = Snapshot::begin(&self.connection, &self.file, self.options.reader)
            .map_err(|wrong| vec![*wrong])?
            .with(self.cache.as_ref());
        let finished = snapshot.finished();
        let memo = finished.as_ref().map(|finished| finished as &dyn Memo);
        let answers = run::answer(&snapshot, memo, question, self.options, progress);
        if self.cache.as_ref().is_some_and(Cache::was_damaged) {
            return run::answer(&snapshot.with(None), None, question, self.options, progress);
        }
        answers
    }
}
