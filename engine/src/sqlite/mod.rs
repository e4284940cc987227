//! SQLite. The database belongs to the shop: it is opened read-only, never changed, and read in one transaction, so that
//! an answer shows one state of it. A reader holds a shared lock for that long: with a rollback journal a writer waits for
//! it, with a write-ahead log nobody waits. Cost: every table once a stage from end to end, without any index.

mod errors;
pub mod introspect;
mod open;
mod read;
mod text;

use crate::{Answers, Engine, Options, Progress, Question, SchemaCheck, run, schema};
use introspect::DatabaseShape;
use read::Snapshot;
use rulec_diagnostic::Diagnostic;
use rulec_plan::project::Project;
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a lock of another program is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// Answers questions from an SQLite file.
#[derive(Debug)]
pub struct SqliteEngine {
    connection: Connection,
    file: DatabaseFile,
    options: Options,
}

/// The file, for messages.
#[derive(Debug, Clone)]
struct DatabaseFile {
    path: PathBuf,
    patience: Duration,
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
        let file = DatabaseFile { path: path.to_owned(), patience };
        let connection = open::open(&file)?;
        Ok(Self { connection, file, options: Options::default() })
    }

    /// Goes about answers in this way.
    #[must_use]
    pub fn with(self, options: Options) -> Self {
        Self { options, ..self }
    }

    /// What the database has: tables, columns, and what `sample` rows of each look like.
    ///
    /// # Errors
    /// R0004 to R0007: the database cannot be read.
    pub fn introspect(&mut self, sample: u32) -> Result<DatabaseShape, Diagnostic> {
        let snapshot = Snapshot::begin(&self.connection, &self.file).map_err(|wrong| *wrong)?;
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
        let snapshot = Snapshot::begin(&self.connection, &self.file).map_err(|wrong| *wrong)?;
        Ok(schema::check(&snapshot, project, extent))
    }
}

impl Engine for SqliteEngine {
    fn answer(
        &mut self,
        question: Question<'_>,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Answers, Vec<Diagnostic>> {
        let snapshot = Snapshot::begin(&self.connection, &self.file).map_err(|wrong| vec![*wrong])?;
        run::answer(&snapshot, question, self.options, progress)
    }
}
