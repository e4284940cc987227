//! `rulec audit verify`: whether the record is as it was written, and what proves that.

use super::state;
use crate::args::AuditVerify;
use crate::context::{Session, Workspace};
use crate::diagnostics;
use crate::draw::clean;
use crate::language::{grouped, plural};
use crate::outcome::{Exit, Stop};
use rulec_diagnostic::{Diagnostic, Text};
use rulec_runtime::approval::PublicKey;
use rulec_runtime::audit::head;
use rulec_runtime::audit::verify::{self, OutsideHead, Verification};
use std::io::Write;

pub fn run(session: &mut Session, args: &AuditVerify) -> Result<Exit, Stop> {
    let workspace = session.open()?;
    let signers = signers(&workspace, &args.signers)?;
    let (outside, refused) = heads(session, &workspace, args, &signers)?;
    let Some(state) = state(session, &workspace)? else {
        // Who has a head knows that there was a record.
        return if args.heads.is_empty() { Ok(Exit::Clean) } else { Err(diagnostics::no_record().into()) };
    };
    let verified = verify::verify(&state, &outside)?;
    let findings: Vec<_> = verified.findings.iter().map(verify::Finding::diagnostic).chain(refused).collect();
    let has_findings = !findings.is_empty();
    let exit = if has_findings { session.deliver(findings, &[], None)? } else { Exit::Clean };
    let language = session.console.language;
    let out = &mut session.console.out;
    if has_findings {
        writeln!(out)?;
    }
    let text = told(&verified);
    writeln!(out, "{}", clean::lines(text.get(language)))?;
    Ok(exit)
}

/// Public keys, each written out or by the name that the project gives it.
fn signers(workspace: &Workspace, written: &[String]) -> Result<Vec<PublicKey>, Stop> {
    let key = |written: &String| {
        let named = workspace.project.approvals.approvers.get(written);
        PublicKey::parse(named.unwrap_or(written)).ok_or_else(|| diagnostics::bad_signer(written).into())
    };
    written.iter().map(key).collect()
}

/// The heads that count, and why the others do not.
fn heads(
    session: &Session,
    workspace: &Workspace,
    args: &AuditVerify,
    signers: &[PublicKey],
) -> Result<(Vec<OutsideHead>, Vec<Diagnostic>), Stop> {
    let (mut outside, mut refused) = (Vec::new(), Vec::new());
    for file in &args.heads {
        for (place, kept) in (1..).zip(head::read(&session.path(file))?) {
            let name = format!("{}:{place}", file.display());
            match head::accept(&kept, &name, &workspace.project.name, signers) {
                Ok(head) => outside.push(head),
                Err(objection) => refused.push(*objection),
            }
        }
    }
    Ok((outside, refused))
}

/// What was found, and what proves it.
fn told(verified: &Verification) -> Text {
    let count = verified.records;
    let mut text = if verified.is_valid() {
        Text::new(
            format!(
                "{}: each follows from the one before, and nothing beside them was changed.",
                plural(count, "record")
            ),
            format!("共 {} 条记录：每一条都与前一条相连，旁边的内容也没有改动。", grouped(count)),
        )
    } else {
        let more = verified.findings.more();
        let mut text = Text::new(
            format!("{}; the record is not as it was written.", plural(count, "record")),
            format!("共 {} 条记录；记录已不是当初写下的样子。", grouped(count)),
        );
        if more > 0 {
            text.en += &format!(" {} more findings are not listed.", grouped(more));
            text.zh += &format!("另有 {} 处没有列出。", grouped(more));
        }
        text
    };
    let proof = match &verified.proven {
        Some(head) => proof(verified, head),
        None => Text::new(
            "Nothing from outside proves it: whoever can write the file could have written all of it anew, with hashes that fit.\nKeep heads elsewhere (rulec audit head -o FILE), and verify against them (--head FILE).",
            "没有外部证据：能改写这个文件的人也能连同哈希一起全部重写。\n请把链头留存在别处（rulec audit head -o 文件），校验时用 --head 文件 对照。",
        ),
    };
    text.en += &format!("\n{}", proof.en);
    text.zh += &format!("\n{}", proof.zh);
    text
}

/// What a head from outside proves.
fn proof(verified: &Verification, outside: &OutsideHead) -> Text {
    let OutsideHead { name, head } = outside;
    let proven = head.seq.unsigned_abs();
    let but = if verified.is_valid() {
        ("", "")
    } else {
        (", but for what is said above", "（上面指出的除外）")
    };
    let (until, at) = (grouped(proven), &head.at);
    let mut text = Text::new(
        format!(
            "Records 1 to {until} are what they were when the head in {name} was taken, at {at}{}.",
            but.0
        ),
        format!("第 1 至 {until} 条与 {name} 里的链头（{at}）留存时相同{}。", but.1),
    );
    if proven < verified.records {
        text.en +=
            &format!("\nWhat came later is proven by nothing from outside; it agrees with itself{}.", but.0);
        text.zh += &format!("\n之后的记录没有外部证据，只能说明前后一致{}。", but.1);
    }
    text
}
