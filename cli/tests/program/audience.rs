use crate::assert_ran;
use crate::shop::{RULE, Shop};

#[test]
fn counts_those_who_match_and_those_unknown() {
    let shop = Shop::with_rules("audience-count", RULE);
    assert_ran!(shop.run_dated(&["audience", "dormant > 60d"]));
}

#[test]
fn says_the_same_in_chinese() {
    let shop = Shop::with_rules("audience-chinese", RULE);
    shop.database("INSERT INTO customers (id) VALUES (6)");
    assert_ran!(shop.run_dated(&["audience", "沉睡天数 > 60天", "--lang", "zh"]));
}

#[test]
fn lists_keys_one_a_line() {
    let shop = Shop::with_rules("audience-ids", RULE);
    let ran = shop.run_dated(&["audience", "dormant > 60d and monetary > 500", "--ids"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), "1\n2\n3\n4\n"));
}

#[test]
fn json_has_a_version() {
    let shop = Shop::with_rules("audience-json", RULE);
    assert_ran!(shop.run_dated(&["audience", "dormant > 60d", "--ids", "--format", "json"]));
}

#[test]
fn a_date_means_its_end_and_an_instant_is_exact() {
    let shop = Shop::with_rules("audience-as-of", RULE);
    let count = |as_of| shop.run(&["audience", "exists(orders)", "--as-of", as_of]).out;
    assert!(count("2024-05-01").starts_with("2 of 5"));
    assert!(count("2024-05-01T09:59:59+08:00").starts_with("0 of 5"));
    assert!(count("2024-05-01T02:00:00Z").starts_with("2 of 5"));
}

#[test]
fn a_mistake_in_the_condition_ends_with_1() {
    let shop = Shop::with_rules("audience-mistake", RULE);
    assert_ran!(shop.run_dated(&["audience", "dormant > 60"]));
}

#[test]
fn a_project_without_rules_can_still_ask() {
    let shop = Shop::with_rules("audience-no-rules", RULE);
    std::fs::remove_file(shop.path("rules/a.rules")).unwrap();
    assert!(shop.run_dated(&["audience", "dormant > 60d"]).out.starts_with("4 of 5"));
}

#[test]
fn a_database_that_is_not_there_ends_with_2() {
    let shop = Shop::with_rules("audience-no-database", RULE);
    std::fs::remove_file(shop.path("shop.db")).unwrap();
    let ran = shop.run_dated(&["audience", "dormant > 60d"]);
    assert!(ran.code == Some(2) && ran.err.contains("R0001"), "{ran}");
}

#[test]
fn knows_what_was_sent_from_the_state_and_makes_none() {
    let shop = Shop::with_rules("audience-kept", RULE);
    let sent = ["audience", "exists(touches where channel = \"sms\")", "--ids"];
    let nobody = shop.run_dated(&sent);
    assert_eq!((nobody.code, nobody.out.as_str()), (Some(0), ""), "{nobody}");
    assert!(!shop.path(".rulec/state.db").exists());
    assert_eq!(shop.run_dated(&["run", "--yes"]).code, Some(0));
    let timed = shop.run_dated(&[&sent[..], &["--timings"]].concat());
    assert_eq!((timed.code, timed.out.as_str()), (Some(0), "1\n2\n"), "{timed}");
    assert!(timed.err.contains("kept_touches"), "{timed}");
}
