use super::*;
use crate::Pools;
use crate::failpoint::ALL;
use crate::fixture::{Folder, World, at, days, follow_up, named, personal, send, text, with_coupon};
use crate::state::{AuditFilter, Left};
use rulec_channels::failpoint::{self, Fault};
use rulec_plan::audience::Scalar;
use rulec_plan::project::ChannelKind;
use rulec_plan::rules::{Action, Display, Send};
use rulec_plan::verdict::Verdict;
use std::collections::BTreeSet;
use std::path::PathBuf;

const CUSTOMERS: usize = 7;
const PHONE: &str = "13812345670";

/// Everyone gets a message with a coupon to a phone, and a tag.
fn world() -> World {
    let mut world = World::new(CUSTOMERS);
    let phone = |place: usize| text(&format!("1381234567{place}"));
    let phones = world.values((0..CUSTOMERS).map(phone));
    let sms =
        Send { address: Some(phones), message: vec![personal(phones, "手机")], ..with_coupon(send("sms")) };
    let everyone: Vec<usize> = (0..CUSTOMERS).collect();
    let rule = world.rule("a", &everyone);
    rule.actions = vec![Action::Send(sms), Action::Tag("asked".to_owned())];
    rule.facts = vec![named("phone", phones, Display::Text, true)];
    world
}

fn options() -> ApplyOptions<'static> {
    ApplyOptions { approvals: &[], entropy: [7; 32], sending: SendOptions::default() }
}

/// Of which at most so many are sent.
fn at_most(limit: u64) -> ApplyOptions<'static> {
    ApplyOptions { sending: SendOptions { limit: Some(limit), ..SendOptions::default() }, ..options() }
}

/// Plans on the state in the folder, as a command would.
fn plan(world: &mut World, folder: &Folder, name: &str) -> PathBuf {
    let state = State::open_existing(&State::path_of(&world.project, folder.path()).unwrap()).unwrap();
    if let Some(state) = state {
        world.state = state.view(&world.plan, &world.answers.keys, Pools::default()).unwrap();
    }
    let path = folder.join(name);
    planfile::write(world.planned(&world.decide()), &path).unwrap();
    path
}

fn apply_to(world: &World, folder: &Folder, path: &Path, options: ApplyOptions<'_>) -> Result<Applied> {
    apply_at(world, folder, path, (options, at("2026-11-21T20:05:00")))
}

fn apply_at(
    world: &World,
    folder: &Folder,
    path: &Path,
    (options, now): (ApplyOptions<'_>, Instant),
) -> Result<Applied> {
    let plan = planfile::read(path)?;
    apply_open(world, folder, plan, (options, now), &mut |_| ControlFlow::Continue(()))
}

fn apply_open(
    world: &World,
    folder: &Folder,
    plan: PlanReader,
    (options, now): (ApplyOptions<'_>, Instant),
    progress: ShowProgress<'_>,
) -> Result<Applied> {
    let applied = world.outside(folder.path(), now, |outside| {
        apply(&world.project, folder.path(), plan, options, outside, progress)
    });
    applied.map_err(|findings| Box::new(findings.0[0].clone()))
}

/// How much was sent in all.
fn total(applied: &Applied) -> u64 {
    applied.sent.channels.values().map(|tally| tally.sent).sum()
}

fn decisions() -> AuditFilter {
    AuditFilter { kind: Some("decision".to_owned()), ..AuditFilter::default() }
}

fn open(folder: &Folder) -> State {
    State::open(&folder.join(".rulec/state.db")).unwrap()
}

fn outbox(folder: &Folder, name: &str) -> Vec<serde_json::Value> {
    let text =
        std::fs::read_to_string(folder.join(&format!(".rulec/outbox/{name}.jsonl"))).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// That every message and tag is in its file, once.
fn assert_all_sent_once(folder: &Folder) {
    for name in ["sms", "tags"] {
        let lines = outbox(folder, name);
        let keys: BTreeSet<_> = lines.iter().map(|line| line["key"].as_str().unwrap()).collect();
        assert_eq!((lines.len(), keys.len()), (CUSTOMERS, CUSTOMERS), "{name}");
    }
}

#[test]
fn applying_twice_sends_once() {
    let (mut world, folder) = (world(), Folder::new());
    let path = plan(&mut world, &folder, "plan");
    let first = apply_to(&world, &folder, &path, options()).unwrap();
    assert_eq!((first.again, first.sent.left), (false, Left::default()));
    assert_eq!(first.sent.channels["sms"].sent, 7);
    let second = apply_to(&world, &folder, &path, options()).unwrap();
    assert_eq!((second.again, second.sent.left.due, total(&second)), (true, 0, 0));
    assert_all_sent_once(&folder);
    assert_eq!(open(&folder).audit(decisions()).unwrap().count(), CUSTOMERS);
}

#[test]
fn a_line_says_all_that_a_provider_needs() {
    let (mut world, folder) = (world(), Folder::new());
    let path = plan(&mut world, &folder, "plan");
    let applied = apply_to(&world, &folder, &path, options()).unwrap();
    let line = &outbox(&folder, "sms")[0];
    assert_eq!(line["key"].as_str().map(str::len), Some(32));
    let expected = serde_json::json!({
        "key": line["key"],
        "channel": "sms",
        "to": PHONE,
        "message": PHONE,
        "offers": [{"kind": "coupon", "text": "coupon 150/500", "off_cents": 15_000, "from_cents": 50_000}],
        "ttl": "15d",
        "offer_ends": "2026-12-06",
        "send_at": "2026-11-21T20:00:00+08:00",
        "customer": "1",
        "rule": "a",
        "plan": applied.plan,
    });
    assert_eq!(*line, expected);
    let tag = &outbox(&folder, "tags")[0];
    assert_eq!((&tag["do"], &tag["tag"]), (&"tag".into(), &"asked".into()));
}

#[test]
fn a_limit_sends_a_part_and_the_next_time_the_rest() {
    let (mut world, folder) = (world(), Folder::new());
    let path = plan(&mut world, &folder, "plan");
    let first = apply_to(&world, &folder, &path, at_most(3)).unwrap();
    assert_eq!((total(&first), first.sent.left.due), (3, 11));
    let second = apply_to(&world, &folder, &path, options()).unwrap();
    assert_eq!((total(&second), second.sent.left.due, second.again), (11, 0, true));
    assert_all_sent_once(&folder);
}

#[test]
fn what_is_left_of_a_plan_comes_before_the_next() {
    let (mut world, folder) = (world(), Folder::new());
    let first = plan(&mut world, &folder, "first");
    apply_to(&world, &folder, &first, at_most(3)).unwrap();
    let next = plan(&mut world, &folder, "next");
    assert_eq!(apply_to(&world, &folder, &next, options()).unwrap_err().code.name(), "R0128");
    apply_to(&world, &folder, &first, options()).unwrap();
    apply_to(&world, &folder, &next, options()).unwrap();
    assert_all_sent_once(&folder);
}

#[test]
fn whatever_the_instant_of_death_each_message_is_sent_once() {
    for point in ALL {
        for count in [1, 2, 4] {
            let (mut world, folder) = (world(), Folder::new());
            let path = plan(&mut world, &folder, "plan");
            failpoint::arm(point, count, Fault::Io);
            let died = apply_to(&world, &folder, &path, options()).is_err();
            assert!(died || count > 1, "{point} is never reached");
            failpoint::disarm();
            apply_to(&world, &folder, &path, options()).unwrap();
            assert_all_sent_once(&folder);
            let audited = open(&folder).audit(decisions()).unwrap().count();
            assert_eq!(audited, CUSTOMERS, "{point} {count}");
        }
    }
}

#[test]
fn a_torn_line_is_cut_off() {
    let (mut world, folder) = (world(), Folder::new());
    let path = plan(&mut world, &folder, "plan");
    apply_to(&world, &folder, &path, at_most(4)).unwrap();
    let file = folder.join(".rulec/outbox/sms.jsonl");
    let whole = std::fs::read(&file).unwrap();
    std::fs::write(&file, [&whole[..], &whole[..20]].concat()).unwrap();
    apply_to(&world, &folder, &path, options()).unwrap();
    assert_all_sent_once(&folder);
}

#[test]
fn a_person_who_stops_it_can_go_on() {
    let (mut world, folder) = (world(), Folder::new());
    let path = plan(&mut world, &folder, "plan");
    let now = at("2026-11-21T20:05:00");
    let plan = planfile::read(&path).unwrap();
    apply_open(&world, &folder, plan, (options(), now), &mut |_| ControlFlow::Break(())).unwrap();
    apply_to(&world, &folder, &path, options()).unwrap();
    assert_all_sent_once(&folder);
}

#[test]
fn what_was_sent_counts_in_the_next_plan() {
    let (mut world, folder) = (world(), Folder::new());
    let path = plan(&mut world, &folder, "first");
    apply_to(&world, &folder, &path, options()).unwrap();
    let condition = world.condition(&[0, 1, 2], &[3]);
    world.plan.rules[0].condition = condition;
    let path = plan(&mut world, &folder, "second");
    let verdicts = |world: &World| {
        let decisions = world.decide();
        decisions.list().map(|one| one.verdict.word()).collect::<Vec<_>>()
    };
    assert_eq!(verdicts(&world), ["already touched"; 3]);
    apply_to(&world, &folder, &path, options()).unwrap();
    let condition = world.condition(&[0, 3, 4], &[]);
    world.plan.rules[0].condition = condition;
    plan(&mut world, &folder, "third");
    assert_eq!(verdicts(&world), ["already touched", "already touched", "send"]);
}

#[test]
fn what_was_sent_later_is_invisible_in_the_past() {
    let (mut world, folder) = (world(), Folder::new());
    let now = world.plan.as_of;
    let earlier = at("2026-10-01T20:00:00");
    world.plan.as_of = earlier;
    let before = std::fs::read(plan(&mut world, &folder, "before")).unwrap();
    world.plan.as_of = now;
    let path = plan(&mut world, &folder, "now");
    apply_to(&world, &folder, &path, options()).unwrap();
    world.plan.as_of = earlier;
    let replayed = plan(&mut world, &folder, "replayed");
    assert!(std::fs::read(&replayed).unwrap() == before, "a replay of the past gives the same bytes");
    let error = apply_to(&world, &folder, &replayed, options()).unwrap_err();
    assert_eq!(error.code.name(), "R0120", "what replays the past cannot be sent");
}

#[test]
fn a_plan_for_the_end_of_today_leaves_room_for_more_runs_today() {
    let (mut world, folder) = (world(), Folder::new());
    world.plan.as_of = at("2026-11-21T23:59:59.999999");
    let path = plan(&mut world, &folder, "end of day");
    apply_to(&world, &folder, &path, options()).unwrap();
    world.plan.as_of = at("2026-11-21T20:10:00");
    let path = plan(&mut world, &folder, "now");
    assert_eq!(world.decide().step(0, 0).funnel()[3], (Verdict::AlreadyTouched, CUSTOMERS as u64));
    apply_to(&world, &folder, &path, options()).unwrap();
    assert_all_sent_once(&folder);
}

#[test]
fn what_fires_again_on_the_same_day_is_open_again() {
    let (mut world, folder) = (world(), Folder::new());
    let (everyone, nobody) = (world.plan.rules[0].condition, world.condition(&[], &[]));
    let mut run = |as_of, condition| {
        (world.plan.as_of, world.plan.rules[0].condition) = (at(as_of), condition);
        let path = plan(&mut world, &folder, "plan");
        apply_to(&world, &folder, &path, options()).unwrap();
        world.state.spells("a").iter().filter(|spell| spell.open).count()
    };
    run("2026-11-21T23:59:59.999999", everyone);
    assert_eq!(run("2026-11-21T20:01:00", nobody), CUSTOMERS);
    assert_eq!(run("2026-11-21T20:02:00", everyone), 0);
    assert_eq!(run("2026-11-21T20:03:00", everyone), CUSTOMERS);
}

#[test]
fn what_fires_again_at_the_same_instant_begins_its_chain_anew() {
    let (mut world, folder) = (world(), Folder::new());
    let (everyone, nobody) = (world.plan.rules[0].condition, world.condition(&[], &[]));
    world.plan.rules[0].follow_ups = vec![follow_up(nobody, days(2), "app")];
    for condition in [everyone, nobody, everyone] {
        world.plan.rules[0].condition = condition;
        let path = plan(&mut world, &folder, "plan");
        apply_to(&world, &folder, &path, options()).unwrap();
    }
    let count = "SELECT count(*) FROM chains WHERE until IS NULL";
    let waiting: Result<i64> =
        open(&folder).read(|connection| connection.query_row(count, [], |row| row.get(0)));
    assert_eq!(waiting.unwrap(), CUSTOMERS as i64);
}

#[test]
fn a_plan_of_a_day_to_come_is_refused() {
    let (mut world, folder) = (world(), Folder::new());
    world.plan.as_of = at("2026-11-22T00:00:00");
    let path = plan(&mut world, &folder, "tomorrow");
    let error = apply_to(&world, &folder, &path, options()).unwrap_err();
    assert_eq!(error.code.name(), "R0126");
    assert!(error.message.en.contains("2026-11-22") && error.message.en.contains("2026-11-21"));
    apply_at(&world, &folder, &path, (options(), world.plan.as_of)).unwrap();
}

#[test]
fn a_plan_of_another_project_is_refused() {
    let (mut world, folder) = (world(), Folder::new());
    let path = plan(&mut world, &folder, "plan");
    world.project.currency = "USD".to_owned();
    assert_eq!(apply_to(&world, &folder, &path, options()).unwrap_err().code.name(), "R0125");
    world.project.name = "outlet".to_owned();
    let error = apply_to(&world, &folder, &path, options()).unwrap_err();
    assert_eq!(error.code.name(), "R0124");
    assert!(error.message.en.contains("`test`") && error.message.en.contains("`outlet`"));
}

#[test]
fn a_plan_in_the_middle_goes_on_when_the_project_file_is_corrected() {
    let (mut world, folder) = (world(), Folder::new());
    let path = plan(&mut world, &folder, "plan");
    apply_to(&world, &folder, &path, at_most(0)).unwrap();
    world.project.channels["sms"].settings.insert("path".to_owned(), "sms.jsonl".to_owned());
    assert_eq!(apply_to(&world, &folder, &path, options()).unwrap().sent.left.due, 0);
}

#[test]
fn what_was_shown_is_applied_whatever_takes_the_name_of_its_file() {
    let (mut world, folder) = (world(), Folder::new());
    let shown = planfile::read(&plan(&mut world, &folder, "plan")).unwrap();
    let id = shown.header().id.clone();
    world.answers.data_hash = "later".to_owned();
    plan(&mut world, &folder, "plan");
    let now = at("2026-11-21T20:05:00");
    let nothing = &mut |_: ApplyProgress<'_>| ControlFlow::Continue(());
    let applied = apply_open(&world, &folder, shown, (options(), now), nothing).unwrap();
    assert_eq!(applied.plan, id);
}

#[test]
fn a_plan_that_another_overtook_is_refused() {
    let (mut world, folder) = (world(), Folder::new());
    let old = plan(&mut world, &folder, "old");
    world.answers.data_hash = "later".to_owned();
    let new = plan(&mut world, &folder, "new");
    let applied = apply_to(&world, &folder, &new, options()).unwrap();
    let error = apply_to(&world, &folder, &old, options()).unwrap_err();
    assert_eq!(error.code.name(), "R0120");
    assert!(error.message.en.contains(&applied.plan));
    assert_all_sent_once(&folder);
}

#[test]
fn a_damaged_plan_leaves_no_trace() {
    let (mut world, folder) = (world(), Folder::new());
    let path = plan(&mut world, &folder, "plan");
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() - 1]).unwrap();
    let error = apply_to(&world, &folder, &path, options()).unwrap_err();
    assert_eq!(error.code.name(), "R0113");
    assert_eq!(open(&folder).audit(AuditFilter::default()).unwrap().count(), 0);
    std::fs::write(&path, whole).unwrap();
    assert!(!apply_to(&world, &folder, &path, options()).unwrap().again);
}

#[test]
fn a_channel_that_cannot_send_stops_it_before_anything_is_recorded() {
    let (mut world, folder) = (world(), Folder::new());
    let path = plan(&mut world, &folder, "plan");
    world.project.channels["sms"].kind = ChannelKind::Webhook;
    assert_eq!(apply_to(&world, &folder, &path, options()).unwrap_err().code.name(), "R0180");
    world.project.channels.shift_remove("sms");
    assert_eq!(apply_to(&world, &folder, &path, options()).unwrap_err().code.name(), "R0122");
    assert!(!folder.join(".rulec").exists());
}

#[test]
fn a_channel_writes_where_the_project_says() {
    let (mut world, folder) = (world(), Folder::new());
    world.project.channels["sms"].settings.insert("path".to_owned(), "out/sms.txt".to_owned());
    let path = plan(&mut world, &folder, "plan");
    apply_to(&world, &folder, &path, options()).unwrap();
    assert_eq!(std::fs::read_to_string(folder.join("out/sms.txt")).unwrap().lines().count(), CUSTOMERS);
}

#[test]
fn a_file_that_is_something_else_is_refused_and_left_alone() {
    let (mut world, folder) = (world(), Folder::new());
    std::fs::create_dir(folder.join("out")).unwrap();
    std::fs::write(folder.join("shop.db"), "customers").unwrap();
    let taken = [
        "shop.db",
        "out/../shop.db",
        "shop.db-wal",
        ".rulec/state.db",
        "./.rulec/state.db-wal",
        ".rulec/outbox/tags.jsonl",
        "out",
    ];
    for taken in taken {
        world.project.channels["sms"].settings.insert("path".to_owned(), taken.to_owned());
        let path = plan(&mut world, &folder, "plan");
        let error = apply_to(&world, &folder, &path, options()).unwrap_err();
        assert_eq!(error.code.name(), "R0127", "{taken}");
    }
    assert_eq!(std::fs::read_to_string(folder.join("shop.db")).unwrap(), "customers");
}

#[test]
fn a_channel_with_the_name_of_a_deed_needs_a_path() {
    for name in ["tags", "tasks", "points"] {
        let (mut world, folder) = (World::new(1), Folder::new());
        let channel = world.project.channels["app"].clone();
        world.project.channels.insert(name.to_owned(), channel);
        world.rule("a", &[0]).actions = vec![Action::Send(send(name))];
        let path = plan(&mut world, &folder, "plan");
        assert_eq!(apply_to(&world, &folder, &path, options()).unwrap_err().code.name(), "R0127");
        world.project.channels[name].settings.insert("path".to_owned(), "own.jsonl".to_owned());
        let path = plan(&mut world, &folder, "plan");
        apply_to(&world, &folder, &path, options()).unwrap();
    }
}

#[test]
fn what_others_wrote_into_the_file_stays() {
    let (mut world, folder) = (world(), Folder::new());
    let file = folder.join("notes.txt");
    std::fs::write(&file, "first\nlast, without an end").unwrap();
    world.project.channels["sms"].settings.insert("path".to_owned(), "notes.txt".to_owned());
    let path = plan(&mut world, &folder, "plan");
    apply_to(&world, &folder, &path, options()).unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.starts_with("first\nlast, without an end\n{\"key\":\""), "{text}");
    assert_eq!(text.lines().count(), 2 + CUSTOMERS);
}

#[test]
fn only_one_may_apply() {
    let (mut world, folder) = (world(), Folder::new());
    let path = plan(&mut world, &folder, "plan");
    let owner = LockOwner::of_this_process("send", at("2026-11-21T20:00:00"), world.project.zone);
    let lock = ApplyLock::take(&folder.join(".rulec/state.db"), &owner).unwrap();
    assert_eq!(apply_to(&world, &folder, &path, options()).unwrap_err().code.name(), "R0103");
    drop(lock);
    apply_to(&world, &folder, &path, options()).unwrap();
}

#[test]
fn once_sent_the_state_holds_nothing_personal() {
    let (mut world, folder) = (world(), Folder::new());
    let path = plan(&mut world, &folder, "plan");
    let holds_phone = || {
        let files = std::fs::read_dir(folder.join(".rulec")).unwrap().map(|entry| entry.unwrap().path());
        let mut files = files.filter(|path| path.is_file());
        files.any(|path| {
            std::fs::read(path).unwrap().windows(PHONE.len()).any(|window| window == PHONE.as_bytes())
        })
    };
    apply_to(&world, &folder, &path, at_most(0)).unwrap();
    assert!(holds_phone(), "it waits in the outbox");
    apply_to(&world, &folder, &path, options()).unwrap();
    assert!(!holds_phone());
}

#[test]
fn the_audit_says_what_was_done_and_why() {
    let (mut world, folder) = (world(), Folder::new());
    world.suppress(Some("sms"), &[1], "投诉");
    world.rule("b", &[0]);
    let path = plan(&mut world, &folder, "plan");
    let applied = apply_to(&world, &folder, &path, options()).unwrap();
    let state = open(&folder);
    let filter = |customer: &str| AuditFilter { customer: Some(customer.to_owned()), ..decisions() };
    let records = |filter| state.audit(filter).unwrap().collect::<Result<Vec<_>>>().unwrap();
    let first = &records(filter("1"))[0];
    assert_eq!((first.verdict.as_deref(), first.at), (Some("send"), at("2026-11-21T20:05:00")));
    assert_eq!(first.plan.as_ref(), Some(&applied.plan));
    assert_eq!(first.facts().get("phone"), Some(&crate::Value::personal()));
    assert_eq!(first.done()[0].action, "send sms coupon 150/500 ttl 15d");
    assert_eq!(records(filter("1"))[1].reason.as_deref(), Some("a"));
    let second = &records(filter("2"))[0];
    assert_eq!(second.done()[0].reason.as_deref(), Some("投诉"));
    assert_eq!(second.done()[1].action, "tag \"asked\"");
    let newest = records(AuditFilter { limit: Some(2), ..decisions() });
    assert_eq!(newest.iter().map(|one| one.customer.as_deref().unwrap()).collect::<Vec<_>>(), ["6", "7"]);
    let of_rule = AuditFilter { rule: Some("b".to_owned()), ..decisions() };
    assert_eq!(records(of_rule).len(), 1);
    let of_plan = AuditFilter { plan: Some(applied.plan[..8].to_owned()), ..decisions() };
    assert_eq!(records(of_plan).len(), CUSTOMERS + 1);
    let of_none = AuditFilter { plan: Some("x".to_owned()), ..decisions() };
    assert_eq!(records(of_none).len(), 0);
}

#[test]
fn nothing_is_missing_of_a_missing_fact() {
    let (mut world, folder) = (World::new(1), Folder::new());
    let dormant = world.values([Scalar::Missing]);
    world.rule("a", &[0]).facts = vec![named("dormant_days", dormant, Display::Days, false)];
    let path = plan(&mut world, &folder, "plan");
    apply_to(&world, &folder, &path, options()).unwrap();
    let record = open(&folder).audit(decisions()).unwrap().next().unwrap().unwrap();
    assert_eq!(record.facts().get("dormant_days"), Some(&crate::Value::Missing));
}
