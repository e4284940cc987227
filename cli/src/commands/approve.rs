//! `rulec approve`: signs what a plan does, or makes a key to sign with.

use super::apply::ask;
use super::plan::style;
use crate::args::Approve;
use crate::context::Session;
use crate::draw::clean;
use crate::outcome::{Exit, Stop};
use crate::{diagnostics, random, summary};
use rulec_diagnostic::Text;
use rulec_plan::time::{Duration, Instant};
use rulec_runtime::approval::{self, SecretKey};
use rulec_runtime::{Summary, planfile};
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::Path;

pub fn run(session: &mut Session, args: &Approve) -> Result<Exit, Stop> {
    match (&args.plan, &args.by, &args.new_key) {
        (Some(plan), Some(by), _) => approve(session, plan, by, args),
        (_, _, Some(path)) => new_key(session, path),
        // The command line asks for either.
        _ => Ok(Exit::Trouble),
    }
}

/// Makes a key, and says what stands for it in the project file.
fn new_key(session: &mut Session, path: &Path) -> Result<Exit, Stop> {
    let key = SecretKey::from_seed(random::bytes()?);
    let path = session.path(path);
    write_private(&path, &key.to_hex()).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => diagnostics::key_exists(path.display()),
        _ => diagnostics::cannot_write(path.display(), &error),
    })?;
    let text = Text::new(
        format!(
            "The key is in {}; keep it to yourself. In rulec.toml stands its public half:",
            path.display()
        ),
        format!("密钥已写入 {}，请自己保管好。rulec.toml 里写的是它的公钥：", path.display()),
    );
    let out = &mut session.console.out;
    writeln!(out, "{}\n", clean::line(text.get(session.console.language)))?;
    let name =
        path.file_stem().map_or_else(|| "alice".to_owned(), |name| name.to_string_lossy().into_owned());
    writeln!(out, "[apply.approvers]\n{} = \"{}\"", toml_key(&clean::line(&name)), key.public())?;
    Ok(Exit::Clean)
}

/// A file that was not there, for its owner alone.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    writeln!(file, "{text}")?;
    file.sync_all()
}

/// A name as TOML has it before `=`.
fn toml_key(name: &str) -> String {
    let is_bare = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    if !name.is_empty() && name.chars().all(is_bare) {
        return name.to_owned();
    }
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}

fn approve(session: &mut Session, plan: &Path, by: &str, args: &Approve) -> Result<Exit, Stop> {
    let workspace = session.open()?;
    let project = &workspace.project;
    let path = session.path(plan);
    let opened = planfile::read(&path)?;
    let key = key(session, args.key.as_deref())?;
    let listed = project.approvals.approvers.get(by);
    if listed.is_none_or(|listed| *listed != key.public().to_string()) {
        return Err(diagnostics::not_an_approver(by, listed.is_some(), &key.public().to_string()).into());
    }
    let until = match &args.length {
        Some(written) => {
            Some(ends(session.now(), written, project.zone).ok_or_else(|| diagnostics::bad_length(written))?)
        }
        None => None,
    };
    let style = style(session, false);
    summary::draw(&mut session.console.out, &Summary::of_header(opened.header()), style)?;
    if !args.yes {
        let question = Text::new("Approve this plan? [y/N] ", "批准这份计划吗？[y/N] ");
        ask(session, &question, diagnostics::not_approved)?;
    }
    let approval = approval::approve(opened.header(), &key, by, session.now(), until, project.zone);
    let kept = args.output.as_ref().map_or_else(|| approval::beside(&path), |path| session.path(path));
    approval::append(&kept, &approval)?;
    let text = Text::new(
        format!("Approved by {}; the approval is in {}.", by, kept.display()),
        format!("{} 已批准；批准写在 {}。", by, kept.display()),
    );
    writeln!(session.console.out, "\n{}", clean::line(text.get(session.console.language)))?;
    Ok(Exit::Clean)
}

/// The key of a file, or of the environment.
pub fn key(session: &Session, path: Option<&Path>) -> Result<SecretKey, Stop> {
    const VARIABLE: &str = "RULEC_APPROVAL_KEY";
    let Some(path) = path else {
        let text = std::env::var(VARIABLE).map_err(|_| diagnostics::no_key(VARIABLE))?;
        return SecretKey::parse(&text).ok_or_else(|| diagnostics::bad_key(VARIABLE).into());
    };
    let path = session.path(path);
    let text = std::fs::read_to_string(&path).map_err(|error| diagnostics::unreadable_file(&path, &error))?;
    let key = SecretKey::parse(&text).ok_or_else(|| diagnostics::bad_key(path.display()))?;
    if approval::is_open_to_others(&path) {
        Err(diagnostics::open_key(path.display()).into())
    } else {
        Ok(key)
    }
}

/// The end of a stretch of time such as `7d` or `12h` that starts now: days last to the end of the last of them.
fn ends(now: Instant, written: &str, zone: rulec_plan::time::Zone) -> Option<Instant> {
    match rulec_compiler::duration(written)? {
        Duration::Calendar { months, days } => {
            let after = zone.day_of(now).shift(months, days).shift(0, 1);
            Some(Instant(zone.start_of(after).0 - 1))
        }
        Duration::Exact { micros } => Some(Instant(now.0.saturating_add(micros))),
    }
}
