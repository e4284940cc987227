//! Customers who do not want to be written to: `optout` and `forget` as somebody at a shop uses them.

use crate::shop::{RULE, Ran, Shop};
use std::process::Stdio;
use std::time::{Duration, Instant};

const KEYS: &str = "SELECT lower(hex(keys.key)) FROM keys";

/// Planned, so that customers 1 and 2 are to get a message, and not applied.
fn planned(test: &str) -> Shop {
    let shop = Shop::with_rules(test, RULE);
    assert_eq!(shop.run_dated(&["plan", "-o", "today.plan"]).code, Some(0));
    shop
}

fn ok(ran: Ran) -> String {
    assert_eq!(ran.code, Some(0), "{ran}");
    ran.out
}

/// The customers who got a message, as the channel's file says.
fn written_to(shop: &Shop) -> Vec<String> {
    let text = std::fs::read_to_string(shop.path(".rulec/outbox/sms.jsonl")).unwrap_or_default();
    let customer = |line: &str| {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        line["customer"].as_str().unwrap().to_owned()
    };
    text.lines().map(customer).collect()
}

fn first_cell(shop: &Shop, query: &str) -> String {
    let state = rusqlite::Connection::open(shop.path(".rulec/state.db")).unwrap();
    state.query_row(query, [], |row| row.get(0)).unwrap()
}

#[test]
fn who_opted_out_before_is_planned_as_suppressed() {
    let shop = Shop::with_rules("optout-before", RULE);
    assert_eq!(ok(shop.run(&["optout", "1", "--channel", "sms"])), "Recorded 1 opt-out.\n");
    assert_eq!(ok(shop.run(&["optout", "1", "--channel", "sms"])), "Nothing new. 1 known before.\n");
    let why = ok(shop.run_dated(&["why", "1"]));
    assert!(why.contains("suppressed (opted out)") && why.contains("the opt-out named above"), "{why}");
    let plan = ok(shop.run_dated(&["plan", "--format", "jsonl"]));
    assert!(plan.contains(r#""verdict":"suppressed","reason":"opted out""#), "{plan}");
    let forecast = ok(shop.run_dated(&["plan", "--days", "2", "--format", "json"]));
    assert!(forecast.contains(r#""sms": 1"#), "{forecast}");
    ok(shop.run_dated(&["run", "--yes"]));
    assert_eq!(written_to(&shop), ["2"]);
}

#[test]
fn nothing_follows_a_message_that_was_withheld() {
    let rule = "when dormant > 60d and monetary > 500 then send sms \"【店】回来看看，拒收请回复R\", tag \"asked\" \
                after 48h send app \"您的券还在\"\n";
    let shop = Shop::with_rules("withheld-chain", rule);
    shop.write("rulec.toml", shop.read("rulec.toml") + "\n[channels.app]\naddress = \"phone\"\n");
    ok(shop.run(&["run", "--yes", "--limit", "0", "--as-of", "2024-11-21T12:00:00+08:00"]));
    ok(shop.run(&["optout", "1", "--channel", "sms"]));
    ok(shop.run(&["send", "--as-of", "2024-11-21T12:05:00+08:00"]));
    let followed = ok(shop.run(&["run", "--yes", "--as-of", "2024-11-23T13:00:00+08:00"]));
    assert!(followed.contains("app 2"), "she who was only tagged is not left out: {followed}");
    let text = shop.read(".rulec/outbox/app.jsonl");
    assert!(text.lines().count() == 2 && !text.contains(r#""customer":"1""#), "{text}");
}

#[test]
fn who_opts_out_between_plan_and_sending_gets_nothing() {
    let shop = planned("optout-between");
    ok(shop.run(&["optout", "2"]));
    let applied = ok(shop.run(&["apply", "today.plan", "--yes"]));
    assert!(applied.contains("sms 1"), "{applied}");
    assert_eq!(written_to(&shop), ["1"]);
    let audit = ok(shop.run(&["audit", "show", "--format", "jsonl"]));
    assert!(audit.contains("opted out"), "{audit}");
    assert_eq!(shop.run(&["audit", "verify"]).code, Some(0));
}

#[test]
fn who_opts_out_while_messages_wait_is_taken_out_of_the_queue() {
    let shop = planned("optout-queued");
    ok(shop.run(&["apply", "today.plan", "--yes", "--limit", "1"]));
    assert_eq!(written_to(&shop), ["1"]);
    let told = ok(shop.run(&["optout", "2", "--source", "hotline"]));
    assert_eq!(told, "Recorded 1 opt-out. 1 message that waited will not be sent.\n");
    let applied = ok(shop.run(&["apply", "today.plan", "--yes"]));
    assert!(applied.ends_with("nothing was left to send.\n"), "{applied}");
    assert_eq!(written_to(&shop), ["1"]);
    assert_eq!(shop.run(&["audit", "verify"]).code, Some(0));
}

#[test]
fn call_backs_of_a_provider_are_understood() {
    let shop = planned("optout-import");
    shop.database("UPDATE customers SET phone = '+86 138-0000-0001' WHERE id = 5");
    shop.write(
        "mo.jsonl",
        "{\"from\":\"008613800000001\",\"to\":\"1069\",\"content\":\"ｔｄ\"}\n\
         {\"mobile\":\"13800000002\",\"content\":\"谢谢\"}\n{\"mobile\":\"13999999999\",\"content\":\"退订\"}\n",
    );
    let refused = shop.run(&["optout", "--import", "mo.jsonl"]);
    assert!(refused.code == Some(2) && refused.err.contains("R0250"), "{refused}");
    let told = ok(shop.run(&["optout", "--import", "mo.jsonl", "--channel", "sms"]));
    assert_eq!(
        told,
        "Recorded 2 opt-outs. 1 line skipped (line 2): the text is no word for opting out. \
         1 line skipped (line 3): no customer has the address.\n"
    );
    let zh = ok(shop.run(&["optout", "--import", "mo.jsonl", "--channel", "sms", "--lang", "zh"]));
    assert!(zh.starts_with("没有新的退订。2 条此前已有。"), "{zh}");
    ok(shop.run(&["apply", "today.plan", "--yes"]));
    assert_eq!(written_to(&shop), ["2"]);
    let audit = ok(shop.run(&["audit", "show", "--format", "jsonl"]));
    assert!(!audit.contains("1380000"), "{audit}");
}

#[test]
fn a_message_says_who_opted_out() {
    let shop = planned("optout-message");
    ok(shop.run(&["apply", "today.plan", "--yes", "--limit", "1"]));
    let key = first_cell(&shop, &format!("{KEYS} JOIN outbox USING (seq) WHERE status = 'waiting'"));
    shop.write("mo.csv", format!("message,at\n{key},2024-11-22 09:00\n"));
    assert!(ok(shop.run(&["optout", "--import", "mo.csv"])).contains("1 message that waited"));
    shop.write("mo.csv", "customer,message\n1,\n,0123456789abcdef0123456789abcdef\n");
    let refused = shop.run(&["optout", "--import", "mo.csv"]);
    assert!(refused.err.contains("R0150") && refused.err.contains("line 3"), "{refused}");
    assert_eq!(first_cell(&shop, "SELECT group_concat(channel) FROM optouts"), "sms");
}

#[test]
fn a_number_is_one_customer_however_it_is_written() {
    let shop = planned("optout-number");
    ok(shop.run(&["apply", "today.plan", "--yes", "--limit", "0"]));
    assert!(ok(shop.run(&["optout", "01"])).contains("1 message that waited will not be sent"));
    assert_eq!(ok(shop.run(&["optout", "+1"])), "Nothing new. 1 known before.\n");
    shop.write("list.csv", "customer\n007\n2.0\n");
    let refused = shop.run(&["optout", "--import", "list.csv"]);
    assert!(refused.err.contains("R0250") && refused.err.contains("line 2 of"), "{refused}");
    shop.write("list.jsonl", "{\"customer\": 2.0}\n{\"customer\": \"+3\"}\n");
    assert!(
        ok(shop.run(&["optout", "--import", "list.jsonl"])).starts_with("Recorded 2 opt-outs. 1 message")
    );
    let keys = "SELECT group_concat(customer) FROM (SELECT customer FROM people ORDER BY customer)";
    assert_eq!(first_cell(&shop, keys), "1,2,3,4");
    assert_eq!(ok(shop.run(&["optout", "--undo", "02"])), "Opted in again.\n");
    let forgotten = ok(shop.run(&["forget", "01", "--yes"]));
    assert!(forgotten.starts_with("The state has forgotten the customer."), "{forgotten}");
    let cannot_be = shop.run(&["forget", "C1", "--yes"]);
    assert!(cannot_be.code == Some(2) && cannot_be.err.contains("P0131"), "{cannot_be}");
    assert_eq!(first_cell(&shop, keys), "2,3,4");
}

#[test]
fn a_key_that_is_a_text_is_taken_as_it_is() {
    let shop = Shop::with_rules("optout-text", RULE);
    shop.database(
        "ALTER TABLE customers RENAME TO numbered;
         CREATE TABLE customers AS SELECT CAST(id AS TEXT) AS id, name, phone, city, consent_sms FROM numbered;
         UPDATE customers SET id = '01' WHERE id = '2'; UPDATE orders SET customer_id = '01' WHERE customer_id = '2';
         DROP TABLE numbered",
    );
    ok(shop.run(&["optout", "01"]));
    let refused = shop.run(&["optout", "+1"]);
    assert!(refused.code == Some(2) && refused.err.contains("P0131"), "{refused}");
    shop.write("list.csv", "customer\n1.0\n");
    assert!(shop.run(&["optout", "--import", "list.csv"]).err.contains("R0250"));
    assert_eq!(first_cell(&shop, "SELECT group_concat(customer) FROM people"), "01");
}

#[test]
fn a_list_with_an_unknown_customer_changes_nothing() {
    let shop = Shop::with_rules("optout-unknown", RULE);
    ok(shop.run(&["optout", "4"]));
    ok(shop.run(&["forget", "5", "--yes"]));
    // Once a customer, and known to the state, or forgotten by it.
    shop.database("DELETE FROM customers WHERE id IN (4, 5)");
    shop.write("list.csv", "customer\n1\n13800000002\n2\n4\n5\n99\n");
    let refused = shop.run(&["optout", "--import", "list.csv"]);
    let told = refused.err.contains("lines 3, 7 of") && refused.err.contains("no customer has this key");
    assert!(refused.code == Some(2) && told && refused.err.contains("`address`"), "{refused}");
    assert_eq!(first_cell(&shop, "SELECT group_concat(customer) FROM people"), "4");
    shop.write("list.csv", "customer\n1\n4\n5\n");
    assert_eq!(ok(shop.run(&["optout", "--import", "list.csv"])), "Recorded 1 opt-out. 2 known before.\n");
}

#[test]
fn who_comes_back_is_written_to_again() {
    let shop = Shop::with_rules("optout-undo", RULE);
    ok(shop.run(&["optout", "1"]));
    let undone = ok(shop.run(&["optout", "1", "--undo", "--channel", "sms"]));
    assert_eq!(undone, "There was no such opt-out. The customer is still opted out of all channels.\n");
    assert_eq!(ok(shop.run(&["optout", "1", "--undo"])), "Opted in again.\n");
    ok(shop.run_dated(&["run", "--yes"]));
    assert_eq!(written_to(&shop), ["1", "2"]);
}

#[test]
fn mistakes_on_the_command_line_are_told() {
    let shop = Shop::with_rules("optout-mistakes", RULE);
    for (arguments, code, said) in [
        (&["optout", "99"][..], 2, "P0"),
        (&["optout", "1", "--channel", "smss"], 2, "did you mean `sms`"),
        (&["optout"], 2, "--import"),
        (&["forget", "99"], 1, "R0251"),
        (&["forget", "1"], 1, "nobody was forgotten"),
    ] {
        let refused = shop.run(arguments);
        assert!(refused.code == Some(code) && refused.err.contains(said), "{arguments:?}: {refused}");
    }
    assert!(!shop.path(".rulec/state.db").exists());
}

/// Whether the bytes of the state, or of the files beside it, have this text.
fn state_has(shop: &Shop, text: &str) -> bool {
    ["state.db", "state.db-wal", "state.db-shm"].iter().any(|name| {
        let bytes = std::fs::read(shop.path(&format!(".rulec/{name}"))).unwrap_or_default();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    })
}

#[test]
fn who_is_forgotten_is_nowhere_and_stays_away() {
    let shop = Shop::with_rules("forget", RULE);
    shop.database("UPDATE customers SET id = 987654321 WHERE id = 2; UPDATE orders SET customer_id = 987654321 WHERE customer_id = 2");
    ok(shop.run_dated(&["plan", "-o", "today.plan"]));
    ok(shop.run(&["apply", "today.plan", "--yes", "--limit", "1"]));
    assert!(state_has(&shop, "987654321") && state_has(&shop, "13800000002"));
    assert_eq!(shop.run(&["audit", "verify"]).code, Some(0));
    let told = ok(shop.run(&["forget", "987654321", "--yes"]));
    assert!(told.contains("1 message that waited will not be sent"), "{told}");
    assert!(!state_has(&shop, "987654321") && !state_has(&shop, "13800000002"));
    assert_eq!(shop.run(&["audit", "verify"]).code, Some(0));
    ok(shop.run(&["apply", "today.plan", "--yes"]));
    assert_eq!(written_to(&shop), ["1"]);
    let next = ok(shop.run(&["plan", "--as-of", "2024-11-22", "--format", "jsonl"]));
    assert!(next.contains(r#""verdict":"suppressed","reason":"forgotten""#), "{next}");
    ok(shop.run(&["run", "--yes", "--as-of", "2024-11-22"]));
    assert_eq!(written_to(&shop), ["1"]);
    assert!(!state_has(&shop, "987654321"));
    assert_eq!(shop.run(&["audit", "verify"]).code, Some(0));
}

#[test]
fn files_that_name_her_are_told_and_cleaned_on_demand() {
    let shop = Shop::with_rules("forget-files", RULE);
    ok(shop.run_dated(&["run", "--yes"]));
    let told = ok(shop.run(&["forget", "1", "--yes"]));
    assert!(told.contains(".rulec/outbox/sms.jsonl: 1 line\n"), "{told}");
    assert!(told.contains(".plan: 1 line\n") && told.contains("shop.db: the shop's own"), "{told}");
    assert!(told.contains("--files"), "{told}");
    let cleaned = ok(shop.run(&["forget", "1", "--yes", "--files", "--lang", "zh"]));
    assert!(cleaned.contains("已从 2 个文件中去掉") && !cleaned.contains("jsonl："), "{cleaned}");
    assert_eq!(written_to(&shop), ["2"]);
    assert_eq!(std::fs::read_dir(shop.path(".rulec/plans")).unwrap().count(), 0);
}

/// A list for a person who sends by hand: of its customers it has only what the channel needs.
const BY_HAND: &str = "price = 0.045\nkind = \"file\"\npath = \"by-hand.csv\"\nformat = \"csv\"\ncolumns = [\"to\", \"message\", \"key\"]";

#[test]
fn files_are_cleaned_while_it_is_known_which_messages_were_hers() {
    let shop = Shop::with_rules("forget-rows", RULE);
    shop.write("rulec.toml", shop.read("rulec.toml").replace("price = 0.045", BY_HAND));
    ok(shop.run_dated(&["plan", "-o", "today.plan"]));
    ok(shop.run(&["apply", "today.plan", "--yes"]));
    let rows = || shop.read("by-hand.csv");
    let lock = std::fs::OpenOptions::new().write(true).open(shop.path(".rulec/state.lock")).unwrap();
    lock.lock().unwrap();
    let busy = shop.run(&["forget", "1", "--yes", "--files"]);
    assert!(busy.code == Some(2) && busy.err.contains("R0103") && rows().contains("13800000001"), "{busy}");
    lock.unlock().unwrap();
    // Now nobody sends. The second call finishes what the first could not.
    let cleaned = ok(shop.run(&["forget", "1", "--yes", "--files"]));
    assert!(cleaned.starts_with("The state has forgotten the customer.\nTaken out of 1 file."), "{cleaned}");
    assert!(!rows().contains("13800000001") && rows().contains("13800000002"));
    assert!(cleaned.contains("today.plan: 1 line; a plan, for you to delete"), "{cleaned}");
    let plain = ok(shop.run(&["forget", "2", "--yes"]));
    assert!(
        plain.contains("by-hand.csv: 1 line, 1 only by the key of a message; take out by hand"),
        "{plain}"
    );
    assert!(!plain.contains("Forgetting again"), "a second call would not find the line: {plain}");
}

#[test]
fn somebody_unknown_can_be_kept_away_for_good() {
    let shop = Shop::with_rules("forget-unknown", RULE);
    let told = ok(shop.run(&["forget", "6", "--yes"]));
    assert!(told.starts_with("Nothing was known of the customer"), "{told}");
    shop.database(
        "INSERT INTO customers VALUES (6, '新', '13800000006', '上海', 1);
        INSERT INTO orders (customer_id, ordered_at, amount_cents) VALUES (6, '2024-08-01 10:00:00', 90000)",
    );
    ok(shop.run_dated(&["run", "--yes"]));
    assert_eq!(written_to(&shop), ["1", "2"]);
}

/// A channel so slow that there is time to change one's mind.
#[test]
fn who_changes_her_mind_while_a_plan_is_applied_is_heeded() {
    let shop = Shop::with_rules("unwilling-running", RULE);
    let customers: String = (100..160).map(|id| format!(
        "INSERT INTO customers VALUES ({id}, '客', '1390000{id:04}', '上海', 1);
         INSERT INTO orders (customer_id, ordered_at, amount_cents) VALUES ({id}, '2024-08-01 10:00:00', 90000);"
    )).collect();
    shop.database(&customers);
    shop.write(
        "rulec.toml",
        shop.read("rulec.toml").replace("price = 0.045", "price = 0.045\nrate = \"15/s\""),
    );
    ok(shop.run_dated(&["plan", "-o", "today.plan"]));
    let mut applying = shop.command(&["apply", "today.plan", "--yes"]);
    let applying = applying.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let began = Instant::now();
    while written_to(&shop).is_empty() {
        assert!(began.elapsed() < Duration::from_secs(30), "it does not begin");
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(ok(shop.run(&["optout", "158"])).contains("1 message that waited"));
    assert!(ok(shop.run(&["forget", "159", "--yes"])).contains("1 message that waited"));
    let cannot = shop.run(&["forget", "100", "--yes", "--files"]);
    assert!(cannot.code == Some(2) && cannot.err.contains("rulec apply"), "{cannot}");
    let applied = shop.finish(applying.wait_with_output().unwrap());
    assert_eq!(applied.code, Some(0), "{applied}");
    let written = written_to(&shop);
    assert!(!written.contains(&"158".to_owned()) && !written.contains(&"159".to_owned()), "{written:?}");
    assert!(written.contains(&"157".to_owned()));
    assert!(!state_has(&shop, "13900000159"));
    assert_eq!(shop.run(&["audit", "verify"]).code, Some(0));
}
