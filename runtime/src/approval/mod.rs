//! That people have looked at a plan and want it sent: signed with a key of their own, checked before anything goes out.
//!
//! An approval is of one plan file, by its id, which is a hash of all that it says. Approved for a time (`until`), it also
//! holds for plans made later that stay inside its [`Envelope`]: the same rules and project file, no more customers of any
//! rule, no more messages by any channel, no more cost.
//!
//! Approvals are JSON lines, beside the plan file or wherever they are passed on. What is signed (Ed25519, RFC 8032) is
//! the JSON of [`Approved`] as it stands in the line, behind a prefix that no other use of the key has.

mod diagnostics;
mod key;
mod read;

pub use key::{PublicKey, SecretKey};
pub use read::{append, beside, read};
pub use rulec_channels::is_open_to_others;

use crate::diagnostics::Result;
use crate::planfile::Header;
use crate::summary::Summary;
use chrono::DateTime;
use indexmap::IndexMap;
use rulec_plan::project::Project;
use rulec_plan::time::{Instant, Zone};
use rulec_plan::verdict::Verdict;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What every line calls the format.
const FORMAT: &str = "rulec-approval";
/// The version that is written.
const VERSION: u32 = 1;

/// An approval with its signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// What was approved.
    pub approved: Approved,
    /// By the key of who approved it: 128 hex digits.
    pub signature: String,
}

/// Who approved a plan that is applied, as the record names them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Approver {
    /// As `[apply.approvers]` names the key.
    pub name: String,
    /// The public key: 64 hex digits.
    pub key: String,
}

/// What was approved, by whom and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approved {
    /// `rulec-approval`.
    pub format: String,
    /// 1.
    pub version: u32,
    /// Who, as `[apply.approvers]` names the key.
    pub by: String,
    /// When, RFC 3339.
    pub at: String,
    /// Until when later plans inside the envelope count as approved, RFC 3339; absent: only this plan.
    pub until: Option<String>,
    /// The plan's id.
    pub plan: String,
    /// What the plan may do at the most.
    pub envelope: Envelope,
}

/// What a plan does, in the numbers that matter to who answers for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// The project's name.
    pub project: String,
    /// SHA-256 of the rule texts.
    pub rules_hash: String,
    /// SHA-256 of the checked project file.
    pub project_hash: String,
    /// For how many customers each rule does something.
    pub customers: IndexMap<String, u64>,
    /// How many messages go out by each channel, those of follow-ups among them.
    pub messages: IndexMap<String, u64>,
    /// How many other things are done: `task`, `tag`, `untag`, `points`.
    pub others: IndexMap<String, u64>,
    /// What sending them costs, in millionths of the currency's unit.
    pub messages_micros: i64,
    /// What their coupons cost at most, in cents.
    pub coupons_cents: i64,
    /// Whether there are discounts too, whose cost has no bound.
    pub unbounded: bool,
}

/// Why an approval does not count for a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Objection {
    /// `[apply.approvers]` does not name who signed.
    Stranger,
    /// The signature is not one of this text by this key.
    Forged,
    /// It is of another plan, and of that one only.
    OtherPlan,
    /// It held until this instant.
    Expired(String),
    /// The plan is of other rules, or of another project file.
    OtherRules,
    /// The plan does more: what, how much was approved, how much it is.
    More { what: Excess, approved: i64, planned: i64 },
}

/// In what a plan exceeds an envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Excess {
    /// Customers of a rule.
    Rule(String),
    /// Messages by a channel.
    Channel(String),
    /// What is done beside messages.
    Deed(String),
    /// Millionths of the currency's unit for messages.
    Messages,
    /// Cents for coupons.
    Coupons,
    /// Discounts without bound.
    Discounts,
}

impl Envelope {
    /// Of a plan.
    pub fn of(header: &Header) -> Envelope {
        let summary = Summary::of_header(header);
        let done = |funnel: &IndexMap<String, u64>| {
            [Verdict::Send, Verdict::Hold].iter().filter_map(|verdict| funnel.get(verdict.word())).sum()
        };
        Envelope {
            project: header.project.clone(),
            rules_hash: header.rules_hash.clone(),
            project_hash: header.project_hash.clone(),
            customers: summary.rules.iter().map(|rule| (rule.rule.clone(), done(&rule.funnel))).collect(),
            messages: summary.total.messages,
            others: summary.total.others,
            messages_micros: summary.total.messages_micros,
            coupons_cents: summary.total.coupons_cents,
            unbounded: summary.total.unbounded,
        }
    }

    /// Why a plan that does `planned` lies outside; the first reason.
    fn objection(&self, planned: &Envelope) -> Option<Objection> {
        let rules = |one: &Envelope| (one.project.clone(), one.rules_hash.clone(), one.project_hash.clone());
        if rules(self) != rules(planned) {
            return Some(Objection::OtherRules);
        }
        let count = |counts: &IndexMap<String, u64>, name: &String| {
            i64::try_from(counts.get(name).copied().unwrap_or(0)).unwrap_or(i64::MAX)
        };
        let by_rule = planned.customers.keys().map(|rule| {
            (Excess::Rule(rule.clone()), count(&self.customers, rule), count(&planned.customers, rule))
        });
        let by_channel = planned.messages.keys().map(|channel| {
            (
                Excess::Channel(channel.clone()),
                count(&self.messages, channel),
                count(&planned.messages, channel),
            )
        });
        let by_deed = planned.others.keys().map(|deed| {
            (Excess::Deed(deed.clone()), count(&self.others, deed), count(&planned.others, deed))
        });
        let costs = [
            (Excess::Messages, self.messages_micros, planned.messages_micros),
            (Excess::Coupons, self.coupons_cents, planned.coupons_cents),
            (Excess::Discounts, i64::from(self.unbounded), i64::from(planned.unbounded)),
        ];
        let mut all = by_rule.chain(by_channel).chain(by_deed).chain(costs);
        let (what, approved, planned) = all.find(|(_, approved, planned)| planned > approved)?;
        Some(Objection::More { what, approved, planned })
    }
}

/// Approves a plan with a key. `until`: the instant until which later plans inside the envelope are approved too.
pub fn approve(
    header: &Header,
    key: &SecretKey,
    by: &str,
    at: Instant,
    until: Option<Instant>,
    zone: Zone,
) -> Approval {
    let approved = Approved {
        format: FORMAT.to_owned(),
        version: VERSION,
        by: by.to_owned(),
        at: at.to_rfc3339(zone),
        until: until.map(|until| until.to_rfc3339(zone)),
        plan: header.id.clone(),
        envelope: Envelope::of(header),
    };
    let signature = key.sign(&approved);
    Approval { approved, signature }
}

/// Whether a plan may be applied now: not too old, and approved by as many people as the project asks for. Gives all whose
/// approval counts, by name; nobody if it asks for none.
///
/// # Errors
/// `R0171` not enough approvals count, with the reason for each that does not; `R0172` the plan is too old.
pub fn check(
    project: &Project,
    header: &Header,
    approvals: &[Approval],
    now: Instant,
) -> Result<Vec<Approver>> {
    check_age(project, header, now)?;
    let needed = project.approvals.needed;
    if needed == 0 {
        return Ok(Vec::new());
    }
    let planned = Envelope::of(header);
    let mut by: BTreeMap<&str, PublicKey> = BTreeMap::new();
    let mut objections = Vec::new();
    for approval in approvals {
        let name = approval.approved.by.as_str();
        match counts(project, header, &planned, approval, now) {
            Ok(key) => _ = by.insert(name, key),
            Err(objection) => objections.push((name, objection)),
        }
    }
    if by.len() as u64 >= u64::from(needed) {
        let approver =
            |(name, key): (&str, PublicKey)| Approver { name: name.to_owned(), key: key.to_string() };
        return Ok(by.into_iter().map(approver).collect());
    }
    let by: BTreeSet<&str> = by.into_keys().collect();
    objections.retain(|(name, _)| !by.contains(name));
    Err(diagnostics::too_few(needed, &by, &objections))
}

fn check_age(project: &Project, header: &Header, now: Instant) -> Result<()> {
    let (Some(max_age), Some((as_of, zone))) = (project.approvals.max_age, header.moment()) else {
        return Ok(());
    };
    if as_of < zone.back(now, max_age) {
        return Err(diagnostics::too_old(&header.as_of, max_age));
    }
    Ok(())
}

/// The key by which this approval counts for the plan, or why it does not.
fn counts(
    project: &Project,
    header: &Header,
    planned: &Envelope,
    approval: &Approval,
    now: Instant,
) -> Result<PublicKey, Objection> {
    let approved = &approval.approved;
    let key = project.approvals.approvers.get(&approved.by).and_then(|key| PublicKey::parse(key));
    let key = key.ok_or(Objection::Stranger)?;
    if !key.verifies(approval) {
        return Err(Objection::Forged);
    }
    if approved.plan == header.id {
        return Ok(key);
    }
    let Some(until) = &approved.until else { return Err(Objection::OtherPlan) };
    let ends = DateTime::parse_from_rfc3339(until).map(|ends| ends.timestamp_micros());
    if ends.map_or(true, |ends| ends < now.0) {
        return Err(Objection::Expired(until.clone()));
    }
    approved.envelope.objection(planned).map_or(Ok(key), Err)
}

#[cfg(test)]
mod tests;
