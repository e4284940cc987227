//! A small audit with every kind of record, for tests.

use crate::apply::{self, Recording};
use crate::approval::Approver;
use crate::fixture::{Folder, World, at, days, named, personal, send, text, with_coupon};
use crate::optouts::{OptOut, Who};
use crate::outcomes::{About, Outcome, OutcomeKind};
use crate::planfile;
use crate::pools::Pools;
use crate::state::{Chosen, Hearing, Queue, Remedy, Scope, State};
use rulec_channels::Reason;
use rulec_plan::rules::{Action, Again, Display, Send};
use rulec_plan::time::{DAY, Instant};
use std::ops::ControlFlow;
use std::path::PathBuf;

/// How many customers there are; the last wanted to be forgotten.
pub(crate) const CUSTOMERS: usize = 3;

/// A shop in which one rule writes to everyone every day.
pub(crate) fn world() -> World {
    let mut world = World::new(CUSTOMERS);
    let phones = world.values((0..CUSTOMERS).map(|place| text(&format!("1381234567{place}"))));
    let message =
        Send { address: Some(phones), message: vec![personal(phones, "手机")], ..with_coupon(send("sms")) };
    let everyone: Vec<usize> = (0..CUSTOMERS).collect();
    let rule = world.rule("a", &everyone);
    rule.again = Again::Every(days(1));
    rule.actions = vec![Action::Send(message)];
    rule.facts = vec![named("phone", phones, Display::Text, true)];
    world
}

/// Plans a run on the state in the folder, and records it as approved by these; nothing is sent.
pub(crate) fn run(world: &mut World, folder: &Folder, now: Instant, approvers: &[Approver]) -> String {
    let mut state = open(folder);
    world.plan.as_of = now;
    world.state = state.view(&world.plan, &world.answers.keys, Pools::default()).unwrap();
    let path = folder.join("plan");
    planfile::write(world.planned(&world.decide()), &path).unwrap();
    let plan = planfile::read(&path).unwrap();
    let id = plan.header().id.clone();
    let recording = Recording { now, stamp: now, entropy: [5; 32], standing: None, approvers };
    apply::record(&mut state, plan, recording, &mut |_| ControlFlow::Continue(())).unwrap();
    id
}

/// The state in the folder.
pub(crate) fn open(folder: &Folder) -> State {
    State::open(&folder.join("state.db")).unwrap()
}

/// What can happen beside runs and decisions, one record each.
fn happen(state: &mut State, now: Instant) {
    let at = |place: i64| Instant(now.0 + place);
    let reason = Reason::new("bad number", "", &[]);
    let channel = state.read(|connection| Scope::all().channels(connection)).unwrap()[0].id;
    let messages = Queue::write(state, at(0), |queue| {
        let messages = queue.due(Scope::all(), channel, now, 3)?;
        queue.sent(&messages[0], Some("id-1"))?;
        queue.dead(&messages[1], &reason)?;
        queue.doubt(&messages[2], &reason)?;
        Ok(messages)
    })
    .unwrap();
    let keys: Vec<[String; 1]> = messages.iter().map(|message| [message.key.clone()]).collect();
    state.remedy(Chosen::Keys(&keys[1]), Remedy::Requeue, at(1), &mut |_| {}).unwrap();
    Queue::write(state, at(2), |queue| queue.withhold(&messages[1], "suppressed")).unwrap();
    state.remedy(Chosen::Keys(&keys[2]), Remedy::Lost, at(3), &mut |_| {}).unwrap();
    state.remedy(Chosen::Keys(&keys[2]), Remedy::Discard, at(4), &mut |_| {}).unwrap();
    let who = Who::Customer("1".to_owned());
    let optout = OptOut { who, channel: Some("sms".to_owned()), at: at(5), line: None };
    let hearing = Hearing { source: "shop", now: at(5), entropy: [5; 32] };
    state.opt_out(&[optout], hearing).unwrap();
    state.opt_in("1", Some("sms"), hearing).unwrap();
    state.pause("sms", Some("provider is down"), at(6)).unwrap();
    state.resume(None, at(7)).unwrap();
    let about = About::Message(keys[0][0].clone());
    let opened = Outcome { kind: OutcomeKind::Opened, about, at: at(8), line: None };
    state.record_outcomes(&[opened], at(8)).unwrap();
    state.forget(&CUSTOMERS.to_string(), at(9)).unwrap();
}

/// Two runs, the second approved, what happened between them, and after. Gives the state's file.
pub(crate) fn small(folder: &Folder) -> PathBuf {
    let mut world = world();
    let first = at("2026-11-21T20:00:00");
    run(&mut world, folder, first, &[]);
    happen(&mut open(folder), first);
    let alice = Approver { name: "alice".to_owned(), key: "0a".repeat(32) };
    run(&mut world, folder, Instant(first.0 + DAY), &[alice]);
    folder.join("state.db")
}
