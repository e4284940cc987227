use crate::assert_ran;
use crate::shop::Shop;

const RULES: &str = "
limit any 1 per 7d

campaign winter {
  budget 200 per 30d
  rule wake {
    when dormant > 60d
    then send app \"想你了\" coupon 50/200 ttl 7d
    again every 2d
  }
}
";

#[test]
fn days_are_decided_one_after_the_other() {
    let shop = Shop::with_rules("forecast", RULES);
    let project = shop.read("rulec.toml");
    shop.write("rulec.toml", format!("{project}\n[channels.app]\n"));
    assert_ran!(shop.run_dated(&["plan", "--days", "12"]));
    assert!(!shop.path(".rulec").exists(), "a forecast leaves nothing behind");
    let json = shop.run_dated(&["plan", "--days", "12", "--format", "json"]);
    let forecast: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(forecast["days"].as_array().unwrap().len(), 12);
    assert_eq!(forecast["shortages"][0]["what"], "any 1 per 7d");
}

#[test]
fn a_forecast_goes_on_from_what_was_sent() {
    let shop = Shop::with_rules("forecast-on", "when dormant > 60d then tag \"away\"");
    assert_eq!(shop.run_dated(&["run", "--yes"]).code, Some(0));
    let state = std::fs::read(shop.path(".rulec/state.db")).unwrap();
    let forecast = shop.run_dated(&["plan", "--days", "3", "--format", "json"]);
    let document: serde_json::Value = serde_json::from_str(&forecast.out).unwrap();
    assert!(
        document["days"].as_array().unwrap().iter().all(|day| day["others"] == serde_json::json!({})),
        "{forecast}"
    );
    assert_eq!(std::fs::read(shop.path(".rulec/state.db")).unwrap(), state);
}

#[test]
fn a_forecast_is_a_table_or_a_document() {
    let shop = Shop::with_rules("forecast-form", "when dormant > 60d then tag \"away\"");
    let refused = shop.run_dated(&["plan", "--days", "3", "--format", "jsonl"]);
    assert!(refused.code == Some(2) && refused.err.contains("P0133"), "{refused}");
    assert_eq!(shop.run_dated(&["plan", "--days", "0"]).code, Some(2));
}
