//! What can go wrong when a plan is decided, kept and applied.

use rulec_diagnostic::codes::run;
use rulec_diagnostic::{Diagnostic, Text};
use std::fmt::Display;
use std::path::Path;

/// What the functions of this crate give.
pub type Result<T> = std::result::Result<T, Box<Diagnostic>>;

/// `R0110`.
pub(crate) fn unreadable_plan(path: &Path, error: &std::io::Error) -> Diagnostic {
    let path = path.display();
    Diagnostic::new(
        run::PLAN_UNREADABLE,
        None,
        Text::new(
            format!("the plan `{path}` cannot be read: {error}"),
            format!("无法读取计划文件 `{path}`：{error}"),
        ),
    )
    .help(
        "check the name, or write a plan with `rulec plan -o FILE`",
        "请检查文件名，或用 `rulec plan -o 文件` 重新生成计划",
    )
}

/// `R0111`.
pub(crate) fn not_a_plan(path: &Path) -> Diagnostic {
    let path = path.display();
    Diagnostic::new(
        run::NOT_A_PLAN,
        None,
        Text::new(format!("`{path}` is not a plan file"), format!("`{path}` 不是计划文件")),
    )
    .help("give a file written by `rulec plan -o FILE`", "请指定由 `rulec plan -o 文件` 生成的文件")
}

/// `R0112`.
pub(crate) fn newer_plan(path: &Path, found: u32, known: u32) -> Diagnostic {
    let path = path.display();
    Diagnostic::new(
        run::PLAN_NEWER,
        None,
        Text::new(
            format!("the plan `{path}` has format {found}, this rulec reads up to {known}"),
            format!("计划文件 `{path}` 的格式版本是 {found}，当前 rulec 最高只支持 {known}"),
        ),
    )
    .help(
        "use the rulec that wrote it, or a later one, or plan again with this one",
        "请使用生成该计划的 rulec 或更新的版本，或用当前版本重新生成计划",
    )
}

/// `R0113`.
pub(crate) fn damaged_plan(path: &Path) -> Diagnostic {
    let path = path.display();
    Diagnostic::new(
        run::PLAN_DAMAGED,
        None,
        Text::new(
            format!("the plan `{path}` is incomplete or was changed after it was written"),
            format!("计划文件 `{path}` 不完整，或生成后被改动过"),
        ),
    )
    .help(
        "copy it again, or plan again; nothing was recorded and nothing sent",
        "请重新复制该文件，或重新生成计划；本次没有记录也没有发送任何内容",
    )
}

/// `R0114`.
pub(crate) fn unwritable_plan(path: &Path, error: &std::io::Error) -> Diagnostic {
    unwritable(&format!("`{}`", path.display()), error)
}

/// `R0114`, when a line cannot even be made.
pub(crate) fn unwritable_content(error: serde_json::Error) -> Box<Diagnostic> {
    Box::new(unwritable("", &error))
}

fn unwritable(path: &str, error: &impl Display) -> Diagnostic {
    Diagnostic::new(
        run::PLAN_UNWRITABLE,
        None,
        Text::new(
            format!("the plan {path} cannot be written: {error}"),
            format!("无法写入计划文件 {path}：{error}"),
        ),
    )
    .help("check that the folder exists and has room", "请检查所在文件夹是否存在、磁盘空间是否足够")
}

/// `R0130`.
pub(crate) fn sum(rule: &str, sum: u64, population: usize) -> Diagnostic {
    Diagnostic::new(
        run::SUM,
        None,
        Text::new(
            format!("the verdicts of `{rule}` add up to {sum}, but there are {population} customers"),
            format!("规则 `{rule}` 的各项结论合计 {sum} 人，而客户总数是 {population} 人"),
        ),
    )
    .help(
        "this is a mistake in rulec: nothing was written; please report it with the rules and the numbers",
        "这是 rulec 自身的错误，没有写入任何内容；请附上规则和数字反馈给我们",
    )
}
