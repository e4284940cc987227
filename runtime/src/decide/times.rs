//! When messages go out: not before the campaign's time of day, at the time of day that the rule names, and outside the
//! quiet hours of the channel, all by the customer's own clock.

use super::contest::earliest;
use super::{Contender, Context, Reason};
use crate::send::is_within;
use fixedbitset::FixedBitSet;
use rulec_plan::project::{Channel, InQuiet};
use rulec_plan::rules::{Send, SendTime};
use rulec_plan::time::{Instant, Zone};
use rulec_plan::verdict::Verdict;

/// Finds when each message goes out, and takes away those that would in quiet hours which skip them.
pub(super) fn step(context: &Context<'_>, contenders: &mut [Contender<'_>]) {
    for contender in contenders {
        let earliest = earliest(context.plan, contender);
        for (action, send) in contender.sends() {
            let quiet =
                context.project.channels.get(&send.channel).and_then(|channel| Quiet::of(channel, send));
            let zones = context.clocks.zones().iter();
            let slots: Vec<Slot> = zones.map(|zone| slot(*zone, earliest, send.at, quiet)).collect();
            skip(context, contender, action, &slots);
            let mut send_at: Vec<Instant> = slots.iter().map(|slot| slot.at).collect();
            if send_at.iter().all(|at| *at == send_at[0]) {
                send_at.truncate(1);
            }
            contender.set_send_at(action, send_at);
        }
    }
}

/// When a message goes out in one zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Slot {
    at: Instant,
    /// In these quiet hours, and so not at all.
    skipped: Option<Quiet>,
}

/// The quiet hours that hold for a message, in minutes after midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Quiet {
    from: u16,
    to: u16,
    then: InQuiet,
}

impl Quiet {
    fn of(channel: &Channel, send: &Send) -> Option<Quiet> {
        let (from, to) = channel.quiet.filter(|_| !send.transactional)?;
        Some(Quiet { from, to, then: channel.in_quiet })
    }
}

/// When a message goes out where clocks show this zone's time. What waits for the end of quiet hours waits on for its own
/// time of day, unless that is always quiet.
fn slot(zone: Zone, earliest: Instant, at: Option<SendTime>, quiet: Option<Quiet>) -> Slot {
    let wanted = time_of_day(zone, earliest, at);
    let is_quiet = |instant| quiet.filter(|quiet| is_within(quiet.from, quiet.to, zone.minute_of(instant)));
    let Some(hours) = is_quiet(wanted) else {
        return Slot { at: wanted, skipped: None };
    };
    if hours.then == InQuiet::Skip {
        return Slot { at: wanted, skipped: Some(hours) };
    }
    let end = zone.next_at(wanted, hours.to);
    let next = time_of_day(zone, end, at);
    Slot { at: if is_quiet(next).is_none() { next } else { end }, skipped: None }
}

/// The first instant from this one on that is at the time of day that the rule names.
fn time_of_day(zone: Zone, earliest: Instant, at: Option<SendTime>) -> Instant {
    match at {
        None => earliest,
        Some(SendTime::At(minutes)) => zone.next_at(earliest, minutes),
        Some(SendTime::Between(from, to)) if is_within(from, to, zone.minute_of(earliest)) => earliest,
        Some(SendTime::Between(from, _)) => zone.next_at(earliest, from),
    }
}

/// Takes away the message of those in whose zone it is skipped.
fn skip(context: &Context<'_>, contender: &mut Contender<'_>, action: usize, slots: &[Slot]) {
    let Some(hours) = slots.iter().find_map(|slot| slot.skipped) else { return };
    let mut skipped = FixedBitSet::with_capacity(context.answers.population());
    let is_skipped: Vec<bool> = slots.iter().map(|slot| slot.skipped.is_some()).collect();
    context.clocks.sort(contender.to_do(action), &is_skipped, &mut |is_skipped, customers| {
        if is_skipped {
            skipped.union_with(customers);
        }
    });
    let reason = Reason::Quiet { from: hours.from, to: hours.to };
    contender.lose_action(action, &skipped, Verdict::Suppressed, reason);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{at, zone};

    #[test]
    fn a_message_goes_out_at_its_time_of_day_and_outside_quiet_hours() {
        let night = Some(Quiet { from: 21 * 60, to: 9 * 60, then: InQuiet::Hold });
        let evening = Some(SendTime::Between(18 * 60, 22 * 60));
        let over_midnight = Some(SendTime::Between(22 * 60, 2 * 60));
        for (time, quiet, earliest, expected) in [
            (None, None, "2026-11-21T22:30:00", "2026-11-21T22:30:00"),
            (None, night, "2026-11-21T20:59:59", "2026-11-21T20:59:59"),
            (None, night, "2026-11-21T21:00:00", "2026-11-22T09:00:00"),
            (None, night, "2026-11-22T08:59:59", "2026-11-22T09:00:00"),
            (None, night, "2026-11-22T09:00:00", "2026-11-22T09:00:00"),
            (Some(SendTime::At(600)), None, "2026-11-21T10:00:00", "2026-11-21T10:00:00"),
            (Some(SendTime::At(600)), night, "2026-11-21T10:00:01", "2026-11-22T10:00:00"),
            (Some(SendTime::At(22 * 60)), night, "2026-11-21T10:00:00", "2026-11-22T09:00:00"),
            (evening, None, "2026-11-21T17:59:00", "2026-11-21T18:00:00"),
            (evening, night, "2026-11-21T20:00:00", "2026-11-21T20:00:00"),
            (evening, night, "2026-11-21T21:30:00", "2026-11-22T18:00:00"),
            (over_midnight, None, "2026-11-21T01:30:00", "2026-11-21T01:30:00"),
            (over_midnight, None, "2026-11-21T02:00:00", "2026-11-21T22:00:00"),
        ] {
            let found = slot(zone(), at(earliest), time, quiet);
            assert_eq!(found, Slot { at: at(expected), skipped: None }, "{time:?} from {earliest}");
        }
    }

    #[test]
    fn quiet_hours_that_skip() {
        let quiet = Some(Quiet { from: 21 * 60, to: 9 * 60, then: InQuiet::Skip });
        assert_eq!(slot(zone(), at("2026-11-21T21:00:00"), None, quiet).skipped, quiet);
        assert_eq!(slot(zone(), at("2026-11-21T20:00:00"), None, quiet).skipped, None);
    }
}
