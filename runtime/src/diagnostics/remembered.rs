//! What can go wrong with codes, outcomes, and plans that others overtook.

use super::{plural, problem};
use crate::apply::{RunSince, Since};
use crate::outcomes::{About, BadLine};
use crate::pools::BadCode;
use rulec_diagnostic::codes::run;
use rulec_diagnostic::{Diagnostic, Text};
use rulec_plan::campaign::Pool;
use std::fmt::Display;
use std::io;
use std::path::Path;

/// How many lines, customers or names are listed at the most.
const LISTED: usize = 5;

/// The first of these, in two languages, and how many more there are.
pub(super) fn listed(all: &[impl Display], between: (&str, &str)) -> Text {
    let first = |between: &str| {
        let first: Vec<_> = all.iter().take(LISTED).map(ToString::to_string).collect();
        first.join(between)
    };
    let mut text = Text::new(first(between.0), first(between.1));
    if all.len() > LISTED {
        let more = all.len() - LISTED;
        text.en += &format!(" and {more} more");
        text.zh += &format!("等共 {} 个", all.len());
    }
    text
}

/// Lines of a file: `line 3`, `lines 4, 7`.
pub(super) fn lines(all: &[u64]) -> Text {
    let Text { en, zh } = listed(all, (", ", "、"));
    let noun = if all.len() == 1 { "line" } else { "lines" };
    Text::new(format!("{noun} {en}"), format!("第 {zh} 行"))
}

/// `R0140`.
pub(crate) fn unreadable_pool(pool: &Pool, error: &io::Error) -> Box<Diagnostic> {
    let (Pool { name, file }, reason) = (pool, Text::from(error));
    problem(
        run::POOL_UNREADABLE,
        Text::new(
            format!("pool `{name}`: its codes cannot be read from `{file}`: {}", reason.en),
            format!("券码池 `{name}`：无法从 `{file}` 读取券码：{}", reason.zh),
        ),
        Text::new(
            "put the file there; the path starts at the folder of `rulec.toml`",
            "请把文件放到该位置；路径从 `rulec.toml` 所在的文件夹算起",
        ),
    )
}

/// `R0141`.
pub(crate) fn bad_codes(pool: &Pool, what: &BadCode, at: &[u64]) -> Box<Diagnostic> {
    let Pool { name, file } = pool;
    let several = at.len() > 1;
    let (en, zh) = match what {
        BadCode::Empty => {
            ((if several { "have no code" } else { "has no code" }).to_owned(), "没有券码".to_owned())
        }
        BadCode::TooLong => (
            (if several {
                "have codes of more than 64 characters"
            } else {
                "has a code of more than 64 characters"
            })
            .to_owned(),
            "的券码超过 64 个字符".to_owned(),
        ),
        BadCode::Unreadable => (
            (if several { "are no text in UTF-8" } else { "is no text in UTF-8" }).to_owned(),
            "不是 UTF-8 文本".to_owned(),
        ),
        BadCode::Twice => (
            (if several { "repeat codes of lines before" } else { "repeats a code of a line before" })
                .to_owned(),
            "与前面的券码重复".to_owned(),
        ),
        BadCode::InPool(other) => (
            format!("{} codes that pool `{other}` has too", if several { "have" } else { "has" }),
            format!("的券码在券码池 `{other}` 里也有"),
        ),
    };
    let lines = lines(at);
    problem(
        run::POOL_CODES,
        Text::new(
            format!("pool `{name}`: {} of `{file}` {en}", lines.en),
            format!("券码池 `{name}`：`{file}` {}{zh}", lines.zh),
        ),
        Text::new(
            "mend or delete these lines: every customer must get a code of her own",
            "请修改或删除这些行：每位客户都要拿到各自的券码",
        ),
    )
}

/// `R0150`; there is at least one, each with its line.
pub(crate) fn unknown_messages(unknown: &[(About, Option<u64>)]) -> Box<Diagnostic> {
    let known_lines: Vec<u64> = unknown.iter().filter_map(|(_, line)| *line).collect();
    let about: Vec<Text> = unknown.iter().map(|(what, _)| about(what)).collect();
    let Text { en, zh } = listed_texts(&about);
    let text = if known_lines.is_empty() {
        Text::new(format!("rulec has sent no {en}"), format!("rulec 没有发过{zh}"))
    } else {
        let lines = lines(&known_lines);
        Text::new(
            format!("{}: rulec has sent no {en}", lines.en),
            format!("{}：rulec 没有发过{zh}", lines.zh),
        )
    };
    problem(
        run::UNKNOWN_MESSAGE,
        text,
        Text::new(
            "take the keys from the messages that rulec wrote, or name customer and channel; nothing was recorded",
            "请使用 rulec 写出的消息里的 key，或给出客户和渠道；本次没有记录任何内容",
        ),
    )
}

fn about(about: &About) -> Text {
    match about {
        About::Message(key) => Text::new(format!("message `{key}`"), format!("消息 `{key}`")),
        About::Code(code) => Text::new(format!("code `{code}`"), format!("券码 `{code}`")),
        About::Last { customer, channel, rule } => {
            let mut text =
                Text::new(format!("message to customer `{customer}`"), format!("给客户 `{customer}` 的"));
            if let Some(rule) = rule {
                text.en += &format!(" of rule `{rule}`");
                text.zh += &format!("规则 `{rule}` 的");
            }
            if let Some(channel) = channel {
                text.en += &format!(" by `{channel}`");
                text.zh += &format!(" `{channel}` ");
            }
            text.en += " by then";
            text.zh += "消息";
            text
        }
    }
}

/// `R0151`.
pub(crate) fn bad_outcomes(path: &Path, what: BadLine, at: &[u64]) -> Box<Diagnostic> {
    let (en, zh, help) = match what {
        BadLine::Shape => (
            "cannot be read",
            "无法读取",
            Text::new(
                "write one JSON object a line, or as many cells as the heading has",
                "每行写一个 JSON 对象；CSV 每行的格数不要超过表头",
            ),
        ),
        BadLine::Kind => (
            "no kind that is known",
            "没有可识别的 `kind`",
            Text::new(
                "`kind` is opened, clicked, replied, redeemed or converted",
                "`kind` 应为 opened（已打开）、clicked（已点击）、replied（已回复）、redeemed（已核销）或 converted（已转化）",
            ),
        ),
        BadLine::About => (
            "no message is named",
            "没有指明消息",
            Text::new(
                "give `message`, `code`, or `customer` with its `channel`",
                "请填写 `message`、`code`，或 `customer` 加 `channel`",
            ),
        ),
        BadLine::Time => (
            "the time cannot be read",
            "时间无法识别",
            Text::new(
                "write `2026-11-21 20:00:00`, or with an offset `2026-11-21T20:00:00+08:00`",
                "请写成 `2026-11-21 20:00:00`，或带时区的 `2026-11-21T20:00:00+08:00`",
            ),
        ),
        BadLine::Future => (
            "the time is yet to come",
            "时间在未来",
            Text::new("check the times and their zone", "请检查时间和时区"),
        ),
    };
    let (path, lines) = (path.display(), lines(at));
    problem(
        run::BAD_OUTCOME,
        Text::new(format!("{} of `{path}`: {en}", lines.en), format!("`{path}` {}：{zh}", lines.zh)),
        help,
    )
}

/// `R0152`.
pub(crate) fn unreadable_outcomes(path: &Path, reason: &Text) -> Box<Diagnostic> {
    let path = path.display();
    problem(
        run::OUTCOMES_UNREADABLE,
        Text::new(
            format!("the list `{path}` cannot be read: {}", reason.en),
            format!("无法读取文件 `{path}`：{}", reason.zh),
        ),
        Text::new(
            "give a CSV file with a heading, or one JSON object a line, in UTF-8",
            "请提供带表头的 CSV，或每行一个 JSON 对象，编码为 UTF-8",
        ),
    )
}

/// `R0142`.
pub(crate) fn taken_code(pool: &str, code: &str) -> Box<Diagnostic> {
    problem(
        run::CODE_TAKEN,
        Text::new(
            format!("pool `{pool}`: the code `{code}` of this plan was given to another customer meanwhile"),
            format!("券码池 `{pool}`：计划里的券码 `{code}` 已经发给了别的客户"),
        ),
        Text::new(
            "plan again: it takes codes that are left; nothing was recorded and nothing sent",
            "请重新生成计划，会改用剩余的券码；本次没有记录也没有发送任何内容",
        ),
    )
}

/// `R0120`, when what the plan rests on is not even a part of the state.
pub(crate) fn lost_state() -> Box<Diagnostic> {
    problem(
        run::PLAN_OUTDATED,
        Text::new("this plan was made on a state that is no longer there", "这份计划所依据的状态已经不存在"),
        Text::new("plan again; nothing was sent", "请重新生成计划；本次没有发送任何内容"),
    )
}

/// `R0120`.
pub(crate) fn outdated_plan(since: &Since) -> Box<Diagnostic> {
    let happened = [applied_since(&since.runs), recorded_since(since)];
    let happened: Vec<&Text> = happened.iter().flatten().collect();
    let en = happened.iter().map(|text| text.en.as_str()).collect::<Vec<_>>().join(", and ");
    let zh = happened.iter().map(|text| text.zh.as_str()).collect::<Vec<_>>().join("，并且");
    let mut help = Text::new("plan again", "请重新生成计划");
    for affected in affected(since) {
        help.en += &format!("; {}", affected.en);
        help.zh += &format!("；{}", affected.zh);
    }
    help.en += "; nothing was sent";
    help.zh += "；本次没有发送任何内容";
    problem(
        run::PLAN_OUTDATED,
        Text::new(format!("since this plan was made, {en}"), format!("这份计划生成之后，{zh}")),
        help,
    )
}

fn applied_since(runs: &[RunSince]) -> Option<Text> {
    let told = |run: &RunSince| {
        let RunSince { plan, at, messages } = run;
        Text::new(
            format!("`{plan}` ({at}, {})", plural(*messages, "message")),
            format!("`{plan}`（{at}，{messages} 条消息）"),
        )
    };
    let told: Vec<Text> = runs.iter().map(told).collect();
    let all = listed_texts(&told);
    match runs.len() {
        0 => None,
        1 => Some(Text::new(format!("the plan {} was applied", all.en), format!("执行过计划 {}", all.zh))),
        _ => Some(Text::new(format!("the plans {} were applied", all.en), format!("执行过计划 {}", all.zh))),
    }
}

fn recorded_since(since: &Since) -> Option<Text> {
    let counts: Vec<String> = since.outcomes.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
    let all = listed(&counts, (", ", "、"));
    (!counts.is_empty()).then(|| {
        Text::new(format!("outcomes were recorded ({})", all.en), format!("记录了新的结果（{}）", all.zh))
    })
}

/// Whom of the plan it concerns, and what it lacks now.
fn affected(since: &Since) -> Vec<Text> {
    let mut affected = Vec::new();
    if !since.customers.is_empty() {
        let (count, keys) = (since.customers.len(), listed(&since.customers, (", ", "、")));
        let mut text = Text::new(
            format!("messages went to {} of this plan since: {}", plural(count as u64, "customer"), keys.en),
            format!("计划里有 {count} 位客户在此期间已收到消息：{}", keys.zh),
        );
        if !since.limits.is_empty() {
            let limits: Vec<String> = since.limits.iter().map(|limit| format!("`{limit}`")).collect();
            let limits = listed(&limits, (", ", "、"));
            text.en += &format!("; they count for {}", limits.en);
            text.zh += &format!("，会计入 {}", limits.zh);
        }
        affected.push(text);
    }
    for (pool, count) in &since.codes {
        affected.push(Text::new(
            format!("this plan has {} of pool `{pool}` that others got since", plural(*count, "code")),
            format!("计划里券码池 `{pool}` 的 {count} 个券码已经发出"),
        ));
    }
    affected
}

/// The first of these, each in its language.
fn listed_texts(all: &[Text]) -> Text {
    let en: Vec<&String> = all.iter().map(|text| &text.en).collect();
    let zh: Vec<&String> = all.iter().map(|text| &text.zh).collect();
    Text::new(listed(&en, (", ", "")).en, listed(&zh, ("", "、")).zh)
}
