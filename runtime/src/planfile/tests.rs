use super::*;
use crate::fixture::{Folder, World, named, personal, send, text, with_coupon};
use crate::{Summary, jsonl};
use rulec_plan::audience::Scalar;
use rulec_plan::rules::{Action, Display, Send};
use std::path::Path;

const PHONE: &str = "13812345678";

/// Two rules, of which the first sends to customer 1 and lacks the consent of customer 2.
fn world() -> World {
    let mut world = World::new(4);
    let (consent, address) = (Some(world.condition(&[0], &[])), Some(world.values([text(PHONE)])));
    let name = world.values([text("王芳"), text("李雷")]);
    let dormant = world.values([Scalar::Int(58), Scalar::Missing]);
    let sms = Send { consent, address, message: vec![personal(name, "姓名")], ..with_coupon(send("sms")) };
    let rule = world.rule("唤醒", &[0, 1]);
    rule.actions = vec![Action::Send(sms)];
    rule.facts = vec![
        named("dormant_days", dormant, Display::Days, false),
        named("name", name, Display::Text, true),
        named("nick", dormant, Display::Days, true),
    ];
    world.rule("b", &[1, 2]).actions.push(Action::Tag("x".to_owned()));
    world.fired(&[("b", 3, "2026-11-01T10:00:00", true)]);
    world
}

fn written(world: &World, path: &Path) -> Header {
    write(world.planned(&world.decide()), path).unwrap()
}

fn code(path: &Path) -> &'static str {
    let error = match read(path) {
        Ok(plan) => plan.filter_map(std::result::Result::err).next().unwrap(),
        Err(error) => error,
    };
    error.code.name()
}

fn jsonl(world: &World, show_personal: bool) -> String {
    let decisions = world.decide();
    let planned = world.planned(&decisions);
    let mut out = Vec::new();
    jsonl::write(&planned.header().unwrap(), planned, show_personal, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn what_is_written_is_read() {
    let (world, folder) = (world(), Folder::new());
    let path = folder.join("plan");
    let header = written(&world, &path);
    let plan = read(&path).unwrap();
    assert_eq!(*plan.header(), header);
    let lines = plan.collect::<std::result::Result<Vec<_>, _>>().unwrap();
    assert_eq!(lines, world.planned(&world.decide()).lines(&header).collect::<Vec<_>>());
    assert_eq!(lines.len(), 5);
    assert_eq!(header.rules["唤醒"].funnel["no consent"], 1);
    assert_eq!(header.rules["b"].actions[1].count, 1);
}

#[test]
fn the_same_run_gives_the_same_bytes() {
    let folder = Folder::new();
    let (first, second) = (folder.join("first"), folder.join("second"));
    written(&world(), &first);
    written(&world(), &second);
    assert_eq!(std::fs::read(&first).unwrap(), std::fs::read(&second).unwrap());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "nothing temporary is left");
}

#[test]
fn another_run_has_another_id() {
    let (mut world, folder) = (world(), Folder::new());
    let first = written(&world, &folder.join("first")).id;
    world.answers.data_hash = "other".to_owned();
    assert_ne!(written(&world, &folder.join("second")).id, first);
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let path = folder.join("plan");
    written(&world(), &path);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_plan_cut_off_anywhere_is_refused() {
    let folder = Folder::new();
    let path = folder.join("plan");
    written(&world(), &path);
    let whole = std::fs::read(&path).unwrap();
    for length in 0..whole.len() {
        std::fs::write(&path, &whole[..length]).unwrap();
        assert!(["R0111", "R0113"].contains(&code(&path)), "cut at {length}");
    }
}

#[test]
fn a_changed_plan_is_refused() {
    let folder = Folder::new();
    let path = folder.join("plan");
    written(&world(), &path);
    rewrite(&path, |text| text.replacen("王芳", "王方", 1));
    assert_eq!(code(&path), "R0113");
}

/// A plan that version 0.1.0 wrote of [`world`].
const VERSION_1: &[u8] = include_bytes!("fixtures/version-1.plan");

#[test]
fn a_plan_of_version_1_is_read_and_completed() {
    let folder = Folder::new();
    let path = folder.join("plan");
    std::fs::write(&path, VERSION_1).unwrap();
    let plan = read(&path).unwrap();
    assert_eq!(plan.header().version, 1);
    assert_eq!(plan.header().rules["唤醒"].reached, 1);
    let lines = plan.collect::<std::result::Result<Vec<_>, _>>().unwrap();
    assert_eq!(lines.len(), 5);
    let Line::Decision(first) = &lines[0] else { panic!("a decision comes first") };
    assert_eq!((first.step, first.arm.as_deref()), (0, None));
    assert_eq!((first.actions[0].parts, first.actions[0].cost_micros), (1, 150_045_000));
}

#[test]
fn a_newer_plan_is_refused() {
    let folder = Folder::new();
    let path = folder.join("plan");
    written(&world(), &path);
    rewrite(&path, |text| text.replacen("\"version\":2", "\"version\":3", 1));
    assert_eq!(code(&path), "R0112");
}

#[test]
fn fields_that_a_later_version_adds_are_skipped() {
    let folder = Folder::new();
    let path = folder.join("plan");
    let decisions = world().decide();
    let id = written(&world(), &path).id;
    rewrite(&path, |text| text.replacen("\"version\":2", "\"version\":2,\"mood\":\"good\"", 1));
    let plan = read(&path).unwrap();
    assert_eq!(plan.header().id, id);
    assert_eq!(plan.filter(std::result::Result::is_ok).count(), decisions.list().count() + 1);
}

#[test]
fn what_is_no_plan_is_refused() {
    let folder = Folder::new();
    let path = folder.join("plan");
    assert_eq!(code(&path), "R0110");
    for other in ["", "hello", "{\"format\":\"rulec-plan\",\"version\":1,\"id\":\"\"}\n"] {
        std::fs::write(&path, other).unwrap();
        assert_eq!(code(&path), "R0111");
    }
    rewrite_as(&path, "{\"format\":\"other\",\"version\":1,\"id\":\"\"}\n");
    assert_eq!(code(&path), "R0111");
}

fn rewrite(path: &Path, change: impl FnOnce(String) -> String) {
    let mut text = String::new();
    let file = std::fs::File::open(path).unwrap();
    std::io::Read::read_to_string(&mut flate2::read::MultiGzDecoder::new(file), &mut text).unwrap();
    rewrite_as(path, &change(text));
}

fn rewrite_as(path: &Path, text: &str) {
    let file = std::fs::File::create(path).unwrap();
    let mut out = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
    std::io::Write::write_all(&mut out, text.as_bytes()).unwrap();
    out.finish().unwrap();
}

#[test]
fn json_lines_hide_what_is_personal() {
    let expected = r#"{"customer":"1","campaign":null,"rule":"唤醒","verdict":"send","reason":null,"channel":"sms","offer":"coupon 150/500 ttl 15d","send_at":"2026-11-21T20:00:00+08:00","facts":{"dormant_days":58,"name":"(personal)","nick":"(personal)"}}
{"customer":"2","campaign":null,"rule":"唤醒","verdict":"no consent","reason":null,"channel":"sms","offer":"coupon 150/500 ttl 15d","send_at":null,"facts":{"dormant_days":null,"name":"(personal)","nick":null}}
{"customer":"2","campaign":null,"rule":"b","verdict":"outranked by 唤醒","reason":"唤醒","channel":"app","offer":null,"send_at":null,"facts":{}}
{"customer":"3","campaign":null,"rule":"b","verdict":"send","reason":null,"channel":"app","offer":null,"send_at":"2026-11-21T20:00:00+08:00","facts":{}}
"#;
    assert_eq!(jsonl(&world(), false), expected);
    assert!(jsonl(&world(), true).contains(r#""name":"王芳""#));
}

#[test]
fn json_lines_leave_out_what_lacks_data() {
    let mut world = World::new(1);
    let name = world.values([Scalar::Missing]);
    let message = vec![personal(name, "姓名")];
    world.rule("a", &[0]).actions = vec![Action::Send(Send { message, ..send("app") })];
    assert_eq!(jsonl(&world, false), "");
}

#[test]
fn json_lines_name_the_message_that_goes_out() {
    let mut world = World::new(1);
    let consent = Some(world.condition(&[], &[]));
    let sms = Action::Send(Send { consent, ..with_coupon(send("sms")) });
    world.rule("a", &[0]).actions = vec![Action::Tag("x".to_owned()), sms, Action::Send(send("app"))];
    let line = jsonl(&world, false);
    assert!(line.contains(r#""verdict":"send","reason":null,"channel":"app","offer":null"#), "{line}");
}

#[test]
fn a_summary_counts_costs_and_masks_samples() {
    let world = world();
    let decisions = world.decide();
    let planned = world.planned(&decisions);
    let summary = Summary::of(&planned.header().unwrap(), &planned, 3, false);
    assert_eq!(summary.total.messages["sms"], 1);
    assert_eq!(summary.total.messages["app"], 1);
    assert_eq!(summary.total.others["tag"], 1);
    assert_eq!(summary.total.messages_micros, 45_000);
    assert_eq!(summary.total.coupons_cents, 15_000);
    assert!(!summary.total.unbounded);
    let samples: Vec<_> = summary.rules.iter().flat_map(|rule| &rule.samples).collect();
    assert_eq!(samples.iter().map(|one| one.message.as_str()).collect::<Vec<_>>(), ["王*", "你好"]);
    assert_eq!(samples[0].offer.as_deref(), Some("coupon 150/500 ttl 15d"));
}
