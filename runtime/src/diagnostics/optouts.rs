//! What can go wrong with opt-outs and with forgetting.

use super::problem;
use super::remembered::{lines, listed};
use crate::optouts::BadOptOut;
use rulec_diagnostic::codes::run;
use rulec_diagnostic::{Diagnostic, Text};
use std::collections::BTreeSet;
use std::io;
use std::path::Path;

/// `R0250`.
pub(crate) fn bad_optouts(path: &Path, what: BadOptOut, at: &[u64]) -> Box<Diagnostic> {
    let (en, zh, help) = match what {
        BadOptOut::Shape => (
            "cannot be read",
            "无法读取",
            Text::new(
                "write one JSON object a line, or as many cells as the heading has",
                "每行写一个 JSON 对象；CSV 每行的格数不要超过表头",
            ),
        ),
        BadOptOut::Who => (
            "nobody is named",
            "没有指明客户",
            Text::new(
                "give `customer`, `message`, `code`, or `address` with its `channel`",
                "请填写 `客户`（`customer`）、`message`、`券码`（`code`），或 `手机号`（`address`）加 `渠道`（`channel`）",
            ),
        ),
        BadOptOut::NoCustomer => (
            "no customer has this key",
            "没有使用这个主键的客户",
            Text::new(
                "correct or delete these lines; a column of phone numbers or mail addresses is called `address`; nothing was recorded",
                "请改正或删除这些行；手机号或邮箱所在的列应叫 `address`；本次没有记录任何内容",
            ),
        ),
        BadOptOut::NoChannel => (
            "an address, and no channel",
            "有地址但没有渠道",
            Text::new(
                "say of which channel the addresses are: `--channel NAME`, or a field `channel`",
                "请说明这些地址属于哪个渠道：加 `--channel 渠道`，或填写 `channel` 字段",
            ),
        ),
        BadOptOut::UnknownChannel => (
            "a channel that `rulec.toml` does not name",
            "`rulec.toml` 里没有这个渠道",
            Text::new("write the name of a `[channels.NAME]`", "请写 `[channels.名称]` 里的名称"),
        ),
        BadOptOut::Time => (
            "the time cannot be read",
            "时间无法识别",
            Text::new(
                "write `2026-11-21 20:00:00`, with an offset `2026-11-21T20:00:00+08:00`, or seconds since 1970",
                "请写成 `2026-11-21 20:00:00`、带时区的 `2026-11-21T20:00:00+08:00`，或 1970 年以来的秒数",
            ),
        ),
        BadOptOut::Future => (
            "the time is yet to come",
            "时间在未来",
            Text::new("check the times and their zone", "请检查时间和时区"),
        ),
    };
    let (path, lines) = (path.display(), lines(at));
    problem(
        run::BAD_OPTOUT,
        Text::new(format!("{} of `{path}`: {en}", lines.en), format!("`{path}` {}：{zh}", lines.zh)),
        help,
    )
}

/// `R0250` for lines that name nobody, with the fields that they have.
pub(crate) fn nameless_optouts(path: &Path, at: &[u64], fields: &BTreeSet<String>) -> Box<Diagnostic> {
    let mut finding = bad_optouts(path, BadOptOut::Who, at);
    let fields: Vec<String> = fields.iter().map(|name| format!("`{name}`")).collect();
    if !fields.is_empty() {
        let found = listed(&fields, (", ", "、"));
        finding.message.en += &format!("; found only {}", found.en);
        finding.message.zh += &format!("；只有 {}", found.zh);
    }
    finding
}

/// `R0252`.
pub(crate) fn trace_file(path: &Path, error: &io::Error) -> Box<Diagnostic> {
    let (path, reason) = (path.display(), Text::from(error));
    problem(
        run::TRACE_FILE,
        Text::new(
            format!("`{path}` cannot be searched for the customer: {}", reason.en),
            format!("无法在 `{path}` 里查找这位客户：{}", reason.zh),
        ),
        Text::new(
            "see to the file, then forget the customer again: what is done already is not done twice",
            "请处理这个文件，然后再执行一次遗忘；已经做完的不会重复",
        ),
    )
}
