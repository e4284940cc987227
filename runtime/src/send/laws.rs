//! What holds whatever happens: random stories of sending with providers that fail in every way, processes that die at
//! every point, disks that fail, clocks that jump, and people who pause, stop and opt out meanwhile. `RULEC_STORIES` tells
//! how many, and from which seed on: `10000` or `10000@7`.

use super::simulation::{Begun, Provider, Providers, Random, Shared, Simulated, Time};
use super::{Doing, Lookout, Outlets, Outside, SendOptions, Sending, Standing, is_within};
use crate::apply::{Recording, record};
use crate::audit::verify::verify;
use crate::fixture::{Folder, World, at, send, zone};
use crate::optouts::{OptOut, Who};
use crate::planfile;
use crate::state::{Hearing, Scope, State};
use crate::{Findings, Pools, failpoint as points};
use rulec_channels::failpoint::{self, Fault};
use rulec_channels::{Channel, Terms};
use rulec_diagnostic::codes::run;
use rulec_plan::project::InQuiet;
use rulec_plan::rules::{Action, Send};
use rulec_plan::time::{Clock, HOUR, Instant};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const CHANNELS: [&str; 2] = ["sms", "app"];

/// A project, its providers, and the time.
struct Story {
    random: Random,
    world: World,
    folder: Folder,
    time: Time,
    providers: Providers,
    /// Whether somebody set the clock in the last session.
    has_jumped: bool,
    /// The keys of all messages, by row: the state knows those of who was forgotten no more.
    keys: BTreeMap<i64, String>,
}

/// A row of the outbox: channel, status, whether its code is taken, and how it was handed over last.
#[derive(Debug)]
struct Row {
    channel: String,
    status: String,
    has_code: bool,
    payload: bool,
    is_forgotten: bool,
}

impl Story {
    /// Everyone is to get two messages, one of them with a code, by channels of which one honours keys.
    fn new(seed: u64) -> Story {
        let mut random = Random::new(seed);
        let time = Time::new(at("2026-11-21T20:00:00"));
        let customers = 2 + usize::try_from(random.below(9)).unwrap();
        let mut story = Story {
            world: World::new(customers),
            folder: Folder::new(),
            providers: Providers::default(),
            time,
            random: random.clone(),
            has_jumped: false,
            keys: BTreeMap::new(),
        };
        let everyone: Vec<usize> = (0..customers).collect();
        story.world.pool("spring", customers);
        let coded = Send { pool: Some("spring".to_owned()), ..send("sms") };
        story.world.rule("a", &everyone).actions = vec![Action::Send(coded), Action::Send(send("app"))];
        let honours = random.below(2) == 0;
        for (channel, honours_key) in CHANNELS.into_iter().zip([honours, !honours]) {
            story.add(channel, honours_key);
        }
        story
    }

    fn add(&mut self, channel: &str, honours_key: bool) {
        let random = &mut self.random;
        let size = |random: &mut Random| 1 + usize::try_from(random.below(4)).unwrap();
        let terms = Terms { batch: size(random), calls: size(random), honours_key };
        let provider = Provider::new(terms, random.next(), [1, 8, 40][random.below(3) as usize]);
        let shared = Shared { provider: Arc::new(Mutex::new(provider)), time: self.time.clone() };
        self.providers.0.insert(channel.to_owned(), shared);
        let settings = &mut self.world.project.channels[channel];
        settings.rate = [None, Some(0.5), Some(3.0), Some(50.0)][random.below(4) as usize];
        settings.quiet = random.once_in(2).then_some((21 * 60, 9 * 60));
        settings.in_quiet = if random.once_in(2) { InQuiet::Hold } else { InQuiet::Skip };
    }

    fn state(&self) -> State {
        State::open(&self.folder.join(".rulec/state.db")).unwrap()
    }

    /// Plans and records, as often as it takes.
    fn record(&mut self) {
        let codes = self.world.state.codes.clone();
        let view = self.state().view(&self.world.plan, &self.world.answers.keys, Pools { codes }).unwrap();
        self.world.state = view;
        let path = self.folder.join("plan");
        planfile::write(self.world.planned(&self.world.decide()), &path).unwrap();
        loop {
            self.arm();
            let recording = Recording {
                now: self.time.now(),
                stamp: self.time.now(),
                entropy: [7; 32],
                standing: None,
                approvers: &[],
            };
            let plan = planfile::read(&path).unwrap();
            let recorded = catch_unwind(AssertUnwindSafe(|| {
                record(&mut self.state(), plan, recording, &mut |_| ControlFlow::Continue(()))
            }));
            failpoint::disarm();
            // What fails after the commit has recorded nevertheless.
            if matches!(recorded, Ok(Ok(_)))
                || self.state().has_applied(planfile::read(&path).unwrap().header().id.as_str()).unwrap()
            {
                return self.know_keys();
            }
        }
    }

    /// Lets some point fail, mostly.
    fn arm(&mut self) {
        let random = &mut self.random;
        if random.once_in(4) {
            return;
        }
        let point = points::ALL[random.below(points::ALL.len() as u64) as usize];
        let fault = [Fault::Io, Fault::Full, Fault::Death, Fault::Death][random.below(4) as usize];
        failpoint::arm(point, 1 + random.below(8), fault);
    }

    /// One session, whatever becomes of it. Whatever happens meanwhile, nothing is handed over that may not be any more.
    fn session(&mut self, is_last: bool) {
        let standing = self.standing();
        self.providers.0.values().for_each(|shared| shared.provider.lock().unwrap().heard.clear());
        let mut state = self.state();
        let mut crew = Simulated::new(self.time.clone(), self.random.next());
        let limit = (!is_last && self.random.once_in(3)).then(|| self.random.below(6));
        let options = SendOptions { limit, ..SendOptions::default() };
        let over = Over { begun: Arc::clone(&crew.begun), told: RefCell::default() };
        let mut lookout = self.lookout(is_last, &over);
        let (time, meanwhile) = (self.time.clone(), Meanwhile { folder: &self.folder, over: &over });
        let (random, has_jumped) = (&mut self.random, &mut self.has_jumped);
        let customers = self.world.answers.population() as u64;
        let mut outside =
            Outside { outlets: &self.providers, lookout: &mut lookout, clock: &time, stamps: &time };
        let project = &self.world.project;
        let mut sending =
            Sending { project, state: &mut state, outside: &mut outside, scope: Scope::all(), options };
        let mut progress = |_: &Doing<'_>| {
            if is_last {
                return ControlFlow::Continue(());
            }
            if random.once_in(30) {
                time.jump((random.below(13) as i64 - 6) * HOUR);
                *has_jumped = true;
            }
            meanwhile.happens(random, customers, time.now())
        };
        let sent = catch_unwind(AssertUnwindSafe(|| sending.send_with(&mut crew, standing, &mut progress)));
        self.check_handed(&over, limit);
        let Ok(sent) = sent else { return crew.dies() };
        assert!(sent.is_ok() || !is_last, "{sent:?}");
        let Err(findings) = sent else { return };
        crew.dies();
        if findings.0[0].code == run::CUSTOMERS_UNSEEN {
            let marked = self.number("SELECT count(*) FROM outbox WHERE status = 'marked'");
            assert_eq!(marked, 0, "answers were thrown away");
        }
    }

    /// Sees customers for a while, and now and then one who complains.
    fn lookout<'o>(&mut self, is_last: bool, over: &'o Over) -> Watchful<'o> {
        let looks = (!is_last && self.random.once_in(5)).then(|| self.random.below(12));
        let complains = (!is_last && self.random.once_in(4)).then(|| {
            let customer = self.random.below(self.world.answers.population() as u64) as usize;
            self.world.suppress(None, &[customer], "complains");
            let hers = self.state().keys_where(&format!("customer = '{}'", customer + 1));
            (self.random.below(20), self.world.standing(), hers)
        });
        Watchful { looks, complains, over: Some(over) }
    }

    /// That what began to be handed over might be, at that moment, and was not more than the limit.
    fn check_handed(&self, over: &Over, limit: Option<u64>) {
        let begun = over.begun.lock().unwrap();
        for (place, why, keys) in over.told.borrow().iter() {
            let wrong = begun[*place..].iter().find(|(key, _)| keys.contains(key));
            assert_eq!(wrong, None, "handed over although {why}");
        }
        for channel in CHANNELS {
            let Some((from, to)) = self.world.project.channels[channel].quiet else { continue };
            let keys = self.state().keys_where(&format!("channels.name = '{channel}'"));
            for (_, at) in begun.iter().filter(|(key, _)| keys.contains(key)) {
                let minute = self.world.project.zone.minute_of(*at);
                assert!(!is_within(from, to, minute), "{channel} woke somebody up at minute {minute}");
            }
        }
        let reached: BTreeSet<&str> = begun.iter().map(|(key, _)| &**key).collect();
        if let Some(limit) = limit {
            // What was surely not taken does not count.
            let most = limit + self.not_taken(&reached);
            assert!(reached.len() as u64 <= most, "{} were handed over, limit {limit}", reached.len());
        }
    }

    /// How many of these no provider has had in this session.
    fn not_taken(&self, keys: &BTreeSet<&str>) -> u64 {
        let had = |shared: &Shared, key: &str| shared.provider.lock().unwrap().heard.contains(key);
        keys.iter().filter(|key| !self.providers.0.values().any(|shared| had(shared, key))).count() as u64
    }

    /// How the customers stand: now and then one more is suppressed.
    fn standing(&mut self) -> Standing {
        if self.random.once_in(6) {
            let customer = self.random.below(self.world.answers.population() as u64) as usize;
            self.world.suppress(None, &[customer], "complained");
        }
        self.world.standing()
    }

    /// Now and then somebody opts out, or wants to be forgotten.
    fn turn_away(&mut self) {
        let customer = (1 + self.random.below(self.world.answers.population() as u64)).to_string();
        let now = self.time.now();
        match self.random.below(12) {
            0 => {
                let hearing = Hearing { source: "a story", now, entropy: [8; 32] };
                let channel = self.random.once_in(2).then(|| "sms".to_owned());
                let optout = OptOut { who: Who::Customer(customer), channel, at: now, line: None };
                self.state().opt_out(&[optout], hearing).unwrap();
            }
            1 => drop(self.state().forget(&customer, now).unwrap()),
            _ => {}
        }
    }

    /// Remembers the keys of all messages.
    fn know_keys(&mut self) {
        let keys = |connection: &rusqlite::Connection| {
            let mut query = connection.prepare("SELECT seq, lower(hex(key)) FROM outbox")?;
            query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        };
        self.keys = self.state().read(keys).unwrap();
    }

    /// Somebody pauses a channel, or lets it go on.
    fn meddle(&mut self) {
        let (channel, now) = (CHANNELS[self.random.below(2) as usize], self.time.now());
        if self.random.once_in(3) {
            self.state().pause(channel, None, now).unwrap();
        } else {
            self.state().resume(Some(channel), now).unwrap();
        }
    }

    /// The providers work again, and time goes by until nothing waits any more.
    fn ends(&mut self) {
        self.state().resume(None, self.time.now()).unwrap();
        for shared in self.providers.0.values() {
            shared.provider.lock().unwrap().recovers();
        }
        for _ in 0..60 {
            self.session(true);
            let left =
                self.state().read(|connection| Scope::all().left(connection, self.time.now())).unwrap();
            if (left.due, left.waiting) == (0, 0) {
                return;
            }
            self.time.pass(Duration::from_secs(3_600));
        }
        panic!("something waits for ever");
    }

    fn rows(&self) -> BTreeMap<String, Row> {
        let query = "SELECT lower(hex(key)), channels.name, status, codes.message IS NOT NULL AND released_at IS NULL,
                payloads.seq IS NOT NULL, customer IS NULL, outbox.seq
            FROM outbox JOIN people ON people.id = outbox.person JOIN channels ON channels.id = outbox.channel LEFT JOIN codes ON codes.message = outbox.seq
                LEFT JOIN payloads ON payloads.seq = outbox.seq";
        let rows = |connection: &rusqlite::Connection| {
            let mut query = connection.prepare(query)?;
            let rows = query.query_map([], |row| {
                let (channel, status) = (row.get(1)?, row.get(2)?);
                let (has_code, payload, is_forgotten) = (row.get(3)?, row.get(4)?, row.get(5)?);
                let key = if is_forgotten { self.keys[&row.get(6)?].clone() } else { row.get(0)? };
                Ok((key, Row { channel, status, has_code, payload, is_forgotten }))
            })?;
            rows.collect()
        };
        self.state().read(rows).unwrap()
    }

    fn number(&self, query: &str) -> i64 {
        self.state().read(|connection| connection.query_row(query, [], |row| row.get(0))).unwrap()
    }

    /// That nothing was lost and nothing doubled.
    fn check(&self) {
        let rows = self.rows();
        assert_eq!(rows.len(), 2 * self.world.answers.population());
        for (key, row) in &rows {
            let provider = self.providers.0[&row.channel].provider.lock().unwrap();
            let times = provider.delivered.get(key).copied().unwrap_or(0);
            assert!(times <= 1, "{key} was delivered {times} times: {row:?}");
            match row.status.as_str() {
                "sent" => assert_eq!(times, 1, "{key} is said to be sent"),
                "dead" | "withheld" => assert_eq!(times, 0, "{key} arrived, but is {}", row.status),
                "doubt" => {}
                other => panic!("{key} is left {other}"),
            }
            let is_coded = row.channel == "sms" && row.status != "withheld";
            assert_eq!(row.has_code, is_coded, "{row:?}");
            let may_go_again = matches!(&*row.status, "dead" | "doubt") && !row.is_forgotten;
            assert_eq!(row.payload, may_go_again, "{row:?}");
        }
        for (channel, shared) in &self.providers.0 {
            self.check_rate(channel, &shared.provider.lock().unwrap().handed);
        }
        for kind in ["sent", "dead", "doubt", "withheld"] {
            let told = self.number(&format!(
                "SELECT count(DISTINCT message) FROM audit JOIN causes ON causes.id = cause WHERE kind = '{kind}'"
            ));
            let are = rows.values().filter(|row| row.status == kind).count();
            assert!(told >= are as i64, "{told} {kind} in the audit, {are} in the outbox");
        }
        let verified = verify(&self.state(), &[]).unwrap();
        assert!(verified.is_valid(), "{:?}", verified.findings);
    }

    /// That no second of a session saw more than the rate.
    fn check_rate(&self, channel: &str, handed: &[Duration]) {
        let Some(rate) = self.world.project.channels[channel].rate else { return };
        // What reaches the provider is late by up to 2 ms.
        let second = Duration::from_millis(998);
        for (place, first) in handed.iter().enumerate() {
            let seen = handed[place..].iter().take_while(|at| **at < *first + second).count();
            assert!(seen as f64 <= rate.max(1.0), "{seen} messages by {channel} in a second at {rate}");
        }
    }
}

/// From which message on, why, and what.
type Told = (usize, &'static str, BTreeSet<String>);

/// What may not be handed over any more.
#[derive(Default)]
struct Over {
    begun: Begun,
    told: RefCell<Vec<Told>>,
}

impl Over {
    fn tell(&self, why: &'static str, keys: BTreeSet<String>) {
        self.told.borrow_mut().push((self.begun.lock().unwrap().len(), why, keys));
    }
}

impl State {
    fn keys_where(&self, condition: &str) -> BTreeSet<String> {
        let query = format!(
            "SELECT lower(hex(key)) FROM outbox JOIN people ON people.id = person
                JOIN channels ON channels.id = outbox.channel WHERE {condition}"
        );
        self.read(|connection| connection.prepare(&query)?.query_map([], |row| row.get(0))?.collect())
            .unwrap()
    }
}

/// What people do while a session runs.
struct Meanwhile<'a> {
    folder: &'a Folder,
    over: &'a Over,
}

impl Meanwhile<'_> {
    fn happens(&self, random: &mut Random, customers: u64, now: Instant) -> ControlFlow<()> {
        let what = random.below(200);
        if what >= 11 {
            return ControlFlow::Continue(());
        }
        let mut state = State::open(&self.folder.join(".rulec/state.db")).unwrap();
        let customer = (1 + random.below(customers)).to_string();
        let hers = state.keys_where(&format!("customer = '{customer}'"));
        match what {
            0..5 => {
                self.over.tell("it was stopped", state.keys_where("TRUE"));
                return ControlFlow::Break(());
            }
            5 | 6 => {
                state.pause("app", None, now).unwrap();
                self.over.tell("it was paused", state.keys_where("channels.name = 'app'"));
            }
            7 | 8 => {
                let hearing = Hearing { source: "a story", now, entropy: [8; 32] };
                let optout = OptOut { who: Who::Customer(customer), channel: None, at: now, line: None };
                state.opt_out(&[optout], hearing).unwrap();
                self.over.tell("she opted out", hers);
            }
            _ => {
                state.forget(&customer, now).unwrap();
                self.over.tell("she was forgotten", hers);
            }
        }
        ControlFlow::Continue(())
    }
}

/// Sees customers who stay as they are, or, after so many looks, none any more; one complains after so many.
#[derive(Default)]
struct Watchful<'o> {
    looks: Option<u64>,
    complains: Option<(u64, Standing, BTreeSet<String>)>,
    over: Option<&'o Over>,
}

impl Lookout for Watchful<'_> {
    fn look(&mut self, _now: Instant) -> Result<Option<Standing>, Findings> {
        match &mut self.looks {
            Some(0) => {
                return Err(crate::diagnostics::unreadable_customers(Path::new("shop.db"), &"gone").into());
            }
            Some(left) => *left -= 1,
            None => {}
        }
        if let Some((left @ 1.., ..)) = &mut self.complains {
            *left -= 1;
            return Ok(None);
        }
        let Some((_, standing, hers)) = self.complains.take() else { return Ok(None) };
        if let Some(over) = self.over {
            over.tell("she is suppressed", hers);
        }
        Ok(Some(standing))
    }
}

/// Tells one story and looks at its end.
fn tell(seed: u64) {
    let mut story = Story::new(seed);
    story.record();
    for _ in 0..story.random.below(8) {
        story.arm();
        story.session(false);
        failpoint::disarm();
        story.meddle();
        story.turn_away();
        // Less than a second only where the clock shows it: who was set ahead meanwhile cannot know of the rate.
        let minutes = story.random.below(120);
        story.time.pass(Duration::from_secs(60 * minutes + u64::from(story.has_jumped)));
        story.has_jumped = false;
    }
    story.ends();
    story.check();
}

#[test]
fn whatever_happens_nothing_is_lost_or_doubled() {
    let wanted = std::env::var("RULEC_STORIES").unwrap_or_else(|_| "200".to_owned());
    let (count, first) = wanted.split_once('@').unwrap_or((&wanted, "0"));
    let (count, first): (u64, u64) = (count.parse().unwrap(), first.parse().unwrap());
    for seed in first..first + count {
        let told = catch_unwind(|| tell(seed));
        assert!(
            told.is_ok(),
            "the story of seed {seed} ends badly; tell it again with RULEC_STORIES=1@{seed}"
        );
    }
}

/// Opens all channels but one.
struct Without<'a>(&'a Providers, &'a str);

impl Outlets for Without<'_> {
    fn open(&self, name: &str) -> crate::Result<Box<dyn Channel>> {
        if name == self.1 { Err(crate::diagnostics::no_such_channel(name)) } else { self.0.open(name) }
    }
}

#[test]
fn a_channel_that_cannot_be_opened_keeps_no_other_from_sending() {
    let mut story = Story::new(0);
    for channel in &mut story.world.project.channels.values_mut() {
        (channel.quiet, channel.rate) = (None, None);
    }
    story.record();
    story.providers.0.values().for_each(|shared| shared.provider.lock().unwrap().recovers());
    let (standing, mut state, time) = (story.standing(), story.state(), story.time.clone());
    let outlets = Without(&story.providers, "sms");
    let mut outside =
        Outside { outlets: &outlets, lookout: &mut Watchful::default(), clock: &time, stamps: &time };
    let mut sending = Sending {
        project: &story.world.project,
        state: &mut state,
        outside: &mut outside,
        scope: Scope::all(),
        options: SendOptions::default(),
    };
    let mut crew = Simulated::new(time.clone(), 0);
    let sent = sending.send_with(&mut crew, standing, &mut |_| ControlFlow::Continue(())).unwrap();
    let everyone = story.world.answers.population() as u64;
    assert_eq!((sent.channels["app"].done(), sent.left.due), (everyone, everyone));
    assert_eq!(sent.findings(zone())[0].code.name(), "R0122");
}
