//! What can go wrong when a plan is decided, kept and applied.

mod operating;
mod optouts;
mod remembered;
mod sending;

pub(crate) use operating::*;
pub(crate) use optouts::*;
pub(crate) use remembered::*;
pub(crate) use sending::*;

use crate::facts::decimal;
use crate::state::LockOwner;
use rulec_diagnostic::codes::run;
use rulec_diagnostic::{Code, Diagnostic, Text, without_secrets};
use rulec_plan::campaign::Share;
use rulec_plan::rules::Prohibition;
use rulec_plan::time::Day;
use rusqlite::ErrorCode;
use std::fmt::Display;
use std::path::Path;

/// What the functions of this crate give.
pub type Result<T, E = Box<Diagnostic>> = std::result::Result<T, E>;

/// Everything that keeps something from being done; at least one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Findings(pub Vec<Diagnostic>);

impl From<Diagnostic> for Findings {
    fn from(one: Diagnostic) -> Findings {
        Findings(vec![one])
    }
}

impl From<Box<Diagnostic>> for Findings {
    fn from(one: Box<Diagnostic>) -> Findings {
        Findings(vec![*one])
    }
}

impl From<Vec<Diagnostic>> for Findings {
    fn from(all: Vec<Diagnostic>) -> Findings {
        Findings(all)
    }
}

pub(crate) fn problem(code: Code, message: Text, help: Text) -> Box<Diagnostic> {
    Box::new(Diagnostic { help: Some(help), ..Diagnostic::new(code, None, message) })
}

/// `R0101`.
pub(crate) fn unopenable_state(path: &Path, error: &impl Display) -> Box<Diagnostic> {
    let path = path.display();
    problem(
        run::STATE_UNOPENABLE,
        Text::new(
            format!("the state `{path}` cannot be opened: {error}"),
            format!("无法打开状态文件 `{path}`：{error}"),
        ),
        Text::new(
            "check that its folder can be written to, and `[state] url` in `rulec.toml`",
            "请检查文件夹是否可写，以及 `rulec.toml` 里的 `[state] url`",
        ),
    )
}

/// `R0102`.
pub(crate) fn newer_state(path: &Path, found: i64, known: i64) -> Box<Diagnostic> {
    let path = path.display();
    problem(
        run::STATE_NEWER,
        Text::new(
            format!("the state `{path}` has version {found}, this rulec knows up to {known}"),
            format!("状态文件 `{path}` 的版本是 {found}，当前 rulec 最高只支持 {known}"),
        ),
        Text::new("use the later rulec that has worked on it", "请改用处理过它的更新版本的 rulec"),
    )
}

/// `R0103`.
pub(crate) fn locked_state(path: &Path, owner: Option<&LockOwner>) -> Box<Diagnostic> {
    let path = path.display();
    let (en, zh) = owner.map_or_else(Default::default, |owner| {
        let LockOwner { command, process, since } = owner;
        (
            format!(": `{command}`, process {process}, since {since}"),
            format!("：`{command}`，进程 {process}，始于 {since}"),
        )
    });
    problem(
        run::STATE_LOCKED,
        Text::new(
            format!("another rulec is working on `{path}`{en}"),
            format!("另一个 rulec 正在使用 `{path}`{zh}"),
        ),
        Text::new("wait until it has ended, then run again", "请等它结束后再执行"),
    )
}

/// `R0106`: a fault of the disk.
pub(crate) fn interrupted(error: &std::io::Error) -> Box<Diagnostic> {
    problem(
        run::STATE_FAILED,
        Text::new(format!("the state cannot be written: {error}"), format!("状态文件写入失败：{error}")),
        Text::new(
            "see that the disk works and has room, then run again: nothing is lost, nothing is sent twice",
            "请检查磁盘是否正常、空间是否足够，然后重新执行：不会丢失，也不会重发",
        ),
    )
}

/// `R0104`.
pub(crate) fn foreign_state(path: &Path) -> Box<Diagnostic> {
    let path = path.display();
    problem(
        run::STATE_FOREIGN,
        Text::new(format!("`{path}` is not a state of rulec"), format!("`{path}` 不是 rulec 的状态文件")),
        Text::new(
            "give `[state] url` a file of its own, such as `sqlite:.rulec/state.db`",
            "请给 `[state] url` 单独一个文件，例如 `sqlite:.rulec/state.db`",
        ),
    )
}

/// `R0105`.
pub(crate) fn unsupported_state(url: &str) -> Box<Diagnostic> {
    let url = without_secrets(url);
    problem(
        run::STATE_UNSUPPORTED,
        Text::new(
            format!("the state cannot be kept at `{url}` yet"),
            format!("暂不支持把状态保存在 `{url}`"),
        ),
        Text::new(
            "keep it in a file: `url = \"sqlite:.rulec/state.db\"`",
            "请保存在文件里：`url = \"sqlite:.rulec/state.db\"`",
        ),
    )
}

/// What an error of the state's database means: `R0101`, `R0103`, `R0104`, else `R0106`.
pub(crate) fn state(path: &Path, error: &rusqlite::Error) -> Box<Diagnostic> {
    match error.sqlite_error_code() {
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied | ErrorCode::ReadOnly) => {
            unopenable_state(path, error)
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => locked_state(path, None),
        Some(ErrorCode::NotADatabase) => foreign_state(path),
        _ => failed_state(path, error),
    }
}

fn failed_state(path: &Path, error: &rusqlite::Error) -> Box<Diagnostic> {
    let path = path.display();
    let help = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt) => Text::new(
            "the file is damaged: send nothing, keep it as it is, and bring the newest backup back that `rulec audit verify` finds whole; what was sent after that backup would be sent again, so give it up first (`rulec outbox discard --status waiting`)",
            "文件已损坏：请先不要发送，把它原样保留，换回最近一份 `rulec audit verify` 校验无误的备份；备份之后发出的消息会再发一遍，请先放弃它们（`rulec outbox discard --status waiting`）",
        ),
        Some(ErrorCode::DiskFull) => Text::new(
            "make room on the disk and run the same command again: it goes on where it stopped",
            "请清理磁盘空间后重新执行同一条命令，会从停下的地方继续",
        ),
        _ => Text::new(
            "repair the cause and run the same command again: it goes on where it stopped",
            "请排除原因后重新执行同一条命令，会从停下的地方继续",
        ),
    };
    problem(
        run::STATE_FAILED,
        Text::new(
            format!("the state `{path}` cannot be read or written: {error}"),
            format!("读写状态文件 `{path}` 失败：{error}"),
        ),
        help,
    )
}

/// `R0122`.
pub(crate) fn no_such_channel(channel: &str) -> Box<Diagnostic> {
    problem(
        run::CHANNEL_GONE,
        Text::new(
            format!("the plan sends through `{channel}`, which `rulec.toml` does not name"),
            format!("计划要通过 `{channel}` 发送，但 `rulec.toml` 里没有这个渠道"),
        ),
        Text::new(
            format!(
                "put `[channels.{channel}]` back as it was, or plan again; what waits for it already can be given up: \
                 `rulec outbox discard --status waiting --channel {channel}`"
            ),
            format!(
                "请把 `[channels.{channel}]` 恢复原样，或重新生成计划；已经在等它的消息可以放弃：\
                 `rulec outbox discard --status waiting --channel {channel}`"
            ),
        ),
    )
}

/// `R0124`; the project of the plan, and the one that is open.
pub(crate) fn plan_of_another_project(planned: &str, open: &str) -> Box<Diagnostic> {
    problem(
        run::PLAN_OF_ANOTHER_PROJECT,
        Text::new(
            format!("this is a plan of the project `{planned}`, and the project here is `{open}`"),
            format!("这是项目 `{planned}` 的计划，而当前项目是 `{open}`"),
        ),
        Text::new(
            "apply it where it was made, or plan again here; nothing was sent",
            "请在生成它的项目里执行，或在这里重新生成计划；本次没有发送任何内容",
        ),
    )
}

/// `R0125`.
pub(crate) fn changed_project(name: &str) -> Box<Diagnostic> {
    problem(
        run::PROJECT_CHANGED,
        Text::new(
            format!("since this plan was made, the project file of `{name}` was changed"),
            format!("这份计划生成之后，项目 `{name}` 的项目文件改动过"),
        ),
        Text::new(
            "plan again, so that what is sent is what the project file says now; nothing was sent",
            "请重新生成计划，这样发送的内容才和现在的项目文件一致；本次没有发送任何内容",
        ),
    )
}

/// `R0128`.
pub(crate) fn unfinished_plan(plan: &str, left: u64) -> Box<Diagnostic> {
    let short: String = plan.chars().take(12).collect();
    problem(
        run::PLAN_UNFINISHED,
        Text::new(
            format!("of plan {plan} {left} messages and other actions are not sent yet"),
            format!("计划 {plan} 还有 {left} 条消息或动作没有发出"),
        ),
        Text::new(
            format!(
                "send it first: `rulec send --due` (`rulec status` shows whether a channel is paused); if it is not to \
                 go out at all: `rulec outbox discard --status waiting --plan {short}`"
            ),
            format!(
                "请先把它发完：`rulec send --due`（渠道是否暂停见 `rulec status`）；如果不想再发：\
                 `rulec outbox discard --status waiting --plan {short}`"
            ),
        ),
    )
}

/// `R0126`.
pub(crate) fn plan_of_the_future(day: Day, today: Day) -> Box<Diagnostic> {
    problem(
        run::PLAN_OF_THE_FUTURE,
        Text::new(
            format!("this plan is of {day}, a day to come: today is {today}"),
            format!("这份计划的日期是 {day}，还没有到：今天是 {today}"),
        ),
        Text::new(
            format!("plan again without `--as-of`, or with `--as-of {today}`; nothing was sent"),
            format!("请去掉 `--as-of`，或用 `--as-of {today}` 重新生成计划；本次没有发送任何内容"),
        ),
    )
}

/// `R0110`.
pub(crate) fn unreadable_plan(path: &Path, error: &std::io::Error) -> Box<Diagnostic> {
    let (path, reason) = (path.display(), Text::from(error));
    problem(
        run::PLAN_UNREADABLE,
        Text::new(
            format!("the plan `{path}` cannot be read: {}", reason.en),
            format!("无法读取计划文件 `{path}`：{}", reason.zh),
        ),
        Text::new(
            "check the name, or write a plan with `rulec plan -o FILE`",
            "请检查文件名，或用 `rulec plan -o 文件` 重新生成计划",
        ),
    )
}

/// `R0111`.
pub(crate) fn not_a_plan(path: &Path) -> Box<Diagnostic> {
    let path = path.display();
    problem(
        run::NOT_A_PLAN,
        Text::new(format!("`{path}` is not a plan file"), format!("`{path}` 不是计划文件")),
        Text::new("give a file written by `rulec plan -o FILE`", "请指定由 `rulec plan -o 文件` 生成的文件"),
    )
}

/// `R0112`.
pub(crate) fn newer_plan(path: &Path, found: u32, known: u32) -> Box<Diagnostic> {
    let path = path.display();
    problem(
        run::PLAN_NEWER,
        Text::new(
            format!("the plan `{path}` has format {found}, this rulec reads up to {known}"),
            format!("计划文件 `{path}` 的格式版本是 {found}，当前 rulec 最高只支持 {known}"),
        ),
        Text::new(
            "use the rulec that wrote it, or a later one, or plan again with this one",
            "请使用生成该计划的 rulec 或更新的版本，或用当前版本重新生成计划",
        ),
    )
}

/// `R0113`.
pub(crate) fn damaged_plan(path: &Path) -> Box<Diagnostic> {
    let path = path.display();
    problem(
        run::PLAN_DAMAGED,
        Text::new(
            format!("the plan `{path}` is incomplete or was changed after it was written"),
            format!("计划文件 `{path}` 不完整，或生成后被改动过"),
        ),
        Text::new(
            "copy it again, or plan again; nothing was recorded and nothing sent",
            "请重新复制该文件，或重新生成计划；本次没有记录也没有发送任何内容",
        ),
    )
}

/// `R0114`.
pub(crate) fn unwritable_plan(path: &Path, error: &std::io::Error) -> Box<Diagnostic> {
    unwritable(&format!("`{}`", path.display()), error)
}

/// `R0114`, when a line cannot even be made.
pub(crate) fn unwritable_content(error: serde_json::Error) -> Box<Diagnostic> {
    unwritable("", &error)
}

fn unwritable(path: &str, error: &impl Display) -> Box<Diagnostic> {
    problem(
        run::PLAN_UNWRITABLE,
        Text::new(
            format!("the plan {path} cannot be written: {error}"),
            format!("无法写入计划文件 {path}：{error}"),
        ),
        Text::new("check that the folder exists and has room", "请检查所在文件夹是否存在、磁盘空间是否足够"),
    )
}

/// `R0130`.
pub(crate) fn sum(rule: &str, sum: u64, population: u64) -> Box<Diagnostic> {
    problem(
        run::SUM,
        Text::new(
            format!("the verdicts of `{rule}` add up to {sum}, but there are {population} customers"),
            format!("规则 `{rule}` 的各项结论合计 {sum} 人，而客户总数是 {population} 人"),
        ),
        Text::new(
            "this is a mistake in rulec: nothing was written; please report it with the rules and the numbers",
            "这是 rulec 自身的错误，没有写入任何内容；请附上规则和数字反馈给我们",
        ),
    )
}

/// `R0175`.
pub(crate) fn audience_too_large(rule: &str, reached: u64, most: u64) -> Diagnostic {
    *problem(
        run::AUDIENCE_TOO_LARGE,
        Text::new(
            format!("`{rule}` reaches {reached} customers, more than the {most} of `[plan] max_audience`"),
            format!("`{rule}` 触达 {reached} 位客户，超过 `[plan] max_audience` 的 {most} 位"),
        ),
        allow(rule),
    )
}

/// `R0176`.
pub(crate) fn audience_changed(rule: &str, before: u64, now: u64, most: Share) -> Diagnostic {
    let percent = decimal(i128::from(most.0), 9);
    *problem(
        run::AUDIENCE_CHANGED,
        Text::new(
            format!(
                "`{rule}` matches {}, {before} in the run applied last: more than the {percent} % change of \
                 `[plan] max_change`",
                plural(now, "customer")
            ),
            format!(
                "`{rule}` 符合 {now} 位客户，上次执行时是 {before} 位：变化超过 `[plan] max_change` 的 {percent}%"
            ),
        ),
        allow(rule),
    )
}

fn allow(rule: &str) -> Text {
    Text::new(
        format!("look at the rule and at the data; if it is meant, add `--allow {rule}`"),
        format!("请检查规则和数据；确实要这样，就加上 `--allow {rule}`"),
    )
}

/// So many of something: `1 customer`, `2 customers`.
pub(crate) fn plural(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// The first of these keys, and whether there are more.
fn first(customers: &[String]) -> Text {
    const SHOWN: usize = 5;
    let first = &customers[..customers.len().min(SHOWN)];
    let [en, zh] = if customers.len() > SHOWN { [", …", "……"] } else { ["", ""] };
    Text::new(format!("{}{en}", first.join(", ")), format!("{}{zh}", first.join("、")))
}

/// `R0129`.
pub(crate) fn consents_gone(channel: &str, customers: &[String]) -> Box<Diagnostic> {
    let (keys, count) = (first(customers), customers.len());
    problem(
        run::CONSENTS_GONE,
        Text::new(
            format!(
                "consent to `{channel}` is gone for {} of this plan: {}",
                plural(count as u64, "customer"),
                keys.en
            ),
            format!("计划要用 `{channel}` 触达的客户中，有 {count} 位已不再授权：{}", keys.zh),
        ),
        Text::new(
            "plan anew: those who have opted out since will be left out",
            "请重新生成计划，已退订的客户会自动排除",
        ),
    )
}

/// `R0134`.
pub(crate) fn forbidden(rule: &str, prohibition: &Prohibition, customers: &[String]) -> Box<Diagnostic> {
    let (keys, count, name) = (first(customers), customers.len(), &prohibition.name);
    let because = |open: &str, close: &str| {
        let said = prohibition.because.as_ref().map(|because| format!("{open}{because}{close}"));
        said.unwrap_or_default()
    };
    problem(
        run::FORBIDDEN,
        Text::new(
            format!(
                "`{rule}` does what `forbid {name}` forbids{}, to {}: {}",
                because(" (", ")"),
                plural(count as u64, "customer"),
                keys.en
            ),
            format!(
                "`{rule}` 做了 `禁止 {name}` 禁止的事{}，涉及 {count} 位客户：{}",
                because("（", "）"),
                keys.zh
            ),
        ),
        Text::new(
            "leave these customers out of the rule with `unless …`, or change the `forbid`",
            "请用 `除非 …` 把这些客户排除在规则之外，或者修改 `禁止`",
        ),
    )
}
