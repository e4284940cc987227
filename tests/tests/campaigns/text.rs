//! Shops as texts: the project file, the declarations of the rules, and the tables of the database.

use super::shop::{Action, At, Body, Campaign, Limit, Per, Rule, Send, Shop, Within};
use chrono::{DateTime, Days};
use rulec_tests::reference::Table;
use rusqlite::types::Value as Sql;
use std::fmt::Write;

/// The rule that speaks of nothing but what was sent.
pub const BUSY: &str = "忙碌";

impl Shop {
    pub fn project_file(&self) -> String {
        let mut text = format!(
            "[project]\nname = \"random\"\ntimezone = \"{}\"\n\n[database]\nurl = \"sqlite:shop.db\"\n\n\
             [customer]\ntable = \"customers\"\nkey = \"id\"\nzone = \"zone\"\n\n\
             [customer.facts]\nname = {{ type = \"text\", personal = true }}\n\
             phone = {{ type = \"text\", personal = true }}\nagreed = \"bool\"\ncomplains = \"bool\"\n\
             region = \"text\"\nscore = \"number\"\nzone = \"text\"\n\n\
             [events.orders]\ntable = \"orders\"\ncustomer = \"customer\"\n\
             time = {{ column = \"at\", format = \"unix\" }}\n\n[events.orders.facts]\namount = \"money\"\n\n\
             [consent]\nsms = \"agreed\"\n",
            self.zone.name()
        );
        for channel in &self.channels {
            let price = channel.price_micros as f64 / 1e6;
            write!(text, "\n[channels.{}]\nprice = {price}\n", channel.name).expect("a string");
            if channel.is_text {
                text += "address = \"phone\"\n";
            }
            if let Some((from, to)) = channel.quiet {
                let then = if channel.skips { "skip" } else { "hold" };
                writeln!(text, "quiet = \"{}..{}\"\nin_quiet = \"{then}\"", clock(from), clock(to))
                    .expect("a string");
            }
        }
        text
    }

    /// All declarations, each by itself. `later`: with what is declared only after some runs.
    pub fn declarations(&self, later: bool) -> Vec<String> {
        let mut all = vec![
            "suppress any when complains because \"投诉\"".to_owned(),
            format!(
                "rule {BUSY} priority 99 {{ when count(touches in last 3d) >= 2 then tag \"忙\" again every 1d }}"
            ),
        ];
        for pool in &self.pools {
            all.push(format!("pool {} from \"{0}.csv\"", pool.name));
        }
        for send in self.rules.iter().flat_map(sends) {
            if let Some(name) = &send.notice {
                all.push(format!(
                    "template {name} for {} transactional \"\"\"{}\"\"\"",
                    send.channel, send.text
                ));
            }
        }
        all.extend(self.limits.iter().filter(|limit| limit.campaign.is_none()).map(limit));
        all.extend(self.campaigns.iter().map(|campaign| self.written_campaign(campaign, later)));
        all.extend(self.rules.iter().filter(|rule| rule.campaign.is_none()).map(rule));
        all
    }

    fn written_campaign(&self, campaign: &Campaign, later: bool) -> String {
        let mut text = format!("campaign {} {{\n", campaign.name);
        if let Some((first, over)) = campaign.active {
            let day = |days: i64| {
                let begin = DateTime::from_timestamp_micros(self.begin).expect("an instant");
                let today = begin.with_timezone(&self.zone).date_naive();
                let shift = Days::new(days.unsigned_abs());
                if days < 0 { today - shift } else { today + shift }
            };
            writeln!(text, "  active {}..{}", day(first), day(over)).expect("a string");
        }
        if let Some(days) = &campaign.weekdays {
            const NAMES: [&str; 7] =
                ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
            let names: Vec<&str> = days.iter().map(|day| NAMES[*day as usize]).collect();
            let days = if names.len() == 7 { "day".to_owned() } else { names.join(", ") };
            write!(text, "  every {days}").expect("a string");
            text += &campaign.at.map_or_else(String::new, |at| format!(" at {}", clock(at)));
            text += "\n";
        }
        if let Some(holdout) = campaign.holdout.filter(|holdout| later || !holdout.later) {
            writeln!(text, "  holdout {}%", holdout.percent).expect("a string");
        }
        if let Some(within) = campaign.converts_within {
            writeln!(text, "  convert orders within {}", duration(within)).expect("a string");
        }
        if let Some(budget) = campaign.budget {
            let per = budget.per.map_or_else(String::new, |per| format!(" per {}", period(per)));
            writeln!(text, "  budget {}元{per}", budget.cents as f64 / 100.0).expect("a string");
        }
        for limit in self.limits.iter().filter(|limit| limit.campaign.as_ref() == Some(&campaign.name)) {
            writeln!(text, "  {}", self::limit(limit)).expect("a string");
        }
        for rule in self.rules.iter().filter(|rule| rule.campaign.as_ref() == Some(&campaign.name)) {
            writeln!(text, "{}", self::rule(rule)).expect("a string");
        }
        text + "}"
    }

    /// The tables of the database.
    pub fn tables(&self) -> [(&'static str, Table); 2] {
        let text = |text: Option<&str>| text.map_or(Sql::Null, |text| Sql::Text(text.to_owned()));
        let flag = |flag: Option<bool>| flag.map_or(Sql::Null, |flag| Sql::Integer(flag.into()));
        let key = |customer: usize| {
            let key = &self.customers[customer].key;
            if self.text_keys { Sql::Text(key.clone()) } else { Sql::Integer(key.parse().expect("a number")) }
        };
        let customers = self.customers.iter().enumerate().map(|(place, customer)| {
            vec![
                key(place),
                text(customer.name.as_deref()),
                text(customer.phone.as_deref()),
                flag(customer.agreed),
                flag(Some(customer.complains)),
                text(customer.region),
                customer.score.map_or(Sql::Null, Sql::Integer),
                text(customer.zone),
            ]
        });
        let orders = self.orders.iter().map(|order| {
            vec![key(order.customer), Sql::Integer(order.at / 1_000_000), Sql::Integer(order.yuan)]
        });
        let table = |columns: &[&str], rows| Table {
            columns: columns.iter().map(|column| (*column).to_owned()).collect(),
            rows,
        };
        const COLUMNS: [&str; 8] = ["id", "name", "phone", "agreed", "complains", "region", "score", "zone"];
        [
            ("customers", table(&COLUMNS, customers.collect())),
            ("orders", table(&["customer", "at", "amount"], orders.collect())),
        ]
    }
}

fn sends(rule: &Rule) -> Vec<&Send> {
    let steps = (0..=rule.follow_ups.len()).flat_map(|step| rule.actions(step));
    steps.filter_map(|action| if let Action::Send(send) = action { Some(send) } else { None }).collect()
}

fn rule(rule: &Rule) -> String {
    let mut text = format!("rule {} priority {} {{\n  when {}\n", rule.name, rule.priority, rule.when);
    match &rule.body {
        Body::Plain(all) => writeln!(text, "  then {}", actions(all)).expect("a string"),
        Body::Split { name, arms } => {
            writeln!(text, "  split {name} {{").expect("a string");
            for arm in arms {
                let does = if arm.actions.is_empty() { "hold".to_owned() } else { actions(&arm.actions) };
                writeln!(text, "    {}% {}: {does}", arm.percent, arm.label).expect("a string");
            }
            text += "  }\n";
        }
    }
    for follow_up in &rule.follow_ups {
        let unless = follow_up.unless.map_or_else(String::new, |unless| format!(" unless {unless}"));
        writeln!(text, "  after {}{unless} {}", duration(follow_up.after), actions(&follow_up.actions))
            .expect("a string");
    }
    if let Some(days) = rule.again_days {
        writeln!(text, "  again every {days}d").expect("a string");
    }
    text + "}"
}

fn actions(actions: &[Action]) -> String {
    let written: Vec<String> = actions.iter().map(action).collect();
    written.join(", ")
}

fn action(action: &Action) -> String {
    let send = match action {
        Action::Tag(tag) => return format!("tag \"{tag}\""),
        Action::Task(what) => return format!("task \"顾问\" \"{what}\""),
        Action::Send(send) => send,
    };
    let message = send.notice.clone().unwrap_or_else(|| format!("\"\"\"{}\"\"\"", send.text));
    let mut text = format!("send {} {message}", send.channel);
    if let Some((off, from)) = send.coupon {
        write!(text, " coupon {off}/{from}").expect("a string");
        if let Some(pool) = &send.pool {
            write!(text, " from {pool}").expect("a string");
        }
        text += " ttl 7d";
    }
    match send.at {
        Some(At::Time(at)) => write!(text, " at {}", clock(at)).expect("a string"),
        Some(At::Between(from, to)) => write!(text, " at {}..{}", clock(from), clock(to)).expect("a string"),
        None => {}
    }
    if let Some(quota) = send.quota {
        write!(text, " quota {quota}").expect("a string");
        text += &send.best_by.map_or_else(String::new, |best| format!(" best by {best}"));
    }
    text
}

fn limit(limit: &Limit) -> String {
    let channel = limit.channel.unwrap_or("any");
    let segment = limit.region.map_or_else(String::new, |region| format!(" for region = \"{region}\""));
    format!("limit {channel} {} per {}{segment}", limit.count, period(limit.per))
}

fn duration(within: Within) -> String {
    match within {
        Within::Days(days) => format!("{days}d"),
        Within::Hours(hours) => format!("{hours}h"),
    }
}

fn period(per: Per) -> String {
    match per {
        Per::Days(days) => format!("{days}d"),
        Per::Hours(hours) => format!("{hours}h"),
        Per::Day => "day".to_owned(),
        Per::Week => "week".to_owned(),
        Per::Month => "month".to_owned(),
    }
}

fn clock(minutes: u32) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}
