//! The columns of a table of decisions, and its cells.

use super::View;
use rulec_runtime::planfile::{ActionKind, Header, PlannedAction, PlannedDecision, RuleOutline};
use rulec_runtime::{PERSONAL, Value, jsonl, masked};
use std::borrow::Cow;

/// What every row has, before the facts.
const FIXED: [&str; 14] = [
    "customer", "campaign", "rule", "step", "arm", "verdict", "reason", "channel", "offer", "send_at", "to",
    "message", "code", "parts",
];
/// After them.
const COST: &str = "cost";

/// One cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell<'a> {
    /// Nothing.
    Empty,
    /// Words.
    Text(Cow<'a, str>),
    /// Digits of a number.
    Number(String),
}

/// The columns: the same for every row, whatever its rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    names: Vec<String>,
    /// The facts of all rules and follow-ups, each once, in the order in which they first appear.
    facts: Vec<String>,
}

impl Columns {
    /// Those of a plan. A fact that is called like another column is preceded by `fact `.
    pub fn new(header: &Header) -> Columns {
        let mut facts: Vec<String> = Vec::new();
        for rule in header.rules.values() {
            let later = rule.follow_ups.iter().flat_map(|follow_up| &follow_up.facts);
            for fact in rule.facts.iter().chain(later) {
                if !facts.contains(&fact.name) {
                    facts.push(fact.name.clone());
                }
            }
        }
        let mut names: Vec<String> = FIXED.map(str::to_owned).to_vec();
        names.push(COST.to_owned());
        for fact in &facts {
            let taken = FIXED.contains(&fact.as_str()) || fact == COST;
            names.push(if taken { format!("fact {fact}") } else { fact.clone() });
        }
        Columns { names, facts }
    }

    /// What stands above them.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The cells of a decision; none if its rule is not in the header.
    pub fn cells<'a>(&self, view: View<'a>, decision: &'a PlannedDecision<'a>) -> Option<Vec<Cell<'a>>> {
        let rule = view.header.rules.get(&*decision.rule)?;
        let row = jsonl::row(view.header, decision, view.show_personal)?;
        let message = Message::of(rule, decision, view.show_personal);
        let mut cells = vec![
            Cell::text(row.customer),
            Cell::some(row.campaign),
            Cell::text(row.rule),
            row.step.map_or(Cell::Empty, |step| Cell::Number(step.to_string())),
            Cell::some(row.arm),
            Cell::Text(row.verdict),
            Cell::some(row.reason),
            Cell::some(row.channel),
            row.offer.map_or(Cell::Empty, |offer| Cell::Text(offer.to_string().into())),
            Cell::some(row.send_at),
            message.to,
            message.text,
            message.code,
            message.parts,
            message.cost,
        ];
        let facts: Vec<_> = row.facts.iter().collect();
        cells.extend(self.facts.iter().map(|name| {
            let found = facts.iter().find(|(fact, _)| fact == name);
            found.map_or(Cell::Empty, |(_, value)| Cell::value(value))
        }));
        Some(cells)
    }
}

/// The message that stands for a decision, if it goes out.
struct Message<'a> {
    to: Cell<'a>,
    text: Cell<'a>,
    code: Cell<'a>,
    parts: Cell<'a>,
    cost: Cell<'a>,
}

impl<'a> Message<'a> {
    fn of(rule: &'a RuleOutline, decision: &'a PlannedDecision<'a>, show_personal: bool) -> Message<'a> {
        let shown = rule.shown_action(decision).and_then(|(place, kind)| {
            let done = |action: &&PlannedAction<'_>| action.step as usize == place && action.is_done();
            Some((kind, decision.actions.iter().find(done)?))
        });
        let Some((ActionKind::Send { personal, .. }, action)) = shown else {
            return Message {
                to: Cell::Empty,
                text: Cell::Empty,
                code: Cell::Empty,
                parts: Cell::Empty,
                cost: Cell::Empty,
            };
        };
        let mask = |text: &'a str| if show_personal { Cow::from(text) } else { Cow::from(masked(text)) };
        let text = if *personal && !show_personal { Some(PERSONAL) } else { action.message.as_deref() };
        let cost: i64 = decision
            .actions
            .iter()
            .filter(|action| action.is_done())
            .fold(0, |sum, action| sum.saturating_add(action.cost_micros));
        Message {
            to: action.to.as_deref().map_or(Cell::Empty, |to| Cell::Text(mask(to))),
            text: Cell::some(text),
            code: action.code.as_deref().map_or(Cell::Empty, |code| Cell::Text(mask(code))),
            parts: Cell::Number(action.parts.to_string()),
            cost: Cell::Number(units(cost)),
        }
    }
}

/// Millionths as units, with as many decimals as it takes.
fn units(micros: i64) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let (whole, rest) = (micros.unsigned_abs() / 1_000_000, micros.unsigned_abs() % 1_000_000);
    let digits = format!("{rest:06}");
    match digits.trim_end_matches('0') {
        "" => format!("{sign}{whole}"),
        decimals => format!("{sign}{whole}.{decimals}"),
    }
}

impl<'a> Cell<'a> {
    fn text(text: &'a str) -> Cell<'a> {
        Cell::Text(Cow::from(text))
    }

    fn some(text: Option<&'a str>) -> Cell<'a> {
        text.map_or(Cell::Empty, Cell::text)
    }

    fn value(value: &Value) -> Cell<'a> {
        match value {
            Value::Missing => Cell::Empty,
            Value::Bool(value) => Cell::Text(value.to_string().into()),
            Value::Integer(number) => Cell::Number(number.to_string()),
            Value::Number(digits) => Cell::Number(digits.clone()),
            Value::Text(text) => Cell::Text(text.clone().into()),
            Value::List(texts) => Cell::Text(texts.join("、").into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_are_exact() {
        for (micros, expected) in
            [(0, "0"), (45_000, "0.045"), (150_045_000, "150.045"), (-1_500_000, "-1.5")]
        {
            assert_eq!(units(micros), expected);
        }
    }
}
