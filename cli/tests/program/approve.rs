use crate::shop::{RULE, Shop};

/// A shop whose plans need the approval of alice, who has made a key.
fn shop(test: &str) -> Shop {
    let shop = Shop::with_rules(test, RULE);
    let made = shop.run(&["approve", "--new-key", "alice.key"]);
    let (_, settings) = made.out.split_once("\n\n").expect("what belongs into the project file");
    let project = shop.read("rulec.toml");
    shop.write("rulec.toml", format!("{project}\n[apply]\napprovals = 1\n\n{settings}"));
    assert_eq!(shop.run_dated(&["plan", "-o", "today.plan"]).code, Some(0));
    shop
}

#[test]
fn a_plan_is_applied_once_it_is_approved() {
    let shop = shop("approve");
    let refused = shop.run(&["apply", "today.plan", "--yes"]);
    assert!(refused.code == Some(1) && refused.err.contains("R0171"), "{refused}");
    let approve = ["approve", "today.plan", "--as", "alice", "--key", "alice.key"];
    let unasked = shop.run(&approve);
    assert!(unasked.code == Some(1) && unasked.err.contains("P0110"), "{unasked}");
    let approved = shop.run(&[&approve[..], &["--yes"]].concat());
    assert!(approved.code == Some(0) && approved.out.contains("Approved by alice"), "{approved}");
    let applied = shop.run(&["apply", "today.plan", "--yes"]);
    assert_eq!(applied.code, Some(0), "{applied}");
}

#[test]
fn the_record_says_who_approved_what_was_applied() {
    let shop = shop("approve-record");
    let made = shop.run(&["approve", "--new-key", "bob.key"]);
    let key = |settings: &str| settings.split('"').find(|text| text.len() == 64).map(str::to_owned);
    let bob = key(&made.out).expect("a public key");
    let project = shop.read("rulec.toml");
    let alice = key(&project).expect("a public key");
    shop.write(
        "rulec.toml",
        format!("{}bob = \"{bob}\"\n", project.replace("approvals = 1", "approvals = 2")),
    );
    assert_eq!(shop.run_dated(&["plan", "-o", "both.plan"]).code, Some(0));
    // The second time counts no more than the first.
    for name in ["bob", "alice", "bob"] {
        let key = format!("{name}.key");
        let approved = shop.run(&["approve", "both.plan", "--as", name, "--key", &key, "--yes"]);
        assert_eq!(approved.code, Some(0), "{approved}");
    }
    for _ in 0..2 {
        let applied = shop.run(&["apply", "both.plan", "--yes"]);
        assert_eq!(applied.code, Some(0), "{applied}");
    }
    let shown = shop.run(&["audit", "show", "--kind", "approved"]).out;
    assert!(shown.contains("alice") && shown.contains("bob"), "{shown}");
    let exported = shop.run(&["audit", "export"]).out;
    let records: Vec<serde_json::Value> =
        exported.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    assert_eq!(records[0]["kind"], "run");
    let said = |record: &serde_json::Value| {
        assert_eq!((&record["kind"], &record["run"]), (&"approved".into(), &1.into()), "{record}");
        assert!(record["person"].is_null() && record["message"].is_null(), "{record}");
        let detail = record["detail"].as_str().and_then(|detail| serde_json::from_str(detail).ok());
        detail.unwrap_or(serde_json::Value::Null)
    };
    let expected =
        [("alice", alice), ("bob", bob)].map(|(name, key)| serde_json::json!({ "name": name, "key": key }));
    assert_eq!([said(&records[1]), said(&records[2])], expected);
    assert_eq!(records.iter().filter(|record| record["kind"] == "approved").count(), 2);
    assert_eq!(shop.run(&["audit", "verify"]).code, Some(0));
}

#[test]
fn an_approval_for_days_to_come_holds_for_later_plans() {
    let shop = shop("approve-for");
    let run = |more: &[&str]| shop.run_dated(&[&["run", "--yes"], more].concat());
    assert!(run(&[]).err.contains("R0171"));
    let key = ["--as", "alice", "--key", "alice.key", "--output", "week", "--yes"];
    let once = shop.run(&[&["approve", "today.plan"][..], &key].concat());
    assert_eq!(once.code, Some(0), "{once}");
    let week = shop.run(&[&["approve", "today.plan", "--for", "7d"][..], &key].concat());
    assert_eq!(week.code, Some(0), "{week}");
    shop.database("INSERT INTO customers VALUES (6, '孙六', '13800000006', '上海', 0);");
    let applied = run(&["--approvals", "week"]);
    assert_eq!(applied.code, Some(0), "{applied}");
}

#[test]
fn only_an_approver_with_the_right_key_approves() {
    let shop = shop("approve-who");
    for (arguments, said) in [
        (&["--as", "bob", "--key", "alice.key"][..], "does not name `bob`"),
        (&["--as", "alice"], "no key to approve with"),
        (&["--as", "alice", "--key", "rulec.toml"], "holds no key"),
        (&["--as", "alice", "--key", "nowhere"], "P0102"),
        (&["--as", "alice", "--key", "alice.key", "--for", "week"], "P0130"),
    ] {
        let refused = shop.run(&[&["approve", "today.plan", "--yes"], arguments].concat());
        assert!(refused.code != Some(0) && refused.err.contains(said), "{refused}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let open = std::fs::Permissions::from_mode(0o644);
        std::fs::set_permissions(shop.path("alice.key"), open).expect("a mode of its own");
        let refused = shop.run(&["approve", "today.plan", "--yes", "--as", "alice", "--key", "alice.key"]);
        assert!(refused.code == Some(2) && refused.err.contains("R0177"), "{refused}");
    }
    let again = shop.run(&["approve", "--new-key", "alice.key"]);
    assert!(again.code == Some(2) && again.err.contains("P0109"), "a key is never written over: {again}");
    assert!(!shop.path("today.plan.approvals").exists());
}

#[test]
fn a_rule_that_reaches_too_many_is_refused_until_it_is_named() {
    let shop = Shop::with_rules("guard", RULE);
    let project = shop.read("rulec.toml");
    shop.write("rulec.toml", format!("{project}\n[plan]\nmax_audience = 1\n"));
    let refused = shop.run_dated(&["plan", "-o", "today.plan"]);
    assert!(refused.code == Some(1) && refused.err.contains("R0175"), "{refused}");
    assert!(!shop.path("today.plan").exists());
    let dry = shop.run_dated(&["run", "--dry-run"]);
    assert!(dry.code == Some(0) && dry.err.contains("R0175"), "{dry}");
    let named = shop.run_dated(&["plan", "-o", "today.plan", "--allow", "a"]);
    assert_eq!(named.code, Some(0), "{named}");
}
