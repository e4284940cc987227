//! What happened so far, put together from the lines of the plans that were applied and from what was recorded; the state
//! is never looked at.

use super::calendar::after;
use super::lines::{Decision, PlanFile};
use super::shop::{Action, Rule, Send, Shop};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Of a rule and a customer.
pub type Pair = (String, usize);

#[derive(Default)]
pub struct History {
    pub messages: Vec<Message>,
    /// Whatever else was done: its key, and when it is.
    pub deeds: Vec<(String, i64)>,
    /// The chains that wait.
    pub chains: BTreeMap<Pair, Chain>,
    /// When rules fired last, control included.
    pub fired: BTreeMap<Pair, i64>,
    /// The rules that fired for customers who were not seen outside their condition since.
    pub open: BTreeSet<Pair>,
    /// The keys of messages that something came of, with what.
    pub outcomes: BTreeSet<(String, &'static str)>,
}

#[derive(Debug, Clone)]
pub struct Message {
    pub key: String,
    pub customer: usize,
    pub rule: String,
    pub campaign: Option<String>,
    pub step: usize,
    pub place: usize,
    pub channel: &'static str,
    pub is_marketing: bool,
    pub send_at: i64,
    pub cost_micros: i64,
    pub code: Option<String>,
    pub has_coupon: bool,
}

#[derive(Debug, Clone)]
pub struct Chain {
    pub began_at: i64,
    /// When its last message goes out.
    pub touched_at: Option<i64>,
    /// The keys of what its last step with messages sent.
    pub messages: Vec<String>,
    pub next: usize,
    pub due_at: i64,
}

impl History {
    /// Takes in a plan that was applied.
    pub fn take(&mut self, shop: &Shop, plan: &PlanFile) {
        for ended in &plan.ended {
            self.open.remove(ended);
        }
        // Chains that begin take the place of those that go on.
        let (first_steps, follow_ups): (Vec<_>, Vec<_>) =
            plan.decisions.iter().partition(|decision| decision.step == 0);
        for decision in follow_ups.into_iter().chain(first_steps) {
            let rule = shop.rules.iter().find(|rule| rule.name == decision.rule);
            let sent = self.done(shop, plan, rule, decision);
            let pair = (decision.rule.clone(), decision.customer);
            if decision.step == 0 && (decision.is_sent() || decision.verdict == "control") {
                self.fired.insert(pair.clone(), plan.as_of);
                self.open.insert(pair.clone());
            }
            if let Some(rule) = rule {
                self.go_on(shop, plan, (rule, pair), (decision, sent));
            }
        }
    }

    /// Writes down all that is done; gives the messages.
    fn done(
        &mut self,
        shop: &Shop,
        plan: &PlanFile,
        rule: Option<&Rule>,
        decision: &Decision,
    ) -> Vec<(String, i64)> {
        let mut sent = Vec::new();
        for done in decision.actions.iter().filter(|_| decision.is_sent()) {
            let key = key(plan.id(), &shop.customers[decision.customer].key, decision, done.place);
            let actions = rule.map_or_else(Vec::new, |rule| rule.actions(decision.step));
            let Some(Action::Send(send)) = actions.get(done.place) else {
                self.deeds.push((key, done.send_at));
                continue;
            };
            sent.push((key.clone(), done.send_at));
            let Send { channel, notice, coupon, .. } = send;
            self.messages.push(Message {
                key,
                customer: decision.customer,
                rule: decision.rule.clone(),
                campaign: rule.and_then(|rule| rule.campaign.clone()),
                step: decision.step,
                place: done.place,
                channel,
                is_marketing: notice.is_none(),
                send_at: done.send_at,
                cost_micros: done.cost_micros,
                code: done.code.clone(),
                has_coupon: coupon.is_some(),
            });
        }
        sent
    }

    /// What becomes of the chain of a rule and a customer.
    fn go_on(
        &mut self,
        shop: &Shop,
        plan: &PlanFile,
        (rule, pair): (&Rule, Pair),
        (decision, sent): (&Decision, Vec<(String, i64)>),
    ) {
        let begins = decision.step == 0 && decision.is_sent();
        let is_over =
            ["converted", "campaign over"].contains(&decision.reason.as_deref().unwrap_or_default());
        let before = if decision.step == 0 {
            let new =
                Chain { began_at: plan.as_of, touched_at: None, messages: Vec::new(), next: 0, due_at: 0 };
            begins.then_some(new)
        } else {
            self.chains.get(&pair).cloned()
        };
        let Some(mut chain) = before else { return };
        chain.next = decision.step + 1;
        if !sent.is_empty() {
            chain.touched_at = sent.iter().map(|(_, at)| *at).max();
            chain.messages = sent.into_iter().map(|(key, _)| key).collect();
        }
        let done = decision.actions.iter().filter(|_| decision.is_sent());
        let last = done.map(|done| done.send_at).max().unwrap_or(plan.as_of);
        match rule.follow_ups.get(decision.step) {
            Some(next) if !is_over => {
                chain.due_at = after(shop.zone, last, next.after);
                self.chains.insert(pair, chain);
            }
            _ => drop(self.chains.remove(&pair)),
        }
    }
}

/// The name of an action for ever.
fn key(plan: &str, customer: &str, decision: &Decision, place: usize) -> String {
    let place = if decision.step == 0 { place.to_string() } else { format!("{}.{place}", decision.step) };
    let parts = [plan, customer, &decision.rule, &place];
    let digest = Sha256::digest(parts.join("\0"));
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
