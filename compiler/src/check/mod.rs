//! From the syntax tree to the typed program. Checking does not stop at the first mistake; what a mistake leaves behind
//! has the type [`Type::Unknown`], which goes with everything, so that one mistake is reported once.
//!
//! | what | file |
//! | --- | --- |
//! | `param`, `let`, `segment`, `tier`, `fact … by` | `definition.rs` |
//! | expressions, by family | `expression.rs`, `name.rs`, `compare.rs`, `arithmetic.rs`, `window.rs`, `call.rs` |
//! | rules, actions, messages | `rule.rs`, `action.rs`, `message.rs`, `format.rs` |
//! | campaigns, limits, bans, tests | `campaign.rs`, `declaration.rs` |

mod action;
mod arithmetic;
mod call;
mod campaign;
mod compare;
mod declaration;
mod definition;
mod expression;
mod format;
mod message;
mod name;
mod rule;
mod window;

pub(crate) use action::channel_words;
pub(crate) use expression::duration;
pub(crate) use name::outcome_words;

use crate::events::Events;
use crate::levels;
use crate::load::{Layer, Loader, Unit, load};
use crate::order;
use crate::symbols::Symbols;
use crate::typed::{DefinitionId, Expr, ExprKind, Pool, Program};
use crate::types::Type;
use indexmap::IndexMap;
use rulec_diagnostic::{Diagnostic, FileId, Place, Sources, Span, Text};
use rulec_grammar::tree::{self, Item, ItemKind};
use rulec_plan::project::Project;
use std::collections::{BTreeMap, BTreeSet};

/// What checking a project gives.
#[derive(Debug)]
pub struct Checked {
    /// The program; complete only if no diagnostic is an error.
    pub program: Program,
    /// All findings, sorted by place.
    pub diagnostics: Vec<Diagnostic>,
    /// How many expressions were typed: what the check cost, counted and not timed.
    pub typed: u64,
}

/// Parses and checks the rule files of a project, with the packs and files that they use and the prelude.
///
/// `rules` are texts already in `sources`; used texts are added to them.
pub fn check(project: &Project, sources: &mut Sources, rules: &[FileId], loader: &dyn Loader) -> Checked {
    let mut diagnostics = Vec::new();
    let units = load(sources, rules, loader, &mut diagnostics);
    let symbols = Symbols::collect(&units, project, &mut diagnostics);
    let mut checker = Checker::new(project, sources, &symbols, diagnostics);
    checker.values();
    for unit in units.iter().filter(|unit| unit.layer != Layer::Prelude) {
        checker.unit(unit);
    }
    checker.declarations(&units);
    let Checker { mut program, diagnostics, typed, .. } = checker;
    program.files = files(&units);
    let mut diagnostics = levels::apply(project, sources, &units, diagnostics);
    rulec_diagnostic::sort(&mut diagnostics);
    Checked { program, diagnostics, typed }
}

/// Types one more expression against a checked program, such as that of `rulec audience`.
///
/// # Errors
/// Its mistakes.
pub(crate) fn expression(
    project: &Project,
    sources: &mut Sources,
    rules: &[FileId],
    loader: &dyn Loader,
    text: &str,
) -> Result<(Program, Expr), Vec<Diagnostic>> {
    let mut diagnostics = Vec::new();
    let units = load(sources, rules, loader, &mut diagnostics);
    let file = sources.add("expression", text);
    let tree = rulec_grammar::parse_expression(file, text)?;
    let symbols = Symbols::collect(&units, project, &mut diagnostics);
    let mut checker = Checker::new(project, sources, &symbols, Vec::new());
    checker.file = file;
    let condition = checker.condition(&tree, Scope::default());
    if checker.diagnostics.iter().any(Diagnostic::is_error) {
        return Err(checker.diagnostics);
    }
    // Mistakes elsewhere do not matter here, unless the condition rests on what they have left.
    if condition.ty.is_unknown() || checker.rests_on_mistakes(&condition) {
        diagnostics.retain(Diagnostic::is_error);
        return Err(diagnostics);
    }
    let program = Program { files: files(&units), ..checker.program };
    Ok((program, condition))
}

/// The texts that say what a project means; the prelude comes with the program.
fn files(units: &[Unit]) -> Vec<FileId> {
    units.iter().filter(|unit| unit.layer != Layer::Prelude).map(|unit| unit.file).collect()
}

/// What is known where an expression stands.
#[derive(Debug, Clone, Copy, Default)]
struct Scope<'a> {
    /// The event table whose rows it is about.
    row: Option<Row<'a>>,
    /// Whether it is the condition of a follow-up, which knows what became of the message before.
    follow_up: bool,
}

#[derive(Debug, Clone, Copy)]
struct Row<'a> {
    event: &'a str,
    events: Events<'a>,
}

/// What became of a value's declaration.
#[derive(Debug, Clone)]
enum Defined {
    Param,
    Definition(DefinitionId),
    Tier(IndexMap<String, DefinitionId>),
    Lookup {
        table: String,
        by: Expr,
    },
    /// A library's value that this project has not got the data for, and what is missing.
    Lacking(Text),
    /// Wrong, and reported.
    Broken,
}

struct Checker<'a> {
    project: &'a Project,
    sources: &'a Sources,
    symbols: &'a Symbols<'a>,
    /// The text that is being checked.
    file: FileId,
    defined: BTreeMap<&'a str, Defined>,
    rule_names: BTreeMap<String, Place>,
    split_names: BTreeMap<String, Place>,
    /// How many rules without a name a file has had so far.
    bare_rules: BTreeMap<FileId, usize>,
    /// What the value that is being checked has not got, where that is a matter of another value that it names.
    missing: Option<Text>,
    typed: u64,
    /// The values whose declarations are being checked, each for the one before it.
    checking: Vec<&'a str>,
    program: Program,
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Checker<'a> {
    fn new(
        project: &'a Project,
        sources: &'a Sources,
        symbols: &'a Symbols<'a>,
        diagnostics: Vec<Diagnostic>,
    ) -> Self {
        Self {
            project,
            sources,
            symbols,
            file: FileId::default(),
            defined: BTreeMap::new(),
            rule_names: BTreeMap::new(),
            split_names: BTreeMap::new(),
            bare_rules: BTreeMap::new(),
            missing: None,
            typed: 0,
            checking: Vec::new(),
            program: Program::default(),
            diagnostics,
        }
    }

    /// Checks all values that the project itself declares, each after what it rests on.
    fn values(&mut self) {
        let own = self.symbols.values.iter().filter(|(_, declared)| declared.layer == Layer::Project);
        let order = order::sort(self.symbols, self.project, own.map(|(name, _)| *name));
        self.rings(&order.rings);
        for name in order.sorted {
            self.value(name);
        }
    }

    /// Makes sure that a value, and all it rests on, is checked; it is not yet where only a rule uses a library's value.
    fn ensure(&mut self, name: &'a str) {
        if self.defined.contains_key(name) {
            return;
        }
        // The order knows what rests on what by words alone; what only the check sees comes back to itself here.
        if let Some(from) = self.checking.iter().position(|open| *open == name) {
            let ring = self.checking[from..].to_vec();
            return self.rings(&[ring]);
        }
        let order = order::sort(self.symbols, self.project, [name]);
        self.rings(&order.rings);
        for name in order.sorted {
            if !self.defined.contains_key(name) {
                self.value(name);
            }
        }
    }

    fn rings(&mut self, rings: &[Vec<&'a str>]) {
        for ring in rings {
            let Some(first) = self.symbols.values.get(ring[0]) else { continue };
            let place = first.name.span.at(first.file);
            self.report(crate::diagnostics::names::circular(place, ring));
            self.defined.extend(ring.iter().map(|name| (*name, Defined::Broken)));
        }
    }

    fn unit(&mut self, unit: &'a Unit) {
        self.file = unit.file;
        for item in &unit.tree.items {
            self.item(item);
        }
    }

    fn item(&mut self, item: &'a Item) {
        match &item.kind {
            ItemKind::Rule(rule) => self.rule(rule, item.doc.as_deref(), None),
            ItemKind::Suppress(ban) => self.suppress(ban),
            ItemKind::Campaign(campaign) => self.campaign(campaign, item.doc.as_deref(), item.span),
            ItemKind::Limit(limit) => self.limit(limit, None, item.span),
            ItemKind::Pool(pool) => {
                let (name, file) = (pool.name.node.clone(), pool.file.node.clone());
                self.program.pools.push(Pool { name, file });
            }
            ItemKind::Forbid(ban) => self.forbid(ban, item.span),
            ItemKind::Template(template) => self.template(template),
            // Tests name rules, so they are checked after all of them; values were checked before.
            ItemKind::Test(_)
            | ItemKind::Use(_)
            | ItemKind::Param(_)
            | ItemKind::Let(_)
            | ItemKind::Segment(_)
            | ItemKind::Tier(_)
            | ItemKind::Fact(_) => {}
        }
    }

    /// Whether an expression, or a definition that it rests on, has a mistake that was reported elsewhere.
    fn rests_on_mistakes(&self, expr: &Expr) -> bool {
        let mut seen = BTreeSet::new();
        let mut open = vec![expr];
        while let Some(expr) = open.pop() {
            match &expr.kind {
                ExprKind::Error => return true,
                ExprKind::Definition(id) if seen.insert(*id) => {
                    open.push(&self.program.definition(*id).value)
                }
                _ => open.extend(expr.parts()),
            }
        }
        false
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    fn place(&self, span: Span) -> Place {
        span.at(self.file)
    }

    /// The words at a place, for messages.
    fn source(&self, span: Span) -> &'a str {
        self.sources.text(self.file).get(span.range()).unwrap_or_default()
    }

    /// Whether the line of a place is written in Chinese, as far as it is not text in quotes or a comment.
    fn in_chinese(&self, span: Span) -> bool {
        let Some(source) = self.sources.get(self.file) else { return false };
        is_chinese(source.line(source.line_column(span.start as usize).line))
    }

    /// Reports a value of another type than its place wants.
    fn wrong_type(&mut self, found: &Expr, written: Span, wanted: &Type) {
        let (written, chinese) = (self.source(written), self.in_chinese(written));
        self.report(crate::diagnostics::types::expected(found.place, written, wanted, &found.ty, chinese));
    }

    /// An expression that must hold or not hold.
    fn condition(&mut self, expr: &tree::Expr, scope: Scope<'a>) -> Expr {
        let typed = self.expr(expr, Some(&Type::Bool), scope);
        if typed.ty == Type::Bool || typed.ty.is_unknown() {
            return typed;
        }
        let found = typed.ty.clone();
        self.report(crate::diagnostics::types::not_a_condition(typed.place, self.source(expr.span), &found));
        Expr::error(typed.place)
    }

    /// A constant or param of one of these types, such as the duration of a window.
    fn constant(&mut self, expr: &tree::Expr, expected: &Type) -> Expr {
        let typed = self.expr(expr, Some(expected), Scope::default());
        if typed.ty.is_unknown() {
            return typed;
        }
        if typed.ty != *expected {
            self.wrong_type(&typed, expr.span, expected);
            return Expr::error(typed.place);
        }
        if !matches!(typed.kind, ExprKind::Constant(_) | ExprKind::Param(_)) {
            self.report(crate::diagnostics::types::not_constant(typed.place, self.source(expr.span)));
            return Expr::error(typed.place);
        }
        typed
    }
}

/// Whether a line has Chinese words outside quotes and comments.
fn is_chinese(line: &str) -> bool {
    let mut closing = None;
    for c in line.chars() {
        match closing {
            Some(end) if c == end => closing = None,
            Some(_) => {}
            None => match c {
                '"' => closing = Some('"'),
                '“' => closing = Some('”'),
                '#' => return false,
                '\u{4e00}'..='\u{9fff}' => return true,
                _ => {}
            },
        }
    }
    false
}

impl Expr {
    /// What a mistake, already reported, leaves behind.
    pub(crate) fn error(place: Place) -> Self {
        Expr { kind: ExprKind::Error, ty: Type::Unknown, place }
    }
}
