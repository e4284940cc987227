//! Limits, bans and tests.

use super::{Checker, Scope};
use crate::diagnostics::{lints, names, types};
use crate::load::{Layer, Unit};
use crate::typed::{self, Forbidden, Prohibition, Suppression};
use crate::types::Type;
use rulec_diagnostic::Span;
use rulec_grammar::tree::{Ban, Expectation, Given, ItemKind, Limit, MessageRef, Name, Test};

/// What `forbid` can name beside channels, in both languages.
const OFFERS: &[(&str, &str, Forbidden)] = &[
    ("coupon", "券", Forbidden::Coupon),
    ("gift", "礼品", Forbidden::Gift),
    ("points", "积分", Forbidden::Points),
    ("trial", "试用", Forbidden::Trial),
];

impl<'a> Checker<'a> {
    pub(super) fn limit(&mut self, limit: &Limit, campaign: Option<&str>, span: Span) {
        let channel = limit.channel.as_ref().map(|channel| self.channel(channel));
        let count = self.whole_number(&limit.count);
        let per = self.period(&limit.per);
        let segment = limit.segment.as_ref().map(|segment| self.condition(segment, Scope::default()));
        // A channel that the project has not got was reported.
        let (Some(count), Some(channel)) = (count, channel.map_or(Some(None), |found| found.map(Some)))
        else {
            return;
        };
        self.program.limits.push(typed::Limit {
            name: after_keyword(self.source(span)),
            campaign: campaign.map(str::to_owned),
            channel: channel.map(str::to_owned),
            count,
            per,
            segment,
            place: self.place(span),
        });
    }

    pub(super) fn suppress(&mut self, ban: &Ban) {
        let channel = match &ban.what {
            Some(name) => match self.channel(name) {
                Some(channel) => Some(channel.to_owned()),
                None => return,
            },
            None => None,
        };
        let condition = self.condition(&ban.when, Scope::default());
        let because = ban.because.as_ref().map(|because| because.node.clone());
        self.program.suppressions.push(Suppression { channel, condition, because });
    }

    pub(super) fn forbid(&mut self, ban: &Ban, span: Span) {
        let what = match &ban.what {
            Some(name) => self.banned(name),
            None => Some(Forbidden::Message),
        };
        let condition = self.condition(&ban.when, Scope::default());
        let because = ban.because.as_ref().map(|because| because.node.clone());
        let name = after_keyword(self.source(Span { end: ban.when.span.end, ..span }));
        if let Some(what) = what {
            self.program.prohibitions.push(Prohibition { name, what, condition, because });
        }
    }

    /// What `forbid` names: a channel, or a kind of offer.
    fn banned(&mut self, name: &Name) -> Option<Forbidden> {
        let word = name.node.as_str();
        let offer = OFFERS.iter().find(|(en, zh, _)| *en == word || *zh == word);
        let channel = || self.channel_name(word).map(|channel| Forbidden::Channel(channel.to_owned()));
        let found = offer.map(|(.., offer)| offer.clone()).or_else(channel);
        if found.is_none() {
            let offers = OFFERS.iter().map(|(en, zh, _)| (*en, *zh));
            let known: Vec<_> = offers.chain(self.channel_twins()).collect();
            self.report(names::unknown_ban(self.place(name.span), word, &known));
        }
        found
    }

    /// What can be checked only when all rules are known.
    pub(super) fn declarations(&mut self, units: &'a [Unit]) {
        for unit in units.iter().filter(|unit| unit.layer == Layer::Project) {
            self.file = unit.file;
            for item in &unit.tree.items {
                if let ItemKind::Test(test) = &item.kind {
                    self.test(test);
                }
            }
        }
    }

    fn test(&mut self, test: &Test) {
        for given in &test.given {
            self.given(given);
        }
        for expectation in &test.expect {
            match &expectation.node {
                Expectation::Rule { name, .. } => self.expected_rule(name),
                Expectation::Send { channel, message, options } => {
                    self.channel(channel);
                    self.options(options);
                    if let Some(MessageRef::Name(name)) = message
                        && !self.symbols.templates.contains_key(name.node.as_str())
                    {
                        self.unknown_template(name);
                    }
                }
                Expectation::Action(action) => {
                    self.action(action, expectation.span);
                }
                Expectation::Nothing => {}
            }
        }
        self.report(lints::test_not_run(self.place(test.title.span), &test.title.node));
    }

    fn given(&mut self, given: &Given) {
        let subject = self.path(&given.path, Scope::default());
        let Some(value) = &given.value else { return };
        let typed = self.expr(value, Some(&subject.ty), Scope::default());
        let fits = subject.ty == typed.ty || subject.ty.is_text() && typed.ty.is_text();
        if !fits && !subject.ty.is_unknown() && !typed.ty.is_unknown() {
            match (&subject.ty, &typed.ty) {
                (Type::Duration | Type::Percent, Type::Number) => {
                    let (number, of) = (self.source(value.span), self.source(given.path.span));
                    let chinese = self.in_chinese(value.span);
                    self.report(types::missing_unit(typed.place, number, of, &subject.ty, chinese));
                }
                _ => self.wrong_type(&typed, value.span, &subject.ty),
            }
        }
    }

    fn expected_rule(&mut self, name: &Name) {
        let word = name.node.as_str();
        if !self.rule_names.contains_key(word) && !self.symbols.broken.contains(word) {
            let known = self.rule_names.keys().map(String::as_str);
            let diagnostic = names::unknown_rule(name.span.at(self.file), word, known);
            self.report(diagnostic);
        }
    }
}

/// What is said after the first word of a declaration, on one line and without comments.
fn after_keyword(declaration: &str) -> String {
    let mut quoted = false;
    let mut comment = false;
    let said: String = declaration
        .chars()
        .filter(|c| {
            comment = comment && *c != '\n';
            match c {
                '"' | '“' | '”' if !comment => quoted = !quoted,
                '#' => comment |= !quoted,
                _ => {}
            }
            !comment
        })
        .collect();
    said.split_whitespace().skip(1).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_called_as_it_is_written() {
        assert_eq!(after_keyword("limit  sms 2\n  per 30d # of them\n for vip"), "sms 2 per 30d for vip");
        assert_eq!(
            after_keyword("限频　短信 每 30天 2次 对象 城市 = “a#b”"),
            "短信 每 30天 2次 对象 城市 = “a#b”"
        );
    }
}
