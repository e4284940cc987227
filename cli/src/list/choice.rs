//! Which decisions are wanted.

use crate::args::Choice;
use crate::diagnostics;
use crate::outcome::Stop;
use rulec_diagnostic::Diagnostic;
use rulec_plan::verdict::Verdict;
use rulec_runtime::planfile::{Header, PlannedDecision};
use rulec_runtime::{RuleSummary, jsonl};
use std::collections::BTreeSet;

/// A choice whose names are all those of the plan. Within a kind any of the names will do; without one, all.
#[derive(Debug, Clone, Default)]
pub struct Chosen {
    rules: BTreeSet<String>,
    campaigns: BTreeSet<String>,
    verdicts: BTreeSet<Verdict>,
    channels: BTreeSet<String>,
    customers: BTreeSet<String>,
    /// At most so many.
    pub limit: Option<u64>,
}

impl Chosen {
    /// What was asked for, if the plan has such rules, campaigns and channels: a slip of the pen must not look like a plan
    /// in which nothing happens.
    pub fn new(choice: &Choice, header: &Header) -> Result<Chosen, Stop> {
        let rules: Vec<&str> = header.rules.keys().map(String::as_str).collect();
        let campaigns: BTreeSet<&str> =
            header.rules.values().filter_map(|rule| rule.campaign.as_deref()).collect();
        let campaigns: Vec<&str> = campaigns.into_iter().collect();
        let channels = channels(header);
        let mut wrong = Vec::new();
        let mut check = |kind, names: &[String], known: &[&str]| {
            for name in names.iter().filter(|name| !known.contains(&name.as_str())) {
                wrong.push(diagnostics::not_in_plan(kind, name, known));
            }
        };
        check(diagnostics::Part::Rule, &choice.rule, &rules);
        check(diagnostics::Part::Campaign, &choice.campaign, &campaigns);
        check(diagnostics::Part::Channel, &choice.channel, &channels);
        if !wrong.is_empty() {
            return Err(Vec::<Diagnostic>::into(wrong));
        }
        Ok(Chosen {
            rules: choice.rule.iter().cloned().collect(),
            campaigns: choice.campaign.iter().cloned().collect(),
            verdicts: choice.verdict.iter().copied().collect(),
            channels: choice.channel.iter().cloned().collect(),
            customers: choice.customer.iter().cloned().collect(),
            limit: choice.limit,
        })
    }

    /// Whether this decision is one of them; those that lack data only when asked for by their verdict or their customer.
    pub fn takes(&self, header: &Header, decision: &PlannedDecision<'_>) -> bool {
        let takes = |names: &BTreeSet<String>, name: &str| names.is_empty() || names.contains(name);
        let is_wanted = if self.verdicts.is_empty() {
            jsonl::is_listed(decision) || !self.customers.is_empty()
        } else {
            self.verdicts.contains(&decision.verdict)
        };
        is_wanted
            && takes(&self.customers, &decision.customer)
            && takes(&self.rules, &decision.rule)
            && self.takes_campaign(header, decision)
            && (self.channels.is_empty() || self.has_channel(header, decision))
    }

    /// Whether this rule is chosen, by its own name and that of its campaign.
    pub fn takes_rule(&self, rule: &RuleSummary) -> bool {
        let by_name = self.rules.is_empty() || self.rules.contains(&rule.rule);
        let campaign = rule.campaign.as_ref();
        by_name && (self.campaigns.is_empty() || campaign.is_some_and(|name| self.campaigns.contains(name)))
    }

    fn takes_campaign(&self, header: &Header, decision: &PlannedDecision<'_>) -> bool {
        let campaign = || header.rules.get(&*decision.rule)?.campaign.as_deref();
        self.campaigns.is_empty() || campaign().is_some_and(|campaign| self.campaigns.contains(campaign))
    }

    /// Whether any of its actions, done or lost, is of a channel that is wanted; of a decision that was lost as a whole, the
    /// action that stands for it.
    fn has_channel(&self, header: &Header, decision: &PlannedDecision<'_>) -> bool {
        let Some(rule) = header.rules.get(&*decision.rule) else { return false };
        let actions = rule.actions_of(decision.step);
        let mut listed = decision.actions.iter().filter_map(|action| actions.get(action.step as usize));
        let shown = rule.shown_action(decision).map(|(_, kind)| kind.channel());
        listed.any(|action| self.channels.contains(action.kind.channel()))
            || shown.is_some_and(|channel| self.channels.contains(channel))
    }
}

/// All channels of a plan, and what else its rules do; sorted.
fn channels(header: &Header) -> Vec<&str> {
    let steps = header.rules.values().flat_map(|rule| {
        let later = rule.follow_ups.iter().flat_map(|follow_up| &follow_up.actions);
        rule.actions.iter().chain(later)
    });
    let channels: BTreeSet<&str> = steps.map(|action| action.kind.channel()).collect();
    channels.into_iter().collect()
}
