//! Rules: whom they take, what they do, what follows.

use super::{Checker, Scope};
use crate::diagnostics::{lints, names, offers, types};
use crate::typed::{self, Action, Arm, Constant, Expr, ExprKind, FollowUp, Rule};
use crate::types::Type;
use rulec_diagnostic::Place;
use rulec_grammar::tree::{self, FollowUpCondition, Outcome, Split};

impl<'a> Checker<'a> {
    pub(super) fn rule(&mut self, rule: &tree::Rule, doc: Option<&str>, campaign: Option<&str>) {
        let when = self.rule_condition(&rule.when);
        let unless = rule.unless.as_ref().map(|unless| self.rule_condition(unless));
        let (split, actions) = match &rule.outcome {
            Outcome::Actions(actions) => (None, self.actions(actions)),
            Outcome::Split(split) => {
                let (split, actions) = self.split(split);
                (Some(split), actions)
            }
        };
        let follow_ups = rule.follow_ups.iter().map(|follow_up| self.follow_up(follow_up)).collect();
        let again = rule.again.as_ref().map(|again| self.some_time(&again.node));
        let place = self.place(rule.span);
        let name = self.rule_name(rule);
        self.program.rules.push(Rule {
            name,
            campaign: campaign.map(str::to_owned),
            doc: doc.map(str::to_owned),
            place,
            priority: rule.priority.as_ref().map_or(0, |priority| priority.node),
            when,
            unless,
            again,
            split,
            actions,
            follow_ups,
        });
    }

    /// The written name, or for a bare rule one made of its file's name.
    fn rule_name(&mut self, rule: &tree::Rule) -> String {
        let file = self.file;
        let Some(name) = &rule.name else {
            let place = rule.span.at(file);
            let name = self.name_of_bare_rule(place);
            if let Some(first) = self.rule_names.insert(name.clone(), place) {
                self.report(names::declared_twice(place, &name, first));
            }
            return name;
        };
        if let Some(first) = self.rule_names.insert(name.node.clone(), name.span.at(file)) {
            self.report(names::declared_twice(name.span.at(file), &name.node, first));
        }
        name.node.clone()
    }

    /// A bare rule is called after its file, seen from `rules/`: `winback` in `rules/winback.rules`, `vip/winback` in
    /// `rules/vip/winback.rules`; no other file changes that. Further ones in the file are numbered, which moving them
    /// does change, so they are told to take a name.
    fn name_of_bare_rule(&mut self, place: Place) -> String {
        let count = self.bare_rules.entry(self.file).or_default();
        *count += 1;
        let number = *count;
        let path = self.sources.name(self.file);
        let path = path.strip_suffix(".rules").unwrap_or(path);
        let path = path.strip_prefix("rules/").unwrap_or(path);
        if number == 1 {
            return path.to_owned();
        }
        let name = format!("{path}-{number}");
        // Said once a file.
        if number == 2 {
            self.report(lints::rule_without_name(place, &name));
        }
        name
    }

    fn rule_condition(&mut self, written: &tree::Expr) -> Expr {
        let condition = self.condition(written, Scope::default());
        if let (ExprKind::Constant(Constant::Bool(value)), tree::ExprKind::Literal(_)) =
            (&condition.kind, &written.kind)
        {
            let place = condition.place;
            let diagnostic = types::constant_condition(place, self.source(written.span), *value);
            self.report(diagnostic);
        }
        condition
    }

    pub(super) fn actions(&mut self, actions: &[tree::Action]) -> Vec<Action> {
        actions.iter().filter_map(|action| self.action(&action.kind, action.span)).collect()
    }

    fn follow_up(&mut self, follow_up: &tree::FollowUp) -> FollowUp {
        let delay = self.some_time(&follow_up.delay);
        let scope = Scope { row: None, follow_up: true };
        let condition = follow_up.condition.as_ref().map(|condition| match condition {
            FollowUpCondition::Unless(expr) => typed::FollowUpCondition::Unless(self.condition(expr, scope)),
            FollowUpCondition::When(expr) => typed::FollowUpCondition::When(self.condition(expr, scope)),
        });
        let actions = self.actions(&follow_up.actions);
        FollowUp { delay, condition, actions, place: self.place(follow_up.span) }
    }

    /// The experiment, and the actions of its arms one after another.
    fn split(&mut self, split: &Split) -> (typed::Split, Vec<Action>) {
        let name = &split.name;
        if let Some(first) = self.split_names.insert(name.node.clone(), name.span.at(self.file)) {
            self.report(names::declared_twice(self.place(name.span), &name.node, first));
        }
        // A campaign's holdout is an experiment too, and named so.
        let held =
            name.node.strip_prefix("holdout:").and_then(|campaign| self.symbols.campaigns.get(campaign));
        if let Some(campaign) = held {
            let other = campaign.name.span.at(campaign.file);
            self.report(names::declared_twice(self.place(name.span), &name.node, other));
        }
        let mut total = Some(0_i128);
        let mut typed =
            typed::Split { name: name.node.clone(), place: self.place(name.span), arms: Vec::new() };
        let mut all = Vec::new();
        for (number, arm) in (1..).zip(&split.arms) {
            let share = self.constant(&arm.share, &Type::Percent);
            total = match &share.kind {
                ExprKind::Constant(Constant::Percent(share)) => total
                    .map(|sum| sum + i128::from(share.mantissa) * 10_i128.pow(9 - u32::from(share.scale))),
                _ => None,
            };
            let actions = self.actions(&arm.actions);
            let label = self.arm_label(arm, number, &typed);
            typed.arms.push(Arm { label, share, actions: actions.len() });
            all.extend(actions);
        }
        const HUNDRED: i128 = 100_000_000_000;
        if let Some(total) = total.filter(|total| *total != HUNDRED) {
            self.report(offers::shares(self.place(name.span), total));
        }
        (typed, all)
    }

    /// The name by which an arm is counted: as written, else its number.
    fn arm_label(&mut self, arm: &tree::Arm, number: usize, split: &typed::Split) -> String {
        let label = arm.label.as_ref().map_or_else(|| number.to_string(), |label| label.node.clone());
        if split.arms.iter().any(|other| other.label == label) {
            let span = arm.label.as_ref().map_or(arm.span, |label| label.span);
            self.report(names::said_twice(self.place(span), &label));
        }
        label
    }
}
