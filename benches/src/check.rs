//! How long it takes to check a large rule book: 10,000 rules, then the same with 200 mistakes.

use cpu_time::ProcessTime;
use rulec_compiler::{NoFiles, check, lower, project};
use rulec_diagnostic::{FileId, Sources};
use rulec_plan::time::Instant;
use std::fmt::Write;
use std::time::Duration;

const RULES: usize = 10_000;
const MISTAKES: usize = 200;
const RUNS: usize = 5;
/// 2026-01-01T00:00:00Z.
const AS_OF: Instant = Instant(1_767_225_600_000_000);

fn main() {
    let good = rule_book(RULES, 0);
    let bad = rule_book(RULES, MISTAKES);
    println!("{RULES} rules, {:.1} MB; CPU seconds, best of {RUNS}", megabytes(&good));
    report("parse", best(|| parse(&good)));
    report("check (with parse)", best(|| findings(&good)));
    report("check and lower", best(|| nodes(&good)));
    println!("the same with {MISTAKES} mistakes");
    report("check (with parse)", best(|| findings(&bad)));
}

/// Rules as a team writes them, over a few facts, tiers and one template; every so often a misspelt name.
fn rule_book(rules: usize, mistakes: usize) -> String {
    let mut text = String::from(
        "tier 沉睡 by dormant { 短期: 30d..90d  中期: 90d..180d  长期: 180d.. }\n\
         template 回归 for sms \"\"\"\n\
         【店】{name or \"亲\"}，满{coupon.threshold}减{coupon.amount}券已到账，{coupon.expires}前有效，拒收请回复R\n\
         \"\"\"\n",
    );
    let every = rules.checked_div(mistakes).unwrap_or(usize::MAX);
    for i in 0..rules {
        let dormant = if i % every == every - 1 { "dormnt" } else { "dormant" };
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "\n## 第 {i} 条\n\
             rule r{i} priority {i} {{\n\
             \x20 when {dormant} > {days}d and monetary > {money}\n\
             \x20   and count(orders where category = \"c{category}\" in last {window}d) >= {count}\n\
             \x20   and (沉睡.中期 or aov in top {share}% or gender = \"female\")\n\
             \x20 unless exists(complaint in last 30d)\n\
             \x20 then send sms 回归 coupon 20/{threshold} ttl 15d, tag \"r{i}\"\n\
             }}\n",
            days = i % 700 + 1,
            money = i % 3_000,
            category = i % 50,
            window = i % 365 + 1,
            count = i % 5 + 1,
            share = i % 90 + 1,
            threshold = 200 + i % 100,
        );
    }
    text
}

fn parse(text: &str) -> usize {
    rulec_grammar::parse(FileId(0), text).file.items.len()
}

fn findings(text: &str) -> usize {
    let mut sources = Sources::default();
    let file = sources.add("bench.rules", text);
    check(&project::standard(), &mut sources, &[file], &NoFiles).diagnostics.len()
}

fn nodes(text: &str) -> usize {
    let project = project::standard();
    let mut sources = Sources::default();
    let file = sources.add("bench.rules", text);
    let checked = check(&project, &mut sources, &[file], &NoFiles);
    lower(&checked.program, &project, &mut sources, AS_OF, &[]).map_or(0, |plan| plan.audience.nodes.len())
}

/// The least CPU time of some runs, and what the last one gave.
fn best(work: impl Fn() -> usize) -> (Duration, usize) {
    let mut best = Duration::MAX;
    let mut result = 0;
    for _ in 0..RUNS {
        let start = ProcessTime::now();
        result = work();
        best = best.min(start.elapsed());
    }
    (best, result)
}

fn report(what: &str, (time, result): (Duration, usize)) {
    println!("  {what:<20} {:>7.3} s  ({result})", time.as_secs_f64());
}

fn megabytes(text: &str) -> f64 {
    text.len() as f64 / 1e6
}
