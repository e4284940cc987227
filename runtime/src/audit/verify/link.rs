//! Rows of the audit as verifying reads them: nothing is taken for granted, not even what type a value has.

use crate::audit::chain::{Hash, MessageSeal, Record};
use rusqlite::Row;
use rusqlite::types::ValueRef;

/// The columns of a [`Link`], with what the record refers to. The order is that of the chain.
pub(super) const LINKS: &str = "SELECT audit.seq, audit.run, audit.at, audit.person, audit.cause, audit.message,
        audit.detail, audit.hash, people.commitment, causes.digest, causes.kind, outbox.seal, outbox.person, runs.seq
    FROM audit LEFT JOIN people ON people.id = audit.person LEFT JOIN causes ON causes.id = audit.cause
        LEFT JOIN outbox ON outbox.seq = audit.message LEFT JOIN runs ON runs.seq = audit.run";

/// A record with what its hash is made of.
#[derive(Debug, Clone)]
pub(super) struct Link {
    pub(super) seq: i64,
    pub(super) run: Option<i64>,
    pub(super) at: i64,
    pub(super) person: Option<i64>,
    pub(super) cause: i64,
    pub(super) message: Option<i64>,
    pub(super) detail: Option<Vec<u8>>,
    pub(super) hash: Hash,
    pub(super) around: Around,
}

/// What the rows say to which a record refers; `None`: they are gone, or hold no such thing.
#[derive(Debug, Clone, Default)]
pub(super) struct Around {
    pub(super) commitment: Option<Hash>,
    pub(super) digest: Option<Hash>,
    pub(super) kind: Option<String>,
    pub(super) seal: Option<MessageSeal>,
    pub(super) owner: Option<i64>,
    pub(super) run: Option<i64>,
}

/// A row that is no record.
#[derive(Debug)]
pub(super) struct Unreadable {
    pub(super) seq: i64,
    pub(super) column: &'static str,
}

impl Link {
    /// A row of [`LINKS`].
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Result<Link, Unreadable>> {
        let seq = integer(row.get_ref(0)?).unwrap_or_default();
        let bad = |column| Unreadable { seq, column };
        let around = Around::read(row)?;
        let (run, at) = (optional(row.get_ref(1)?, integer), integer(row.get_ref(2)?));
        let (person, cause) = (optional(row.get_ref(3)?, integer), integer(row.get_ref(4)?));
        let (message, detail) = (optional(row.get_ref(5)?, integer), optional(row.get_ref(6)?, text));
        let hash = bytes(row.get_ref(7)?);
        let read = || {
            Ok(Link {
                seq,
                run: run.ok_or(bad("run"))?,
                at: at.ok_or(bad("at"))?,
                person: person.ok_or(bad("person"))?,
                cause: cause.ok_or(bad("cause"))?,
                message: message.ok_or(bad("message"))?,
                detail: detail.ok_or(bad("detail"))?,
                hash: hash.ok_or(bad("hash"))?,
                around,
            })
        };
        Ok(read())
    }

    /// All that its hash is made of, with these in place of what the rows around say.
    pub(super) fn record<'a>(
        &'a self,
        person: Option<&'a Hash>,
        cause: &'a Hash,
        message: Option<&'a MessageSeal>,
    ) -> Record<'a> {
        let (seq, run, at) = (self.seq, self.run, self.at);
        Record { seq, run, at, person, cause, message, detail: self.detail.as_deref() }
    }

    /// All that its hash is made of; none if something is gone to which it refers.
    pub(super) fn as_it_stands(&self) -> Option<Record<'_>> {
        let Around { commitment, digest, seal, .. } = &self.around;
        if self.person.is_some() && commitment.is_none() || self.message.is_some() && seal.is_none() {
            return None;
        }
        Some(self.record(commitment.as_ref(), digest.as_ref()?, seal.as_ref()))
    }
}

impl Around {
    fn read(row: &Row<'_>) -> rusqlite::Result<Around> {
        Ok(Around {
            commitment: bytes(row.get_ref(8)?),
            digest: bytes(row.get_ref(9)?),
            kind: text(row.get_ref(10)?).and_then(|kind| String::from_utf8(kind).ok()),
            seal: bytes(row.get_ref(11)?),
            owner: integer(row.get_ref(12)?),
            run: integer(row.get_ref(13)?),
        })
    }
}

/// An integer, if it is one.
pub(super) fn integer(value: ValueRef<'_>) -> Option<i64> {
    match value {
        ValueRef::Integer(value) => Some(value),
        _ => None,
    }
}

/// So many bytes, if they are as many.
pub(super) fn bytes<const N: usize>(value: ValueRef<'_>) -> Option<[u8; N]> {
    match value {
        ValueRef::Blob(bytes) => bytes.try_into().ok(),
        _ => None,
    }
}

/// The bytes of a text, if it is one.
pub(super) fn text(value: ValueRef<'_>) -> Option<Vec<u8>> {
    match value {
        ValueRef::Text(text) => Some(text.to_owned()),
        _ => None,
    }
}

/// A value that may be absent; `None` if it is neither that nor what it should be.
pub(super) fn optional<T>(
    value: ValueRef<'_>,
    read: impl Fn(ValueRef<'_>) -> Option<T>,
) -> Option<Option<T>> {
    match value {
        ValueRef::Null => Some(None),
        value => read(value).map(Some),
    }
}
