//! Caps on contact: how many marketing messages a customer gets in a time.
//!
//! Messages count that went out, that wait to, and that this run has let through so far. Customers are taken a [`TILE`] at
//! a time, so that no more of them have a list of what this run sends them.

use super::customers::TILE;
use super::queue::{self, Message};
use super::{Contender, Context, Reason, number};
use crate::state::Touch;
use fixedbitset::FixedBitSet;
use rulec_engine::Tristate;
use rulec_plan::Plan;
use rulec_plan::audience::Scalar;
use rulec_plan::campaign::{Limit, Period};
use rulec_plan::time::Instant;
use rulec_plan::verdict::Verdict;
use std::ops::Range;

/// Takes away the messages that a limit caps; the first one in the order of the files is the reason.
pub(super) fn step(context: &Context<'_>, contenders: &mut [Contender<'_>]) {
    let limits = Limits::new(context, contenders);
    if limits.messages.is_empty() {
        return;
    }
    let mut lost: Vec<Vec<Option<FixedBitSet>>> = vec![vec![None; limits.caps.len()]; limits.messages.len()];
    let mut so_far: Vec<Vec<Sent>> = vec![Vec::new(); TILE];
    let mut touches = context.state.touches.as_slice();
    for tile in 0..context.answers.population().div_ceil(TILE) {
        let of_tile = take_until(&mut touches, (tile + 1) * TILE);
        for (place, message) in limits.messages.iter().enumerate() {
            let mut bits = word(contenders[message.contender].to_do(message.action), tile);
            while bits != 0 {
                let so_far = &mut so_far[bits.trailing_zeros() as usize];
                let customer = tile * TILE + bits.trailing_zeros() as usize;
                bits &= bits - 1;
                match limits.full(message, customer, of_customer(of_tile, customer), so_far) {
                    Some(cap) => {
                        let nobody = || FixedBitSet::with_capacity(context.answers.population());
                        lost[place][cap].get_or_insert_with(nobody).insert(customer);
                    }
                    None => so_far.push(Sent { at: limits.at(message, customer), message: place }),
                }
            }
        }
        so_far.iter_mut().for_each(Vec::clear);
    }
    for (message, lost) in limits.messages.iter().zip(&lost) {
        for (cap, lost) in lost.iter().enumerate() {
            if let Some(lost) = lost {
                let reason = Reason::Limit(number(cap));
                contenders[message.contender].lose_action(message.action, lost, Verdict::Capped, reason);
            }
        }
    }
}

/// All limits with all messages that they count.
struct Limits<'a> {
    context: &'a Context<'a>,
    caps: Vec<Cap<'a>>,
    /// In the order in which they use up limits.
    messages: Vec<Capped>,
}

/// A limit, with what it counts in terms of the state.
struct Cap<'a> {
    limit: &'a Limit,
    /// As in [`Touch::channel`]; `None`: any.
    channel: Option<u32>,
    /// As in [`Touch::campaign`]; `None`: any.
    campaign: Option<u32>,
    segment: Option<&'a Tristate>,
}

/// A message that limits count.
struct Capped {
    contender: usize,
    action: usize,
    /// When it goes out, by zone of the customer.
    send_at: Vec<Instant>,
    /// For each limit that counts it, the time in which messages count with it, as often as there are times.
    windows: Vec<Option<Vec<Range<Instant>>>>,
}

/// A message of this run that no limit capped.
#[derive(Debug, Clone, Copy)]
struct Sent {
    at: Instant,
    /// Index into [`Limits::messages`].
    message: usize,
}

impl<'a> Limits<'a> {
    fn new(context: &'a Context<'a>, contenders: &[Contender<'_>]) -> Self {
        let caps = context.plan.limits.iter().map(|limit| Cap::new(context, limit)).collect();
        let messages = queue::messages(contenders).into_iter();
        let marketing = messages.filter(|message| !message.send.transactional);
        let capped =
            marketing.map(|message| Capped::new(context.plan, &message, &contenders[message.contender]));
        let messages = capped.filter(|message| message.windows.iter().any(Option::is_some)).collect();
        Self { context, caps, messages }
    }

    fn at(&self, message: &Capped, customer: usize) -> Instant {
        self.context.clocks.pick(&message.send_at, customer).copied().unwrap_or(self.context.plan.as_of)
    }

    /// The first limit that this message would exceed for a customer with these touches, whom this run sends so much so far.
    fn full(&self, message: &Capped, customer: usize, touches: &[Touch], so_far: &[Sent]) -> Option<usize> {
        let is_full = |(place, cap): &(usize, &Cap<'_>)| {
            let windows = message.windows[*place].as_ref().filter(|_| cap.is_for(customer));
            let Some(window) = windows.and_then(|windows| self.context.clocks.pick(windows, customer)) else {
                return false;
            };
            let before = touches.iter().filter(|touch| cap.counts(touch) && window.contains(&touch.at));
            let counts = |sent: &&Sent| self.messages[sent.message].windows[*place].is_some();
            let now = so_far.iter().filter(counts).filter(|sent| window.contains(&sent.at));
            let count = (before.count() + now.count()) as u64 + self.elsewhere(cap, customer);
            count >= u64::from(cap.limit.count)
        };
        self.caps.iter().enumerate().find(is_full).map(|(place, _)| place)
    }

    /// How many messages the customer got by other means.
    fn elsewhere(&self, cap: &Cap<'_>, customer: usize) -> u64 {
        match cap.limit.elsewhere.map(|node| self.context.answers.value(node, customer)) {
            Some(Scalar::Int(count)) => u64::try_from(count).unwrap_or(0),
            _ => 0,
        }
    }
}

impl<'a> Cap<'a> {
    fn new(context: &Context<'a>, limit: &'a Limit) -> Self {
        let number_of = |name: &String| {
            let place = context.state.names.iter().position(|known| known == name);
            // Of a name that the state does not know there are no touches.
            place.map_or(u32::MAX, number)
        };
        Self {
            limit,
            channel: limit.channel.as_ref().map(number_of),
            campaign: limit.campaign.as_ref().map(number_of),
            segment: limit.segment.map(|segment| context.answers.condition(segment)),
        }
    }

    /// Whether it protects this customer, or may.
    fn is_for(&self, customer: usize) -> bool {
        self.segment
            .is_none_or(|segment| segment.yes.contains(customer) || segment.unknown.contains(customer))
    }

    fn counts(&self, touch: &Touch) -> bool {
        self.channel.is_none_or(|channel| channel == touch.channel)
            && self.campaign.is_none_or(|campaign| campaign == touch.campaign)
    }
}

impl Capped {
    fn new(plan: &Plan, message: &Message<'_>, contender: &Contender<'_>) -> Self {
        let send_at = contender.send_at(message.action).to_vec();
        let windows = plan.limits.iter().map(|limit| {
            let is_meant = limit.channel.as_ref().is_none_or(|channel| *channel == message.send.channel)
                && limit.campaign.as_ref().is_none_or(|name| contender.rule.campaign.as_ref() == Some(name));
            is_meant.then(|| send_at.iter().map(|at| window(plan, limit.per, *at)).collect())
        });
        let windows = windows.collect();
        Self { contender: message.contender, action: message.action, windows, send_at }
    }
}

/// The time in which messages count with one that goes out at this instant. What waits beyond it counts too: then no window
/// holds too many, in whichever order messages were let through.
fn window(plan: &Plan, per: Period, at: Instant) -> Range<Instant> {
    match per {
        Period::Rolling(length) => plan.zone.back(at, length)..Instant(i64::MAX),
        Period::Calendar(unit) => {
            let (first, next) = unit.around(plan.zone.day_of(at));
            plan.zone.start_of(first)..plan.zone.start_of(next)
        }
    }
}

fn word(customers: &FixedBitSet, tile: usize) -> usize {
    customers.as_slice().get(tile).copied().unwrap_or(0)
}

/// Cuts off the touches of the customers before this one.
fn take_until<'a>(touches: &mut &'a [Touch], end: usize) -> &'a [Touch] {
    let count = touches.iter().take_while(|touch| (touch.customer as usize) < end).count();
    let (before, after) = touches.split_at(count);
    *touches = after;
    before
}

/// Those of this customer.
fn of_customer(touches: &[Touch], customer: usize) -> &[Touch] {
    let start = touches.partition_point(|touch| (touch.customer as usize) < customer);
    let end = touches.partition_point(|touch| touch.customer as usize <= customer);
    &touches[start..end]
}

#[cfg(test)]
mod tests {
    use crate::fixture::{World, days, send};
    use rulec_plan::audience::Scalar;
    use rulec_plan::campaign::Period;
    use rulec_plan::rules::{Action, Send};
    use rulec_plan::time::{CalendarUnit, Duration, HOUR};

    const WEEK: Period = Period::Rolling(days(7));

    #[test]
    fn what_was_sent_counts_for_as_long_as_the_limit_says() {
        let hours = |hours| Period::Rolling(Duration::Exact { micros: hours * HOUR });
        // It is 20:00 on Saturday, 21 November.
        for (per, when, full) in [
            (WEEK, "2026-11-14T00:00:00", true),
            (WEEK, "2026-11-13T23:59:59", false),
            (WEEK, "2026-11-25T10:00:00", true),
            (hours(24), "2026-11-20T20:00:00", true),
            (hours(24), "2026-11-20T19:59:59", false),
            (Period::Calendar(CalendarUnit::Week), "2026-11-16T00:00:00", true),
            (Period::Calendar(CalendarUnit::Week), "2026-11-15T23:59:59", false),
            (Period::Calendar(CalendarUnit::Month), "2026-11-01T00:00:00", true),
            (Period::Calendar(CalendarUnit::Month), "2026-12-01T00:00:00", false),
        ] {
            let mut world = World::new(1);
            world.rule("a", &[0]);
            world.limit(None, 1, per);
            world.touched(&[(0, when, "sms", "")]);
            let expected = if full { "0 a: capped (limit 1)" } else { "0 a: send" };
            assert_eq!(world.list(), [expected], "{per:?} {when}");
        }
    }

    #[test]
    fn a_limit_counts_its_channel_and_campaign_and_caps_its_segment() {
        let mut world = World::new(4);
        world.rule("a", &[0, 1, 2, 3]);
        let segment = Some(world.condition(&[0, 1], &[2]));
        let limit = world.limit(Some("app"), 1, WEEK);
        (limit.campaign, limit.segment) = (Some("winback".to_owned()), segment);
        world.plan.rules[0].campaign = Some("winback".to_owned());
        let when = "2026-11-20T10:00:00";
        let other = [(1, when, "sms", "winback"), (1, when, "app", "other")];
        world.touched(&[
            (0, when, "app", "winback"),
            (2, when, "app", "winback"),
            (3, when, "app", "winback"),
        ]);
        world.touched(&other);
        let expected = ["0 a: capped (limit 1)", "1 a: send", "2 a: capped (limit 1)", "3 a: send"];
        assert_eq!(world.list(), expected);
    }

    #[test]
    fn messages_of_one_run_use_limits_up_by_priority() {
        let mut world = World::new(1);
        for (campaign, priority) in [("a", 0), ("b", 2), ("c", 1)] {
            let rule = world.rule(campaign, &[0]);
            (rule.campaign, rule.priority) = (Some(campaign.to_owned()), priority);
        }
        world.limit(None, 2, WEEK);
        assert_eq!(world.list(), ["0 a: capped (limit 2)", "0 b: send", "0 c: send"]);
    }

    #[test]
    fn of_a_rule_only_the_message_that_is_too_many_is_lost() {
        let mut world = World::new(1);
        world.rule("a", &[0]).actions = vec![Action::Send(send("app")), Action::Send(send("sms"))];
        world.limit(None, 1, WEEK);
        let decisions = world.decide();
        assert!(decisions.step(0, 0).does(0, 0));
        assert!(!decisions.step(0, 0).does(0, 1));
    }

    #[test]
    fn transactional_messages_are_free() {
        let mut world = World::new(1);
        world.rule("a", &[0]).actions = vec![Action::Send(Send { transactional: true, ..send("app") })];
        world.limit(None, 1, WEEK);
        world.touched(&[(0, "2026-11-20T10:00:00", "app", "")]);
        assert_eq!(world.list(), ["0 a: send"]);
    }

    #[test]
    fn what_came_by_other_means_counts() {
        let mut world = World::new(3);
        world.rule("a", &[0, 1, 2]);
        let elsewhere = world.values([Scalar::Int(1), Scalar::Int(0), Scalar::Missing]);
        world.limit(None, 1, WEEK).elsewhere = Some(elsewhere);
        assert_eq!(world.list(), ["0 a: capped (limit 1)", "1 a: send", "2 a: send"]);
    }
}
