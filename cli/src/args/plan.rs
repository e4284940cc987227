//! `rulec plan` and `rulec plan show`.

use super::Asking;
use crate::language;
use clap::{Args, Subcommand, ValueEnum};
use rulec_diagnostic::Language;
use rulec_plan::verdict::Verdict;
use std::path::PathBuf;

/// `rulec plan`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Plan {
    /// What to do with a plan that there is.
    #[command(subcommand)]
    pub command: Option<PlanCommand>,
    /// Write here; without --format the plan file that `apply` takes
    #[arg(short, long, value_name = "FILE", required_if_eq("format", "xlsx"))]
    pub output: Option<PathBuf>,
    /// What to write
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<PlanFormat>,
    /// Show what the runs of so many days would do, on the data as they are
    #[arg(long, value_name = "N", conflicts_with_all = ["output", "allow", "show_personal"])]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=366))]
    pub days: Option<u16>,
    /// Let this rule reach more customers, or other ones, than [plan] in rulec.toml allows
    #[arg(long, value_name = "RULE")]
    pub allow: Vec<String>,
    /// Show every rule's funnel
    #[arg(short, long)]
    pub verbose: bool,
    /// Show names, addresses, messages and codes as they are
    #[arg(long)]
    pub show_personal: bool,
    /// How the database is asked.
    #[command(flatten)]
    pub asking: Asking,
}

/// How a plan is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PlanFormat {
    /// A table for a person.
    Summary,
    /// The same numbers as one JSON document.
    Json,
    /// One line for each customer and rule.
    Jsonl,
    /// The same as a table for spreadsheets.
    Csv,
    /// The same as a workbook.
    Xlsx,
}

/// What to do with a plan that there is.
#[derive(Debug, Subcommand)]
pub enum PlanCommand {
    /// Show what is in a plan file
    Show(PlanShow),
}

/// `rulec plan show`
#[derive(Debug, Args)]
pub struct PlanShow {
    /// A plan that `rulec plan -o` wrote
    #[arg(value_name = "FILE")]
    pub plan: PathBuf,
    /// What to show [default: summary, or list when something is chosen]
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<ShowFormat>,
    /// Write here
    #[arg(short, long, value_name = "FILE", required_if_eq("format", "xlsx"))]
    pub output: Option<PathBuf>,
    /// Which decisions.
    #[command(flatten)]
    pub choice: Choice,
    /// Show every rule's funnel
    #[arg(short, long)]
    pub verbose: bool,
    /// Show names, addresses, messages and codes as they are
    #[arg(long)]
    pub show_personal: bool,
}

/// How a plan file is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ShowFormat {
    /// Its numbers, for a person.
    Summary,
    /// Its decisions, for a person.
    List,
    /// Its numbers as one JSON document.
    Json,
    /// One line for each customer and rule.
    Jsonl,
    /// The same as a table for spreadsheets.
    Csv,
    /// The same as a workbook.
    Xlsx,
}

/// Which decisions of a plan; each may be given several times.
#[derive(Debug, Clone, Default, Args)]
pub struct Choice {
    /// Only of this rule
    #[arg(long, value_name = "NAME")]
    pub rule: Vec<String>,
    /// Only of this campaign
    #[arg(long, value_name = "NAME")]
    pub campaign: Vec<String>,
    /// Only those that ended so: send, hold, 'no consent', …
    #[arg(long, value_name = "VERDICT", value_parser = verdict)]
    pub verdict: Vec<Verdict>,
    /// Only with an action of this channel; task, tag, untag, points too
    #[arg(long, value_name = "NAME")]
    pub channel: Vec<String>,
    /// Only of this customer
    #[arg(long, value_name = "KEY")]
    pub customer: Vec<String>,
    /// At most so many, the first
    #[arg(long, value_name = "N")]
    pub limit: Option<u64>,
}

impl Choice {
    /// Whether some decisions are wanted, and not the whole plan.
    pub fn is_some(&self) -> bool {
        !(self.rule.is_empty()
            && self.campaign.is_empty()
            && self.verdict.is_empty()
            && self.channel.is_empty()
            && self.customer.is_empty()
            && self.limit.is_none())
    }
}

/// A verdict by its word in either language; `no-consent` for `no consent` saves quotes.
fn verdict(written: &str) -> Result<Verdict, String> {
    let word = written.trim().to_lowercase().replace(['-', '_'], " ");
    Verdict::ALL.into_iter().find(|verdict| says(*verdict, &word)).ok_or_else(|| {
        let words = Verdict::ALL.map(Verdict::word);
        format!("the verdicts are {}", words.join(", "))
    })
}

fn says(verdict: Verdict, word: &str) -> bool {
    [Language::En, Language::Zh].into_iter().any(|reader| language::verdict(verdict).get(reader) == word)
}
