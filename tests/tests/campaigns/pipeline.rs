//! From texts to what is sent, as the program does it, in a folder of its own.

use super::shop::Shop;
use rulec_compiler::{NoFiles, check, lower, project};
use rulec_diagnostic::{Diagnostic, Sources};
use rulec_engine::{Engine, Options, Question, SqliteEngine};
use rulec_plan::project::Project;
use rulec_plan::time::{Clock, Instant};
use rulec_runtime::outcomes::Outcome;
use rulec_runtime::planfile::{self, Planned};
use rulec_runtime::send::{Lookout, Outside, ProjectOutlets, SendOptions, Standing};
use rulec_runtime::state::{State, StateView};
use rulec_runtime::{Applied, ApplyOptions, ApplyProgress, Findings, Needs, Pools, apply, decide};
use rulec_tests::random::Rng;
use rulec_tests::{database, whole};
use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

/// A folder with the project.
pub struct Bench {
    folder: TempDir,
    project: Project,
    project_file: String,
    plans: usize,
    /// The rules planned last.
    last: Option<rulec_plan::Plan>,
}

/// How a plan is come by; none of it may change a byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Way {
    /// Which database: as it was made, or the same rows in another order.
    pub database: &'static str,
    pub threads: usize,
}

pub const PLAIN: Way = Way { database: "shop.db", threads: 1 };
/// The same again, the same rows in another order, and two threads.
pub const OTHERS: [Way; 3] =
    [PLAIN, Way { database: "shuffled.db", threads: 1 }, Way { database: "shop.db", threads: 2 }];

/// What was sent, or else done, to a file: its key, and what it is.
pub type Outbox = BTreeMap<String, String>;

/// A clock that shows always the same.
struct Stopped(Instant);

impl Clock for Stopped {
    fn now(&self) -> Instant {
        self.0
    }
}

/// Sees customers whom nothing has turned away since the plan was made: what is looked up again at sending is not what
/// these tests are about.
struct Willing<'a>(Option<&'a Bench>);

impl Lookout for Willing<'_> {
    fn look(&mut self, _now: Instant) -> Result<Option<Standing>, Findings> {
        let Some((bench, plan)) = self.0.take().and_then(|bench| Some((bench, bench.last.clone()?))) else {
            return Ok(None);
        };
        let plan = rulec_plan::Plan { suppressions: Vec::new(), consents: indexmap::IndexMap::new(), ..plan };
        let (conditions, outputs) = Standing::nodes(&plan);
        let question = Question {
            plan: &plan,
            conditions: &conditions,
            outputs: &outputs,
            data_hash: false,
            kept: None,
        };
        let mut engine = SqliteEngine::open(&bench.folder.path().join("shop.db"))?;
        let answers = engine.answer(question, &mut |_| {})?;
        Ok(Some(Standing::new(plan, answers)))
    }
}

impl Bench {
    pub fn new(shop: &Shop, rng: &mut Rng) -> Result<Bench, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let mut tables = shop.tables();
        for name in ["shop.db", "shuffled.db"] {
            let written =
                database::write(&folder.path().join(name), tables.iter().map(|(name, table)| (*name, table)));
            written.map_err(|error| error.to_string())?;
            tables.iter_mut().for_each(|(_, table)| rng.shuffle(&mut table.rows));
        }
        for pool in &shop.pools {
            let path = folder.path().join(format!("{}.csv", pool.name));
            fs::write(path, pool.codes.join("\n")).map_err(|error| error.to_string())?;
        }
        let project_file = shop.project_file();
        let mut sources = Sources::default();
        let file = sources.add("rulec.toml", &project_file);
        let (project, found) = project::parse(file, &project_file);
        let project = project.ok_or_else(|| whole::listed(&found, &sources))?;
        Ok(Bench { folder, project, project_file, plans: 0, last: None })
    }

    /// Decides what these rule files say at an instant, and writes the plan.
    pub fn plan(&mut self, files: &[String], as_of: i64, way: Way) -> Result<PathBuf, String> {
        let mut sources = Sources::default();
        sources.add("rulec.toml", &self.project_file);
        let files: Vec<_> = (0..)
            .zip(files)
            .map(|(number, text)| sources.add(format!("rules/{number}.rules"), text.as_str()))
            .collect();
        let checked = check(&self.project, &mut sources, &files, &NoFiles);
        if checked.diagnostics.iter().any(Diagnostic::is_error) {
            return Err(whole::listed(&checked.diagnostics, &sources));
        }
        let plan = lower(&checked.program, &self.project, &mut sources, Instant(as_of), &[])
            .map_err(|found| whole::listed(&found, &sources))?;
        let path = self.decided(&plan, way).map_err(|found| whole::listed(&found, &sources))?;
        self.last = Some(plan);
        Ok(path)
    }

    fn decided(&mut self, plan: &rulec_plan::Plan, way: Way) -> Result<PathBuf, Vec<Diagnostic>> {
        let one = |error: Box<Diagnostic>| vec![*error];
        let folder = self.folder.path();
        let pools = Pools::read(plan, folder)?;
        let needs = Needs::of(plan);
        let options = Options { threads: way.threads, ..Options::default() };
        let mut engine =
            SqliteEngine::open(&folder.join(way.database)).map_err(|error| vec![error])?.with(options);
        let state =
            State::open_existing(&State::path_of(&self.project, folder).map_err(one)?).map_err(one)?;
        let question = needs.question(plan);
        let (answers, view) = match &state {
            None => (engine.answer(question, &mut |_| {})?, StateView::before_first_run(pools)),
            Some(state) => {
                let mut kept = state.kept().map_err(one)?;
                let answers = kept
                    .snapshot(|kept| engine.answer(Question { kept: Some(kept), ..question }, &mut |_| {}))
                    .map_err(|error| vec![error])??;
                let view = state.view(plan, &answers.keys, pools).map_err(one)?;
                (answers, view)
            }
        };
        let decisions = decide(plan, &self.project, &answers, &view).map_err(one)?;
        let planned =
            Planned { plan, project: &self.project, answers: &answers, state: &view, decisions: &decisions };
        self.plans += 1;
        let path = folder.join(format!("{}.plan", self.plans));
        planfile::write(planned, &path).map_err(one)?;
        Ok(path)
    }

    /// Applies a plan; else the code of what speaks against it.
    pub fn apply(&self, plan: &Path, now: i64) -> Result<Applied, &'static str> {
        self.try_apply(plan, now).map_err(|findings| findings.0[0].code.name())
    }

    fn try_apply(&self, plan: &Path, now: i64) -> Result<Applied, Findings> {
        let options = ApplyOptions { approvals: &[], entropy: [7; 32], sending: SendOptions::default() };
        let reader = planfile::read(plan)?;
        let clock: Arc<dyn Clock> = Arc::new(Stopped(Instant(now)));
        let outlets = ProjectOutlets::new(&self.project, self.folder.path(), |_| None, clock.clone())?;
        let mut lookout = Willing(Some(self));
        let outside = Outside { outlets: &outlets, lookout: &mut lookout, clock: &*clock, stamps: &*clock };
        let go_on = &mut |_: ApplyProgress<'_>| ControlFlow::Continue(());
        apply(&self.project, self.folder.path(), reader, options, outside, go_on)
    }

    pub fn record(&self, outcomes: &[Outcome], now: i64) -> Result<(), String> {
        let wrong = |error: Box<Diagnostic>| error.message.en;
        let path = State::path_of(&self.project, self.folder.path()).map_err(wrong)?;
        let mut state = State::open(&path).map_err(wrong)?;
        state.record_outcomes(outcomes, Instant(now)).map(drop).map_err(wrong)
    }

    /// All lines of all files that were sent to; none may stand there twice.
    pub fn outbox(&self) -> Result<Outbox, String> {
        let mut sent = Outbox::new();
        let folder = self.folder.path().join(".rulec/outbox");
        for file in fs::read_dir(folder).into_iter().flatten().flatten() {
            let text = fs::read_to_string(file.path()).map_err(|error| error.to_string())?;
            for line in text.lines() {
                let line: serde_json::Value =
                    serde_json::from_str(line).map_err(|error| error.to_string())?;
                let key = line["key"].as_str().unwrap_or_default().to_owned();
                if sent.insert(key.clone(), line.to_string()).is_some() {
                    return Err(format!("{key} was sent twice"));
                }
            }
        }
        Ok(sent)
    }
}
