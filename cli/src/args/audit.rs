//! `rulec audit`.

use super::Asking;
use chrono::NaiveDate;
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand, ValueEnum};
use rulec_runtime::state::RECORD_KINDS;
use std::path::PathBuf;

/// `rulec audit`
#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Show what is recorded, oldest first
    Show(AuditShow),
    /// Say whether the record is as it was written
    Verify(AuditVerify),
    /// Print where the record stands, to be kept elsewhere
    Head(AuditHead),
    /// Write the record into a file
    Export(AuditExport),
    /// Decide a run again, and compare
    Replay(AuditReplay),
}

/// `rulec audit show`
#[derive(Debug, Args)]
pub struct AuditShow {
    /// Which records.
    #[command(flatten)]
    pub choice: RecordChoice,
    /// At most so many, the newest
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub limit: u32,
    /// How the record is written
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub format: RecordFormat,
}

/// How the record is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RecordFormat {
    /// A table.
    Human,
    /// One JSON object a line.
    Jsonl,
}

/// `rulec audit verify`
#[derive(Debug, Args)]
pub struct AuditVerify {
    /// Hold the record against heads that were kept elsewhere; `-` is the standard input
    #[arg(long = "head", value_name = "FILE")]
    pub heads: Vec<PathBuf>,
    /// Only heads count that this key signed: a public key, or a name of [apply.approvers]
    #[arg(long = "signer", value_name = "KEY", requires = "heads")]
    pub signers: Vec<String>,
}

/// `rulec audit head`
#[derive(Debug, Args)]
pub struct AuditHead {
    /// Only of this plan; the first digits of its id are enough
    #[arg(long, value_name = "PLAN")]
    pub run: Option<String>,
    /// Add the heads to this file that it does not have, if those that it has are of this record
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Verify the record, and sign with the key in this file
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// Hold the record against heads that were kept elsewhere, before any are written; `-` is the standard input
    #[arg(long = "head", value_name = "FILE")]
    pub heads: Vec<PathBuf>,
    /// Who signs
    #[arg(long = "as", value_name = "NAME", requires = "key")]
    pub by: Option<String>,
}

/// `rulec audit export`
#[derive(Debug, Args)]
pub struct AuditExport {
    /// What to write
    #[arg(long, value_name = "FORMAT", default_value = "jsonl")]
    pub format: ExportFormat,
    /// Write here, over an export or where nothing is
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Which records.
    #[command(flatten)]
    pub choice: RecordChoice,
}

/// Which records are wanted; all that is given must hold.
#[derive(Debug, Args)]
pub struct RecordChoice {
    /// Only of this customer
    #[arg(long, value_name = "KEY")]
    pub customer: Option<String>,
    /// Only of this rule
    #[arg(long, value_name = "NAME")]
    pub rule: Option<String>,
    /// Only of this plan; the first digits of its id are enough
    #[arg(long, value_name = "ID")]
    pub plan: Option<String>,
    /// Only what happened so: run, decision, sent, withheld, …
    #[arg(long, value_name = "KIND", hide_possible_values = true, value_parser = PossibleValuesParser::new(RECORD_KINDS))]
    pub kind: Option<String>,
    /// Not before this day
    #[arg(long, value_name = "DAY", value_parser = day)]
    pub since: Option<NaiveDate>,
    /// Not after this day
    #[arg(long, value_name = "DAY", value_parser = day)]
    pub until: Option<NaiveDate>,
}

/// A day as the project writes it.
fn day(written: &str) -> Result<NaiveDate, String> {
    written.parse().map_err(|_| "a day is written like 2026-11-21".to_owned())
}

/// How the record is exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// One JSON object a line: all that is needed to compute the hashes.
    Jsonl,
    /// For a spreadsheet.
    Csv,
}

/// `rulec audit replay`
#[derive(Debug, Args)]
pub struct AuditReplay {
    /// The plan of the run; the first digits of its id are enough
    #[arg(value_name = "PLAN")]
    pub plan: String,
    /// Show at most so many differences
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub limit: u32,
    /// How the database is asked.
    #[command(flatten)]
    pub asking: Asking,
}
