//! Chains of follow-ups: which begin, which go on, which end.
//!
//! A chain begins when a rule does something for a customer. It waits for one follow-up after the other, each due a while
//! after the last message of the step before, or after the run that decided it if nothing was sent.

use super::outcome::{Outcome, Why};
use super::step::Step;
use super::{Decisions, Reason, number};
use rulec_plan::Plan;
use rulec_plan::rules::FollowUp;
use rulec_plan::time::{Duration, Instant};
use rulec_plan::verdict::Verdict;

/// What becomes of one chain: of a rule and a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chain {
    /// The customer, counted from 0 in the order of the keys.
    pub customer: u32,
    /// Index into [`Plan::rules`].
    pub rule: u32,
    /// The step that was decided; 0: the chain begins, in place of one of the same rule that may still wait.
    pub step: u32,
    /// What it waits for now; `None`: it has ended.
    pub next: Option<Waiting>,
}

/// For what a chain waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// The follow-up, from 1.
    pub step: u32,
    /// When it is due.
    pub due_at: Instant,
}

impl Decisions {
    /// All chains that begin, go on or end with this run, by rule, then step, then customer.
    pub fn chains<'a>(&'a self, plan: &'a Plan) -> impl Iterator<Item = Chain> + use<'a> {
        self.steps().flat_map(move |step| chains_of(plan, step))
    }
}

fn chains_of<'a>(plan: &'a Plan, step: Step<'a>) -> Box<dyn Iterator<Item = Chain> + 'a> {
    let &Outcome { rule, step: place, ref ends, .. } = step.outcome;
    let follow_ups = &plan.rules[rule as usize].follow_ups;
    let next = follow_ups.get(place as usize);
    let chain = move |customer, next| Chain { customer, rule, step: place, next };
    if place == 0 {
        let begins = next.into_iter().flat_map(move |next| {
            step.sent().map(move |customer| chain(customer, Some(waiting(plan, step, next, customer))))
        });
        return Box::new(begins);
    }
    let mut customers: Vec<(u32, bool)> = Vec::new();
    for end in ends {
        let is_over = matches!(end.why, Why::Same(Reason::Converted | Reason::CampaignOver))
            && end.verdict == Verdict::NotMatched;
        customers.extend(end.customers.iter().map(|customer| (number(customer), is_over)));
    }
    customers.sort_unstable();
    let go_on = move |(customer, is_over): (u32, bool)| {
        let next = next.filter(|_| !is_over).map(|next| waiting(plan, step, next, customer));
        chain(customer, next)
    };
    Box::new(customers.into_iter().map(go_on))
}

/// When this follow-up is due for a customer after this step.
fn waiting(plan: &Plan, step: Step<'_>, next: &FollowUp, customer: u32) -> Waiting {
    let actions = 0..number(step.outcome.actions.len());
    let done = actions.filter(|action| step.does(customer, *action));
    let last = done.map(|action| step.send_at(customer, action)).max().unwrap_or(plan.as_of);
    let due_at = match next.delay {
        Duration::Calendar { months, days } => plan.zone.start_of(plan.zone.day_of(last).shift(months, days)),
        Duration::Exact { micros } => Instant(last.0.saturating_add(micros)),
    };
    Waiting { step: step.outcome.step + 1, due_at }
}
