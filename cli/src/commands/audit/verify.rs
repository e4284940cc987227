//! `rulec audit verify`: whether the record is as it was written, and what proves that.

use super::heads::Outside;
use super::{nothing, state};
use crate::args::AuditVerify;
use crate::context::{Session, Workspace};
use crate::diagnostics;
use crate::draw::clean;
use crate::language::{grouped, plural};
use crate::outcome::{Exit, Stop};
use rulec_diagnostic::Text;
use rulec_runtime::approval::PublicKey;
use rulec_runtime::audit::verify::{self, Proven, Verification};
use std::io::Write;

pub fn run(session: &mut Session, args: &AuditVerify) -> Result<Exit, Stop> {
    let workspace = session.open()?;
    let signers = signers(&workspace, &args.signers)?;
    let Outside { heads, refused } = Outside::read(session, &workspace, &args.heads, &signers)?;
    let Some(state) = state(session, &workspace)? else {
        // Who has a head knows that there was a record.
        return if args.heads.is_empty() { Ok(Exit::Clean) } else { Err(diagnostics::no_record().into()) };
    };
    let verified = verify::verify(&state, &heads)?;
    let findings: Vec<_> = verified.findings.iter().map(verify::Finding::diagnostic).chain(refused).collect();
    let has_findings = !findings.is_empty();
    if verified.records == 0 && !has_findings {
        session.console.note(&nothing())?;
        return Ok(Exit::Clean);
    }
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

/// What was found, and what proves it.
fn told(verified: &Verification) -> Text {
    let count = verified.records;
    let mut text = if verified.is_valid() {
        Text::new(
            format!(
                "{}: each follows from the one before, and all that is held against them fits.",
                plural(count, "record")
            ),
            format!("共 {} 条记录：每一条都与前一条相连，与记录核对的内容也都相符。", grouped(count)),
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
    let proof = proof(verified);
    text.en += &format!("\n{}", proof.en);
    text.zh += &format!("\n{}", proof.zh);
    text
}

/// What heads from outside prove.
fn proof(verified: &Verification) -> Text {
    let Some(last) = verified.proven.last() else {
        return Text::new(
            "Nothing from outside proves it: whoever can write the file could have written all of it anew, with hashes that fit.\nKeep heads elsewhere (rulec audit head -o FILE), and verify against them (--head FILE).",
            "没有外部证据：能改写这个文件的人也能连同哈希一起全部重写。\n请把链头留存在别处（rulec audit head -o 文件），校验时用 --head 文件 对照。",
        );
    };
    let but = if verified.is_valid() {
        ("", "")
    } else {
        (", but for what is said above", "（上面指出的除外）")
    };
    let stretches: Vec<Text> = verified.proven.iter().map(|proven| stretch(proven, but)).collect();
    let lines = |of: fn(&Text) -> &str| stretches.iter().map(of).collect::<Vec<_>>().join("\n");
    let mut text = Text::new(lines(|text| &text.en), lines(|text| &text.zh));
    let proven: u64 = verified.proven.iter().map(|one| one.by.head.seq.abs_diff(one.from) + 1).sum();
    if last.by.head.seq.unsigned_abs() < verified.records {
        text.en +=
            &format!("\nWhat came later is proven by nothing from outside; it agrees with itself{}.", but.0);
        text.zh += &format!("\n之后的记录没有外部证据，只能说明前后一致{}。", but.1);
    } else if proven < verified.records {
        text.en += "\nAll other records are proven by nothing.";
        text.zh += "\n其余记录没有任何证据。";
    }
    text
}

/// What one head proves.
fn stretch(Proven { from, by }: &Proven, but: (&str, &str)) -> Text {
    let (name, at) = (&by.name, &by.head.at);
    let (from, until) = (grouped(*from), grouped(by.head.seq));
    Text::new(
        format!(
            "Records {from} to {until} are what they were when the head in {name} was taken: the head of record {until}, recorded at {at}{}.",
            but.0
        ),
        format!(
            "第 {from} 至 {until} 条与留存 {name} 里的链头时相同：第 {until} 条的链头，记录于 {at}{}。",
            but.1
        ),
    )
}
