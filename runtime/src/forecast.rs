//! What the runs of the coming days would do, on the data as they are: each day is decided and recorded in a copy of the
//! state, so that limits, spells, chains, budgets and pools carry over from day to day as they would in earnest.

use crate::apply;
use crate::diagnostics::Result;
use crate::planfile::{self, ActionKind, Header, Line, OUTSIDE, PlannedAction, PlannedDecision};
use crate::state::State;
use indexmap::IndexMap;
use rulec_plan::time::{Day, Instant, Zone};
use rulec_plan::verdict::Verdict;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

/// The version of the JSON form; grows when a field changes its meaning or goes away.
pub const VERSION: u32 = 1;

/// The coming days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Forecast {
    /// [`VERSION`].
    pub version: u32,
    /// The project's name.
    pub project: String,
    /// The project's currency, ISO 4217.
    pub currency: String,
    /// Each day with a run, and each day after them on which a message of theirs goes out.
    pub days: Vec<ForecastDay>,
    /// What runs out, in the order in which it does.
    pub shortages: Vec<Shortage>,
}

/// One day.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ForecastDay {
    /// The day in the project's zone: `2026-12-01`.
    pub day: String,
    /// How many messages go out on it, by channel.
    pub messages: IndexMap<String, u64>,
    /// How many other things are done: `task`, `tag`, `untag`, `points`.
    pub others: IndexMap<String, u64>,
    /// What its messages cost, with the most that their coupons can, in millionths of the currency's unit.
    pub cost_micros: i64,
    /// How many customers × rules of its run were lost to a limit, a quota, a budget or an empty pool, by the word of the
    /// verdict.
    pub lost: IndexMap<String, u64>,
}

/// A limit, quota, budget or pool that is used up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shortage {
    /// How those who come too late end.
    pub verdict: Verdict,
    /// The limit, the rule with its quota, the campaign with its budget, or the pool.
    pub what: String,
    /// The first day on which somebody comes too late.
    pub day: String,
    /// How many customers come too late on that day.
    pub customers: u64,
}

/// A forecast that grows by a day at a time.
#[derive(Debug)]
pub struct Rehearsal {
    state: State,
    days: BTreeMap<Day, ForecastDay>,
    shortages: IndexMap<(Verdict, String), (Day, u64)>,
    project: String,
    currency: String,
}

/// Verdicts of those who come too late for something.
const TOO_LATE: [Verdict; 4] = [Verdict::Capped, Verdict::OverQuota, Verdict::OverBudget, Verdict::PoolEmpty];

impl Rehearsal {
    /// Before the first day, on a copy of the state, which is written to; an empty file where there is none yet.
    ///
    /// # Errors
    /// Those of [`State::open`].
    pub fn begin(copy: &Path) -> Result<Rehearsal> {
        Ok(Rehearsal {
            state: State::open(copy)?,
            days: BTreeMap::new(),
            shortages: IndexMap::new(),
            project: String::new(),
            currency: String::new(),
        })
    }

    /// The copy as the days so far have left it.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Adds the run of a day, which was planned on [`Rehearsal::state`]: counts what it does, and records it as done.
    ///
    /// # Errors
    /// `R0106`, `R0113`.
    pub fn day(&mut self, path: &Path) -> Result<()> {
        let plan = planfile::read(path)?;
        let header = plan.header().clone();
        let Some((as_of, zone)) = header.moment() else {
            return Err(crate::diagnostics::damaged_plan(path));
        };
        self.project.clone_from(&header.project);
        self.currency.clone_from(&header.currency);
        let today = zone.day_of(as_of);
        self.on(today);
        for line in plan {
            if let Line::Decision(decision) = line? {
                self.count(&header, &decision, today, zone);
            }
        }
        apply::rehearse(&mut self.state, planfile::read(path)?, as_of)
    }

    /// What was found.
    pub fn finish(self) -> Forecast {
        let mut shortages: Vec<_> = self.shortages.into_iter().collect();
        shortages.sort_by_key(|(_, (day, _))| *day);
        let shortage = |((verdict, what), (day, customers)): ((Verdict, String), (Day, u64))| Shortage {
            verdict,
            what,
            day: day.to_string(),
            customers,
        };
        Forecast {
            version: VERSION,
            project: self.project,
            currency: self.currency,
            days: self.days.into_values().collect(),
            shortages: shortages.into_iter().map(shortage).collect(),
        }
    }

    fn on(&mut self, day: Day) -> &mut ForecastDay {
        self.days.entry(day).or_insert_with(|| ForecastDay { day: day.to_string(), ..ForecastDay::default() })
    }

    fn count(&mut self, header: &Header, decision: &PlannedDecision<'_>, today: Day, zone: Zone) {
        if TOO_LATE.contains(&decision.verdict) {
            self.too_late(header, decision, decision.verdict, decision.reason.as_deref(), today);
        }
        let Some(rule) = header.rules.get(&*decision.rule) else { return };
        let outlines = rule.actions_of(decision.step);
        for action in &decision.actions {
            let Some(outline) = outlines.get(action.step as usize) else { continue };
            if action.is_done() {
                self.done(&outline.kind, action, today, zone);
            } else if TOO_LATE.contains(&action.verdict) && !TOO_LATE.contains(&decision.verdict) {
                self.too_late(header, decision, action.verdict, action.reason.as_deref(), today);
            }
        }
    }

    fn done(&mut self, kind: &ActionKind, action: &PlannedAction<'_>, today: Day, zone: Zone) {
        let sent_at = action.send_at.as_deref().and_then(|at| chrono::DateTime::parse_from_rfc3339(at).ok());
        let day = sent_at.map_or(today, |at| zone.day_of(Instant(at.timestamp_micros())));
        let on = self.on(day);
        let counts = if kind.is_send() { &mut on.messages } else { &mut on.others };
        *counts.entry(kind.channel().to_owned()).or_default() += 1;
        on.cost_micros = on.cost_micros.saturating_add(action.cost_micros);
    }

    fn too_late(
        &mut self,
        header: &Header,
        decision: &PlannedDecision<'_>,
        verdict: Verdict,
        reason: Option<&str>,
        today: Day,
    ) {
        *self.on(today).lost.entry(verdict.word().to_owned()).or_default() += 1;
        let campaign = || header.rules.get(&*decision.rule).and_then(|rule| rule.campaign.clone());
        let what = match verdict {
            Verdict::OverQuota => format!("{}: {}", decision.rule, reason.unwrap_or_default()),
            Verdict::OverBudget => campaign().unwrap_or_else(|| OUTSIDE.to_owned()),
            _ => reason.unwrap_or_default().to_owned(),
        };
        let (first, customers) = self.shortages.entry((verdict, what)).or_insert((today, 0));
        *customers += u64::from(*first == today);
    }
}
