//! Several processes at once.

use crate::ground::keys;
use crate::shop::{AS_OF, Shop};
use rulec_tests::servers::receiver::{Behaviour, Receiver, Settings};
use std::process::{Child, Stdio};
use std::time::Duration;

const CUSTOMERS: u64 = 40;

/// A receiver that takes its time, and a shop with a plan for it.
fn slow_shop(test: &str) -> (Receiver, Shop) {
    let receiver = Receiver::start(Settings {
        keys: Box::new(keys),
        script: Box::new(|_| Behaviour::taken().after(Duration::from_millis(40))),
        ..Settings::default()
    });
    let shop = Shop::with_rules(test, "when id >= 0 then send push \"hello\"\n");
    let push = format!(
        "[customer.facts.id]\ntype = \"number\"\n[channels.push]\nkind = \"webhook\"\naddress = \"phone\"\n\
         calls = 1\nurl = \"{}\"\n",
        receiver.url("/")
    );
    shop.write("rulec.toml", shop.read("rulec.toml") + &push);
    let rows: Vec<_> = (0..CUSTOMERS).map(|id| format!("({id}, '1380000{id:04}')")).collect();
    shop.database(&format!(
        "DELETE FROM customers; INSERT INTO customers (id, phone) VALUES {}",
        rows.join(", ")
    ));
    let planned = shop.run(&["plan", "-o", "a.plan", "--as-of", AS_OF]);
    assert_eq!(planned.code, Some(0), "{planned}");
    (receiver, shop)
}

fn start(shop: &Shop) -> Child {
    let mut command = shop.command(&["apply", "a.plan", "--yes"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// The one that began finishes, and everyone has one message.
fn finishes(first: Child, receiver: &Receiver, shop: &Shop) {
    let first = shop.finish(first.wait_with_output().unwrap());
    assert_eq!(first.code, Some(0), "{first}");
    assert_eq!(receiver.deliveries(), CUSTOMERS);
    assert!(receiver.delivered().values().all(|times| *times == 1));
    assert_eq!(shop.run(&["audit", "verify"]).code, Some(0));
}

#[test]
fn a_second_apply_is_refused_and_told_who_is_at_it() {
    let (receiver, shop) = slow_shop("two-applies");
    let first = start(&shop);
    assert!(receiver.wait_for(3, Duration::from_secs(20)));
    for words in [&["apply", "a.plan", "--yes"][..], &["run", "--yes", "--as-of", "2024-11-22"]] {
        let second = shop.run(words);
        let names = second.err.contains("`rulec apply`") && second.err.contains(&first.id().to_string());
        assert!(matches!(second.code, Some(1 | 2)) && names, "{second}");
    }
    finishes(first, &receiver, &shop);
}

#[test]
fn plans_are_made_and_outcomes_recorded_while_messages_go_out() {
    let (receiver, shop) = slow_shop("plan-beside-apply");
    let first = start(&shop);
    assert!(receiver.wait_for(3, Duration::from_secs(20)));
    let key = receiver.delivered().keys().next().unwrap().clone();
    let recorded = shop.run(&["record", "clicked", "--message", &key]);
    assert_eq!(recorded.code, Some(0), "{recorded}");
    let planned = shop.run(&["plan", "-o", "b.plan", "--as-of", "2024-11-22"]);
    assert_eq!(planned.code, Some(0), "{planned}");
    assert_eq!(shop.run(&["audit", "verify"]).code, Some(0));
    finishes(first, &receiver, &shop);
}

#[test]
fn who_stops_agreeing_while_messages_go_out_gets_none() {
    let (receiver, shop) = slow_shop("opt-out-beside-apply");
    let first = start(&shop);
    assert!(receiver.wait_for(3, Duration::from_secs(20)));
    shop.database(&format!("DELETE FROM customers WHERE id = {}", CUSTOMERS - 1));
    let first = shop.finish(first.wait_with_output().unwrap());
    assert_eq!(first.code, Some(0), "{first}");
    // Perhaps she was among those just being handed over.
    assert!((CUSTOMERS - 1..=CUSTOMERS).contains(&receiver.deliveries()));
    assert_eq!(shop.run(&["audit", "verify"]).code, Some(0));
}

#[test]
fn who_is_forgotten_while_messages_go_out_gets_none_and_leaves_the_audit_whole() {
    let (receiver, shop) = slow_shop("forget-beside-apply");
    let first = start(&shop);
    assert!(receiver.wait_for(3, Duration::from_secs(20)));
    let customer = (CUSTOMERS - 1).to_string();
    let forgotten = shop.run(&["forget", &customer, "--yes"]);
    let first = shop.finish(first.wait_with_output().unwrap());
    assert_eq!(first.code, Some(0), "{first}");
    if forgotten.code == Some(0) {
        // Perhaps she was among those just being handed over.
        assert!((CUSTOMERS - 1..=CUSTOMERS).contains(&receiver.deliveries()));
    } else {
        assert!(forgotten.err.contains("R0103"), "{forgotten}");
        assert_eq!(shop.run(&["forget", &customer, "--yes"]).code, Some(0));
    }
    assert_eq!(shop.run(&["audit", "verify"]).code, Some(0));
    let shown = shop.run(&["audit", "show", "--customer", &customer, "--format", "jsonl"]);
    assert_eq!(shown.out, "", "{shown}");
}
