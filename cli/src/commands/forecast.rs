//! `rulec plan --days N`: what the runs of the coming days would do, on the data as they are.

use crate::args::{Plan as Args, PlanFormat};
use crate::context::{Session, Workspace};
use crate::diagnostics;
use crate::draw::clean;
use crate::language::{self, Words, grouped, plural};
use crate::outcome::{Exit, Stop};
use crate::pipeline::{self, Purpose};
use crate::progress::Progress;
use crate::summary::amount;
use crate::table::{Align, Rows};
use indexmap::IndexSet;
use rulec_compiler::typed::Program;
use rulec_diagnostic::{Language, Text};
use rulec_plan::time::{Instant, Zone};
use rulec_runtime::forecast::{Forecast, ForecastDay, Rehearsal, Shortage};
use rulec_runtime::planfile;
use std::io::{self, Write};

const FORMATS: [Option<PlanFormat>; 3] = [None, Some(PlanFormat::Summary), Some(PlanFormat::Json)];

pub fn run(session: &mut Session, args: &Args, days: u16) -> Result<Exit, Stop> {
    if !FORMATS.contains(&args.format) {
        return Err(diagnostics::forecast_format().into());
    }
    let workspace = session.open_with_rules()?;
    let program = session.checked(&workspace)?;
    let forecast = rehearse(session, &workspace, &program, args, days)?;
    let json = args.format == Some(PlanFormat::Json);
    let (language, width) = (session.console.language, session.console.out.width);
    let out = &mut session.console.out;
    if json {
        serde_json::to_writer_pretty(&mut *out, &forecast).map_err(io::Error::from)?;
        writeln!(out)?;
    } else {
        draw(out, &forecast, language, width)?;
    }
    Ok(Exit::Clean)
}

/// Decides one day after the other, each on the state that the days before have left in a copy.
fn rehearse(
    session: &mut Session,
    workspace: &Workspace,
    program: &Program,
    args: &Args,
    days: u16,
) -> Result<Forecast, Stop> {
    let trouble = |error: &io::Error| diagnostics::cannot_write(std::env::temp_dir().display(), error);
    let folder = tempfile::tempdir().map_err(|error| trouble(&error))?;
    let copy = folder.path().join("state.db");
    if let Some(state) = pipeline::state(workspace)? {
        state.copy_to(&copy)?;
    }
    let mut rehearsal = Rehearsal::begin(&copy)?;
    let first = session.instant(workspace.project.zone)?;
    let [day, of] = [Text::new("day", "第"), Text::new("", " 天")]
        .map(|text| text.get(session.console.language).to_owned());
    for number in 0..days {
        Progress::new(&session.console).at(&format!("{day}{of}"), u64::from(number), Some(u64::from(days)));
        let as_of = later(first, number, workspace.project.zone);
        let run = pipeline::decide_at(
            session,
            workspace,
            program,
            as_of,
            Some(rehearsal.state()),
            (Purpose::Lines, &args.asking),
        )?;
        let path = folder.path().join("day.plan");
        planfile::write(run.planned(&workspace.project), &path)?;
        rehearsal.day(&path)?;
    }
    Ok(rehearsal.finish())
}

/// The same time of day so many days later.
fn later(first: Instant, days: u16, zone: Zone) -> Instant {
    let today = zone.day_of(first);
    let into_the_day = first.0 - zone.start_of(today).0;
    Instant(zone.start_of(today.shift(0, i32::from(days))).0 + into_the_day)
}

fn draw(out: &mut dyn Write, forecast: &Forecast, language: Language, width: Option<u16>) -> io::Result<()> {
    let (project, count) = (clean::line(&forecast.project), forecast.days.len());
    let title = Text::new(
        format!("{project}: what would go out on {}, on the data as they are", plural(count as u64, "day")),
        format!("{project}：按现有数据预测 {count} 天的发送"),
    );
    writeln!(out, "{}\n", title.get(language))?;
    writeln!(out, "{}\n", days(forecast, language, width))?;
    let legend = Text::new(
        format!("Costs in {}, with the most that coupons can cost.", clean::line(&forecast.currency)),
        format!("金额单位：{}，含券最多的花费。", clean::line(&forecast.currency)),
    );
    writeln!(out, "{}", legend.get(language))?;
    if forecast.shortages.is_empty() {
        let words = Text::new("No limit, quota, budget or pool runs out.", "限频、名额、预算和券码都够用。");
        return writeln!(out, "{}", words.get(language));
    }
    for shortage in &forecast.shortages {
        writeln!(out, "{}", clean::line(told(shortage).get(language)))?;
    }
    Ok(())
}

fn days(forecast: &Forecast, language: Language, width: Option<u16>) -> Rows {
    let channels: IndexSet<&String> =
        forecast.days.iter().flat_map(|day| day.messages.keys().chain(day.others.keys())).collect();
    let [day, cost, lost] =
        [Words::new("day", "日期"), Words::new("cost", "花费"), Words::new("too late for", "没轮到")];
    let mut columns = vec![(day.get(language), Align::Left)];
    columns.extend(channels.iter().map(|channel| (language::deed(channel, language), Align::Right)));
    columns.extend([(cost.get(language), Align::Right), (lost.get(language), Align::Whole)]);
    let mut rows = Rows::new(&columns, width);
    for day in &forecast.days {
        rows.add(row(day, &channels, language));
    }
    rows
}

fn row(day: &ForecastDay, channels: &IndexSet<&String>, language: Language) -> Vec<String> {
    let count = |channel: &String| {
        day.messages.get(channel).or_else(|| day.others.get(channel)).copied().unwrap_or(0)
    };
    let lost = rulec_plan::verdict::Verdict::ALL.into_iter().filter_map(|verdict| {
        let count = day.lost.get(verdict.word())?;
        Some(format!("{} {}", language::verdict(verdict).get(language), grouped(*count)))
    });
    let mut cells = vec![day.day.clone()];
    cells.extend(channels.iter().map(|channel| grouped(count(channel))));
    cells.extend([amount(day.cost_micros.into()), lost.collect::<Vec<_>>().join("\n")]);
    cells
}

fn told(shortage: &Shortage) -> Text {
    use rulec_plan::verdict::Verdict;
    let Shortage { what, day, customers, .. } = shortage;
    let (en, customers) = (plural(*customers, "customer"), grouped(*customers));
    match shortage.verdict {
        Verdict::OverQuota => Text::new(
            format!("{day}: {what} is used up, too late for {en}"),
            format!("{day}：{what} 名额用完，{customers} 位客户没轮到"),
        ),
        Verdict::OverBudget => Text::new(
            format!("{day}: the budget of {what} is used up, too late for {en}"),
            format!("{day}：活动 {what} 预算用完，{customers} 位客户没轮到"),
        ),
        Verdict::PoolEmpty => Text::new(
            format!("{day}: the pool {what} is empty, too late for {en}"),
            format!("{day}：券码池 {what} 用完，{customers} 位客户没轮到"),
        ),
        _ => Text::new(
            format!("{day}: the limit {what} holds back {en} for the first time"),
            format!("{day}：限频 {what} 开始起作用，{customers} 位客户不再发送"),
        ),
    }
}
