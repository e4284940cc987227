//! Messages to customers, with what they use up: they count from when they are recorded on.

use super::Run;
use rulec_plan::time::Instant;
use rusqlite::{CachedStatement, Connection, Error, ffi, params};
use std::collections::HashMap;

/// What rules send: a message of a rule, in one arm.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct MessageKind<'a> {
    pub(crate) rule: &'a str,
    /// Empty outside campaigns.
    pub(crate) campaign: &'a str,
    /// 0: of the rule itself; n: of its n-th follow-up.
    pub(crate) step: u32,
    /// Its place among the actions of the step.
    pub(crate) action: u32,
    /// Empty without a split.
    pub(crate) arm: String,
    pub(crate) channel: &'a str,
    pub(crate) marketing: bool,
}

/// A message to a customer.
#[derive(Debug)]
pub(crate) struct Touched<'a> {
    /// Its row in the outbox.
    pub(crate) seq: i64,
    pub(crate) customer: &'a str,
    /// When it is to be sent.
    pub(crate) at: Instant,
    pub(crate) parts: u32,
    pub(crate) cost_micros: i64,
    /// The most that its coupons can cost.
    pub(crate) coupon_micros: i64,
}

/// A coupon of a message; one of the two: an amount with its threshold in cents, or hundredths of a percent.
#[derive(Debug)]
pub(crate) struct Coupon<'a> {
    /// Its place among the offers of the message.
    pub(crate) offer: usize,
    pub(crate) code: Option<&'a str>,
    pub(crate) amount: Option<(i64, i64)>,
    pub(crate) basis_points: Option<i64>,
    /// The last instant at which it holds.
    pub(crate) expires_at: Option<Instant>,
}

/// Adds messages within a transaction.
pub(crate) struct Messages<'a> {
    connection: &'a Connection,
    run: Run,
    touch: CachedStatement<'a>,
    coupon: CachedStatement<'a>,
    code: CachedStatement<'a>,
    kinds: HashMap<MessageKind<'a>, i64>,
}

impl<'a> Messages<'a> {
    /// The messages of this run.
    pub(crate) fn new(connection: &'a Connection, run: Run) -> rusqlite::Result<Messages<'a>> {
        Ok(Messages {
            connection,
            run,
            touch: connection.prepare_cached(
                "INSERT INTO touches (seq, run, customer, message, at, parts, cost_micros, coupon_micros)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?,
            coupon: connection.prepare_cached(
                "INSERT INTO coupons (touch, offer, code, amount, threshold, basis_points, expires_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?,
            code: connection.prepare_cached("INSERT INTO codes (touch, pool, code) VALUES (?1, ?2, ?3)")?,
            kinds: HashMap::new(),
        })
    }

    /// Adds a message of this kind.
    pub(crate) fn add(&mut self, kind: MessageKind<'a>, touched: &Touched<'_>) -> rusqlite::Result<()> {
        let message = self.number(kind)?;
        let Touched { seq, customer, at, parts, cost_micros, coupon_micros } = touched;
        let run = self.run.seq();
        self.touch
            .execute(params![seq, run, customer, message, at.0, parts, cost_micros, coupon_micros])
            .map(drop)
    }

    /// Adds a coupon of a message.
    pub(crate) fn issue(&mut self, touch: i64, coupon: &Coupon<'_>) -> rusqlite::Result<()> {
        let Coupon { offer, code, amount, basis_points, expires_at } = coupon;
        let (amount, threshold) = amount.unzip();
        let (offer, expires_at) = (*offer as i64, expires_at.map(|at| at.0));
        self.coupon
            .execute(params![touch, offer, code, amount, threshold, basis_points, expires_at])
            .map(drop)
    }

    /// Takes a code for a message. Gives whether nobody else has it.
    pub(crate) fn take(&mut self, touch: i64, pool: &str, code: &str) -> rusqlite::Result<bool> {
        match self.code.execute(params![touch, pool, code]) {
            Ok(_) => Ok(true),
            Err(Error::SqliteFailure(error, _)) if error.extended_code == ffi::SQLITE_CONSTRAINT_UNIQUE => {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    fn number(&mut self, kind: MessageKind<'a>) -> rusqlite::Result<i64> {
        if let Some(number) = self.kinds.get(&kind) {
            return Ok(*number);
        }
        let MessageKind { rule, campaign, step, action, arm, channel, marketing } = &kind;
        let row = params![rule, campaign, step, action, arm, channel, marketing];
        self.connection.execute(
            "INSERT INTO messages (rule, campaign, step, action, arm, channel, marketing)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
            row,
        )?;
        let number = self.connection.query_row(
            "SELECT id FROM messages WHERE rule = ?1 AND campaign = ?2 AND step = ?3 AND action = ?4
                AND arm = ?5 AND channel = ?6 AND marketing = ?7",
            row,
            |row| row.get(0),
        )?;
        self.kinds.insert(kind, number);
        Ok(number)
    }
}
