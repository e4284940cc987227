use super::*;
use crate::apply::{ApplyOptions, apply};
use crate::fixture::{Folder, World, at, send};
use crate::planfile;
use crate::send::SendOptions;
use crate::state::{OutboxFilter, Scope, assert_sound};
use rulec_plan::rules::{Action, Send};
use std::ops::ControlFlow;

const LATER: &str = "2026-11-21T20:10:00";

/// A state in which three customers were to get a message with a code, and each message has come to this.
fn state(folder: &Folder, status: &str) -> State {
    let mut world = World::new(3);
    world.pool("spring", 3);
    let coded = Send { pool: Some("spring".to_owned()), ..send("sms") };
    world.rule("a", &[0, 1, 2]).actions = vec![Action::Send(coded)];
    let path = folder.join("plan");
    planfile::write(world.planned(&world.decide()), &path).unwrap();
    let nothing = SendOptions { limit: Some(0), ..SendOptions::default() };
    let options = ApplyOptions { approvals: &[], entropy: [7; 32], sending: nothing };
    world.outside(folder.path(), at("2026-11-21T20:05:00"), |outside| {
        let plan = planfile::read(&path).unwrap();
        apply(&world.project, folder.path(), plan, options, outside, &mut |_| ControlFlow::Continue(()))
            .unwrap()
    });
    let mut state = State::open(&folder.join(".rulec/state.db")).unwrap();
    let now = at("2026-11-21T20:05:00");
    let reason = rulec_channels::Reason::new("500", "", &[]);
    let handed_over = Queue::write(&mut state, now, |queue| {
        let channel = queue
            .run(|connection| connection.query_row("SELECT channel FROM outbox", [], |row| row.get(0)))?;
        for message in queue.due(Scope::all(), channel, now, 3)? {
            match status {
                "dead" => queue.dead(&message, &reason)?,
                "doubt" => queue.doubt(&message, &reason)?,
                _ => {}
            }
        }
        Ok(())
    });
    handed_over.unwrap();
    state
}

fn number(state: &State, query: &str) -> i64 {
    state.read(|connection| connection.query_row(query, [], |row| row.get(0))).unwrap()
}

fn keys(state: &State) -> Vec<String> {
    let entries = state.outbox(&OutboxFilter::default()).unwrap();
    entries.into_iter().filter_map(|entry| entry.key).collect()
}

#[test]
fn what_is_given_up_frees_its_code_and_is_erased() {
    let folder = Folder::new();
    let mut state = state(&folder, "dead");
    let taken = "SELECT count(*) FROM codes WHERE released_at IS NULL";
    assert_eq!((number(&state, taken), number(&state, "SELECT count(*) FROM payloads")), (3, 3));
    let first = &keys(&state)[..1];
    assert_eq!(state.handle(Chosen::Keys(first), Handling::Discard, at(LATER)).unwrap(), 1);
    assert_eq!((number(&state, taken), number(&state, "SELECT count(*) FROM payloads")), (2, 2));
    let again = state.handle(Chosen::Keys(first), Handling::Requeue, at(LATER));
    assert_eq!(again.unwrap_err().code.name(), "R0241");
    assert_sound(&state);
}

#[test]
fn one_key_that_is_wrong_keeps_all_as_they_are() {
    let folder = Folder::new();
    let mut state = state(&folder, "dead");
    let mut named = keys(&state);
    named.push("ff".repeat(16));
    let refused = state.handle(Chosen::Keys(&named), Handling::Requeue, at(LATER));
    assert_eq!(refused.unwrap_err().code.name(), "R0240");
    assert_eq!(number(&state, "SELECT count(*) FROM outbox WHERE status = 'dead'"), 3);
    let counts = state.count_chosen(Chosen::All(OutboxStatus::Dead, Some("sms")), Handling::Requeue).unwrap();
    assert_eq!(counts.into_iter().collect::<Vec<_>>(), [(("sms".to_owned(), OutboxStatus::Dead), 3)]);
    let none = state.count_chosen(Chosen::All(OutboxStatus::Dead, Some("app")), Handling::Requeue).unwrap();
    assert!(none.is_empty());
}

#[test]
fn what_is_erased_is_not_sent_again() {
    let folder = Folder::new();
    let mut state = state(&folder, "dead");
    state.read(|connection| connection.execute("DELETE FROM payloads", [])).unwrap();
    let refused = state.handle(Chosen::All(OutboxStatus::Dead, None), Handling::Requeue, at(LATER));
    assert_eq!(refused.unwrap_err().code.name(), "R0242");
    assert_eq!(state.handle(Chosen::All(OutboxStatus::Dead, None), Handling::Discard, at(LATER)).unwrap(), 3);
}

#[test]
fn doubt_is_settled_message_by_message() {
    let folder = Folder::new();
    let mut state = state(&folder, "doubt");
    let named = keys(&state);
    state.handle(Chosen::Keys(&named[..1]), Handling::Delivered, at(LATER)).unwrap();
    state.handle(Chosen::Keys(&named[1..2]), Handling::Lost, at(LATER)).unwrap();
    let entries = state.outbox(&OutboxFilter::default()).unwrap();
    let statuses: Vec<_> =
        entries.iter().map(|entry| (entry.status.word(), entry.payload.is_some())).collect();
    assert_eq!(statuses, [("sent", false), ("dead", true), ("doubt", true)]);
    assert_sound(&state);
}

#[test]
fn a_pause_is_seen_until_it_ends() {
    let folder = Folder::new();
    let mut state = state(&folder, "waiting");
    state.pause("sms", Some("wrong text"), at(LATER)).unwrap();
    state.pause("", None, at(LATER)).unwrap();
    let status = state.status(at(LATER), at(LATER)).unwrap();
    assert_eq!(status.channels["sms"].paused.as_ref().unwrap().because.as_deref(), Some("wrong text"));
    assert_eq!((status.paused.unwrap().since, status.channels["sms"].due), (at(LATER), 3));
    assert_eq!(state.resume(Some("app"), at(LATER)).unwrap(), Vec::<String>::new());
    assert_eq!(state.resume(None, at(LATER)).unwrap(), ["", "sms"]);
    assert_eq!(state.status(at(LATER), at(LATER)).unwrap().paused, None);
    assert_sound(&state);
}
