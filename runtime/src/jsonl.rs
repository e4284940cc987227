//! `rulec plan --format jsonl`: one object a line for every customer × rule whose verdict is neither `not matched` nor
//! `data missing`, by customer, then rule and step. `docs/plan-format.md` is the reference. Tables and workbooks show the
//! same [`Row`]s.

use crate::facts::{Facts, Value};
use crate::planfile::{Detail, FactColumn, Header, Offered, Planned, PlannedDecision};
use rulec_plan::verdict::Verdict;
use serde::{Serialize, Serializer};
use std::borrow::Cow;
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
    /// The follow-up, from 1; absent for the rule itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<u32>,
    /// The arm of the rule's experiment; absent without one, and where it was not drawn any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arm: Option<&'a str>,
    /// The verdict in words: `send`, `outranked by R`.
    pub verdict: Cow<'static, str>,
    /// Why.
    pub reason: Option<&'a str>,
    /// The channel of the first message that goes out, else of the rule's first message; for a rule without messages
    /// `task`, `tag`, `untag` or `points`.
    pub channel: Option<&'a str>,
    /// What comes with that message: `coupon 150/500 ttl 15d`.
    pub offer: Option<Offered<'a>>,
    /// When that goes out, RFC 3339 in the project's zone; null if it does not.
    pub send_at: Option<&'a str>,
    /// The facts on which the rule rests; personal ones are `(personal)` unless asked for.
    pub facts: ShownFacts<'a>,
}

/// The facts of a decision, with personal ones only where they are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShownFacts<'a> {
    columns: &'a [FactColumn],
    facts: &'a Facts<'a>,
    show_personal: bool,
}

/// Writes all decisions of a run.
///
/// # Errors
/// Those of `out`.
pub fn write(
    header: &Header,
    planned: Planned<'_>,
    show_personal: bool,
    out: &mut impl Write,
) -> io::Result<()> {
    let mut line = Vec::new();
    for decision in planned.decisions(header, Detail::Outcome).filter(is_listed) {
        if let Some(row) = row(header, &decision, show_personal) {
            line.clear();
            serde_json::to_writer(&mut line, &row)?;
            line.push(b'\n');
            out.write_all(&line)?;
        }
    }
    Ok(())
}

/// Whether a decision is shown where nobody asks for its verdict.
pub fn is_listed(decision: &PlannedDecision<'_>) -> bool {
    !matches!(decision.verdict, Verdict::DataMissing | Verdict::NotMatched)
}

/// The row of a decision; none for a rule that the header does not have.
pub fn row<'a>(
    header: &'a Header,
    decision: &'a PlannedDecision<'a>,
    show_personal: bool,
) -> Option<Row<'a>> {
    let rule = header.rules.get(&*decision.rule)?;
    let shown = rule.shown_action(decision);
    let planned = |place: usize| decision.actions.iter().find(|action| action.step as usize == place);
    Some(Row {
        customer: &decision.customer,
        campaign: rule.campaign.as_deref(),
        rule: &decision.rule,
        step: (decision.step > 0).then_some(decision.step),
        arm: decision.arm.as_deref(),
        verdict: spoken(decision.verdict, decision.reason.as_deref()),
        reason: decision.reason.as_deref(),
        channel: shown.map(|(_, kind)| kind.channel()),
        offer: shown.and_then(|(_, kind)| kind.offer()),
        send_at: shown.and_then(|(place, _)| planned(place)?.send_at.as_deref()),
        facts: ShownFacts::new(rule.facts_of(decision.step), decision, show_personal),
    })
}

/// The verdict with what its word asks for: the rule, the limit or the time.
pub fn spoken(verdict: Verdict, reason: Option<&str>) -> Cow<'static, str> {
    let word = verdict.word();
    match (verdict, reason) {
        (Verdict::Outranked | Verdict::Capped, Some(by)) => Cow::from(format!("{word} by {by}")),
        (Verdict::Hold, Some(until)) => Cow::from(format!("{word} until {until}")),
        _ => Cow::from(word),
    }
}

impl<'a> ShownFacts<'a> {
    /// Those of this decision, of which the columns say what is personal.
    pub(crate) fn new(
        columns: &'a [FactColumn],
        decision: &'a PlannedDecision<'a>,
        show_personal: bool,
    ) -> Self {
        Self { columns, facts: &decision.facts, show_personal }
    }

    /// Names and values, the hidden ones as [`PERSONAL`](crate::facts::PERSONAL).
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, Cow<'a, Value>)> {
        let this = *self;
        self.facts.iter().map(move |(name, value)| {
            let hidden = *value != Value::Missing && this.hides(name);
            (name, if hidden { Cow::Owned(Value::personal()) } else { Cow::Borrowed(value) })
        })
    }

    fn hides(&self, name: &str) -> bool {
        !self.show_personal && self.columns.iter().any(|column| column.personal && column.name == name)
    }
}

impl Serialize for ShownFacts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}
