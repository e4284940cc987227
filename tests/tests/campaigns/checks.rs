//! What must be true of one plan, after what happened before.

use super::calendar::{TWO_DAYS_AND_A_BIT, day_of, is_between, is_within, local, minute_of};
use super::history::{Chain, History};
use super::lines::{Decision, Done, PlanFile};
use super::shop::{Action, At, Body, Campaign, Rule, Send, Shop};
use super::text::BUSY;
use chrono::{Datelike, TimeDelta};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// What is wrong, if something is.
pub type Checked = Result<(), String>;

macro_rules! must {
    ($holds:expr, $($what:tt)+) => {
        if !$holds {
            return Err(format!($($what)+));
        }
    };
}
pub(crate) use must;

/// A plan, and all that it may rest on.
pub struct Checker<'a> {
    pub shop: &'a Shop,
    pub history: &'a History,
    pub plan: &'a PlanFile,
    /// Whether what is declared later is declared by now.
    pub later: bool,
}

impl Checker<'_> {
    pub fn check(&self) -> Checked {
        self.funnels()?;
        self.contests()?;
        self.busy()?;
        for decision in &self.plan.decisions {
            let Some(rule) = self.shop.rules.iter().find(|rule| rule.name == decision.rule) else { continue };
            let checked = self.decision(rule, decision);
            checked.map_err(|wrong| format!("{wrong}: {decision:?} of {rule:?}"))?;
        }
        self.due()
    }

    /// The verdicts of a rule add up to all customers, those of a follow-up to those for whom it is due, and the lines are as
    /// many as the funnel says.
    fn funnels(&self) -> Checked {
        let mut lines: BTreeMap<(&str, usize, &str), u64> = BTreeMap::new();
        let mut seen = BTreeSet::new();
        for decision in &self.plan.decisions {
            let step = (decision.rule.as_str(), decision.step);
            must!(seen.insert((step, decision.customer)), "two verdicts: {decision:?}");
            *lines.entry((step.0, step.1, &decision.verdict)).or_default() += 1;
        }
        let rules = self.plan.header["rules"].as_object().expect("rules");
        for (name, rule) in rules {
            let population = self.shop.customers.len() as u64;
            let follow_ups = rule["follow_ups"].as_array().into_iter().flatten();
            let steps = std::iter::once((rule, population))
                .chain(follow_ups.map(|step| (step, step["due"].as_u64().expect("a number"))));
            for (step, (outline, expected)) in steps.enumerate() {
                let funnel = outline["funnel"].as_object().expect("a funnel");
                let counts =
                    funnel.iter().map(|(verdict, count)| (verdict, count.as_u64().expect("a number")));
                let sum: u64 = counts.clone().map(|(_, count)| count).sum();
                must!(sum == expected, "{name} {step}: {sum} verdicts for {expected} customers");
                for (verdict, count) in counts {
                    let listed = lines.get(&(name.as_str(), step, verdict.as_str())).copied().unwrap_or(0);
                    let alike = match verdict.as_str() {
                        "not matched" if step == 0 => listed == 0,
                        "data missing" if step == 0 => listed <= count,
                        _ => listed == count,
                    };
                    must!(alike, "{name} {step}: {listed} lines and {count} in the funnel are {verdict}");
                }
            }
        }
        Ok(())
    }

    /// One rule a customer and campaign, that of the highest priority.
    fn contests(&self) -> Checked {
        let mut winners: BTreeMap<(Option<&str>, usize), &Rule> = BTreeMap::new();
        let rules = |decision: &Decision| self.shop.rules.iter().find(|rule| rule.name == decision.rule);
        let first_steps = || self.plan.decisions.iter().filter(|decision| decision.step == 0);
        for decision in first_steps().filter(|decision| decision.verdict != "outranked") {
            let Some(rule) = rules(decision) else { continue };
            let before = winners.insert((rule.campaign.as_deref(), decision.customer), rule);
            must!(before.is_none(), "two rules won: {decision:?} and {before:?}");
        }
        for decision in first_steps().filter(|decision| decision.verdict == "outranked") {
            let Some(rule) = rules(decision) else { continue };
            let Some(winner) = winners.get(&(rule.campaign.as_deref(), decision.customer)) else {
                must!(decision.reason.as_deref() == Some(BUSY), "nobody won: {decision:?}");
                continue;
            };
            let is_better = winner.priority > rule.priority && decision.reason.as_ref() == Some(&winner.name);
            must!(is_better, "{winner:?} won: {decision:?}");
        }
        Ok(())
    }

    /// The rule that asks how much was sent takes those of whom the plans say so.
    fn busy(&self) -> Checked {
        let zone = self.shop.zone;
        let from = day_of(zone, self.plan.as_of) - TimeDelta::days(3);
        for customer in 0..self.shop.customers.len() {
            let messages = self.history.messages.iter().filter(|message| {
                let is_past = message.send_at <= self.plan.as_of && day_of(zone, message.send_at) >= from;
                message.customer == customer && is_past
            });
            let count = messages.count();
            let is_taken = self.plan.decisions.iter().any(|one| one.rule == BUSY && one.customer == customer);
            must!(is_taken == (count >= 2), "customer {customer} got {count}, {BUSY} takes her: {is_taken}");
        }
        Ok(())
    }

    fn decision(&self, rule: &Rule, decision: &Decision) -> Checked {
        let key = &self.shop.customers[decision.customer].key;
        let campaign = self.shop.campaign(rule);
        let holdout = campaign.and_then(|campaign| campaign.holdout).filter(|one| self.later || !one.later);
        if let (Some(campaign), Some(holdout)) = (campaign, holdout) {
            let is_held_out = is_below(drawn(&format!("holdout:{}", campaign.name), key), holdout.percent);
            must!(!(is_held_out && decision.is_sent()), "she is held out");
        }
        if decision.step == 0 {
            self.again(rule, decision)?;
            self.standing(campaign, decision)?;
            self.arm(rule, decision, key)?;
        } else {
            let chain = self.history.chains.get(&(rule.name.clone(), decision.customer));
            let is_due = |chain: &&Chain| chain.next == decision.step && chain.due_at <= self.plan.as_of;
            let due = chain.filter(is_due).ok_or_else(|| format!("not due is {chain:?}"));
            let chain = due?;
            self.follow_up(rule, decision, chain)?;
        }
        must!(decision.is_sent() != decision.actions.is_empty(), "it is sent, and nothing done, or not");
        let actions = rule.actions(decision.step);
        for done in &decision.actions {
            must!(done.send_at >= self.plan.as_of, "it is sent before it is decided");
            must!((done.verdict == "hold") == (done.send_at > self.plan.as_of), "it waits, or not");
            if let Some(Action::Send(send)) = actions.get(done.place) {
                self.message(decision, done, send)?;
            }
        }
        Ok(())
    }

    fn again(&self, rule: &Rule, decision: &Decision) -> Checked {
        let pair = (rule.name.clone(), decision.customer);
        let is_due = self.history.fired.get(&pair).is_none_or(|last| match rule.again_days {
            None => !self.history.open.contains(&pair),
            Some(days) => {
                let days_since = day_of(self.shop.zone, self.plan.as_of) - day_of(self.shop.zone, *last);
                days_since >= TimeDelta::days(days)
            }
        });
        let is_touched = decision.verdict == "already touched";
        must!(decision.verdict == "outranked" || is_touched != is_due, "due again: {is_due}");
        Ok(())
    }

    /// Rules take customers on days of their campaign only, and nothing goes out before its time of day.
    fn standing(&self, campaign: Option<&Campaign>, decision: &Decision) -> Checked {
        let Some(campaign) = campaign else { return Ok(()) };
        must!(self.runs(campaign) && !self.is_over(campaign), "the campaign rests");
        let Some(weekdays) = &campaign.weekdays else { return Ok(()) };
        let now = local(self.shop.zone, self.plan.as_of);
        must!(weekdays.contains(&now.weekday().num_days_from_monday()), "it is no day of the campaign");
        let earliest = campaign.at.unwrap_or(0);
        for done in &decision.actions {
            let today = day_of(self.shop.zone, done.send_at) == now.date_naive();
            let is_late = !today || minute_of(self.shop.zone, done.send_at) >= earliest;
            // Only messages wait.
            must!(done.message.is_none() || is_late, "it goes out before the time of the campaign");
        }
        Ok(())
    }

    fn days_since_begin(&self) -> i64 {
        (day_of(self.shop.zone, self.plan.as_of) - day_of(self.shop.zone, self.shop.begin)).num_days()
    }

    fn runs(&self, campaign: &Campaign) -> bool {
        campaign.active.is_none_or(|(first, _)| self.days_since_begin() >= first)
    }

    fn is_over(&self, campaign: &Campaign) -> bool {
        campaign.active.is_some_and(|(_, over)| self.days_since_begin() >= over)
    }

    /// The arm is the published one, and only its actions are done.
    fn arm(&self, rule: &Rule, decision: &Decision, key: &str) -> Checked {
        let Body::Split { name, arms } = &rule.body else {
            must!(decision.arm.is_none(), "there is no split");
            return Ok(());
        };
        let drawn = drawn(name, key);
        let (mut percent, mut first) = (0, 0);
        for arm in arms {
            percent += arm.percent;
            if is_below(drawn, percent) {
                let own = first..first + arm.actions.len();
                let is_drawn = decision.arm.as_ref().is_none_or(|label| *label == arm.label);
                must!(is_drawn, "her arm is {}", arm.label);
                must!(!decision.is_sent() || decision.arm.is_some(), "she has no arm");
                must!(
                    decision.actions.iter().all(|done| own.contains(&done.place)),
                    "her arm is {}",
                    arm.label
                );
                return Ok(());
            }
            first += arm.actions.len();
        }
        Err(format!("no arm takes {drawn}"))
    }

    /// What ends a chain, or lets a step of it pass, is known from the plans and from what was recorded.
    fn follow_up(&self, rule: &Rule, decision: &Decision, chain: &Chain) -> Checked {
        let was =
            |kind| chain.messages.iter().any(|key| self.history.outcomes.contains(&(key.clone(), kind)));
        let campaign = self.shop.campaign(rule);
        let has_ordered = campaign.and_then(|campaign| campaign.converts_within).is_some_and(|within| {
            let touched = chain.touched_at.unwrap_or(chain.began_at);
            let orders = self.shop.orders.iter().filter(|order| order.customer == decision.customer);
            let mut in_time = orders.filter(|order| {
                let is_since = order.at >= chain.began_at && order.at <= self.plan.as_of;
                is_since && is_within(self.shop.zone, touched, order.at, within)
            });
            in_time.next().is_some()
        });
        let unless = rule.follow_ups[decision.step - 1].unless;
        let is_seen = unless.is_some_and(|unless| unless.split(" or ").any(&was));
        let reason = if campaign.is_some_and(|campaign| self.is_over(campaign)) {
            Some(Some("campaign over"))
        } else if has_ordered || was("converted") {
            Some(Some("converted"))
        } else {
            is_seen.then_some(None)
        };
        let found = (decision.verdict == "not matched").then_some(decision.reason.as_deref());
        must!(found == reason, "expected {reason:?} after {chain:?}");
        Ok(())
    }

    /// Every chain that is due is decided.
    fn due(&self) -> Checked {
        for ((rule, customer), chain) in &self.history.chains {
            let mut decided = self.plan.decisions.iter().filter(|decision| {
                (&decision.rule, decision.customer, decision.step) == (rule, *customer, chain.next)
            });
            let is_due = chain.due_at <= self.plan.as_of;
            must!(decided.next().is_some() == is_due, "{rule} {customer}: {chain:?} is due: {is_due}");
        }
        Ok(())
    }

    /// One message may go out, when it does, and costs what it costs.
    fn message(&self, decision: &Decision, done: &Done, send: &Send) -> Checked {
        let customer = &self.shop.customers[decision.customer];
        let channel = self.shop.channel(send.channel);
        must!(!customer.complains, "she complains");
        if channel.is_text {
            must!(customer.agreed == Some(true), "she has not agreed");
            let phone = customer.phone.as_deref().map(str::trim).filter(|phone| !phone.is_empty());
            must!(phone.is_some() && done.to.as_deref() == phone, "she cannot be reached");
        }
        let message = done.message.as_deref().ok_or("there is no message")?;
        must!(!send.text.contains("{name}") || customer.name.is_some(), "her name is missing");
        let units = i64::try_from(message.encode_utf16().count()).expect("a small number");
        let parts = if channel.by_parts && units > 70 { (units + 66) / 67 } else { 1 };
        must!(done.parts == parts, "{units} units are {parts} parts");
        let coupon = send.coupon.map_or(0, |(off, _)| off * 1_000_000);
        must!(done.cost_micros == channel.price_micros * parts + coupon, "it costs more or less");
        must!(done.code.is_some() == send.pool.is_some(), "a code is missing, or too many");
        self.time(decision, done, send)
    }

    fn time(&self, decision: &Decision, done: &Done, send: &Send) -> Checked {
        let channel = self.shop.channel(send.channel);
        let minute = minute_of(self.shop.zone_of(decision.customer), done.send_at);
        let quiet = channel.quiet.filter(|_| send.notice.is_none());
        must!(!quiet.is_some_and(|quiet| is_between(minute, quiet)), "it goes out in quiet hours");
        must!(done.send_at - self.plan.as_of <= TWO_DAYS_AND_A_BIT, "it waits for too long");
        let (begins, is_met) = match send.at {
            None => return Ok(()),
            Some(At::Time(time)) => (time, minute == time),
            Some(At::Between(from, to)) => (from, is_between(minute, (from, to))),
        };
        // A time that is always quiet is put off to the end of the quiet hours.
        let is_put_off = quiet.is_some_and(|quiet| is_between(begins, quiet) && minute == quiet.1);
        must!(is_met || is_put_off, "it goes out at {minute} minutes of her day");
        Ok(())
    }
}

/// The first eight bytes of SHA-256 of the name, a zero byte and the key.
fn drawn(name: &str, key: &str) -> u64 {
    let digest = Sha256::digest([name.as_bytes(), &[0], key.as_bytes()].concat());
    digest.iter().take(8).fold(0, |drawn, byte| drawn << 8 | u64::from(*byte))
}

/// Whether it lies below so much of 2^64.
fn is_below(drawn: u64, percent: u64) -> bool {
    u128::from(drawn) * 100 < u128::from(percent) << 64
}
