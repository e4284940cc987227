//! Random shops over some days: planned, applied, heard of, and planned again. After every run a plain model, which knows
//! the lines of the plans and the published formulas but no state, says whether all that rules declare was kept.
//!
//! `RULEC_CASES=2000` takes more shops, `RULEC_SEED=17` one alone.

mod calendar;
mod checks;
mod history;
mod lines;
mod pipeline;
mod random;
mod scarce;
mod shop;
mod text;

use calendar::day_of;
use checks::{Checker, must};
use history::{History, Message};
use lines::{Decision, PlanFile};
use pipeline::{Bench, OTHERS, PLAIN};
use rulec_plan::time::Instant;
use rulec_runtime::Applied;
use rulec_runtime::outcomes::{About, Outcome, OutcomeKind};
use rulec_tests::random::Rng;
use shop::Shop;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

const CASES: u64 = 20;
const RUNS: usize = 8;
/// So often at least must each verdict have been seen, and each of the other events of a run.
const USES: usize = 10;

/// A rule that nothing else depends on, with a split and a holdout of its own; it comes last wherever there is not enough.
const UNRELATED: &str = "campaign 别家 { holdout 20% rule 别家唤醒 priority -9 { when everyone split 别家实验 {\n\
                         50% a: send push \"别的\"\n 50% b: send push \"另外的\" } } }\nlet 别家数 = frequency * 2";

/// How often what happened.
type Seen = BTreeMap<String, usize>;

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

#[test]
fn whatever_rules_declare_is_kept_over_days_of_runs_and_outcomes() {
    let only = number("RULEC_SEED");
    let seeds = only.map_or(0..number("RULEC_CASES").unwrap_or(CASES), |seed| seed..seed + 1);
    let mut seen = Seen::new();
    for seed in seeds {
        let wrong = Course::new(seed).and_then(|mut course| course.go(&mut seen));
        wrong.unwrap_or_else(|wrong| panic!("seed {seed}: {wrong}"));
    }
    println!("{seen:#?}");
    if only.is_none() {
        const WANTED: [&str; 18] = [
            "send",
            "hold",
            "control",
            "outranked",
            "already touched",
            "suppressed",
            "no consent",
            "no address",
            "capped",
            "over quota",
            "over budget",
            "pool empty",
            "data missing",
            "not matched",
            "follow-up sent",
            "follow-up held out",
            "converted",
            "campaign over",
        ];
        let rare: Vec<_> =
            WANTED.iter().filter(|what| seen.get(**what).is_none_or(|count| *count < USES)).collect();
        assert!(rare.is_empty(), "too seldom seen: {rare:?}");
    }
}

/// What happens to a shop.
struct Course {
    rng: Rng,
    shop: Shop,
    bench: Bench,
    history: History,
    /// Plans of which something waits.
    waiting: Vec<(PathBuf, Instant)>,
    /// A plan that was not applied.
    dropped: Option<PathBuf>,
}

impl Course {
    fn new(seed: u64) -> Result<Course, String> {
        let mut rng = Rng::new(!seed);
        let shop = Shop::random(seed);
        let bench = Bench::new(&shop, &mut rng)?;
        let history = History::default();
        Ok(Course { rng, shop, bench, history, waiting: Vec::new(), dropped: None })
    }

    fn go(&mut self, seen: &mut Seen) -> Result<(), String> {
        let runs = random::runs(&mut self.rng, &self.shop, RUNS);
        let mut before = self.shop.begin;
        for (run, as_of) in runs.into_iter().enumerate() {
            let later = run >= RUNS / 2;
            if run > 0 {
                self.hear(before, as_of)?;
            }
            self.run(as_of, later, seen).map_err(|wrong| {
                let at = calendar::local(self.shop.zone, as_of);
                format!("run {run} at {at}: {wrong}\n{}", self.shop.declarations(later).join("\n"))
            })?;
            before = as_of;
        }
        Ok(())
    }

    /// Plans, in several ways, and mostly applies.
    fn run(&mut self, as_of: i64, later: bool, seen: &mut Seen) -> Result<(), String> {
        let declarations = self.shop.declarations(later);
        let path = self.bench.plan(&[declarations.join("\n")], as_of, PLAIN)?;
        let plan = PlanFile::read(&path, &self.shop);
        Checker { shop: &self.shop, history: &self.history, plan: &plan, later }.check()?;
        count(&plan, seen);
        let way = self.rng.pick(&OTHERS);
        let again = self.bench.plan(&[declarations.join("\n")], as_of, way)?;
        must!(PlanFile::read(&again, &self.shop).bytes == plan.bytes, "other bytes by {way:?}");
        self.rewritten(later, &plan)?;
        if self.rng.chance(12) {
            self.dropped = Some(path);
            return Ok(());
        }
        self.apply(path, &plan, as_of)?;
        scarce::check(&self.shop, &self.history)
    }

    /// Other orders of declarations and more that has nothing to do with them change no decision.
    fn rewritten(&mut self, later: bool, plan: &PlanFile) -> Result<(), String> {
        let mut other = self.shop.clone();
        self.rng.shuffle(&mut other.rules);
        self.rng.shuffle(&mut other.limits);
        let mut declarations = other.declarations(later);
        let is_more = self.rng.chance(50);
        if is_more {
            declarations.push(UNRELATED.to_owned());
        }
        self.rng.shuffle(&mut declarations);
        let (first, second) = declarations.split_at(declarations.len() / 2);
        let path = self.bench.plan(&[first.join("\n"), second.join("\n")], plan.as_of, PLAIN)?;
        let found = PlanFile::read(&path, &self.shop);
        let (found, expected) = (comparable(&found), comparable(plan));
        if let Some(differs) = found.symmetric_difference(&expected).next() {
            return Err(format!("only one of both, with more: {is_more}: {differs:?}"));
        }
        Ok(())
    }

    /// Applies it, and again; in between nothing changes. What waited is sent before.
    fn apply(&mut self, path: PathBuf, plan: &PlanFile, now: i64) -> Result<(), String> {
        self.send_what_waited(now)?;
        let applied = self.bench.apply(&path, now)?;
        must!(!applied.again && applied.sent.left.due == 0, "{applied:?}");
        self.history.take(&self.shop, plan);
        let sent = self.bench.outbox()?;
        let deeds = self.history.deeds.iter().map(|(key, at)| (key, *at));
        let all = self.history.messages.iter().map(|one| (&one.key, one.send_at)).chain(deeds);
        let due: BTreeSet<&String> = all.filter(|(_, at)| *at <= now).map(|(key, _)| key).collect();
        must!(sent.keys().eq(due.iter().copied()), "{} lines were sent, {} are due", sent.len(), due.len());
        let again = self.bench.apply(&path, now)?;
        must!(again.again && again.sent.channels.values().all(|tally| tally.sent == 0), "{again:?}");
        must!(self.bench.outbox()? == sent, "applied again, it sent something");
        if let Some(dropped) = self.dropped.take() {
            let refused = self.bench.apply(&dropped, now);
            must!(refused == Err("R0120"), "a plan of before was applied: {refused:?}");
        }
        self.keep_waiting(path, &applied);
        Ok(())
    }

    /// Sends what has become due meanwhile when it does: later it may be quiet again.
    fn send_what_waited(&mut self, now: i64) -> Result<(), String> {
        while let Some(place) = self.waiting.iter().position(|(_, due)| due.0 <= now) {
            let (plan, due) = self.waiting.remove(place);
            let applied = self.bench.apply(&plan, due.0)?;
            must!(applied.again && applied.sent.left.due == 0, "{applied:?}");
            self.keep_waiting(plan, &applied);
        }
        // What waited until its campaign was over never goes out, and counts no more.
        let (shop, history) = (&self.shop, &mut self.history);
        history.messages.retain(|message| message.send_at > now || !is_late(shop, message));
        Ok(())
    }

    fn keep_waiting(&mut self, plan: PathBuf, applied: &Applied) {
        if let Some(next) = applied.sent.left.next {
            self.waiting.push((plan, next));
        }
    }

    /// Some of what was sent has come to something.
    fn hear(&mut self, before: i64, now: i64) -> Result<(), String> {
        let sent = self.bench.outbox()?;
        let mut outcomes = Vec::new();
        for message in self.history.messages.iter().filter(|message| sent.contains_key(&message.key)) {
            if self.rng.chance(15) {
                let kind = kind(&mut self.rng, message);
                let at = Instant(self.rng.between(message.send_at.min(before), before));
                let by_code = message.code.clone().filter(|_| self.rng.chance(50)).map(About::Code);
                let about = by_code.unwrap_or_else(|| About::Message(message.key.clone()));
                outcomes.push(Outcome { kind, about, at, line: None });
                self.history.outcomes.insert((message.key.clone(), kind.word()));
            }
        }
        if outcomes.is_empty() { Ok(()) } else { self.bench.record(&outcomes, now) }
    }
}

fn kind(rng: &mut Rng, message: &Message) -> OutcomeKind {
    let kind = rng.pick(&OutcomeKind::ALL);
    if kind == OutcomeKind::Redeemed && !message.has_coupon { OutcomeKind::Opened } else { kind }
}

/// The decisions of a plan, without those of what has nothing to do with them. Of several limits and suppressions the first
/// in the files is the reason, so these are not compared.
fn comparable(plan: &PlanFile) -> BTreeSet<Decision> {
    let own = plan.decisions.iter().filter(|decision| decision.rule != "别家唤醒").cloned();
    let without_reason = own.map(|decision| match decision.verdict.as_str() {
        "capped" | "suppressed" => Decision { reason: None, ..decision },
        _ => decision,
    });
    without_reason.collect()
}

fn count(plan: &PlanFile, seen: &mut Seen) {
    let mut saw = |what: &str| *seen.entry(what.to_owned()).or_default() += 1;
    for decision in &plan.decisions {
        saw(&decision.verdict);
        if decision.step > 0 {
            if decision.is_sent() {
                saw("follow-up sent");
            }
            match (decision.verdict.as_str(), decision.reason.as_deref()) {
                ("control", _) => saw("follow-up held out"),
                ("not matched", Some(reason)) => saw(reason),
                _ => {}
            }
        }
    }
}

/// Whether a message would go out only after its campaign.
fn is_late(shop: &Shop, message: &Message) -> bool {
    let campaign = shop.campaigns.iter().find(|campaign| Some(&campaign.name) == message.campaign.as_ref());
    let day = (day_of(shop.zone, message.send_at) - day_of(shop.zone, shop.begin)).num_days();
    campaign.and_then(|campaign| campaign.active).is_some_and(|(_, over)| day >= over)
}
