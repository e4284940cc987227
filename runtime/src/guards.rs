//! What no plan may do unless told so by name: `[plan] max_audience` and `max_change`.

use crate::diagnostics;
use crate::planfile::{Header, RuleOutline};
use crate::state::StateView;
use rulec_diagnostic::Diagnostic;
use rulec_plan::campaign::Share;
use rulec_plan::project::Project;
use rulec_plan::verdict::Verdict;

/// Every rule that goes too far and is not among the `allowed` ones, in the order of the files. Empty: the plan may exist.
///
/// `R0175` a rule reaches more customers than `max_audience`; `R0176` the number of customers whom a rule matches changed
/// by more than `max_change` since the run that was applied last. A rule that was not there then, or matched nobody, has
/// nothing to be compared with.
pub fn guards(project: &Project, header: &Header, state: &StateView, allowed: &[String]) -> Vec<Diagnostic> {
    let rules = header.rules.iter().filter(|(name, _)| !allowed.contains(name));
    let mut found = Vec::new();
    for (name, rule) in rules {
        let reached = count(rule, &[Verdict::Send, Verdict::Hold]);
        if let Some(most) = project.guards.max_audience.filter(|most| reached > *most) {
            found.push(diagnostics::audience_too_large(name, reached, most));
        }
        let before =
            state.matched.as_ref().and_then(|rules| rules.get(name)).copied().filter(|before| *before > 0);
        if let (Some(before), Some(most)) = (before, project.guards.max_change) {
            let now = rule.matched(header.population);
            if changed_by_more(before, now, most) {
                found.push(diagnostics::audience_changed(name, before, now, most));
            }
        }
    }
    found
}

fn count(rule: &RuleOutline, verdicts: &[Verdict]) -> u64 {
    verdicts.iter().filter_map(|verdict| rule.funnel.get(verdict.word())).sum()
}

/// Whether the difference is more than this share of what there was before.
fn changed_by_more(before: u64, now: u64, most: Share) -> bool {
    u128::from(before.abs_diff(now)) * u128::from(Share::WHOLE.0) > u128::from(before) * u128::from(most.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::World;
    use std::collections::BTreeMap;

    const FIFTH: Share = Share(Share::WHOLE.0 / 5);

    #[test]
    fn a_change_is_measured_against_what_there_was() {
        for (before, now, too_much) in
            [(10, 12, false), (10, 13, true), (10, 8, false), (10, 7, true), (1, 0, true)]
        {
            assert_eq!(changed_by_more(before, now, FIFTH), too_much, "{before} → {now}");
        }
    }

    #[test]
    fn a_rule_that_goes_too_far_is_named_unless_it_is_allowed() {
        let mut world = World::new(10);
        world.rule("a", &[0, 1, 2]);
        world.rule("b", &[3, 4, 5, 6, 7, 8]);
        world.project.guards.max_audience = Some(5);
        world.project.guards.max_change = Some(FIFTH);
        world.state.matched = Some(BTreeMap::from([("a".to_owned(), 2), ("b".to_owned(), 6)]));
        let decisions = world.decide();
        let header = world.planned(&decisions).header().expect("a header");
        let codes = |allowed: &[&str]| {
            let allowed: Vec<String> = allowed.iter().map(|name| (*name).to_owned()).collect();
            let found = guards(&world.project, &header, &world.state, &allowed);
            found.iter().map(|one| one.code.name()).collect::<Vec<_>>()
        };
        assert_eq!(codes(&[]), ["R0176", "R0175"]);
        assert_eq!(codes(&["b"]), ["R0176"]);
        assert!(codes(&["a", "b"]).is_empty());
    }
}
