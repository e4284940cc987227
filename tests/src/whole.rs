//! The program from end to end: texts to a plan, a plan and a database to answers.

use rulec_compiler::typed::Program;
use rulec_compiler::{NoFiles, check, lower, project};
use rulec_diagnostic::{Diagnostic, Sources};
use rulec_engine::source::Tables;
use rulec_engine::{Answers, Engine, Question};
use rulec_plan::Plan;
use rulec_plan::audience::NodeId;
use rulec_plan::project::Project;
use rulec_plan::rules::{FollowUp, Rule};
use rulec_plan::time::Instant;
use std::collections::BTreeSet;
use std::fmt::Write;

/// A project that was read and checked without an error.
#[derive(Debug)]
pub struct Checked {
    /// The project file.
    pub project: Project,
    /// All texts.
    pub sources: Sources,
    /// The rules.
    pub program: Program,
}

/// Reads a project file and checks one rule file.
///
/// # Errors
/// What is wrong, as text.
pub fn compile(project_file: &str, rules: &str) -> Result<Checked, String> {
    let mut sources = Sources::default();
    let file = sources.add("rulec.toml", project_file);
    let (project, found) = project::parse(file, project_file);
    let Some(project) = project else { return Err(listed(&found, &sources)) };
    let file = sources.add("case.rules", rules);
    let checked = check(&project, &mut sources, &[file], &NoFiles);
    if checked.diagnostics.iter().any(Diagnostic::is_error) {
        return Err(listed(&checked.diagnostics, &sources));
    }
    Ok(Checked { project, sources, program: checked.program })
}

impl Checked {
    /// The plan at an instant, with params set to other values, as rules write them.
    ///
    /// # Errors
    /// What is wrong.
    pub fn plan(&mut self, as_of: Instant, set: &[(String, String)]) -> Result<Plan, Vec<Diagnostic>> {
        lower(&self.program, &self.project, &mut self.sources, as_of, set)
    }
}

/// Asks an engine for the conditions of all rules of a plan and for some values, before the first run.
///
/// # Errors
/// What is wrong.
pub fn ask(engine: &mut dyn Engine, plan: &Plan, outputs: &[NodeId]) -> Result<Answers, Vec<Diagnostic>> {
    ask_after_runs(engine, plan, outputs, None)
}

/// Likewise, with what the runtime keeps of earlier runs.
///
/// # Errors
/// What is wrong.
pub fn ask_after_runs(
    engine: &mut dyn Engine,
    plan: &Plan,
    outputs: &[NodeId],
    kept: Option<&dyn Tables>,
) -> Result<Answers, Vec<Diagnostic>> {
    let conditions = conditions(plan);
    engine.answer(Question { plan, conditions: &conditions, outputs, data_hash: true, kept }, &mut |_| {})
}

/// The conditions of all rules and follow-ups.
fn conditions(plan: &Plan) -> Vec<NodeId> {
    let of_step = |step: &FollowUp| [Some(step.due), step.converted, step.condition].into_iter().flatten();
    let of_rule = |rule: &Rule| {
        std::iter::once(rule.condition).chain(rule.follow_ups.iter().flat_map(of_step)).collect()
    };
    let nodes: BTreeSet<NodeId> =
        plan.rules.iter().flat_map(|rule| -> Vec<NodeId> { of_rule(rule) }).collect();
    nodes.into_iter().collect()
}

/// Findings, one a line, with the line of the text that they are about.
pub fn listed(found: &[Diagnostic], sources: &Sources) -> String {
    found.iter().fold(String::new(), |mut text, diagnostic| {
        let place = diagnostic.place.map_or_else(String::new, |place| {
            let at = sources.start_of(place);
            let line = sources.get(place.file).map_or("", |source| source.line(at.line));
            format!(" at {}:{}:{}\n    {line}", sources.name(place.file), at.line, at.column)
        });
        writeln!(text, "{} {}{place}", diagnostic.code.name(), diagnostic.message.en)
            .expect("a string takes all");
        text
    })
}
