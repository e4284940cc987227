//! The hash of a rule: whatever changes what it means, or to whom it goes, changes it.

use super::{Lowering, hex, update};
use crate::typed::{
    self, Action, DefinitionId, Expr, ExprKind, Field, FollowUpCondition, Offer, Piece, Send,
};
use rulec_diagnostic::Place;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// What goes into a hash: texts at once, expressions for what they rest on.
struct Covered<'e> {
    hash: Sha256,
    roots: Vec<&'e Expr>,
}

impl<'a> Lowering<'a> {
    /// SHA-256 over the text of a rule, the messages it sends, the terms of its campaign, the limits, suppressions and
    /// pools that it meets, and the texts of all definitions and the values of all params that any of these rest on.
    pub(super) fn rule_hash(&self, rule: &typed::Rule) -> String {
        let roots = std::iter::once(&rule.when).chain(&rule.unless).chain(&rule.again).collect();
        let mut covered = Covered { hash: Sha256::new(), roots };
        update(&mut covered.hash, self.text(rule.place));
        covered.roots.extend(rule.split.iter().flat_map(|split| &split.arms).map(|arm| &arm.share));
        for follow_up in &rule.follow_ups {
            covered.roots.push(&follow_up.delay);
            covered.roots.extend(follow_up.condition.iter().map(FollowUpCondition::expr));
        }
        for action in rule.all_actions() {
            self.cover_action(action, &mut covered);
        }
        self.cover_campaign(rule, &mut covered);
        self.cover_caps(rule, &mut covered);
        let Covered { mut hash, roots } = covered;
        let (definitions, params) = self.rests_on(roots);
        let mut texts: Vec<&str> =
            definitions.into_iter().map(|id| self.text(self.program.definition(id).place)).collect();
        // Definitions are numbered as they are first used in all files, so any other rule can change their order.
        texts.sort_unstable();
        for text in texts {
            update(&mut hash, text);
        }
        for name in params {
            update(&mut hash, name);
            update(&mut hash, &format!("{:?}", self.params.get(name)));
        }
        hex(hash)
    }

    fn cover_action<'e>(&'e self, action: &'e Action, covered: &mut Covered<'e>) {
        match action {
            Action::Send(send) => self.cover_send(send, covered),
            Action::GrantPoints(points) => covered.roots.push(points),
            Action::Tag(_) | Action::Untag(_) | Action::Task { .. } => {}
        }
    }

    fn cover_send<'e>(&'e self, send: &'e Send, covered: &mut Covered<'e>) {
        covered.roots.extend(&send.ttl);
        covered.roots.extend(send.offers.iter().filter_map(|offer| match offer {
            Offer::Points(expr) | Offer::Trial(expr) => Some(expr),
            Offer::Coupon { .. } | Offer::Discount(_) | Offer::Gift(_) => None,
        }));
        if let Some(quota) = &send.quota {
            covered.roots.push(&quota.count);
            covered.roots.extend(quota.best_by.iter().map(|ranking| &*ranking.value));
        }
        for piece in &send.message {
            match piece {
                Piece::Text(text) => update(&mut covered.hash, text),
                Piece::Field { value, place, .. } => {
                    update(&mut covered.hash, self.text(*place));
                    if let Field::Value(value) = value {
                        covered.roots.push(value);
                    }
                }
            }
        }
        let pools = self.program.pools.iter();
        for pool in pools.filter(|pool| Some(&pool.name) == send.pool.as_ref()) {
            update(&mut covered.hash, &pool.file);
        }
    }

    /// When the rule's campaign runs, whom it leaves out, and what it may cost.
    fn cover_campaign<'e>(&'e self, rule: &typed::Rule, covered: &mut Covered<'e>) {
        let Some(name) = &rule.campaign else { return };
        let Some(campaign) = self.program.campaigns.iter().find(|campaign| campaign.name == *name) else {
            return;
        };
        update(&mut covered.hash, name);
        for term in &campaign.terms {
            update(&mut covered.hash, self.text(*term));
        }
        let ends = campaign.first_day.iter().chain(&campaign.over_on);
        covered.roots.extend(ends.chain(&campaign.holdout));
        if let Some(conversion) = &campaign.conversion {
            covered.roots.push(&conversion.within);
            covered.roots.extend(&conversion.filter);
        }
        if let Some(budget) = &campaign.budget {
            covered.roots.push(&budget.amount);
            covered.roots.extend(budget.per.iter().filter_map(typed::Period::length));
        }
    }

    /// The limits and suppressions that one of the rule's messages meets.
    fn cover_caps<'e>(&'e self, rule: &typed::Rule, covered: &mut Covered<'e>) {
        let channels: BTreeSet<&str> = rule
            .all_actions()
            .filter_map(|action| match action {
                Action::Send(send) => Some(send.channel.as_str()),
                _ => None,
            })
            .collect();
        let meets = |channel: &Option<String>| {
            channel.as_deref().map_or(!channels.is_empty(), |channel| channels.contains(channel))
        };
        for limit in &self.program.limits {
            if meets(&limit.channel) && (limit.campaign.is_none() || limit.campaign == rule.campaign) {
                update(&mut covered.hash, &limit.name);
                covered.roots.push(&limit.count);
                covered.roots.extend(limit.per.length().into_iter().chain(&limit.segment));
            }
        }
        for ban in self.program.suppressions.iter().filter(|ban| meets(&ban.channel)) {
            update(&mut covered.hash, ban.channel.as_deref().unwrap_or_default());
            update(&mut covered.hash, self.text(ban.condition.place));
            covered.roots.push(&ban.condition);
        }
    }

    fn text(&self, place: Place) -> &'a str {
        self.sources.text(place.file).get(place.span.range()).unwrap_or_default()
    }

    /// All definitions and params that expressions rest on.
    fn rests_on<'e>(&'e self, mut open: Vec<&'e Expr>) -> (BTreeSet<DefinitionId>, BTreeSet<&'e str>) {
        let (mut definitions, mut params) = (BTreeSet::new(), BTreeSet::new());
        while let Some(expr) = open.pop() {
            match &expr.kind {
                ExprKind::Definition(id) | ExprKind::Membership { of: id, .. } if definitions.insert(*id) => {
                    open.push(&self.program.definition(*id).value);
                }
                ExprKind::Param(name) => {
                    params.insert(name.as_str());
                }
                _ => open.extend(expr.parts()),
            }
        }
        (definitions, params)
    }
}
