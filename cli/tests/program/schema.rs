use crate::assert_ran;
use crate::shop::{RULE, Shop};

#[test]
fn file_and_database_agree() {
    assert_ran!(Shop::with_rules("schema-agrees", RULE).run_dated(&["schema", "check"]));
}

#[test]
fn what_they_disagree_on_ends_with_1() {
    let shop = Shop::with_rules("schema-disagrees", RULE);
    shop.database("ALTER TABLE orders RENAME COLUMN amount_cents TO total");
    let ran = shop.run_dated(&["schema", "check"]);
    assert!(ran.code == Some(1) && ran.out.contains("amount_cents"), "{ran}");
}
