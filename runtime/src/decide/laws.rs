//! What holds of every run, on random small shops with everything declared.

use super::{Decisions, number};
use crate::draw::Draw;
use crate::fixture::{World, at, days, follow_up, send, text, with_coupon};
use crate::state::ActionKey;
use fixedbitset::FixedBitSet;
use proptest::prelude::*;
use proptest::sample::select;
use rulec_engine::{Key, Tristate};
use rulec_plan::audience::{Ranking, Scalar};
use rulec_plan::campaign::{Arm, Budget, Limit, Period, Share, Split};
use rulec_plan::rules::{Action, Quota, Send, SendTime};
use rulec_plan::time::{CalendarUnit, Duration, HOUR, Instant};
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

/// Several words of bits, the last of them not full.
pub(super) const POPULATION: usize = 150;
const CAMPAIGNS: [&str; 2] = ["winback", "birthday"];
const HALF: Share = Share(Share::WHOLE.0 / 2);

/// Sets of few customers and of many.
pub(super) fn bits() -> impl Strategy<Value = FixedBitSet> {
    (0.0..1.0).prop_flat_map(|share| prop::collection::vec(prop::bool::weighted(share), POPULATION)).prop_map(
        |bits| {
            let mut set = FixedBitSet::with_capacity(POPULATION);
            set.extend((0..POPULATION).filter(|place| bits[*place]));
            set
        },
    )
}

prop_compose! {
    pub(super) fn tristate()(yes in bits(), mut unknown in bits()) -> Tristate {
        unknown.difference_with(&yes);
        Tristate { yes, unknown }
    }
}

/// A rule: whom it takes and for whom its follow-up is due, its campaign, and what its messages have.
#[derive(Debug, Clone)]
struct Given {
    condition: Tristate,
    due: FixedBitSet,
    campaign: usize,
    split: bool,
    quota: Option<(u32, bool)>,
    pool: bool,
    coupon: bool,
    at: Option<SendTime>,
    sent: u64,
}

prop_compose! {
    fn rule()(
        condition in tristate(),
        due in bits(),
        campaign in 0..CAMPAIGNS.len(),
        (split, pool, coupon) in any::<(bool, bool, bool)>(),
        quota in prop::option::of((0..60_u32, any::<bool>())),
        at in select(vec![None, Some(SendTime::At(600)), Some(SendTime::Between(18 * 60, 23 * 60))]),
        sent in 0..30_u64,
    ) -> Given {
        Given { condition, due, campaign, split, quota, pool, coupon, at, sent }
    }
}

/// A limit: its channel, count and period, the campaign, and for whom.
fn limit() -> impl Strategy<Value = (Option<&'static str>, u32, Period, Option<usize>, Option<Tristate>)> {
    let periods = vec![
        Period::Rolling(days(7)),
        Period::Rolling(Duration::Exact { micros: 30 * HOUR }),
        Period::Calendar(CalendarUnit::Day),
        Period::Calendar(CalendarUnit::Week),
    ];
    (
        select(vec![None, Some("sms"), Some("app")]),
        1..4_u32,
        select(periods),
        prop::option::of(0..CAMPAIGNS.len()),
        prop::option::of(tristate()),
    )
}

prop_compose! {
    fn worlds()(
        rules in prop::collection::vec(rule(), 1..6),
        limits in prop::collection::vec(limit(), 0..4),
        touches in prop::collection::vec((0..150_u32, -240..120_i64, any::<bool>(), 0..CAMPAIGNS.len()), 0..200),
        (cents, spent) in (0..2_000_000_i64, 0..10_000_000_000_i64),
        codes in 0..100_usize,
        zones in prop::collection::vec(select(vec!["Asia/Shanghai", "America/New_York", "Asia/Tokyo", "?"]), POPULATION),
        quiet in prop::option::of((0..1440_u16, 0..1440_u16)),
        worth in prop::collection::vec(0..20_i64, POPULATION),
    ) -> World {
        let mut world = World::new(POPULATION);
        let worth = world.values(worth.into_iter().map(|worth| {
            if worth == 0 { Scalar::Missing } else { Scalar::Int(worth) }
        }));
        for name in CAMPAIGNS {
            let campaign = world.campaign(name);
            campaign.holdout = Some(HALF);
            campaign.budget = Some(Budget { cents, per: None });
            world.state.spent.insert(name.to_owned(), spent);
        }
        world.plan.customer_zone = Some(world.values(zones.into_iter().map(text)));
        world.project.channels["sms"].quiet = quiet;
        world.pool("back", codes);
        for (place, given) in rules.iter().enumerate() {
            add(&mut world, place, given, Ranking { value: worth, low_is_better: false });
        }
        for (channel, count, per, campaign, segment) in limits {
            let segment = segment.map(|segment| world.tristate(segment));
            let limit = world.limit(channel, count, per);
            (limit.campaign, limit.segment) = (campaign.map(|place| CAMPAIGNS[place].to_owned()), segment);
        }
        world.touched(&touches_of(touches).iter().map(|(customer, when, channel, campaign)| {
            (*customer, when.as_str(), *channel, *campaign)
        }).collect::<Vec<_>>());
        world
    }
}

/// Messages so many hours before or after the run, by one of two channels.
fn touches_of(touches: Vec<(u32, i64, bool, usize)>) -> Vec<(u32, String, &'static str, &'static str)> {
    let local = |hours: i64| {
        let at = Instant(at("2026-11-21T20:00:00").0 + hours * HOUR);
        at.to_rfc3339(crate::fixture::zone())[..19].to_owned()
    };
    let touch = |(customer, hours, sms, campaign): (u32, i64, bool, usize)| {
        (customer, local(hours), if sms { "sms" } else { "app" }, CAMPAIGNS[campaign])
    };
    touches.into_iter().map(touch).collect()
}

/// Adds a rule with two messages and a follow-up. No two rules have the same priority.
fn add(world: &mut World, place: usize, given: &Given, ranking: Ranking) {
    let condition = world.tristate(given.condition.clone());
    let due = world.condition(&given.due.ones().collect::<Vec<_>>(), &[]);
    let quota = given.quota.map(|(count, best)| Quota { count, best_by: best.then_some(ranking) });
    let pool = given.pool.then(|| "back".to_owned());
    let mut first = Send { quota, pool, at: given.at, ..send("sms") };
    if given.coupon {
        first = with_coupon(first);
    }
    let name = format!("r{place}");
    let key = ActionKey { rule: name.clone(), step: 0, action: 0 };
    world.state.sent.insert(key, given.sent);
    let rule = world.rule_when(&name, condition);
    rule.campaign = Some(CAMPAIGNS[given.campaign].to_owned());
    rule.priority = i64::try_from(place * 7 % 11).unwrap();
    rule.actions = vec![Action::Send(first), Action::Send(send("app"))];
    rule.follow_ups = vec![follow_up(due, days(2), "sms")];
    if given.split {
        let arm = |first_action: u32, actions| Arm {
            label: first_action.to_string(),
            share: Share(Share::WHOLE.0 / 4 * u64::from(1 + first_action % 2)),
            first_action,
            actions,
        };
        rule.split = Some(Split { name: format!("s{place}"), arms: vec![arm(0, 1), arm(1, 1), arm(2, 0)] });
    }
}

/// A message that this run sends.
struct Sent<'a> {
    rule: u32,
    step: u32,
    customer: u32,
    action: u32,
    at: Instant,
    send: &'a Send,
}

fn all_sent<'a>(world: &'a World, decisions: &Decisions) -> Vec<Sent<'a>> {
    let mut all = Vec::new();
    for one in decisions.list().filter(|one| one.is_sent()) {
        let step = decisions.step(one.rule, one.step);
        let actions = super::actions_of(&world.plan.rules[one.rule as usize], one.step);
        for (action, what) in (0..).zip(actions).filter(|(action, _)| step.does(one.customer, *action)) {
            let Action::Send(send) = what else { continue };
            let at = step.send_at(one.customer, action);
            all.push(Sent { rule: one.rule, step: one.step, customer: one.customer, action, at, send });
        }
    }
    all
}

/// The times of all messages to a customer that this limit counts: before this run, and of it.
fn counted(world: &World, sent: &[Sent<'_>], limit: &Limit, customer: u32) -> (Vec<Instant>, Vec<Instant>) {
    let names = &world.state.names;
    let is_meant = |channel: &str, campaign: Option<&str>| {
        limit.channel.as_deref().is_none_or(|meant| meant == channel)
            && limit.campaign.as_deref().is_none_or(|meant| Some(meant) == campaign)
    };
    let before = world.state.touches.iter().filter(|touch| {
        touch.customer == customer
            && is_meant(&names[touch.channel as usize], Some(&names[touch.campaign as usize]))
    });
    let now = sent.iter().filter(|sent| {
        let campaign = world.plan.rules[sent.rule as usize].campaign.as_deref();
        sent.customer == customer && is_meant(&sent.send.channel, campaign)
    });
    (before.map(|touch| touch.at).collect(), now.map(|sent| sent.at).collect())
}

/// The time that a limit looks at when a message goes out.
fn window(world: &World, per: Period, at: Instant) -> RangeInclusive<Instant> {
    let zone = world.plan.zone;
    match per {
        Period::Rolling(length) => zone.back(at, length)..=at,
        Period::Calendar(unit) => {
            let (first, next) = unit.around(zone.day_of(at));
            zone.start_of(first)..=Instant(zone.start_of(next).0 - 1)
        }
    }
}

fn held_out(campaign: &str, customer: u32) -> bool {
    HALF.takes(Draw::new(&format!("holdout:{campaign}")).of(key(customer)))
}

fn key(customer: u32) -> Key<'static> {
    Key::Integer(i64::from(customer) + 1)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn funnels_are_those_of_the_list(world in worlds()) {
        let decisions = world.decide();
        for (rule, of) in (0..).zip(&world.plan.rules) {
            for step in 0..=number(of.follow_ups.len()) {
                let mut list = decisions.list().filter(|one| (one.rule, one.step) == (rule, step)).collect::<Vec<_>>();
                let funnel = decisions.step(rule, step).funnel();
                let outside = if step == 0 { 2 } else { 0 };
                for (verdict, count) in &funnel[outside..] {
                    let before = list.len();
                    list.retain(|one| one.verdict != *verdict);
                    prop_assert_eq!((before - list.len()) as u64, *count);
                }
            }
        }
    }

    #[test]
    fn no_limit_is_exceeded(world in worlds()) {
        let sent = all_sent(&world, &world.decide());
        for limit in &world.plan.limits {
            let segment = limit.segment.map(|segment| world.answers.condition(segment));
            for customer in 0..number(POPULATION) {
                let is_known_outside = segment.is_some_and(|segment| {
                    let place = customer as usize;
                    !segment.yes.contains(place) && !segment.unknown.contains(place)
                });
                if is_known_outside {
                    continue;
                }
                let (before, now) = counted(&world, &sent, limit, customer);
                for at in before.iter().chain(&now) {
                    let window = window(&world, limit.per, *at);
                    let within = |times: &[Instant]| times.iter().filter(|at| window.contains(at)).count();
                    let added = within(&now);
                    prop_assert!(added == 0 || within(&before) + added <= limit.count as usize);
                }
            }
        }
    }

    #[test]
    fn no_quota_budget_or_pool_is_exceeded(world in worlds()) {
        let decisions = world.decide();
        let sent = all_sent(&world, &decisions);
        for (rule, of) in (0..).zip(&world.plan.rules) {
            let Action::Send(first) = &of.actions[0] else { continue };
            let before = world.state.sent[&ActionKey { rule: of.name.clone(), step: 0, action: 0 }];
            let now = decisions.step(rule, 0).count(0);
            prop_assert!(first.quota.is_none_or(|quota| now == 0 || before + now <= u64::from(quota.count)));
        }
        for campaign in &world.plan.campaigns {
            let of = sent.iter().filter(|sent| {
                world.plan.rules[sent.rule as usize].campaign.as_ref() == Some(&campaign.name)
            });
            let cost: i64 = of.map(|one| {
                decisions.step(one.rule, one.step).cost_micros(one.customer, one.action)
            }).sum();
            let budget = campaign.budget.unwrap().cents * 10_000;
            prop_assert!(cost == 0 || world.state.spent[&campaign.name] + cost <= budget);
        }
        let with_code: Vec<&Sent<'_>> = sent.iter().filter(|sent| sent.send.pool.is_some()).collect();
        let codes: BTreeSet<Option<&str>> = with_code.iter().map(|one| {
            decisions.step(one.rule, one.step).code(&world.state, one.customer, one.action)
        }).collect();
        prop_assert!(!codes.contains(&None));
        prop_assert_eq!(codes.len(), with_code.len());
    }

    #[test]
    fn nobody_of_a_holdout_is_touched(world in worlds()) {
        for sent in all_sent(&world, &world.decide()) {
            let campaign = world.plan.rules[sent.rule as usize].campaign.as_deref().unwrap();
            prop_assert!(!held_out(campaign, sent.customer));
        }
    }

    #[test]
    fn arms_are_drawn_by_name_and_key_alone(world in worlds()) {
        let decisions = world.decide();
        for (rule, of) in (0..).zip(&world.plan.rules) {
            let Some(split) = &of.split else { continue };
            let step = decisions.step(rule, 0);
            for customer in 0..number(POPULATION) {
                let u = Draw::new(&split.name).of(key(customer));
                let arm = [HALF.0 / 2, HALF.0 / 2 * 3, Share::WHOLE.0].iter().position(|end| Share(*end).takes(u));
                prop_assert!(step.arm(customer).is_none_or(|found| Some(found as usize) == arm));
                for (other, action) in [(0, 0), (1, 1)] {
                    prop_assert!(arm == Some(other) || !step.does(customer, action));
                }
            }
        }
    }

    #[test]
    fn the_order_of_rules_of_different_priorities_changes_nothing(mut world in worlds(), by in 0..6_usize) {
        let sorted = |world: &World| {
            let mut list = world.list();
            list.sort();
            list
        };
        let expected = sorted(&world);
        let count = world.plan.rules.len();
        world.plan.rules.rotate_left(by % count);
        prop_assert_eq!(&sorted(&world), &expected);
        world.plan.rules.reverse();
        prop_assert_eq!(&sorted(&world), &expected);
    }

    #[test]
    fn the_same_run_is_decided_alike(world in worlds()) {
        prop_assert_eq!(world.decide(), world.decide());
    }
}
