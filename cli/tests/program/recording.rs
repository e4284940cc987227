use crate::assert_ran;
use crate::shop::{RULE, Shop};

/// A shop that has sent two messages, to customers 1 and 2; their keys.
fn shop(test: &str) -> (Shop, Vec<String>) {
    let shop = Shop::with_rules(test, RULE);
    assert_eq!(shop.run_dated(&["run", "--yes"]).code, Some(0));
    let sent = shop.read(".rulec/outbox/sms.jsonl");
    let key = |line: &str| {
        serde_json::from_str::<serde_json::Value>(line).unwrap()["key"].as_str().unwrap().to_owned()
    };
    (shop, sent.lines().map(key).collect())
}

#[test]
fn an_outcome_is_recorded_once() {
    let (shop, keys) = shop("record-once");
    let first = shop.run(&["record", "opened", "--message", &keys[0]]);
    assert!(first.code == Some(0) && first.out == "Recorded: opened 1.\n", "{first}");
    let again = shop.run(&["record", "opened", "--message", &keys[0]]);
    assert_eq!(again.out, "Nothing new. 1 known before.\n");
    let by_customer =
        shop.run(&["record", "redeemed", "--customer", "2", "--channel", "sms", "--lang", "zh"]);
    assert_eq!(by_customer.out, "已记录：redeemed 1。\n");
}

#[test]
fn a_list_is_recorded_as_a_whole() {
    let (shop, keys) = shop("record-list");
    let list = format!("message,customer,at\n{},,\nnobody's,,\n,2,\n,9,\n", keys[0]);
    shop.write("outcomes.csv", &list);
    assert_ran!(shop.run(&["record", "clicked", "--import", "outcomes.csv"]));
    shop.write("outcomes.csv", list.replace("nobody's,,\n", "").replace(",9,\n", ""));
    let recorded = shop.run(&["record", "clicked", "--import", "outcomes.csv"]);
    assert_eq!(recorded.out, "Recorded: clicked 2.\n", "{recorded}");
}

#[test]
fn what_cannot_be_recorded_is_refused() {
    let (shop, keys) = shop("record-refused");
    for (arguments, code) in [
        (&["record", "opened", "--message", "unknown"][..], "R0150"),
        (&["record", "opened", "--customer", "1", "--channel", "app"], "R0150"),
        (&["record", "opened", "--message", &keys[0], "--at", "2999-01-01"], "R0151"),
        (&["record", "--import", "gone.csv"], "R0152"),
        (&["record", "seen", "--message", &keys[0]], "opened, clicked"),
        (&["record", "opened"], "--import"),
    ] {
        let refused = shop.run(arguments);
        assert!(refused.code == Some(2) && refused.err.contains(code), "{refused}");
    }
}

#[test]
fn a_plan_that_an_outcome_overtook_is_refused_and_says_so() {
    let (shop, keys) = shop("record-stale");
    assert_eq!(shop.run_dated(&["plan", "-o", "careless.plan"]).code, Some(0));
    shop.write("rules/b.rules", "when exists(touches where opened) then tag \"reads\"");
    assert_eq!(shop.run_dated(&["plan", "-o", "next.plan"]).code, Some(0));
    assert_eq!(
        shop.run(&["record", "opened", "--message", &keys[0], "--at", "2024-11-21 12:00"]).code,
        Some(0)
    );
    let refused = shop.run(&["apply", "next.plan", "--yes"]);
    assert!(
        refused.code == Some(1) && refused.err.contains("R0120") && refused.err.contains("opened 1"),
        "{refused}"
    );
    // A plan that asks nothing of the sort is as good as before.
    assert_eq!(shop.run(&["apply", "careless.plan", "--yes"]).code, Some(0));
}
