//! What is asked of a session of sending, how far it is, and what it did.

use super::lane::Halt;
use super::tally::Tally;
use crate::diagnostics;
use crate::state::Left;
use indexmap::IndexMap;
use rulec_channels::Reason;
use rulec_diagnostic::Diagnostic;
use rulec_plan::time::Zone;
use std::time::Duration;

/// How much is sent, and how fast.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SendOptions<'a> {
    /// At most so many messages and other actions.
    pub limit: Option<u64>,
    /// At most so many a second through each channel, and no more than its own rate.
    pub rate: Option<f64>,
    /// Through these channels only; all, if none is named.
    pub channels: &'a [String],
}

/// How far a session is.
#[derive(Debug)]
pub struct Doing<'a> {
    /// How many messages and other actions are done with: sent, withheld, or failed for good.
    pub done: u64,
    /// Of how many that are due, or wait for another try.
    pub of: u64,
    /// Each channel.
    pub channels: Vec<ChannelDoing<'a>>,
    /// For how long another process has kept this one from writing to the state; what goes out waits meanwhile.
    pub held_for: Option<Duration>,
}

/// How far one channel is.
#[derive(Debug)]
pub struct ChannelDoing<'a> {
    /// Its name.
    pub name: &'a str,
    /// What was done through it.
    pub tally: &'a Tally,
    /// How many messages were due through it when the session began, or waited for another try.
    pub due: u64,
    /// How many messages are handed over just now.
    pub under_way: usize,
    /// That the provider is down, if it is.
    pub down: Option<Down<'a>>,
    /// Why nothing goes through it any more.
    pub halt: Option<&'a Halt>,
}

/// That a provider is down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Down<'a> {
    /// For how long it has been.
    pub lasts: Duration,
    /// What it said last, or what kept us from hearing it.
    pub reason: &'a Reason,
}

/// What a session did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Through each channel, by name; `tags`, `tasks`, `points` for what is no message.
    pub channels: IndexMap<String, Tally>,
    /// Why nothing goes through some of them any more.
    pub halts: IndexMap<String, Halt>,
    /// Whose provider was down in the end and not given up yet, and why.
    pub down: IndexMap<String, Reason>,
    /// How many messages were found that an earlier session had handed over without learning how that ended, and that
    /// may not be handed over again.
    pub found_in_doubt: u64,
    /// What is left.
    pub left: Left,
}

impl Sent {
    /// What a person should know of it; times are those of this zone.
    pub fn findings(&self, zone: Zone) -> Vec<Diagnostic> {
        let of_halt = |(channel, halt): (&String, &Halt)| match halt {
            Halt::Settings(reason) => diagnostics::channel_refuses(channel, reason),
            Halt::Down(reason) => diagnostics::channel_down(channel, reason),
            Halt::Busy(reason, until) => diagnostics::channel_busy(channel, reason, &until.to_rfc3339(zone)),
            Halt::Paused(because) => diagnostics::channel_paused(channel, because.as_deref()),
            Halt::Unopened(finding) => finding.clone(),
        };
        let mut findings: Vec<Diagnostic> = self.halts.iter().map(|halt| *of_halt(halt)).collect();
        if self.left.doubt > 0 {
            findings.push(*diagnostics::in_doubt(self.left.doubt));
        }
        if self.left.dead > 0 {
            findings.push(*diagnostics::dead_letters(self.left.dead));
        }
        findings
    }
}
