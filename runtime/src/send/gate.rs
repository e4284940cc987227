//! Whether a message may still go out, looked up at the moment of sending.

use super::standing::Standing;
use crate::state::Waiting;
use rulec_plan::project::{InQuiet, Project};
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
            Withheld::Quiet => f.write_str("quiet hours"),
        }
    }
}

/// Looks at one message after the other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gate<'a> {
    pub(super) project: &'a Project,
    pub(super) standing: &'a Standing,
    pub(super) now: Instant,
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
        self.is_over(waiting).then_some(Withheld::CampaignOver)
    }

    /// Whether the campaign is over, as the plan said it or as the rules say it now.
    fn is_over(&self, waiting: &Waiting) -> bool {
        let planned = waiting.campaign_ends;
        let campaign = self.standing.campaign(&waiting.campaign);
        let now_says = campaign.and_then(|campaign| campaign.over_on);
        let now_says = now_says.map(|day| self.project.zone.start_of(day));
        planned.is_some_and(|end| end <= self.now) || now_says.is_some_and(|end| end <= self.now)
    }

    fn quiet(&self, waiting: &Waiting, zone: Zone) -> Pass {
        let channel = self.project.channels.get(&waiting.channel).filter(|_| waiting.is_marketing);
        let Some((channel, (from, to))) = channel.and_then(|channel| Some((channel, channel.quiet?))) else {
            return Pass::Goes;
        };
        if !is_within(from, to, zone.minute_of(self.now)) {
            return Pass::Goes;
        }
        match channel.in_quiet {
            InQuiet::Hold => Pass::Waits(zone.next_at(self.now, to)),
            InQuiet::Skip => Pass::Withheld(Withheld::Quiet),
        }
    }
}

/// Whether a time of day lies from the first to before the second, perhaps past midnight; minutes after midnight.
pub(crate) fn is_within(from: u16, to: u16, minute: u16) -> bool {
    if from <= to { (from..to).contains(&minute) } else { minute >= from || minute < to }
}
