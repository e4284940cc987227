//! Whether a plan does what a `forbid` forbids, to any customer of this run.

use crate::decide::number;
use crate::diagnostics;
use crate::planfile::Planned;
use rulec_diagnostic::Diagnostic;
use rulec_plan::rules::{Action, Prohibition, Rule};
use std::collections::BTreeSet;

/// Every rule that does what is forbidden, in the order of the `forbid`s, then of the rules: `R0134`. Empty: the plan may
/// exist. It looks at what is done, now or later, after all other steps; a customer of whom it is unknown whether the
/// `forbid` is about them is not meant.
pub fn forbidden(planned: &Planned<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for prohibition in &planned.plan.prohibitions {
        for (place, rule) in planned.plan.rules.iter().enumerate() {
            let customers = customers(planned, prohibition, number(place), rule);
            if !customers.is_empty() {
                let keys = customers.iter().filter_map(|customer| planned.answers.keys.get(*customer));
                let keys: Vec<String> = keys.map(|key| key.to_string()).collect();
                found.push(*diagnostics::forbidden(&rule.name, prohibition, &keys));
            }
        }
    }
    found
}

/// The customers to whom any step of a rule does what is forbidden.
fn customers(planned: &Planned<'_>, prohibition: &Prohibition, place: u32, rule: &Rule) -> BTreeSet<usize> {
    let meant = &planned.answers.condition(prohibition.condition).yes;
    let mut found = BTreeSet::new();
    let mut look = |step: u32, actions: &[Action]| {
        let done = planned.decisions.step(place, step);
        for (action, _) in (0..).zip(actions).filter(|(_, action)| prohibition.what.meets(action)) {
            found.extend(meant.ones().filter(|customer| done.does(number(*customer), action)));
        }
    };
    look(0, &rule.actions);
    for (step, follow_up) in (1..).zip(&rule.follow_ups) {
        look(step, &follow_up.actions);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{World, send, with_coupon};
    use rulec_plan::rules::Forbidden;

    #[test]
    fn a_rule_that_does_what_is_forbidden_is_named_with_its_customers() {
        let mut world = World::new(6);
        world.rule("wake", &[0, 1, 2]).actions =
            vec![Action::Send(with_coupon(send("sms"))), Action::Tag("awake".to_owned())];
        world.rule("other", &[3]);
        let told = |world: &World| {
            let decisions = world.decide();
            let found = forbidden(&world.planned(&decisions));
            found.into_iter().map(|one| one.message.en).collect::<Vec<_>>()
        };
        let forbid = |world: &mut World, what, yes: &[usize]| {
            let condition = world.condition(yes, &[]);
            let name = "it".to_owned();
            world.plan.prohibitions = vec![Prohibition { name, what, condition, because: None }];
        };
        forbid(&mut world, Forbidden::Coupon, &[2, 3]);
        assert_eq!(told(&world), ["`wake` does what `forbid it` forbids, to 1 customer: 3"]);
        forbid(&mut world, Forbidden::Message, &[1, 3]);
        assert_eq!(told(&world).len(), 2);
        for (what, yes) in [
            (Forbidden::Coupon, &[3, 4, 5][..]),
            (Forbidden::Channel("app".to_owned()), &[0, 1, 2]),
            (Forbidden::Points, &[0, 1, 2, 3]),
        ] {
            forbid(&mut world, what, yes);
            assert!(told(&world).is_empty());
        }
    }
}
