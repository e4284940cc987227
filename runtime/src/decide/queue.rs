//! Who comes first where there is not enough for all.

use super::{Contender, Context, number};
use crate::draw::Draw;
use fixedbitset::FixedBitSet;
use rulec_plan::audience::{Ranking, Scalar};
use rulec_plan::rules::Send;
use std::cmp::{Ordering, Reverse};

/// A message of a contender.
#[derive(Debug, Clone, Copy)]
pub(super) struct Message<'a> {
    /// Index of the contender.
    pub(super) contender: usize,
    /// Index into its actions.
    pub(super) action: usize,
    pub(super) send: &'a Send,
}

/// All messages in the order in which they use up what is scarce: follow-ups, then rules by priority, then by file.
pub(super) fn messages<'a>(contenders: &[Contender<'a>]) -> Vec<Message<'a>> {
    let mut order: Vec<usize> = (0..contenders.len()).collect();
    order.sort_by_key(|place| {
        let contender = &contenders[*place];
        (contender.step == 0, Reverse(contender.rule.priority), *place)
    });
    let sends = order.into_iter().flat_map(|contender| {
        let sends = contenders[contender].sends();
        sends.map(move |(action, send)| Message { contender, action, send })
    });
    sends.collect()
}

/// These customers in the order in which a message comes to them, up to so many: by what its quota ranks them by, those of
/// whom that is missing last, then as they are drawn, then by key.
pub(super) fn first(
    context: &Context<'_>,
    contender: &Contender<'_>,
    send: &Send,
    customers: &FixedBitSet,
    count: usize,
) -> Vec<u32> {
    let draw = Draw::new(&match send.quota {
        Some(_) => format!("quota:{}", contender.rule.name),
        None => format!("budget:{}", contender.rule.campaign.as_deref().unwrap_or_default()),
    });
    let drawn = |customer: usize| context.answers.keys.get(customer).map_or(0, |key| draw.of(key));
    match send.quota.and_then(|quota| quota.best_by) {
        None => {
            let mut queue: Vec<(u64, u32)> =
                customers.ones().map(|customer| (drawn(customer), number(customer))).collect();
            if count < queue.len() {
                queue.select_nth_unstable(count);
                queue.truncate(count);
            }
            queue.sort_unstable();
            queue.into_iter().map(|(_, customer)| customer).collect()
        }
        Some(ranking) => {
            let worth = |customer| Worth::of(&context.answers.value(ranking.value, customer), ranking);
            let queue = customers.ones().map(|customer| (worth(customer), number(customer))).collect();
            best(queue, count, drawn)
        }
    }
}

/// The best of a queue, best first, up to so many. Only those who are worth the same are drawn.
fn best(mut queue: Vec<(Worth, u32)>, count: usize, drawn: impl Fn(usize) -> u64) -> Vec<u32> {
    if count < queue.len() {
        let (_, &mut (last, _), after) =
            queue.select_nth_unstable_by(count, |one, other| one.0.cmp(&other.0));
        let alike = after.iter_mut().filter(|(worth, _)| *worth == last).count();
        // Those who are worth as much as the last stand anywhere behind it: they have to be drawn with it.
        if alike > 0 {
            queue.retain(|(worth, _)| *worth <= last);
        } else {
            queue.truncate(count + 1);
        }
    }
    queue.sort_unstable();
    let mut best = Vec::with_capacity(queue.len());
    for alike in queue.chunk_by(|one, other| one.0 == other.0) {
        if let [(_, customer)] = alike {
            best.push(*customer);
        } else {
            let mut alike: Vec<(u64, u32)> =
                alike.iter().map(|(_, customer)| (drawn(*customer as usize), *customer)).collect();
            alike.sort_unstable();
            best.extend(alike.into_iter().map(|(_, customer)| customer));
        }
    }
    best.truncate(count);
    best
}

/// What a customer is ranked by; the better, the less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Worth {
    /// A fraction with a positive denominator in lowest terms, its sign turned round where more is better.
    Known(i128, i64),
    Missing,
}

impl Worth {
    fn of(value: &Scalar, ranking: Ranking) -> Worth {
        let (numerator, denominator) = match value {
            Scalar::Int(number) => (*number, 1),
            Scalar::Ratio(numerator, denominator) => (*numerator, *denominator),
            Scalar::Missing | Scalar::Bool(_) | Scalar::Text(_) | Scalar::Set(_) => return Worth::Missing,
        };
        let numerator = i128::from(numerator);
        Worth::Known(if ranking.low_is_better { numerator } else { -numerator }, denominator)
    }
}

impl Ord for Worth {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Worth::Known(a, b), Worth::Known(c, d)) => (a * i128::from(*d)).cmp(&(c * i128::from(*b))),
            (Worth::Known(..), Worth::Missing) => Ordering::Less,
            (Worth::Missing, Worth::Known(..)) => Ordering::Greater,
            (Worth::Missing, Worth::Missing) => Ordering::Equal,
        }
    }
}

impl PartialOrd for Worth {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
