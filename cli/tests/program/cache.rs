use crate::shop::{RULE, Shop};
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

const LOYAL: [&str; 2] = ["audience", "monetary > 500"];

/// A shop whose database is large enough to be copied, and was left alone for long enough.
fn large(test: &str) -> Shop {
    let shop = Shop::with_rules(test, RULE);
    shop.database("CREATE TABLE photos(photo BLOB); INSERT INTO photos VALUES (zeroblob(17000000))");
    std::thread::sleep(Duration::from_millis(2_100));
    shop
}

fn copies(shop: &Shop) -> Vec<PathBuf> {
    let entries = fs::read_dir(shop.path(".rulec/cache")).into_iter().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "column"));
    paths.sort();
    paths
}

#[test]
fn an_audience_is_counted_from_copies_until_the_database_changes() {
    let shop = large("cache-audience");
    assert!(shop.run_dated(&LOYAL).out.starts_with("5 of 5"));
    let made = copies(&shop);
    assert!(!made.is_empty() && shop.run_dated(&LOYAL).out.starts_with("5 of 5"));
    shop.database("UPDATE orders SET amount_cents = 100 WHERE customer_id = 2");
    assert!(shop.run_dated(&LOYAL).out.starts_with("4 of 5"));
    shop.database("DELETE FROM orders WHERE customer_id = 3");
    assert!(shop.run_dated(&LOYAL).out.starts_with("3 of 5"));
    std::thread::sleep(Duration::from_millis(2_100));
    assert!(shop.run_dated(&LOYAL).out.starts_with("3 of 5"));
    assert_eq!(copies(&shop), made, "a copy takes the place of the one before");
}

#[test]
fn damaged_copies_change_no_count() {
    let shop = large("cache-damage");
    shop.run_dated(&LOYAL);
    for path in copies(&shop) {
        let whole = fs::read(&path).unwrap();
        // The first block, the middle of the file, and its end.
        for place in [0, whole.len() / 2, whole.len() - 1] {
            let mut damaged = whole.clone();
            damaged[place] ^= 0x55;
            fs::write(&path, damaged).unwrap();
            let ran = shop.run_dated(&LOYAL);
            assert!(ran.code == Some(0) && ran.out.starts_with("5 of 5"), "byte {place}: {ran}");
        }
    }
}

#[test]
fn copies_are_kept_by_audiences_unless_told() {
    let shop = large("cache-flags");
    shop.run_dated(&["plan"]);
    shop.run_dated(&["run", "--dry-run"]);
    shop.run_dated(&[&LOYAL[..], &["--no-cache"]].concat());
    assert!(!shop.path(".rulec/cache").exists());
    let plain = shop.run_dated(&["plan", "--format", "jsonl"]);
    let cached = shop.run_dated(&["plan", "--format", "jsonl", "--cache"]);
    let warm = shop.run_dated(&["plan", "--format", "jsonl", "--cache", "--threads", "2"]);
    assert!(!copies(&shop).is_empty());
    assert_eq!([&cached.out, &warm.out], [&plain.out, &plain.out]);
}
