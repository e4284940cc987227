use crate::assert_ran;
use crate::shop::{RULE, Shop};

const LIST: &str = "编号,姓名,城市\n1,王小明,上海\n2,李雷,\n";

#[test]
fn shows_columns_types_and_reasons() {
    let shop = Shop::empty("import");
    shop.write("会员.csv", LIST);
    assert_ran!(shop.run(&["import", "会员.csv", "--into", "data/new.db", "--lang", "zh"]));
    assert!(shop.path("data/new.db").exists());
}

#[test]
fn a_dry_run_writes_nothing() {
    let shop = Shop::empty("import-dry");
    shop.write("list.csv", LIST);
    let ran = shop.run(&["import", "list.csv", "--into", "data/new.db", "--dry-run"]);
    assert!(ran.code == Some(0) && ran.out.contains("nothing was written"), "{ran}");
    assert!(!shop.path("data").exists());
}

#[test]
fn goes_into_the_projects_database_and_overwrites_only_when_told() {
    let shop = Shop::with_rules("import-project", RULE);
    shop.write("orders.csv", "id,customer_id,ordered_at,amount_cents\n1,1,2024-11-01 10:00:00,100\n");
    assert_eq!(shop.run(&["import", "orders.csv"]).code, Some(2));
    assert_eq!(shop.run(&["import", "orders.csv", "--replace"]).code, Some(0));
    let ran = shop.run_dated(&["audience", "exists(orders)", "--ids"]);
    assert_eq!(ran.out, "1\n");
}

#[test]
fn bad_rows_are_findings() {
    let shop = Shop::empty("import-bad");
    shop.write("list.csv", "id,age\n1,20\n2,old\n");
    let ran = shop.run(&["import", "list.csv", "--into", "new.db", "--type", "age=integer"]);
    assert!(ran.code == Some(2) && ran.err.contains("old"), "{ran}");
}

#[test]
fn the_first_import_is_told_where_to_go_and_a_dry_run_goes_anywhere() {
    let shop = Shop::empty("import-first");
    shop.write("会员.csv", LIST);
    let ran = shop.run(&["import", "会员.csv"]);
    assert!(ran.code == Some(2) && ran.err.contains("rulec import 会员.csv --into shop.db"), "{ran}");
    assert!(shop.run(&["init"]).err.contains("--into shop.db"));
    let ran = shop.run(&["import", "会员.csv", "--dry-run"]);
    assert!(ran.code == Some(0) && ran.out.contains("nothing was written"), "{ran}");
    assert!(!shop.path("shop.db").exists());
}

#[test]
fn cents_of_an_import_are_cents_of_the_project() {
    let shop = Shop::empty("import-cents");
    shop.write("会员.csv", "会员编号,余额\n1,12.50\n2,3\n");
    let import = ["import", "会员.csv", "--into", "shop.db", "--type", "余额=money"];
    assert_eq!(shop.run(&import).code, Some(0));
    assert_eq!(shop.run(&["init"]).code, Some(0));
    assert!(shop.read("rulec.toml").contains("\"余额\" = { type = \"money\", unit = \"cent\" }\n"));
}
