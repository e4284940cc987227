//! What it takes to record a plan, beside inserting the same rows with bare prepared statements.

mod bare;

use cpu_time::ProcessTime;
use fixedbitset::FixedBitSet;
use rulec_compiler::project;
use rulec_engine::{Answers, Keys, Timings, Tristate, Values, Work};
use rulec_plan::Plan;
use rulec_plan::audience::{Audience, CustomerScan, NodeId, Scalar};
use rulec_plan::campaign::{self, Campaign, Share};
use rulec_plan::project::{ChannelKind, Project, Source};
use rulec_plan::rules::{Action, Again, Display, Format, NamedFact, Offer, Piece, Rule, Send};
use rulec_plan::time::{Clock, DAY, Duration, Instant, Zone};
use rulec_runtime::planfile::{self, Planned};
use rulec_runtime::send::{Lookout, Outside, ProjectOutlets, SendOptions, Standing};
use rulec_runtime::state::{State, StateView};
use rulec_runtime::{ApplyOptions, Findings, apply, decide};
use std::collections::BTreeMap;
use std::error::Error;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

const CUSTOMERS: usize = 200_000;
const RUNS: usize = 3;
/// 2026-01-01T12:00:00Z.
const AS_OF: Instant = Instant(1_767_225_600_000_000 + DAY / 2);

/// How a run may end.
pub type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let customers = std::env::args().nth(1).map_or(Ok(CUSTOMERS), |count| count.parse())?;
    let project = shop();
    let path = folder.path().join("bench.plan");
    write_plan(&project, customers, &path)?;
    println!("{customers} customers; CPU seconds, best of {RUNS}");
    let mut best = [f64::MAX; 3];
    let mut told = String::new();
    for run in 0..RUNS {
        let home = folder.path().join(run.to_string());
        std::fs::create_dir(&home)?;
        let (reading, applying) = (read(&path)?, record(&project, customers, &home, &path)?);
        let state = State::path_of(&project, &home).map_err(|error| error.message.en)?;
        let copied = bare::copy(&state, &home.join("bare.db"))?;
        for (best, seconds) in best.iter_mut().zip([reading, applying - reading, copied.seconds]) {
            *best = best.min(seconds);
        }
        told = copied.to_string();
        std::fs::remove_dir_all(&home)?;
    }
    let [reading, recording, bare] = best;
    println!("  reading the plan file {reading:.3}");
    println!("  recording it {recording:.3}");
    println!("  bare inserts of the same rows {bare:.3}: {told}");
    println!("  recording is {:.2} times the bare inserts", recording / bare);
    Ok(())
}

/// Reads all lines, and does nothing with them.
fn read(plan: &Path) -> Outcome<f64> {
    let start = ProcessTime::now();
    for line in planfile::read(plan).map_err(|error| error.message.en)? {
        std::hint::black_box(line.map_err(|error| error.message.en)?);
    }
    Ok(start.elapsed().as_secs_f64())
}

/// Reads and records, and sends nothing.
fn record(project: &Project, customers: usize, folder: &Path, path: &Path) -> Outcome<f64> {
    let clock: Arc<dyn Clock> = Arc::new(Stopped);
    let outlets =
        ProjectOutlets::new(project, folder, |_| None, clock.clone()).map_err(|error| error.message.en)?;
    let mut lookout = Once(Some(Standing::new(plan(), answers(customers))));
    let outside = Outside { outlets: &outlets, lookout: &mut lookout, clock: &*clock, stamps: &*clock };
    let sending = SendOptions { limit: Some(0), ..SendOptions::default() };
    let options = ApplyOptions { approvals: &[], entropy: [7; 32], sending };
    let start = ProcessTime::now();
    let plan = planfile::read(path).map_err(|error| error.message.en)?;
    let told = |Findings(found)| found.first().map_or_else(String::new, |error| error.message.en.clone());
    apply(project, folder, plan, options, outside, &mut |_| ControlFlow::Continue(())).map_err(told)?;
    Ok(start.elapsed().as_secs_f64())
}

/// Shows always the instant of the plan.
struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Instant {
        AS_OF
    }
}

/// Sees customers who never change.
struct Once(Option<Standing>);

impl Lookout for Once {
    fn look(&mut self, _now: Instant) -> Result<Option<Standing>, Findings> {
        Ok(self.0.take())
    }
}

fn write_plan(project: &Project, customers: usize, path: &Path) -> Outcome<()> {
    let (plan, answers, state) = (plan(), answers(customers), StateView::empty());
    let decisions = decide(&plan, project, &answers, &state).map_err(|error| error.message.en)?;
    let planned = Planned { plan: &plan, project, answers: &answers, state: &state, decisions: &decisions };
    planfile::write(planned, path).map_err(|error| error.message.en)?;
    Ok(())
}

fn shop() -> Project {
    let mut project = project::standard();
    for channel in project.channels.values_mut() {
        channel.kind = ChannelKind::File;
        channel.settings.clear();
        channel.quiet = None;
    }
    project
}

/// The nodes of the plan: the conditions of rules, and what customers are.
const DORMANT: NodeId = NodeId(100);
const SPENT: NodeId = NodeId(101);
const PHONE: NodeId = NodeId(102);
const NAME: NodeId = NodeId(103);

/// Of ten customers all match the second rule, five the first, which wins them, and two the third, outside the campaign.
fn answers(customers: usize) -> Answers {
    let set = |is_in: &dyn Fn(usize) -> bool| {
        let mut yes = FixedBitSet::with_capacity(customers);
        yes.extend((0..customers).filter(|customer| is_in(*customer)));
        Tristate { yes, unknown: FixedBitSet::with_capacity(customers) }
    };
    let conditions = [
        (NodeId(0), set(&|customer| customer % 2 == 0)),
        (NodeId(1), set(&|_| true)),
        (NodeId(2), set(&|customer| customer % 5 == 0)),
    ];
    let outputs = [DORMANT, SPENT, PHONE, NAME].map(|node| (node, Box::new(Fact(node)) as Box<dyn Values>));
    Answers {
        keys: Keys::Integers((100_001..).take(customers).collect()),
        conditions: conditions.into(),
        outputs: BTreeMap::from(outputs),
        work: Work::default(),
        timings: Timings::default(),
        data_hash: String::new(),
    }
}

/// A fact of every customer.
#[derive(Debug)]
struct Fact(NodeId);

impl Values for Fact {
    fn get(&self, customer: usize) -> Scalar {
        let number = customer * 7919 % 10_007;
        match self.0 {
            DORMANT => Scalar::Int(i64::try_from(number % 90).unwrap_or(0)),
            SPENT => Scalar::Int(i64::try_from(number * 100).unwrap_or(0)),
            PHONE => Scalar::Text(format!("138{customer:08}")),
            _ => Scalar::Text(format!("王{number}")),
        }
    }
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
    let sms = |text: &str| Action::Send(message(text));
    Plan {
        campaigns: vec![campaign()],
        rules: vec![
            rule(0, Some("winback"), sms("您有一张满150减20的优惠券")),
            rule(1, Some("winback"), sms("新品上市，欢迎回来看看")),
            rule(2, None, Action::Tag("dormant".to_owned())),
        ],
        ..Plan::of_audience(AS_OF, Zone::UTC, audience, String::new())
    }
}

fn campaign() -> Campaign {
    Campaign {
        name: "winback".to_owned(),
        doc: None,
        file: String::new(),
        line: 1,
        first_day: None,
        over_on: None,
        standing: campaign::Standing::Runs { from: AS_OF },
        holdout: Some(Share(Share::WHOLE.0 / 20)),
        conversion: None,
        budget: None,
    }
}

fn message(text: &str) -> Send {
    let name = Piece::Fact {
        node: NAME,
        display: Display::Text,
        format: Format::default(),
        label: "姓名".to_owned(),
        personal: true,
        or: None,
    };
    Send {
        channel: "sms".to_owned(),
        address: Some(PHONE),
        consent: None,
        template: None,
        transactional: false,
        message: vec![name, Piece::Text(text.to_owned())],
        offers: vec![Offer::Coupon { off_cents: 2_000, from_cents: 15_000 }],
        ttl: Some(Duration::Calendar { months: 0, days: 15 }),
        pool: None,
        at: None,
        quota: None,
    }
}

fn rule(place: u32, campaign: Option<&str>, action: Action) -> Rule {
    let fact = |name: &str, node, display, personal| NamedFact {
        name: name.to_owned(),
        label: name.to_owned(),
        node,
        display,
        personal,
    };
    Rule {
        name: format!("r{place}"),
        campaign: campaign.map(str::to_owned),
        doc: None,
        file: String::new(),
        line: 1,
        hash: "0".repeat(64),
        priority: -i64::from(place),
        condition: NodeId(place),
        again: Again::NewSpell,
        split: None,
        actions: vec![action],
        follow_ups: Vec::new(),
        facts: vec![
            fact("dormant_days", DORMANT, Display::Days, false),
            fact("monetary_cents", SPENT, Display::Money, false),
            fact("phone", PHONE, Display::Text, true),
        ],
    }
}
