//! What can be wrong with heads, and with what is asked of the audit.

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
pub(super) fn no_head(path: &Path, line: usize) -> Box<Diagnostic> {
    let path = path.display();
    problem(
        run::AUDIT_HEAD_UNREADABLE,
        Text::new(
            format!("`{path}`, line {line} is no head of an audit"),
            format!("`{path}` 第 {line} 行不是链头"),
        ),
        Text::new(
            "a head is one line of JSON, as `rulec audit head` prints it; a later rulec may write others",
            "链头是 `rulec audit head` 打印的一行 JSON；更新版本的 rulec 写的可能不同",
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
