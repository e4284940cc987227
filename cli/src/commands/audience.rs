//! `rulec audience 'EXPR'`: how many customers a condition takes, and who.

use crate::args::{Audience, ResultFormat};
use crate::context::Session;
use crate::draw::clean;
use crate::language::grouped;
use crate::outcome::{Exit, Stop};
use crate::pipeline::{self, DataAsked};
use rulec_diagnostic::Text;
use rulec_engine::{Answers, Question, Tristate};
use serde::Serialize;
use std::io::Write;

/// The version of the JSON form; grows when a field changes its meaning or goes.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    expression: &'a str,
    as_of: String,
    count: usize,
    population: usize,
    unknown: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    ids: Option<Vec<String>>,
}

pub fn run(session: &mut Session, args: &Audience) -> Result<Exit, Stop> {
    let workspace = session.open_with_any_rules()?;
    let as_of = session.instant(workspace.project.zone)?;
    let settings = session.settings()?;
    let (plan, node) = rulec_compiler::audience(
        &workspace.project,
        &mut session.sources,
        &workspace.rules,
        &workspace.loader(),
        &args.expression,
        as_of,
        &settings,
    )?;
    let question = Question { plan: &plan, conditions: &[node], outputs: &[], data_hash: false, kept: None };
    let state = if plan.audience.rests_on_kept() { pipeline::state(&workspace)? } else { None };
    let asked = DataAsked { workspace: &workspace, asking: &args.asking, caches: args.asking.caches(true) };
    let answers = pipeline::ask(session, question, state.as_ref(), asked)?;
    let condition = answers.condition(node);

    if args.format == ResultFormat::Json {
        let document = Document {
            version: VERSION,
            expression: &args.expression,
            as_of: plan.as_of.to_rfc3339(plan.zone),
            count: condition.yes.count_ones(..),
            population: answers.population(),
            unknown: condition.unknown.count_ones(..),
            ids: args.ids.then(|| ids(&answers, condition).collect()),
        };
        serde_json::to_writer_pretty(&mut session.console.out, &document).map_err(std::io::Error::from)?;
        writeln!(session.console.out)?;
    } else if args.ids {
        for id in ids(&answers, condition) {
            writeln!(session.console.out, "{}", clean::line(&id))?;
        }
    } else {
        let text = counted(&answers, condition);
        writeln!(session.console.out, "{}", text.get(session.console.language))?;
    }
    pipeline::show_timings(session, &answers, &args.asking)?;
    Ok(Exit::Clean)
}

/// The keys of those for whom the condition is true, in the order of the keys.
fn ids<'a>(answers: &'a Answers, condition: &'a Tristate) -> impl Iterator<Item = String> + 'a {
    condition.yes.ones().filter_map(|customer| Some(answers.keys.get(customer)?.to_string()))
}

fn counted(answers: &Answers, condition: &Tristate) -> Text {
    let [count, unknown] = [&condition.yes, &condition.unknown].map(|set| set.count_ones(..));
    let population = answers.population();
    let share = share(count, population);
    let (count, of) = (grouped(count as u64), grouped(population as u64));
    let mut text = Text::new(
        format!("{count} of {of} customers ({share})"),
        format!("{of} 位客户中有 {count} 位符合（{share}）"),
    );
    if unknown > 0 {
        let unknown = grouped(unknown as u64);
        text.en += &format!("\nunknown for {unknown}: a value is missing");
        text.zh += &format!("\n{unknown} 位缺少数据，无法判断");
    }
    text
}

/// `12.34%`, rounded half up.
fn share(part: usize, of: usize) -> String {
    let (part, of) = (part as u128, of.max(1) as u128);
    let hundredths = (part * 20_000 + of) / (2 * of);
    format!("{}.{:02}%", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn shares_have_two_decimals() {
        assert_eq!(
            [share(1, 3), share(2, 3), share(3, 3), share(0, 0)],
            ["33.33%", "66.67%", "100.00%", "0.00%"]
        );
    }
}
