//! The command line.

mod audit;
mod plan;
mod sending;

pub use audit::{
    Audit, AuditExport, AuditHead, AuditReplay, AuditShow, AuditVerify, ExportFormat, RecordChoice,
    RecordFormat,
};
pub use plan::{Choice, Plan, PlanCommand, PlanFormat, PlanShow, ShowFormat};
pub use sending::{
    Choosing, Outbox, OutboxDiscard, OutboxList, OutboxRequeue, OutboxSettle, Pause, Resume, Send, Sending,
    Status, Unsent, Unwanted,
};

use crate::{diagnostics, draw};
use clap::{Args, Parser, Subcommand, ValueEnum};
use rulec_diagnostic::{Diagnostic, Language};
use rulec_engine::Options;
use rulec_runtime::outcomes::OutcomeKind;
use std::path::PathBuf;

/// The commands by the order in which they are needed; a test holds it against the commands there are.
const HELP: &str = "\
{about}

{usage-heading} {usage}

Begin:
  init         Write a project file by looking at a database
  import       Read CSV or Excel files into a database
  schema       Compare the project file with the database

Write rules:
  check        Find mistakes in rules, without a database
  explain      Show what a code such as T0001 means
  audience     Count the customers that a condition takes
  why          Say of one customer what each rule does, and why

Send:
  plan         Decide what would be sent, and write it down
  approve      Sign a plan that somebody else applies
  apply        Send what a plan says
  run          Plan and apply in one; --dry-run only shows
  send         Send what is due of any plan
  status       Show how sending stands
  outbox       Look after what is to be sent, and what could not be
  pause        Stop sending through a channel, or through all
  resume       Go on after a pause
  record       Note what came of messages: opened, redeemed, …
  audit        Show what was decided and sent, and that nobody changed it since

Respect:
  optout       Write to somebody no more, or again
  forget       Forget a customer

Other:
  completions  Print completions for a shell
  help         Print this help, or the help of a command

Options:
{options}
{after-help}";

const EXIT_CODES: &str = "\
Exit codes:
  0  done, nothing to object to
  1  the rules have mistakes, rulec refused, or sending stopped before the end
  2  could not run: arguments, project, database, files
  3  sent what could be sent; some messages or a channel need a person";

/// Marketing rules as text: check, dry-run, send
#[derive(Debug, Parser)]
#[command(name = "rulec", version, help_template = HELP, after_help = EXIT_CODES, max_term_width = 100)]
#[command(disable_help_subcommand = false, subcommand_required = true, arg_required_else_help = true)]
pub struct Cli {
    /// What holds for every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What holds for every command.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// Work as if started in this directory
    #[arg(short = 'C', long, value_name = "DIR", global = true)]
    pub directory: Option<PathBuf>,
    /// The instant of the run: 2026-11-21 (its end) or RFC 3339
    #[arg(long, value_name = "TIME", global = true)]
    pub as_of: Option<String>,
    /// Give a `param` of the rules another value
    #[arg(long, value_name = "NAME=VALUE", global = true)]
    pub set: Vec<String>,
    /// The language of messages: en or zh [default: from the environment]
    #[arg(long, value_name = "LANG", global = true, hide_possible_values = true)]
    pub lang: Option<Lang>,
    /// When to use colour: auto, always or never
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true, hide_possible_values = true)]
    pub color: Color,
    /// No notes, no progress
    #[arg(short, long, global = true)]
    pub quiet: bool,
}

/// `--lang`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Lang {
    /// English.
    En,
    /// Simplified Chinese.
    Zh,
}

impl From<Lang> for Language {
    fn from(lang: Lang) -> Language {
        match lang {
            Lang::En => Language::En,
            Lang::Zh => Language::Zh,
        }
    }
}

/// `--color`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal that takes it.
    Auto,
    /// Even into a file.
    Always,
    /// Not at all.
    Never,
}

impl From<Color> for anstream::ColorChoice {
    fn from(color: Color) -> Self {
        match color {
            Color::Auto => Self::Auto,
            Color::Always => Self::Always,
            Color::Never => Self::Never,
        }
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a project file by looking at a database
    Init(Init),
    /// Read CSV or Excel files into a database
    Import(Import),
    /// Compare the project file with the database
    #[command(subcommand)]
    Schema(Schema),
    /// Find mistakes in rules, without a database
    Check(Check),
    /// Show what a code such as T0001 means
    Explain(Explain),
    /// Count the customers that a condition takes
    Audience(Audience),
    /// Say of one customer what each rule does, and why
    Why(Why),
    /// Decide what would be sent, and write it down
    Plan(Plan),
    /// Sign a plan that somebody else applies
    Approve(Approve),
    /// Send what a plan says
    Apply(Apply),
    /// Plan and apply in one; --dry-run only shows
    Run(Run),
    /// Send what is due of any plan
    Send(Send),
    /// Show how sending stands
    Status(Status),
    /// Look after what is to be sent, and what could not be
    #[command(subcommand)]
    Outbox(Outbox),
    /// Stop sending through a channel, or through all
    Pause(Pause),
    /// Go on after a pause
    Resume(Resume),
    /// Note what came of messages: opened, redeemed, …
    Record(Record),
    /// Show what was decided and sent, and that nobody changed it since
    #[command(subcommand)]
    Audit(Audit),
    /// Write to somebody no more, or again
    Optout(Optout),
    /// Forget a customer
    Forget(Forget),
    /// Print completions for a shell
    Completions(Completions),
}

/// `rulec init`
#[derive(Debug, Args)]
pub struct Init {
    /// The SQLite database to look at
    #[arg(long, value_name = "FILE")]
    pub database: Option<PathBuf>,
    /// Overwrite a project file that is there
    #[arg(long)]
    pub force: bool,
}

/// `rulec import`
#[derive(Debug, Args)]
pub struct Import {
    /// CSV or xlsx files
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The table to fill [default: the file's name]
    #[arg(long, value_name = "TABLE")]
    pub table: Option<String>,
    /// The SQLite database [default: the project's]
    #[arg(long, value_name = "DATABASE")]
    pub into: Option<PathBuf>,
    /// Drop a table that is there
    #[arg(long, conflicts_with = "append")]
    pub replace: bool,
    /// Add to a table that is there
    #[arg(long)]
    pub append: bool,
    /// The sheet of an xlsx file [default: the first]
    #[arg(long, value_name = "SHEET")]
    pub sheet: Option<String>,
    /// The row with the names of the columns [default: the first]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub header_row: Option<u64>,
    /// Read a column as this type
    #[arg(long = "type", value_name = "COLUMN=TYPE")]
    pub types: Vec<String>,
    /// The encoding of a CSV file [default: found out]
    #[arg(long, value_name = "NAME")]
    pub encoding: Option<String>,
    /// What stands between two cells of a CSV file [default: found out]
    #[arg(long, value_name = "CHARACTER")]
    pub delimiter: Option<char>,
    /// Show what would be read; write nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// `rulec schema`
#[derive(Debug, Subcommand)]
pub enum Schema {
    /// Say where project file and database disagree
    Check(SchemaCheck),
}

/// `rulec schema check`
#[derive(Debug, Args)]
pub struct SchemaCheck {
    /// Look at so many rows of each table only
    #[arg(long, value_name = "N")]
    pub rows: Option<u64>,
    /// How findings are written [default: human, or plain off a terminal]
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<draw::Format>,
}

/// `rulec check`
#[derive(Debug, Args)]
pub struct Check {
    /// Report on these files and directories only [default: all]
    #[arg(value_name = "PATHS")]
    pub paths: Vec<PathBuf>,
    /// How findings are written [default: human, or plain off a terminal]
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<draw::Format>,
}

/// `rulec explain`
#[derive(Debug, Args)]
pub struct Explain {
    /// Such as T0001, or its name
    pub code: String,
}

/// How the database is asked. Nothing of it changes an answer.
#[derive(Debug, Clone, Args)]
pub struct Asking {
    /// How many threads read and add up
    #[arg(long, value_name = "N", default_value_t = THREADS, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub threads: u16,
    /// About how much memory may be held at a time
    #[arg(long, value_name = "SIZE", default_value = MEMORY)]
    pub memory: String,
    /// How tables are read: fastest or stepping (only to find out what is wrong)
    #[arg(long, value_name = "READER", default_value = "fastest", hide_possible_values = true)]
    pub reader: Reader,
    /// Keep copies of the columns that are read in .rulec/cache, for the next time; `audience` does
    #[arg(long, conflicts_with = "no_cache")]
    pub cache: bool,
    /// Read the database itself, and keep no copies
    #[arg(long)]
    pub no_cache: bool,
    /// Show on stderr where time went
    #[arg(long)]
    pub timings: bool,
}

/// How many threads read unless told.
const THREADS: u16 = 1;
/// How much memory is held unless told.
const MEMORY: &str = "2GiB";

/// `--reader`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Reader {
    /// From the pages of the file where that is possible.
    Fastest,
    /// By statements of SQLite, row after row.
    Stepping,
}

impl Asking {
    /// Whether copies of columns are kept, for a command that does so unless told.
    pub fn caches(&self, unless_told: bool) -> bool {
        self.cache || unless_told && !self.no_cache
    }

    /// The same in the engine's words.
    pub fn options(&self) -> Result<Options, Box<Diagnostic>> {
        Ok(Options {
            threads: self.threads.into(),
            memory: bytes(&self.memory).ok_or_else(|| Box::new(diagnostics::bad_memory(&self.memory)))?,
            reader: match self.reader {
                Reader::Fastest => rulec_engine::Reader::Fastest,
                Reader::Stepping => rulec_engine::Reader::Stepping,
            },
        })
    }
}

/// How many bytes a size is: `512MB`, `2GiB`, `2 gb`. `None` for what is no size, and for none at all.
fn bytes(written: &str) -> Option<u64> {
    const UNITS: [(&str, u64); 7] = [
        ("", 1),
        ("kb", 1_000),
        ("kib", 1 << 10),
        ("mb", 1_000_000),
        ("mib", 1 << 20),
        ("gb", 1_000_000_000),
        ("gib", 1 << 30),
    ];
    let written = written.trim().to_ascii_lowercase();
    let end = written.find(|letter: char| letter.is_ascii_alphabetic()).unwrap_or(written.len());
    let (number, unit) = written.split_at(end);
    let (_, unit) = UNITS.into_iter().find(|(name, _)| *name == unit)?;
    let bytes = number.trim().parse::<u64>().ok()?.checked_mul(unit)?;
    (bytes > 0).then_some(bytes)
}

/// `rulec audience`
#[derive(Debug, Args)]
pub struct Audience {
    /// A condition, such as 'dormant > 60d and monetary > 500'
    #[arg(value_name = "EXPR")]
    pub expression: String,
    /// Print the keys, one a line, sorted
    #[arg(long)]
    pub ids: bool,
    /// How the result is written
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub format: ResultFormat,
    /// How the database is asked.
    #[command(flatten)]
    pub asking: Asking,
}

/// `rulec why`
#[derive(Debug, Args)]
pub struct Why {
    /// The customer's key
    #[arg(value_name = "CUSTOMER")]
    pub customer: String,
    /// Only this rule
    #[arg(long, value_name = "NAME")]
    pub rule: Option<String>,
    /// Show facts that tell who a person is
    #[arg(long)]
    pub show_personal: bool,
    /// How the result is written
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub format: ResultFormat,
    /// How the database is asked.
    #[command(flatten)]
    pub asking: Asking,
}

/// How a result is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ResultFormat {
    /// For a person.
    Human,
    /// One JSON document.
    Json,
}

/// `rulec approve`
#[derive(Debug, Args)]
pub struct Approve {
    /// A plan that `rulec plan -o` wrote
    #[arg(value_name = "FILE", required_unless_present = "new_key")]
    pub plan: Option<PathBuf>,
    /// Who approves, as [apply.approvers] in rulec.toml names them
    #[arg(long = "as", value_name = "NAME", required_unless_present = "new_key")]
    pub by: Option<String>,
    /// The file with the key [default: the environment's RULEC_APPROVAL_KEY]
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// Approve later plans too, for so long, as long as they do no more than this one
    #[arg(long = "for", value_name = "LENGTH")]
    pub length: Option<String>,
    /// Where to add the approval [default: FILE.approvals, where `apply` looks]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    /// Make a key to approve with, write it into this file, and show what belongs into rulec.toml
    #[arg(long, value_name = "FILE", conflicts_with_all = ["plan", "by", "key", "length", "output", "yes"])]
    pub new_key: Option<PathBuf>,
}

/// `rulec apply`
#[derive(Debug, Args)]
pub struct Apply {
    /// A plan that `rulec plan -o` wrote
    #[arg(value_name = "FILE")]
    pub plan: PathBuf,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
    /// Take approvals from this file too, beside FILE.approvals
    #[arg(long, value_name = "FILE")]
    pub approvals: Vec<PathBuf>,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
}

/// `rulec run`
#[derive(Debug, Args)]
pub struct Run {
    /// Show what would be sent; send nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask
    #[arg(short, long, conflicts_with = "dry_run")]
    pub yes: bool,
    /// Take approvals that hold for later plans from this file
    #[arg(long, value_name = "FILE", conflicts_with = "dry_run")]
    pub approvals: Vec<PathBuf>,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
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

/// `rulec record`
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("about").required(true))]
pub struct Record {
    /// opened, clicked, replied, redeemed or converted
    #[arg(value_name = "OUTCOME", required_unless_present = "import", value_parser = outcome)]
    pub outcome: Option<OutcomeKind>,
    /// Of the message with this key
    #[arg(long, value_name = "KEY", group = "about")]
    pub message: Option<String>,
    /// Of the message that brought this code
    #[arg(long, value_name = "CODE", group = "about")]
    pub code: Option<String>,
    /// Of the last message to this customer
    #[arg(long, value_name = "KEY", group = "about")]
    pub customer: Option<String>,
    /// With --customer: of this channel only
    #[arg(long, value_name = "CHANNEL", requires = "customer")]
    pub channel: Option<String>,
    /// With --customer: of this rule only
    #[arg(long, value_name = "NAME", requires = "customer")]
    pub rule: Option<String>,
    /// When: RFC 3339, or local in the project's zone [default: now]
    #[arg(long, value_name = "TIME", conflicts_with = "import")]
    pub at: Option<String>,
    /// A list, CSV or JSON lines: kind, at, and message, code or customer
    #[arg(long, value_name = "FILE", group = "about")]
    pub import: Option<PathBuf>,
}

fn outcome(word: &str) -> Result<OutcomeKind, String> {
    let known = OutcomeKind::ALL.map(OutcomeKind::word).join(", ");
    OutcomeKind::parse(word).ok_or_else(|| format!("it is one of {known}"))
}

/// `rulec optout`
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("who").required(true))]
pub struct Optout {
    /// The customer's key
    #[arg(value_name = "CUSTOMER", group = "who")]
    pub customer: Option<String>,
    /// Of this channel only [default: of all]; with --import of lines that name none
    #[arg(long, value_name = "NAME")]
    pub channel: Option<String>,
    /// Write to the customer again
    #[arg(long, conflicts_with = "import")]
    pub undo: bool,
    /// A list, CSV or JSON lines: customer, message, code, or an address; or what a provider's call-backs wrote
    #[arg(long, value_name = "FILE", group = "who")]
    pub import: Option<PathBuf>,
    /// From where it is known; stays in the record, so no name and no address [default: the list's name]
    #[arg(long, value_name = "TEXT")]
    pub source: Option<String>,
}

/// `rulec forget`
#[derive(Debug, Args)]
pub struct Forget {
    /// The customer's key
    #[arg(value_name = "CUSTOMER")]
    pub customer: String,
    /// Take the customer out of the files of channels too, and delete kept plans with the customer
    #[arg(long)]
    pub files: bool,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
}

/// `rulec completions`
#[derive(Debug, Args)]
pub struct Completions {
    /// Which shell
    pub shell: clap_complete::Shell,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn sizes_have_a_unit_or_are_bytes() {
        for (written, expected) in [
            ("2GiB", Some(2 << 30)),
            ("512MB", Some(512_000_000)),
            ("64 kib", Some(64 << 10)),
            ("1048576", Some(1 << 20)),
            ("0GB", None),
            ("GB", None),
            ("-1GB", None),
            ("2 pounds", None),
            ("99999999999GiB", None),
        ] {
            assert_eq!(bytes(written), expected, "{written}");
        }
    }

    #[test]
    fn what_holds_unless_told_is_what_the_engine_holds() {
        let Cli { command: Command::Audience(args), .. } = Cli::parse_from(["rulec", "audience", "everyone"])
        else {
            unreachable!("it is an audience")
        };
        assert_eq!(args.asking.options().unwrap(), Options::default());
    }

    #[test]
    fn the_help_names_every_command_with_its_own_words() {
        for command in Cli::command().get_subcommands() {
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            let line = format!("\n  {:<12} {about}\n", command.get_name());
            assert!(HELP.contains(&line), "{line}");
        }
    }
}
