//! What a session keeps to while it hands over, with threads as in earnest or a crew in memory.

use super::simulation::{Simulated, Time};
use super::{Doing, Halt, Lookout, Outlets, Outside, SendOptions, Sending, Sent, Standing, Withheld};
use crate::apply::{Recording, record};
use crate::fixture::{Folder, World, at, days, send, with_coupon};
use crate::planfile;
use crate::state::{Scope, State};
use crate::{Findings, Pools};
use rulec_channels::failpoint::{self, Fault};
use rulec_channels::{Channel, Delivery, Message, Reason, Sender, Terms, Trouble};
use rulec_plan::project::ChannelKind;
use rulec_plan::rules::{Action, Send};
use rulec_plan::time::{Clock, DAY, HOUR, Instant};
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};
use std::time::Duration;

type Answer = Arc<dyn Fn(&Message, usize) -> Delivery + std::marker::Send + Sync>;

/// A provider of one's own, who answers the n-th message, from 1, like this.
#[derive(Clone)]
struct Fake {
    terms: Terms,
    answer: Answer,
    takes: Duration,
    /// The keys that it was handed, in their order.
    seen: Arc<Mutex<Vec<String>>>,
}

impl Fake {
    fn new(
        honours_key: bool,
        answer: impl Fn(&Message, usize) -> Delivery + std::marker::Send + Sync + 'static,
    ) -> Fake {
        let terms = Terms { batch: 1, calls: 1, honours_key };
        Fake { terms, answer: Arc::new(answer), takes: Duration::ZERO, seen: Arc::default() }
    }

    fn seen(&self) -> usize {
        self.seen.lock().unwrap().len()
    }
}

impl Channel for Fake {
    fn terms(&self) -> Terms {
        self.terms
    }

    fn sender(&self) -> crate::Result<Box<dyn Sender>> {
        Ok(Box::new(self.clone()))
    }
}

impl Sender for Fake {
    fn send(&mut self, messages: &[Message]) -> Vec<Delivery> {
        std::thread::sleep(self.takes);
        let answer = |message: &Message| {
            let mut seen = self.seen.lock().unwrap();
            seen.push(message.key.clone());
            (self.answer)(message, seen.len())
        };
        messages.iter().map(answer).collect()
    }
}

impl Outlets for Fake {
    fn open(&self, _: &str) -> crate::Result<Box<dyn Channel>> {
        Ok(Box::new(self.clone()))
    }
}

struct Still;

impl Lookout for Still {
    fn look(&mut self, _: Instant) -> Result<Option<Standing>, Findings> {
        Ok(None)
    }
}

fn taken(_: &Message, _: usize) -> Delivery {
    Delivery::Taken { id: None }
}

fn later(trouble: Trouble, after: Option<u64>) -> Delivery {
    let reason = Reason::new("http 429", "", &[]);
    Delivery::Later { reason, after: after.map(Duration::from_secs), trouble, maybe: false }
}

fn unknown() -> Delivery {
    Delivery::Unknown(Reason::new("timeout", "", &[]))
}

/// A message for each of so many, recorded and due.
struct Scene {
    world: World,
    folder: Folder,
    time: Time,
}

impl Scene {
    fn new(customers: usize, message: Send) -> Scene {
        let (mut world, folder) = (World::new(customers), Folder::new());
        let everyone: Vec<usize> = (0..customers).collect();
        world.rule("a", &everyone).actions = vec![Action::Send(message)];
        let scene = Scene { world, folder, time: Time::new(at("2026-11-21T20:00:00")) };
        let path = scene.folder.join("plan");
        let state = &mut scene.state();
        let view = state.view(&scene.world.plan, &scene.world.answers.keys, Pools::default()).unwrap();
        let world = World { state: view, ..scene.world };
        planfile::write(world.planned(&world.decide()), &path).unwrap();
        let now = scene.time.now();
        let recording = Recording { now, stamp: now, entropy: [7; 32], standing: None, approvers: &[] };
        let plan = planfile::read(&path).unwrap();
        record(state, plan, recording, &mut |_| ControlFlow::Continue(())).unwrap();
        Scene { world, ..scene }
    }

    fn state(&self) -> State {
        State::open(&self.folder.join(".rulec/state.db")).unwrap()
    }

    /// A session with threads, or with a crew in memory.
    fn session(
        &self,
        fake: &Fake,
        threads: bool,
        limit: Option<u64>,
        mut progress: impl FnMut(&Doing<'_>) -> ControlFlow<()>,
    ) -> Result<Sent, Findings> {
        let mut state = self.state();
        // Whoever finds it busy need not wait for seconds.
        state.read(|connection| connection.busy_timeout(Duration::from_millis(1))).unwrap();
        let (project, time) = (&self.world.project, &self.time);
        let mut outside = Outside { outlets: fake, lookout: &mut Still, clock: time, stamps: time };
        let options = SendOptions { limit, ..SendOptions::default() };
        let (scope, standing) = (Scope::all(), self.world.standing());
        let mut sending = Sending { project, state: &mut state, outside: &mut outside, scope, options };
        if threads {
            return sending.send(standing, &mut progress);
        }
        sending.send_with(&mut Simulated::new(time.clone(), 0), standing, &mut progress)
    }

    fn statuses(&self) -> Vec<(String, i64)> {
        let query = "SELECT status, count(*) FROM outbox GROUP BY status ORDER BY status";
        let rows = |connection: &rusqlite::Connection| {
            connection.prepare(query)?.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        };
        self.state().read(rows).unwrap()
    }

    fn number(&self, query: &str) -> i64 {
        self.state().read(|connection| connection.query_row(query, [], |row| row.get(0))).unwrap()
    }
}

fn all(status: &str, count: i64) -> Vec<(String, i64)> {
    vec![(status.to_owned(), count)]
}

fn go_on(_: &Doing<'_>) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

#[test]
fn what_has_not_begun_is_recalled() {
    for ending in ["stop", "pause", "slow down", "wrong password"] {
        let scene = Scene::new(200, send("sms"));
        let answer = move |message: &Message, number| match (ending, number) {
            ("slow down", 2..) => later(Trouble::Provider, Some(3_600)),
            ("wrong password", 2..) => later(Trouble::Settings, None),
            _ => taken(message, number),
        };
        let fake = Fake { takes: Duration::from_millis(20), ..Fake::new(true, answer) };
        let mut at_end = None;
        let sent = scene.session(&fake, true, None, |_| {
            if at_end.is_some() || fake.seen() < 2 {
                return ControlFlow::Continue(());
            }
            at_end = Some(fake.seen());
            match ending {
                "stop" => return ControlFlow::Break(()),
                "pause" => scene.state().pause("sms", None, scene.time.now()).unwrap(),
                _ => {}
            }
            ControlFlow::Continue(())
        });
        let sent = sent.unwrap();
        assert!(fake.seen() <= at_end.unwrap() + 10, "{ending}: {} after {at_end:?}", fake.seen());
        assert_eq!(scene.number("SELECT count(*) FROM outbox WHERE status = 'marked'"), 0, "{ending}");
        let tried = scene.number("SELECT count(*) FROM deliveries") as usize;
        assert!(tried <= fake.seen(), "{ending}: what was recalled counts as tried");
        assert_eq!(sent.halts.is_empty(), ending == "stop");
    }
}

#[test]
fn a_refusal_after_a_lost_answer_is_doubt() {
    let scene = Scene::new(1, send("sms"));
    let fake = Fake::new(true, |_, number| match number {
        1 => unknown(),
        _ => Delivery::Refused(Reason::new("http 409", "", &[])),
    });
    let sent = scene.session(&fake, false, None, go_on).unwrap();
    assert_eq!((scene.statuses(), sent.left.doubt), (all("doubt", 1), 1));
    assert_eq!(scene.number("SELECT maybe FROM deliveries"), 1);
}

#[test]
fn a_limit_holds_when_answers_are_lost() {
    let scene = Scene::new(60, send("sms"));
    let mut fake = Fake::new(true, |_, _| unknown());
    fake.terms.batch = 10;
    scene.session(&fake, false, Some(10), go_on).unwrap();
    let reached: BTreeSet<String> = fake.seen.lock().unwrap().iter().cloned().collect();
    assert_eq!(reached.len(), 10);
}

#[test]
fn a_provider_that_wants_to_be_left_alone_for_long_holds_no_session() {
    let scene = Scene::new(20, send("sms"));
    let fake = Fake::new(false, |_, _| later(Trouble::Provider, Some(86_400)));
    let begun = scene.time.elapsed();
    let sent = scene.session(&fake, false, None, go_on).unwrap();
    assert!(scene.time.elapsed() - begun < Duration::from_secs(5));
    let Halt::Busy(_, until) = &sent.halts["sms"] else { panic!("{sent:?}") };
    assert_eq!((until.0 - at("2026-11-22T20:00:00").0) / (60 * 1_000_000), 0);
    assert_eq!((fake.seen(), sent.left.due, sent.left.waiting), (1, 0, 20));
    scene.session(&fake, false, None, go_on).unwrap();
    assert_eq!(fake.seen(), 1, "it is not asked before");
    scene.time.pass(Duration::from_secs(86_401));
    scene.session(&fake, false, None, go_on).unwrap();
    assert_eq!(fake.seen(), 2);
}

#[test]
fn while_a_provider_is_down_everybody_is_told_why_and_how_much_waits() {
    let scene = Scene::new(20, send("sms"));
    let fake = Fake::new(false, |_, _| later(Trouble::Provider, None));
    let told = |doing: &Doing<'_>| {
        let [channel] = &doing.channels[..] else { panic!("{doing:?}") };
        (channel.due, channel.down.map(|down| down.reason.code.clone()))
    };
    let mut seen = None;
    let until_down = |doing: &Doing<'_>| {
        seen = Some(told(doing));
        if doing.channels[0].down.is_some() { ControlFlow::Break(()) } else { go_on(doing) }
    };
    let sent = scene.session(&fake, false, None, until_down).unwrap();
    assert_eq!(seen, Some((20, Some("http 429".to_owned()))));
    assert_eq!(sent.down["sms"].code, "http 429");

    let mut first = None;
    let fake = Fake::new(false, taken);
    let sent = scene.session(&fake, false, None, |doing| {
        first.get_or_insert(told(doing));
        go_on(doing)
    });
    assert_eq!(first, Some((20, None)), "what waits for another try is counted");
    assert!(sent.unwrap().down.is_empty() && scene.statuses() == all("sent", 20));
}

#[test]
fn whoever_else_writes_to_the_state_costs_no_answer() {
    let scene = Scene::new(5, send("sms"));
    let fake = Fake::new(false, taken);
    let other = rusqlite::Connection::open(scene.folder.join(".rulec/state.db")).unwrap();
    let (mut looks, mut held) = (0, false);
    let sent = scene.session(&fake, false, None, |doing| {
        looks += 1;
        held |= doing.held_for.is_some();
        let change = match looks {
            2 => "BEGIN IMMEDIATE",
            30 => "COMMIT",
            _ => "",
        };
        other.execute_batch(change).unwrap();
        ControlFlow::Continue(())
    });
    assert_eq!((sent.unwrap().channels["sms"].sent, held), (5, true));
    assert_eq!((scene.statuses(), fake.seen()), (all("sent", 5), 5));
}

#[test]
fn an_error_of_the_disk_costs_no_answer() {
    for point in ["settling", "settled", "marking"] {
        let scene = Scene::new(5, send("sms"));
        let fake = Fake::new(false, taken);
        failpoint::arm(point, 2, Fault::Io);
        let sent = scene.session(&fake, false, None, go_on);
        failpoint::disarm();
        assert!(sent.is_err(), "{point}");
        let [sent, marked] = ["sent", "marked"]
            .map(|status| scene.number(&format!("SELECT count(*) FROM outbox WHERE status = '{status}'")));
        assert_eq!((sent, marked), (fake.seen() as i64, 0), "{point}");
    }
}

#[test]
fn an_offer_that_has_ended_is_not_sent() {
    let offer = Send { ttl: Some(days(3)), ..with_coupon(send("sms")) };
    let (in_time, over) = (Scene::new(2, offer.clone()), Scene::new(2, offer));
    in_time.time.pass(Duration::from_secs(2 * 86_400));
    let sent = in_time.session(&Fake::new(true, taken), false, None, go_on).unwrap();
    assert_eq!(sent.channels["sms"].sent, 2);
    over.time.pass(Duration::from_secs(21 * 86_400));
    let sent = over.session(&Fake::new(true, taken), false, None, go_on).unwrap();
    assert_eq!(sent.channels["sms"].withheld[&Withheld::OfferOver], 2);
    assert_eq!(over.statuses(), all("withheld", 2));
}

/// A clock that shows another time than the machine's.
struct Ahead<'a>(&'a Time, i64);

impl Clock for Ahead<'_> {
    fn now(&self) -> Instant {
        Instant(self.0.now().0 + self.1)
    }
}

#[test]
fn nobody_is_woken_up_in_the_name_of_another_day() {
    for (kind, sent) in [(ChannelKind::File, 2), (ChannelKind::Webhook, 0)] {
        let mut scene = Scene::new(2, send("sms"));
        let sms = &mut scene.world.project.channels["sms"];
        (sms.kind, sms.quiet) = (kind, Some((21 * 60, 9 * 60)));
        // It is 3 in the night, and is to be sent as if it were eight in the evening before.
        scene.time.pass(Duration::from_secs(7 * 3_600));
        let as_of = Ahead(&scene.time, -7 * HOUR);
        let (mut state, fake) = (scene.state(), Fake::new(true, taken));
        let mut outside = Outside { outlets: &fake, lookout: &mut Still, clock: &as_of, stamps: &scene.time };
        let mut sending = Sending {
            project: &scene.world.project,
            state: &mut state,
            outside: &mut outside,
            scope: Scope::all(),
            options: SendOptions::default(),
        };
        let mut crew = Simulated::new(scene.time.clone(), 0);
        sending.send_with(&mut crew, scene.world.standing(), &mut go_on).unwrap();
        assert_eq!(fake.seen(), sent, "{kind:?}");
        let due = scene.number("SELECT coalesce(max(due_at), 0) FROM outbox WHERE status = 'waiting'");
        assert!(due < as_of.now().0 + DAY, "{kind:?}");
    }
}
