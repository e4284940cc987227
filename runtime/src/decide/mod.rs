//! One verdict for each customer × rule, and for each follow-up that is due.
//!
//! The rules of a campaign first compete for each customer; what a rule won then goes through the [`STEPS`], in that
//! order, over all rules at once, and so do the follow-ups that are due. A step only takes away: the loser of a step is not
//! replaced by the next rule.
//!
//! | what | file |
//! | --- | --- |
//! | who comes to which rule and follow-up | `contest` |
//! | what is taken away | a file for each of the [`STEPS`] |
//! | what is left, and how it ends | `contender`, `outcome`, `funnel` |
//! | what others see | [`Decisions`], [`Step`], `list`, `chains`, `members` |
//!
//! **Cost.** Customers are bits, and steps take away whole sets of them. How a rule ended is kept as one set for each way
//! in which it did: a bit a customer, or less where they are few. [`Decision`]s are made from these sets only when somebody
//! goes through them, a word of customers at a time. What differs from customer to customer, such as the time of a message,
//! differs by a few zones, and is kept once for each.

mod again;
mod budget;
mod chains;
mod clock;
mod contender;
mod contest;
mod customers;
mod funnel;
mod holdout;
mod limit;
mod list;
mod members;
mod outcome;
mod parts;
mod pool;
mod queue;
mod quota;
mod reach;
mod reason;
mod split;
mod step;
mod times;
mod unwilling;

use crate::diagnostics;
use crate::state::StateView;
pub use chains::{Chain, Waiting};
use clock::Clocks;
use contender::Contender;
pub use funnel::Funnel;
pub use members::Member;
use outcome::Outcome;
pub(crate) use reach::{address_of, as_address};
pub use reason::Reason;
pub(crate) use reason::{actions_of, period, share};
use rulec_diagnostic::Diagnostic;
use rulec_engine::Answers;
use rulec_plan::Plan;
use rulec_plan::project::Project;
use rulec_plan::time::Instant;
use rulec_plan::verdict::Verdict;
pub use step::Step;

/// How one customer ended with one rule that matched, or with one follow-up that was due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// The customer, counted from 0 in the order of the keys.
    pub customer: u32,
    /// Index into [`Plan::rules`].
    pub rule: u32,
    /// 0: the rule itself; n: its n-th follow-up.
    pub step: u32,
    /// How it ended.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
}

impl Decision {
    /// Whether something is done for the customer, now or later.
    pub fn is_sent(&self) -> bool {
        matches!(self.verdict, Verdict::Send | Verdict::Hold)
    }
}

/// An action that is not done although its step is not lost as a whole, or one of several that are lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LostAction {
    /// Index into the actions of the step.
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
    as_of: Instant,
    /// By rule, then step.
    outcomes: Vec<Outcome>,
    funnels: Vec<Funnel>,
    /// For each rule the place of its first step.
    rules: Vec<usize>,
    clocks: Clocks,
    ended: Vec<Ended>,
    members: Vec<members::Changes>,
}

/// What the steps look at.
struct Context<'a> {
    plan: &'a Plan,
    project: &'a Project,
    answers: &'a Answers,
    state: &'a StateView,
    clocks: Clocks,
}

/// What takes customers away from those who won them.
type Taking = fn(&Context<'_>, &mut [Contender<'_>]);

/// What takes customers away from the rule that won them, in this order: limits before holdouts, so that those held out
/// are like those treated. Two of them only find out what later ones need: which arm drew whom, and the parts of messages.
const STEPS: [Taking; 15] = [
    split::divide,
    again::step,
    unwilling::forgotten,
    unwilling::opted_out,
    reach::suppress,
    reach::consent,
    reach::values,
    times::step,
    limit::step,
    holdout::step,
    split::hold,
    quota::step,
    parts::step,
    budget::step,
    pool::step,
];

/// Decides every customer × rule, and every follow-up that is due. The same arguments give the same decisions.
///
/// `answers` must answer [`crate::Needs`] of this plan, and `state` must be seen through the same keys.
///
/// # Errors
/// `R0130` when the verdicts of a rule do not add up to the population, or those of a follow-up to those for whom it is due.
pub fn decide(
    plan: &Plan,
    project: &Project,
    answers: &Answers,
    state: &StateView,
) -> Result<Decisions, Box<Diagnostic>> {
    let context = Context { plan, project, answers, state, clocks: Clocks::of(plan, answers) };
    let mut contenders = contest::contest(&context);
    for step in STEPS {
        step(&context, &mut contenders);
    }
    let outcomes: Vec<Outcome> = contenders.into_iter().map(|contender| contender.finish(&context)).collect();
    let mut funnels = Vec::with_capacity(outcomes.len());
    let mut rules = Vec::with_capacity(plan.rules.len());
    for (place, outcome) in outcomes.iter().enumerate() {
        if outcome.step == 0 {
            rules.push(place);
        }
        let funnel = funnel::count(&context, outcome);
        let sum = funnel.iter().map(|(_, count)| count).sum::<u64>();
        let expected = funnel::expected(&context, outcome);
        if sum != expected {
            return Err(diagnostics::sum(&plan.rules[outcome.rule as usize].name, sum, expected));
        }
        funnels.push(funnel);
    }
    let (ended, members) = (again::ended(&context), members::changes(&context));
    Ok(Decisions {
        population: answers.population(),
        as_of: plan.as_of,
        outcomes,
        funnels,
        rules,
        clocks: context.clocks,
        ended,
        members,
    })
}

impl Decisions {
    /// How many customers there are.
    pub fn population(&self) -> usize {
        self.population
    }

    /// Every customer × rule that matched, and every follow-up that was due: by customer, then rule, then step.
    pub fn list(&self) -> impl Iterator<Item = Decision> + use<'_> {
        list::List::new(&self.outcomes, self.population)
    }

    /// How a rule itself, step 0, or its n-th follow-up ended.
    ///
    /// # Panics
    /// If the plan has no such rule, or the rule no such step.
    pub fn step(&self, rule: u32, step: u32) -> Step<'_> {
        self.at(self.rules[rule as usize] + step as usize)
    }

    /// All steps, by rule, then step.
    pub fn steps(&self) -> impl Iterator<Item = Step<'_>> + use<'_> {
        (0..self.outcomes.len()).map(|place| self.at(place))
    }

    fn at(&self, place: usize) -> Step<'_> {
        Step {
            outcome: &self.outcomes[place],
            funnel: &self.funnels[place],
            clocks: &self.clocks,
            as_of: self.as_of,
        }
    }

    /// The spells that end with this run, by customer, then rule.
    pub fn ended(&self) -> &[Ended] {
        &self.ended
    }
}

/// The campaigns of this plan that do not run at its instant, so that their rules take nobody: indices into
/// [`Plan::campaigns`].
pub fn rests(plan: &Plan) -> impl Iterator<Item = usize> + use<'_> {
    let campaigns = plan.campaigns.iter().enumerate();
    campaigns.filter(|(_, campaign)| !campaign.standing.runs()).map(|(place, _)| place)
}

/// A place as it is kept: decisions hold 32 bits, more customers than that do not fit into one machine's memory.
pub(crate) fn number(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;
