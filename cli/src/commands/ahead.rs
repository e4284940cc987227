//! What is about to be sent, and the question whether it should be.

use crate::args::Sending;
use crate::language::{grouped, plural};
use rulec_diagnostic::Text;
use rulec_runtime::CampaignCost;
use rulec_runtime::state::PlanProgress;

/// What is about to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ahead {
    /// All of a new plan: so many messages, and so many other actions.
    All { messages: u64, others: u64 },
    /// What is left of a plan that was applied before.
    Rest(PlanProgress),
}

impl Ahead {
    /// What a new plan sends through the channels that were asked for.
    pub fn of_new(total: &CampaignCost, sending: &Sending) -> Ahead {
        let wanted = |outlet: &str| {
            sending.channels.is_empty() || sending.channels.iter().any(|channel| channel == outlet)
        };
        let messages = total.messages.iter().filter(|(channel, _)| wanted(channel));
        let others = total.others.iter().filter(|(deed, _)| wanted(outlet_of(deed)));
        Ahead::All {
            messages: messages.map(|(_, count)| count).sum(),
            others: others.map(|(_, count)| count).sum(),
        }
    }

    /// What to ask; nothing if nothing is ahead. `limit`: at most so much is sent.
    pub fn question(self, limit: Option<u64>) -> Option<Text> {
        let count = match self {
            Ahead::All { messages, others } => messages + others,
            Ahead::Rest(progress) => progress.left,
        };
        let at_most = limit.filter(|limit| *limit < count);
        let Text { en, zh } = match self {
            _ if count == 0 => return None,
            Ahead::All { messages, others } => all(messages, others, at_most),
            Ahead::Rest(progress) => rest(progress, at_most),
        };
        Some(Text::new(format!("{en} [y/N] "), format!("{zh}[y/N] ")))
    }
}

/// Through which outlet an action goes that is no message.
fn outlet_of(deed: &str) -> &str {
    match deed {
        "tag" | "untag" => "tags",
        "task" => "tasks",
        other => other,
    }
}

fn all(messages: u64, others: u64, at_most: Option<u64>) -> Text {
    let (messages_zh, others_zh) = (grouped(messages), grouped(others));
    let (messages_en, others_en) = (plural(messages, "message"), plural(others, "other action"));
    let most = at_most.map(grouped);
    match (messages, others, most) {
        (_, 0, None) => Text::new(format!("Send {messages_en}?"), format!("要发送 {messages_zh} 条消息吗？")),
        (_, 0, Some(most)) => Text::new(
            format!("Send at most {most} of {messages_en}?"),
            format!("共 {messages_zh} 条消息，这次最多发送 {most} 条，要发送吗？"),
        ),
        (0, _, None) => Text::new(format!("Do {others_en}?"), format!("要执行 {others_zh} 个其他动作吗？")),
        (0, _, Some(most)) => Text::new(
            format!("Do at most {most} of {others_en}?"),
            format!("共 {others_zh} 个其他动作，这次最多执行 {most} 个，要执行吗？"),
        ),
        (_, _, None) => Text::new(
            format!("Send {messages_en} and do {others_en}?"),
            format!("要发送 {messages_zh} 条消息、执行 {others_zh} 个其他动作吗？"),
        ),
        (_, _, Some(most)) => Text::new(
            format!("Do at most {most} of {messages_en} and {others_en}?"),
            format!("共 {messages_zh} 条消息、{others_zh} 个其他动作，这次最多执行 {most} 个，要执行吗？"),
        ),
    }
}

fn rest(PlanProgress { sent, left }: PlanProgress, at_most: Option<u64>) -> Text {
    let (is, was) = (if left == 1 { "is" } else { "are" }, if sent == 1 { "was" } else { "were" });
    let (left, before) = (grouped(left), grouped(sent));
    let mut text = match at_most.map(grouped) {
        Some(most) => Text::new(
            format!("Send at most {most} of the {left} that {is} left"),
            format!("还剩 {left} 条，这次最多发送 {most} 条"),
        ),
        None => Text::new(format!("Send the {left} that {is} left"), format!("还剩 {left} 条")),
    };
    if sent > 0 {
        text.en += &format!(" ({before} {was} sent before)");
        text.zh += &format!("（之前已发送 {before} 条）");
    }
    Text::new(text.en + "?", text.zh + "，要发送吗？")
}

/// What stands below the table of a plan that was applied before.
pub fn applied_before(PlanProgress { sent, left }: PlanProgress) -> Text {
    let (sent, rest) = (grouped(sent), grouped(left));
    match left {
        0 => Text::new(
            format!("Applied before: {sent} sent, nothing left."),
            format!("这份计划已经执行过：已发送 {sent} 条，没有剩下要发的。"),
        ),
        _ => Text::new(
            format!("Applied before: {sent} sent, {rest} left."),
            format!("这份计划已经执行过：已发送 {sent} 条，还剩 {rest} 条。"),
        ),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use super::*;

    #[test]
    fn it_is_asked_for_what_goes_out() {
        let all = |messages, others| Ahead::All { messages, others };
        let rest = |sent, left| Ahead::Rest(PlanProgress { sent, left });
        for (ahead, limit, en, zh) in [
            (all(1000, 0), None, "Send 1,000 messages?", "要发送 1,000 条消息吗？"),
            (
                all(1000, 0),
                Some(100),
                "Send at most 100 of 1,000 messages?",
                "共 1,000 条消息，这次最多发送 100 条，要发送吗？",
            ),
            (all(0, 1), None, "Do 1 other action?", "要执行 1 个其他动作吗？"),
            (
                all(2, 3),
                Some(5),
                "Send 2 messages and do 3 other actions?",
                "要发送 2 条消息、执行 3 个其他动作吗？",
            ),
            (
                rest(200, 800),
                Some(100),
                "Send at most 100 of the 800 that are left (200 were sent before)?",
                "还剩 800 条，这次最多发送 100 条（之前已发送 200 条），要发送吗？",
            ),
            (
                rest(1, 1),
                Some(100),
                "Send the 1 that is left (1 was sent before)?",
                "还剩 1 条（之前已发送 1 条），要发送吗？",
            ),
            (rest(0, 2), None, "Send the 2 that are left?", "还剩 2 条，要发送吗？"),
        ] {
            let Text { en: asked, zh: asked_zh } = ahead.question(limit).unwrap();
            assert_eq!((asked, asked_zh), (format!("{en} [y/N] "), format!("{zh}[y/N] ")));
        }
        assert_eq!((all(0, 0).question(None), rest(1000, 0).question(Some(100))), (None, None));
    }
}
