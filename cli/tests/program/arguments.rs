use crate::assert_ran;
use crate::shop::{RULE, Shop};
use std::process::Stdio;

#[test]
fn the_help_groups_the_commands() {
    assert_ran!(Shop::empty("help").run(&["--help"]));
}

#[test]
fn bad_arguments_end_with_2() {
    let shop = Shop::with_rules("bad-arguments", RULE);
    let wrong: [&[&str]; 5] = [
        &["frobnicate"],
        &["check", "--format", "xml"],
        &["audience"],
        &["plan", "--as-of", "11/21/2026"],
        &["plan", "--set", "=5"],
    ];
    for args in wrong {
        let ran = shop.run(args);
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{args:?}\n{ran}");
        assert!(!ran.err.is_empty(), "{args:?}");
    }
    assert_ran!(shop.run(&["plan", "--as-of", "11/21/2026"]));
    let ran = shop.run(&["check", "--set", "threshold"]);
    assert!(ran.code == Some(2) && ran.out.contains("P0106"), "{ran}");
}

#[test]
fn a_param_takes_another_value() {
    let shop = Shop::with_rules("set", "param 门槛 = 60d\nsegment 沉睡 = dormant > 门槛\n");
    let count = |args: &[&str]| shop.run_dated(&[&["audience", "沉睡"], args].concat()).out;
    assert!(count(&[]).starts_with("4 of 5"));
    assert!(count(&["--set", "门槛=120d"]).starts_with("3 of 5"));
}

#[test]
fn without_a_project_commands_say_how_to_begin() {
    let shop = Shop::empty("no-project");
    for args in
        [&["check"][..], &["plan"], &["audience", "everyone"], &["schema", "check"], &["audit", "show"]]
    {
        let ran = shop.run(args);
        assert_eq!(ran.code, Some(2), "{args:?}\n{ran}");
        let said = format!("{}{}", ran.out, ran.err);
        assert!(said.contains("P0101") && said.contains("rulec init"), "{args:?}\n{ran}");
    }
}

#[test]
fn the_project_is_found_upward_and_by_option() {
    let shop = Shop::with_rules("upward", RULE);
    let mut below = shop.command(&["check"]);
    below.current_dir(shop.path("rules"));
    assert_eq!(shop.finish(below.output().unwrap()).code, Some(0));
    let other = Shop::empty("upward-other");
    let directory = shop.path("").display().to_string();
    assert_eq!(other.run(&["-C", &directory, "check"]).code, Some(0));
}

#[test]
fn the_language_comes_from_option_then_environment() {
    let shop = Shop::empty("language");
    let chinese = |set: &[(&str, &str)], args: &[&str]| {
        let output = shop.command(args).envs(set.iter().copied()).output().unwrap();
        shop.finish(output).err.contains("错误")
    };
    assert!(chinese(&[], &["plan", "--lang", "zh"]));
    assert!(chinese(&[("LANG", "zh_CN.UTF-8")], &["plan"]));
    assert!(chinese(&[("LANG", "en_US.UTF-8"), ("RULEC_LANG", "zh")], &["plan"]));
    assert!(!chinese(&[("LANG", "zh_CN.UTF-8")], &["plan", "--lang", "en"]));
    assert!(!chinese(&[], &["plan"]));
}

#[test]
fn colour_only_where_it_is_wanted() {
    let shop = Shop::with_rules("colour", "when x\n");
    let colored = |args: &[&str]| shop.run(args).out.contains('\u{1b}');
    assert!(!colored(&["check", "--format", "human"]));
    assert!(colored(&["check", "--format", "human", "--color", "always"]));
}

#[test]
fn a_reader_who_leaves_is_no_error() {
    let shop = Shop::with_rules("broken-pipe", &"when x\n".repeat(2_000));
    let mut command = shop.command(&["check", "--format", "json"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let ran = shop.finish(child.wait_with_output().unwrap());
    assert_eq!((ran.code, ran.err.as_str()), (Some(1), ""));
}

#[test]
fn completions_for_every_shell() {
    let shop = Shop::empty("completions");
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let ran = shop.run(&["completions", shell]);
        assert!(ran.code == Some(0) && ran.out.contains("audience"), "{shell}");
    }
}
