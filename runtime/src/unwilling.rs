//! What holds for those who do not want to be written to, whenever they say so.

use crate::audit::verify::verify;
use crate::fixture::{Folder, World, at, send, text};
use crate::optouts::{OptOut, Who};
use crate::planfile;
use crate::send::SendOptions;
use crate::state::{Hearing, Queue, Scope, State};
use crate::{ApplyOptions, Pools, apply};
use rulec_channels::Reason;
use rulec_plan::rules::{Action, Send};
use rulec_plan::time::Instant;
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::PathBuf;

/// What customers opt out of, the first of them of nothing: `None` any channel.
const OPT_OUTS: [&[Option<&str>]; 5] =
    [&[], &[Some("sms")], &[Some("app")], &[None], &[Some("app"), Some("sms")]];
const HEARING: Hearing<'_> = Hearing { source: "test", now: NOW, entropy: [7; 32] };
/// 2026-11-21 20:05 in the project's zone.
const NOW: Instant = Instant(1_795_262_700_000_000);

/// Everyone gets marketing by two channels, news of an order by one, and a tag.
fn world() -> World {
    let mut world = World::new(OPT_OUTS.len());
    let phones = world.values((0..OPT_OUTS.len()).map(|place| text(&format!("1381234567{place}"))));
    let marketing = |channel: &str| Send { address: Some(phones), ..send(channel) };
    let order = Send { transactional: true, ..marketing("sms") };
    let actions = [marketing("sms"), marketing("app"), order].map(Action::Send);
    let everyone: Vec<usize> = (0..OPT_OUTS.len()).collect();
    let rule = world.rule("a", &everyone);
    rule.actions = actions.into_iter().chain([Action::Tag("asked".to_owned())]).collect();
    world
}

fn open(folder: &Folder) -> State {
    State::open(&folder.join(".rulec/state.db")).unwrap()
}

fn plan(world: &mut World, folder: &Folder) -> PathBuf {
    world.state = open(folder).view(&world.plan, &world.answers.keys, Pools::default()).unwrap();
    let path = folder.join("plan");
    planfile::write(world.planned(&world.decide()), &path).unwrap();
    path
}

fn send_of(world: &World, folder: &Folder, path: &std::path::Path, limit: Option<u64>) {
    let sending = SendOptions { limit, ..SendOptions::default() };
    let options = ApplyOptions { approvals: &[], entropy: [7; 32], sending };
    let plan = planfile::read(path).unwrap();
    let applied = world.outside(folder.path(), at("2026-11-21T20:05:00"), |outside| {
        apply(&world.project, folder.path(), plan, options, outside, &mut |_| ControlFlow::Continue(()))
    });
    applied.unwrap();
}

/// What went out: the file, the customer, and the key of the message within the run.
fn sent(folder: &Folder) -> BTreeSet<(String, String, String)> {
    let mut sent = BTreeSet::new();
    for name in ["sms", "app", "tags"] {
        let text =
            std::fs::read_to_string(folder.join(&format!(".rulec/outbox/{name}.jsonl"))).unwrap_or_default();
        for line in text.lines() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            let marketing = line["message"].as_str().unwrap_or_default();
            sent.insert((name.to_owned(), line["customer"].to_string(), marketing.to_owned()));
        }
    }
    sent
}

fn opt_outs() -> Vec<OptOut> {
    let of_one = |(place, channels): (usize, &&[Option<&str>])| {
        let optout = |channel: &Option<&str>| OptOut {
            who: Who::Customer((place + 1).to_string()),
            channel: channel.map(str::to_owned),
            at: at("2026-11-21T20:00:00"),
            line: None,
        };
        channels.iter().map(optout).collect::<Vec<_>>()
    };
    OPT_OUTS.iter().enumerate().flat_map(of_one).collect()
}

fn number(folder: &Folder, query: &str) -> i64 {
    open(folder).read(|connection| connection.query_row(query, [], |row| row.get(0))).unwrap()
}

#[test]
fn deciding_the_command_and_the_last_look_hold_back_the_same() {
    let [before, between, unseen] = [Folder::new(), Folder::new(), Folder::new()];
    let mut world = world();
    if let Action::Send(order) = &mut world.plan.rules[0].actions[2] {
        order.message = vec![rulec_plan::rules::Piece::Text("您的订单".to_owned())];
    }
    open(&before).opt_out(&opt_outs(), HEARING).unwrap();
    let path = plan(&mut world, &before);
    let list = world.list();
    assert!(list.iter().all(|line| line.contains("send")), "something is left for all: {list:?}");
    send_of(&world, &before, &path, None);

    let path = plan(&mut world, &between);
    send_of(&world, &between, &path, Some(0));
    let done = open(&between).opt_out(&opt_outs(), HEARING).unwrap();
    assert_eq!((done.new, done.known, done.withheld), (5, 0, 6));
    send_of(&world, &between, &path, None);

    let path = plan(&mut world, &unseen);
    send_of(&world, &unseen, &path, Some(0));
    for one in opt_outs() {
        let Who::Customer(customer) = one.who else { continue };
        let insert = "INSERT INTO optouts (person, channel, at, source)
                      SELECT id, ?2, 0, '' FROM people WHERE customer = ?1";
        let values = (customer, one.channel.unwrap_or_default());
        open(&unseen).read(|connection| connection.execute(insert, values)).unwrap();
    }
    send_of(&world, &unseen, &path, None);

    assert_eq!(sent(&before), sent(&between));
    assert_eq!(sent(&between), sent(&unseen));
    assert_eq!(sent(&before).len(), OPT_OUTS.len() * 4 - 6, "orders and tags went to all");
    for folder in [&before, &between] {
        assert!(verify(&open(folder), &[]).unwrap().is_valid());
    }
}

#[test]
fn an_opt_out_counts_once_and_ends_when_she_comes_back() {
    let folder = Folder::new();
    let mut state = open(&folder);
    let all = opt_outs();
    assert_eq!(state.opt_out(&all, HEARING).unwrap().new, 5);
    let again = state.opt_out(&all, HEARING).unwrap();
    assert_eq!((again.new, again.known), (0, 5));
    let later = Hearing { now: Instant(NOW.0 + 1_000_000), ..HEARING };
    let back = state.opt_in("5", Some("sms"), later).unwrap();
    assert_eq!((back.ended, back.of_all), (1, false));
    assert!(state.opt_in("4", Some("sms"), later).unwrap().of_all);
    assert_eq!(state.opt_in("nobody", None, later).unwrap().ended, 0);
    // The old list again: she came back after that.
    assert_eq!(state.opt_out(&all, later).unwrap().new, 0);
    let anew = OptOut { at: Instant(later.now.0 + 1), ..all[4].clone() };
    let much_later = Hearing { now: anew.at, ..HEARING };
    assert_eq!(state.opt_out(&[anew], much_later).unwrap().new, 1);
    assert!(verify(&state, &[]).unwrap().is_valid());
}

#[test]
fn a_list_with_an_unknown_message_changes_nothing() {
    let folder = Folder::new();
    let mut all = opt_outs();
    all.push(OptOut { who: Who::Message("0".repeat(32)), channel: None, at: NOW, line: Some(9) });
    let refused = open(&folder).opt_out(&all, HEARING).unwrap_err();
    assert!(refused.code.name() == "R0150" && refused.message.en.contains("line 9"), "{refused:?}");
    assert_eq!(number(&folder, "SELECT count(*) FROM optouts"), 0);
    assert_eq!(number(&folder, "SELECT count(*) FROM people"), 0);
}

#[test]
fn a_message_tells_its_customer_and_its_channel() {
    let (mut world, folder) = (world(), Folder::new());
    let path = plan(&mut world, &folder);
    send_of(&world, &folder, &path, None);
    let line = std::fs::read_to_string(folder.join(".rulec/outbox/app.jsonl")).unwrap();
    let line: serde_json::Value = serde_json::from_str(line.lines().nth(2).unwrap()).unwrap();
    let who = Who::Message(line["key"].as_str().unwrap().to_owned());
    let mut state = open(&folder);
    assert_eq!(state.opt_out(&[OptOut { who, channel: None, at: NOW, line: None }], HEARING).unwrap().new, 1);
    let view = state.view(&world.plan, &world.answers.keys, Pools::default()).unwrap();
    let customer = line["customer"].as_str().unwrap().parse::<u32>().unwrap() - 1;
    assert_eq!(view.opted_out, [(Some("app".to_owned()), vec![customer])].into());
}

#[test]
fn who_is_forgotten_leaves_nothing_and_the_record_holds() {
    let mut world = world();
    // A key that occurs nowhere by chance.
    world.answers.keys = rulec_engine::Keys::Texts(
        (0..OPT_OUTS.len()).map(|place| format!("customer-key-{place}").into()).collect(),
    );
    let folder = Folder::new();
    let path = folder.join("first");
    std::fs::rename(plan(&mut world, &folder), &path).unwrap();
    send_of(&world, &folder, &path, Some(3));
    let mut state = open(&folder);
    let everything = || {
        let files =
            ["state.db", "state.db-wal", "state.db-shm"].map(|name| folder.join(&format!(".rulec/{name}")));
        files.into_iter().flat_map(|file| std::fs::read(file).unwrap_or_default()).collect::<Vec<u8>>()
    };
    let has = |text: &str| everything().windows(text.len()).any(|bytes| bytes == text.as_bytes());
    assert!(has("customer-key-4") && has("13812345674"));
    assert!(verify(&state, &[]).unwrap().is_valid());
    let forgot = state.forget("customer-key-4", NOW).unwrap();
    assert!(forgot.was_known && state.sweep().unwrap(), "{forgot:?}");
    assert!(forgot.withheld >= 1);
    assert!(!has("customer-key-4") && !has("13812345674"));
    assert!(has("customer-key-3") && has("13812345673"));
    assert!(verify(&state, &[]).unwrap().is_valid());
    let again = state.forget("customer-key-4", NOW).unwrap();
    assert!(again.again && !again.was_known);

    plan(&mut world, &folder);
    let list = world.list();
    assert!(list.contains(&"4 a: suppressed (forgotten)".to_owned()), "{list:?}");
    let fourth =
        OptOut { who: Who::Customer("customer-key-4".to_owned()), channel: None, at: NOW, line: None };
    assert_eq!(state.opt_out(&[fourth], HEARING).unwrap().known, 1);
    drop(state);
    send_of(&world, &folder, &path, None);
    let sent = sent(&folder);
    assert!(sent.iter().filter(|(_, customer, _)| customer.contains("key-4")).count() <= 3, "{sent:?}");
    assert!(!has("customer-key-4") && verify(&open(&folder), &[]).unwrap().is_valid());
}

/// A session has marked a message and hands it over when its customer is forgotten; however that ends, nothing of her comes back.
#[test]
fn somebody_who_vanishes_while_she_is_written_to_stays_away() {
    for ending in ["sent", "again", "dead", "doubt"] {
        let (mut world, folder) = (world(), Folder::new());
        let path = plan(&mut world, &folder);
        send_of(&world, &folder, &path, Some(0));
        let mut state = open(&folder);
        let channel = number(&folder, "SELECT id FROM channels WHERE name = 'sms'");
        let marked = Queue::write(&mut state, NOW, |queue| {
            let due = queue.due(Scope::all(), channel, NOW, 1)?;
            due.iter().try_for_each(|one| queue.mark(one))?;
            Ok(due)
        });
        let [waiting] = &marked.unwrap()[..] else { panic!("one message is due") };
        let customer = waiting.customer.clone().unwrap();
        assert_eq!(open(&folder).forget(&customer, NOW).unwrap().under_way, 1);
        let reason = Reason::new("busy", "her line is busy", &[]);
        Queue::write(&mut state, NOW, |queue| match ending {
            "sent" => queue.sent(waiting, Some("id")),
            "again" => queue.again(waiting, NOW, (1, false), &reason),
            "dead" => queue.dead(waiting, &reason),
            _ => queue.doubt(waiting, &reason),
        })
        .unwrap();
        drop(state);
        let hers =
            format!("FROM outbox JOIN people ON people.id = person WHERE outbox.seq = {}", waiting.seq);
        assert_eq!(number(&folder, &format!("SELECT customer IS NULL {hers}")), 1);
        assert_eq!(
            number(
                &folder,
                "SELECT count(*) FROM payloads JOIN outbox USING (seq) JOIN people
            ON people.id = person WHERE customer IS NULL"
            ),
            0,
            "{ending}"
        );
        let said = "FROM deliveries WHERE provider_id IS NOT NULL OR said IS NOT NULL";
        assert_eq!(number(&folder, &format!("SELECT count(*) {said}")), 0, "{ending}");
        send_of(&world, &folder, &path, None);
        let expected = if ending == "again" { "withheld" } else { ending };
        let status = format!("SELECT status = '{expected}' {hers}");
        assert_eq!(number(&folder, &status), 1, "{ending}");
        assert!(verify(&open(&folder), &[]).unwrap().is_valid(), "{ending}");
    }
}

/// Payloads are small, so many share a page, and SQLite moves them about within it.
#[test]
fn no_byte_of_those_who_are_forgotten_stays_among_those_of_others() {
    const CUSTOMERS: usize = 60;
    let mut world = World::new(CUSTOMERS);
    world.answers.keys =
        rulec_engine::Keys::Texts((0..CUSTOMERS).map(|place| format!("key-{place:03}-key").into()).collect());
    let phones = world.values((0..CUSTOMERS).map(|place| text(&format!("13812345{place:03}"))));
    let everyone: Vec<usize> = (0..CUSTOMERS).collect();
    let sms = Action::Send(Send { address: Some(phones), ..send("sms") });
    world.rule("a", &everyone).actions =
        vec![sms, Action::Send(Send { address: Some(phones), ..send("app") })];
    let folder = Folder::new();
    let path = plan(&mut world, &folder);
    send_of(&world, &folder, &path, Some(25));
    let mut state = open(&folder);
    let forgotten: Vec<usize> = (0..CUSTOMERS).filter(|place| place % 3 == 0).collect();
    for place in &forgotten {
        assert!(state.forget(&format!("key-{place:03}-key"), NOW).unwrap().was_known);
    }
    assert!(state.sweep().unwrap());
    let names = ["state.db", "state.db-wal", "state.db-shm"];
    let files = names.map(|name| std::fs::read(folder.join(&format!(".rulec/{name}"))).unwrap_or_default());
    let has = |text: String| files.concat().windows(text.len()).any(|bytes| bytes == text.as_bytes());
    for place in forgotten {
        assert!(!has(format!("key-{place:03}-key")) && !has(format!("13812345{place:03}")), "{place}");
    }
    assert!(has("key-058-key".to_owned()) && verify(&state, &[]).unwrap().is_valid());
    let reader = open(&folder);
    reader
        .read(|connection| {
            let _snapshot = connection.unchecked_transaction()?;
            connection.query_row("SELECT count(*) FROM outbox", [], |row| row.get::<_, i64>(0))?;
            assert!(!state.sweep().unwrap(), "somebody reads");
            Ok(())
        })
        .unwrap();
}
