//! Shops made from a seed.

use super::shop::{
    Action, Arm, At, Body, Budget, Campaign, Channel, Customer, DAY, FollowUp, HOUR, Holdout, Limit, MINUTE,
    Order, Per, Pool, Rule, Send, Shop, Within,
};
use chrono::TimeZone;
use chrono_tz::Tz;
use rulec_tests::random::Rng;

/// Some where clocks are changed in the weeks that are planned, and some where they are not.
const ZONES: [&str; 3] = ["Asia/Shanghai", "Europe/Berlin", "America/New_York"];
const CUSTOMER_ZONES: [Option<&str>; 7] = [
    None,
    None,
    Some("Asia/Tokyo"),
    Some("Asia/Urumqi"),
    Some("Europe/London"),
    Some("America/New_York"),
    Some("nowhere"),
];
const REGIONS: [Option<&str>; 4] = [Some("east"), Some("west"), Some("west"), None];
const QUIET: [(u32, u32); 4] = [(21 * 60, 9 * 60), (22 * 60 + 30, 7 * 60), (12 * 60, 14 * 60), (0, 8 * 60)];

/// Whom rules take. The last two rest on what was sent.
pub const CONDITIONS: [&str; 9] = [
    "everyone",
    "everyone",
    "score > 3",
    "region = \"east\" or score < 5",
    "dormant > 20d",
    "exists(orders in last 5d)",
    "frequency >= 2",
    "count(touches in last 7d) < 2",
    "not exists(coupons where redeemed)",
];

impl Shop {
    pub fn random(seed: u64) -> Shop {
        let rng = &mut Rng::new(seed);
        let zone: Tz = rng.pick(&ZONES).parse().expect("a zone");
        let day = u32::try_from(rng.between(18, 30)).expect("a day");
        let midnight = zone.with_ymd_and_hms(2026, 10, day, 0, 0, 0).earliest().expect("an instant");
        let begin = midnight.timestamp_micros() + rng.between(6 * 60, 22 * 60) * MINUTE;
        let text_keys = rng.chance(40);
        let count = rng.between(20, 45);
        let customers: Vec<Customer> = (1..=count).map(|number| customer(rng, number, text_keys)).collect();
        let orders = orders(rng, customers.len(), begin);
        let pools = (0..rng.below(3)).map(|number| pool(rng, number)).collect();
        let campaigns = (0..rng.between(1, 3)).map(|number| campaign(rng, number)).collect();
        let mut shop = Shop {
            zone,
            begin,
            text_keys,
            customers,
            orders,
            channels: channels(rng),
            campaigns,
            rules: Vec::new(),
            limits: Vec::new(),
            pools,
        };
        let mut priorities: Vec<i64> = (1..=20).collect();
        rng.shuffle(&mut priorities);
        for priority in priorities.into_iter().take(3 + rng.below(4)) {
            let rule = rule(rng, &shop, priority);
            shop.rules.push(rule);
        }
        shop.limits = (0..rng.below(4)).map(|_| limit(rng, &shop)).collect();
        shop
    }
}

fn customer(rng: &mut Rng, number: i64, text_keys: bool) -> Customer {
    let name = rng.pick(&[None, Some(String::new()), Some("王".to_owned()), Some("Ann".repeat(12))]);
    Customer {
        key: if text_keys { format!("客{}-{number}", number * 7 % 10) } else { number.to_string() },
        name: name.map(|name| format!("{name}{number}")),
        phone: rng.pick(&[None, Some(String::new()), Some(" ".to_owned()), Some("1".to_owned())]).map(
            |start| {
                if start.trim().is_empty() && rng.chance(50) { start } else { format!("1380000{number:04}") }
            },
        ),
        agreed: rng.pick(&[Some(true), Some(true), Some(true), Some(false), None]),
        complains: rng.chance(8),
        region: rng.pick(&REGIONS),
        score: rng.chance(85).then(|| rng.between(0, 9)),
        zone: rng.pick(&CUSTOMER_ZONES),
    }
}

/// Before the first run, and while it is planned: what happens after a run is invisible to it.
fn orders(rng: &mut Rng, customers: usize, begin: i64) -> Vec<Order> {
    let mut orders = Vec::new();
    for customer in 0..customers {
        for _ in 0..rng.below(4) {
            let (from, to) = if rng.chance(60) { (-90, 0) } else { (0, 14) };
            let at = begin + rng.between(from * DAY / MINUTE, to * DAY / MINUTE) * MINUTE;
            orders.push(Order { customer, at, yuan: rng.between(1, 500) });
        }
    }
    orders
}

fn pool(rng: &mut Rng, number: usize) -> Pool {
    let count = rng.between(3, 40);
    Pool {
        name: format!("pool{number}"),
        codes: (0..count).map(|code| format!("P{number}-{:03}", code * 37 % 101)).collect(),
    }
}

fn channels(rng: &mut Rng) -> Vec<Channel> {
    let mut channel = |name, price_micros, by_parts, is_text| Channel {
        name,
        price_micros,
        quiet: rng.chance(65).then(|| rng.pick(&QUIET)),
        skips: rng.chance(25),
        by_parts,
        is_text,
    };
    vec![
        channel("sms", 50_000, true, true),
        channel("push", 0, false, false),
        channel("email", 10_000, false, false),
    ]
}

fn campaign(rng: &mut Rng, number: i64) -> Campaign {
    let first = rng.between(-5, 1);
    let weekdays = rng.chance(30).then(|| vec![0, 1, 3, 4, 6]);
    let is_scheduled = weekdays.is_some() || rng.chance(40);
    let budget = |rng: &mut Rng| Budget {
        cents: rng.pick(&[50, 1_000, 60_000, 400_000]),
        per: rng.pick(&[None, Some(Per::Days(3)), Some(Per::Hours(50)), Some(Per::Week), Some(Per::Month)]),
    };
    Campaign {
        name: format!("召回{number}"),
        active: rng.chance(50).then(|| (first, first + rng.between(4, 12))),
        at: (is_scheduled && rng.chance(60)).then(|| rng.pick(&[10 * 60, 18 * 60 + 30])),
        weekdays: if is_scheduled { Some(weekdays.unwrap_or_else(|| (0..7).collect())) } else { None },
        holdout: rng.chance(50).then(|| Holdout { percent: rng.pick(&[10, 33, 60]), later: rng.chance(60) }),
        converts_within: rng
            .chance(60)
            .then(|| rng.pick(&[Within::Days(1), Within::Days(5), Within::Hours(30), Within::Hours(100)])),
        budget: if rng.chance(60) { Some(budget(rng)) } else { None },
    }
}

fn rule(rng: &mut Rng, shop: &Shop, priority: i64) -> Rule {
    let number = shop.rules.len();
    let campaign = rng.chance(85).then(|| rng.pick(&shop.campaigns).name);
    let with_follow_ups = campaign.is_some() && rng.chance(75);
    let body =
        if rng.chance(35) { split(rng, shop, number) } else { Body::Plain(actions(rng, shop, number, 0)) };
    let count = if with_follow_ups { rng.between(1, 3) } else { 0 };
    let follow_ups = (1..=count).map(|step| FollowUp {
        after: rng.pick(&[
            Within::Hours(1),
            Within::Hours(20),
            Within::Hours(48),
            Within::Days(1),
            Within::Days(2),
        ]),
        unless: rng.pick(&[None, Some("opened"), Some("opened or clicked"), Some("replied or redeemed")]),
        actions: actions(rng, shop, number, step),
    });
    let follow_ups = follow_ups.collect();
    Rule {
        name: format!("唤醒{number}"),
        campaign,
        priority,
        when: rng.pick(&CONDITIONS),
        again_days: rng.chance(70).then(|| rng.between(1, 4)),
        body,
        follow_ups,
    }
}

fn split(rng: &mut Rng, shop: &Shop, number: usize) -> Body {
    let shares: Vec<u64> = rng.pick(&[vec![50, 50], vec![33, 33, 34], vec![10, 90], vec![45, 45, 10]]);
    let holds = rng.below(shares.len() + 1);
    let arm = |rng: &mut Rng, place: usize, percent: u64| Arm {
        label: format!("组{place}"),
        percent,
        actions: if place == holds { Vec::new() } else { actions(rng, shop, number, 10 + place as i64) },
    };
    let arms = shares.iter().enumerate().map(|(place, percent)| arm(rng, place, *percent)).collect();
    Body::Split { name: format!("文案{number}"), arms }
}

/// `step` makes texts differ.
fn actions(rng: &mut Rng, shop: &Shop, rule: usize, step: i64) -> Vec<Action> {
    let count = rng.between(1, 3);
    let action = |rng: &mut Rng, place: i64| match rng.below(8) {
        0 => Action::Tag(format!("标签{rule}-{step}")),
        1 => Action::Task(format!("回访{rule}-{step}")),
        _ => Action::Send(send(rng, shop, &format!("{rule}-{step}-{place}"))),
    };
    (0..count).map(|place| action(rng, place)).collect()
}

fn send(rng: &mut Rng, shop: &Shop, place: &str) -> Send {
    let channel = rng.pick(&["sms", "sms", "push", "email"]);
    let is_notice = rng.chance(12);
    let coupon = (!is_notice && rng.chance(50)).then(|| rng.pick(&[(5, 50), (30, 200), (150, 800)]));
    let pool =
        coupon.filter(|_| !shop.pools.is_empty() && rng.chance(50)).map(|_| rng.pick(&shop.pools).name);
    let mut text = format!("消息{place}");
    text += rng.pick(&["", "，{name}", "，{name or \"亲\"}", "，{name or \"亲\"}"]);
    text += &"好".repeat(rng.pick(&[0, 3, 50, 62, 130]));
    if pool.is_some() {
        text += "{coupon.code}";
    }
    let at =
        [None, None, None, Some(At::Time(20 * 60)), Some(At::Time(9 * 60 + 30)), Some(At::Time(13 * 60))];
    let between = [Some(At::Between(18 * 60, 21 * 60)), Some(At::Between(22 * 60, 6 * 60))];
    let quota = rng.chance(25).then(|| rng.pick(&[1, 3, 12]));
    Send {
        channel,
        text,
        notice: is_notice.then(|| format!("通知{}", place.replace('-', "_"))),
        coupon,
        pool,
        quota,
        best_by: quota.and_then(|_| rng.pick(&[None, Some("score"), Some("dormant")])),
        at: rng.pick(&[at.as_slice(), &between].concat()),
    }
}

fn limit(rng: &mut Rng, shop: &Shop) -> Limit {
    Limit {
        channel: rng.pick(&[None, None, Some("sms"), Some("push")]),
        count: rng.pick(&[1, 1, 2, 3]),
        per: rng.pick(&[Per::Days(1), Per::Days(3), Per::Hours(30), Per::Day, Per::Week, Per::Month]),
        region: rng.chance(30).then_some("east"),
        campaign: rng.chance(35).then(|| rng.pick(&shop.campaigns).name),
    }
}

/// The instants of the runs of a shop: once or twice a day, sometimes with days between.
pub fn runs(rng: &mut Rng, shop: &Shop, count: usize) -> Vec<i64> {
    let mut at = shop.begin;
    let mut runs = Vec::new();
    for _ in 0..count {
        runs.push(at);
        let pause = match rng.below(5) {
            0 => rng.between(1, 9) * HOUR,
            1 => DAY,
            2 => DAY + rng.between(-90, 90) * MINUTE,
            3 => rng.between(10, 30) * HOUR + rng.between(0, 3600) * 1_000_000,
            _ => 2 * DAY + rng.between(-20, 20) * HOUR,
        };
        at += pause;
    }
    runs
}
