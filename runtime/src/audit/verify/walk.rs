//! The way along the chain: each record is held against the one before. Whatever does not fit is remembered and looked at
//! more closely afterwards, in `suspect.rs`.

use super::around::Mended;
use super::finding::{Findings, Part, What};
use super::link::{LINKS, Link, Unreadable};
use super::outside::Breaks;
use super::suspect::{SUSPECTS, Suspect};
use crate::audit::chain::{self, Hash};
use crate::state::RunRow;
use rusqlite::{Connection, OptionalExtension};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// So far records may have been numbered again.
const SHIFT: i64 = 1_000;

/// Of so many rows it is said what is wrong with them.
const SAID: usize = 1_000;

/// How far the walk has come, and what it has seen.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    connection: &'a Connection,
    mended: &'a Mended,
    pub(super) findings: &'a mut Findings,
    /// The hash of the last record as it stands; `None`: what was before is not known.
    before: Option<Hash>,
    /// The last record, if it did not fit and nothing explains that yet.
    pending: Option<Suspect>,
    /// Records that do not fit, as they follow each other.
    suspects: Vec<Suspect>,
    /// So much is missing from the numbers of records.
    shift: i64,
    records: u64,
    pub(super) last: i64,
    /// The hash of the last record that stands at the number that the end should have.
    pub(super) at_tip: Option<Hash>,
    tip: i64,
    breaks: Breaks,
    causes: HashSet<i64>,
    runs: BTreeMap<i64, i64>,
    /// What was said of rows that records name.
    said: BTreeSet<What>,
    bytes: Vec<u8>,
}

/// What was seen on the way.
#[derive(Debug)]
pub(super) struct Seen {
    /// How many records.
    pub(super) records: u64,
    /// Records that do not fit, as they follow each other.
    pub(super) suspects: Vec<Suspect>,
    /// Where the chain is broken.
    pub(super) breaks: Breaks,
    /// The causes that they name.
    pub(super) causes: HashSet<i64>,
    /// Of each run the record with which it begins.
    pub(super) runs: BTreeMap<i64, i64>,
}

impl<'a> Walk<'a> {
    /// Before the first record. `tip`: how many records there should be; `breaks`: for the heads that are kept outside.
    pub(super) fn new(
        connection: &'a Connection,
        mended: &'a Mended,
        findings: &'a mut Findings,
        (tip, breaks): (i64, Breaks),
    ) -> Walk<'a> {
        Walk {
            connection,
            mended,
            findings,
            before: Some(chain::start()),
            pending: None,
            suspects: Vec::new(),
            shift: 0,
            records: 0,
            last: 0,
            at_tip: (tip == 0).then(chain::start),
            tip,
            breaks,
            causes: HashSet::new(),
            runs: BTreeMap::new(),
            said: BTreeSet::new(),
            bytes: Vec::new(),
        }
    }

    /// Goes to the end.
    pub(super) fn go(&mut self) -> rusqlite::Result<()> {
        let mut query = self.connection.prepare(&format!("{LINKS} ORDER BY audit.seq"))?;
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            self.records += 1;
            match Link::read(row)? {
                Ok(Link { seq: ..=0, .. }) | Err(Unreadable { seq: ..=0, .. }) => {
                    self.findings.add(1, What::Unreadable("seq"));
                }
                Ok(link) => self.link(link)?,
                Err(Unreadable { seq, column }) => {
                    self.arrive(seq);
                    self.settle();
                    self.findings.add(seq, What::Unreadable(column));
                    self.breaks.add(seq);
                    self.before = None;
                }
            }
        }
        Ok(())
    }

    /// After the last record, whose hash should be this one. Gives whether it is another, and that was said.
    pub(super) fn end(&mut self, hash: Option<Hash>) -> bool {
        let by_hash = self.pending.take_if(|pending| hash == Some(pending.computed));
        if let Some(pending) = &by_hash {
            self.findings.add(pending.link.seq, What::Changed(Part::Hash));
        }
        self.settle();
        by_hash.is_some()
    }

    /// The number that the last record had when it was written.
    pub(super) fn last_as_written(&self) -> i64 {
        self.last.wrapping_add(self.shift)
    }

    /// What was seen.
    pub(super) fn finish(self) -> Seen {
        let Walk { records, suspects, breaks, causes, runs, .. } = self;
        Seen { records, suspects, breaks, causes, runs }
    }

    fn link(&mut self, link: Link) -> rusqlite::Result<()> {
        let seq = link.seq;
        self.arrive(seq);
        if seq == self.tip {
            self.at_tip = Some(link.hash);
        }
        let fits = self.fits(link);
        let Some(link) = fits else { return Ok(()) };
        self.look_around(&link)
    }

    /// Notes a number, and what is missing before it.
    fn arrive(&mut self, seq: i64) {
        if seq <= self.last {
            // Only a damaged file has its rows in another order than that of their numbers.
            self.findings.add(seq, What::Moved(self.last));
            self.before = None;
        } else if seq - 1 > self.last {
            self.settle();
            self.findings.add(self.last + 1, What::Removed(seq - 1));
            self.before = None;
        }
        self.last = seq;
    }

    /// Holds a record against the one before. Gives it back, unless it does not fit: then it is a suspect.
    fn fits(&mut self, link: Link) -> Option<Link> {
        self.causes.insert(link.cause);
        let before = self.before.replace(link.hash);
        if self.is_orphan(&link) {
            self.settle();
            self.breaks.add(link.seq);
            return None;
        }
        let Some(before) = before else {
            // Its hash cannot be computed, so it may say anything.
            self.settle();
            self.breaks.add(link.seq);
            self.findings.add(link.seq, What::Unchecked);
            return Some(link);
        };
        if self.hash(&link, &before) == Some(link.hash) || self.fits_mended(&link, &before) {
            self.settle();
            return Some(link);
        }
        if let Some(pending) = &self.pending {
            let computed = pending.computed;
            if self.hash(&link, &computed) == Some(link.hash) {
                self.findings.add(link.seq - 1, What::Changed(Part::Hash));
                self.pending = None;
                return Some(link);
            }
        }
        if self.is_swapped(&link) || self.is_renumbered(&link, &before) {
            return Some(link);
        }
        self.suspect(link, before);
        None
    }

    /// The hash of a record after this one, by the numbers that records had.
    fn hash(&mut self, link: &Link, before: &Hash) -> Option<Hash> {
        let mut record = link.as_it_stands()?;
        record.seq = record.seq.wrapping_add(self.shift);
        Some(record.hash(before, &mut self.bytes))
    }

    /// Whether it would fit if a row that is known to be wrong were right.
    fn fits_mended(&mut self, link: &Link, before: &Hash) -> bool {
        let commitments =
            [link.around.commitment, link.person.and_then(|id| self.mended.people.get(&id).copied())];
        let digests = [link.around.digest, self.mended.causes.get(&link.cause).copied()];
        let commitments: Vec<Option<Hash>> = match link.person {
            Some(_) => commitments.into_iter().flatten().map(Some).collect(),
            None => vec![None],
        };
        commitments.iter().any(|commitment| {
            digests.iter().flatten().any(|digest| {
                let mut record = link.record(commitment.as_ref(), digest, link.around.seal.as_ref());
                record.seq = record.seq.wrapping_add(self.shift);
                record.hash(before, &mut self.bytes) == link.hash
            })
        })
    }

    /// Says what is gone to which a record refers. A row that is there and holds something else is no matter of this.
    fn is_orphan(&mut self, link: &Link) -> bool {
        let Link { seq, run, person, cause, message, around, .. } = link;
        let person = person.filter(|id| around.commitment.is_none() && !self.mended.people.contains_key(id));
        let has_cause = around.digest.is_some() || self.mended.causes.contains_key(cause);
        let gone = [
            run.filter(|_| around.run.is_none()).map(What::RunGone),
            person.map(What::PersonGone),
            (!has_cause).then_some(What::CauseGone(*cause)),
            message.filter(|_| around.seal.is_none()).map(What::MessageGone),
        ];
        let is_orphan = gone.iter().any(Option::is_some);
        for what in gone.into_iter().flatten() {
            self.say_once(*seq, what);
        }
        is_orphan
    }

    /// Says what is wrong with a row that records name, at the first of them.
    fn say_once(&mut self, seq: i64, what: What) {
        if self.said.len() < SAID && self.said.insert(what.clone()) {
            self.findings.add(seq, what);
        }
    }

    /// Whether it stood before the last record, and that after it.
    fn is_swapped(&mut self, link: &Link) -> bool {
        let Some(pending) = self.pending.take() else { return false };
        let known = self.shift;
        self.shift = known - 1;
        let stood_before = self.hash(link, &pending.before) == Some(link.hash);
        self.shift = known + 1;
        let stood_after = self.hash(&pending.link, &link.hash) == Some(pending.link.hash);
        self.shift = known;
        if stood_before && stood_after {
            self.findings.add(pending.link.seq, What::Moved(link.seq));
            self.findings.add(link.seq, What::Moved(pending.link.seq));
            self.before = Some(pending.link.hash);
            return true;
        }
        self.pending = Some(pending);
        false
    }

    /// Whether it fits by another number: then records before it are gone, or others were put in.
    fn is_renumbered(&mut self, link: &Link, before: &Hash) -> bool {
        let Some(pending) = self.pending.take_if(|_| self.suspects.len() < SUSPECTS) else { return false };
        let known = self.shift;
        let shifts = (1..=SHIFT).flat_map(|by| [known + by, known - by]);
        for (hash, shift) in shifts.flat_map(|shift| [(*before, shift), (pending.before, shift)]) {
            self.shift = shift;
            if self.hash(link, &hash) == Some(link.hash) {
                let seq = pending.link.seq;
                let what =
                    if shift > known { What::Closed(shift - known) } else { What::Inserted(link.seq - 1) };
                self.findings.add(seq, what);
                self.breaks.add(seq);
                return true;
            }
        }
        self.shift = known;
        self.pending = Some(pending);
        false
    }

    fn suspect(&mut self, link: Link, before: Hash) {
        let computed = self.hash(&link, &before).unwrap_or_default();
        let follows = self.pending.is_some();
        self.settle();
        self.pending = Some(Suspect { link, before, computed, follows, shift: self.shift });
    }

    /// Nothing that follows explains the last record.
    fn settle(&mut self) {
        let Some(pending) = self.pending.take() else { return };
        self.breaks.add(pending.link.seq);
        if self.suspects.len() < SUSPECTS {
            self.suspects.push(pending);
        } else {
            self.findings.add(pending.link.seq, What::Changed(Part::Unknown));
        }
    }

    /// Holds a record that fits against the rows that say the same.
    fn look_around(&mut self, link: &Link) -> rusqlite::Result<()> {
        if let (Some(message), Some(owner), Some(person)) = (link.message, link.around.owner, link.person)
            && owner != person
        {
            self.say_once(link.seq, What::MessageOwner(message));
        }
        match (link.around.kind.as_deref(), link.run) {
            (Some("run"), Some(run)) => self.run(link, run),
            _ => Ok(()),
        }
    }

    /// Holds the record with which a run begins against its row.
    fn run(&mut self, link: &Link, run: i64) -> rusqlite::Result<()> {
        self.runs.insert(run, link.seq);
        let query =
            "SELECT plan, as_of, applied_at, created_by, rules_hash, data_hash FROM runs WHERE seq = ?1";
        let row = self.connection.prepare_cached(query)?.query_row([run], |row| RunRow::read(row, 0));
        let row = match row.optional() {
            // A value of another type than what was written.
            Err(_) => None,
            Ok(None) => return Ok(()),
            Ok(Some(row)) => Some(row),
        };
        let said = link.detail.as_deref().and_then(|detail| serde_json::from_slice::<RunRow>(detail).ok());
        let columns = match (row, said) {
            (Some(row), Some(said)) => row.differences(&said),
            _ => ["plan"].into(),
        };
        if !columns.is_empty() {
            self.findings.add(link.seq, What::Run(run, columns));
        }
        Ok(())
    }
}
