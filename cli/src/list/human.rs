//! Decisions as a table for a person.

use super::{Decisions, View};
use crate::language::{self, Words, grouped};
use crate::outcome::Stop;
use crate::table::{Align, Rows};
use rulec_diagnostic::{Language, Text};
use rulec_plan::verdict::Verdict;
use rulec_runtime::jsonl;
use rulec_runtime::planfile::PlannedDecision;
use std::io::Write;

/// So many rows are shown unless more are asked for.
const SHOWN: u64 = 50;

const COLUMNS: [(Words, Align); 6] = [
    (Words::new("customer", "客户"), Align::Whole),
    (Words::new("rule", "规则"), Align::Left),
    (Words::new("verdict", "结果"), Align::Left),
    (Words::new("channel", "渠道"), Align::Whole),
    (Words::new("offer", "优惠"), Align::Left),
    (Words::new("when", "发送时间"), Align::Left),
];

pub fn write(
    out: &mut dyn Write,
    view: View<'_>,
    (language, width): (Language, Option<u16>),
    decisions: Decisions<'_, '_>,
) -> Result<(), Stop> {
    let columns = COLUMNS.map(|(name, align)| (name.get(language), align));
    let mut rows = Rows::new(&columns, width);
    let most = view.chosen.limit.unwrap_or(SHOWN);
    let mut count = 0;
    for decision in decisions {
        let decision = decision?;
        count += 1;
        if count <= most {
            rows.add(cells(view, &decision, language));
        }
    }
    if count == 0 {
        writeln!(out, "{}", Words::new("no decisions", "没有这样的决定").get(language))?;
        return Ok(());
    }
    writeln!(out, "{rows}")?;
    if count > most {
        let left = grouped(count - most);
        let words = Text::new(
            format!("… and {left} more; --limit N shows N, --format csv all"),
            format!("… 还有 {left} 条；--limit N 显示 N 条，--format csv 导出全部"),
        );
        writeln!(out, "{}", words.get(language))?;
    }
    Ok(())
}

fn cells(view: View<'_>, decision: &PlannedDecision<'_>, language: Language) -> Vec<String> {
    let Some(row) = jsonl::row(view.header, decision, view.show_personal) else { return Vec::new() };
    let campaign = row.campaign.map(|campaign| format!("{campaign} / ")).unwrap_or_default();
    let step = row.step.map(|step| format!(" +{step}")).unwrap_or_default();
    let arm = row.arm.map(|arm| format!(" [{arm}]")).unwrap_or_default();
    vec![
        row.customer.to_owned(),
        format!("{campaign}{}{step}{arm}", row.rule),
        verdict(decision.verdict, row.reason, language),
        language::deed(row.channel.unwrap_or_default(), language).to_owned(),
        row.offer.map(|offer| offer.to_string()).unwrap_or_default(),
        row.send_at.map(|at| at.get(..16).unwrap_or(at).replace('T', " ")).unwrap_or_default(),
    ]
}

/// The verdict and why; when a message goes out has its own column.
fn verdict(verdict: Verdict, reason: Option<&str>, language: Language) -> String {
    let word = language::verdict(verdict).get(language).to_owned();
    match reason.filter(|_| verdict != Verdict::Hold) {
        Some(reason) => format!("{word}\n{reason}"),
        None => word,
    }
}
