//! Declarations that are no campaign and no rule.

use super::{Builder, Parts};
use crate::parser::{Node, Rule};
use crate::tree::{
    Ban, Definition, Expectation, FactBy, Given, Item, ItemKind, Limit, Pool, Range, Spanned, Template, Test,
    Tier, TierClass,
};

impl Builder {
    pub(super) fn item(&mut self, item: Node) -> Option<Item> {
        let span = self.span_of(&item);
        let node = item.into_inner().next()?;
        let kind = match node.as_rule() {
            Rule::use_item => ItemKind::Use(self.pack(node)?),
            Rule::param_item => ItemKind::Param(self.definition(node)?),
            Rule::let_item => ItemKind::Let(self.definition(node)?),
            Rule::segment_item => ItemKind::Segment(self.definition(node)?),
            Rule::tier_item => ItemKind::Tier(self.tier(node)?),
            Rule::template_item => ItemKind::Template(self.template(node)?),
            Rule::pool_item => ItemKind::Pool(self.pool(node)?),
            Rule::fact_item => ItemKind::Fact(self.fact_by(node)?),
            Rule::campaign_item => ItemKind::Campaign(self.campaign(node)?),
            Rule::rule_item => ItemKind::Rule(self.rule(node)?),
            Rule::bare_rule => ItemKind::Rule(self.bare_rule(node)?),
            Rule::limit_item => ItemKind::Limit(self.limit(node)?),
            Rule::suppress_item => ItemKind::Suppress(self.ban(node)?),
            Rule::forbid_item => ItemKind::Forbid(self.ban(node)?),
            Rule::test_item => ItemKind::Test(self.test(node)?),
            _ => return None,
        };
        Some(Item { doc: None, kind, span })
    }

    fn pack(&mut self, node: Node) -> Option<Spanned<String>> {
        let what = Parts::of(node).next()?;
        match what.as_rule() {
            Rule::text => Some(self.text(&what)),
            _ => Some(Spanned { node: what.as_str().to_owned(), span: self.span(&what) }),
        }
    }

    fn definition(&mut self, node: Node) -> Option<Definition> {
        let mut parts = Parts::of(node);
        let name = self.name(&parts.part(Rule::name)?);
        let value = self.expr(parts.next()?)?;
        Some(Definition { name, value })
    }

    fn tier(&mut self, node: Node) -> Option<Tier> {
        let mut parts = Parts::of(node);
        let name = self.name(&parts.part(Rule::name)?);
        let by = self.expr(parts.part(Rule::operand)?)?;
        let classes = parts.filter_map(|class| self.tier_class(class)).collect();
        Some(Tier { name, by, classes })
    }

    fn tier_class(&mut self, node: Node) -> Option<TierClass> {
        let mut parts = Parts::of(node);
        let name = self.label(parts.part(Rule::label)?)?;
        let range = self.range(parts.part(Rule::range)?)?;
        Some(TierClass { name, range })
    }

    pub(super) fn label(&self, node: Node) -> Option<crate::tree::Name> {
        Some(self.name(&Parts::of(node).next()?))
    }

    /// `low..high`, from `range`, or from the parts of a rule that holds the same.
    pub(super) fn range(&mut self, node: Node) -> Option<Range> {
        let span = self.span_of(&node);
        let (mut low, mut high, mut after_dots) = (None, None, false);
        for part in Parts::of(node) {
            match part.as_rule() {
                Rule::dots | Rule::open_dots => after_dots = true,
                Rule::range_high => high = Some(Box::new(self.expr(Parts::of(part).next()?)?)),
                Rule::sum if !after_dots => low = Some(Box::new(self.expr(part)?)),
                _ => {}
            }
        }
        Some(Range { low, high, span })
    }

    fn template(&mut self, node: Node) -> Option<Template> {
        let mut parts = Parts::of(node);
        let name = self.name(&parts.part(Rule::name)?);
        let channel = self.name(&parts.part(Rule::name)?);
        let transactional = parts.word(Rule::kw_transactional);
        let text = self.message(&parts.part(Rule::text)?);
        Some(Template { name, channel, transactional, text })
    }

    fn pool(&mut self, node: Node) -> Option<Pool> {
        let mut parts = Parts::of(node);
        let name = self.name(&parts.part(Rule::name)?);
        let file = self.text(&parts.part(Rule::text)?);
        Some(Pool { name, file })
    }

    fn fact_by(&mut self, node: Node) -> Option<FactBy> {
        let mut parts = Parts::of(node);
        let name = self.name(&parts.part(Rule::name)?);
        let by = self.path(parts.part(Rule::path)?);
        Some(FactBy { name, by })
    }

    pub(super) fn limit(&mut self, node: Node) -> Option<Limit> {
        let (mut channel, mut count, mut per, mut segment) = (None, None, None, None);
        for part in Parts::of(node) {
            match part.as_rule() {
                Rule::target => channel = self.target(part),
                Rule::count => count = self.count(part),
                Rule::period => per = self.period(part),
                _ => segment = Some(self.expr(part)?),
            }
        }
        Some(Limit { channel, count: count?, per: per?, segment })
    }

    fn target(&self, node: Node) -> Option<crate::tree::Name> {
        Parts::of(node).part(Rule::name).map(|name| self.name(&name))
    }

    fn ban(&mut self, node: Node) -> Option<Ban> {
        let mut parts = Parts::of(node);
        let what = self.target(parts.part(Rule::target)?);
        parts.word(Rule::kw_when);
        let when = self.expr(parts.part(Rule::expr)?)?;
        let because = parts.part(Rule::text).map(|text| self.text(&text));
        Some(Ban { what, when, because })
    }

    fn test(&mut self, node: Node) -> Option<Test> {
        let mut parts = Parts::of(node);
        let title = self.text(&parts.part(Rule::text)?);
        let (mut given, mut expect) = (Vec::new(), Vec::new());
        for line in parts {
            if line.as_rule() == Rule::given_line {
                given.extend(Parts::of(line).filter_map(|node| self.given(node)));
            } else {
                expect.extend(Parts::of(line).filter_map(|node| self.expectation(node)));
            }
        }
        Some(Test { title, given, expect })
    }

    fn given(&mut self, node: Node) -> Option<Given> {
        let mut parts = Parts::of(node);
        let path = self.path(parts.part(Rule::path)?);
        let value = match parts.part(Rule::operand) {
            Some(value) => Some(self.expr(value)?),
            None => None,
        };
        Some(Given { path, value })
    }

    fn expectation(&mut self, node: Node) -> Option<Spanned<Expectation>> {
        let span = self.span_of(&node);
        let mut parts = Parts::of(node);
        let not = parts.word(Rule::kw_not);
        if parts.word(Rule::kw_rule) {
            let name = self.name(&parts.part(Rule::name)?);
            return Some(Spanned { node: Expectation::Rule { name, not }, span });
        }
        let what = parts.next()?;
        let expectation = match what.as_rule() {
            Rule::kw_nothing => Expectation::Nothing,
            Rule::expect_send => self.expected_send(what)?,
            _ => Expectation::Action(self.action_kind(what)?),
        };
        Some(Spanned { node: expectation, span })
    }
}
