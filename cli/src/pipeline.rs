//! From a project to decisions: check, lower, ask the database, decide. Every command that touches customers starts here.

use crate::args::Asking;
use crate::context::{Session, Workspace};
use crate::diagnostics;
use crate::language::Words;
use crate::outcome::Stop;
use crate::progress::Progress;
use crate::timings::{self, Stage};
use rulec_compiler::typed::Program;
use rulec_diagnostic::{Diagnostic, Severity};
use rulec_engine::{Answers, Engine, Question, SqliteEngine};
use rulec_plan::Plan;
use rulec_plan::project::{Kept, Project};
use rulec_plan::reasons::Reasons;
use rulec_plan::time::Instant;
use rulec_runtime::planfile::Planned;
use rulec_runtime::state::{State, StateView};
use rulec_runtime::{Decisions, Needs, Pools, why};
use std::io::Write;
use std::path::PathBuf;

/// A run of a project that is decided.
pub struct Decided {
    pub workspace: Workspace,
    run: DecidedRun,
}

/// A run that is decided.
pub struct DecidedRun {
    plan: Plan,
    answers: Answers,
    state: StateView,
    decisions: Decisions,
}

impl Decided {
    /// What the database answered.
    pub fn answers(&self) -> &Answers {
        &self.run.answers
    }

    /// What plan files and summaries are made of.
    pub fn planned(&self) -> Planned<'_> {
        self.run.planned(&self.workspace.project)
    }
}

impl DecidedRun {
    /// What the database answered.
    pub fn answers(&self) -> &Answers {
        &self.answers
    }

    /// The same, of a run of this project.
    pub fn planned<'a>(&'a self, project: &'a Project) -> Planned<'a> {
        Planned {
            plan: &self.plan,
            project,
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
    session.report(rulec_compiler::remarks(&program, &workspace.project, as_of))?;
    let state = state(&workspace)?;
    let run = decide_at(session, &workspace, &program, as_of, state.as_ref(), (purpose, asking))?;
    Ok(Decided { workspace, run })
}

/// The same at an instant, on a state.
pub fn decide_at(
    session: &mut Session,
    workspace: &Workspace,
    program: &Program,
    as_of: Instant,
    state: Option<&State>,
    (purpose, asking): (Purpose, &Asking),
) -> Result<DecidedRun, Stop> {
    let settings = session.settings()?;
    let plan = rulec_compiler::lower(program, &workspace.project, &mut session.sources, as_of, &settings)?;
    let needs = match purpose {
        Purpose::Summary => Needs::of_summary(&plan),
        Purpose::Lines => Needs::of(&plan),
    };
    decide_plan(session, workspace, plan, (&needs, asking), state)
}

/// Decides with the condition of each rule in parts, and the values of those parts among the answers.
pub fn decide_with_reasons(session: &mut Session, asking: &Asking) -> Result<(Decided, Vec<Reasons>), Stop> {
    let workspace = session.open_with_rules()?;
    let program = session.checked(&workspace)?;
    let as_of = session.instant(workspace.project.zone)?;
    let settings = session.settings()?;
    let (project, sources) = (&workspace.project, &mut session.sources);
    let (plan, reasons) = rulec_compiler::lower_with_reasons(&program, project, sources, as_of, &settings)?;
    let needs = Needs::of_summary(&plan).and(why::values_for(&reasons));
    let state = state(&workspace)?;
    let run = decide_plan(session, &workspace, plan, (&needs, asking), state.as_ref())?;
    Ok((Decided { workspace, run }, reasons))
}

fn decide_plan(
    session: &mut Session,
    workspace: &Workspace,
    plan: Plan,
    (needs, asking): (&Needs, &Asking),
    state: Option<&State>,
) -> Result<DecidedRun, Stop> {
    let pools = Pools::read(&plan, &workspace.root)?;
    let of_data = DataAsked { workspace, asking, caches: asking.caches(false) };
    let (answers, state) = ask_both(session, needs.question(&plan), state, &pools, of_data)?;
    let decisions = rulec_runtime::decide(&plan, &workspace.project, &answers, &state)?;
    session.stopwatch.end(Stage::Decide);
    Ok(DecidedRun { plan, answers, state, decisions })
}

/// Asks the project's database, and the state for what deciding needs of it.
fn ask_both(
    session: &mut Session,
    question: Question<'_>,
    state: Option<&State>,
    pools: &Pools,
    asked: DataAsked<'_>,
) -> Result<(Answers, StateView), Stop> {
    let Some(state) = state else {
        let answers = ask(session, question, None, asked)?;
        return Ok((answers, StateView::before_first_run(pools.clone())));
    };
    loop {
        let before = state.hash(question.plan)?;
        let answers = ask(session, question, Some(state), asked)?;
        let view = state.view(question.plan, &answers.keys, pools.clone())?;
        // Rules may have asked about an older state than the view is of: then another plan was applied just now.
        if view.hash == before || !question.plan.audience.rests_on_kept() {
            warn_of_unfinished(session, state)?;
            return Ok((answers, view));
        }
    }
}

/// Says that an earlier plan is not all sent: who is left would be missing from this one without a word.
fn warn_of_unfinished(session: &mut Session, state: &State) -> Result<(), Stop> {
    if let Some(unfinished) = state.unfinished(session.now())? {
        session.report(vec![Diagnostic { severity: Severity::Warning, ..*unfinished }])?;
    }
    Ok(())
}

/// Where copies of columns are kept, in the project's directory.
const CACHE: &str = ".rulec/cache";

/// How the project's database is asked.
#[derive(Clone, Copy)]
pub struct DataAsked<'a> {
    /// The project.
    pub workspace: &'a Workspace,
    /// What the command line says.
    pub asking: &'a Asking,
    /// Whether copies of columns are kept.
    pub caches: bool,
}

/// Asks the project's database and, where the plan rests on it, what the runtime has kept; shows how far it is.
pub fn ask(
    session: &mut Session,
    question: Question<'_>,
    state: Option<&State>,
    asked: DataAsked<'_>,
) -> Result<Answers, Stop> {
    session.stopwatch.end(Stage::Check);
    let mut engine = SqliteEngine::open(&database(asked.workspace)?)?.with(asked.asking.options()?);
    if asked.caches {
        engine = engine.caching(asked.workspace.root.join(CACHE));
    }
    let mut progress = Progress::new(&session.console);
    let history = Words::new("the record of earlier runs", "以往的发送记录").get(session.console.language);
    let reading = Words::new("reading", "读取").get(session.console.language);
    let mut show = |at: rulec_engine::Progress<'_>| {
        let table = if is_kept(at.table) { history } else { at.table };
        progress.at(&format!("{reading} {table}"), at.rows, at.of);
    };
    let state = state.filter(|_| question.plan.audience.rests_on_kept());
    let answers = match state {
        None => engine.answer(question, &mut show)?,
        Some(state) => state
            .kept()?
            .snapshot(|kept| engine.answer(Question { kept: Some(kept), ..question }, &mut show))??,
    };
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

/// What earlier runs did, if there were any; no state is made.
pub fn state(workspace: &Workspace) -> Result<Option<State>, Stop> {
    Ok(State::open_existing(&State::path_of(&workspace.project, &workspace.root)?)?)
}

/// The file with the customers.
pub fn database(workspace: &Workspace) -> Result<PathBuf, Stop> {
    let url = &workspace.project.database;
    let path = url.strip_prefix("sqlite:").ok_or_else(|| diagnostics::unsupported_database(url))?;
    Ok(workspace.root.join(path))
}

/// Whether a table is a view of the state, whose name means nothing to a person.
fn is_kept(table: &str) -> bool {
    [Kept::Touches, Kept::Coupons, Kept::Chains, Kept::Members, Kept::Recorded]
        .iter()
        .any(|kept| kept.name() == table)
}
