//! How customers stand now: who has agreed to which channel, who is suppressed, by which clock each lives. A plan may be
//! days old when its messages go out, so all of that is looked up again.

use crate::customers;
use crate::diagnostics::{self, Findings};
use rulec_engine::{Answers, Engine, Options, Question, SqliteEngine};
use rulec_plan::Plan;
use rulec_plan::audience::{NodeId, Scalar};
use rulec_plan::campaign::Campaign;
use rulec_plan::rules::Suppression;
use rulec_plan::time::{Instant, MINUTE, Zone};
use rusqlite::{Connection, OpenFlags};
use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant as Reading, SystemTime};

/// Looks at the customers.
pub trait Lookout {
    /// How they stand at this instant; nothing if they stand as they did when it was asked last.
    ///
    /// # Errors
    /// What keeps it from seeing them; then nothing may be sent.
    fn look(&mut self, now: Instant) -> Result<Option<Standing>, Findings>;
}

/// How customers stand.
///
/// A `suppress` over what the project itself sent (`touches`, `coupons`, …) is not asked again: the messages that wait
/// count there already, each against itself. A plan whose answer to it is another by now cannot be applied any more.
#[derive(Debug)]
pub struct Standing {
    plan: Plan,
    answers: Answers,
    /// The places of those that are asked again.
    suppressions: Vec<usize>,
}

impl Standing {
    /// As these answers say to the [question](Standing::nodes) about this plan.
    pub fn new(plan: Plan, answers: Answers) -> Standing {
        let suppressions = asked_again(&plan).map(|(place, _)| place).collect();
        Standing { plan, answers, suppressions }
    }

    /// The conditions and the values that must be asked of an engine; none of them rests on what the state keeps.
    pub fn nodes(plan: &Plan) -> (Vec<NodeId>, Vec<NodeId>) {
        let mut conditions: BTreeSet<NodeId> = asked_again(plan).map(|(_, one)| one.condition).collect();
        conditions.extend(plan.consents.values());
        (conditions.into_iter().collect(), plan.customer_zone.into_iter().collect())
    }

    /// Where the customer of this key stands; nothing if there is none any more.
    pub(super) fn find(&self, key: &str) -> Option<usize> {
        customers::find(&self.answers.keys, key)
    }

    /// Whether the customer of this key is one, and agrees to the channel, or the channel needs no consent.
    pub(crate) fn may_write(&self, key: &str, channel: &str) -> bool {
        !self.plan.consents.contains_key(channel)
            || self.find(key).is_some_and(|customer| self.agrees(channel, customer))
    }

    /// Whether the customer agrees to the channel, or the channel needs no consent.
    pub(super) fn agrees(&self, channel: &str, customer: usize) -> bool {
        let consent = self.plan.consents.get(channel);
        consent.is_none_or(|node| self.answers.condition(*node).yes.contains(customer))
    }

    /// Whether the customer is to get nothing by the channel, and why: the first `suppress` that says so, with its place
    /// from 0 and its `because`.
    pub(super) fn suppressed(&self, channel: &str, customer: usize) -> Option<(usize, Option<&str>)> {
        let mut all = self.suppressions.iter().map(|place| (*place, &self.plan.suppressions[*place]));
        let (place, found) = all.find(|(_, one)| {
            one.channel.as_deref().is_none_or(|only| only == channel)
                && self.answers.condition(one.condition).yes.contains(customer)
        })?;
        Some((place, found.because.as_deref()))
    }

    /// The zone by which the customer lives.
    pub(super) fn zone(&self, customer: usize) -> Zone {
        let own = self.plan.customer_zone.and_then(|node| match self.answers.value(node, customer) {
            Scalar::Text(name) => Zone::parse(name.trim()),
            _ => None,
        });
        own.unwrap_or(self.plan.zone)
    }

    /// The campaign of this name, as the rules say it now.
    pub(super) fn campaign(&self, name: &str) -> Option<&Campaign> {
        self.plan.campaign(name)
    }
}

/// The suppressions that are asked at the moment of sending, with their places.
fn asked_again(plan: &Plan) -> impl Iterator<Item = (usize, &Suppression)> {
    let all = plan.suppressions.iter().enumerate();
    all.filter(|(_, one)| !plan.audience.node_rests_on_kept(one.condition))
}

/// What lowers the rules of a project for an instant.
pub type Lower<'a> = Box<dyn FnMut(Instant) -> Result<Plan, Findings> + 'a>;

/// Looks at the customers of an SQLite database. It asks again only after somebody wrote to it, and when a quarter of an
/// hour is over, since conditions turn with the time, most of them at midnight, which is wherever a quarter begins.
pub struct ShopLookout<'a> {
    lower: Lower<'a>,
    database: PathBuf,
    options: Options,
    watch: Watch,
    seen: Option<Seen>,
}

/// Sees when somebody else commits to a database, or puts another file in its place.
struct Watch {
    connection: Connection,
    place: Place,
}

/// Where a file is: what tells it from another one that took its name.
type Place = (u64, u64);

/// What is another after each change of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Version {
    /// After each commit of somebody else, while the file stays the same.
    commit: i64,
    file: FileNow,
}

/// What is another when a file was replaced or written over, by a program that knows nothing of SQLite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FileNow {
    place: Place,
    length: u64,
    modified: Option<SystemTime>,
    changed: (i64, i64),
}

impl Watch {
    fn open(database: &Path) -> Result<Watch, Findings> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(database, flags)
            .map_err(|error| diagnostics::unreadable_customers(database, &error))?;
        Ok(Watch { connection, place: FileNow::of(database)?.place })
    }

    fn version(&mut self, database: &Path) -> Result<Version, Findings> {
        let file = FileNow::of(database)?;
        if file.place != self.place {
            *self = Watch::open(database)?;
        }
        let commit = self.connection.pragma_query_value(None, "data_version", |row| row.get(0));
        let commit = commit.map_err(|error| diagnostics::unreadable_customers(database, &error))?;
        Ok(Version { commit, file })
    }
}

impl FileNow {
    fn of(path: &Path) -> Result<FileNow, Findings> {
        let file = std::fs::metadata(path);
        let file = file.map_err(|error| diagnostics::unreadable_customers(path, &error))?;
        let (place, changed) = place(&file);
        Ok(FileNow { place, length: file.len(), modified: file.modified().ok(), changed })
    }
}

/// Where the file is, and when anything about it was changed.
#[cfg(unix)]
fn place(file: &std::fs::Metadata) -> (Place, (i64, i64)) {
    use std::os::unix::fs::MetadataExt;
    ((file.dev(), file.ino()), (file.ctime(), file.ctime_nsec()))
}

/// Where files have no number, when it was made stands for it.
#[cfg(not(unix))]
fn place(file: &std::fs::Metadata) -> (Place, (i64, i64)) {
    let since = file.created().ok().and_then(|made| made.duration_since(std::time::UNIX_EPOCH).ok());
    let since = since.unwrap_or_default();
    ((since.as_secs(), u64::from(since.subsec_nanos())), (0, 0))
}

/// What is true of the last look.
#[derive(Debug, Clone, Copy)]
struct Seen {
    version: Version,
    at: Instant,
    /// Before this nobody is asked again.
    rests_until: Reading,
}

/// Where somebody writes all the time, customers are asked about no more often than this, and for no more than half of
/// the time: looking at many of them takes longer.
const AT_MOST_EVERY: Duration = Duration::from_secs(1);

impl fmt::Debug for ShopLookout<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShopLookout").field("database", &self.database).finish_non_exhaustive()
    }
}

impl<'a> ShopLookout<'a> {
    /// Looks at this database, with the rules that `lower` gives.
    ///
    /// # Errors
    /// What the database says when it is opened.
    pub fn new(lower: Lower<'a>, database: PathBuf, options: Options) -> Result<ShopLookout<'a>, Findings> {
        // The engine says best what is wrong with the file.
        SqliteEngine::open(&database)?;
        let watch = Watch::open(&database)?;
        Ok(ShopLookout { lower, database, options, watch, seen: None })
    }

    fn ask(&mut self, now: Instant) -> Result<Standing, Findings> {
        let plan = (self.lower)(now)?;
        let (conditions, outputs) = Standing::nodes(&plan);
        let (conditions, outputs) = (&conditions[..], &outputs[..]);
        let question = Question { plan: &plan, conditions, outputs, data_hash: false, kept: None };
        let answers = SqliteEngine::open(&self.database)?.with(self.options).answer(question, &mut |_| {})?;
        Ok(Standing::new(plan, answers))
    }
}

impl Lookout for ShopLookout<'_> {
    fn look(&mut self, now: Instant) -> Result<Option<Standing>, Findings> {
        let version = self.watch.version(&self.database)?;
        if let Some(seen) = self.seen {
            let is_same = seen.version == version && quarter(seen.at) == quarter(now);
            if is_same || Reading::now() < seen.rests_until {
                return Ok(None);
            }
        }
        let begun = Reading::now();
        let standing = self.ask(now)?;
        let rests_until = Reading::now() + begun.elapsed().max(AT_MOST_EVERY);
        self.seen = Some(Seen { version, at: now, rests_until });
        Ok(Some(standing))
    }
}

/// Of an hour.
fn quarter(now: Instant) -> i64 {
    now.0.div_euclid(15 * MINUTE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Folder, World, at};

    fn shop(path: &Path, customers: u32) -> Connection {
        let connection = Connection::open(path).unwrap();
        let rows = (0..customers).map(|id| format!("({id})")).collect::<Vec<_>>().join(",");
        let create = "CREATE TABLE customers (id INTEGER PRIMARY KEY)";
        connection.execute_batch(&format!("{create}; INSERT INTO customers VALUES {rows}")).unwrap();
        connection
    }

    #[test]
    fn a_database_that_is_written_over_is_another() {
        let folder = Folder::new();
        let [old, new] = ["old.db", "new.db"].map(|name| folder.join(name));
        drop((shop(&old, 3), shop(&new, 4)));
        let mut watch = Watch::open(&old).unwrap();
        let version = watch.version(&old).unwrap();
        assert_eq!(watch.version(&old).unwrap(), version);
        std::fs::write(&old, std::fs::read(&new).unwrap()).unwrap();
        let written_over = watch.version(&old).unwrap();
        assert_ne!(written_over, version);
        std::fs::rename(&new, &old).unwrap();
        assert_ne!(watch.version(&old).unwrap(), written_over);
    }

    #[test]
    fn between_two_looks_is_as_much_time_as_a_look_takes() {
        let (world, folder) = (World::new(0), Folder::new());
        let database = folder.join("shop.db");
        let shop = shop(&database, 3);
        let lower: Lower<'_> = Box::new(|_| {
            std::thread::sleep(AT_MOST_EVERY + Duration::from_millis(100));
            Ok(world.plan.clone())
        });
        let mut lookout = ShopLookout::new(lower, database, Options::default()).unwrap();
        let mut now = at("2026-11-21T20:00:00");
        assert!(lookout.look(now).unwrap().is_some());
        shop.execute_batch("DELETE FROM customers WHERE id = 1").unwrap();
        now.0 += 2 * 1_000_000;
        assert!(lookout.look(now).unwrap().is_none(), "it has only just been asked");
        std::thread::sleep(AT_MOST_EVERY + Duration::from_millis(200));
        let standing = lookout.look(now).unwrap().unwrap();
        assert_eq!((standing.find("1"), standing.find("2").is_some()), (None, true));
    }
}
