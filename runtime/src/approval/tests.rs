use super::*;
use crate::fixture::{Folder, World, at, with_coupon, zone};
use rulec_plan::rules::Action;

/// A world of ten customers of whom so many get an SMS with a coupon, with this plan id.
fn header(customers: usize, id: &str) -> (World, Header) {
    let mut world = World::new(10);
    let yes: Vec<usize> = (0..customers).collect();
    world.rule("唤醒", &yes).actions = vec![Action::Send(with_coupon(crate::fixture::send("sms")))];
    let decisions = world.decide();
    let mut header = world.planned(&decisions).header().expect("a header");
    header.id = id.to_owned();
    (world, header)
}

fn key(number: u8) -> SecretKey {
    SecretKey::from_seed([number; 32])
}

fn project_with(world: &World, needed: u32) -> Project {
    let mut project = world.project.clone();
    project.approvals.needed = needed;
    for (name, number) in [("alice", 1), ("bob", 2)] {
        project.approvals.approvers.insert(name.to_owned(), key(number).public().to_string());
    }
    project
}

fn said(result: Result<Vec<Approver>>) -> String {
    result.map_or_else(|wrong| wrong.message.en.clone(), |_| "approved".to_owned())
}

#[test]
fn as_many_people_must_approve_as_are_asked_for() {
    let (world, header) = header(3, "p");
    let now = at("2026-11-21T21:00:00");
    let of = |name: &str, number| approve(&header, &key(number), name, now, None, zone());
    let (alice, bob) = (of("alice", 1), of("bob", 2));
    assert_eq!(said(check(&project_with(&world, 0), &header, &[], now)), "approved");
    let two = project_with(&world, 2);
    assert_eq!(said(check(&two, &header, &[alice.clone(), bob], now)), "approved");
    let twice = [alice.clone(), alice];
    assert_eq!(said(check(&two, &header, &twice, now)), "this plan needs 2 approvals and has 1 (alice)");
}

#[test]
fn what_is_not_signed_by_whom_it_says_does_not_count() {
    let (world, header) = header(3, "p");
    let now = at("2026-11-21T21:00:00");
    let project = project_with(&world, 1);
    let honest = approve(&header, &key(1), "alice", now, None, zone());
    let mut other_plan = honest.clone();
    other_plan.approved.plan = "q".to_owned();
    let mut more = honest.clone();
    more.approved.envelope.coupons_cents += 1;
    let of_bob = approve(&header, &key(2), "alice", now, None, zone());
    for forged in [other_plan, more, of_bob] {
        assert!(said(check(&project, &header, &[forged], now)).contains("the signature is not"));
    }
    let stranger = approve(&header, &key(3), "carol", now, None, zone());
    assert!(said(check(&project, &header, &[stranger], now)).contains("not named"));
}

#[test]
fn later_plans_are_approved_inside_the_envelope_and_the_time() {
    let (world, first) = header(3, "p");
    let project = project_with(&world, 1);
    let now = at("2026-11-21T21:00:00");
    let until = at("2026-11-28T21:00:00");
    let once = approve(&first, &key(1), "alice", now, None, zone());
    let week = approve(&first, &key(1), "alice", now, Some(until), zone());
    let (_, fewer) = header(2, "q");
    let (_, more) = header(4, "r");
    assert_eq!(said(check(&project, &fewer, std::slice::from_ref(&week), until)), "approved");
    let late = Instant(until.0 + 1);
    assert!(said(check(&project, &fewer, std::slice::from_ref(&week), late)).contains("approved until"));
    assert!(said(check(&project, &fewer, &[once], now)).contains("another plan"));
    let text = said(check(&project, &more, std::slice::from_ref(&week), now));
    assert!(text.contains("approved `唤醒` for 3 customers, the plan has 4"), "{text}");
    let mut other = fewer.clone();
    other.rules_hash = "other".to_owned();
    assert!(said(check(&project, &other, &[week], now)).contains("other rules"));
}

#[test]
fn a_plan_has_an_age() {
    let (mut world, header) = header(3, "p");
    world.project.approvals.max_age =
        Some(rulec_plan::time::Duration::Exact { micros: rulec_plan::time::HOUR });
    let check = |now| said(check(&world.project, &header, &[], at(now)));
    assert_eq!(check("2026-11-21T21:00:00"), "approved");
    assert!(check("2026-11-21T21:00:01").contains("older than the 1h"));
}

#[test]
fn approvals_survive_their_file() {
    let (_, header) = header(3, "p");
    let now = at("2026-11-21T21:00:00");
    let folder = Folder::new();
    let path = beside(&folder.join("a.plan"));
    let written: Vec<Approval> =
        [1, 2].map(|number| approve(&header, &key(number), "alice", now, Some(now), zone())).to_vec();
    assert_eq!(read(&path).expect("no file is no approval"), []);
    for approval in &written {
        append(&path, approval).expect("it is written");
    }
    assert_eq!(read(&path).expect("it is read"), written);
    std::fs::write(&path, "{}\n").expect("it is overwritten");
    assert_eq!(read(&path).expect_err("no approval").code.name(), "R0173");
}

#[test]
fn keys_are_what_the_standard_says() {
    // RFC 8032, 7.1, test 1.
    let key =
        SecretKey::parse("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60").expect("a key");
    let public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    assert_eq!(key.public().to_string(), public);
    for wrong in ["", "9d", &"g".repeat(64), &"ä".repeat(32)] {
        assert!(SecretKey::parse(wrong).is_none() && PublicKey::parse(wrong).is_none());
    }
}
