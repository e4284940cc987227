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
    /// All chains that begin, go on or end with this run, by rule, then step, then customer; of a rule and a customer one
    /// at the most.
    pub fn chains<'a>(&'a self, plan: &'a Plan) -> impl Iterator<Item = Chain> + use<'a> {
        self.steps().flat_map(move |step| {
            let first = self.step(step.outcome.rule, 0);
            let is_replaced =
                move |chain: &Chain| chain.step > 0 && first.outcome.sent.contains(chain.customer as usize);
            chains_of(plan, step).filter(move |chain| !is_replaced(chain))
        })
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

#[cfg(test)]
mod tests {
    use super::{Chain, Waiting};
    use crate::fixture::{World, at, days, follow_up, send};
    use rulec_plan::campaign::Standing;
    use rulec_plan::rules::{Action, SendTime};
    use rulec_plan::time::{Duration, HOUR};

    const TWO_DAYS: Duration = Duration::Exact { micros: 48 * HOUR };

    fn chains(world: &World) -> Vec<Chain> {
        world.decide().chains(&world.plan).collect()
    }

    fn waiting(step: u32, due_at: &str) -> Option<Waiting> {
        Some(Waiting { step, due_at: at(due_at) })
    }

    /// A rule for the first customer, and a chain of two follow-ups that is due for others.
    fn world() -> World {
        let mut world = World::new(6);
        let (first, second) = (world.condition(&[1, 2, 3, 4], &[]), world.condition(&[5], &[]));
        let (converted, opened) = (world.condition(&[1], &[]), world.condition(&[3], &[4]));
        let rule = world.rule("a", &[0]);
        rule.campaign = Some("winback".to_owned());
        rule.follow_ups = vec![follow_up(first, TWO_DAYS, "app"), follow_up(second, days(3), "app")];
        rule.follow_ups[0].converted = Some(converted);
        rule.follow_ups[0].condition = Some(opened);
        world.campaign("winback");
        world
    }

    #[test]
    fn chains_begin_go_on_and_end() {
        let world = world();
        let expected = [
            "0 a: send",
            "1 a+1: not matched (converted)",
            "2 a+1: not matched",
            "3 a+1: send",
            "4 a+1: data missing",
            "5 a+2: send",
        ];
        assert_eq!(world.list(), expected);
        let second = waiting(2, "2026-11-24T00:00:00");
        let of = |customer, step, next| Chain { customer, rule: 0, step, next };
        let expected = [
            of(0, 0, waiting(1, "2026-11-23T20:00:00")),
            of(1, 1, None),
            of(2, 1, second),
            of(3, 1, second),
            of(4, 1, second),
            of(5, 2, None),
        ];
        assert_eq!(chains(&world), expected);
    }

    #[test]
    fn chains_end_with_their_campaign_and_outlast_its_off_days() {
        let mut world = world();
        world.plan.campaigns[0].standing = Standing::Over;
        assert!(chains(&world).iter().all(|chain| chain.next.is_none()));
        assert_eq!(world.list()[0], "1 a+1: not matched (campaign over)");
        world.plan.campaigns[0].standing = Standing::OffDay;
        assert_eq!(chains(&world).iter().filter(|chain| chain.next.is_some()).count(), 3);
    }

    #[test]
    fn a_chain_that_begins_takes_the_place_of_one_that_waits() {
        let mut world = world();
        let again = world.condition(&[0, 3], &[]);
        world.plan.rules[0].condition = again;
        assert!(["3 a: send", "3 a+1: send"].iter().all(|line| world.list().contains(&(*line).to_owned())));
        let of_customer = chains(&world).into_iter().filter(|chain| chain.customer == 3);
        assert_eq!(of_customer.map(|chain| chain.step).collect::<Vec<_>>(), [0]);
    }

    #[test]
    fn a_follow_up_is_due_after_the_last_message_that_is_really_sent() {
        let mut world = world();
        let later = crate::fixture::send("sms");
        let later = Action::Send(rulec_plan::rules::Send { at: Some(SendTime::At(600)), ..later });
        world.plan.rules[0].actions = vec![later, Action::Send(send("app"))];
        assert_eq!(chains(&world)[0].next, waiting(1, "2026-11-24T10:00:00"));
        world.suppress(Some("sms"), &[0], "no");
        assert_eq!(chains(&world)[0].next, waiting(1, "2026-11-23T20:00:00"));
        world.suppress(Some("app"), &[0], "no");
        assert!(chains(&world).iter().all(|chain| chain.customer != 0));
    }
}
