//! One verdict for each customer × rule.
//!
//! The rules of a campaign first compete for each customer; what a rule won then goes through the [`STEPS`], in that
//! order, over all rules at once. A step only takes away: the loser of a step is not replaced by the next rule.
//!
//! **Cost.** Customers are bits. A pair that does not match costs one bit and no allocation; a pair that does, one
//! [`Decision`] of 20 bytes. A rule holds one bit a customer for itself and for each of its actions while it is decided.

mod again;
mod contender;
mod contest;
mod reach;

use crate::diagnostics;
use crate::state::StateView;
use contender::Contender;
pub(crate) use reach::address_of;
use rulec_diagnostic::Diagnostic;
use rulec_engine::Answers;
use rulec_plan::Plan;
use rulec_plan::rules::Piece;
use rulec_plan::time::Day;
use rulec_plan::verdict::Verdict;

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

/// How many customers of a rule ended how, in the order of [`Verdict::ALL`].
pub type Funnel = [(Verdict, u64); Verdict::ALL.len()];

/// All verdicts of a run. Customers that do not match a rule, or of whom that is unknown, are counted and not listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decisions {
    population: usize,
    list: Vec<Decision>,
    lost_actions: Vec<LostAction>,
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
const STEPS: [Step; 5] = [again::step, reach::suppress, reach::consent, reach::address, reach::message];

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
    let mut decisions = Decisions {
        population: answers.population(),
        list: Vec::new(),
        lost_actions: Vec::new(),
        ended: again::ended(&context),
        funnels: Vec::with_capacity(plan.rules.len()),
    };
    for contender in contenders {
        decisions.take(contender, answers)?;
    }
    decisions.list.sort_by_key(|one| (one.customer, one.rule));
    decisions.lost_actions.sort_by_key(|one| (one.customer, one.rule, one.action));
    Ok(decisions)
}

impl Decisions {
    /// How many customers there are.
    pub fn population(&self) -> usize {
        self.population
    }

    /// Every customer × rule that matched, by customer, then rule.
    pub fn list(&self) -> &[Decision] {
        &self.list
    }

    /// The actions of this decision that are lost, where the rule has several; in their order. Empty when none is, and
    /// when the rule was lost as a whole.
    pub fn lost_actions(&self, decision: &Decision) -> &[LostAction] {
        let place = (decision.customer, decision.rule);
        let start = self.lost_actions.partition_point(|one| (one.customer, one.rule) < place);
        let rest = &self.lost_actions[start..];
        &rest[..rest.partition_point(|one| (one.customer, one.rule) == place)]
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

    fn take(&mut self, contender: Contender<'_>, answers: &Answers) -> Result<(), Box<Diagnostic>> {
        let rule = contender.rule;
        let several = rule.actions.len() > 1;
        let (decisions, lost_actions) = contender.finish();
        let funnel = funnel(answers, rule.condition, &decisions);
        let sum = funnel.iter().map(|(_, count)| count).sum::<u64>();
        if sum != self.population as u64 {
            return Err(diagnostics::sum(&rule.name, sum, self.population));
        }
        self.funnels.push(funnel);
        self.list.extend(decisions);
        if several {
            self.lost_actions.extend(lost_actions);
        }
        Ok(())
    }
}

/// Counts those outside the condition from the answers and all others from the decisions, so that a pair that was lost
/// or doubled on the way shows in the sum.
fn funnel(answers: &Answers, condition: rulec_plan::audience::NodeId, decisions: &[Decision]) -> Funnel {
    let tristate = answers.condition(condition);
    let seen = tristate.yes.union_count(&tristate.unknown);
    let mut funnel = Verdict::ALL.map(|verdict| (verdict, 0));
    for (verdict, count) in &mut funnel {
        *count = match verdict {
            Verdict::NotMatched => answers.population().saturating_sub(seen) as u64,
            Verdict::DataMissing => tristate.unknown.count_ones(..) as u64,
            _ => 0,
        };
    }
    for decision in decisions {
        for (verdict, count) in &mut funnel {
            *count += u64::from(*verdict == decision.verdict);
        }
    }
    funnel
}

impl Reason {
    /// The reason in words: the rule that won, the day since when, the `because` of a suppression, the fact that is
    /// missing. `rule` is the index of the rule that the reason is about.
    pub fn text(self, plan: &Plan, rule: u32) -> Option<String> {
        match self {
            Reason::None => None,
            Reason::Rule(winner) => plan.rules.get(winner as usize).map(|winner| winner.name.clone()),
            Reason::Since(day) => Some(day.to_string()),
            Reason::Suppression(index) => plan.suppressions.get(index as usize)?.because.clone(),
            Reason::Fact { action, piece } => {
                let action = plan.rules.get(rule as usize)?.actions.get(action as usize)?;
                match crate::needs::send_of(action)?.message.get(piece as usize)? {
                    Piece::Fact { label, .. } => Some(label.clone()),
                    Piece::Text(_) | Piece::OfferEnds => None,
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
