//! The commands of sending.

use super::{RecordFormat, ResultFormat};
use clap::{Args, Subcommand, ValueEnum};
use rulec_runtime::state::OutboxStatus;
use std::time::Duration;

/// How much is sent, how fast, and where.
#[derive(Debug, Clone, PartialEq, Args)]
pub struct Sending {
    /// Send at most so many this time; the rest stays for the next
    #[arg(long, value_name = "N")]
    pub limit: Option<u64>,
    /// Send no more through each channel than this: 10/s, 600/min, 1000/h
    #[arg(long, value_name = "RATE", value_parser = rate)]
    pub rate: Option<f64>,
    /// Send only through this channel; may be repeated
    #[arg(long = "channel", value_name = "NAME")]
    pub channels: Vec<String>,
}

/// `rulec send`
#[derive(Debug, Args)]
pub struct Send {
    /// What is due by now. There is nothing else to choose: it may be said or not
    #[arg(long)]
    pub due: bool,
    /// Go on until Ctrl-C: look again each time after so long [default: 60s]
    #[arg(long, value_name = "EVERY", num_args = 0..=1, default_missing_value = "60s", value_parser = length)]
    pub watch: Option<Duration>,
    /// How it is sent.
    #[command(flatten)]
    pub sending: Sending,
}

/// `rulec status`
#[derive(Debug, Args)]
pub struct Status {
    /// How the result is written
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub format: ResultFormat,
}

/// `rulec outbox`
#[derive(Debug, Subcommand)]
pub enum Outbox {
    /// Show messages and what became of them, oldest first
    List(OutboxList),
    /// Send dead letters, or messages in doubt, again
    Requeue(OutboxRequeue),
    /// Say what became of messages in doubt
    Settle(OutboxSettle),
    /// Give up dead letters, or what waits to be sent: they no longer count, and their codes are free
    Discard(OutboxDiscard),
}

/// `rulec outbox list`
#[derive(Debug, Args)]
pub struct OutboxList {
    /// waiting, marked, sent, doubt, dead, withheld or discarded; may be repeated
    #[arg(long = "status", value_name = "STATUS", value_parser = status)]
    pub statuses: Vec<OutboxStatus>,
    /// Only through this channel
    #[arg(long, value_name = "NAME")]
    pub channel: Option<String>,
    /// Only of this plan; the first digits of its id are enough
    #[arg(long, value_name = "ID")]
    pub plan: Option<String>,
    /// Only to this customer
    #[arg(long, value_name = "KEY")]
    pub customer: Option<String>,
    /// At most so many, the newest
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub limit: u32,
    /// Show texts and addresses, as long as they are stored
    #[arg(long)]
    pub show_personal: bool,
    /// How the list is written
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub format: RecordFormat,
}

/// Which messages are meant.
#[derive(Debug, Args)]
#[group(id = "choosing", required = true, multiple = true)]
pub struct Choosing {
    /// Messages by their keys, as `rulec outbox list` shows them
    #[arg(value_name = "KEY", conflicts_with = "all")]
    pub keys: Vec<String>,
    /// All that stand so
    #[arg(long)]
    pub all: bool,
}

/// `rulec outbox requeue`
#[derive(Debug, Args)]
pub struct OutboxRequeue {
    /// Which.
    #[command(flatten)]
    pub choosing: Choosing,
    /// With --all: dead or doubt [default: dead]
    #[arg(long, value_name = "STATUS", requires = "all", hide_possible_values = true)]
    pub status: Option<Unsent>,
    /// With --all: only through this channel
    #[arg(long, value_name = "NAME", requires = "all")]
    pub channel: Option<String>,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
}

/// Messages that were not sent, as far as is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Unsent {
    /// They could not be delivered.
    Dead,
    /// Nobody knows whether they were.
    Doubt,
}

/// Messages that can be given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Unwanted {
    /// They could not be delivered.
    Dead,
    /// They are still to be sent.
    Waiting,
}

/// `rulec outbox settle`
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("became").required(true))]
pub struct OutboxSettle {
    /// Which; all that stand so are those in doubt.
    #[command(flatten)]
    pub choosing: Choosing,
    /// They were delivered
    #[arg(long, group = "became")]
    pub sent: bool,
    /// They were not: now they are dead letters
    #[arg(long, group = "became")]
    pub lost: bool,
    /// With --all: only through this channel
    #[arg(long, value_name = "NAME", requires = "all")]
    pub channel: Option<String>,
    /// With --all: only of this plan; the first digits of its id are enough
    #[arg(long, value_name = "ID", requires = "all")]
    pub plan: Option<String>,
    /// With --all: do not ask
    #[arg(short, long)]
    pub yes: bool,
}

/// `rulec outbox discard`
#[derive(Debug, Args)]
pub struct OutboxDiscard {
    /// Which.
    #[command(flatten)]
    pub choosing: Choosing,
    /// All that are dead, or all that are waiting, instead of --all, which are the dead
    #[arg(
        long,
        value_name = "STATUS",
        group = "choosing",
        conflicts_with = "keys",
        hide_possible_values = true
    )]
    pub status: Option<Unwanted>,
    /// Of all of them only those through this channel
    #[arg(long, value_name = "NAME", conflicts_with = "keys")]
    pub channel: Option<String>,
    /// Of all of them only those of this plan; the first digits of its id are enough
    #[arg(long, value_name = "ID", conflicts_with = "keys")]
    pub plan: Option<String>,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
}

/// `rulec pause`
#[derive(Debug, Args)]
pub struct Pause {
    /// The channel [default: all]
    #[arg(value_name = "CHANNEL")]
    pub channel: Option<String>,
    /// Why, for whoever finds it paused; stays in the record, so no name and no address
    #[arg(long, value_name = "TEXT")]
    pub because: Option<String>,
}

/// `rulec resume`
#[derive(Debug, Args)]
pub struct Resume {
    /// The channel [default: all]
    #[arg(value_name = "CHANNEL")]
    pub channel: Option<String>,
}

fn status(word: &str) -> Result<OutboxStatus, String> {
    let known = OutboxStatus::ALL.map(OutboxStatus::word).join(", ");
    OutboxStatus::parse(word).ok_or_else(|| format!("it is one of {known}"))
}

/// How many seconds the units of rates and lengths have.
const UNITS: [(&str, f64); 4] = [("s", 1.0), ("min", 60.0), ("m", 60.0), ("h", 3600.0)];

fn seconds(unit: &str) -> Option<f64> {
    UNITS.into_iter().find(|(name, _)| *name == unit.trim()).map(|(_, seconds)| seconds)
}

/// How many a second: `10/s`, `600/min`, `1000/h`.
fn rate(written: &str) -> Result<f64, String> {
    let of = |(number, unit): (&str, &str)| {
        let number: f64 = number.trim().parse().ok()?;
        Some(number / seconds(unit)?)
    };
    let rate = written.split_once('/').and_then(of).filter(|rate| rate.is_finite() && *rate > 0.0);
    rate.ok_or_else(|| "write it as 10/s, 600/min or 1000/h".to_owned())
}

/// How long: `60s`, `5min`, `1h`.
fn length(written: &str) -> Result<Duration, String> {
    let end = written.find(|letter: char| letter.is_ascii_alphabetic()).unwrap_or(written.len());
    let (number, unit) = written.split_at(end);
    let number = number.trim().parse::<f64>().ok().filter(|number| *number > 0.0);
    let length = number
        .zip(seconds(unit))
        .and_then(|(number, seconds)| Duration::try_from_secs_f64(number * seconds).ok());
    length.ok_or_else(|| "write it as 30s, 5min or 1h".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_a_number_over_a_unit() {
        for (written, expected) in
            [("10/s", Some(10.0)), ("600/min", Some(10.0)), ("1800 / h", Some(0.5)), ("0.5/s", Some(0.5))]
        {
            assert_eq!(rate(written).ok(), expected, "{written}");
        }
        for written in ["10", "10/d", "0/s", "-1/s", "inf/s", "nan/s", "/s", "10/s/s"] {
            assert!(rate(written).is_err(), "{written}");
        }
    }

    #[test]
    fn a_length_is_a_number_with_a_unit() {
        for (written, seconds) in [("60s", 60), ("5min", 300), ("2m", 120), ("1h", 3600)] {
            assert_eq!(length(written), Ok(Duration::from_secs(seconds)), "{written}");
        }
        for written in ["60", "0s", "s", "-5s", "1d", "1e999h"] {
            assert!(length(written).is_err(), "{written}");
        }
    }
}
