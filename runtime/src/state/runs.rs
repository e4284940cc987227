//! Which plans were applied.

use super::Contents;
use super::trail::{Entry, Trail};
use super::{Rules, changes};
use crate::approval::Approver;
use crate::audit::chain::Cause;
use crate::planfile::Header;
use rulec_plan::time::{Day, Instant, Zone};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A plan that was applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Run {
    seq: i64,
}

/// A row of `runs`, as it stands in the audit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RunRow {
    pub(crate) plan: String,
    pub(crate) as_of: i64,
    pub(crate) applied_at: i64,
    pub(crate) created_by: String,
    pub(crate) rules_hash: String,
    pub(crate) data_hash: String,
}

impl Run {
    /// The run with this number.
    pub(super) fn of(seq: i64) -> Run {
        Run { seq }
    }

    /// The run of this plan, if it was applied.
    pub(crate) fn find(connection: &Connection, plan: &str) -> rusqlite::Result<Option<Run>> {
        let find = "SELECT seq FROM runs WHERE plan = ?1";
        connection.query_row(find, [plan], |row| Ok(Run { seq: row.get(0)? })).optional()
    }

    /// Records that this plan is applied, of this instant in this zone.
    pub(crate) fn start(
        connection: &Connection,
        header: &Header,
        (as_of, zone): (Instant, Zone),
        now: Instant,
        (rules, trail): (&mut Rules<'_>, &mut Trail<'_>),
    ) -> rusqlite::Result<Run> {
        let row = RunRow {
            plan: header.id.clone(),
            as_of: as_of.0,
            applied_at: now.0,
            created_by: header.created_by.clone(),
            rules_hash: header.rules_hash.clone(),
            data_hash: header.data_hash.clone(),
        };
        let run = row.insert(connection)?;
        row.audit(run, trail)?;
        changes::add(connection, Some(run.seq), (now, as_of), &header.id)?;
        let mut matched =
            connection.prepare_cached("INSERT INTO matched (run, rule, customers) VALUES (?1, ?2, ?3)")?;
        for (name, rule) in &header.rules {
            let customers = i64::try_from(rule.matched(header.population)).unwrap_or(i64::MAX);
            matched.execute(params![run.seq, rules.number(name)?, customers])?;
        }
        run.end_campaigns(connection, header, zone)?;
        Ok(run)
    }

    /// Adds a record for each who approved its plan, behind the one with which it begins.
    pub(crate) fn approved_by(
        self,
        approvers: &[Approver],
        stamp: Instant,
        trail: &mut Trail<'_>,
    ) -> rusqlite::Result<()> {
        for approver in approvers {
            let cause = trail.cause(&Cause { kind: "approved", ..Cause::default() })?;
            trail.add(&Entry {
                run: Some(self),
                at: stamp,
                person: None,
                cause: &cause,
                message: None,
                detail: Some(&json(approver)?),
            })?;
        }
        Ok(())
    }

    /// Adds the record with which the decisions of a run end: of all that it put into the outbox.
    pub(crate) fn close(
        self,
        contents: Contents,
        stamp: Instant,
        trail: &mut Trail<'_>,
    ) -> rusqlite::Result<()> {
        let cause = trail.cause(&Cause { kind: "messages", ..Cause::default() })?;
        trail.add(&Entry {
            run: Some(self),
            at: stamp,
            person: None,
            cause: &cause,
            message: None,
            detail: Some(&contents.detail()),
        })
    }

    /// The number under which the other tables know it.
    pub(super) fn seq(self) -> i64 {
        self.seq
    }

    fn end_campaigns(self, connection: &Connection, header: &Header, zone: Zone) -> rusqlite::Result<()> {
        let mut end = connection
            .prepare_cached("INSERT INTO campaign_ends (run, campaign, ends_at) VALUES (?1, ?2, ?3)")?;
        for (name, campaign) in &header.campaigns {
            let day = campaign.over_on.as_ref().and_then(|day| day.parse().ok());
            if let Some(day) = day {
                end.execute(params![self.seq, name, zone.start_of(Day::from_date(day)).0])?;
            }
        }
        Ok(())
    }
}

impl RunRow {
    /// Of the columns `plan`, `as_of`, `applied_at`, `created_by`, `rules_hash`, `data_hash`, after as many others.
    pub(crate) fn read(row: &Row<'_>, from: usize) -> rusqlite::Result<RunRow> {
        Ok(RunRow {
            plan: row.get(from)?,
            as_of: row.get(from + 1)?,
            applied_at: row.get(from + 2)?,
            created_by: row.get(from + 3)?,
            rules_hash: row.get(from + 4)?,
            data_hash: row.get(from + 5)?,
        })
    }

    /// The columns in which it differs from another.
    pub(crate) fn differences(&self, other: &RunRow) -> BTreeSet<&'static str> {
        let columns = [
            ("plan", self.plan != other.plan),
            ("as_of", self.as_of != other.as_of),
            ("applied_at", self.applied_at != other.applied_at),
            ("created_by", self.created_by != other.created_by),
            ("rules_hash", self.rules_hash != other.rules_hash),
            ("data_hash", self.data_hash != other.data_hash),
        ];
        columns.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
    }

    /// Adds the record with which a run begins.
    pub(super) fn audit(&self, run: Run, trail: &mut Trail<'_>) -> rusqlite::Result<()> {
        let cause = trail.cause(&Cause { kind: "run", ..Cause::default() })?;
        let at = Instant(self.applied_at);
        trail.add(&Entry {
            run: Some(run),
            at,
            person: None,
            cause: &cause,
            message: None,
            detail: Some(&json(self)?),
        })
    }

    fn insert(&self, connection: &Connection) -> rusqlite::Result<Run> {
        let RunRow { plan, as_of, applied_at, created_by, rules_hash, data_hash } = self;
        connection.execute(
            "INSERT INTO runs (plan, as_of, applied_at, created_by, rules_hash, data_hash)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![plan, as_of, applied_at, created_by, rules_hash, data_hash],
        )?;
        Ok(Run { seq: connection.last_insert_rowid() })
    }
}

/// A detail of a record.
fn json(detail: &impl Serialize) -> rusqlite::Result<String> {
    serde_json::to_string(detail).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}
