use crate::shop::{RULE, Shop};

/// The first words of the lines of the first table.
fn stages(printed: &str) -> Vec<&str> {
    let table = printed.trim_start().split("\n\n").next().unwrap_or_default();
    table.lines().filter_map(|line| line.split_whitespace().next()).collect()
}

#[test]
fn timings_stand_beside_the_result() {
    let shop = Shop::with_rules("timings", RULE);
    for args in
        [&["plan"][..], &["plan", "--format", "json"], &["run", "--dry-run"], &["audience", "everyone"]]
    {
        let plain = shop.run_dated(args);
        let timed = shop.run_dated(&[args, &["--timings"]].concat());
        assert_eq!((timed.code, &timed.out), (Some(0), &plain.out), "{args:?}");
        let rows = stages(&timed.err);
        assert_eq!(rows[0], "stage", "{timed}");
        assert_eq!(rows[2..], ["check", "read", "aggregate", "evaluate", "decide", "write"], "{timed}");
        assert!(timed.err.contains("customers") && timed.err.contains("wall"), "{timed}");
    }
}

#[test]
fn timings_in_chinese() {
    let shop = Shop::with_rules("timings-chinese", RULE);
    let timed = shop.run_dated(&["plan", "--timings", "--lang", "zh"]);
    assert_eq!(stages(&timed.err)[2..], ["检查规则", "读取", "汇总", "求值", "决定", "写出"], "{timed}");
}

#[test]
fn a_plan_file_written_with_timings_is_the_same() {
    let shop = Shop::with_rules("timings-plan", RULE);
    shop.run_dated(&["plan", "-o", "plain.plan"]);
    let timed =
        shop.run_dated(&["plan", "-o", "timed.plan", "--timings", "--threads", "2", "--memory", "64MiB"]);
    assert_eq!(timed.code, Some(0), "{timed}");
    let read = |name| std::fs::read(shop.path(name)).unwrap();
    assert_eq!(read("plain.plan"), read("timed.plan"));
}

#[test]
fn no_way_of_asking_changes_the_answer() {
    let shop = Shop::with_rules("asking", RULE);
    let plain = shop.run_dated(&["plan", "--format", "jsonl"]).out;
    for how in [&["--threads", "2"][..], &["--memory", "16MiB"], &["--reader", "stepping"]] {
        let ran = shop.run_dated(&[&["plan", "--format", "jsonl"], how].concat());
        assert_eq!((ran.code, &ran.out), (Some(0), &plain), "{how:?}");
    }
}

#[test]
fn bad_ways_of_asking_end_with_2() {
    let shop = Shop::with_rules("bad-asking", RULE);
    for how in [&["--threads", "0"][..], &["--threads", "many"], &["--reader", "magic"]] {
        let ran = shop.run_dated(&[&["plan"], how].concat());
        assert!(ran.code == Some(2) && ran.err.contains(how[0]), "{ran}");
    }
    for size in ["plenty", "0", "2 pounds"] {
        let ran = shop.run_dated(&["audience", "everyone", "--memory", size]);
        assert!(ran.code == Some(2) && ran.err.contains("P0116") && ran.err.contains("2GiB"), "{ran}");
    }
}
