//! Follow-ups: for whom a step is due, what became of the messages before it, and who converted.
//!
//! An outcome is true if it was recorded of the chain that waits for the step, and false otherwise. A customer converted if
//! that was recorded, or if there is an event that the campaign calls a success: not before the chain began, and not later
//! than so long after the last message; where none went out, after the chain began. Days end with the day.

use super::clock::shift;
use super::{Reference, Scope, value};
use chrono::{DateTime, TimeDelta, Utc};
use rulec_compiler::typed::{Conversion, FollowUpCondition, Rule};
use rulec_plan::project::Kept;
use rulec_plan::time::Duration;
use rusqlite::types::Value as Sql;
use std::collections::BTreeSet;

/// A chain that waits, and whose time has come.
#[derive(Debug)]
pub(super) struct Chain {
    began: Option<DateTime<Utc>>,
    touched: Option<DateTime<Utc>>,
    outcomes: BTreeSet<&'static str>,
}

/// What a step of a chain is for a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// Whether it is due.
    pub is_due: bool,
    /// Whether the customer converted; `None`: the condition says itself what becomes of those.
    pub converted: Option<bool>,
    /// Whether it does something, unless that is unknown; `None`: it does so for all.
    pub condition: Option<Option<bool>>,
}

const OUTCOMES: [(&str, &str); 5] = [
    ("opened", "opened_at"),
    ("clicked", "clicked_at"),
    ("replied", "replied_at"),
    ("redeemed", "redeemed_at"),
    ("converted", "converted_at"),
];

impl Reference<'_> {
    /// What the follow-up of this number, from 0, of a rule is for a customer.
    pub fn follow_up(&self, rule: &Rule, number: usize, customer: usize) -> Due {
        let campaign = self.program.campaigns.iter().find(|one| Some(&one.name) == rule.campaign.as_ref());
        let conversion = campaign.and_then(|campaign| campaign.conversion.as_ref());
        let chain = self.chain(&rule.name, number + 1, customer);
        let scope = Scope { chain: chain.as_ref(), conversion, ..Scope::of(customer) };
        let condition = rule.follow_ups[number].condition.as_ref().map(|condition| {
            let truth = self.eval(condition.expr(), scope).truth();
            match condition {
                FollowUpCondition::When(_) => truth,
                FollowUpCondition::Unless(_) => value::not(truth),
            }
        });
        let written = format!("{:?}", rule.follow_ups[number].condition);
        let asks = written.contains("Outcome(\"converted\")");
        let converted = (!asks).then(|| self.outcome("converted", scope));
        Due { is_due: chain.is_some(), converted, condition }
    }

    fn chain(&self, rule: &str, step: usize, customer: usize) -> Option<Chain> {
        let table = self.tables.kept.get(Kept::Chains.name())?;
        let key = self.key(customer).to_string();
        let step = Sql::Integer(i64::try_from(step).expect("a few steps"));
        let row = table.rows.iter().find(|row| {
            let cell = |column: &str| &row[table.column(column)];
            *cell("customer") == Sql::Text(key.clone())
                && *cell("rule") == Sql::Text(rule.to_owned())
                && *cell("step") == step
                && self.happened(cell("due_at")).is_some()
        })?;
        let cell = |column: &str| &row[table.column(column)];
        let outcomes = OUTCOMES.iter().filter(|(_, column)| self.happened(cell(column)).is_some());
        Some(Chain {
            began: self.kept_time(cell("began_at")),
            touched: self.kept_time(cell("touched_at")),
            outcomes: outcomes.map(|(name, _)| *name).collect(),
        })
    }

    /// `opened` and its like, in the condition of a follow-up.
    pub(super) fn outcome(&self, outcome: &str, scope: Scope<'_>) -> bool {
        let Some(chain) = scope.chain else { return false };
        let by_events =
            |conversion| outcome == "converted" && self.converts(conversion, chain, scope.customer);
        chain.outcomes.contains(outcome) || scope.conversion.is_some_and(by_events)
    }

    fn converts(&self, conversion: &Conversion, chain: &Chain, customer: usize) -> bool {
        let Some(began) = chain.began else { return false };
        let touched = chain.touched.unwrap_or(began);
        let in_time = |at: DateTime<Utc>| match self.literal(&conversion.within).expect("a literal") {
            Duration::Exact { micros } => at <= touched + TimeDelta::microseconds(micros),
            Duration::Calendar { months, days } => {
                at < self.clock.start_of(shift(self.clock.day_of(touched), months, days + 1))
            }
        };
        self.events[conversion.event.as_str()][customer].iter().any(|event| {
            let passes = |filter| self.eval(filter, Scope::at(customer, event)).truth() == Some(true);
            began <= event.at && in_time(event.at) && conversion.filter.as_ref().is_none_or(passes)
        })
    }
}
