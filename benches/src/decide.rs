//! What it takes to decide a million matched customers × 20 rules with limits, holdouts, experiments and quotas.

use cpu_time::ProcessTime;
use fixedbitset::FixedBitSet;
use rulec_compiler::project;
use rulec_engine::{Answers, Keys, Timings, Tristate, Values, Work};
use rulec_plan::Plan;
use rulec_plan::audience::{Audience, CustomerScan, NodeId, Ranking, Scalar};
use rulec_plan::campaign::{Arm, Campaign, Limit, Period, Share, Split, Standing};
use rulec_plan::project::{Project, Source};
use rulec_plan::rules::{Action, Again, Piece, Quota, Rule, Send};
use rulec_plan::time::{CalendarUnit, DAY, Duration, Instant, Zone};
use rulec_runtime::decide;
use rulec_runtime::state::{StateView, Touch};
use std::collections::BTreeMap;

const CUSTOMERS: usize = 1_000_000;
const RULES: usize = 20;
const RUNS: usize = 5;
/// 2026-01-01T12:00:00Z.
const AS_OF: Instant = Instant(1_767_225_600_000_000 + DAY / 2);
const CHANNELS: [&str; 2] = ["sms", "email"];

fn main() {
    println!("{CUSTOMERS} customers, all matched, {RULES} rules; CPU seconds, best of {RUNS}");
    for campaigns in [1, 4, RULES] {
        let (plan, answers) = (plan(campaigns), answers());
        let (project, state) = (project::standard(), state());
        report(campaigns, &plan, &project, &answers, &state);
    }
}

fn report(campaigns: usize, plan: &Plan, project: &Project, answers: &Answers, state: &StateView) {
    let mut best = f64::MAX;
    let mut listing = f64::MAX;
    let mut bytes = 0;
    let mut counts = (0, 0);
    for _ in 0..RUNS {
        let start = ProcessTime::now();
        let mut decided = None;
        let memory = allocation_counter::measure(|| decided = Some(decide(plan, project, answers, state)));
        let Some(Ok(decisions)) = decided else {
            println!("  the verdicts do not add up");
            return;
        };
        best = best.min(start.elapsed().as_secs_f64());
        bytes = memory.bytes_max;
        let start = ProcessTime::now();
        let sent = decisions.list().filter(|decision| decision.is_sent()).count();
        counts = (decisions.list().count(), sent);
        listing = listing.min(start.elapsed().as_secs_f64() / 2.0);
    }
    #[allow(clippy::cast_precision_loss, reason = "a figure for people")]
    let each = bytes as f64 / CUSTOMERS as f64;
    println!(
        "  {campaigns:>2} campaigns: decide {best:.3} s, at most {each:.0} bytes a customer; list {} in {listing:.3} s, {} sent",
        counts.0, counts.1
    );
}

/// The nodes of this plan: the conditions of rules, a segment, and what customers are worth.
const SEGMENT: NodeId = NodeId(100);
const WORTH: NodeId = NodeId(101);

fn node(rule: usize) -> NodeId {
    NodeId(u32::try_from(rule).unwrap_or(0))
}

/// The first rule takes every customer, the next all but one in twenty, and so on; the last comes first.
fn answers() -> Answers {
    let set = |is_in: &dyn Fn(usize) -> bool| {
        let mut yes = FixedBitSet::with_capacity(CUSTOMERS);
        yes.extend((0..CUSTOMERS).filter(|customer| is_in(*customer)));
        Tristate { yes, unknown: FixedBitSet::with_capacity(CUSTOMERS) }
    };
    let mut conditions: BTreeMap<NodeId, Tristate> =
        (0..RULES).map(|rule| (node(rule), set(&|customer| customer % RULES >= rule))).collect();
    conditions.insert(SEGMENT, set(&|customer| customer % 3 == 0));
    let worth: Box<dyn Values> = Box::new(Worth);
    Answers {
        keys: Keys::Integers((1..).take(CUSTOMERS).collect()),
        conditions,
        outputs: [(WORTH, worth)].into(),
        work: Work::default(),
        timings: Timings::default(),
        data_hash: String::new(),
    }
}

/// What customers are worth: many are worth the same.
#[derive(Debug)]
struct Worth;

impl Values for Worth {
    fn get(&self, customer: usize) -> Scalar {
        Scalar::Int(i64::try_from(customer * 7919 % 10_007).unwrap_or(0))
    }
}

/// A message to every customer in the last days of last year, and another to every second one.
fn state() -> StateView {
    let touches = (0..u32::try_from(CUSTOMERS).unwrap_or(0)).flat_map(|customer| {
        let touch = move |number: u32| Touch {
            customer,
            at: Instant(AS_OF.0 - i64::from(customer % 40 + 2 - number) * DAY),
            channel: (customer + number) % 2,
            campaign: 2,
        };
        (0..=customer % 2).map(touch)
    });
    let names = CHANNELS.iter().chain(&["c0"]).map(ToString::to_string).collect();
    StateView { touches: touches.collect(), names, ..StateView::empty() }
}

fn plan(campaigns: usize) -> Plan {
    let customers = CustomerScan {
        source: Source::Table("customers".to_owned()),
        filter: None,
        key: "id".to_owned(),
        columns: Vec::new(),
    };
    Plan {
        as_of: AS_OF,
        zone: Zone::UTC,
        audience: Audience {
            customers,
            lookups: Vec::new(),
            scans: Vec::new(),
            aggregates: Vec::new(),
            nodes: Vec::new(),
        },
        customer_zone: None,
        consents: indexmap::IndexMap::new(),
        campaigns: (0..campaigns).map(campaign).collect(),
        rules: (0..RULES).map(|place| rule(place, place % campaigns)).collect(),
        suppressions: Vec::new(),
        prohibitions: Vec::new(),
        limits: limits(),
        pools: Vec::new(),
        memberships: Vec::new(),
        rules_hash: String::new(),
    }
}

fn limits() -> Vec<Limit> {
    let limit = |channel: Option<&str>, count, per, segment| Limit {
        name: format!("limit {count}"),
        campaign: None,
        channel: channel.map(str::to_owned),
        count,
        per,
        segment,
        elsewhere: None,
    };
    let month = Period::Rolling(Duration::Calendar { months: 0, days: 30 });
    vec![
        limit(None, 2, month, None),
        limit(Some("sms"), 1, Period::Calendar(CalendarUnit::Week), Some(SEGMENT)),
        limit(Some("email"), 1, month, Some(SEGMENT)),
    ]
}

fn campaign(place: usize) -> Campaign {
    Campaign {
        name: format!("c{place}"),
        doc: None,
        file: String::new(),
        line: 1,
        first_day: None,
        over_on: None,
        standing: Standing::Runs { from: AS_OF },
        holdout: Some(percent(5)),
        conversion: None,
        budget: None,
    }
}

fn percent(percent: u64) -> Share {
    Share(percent * Share::WHOLE.0 / 100)
}

/// Every second rule tries two messages and none, every fourth has only 10,000 of its message.
fn rule(place: usize, campaign: usize) -> Rule {
    let quota = Quota { count: 10_000, best_by: Some(Ranking { value: WORTH, low_is_better: false }) };
    let send = |channel: &str| {
        Action::Send(Send {
            channel: channel.to_owned(),
            address: None,
            consent: None,
            template: None,
            transactional: false,
            message: vec![Piece::Text("hello".to_owned())],
            offers: Vec::new(),
            ttl: None,
            pool: None,
            at: None,
            quota: (place % 4 == 3).then_some(quota),
        })
    };
    let arm = |number: u32, share, actions| Arm {
        label: number.to_string(),
        share: percent(share),
        first_action: number,
        actions,
    };
    let arms = vec![arm(0, 45, 1), arm(1, 45, 1), arm(2, 10, 0)];
    let splits = place % 2 == 1;
    Rule {
        name: format!("r{place}"),
        campaign: Some(format!("c{campaign}")),
        doc: None,
        file: String::new(),
        line: 1,
        hash: String::new(),
        priority: i64::try_from(place).unwrap_or(0),
        condition: node(place),
        again: Again::NewSpell,
        split: splits.then(|| Split { name: format!("s{place}"), arms }),
        actions: if splits { CHANNELS.map(send).to_vec() } else { vec![send(CHANNELS[place / 2 % 2])] },
        follow_ups: Vec::new(),
        facts: Vec::new(),
    }
}
