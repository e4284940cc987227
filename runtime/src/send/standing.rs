//! How customers stand now: who has agreed to which channel, who is suppressed, by which clock each lives. A plan may be
//! days old when its messages go out, so all of that is looked up again.

use crate::customers;
use crate::diagnostics::{self, Findings};
use rulec_engine::{Answers, Engine, Options, Question, SqliteEngine};
use rulec_plan::Plan;
use rulec_plan::audience::{NodeId, Scalar};
use rulec_plan::campaign::Campaign;
use rulec_plan::rules::Suppression;
use rulec_plan::time::{HOUR, Instant, Zone};
use rusqlite::{Connection, OpenFlags};
use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

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

/// Looks at the customers of an SQLite database. It asks again only after somebody wrote to it, and when an hour is over,
/// since conditions turn with the time.
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
    file: FileNow,
}

/// What tells one file from another that took its name.
type FileNow = (u64, u64);

impl Watch {
    fn open(database: &Path) -> Result<Watch, Findings> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(database, flags)
            .map_err(|error| diagnostics::unreadable_customers(database, &error))?;
        Ok(Watch { connection, file: file_now(database)? })
    }

    /// A number that is another one after each commit of somebody else.
    fn version(&self, database: &Path) -> Result<i64, Findings> {
        let version = self.connection.pragma_query_value(None, "data_version", |row| row.get(0));
        version.map_err(|error| diagnostics::unreadable_customers(database, &error).into())
    }
}

#[cfg(unix)]
fn file_now(path: &Path) -> Result<FileNow, Findings> {
    use std::os::unix::fs::MetadataExt;
    let file = std::fs::metadata(path);
    let file = file.map_err(|error| diagnostics::unreadable_customers(path, &error))?;
    Ok((file.dev(), file.ino()))
}

/// Where files have no number, that of its making stands for it.
#[cfg(not(unix))]
fn file_now(path: &Path) -> Result<FileNow, Findings> {
    let file = std::fs::metadata(path).and_then(|file| file.created());
    let made = file.map_err(|error| diagnostics::unreadable_customers(path, &error))?;
    let since = made.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Ok((since.as_secs(), u64::from(since.subsec_nanos())))
}

/// What is true of the last look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    version: i64,
    at: Instant,
}

/// Where somebody writes all the time, customers are asked about no more often than this, in microseconds.
const AT_MOST_EVERY: i64 = 1_000_000;

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
        if file_now(&self.database)? != self.watch.file {
            (self.watch, self.seen) = (Watch::open(&self.database)?, None);
        }
        let version = self.watch.version(&self.database)?;
        if let Some(seen) = self.seen {
            let is_young = (0..AT_MOST_EVERY).contains(&(now.0 - seen.at.0));
            if is_young || seen.version == version && hour(seen.at) == hour(now) {
                return Ok(None);
            }
        }
        let standing = self.ask(now)?;
        self.seen = Some(Seen { version, at: now });
        Ok(Some(standing))
    }
}

fn hour(now: Instant) -> i64 {
    now.0.div_euclid(HOUR)
}
