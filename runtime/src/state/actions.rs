//! What rules do, each action once, and the channels through which it goes.

use rusqlite::{CachedStatement, Connection, params};

/// An action of a rule, in one arm. What does not apply is empty or 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Deed<'a> {
    /// The rule's number.
    pub(crate) rule: i64,
    /// Empty outside campaigns.
    pub(crate) campaign: &'a str,
    /// 0: of the rule itself; n: of its n-th follow-up.
    pub(crate) step: u32,
    /// Its place among the actions of the step.
    pub(crate) action: u32,
    /// Empty without a split.
    pub(crate) arm: &'a str,
    /// `send`, `tag`, `untag`, `task`, `points`.
    pub(crate) kind: &'a str,
    /// Through which it goes; `tags`, `tasks`, `points` for what is no message.
    pub(crate) channel: &'a str,
    pub(crate) marketing: bool,
    /// The tag, or what the task is.
    pub(crate) what: &'a str,
    /// Who has the task.
    pub(crate) who: &'a str,
    pub(crate) points: i64,
}

/// The numbers of an action and of its channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ActionNumber {
    pub(crate) action: i64,
    pub(crate) channel: i64,
}

/// Numbers actions within a transaction.
pub(crate) struct Actions<'a> {
    channel: CachedStatement<'a>,
    find_channel: CachedStatement<'a>,
    action: CachedStatement<'a>,
    find_action: CachedStatement<'a>,
}

impl<'a> Actions<'a> {
    pub(crate) fn new(connection: &'a Connection) -> rusqlite::Result<Actions<'a>> {
        Ok(Actions {
            channel: connection
                .prepare_cached("INSERT INTO channels (name) VALUES (?1) ON CONFLICT DO NOTHING")?,
            find_channel: connection.prepare_cached("SELECT id FROM channels WHERE name = ?1")?,
            action: connection.prepare_cached(
                "INSERT INTO actions
                    (rule, campaign, step, action, arm, kind, channel, marketing, what, who, points)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT DO NOTHING",
            )?,
            find_action: connection.prepare_cached(
                "SELECT id FROM actions WHERE rule = ?1 AND campaign = ?2 AND step = ?3 AND action = ?4 AND arm = ?5
                    AND kind = ?6 AND channel = ?7 AND marketing = ?8 AND what = ?9 AND who = ?10 AND points = ?11",
            )?,
        })
    }

    /// The numbers of an action, which is added if it is new.
    pub(crate) fn number(&mut self, deed: &Deed<'_>) -> rusqlite::Result<ActionNumber> {
        self.channel.execute([deed.channel])?;
        let channel = self.find_channel.query_row([deed.channel], |row| row.get(0))?;
        let Deed { rule, campaign, step, action, arm, kind, channel: _, marketing, what, who, points } = deed;
        let row = params![rule, campaign, step, action, arm, kind, channel, marketing, what, who, points];
        self.action.execute(row)?;
        let action = self.find_action.query_row(row, |row| row.get(0))?;
        Ok(ActionNumber { action, channel })
    }
}
