//! What verifying can find.

use std::collections::BTreeSet;

/// So many findings are listed; the others are counted.
const LISTED: usize = 100;

/// Something in the record that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The record at which it begins; 0: it is about none.
    pub seq: i64,
    /// What it is.
    pub what: What,
}

/// What is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// The record was changed.
    Changed(Part),
    /// What stood before the record is not known, so nothing tells whether it was changed.
    Unchecked,
    /// A column of the record holds what nobody wrote there.
    Unreadable(&'static str),
    /// The records from here to this one are gone.
    Removed(i64),
    /// The records from here to this one are cut off from the end.
    CutOff(i64),
    /// So many records are gone before this one, and those that follow were numbered again.
    Closed(i64),
    /// What stands here was written as this record.
    Moved(i64),
    /// The records from here to this one were put in between, and those that follow were numbered again.
    Inserted(i64),
    /// The records from here to this one stand behind the end.
    Appended(i64),
    /// The customer's row of this number, which the record names, is gone.
    PersonGone(i64),
    /// The customer's row of this number was changed.
    Person(i64, PersonPart),
    /// The cause of this number, which the record names, is gone.
    CauseGone(i64),
    /// The cause of this number was changed.
    Cause(i64),
    /// No record names the cause of this number.
    CauseAdded(i64),
    /// The message of this number, which the record names, is gone.
    MessageGone(i64),
    /// The seal of the message of this number was changed.
    MessageSeal(i64),
    /// The message of this number belongs to somebody else.
    MessageOwner(i64),
    /// The run of this number, which the record names, is gone.
    RunGone(i64),
    /// The row of the run of this number was changed in these columns.
    Run(i64, BTreeSet<&'static str>),
    /// No record says that the run of this number began.
    RunAdded(i64),
    /// The head that is kept for this record is another.
    Head,
    /// A head of the run of this number is gone.
    HeadGone(i64),
    /// So many heads should be there: expected, found.
    Heads(i64, i64),
    /// What is kept about the end is wrong, or gone.
    End,
    /// The message of this number stands so, but by the record it stands so.
    Status(i64, String, &'static str),
    /// The key of the message of this number is not that of its run, customer, rule and action.
    MessageKey(i64),
    /// What is to be handed over for the message of this number is not what was decided.
    MessageText(i64),
    /// What is to be handed over for the message of this number is gone.
    MessageTextGone(i64),
    /// The run of this number put so many messages and other deeds into the outbox, and so many are there, or others.
    Messages(i64, i64, i64),
    /// No record says what the run of this number put into the outbox.
    MessagesGone(i64),
    /// The customer of this number opted out of this channel (of all, if it is empty), which is known no more.
    OptOutGone(i64, String),
    /// No record says that the customer of this number opted out of this channel (of all, if it is empty).
    OptOutAdded(i64, String),
    /// The file is damaged; in the words of SQLite.
    File(String),
    /// A table, index, view or trigger of this name is not as rulec made it.
    Schema(String),
    /// So many are forgotten by what is nameless, and so few marks are kept by which they are known again.
    Marks(i64, i64),
    /// By the record the channel (all, if its name is empty) is paused, or not; it stands otherwise.
    Pause(String, bool),
    /// The row of a table refers to one that is gone: table, row, table.
    Orphan(String, i64, String),
    /// A head that was kept outside, in this place, is of another record than stands here; and so are so many more.
    Outside {
        /// Where it was kept.
        name: String,
        /// How many others differ from here on.
        more: usize,
    },
    /// A head that was kept outside, in this place, says another time or plan than the record.
    OutsideSays(String),
    /// A head that was kept outside, in this place, is of this record, but the chain ends before.
    OutsideBeyond {
        /// Where it was kept.
        name: String,
        /// How many others are of records behind the end.
        more: usize,
        /// The last record.
        end: i64,
    },
}

/// A part of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// To which run it belongs.
    Run,
    /// When it was.
    Instant,
    /// About whom it is.
    Person,
    /// What happened: verdict, reason, rule.
    Cause,
    /// Which message it is about.
    Message,
    /// What it rests on.
    Detail,
    /// Its hash.
    Hash,
    /// One of them that cannot be told, or several.
    Unknown,
}

/// A part of a customer's row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PersonPart {
    /// Key, salt and commitment do not fit each other.
    Commitment,
    /// She was made nameless, but no record says that she wanted to be forgotten.
    Nameless,
}

/// Findings, in the order of the records.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Findings {
    listed: BTreeSet<Finding>,
    more: u64,
}

impl Findings {
    /// Those that are listed.
    pub fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.listed.iter()
    }

    /// How many are not listed.
    pub fn more(&self) -> u64 {
        self.more
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }

    /// Whether records from this one on stand behind the end.
    pub(super) fn has_appended(&self, from: i64) -> bool {
        self.listed.iter().any(|finding| finding.seq == from && matches!(finding.what, What::Appended(_)))
    }

    pub(super) fn add(&mut self, seq: i64, what: What) {
        if self.listed.len() < LISTED {
            self.listed.insert(Finding { seq, what });
        } else {
            self.more += 1;
        }
    }
}
