//! Whether a message may still go out, looked up at the moment of sending.

use super::standing::Standing;
use crate::state::Waiting;
use rulec_plan::project::{ChannelKind, InQuiet, Project};
use rulec_plan::time::{Instant, Zone};
use std::fmt;

/// What becomes of a message whose turn it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Pass {
    /// It goes out.
    Goes,
    /// It never goes out.
    Withheld(Withheld),
    /// It waits until then.
    Waits(Instant),
}

/// Why a message never goes out although it was planned.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Withheld {
    /// The customer was forgotten.
    Forgotten,
    /// The shop has no such customer any more.
    NoCustomer,
    /// The customer has opted out.
    OptedOut,
    /// The customer does not agree to the channel any more.
    NoConsent,
    /// A `suppress` holds for the customer now: its place among all, from 1, and its `because`.
    Suppressed(usize, Option<String>),
    /// The campaign is over.
    CampaignOver,
    /// What the message offers has ended since it was recorded.
    OfferOver,
    /// The channel is quiet, and what falls into its quiet hours is not sent.
    Quiet,
}

impl fmt::Display for Withheld {
    /// As the audit says it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Withheld::Forgotten => f.write_str("forgotten"),
            Withheld::NoCustomer => f.write_str("no longer a customer"),
            Withheld::OptedOut => f.write_str("opted out"),
            Withheld::NoConsent => f.write_str("no consent"),
            Withheld::Suppressed(_, Some(because)) => write!(f, "suppressed: {because}"),
            Withheld::Suppressed(place, None) => write!(f, "suppressed: suppress {place}"),
            Withheld::CampaignOver => f.write_str("campaign over"),
            Withheld::OfferOver => f.write_str("offer over"),
            Withheld::Quiet => f.write_str("quiet hours"),
        }
    }
}

/// Looks at one message after the other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gate<'a> {
    pub(super) project: &'a Project,
    pub(super) standing: &'a Standing,
    /// The time of day by which is sent.
    pub(super) now: Instant,
    /// The time of day of the machine.
    pub(super) machine: Instant,
}

impl Gate<'_> {
    /// What becomes of this message. What rules do besides messages is the shop's own business: only forgotten
    /// customers are left out of it.
    pub(super) fn look(&self, waiting: &Waiting) -> Pass {
        let Some(key) = waiting.customer.as_deref() else { return Pass::Withheld(Withheld::Forgotten) };
        if !waiting.is_message {
            return Pass::Goes;
        }
        let Some(customer) = self.standing.find(key) else { return Pass::Withheld(Withheld::NoCustomer) };
        match self.hindered(waiting, customer) {
            Some(withheld) => Pass::Withheld(withheld),
            None => self.quiet(waiting, self.standing.zone(customer)),
        }
    }

    fn hindered(&self, waiting: &Waiting, customer: usize) -> Option<Withheld> {
        let channel = &waiting.channel;
        if waiting.opted_out {
            return Some(Withheld::OptedOut);
        }
        if !self.standing.agrees(channel, customer) {
            return Some(Withheld::NoConsent);
        }
        if let Some((place, because)) = self.standing.suppressed(channel, customer) {
            return Some(Withheld::Suppressed(place + 1, because.map(str::to_owned)));
        }
        if self.is_over(waiting) {
            return Some(Withheld::CampaignOver);
        }
        let ended = waiting.offer_ends.is_some_and(|last| last < self.now);
        ended.then_some(Withheld::OfferOver)
    }

    /// By which clock hours are quiet: for files, which wake nobody up, by that by which is sent, so that a past day can be
    /// done again; for all that reaches people by the machine's.
    fn time(&self, waiting: &Waiting) -> Instant {
        let channel = self.project.channels.get(&waiting.channel);
        let is_file = channel.is_none_or(|channel| channel.kind == ChannelKind::File);
        if is_file { self.now } else { self.machine }
    }

    /// Whether the campaign is over, as the plan said it or as the rules say it now.
    fn is_over(&self, waiting: &Waiting) -> bool {
        let planned = waiting.campaign_ends;
        let campaign = self.standing.campaign(&waiting.campaign);
        let now_says = campaign.and_then(|campaign| campaign.over_on);
        let now_says = now_says.map(|day| self.project.zone.start_of(day));
        let now = self.now;
        planned.is_some_and(|end| end <= now) || now_says.is_some_and(|end| end <= now)
    }

    /// By the clock by which is sent, the instant that a clock which shows `now` will show as `then`.
    fn due(&self, now: Instant, then: Instant) -> Instant {
        Instant(self.now.0.saturating_add(then.0.saturating_sub(now.0)))
    }

    fn quiet(&self, waiting: &Waiting, zone: Zone) -> Pass {
        let channel = self.project.channels.get(&waiting.channel).filter(|_| waiting.is_marketing);
        let Some((channel, (from, to))) = channel.and_then(|channel| Some((channel, channel.quiet?))) else {
            return Pass::Goes;
        };
        let now = self.time(waiting);
        if !is_within(from, to, zone.minute_of(now)) {
            return Pass::Goes;
        }
        match channel.in_quiet {
            InQuiet::Hold => Pass::Waits(self.due(now, zone.next_at(now, to))),
            InQuiet::Skip => Pass::Withheld(Withheld::Quiet),
        }
    }
}

/// Whether a time of day lies from the first to before the second, perhaps past midnight; minutes after midnight.
pub(crate) fn is_within(from: u16, to: u16, minute: u16) -> bool {
    if from <= to { (from..to).contains(&minute) } else { minute >= from || minute < to }
}
