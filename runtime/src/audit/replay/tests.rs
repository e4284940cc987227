use super::*;
use crate::apply;
use crate::fixture::{Folder, World, at, days, named, send, with_coupon};
use crate::planfile;
use crate::pools::Pools;
use proptest::prelude::*;
use rulec_plan::audience::Scalar;
use rulec_plan::campaign::Period;
use rulec_plan::rules::{Action, Again, Display, Quota, Send};
use rulec_plan::time::{DAY, Instant};

const CUSTOMERS: usize = 6;
const CODES: usize = 5;

/// Rules that fire again or once a spell, with a limit, a quota and codes that run out.
fn world() -> World {
    let mut world = World::new(CUSTOMERS);
    world.pool("spring", CODES);
    world.limit(Some("sms"), 2, Period::Rolling(days(3)));
    let coded = Send { pool: Some("spring".to_owned()), ..with_coupon(send("sms")) };
    let few = Send { quota: Some(Quota { count: 3, best_by: None }), ..send("sms") };
    for (name, message, again) in [
        ("coded", coded, Again::NewSpell),
        ("few", few, Again::Every(days(1))),
        ("all", send("app"), Again::NewSpell),
    ] {
        let seen = world.values((0..CUSTOMERS).map(|place| Scalar::Int(place as i64)));
        let rule = world.rule(name, &[]);
        (rule.again, rule.actions) = (again, vec![Action::Send(message)]);
        rule.facts = vec![named("seen", seen, Display::Days, name == "few")];
    }
    world
}

fn pools() -> Pools {
    let codes = (0..CODES).map(|code| format!("C{code}").into()).collect();
    Pools { codes: [("spring".to_owned(), codes)].into() }
}

/// Sets which customers each rule takes, and the instant.
fn set(world: &mut World, takes: &[[bool; 3]], now: Instant) {
    world.plan.as_of = now;
    for rule in [0, 1, 2] {
        let taken: Vec<usize> = (0..CUSTOMERS).filter(|customer| takes[*customer][rule]).collect();
        world.plan.rules[rule].condition = world.condition(&taken, &[]);
    }
}

fn replay(world: &mut World, folder: &Folder, plan: &str) -> Comparison {
    let copy = folder.join("copy.db");
    for name in ["copy.db", "copy.db-wal", "copy.db-shm"] {
        let _ = std::fs::remove_file(folder.join(name));
    }
    State::open(&folder.join("state.db")).unwrap().copy_to(&copy).unwrap();
    let replay = Replay::begin(&copy, plan).unwrap().unwrap();
    world.state = replay.state().view(&world.plan, &world.answers.keys, pools()).unwrap();
    replay.compare(world.planned(&world.decide()), 3).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn each_of_any_runs_decided_again_is_what_is_recorded(
        runs in prop::collection::vec((0_i64..3, prop::collection::vec(any::<[bool; 3]>(), CUSTOMERS)), 1..6),
    ) {
        let (mut world, folder) = (world(), Folder::new());
        let mut state = State::open(&folder.join("state.db")).unwrap();
        let mut now = at("2026-11-21T20:00:00");
        let mut plans = Vec::new();
        for (later, takes) in &runs {
            now = Instant(now.0 + later * DAY + 1);
            set(&mut world, takes, now);
            world.state = state.view(&world.plan, &world.answers.keys, pools()).unwrap();
            let path = folder.join("plan");
            planfile::write(world.planned(&world.decide()), &path).unwrap();
            let plan = planfile::read(&path).unwrap();
            plans.push((plan.header().id.clone(), now));
            apply::rehearse(&mut state, plan, now).unwrap();
        }
        for ((id, now), (_, takes)) in plans.iter().zip(&runs) {
            set(&mut world, takes, *now);
            let compared = replay(&mut world, &folder, id);
            prop_assert!(compared.is_equal(), "{:?}", compared);
            prop_assert!(!compared.has_other_data && !compared.has_other_rules);
            let mut other = takes.clone();
            other[0][2] = !other[0][2];
            set(&mut world, &other, *now);
            let differing = replay(&mut world, &folder, id);
            prop_assert!(differing.differing.values().sum::<u64>() > 0);
        }
    }
}
