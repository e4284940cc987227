//! What stands around rules, as it is lowered: campaigns, limits, experiments, follow-ups, codes, what is kept.

use rulec_compiler::{NoFiles, check, lower, project, remarks};
use rulec_diagnostic::{Diagnostic, FileId, Sources};
use rulec_plan::Plan;
use rulec_plan::audience::{Aggregate, Function, Node, NodeId, Op, Scalar};
use rulec_plan::campaign::{Budget, Period, Share, Standing};
use rulec_plan::project::{Kept, Project, Source};
use rulec_plan::rules::{Action, Display, Format, Piece, Quota, SendTime};
use rulec_plan::time::{CalendarUnit, Day, Duration, HOUR, Instant, Zone};

const SHOP: &str = r#"
[project]
name = "test"
timezone = "Asia/Shanghai"
[database]
url = "sqlite:shop.db"
[customer]
table = "customers"
key = "id"
zone = "zone"
[customer.facts]
age = "number"
zone = "text"
balance = "money"
registered = "time"
[events.orders]
table = "orders"
customer = "customer_id"
time = "at"
[events.orders.facts]
price = "money"
category = "text"
[channels.sms]
[channels.wecom]
"#;
/// Tables of the project beside those that are kept.
const OWN: &str = r#"
[events.touches]
table = "messages"
customer = "customer_id"
time = "sent_at"
[events.touches.facts]
channel = "text"
cost = "money"
opened = "number"
[events.outcomes]
table = "outcomes"
customer = "customer_id"
time = "at"
[events.outcomes.facts]
kind = "text"
rule = "text"
"#;

const RULE: &str = "rule r { when age > 1 then send sms \"x\" }";

fn shop(more: &str) -> Project {
    let (project, findings) = project::parse(FileId(0), &format!("{SHOP}{more}"));
    project.unwrap_or_else(|| panic!("{findings:?}"))
}

/// The plan and what is remarked about the run.
type Lowered = Result<(Plan, Vec<Diagnostic>), Vec<Diagnostic>>;

fn lowered(project: &Project, rules: &str, at: &str, set: &[(&str, &str)]) -> Lowered {
    let mut sources = Sources::default();
    let file = sources.add("rules/winback.rules", rules);
    let checked = check(project, &mut sources, &[file], &NoFiles);
    let errors: Vec<Diagnostic> = checked.diagnostics.into_iter().filter(Diagnostic::is_error).collect();
    if !errors.is_empty() {
        return Err(errors);
    }
    let set: Vec<(String, String)> =
        set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let as_of = instant(project.zone, at);
    let plan = lower(&checked.program, project, &mut sources, as_of, &set)?;
    Ok((plan, remarks(&checked.program, project, as_of)))
}

/// `2026-11-21 12:00` in this zone.
fn instant(zone: Zone, at: &str) -> Instant {
    let (day, time) = at.split_once(' ').expect("a day and a time");
    let day: Day = Day::from_date(day.parse().expect("a day"));
    zone.instant_of(day.date().and_time(time.parse().expect("a time")))
}

const NOON: &str = "2026-11-21 12:00:00";

fn plan_at(rules: &str, at: &str) -> Plan {
    lowered(&shop(""), rules, at, &[]).unwrap_or_else(|findings| panic!("{findings:?}")).0
}

fn plan(rules: &str) -> Plan {
    plan_at(rules, NOON)
}

fn plan_beside_own(rules: &str) -> Result<Plan, Vec<Diagnostic>> {
    lowered(&shop(OWN), rules, NOON, &[]).map(|(plan, _)| plan)
}

fn codes(result: Lowered) -> Vec<&'static str> {
    result
        .map_or_else(|findings| findings.iter().map(|finding| finding.code.name()).collect(), |_| Vec::new())
}

fn standing(member: &str, at: &str) -> Standing {
    plan_at(&format!("campaign c {{ {member}\n {RULE} }}"), at).campaigns[0].standing
}

/// Whether a campaign of 2026 with this schedule runs on this day.
fn runs(schedule: &str, day: &str) -> bool {
    standing(schedule, &format!("{day} 12:00:00")).runs()
}

fn op(plan: &Plan, node: NodeId) -> &Op {
    &plan.audience.node(node).op
}

/// The aggregates that a node rests on, each with the source of its rows.
fn aggregates(plan: &Plan, node: NodeId) -> Vec<(&Aggregate, &Source)> {
    let mut open = vec![node];
    let mut found = Vec::new();
    while let Some(node) = open.pop() {
        if let Op::Aggregate(id) = op(plan, node) {
            let aggregate = plan.audience.aggregate(*id);
            found.push((aggregate, &plan.audience.scans[aggregate.scan as usize].source));
        }
        open.extend(op(plan, node).operands());
    }
    found
}

fn sources(plan: &Plan, node: NodeId) -> Vec<String> {
    let mut names: Vec<String> = aggregates(plan, node)
        .into_iter()
        .map(|(_, source)| source.table().unwrap_or_default().to_owned())
        .collect();
    names.sort();
    names.dedup();
    names
}

/// The nodes of the stream of a kept table.
fn rows_of(plan: &Plan, kept: Kept) -> &[Node] {
    let scan = plan.audience.scans.iter().find(|scan| scan.source == Source::Kept(kept));
    &scan.expect("a scan of it").streams[0].nodes
}

fn send(action: &Action) -> &rulec_plan::rules::Send {
    match action {
        Action::Send(send) => send,
        other => panic!("{other:?} is no message"),
    }
}

#[test]
fn a_campaign_runs_from_its_first_day_to_before_its_last() {
    let of = |at: &str| standing("active 2026-09-01..2026-12-01", at);
    assert_eq!(of("2026-08-31 23:59:59"), Standing::NotBegun);
    assert!(of("2026-09-01 00:00:00").runs());
    assert!(of("2026-11-30 23:59:59").runs());
    assert_eq!(of("2026-12-01 00:00:00"), Standing::Over);
    assert!(standing("active 2026-09-01..", "2030-01-01 00:00:00").runs());
}

#[test]
fn nothing_goes_out_before_the_hour_of_the_schedule() {
    let zone = shop("").zone;
    let of = |at: &str| standing("every day at 10:00", at);
    let at = |text: &str| Standing::Runs { from: instant(zone, text) };
    assert_eq!(of("2026-11-21 08:00:00"), at("2026-11-21 10:00:00"));
    assert_eq!(of("2026-11-21 12:00:00"), at("2026-11-21 12:00:00"));
}

#[test]
fn schedules_name_their_days() {
    for (schedule, on, off) in [
        ("every monday, friday", "2026-11-23", "2026-11-24"),
        ("every month on 1, 25", "2026-11-25", "2026-11-24"),
        ("every month on 31", "2026-10-31", "2026-11-30"),
        ("every month on last day", "2026-11-30", "2026-11-29"),
        // The 31st is a Saturday.
        ("every month on last workday", "2026-10-30", "2026-10-31"),
        // National day; the Sunday before it is worked.
        ("every workday", "2026-09-20", "2026-10-01"),
        ("每周一、五", "2026-11-27", "2026-11-28"),
    ] {
        assert!(runs(schedule, on), "{schedule} on {on}");
        assert!(!runs(schedule, off), "{schedule} on {off}");
    }
}

#[test]
fn working_days_of_unknown_years_are_remarked() {
    let remarked = |schedule: &str, day: &str| {
        let rules = format!("campaign c {{ {schedule} {RULE} }}");
        let (plan, remarks) = lowered(&shop(""), &rules, day, &[]).expect("right");
        (plan.campaigns[0].standing.runs(), remarks.iter().map(|found| found.code.name()).collect::<Vec<_>>())
    };
    // A Monday and a Saturday.
    assert_eq!(remarked("every workday", "2090-11-20 12:00:00"), (true, vec!["R0308"]));
    assert_eq!(remarked("every workday", "2090-11-18 12:00:00"), (false, vec!["R0308"]));
    assert_eq!(remarked("every workday", "2026-11-20 12:00:00"), (true, vec![]));
    assert_eq!(remarked("every day", "2090-11-20 12:00:00"), (true, vec![]));
}

#[test]
fn a_campaign_says_what_it_holds_out_counts_and_may_cost() {
    let rules = format!(
        "## 秋天\ncampaign c {{\n holdout 2.5%\n convert orders where category = \"a\" within 14d\n budget 1000.5元 per 30d\n {RULE} }}"
    );
    let plan = plan(&rules);
    let campaign = plan.campaign("c").expect("it is there");
    assert_eq!((campaign.doc.as_deref(), campaign.line), (Some("秋天"), 2));
    assert_eq!(campaign.holdout, Some(Share(2_500_000_000)));
    let within = Duration::Calendar { months: 0, days: 14 };
    let conversion = campaign.conversion.as_ref().expect("it is there");
    assert_eq!((conversion.event.as_str(), conversion.within), ("orders", within));
    let month = Period::Rolling(Duration::Calendar { months: 0, days: 30 });
    assert_eq!(campaign.budget, Some(Budget { cents: 100_050, per: Some(month) }));
    assert_eq!(plan.rules[0].campaign.as_deref(), Some("c"));
    assert!(matches!(plan.customer_zone.map(|node| op(&plan, node)), Some(Op::Column(_))));
}

#[test]
fn params_bound_shares_when_they_are_set() {
    let holdout = format!("param p = 5%\ncampaign c {{ holdout p {RULE} }}");
    assert_eq!(codes(lowered(&shop(""), &holdout, NOON, &[("p", "20%")])), [""; 0]);
    assert_eq!(codes(lowered(&shop(""), &holdout, NOON, &[("p", "100%")])), ["R0303"]);
    let split = "param p = 40%\nrule r { when age > 1 split s { p 甲: tag \"a\" 60% hold } }";
    assert_eq!(codes(lowered(&shop(""), split, NOON, &[])), [""; 0]);
    assert_eq!(codes(lowered(&shop(""), split, NOON, &[("p", "50%")])), ["R0303"]);
}

#[test]
fn arms_share_out_the_actions_of_their_rule() {
    let rule = "rule r { when age > 1 split s {\n 45% 甲: send sms \"a\", tag \"t\"\n 45% send sms \"b\"\n 10% hold } }";
    let plan = plan(rule);
    let split = plan.rules[0].split.as_ref().expect("a split");
    let arms: Vec<_> =
        split.arms.iter().map(|arm| (arm.label.as_str(), arm.first_action, arm.actions)).collect();
    assert_eq!(arms, [("甲", 0, 2), ("2", 2, 1), ("3", 3, 0)]);
    assert_eq!(split.arms.iter().map(|arm| arm.share.0).sum::<u64>(), Share::WHOLE.0);
    assert_eq!(plan.rules[0].actions.len(), 3);
}

#[test]
fn limits_are_called_as_they_are_written() {
    let plan = plan(
        "limit  sms 2 per 30d\n  for age > 3\n限频 任意 每周 1次\ncampaign c { limit wecom 1 per day rule r { when age > 1 then tag \"x\" } }",
    );
    let found: Vec<_> = plan
        .limits
        .iter()
        .map(|limit| (limit.name.as_str(), limit.channel.as_deref(), limit.count))
        .collect();
    assert_eq!(
        found,
        [
            ("sms 2 per 30d for age > 3", Some("sms"), 2),
            ("任意 每周 1次", None, 1),
            ("wecom 1 per day", Some("wecom"), 1)
        ]
    );
    assert_eq!(plan.limits[1].per, Period::Calendar(CalendarUnit::Week));
    assert_eq!(plan.limits[2].campaign.as_deref(), Some("c"));
    assert!(plan.limits[0].segment.is_some() && plan.limits.iter().all(|limit| limit.elsewhere.is_none()));
}

#[test]
fn limits_count_what_was_sent_by_other_means() {
    let plan = plan_beside_own(&format!("limit sms 2 per 30d\nlimit any 1 per day\n{RULE}")).expect("right");
    let elsewhere = |limit: usize| {
        let node = plan.limits[limit].elsewhere.expect("it counts");
        let found = aggregates(&plan, node);
        assert_eq!(found[0].0.function, Function::Count);
        (sources(&plan, node), found[0].0.filter.is_some(), found[0].0.from)
    };
    let zone = plan.zone;
    let from = |at: &str| Some(instant(zone, at));
    assert_eq!(elsewhere(0), (vec!["messages".to_owned()], true, from("2026-10-22 00:00:00")));
    assert_eq!(elsewhere(1), (vec!["messages".to_owned()], false, from("2026-11-21 00:00:00")));
}

#[test]
fn a_message_says_when_to_how_many_and_with_which_code_it_goes_out() {
    let plan = plan(
        "pool 券码 from \"codes.csv\"\nwhen age > 1 then send sms \"{coupon.code}\" coupon 50 from 券码 ttl 3d at 20:00 quota 50 best by balance, send wecom \"x\" at 18:00..21:30",
    );
    let first = send(&plan.rules[0].actions[0]);
    assert_eq!((first.message.as_slice(), first.pool.as_deref()), ([Piece::Code].as_slice(), Some("券码")));
    assert_eq!(first.at, Some(SendTime::At(20 * 60)));
    let Some(Quota { count: 50, best_by: Some(ranking) }) = first.quota else { panic!("{:?}", first.quota) };
    assert!(!ranking.low_is_better && matches!(op(&plan, ranking.value), Op::Column(_)));
    let second = send(&plan.rules[0].actions[1]);
    assert_eq!(second.at, Some(SendTime::Between(18 * 60, 21 * 60 + 30)));
    assert_eq!((plan.pools[0].name.as_str(), plan.pools[0].file.as_str()), ("券码", "codes.csv"));
}

#[test]
fn values_are_written_in_their_formats() {
    let plan = plan(
        "when age > 1 then send sms \"{balance as rounded}{registered as clock or \\\"-\\\"}{coupon.amount as symbol}{coupon.expires as long}{coupon.amount}\" coupon 9.9/50 ttl 3d",
    );
    let message = &send(&plan.rules[0].actions[0]).message;
    let fact = |piece: &Piece| match piece {
        Piece::Fact { display, format, .. } => Some((*display, *format)),
        _ => None,
    };
    assert_eq!(fact(&message[0]), Some((Display::Money, Format::Rounded)));
    assert_eq!(fact(&message[1]), Some((Display::Time, Format::Clock)));
    assert_eq!(fact(&message[2]), Some((Display::Money, Format::Symbol)));
    assert_eq!(message[3], Piece::OfferEnds(Format::Long));
    assert_eq!(message[4], Piece::Text("9.9".to_owned()));
    let Piece::Fact { node, .. } = &message[2] else { panic!("no value") };
    assert_eq!(*op(&plan, *node), Op::Constant(Scalar::Int(990)));
}

#[test]
fn what_happened_to_a_message_is_never_missing() {
    let plan = plan("when exists(touches in last 7d where not opened) then tag \"x\"");
    let nodes = rows_of(&plan, Kept::Touches);
    let now = plan.as_of.0;
    assert!(
        nodes.iter().any(|node| matches!(node.op, Op::Within { high: Some(high), .. } if high == now + 1))
    );
    assert!(nodes.iter().any(|node| matches!(node.op, Op::OrElse(..))));
    let soon =
        "when exists(coupons where not redeemed and expires in next 24h and amount >= 50元) then tag \"x\"";
    let plan = self::plan(soon);
    let high = now + 24 * HOUR;
    let expires = |node: &Node| matches!(node.op, Op::Within { high: Some(found), .. } if found == high + 1);
    assert!(rows_of(&plan, Kept::Coupons).iter().any(expires), "{:?}", rows_of(&plan, Kept::Coupons));
}

#[test]
fn messages_of_both_kinds_are_counted_together() {
    let of = |condition: &str| plan_beside_own(&format!("when {condition} then tag \"x\""));
    let sources_of = |condition: &str| {
        let plan = of(condition).unwrap_or_else(|findings| panic!("{findings:?}"));
        sources(&plan, plan.rules[0].condition)
    };
    for both in [
        "count(touches in last 7d) > 1",
        "exists(touches where channel = \"sms\")",
        "not exists(touches in last 7d)",
    ] {
        assert_eq!(sources_of(both), ["kept_touches", "messages"], "{both}");
    }
    assert_eq!(sources_of("sum(touches.cost) > 5"), ["messages"]);
    assert_eq!(sources_of("exists(touches where clicked)"), ["kept_touches"]);
    for refused in [
        "now - last(touches.at) > 7d",
        "distinct(touches.channel) > 1",
        "exists(touches where clicked and cost > 1)",
        "exists(touches where opened > 1)",
    ] {
        assert_eq!(codes(of(refused).map(|plan| (plan, Vec::new()))), ["R0307"], "{refused}");
    }
}

#[test]
fn follow_ups_ask_for_the_chains_that_wait_for_them() {
    let plan = plan(
        "campaign c { convert orders within 14d\n rule r { when age > 1 then send wecom \"a\"\n after 48h unless opened send sms \"b\"\n after 3d when clicked and age > 2 tag \"c\" } }",
    );
    let [first, second] = plan.rules[0].follow_ups.as_slice() else { panic!("two") };
    assert_eq!(first.delay, Duration::Exact { micros: 48 * HOUR });
    assert_eq!(second.delay, Duration::Calendar { months: 0, days: 3 });
    assert_ne!(first.due, second.due);
    assert_eq!(sources(&plan, first.due), ["kept_chains"]);
    assert!(matches!(first.condition.map(|node| op(&plan, node)), Some(Op::Not(_))));
    assert_eq!(sources(&plan, first.condition.expect("one")), ["kept_chains"]);
    assert_eq!(sources(&plan, first.converted.expect("one")), ["kept_chains", "orders"]);
    // Orders are compared with times of the chain, so they are read after it.
    let stages = aggregates(&plan, first.converted.expect("one"));
    assert!(stages.iter().any(|(aggregate, _)| aggregate.stage == 1), "{stages:?}");
    let steps: Vec<_> = rows_of(&plan, Kept::Chains)
        .iter()
        .filter_map(|node| match &node.op {
            Op::OneOfInts(_, steps) => Some(steps.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(steps, [[1], [2]]);
    let facts: Vec<&str> = second.facts.iter().map(|fact| fact.name.as_str()).collect();
    assert_eq!(facts, ["clicked", "age"]);
}

#[test]
fn outcomes_of_the_project_count_as_those_recorded() {
    let rules = "rule r { when age > 1 then send sms \"a\"\n after 48h unless opened send sms \"b\" }";
    let plan = plan_beside_own(rules).expect("right");
    let step = &plan.rules[0].follow_ups[0];
    assert_eq!(sources(&plan, step.condition.expect("one")), ["kept_chains", "outcomes"]);
    // Who converted is left in peace, though no campaign says what that is, unless the step asks for just them.
    assert_eq!(sources(&plan, step.converted.expect("recorded ones")), ["kept_chains", "outcomes"]);
    let asks = "rule r { when age > 1 then send sms \"a\"\n after 48h when converted send sms \"b\" }";
    assert_eq!(plan_beside_own(asks).expect("right").rules[0].follow_ups[0].converted, None);
}

#[test]
fn who_enters_was_recorded_outside() {
    let plan = plan(
        "segment old = age > 60\ntier t by age { low: ..10 high: 10.. }\nwhen enters old or leaves t.low then tag \"x\"\nrule b { when leaves old then tag \"y\" }",
    );
    let segments: Vec<&str> = plan.memberships.iter().map(|member| member.segment.as_str()).collect();
    assert_eq!(segments, ["old", "t.low"]);
    let old = &plan.memberships[0];
    let Op::Compare(_, member, recorded) = op(&plan, old.before) else {
        panic!("{:?}", op(&plan, old.before))
    };
    assert_eq!(sources(&plan, *member), ["kept_members"]);
    assert!(matches!(op(&plan, *recorded), Op::Lookup { .. }));
    assert_eq!(plan.audience.lookups[0].source, Source::Kept(Kept::Recorded));
    let Op::And(parts) = op(&plan, plan.rules[1].condition) else { panic!("leaves is before and not now") };
    assert!(parts.contains(&old.before) && !parts.contains(&old.now));
}

#[test]
fn the_hash_of_a_rule_covers_all_that_changes_to_whom_it_goes() {
    let text = "param n = 2\npool p from \"a.csv\"\nlimit sms n per 30d for age > 1\nlimit wecom 1 per day\nsuppress sms when age > 90\ncampaign c { holdout 5%\n rule r { when age > 1 then send sms \"a\" coupon 5 from p ttl 3d\n after 48h unless opened send sms \"b\"\n } }";
    let hash = |text: &str, set: &[(&str, &str)]| {
        let (plan, _) = lowered(&shop(""), text, NOON, set).unwrap_or_else(|findings| panic!("{findings:?}"));
        plan.rules[0].hash.clone()
    };
    let before = hash(text, &[]);
    for (from, to) in [
        ("a.csv", "b.csv"),
        ("per 30d", "per 31d"),
        ("age > 90", "age > 91"),
        ("holdout 5%", "holdout 6%"),
        ("48h", "49h"),
        ("\"b\"", "\"c\""),
    ] {
        assert_ne!(before, hash(&text.replace(from, to), &[]), "{from}");
    }
    assert_ne!(before, hash(text, &[("n", "3")]));
    // A limit on a channel that the rule does not use, and moving the rule, change nothing.
    assert_eq!(before, hash(&text.replace("wecom 1", "wecom 2"), &[]));
    assert_eq!(before, hash(&format!("# moved\n{text}"), &[]));
}
