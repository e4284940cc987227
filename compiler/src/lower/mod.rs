//! From the typed program to the plan of one run: durations become constants or whole days, scales are aligned, and
//! whatever means the same becomes one node.
//!
//! | what | file |
//! | --- | --- |
//! | nodes, columns, scans, aggregates, each once | `build.rs` |
//! | what an expression has become | `value.rs`, `fraction.rs` |
//! | expressions, by family | `expression.rs`, `quantity.rs`, `compare.rs`, `instant.rs`, `window.rs`, `aggregate.rs` |
//! | rules, messages, named facts, hashes | `rule.rs`, `fact.rs`, `hash.rs` |
//! | conditions in parts, to explain verdicts | `reasons.rs` |
//! | campaigns, limits, experiments | `campaign.rs` |
//! | what the runtime keeps, follow-ups, who enters and leaves | `kept.rs`, `follow_up.rs`, `membership.rs` |

mod aggregate;
mod build;
mod campaign;
mod compare;
mod expression;
mod fact;
mod follow_up;
mod fraction;
mod hash;
mod instant;
mod kept;
mod membership;
mod quantity;
mod reasons;
mod rule;
mod value;
mod window;

pub use campaign::remarks;

use crate::check;
use crate::diagnostics::run;
use crate::load::Loader;
use crate::typed::{self, Constant, Conversion, Expr, Program};
use crate::types::Type;
use build::Builder;
use rulec_diagnostic::{Diagnostic, FileId, Place, Sources};
use rulec_grammar::tree::{self, ExprKind, Literal};
use rulec_plan::Plan;
use rulec_plan::audience::{Audience, NodeId};
use rulec_plan::campaign::Membership;
use rulec_plan::project::Project;
use rulec_plan::reasons::Reasons;
use rulec_plan::time::{Day, Instant};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The plan of a checked program (one without errors) at an instant. `set` gives params other values, each as `NAME` and
/// the value as a rule writes it.
///
/// # Errors
/// Params that are not there or of another type, festivals in years that the
/// calendar does not reach, numbers beyond 64 bits.
pub fn lower(
    program: &Program,
    project: &Project,
    sources: &mut Sources,
    as_of: Instant,
    set: &[(String, String)],
) -> Result<Plan, Vec<Diagnostic>> {
    lower_with(program, project, sources, as_of, set, |_| ()).map(|(plan, ())| plan)
}

/// The same, and the condition of each rule in parts, to explain its verdicts.
///
/// # Errors
/// Those of [`lower`].
pub fn lower_with_reasons(
    program: &Program,
    project: &Project,
    sources: &mut Sources,
    as_of: Instant,
    set: &[(String, String)],
) -> Result<(Plan, Vec<Reasons>), Vec<Diagnostic>> {
    let reasons = |lowering: &mut Lowering<'_>| {
        program.rules.iter().map(|rule| lowering.reasons(rule)).collect::<Vec<_>>()
    };
    lower_with(program, project, sources, as_of, set, reasons)
}

fn lower_with<T>(
    program: &Program,
    project: &Project,
    sources: &mut Sources,
    as_of: Instant,
    set: &[(String, String)],
    more: impl FnOnce(&mut Lowering<'_>) -> T,
) -> Result<(Plan, T), Vec<Diagnostic>> {
    let params = params(program, sources, set)?;
    let mut lowering = Lowering::new(program, project, sources, as_of, params);
    let rules = program.rules.iter().map(|rule| lowering.rule(rule)).collect();
    let suppressions = program.suppressions.iter().map(|ban| lowering.suppression(ban)).collect();
    let prohibitions = program.prohibitions.iter().map(|ban| lowering.prohibition(ban)).collect();
    let campaigns = program.campaigns.iter().map(|campaign| lowering.campaign(campaign)).collect();
    let limits = program.limits.iter().map(|limit| lowering.limit(limit)).collect();
    let pools = program.pools.iter().map(|pool| lowering.pool(pool)).collect();
    let customer_zone = project.customer.zone.as_ref().and_then(|fact| lowering.fact_node(fact));
    let consents = project
        .consent
        .iter()
        .filter_map(|(channel, fact)| lowering.fact_node(fact).map(|node| (channel.clone(), node)));
    let consents = consents.collect();
    let memberships = lowering.memberships.values().cloned().collect();
    let rules_hash = rules_hash(program, sources, &lowering.params);
    let more = more(&mut lowering);
    let plan = lowering.finish(|audience| Plan {
        customer_zone,
        consents,
        campaigns,
        rules,
        suppressions,
        prohibitions,
        limits,
        pools,
        memberships,
        ..Plan::of_audience(as_of, project.zone, audience, rules_hash)
    })?;
    Ok((plan, more))
}

/// A plan without rules that answers one condition, written as in a rule, and the node to ask for.
///
/// # Errors
/// Mistakes in the condition, or in what it names, and those of [`lower`].
pub fn audience(
    project: &Project,
    sources: &mut Sources,
    rules: &[FileId],
    loader: &dyn Loader,
    condition: &str,
    as_of: Instant,
    set: &[(String, String)],
) -> Result<(Plan, NodeId), Vec<Diagnostic>> {
    let (program, condition) = check::expression(project, sources, rules, loader, condition)?;
    let params = params(&program, sources, set)?;
    let mut lowering = Lowering::new(&program, project, sources, as_of, params);
    let node = lowering.condition(build::Frame::Customer, &condition);
    let rules_hash = rules_hash(&program, sources, &lowering.params);
    let plan = lowering.finish(|audience| Plan::of_audience(as_of, project.zone, audience, rules_hash))?;
    Ok((plan, node))
}

/// The values of all params in this run.
fn params(
    program: &Program,
    sources: &mut Sources,
    set: &[(String, String)],
) -> Result<BTreeMap<String, Constant>, Vec<Diagnostic>> {
    let mut values: BTreeMap<String, Constant> =
        program.params.iter().map(|(name, param)| (name.clone(), param.default.clone())).collect();
    let mut diagnostics = Vec::new();
    for (name, text) in set {
        let Some(param) = program.params.get(name) else {
            diagnostics.push(run::unknown_param(name, program.params.keys().map(String::as_str)));
            continue;
        };
        let file = sources.add(format!("--set {name}"), text.clone());
        match rulec_grammar::parse_expression(file, text) {
            Ok(expr) => match constant(&expr, &param.ty) {
                Some(value) => {
                    values.insert(name.clone(), value);
                }
                None => diagnostics.push(run::param_type(expr.span.at(file), name, &param.ty)),
            },
            Err(mistakes) => diagnostics.extend(mistakes),
        }
    }
    if diagnostics.is_empty() { Ok(values) } else { Err(diagnostics) }
}

/// A literal as a constant of this type.
fn constant(expr: &tree::Expr, ty: &Type) -> Option<Constant> {
    let (literal, minus) = match &expr.kind {
        ExprKind::Literal(literal) => (literal, false),
        ExprKind::Negate(inner) => match &inner.kind {
            ExprKind::Literal(literal) => (literal, true),
            _ => return None,
        },
        _ => return None,
    };
    let sign = if minus { -1 } else { 1 };
    let signed = |number: tree::Number| tree::Number { mantissa: sign * number.mantissa, ..number };
    Some(match (literal, ty) {
        (Literal::Number(number), Type::Number) => Constant::Number(signed(*number)),
        (Literal::Number(number) | Literal::Money(number), Type::Money) => Constant::Money(signed(*number)),
        (Literal::Percent(number), Type::Percent) => Constant::Percent(signed(*number)),
        _ if minus => return None,
        (Literal::Bool(value), Type::Bool) => Constant::Bool(*value),
        (Literal::Text(text), Type::Text) => Constant::Text(text.clone()),
        (Literal::Duration(literal), Type::Duration) => Constant::Duration(check::duration(*literal)?),
        (Literal::Date { year, month, day }, Type::Date) => {
            Constant::Date(Day::from_ymd(*year, u32::from(*month), u32::from(*day))?)
        }
        _ => return None,
    })
}

/// SHA-256 over the rule texts and the values of params.
fn rules_hash(program: &Program, sources: &Sources, params: &BTreeMap<String, Constant>) -> String {
    let mut texts: Vec<(&str, &str)> =
        program.files.iter().map(|file| (sources.name(*file), sources.text(*file))).collect();
    texts.sort_unstable();
    let mut hash = Sha256::new();
    for (name, text) in texts {
        update(&mut hash, name);
        update(&mut hash, text);
    }
    for (name, value) in params {
        update(&mut hash, name);
        update(&mut hash, &format!("{value:?}"));
    }
    hex(hash)
}

/// Adds a text with its length, so that no two lists of texts run into the same bytes.
fn update(hash: &mut Sha256, text: &str) {
    hash.update((text.len() as u64).to_be_bytes());
    hash.update(text.as_bytes());
}

fn hex(hash: Sha256) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

struct Lowering<'a> {
    program: &'a Program,
    project: &'a Project,
    sources: &'a Sources,
    params: BTreeMap<String, Constant>,
    now: Instant,
    today: Day,
    build: Builder<'a>,
    /// Definitions already lowered; all are values of the customer.
    definitions: Vec<Option<value::Lowered>>,
    /// Segments of which a rule asks who enters or leaves them, by name.
    memberships: BTreeMap<String, Membership>,
    /// The step of a chain whose condition is being lowered, and what its campaign calls a success.
    step: Option<follow_up::Step>,
    conversion: Option<&'a Conversion>,
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Lowering<'a> {
    fn new(
        program: &'a Program,
        project: &'a Project,
        sources: &'a Sources,
        now: Instant,
        params: BTreeMap<String, Constant>,
    ) -> Self {
        Self {
            program,
            project,
            sources,
            params,
            now,
            today: project.zone.day_of(now),
            build: Builder::new(project),
            definitions: vec![None; program.definitions.len()],
            memberships: BTreeMap::new(),
            step: None,
            conversion: None,
            diagnostics: Vec::new(),
        }
    }

    fn finish(mut self, plan: impl FnOnce(Audience) -> Plan) -> Result<Plan, Vec<Diagnostic>> {
        if self.diagnostics.is_empty() {
            return Ok(plan(self.build.audience));
        }
        rulec_diagnostic::sort(&mut self.diagnostics);
        self.diagnostics.dedup();
        Err(self.diagnostics)
    }

    /// The value of a constant or a param.
    fn constant_of<'e>(&'e self, expr: &'e Expr) -> Option<&'e Constant> {
        match &expr.kind {
            typed::ExprKind::Constant(constant) => Some(constant),
            typed::ExprKind::Param(name) => self.params.get(name),
            _ => None,
        }
    }

    fn too_large(&mut self, place: Place) {
        self.diagnostics.push(run::number_too_large(place));
    }
}
