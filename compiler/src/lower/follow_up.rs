//! Follow-ups: for whom a step of a chain is due, what became of the message before it, who converted.

use super::Lowering;
use super::aggregate::{Of, Rows};
use super::build::{Frame, StreamId};
use super::kept::KEPT_TIME;
use super::value::{Lowered, Moment, When};
use crate::check::{channel_words, outcome_words};
use crate::typed::{self, Conversion, Expr, ExprKind, FollowUpCondition};
use rulec_plan::audience::{Comparison, Function, NodeId, Op, Shape};
use rulec_plan::project::{EventTable, FactKind, Kept};
use rulec_plan::rules::FollowUp;
use rulec_plan::time::Duration;
use std::collections::BTreeSet;

/// The event table of the project that tells what became of messages, as far as it has one, and its facts.
const OUTCOMES: &str = "outcomes";
const KIND: &str = "kind";
const RULE: &str = "rule";
const CHANNEL: &str = "channel";

/// A step of the chain of a rule.
#[derive(Debug, Clone)]
pub(super) struct Step {
    rule: String,
    /// From 1.
    number: u32,
    /// By which channels the steps before send.
    channels: Vec<String>,
}

impl Lowering<'_> {
    pub(super) fn follow_ups(&mut self, rule: &typed::Rule) -> Vec<FollowUp> {
        let program = self.program;
        let campaign =
            program.campaigns.iter().find(|campaign| Some(&campaign.name) == rule.campaign.as_ref());
        let conversion = campaign.and_then(|campaign| campaign.conversion.as_ref());
        let mut channels: BTreeSet<&str> = channels_of(&rule.actions).collect();
        let mut lowered = Vec::new();
        for (number, follow_up) in (1..).zip(&rule.follow_ups) {
            let before = channels.iter().map(|channel| (*channel).to_owned()).collect();
            self.step = Some(Step { rule: rule.name.clone(), number, channels: before });
            self.conversion = conversion;
            lowered.push(self.follow_up(follow_up));
            self.step = None;
            self.conversion = None;
            channels.extend(channels_of(&follow_up.actions));
        }
        lowered
    }

    fn follow_up(&mut self, follow_up: &typed::FollowUp) -> FollowUp {
        let chain = self.chain();
        let due = self.computed(&chain, Function::Exists, Shape::Bool);
        let asks =
            follow_up.condition.as_ref().is_some_and(|condition| asks_for_conversion(condition.expr()));
        let converted = (!asks).then(|| self.converted());
        let condition = follow_up.condition.as_ref().map(|condition| {
            let asked = self.condition(Frame::Customer, condition.expr());
            match condition {
                FollowUpCondition::When(_) => asked,
                FollowUpCondition::Unless(_) => self.build.node(Frame::Customer, Op::Not(asked), Shape::Bool),
            }
        });
        let facts = self.named_facts(follow_up.condition.iter().map(FollowUpCondition::expr));
        FollowUp {
            delay: self.written(&follow_up.delay),
            due,
            converted,
            condition,
            actions: follow_up.actions.iter().map(|action| self.action(action, follow_up.place)).collect(),
            facts,
        }
    }

    /// `opened` and its like: so it was recorded, or the project's own table of outcomes says so.
    pub(super) fn outcome(&mut self, outcome: &str) -> Lowered {
        const FRAME: Frame = Frame::Customer;
        if outcome == "converted" {
            return Lowered::Node(self.converted());
        }
        let known = self.recorded(outcome);
        Lowered::Node(self.join(FRAME, known, Op::Or))
    }

    /// Who converted since the chain began: an event within the campaign's time after the touch, or so it was recorded.
    fn converted(&mut self) -> NodeId {
        let mut known = self.recorded("converted");
        if let Some(conversion) = self.conversion {
            known.extend(self.conversions(conversion));
        }
        self.join(Frame::Customer, known, Op::Or)
    }

    /// The places where an outcome may be recorded, each asked.
    fn recorded(&mut self, outcome: &str) -> Vec<NodeId> {
        let Some(step) = self.step.clone() else { return Vec::new() };
        let mut chain = self.chain();
        let happened = self.happened(chain.stream, &format!("{outcome}_at"));
        chain.narrow(self, happened);
        let mut known = vec![self.computed(&chain, Function::Exists, Shape::Bool)];
        let project = self.project;
        if let Some(table) = project.events.get(OUTCOMES)
            && let Some(kind) = table.facts.get(KIND).filter(|fact| is_text(&fact.kind))
        {
            let stream = self.build.stream(OUTCOMES, table);
            let kind = self.build.event_column(stream, kind);
            let mut rows = Of::all(stream);
            let is_kind = self.one_of(Frame::Row(stream), kind, outcome_words(outcome));
            rows.narrow(self, is_kind);
            self.only_or_unsaid(&mut rows, table, RULE, vec![step.rule]);
            let channels = step.channels.iter().flat_map(|channel| channel_words(channel)).collect();
            self.only_or_unsaid(&mut rows, table, CHANNEL, channels);
            let touched = self.chain_time("touched_at");
            self.since_customer(&mut rows, touched);
            known.push(self.computed(&rows, Function::Exists, Shape::Bool));
        }
        known
    }

    /// Of the rows of the project's own outcomes only those whose fact is one of these, or is not said.
    fn only_or_unsaid(&mut self, rows: &mut Of, table: &EventTable, fact: &str, texts: Vec<String>) {
        let Some(fact) = table.facts.get(fact).filter(|fact| is_text(&fact.kind)) else { return };
        let frame = Frame::Row(rows.stream);
        let value = self.build.event_column(rows.stream, fact);
        let one_of = self.one_of(frame, value, texts);
        let unsaid = self.build.node(frame, Op::IsMissing(value), Shape::Bool);
        let either = self.join(frame, vec![one_of, unsaid], Op::Or);
        rows.narrow(self, either);
    }

    /// Whether there is an event that the campaign calls a success, each of its tables asked.
    fn conversions(&mut self, conversion: &Conversion) -> Vec<NodeId> {
        let place = conversion.within.place;
        let began = self.chain_time("began_at");
        let touched = self.chain_time("touched_at");
        let touched = self.build.node(Frame::Customer, Op::OrElse(touched, began), Shape::Int);
        let (end, comparison) = self.end_of_conversions(touched, self.written(&conversion.within));
        let streams = self.streams_of(&conversion.event, &conversion.filter, place);
        let mut known = Vec::new();
        for stream in streams {
            let frame = Frame::Row(stream);
            let mut rows = Of::all(stream);
            if let Some(filter) = &conversion.filter {
                let filter = self.condition(frame, filter);
                rows.narrow(self, filter);
            }
            self.since_customer(&mut rows, began);
            let (time, end) = (self.build.event_time(stream), self.build.seen_from(frame, end));
            let in_time = self.build.node(frame, Op::Compare(comparison, time, end), Shape::Bool);
            rows.narrow(self, in_time);
            known.push(self.computed(&rows, Function::Exists, Shape::Bool));
        }
        known
    }

    /// The instant before which, or up to which, a conversion comes in time: days are counted to the end of the last.
    fn end_of_conversions(&mut self, touched: NodeId, within: Duration) -> (NodeId, Comparison) {
        const FRAME: Frame = Frame::Customer;
        let touched = When::Time(Moment::Node(touched));
        match within {
            Duration::Calendar { months, days } => {
                let day = self.day_of(FRAME, touched);
                let after = self.shift_day(FRAME, day, months, days.saturating_add(1));
                let end = self.time_of(FRAME, When::Day(after));
                (self.when_node(FRAME, When::Time(end)), Comparison::Less)
            }
            Duration::Exact { .. } => {
                let end = self.shift(FRAME, touched, within, false);
                (self.when_node(FRAME, end), Comparison::LessOrEqual)
            }
        }
    }

    /// Only rows at or after a time of the customer.
    fn since_customer(&mut self, rows: &mut Of, from: NodeId) {
        let frame = Frame::Row(rows.stream);
        let (time, from) = (self.build.event_time(rows.stream), self.build.seen_from(frame, from));
        let since = Op::Compare(Comparison::GreaterOrEqual, time, from);
        let since = self.build.node(frame, since, Shape::Bool);
        rows.narrow(self, since);
    }

    /// A time that the chain which waits for this step holds.
    fn chain_time(&mut self, column: &str) -> NodeId {
        let chain = self.chain();
        let time = self.kept_column(chain.stream, column, KEPT_TIME);
        self.computed(&chain, Function::Max(time), Shape::Int)
    }

    /// The chains that wait for this step. Their time is that at which it is due, so those to come are invisible.
    fn chain(&mut self) -> Of {
        let stream = self.build.kept_stream(Kept::Chains);
        let mut rows = Of::all(stream);
        let Some(step) = self.step.clone() else { return rows };
        let frame = Frame::Row(stream);
        let rule = self.kept_column(stream, "rule", FactKind::Text);
        let of_rule = self.one_of(frame, rule, vec![step.rule]);
        rows.narrow(self, of_rule);
        let number = self.kept_column(stream, "step", FactKind::Number { decimals: 0 });
        let of_step = Op::OneOfInts(number, vec![i64::from(step.number)]);
        let of_step = self.build.node(frame, of_step, Shape::Bool);
        rows.narrow(self, of_step);
        rows
    }
}

impl Of {
    /// All rows of a stream.
    fn all(stream: StreamId) -> Self {
        Of { stream, rows: Rows::default() }
    }

    /// Only those of them for which this holds too.
    fn narrow(&mut self, lowering: &mut Lowering<'_>, condition: NodeId) {
        let parts = self
            .rows
            .filter
            .map_or_else(Vec::new, |filter| lowering.build.parts_of(Frame::Row(self.stream), filter));
        let parts = parts.into_iter().chain([condition]).collect();
        self.rows.filter = Some(lowering.join(Frame::Row(self.stream), parts, Op::And));
    }
}

fn channels_of(actions: &[typed::Action]) -> impl Iterator<Item = &str> {
    actions.iter().filter_map(|action| match action {
        typed::Action::Send(send) => Some(send.channel.as_str()),
        _ => None,
    })
}

fn is_text(kind: &FactKind) -> bool {
    matches!(kind, FactKind::Text | FactKind::Enum { .. })
}

/// Whether a condition says itself what becomes of those who converted. Outcomes stand in the condition alone, not in
/// what it names.
fn asks_for_conversion(condition: &Expr) -> bool {
    let mut open = vec![condition];
    while let Some(expr) = open.pop() {
        if expr.kind == ExprKind::Outcome("converted") {
            return true;
        }
        open.extend(expr.parts());
    }
    false
}
