//! A small audit with every kind of record, for tests.

use super::chain::{Cause, mark};
use crate::apply;
use crate::fixture::{Folder, World, at, days, named, personal, send, text, with_coupon};
use crate::planfile;
use crate::pools::Pools;
use crate::state::{Entry, State, Trail};
use rulec_plan::rules::{Action, Again, Display, Send};
use rulec_plan::time::{DAY, Instant};
use rusqlite::{Connection, params};
use std::path::PathBuf;

/// How many customers there are; the last wanted to be forgotten.
pub(crate) const CUSTOMERS: usize = 3;

/// What can happen beside runs and decisions: kind, reason, whether it is about a customer, whether about a message.
const HAPPENED: [(&str, Option<&str>, bool, bool); 13] = [
    ("sent", None, true, true),
    ("refused", Some("bad number"), true, true),
    ("doubt", None, true, true),
    ("withheld", Some("opted out"), true, true),
    ("requeued", None, true, true),
    ("settled", Some("sent"), true, true),
    ("discarded", Some("发错了"), true, true),
    ("optout", Some("sms"), true, false),
    ("optin", Some("sms"), true, false),
    ("paused", Some("provider is down"), false, false),
    ("resumed", None, false, false),
    ("outcomes", None, false, false),
    ("forgotten", None, true, false),
];

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

/// Plans a run on the state in the folder, and records it.
pub(crate) fn run(world: &mut World, folder: &Folder, now: Instant) -> String {
    let mut state = open(folder);
    world.plan.as_of = now;
    world.state = state.view(&world.plan, &world.answers.keys, Pools::default()).unwrap();
    let path = folder.join("plan");
    planfile::write(world.planned(&world.decide()), &path).unwrap();
    let plan = planfile::read(&path).unwrap();
    let id = plan.header().id.clone();
    apply::rehearse(&mut state, plan, now).unwrap();
    id
}

/// The state in the folder.
pub(crate) fn open(folder: &Folder) -> State {
    State::open(&folder.join("state.db")).unwrap()
}

/// Records what happens to the first message of a customer, or beside messages.
pub(crate) fn happen(connection: &Connection, now: Instant) {
    let mut trail = Trail::open(connection).unwrap();
    for (place, (kind, reason, has_person, has_message)) in HAPPENED.into_iter().enumerate() {
        let person = if kind == "forgotten" { CUSTOMERS as i64 } else { 1 };
        let message = place as i64 % 2 + 1;
        let owner: i64 = if has_message { message } else { person };
        let of =
            |table: &str, column: &str, row: i64| format!("SELECT {column} FROM {table} WHERE rowid = {row}");
        let commitment =
            connection.query_row(&of("people", "commitment", owner), [], |row| row.get(0)).unwrap();
        let key = connection.query_row(&of("outbox", "key", message), [], |row| row.get(0)).unwrap();
        let cause = trail.cause(&Cause { kind, reason, ..Cause::default() }).unwrap();
        trail
            .add(&Entry {
                run: None,
                at: Instant(now.0 + place as i64),
                person: has_person.then_some((owner, &commitment)),
                cause: &cause,
                message: has_message.then_some((message, &key)),
                detail: (place % 3 == 0).then_some(r#"{"attempts":1}"#),
            })
            .unwrap();
    }
    trail.mark_head(None).unwrap();
    trail.close().unwrap();
    let secret: Vec<u8> = connection
        .query_row("SELECT value FROM secrets WHERE name = 'forgotten'", [], |row| row.get(0))
        .unwrap();
    let mark = mark(&secret, &CUSTOMERS.to_string());
    connection.execute("INSERT INTO forgotten (mark, at) VALUES (?1, ?2)", params![mark, now.0]).unwrap();
    let forget = "UPDATE people SET customer = NULL, salt = NULL WHERE id = ?1";
    connection.execute(forget, [CUSTOMERS as i64]).unwrap();
}

/// Two runs, what happened between them, and after. Gives the state's file.
pub(crate) fn small(folder: &Folder) -> PathBuf {
    let mut world = world();
    let first = at("2026-11-21T20:00:00");
    run(&mut world, folder, first);
    open(folder)
        .write(|transaction| {
            happen(transaction, first);
            Ok(())
        })
        .unwrap();
    run(&mut world, folder, Instant(first.0 + DAY));
    folder.join("state.db")
}
