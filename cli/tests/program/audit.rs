//! `rulec audit`: the record is shown, exported and verified, and runs are decided again.

use crate::shop::{RULE, Shop};
use rusqlite::Connection;
use serde_json::Value;
use sha2::{Digest, Sha256};

const SECOND: &str =
    "rule second { when monetary > 500 then send sms \"【店】新品，拒收请回复R\" again every 1d }\n";

/// A shop in which two runs sent something.
fn shop(test: &str) -> Shop {
    let shop = Shop::with_rules(test, RULE);
    shop.write("rules/b.rules", SECOND);
    assert_eq!(shop.run_dated(&["run", "--yes"]).code, Some(0));
    let second = shop.run(&["run", "--yes", "--as-of", "2024-11-23"]);
    assert!(second.code == Some(0) && second.out.contains("Sent"), "{second}");
    shop
}

fn state(shop: &Shop, sql: &str) {
    Connection::open(shop.path(".rulec/state.db")).unwrap().execute_batch(sql).unwrap();
}

/// The ids of the plans that were applied, oldest first.
fn plans(shop: &Shop) -> Vec<String> {
    let runs = shop.run(&["audit", "show", "--kind", "run", "--format", "jsonl"]).out;
    runs.lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["plan"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn an_untouched_record_is_valid_and_says_what_proves_it() {
    let shop = shop("audit-valid");
    let alone = shop.run(&["audit", "verify"]);
    assert!(alone.code == Some(0) && alone.out.contains("Nothing from outside proves it"), "{alone}");
    assert_eq!(shop.run(&["audit", "head", "-o", "heads.jsonl"]).code, Some(0));
    let first = shop.read("heads.jsonl").lines().next().unwrap().to_owned();
    shop.write("first.jsonl", first);
    let all = shop.run(&["audit", "verify", "--head", "heads.jsonl"]);
    assert!(all.code == Some(0) && !all.out.contains("What came later"), "{all}");
    let some = shop.run(&["audit", "verify", "--head", "first.jsonl"]);
    assert!(some.code == Some(0) && some.out.contains("What came later"), "{some}");
    let chinese = shop.run(&["audit", "verify", "--lang", "zh", "--head", "first.jsonl"]);
    assert!(chinese.out.contains("没有外部证据"), "{chinese}");
    let none = Shop::with_rules("audit-none", RULE);
    assert_eq!(none.run(&["audit", "verify"]).code, Some(0));
    none.write("heads.jsonl", shop.read("heads.jsonl"));
    let gone = none.run(&["audit", "verify", "--head", "heads.jsonl"]);
    assert!(gone.code == Some(1) && gone.err.contains("R0226"), "{gone}");
}

#[test]
fn what_was_changed_ends_with_1_and_is_not_signed() {
    let shop = shop("audit-changed");
    shop.run(&["audit", "head", "-o", "heads.jsonl"]);
    shop.run(&["approve", "--new-key", "alice.key"]);
    state(&shop, "UPDATE audit SET detail = '{}' WHERE seq = 2");
    let ran = shop.run(&["audit", "verify", "--head", "heads.jsonl"]);
    assert!(ran.code == Some(1) && ran.out.contains("R0220") && ran.out.contains("record 2"), "{ran}");
    assert!(ran.out.contains("Records 3 to ") && ran.out.contains("but for what is said above"), "{ran}");
    let signed = shop.run(&["audit", "head", "--key", "alice.key"]);
    assert!(signed.code == Some(1) && signed.out.is_empty() && signed.err.contains("R0220"), "{signed}");
}

#[test]
fn only_heads_of_known_signers_count() {
    let shop = shop("audit-signers");
    let made = shop.run(&["approve", "--new-key", "alice.key"]);
    let (_, settings) = made.out.split_once("\n\n").unwrap();
    let key = settings.split('"').nth(1).unwrap().to_owned();
    shop.write("rulec.toml", format!("{}\n{settings}", shop.read("rulec.toml")));
    let signed = shop.run(&["audit", "head", "--key", "alice.key", "--as", "Alice", "-o", "signed.jsonl"]);
    assert_eq!(signed.code, Some(0), "{signed}");
    shop.run(&["audit", "head", "-o", "plain.jsonl"]);
    let verify =
        |head: &str, signer: &str| shop.run(&["audit", "verify", "--head", head, "--signer", signer]);
    assert_eq!(verify("signed.jsonl", "alice").code, Some(0));
    assert_eq!(verify("signed.jsonl", &key).code, Some(0));
    let stranger = verify("signed.jsonl", &"ab".repeat(32));
    assert!(stranger.code == Some(1), "{stranger}");
    let plain = verify("plain.jsonl", "alice");
    assert!(plain.code == Some(1) && plain.out.contains("is not signed"), "{plain}");
    shop.write("forged.jsonl", shop.read("signed.jsonl").replace("\"seq\":", "\"seq\":1"));
    let forged = shop.run(&["audit", "verify", "--head", "forged.jsonl"]);
    assert!(forged.code == Some(1) && forged.out.contains("does not fit what the head says"), "{forged}");
    shop.write("notes.txt", "nothing");
    let unreadable = shop.run(&["audit", "verify", "--head", "notes.txt"]);
    assert!(unreadable.code == Some(2) && unreadable.err.contains("R0227"), "{unreadable}");
}

#[test]
fn a_head_of_one_run_is_that_of_its_plan() {
    let shop = shop("audit-head");
    let plans = plans(&shop);
    let head = shop.run(&["audit", "head", "--run", &plans[0][..8]]).out;
    let head: Value = serde_json::from_str(&head).unwrap();
    assert_eq!(head["head"]["plan"], plans[0].as_str());
    let none = shop.run(&["audit", "head", "--run", "nothing"]);
    assert!(none.code == Some(2) && none.err.contains("R0229"), "{none}");
}

#[test]
fn nothing_is_written_over_but_what_audit_wrote() {
    let shop = shop("audit-over");
    shop.run(&["approve", "--new-key", "alice.key"]);
    let commands: [&[&str]; 3] =
        [&["audit", "export", "-o"], &["audit", "export", "--format", "csv", "-o"], &["audit", "head", "-o"]];
    for command in commands {
        for name in [".rulec/state.db", "shop.db", "alice.key", "rulec.toml", "rules/b.rules"] {
            let before = std::fs::read(shop.path(name)).unwrap();
            let refused = shop.run(&[command, &[name]].concat());
            assert!(refused.code == Some(2) && refused.err.contains("P0115"), "{refused}");
            assert!(std::fs::read(shop.path(name)).unwrap() == before, "{name}");
        }
        for _ in ["new", "its own"] {
            assert_eq!(shop.run(&[command, &["kept"]].concat()).code, Some(0));
        }
        let printed = shop.run(&[command, &["-"]].concat());
        assert_eq!(printed.out, shop.read("kept"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(shop.path("kept")).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
            std::os::unix::fs::symlink("shop.db", shop.path("link")).unwrap();
            let linked = shop.run(&[command, &["link"]].concat());
            assert!(linked.code == Some(2) && linked.err.contains("P0115"), "{linked}");
            std::fs::remove_file(shop.path("link")).unwrap();
        }
        std::fs::remove_file(shop.path("kept")).unwrap();
    }
}

#[test]
fn heads_are_added_to_those_that_fit_and_to_no_others() {
    let shop = shop("audit-book");
    let first = shop.run(&["audit", "head"]).out.lines().next().unwrap().to_owned();
    shop.write("heads.jsonl", &first);
    assert_eq!(shop.run(&["audit", "head", "-o", "heads.jsonl"]).code, Some(0));
    assert_eq!(shop.read("heads.jsonl"), shop.run(&["audit", "head"]).out);
    shop.run(&["approve", "--new-key", "alice.key"]);
    let sign = |more: &[&str]| shop.run(&[&["audit", "head", "--key", "alice.key"], more].concat());
    for _ in ["new", "again"] {
        assert_eq!(sign(&["-o", "heads.jsonl"]).code, Some(0));
    }
    let unsigned = shop.run(&["audit", "head"]).out;
    let both = format!("{unsigned}{}", sign(&[]).out);
    assert_eq!(shop.read("heads.jsonl"), both);
    for edit in [("\"hash\":\"", "\"hash\":\"0000"), ("\"seq\":", "\"seq\":9"), ("\"at\":\"2", "\"at\":\"3")]
    {
        let (digits, more) = (unsigned.lines().next().unwrap(), edit.1);
        let other = match edit.0 {
            "\"hash\":\"" => {
                let place = digits.find(edit.0).unwrap() + edit.0.len();
                format!("{}0000{}", &digits[..place], &digits[place + 4..])
            }
            part => digits.replace(part, more),
        };
        shop.write("other.jsonl", &other);
        for command in
            [&["audit", "head", "-o", "other.jsonl"][..], &["audit", "head", "--head", "other.jsonl"]]
        {
            let refused = shop.run(command);
            assert!(
                refused.code == Some(1) && refused.err.contains("R0226") && refused.out.is_empty(),
                "{refused}"
            );
        }
        let signed = sign(&["--head", "other.jsonl"]);
        assert!(signed.code == Some(1) && signed.out.is_empty(), "{signed}");
        assert_eq!(shop.read("other.jsonl"), other);
    }
}

#[test]
fn a_head_may_be_copied_from_paper() {
    let shop = shop("audit-paper");
    let head = shop.run(&["audit", "head"]).out.lines().next().unwrap().to_owned();
    let (hash, broken) = {
        let place = head.find("\"hash\":\"").unwrap() + 8;
        (head[place..place + 64].to_owned(), place + 30)
    };
    for copied in [
        format!("\u{feff}{head}"),
        format!("{}\n  {}\r\n", &head[..broken], &head[broken..]),
        head.replace(&hash, &hash.to_uppercase()),
    ] {
        shop.write("paper.jsonl", &copied);
        let found = shop.run(&["audit", "verify", "--head", "paper.jsonl"]);
        assert!(found.code == Some(0) && found.out.contains("Records 1 to "), "{copied}: {found}");
    }
    shop.write("paper.jsonl", &head);
    let file = std::fs::File::open(shop.path("paper.jsonl")).unwrap();
    let piped = shop.command(&["audit", "verify", "--head", "-"]).stdin(file).output().unwrap();
    let piped = shop.finish(piped);
    assert!(piped.code == Some(0) && piped.out.contains("Records 1 to "), "{piped}");
    for (copied, said) in [
        (head.replace(&hash, &hash[1..]), "its `hash` is not of 64 hex digits"),
        (head.replace("\"version\":1", "\"version\":2"), "version 2"),
        (head[..broken].to_owned(), "is no head"),
        (String::new(), "holds no head"),
        ("\n \n".to_owned(), "holds no head"),
    ] {
        shop.write("paper.jsonl", &copied);
        let found = shop.run(&["audit", "verify", "--head", "paper.jsonl"]);
        assert!(
            found.code == Some(2) && found.err.contains("R0227") && found.err.contains(said),
            "{copied}: {found}"
        );
    }
}

#[test]
fn an_empty_record_is_not_valid_but_nothing() {
    let shop = shop("audit-empty");
    shop.run(&["audit", "head", "-o", "heads.jsonl"]);
    let empty = Shop::with_rules("audit-empty-state", RULE);
    empty.write("heads.jsonl", shop.read("heads.jsonl"));
    assert_eq!(empty.run(&["optout", "1"]).code, Some(0));
    let tables =
        "DELETE FROM audit; DELETE FROM heads; DELETE FROM tip; DELETE FROM causes; DELETE FROM optouts;
                  DELETE FROM people";
    state(&empty, tables);
    for (command, code) in [(&["audit", "verify"][..], 0), (&["audit", "verify", "--head", "heads.jsonl"], 1)]
    {
        let found = empty.run(command);
        assert_eq!(found.code, Some(code), "{found}");
        assert!(code == 1 || found.out.is_empty() && found.err.contains("nothing is recorded"), "{found}");
    }
}

fn field(bytes: &mut Vec<u8>, value: Option<&[u8]>) {
    match value {
        None => bytes.extend([0xff; 4]),
        Some(value) => {
            bytes.extend((value.len() as u32).to_be_bytes());
            bytes.extend(value);
        }
    }
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len() / 2)
        .map(|place| u8::from_str_radix(&text[2 * place..2 * place + 2], 16).unwrap())
        .collect()
}

/// As `docs/audit.md` says it.
#[test]
fn the_chain_can_be_computed_from_the_export_alone() {
    let shop = shop("audit-export");
    let export = shop.run(&["audit", "export"]).out;
    let head: Value = serde_json::from_str(shop.run(&["audit", "head"]).out.lines().last().unwrap()).unwrap();
    let mut before = Sha256::digest("rulec audit 1").to_vec();
    for line in export.lines() {
        let record: Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| record[name].as_str().map(str::as_bytes);
        let integer = |name: &str| record[name].as_i64().map(i64::to_be_bytes);
        let bytes = |name: &str| record[name].as_str().map(hex);
        let mut cause = b"rulec cause\0".to_vec();
        for name in ["kind", "rule", "rule_hash"] {
            field(&mut cause, text(name));
        }
        field(&mut cause, integer("step").as_ref().map(|bytes| &bytes[..]));
        for name in ["arm", "verdict", "reason", "actions"] {
            field(&mut cause, text(name));
        }
        let cause = Sha256::digest(cause).to_vec();
        assert_eq!(Some(&cause), bytes("cause").as_ref());
        let mut link = Vec::new();
        field(&mut link, Some(&before));
        for name in ["seq", "run", "at_micros"] {
            field(&mut link, integer(name).as_ref().map(|bytes| &bytes[..]));
        }
        field(&mut link, bytes("person").as_deref());
        field(&mut link, Some(&cause));
        field(&mut link, bytes("seal").as_deref());
        field(&mut link, text("detail"));
        before = Sha256::digest(link).to_vec();
        assert_eq!(Some(&before), bytes("hash").as_ref());
    }
    assert_eq!(bytes_of(&head["head"]["hash"]), before);
}

fn bytes_of(value: &Value) -> Vec<u8> {
    hex(value.as_str().unwrap())
}

#[test]
fn an_export_can_be_filtered_and_opened_in_a_spreadsheet() {
    let shop = shop("audit-filter");
    let plan = &plans(&shop)[1];
    let of_plan = shop.run(&["audit", "export", "--plan", plan, "--customer", "1"]).out;
    assert!(of_plan.lines().count() > 0 && of_plan.lines().all(|line| line.contains(plan)), "{of_plan}");
    assert_eq!(shop.run(&["audit", "export", "--format", "csv", "-o", "all.csv"]).code, Some(0));
    let all = shop.read("all.csv");
    assert!(all.starts_with("\u{feff}seq,at,at_micros,kind,"), "{all}");
    assert!(!all.contains("1380000"), "no address is in it");
    assert_eq!(all.lines().count(), shop.run(&["audit", "export"]).out.lines().count() + 1);
}

#[test]
fn runs_decided_again_are_what_is_recorded() {
    let shop = shop("audit-replay");
    for plan in plans(&shop) {
        let ran = shop.run(&["audit", "replay", &plan[..8]]);
        assert!(ran.code == Some(0) && ran.out.contains("all as recorded"), "{ran}");
    }
    assert_eq!(shop.run(&["audit", "verify"]).code, Some(0), "a replay changes nothing");
    let none = shop.run(&["audit", "replay", "nothing"]);
    assert!(none.code == Some(2) && none.err.contains("R0229"), "{none}");
}

#[test]
fn a_run_decided_again_from_other_rules_or_data_differs_and_says_so() {
    let shop = shop("audit-replay-other");
    let plan = &plans(&shop)[0];
    shop.write("rules/a.rules", RULE.replace("> 500", "> 900"));
    let rules = shop.run(&["audit", "replay", plan]);
    assert!(rules.code == Some(1) && rules.err.contains("R0230") && !rules.err.contains("R0231"), "{rules}");
    assert!(rules.out.contains("only then: 3"), "{rules}");
    shop.write("rules/a.rules", RULE);
    shop.write(
        "rules/c.rules",
        SECOND.replace("second", "third").replace("monetary", "city = \"上海\" and monetary"),
    );
    let new = shop.run(&["audit", "replay", plan]);
    assert!(new.err.contains("; new: `third`") && !new.err.contains("changed or gone"), "{new}");
    assert!(!new.err.contains("R0231"), "the data are what they were: {new}");
    shop.write("rules/c.rules", "segment rich = monetary > 900\n");
    let segment = shop.run(&["audit", "replay", plan]);
    assert!(
        segment.err.contains("each rule means what it did") && !segment.err.contains("R0231"),
        "{segment}"
    );
    std::fs::remove_file(shop.path("rules/c.rules")).unwrap();
    let several = shop.run(&["audit", "replay", ""]);
    assert!(several.code == Some(2) && several.err.contains("several plans"), "{several}");
    shop.write("rules/a.rules", RULE);
    let equal = shop.run(&["audit", "replay", plan]);
    assert!(equal.code == Some(0) && equal.err.is_empty(), "{equal}");
    shop.database(
        "INSERT INTO orders (customer_id, ordered_at, amount_cents) VALUES (1, '2024-11-21 09:00:00', 1)",
    );
    let data = shop.run(&["audit", "replay", plan]);
    assert!(data.code == Some(1) && data.err.contains("R0231"), "{data}");
    assert!(data.out.contains("only then: 1"), "{data}");
}

#[test]
fn what_is_not_recorded_is_said_and_not_shown_as_nothing() {
    let shop = shop("audit-unknown");
    for command in ["show", "export"] {
        for (option, name, said) in [
            ("--rule", "secnd", "did you mean `second`?"),
            ("--customer", "nobody", "nothing is recorded of a customer"),
            ("--plan", "zzz", "R0229"),
            ("--kind", "desicion", "decision"),
            ("--since", "yesterday", "2026-11-21"),
        ] {
            let refused = shop.run(&["audit", command, option, name]);
            assert!(refused.code == Some(2) && refused.err.contains(said), "{refused}");
        }
    }
}

#[test]
fn what_happens_beside_decisions_is_told_apart() {
    let shop = shop("audit-told");
    for command in
        [&["optout", "1", "--channel", "sms"][..], &["pause", "sms", "--because", "night"], &["resume"]]
    {
        let ran = shop.run(command);
        assert_eq!(ran.code, Some(0), "{ran}");
    }
    let plan = plans(&shop)[0][..8].to_owned();
    let table = shop.run(&["audit", "show", "--limit", "1000"]).out;
    for line in [&plan[..], "sms · ", "sms · night"] {
        assert!(table.contains(line), "{line}: {table}");
    }
    let records = shop.run(&["audit", "show", "--format", "jsonl", "--limit", "1000"]).out;
    for line in records.lines() {
        let record: Value = serde_json::from_str(line).unwrap();
        assert_eq!(record["kind"] == "decision", record["facts"].is_object(), "{line}");
        assert_eq!(record["kind"] == "decision", record["actions"].is_array(), "{line}");
    }
    let of =
        |days: &[&str]| shop.run(&[&["audit", "export", "--kind", "run"], days].concat()).out.lines().count();
    assert_eq!((of(&[]), of(&["--until", "2000-01-01"]), of(&["--since", "2000-01-01"])), (2, 0, 2));
}
