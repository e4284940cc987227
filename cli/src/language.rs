//! In which language a person reads, and the words of the program itself, in both. Findings carry their own words.

use rulec_diagnostic::{Language, Severity, Text};
use rulec_plan::verdict::Verdict;
use rulec_runtime::state::OutboxStatus;
use std::time::Duration;

/// Words that need nothing filled in.
pub struct Words {
    en: &'static str,
    zh: &'static str,
}

impl Words {
    /// English and Chinese.
    pub const fn new(en: &'static str, zh: &'static str) -> Self {
        Self { en, zh }
    }

    /// The form that this reader understands.
    pub fn get(&self, language: Language) -> &'static str {
        match language {
            Language::En => self.en,
            Language::Zh => self.zh,
        }
    }
}

/// Before what to do about a finding.
pub const HELP: Words = Words::new("help: ", "建议：");
/// Before the command that explains more.
pub const MORE: Words = Words::new("more: ", "详解：");

/// The language of the environment: the first of these that is set and not empty decides. Any form of Chinese (`zh`,
/// `zh_CN.UTF-8`) is Chinese, everything else English.
pub fn detect(variable: impl Fn(&str) -> Option<String>) -> Language {
    let set = ["RULEC_LANG", "LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .find_map(|name| variable(name).filter(|value| !value.is_empty()));
    match set {
        Some(value) if value.to_ascii_lowercase().starts_with("zh") => Language::Zh,
        _ => Language::En,
    }
}

/// The word before a finding.
pub fn severity(severity: Severity) -> Words {
    match severity {
        Severity::Error => Words::new("error", "错误"),
        Severity::Warning => Words::new("warning", "警告"),
    }
}

/// How a customer and a rule ended.
pub fn verdict(verdict: Verdict) -> Words {
    let zh = match verdict {
        Verdict::Send => "发送",
        Verdict::Hold => "稍后发送",
        Verdict::Control => "对照组",
        Verdict::Outranked => "让位于其他规则",
        Verdict::AlreadyTouched => "已触达过",
        Verdict::Suppressed => "被屏蔽",
        Verdict::NoConsent => "未授权",
        Verdict::NoAddress => "没有联系方式",
        Verdict::Capped => "超出限频",
        Verdict::OverQuota => "超出名额",
        Verdict::OverBudget => "超出预算",
        Verdict::PoolEmpty => "券码用完",
        Verdict::DataMissing => "缺少数据",
        Verdict::NotMatched => "不符合",
    };
    Words::new(verdict.word(), zh)
}

/// What is done beside messages, as plans call it; a channel has its own name.
pub fn deed(channel: &str, language: Language) -> &str {
    match (language, channel) {
        (Language::Zh, "tag") => "打标签",
        (Language::Zh, "untag") => "去标签",
        (Language::Zh, "points") => "积分",
        (Language::Zh, "task") => "任务",
        _ => channel,
    }
}

/// A channel of the outbox: its own name, or what goes through the one of that name beside messages.
pub fn outlet(channel: &str, language: Language) -> &str {
    match (language, channel) {
        (Language::Zh, "tags") => "标签",
        (Language::Zh, "tasks") => "任务",
        (Language::Zh, "points") => "积分",
        _ => channel,
    }
}

/// What became of something in the outbox.
pub fn status(status: OutboxStatus) -> Words {
    Words::new(status.word(), status.chinese())
}

/// Why a message is withheld, or in doubt, from the words of the audit; what a `suppress` or a provider says stays as it is.
pub fn withheld(reason: &str, language: Language) -> String {
    if language == Language::En {
        return reason.to_owned();
    }
    match reason {
        "forgotten" => "客户已被遗忘".to_owned(),
        "no longer a customer" => "已不是客户".to_owned(),
        "opted out" => "已退订".to_owned(),
        "no consent" => "未授权".to_owned(),
        "campaign over" => "活动已结束".to_owned(),
        "offer over" => "优惠已过期".to_owned(),
        "quiet hours" => "免打扰时段".to_owned(),
        "given up" => "已放弃".to_owned(),
        other => match other.strip_prefix("suppressed: ") {
            Some(because) => format!("被屏蔽：{because}"),
            None => other.to_owned(),
        },
    }
}

/// How long something has lasted, in its largest unit: `12 s`, `5 min`, `3 h`, `2 d`.
pub fn lasting(duration: Duration, language: Language) -> String {
    let seconds = duration.as_secs();
    let (count, en, zh) = match seconds {
        0..60 => (seconds, "s", "秒"),
        60..3_600 => (seconds / 60, "min", "分钟"),
        3_600..86_400 => (seconds / 3_600, "h", "小时"),
        _ => (seconds / 86_400, "d", "天"),
    };
    match language {
        Language::En => format!("{count} {en}"),
        Language::Zh => format!("{count} {zh}"),
    }
}

/// A length or a calendar unit as plans write it (`48h`, `30d`, `month`), in the reader's words.
pub fn length(written: &str, language: Language) -> String {
    let unit = written.trim_start_matches(|c: char| c.is_ascii_digit());
    let zh = match (language, unit) {
        (Language::En, _) => return written.to_owned(),
        (_, "min") => "分钟",
        (_, "h") => "小时",
        (_, "d" | "day") => "天",
        (_, "w" | "week") => "周",
        (_, "mo") => "个月",
        (_, "month") => "月",
        (_, "quarter") => "季度",
        (_, "y" | "year") => "年",
        _ => unit,
    };
    format!("{}{zh}", &written[..written.len() - unit.len()])
}

/// How many findings are not shown.
pub fn and_more(hidden: usize) -> Text {
    Text::new(format!("… and {hidden} more"), format!("… 还有 {hidden} 个"))
}

/// The last line of a report.
pub fn counted(errors: usize, warnings: usize) -> Text {
    if errors == 0 && warnings == 0 {
        return Text::new("no findings", "没有发现问题");
    }
    Text::new(
        format!("{}, {}", plural(errors as u64, "error"), plural(warnings as u64, "warning")),
        format!("{errors} 个错误，{warnings} 个警告"),
    )
}

/// `1 rule`, `2 rules`.
pub fn plural(count: u64, noun: &str) -> String {
    format!("{} {noun}{}", grouped(count), if count == 1 { "" } else { "s" })
}

/// A number with a comma at every third digit.
pub fn grouped(number: impl TryInto<i128>) -> String {
    let number = number.try_into().unwrap_or(i128::MAX);
    let digits = number.unsigned_abs().to_string();
    let mut text = String::from(if number < 0 { "-" } else { "" });
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A repair in words.
pub fn repair(taken: &str, put: &str) -> Text {
    match (taken.is_empty(), put.is_empty()) {
        (true, _) => Text::new(format!("insert `{put}`"), format!("在这里加上 `{put}`")),
        (_, true) => Text::new(format!("remove `{taken}`"), format!("删去 `{taken}`")),
        _ => Text::new(format!("write `{put}` instead of `{taken}`"), format!("把 `{taken}` 改成 `{put}`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(set: &[(&str, &str)]) -> Language {
        detect(|name| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn the_first_variable_that_says_something_decides() {
        assert_eq!(with(&[]), Language::En);
        assert_eq!(with(&[("LANG", "zh_CN.UTF-8")]), Language::Zh);
        assert_eq!(with(&[("LC_ALL", "C"), ("LANG", "zh_CN.UTF-8")]), Language::En);
        assert_eq!(with(&[("RULEC_LANG", "zh"), ("LC_ALL", "en_US")]), Language::Zh);
        assert_eq!(with(&[("RULEC_LANG", ""), ("LC_ALL", "ZH-Hant")]), Language::Zh);
    }

    #[test]
    fn lengths_and_units_are_said_in_chinese() {
        let shown =
            ["30min", "48h", "7d", "2w", "3mo", "1y", "month"].map(|written| length(written, Language::Zh));
        assert_eq!(shown, ["30分钟", "48小时", "7天", "2周", "3个月", "1年", "月"]);
        assert_eq!(length("48h", Language::En), "48h");
    }

    #[test]
    fn what_is_done_beside_messages_is_said_in_chinese() {
        let shown = ["tag", "untag", "points", "task", "sms"].map(|channel| deed(channel, Language::Zh));
        assert_eq!(shown, ["打标签", "去标签", "积分", "任务", "sms"]);
        assert_eq!(deed("tag", Language::En), "tag");
    }

    #[test]
    fn numbers_are_grouped_by_thousands() {
        let shown = [0_i64, 999, 1_000, -1_234_567].map(grouped);
        assert_eq!(shown, ["0", "999", "1,000", "-1,234,567"]);
    }
}
