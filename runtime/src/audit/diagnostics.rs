//! What can be wrong with heads, and with what is asked of the audit.

use super::head::Flaw;
use crate::diagnostics::problem;
use rulec_diagnostic::codes::run;
use rulec_diagnostic::{Diagnostic, Text};
use std::io;
use std::path::Path;

/// `R0227`.
pub(super) fn unreadable_heads(path: &Path, error: &io::Error) -> Box<Diagnostic> {
    let (path, reason) = (path.display(), Text::from(error));
    problem(
        run::AUDIT_HEAD_UNREADABLE,
        Text::new(format!("cannot read `{path}`: {}", reason.en), format!("读不了 `{path}`：{}", reason.zh)),
        Text::new("give a file that `rulec audit head -o` wrote", "请给出 `rulec audit head -o` 写的文件"),
    )
}

/// `R0227`.
pub(super) fn no_head(name: &str, line: usize, flaw: Flaw) -> Box<Diagnostic> {
    let flaw = match flaw {
        Flaw::NoHead => Text::new("is no head of an audit", "不是链头"),
        Flaw::Version(version) => Text::new(
            format!("is a head of version {version}, which this rulec does not know"),
            format!("是版本 {version} 的链头，这个 rulec 不认识"),
        ),
        Flaw::Digits(name, digits) => Text::new(
            format!("is no whole head: its `{name}` is not of {digits} hex digits"),
            format!("不是完整的链头：`{name}` 应为 {digits} 位十六进制数字"),
        ),
    };
    problem(
        run::AUDIT_HEAD_UNREADABLE,
        Text::new(format!("`{name}`, line {line} {}", flaw.en), format!("`{name}` 第 {line} 行{}", flaw.zh)),
        Text::new(
            "a head is a line of JSON, as `rulec audit head` prints it; typed in from paper it may be broken into several",
            "链头是 `rulec audit head` 打印的一行 JSON；照着纸面录入时可以分成几行",
        ),
    )
}

/// `R0228`.
pub(super) fn wrong_signature(name: &str) -> Box<Diagnostic> {
    signer(Text::new(
        format!("the signature of the head in `{name}` does not fit what the head says"),
        format!("`{name}` 里链头的签名与内容不符"),
    ))
}

/// `R0228`.
pub(super) fn not_signed(name: &str) -> Box<Diagnostic> {
    signer(Text::new(format!("the head in `{name}` is not signed"), format!("`{name}` 里的链头没有签名")))
}

/// `R0228`.
pub(super) fn stranger(name: &str, key: &str) -> Box<Diagnostic> {
    signer(Text::new(
        format!("the head in `{name}` is signed by another key, `{key}`"),
        format!("`{name}` 里的链头是另一个密钥 `{key}` 签的"),
    ))
}

fn signer(text: Text) -> Box<Diagnostic> {
    problem(
        run::AUDIT_HEAD_SIGNER,
        text,
        Text::new(
            "it proves nothing: take a head that one of the `--signer` keys signed",
            "它不能证明什么：请使用由 `--signer` 所列密钥签过的链头",
        ),
    )
}

/// `R0226`.
pub(super) fn head_of_another_project(name: &str, found: &str, project: &str) -> Box<Diagnostic> {
    problem(
        run::AUDIT_HEAD_DIFFERS,
        Text::new(
            format!("the head in `{name}` is of the project `{found}`, not of `{project}`"),
            format!("`{name}` 里的链头属于项目 `{found}`，不是 `{project}`"),
        ),
        Text::new("give the heads of this project", "请给出本项目的链头"),
    )
}
