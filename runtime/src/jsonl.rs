//! `rulec plan --format jsonl`: one object a line for every customer × rule whose verdict is neither `not matched` nor
//! `data missing`, by customer, then rule. `docs/plan-format.md` is the reference.

use crate::facts::{Facts, Value};
use crate::planfile::{Header, Line, PlannedDecision, RuleOutline};
use rulec_plan::verdict::Verdict;
use serde::Serialize;
use std::io::{self, Write};

/// One line; the order of the fields is fixed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row<'a> {
    /// The customer's key as text.
    pub customer: &'a str,
    /// The campaign; null outside campaigns.
    pub campaign: Option<&'a str>,
    /// The rule's name.
    pub rule: &'a str,
    /// The verdict in words: `send`, `outranked by R`.
    pub verdict: String,
    /// Why.
    pub reason: Option<&'a str>,
    /// The channel of the first message that goes out, else of the rule's first message; for a rule without messages
    /// `task`, `tag`, `untag` or `points`.
    pub channel: Option<&'a str>,
    /// What comes with that message: `coupon 150/500 ttl 15d`.
    pub offer: Option<String>,
    /// When it goes out, RFC 3339 in the project's zone; null if it does not.
    pub send_at: Option<&'a str>,
    /// The facts on which the rule rests; personal ones are `(personal)` unless asked for.
    pub facts: Facts,
}

/// Writes the decisions among these lines.
///
/// # Errors
/// Those of `out`.
pub fn write(
    header: &Header,
    lines: impl IntoIterator<Item = Line>,
    show_personal: bool,
    out: &mut impl Write,
) -> io::Result<()> {
    for line in lines {
        if let Line::Decision(decision) = line {
            write_decision(header, &decision, show_personal, out)?;
        }
    }
    Ok(())
}

/// Writes one decision, unless its verdict is `data missing`.
///
/// # Errors
/// Those of `out`.
pub fn write_decision(
    header: &Header,
    decision: &PlannedDecision,
    show_personal: bool,
    out: &mut impl Write,
) -> io::Result<()> {
    let Some(row) = row(header, decision, show_personal) else { return Ok(()) };
    serde_json::to_writer(&mut *out, &row)?;
    out.write_all(b"\n")
}

/// The row of a decision; none for `data missing` and for a rule that the header does not have.
pub fn row<'a>(header: &'a Header, decision: &'a PlannedDecision, show_personal: bool) -> Option<Row<'a>> {
    let rule = header.rules.get(&decision.rule).filter(|_| decision.verdict != Verdict::DataMissing)?;
    let shown = rule.shown_action(decision);
    Some(Row {
        customer: &decision.customer,
        campaign: rule.campaign.as_deref(),
        rule: &decision.rule,
        verdict: spoken(decision.verdict, decision.reason.as_deref()),
        reason: decision.reason.as_deref(),
        channel: shown.map(|step| rule.actions[step].kind.channel()),
        offer: shown.and_then(|step| rule.actions[step].kind.offer()),
        send_at: decision.actions.iter().find_map(|action| action.send_at.as_deref()),
        facts: facts(rule, decision, show_personal),
    })
}

/// The verdict with what its word asks for: the rule, the limit or the time.
pub fn spoken(verdict: Verdict, reason: Option<&str>) -> String {
    let word = verdict.word();
    match (verdict, reason) {
        (Verdict::Outranked | Verdict::Capped, Some(by)) => format!("{word} by {by}"),
        (Verdict::Hold, Some(until)) => format!("{word} until {until}"),
        _ => word.to_owned(),
    }
}

/// The facts of a decision, with personal ones only where they are asked for.
pub(crate) fn facts(rule: &RuleOutline, decision: &PlannedDecision, show_personal: bool) -> Facts {
    let mut facts = decision.facts.clone();
    for column in rule.facts.iter().filter(|column| column.personal && !show_personal) {
        if let Some(value) = facts.get_mut(&column.name).filter(|value| **value != Value::Missing) {
            *value = Value::personal();
        }
    }
    facts
}
