//! What a person is told after sending, and how the command ends.

use crate::context::Session;
use crate::draw::clean;
use crate::interrupt;
use crate::language::{self, grouped, plural};
use crate::outcome::{Exit, Stop};
use rulec_diagnostic::codes::run;
use rulec_diagnostic::{Diagnostic, Language, Text};
use rulec_plan::time::Zone;
use rulec_runtime::send::{DEEDS, Halt, Sent, Tally, Withheld};
use std::io::Write;

/// What else to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// A plan that was applied: for the first time, or again.
    Plan { again: bool, past: bool },
    /// All that was due.
    Due,
}

/// Says what was sent and what is left.
pub fn tell(session: &mut Session, sent: &Sent, about: About, zone: Zone) -> Result<(), Stop> {
    let mut text = told(sent, about, zone);
    let is_over = |tally: &Tally| tally.withheld.contains_key(&Withheld::CampaignOver);
    let past = matches!(about, About::Plan { past: true, .. });
    if past && !session.is_dated() && sent.channels.values().any(is_over) {
        text.en += "\nThe plan is of a past day. To send as if it were that day still, set the clock with `--as-of`.";
        text.zh += "\n这份计划是过去某天的。如需按当天的时间发送，请用 `--as-of` 指定时间。";
    }
    writeln!(session.console.out, "{}", clean::lines(text.get(session.console.language)))?;
    Ok(())
}

/// Says what a person should know of it; gives how the command ends.
pub fn finish(session: &mut Session, sent: &Sent, zone: Zone) -> Result<Exit, Stop> {
    let is_stopped = sent.left.due > 0 && (interrupt::is_asked() || sent.halts.values().any(is_pause));
    let findings = findings(sent, zone);
    let needs_a_person = findings.iter().any(|finding| finding.code != run::CHANNEL_PAUSED);
    session.report(findings)?;
    Ok(match (is_stopped, needs_a_person) {
        (true, _) => Exit::Refused,
        (false, true) => Exit::Unfinished,
        (false, false) => Exit::Clean,
    })
}

/// What a person should know of it. That a channel is paused matters only to what is due.
pub fn findings(sent: &Sent, zone: Zone) -> Vec<Diagnostic> {
    let is_wanted = |finding: &Diagnostic| sent.left.due > 0 || finding.code != run::CHANNEL_PAUSED;
    sent.findings(zone).into_iter().filter(is_wanted).collect()
}

/// What was done, in one line.
pub fn line(sent: &Sent, zone: Zone, language: Language) -> String {
    let text = told(sent, About::Due, zone);
    clean::line(&text.get(language).replace('\n', " ")).into_owned()
}

fn is_pause(halt: &Halt) -> bool {
    matches!(halt, Halt::Paused(_))
}

/// Whether anything was done, or went wrong.
pub fn is_anything(sent: &Sent) -> bool {
    let is_busy = |tally: &Tally| tally.done() + tally.postponed + tally.again > 0;
    let is_stopped = sent.left.due > 0 && !sent.halts.is_empty();
    sent.found_in_doubt > 0 || is_stopped || sent.channels.values().any(is_busy)
}

fn told(sent: &Sent, about: About, zone: Zone) -> Text {
    let (deeds, messages): (Vec<_>, Vec<_>) =
        sent.channels.iter().partition(|(channel, _)| DEEDS.contains(&channel.as_str()));
    let has_tried = is_anything(sent) || sent.left.due > 0;
    let mut lines = vec![headline(&messages, &deeds, about, has_tried)];
    lines.extend(sent.channels.iter().filter_map(|(channel, tally)| troubles(channel, tally, sent)));
    lines.extend(left(sent, about, zone));
    let joined = |language| lines.iter().map(|line| line.get(language)).collect::<Vec<_>>().join("\n");
    Text::new(joined(Language::En), joined(Language::Zh))
}

type Tallies<'a> = [(&'a String, &'a Tally)];

/// How much was sent, and what was done besides.
fn headline(messages: &Tallies<'_>, deeds: &Tallies<'_>, about: About, has_tried: bool) -> Text {
    let [sent, done] =
        [messages, deeds].map(|tallies| tallies.iter().map(|(_, tally)| tally.sent).sum::<u64>());
    let mut lines = Vec::new();
    if sent > 0 {
        let Text { en, zh } = by_channel(messages);
        lines.push(Text::new(
            format!("Sent {}: {en}.", plural(sent, "message")),
            format!("已发送 {} 条消息：{zh}。", grouped(sent)),
        ));
    }
    if done > 0 {
        let Text { en, zh } = by_channel(deeds);
        lines.push(Text::new(
            format!("Did {}: {en}.", plural(done, "other action")),
            format!("已执行 {} 个其他动作：{zh}。", grouped(done)),
        ));
    }
    if lines.is_empty() {
        lines.push(match about {
            About::Plan { .. } if has_tried => nothing_sent(),
            About::Plan { again: true, .. } => Text::new(
                "This plan had been applied before; nothing was left to send.",
                "这份计划已经执行过，没有剩下要发的。",
            ),
            About::Plan { .. } => Text::new("There was nothing to send.", "没有要发的。"),
            About::Due => nothing_sent(),
        });
    }
    let joined = |language| lines.iter().map(|line| line.get(language)).collect::<Vec<_>>().join("\n");
    Text::new(joined(Language::En), joined(Language::Zh))
}

fn nothing_sent() -> Text {
    Text::new("Nothing was sent.", "没有发出任何消息。")
}

fn by_channel(tallies: &Tallies<'_>) -> Text {
    let joined = |between: &str, language| {
        let part = |(channel, tally): &(&String, &Tally)| {
            let sent = (tally.sent > 0).then(|| grouped(tally.sent))?;
            Some(format!("{} {sent}", language::outlet(channel, language)))
        };
        tallies.iter().filter_map(part).collect::<Vec<_>>().join(between)
    };
    Text::new(joined(", ", Language::En), joined("，", Language::Zh))
}

/// What was not sent through a channel, and why.
fn troubles(channel: &str, tally: &Tally, sent: &Sent) -> Option<Text> {
    let mut parts: Vec<Text> = Vec::new();
    let mut add = |count: u64, en: String, zh: String| {
        if count > 0 {
            parts.push(Text::new(en, zh));
        }
    };
    let withheld: u64 = tally.withheld.values().sum();
    let reasons = |between: &str, language| {
        let reason = |(why, count): (&Withheld, &u64)| {
            format!("{} {}", language::withheld(&why.to_string(), language), grouped(*count))
        };
        tally.withheld.iter().map(reason).collect::<Vec<_>>().join(between)
    };
    let count = grouped(withheld);
    let (en, zh) = (reasons(", ", Language::En), reasons("，", Language::Zh));
    add(withheld, format!("{count} withheld ({en})"), format!("不发 {count}（{zh}）"));
    let count = grouped(tally.postponed);
    add(
        tally.postponed,
        format!("{count} held until quiet hours are over"),
        format!("等免打扰时段结束后再发 {count}"),
    );
    let count = grouped(tally.dead);
    add(tally.dead, format!("{count} failed"), format!("失败 {count}"));
    let count = grouped(tally.doubt);
    add(tally.doubt, format!("{count} in doubt"), format!("存疑 {count}"));
    let count = grouped(tally.again);
    add(tally.again, format!("{count} tried again"), format!("重试 {count} 次"));
    if let Some(reason) = sent.down.get(channel) {
        let said = reason.to_string();
        parts.push(Text::new(format!("down ({said})"), format!("服务商不可用（{said}）")));
    }
    if parts.is_empty() {
        return None;
    }
    let joined = |between: &str, language| {
        let parts = parts.iter().map(|part| part.get(language)).collect::<Vec<_>>().join(between);
        (language::outlet(channel, language), parts)
    };
    let ((name_en, en), (name_zh, zh)) = (joined("; ", Language::En), joined("；", Language::Zh));
    Some(Text::new(format!("{name_en}: {en}."), format!("{name_zh}：{zh}。")))
}

/// What is not sent yet, and what to do about it.
fn left(sent: &Sent, about: About, zone: Zone) -> Vec<Text> {
    let mut lines = Vec::new();
    if sent.left.due > 0 {
        let left = grouped(sent.left.due);
        let (are, them) = if sent.left.due == 1 { ("is", "it") } else { ("are", "them") };
        lines.push(match about {
            About::Plan { .. } => Text::new(
                format!("{left} {are} left; `rulec send`, or applying the plan again, sends {them}."),
                format!("还剩 {left} 条；执行 `rulec send`，或再次执行这份计划，就会发送。"),
            ),
            About::Due => Text::new(
                format!("{left} {are} left; `rulec send` sends {them}."),
                format!("还剩 {left} 条；再次执行 `rulec send` 就会发送。"),
            ),
        });
    }
    if let Some(next) = sent.left.next {
        let (waiting, next) = (grouped(sent.left.waiting), next.to_rfc3339(zone));
        let en = match sent.left.waiting {
            1 => format!("1 waits until {next}; `rulec send --due` sends it then."),
            _ => format!("{waiting} wait, the first until {next}; `rulec send --due` sends them then."),
        };
        let zh = format!("{waiting} 条在等待，最早 {next} 到时；届时执行 `rulec send --due`。");
        lines.push(Text::new(en, zh));
    }
    lines
}
