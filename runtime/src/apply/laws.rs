//! What holds over any sequence of runs: the state itself is looked at, not what deciding says of it.

use super::*;
use crate::Pools;
use crate::fixture::{Folder, World, at, days, send, with_coupon};
use proptest::prelude::*;
use rulec_plan::campaign::{Budget, Period};
use rulec_plan::rules::{Action, Again, Quota, Send};
use rulec_plan::time::{DAY, HOUR};

const CUSTOMERS: usize = 6;
const CODES: usize = 5;
const QUOTA: u32 = 3;
/// Two messages a customer in three days.
const CAP: u32 = 2;
/// Four messages with their coupons of 150 yuan.
const BUDGET_CENTS: i64 = 4 * 15_010;

/// Three rules that may write to everyone every day: one with codes, one with a quota, and one with coupons in a campaign
/// with a budget.
fn world() -> World {
    let mut world = World::new(CUSTOMERS);
    world.campaign("winback").budget = Some(Budget { cents: BUDGET_CENTS, per: None });
    world.pool("spring", CODES);
    world.limit(Some("sms"), CAP, Period::Rolling(days(3)));
    let quota = Some(Quota { count: QUOTA, best_by: None });
    let coded = Send { pool: Some("spring".to_owned()), ..send("sms") };
    let few = Send { quota, ..send("sms") };
    let paid = with_coupon(send("sms"));
    for (name, message) in [("coded", coded), ("few", few), ("paid", paid)] {
        let rule = world.rule(name, &[]);
        rule.campaign = (name == "paid").then(|| "winback".to_owned());
        rule.again = Again::Every(days(1));
        rule.actions = vec![Action::Send(message)];
    }
    world
}

/// Plans on the state in the folder at this instant, and applies that.
fn run(world: &mut World, folder: &Folder, now: Instant) {
    let state = State::open(&State::path_of(&world.project, folder.path()).unwrap()).unwrap();
    let codes = (0..CODES).map(|code| format!("C{code}").into()).collect();
    let pools = Pools { codes: [("spring".to_owned(), codes)].into() };
    world.plan.as_of = now;
    world.state = state.view(&world.plan, &world.answers.keys, pools).unwrap();
    drop(state);
    let path = folder.join("plan");
    planfile::write(world.planned(&world.decide()), &path).unwrap();
    let options = ApplyOptions { approvals: &[], entropy: [7; 32], sending: SendOptions::default() };
    let plan = planfile::read(&path).unwrap();
    world
        .outside(folder.path(), now, |outside| {
            let nothing = &mut |_: ApplyProgress<'_>| ControlFlow::Continue(());
            apply(&world.project, folder.path(), plan, options, outside, nothing)
        })
        .unwrap();
}

/// The only number that a query over the state gives.
fn number(folder: &Folder, query: &str) -> i64 {
    let state = State::open(&folder.join(".rulec/state.db")).unwrap();
    state.read(|connection| connection.query_row(query, [], |row| row.get(0))).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_exceeded_over_any_sequence_of_runs(
        runs in prop::collection::vec((0_i64..3, prop::collection::vec(any::<[bool; 3]>(), CUSTOMERS)), 1..8),
    ) {
        let (mut world, folder) = (world(), Folder::new());
        let mut now = at("2026-11-21T20:00:00");
        for (later, takes) in runs {
            now = Instant(now.0 + later * DAY + 1);
            for rule in [0, 1, 2] {
                let taken: Vec<usize> = (0..CUSTOMERS).filter(|customer| takes[*customer][rule]).collect();
                world.plan.rules[rule].condition = world.condition(&taken, &[]);
            }
            run(&mut world, &folder, now);
        }
        let of = |rule: &str| {
            format!(
                "FROM outbox JOIN actions ON actions.id = outbox.action JOIN rules ON rules.id = rule WHERE name = '{rule}'"
            )
        };
        let few = number(&folder, &format!("SELECT count(*) {}", of("few")));
        prop_assert!(few <= i64::from(QUOTA));
        let spent = number(&folder, &format!("SELECT coalesce(sum(cost_micros + coupon_micros), 0) {}", of("paid")));
        prop_assert!(spent <= BUDGET_CENTS * 10_000);
        prop_assert!(number(&folder, "SELECT count(*) FROM codes") <= CODES as i64);
        prop_assert_eq!(number(&folder, "SELECT count(*) - count(DISTINCT code) FROM codes"), 0);
        // All runs are in the evening, and three days ago means from the start of that day on.
        let window = 3 * DAY + 20 * HOUR;
        let most = number(&folder, &format!(
            "SELECT coalesce(max((SELECT count(*) FROM outbox AS other WHERE other.person = one.person
                AND other.at BETWEEN one.at - {window} AND one.at)), 0) FROM outbox AS one"
        ));
        prop_assert!(most <= i64::from(CAP), "{} messages", most);
        crate::state::assert_sound(&State::open(&folder.join(".rulec/state.db")).unwrap());
    }
}
