//! What a person should know after sending.

use super::{plural, problem};
use rulec_channels::Reason;
use rulec_diagnostic::codes::run;
use rulec_diagnostic::{Diagnostic, Text};
use std::fmt::Display;
use std::path::Path;

/// `R0265`.
pub(crate) fn unreadable_customers(database: &Path, error: &impl Display) -> Box<Diagnostic> {
    let database = database.display();
    problem(
        run::CUSTOMERS_UNSEEN,
        Text::new(
            format!("whether customers still agree cannot be seen in `{database}`: {error}"),
            format!("无法在 `{database}` 中核实客户是否仍然同意接收：{error}"),
        ),
        Text::new(
            "bring the customer database back, then `rulec send --due`; until then nothing more is sent",
            "请恢复客户数据库，再执行 `rulec send --due`；在此之前不会再发送任何消息",
        ),
    )
}

/// `R0260`.
pub(crate) fn channel_refuses(channel: &str, reason: &Reason) -> Box<Diagnostic> {
    problem(
        run::CHANNEL_REFUSES,
        Text::new(
            format!("`{channel}` does not let rulec in ({reason}); its messages wait"),
            format!("渠道 `{channel}` 拒绝了 rulec 的接入（{reason}），它的消息先不发"),
        ),
        Text::new(
            format!("mend `[channels.{channel}]` or the secret that it names, then `rulec send --due`"),
            format!("请改好 `[channels.{channel}]` 或其中指定的密钥，再执行 `rulec send --due`"),
        ),
    )
}

/// `R0261`.
pub(crate) fn channel_down(channel: &str, reason: &Reason) -> Box<Diagnostic> {
    problem(
        run::CHANNEL_DOWN,
        Text::new(
            format!("`{channel}` has been down for more than two minutes ({reason}); its messages wait"),
            format!("渠道 `{channel}` 已有两分多钟不可用（{reason}），它的消息先不发"),
        ),
        Text::new(
            "send the rest with `rulec send --due` when the provider works again; nothing is lost",
            "等服务商恢复后执行 `rulec send --due` 发送剩下的，不会丢失",
        ),
    )
}

/// `R0261`, as the provider says itself.
pub(crate) fn channel_busy(channel: &str, reason: &Reason, until: &str) -> Box<Diagnostic> {
    problem(
        run::CHANNEL_DOWN,
        Text::new(
            format!("the provider of `{channel}` asked to wait until {until} ({reason}); its messages wait"),
            format!("渠道 `{channel}` 的服务商要求等到 {until}（{reason}），它的消息先不发"),
        ),
        Text::new(
            "`rulec send --due` sends the rest then, `rulec send --due --watch` by itself; nothing is lost",
            "届时执行 `rulec send --due` 发送剩下的，一直开着的 `rulec send --due --watch` 会自动继续；不会丢失",
        ),
    )
}

/// `R0262`.
pub(crate) fn channel_paused(channel: &str, because: Option<&str>) -> Box<Diagnostic> {
    let (en, zh) = because.map_or_else(Default::default, |why| (format!(": {why}"), format!("：{why}")));
    problem(
        run::CHANNEL_PAUSED,
        Text::new(format!("`{channel}` is paused{en}"), format!("渠道 `{channel}` 已暂停{zh}")),
        Text::new(
            format!("`rulec resume {channel}` lets it go on, `rulec send --due` sends what waits"),
            format!("用 `rulec resume {channel}` 恢复，再用 `rulec send --due` 发送等待中的消息"),
        ),
    )
}

/// `R0263`.
pub(crate) fn in_doubt(messages: u64) -> Box<Diagnostic> {
    problem(
        run::IN_DOUBT,
        Text::new(
            format!("nobody knows whether {} arrived", plural(messages, "message")),
            format!("有 {messages} 条消息不确定是否已送达"),
        ),
        Text::new(
            "look at `rulec outbox list --status doubt`, ask the provider for them, then tell with `rulec outbox settle` \
             or send them again with `rulec outbox requeue`",
            "用 `rulec outbox list --status doubt` 查看，向服务商核实后用 `rulec outbox settle` 登记结果，或用 `rulec outbox requeue` 重发",
        ),
    )
}

/// `R0264`.
pub(crate) fn dead_letters(messages: u64) -> Box<Diagnostic> {
    problem(
        run::DEAD_LETTERS,
        Text::new(
            format!("{} could not be delivered", plural(messages, "message")),
            format!("有 {messages} 条消息无法送达"),
        ),
        Text::new(
            "`rulec outbox list --status dead` says why; `rulec outbox requeue` tries them again, `rulec outbox discard` \
             gives them up",
            "用 `rulec outbox list --status dead` 查看原因；`rulec outbox requeue` 重新发送，`rulec outbox discard` 放弃",
        ),
    )
}
