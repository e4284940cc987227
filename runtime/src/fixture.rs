//! A shop made by hand, for tests: conditions and values are given, not computed.

use crate::Findings;
use crate::decide::{Decision, Decisions, decide};
use crate::planfile::Planned;
use crate::send::{self, Lookout, Outside, ProjectOutlets};
use crate::state::{Spell, StateView, Touch};
use fixedbitset::FixedBitSet;
use indexmap::IndexMap;
use rulec_engine::{Answers, Keys, Tristate, Values, Work};
use rulec_plan::Plan;
use rulec_plan::audience::{Audience, CustomerScan, NodeId, Scalar};
use rulec_plan::campaign::{Campaign, Limit, Period, Pool, Standing};
use rulec_plan::project::{
    Approvals, Channel, ChannelKind, CustomerTable, Escape, Guards, InQuiet, Project, Source,
};
use rulec_plan::rules::{
    Action, Again, Display, FollowUp, Format, NamedFact, Offer, Piece, Rule, Send, Suppression,
};
use rulec_plan::time::{Clock, Duration, Instant, Zone};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) plan: Plan,
    pub(crate) project: Project,
    pub(crate) answers: Answers,
    pub(crate) state: StateView,
}

#[derive(Debug)]
struct Given(Vec<Scalar>);

impl Values for Given {
    fn get(&self, customer: usize) -> Scalar {
        self.0.get(customer).cloned().unwrap_or(Scalar::Missing)
    }
}

pub(crate) fn text(text: &str) -> Scalar {
    Scalar::Text(text.to_owned())
}

pub(crate) fn at(local: &str) -> Instant {
    zone().instant_of(local.parse().unwrap())
}

pub(crate) fn zone() -> Zone {
    Zone::parse("Asia/Shanghai").unwrap()
}

pub(crate) const fn days(days: i32) -> Duration {
    Duration::Calendar { months: 0, days }
}

impl World {
    /// A shop with the customers 1, 2, …, on the evening of 21 November 2026.
    pub(crate) fn new(population: usize) -> World {
        World {
            plan: plan(),
            project: project(),
            answers: Answers {
                keys: Keys::Integers((1..).take(population).collect()),
                conditions: BTreeMap::new(),
                outputs: BTreeMap::new(),
                work: Work::default(),
                timings: rulec_engine::Timings::default(),
                data_hash: "data".to_owned(),
            },
            state: StateView::empty(),
        }
    }

    /// A condition that is true for these customers (counted from 0) and unknown for those.
    pub(crate) fn condition(&mut self, yes: &[usize], unknown: &[usize]) -> NodeId {
        let population = self.answers.population();
        let bits = |customers: &[usize]| {
            let mut bits = FixedBitSet::with_capacity(population);
            bits.extend(customers.iter().copied());
            bits
        };
        self.tristate(Tristate { yes: bits(yes), unknown: bits(unknown) })
    }

    pub(crate) fn tristate(&mut self, tristate: Tristate) -> NodeId {
        let node = self.new_node();
        self.answers.conditions.insert(node, tristate);
        node
    }

    /// A value for each customer.
    pub(crate) fn values(&mut self, values: impl IntoIterator<Item = Scalar>) -> NodeId {
        let node = self.new_node();
        self.answers.outputs.insert(node, Box::new(Given(values.into_iter().collect())));
        node
    }

    fn new_node(&self) -> NodeId {
        let count = self.answers.conditions.len() + self.answers.outputs.len();
        NodeId(u32::try_from(count).unwrap())
    }

    /// A rule that takes these customers and sends `你好` by a channel that needs nothing.
    pub(crate) fn rule(&mut self, name: &str, yes: &[usize]) -> &mut Rule {
        let condition = self.condition(yes, &[]);
        self.rule_when(name, condition)
    }

    pub(crate) fn rule_when(&mut self, name: &str, condition: NodeId) -> &mut Rule {
        self.plan.rules.push(Rule {
            name: name.to_owned(),
            campaign: None,
            doc: None,
            file: "rules/test.rules".to_owned(),
            line: 1,
            hash: format!("hash of {name}"),
            priority: 0,
            condition,
            again: Again::NewSpell,
            split: None,
            actions: vec![Action::Send(send("app"))],
            follow_ups: Vec::new(),
            facts: Vec::new(),
        });
        self.plan.rules.last_mut().unwrap()
    }

    pub(crate) fn suppress(&mut self, channel: Option<&str>, yes: &[usize], because: &str) {
        let condition = self.condition(yes, &[]);
        let (channel, because) = (channel.map(str::to_owned), Some(because.to_owned()));
        self.plan.suppressions.push(Suppression { channel, condition, because });
    }

    /// That rules fired for customers (counted from 0).
    pub(crate) fn fired(&mut self, spells: &[(&str, u32, &str, bool)]) {
        let mut by_rule: BTreeMap<String, Vec<Spell>> = BTreeMap::new();
        for (rule, customer, when, open) in spells {
            let spell = Spell { customer: *customer, fired_at: at(when), open: *open };
            by_rule.entry((*rule).to_owned()).or_default().push(spell);
        }
        by_rule.values_mut().for_each(|spells| spells.sort_by_key(|spell| spell.customer));
        self.state = StateView { hash: "state".to_owned(), spells: by_rule, ..StateView::default() };
    }

    /// A campaign that runs, without anything declared.
    pub(crate) fn campaign(&mut self, name: &str) -> &mut Campaign {
        self.plan.campaigns.push(Campaign {
            name: name.to_owned(),
            doc: None,
            file: "rules/test.rules".to_owned(),
            line: 1,
            first_day: None,
            over_on: None,
            standing: Standing::Runs { from: self.plan.as_of },
            holdout: None,
            conversion: None,
            budget: None,
        });
        self.plan.campaigns.last_mut().unwrap()
    }

    /// A limit for everyone, called `limit N`.
    pub(crate) fn limit(&mut self, channel: Option<&str>, count: u32, per: Period) -> &mut Limit {
        self.plan.limits.push(Limit {
            name: format!("limit {count}"),
            campaign: None,
            channel: channel.map(str::to_owned),
            count,
            per,
            segment: None,
            elsewhere: None,
        });
        self.plan.limits.last_mut().unwrap()
    }

    /// A pool with so many codes left: `NAME-1`, `NAME-2`, …
    pub(crate) fn pool(&mut self, name: &str, codes: usize) {
        self.plan.pools.push(Pool { name: name.to_owned(), file: format!("{name}.csv") });
        let codes = (1..=codes).map(|number| format!("{name}-{number}").into_boxed_str());
        self.state.codes.insert(name.to_owned(), codes.collect());
    }

    /// That customers (counted from 0) got messages before, or will: when, by which channel, of which campaign.
    pub(crate) fn touched(&mut self, touches: &[(u32, &str, &str, &str)]) {
        for (customer, when, channel, campaign) in touches {
            let (channel, campaign) = (self.name(channel), self.name(campaign));
            self.state.touches.push(Touch { customer: *customer, at: at(when), channel, campaign });
        }
        self.state.touches.sort_unstable();
    }

    fn name(&mut self, name: &str) -> u32 {
        let names = &mut self.state.names;
        let place = names.iter().position(|known| known == name).unwrap_or_else(|| {
            names.push(name.to_owned());
            names.len() - 1
        });
        u32::try_from(place).unwrap()
    }

    /// Every decision as `customer rule: verdict (reason)`, customers counted from 0; of follow-ups `rule+step`.
    pub(crate) fn list(&self) -> Vec<String> {
        let line = |one: Decision| {
            let name = &self.plan.rules[one.rule as usize].name;
            let step = if one.step == 0 { String::new() } else { format!("+{}", one.step) };
            let reason = one.reason.text(&self.plan, one.rule, one.step).map(|text| format!(" ({text})"));
            format!("{} {name}{step}: {}{}", one.customer, one.verdict.word(), reason.unwrap_or_default())
        };
        self.decide().list().map(line).collect()
    }

    pub(crate) fn decide(&self) -> Decisions {
        decide(&self.plan, &self.project, &self.answers, &self.state).unwrap()
    }

    /// How the customers stand while this is true of them; all by the project's clock.
    pub(crate) fn standing(&self) -> send::Standing {
        let World { plan, answers, .. } = self;
        let answers = Answers {
            keys: answers.keys.clone(),
            conditions: answers.conditions.clone(),
            outputs: BTreeMap::new(),
            work: Work::default(),
            timings: rulec_engine::Timings::default(),
            data_hash: String::new(),
        };
        send::Standing::new(Plan { customer_zone: None, ..plan.clone() }, answers)
    }

    /// Does something with what leads outside of the project in this folder, at this instant: real channels, the customers
    /// as they are.
    pub(crate) fn outside<T>(&self, folder: &Path, now: Instant, act: impl FnOnce(Outside<'_>) -> T) -> T {
        let clock: Arc<dyn Clock> = Arc::new(Stopped(now));
        let outlets = ProjectOutlets::new(&self.project, folder, |_| None, clock.clone()).unwrap();
        let mut lookout = Once(Some(self.standing()));
        act(Outside { outlets: &outlets, lookout: &mut lookout, clock: &*clock, stamps: &*clock })
    }

    pub(crate) fn planned<'a>(&'a self, decisions: &'a Decisions) -> Planned<'a> {
        let World { plan, project, answers, state } = self;
        Planned { plan, project, answers, state, decisions }
    }
}

/// A clock that shows always the same.
pub(crate) struct Stopped(pub(crate) Instant);

impl Clock for Stopped {
    fn now(&self) -> Instant {
        self.0
    }
}

/// Sees customers who never change.
pub(crate) struct Once(pub(crate) Option<send::Standing>);

impl Lookout for Once {
    fn look(&mut self, _now: Instant) -> Result<Option<send::Standing>, Findings> {
        Ok(self.0.take())
    }
}

/// A follow-up for all for whom it is due: a message `你好` by this channel.
pub(crate) fn follow_up(due: NodeId, delay: Duration, channel: &str) -> FollowUp {
    let actions = vec![Action::Send(send(channel))];
    FollowUp { delay, due, converted: None, condition: None, actions, facts: Vec::new() }
}

/// A message `你好` by this channel, to the customer's key.
pub(crate) fn send(channel: &str) -> Send {
    Send {
        channel: channel.to_owned(),
        address: None,
        consent: None,
        template: None,
        transactional: false,
        message: vec![Piece::Text("你好".to_owned())],
        offers: Vec::new(),
        ttl: None,
        pool: None,
        at: None,
        quota: None,
    }
}

pub(crate) fn personal(node: NodeId, label: &str) -> Piece {
    let label = label.to_owned();
    Piece::Fact { node, display: Display::Text, format: Format::Plain, label, personal: true, or: None }
}

pub(crate) fn named(name: &str, node: NodeId, display: Display, personal: bool) -> NamedFact {
    NamedFact { name: name.to_owned(), label: name.to_owned(), node, display, personal }
}

/// 150 off from 500, for 15 days.
pub(crate) fn with_coupon(mut send: Send) -> Send {
    send.offers.push(Offer::Coupon { off_cents: 15_000, from_cents: 50_000 });
    send.ttl = Some(days(15));
    send
}

fn plan() -> Plan {
    let customers = CustomerScan {
        source: Source::Table("customers".to_owned()),
        filter: None,
        key: "id".to_owned(),
        columns: Vec::new(),
    };
    let audience = Audience {
        customers,
        lookups: Vec::new(),
        scans: Vec::new(),
        aggregates: Vec::new(),
        nodes: Vec::new(),
    };
    Plan::of_audience(at("2026-11-21T20:00:00"), zone(), audience, "rules".to_owned())
}

fn project() -> Project {
    let channel = |price_micros| Channel {
        kind: ChannelKind::File,
        address: None,
        price_micros,
        rate: None,
        quiet: None,
        in_quiet: InQuiet::Hold,
        sms_parts: false,
        escape: Escape::None,
        group: false,
        settings: IndexMap::new(),
    };
    Project {
        name: "test".to_owned(),
        shop: "test".to_owned(),
        zone: zone(),
        currency: "CNY".to_owned(),
        rules: Vec::new(),
        database: "sqlite:shop.db".to_owned(),
        state: "sqlite:.rulec/state.db".to_owned(),
        customer: CustomerTable {
            source: Source::Table("customers".to_owned()),
            key: "id".to_owned(),
            filter: None,
            zone: None,
            facts: IndexMap::new(),
        },
        events: IndexMap::new(),
        lookups: IndexMap::new(),
        consent: IndexMap::new(),
        channels: [("app", 0), ("sms", 45_000)]
            .map(|(name, price)| (name.to_owned(), channel(price)))
            .into_iter()
            .collect(),
        guards: Guards::default(),
        approvals: Approvals::default(),
        lints: IndexMap::new(),
        holidays: IndexMap::new(),
    }
}

/// An empty folder that goes away with this.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Folder {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("rulec-runtime-{}-{count}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}
