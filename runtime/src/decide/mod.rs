//! One verdict for each customer × rule.
//!
//! The rules of a campaign first compete for each customer; what a rule won then goes through the [`STEPS`], in that
//! order, over all rules at once. A step only takes away: the loser of a step is not replaced by the next rule.
//!
//! **Cost.** Customers are bits, and steps take away whole sets of them. How a rule ended is kept as one set for each way
//! in which it did: a bit a customer, or less where they are few. [`Decision`]s are made from these sets only when somebody
//! goes through them, a word of customers at a time.

mod again;
mod contender;
mod contest;
mod customers;
mod funnel;
mod list;
mod outcome;
mod reach;

use crate::diagnostics;
use crate::state::StateView;
use contender::Contender;
pub use funnel::Funnel;
use outcome::Outcome;
pub(crate) use reach::address_of;
use rulec_diagnostic::Diagnostic;
use rulec_engine::Answers;
use rulec_plan::Plan;
use rulec_plan::rules::Piece;
use rulec_plan::time::Day;
use rulec_plan::verdict::Verdict;
use std::borrow::Cow;

/// How one customer and one rule that matched ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// The customer, counted from 0 in the order of the keys.
    pub customer: u32,
    /// Index into [`Plan::rules`].
    pub rule: u32,
    /// How it ended.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
}

/// Why a verdict is what it is, by index; [`Reason::text`] spells it out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// The verdict says it all.
    None,
    /// This rule came first: index into [`Plan::rules`].
    Rule(u32),
    /// Fired on this day of the plan's zone.
    Since(Day),
    /// Index into [`Plan::suppressions`].
    Suppression(u32),
    /// A fact of the message is missing.
    Fact {
        /// Index into the rule's actions.
        action: u32,
        /// Index into the pieces of the message.
        piece: u32,
    },
}

/// An action that is not done although its rule is not lost as a whole, or one of several that are lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LostAction {
    /// As in [`Decision::customer`].
    pub customer: u32,
    /// As in [`Decision::rule`].
    pub rule: u32,
    /// Index into the rule's actions.
    pub action: u32,
    /// How it was lost.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
}

/// A spell that is over: the customer was seen outside the condition of the rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// As in [`Decision::customer`].
    pub customer: u32,
    /// As in [`Decision::rule`].
    pub rule: u32,
}

/// All verdicts of a run. Customers that do not match a rule, or of whom that is unknown, are counted and not listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decisions {
    population: usize,
    outcomes: Vec<Outcome>,
    ended: Vec<Ended>,
    funnels: Vec<Funnel>,
}

/// What the steps look at.
struct Context<'a> {
    plan: &'a Plan,
    answers: &'a Answers,
    state: &'a StateView,
}

type Step = fn(&Context<'_>, &mut [Contender<'_>]);

/// What takes customers away from the rule that won them, in this order. Limits, holdouts, splits, quotas and budgets
/// belong at the end, in that order: limits before holdouts, so that those held out are like those treated.
const STEPS: [Step; 4] = [again::step, reach::suppress, reach::consent, reach::values];

/// Decides every customer × rule. The same arguments give the same decisions.
///
/// `answers` must answer [`crate::Needs`] of this plan, and `state` must be seen through the same keys.
///
/// # Errors
/// `R0130` when the verdicts of a rule do not add up to the population.
pub fn decide(plan: &Plan, answers: &Answers, state: &StateView) -> Result<Decisions, Box<Diagnostic>> {
    let context = Context { plan, answers, state };
    let mut contenders = contest::contest(plan, answers);
    for step in STEPS {
        step(&context, &mut contenders);
    }
    let population = answers.population();
    let mut funnels = Vec::with_capacity(plan.rules.len());
    let mut outcomes = Vec::with_capacity(plan.rules.len());
    for contender in contenders {
        let rule = contender.rule;
        let outcome = contender.finish();
        let funnel = funnel::count(answers.condition(rule.condition), population, &outcome);
        let sum = funnel.iter().map(|(_, count)| count).sum::<u64>();
        if sum != population as u64 {
            return Err(diagnostics::sum(&rule.name, sum, population));
        }
        funnels.push(funnel);
        outcomes.push(outcome);
    }
    Ok(Decisions { population, outcomes, ended: again::ended(&context), funnels })
}

impl Decisions {
    /// How many customers there are.
    pub fn population(&self) -> usize {
        self.population
    }

    /// Every customer × rule that matched, by customer, then rule.
    pub fn list(&self) -> impl Iterator<Item = Decision> + use<'_> {
        list::List::new(&self.outcomes, self.population)
    }

    /// The customers for whom this rule does something, ascending.
    ///
    /// # Panics
    /// If there are not so many rules.
    pub fn sent(&self, rule: usize) -> impl Iterator<Item = u32> + use<'_> {
        self.outcomes[rule].sent.iter().map(number)
    }

    /// For how many customers each action of a rule is done.
    ///
    /// # Panics
    /// If there are not so many rules.
    pub fn done(&self, rule: usize) -> &[u64] {
        &self.outcomes[rule].done
    }

    /// The actions of this rule that are lost for this customer, where the rule has several; in their order. Empty when
    /// none is, and when the rule was lost as a whole.
    ///
    /// # Panics
    /// If there are not so many rules.
    pub fn lost_actions(&self, customer: u32, rule: u32) -> Vec<LostAction> {
        self.outcomes[rule as usize].lost_actions(customer, rule)
    }

    /// The spells that end with this run, by customer, then rule.
    pub fn ended(&self) -> &[Ended] {
        &self.ended
    }

    /// How many customers of a rule ended how; adds up to the population.
    ///
    /// # Panics
    /// If there are not so many rules.
    pub fn funnel(&self, rule: usize) -> Funnel {
        self.funnels[rule]
    }
}

/// A place as it is kept: decisions hold 32 bits, more customers than that do not fit into one machine's memory.
pub(crate) fn number(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

impl Reason {
    /// The reason in words: the rule that won, the day since when, the `because` of a suppression, the fact that is
    /// missing. `rule` is the index of the rule that the reason is about.
    pub fn text(self, plan: &Plan, rule: u32) -> Option<Cow<'_, str>> {
        match self {
            Reason::None => None,
            Reason::Rule(winner) => plan.rules.get(winner as usize).map(|winner| Cow::from(&winner.name)),
            Reason::Since(day) => Some(Cow::from(day.to_string())),
            Reason::Suppression(index) => {
                plan.suppressions.get(index as usize)?.because.as_deref().map(Cow::from)
            }
            Reason::Fact { action, piece } => {
                let action = plan.rules.get(rule as usize)?.actions.get(action as usize)?;
                match crate::needs::send_of(action)?.message.get(piece as usize)? {
                    Piece::Fact { label, .. } => Some(Cow::from(label)),
                    Piece::Text(_) | Piece::OfferEnds(_) | Piece::Code => None,
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
