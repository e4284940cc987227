//! What became of a record that does not fit: whatever makes it fit again tells what was changed.

use super::finding::{Findings, Part, PersonPart, What};
use super::link::{Link, bytes, integer};
use crate::audit::chain::{Hash, MessageSeal, Record, message_seal};
use rusqlite::{Connection, OptionalExtension, Rows};
use std::collections::BTreeSet;

/// So many records are looked at closely; of more it is only said that they do not fit.
pub(super) const SUSPECTS: usize = 8;

/// A record that does not fit the one before.
#[derive(Debug, Clone)]
pub(super) struct Suspect {
    pub(super) link: Link,
    /// The hash of the record before, as it stands.
    pub(super) before: Hash,
    /// The hash that it should have if nothing but its hash was changed.
    pub(super) computed: Hash,
    /// Whether the record before does not fit either: then its hash need not be what stood there.
    pub(super) follows: bool,
    /// What is missing from its number.
    pub(super) shift: i64,
}

/// Says of each suspect what became of it.
pub(super) fn examine(
    connection: &Connection,
    suspects: &[Suspect],
    findings: &mut Findings,
) -> rusqlite::Result<()> {
    let parts = suspects.iter().map(|suspect| suspect.part(connection));
    let parts = parts.collect::<rusqlite::Result<Vec<_>>>()?;
    let places = places(connection, suspects, &parts)?;
    let mut is_explained = true;
    let mut said = false;
    let mut keys = BTreeSet::new();
    for ((suspect, part), place) in suspects.iter().zip(parts).zip(places) {
        let (seq, follows) = (suspect.link.seq, suspect.follows && !is_explained);
        is_explained = part.is_some() || place == Some(Place::Own);
        let what = match (part, place) {
            (Some(what), _) if was_said(&mut keys, &what) => continue,
            (Some(what), _) => what,
            (None, Some(Place::Other(other))) => What::Moved(other),
            // It is as it was, but the record before it is another.
            (None, Some(Place::Own)) => continue,
            // The record before it was changed, too, perhaps with its hash.
            (None, None) if follows => What::Unchecked,
            (None, None) => match suspect.nameless(connection, suspects)? {
                Some(what) if was_said(&mut keys, &what) => continue,
                Some(what) => what,
                None => What::Changed(suspect.rest(connection)?),
            },
        };
        findings.add(seq, what);
        said = true;
    }
    if let Some(first) = suspects.first().filter(|_| !said) {
        findings.add(first.link.seq, What::Changed(Part::Unknown));
    }
    Ok(())
}

/// Whether this was said before of a row that several records name.
fn was_said(said: &mut BTreeSet<What>, what: &What) -> bool {
    !matches!(what, What::Changed(_)) && !said.insert(what.clone())
}

/// Where a record stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Own,
    Other(i64),
}

/// Looks through the whole chain for where those records stood that nothing else explains.
fn places(
    connection: &Connection,
    suspects: &[Suspect],
    parts: &[Option<What>],
) -> rusqlite::Result<Vec<Option<Place>>> {
    let mut places = vec![None; suspects.len()];
    if parts.iter().all(Option::is_some) {
        return Ok(places);
    }
    let mut bytes_of_hash = Vec::new();
    let mut query = connection.prepare("SELECT seq, hash FROM audit ORDER BY seq")?;
    let mut rows = query.query([])?;
    let mut before = Some((0, crate::audit::chain::start()));
    while let Some((seq, hash)) = before {
        for ((suspect, place), _) in suspects
            .iter()
            .zip(&mut places)
            .zip(parts)
            .filter(|((_, place), part)| place.is_none() && part.is_none())
        {
            *place = suspect.place_after(seq, &hash, &mut bytes_of_hash);
        }
        before = next_hash(&mut rows)?;
    }
    Ok(places)
}

/// Number and hash of the next row that has both.
fn next_hash(rows: &mut Rows<'_>) -> rusqlite::Result<Option<(i64, Hash)>> {
    while let Some(row) = rows.next()? {
        let found = integer(row.get_ref(0)?).zip(bytes(row.get_ref(1)?));
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

impl Suspect {
    fn record(&self) -> Option<Record<'_>> {
        let record = self.link.as_it_stands()?;
        Some(Record { seq: record.seq.wrapping_add(self.shift), ..record })
    }

    /// Whether this is the record as it was written.
    fn is(&self, record: &Record<'_>, bytes: &mut Vec<u8>) -> bool {
        record.hash(&self.before, bytes) == self.link.hash
    }

    /// Where it stood, if it stood after a record with this hash, which stands at `seq` now.
    fn place_after(&self, seq: i64, hash: &Hash, bytes: &mut Vec<u8>) -> Option<Place> {
        let record = self.record()?;
        let own = record.seq;
        let seqs = [own, seq.wrapping_add(1), own.wrapping_add(1), own.wrapping_sub(1)];
        let found = seqs
            .into_iter()
            .find(|seq| Record { seq: *seq, ..record }.hash(hash, bytes) == self.link.hash)?;
        Some(if found == own { Place::Own } else { Place::Other(found) })
    }

    /// The one part whose change explains it, if there is one.
    fn part(&self, connection: &Connection) -> rusqlite::Result<Option<What>> {
        let Some(record) = self.record() else { return Ok(None) };
        let mut bytes = Vec::new();
        if self.was_of_run(connection, record, &mut bytes)? {
            return Ok(Some(What::Changed(Part::Run)));
        }
        if self.was_at(connection, record, &mut bytes)? {
            return Ok(Some(What::Changed(Part::Instant)));
        }
        if self.was_of_cause(connection, record, &mut bytes)? {
            return Ok(Some(What::Changed(Part::Cause)));
        }
        if self.was_of_person(connection, record, &mut bytes)? {
            return Ok(Some(What::Changed(Part::Person)));
        }
        self.was_of_message(connection, record, &mut bytes)
    }

    fn was_of_run(
        &self,
        connection: &Connection,
        record: Record<'_>,
        bytes: &mut Vec<u8>,
    ) -> rusqlite::Result<bool> {
        if self.is(&Record { run: None, ..record }, bytes) {
            return Ok(true);
        }
        any(connection, "SELECT seq FROM runs", |row| {
            Ok(self.is(&Record { run: integer(row.get_ref(0)?), ..record }, bytes))
        })
    }

    /// Instants that it may have had: those of the records around and of its run, and those that differ in one bit.
    fn was_at(
        &self,
        connection: &Connection,
        record: Record<'_>,
        bytes: &mut Vec<u8>,
    ) -> rusqlite::Result<bool> {
        let flipped = (0..64).map(|bit| record.at ^ (1 << bit));
        if flipped.into_iter().any(|at| self.is(&Record { at, ..record }, bytes)) {
            return Ok(true);
        }
        let near = "SELECT at FROM audit WHERE seq BETWEEN ?1 - 2 AND ?1 + 2
                    UNION SELECT applied_at FROM runs WHERE seq = ?2";
        let mut query = connection.prepare_cached(near)?;
        let mut rows = query.query((self.link.seq, self.link.run))?;
        while let Some(row) = rows.next()? {
            if integer(row.get_ref(0)?).is_some_and(|at| self.is(&Record { at, ..record }, bytes)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn was_of_cause(
        &self,
        connection: &Connection,
        record: Record<'_>,
        buffer: &mut Vec<u8>,
    ) -> rusqlite::Result<bool> {
        any(connection, "SELECT digest FROM causes", |row| {
            let digest: Option<Hash> = bytes(row.get_ref(0)?);
            Ok(digest.is_some_and(|digest| self.is(&Record { cause: &digest, ..record }, buffer)))
        })
    }

    fn was_of_person(
        &self,
        connection: &Connection,
        record: Record<'_>,
        buffer: &mut Vec<u8>,
    ) -> rusqlite::Result<bool> {
        if self.is(&Record { person: None, ..record }, buffer) {
            return Ok(true);
        }
        any(connection, "SELECT commitment FROM people", |row| {
            let commitment: Option<Hash> = bytes(row.get_ref(0)?);
            Ok(commitment.is_some() && self.is(&Record { person: commitment.as_ref(), ..record }, buffer))
        })
    }

    /// The message that it names, or that message's seal, which can be made anew while its text is there.
    fn was_of_message(
        &self,
        connection: &Connection,
        record: Record<'_>,
        buffer: &mut Vec<u8>,
    ) -> rusqlite::Result<Option<What>> {
        if self.is(&Record { message: None, ..record }, buffer) {
            return Ok(Some(What::Changed(Part::Message)));
        }
        let is_of_other = any(connection, "SELECT seal FROM outbox", |row| {
            let seal: Option<MessageSeal> = bytes(row.get_ref(0)?);
            Ok(seal.is_some() && self.is(&Record { message: seal.as_ref(), ..record }, buffer))
        })?;
        if is_of_other {
            return Ok(Some(What::Changed(Part::Message)));
        }
        let Some(message) = self.link.message else { return Ok(None) };
        let texts = "SELECT salt, key, payload FROM outbox JOIN people ON people.id = person
                     JOIN payloads USING (seq) WHERE outbox.seq = ?1 AND customer IS NOT NULL AND key IS NOT NULL";
        let seal = connection.prepare_cached(texts)?.query_row([message], |row| {
            let (salt, key) = (row.get_ref(0)?.as_blob()?, row.get_ref(1)?.as_blob()?);
            Ok(message_seal(salt, key, row.get_ref(2)?.as_bytes()?))
        });
        let is_seal =
            seal.optional()?.is_some_and(|seal| self.is(&Record { message: Some(&seal), ..record }, buffer));
        Ok(is_seal.then_some(What::MessageSeal(message)))
    }

    /// Of a customer who was forgotten nothing is left but her commitment. Where no record of hers fits, that was changed.
    fn nameless(&self, connection: &Connection, suspects: &[Suspect]) -> rusqlite::Result<Option<What>> {
        let Some(person) = self.link.person else { return Ok(None) };
        let query = "SELECT count(*) FROM audit JOIN people ON people.id = audit.person
                     WHERE audit.person = ?1 AND customer IS NULL";
        let records: i64 = connection.prepare_cached(query)?.query_row([person], |row| row.get(0))?;
        let misfits = suspects.iter().filter(|other| other.link.person == Some(person)).count();
        let all = records > 1 && misfits as i64 == records.min(SUSPECTS as i64);
        Ok(all.then_some(What::Person(person, PersonPart::Commitment)))
    }

    /// What is left when nothing else was changed alone. Decisions, beginnings of runs and approvals bear the instant of their run.
    fn rest(&self, connection: &Connection) -> rusqlite::Result<Part> {
        let is_of_run = "SELECT 1 FROM runs WHERE seq = ?1 AND applied_at = ?2";
        let has_instant = connection.prepare_cached(is_of_run)?.exists((self.link.run, self.link.at))?;
        let kind = self.link.around.kind.as_deref();
        let is_decided = matches!(kind, Some("decision" | "run" | "approved"));
        Ok(if is_decided && has_instant { Part::Detail } else { Part::Unknown })
    }
}

/// Whether any row passes.
fn any(
    connection: &Connection,
    query: &str,
    mut passes: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<bool>,
) -> rusqlite::Result<bool> {
    let mut query = connection.prepare_cached(query)?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        if passes(row)? {
            return Ok(true);
        }
    }
    Ok(false)
}
