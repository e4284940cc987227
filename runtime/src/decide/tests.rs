use super::number;
use crate::Needs;
use crate::fixture::{World, days, follow_up, named, personal, send, text};
use rulec_plan::audience::{Ranking, Scalar};
use rulec_plan::campaign::{Membership, Period};
use rulec_plan::rules::{Action, Again, Display, FollowUp, Piece, Quota, Send};
use rulec_plan::time::{Duration, HOUR};
use rulec_plan::verdict::Verdict;

fn count(world: &World, rule: usize, verdict: Verdict) -> u64 {
    world.decide().step(number(rule), 0).funnel().iter().find(|(one, _)| *one == verdict).unwrap().1
}

#[test]
fn the_highest_priority_wins_and_then_the_first() {
    let mut world = World::new(3);
    world.rule("a", &[0, 1, 2]);
    world.rule("b", &[0, 1]).priority = 5;
    world.rule("c", &[0, 2]);
    let expected = [
        "0 a: outranked (b)",
        "0 b: send",
        "0 c: outranked (b)",
        "1 a: outranked (b)",
        "1 b: send",
        "2 a: send",
        "2 c: outranked (a)",
    ];
    assert_eq!(world.list(), expected);
}

#[test]
fn the_order_of_rules_does_not_matter_where_priorities_differ() {
    let decide = |order: &[usize]| {
        let rules: [(&str, &[usize]); 3] = [("a", &[0, 1, 2]), ("b", &[1, 2, 3]), ("c", &[0, 3])];
        let mut world = World::new(4);
        for place in order {
            let (name, yes) = rules[*place];
            world.rule(name, yes).priority = i64::try_from(*place).unwrap();
        }
        let mut list = world.list();
        list.sort();
        list
    };
    let first = decide(&[0, 1, 2]);
    for order in [[0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        assert_eq!(decide(&order), first);
    }
}

#[test]
fn campaigns_compete_apart() {
    let mut world = World::new(1);
    world.rule("a", &[0]);
    world.rule("b", &[0]).campaign = Some("winback".to_owned());
    assert_eq!(world.list(), ["0 a: send", "0 b: send"]);
}

#[test]
fn the_loser_of_a_step_is_not_replaced() {
    let mut world = World::new(1);
    world.rule("a", &[0]).priority = 1;
    world.rule("b", &[0]);
    world.suppress(None, &[0], "complaint");
    assert_eq!(world.list(), ["0 a: suppressed (complaint)", "0 b: outranked (a)"]);
}

#[test]
fn again_by_spell() {
    let mut world = World::new(3);
    world.rule("a", &[0, 1, 2]);
    world.fired(&[("a", 0, "2026-11-01T10:00:00", true), ("a", 1, "2026-11-01T10:00:00", false)]);
    assert_eq!(world.list(), ["0 a: already touched (2026-11-01)", "1 a: send", "2 a: send"]);
}

#[test]
fn again_by_time() {
    let calendar = |days| Again::Every(Duration::Calendar { months: 0, days });
    let hours = |hours| Again::Every(Duration::Exact { micros: hours * HOUR });
    let month = Again::Every(Duration::Calendar { months: 1, days: 0 });
    // It is 20:00 on 21 November.
    for (fired, again, due) in [
        ("2026-11-11T23:59:00", calendar(10), true),
        ("2026-11-12T00:00:00", calendar(10), false),
        ("2026-11-20T20:00:00", hours(24), true),
        ("2026-11-20T20:00:01", hours(24), false),
        ("2026-10-21T22:00:00", month, true),
        ("2026-10-22T00:00:00", month, false),
        ("2026-12-01T00:00:00", calendar(10), false),
    ] {
        for open in [true, false] {
            let mut world = World::new(1);
            world.rule("a", &[0]).again = again;
            world.fired(&[("a", 0, fired, open)]);
            let verdict = world.decide().list().next().unwrap().verdict;
            let expected = if due { Verdict::Send } else { Verdict::AlreadyTouched };
            assert_eq!(verdict, expected, "{fired} {again:?}");
        }
    }
}

#[test]
fn a_spell_ends_only_when_the_customer_is_known_to_be_outside() {
    let mut world = World::new(4);
    let condition = world.condition(&[0], &[1]);
    world.rule_when("a", condition);
    let day = "2026-11-01T10:00:00";
    world.fired(&[("a", 0, day, true), ("a", 1, day, true), ("a", 2, day, true), ("a", 3, day, false)]);
    let decisions = world.decide();
    assert_eq!(decisions.ended().iter().map(|one| one.customer).collect::<Vec<_>>(), [2]);
}

#[test]
fn suppressions_hold_their_channel_and_on_true_only() {
    let mut world = World::new(3);
    world.rule("a", &[0, 1, 2]).actions = vec![Action::Send(send("sms"))];
    world.suppress(Some("app"), &[0, 1, 2], "other channel");
    world.suppress(Some("sms"), &[0], "first");
    world.suppress(None, &[0, 1], "second");
    let unknown = world.condition(&[], &[2]);
    world.plan.suppressions[0].condition = unknown;
    world.plan.suppressions[0].channel = None;
    assert_eq!(world.list(), ["0 a: suppressed (first)", "1 a: suppressed (second)", "2 a: send"]);
}

#[test]
fn consent_must_be_known_and_an_address_there() {
    let mut world = World::new(5);
    let consent = Some(world.condition(&[0, 3, 4], &[1]));
    let phones = [text("138"), text("139"), text("137"), text("  "), Scalar::Missing];
    let address = Some(world.values(phones));
    world.rule("a", &[0, 1, 2, 3, 4]).actions = vec![Action::Send(Send { consent, address, ..send("sms") })];
    let expected = ["0 a: send", "1 a: no consent", "2 a: no consent", "3 a: no address", "4 a: no address"];
    assert_eq!(world.list(), expected);
}

#[test]
fn a_message_that_lacks_a_fact_is_not_sent() {
    let mut world = World::new(2);
    let name = world.values([text("王芳"), Scalar::Missing]);
    let mut or = personal(name, "称呼");
    if let Piece::Fact { or, .. } = &mut or {
        *or = Some("顾客".to_owned());
    }
    world.rule("a", &[0, 1]).actions =
        vec![Action::Send(Send { message: vec![personal(name, "姓名")], ..send("app") })];
    assert_eq!(world.list(), ["0 a: send", "1 a: data missing (姓名)"]);
    assert_eq!(count(&world, 0, Verdict::DataMissing), 1);
    world.plan.rules[0].actions = vec![Action::Send(Send { message: vec![or], ..send("app") })];
    assert_eq!(world.list(), ["0 a: send", "1 a: send"]);
}

#[test]
fn of_several_actions_each_is_lost_on_its_own() {
    let mut world = World::new(3);
    let consent = Some(world.condition(&[0], &[]));
    let sms = Action::Send(Send { consent, ..send("sms") });
    world.rule("a", &[0, 1, 2]).actions = vec![sms, Action::Send(send("app"))];
    world.suppress(Some("app"), &[0, 1], "quiet");
    assert_eq!(world.list(), ["0 a: send", "1 a: no consent", "2 a: send"]);
    let decisions = world.decide();
    let lost = |customer: u32| {
        let lost = decisions.step(0, 0).lost_actions(customer);
        lost.iter().map(|one| (one.action, one.verdict)).collect::<Vec<_>>()
    };
    assert_eq!(lost(0), [(1, Verdict::Suppressed)]);
    assert_eq!(lost(1), [(0, Verdict::NoConsent), (1, Verdict::Suppressed)]);
    assert_eq!(lost(2), [(0, Verdict::NoConsent)]);
}

#[test]
fn what_is_no_message_is_done_without_consent() {
    let mut world = World::new(1);
    let consent = Some(world.condition(&[], &[]));
    let sms = Action::Send(Send { consent, ..send("sms") });
    world.rule("a", &[0]).actions = vec![sms, Action::Tag("asked".to_owned())];
    world.suppress(None, &[0], "everything");
    assert_eq!(world.list(), ["0 a: send"]);
}

#[test]
fn verdicts_that_do_not_add_up_are_an_error() {
    let mut world = World::new(2);
    let both = world.condition(&[0], &[0]);
    world.rule_when("a", both);
    let error = super::decide(&world.plan, &world.project, &world.answers, &world.state).unwrap_err();
    assert_eq!(error.code.name(), "R0130");
}

#[test]
fn needs_are_what_deciding_asks_for() {
    let mut world = World::new(1);
    let (consent, address) = (world.condition(&[0], &[]), world.values([text("138")]));
    let name = world.values([text("王芳")]);
    let sms = Send { consent: Some(consent), address: Some(address), ..send("sms") };
    world.rule("a", &[0]).actions =
        vec![Action::Send(Send { message: vec![personal(name, "姓名")], ..sms })];
    world.suppress(None, &[], "nobody");
    world.rule("b", &[]).again = Again::Every(days(1));
    let (due, converted) = (world.condition(&[], &[]), world.condition(&[], &[]));
    let condition = world.condition(&[], &[]);
    let (worth, fact) = (world.values([Scalar::Int(1)]), world.values([Scalar::Int(1)]));
    let mut follow_up = FollowUp {
        converted: Some(converted),
        condition: Some(condition),
        facts: vec![named("fact", fact, Display::Days, false)],
        ..follow_up(due, days(1), "app")
    };
    let best_by = Some(Ranking { value: worth, low_is_better: true });
    follow_up.actions = vec![Action::Send(Send { quota: Some(Quota { count: 1, best_by }), ..send("app") })];
    world.plan.rules[0].follow_ups = vec![follow_up];
    let segment = Some(world.condition(&[], &[]));
    let elsewhere = Some(world.values([Scalar::Int(1)]));
    let limit = world.limit(None, 1, Period::Rolling(days(1)));
    (limit.segment, limit.elsewhere) = (segment, elsewhere);
    let (now, before) = (world.condition(&[], &[]), world.condition(&[], &[]));
    world.plan.memberships.push(Membership { segment: "loyal".to_owned(), now, before });
    world.plan.customer_zone = Some(world.values([text("UTC")]));
    let needs = Needs::of(&world.plan);
    assert!(needs.conditions.iter().eq(world.answers.conditions.keys()));
    assert!(needs.outputs.iter().eq(world.answers.outputs.keys()));
}

/// Sets of customers against one customer after the other.
mod one_by_one {
    use super::super::laws::{POPULATION, bits, tristate};
    use super::super::{Decision, Reason};
    use super::*;
    use crate::fixture::at;
    use proptest::prelude::*;
    use std::cmp::Reverse;

    const FIRED: &str = "2026-11-01T10:00:00";

    prop_compose! {
        fn worlds()(
            rules in prop::collection::vec((tristate(), bits(), -1_i64..2, any::<bool>()), 1..6),
            suppressed in bits(),
            fired in prop::collection::vec((0..6_usize, 0..150_u32, any::<bool>()), 0..100),
        ) -> World {
            let mut world = World::new(POPULATION);
            let quiet: Vec<usize> = suppressed.ones().collect();
            world.suppress(Some("sms"), &quiet, "quiet");
            for (place, (condition, consent, priority, in_campaign)) in rules.into_iter().enumerate() {
                let condition = world.tristate(condition);
                let consent = Some(world.condition(&consent.ones().collect::<Vec<_>>(), &[]));
                let rule = world.rule_when(&place.to_string(), condition);
                rule.priority = priority;
                rule.campaign = in_campaign.then(|| "winback".to_owned());
                rule.actions = vec![Action::Send(Send { consent, ..send("sms") }), Action::Send(send("app"))];
                rule.actions.truncate(1 + place % 2);
            }
            let names: Vec<String> = fired.iter().map(|(rule, ..)| rule.to_string()).collect();
            let spells: Vec<_> = fired.iter().zip(&names).map(|((_, customer, open), rule)| {
                (rule.as_str(), *customer, FIRED, *open)
            }).collect();
            world.fired(&spells);
            world
        }
    }

    /// The same decisions, one customer and one rule after the other.
    fn one_by_one(world: &World) -> Vec<Decision> {
        let rules = &world.plan.rules;
        let matches = |rule: usize, customer: usize| {
            world.answers.condition(rules[rule].condition).yes.contains(customer)
        };
        let mut list = Vec::new();
        for customer in 0..POPULATION {
            for rule in (0..rules.len()).filter(|rule| matches(*rule, customer)) {
                let rivals = (0..rules.len()).filter(|other| {
                    rules[*other].campaign == rules[rule].campaign && matches(*other, customer)
                });
                let best = rivals.min_by_key(|other| (Reverse(rules[*other].priority), *other)).unwrap();
                let (verdict, reason) = if best == rule {
                    alone(world, rule, customer)
                } else {
                    (Verdict::Outranked, Reason::Rule(number(best)))
                };
                let (customer, rule) = (number(customer), number(rule));
                list.push(Decision { customer, rule, step: 0, verdict, reason });
            }
        }
        list
    }

    /// How a rule ends for a customer whom it won.
    fn alone(world: &World, rule: usize, customer: usize) -> (Verdict, Reason) {
        let rule = &world.plan.rules[rule];
        let touched = world.state.spells(&rule.name).iter();
        if touched.filter(|spell| spell.customer as usize == customer).any(|spell| spell.open) {
            return (Verdict::AlreadyTouched, Reason::Since(world.plan.zone.day_of(at(FIRED))));
        }
        let Action::Send(sms) = &rule.actions[0] else { unreachable!("the first action is a message") };
        let holds = |condition| world.answers.condition(condition).yes.contains(customer);
        if rule.actions.len() > 1 {
            (Verdict::Send, Reason::None)
        } else if holds(world.plan.suppressions[0].condition) {
            (Verdict::Suppressed, Reason::Suppression(0))
        } else if !holds(sms.consent.unwrap()) {
            (Verdict::NoConsent, Reason::None)
        } else {
            (Verdict::Send, Reason::None)
        }
    }

    proptest! {
        #[test]
        fn all_at_once_is_one_by_one(world in worlds()) {
            let decisions = world.decide();
            prop_assert_eq!(decisions.list().collect::<Vec<_>>(), one_by_one(&world));
        }

        #[test]
        fn counts_are_those_of_the_list(world in worlds()) {
            let decisions = world.decide();
            for (place, rule) in world.plan.rules.iter().enumerate() {
                let step = decisions.step(number(place), 0);
                let funnel = step.funnel();
                prop_assert_eq!(funnel.iter().map(|(_, count)| count).sum::<u64>(), POPULATION as u64);
                let listed: Vec<Decision> =
                    decisions.list().filter(|one| one.rule as usize == place).collect();
                let customers = listed.iter().map(|one| one.customer as usize);
                prop_assert!(world.answers.condition(rule.condition).yes.ones().eq(customers));
                let sent: Vec<_> = listed.iter().filter(|one| one.verdict == Verdict::Send).collect();
                prop_assert!(step.sent().eq(sent.iter().map(|one| one.customer)));
                for action in 0..number(rule.actions.len()) {
                    let is_done = |one: &&&Decision| {
                        let lost = step.lost_actions(one.customer);
                        lost.iter().all(|lost| lost.action != action)
                    };
                    prop_assert_eq!(sent.iter().filter(is_done).count() as u64, step.count(action));
                }
            }
        }
    }
}
