//! What checking and lowering cost, counted: twice the rules cost twice the work, and what rules share is paid once.

use rulec_compiler::{NoFiles, check, lower, project};
use rulec_diagnostic::Sources;
use rulec_plan::time::Instant;
use std::fmt::Write;

const AS_OF: Instant = Instant(1_767_225_600_000_000);

fn rule_book(rules: usize, dormant: &str) -> String {
    let mut text = String::from("let recent = count(orders in last 90d)\n");
    for i in 0..rules {
        writeln!(
            text,
            "rule r{i} {{ when {dormant} > {}d and recent > {} then tag \"t\" }}",
            i % 90 + 1,
            i % 9
        )
        .expect("a String takes whatever is written");
    }
    text
}

fn typed(text: &str) -> u64 {
    let mut sources = Sources::default();
    let file = sources.add("book.rules", text);
    check(&project::standard(), &mut sources, &[file], &NoFiles).typed
}

#[test]
fn twice_the_rules_cost_twice_the_work() {
    for dormant in ["dormant", "dormnt"] {
        let (once, twice) = (typed(&rule_book(500, dormant)), typed(&rule_book(1_000, dormant)));
        assert!(twice <= 2 * once + 10, "500 rules typed {once} expressions, 1,000 rules {twice}");
        assert!(once >= 500, "each rule is typed");
    }
}

#[test]
fn what_rules_share_is_computed_once() {
    let project = project::standard();
    let mut sources = Sources::default();
    let file = sources.add("book.rules", rule_book(2_000, "dormant"));
    let checked = check(&project, &mut sources, &[file], &NoFiles);
    let plan = lower(&checked.program, &project, &mut sources, AS_OF, &[]).expect("the rules are right");
    assert_eq!(plan.rules.len(), 2_000);
    assert_eq!(plan.audience.scans.len(), 1, "orders is read once");
    assert_eq!(plan.audience.aggregates.len(), 2, "the last order and the recent count, each once");
    // 90 thresholds of one fact, 9 of the other, their 90 pairs (9 divides 90), and the facts themselves.
    assert!(plan.audience.nodes.len() <= 200, "{} nodes", plan.audience.nodes.len());
}
