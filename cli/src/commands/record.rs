//! `rulec record`: what came of messages.

use crate::args::Record;
use crate::context::{Session, Workspace};
use crate::diagnostics;
use crate::language::grouped;
use crate::outcome::{Exit, Stop};
use rulec_diagnostic::Text;
use rulec_plan::time::Instant;
use rulec_runtime::outcomes::{self, About, Outcome, Reading};
use rulec_runtime::state::{RecordedOutcomes, State};
use std::io::Write;

pub fn run(session: &mut Session, args: &Record) -> Result<Exit, Stop> {
    let workspace = session.open()?;
    let (zone, now) = (workspace.project.zone, session.now());
    let outcomes = match (&args.import, args.outcome) {
        (Some(file), kind) => Reading { kind, zone, now }.read(&session.path(file))?,
        (None, Some(kind)) => {
            vec![Outcome { kind, about: about(args), at: at(session, args, &workspace)?, line: None }]
        }
        // The command line has one of the two.
        (None, None) => Vec::new(),
    };
    let path = State::path_of(&workspace.project, &workspace.root)?;
    let mut state = State::open(&path)?;
    let recorded = state.record_outcomes(&outcomes, now)?;
    if !session.console.quiet {
        writeln!(session.console.out, "{}", told(&recorded).get(session.console.language))?;
    }
    Ok(Exit::Clean)
}

fn about(args: &Record) -> About {
    let Record { message, code, customer, channel, rule, .. } = args;
    let by_key = message.clone().map(About::Message).or_else(|| code.clone().map(About::Code));
    by_key.unwrap_or_else(|| About::Last {
        customer: customer.clone().unwrap_or_default(),
        channel: channel.clone(),
        rule: rule.clone(),
    })
}

fn at(session: &Session, args: &Record, workspace: &Workspace) -> Result<Instant, Stop> {
    let Some(written) = &args.at else { return Ok(session.now()) };
    let at = outcomes::instant(written, workspace.project.zone);
    at.filter(|at| *at <= session.now()).ok_or_else(|| diagnostics::bad_time(written).into())
}

fn told(recorded: &RecordedOutcomes) -> Text {
    let new = |between: &str| {
        let kinds = recorded.new.iter().map(|(kind, count)| format!("{} {}", kind.word(), grouped(*count)));
        kinds.collect::<Vec<_>>().join(between)
    };
    let mut text = if recorded.new.is_empty() {
        Text::new("Nothing new.", "没有新的结果。")
    } else {
        Text::new(format!("Recorded: {}.", new(", ")), format!("已记录：{}。", new("，")))
    };
    if recorded.known > 0 {
        let known = grouped(recorded.known);
        text.en += &format!(" {known} known before.");
        text.zh += &format!("{known} 条此前已有。");
    }
    text
}
