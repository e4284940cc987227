//! What can go wrong when a person looks after the outbox.

use super::remembered::listed;
use super::{plural, problem};
use crate::state::OutboxStatus;
use rulec_diagnostic::codes::run;
use rulec_diagnostic::{Diagnostic, Text};

/// `R0240`.
pub(crate) fn unknown_keys(keys: &[String]) -> Box<Diagnostic> {
    let quoted: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
    let Text { en, zh } = listed(&quoted, (", ", "、"));
    let noun = if keys.len() == 1 { "message" } else { "messages" };
    problem(
        run::OUTBOX_UNKNOWN_KEY,
        Text::new(format!("the outbox has no {noun} {en}"), format!("发件箱里没有消息 {zh}")),
        Text::new(
            "`rulec outbox list` shows the keys, which must be whole; nothing was changed",
            "用 `rulec outbox list` 查看编号，必须写全；什么也没有改动",
        ),
    )
}

/// `R0241`: messages with how they stand, and how they would have to stand.
pub(crate) fn wrong_status(messages: &[(String, OutboxStatus)], wanted: &[OutboxStatus]) -> Box<Diagnostic> {
    let en: Vec<_> = messages.iter().map(|(key, status)| format!("{key} ({})", status.word())).collect();
    let zh: Vec<_> = messages.iter().map(|(key, status)| format!("{key}（{}）", status.chinese())).collect();
    let (en, zh) = (listed(&en, (", ", "")).en, listed(&zh, ("", "、")).zh);
    let words: Vec<_> = wanted.iter().map(|status| status.word()).collect();
    let chinese: Vec<_> = wanted.iter().map(|status| format!("“{}”", status.chinese())).collect();
    problem(
        run::OUTBOX_STATUS,
        Text::new(
            format!("not {}: {en}", words.join(" or ")),
            format!("状态不是{}：{zh}", chinese.join("或")),
        ),
        Text::new(
            "`rulec outbox list` shows how each stands; leave those out, nothing was changed",
            "用 `rulec outbox list` 查看每条的状态；请去掉这些消息，什么也没有改动",
        ),
    )
}

/// `R0242`.
pub(crate) fn erased_messages(keys: &[String]) -> Box<Diagnostic> {
    let (Text { en, zh }, count) = (listed(keys, (", ", "、")), keys.len() as u64);
    problem(
        run::OUTBOX_ERASED,
        Text::new(
            format!("{} cannot be sent again, since what they say is erased: {en}", plural(count, "message")),
            format!("有 {count} 条消息的内容已被清除，不能重发：{zh}"),
        ),
        Text::new(
            "leave them out, or give them up with `rulec outbox discard`; one in doubt is settled first, with \
             `rulec outbox settle KEY --lost`; nothing was changed",
            "请去掉这些消息，或用 `rulec outbox discard` 放弃；存疑的要先用 `rulec outbox settle 编号 --lost` 登记；什么也没有改动",
        ),
    )
}
