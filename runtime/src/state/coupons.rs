//! The coupons of messages, and their codes.

use rusqlite::{CachedStatement, Connection, Error, ffi, params};

/// A coupon of a message; one of the two: an amount with its threshold in cents, or hundredths of a percent.
#[derive(Debug)]
pub(crate) struct Coupon<'a> {
    /// Its place among the offers of the message.
    pub(crate) offer: usize,
    pub(crate) code: Option<&'a str>,
    pub(crate) amount: Option<(i64, i64)>,
    pub(crate) basis_points: Option<i64>,
    /// The last instant at which it holds.
    pub(crate) expires_at: Option<i64>,
}

/// Gives coupons away within a transaction.
pub(crate) struct Coupons<'a> {
    coupon: CachedStatement<'a>,
    code: CachedStatement<'a>,
}

impl<'a> Coupons<'a> {
    pub(crate) fn new(connection: &'a Connection) -> rusqlite::Result<Coupons<'a>> {
        Ok(Coupons {
            coupon: connection.prepare_cached(
                "INSERT INTO coupons (message, offer, code, amount, threshold, basis_points, expires_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?,
            code: connection.prepare_cached("INSERT INTO codes (message, pool, code) VALUES (?1, ?2, ?3)")?,
        })
    }

    /// Adds a coupon of a message.
    pub(crate) fn issue(&mut self, message: i64, coupon: &Coupon<'_>) -> rusqlite::Result<()> {
        let Coupon { offer, code, amount, basis_points, expires_at } = coupon;
        let (amount, threshold) = amount.unzip();
        let offer = *offer as i64;
        self.coupon
            .execute(params![message, offer, code, amount, threshold, basis_points, expires_at])
            .map(drop)
    }

    /// Takes a code for a message. Gives whether nobody else has it.
    pub(crate) fn take(&mut self, message: i64, pool: &str, code: &str) -> rusqlite::Result<bool> {
        match self.code.execute(params![message, pool, code]) {
            Ok(_) => Ok(true),
            Err(Error::SqliteFailure(error, _)) if error.extended_code == ffi::SQLITE_CONSTRAINT_UNIQUE => {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }
}
