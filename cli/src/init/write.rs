//! A proposal as a project file and a first rule, with comments on what was guessed.

use super::guess::{Customers, Doubt, Events, Fact, Kind, Proposal};
use crate::language::Words;
use rulec_diagnostic::Language;
use std::fmt::{self, Write};

const HEAD: Words = Words::new(
    "# Written by `rulec init` from what it saw in the database. Look at the lines marked `?`,\n\
     # then run `rulec schema check`.\n",
    "# 由 `rulec init` 根据数据库生成。请看一看标了 `?` 的行，然后运行 `rulec schema check`。\n",
);
const ZONE: Words = Words::new("# ? where the shop's days begin and end", "# ? 按哪个时区算日期");
const DATABASE: Words = Words::new("# only ever read", "# 只读，从不改动");
const STATE: Words = Words::new("# rulec's own record", "# rulec 自己的记录");
const UNIT: Words =
    Words::new("# ? or does it count in cents: unit = \"cent\"", "# ? 如果单位是分：unit = \"cent\"");
const VALUES: Words = Words::new("# ? are these all the values", "# ? 取值是否齐全");
const SEPARATOR: Words = Words::new("# ? what stands between two words", "# ? 词与词之间用什么隔开");
const CONSENT: Words = Words::new(
    "# ? not yet taken into account, since it is no plain yes or no: everybody is sent to",
    "# ? 还没有起作用，因为它不是明确的是/否：现在所有人都会收到",
);
const ADDRESS: Words = Words::new(
    "# address = \"…\"   # ? the fact with the address",
    "# address = \"…\"   # ? 填写存放联系方式的字段",
);
const OTHER_TIMES: Words = Words::new("# ? or one of", "# ? 也可能是");
const STATUS: Words = Words::new(
    "# ? do all rows count; if not: where = \"status = 'paid'\", in SQL",
    "# ? 是否每一行都算数；不算的用 SQL 排除，例如 where = \"status = 'paid'\"",
);
const UNUSED: Words = Words::new(
    "# not used, since no customer or no time was recognised: ",
    "# 没有用到（没认出客户列或时间列）：",
);
const CHANNEL: Words = Words::new(
    "# messages go to a file, one JSON line each, until `kind` says otherwise",
    "# 在写明 `kind` 之前，消息只写进文件，每条一行 JSON",
);

const REMARK: Words = Words::new(
    "# A first rule. `rulec run --dry-run` shows what it would send; nothing is sent.",
    "# 第一条规则。`rulec run --dry-run` 只显示会发什么，不会真的发送。",
);
const DORMANT: Words = Words::new("dormant > 60d", "沉睡天数 > 60天");
const DORMANT_SPENDER: Words =
    Words::new("dormant > 60d and monetary > 500", "沉睡天数 > 60天 且 消费总额 > 500元");
const MESSAGE: Words =
    Words::new("We miss you: 150 off from 500, for 15 days", "好久不见！满500减150元券已到账，15天内有效");
const SHORT_MESSAGE: Words = Words::new(
    "【{shop}】We miss you: 150 off from 500, for 15 days. Reply R to opt out",
    "【{shop}】好久不见！满500减150元券已到账，15天内有效，拒收请回复R",
);

/// Where the proposal is to stand.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// The project's name.
    pub name: &'a str,
    /// The database, as a path from the project's directory.
    pub database: &'a str,
    pub language: Language,
}

/// The text of `rulec.toml`.
pub fn project_file(proposal: &Proposal, setting: Setting<'_>) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write_project(&mut text, proposal, setting);
    text
}

fn write_project(to: &mut String, proposal: &Proposal, setting: Setting<'_>) -> fmt::Result {
    let language = setting.language;
    writeln!(to, "{}", HEAD.get(language))?;
    writeln!(to, "[project]\nname = {}", quoted(setting.name))?;
    writeln!(to, "timezone = \"Asia/Shanghai\"   {}", ZONE.get(language))?;
    writeln!(to, "currency = \"CNY\"\nrules = [\"rules/**/*.rules\"]\n")?;
    let url = quoted(&format!("sqlite:{}", setting.database));
    writeln!(to, "[database]   {}\nurl = {url}\n", DATABASE.get(language))?;
    writeln!(to, "[state]   {}\nurl = \"sqlite:.rulec/state.db\"\n", STATE.get(language))?;
    write_customers(to, &proposal.customers, language)?;
    for events in &proposal.events {
        write_events(to, events, language)?;
    }
    write_channels(to, proposal, language)?;
    if !proposal.unused.is_empty() {
        let names: Vec<_> = proposal.unused.iter().map(|name| comment(name)).collect();
        writeln!(to, "\n{}{}", UNUSED.get(language), names.join(", "))?;
    }
    Ok(())
}

fn write_customers(to: &mut String, customers: &Customers, language: Language) -> fmt::Result {
    writeln!(to, "[customer]\ntable = {}\nkey = {}", quoted(&customers.table), quoted(&customers.key))?;
    if !customers.facts.is_empty() {
        writeln!(to, "\n[customer.facts]")?;
    }
    customers.facts.iter().try_for_each(|fact| write_fact(to, fact, language))
}

fn write_events(to: &mut String, events: &Events, language: Language) -> fmt::Result {
    let name = key(&events.name);
    writeln!(to, "\n[events.{name}]\ntable = {}", quoted(&events.table))?;
    writeln!(to, "customer = {}", quoted(&events.customer))?;
    let format = time_format(&events.time, events.format);
    write!(to, "time = {{ column = {}, {format} }}", quoted(&events.time))?;
    if !events.other_times.is_empty() {
        let names: Vec<_> = events.other_times.iter().map(|name| comment(name)).collect();
        write!(to, "   {} {}", OTHER_TIMES.get(language), names.join(", "))?;
    }
    writeln!(to)?;
    if events.has_status {
        writeln!(to, "{}", STATUS.get(language))?;
    }
    if !events.facts.is_empty() {
        writeln!(to, "\n[events.{name}.facts]")?;
    }
    events.facts.iter().try_for_each(|fact| write_fact(to, fact, language))
}

fn write_fact(to: &mut String, fact: &Fact, language: Language) -> fmt::Result {
    let mut settings = Vec::new();
    if fact.name != fact.column {
        settings.push(format!("column = {}", quoted(&fact.column)));
    }
    settings.push(match &fact.kind {
        Kind::Bool => "type = \"bool\"".to_owned(),
        Kind::Number { whole: true } => "type = \"number\", decimals = 0".to_owned(),
        Kind::Number { whole: false } => "type = \"number\"".to_owned(),
        Kind::Money { unit } => format!("type = \"money\", unit = \"{unit}\""),
        Kind::Text => "type = \"text\"".to_owned(),
        Kind::Enum { values } => {
            let values: Vec<_> = values.iter().map(|value| quoted(value)).collect();
            format!("type = \"enum\", values = [{}]", values.join(", "))
        }
        Kind::Date => "type = \"date\"".to_owned(),
        Kind::Time { format } => format!("type = \"time\", {}", time_format(&fact.column, format)),
        Kind::Set { separator } => format!("type = \"set\", separator = \"{separator}\""),
    });
    if fact.personal {
        settings.push("personal = true".to_owned());
    }
    write!(to, "{} = {{ {} }}", key(&fact.name), settings.join(", "))?;
    match fact.doubt {
        Some(Doubt::MoneyUnit) => writeln!(to, "   {}", UNIT.get(language)),
        Some(Doubt::Separator) => writeln!(to, "   {}", SEPARATOR.get(language)),
        Some(Doubt::Values) => writeln!(to, "   {}", VALUES.get(language)),
        None => writeln!(to),
    }
}

/// Texts without an offset are in the project's zone unless the name of the column says otherwise.
fn time_format(column: &str, format: &str) -> String {
    let zone = if format == "iso" && super::words::is_utc(column) { ", zone = \"UTC\"" } else { "" };
    format!("format = \"{format}\"{zone}")
}

fn write_channels(to: &mut String, proposal: &Proposal, language: Language) -> fmt::Result {
    if !(proposal.consent.is_empty() && proposal.unclear_consent.is_empty()) {
        writeln!(to, "\n[consent]")?;
    }
    for (channel, fact) in &proposal.consent {
        writeln!(to, "{channel} = {}", quoted(fact))?;
    }
    for (channel, fact) in &proposal.unclear_consent {
        writeln!(to, "# {channel} = {}   {}", quoted(fact), CONSENT.get(language))?;
    }
    for (place, (channel, address)) in proposal.channels.iter().enumerate() {
        let remark = if place == 0 { format!("   {}", CHANNEL.get(language)) } else { String::new() };
        writeln!(to, "\n[channels.{channel}]{remark}")?;
        match address {
            Some(address) => writeln!(to, "address = {}", quoted(address))?,
            None => writeln!(to, "{}", ADDRESS.get(language))?,
        }
    }
    Ok(())
}

/// A first rule that checks clean, on the events that look most like orders; `None` without any events.
pub fn example_rule(proposal: &Proposal, language: Language) -> Option<String> {
    let events = proposal.events.iter().find(|events| events.name == super::guess::ORDERS);
    let events = events.or(proposal.events.first())?;
    let (channel, _) = proposal.channels.first()?;
    let has_amount = events.facts.iter().any(|fact| fact.name == super::guess::AMOUNT);
    let name = &events.name;
    let condition = match (name == super::guess::ORDERS, has_amount) {
        (true, true) => DORMANT_SPENDER.get(language).to_owned(),
        (true, false) => DORMANT.get(language).to_owned(),
        _ => match language {
            Language::En => format!("exists({name}) and not exists({name} in last 60d)"),
            Language::Zh => format!("存在({name}) 且 非 存在({name} 最近 60天)"),
        },
    };
    let text = if channel == "sms" { SHORT_MESSAGE } else { MESSAGE }.get(language);
    let remark = REMARK.get(language);
    Some(match language {
        Language::En => {
            format!("{remark}\n\nwhen {condition}\nthen send {channel} \"{text}\" coupon 150/500 ttl 15d\n")
        }
        Language::Zh => {
            let channel = chinese_channel(channel);
            format!("{remark}\n\n当 {condition}\n则 发送 {channel} “{text}” 券 满500减150 有效期 15天\n")
        }
    })
}

/// What a rule in Chinese calls a channel that `init` knows.
fn chinese_channel(channel: &str) -> &str {
    match channel {
        "sms" => "短信",
        "email" => "邮件",
        "wecom" => "企微",
        "miniapp" => "小程序",
        other => other,
    }
}

/// A basic string of TOML.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for char in text.chars() {
        match char {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            other if other.is_control() => {
                // Writing to a string cannot fail.
                let _ = write!(quoted, "\\u{:04X}", u32::from(other));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// A key of TOML: bare where it may be.
fn key(name: &str) -> String {
    let bare =
        !name.is_empty() && name.chars().all(|char| char.is_ascii_alphanumeric() || "_-".contains(char));
    if bare { name.to_owned() } else { quoted(name) }
}

/// A name within a comment, which must stay on its line.
fn comment(name: &str) -> String {
    crate::draw::clean::line(name).into_owned()
}
