//! The outbox as a person looks at it.

use super::State;
use crate::diagnostics::Result;
use crate::hash::hex;
use rulec_plan::time::Instant;
use rusqlite::{Connection, Row, ToSql, params_from_iter};

/// What became of a message, or of something else in the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OutboxStatus {
    /// It is to be sent.
    Waiting,
    /// It was handed over, and the answer is not known yet.
    Marked,
    /// The provider has it.
    Sent,
    /// Nobody knows whether it was delivered.
    Doubt,
    /// It could not be delivered.
    Dead,
    /// It may not be sent any more.
    Withheld,
    /// A person has given it up.
    Discarded,
}

impl OutboxStatus {
    /// All that there are.
    pub const ALL: [OutboxStatus; 7] = [
        OutboxStatus::Waiting,
        OutboxStatus::Marked,
        OutboxStatus::Sent,
        OutboxStatus::Doubt,
        OutboxStatus::Dead,
        OutboxStatus::Withheld,
        OutboxStatus::Discarded,
    ];

    /// As commands and documents write it.
    pub const fn word(self) -> &'static str {
        match self {
            OutboxStatus::Waiting => "waiting",
            OutboxStatus::Marked => "marked",
            OutboxStatus::Sent => "sent",
            OutboxStatus::Doubt => "doubt",
            OutboxStatus::Dead => "dead",
            OutboxStatus::Withheld => "withheld",
            OutboxStatus::Discarded => "discarded",
        }
    }

    /// As a reader of Chinese sees it.
    pub const fn chinese(self) -> &'static str {
        match self {
            OutboxStatus::Waiting => "等待",
            OutboxStatus::Marked => "发送中",
            OutboxStatus::Sent => "已发送",
            OutboxStatus::Doubt => "存疑",
            OutboxStatus::Dead => "失败",
            OutboxStatus::Withheld => "不发",
            OutboxStatus::Discarded => "已放弃",
        }
    }

    /// The one with this word.
    pub fn parse(word: &str) -> Option<OutboxStatus> {
        OutboxStatus::ALL.into_iter().find(|status| status.word() == word)
    }

    /// Of a column.
    pub(super) fn read(row: &Row<'_>, column: &str) -> rusqlite::Result<OutboxStatus> {
        let word: String = row.get(column)?;
        OutboxStatus::parse(&word).ok_or_else(|| {
            let kind = rusqlite::types::Type::Text;
            rusqlite::Error::FromSqlConversionFailure(0, kind, format!("no status: {word}").into())
        })
    }
}

/// Which messages are wanted; all that is set must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OutboxFilter {
    /// Of one of these; any, if none is named.
    pub statuses: Vec<OutboxStatus>,
    /// Through this channel.
    pub channel: Option<String>,
    /// Of plans whose id begins like this.
    pub plan: Option<String>,
    /// To this customer, by key.
    pub customer: Option<String>,
    /// At most so many: the newest.
    pub limit: Option<u64>,
}

/// A message, or something else, in the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxEntry {
    /// Names it for ever, as hex; none: its customer was forgotten.
    pub key: Option<String>,
    /// The plan's id.
    pub plan: String,
    /// The customer's key as text; none: she was forgotten.
    pub customer: Option<String>,
    /// The rule's name.
    pub rule: String,
    /// The channel; `tags`, `tasks` or `points` for what is no message.
    pub channel: String,
    /// What became of it.
    pub status: OutboxStatus,
    /// Not to be sent before.
    pub due_at: Instant,
    /// When it came to that status; for what waits, when it is due.
    pub since: Instant,
    /// How often it was tried, since a person last said that it be sent again.
    pub attempts: u32,
    /// What the provider, or rulec, said last: a short word.
    pub code: Option<String>,
    /// The same in more words, or why it was withheld.
    pub reason: Option<String>,
    /// What is handed over, as JSON, while it is stored: text and address.
    pub payload: Option<String>,
}

const SELECT: &str =
    "SELECT outbox.key, runs.plan, customer, rules.name AS rule, channels.name AS channel, outbox.status,
        outbox.due_at, deliveries.at AS tried_at, coalesce(attempts, 0) AS attempts, code, said, payload,
        (SELECT max(audit.seq) FROM audit JOIN causes ON causes.id = audit.cause
            WHERE audit.person = outbox.person AND audit.message = outbox.seq AND kind <> 'decision') AS told
    FROM outbox JOIN runs ON runs.seq = outbox.run JOIN people ON people.id = outbox.person
        JOIN actions ON actions.id = outbox.action JOIN rules ON rules.id = actions.rule
        JOIN channels ON channels.id = outbox.channel
        LEFT JOIN deliveries ON deliveries.seq = outbox.seq LEFT JOIN payloads ON payloads.seq = outbox.seq";

impl State {
    /// What the outbox holds of this, oldest first.
    ///
    /// # Errors
    /// `R0106`.
    pub fn outbox(&self, filter: &OutboxFilter) -> Result<Vec<OutboxEntry>> {
        self.read(|connection| entries(connection, filter))
    }
}

fn entries(connection: &Connection, filter: &OutboxFilter) -> rusqlite::Result<Vec<OutboxEntry>> {
    let words: Vec<&str> = filter.statuses.iter().map(|status| status.word()).collect();
    let mut conditions = Vec::new();
    let mut values: Vec<&dyn ToSql> = Vec::new();
    if !words.is_empty() {
        conditions.push(format!("outbox.status IN ({})", vec!["?"; words.len()].join(", ")));
        values.extend(words.iter().map(|word| word as &dyn ToSql));
    }
    if let Some(channel) = &filter.channel {
        conditions.push("channels.name = ?".to_owned());
        values.push(channel);
    }
    if let Some(plan) = &filter.plan {
        conditions.push("substr(runs.plan, 1, length(?)) = ?".to_owned());
        values.extend([plan as &dyn ToSql, plan]);
    }
    if let Some(customer) = &filter.customer {
        conditions.push("outbox.person = (SELECT id FROM people WHERE customer = ?)".to_owned());
        values.push(customer);
    }
    let condition = if conditions.is_empty() { "true".to_owned() } else { conditions.join(" AND ") };
    let limit = filter.limit.map_or(-1, |limit| i64::try_from(limit).unwrap_or(i64::MAX));
    values.push(&limit);
    // What was told of a message last is looked up of those that are shown only.
    let query = format!(
        "SELECT shown.*, audit.at AS told_at, causes.reason AS told_reason
         FROM ({SELECT} WHERE {condition} ORDER BY outbox.seq DESC LIMIT ?) AS shown
            LEFT JOIN audit ON audit.seq = told LEFT JOIN causes ON causes.id = audit.cause"
    );
    let mut query = connection.prepare(&query)?;
    let mut entries =
        query.query_map(params_from_iter(values), entry)?.collect::<rusqlite::Result<Vec<_>>>()?;
    entries.reverse();
    Ok(entries)
}

fn entry(row: &Row<'_>) -> rusqlite::Result<OutboxEntry> {
    let instant = |column: &str| row.get::<_, Option<i64>>(column).map(|micros| micros.map(Instant));
    let status = OutboxStatus::read(row, "status")?;
    let due_at = Instant(row.get("due_at")?);
    let told_at = instant("told_at")?.or(instant("tried_at")?);
    let said: Option<String> = row.get("said")?;
    Ok(OutboxEntry {
        key: row.get::<_, Option<[u8; 16]>>("key")?.map(|key| hex(&key)),
        plan: row.get("plan")?,
        customer: row.get("customer")?,
        rule: row.get("rule")?,
        channel: row.get("channel")?,
        status,
        due_at,
        since: if status == OutboxStatus::Waiting { due_at } else { told_at.unwrap_or(due_at) },
        attempts: row.get("attempts")?,
        code: row.get("code")?,
        reason: match status {
            OutboxStatus::Withheld => row.get("told_reason")?,
            _ => said.filter(|said| !said.is_empty()),
        },
        payload: row.get("payload")?,
    })
}
