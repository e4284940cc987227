use crate::assert_ran;
use crate::shop::{AS_OF, RULE, Shop};

#[test]
fn a_dry_run_shows_losses_costs_and_samples_and_sends_nothing() {
    let shop = Shop::with_rules("dry-run", RULE);
    assert_ran!(shop.run_dated(&["run", "--dry-run"]));
    assert!(!shop.path(".rulec").exists());
}

#[test]
fn a_dry_run_in_chinese_with_every_funnel() {
    let shop = Shop::with_rules("dry-run-chinese", RULE);
    assert_ran!(shop.run_dated(&["run", "--dry-run", "--verbose", "--lang", "zh"]));
}

#[test]
fn a_plan_is_written_in_every_form() {
    let shop = Shop::with_rules("plan-forms", RULE);
    assert_ran!(shop.run_dated(&["plan", "--format", "jsonl"]));
    let json = shop.run_dated(&["plan", "--format", "json"]);
    let summary: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!((&summary["version"], &summary["population"]), (&1.into(), &5.into()));
    let to_file = shop.run_dated(&["plan", "--format", "jsonl", "-o", "plan.jsonl"]);
    assert_eq!((to_file.code, to_file.out.as_str()), (Some(0), ""));
    assert_eq!(shop.read("plan.jsonl"), shop.run_dated(&["plan", "--format", "jsonl"]).out);
    let nowhere = shop.run_dated(&["plan", "--format", "json", "-o", "no/such/file"]);
    assert!(nowhere.code == Some(2) && nowhere.err.contains("P0109"), "{nowhere}");
}

#[test]
fn a_plan_is_written_over_nothing_but_a_plan() {
    let shop = Shop::with_rules("plan-over", RULE);
    for (name, arguments) in [
        ("shop.db", &["plan", "-o", "shop.db"][..]),
        ("rulec.toml", &["plan", "-o", "rulec.toml"]),
        ("rulec.toml", &["plan", "--format", "jsonl", "-o", "rulec.toml"]),
        ("shop.db", &["plan", "--format", "summary", "-o", "shop.db"]),
    ] {
        let before = std::fs::read(shop.path(name)).unwrap();
        let refused = shop.run_dated(arguments);
        assert!(refused.code == Some(2) && refused.err.contains("P0115"), "{refused}");
        assert!(std::fs::read(shop.path(name)).unwrap() == before, "{name}");
    }
    for arguments in [&["plan", "-o", "a.plan"][..], &["plan", "--format", "jsonl", "-o", "a.jsonl"]] {
        assert_eq!(shop.run_dated(arguments).code, Some(0));
        assert_eq!(shop.run_dated(arguments).code, Some(0), "its own file may be written again");
    }
    let piped = shop.run_dated(&["plan", "--format", "jsonl", "-o", "-"]);
    assert_eq!(piped.out, shop.read("a.jsonl"));
}

#[test]
fn a_plan_is_shown_without_project_and_database() {
    let shop = Shop::with_rules("plan-show", RULE);
    shop.run_dated(&["plan", "-o", "today.plan"]);
    std::fs::remove_file(shop.path("shop.db")).unwrap();
    std::fs::remove_file(shop.path("rulec.toml")).unwrap();
    assert_ran!(shop.run(&["plan", "show", "today.plan"]));
    assert_ran!(shop.run(&[
        "plan",
        "show",
        "today.plan",
        "--verdict",
        "no-consent",
        "--verdict",
        "send",
        "--lang",
        "zh"
    ]));
    let one = shop.run(&["plan", "show", "today.plan", "--customer", "1", "--format", "jsonl"]).out;
    assert!(one.lines().count() == 1 && one.starts_with(r#"{"customer":"1","campaign":null"#), "{one}");
    let none = shop.run(&["plan", "show", "today.plan", "--channel", "smss"]);
    assert!(none.code == Some(2) && none.err.contains("R0115") && none.err.contains("`sms`"), "{none}");
    assert_eq!(
        shop.run(&["plan", "show", "today.plan", "--limit", "2", "--format", "jsonl"]).out.lines().count(),
        2
    );
}

#[test]
fn a_list_for_spreadsheets_masks_whom_it_is_about() {
    let shop = Shop::with_rules("plan-csv", RULE);
    shop.run_dated(&["plan", "-o", "today.plan"]);
    let masked = shop.run(&["plan", "show", "today.plan", "--format", "csv"]).out;
    assert_eq!(masked, shop.run_dated(&["plan", "--format", "csv"]).out);
    assert!(
        masked.starts_with("\u{feff}customer,campaign,rule,") && masked.contains("138****0001"),
        "{masked}"
    );
    let shown = shop.run(&["plan", "show", "today.plan", "--format", "csv", "--show-personal"]).out;
    assert!(shown.contains(",13800000001,【店】回来看看，拒收请回复R,"), "{shown}");
}

#[test]
fn a_workbook_is_written_to_a_file_with_the_same_bytes() {
    let shop = Shop::with_rules("plan-xlsx", RULE);
    shop.run_dated(&["plan", "-o", "today.plan"]);
    let book = |name| {
        let ran = shop.run(&["plan", "show", "today.plan", "--format", "xlsx", "-o", name]);
        assert_eq!(ran.code, Some(0), "{ran}");
        std::fs::read(shop.path(name)).unwrap()
    };
    let first = book("a.xlsx");
    assert!(first.starts_with(b"PK") && first == book("b.xlsx"));
    assert_eq!(shop.run(&["plan", "show", "today.plan", "--format", "xlsx"]).code, Some(2));
}

#[test]
fn a_plan_is_applied_once() {
    let shop = Shop::with_rules("apply", RULE);
    let planned = shop.run_dated(&["plan", "-o", "today.plan"]);
    assert!(planned.code == Some(0) && planned.out.contains("rulec apply today.plan"), "{planned}");

    let refused = shop.run(&["apply", "today.plan"]);
    assert!(refused.code == Some(1) && refused.err.contains("P0110"), "{refused}");
    assert!(!shop.path(".rulec/state.db").exists());

    let applied = shop.run(&["apply", "today.plan", "--yes"]);
    assert!(applied.code == Some(0) && applied.out.ends_with("Sent 2 messages: sms 2.\n"), "{applied}");
    let again = shop.run(&["apply", "today.plan", "--yes"]);
    assert!(again.out.ends_with("applied before; nothing was left to send.\n"), "{again}");

    let audit = shop.run(&["audit", "show", "--format", "jsonl", "--kind", "decision", "--customer", "1"]);
    let record: serde_json::Value = serde_json::from_str(&audit.out).unwrap();
    assert_eq!((&record["customer"], &record["verdict"]), (&"1".into(), &"send".into()));
    assert_eq!(shop.run(&["audit", "show"]).out.lines().count(), 10);
}

#[test]
fn of_a_plan_that_was_applied_before_only_what_is_left_is_asked_about() {
    let shop = Shop::with_rules("apply-again", RULE);
    shop.run_dated(&["plan", "-o", "today.plan"]);
    let first = shop.run(&["apply", "today.plan", "--yes", "--limit", "1"]);
    assert!(first.code == Some(0) && !first.out.contains("Applied before"), "{first}");

    let asked = shop.run(&["apply", "today.plan"]);
    assert!(asked.code == Some(1) && asked.err.contains("P0110"), "one is left: {asked}");
    assert!(asked.out.ends_with("\n\nApplied before: 1 sent, 1 left.\n"), "{asked}");
    let other = shop.run(&["apply", "today.plan", "--channel", "tags"]);
    assert!(other.code == Some(0) && other.out.contains("0 sent, nothing left"), "{other}");

    assert_eq!(shop.run(&["apply", "today.plan", "--yes"]).code, Some(0));
    for (language, below, last) in [
        ("en", "Applied before: 2 sent, nothing left.", "applied before; nothing was left to send.\n"),
        ("zh", "已发送 2 条，没有剩下要发的。", "这份计划已经执行过，没有剩下要发的。\n"),
    ] {
        let done = shop.run(&["apply", "today.plan", "--lang", language]);
        assert!(done.code == Some(0), "nothing is asked: {done}");
        assert!(done.out.contains(below) && done.out.ends_with(last), "{done}");
    }
}

#[test]
fn a_run_plans_sends_and_keeps_the_plan() {
    let shop = Shop::with_rules("run", RULE);
    assert_eq!(shop.run_dated(&["run"]).code, Some(1));
    let ran = shop.run_dated(&["run", "--yes"]);
    assert!(ran.code == Some(0) && ran.out.ends_with("Sent 2 messages: sms 2.\n"), "{ran}");
    let kept = std::fs::read_dir(shop.path(".rulec/plans")).unwrap().count();
    assert_eq!(kept, 1);
    let next_day = shop.run(&["run", "--yes", "--as-of", "2024-11-22"]);
    assert!(next_day.out.ends_with("There was nothing to send.\n"), "{next_day}");
}

#[test]
fn an_outdated_plan_is_refused() {
    let shop = Shop::with_rules("outdated", RULE);
    shop.run(&["plan", "-o", "old.plan", "--as-of", "2024-11-20"]);
    shop.run_dated(&["run", "--yes"]);
    let ran = shop.run(&["apply", "old.plan", "--yes"]);
    assert!(ran.code == Some(1) && ran.err.contains("R0120"), "{ran}");
}

#[test]
fn a_plan_of_a_day_to_come_is_refused_and_locks_nothing() {
    let shop = Shop::with_rules("future", RULE);
    let ran = shop.run(&["run", "--yes", "--as-of", "9000-11-21"]);
    assert!(ran.code == Some(1) && ran.err.contains("R0126"), "{ran}");
    assert_eq!(shop.run_dated(&["run", "--yes"]).code, Some(0));
}

#[test]
fn a_plan_of_a_project_file_that_changed_is_refused() {
    let shop = Shop::with_rules("changed-project", RULE);
    shop.run_dated(&["plan", "-o", "old.plan"]);
    shop.write("rulec.toml", shop.read("rulec.toml").replace("0.045", "0.05"));
    let ran = shop.run(&["apply", "old.plan", "--yes"]);
    assert!(ran.code == Some(1) && ran.err.contains("R0125"), "{ran}");
}

#[test]
fn a_run_leaves_alone_what_another_is_writing() {
    let shop = Shop::with_rules("two-runs", RULE);
    shop.write(".rulec/plans/new.plan", "half a plan of another run");
    assert_eq!(shop.run_dated(&["run", "--yes"]).code, Some(0));
    assert_eq!(shop.read(".rulec/plans/new.plan"), "half a plan of another run");
    assert_eq!(std::fs::read_dir(shop.path(".rulec/plans")).unwrap().count(), 2);
}

#[test]
fn the_audit_is_shown_of_one_plan_and_in_the_words_of_the_reader() {
    let shop = Shop::with_rules("audit", RULE);
    shop.run_dated(&["run", "--yes"]);
    let records = shop.run(&["audit", "show", "--format", "jsonl"]).out;
    let first: serde_json::Value = serde_json::from_str(records.lines().next().unwrap()).unwrap();
    let plan = &first["plan"].as_str().unwrap()[..8];
    assert_eq!(shop.run(&["audit", "show", "--format", "jsonl", "--plan", plan]).out, records);
    assert_eq!(shop.run(&["audit", "show", "--format", "jsonl", "--plan", "none"]).code, Some(2));
    let table = shop.run(&["audit", "show", "--lang", "zh"]).out;
    assert!(table.contains("发送") && table.contains("未授权") && !table.contains("no consent"), "{table}");
    assert!(records.contains("\"no consent\""), "documents for programs stay as they are");
}

#[test]
fn rules_with_mistakes_are_not_planned() {
    let shop = Shop::with_rules("plan-mistakes", "when dormant > 60 then send sms \"x\"\n");
    let ran = shop.run_dated(&["plan", "-o", "x.plan"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{ran}");
    assert!(!shop.path("x.plan").exists());
}

#[test]
fn the_same_run_gives_the_same_bytes() {
    let shop = Shop::with_rules("deterministic", RULE);
    let bytes = |name: &str| {
        shop.run(&["plan", "--as-of", AS_OF, "-o", name]);
        std::fs::read(shop.path(name)).unwrap()
    };
    assert_eq!(bytes("a.plan"), bytes("b.plan"));
}

#[test]
fn names_of_customers_cannot_steer_the_terminal() {
    let rule = RULE.replace("回来看看", "{name}，回来看看");
    let ran = Shop::with_rules("dry-run-controls", &rule).run_dated(&["run", "--dry-run"]);
    assert!(ran.code == Some(0) && !ran.out.contains('\u{1b}'), "{ran}");
}

#[test]
fn who_has_opted_out_since_makes_a_plan_stale() {
    let shop = Shop::with_rules("opted-out", RULE);
    assert_eq!(shop.run_dated(&["plan", "-o", "today.plan"]).code, Some(0));
    shop.database("UPDATE customers SET consent_sms = 0 WHERE id = 2");
    let refused = shop.run(&["apply", "today.plan", "--yes"]);
    assert!(
        refused.code == Some(1) && refused.err.contains("R0129") && refused.err.contains(": 2"),
        "{refused}"
    );
    assert!(!shop.path("outbox").exists());
    shop.database("UPDATE customers SET consent_sms = 1 WHERE id = 2");
    assert_eq!(shop.run(&["apply", "today.plan", "--yes"]).code, Some(0));
    shop.database("UPDATE customers SET consent_sms = 0");
    let again = shop.run(&["apply", "today.plan", "--yes"]);
    assert!(again.code == Some(0) && again.out.contains("nothing was left"), "{again}");
}

#[test]
fn what_is_forbidden_is_not_planned() {
    let shop = Shop::with_rules(
        "forbidden",
        &format!("forbid coupon when city = \"北京\" because \"展会\"\n{RULE}"),
    );
    let refused = shop.run_dated(&["plan", "-o", "today.plan"]);
    assert!(refused.code == Some(1) && refused.err.contains("R0134"), "{refused}");
    assert!(refused.err.contains("to 1 customer: 2"), "{refused}");
    assert!(!shop.path("today.plan").exists());
    assert_eq!(shop.run_dated(&["run", "--dry-run"]).code, Some(1));
    shop.write("rules/a.rules", format!("forbid coupon when city = \"广州\"\n{RULE}"));
    assert_eq!(shop.run_dated(&["plan", "-o", "today.plan"]).code, Some(0));
}

#[test]
fn what_is_applied_and_sent_later_with_nothing_changed_withholds_nobody() {
    let rules = format!(
        "suppress any when count(touches in last 7d) >= 1 because \"刚发过\"\n\
         suppress sms when city = \"北京\" and monetary < 900 because \"暂停\"\n{RULE}"
    );
    let shop = Shop::with_rules("later", &rules);
    let noon = ["--as-of", "2024-11-21T12:00:00+08:00"];
    let run = |args: &[&str]| shop.run(&[args, &noon].concat());
    let recorded = run(&["run", "--yes", "--limit", "0"]);
    assert!(recorded.code == Some(0) && recorded.out.contains("2 are left"), "{recorded}");
    shop.database("INSERT INTO orders VALUES (90, 5, '2024-11-20 11:00:00', 1)");
    let one = run(&["send", "--limit", "1"]);
    assert!(one.code == Some(0) && one.out.contains("Sent 1 message: sms 1."), "{one}");
    shop.database("UPDATE orders SET amount_cents = 80000 WHERE customer_id = 2");
    let rest = run(&["send"]);
    assert!(
        rest.out.contains("1 withheld (suppressed: 暂停 1)"),
        "a suppression over the shop's data is asked again: {rest}"
    );
}
