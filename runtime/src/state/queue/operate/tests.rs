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

fn dead(channel: Option<&str>) -> Chosen<'_> {
    Chosen::All(Group { status: OutboxStatus::Dead, channel, plan: None })
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
    assert_eq!(state.remedy(Chosen::Keys(first), Remedy::Discard, at(LATER), &mut |_| {}).unwrap(), 1);
    assert_eq!((number(&state, taken), number(&state, "SELECT count(*) FROM payloads")), (2, 2));
    let again = state.remedy(Chosen::Keys(first), Remedy::Requeue, at(LATER), &mut |_| {});
    assert_eq!(again.unwrap_err().code.name(), "R0241");
    assert_sound(&state);
}

#[test]
fn one_key_that_is_wrong_keeps_all_as_they_are() {
    let folder = Folder::new();
    let mut state = state(&folder, "dead");
    let mut named = keys(&state);
    named.push("ff".repeat(16));
    let refused = state.remedy(Chosen::Keys(&named), Remedy::Requeue, at(LATER), &mut |_| {});
    assert_eq!(refused.unwrap_err().code.name(), "R0240");
    assert_eq!(number(&state, "SELECT count(*) FROM outbox WHERE status = 'dead'"), 3);
    let counts = state.count_chosen(dead(Some("sms")), Remedy::Requeue).unwrap();
    assert_eq!(counts.into_iter().collect::<Vec<_>>(), [(("sms".to_owned(), OutboxStatus::Dead), 3)]);
    let none = state.count_chosen(dead(Some("app")), Remedy::Requeue).unwrap();
    assert!(none.is_empty());
}

#[test]
fn what_is_erased_is_not_sent_again() {
    let folder = Folder::new();
    let mut state = state(&folder, "dead");
    state.read(|connection| connection.execute("DELETE FROM payloads", [])).unwrap();
    let refused = state.remedy(dead(None), Remedy::Requeue, at(LATER), &mut |_| {});
    assert_eq!(refused.unwrap_err().code.name(), "R0242");
    assert_eq!(state.remedy(dead(None), Remedy::Discard, at(LATER), &mut |_| {}).unwrap(), 3);
}

#[test]
fn doubt_is_settled_message_by_message() {
    let folder = Folder::new();
    let mut state = state(&folder, "doubt");
    let named = keys(&state);
    state.remedy(Chosen::Keys(&named[..1]), Remedy::Delivered, at(LATER), &mut |_| {}).unwrap();
    state.remedy(Chosen::Keys(&named[1..2]), Remedy::Lost, at(LATER), &mut |_| {}).unwrap();
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

#[test]
fn what_waits_is_given_up_page_by_page_and_what_is_under_way_is_not() {
    let folder = Folder::new();
    let mut state = state(&folder, "waiting");
    let named = keys(&state);
    let marked = "UPDATE outbox SET status = 'marked' WHERE seq = 1";
    state.read(|connection| connection.execute(marked, [])).unwrap();
    let refused = state.remedy(Chosen::Keys(&named[..1]), Remedy::Discard, at(LATER), &mut |_| {});
    assert_eq!(refused.unwrap_err().code.name(), "R0241");
    state.read(|connection| connection.execute("UPDATE outbox SET status = 'waiting'", [])).unwrap();

    let plan = state.outbox(&OutboxFilter::default()).unwrap()[0].plan[..6].to_owned();
    let waiting =
        |plan| Chosen::All(Group { status: OutboxStatus::Waiting, channel: None, plan: Some(plan) });
    assert!(state.count_chosen(waiting("none"), Remedy::Discard).unwrap().is_empty());
    let mut seen = Vec::new();
    state.remedy(waiting(&plan), Remedy::Discard, at(LATER), &mut |done| seen.push(done)).unwrap();
    assert_eq!(seen, [2, 3]);
    assert_eq!(number(&state, "SELECT count(*) FROM codes WHERE released_at IS NULL"), 0);
    assert_eq!(number(&state, "SELECT count(*) FROM outbox WHERE status = 'discarded'"), 3);
    assert_eq!(state.unfinished(at(LATER)).unwrap(), None);
    assert_sound(&state);
}

#[test]
fn what_may_have_arrived_is_not_given_up_but_in_doubt() {
    let folder = Folder::new();
    let mut state = state(&folder, "waiting");
    let tried = "INSERT INTO deliveries (seq, attempts, maybe, at) VALUES (1, 1, 1, 0)";
    state.read(|connection| connection.execute(tried, [])).unwrap();
    state.remedy(Chosen::Keys(&keys(&state)[..2]), Remedy::Discard, at(LATER), &mut |_| {}).unwrap();
    let entries = state.outbox(&OutboxFilter::default()).unwrap();
    let statuses: Vec<_> = entries.iter().map(|entry| entry.status.word()).collect();
    assert_eq!(statuses, ["doubt", "discarded", "waiting"]);
    assert_eq!(number(&state, "SELECT count(*) FROM codes WHERE released_at IS NULL"), 2);
    assert_sound(&state);
}
