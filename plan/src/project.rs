//! A project as its `rulec.toml` describes it: where the data is, what its columns mean, through which channels it speaks.

use crate::campaign::Share;
use crate::time::{Duration, Zone};
use indexmap::IndexMap;
use serde::Serialize;

/// The whole file, checked.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Project {
    /// `[project] name`.
    pub name: String,
    /// `[project] shop`: what a message calls the shop, `{shop}`; the name unless said.
    pub shop: String,
    /// `[project] timezone`.
    pub zone: Zone,
    /// `[project] currency`: ISO 4217, such as `CNY`.
    pub currency: String,
    /// `[project] rules`: glob patterns from the project's folder.
    pub rules: Vec<String>,
    /// `[database] url`.
    pub database: String,
    /// `[state] url`.
    pub state: String,
    /// `[customer]`.
    pub customer: CustomerTable,
    /// `[events.NAME]`, in the order of the file.
    pub events: IndexMap<String, EventTable>,
    /// `[lookups.NAME]`: outside data for `fact NAME by FACT`.
    pub lookups: IndexMap<String, LookupTable>,
    /// `[consent]`: channel to the name of a bool fact of the customer.
    pub consent: IndexMap<String, String>,
    /// `[channels.NAME]`, in the order of the file.
    pub channels: IndexMap<String, Channel>,
    /// `[plan]`.
    pub guards: Guards,
    /// `[apply]`.
    pub approvals: Approvals,
    /// `[lints]`: slug or code to level.
    pub lints: IndexMap<String, LintLevel>,
    /// `[calendar] holidays`: days of the project's own that `today is "…"` knows, name to days.
    pub holidays: IndexMap<String, Vec<crate::time::Day>>,
}

/// Where rows come from.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub enum Source {
    /// A table or view of the database.
    Table(String),
    /// A `SELECT` of the database.
    Query(String),
    /// What the runtime keeps itself, outside the customer database; see [`Kept`].
    Kept(Kept),
}

impl Source {
    /// The name of the table, for what is no query.
    pub fn table(&self) -> Option<&str> {
        match self {
            Source::Table(name) => Some(name),
            Source::Query(_) => None,
            Source::Kept(kept) => Some(kept.name()),
        }
    }
}

/// The tables that the runtime keeps of what it did, as rules see them. Customers stand in them by their key as text, in a
/// column `customer`; times are microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Kept {
    /// A message a row: `at`, `channel`, `rule`, `campaign`, `step`, and when it was `opened_at`, `clicked_at`,
    /// `replied_at`, `redeemed_at`, `converted_at`.
    Touches,
    /// A coupon a row: `at`, `channel`, `rule`, `campaign`, `code`, `amount` and `threshold` in cents, `expires_at`,
    /// `redeemed_at`.
    Coupons,
    /// A chain that waits a row: `due_at`, `rule`, `step` (the follow-up that comes next, from 1), `began_at`, and of the
    /// last message that it sent `touched_at` and the times of its outcomes as in `Touches`.
    Chains,
    /// A member of a recorded segment a row: `at`, `segment`.
    Members,
    /// A segment that was recorded a row, no customers: `segment`, `recorded` (1).
    Recorded,
}

impl Kept {
    /// Its name: of the view in the state, and for messages.
    pub fn name(self) -> &'static str {
        match self {
            Kept::Touches => "kept_touches",
            Kept::Coupons => "kept_coupons",
            Kept::Chains => "kept_chains",
            Kept::Members => "kept_members",
            Kept::Recorded => "kept_recorded",
        }
    }
}

/// `[customer]`: one row a customer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CustomerTable {
    /// The rows.
    pub source: Source,
    /// The column that names a customer; integer or text, never NULL, never twice.
    pub key: String,
    /// Plain SQL of the database that a row must fulfil.
    pub filter: Option<String>,
    /// The text fact with the customer's own zone, an IANA name; where it is missing the project's holds.
    pub zone: Option<String>,
    /// Its facts, in the order of the file.
    pub facts: IndexMap<String, Fact>,
}

/// `[events.NAME]`: any number of rows a customer, each at its time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EventTable {
    /// The rows.
    pub source: Source,
    /// The column with the customer's key. Rows of unknown customers, and NULLs, are nobody's and do not count.
    pub customer: String,
    /// The time of the event; the pseudo-fact `at`. Rows after the instant of the run, and NULLs, are invisible.
    pub time: TimeColumn,
    /// Plain SQL of the database that a row must fulfil.
    pub filter: Option<String>,
    /// Its facts, in the order of the file.
    pub facts: IndexMap<String, Fact>,
}

/// The column that says when.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TimeColumn {
    /// Its name.
    pub column: String,
    /// How it is written.
    pub format: TimeFormat,
}

/// `[lookups.NAME]`: outside data, one row a key.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LookupTable {
    /// The rows.
    pub source: Source,
    /// The column that is looked up.
    pub key: String,
    /// Its facts.
    pub facts: IndexMap<String, Fact>,
}

/// A column and what it means.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Fact {
    /// The column of the table or query.
    pub column: String,
    /// What it holds.
    pub kind: FactKind,
    /// Whether it tells who a person is; such facts stay out of logs, audit and terminal.
    pub personal: bool,
    /// Whether `in next 7d` and its like compare month and day only, as for a birthday.
    pub yearly: bool,
}

/// What a column holds, and how it is written in the database.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub enum FactKind {
    /// 0 or 1, `true` or `false`.
    Bool,
    /// A number, held to this many decimals (0 to 9), rounded half to even.
    Number {
        /// How many digits after the point.
        decimals: u8,
    },
    /// Money, held in cents.
    Money {
        /// In what the column counts.
        unit: MoneyUnit,
    },
    /// A percentage: 20 means 20 %. Held to four decimals.
    Percent,
    /// Any text. An integer column is read as its digits.
    Text,
    /// One of these texts.
    Enum {
        /// All of them.
        values: Vec<String>,
    },
    /// A calendar day: ISO text `2026-11-21` (a time of day after it is cut off), or as a time's format says, in its zone.
    Date {
        /// How it is written.
        format: TimeFormat,
    },
    /// A point in time.
    Time {
        /// How it is written.
        format: TimeFormat,
    },
    /// A number of days.
    Days,
    /// Texts with a separator between them.
    Set {
        /// The separator.
        separator: String,
    },
}

/// In what a money column counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MoneyUnit {
    /// Whole cents.
    Cent,
    /// Yuan (or the project's currency) with decimals; rounded half to even to the cent.
    Yuan,
}

/// How a time is written in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub enum TimeFormat {
    /// Seconds since 1970-01-01T00:00:00Z.
    Unix,
    /// Milliseconds since 1970-01-01T00:00:00Z.
    UnixMillis,
    /// Microseconds since 1970-01-01T00:00:00Z: of what the runtime keeps; no project file says so.
    UnixMicros,
    /// `2026-11-21 20:00:00`, `2026-11-21T20:00:00.123+08:00`, `2026-11-21`; without an offset in this zone.
    Iso(ZoneKey),
    /// `2026-11-21`: the start of that day in this zone.
    Date(ZoneKey),
}

/// A [`Zone`] that can be compared and hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ZoneKey(pub Zone);

impl std::hash::Hash for ZoneKey {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.name().hash(state);
    }
}

/// `[channels.NAME]`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Channel {
    /// How it sends.
    pub kind: ChannelKind,
    /// The customer's fact that holds the address; `None`: the key itself is the address.
    pub address: Option<String>,
    /// What one message costs, in millionths of the currency's unit (`0.045` yuan = 45 000).
    pub price_micros: i64,
    /// At most so many messages a second.
    pub rate: Option<f64>,
    /// From when to when it is quiet, minutes after midnight; may pass midnight.
    pub quiet: Option<(u16, u16)>,
    /// What becomes of a message that falls into the quiet hours.
    pub in_quiet: InQuiet,
    /// Whether a message is billed by its SMS parts: one up to 70 characters, else one for each 67.
    pub sms_parts: bool,
    /// How values are written into its messages, so that data cannot become markup.
    pub escape: Escape,
    /// Whether messages go to a group and so may name nobody.
    pub group: bool,
    /// What only this kind of channel knows, such as `path`, `url`, `secret_env`; text as written. What stands in a table is
    /// `TABLE.MEMBER`, in a list `LIST.1`; a header that is a secret `headers.NAME:env` or `headers.NAME:file`.
    pub settings: IndexMap<String, String>,
}

/// How a channel sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ChannelKind {
    /// One JSON line a message, appended to a file.
    File,
    /// HTTP.
    Webhook,
    /// E-mail.
    Smtp,
    /// WeCom.
    Wecom,
}

/// What becomes of a message that falls into quiet hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum InQuiet {
    /// It waits until they end.
    #[default]
    Hold,
    /// It is not sent.
    Skip,
}

/// How values are written into messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Escape {
    /// As they stand.
    #[default]
    None,
    /// For HTML.
    Html,
    /// For the Markdown of messengers.
    Markdown,
}

/// `[plan]`: what no plan may do unless told so by name.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Guards {
    /// No rule reaches more customers.
    pub max_audience: Option<u64>,
    /// No rule reaches more, or fewer, customers than in the run applied last, by more than this share of them.
    pub max_change: Option<Share>,
}

/// `[apply]`: what a plan needs before it is applied.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Approvals {
    /// By how many different people.
    pub needed: u32,
    /// Who may approve: name to ed25519 public key, 64 hex digits.
    pub approvers: IndexMap<String, String>,
    /// How old a plan may be; `None`: any age.
    pub max_age: Option<Duration>,
}

/// How much a lint weighs in this project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LintLevel {
    /// Not reported.
    Allow,
    /// Reported; `check` exits with 0.
    Warn,
    /// Reported; `check` exits with 1.
    Deny,
}
