use crate::assert_ran;
use crate::shop::Shop;

const RULES: &str = "
tier sleep by dormant { short: 30d..90d  long: 90d.. }
segment generous = monetary > 500 or aov >= 900

rule wake priority 2 {
  when sleep.long and generous and city = \"上海\"
  unless exists(orders in last 30d)
  then send sms \"【店】{name}回来看看，拒收请回复R\" coupon 150/500 ttl 15d
}
rule everyone_else { when dormant < 120d then tag \"seen\" }
";

#[test]
fn each_rule_is_explained_with_values_and_the_smallest_change() {
    let shop = Shop::with_rules("why", RULES);
    // One who matches, one who lacks consent, one who lacks an address and ordered too long ago, one who ordered yesterday.
    for customer in ["1", "3", "4", "5"] {
        assert_ran!(shop.run_dated(&["why", customer]));
    }
}

#[test]
fn it_is_said_in_chinese_too() {
    let shop = Shop::with_rules("why-chinese", RULES);
    assert_ran!(shop.run_dated(&["why", "5", "--rule", "wake", "--lang", "zh"]));
}

#[test]
fn personal_facts_are_shown_only_when_asked_for() {
    let shop = Shop::with_rules("why-personal", "when name = \"王小明\" then tag \"wang\"");
    let hidden = shop.run_dated(&["why", "1", "--format", "json"]);
    assert!(hidden.code == Some(0) && hidden.out.contains("(personal)"), "{hidden}");
    let value = |ran: &crate::shop::Ran| {
        let document: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        document["rules"][0]["condition"]["facts"][0]["value"].clone()
    };
    assert_eq!(value(&hidden), "(personal)");
    assert_eq!(value(&shop.run_dated(&["why", "1", "--format", "json", "--show-personal"])), "王小明");
}

#[test]
fn whom_and_what_there_is_not_is_said() {
    let shop = Shop::with_rules("why-nobody", RULES);
    for (arguments, code) in
        [(&["why", "99"][..], "P0131"), (&["why", "王"], "P0131"), (&["why", "1", "--rule", "wok"], "P0132")]
    {
        let refused = shop.run_dated(arguments);
        assert!(refused.code == Some(2) && refused.err.contains(code), "{refused}");
    }
}
