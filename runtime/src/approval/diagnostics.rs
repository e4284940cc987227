//! What can be wrong with approvals.

use super::{Excess, Objection};
use crate::diagnostics::plural;
use crate::render;
use rulec_diagnostic::codes::run;
use rulec_diagnostic::{Diagnostic, Text};
use rulec_plan::time::Duration;
use std::collections::BTreeSet;
use std::fmt::Display;
use std::path::Path;

/// `R0171`.
pub(super) fn too_few(needed: u32, by: &BTreeSet<&str>, objections: &[(&str, Objection)]) -> Box<Diagnostic> {
    let (found, s) = (by.len(), if needed == 1 { "" } else { "s" });
    let names = by.iter().copied().collect::<Vec<_>>();
    let whom =
        |between: &str| if names.is_empty() { String::new() } else { format!(" ({})", names.join(between)) };
    let mut message = Text::new(
        format!("this plan needs {needed} approval{s} and has {found}{}", whom(", ")),
        format!("这份计划需要 {needed} 人批准，现在有 {found} 人{}", whom("、")),
    );
    for (name, objection) in objections {
        let why = why(objection);
        message.en += &format!("\n`{name}`: {}", why.en);
        message.zh += &format!("\n`{name}`：{}", why.zh);
    }
    let help = "let those named in `[apply.approvers]` look at it (`rulec plan show FILE`) and run `rulec approve FILE --as NAME`";
    let help_zh = "请 `[apply.approvers]` 里的人看过计划（`rulec plan show 文件`）后运行 `rulec approve 文件 --as 名字`";
    Box::new(Diagnostic::new(run::APPROVALS_MISSING, None, message).help(help, help_zh))
}

fn why(objection: &Objection) -> Text {
    match objection {
        Objection::Stranger => {
            Text::new("not named in `[apply.approvers]`", "没有列在 `[apply.approvers]` 里")
        }
        Objection::Forged => Text::new(
            "the signature is not of this approval, or by another key",
            "签名与批准内容不符，或者是用别的密钥签的",
        ),
        Objection::OtherPlan => Text::new("approved another plan", "批准的是另一份计划"),
        Objection::Expired(until) => {
            Text::new(format!("approved until {until}"), format!("批准只到 {until} 为止"))
        }
        Objection::OtherRules => {
            Text::new("approved other rules or another project file", "批准的是另一版规则或另一版项目文件")
        }
        Objection::More { what, approved, planned } => more(what, *approved, *planned),
    }
}

fn more(what: &Excess, approved: i64, planned: i64) -> Text {
    let money = |cents: i64| render::money(cents);
    let micros = |micros: i64| crate::facts::decimal(i128::from(micros), 6);
    match what {
        Excess::Rule(rule) => Text::new(
            format!(
                "approved `{rule}` for {}, the plan has {planned}",
                plural(approved.unsigned_abs(), "customer")
            ),
            format!("批准 `{rule}` 触达 {approved} 位客户，计划里有 {planned} 位"),
        ),
        Excess::Channel(channel) => Text::new(
            format!(
                "approved {} by `{channel}`, the plan has {planned}",
                plural(approved.unsigned_abs(), "message")
            ),
            format!("批准 `{channel}` 发 {approved} 条，计划里有 {planned} 条"),
        ),
        Excess::Deed(deed) => Text::new(
            format!("approved `{deed}` {approved} times, the plan does it {planned} times"),
            format!("批准 `{deed}` {approved} 次，计划里有 {planned} 次"),
        ),
        Excess::Messages => Text::new(
            format!("approved messages for {}, the plan's cost {}", micros(approved), micros(planned)),
            format!("批准消息费 {}，计划要花 {}", micros(approved), micros(planned)),
        ),
        Excess::Coupons => Text::new(
            format!(
                "approved coupons for at most {}, the plan's can cost {}",
                money(approved),
                money(planned)
            ),
            format!("批准券最多花费 {}，计划最多 {}", money(approved), money(planned)),
        ),
        Excess::Discounts => {
            Text::new("approved no discounts, the plan has some", "批准时没有折扣券，计划里有")
        }
    }
}

/// `R0172`.
pub(super) fn too_old(as_of: &str, max_age: Duration) -> Box<Diagnostic> {
    let age = render::duration(max_age);
    let message = Text::new(
        format!("this plan is of {as_of}, older than the {age} that `[apply] max_age` allows"),
        format!("这份计划的时间是 {as_of}，超过了 `[apply] max_age` 允许的 {age}"),
    );
    Box::new(
        Diagnostic::new(run::PLAN_TOO_OLD, None, message)
            .help("plan anew with `rulec plan -o FILE`", "请用 `rulec plan -o 文件` 重新生成计划"),
    )
}

/// `R0173`.
pub(super) fn unreadable(path: &Path, error: &impl Display) -> Box<Diagnostic> {
    let path = path.display();
    let message = Text::new(
        format!("the approvals `{path}` cannot be read: {error}"),
        format!("无法读取批准文件 `{path}`：{error}"),
    );
    Box::new(
        Diagnostic::new(run::APPROVALS_UNREADABLE, None, message)
            .help("check the path and who may read it", "请检查路径和读取权限"),
    )
}

/// `R0173`.
pub(super) fn no_approval(path: &Path, line: u32) -> Box<Diagnostic> {
    let path = path.display();
    let message = Text::new(
        format!("line {line} of `{path}` is no approval that this rulec knows"),
        format!("`{path}` 第 {line} 行不是本版 rulec 认识的批准"),
    );
    Box::new(Diagnostic::new(run::APPROVALS_UNREADABLE, None, message).help(
        "let those who approved do it again with `rulec approve`; lines must stay as they were written",
        "请重新运行 `rulec approve`；批准文件的每一行都不能手工修改",
    ))
}

/// `R0174`.
pub(super) fn unwritable(path: &Path, error: &impl Display) -> Box<Diagnostic> {
    let path = path.display();
    let message = Text::new(
        format!("the approval cannot be written to `{path}`: {error}"),
        format!("无法把批准写入 `{path}`：{error}"),
    );
    Box::new(
        Diagnostic::new(run::APPROVAL_UNWRITABLE, None, message)
            .help("check the folder and who may write there", "请检查文件夹和写入权限"),
    )
}
