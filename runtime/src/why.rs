//! Why one customer gets what she gets: of each rule the verdict, which parts of its condition hold on which values, and
//! the smallest change that would turn it.

use crate::decide::Decisions;
use crate::facts::{PERSONAL, Value};
use crate::render;
use rulec_engine::Answers;
use rulec_plan::Plan;
use rulec_plan::audience::{NodeId, Scalar};
use rulec_plan::reasons::{Ageing, Reasons, ReasonsKind};
use rulec_plan::rules::{Display, NamedFact};
use rulec_plan::time::{Day, Zone};
use rulec_plan::verdict::Verdict;
use serde::Serialize;

/// How one rule ends for one customer, and why.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Why {
    /// The rule's name.
    pub rule: String,
    /// The campaign in which it competes.
    pub campaign: Option<String>,
    /// How it ended.
    pub verdict: Verdict,
    /// Why, in the words of the plan.
    pub reason: Option<String>,
    /// Its condition.
    pub condition: Part,
    /// What would have to change for the condition to turn: the fewest parts, all of them together. Of a rule that does
    /// not take her, so that it would; of one that does, so that it would not.
    pub change: Vec<Change>,
}

/// A part of a condition, for one customer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Part {
    /// As written.
    pub text: String,
    /// Whether it holds; absent when that is unknown, since a value is missing.
    pub holds: Option<bool>,
    /// The values that it rests on: of a part that is not cut further.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<SeenFact>,
    /// Whether it holds when one of its parts does; else all of them must.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub any: bool,
    /// What it is made of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
}

/// A fact with its value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SeenFact {
    /// Its name with its unit.
    pub name: String,
    /// Its name as the marketer wrote it.
    pub label: String,
    /// Its value; `(personal)` unless personal facts were asked for.
    pub value: Value,
    /// The same as a rule writes it: `58d`, `320`, `20%`; nothing when it is missing.
    #[serde(skip)]
    pub written: Option<String>,
}

/// A part that would have to turn.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// The part, as written.
    pub text: String,
    /// Whether it would have to hold, or not to.
    pub must_hold: bool,
    /// The values that it rests on now.
    pub facts: Vec<SeenFact>,
    /// The day on which it turns by itself, if nothing else happens, such as an order: `2026-12-02`.
    pub turns_on: Option<String>,
}

/// What is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The plan, lowered with reasons.
    pub plan: &'a Plan,
    /// The condition of each of its rules.
    pub reasons: &'a [Reasons],
    /// What the engine answered, [`values_for`] the reasons among it.
    pub answers: &'a Answers,
    /// What was decided.
    pub decisions: &'a Decisions,
    /// Whether personal facts are shown.
    pub personal: bool,
}

/// The nodes whose values an explanation needs.
pub fn values_for(reasons: &[Reasons]) -> Vec<NodeId> {
    let mut nodes = Vec::new();
    let mut open: Vec<&Reasons> = reasons.iter().collect();
    while let Some(one) = open.pop() {
        nodes.push(one.node);
        match &one.kind {
            ReasonsKind::All(parts) | ReasonsKind::Any(parts) => open.extend(parts),
            ReasonsKind::Not(inner) | ReasonsKind::Named(inner) => open.push(inner),
            ReasonsKind::Part { facts, ageing } => {
                nodes.extend(facts.iter().map(|fact| fact.node));
                nodes.extend(ageing.map(|ageing| ageing.days));
            }
        }
    }
    nodes.sort_unstable();
    nodes.dedup();
    nodes
}

/// Explains every rule for this customer, in the order of the files.
pub fn why(asked: &Asked<'_>, customer: usize) -> Vec<Why> {
    let number = crate::decide::number(customer);
    let decided: Vec<_> = asked
        .decisions
        .list()
        .skip_while(|one| one.customer < number)
        .take_while(|one| one.customer == number)
        .collect();
    let rules = asked.plan.rules.iter().zip(asked.reasons).enumerate();
    rules
        .map(|(place, (rule, reasons))| {
            let decision = decided.iter().find(|one| one.rule as usize == place && one.step == 0);
            let (verdict, reason) = match decision {
                Some(one) => {
                    (one.verdict, one.reason.text(asked.plan, one.rule, 0).map(|text| text.into_owned()))
                }
                None if asked.answers.condition(rule.condition).unknown.contains(customer) => {
                    (Verdict::DataMissing, None)
                }
                None => (Verdict::NotMatched, None),
            };
            let seen = Seen { asked, customer };
            let taken = seen.holds(reasons.node) == Some(true);
            Why {
                rule: rule.name.clone(),
                campaign: rule.campaign.clone(),
                verdict,
                reason,
                condition: seen.part(reasons),
                change: seen.smallest(reasons, !taken),
            }
        })
        .collect()
}

/// One customer.
struct Seen<'a> {
    asked: &'a Asked<'a>,
    customer: usize,
}

impl Seen<'_> {
    fn holds(&self, node: NodeId) -> Option<bool> {
        match self.asked.answers.value(node, self.customer) {
            Scalar::Bool(holds) => Some(holds),
            _ => None,
        }
    }

    fn part(&self, reasons: &Reasons) -> Part {
        let (parts, facts) = match &reasons.kind {
            ReasonsKind::All(parts) | ReasonsKind::Any(parts) => {
                (parts.iter().map(|part| self.part(part)).collect(), Vec::new())
            }
            ReasonsKind::Not(inner) | ReasonsKind::Named(inner) => (vec![self.part(inner)], Vec::new()),
            ReasonsKind::Part { facts, .. } => (Vec::new(), self.facts(facts)),
        };
        let any = matches!(reasons.kind, ReasonsKind::Any(_));
        Part { text: reasons.text.clone(), holds: self.holds(reasons.node), facts, any, parts }
    }

    fn facts(&self, facts: &[NamedFact]) -> Vec<SeenFact> {
        let seen = |fact: &NamedFact| {
            let value = self.asked.answers.value(fact.node, self.customer);
            let hidden = fact.personal && !self.asked.personal && value != Scalar::Missing;
            let written = written(&value, fact.display, self.asked.plan.zone);
            let value = Value::of(value, fact.display, self.asked.plan.zone);
            let hide = |written| if hidden { PERSONAL.to_owned() } else { written };
            SeenFact {
                name: fact.name.clone(),
                label: fact.label.clone(),
                value: if hidden { Value::personal() } else { value },
                written: written.map(hide),
            }
        };
        facts.iter().map(seen).collect()
    }

    /// The fewest parts that would have to turn for the whole to be so; of several such choices the first written.
    fn smallest(&self, reasons: &Reasons, wanted: bool) -> Vec<Change> {
        if self.holds(reasons.node) == Some(wanted) {
            return Vec::new();
        }
        match (&reasons.kind, wanted) {
            (ReasonsKind::Named(inner), _) => self.smallest(inner, wanted),
            (ReasonsKind::Not(inner), _) => self.smallest(inner, !wanted),
            (ReasonsKind::All(parts), true) | (ReasonsKind::Any(parts), false) => {
                parts.iter().flat_map(|part| self.smallest(part, wanted)).collect()
            }
            (ReasonsKind::All(parts), false) | (ReasonsKind::Any(parts), true) => {
                let choices = parts.iter().map(|part| self.smallest(part, wanted));
                choices.min_by_key(Vec::len).unwrap_or_default()
            }
            (ReasonsKind::Part { facts, ageing }, _) => vec![Change {
                text: reasons.text.clone(),
                must_hold: wanted,
                facts: self.facts(facts),
                turns_on: ageing.and_then(|ageing| self.turns_on(ageing, wanted)).map(|day| day.to_string()),
            }],
        }
    }

    /// The day on which a part that compares days turns to what is wanted.
    fn turns_on(&self, ageing: Ageing, wanted: bool) -> Option<Day> {
        let Scalar::Int(days) = self.asked.answers.value(ageing.days, self.customer) else { return None };
        let at = match wanted {
            // Past its end it never holds again.
            true if ageing.until.is_some_and(|until| until <= days) => return None,
            true => ageing.from?,
            false => ageing.until?,
        };
        let wait = i32::try_from(at.checked_sub(days)?).ok().filter(|wait| *wait > 0)?;
        let today = self.asked.plan.zone.day_of(self.asked.plan.as_of);
        Some(today.shift(0, wait))
    }
}

/// A value as a rule writes it.
fn written(value: &Scalar, display: Display, zone: Zone) -> Option<String> {
    let unit = match display {
        Display::Days => "d",
        Display::Percent => "%",
        _ => "",
    };
    (*value != Scalar::Missing).then(|| format!("{}{unit}", render::plain(value.clone(), display, zone)))
}
