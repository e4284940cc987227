//! What rules become: each test is a rule, and what must stand in its plan.

use rulec_compiler::{NoFiles, audience, check, lower, project};
use rulec_diagnostic::{Diagnostic, FileId, Sources};
use rulec_plan::Plan;
use rulec_plan::project::Project;
use rulec_plan::rules::{Action, Offer, Piece};
use rulec_plan::time::Instant;
use std::fmt::Write;

/// 2026-01-01T00:00:00Z.
const AS_OF: Instant = Instant(1_767_225_600_000_000);

const SHOP: &str = r#"
[project]
name = "test"
timezone = "UTC"
[database]
url = "sqlite:shop.db"
[customer]
table = "customers"
key = "id"
[customer.facts]
city_id = "number"
rebate = "percent"
[events.orders]
table = "orders"
customer = "customer_id"
time = "at"
[events.orders.facts]
price = "money"
discount = "percent"
pieces = "number"
receiver = { type = "text", personal = true }
[lookups.weather]
table = "weather"
key = "city_id"
[lookups.weather.facts]
drop = "number"
[channels.sms]
"#;

fn shop() -> Project {
    let (project, findings) = project::parse(FileId(0), SHOP);
    project.unwrap_or_else(|| panic!("{findings:?}"))
}

fn plan_with(rules: &str, set: &[(&str, &str)]) -> Result<Plan, Vec<Diagnostic>> {
    let project = shop();
    let mut sources = Sources::default();
    let file = sources.add("rules/winback.rules", rules);
    let checked = check(&project, &mut sources, &[file], &NoFiles);
    let errors: Vec<Diagnostic> = checked.diagnostics.into_iter().filter(Diagnostic::is_error).collect();
    if !errors.is_empty() {
        return Err(errors);
    }
    let set: Vec<(String, String)> =
        set.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    lower(&checked.program, &project, &mut sources, AS_OF, &set)
}

fn plan(rules: &str) -> Plan {
    plan_with(rules, &[]).unwrap_or_else(|findings| panic!("{findings:?}"))
}

fn codes(result: Result<Plan, Vec<Diagnostic>>) -> Vec<&'static str> {
    result
        .map_or_else(|findings| findings.iter().map(|finding| finding.code.name()).collect(), |_| Vec::new())
}

fn said(plan: &Plan) -> String {
    let Action::Send(send) = &plan.rules[0].actions[0] else { panic!("no message") };
    let text = |piece: &Piece| match piece {
        Piece::Text(text) => text.clone(),
        other => format!("{other:?}"),
    };
    send.message.iter().map(text).collect()
}

#[test]
fn a_product_of_rows_with_too_many_decimals_is_refused() {
    let rule = "when sum(orders.price * orders.discount * orders.pieces) > 5 then tag \"x\"";
    assert_eq!(codes(plan_with(rule, &[])), ["R0306"]);
    assert!(plan_with("when sum(orders.price * orders.pieces) > 5 then tag \"x\"", &[]).is_ok());
}

#[test]
fn personal_facts_stay_personal_whatever_is_done_with_them() {
    for value in [
        "last(orders.receiver)",
        "last(orders.receiver or else \"\")",
        "(last(orders.receiver) or else \"-\")",
    ] {
        let plan = plan(&format!("let who = {value}\nwhen who != \"x\" then send sms \"{{who}}\""));
        assert!(plan.rules[0].facts.iter().all(|fact| fact.personal), "{value}");
        let Action::Send(send) = &plan.rules[0].actions[0] else { panic!("no message") };
        assert!(matches!(send.message[0], Piece::Fact { personal: true, .. }), "{value}");
    }
}

#[test]
fn outside_data_is_looked_up_by_numbers_as_they_are_held() {
    let plan = plan("fact weather by city_id\nwhen weather.drop > 8 then tag \"x\"");
    let customer = &plan.audience.customers.columns[0].kind;
    assert_eq!(plan.audience.lookups[0].key.kind, *customer);
}

#[test]
fn params_reach_the_points_they_stand_for() {
    let rules = "param n = 100\nwhen city_id > 1 then grant points n, send sms \"{points}\" points n";
    let plan = plan_with(rules, &[("n", "500")]).expect("a whole number");
    assert_eq!(plan.rules[0].actions[0], Action::GrantPoints(500));
    let Action::Send(send) = &plan.rules[0].actions[1] else { panic!("no message") };
    assert_eq!(send.offers, [Offer::Points(500)]);
    assert_eq!(send.message, [Piece::Text("500".to_owned())]);
    assert_eq!(codes(plan_with(rules, &[("n", "0.5")])), ["R0303", "R0303"]);
}

#[test]
fn a_trial_is_said_in_days() {
    for (length, days) in [("30d", "30"), ("2w", "14"), ("1mo", "31"), ("48h", "2"), ("90min", "1")] {
        let plan = plan(&format!("when city_id > 1 then send sms \"{{trial}} 天\" trial {length} ttl 3d"));
        assert_eq!(said(&plan), format!("{days} 天"));
    }
}

#[test]
fn an_audience_that_rests_on_a_mistake_is_refused_and_any_other_is_answered() {
    let project = shop();
    let mut sources = Sources::default();
    let file = sources.add("a.rules", "let vip = count(orders) >\nlet fine = count(orders) > 1");
    let mut ask =
        |condition: &str| audience(&project, &mut sources, &[file], &NoFiles, condition, AS_OF, &[]).is_ok();
    assert!(!ask("vip"));
    assert!(!ask("not vip and fine"));
    assert!(ask("fine"));
}

#[test]
fn a_row_may_have_a_fact_of_the_name_being_defined() {
    plan(
        "let price = avg(orders.price * 2 where price > 0)\nlet orders = count(orders)\nwhen price > 3 and orders > 1 then tag \"x\"",
    );
}

#[test]
fn what_rests_on_itself_only_through_a_window_is_refused_too() {
    for rules in [
        "let price = count(orders where count(orders since price) > 0)",
        "let price = count(orders where at in 2026-01-01..price)",
        "let a = count(orders since b)\nlet b = last(orders.at in a)",
    ] {
        let found = codes(plan_with(&format!("{rules}\nwhen city_id > 1 then tag \"x\""), &[]));
        assert!(!found.is_empty(), "{rules}");
    }
    let ring = "let price = last(orders.at where at in 2026-01-01..price)\nwhen city_id > 1 then tag \"x\"";
    assert_eq!(codes(plan_with(ring, &[])), ["N0010"]);
}

#[test]
fn products_of_many_decimals_become_exact_fractions() {
    let plan = plan("let x = city_id * rebate\nwhen x > 1 then tag \"x\"");
    let shown = plan.audience.node(plan.rules[0].facts[0].node);
    assert_eq!(shown.shape, rulec_plan::audience::Shape::Ratio);
}

#[test]
fn a_ranking_takes_the_best_that_follows_the_call_inside_it() {
    let of = |rule: &str| plan(&format!("when {rule} <= 3 then tag \"x\"")).audience;
    assert_eq!(of("rank(sum(orders.price) best low)"), of("rank((sum(orders.price)) best low)"));
}

#[test]
fn a_bare_rule_is_called_after_its_file_alone() {
    assert_eq!(plan("when city_id > 1 then tag \"x\"").rules[0].name, "winback");
}

#[test]
fn the_hash_of_a_rule_covers_what_its_message_rests_on_and_no_more() {
    let hash =
        |rules: &str, set: &[(&str, &str)]| plan_with(rules, set).expect("right").rules[0].hash.clone();
    let rule = "param a = 1\nparam b = 1\nlet title = last(orders.receiver)\nwhen city_id > a then send sms \"{title}\"";
    assert_eq!(hash(rule, &[]), hash(rule, &[("b", "2")]));
    assert_ne!(hash(rule, &[]), hash(rule, &[("a", "2")]));
    assert_ne!(hash(rule, &[]), hash(&rule.replace("last(", "first("), &[]));
}

#[test]
fn the_hash_of_a_rule_knows_nothing_of_what_other_files_define_or_use() {
    const RULE: &str = "rule mine { when small and large then tag \"x\" }";
    const OWN: &str =
        "let pieces = sum(orders.pieces)\nsegment small = pieces < 3\nsegment large = city_id > 9";
    let hash = |files: &[&str]| {
        let project = shop();
        let mut sources = Sources::default();
        let add = |(number, text): (usize, &&str)| sources.add(format!("{number}.rules"), *text);
        let files: Vec<FileId> = files.iter().enumerate().map(add).collect();
        let checked = check(&project, &mut sources, &files, &NoFiles);
        assert!(checked.diagnostics.iter().all(|found| !found.is_error()), "{:?}", checked.diagnostics);
        let plan = lower(&checked.program, &project, &mut sources, AS_OF, &[]).expect("right");
        plan.rules.iter().find(|rule| rule.name == "mine").expect("it is there").hash.clone()
    };
    let before = hash(&[OWN, RULE]);
    for other in [
        "segment other = city_id > 1",
        "segment other = large",
        "segment other = large or small",
        "let other = pieces + 1",
        "rule other { when large then tag \"y\" }",
    ] {
        for files in [[other, OWN, RULE], [OWN, other, RULE], [OWN, RULE, other], [RULE, other, OWN]] {
            assert_eq!(hash(&files), before, "{files:?}");
        }
    }
    for (from, to) in [("> 9", "> 8"), ("< 3", "< 4"), ("sum(", "max(")] {
        assert_ne!(hash(&[&OWN.replace(from, to), RULE]), before, "{from}");
    }
}

#[test]
fn chains_of_definitions_cost_no_stack() {
    let mut forwards = String::from("segment s0 = city_id > 1\n");
    for i in 1..20_000 {
        writeln!(forwards, "segment s{i} = s{} and city_id > {i}", i - 1).expect("a String takes anything");
    }
    let mut lines: Vec<&str> = forwards.lines().collect();
    let rule = "when s19999 then tag \"x\"";
    assert_eq!(plan(&format!("{}\n{rule}", lines.join("\n"))).rules.len(), 1);
    lines.reverse();
    assert_eq!(plan(&format!("{}\n{rule}", lines.join("\n"))).rules.len(), 1);
}
