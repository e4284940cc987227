//! `rulec outbox`: messages and what became of them; what a person decides about those that were not sent.

use super::apply;
use crate::args::{
    Choosing, Outbox, OutboxDiscard, OutboxList, OutboxRequeue, OutboxSettle, RecordFormat, Unsent, Unwanted,
};
use crate::context::{Session, Workspace};
use crate::diagnostics;
use crate::language::{self, Words, grouped, plural};
use crate::outcome::{Exit, Stop};
use crate::outside::{self, known_channel};
use crate::table::{Align, Rows};
use indexmap::IndexMap;
use rulec_diagnostic::{Language, Text};
use rulec_plan::time::Zone;
use rulec_runtime::send::Outlets;
use rulec_runtime::state::{Chosen, Group, OutboxEntry, OutboxFilter, OutboxStatus, Remedy, State};
use serde_json::{Value, json};
use std::io::Write;

const COLUMNS: [Words; 8] = [
    Words::new("key", "编号"),
    Words::new("customer", "客户"),
    Words::new("rule", "规则"),
    Words::new("channel", "渠道"),
    Words::new("status", "状态"),
    Words::new("since", "自"),
    Words::new("tries", "次数"),
    Words::new("because", "原因"),
];
const PERSONAL: [Words; 2] = [Words::new("to", "地址"), Words::new("message", "内容")];
const FORGOTTEN: Words = Words::new("(forgotten)", "（已遗忘）");

pub fn run(session: &mut Session, args: &Outbox) -> Result<Exit, Stop> {
    match args {
        Outbox::List(args) => list(session, args),
        Outbox::Requeue(args) => requeue(session, args),
        Outbox::Settle(args) => settle(session, args),
        Outbox::Discard(args) => discard(session, args),
    }
}

fn list(session: &mut Session, args: &OutboxList) -> Result<Exit, Stop> {
    let workspace = session.open()?;
    let limit = u64::from(args.limit);
    let filter = OutboxFilter {
        statuses: args.statuses.clone(),
        channel: args.channel.clone(),
        plan: args.plan.clone(),
        customer: args.customer.clone(),
        limit: Some(limit + 1),
    };
    let mut entries = match open(&workspace)? {
        Some(state) => state.outbox(&filter)?,
        None => Vec::new(),
    };
    if entries.is_empty() {
        args.channel.as_ref().map_or(Ok(()), |channel| known_channel(&workspace, channel))?;
    }
    let has_more = entries.len() as u64 > limit;
    if has_more {
        entries.remove(0);
    }
    let zone = workspace.project.zone;
    match args.format {
        RecordFormat::Jsonl => {
            for entry in &entries {
                writeln!(session.console.out, "{}", document(entry, zone, args.show_personal))?;
            }
        }
        RecordFormat::Human if entries.is_empty() => session.console.note(&nothing())?,
        RecordFormat::Human => {
            let table = table(session, &entries, zone, args.show_personal);
            writeln!(session.console.out, "{table}")?;
        }
    }
    if has_more {
        session.console.flush()?;
        session.console.note(&Text::new(
            format!("these are the newest {}; `--limit` shows more", grouped(limit)),
            format!("以上是最新的 {} 条；用 `--limit` 查看更多", grouped(limit)),
        ))?;
    }
    Ok(Exit::Clean)
}

fn open(workspace: &Workspace) -> Result<Option<State>, Stop> {
    Ok(State::open_existing(&State::path_of(&workspace.project, &workspace.root)?)?)
}

fn nothing() -> Text {
    Text::new("there are no such messages in the outbox", "发件箱里没有这样的消息")
}

/// One line; what is handed over only where personal facts are wanted.
fn document(entry: &OutboxEntry, zone: Zone, show_personal: bool) -> Value {
    let mut document = json!({
        "key": entry.key,
        "plan": entry.plan,
        "customer": entry.customer,
        "rule": entry.rule,
        "channel": entry.channel,
        "status": entry.status.word(),
        "since": entry.since.to_rfc3339(zone),
        "due_at": entry.due_at.to_rfc3339(zone),
        "attempts": entry.attempts,
        "code": entry.code,
        "reason": entry.reason,
    });
    if show_personal {
        document["payload"] = payload(entry);
    }
    document
}

/// What is handed over; null where that is erased.
fn payload(entry: &OutboxEntry) -> Value {
    entry.payload.as_deref().and_then(|payload| serde_json::from_str(payload).ok()).unwrap_or_default()
}

fn table(session: &Session, entries: &[OutboxEntry], zone: Zone, show_personal: bool) -> Rows {
    let language = session.console.language;
    let personal = if show_personal { &PERSONAL[..] } else { &[] };
    let columns: Vec<_> =
        COLUMNS.iter().chain(personal).map(|name| (name.get(language), Align::Left)).collect();
    let mut rows = Rows::new(&columns, session.console.out.width);
    for entry in entries {
        let mut cells = vec![
            entry.key.clone().unwrap_or_default(),
            entry.customer.clone().unwrap_or_else(|| FORGOTTEN.get(language).to_owned()),
            entry.rule.clone(),
            language::outlet(&entry.channel, language).to_owned(),
            language::status(entry.status).get(language).to_owned(),
            entry.since.to_rfc3339(zone),
            grouped(entry.attempts),
            because(entry, language),
        ];
        if show_personal {
            let payload = payload(entry);
            let text = |field: &str| payload[field].as_str().unwrap_or_default().to_owned();
            cells.extend([text("to"), text("message")]);
        }
        rows.add(cells);
    }
    rows
}

/// Why it was not sent: `http 503: overloaded`.
fn because(entry: &OutboxEntry, language: Language) -> String {
    let reason = match (&entry.reason, entry.status) {
        (Some(reason), OutboxStatus::Withheld) => Some(language::withheld(reason, language)),
        (reason, _) => reason.clone(),
    };
    let code = entry.code.as_deref().filter(|_| entry.status != OutboxStatus::Withheld);
    [code.map(|code| language::withheld(code, language)), reason]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(": ")
}

/// By channel and status, how many messages something is to be done with.
type Counts = IndexMap<(String, OutboxStatus), u64>;

fn requeue(session: &mut Session, args: &OutboxRequeue) -> Result<Exit, Stop> {
    let status = match args.status {
        Some(Unsent::Doubt) => OutboxStatus::Doubt,
        Some(Unsent::Dead) | None => OutboxStatus::Dead,
    };
    let asking = Asking {
        remedy: Remedy::Requeue,
        yes: args.yes,
        question: |workspace, counts| Ok(again(total(counts), twice(workspace, counts)?)),
    };
    let group = Group { status, channel: args.channel.as_deref(), plan: None };
    let chosen = chosen(&args.choosing, group);
    let Some(count) = carry_out(session, chosen, &asking)? else { return Ok(Exit::Clean) };
    let messages = plural(count, "message");
    session.console.note(&Text::new(
        format!(
            "{messages} {} to be sent again; `rulec send` sends them",
            if count == 1 { "waits" } else { "wait" }
        ),
        format!("{} 条消息等待重发；执行 `rulec send` 就会发送", grouped(count)),
    ))?;
    Ok(Exit::Clean)
}

fn settle(session: &mut Session, args: &OutboxSettle) -> Result<Exit, Stop> {
    let remedy = if args.sent { Remedy::Delivered } else { Remedy::Lost };
    let group =
        Group { status: OutboxStatus::Doubt, channel: args.channel.as_deref(), plan: args.plan.as_deref() };
    let asking = Asking {
        remedy,
        // What a person knows of messages that she names is not doubted.
        yes: args.yes || !args.choosing.all,
        question: if args.sent { all_sent } else { all_lost },
    };
    let Some(count) = carry_out(session, chosen(&args.choosing, group), &asking)? else {
        return Ok(Exit::Clean);
    };
    let (messages, number) = (plural(count, "message"), grouped(count));
    session.console.note(&if args.sent {
        Text::new(format!("noted as sent: {messages}"), format!("已登记为发送成功：{number} 条"))
    } else {
        Text::new(
            format!("noted as not delivered: {messages}; `rulec outbox requeue` sends again, `rulec outbox discard` gives up"),
            format!("已登记为未送达：{number} 条；用 `rulec outbox requeue` 重发，或用 `rulec outbox discard` 放弃"),
        )
    })?;
    Ok(Exit::Clean)
}

fn all_sent(_: &Workspace, counts: &Counts) -> Result<Text, Stop> {
    let count = total(counts);
    Ok(Text::new(
        format!("Note {} in doubt as sent, so that none is sent again? [y/N] ", plural(count, "message")),
        format!("要把 {} 条存疑的消息都登记为已送达、不再重发吗？[y/N] ", grouped(count)),
    ))
}

fn all_lost(_: &Workspace, counts: &Counts) -> Result<Text, Stop> {
    let count = total(counts);
    Ok(Text::new(
        format!("Note {} in doubt as not delivered? [y/N] ", plural(count, "message")),
        format!("要把 {} 条存疑的消息都登记为未送达吗？[y/N] ", grouped(count)),
    ))
}

fn discard(session: &mut Session, args: &OutboxDiscard) -> Result<Exit, Stop> {
    let asking = Asking {
        remedy: Remedy::Discard,
        yes: args.yes,
        question: |_, counts| {
            let count = total(counts);
            Ok(Text::new(
                format!("Give up {} for good? [y/N] ", plural(count, "message")),
                format!("要彻底放弃 {} 条消息吗？[y/N] ", grouped(count)),
            ))
        },
    };
    let status = match args.status {
        Some(Unwanted::Waiting) => OutboxStatus::Waiting,
        Some(Unwanted::Dead) | None => OutboxStatus::Dead,
    };
    let group = Group { status, channel: args.channel.as_deref(), plan: args.plan.as_deref() };
    let chosen = chosen(&args.choosing, group);
    let Some(count) = carry_out(session, chosen, &asking)? else { return Ok(Exit::Clean) };
    session.console.note(&Text::new(
        format!("given up: {}", plural(count, "message")),
        format!("已放弃 {} 条消息", grouped(count)),
    ))?;
    Ok(Exit::Clean)
}

fn chosen<'a>(choosing: &'a Choosing, group: Group<'a>) -> Chosen<'a> {
    if choosing.keys.is_empty() { Chosen::All(group) } else { Chosen::Keys(&choosing.keys) }
}

/// What is to be done, and how a person is asked whether she wants that.
struct Asking {
    remedy: Remedy,
    yes: bool,
    question: fn(&Workspace, &Counts) -> Result<Text, Stop>,
}

/// Does it, after asking; nothing if there are no such messages.
fn carry_out(session: &mut Session, chosen: Chosen<'_>, asking: &Asking) -> Result<Option<u64>, Stop> {
    let workspace = session.open()?;
    let mut state = State::open(&State::path_of(&workspace.project, &workspace.root)?)?;
    let counts = state.count_chosen(chosen, asking.remedy)?;
    if counts.is_empty() {
        // What waits for a channel that the project no longer has can be given up, too.
        if let Chosen::All(Group { channel: Some(channel), .. }) = chosen {
            known_channel(&workspace, channel)?;
        }
        session.console.note(&nothing())?;
        return Ok(None);
    }
    if !asking.yes {
        let question = (asking.question)(&workspace, &counts)?;
        apply::ask(session, &question, diagnostics::not_agreed)?;
    }
    let mut done = 0;
    let all = state.remedy(chosen, asking.remedy, session.now(), &mut |count| done = count);
    if all.is_err() && done > 0 {
        session.console.note(&Text::new(
            format!("{} are done; the same command goes on with the rest", plural(done, "message")),
            format!("已处理 {} 条消息；再次执行同一条命令会继续处理剩下的", grouped(done)),
        ))?;
    }
    Ok(Some(all?))
}

fn total(counts: &Counts) -> u64 {
    counts.values().sum()
}

/// How many of them may arrive twice, since their channel does not know again what it has.
fn twice(workspace: &Workspace, counts: &Counts) -> Result<u64, Stop> {
    let outlets = outside::outlets(workspace)?;
    // A channel that cannot be opened promises nothing.
    let honours_key = |channel: &str| outlets.open(channel).is_ok_and(|channel| channel.terms().honours_key);
    let in_doubt = counts.iter().filter(|((_, status), _)| *status == OutboxStatus::Doubt);
    Ok(in_doubt.filter(|((channel, _), _)| !honours_key(channel)).map(|(_, count)| *count).sum())
}

fn again(count: u64, twice: u64) -> Text {
    let (en, zh) = if twice > 0 {
        (
            format!(" {} may have arrived already, and would arrive twice.", grouped(twice)),
            format!("其中 {} 条可能已经送达，重发会让客户收到两次。", grouped(twice)),
        )
    } else {
        Default::default()
    };
    Text::new(
        format!("Send {} again?{en} [y/N] ", plural(count, "message")),
        format!("要重发 {} 条消息吗？{zh}[y/N] ", grouped(count)),
    )
}
