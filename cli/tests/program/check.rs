use crate::assert_ran;
use crate::shop::{RULE, Shop};

const WRONG: &str =
    "# 召回\n当 dormant > 60 则 发送 sms \"【店】回来看看，拒收请回复R\" 券 150/500 有效期 15d\n";

#[test]
fn clean_rules_end_with_0() {
    assert_ran!(Shop::with_rules("check-clean", RULE).run(&["check"]));
}

#[test]
fn a_mistake_ends_with_1_in_every_format() {
    let shop = Shop::with_rules("check-formats", WRONG);
    for format in ["human", "plain", "json", "junit", "github"] {
        for language in ["en", "zh"] {
            let ran = shop.run(&["check", "--format", format, "--lang", language]);
            assert_eq!(ran.code, Some(1), "{ran}");
            insta::assert_snapshot!(format!("check_{format}_{language}"), ran.out);
        }
    }
}

#[test]
fn no_format_tells_what_an_address_keeps_secret() {
    let shop = Shop::with_rules("check-secret", RULE);
    let hook =
        "\n[channels.hook]\nkind = \"webhook\"\nurl = \"http://user:pa55w0rd@127.0.0.1:1/m?token=SECRET\"\n";
    shop.write("rulec.toml", shop.read("rulec.toml") + hook);
    for format in ["human", "plain", "json", "junit", "github", "sarif"] {
        let ran = shop.run(&["check", "--format", format]);
        let said = format!("{ran}");
        assert!(said.contains("P0141") && said.contains("it has a user name before"), "{format}: {said}");
        assert!(!said.contains("pa55w0rd") && !said.contains("SECRET"), "{format}: {said}");
    }
}

#[test]
fn sarif_names_file_rule_and_characters() {
    let ran = Shop::with_rules("check-sarif", WRONG).run(&["check", "--format", "sarif"]);
    let document: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let run = &document["runs"][0];
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    let place = &run["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "rules/a.rules");
    assert_eq!(place["region"]["startLine"], 2);
    assert_eq!(run["tool"]["driver"]["rules"][0]["id"], run["results"][0]["ruleId"]);
}

#[test]
fn paths_select_what_is_reported() {
    let shop = Shop::with_rules("check-paths", WRONG);
    shop.write("rules/good/b.rules", "param 阈值 = 60d\n");
    assert_eq!(shop.run(&["check", "rules/good"]).code, Some(0));
    assert_eq!(shop.run(&["check", "rules/good/b.rules"]).code, Some(0));
    assert_eq!(shop.run(&["check", "rules"]).code, Some(1));
    let mut below = shop.command(&["check", "../a.rules"]);
    below.current_dir(shop.path("rules/good"));
    assert_eq!(shop.finish(below.output().unwrap()).code, Some(1));
    let missing = shop.run(&["check", "rules/c.rules"]);
    assert!(missing.code == Some(2) && missing.out.contains("P0107"), "{missing}");
}

#[test]
fn files_without_a_project_are_checked_against_the_standard_shop() {
    let shop = Shop::empty("check-standard");
    shop.write("a.rules", RULE);
    assert_ran!(shop.run(&["check", "a.rules"]));
}

#[test]
fn patterns_that_match_nothing_are_named() {
    let shop = Shop::with_rules("check-patterns", RULE);
    let project = shop.read("rulec.toml");
    shop.write(
        "rulec.toml",
        project.replace("[\"rules/**/*.rules\"]", "[\"rules/*.rules\", \"more/*.rules\"]"),
    );
    let ran = shop.run(&["check"]);
    assert!(ran.code == Some(0) && ran.out.contains("P0104"), "{ran}");
    shop.write("rulec.toml", project.replace("rules/**/*.rules", "more/*.rules"));
    let ran = shop.run(&["check"]);
    assert!(ran.code == Some(2) && ran.out.contains("P0103"), "{ran}");
}

#[test]
fn a_project_file_with_mistakes_is_reported_in_the_format_asked_for() {
    let shop = Shop::with_rules("check-project", RULE);
    shop.write("rulec.toml", shop.read("rulec.toml").replace("Asia/Shanghai", "Asia/Shanghia"));
    let ran = shop.run(&["check", "--format", "json"]);
    let document: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((ran.code, &document["diagnostics"][0]["file"]), (Some(2), &"rulec.toml".into()));
}

#[test]
fn a_file_that_is_no_utf8_is_reported_at_its_place() {
    let shop = Shop::with_rules("check-encoding", "");
    shop.write("rules/a.rules", [b"# \xce\xd2\n".as_slice(), RULE.as_bytes()].concat());
    let ran = shop.run(&["check"]);
    assert!(ran.code == Some(1) && ran.out.starts_with("rules/a.rules:1:3: error[S"), "{ran}");
}

#[test]
fn nothing_of_a_rule_file_steers_the_terminal() {
    let shop = Shop::with_rules("check-controls", "when \u{1b}[31m\u{202e}x\n");
    for format in ["human", "plain", "json", "sarif", "junit", "github"] {
        let ran = shop.run(&["check", "--format", format]);
        assert!(!ran.out.contains(['\u{1b}', '\u{202e}']), "{format}");
    }
}
