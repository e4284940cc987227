//! From a project to decisions: check, lower, ask the database, decide. Every command that touches customers starts here.

use crate::args::Asking;
use crate::context::{Session, Workspace};
use crate::diagnostics;
use crate::outcome::Stop;
use crate::progress::Progress;
use crate::timings::{self, Stage};
use rulec_diagnostic::{Diagnostic, Severity, Text};
use rulec_engine::{Answers, Engine, Question, SqliteEngine};
use rulec_plan::Plan;
use rulec_runtime::planfile::Planned;
use rulec_runtime::state::{State, StateView};
use rulec_runtime::{Decisions, Needs};
use std::io::Write;
use std::path::PathBuf;

/// A run that is decided.
pub struct Decided {
    pub workspace: Workspace,
    plan: Plan,
    answers: Answers,
    state: StateView,
    decisions: Decisions,
}

impl Decided {
    /// What the database answered.
    pub fn answers(&self) -> &Answers {
        &self.answers
    }

    /// What plan files and summaries are made of.
    pub fn planned(&self) -> Planned<'_> {
        Planned {
            plan: &self.plan,
            project: &self.workspace.project,
            answers: &self.answers,
            state: &self.state,
            decisions: &self.decisions,
        }
    }
}

/// What a run is decided for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Its numbers and a few messages.
    Summary,
    /// Every decision, with the facts that it rests on.
    Lines,
}

/// Decides a run of the whole project. Sends nothing, changes nothing.
pub fn decide(session: &mut Session, asking: &Asking, purpose: Purpose) -> Result<Decided, Stop> {
    let workspace = session.open_with_rules()?;
    let program = session.checked(&workspace)?;
    let as_of = session.instant(workspace.project.zone)?;
    let settings = session.settings()?;
    let plan = rulec_compiler::lower(&program, &workspace.project, &mut session.sources, as_of, &settings)?;
    let needs = match purpose {
        Purpose::Summary => Needs::of_summary(&plan),
        Purpose::Lines => Needs::of(&plan),
    };
    let answers = ask(session, &workspace, needs.question(&plan), (asking, asking.caches(false)))?;
    let state = match State::open_existing(&State::path_of(&workspace.project, &workspace.root)?)? {
        Some(state) => {
            warn_of_unfinished(session, &state)?;
            state.view(&plan, &answers.keys)?
        }
        None => StateView::empty(),
    };
    let decisions = rulec_runtime::decide(&plan, &answers, &state)?;
    session.stopwatch.end(Stage::Decide);
    Ok(Decided { workspace, plan, answers, state, decisions })
}

/// Says that an earlier plan is not all sent: who is left would be missing from this one without a word.
fn warn_of_unfinished(session: &mut Session, state: &State) -> Result<(), Stop> {
    if let Some(unfinished) = state.unfinished()? {
        session.report(vec![Diagnostic { severity: Severity::Warning, ..*unfinished }])?;
    }
    Ok(())
}

/// Where copies of columns are kept, in the project's directory.
const CACHE: &str = ".rulec/cache";

/// Asks the project's database, with copies of columns or without, and shows how far it is.
pub fn ask(
    session: &mut Session,
    workspace: &Workspace,
    question: Question<'_>,
    (asking, caches): (&Asking, bool),
) -> Result<Answers, Stop> {
    session.stopwatch.end(Stage::Check);
    let mut engine = SqliteEngine::open(&database(workspace)?)?.with(asking.options()?);
    if caches {
        engine = engine.caching(workspace.root.join(CACHE));
    }
    let mut progress = Progress::new(&session.console);
    let reading = Text::new("reading", "读取");
    let reading = reading.get(session.console.language);
    let mut show =
        |at: rulec_engine::Progress<'_>| progress.at(&format!("{reading} {}", at.table), at.rows, at.of);
    let answers = engine.answer(question, &mut show)?;
    session.stopwatch.end(Stage::Ask);
    Ok(answers)
}

/// Says where time went, if that is asked for; what was done since the last stage was writing.
pub fn show_timings(session: &mut Session, answers: &Answers, asking: &Asking) -> std::io::Result<()> {
    if asking.timings {
        session.console.out.flush()?;
        session.stopwatch.end(Stage::Write);
        timings::show(&mut session.console, &session.stopwatch, answers)?;
    }
    Ok(())
}

/// The file with the customers.
pub fn database(workspace: &Workspace) -> Result<PathBuf, Stop> {
    let url = &workspace.project.database;
    let path = url.strip_prefix("sqlite:").ok_or_else(|| diagnostics::unsupported_database(url))?;
    Ok(workspace.root.join(path))
}
