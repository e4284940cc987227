//! One channel while it is being sent through.

use super::backoff;
use super::breaker::Breaker;
use super::crew::{Call, Crew, Finished};
use super::report::Down;
use super::session::{Moment, PATIENCE};
use super::tally::Tally;
use crate::diagnostics::Result;
use crate::state::{ChannelRow, Queue, Waiting};
use rulec_channels::{Delivery, Message, Reason, Terms, Trouble};
use rulec_diagnostic::Diagnostic;
use rulec_plan::time::Instant;
use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// So often a message is tried before it is a dead letter.
pub(super) const ATTEMPTS: u32 = 8;

/// How long a provider may be down before this session gives it up; later ones try again.
const GIVE_UP: Duration = Duration::from_secs(120);

/// How far ahead messages are marked for a channel with a rate: about as long as a commit takes. Whatever dies meanwhile
/// has marked no more than that.
const AHEAD: Duration = Duration::from_millis(50);

/// How many messages may be under way through a channel that takes each key once, so that one commit serves many. Through
/// any other as few as its calls take: each of them is in doubt after a crash.
const UNDER_WAY: usize = 256;

/// But no more than its calls take in so long: all that is under way is recorded late.
const BACKLOG: Duration = Duration::from_secs(1);

/// Why a channel is not sent through any more in this session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Halt {
    /// A person paused it, perhaps saying why.
    Paused(Option<String>),
    /// It does not let us in, or its settings are wrong.
    Settings(Reason),
    /// It has been down for too long; what it said last.
    Down(Reason),
    /// It wishes to be left alone until then.
    Busy(Reason, Instant),
    /// It could not be opened at all.
    Unopened(Box<Diagnostic>),
}

/// One channel while it is being sent through.
#[derive(Debug)]
pub(super) struct Lane {
    row: ChannelRow,
    terms: Terms,
    /// Its number among those of the crew.
    place: usize,
    breaker: Breaker,
    /// Why the provider failed last; none since it works.
    trouble: Option<Reason>,
    /// What is under way, by key.
    under_way: HashMap<String, Waiting>,
    /// How many calls the crew has.
    calls: usize,
    /// How long a call takes, about; none has ended yet.
    latency: Option<Duration>,
    /// Keys of what was recalled from the crew, and is to wait again.
    recalled: Vec<String>,
    /// Keys of what is under way no more, once the transaction is committed.
    over: Vec<String>,
    /// How many messages came to an end that were handed over.
    ended: u64,
    /// Messages of which a try may have got through, in this session.
    unknown: HashSet<i64>,
    halt: Option<Halt>,
    tally: Tally,
}

impl Lane {
    /// Of this channel, which has this number among those of the crew.
    pub(super) fn new(row: ChannelRow, terms: Terms, place: usize) -> Lane {
        Lane {
            row,
            terms,
            place,
            breaker: Breaker::default(),
            trouble: None,
            under_way: HashMap::new(),
            calls: 0,
            latency: None,
            recalled: Vec::new(),
            over: Vec::new(),
            ended: 0,
            unknown: HashSet::new(),
            halt: None,
            tally: Tally::default(),
        }
    }

    /// The row of its channel.
    pub(super) fn channel(&self) -> i64 {
        self.row.id
    }

    pub(super) fn name(&self) -> &str {
        &self.row.name
    }

    pub(super) fn honours_key(&self) -> bool {
        self.terms.honours_key
    }

    /// Why nothing goes through it any more.
    pub(super) fn halt(&self) -> Option<&Halt> {
        self.halt.as_ref()
    }

    pub(super) fn tally(&self) -> &Tally {
        &self.tally
    }

    pub(super) fn tally_mut(&mut self) -> &mut Tally {
        &mut self.tally
    }

    /// Its name, and what was done through it.
    pub(super) fn into_tally(self) -> (String, Tally) {
        (self.row.name, self.tally)
    }

    /// How many messages are under way.
    pub(super) fn under_way(&self) -> usize {
        self.under_way.len()
    }

    /// Whether the crew has calls of it.
    pub(super) fn is_busy(&self) -> bool {
        self.calls > 0
    }

    /// How many messages it has handed over, or may have: each once, however often it was tried.
    pub(super) fn reached(&self) -> u64 {
        let new = self.under_way.values().filter(|waiting| !self.unknown.contains(&waiting.seq)).count();
        self.ended + (self.unknown.len() + new) as u64
    }

    /// For how long the provider has been down, and why, if it is.
    pub(super) fn down(&self, now: Duration) -> Option<Down<'_>> {
        Some(Down { lasts: self.breaker.down_for(now)?, reason: self.trouble.as_ref()? })
    }

    /// Before when nothing can be handed over; `None`: something can be now.
    pub(super) fn closed_until(&self, crew: &dyn Crew) -> Option<Duration> {
        let now = crew.elapsed();
        let slot = crew.pace(self.place).next(now);
        let paced = (slot > now + AHEAD).then(|| slot.saturating_sub(AHEAD));
        self.breaker.alone_until(now).max(paced)
    }

    /// How many messages it can take now.
    pub(super) fn room(&self, crew: &dyn Crew) -> usize {
        if self.halt.is_some() || self.closed_until(crew).is_some() {
            return 0;
        }
        let pace = crew.pace(self.place);
        let batch = pace.burst(self.terms.batch);
        let calls = if self.breaker.is_open() { 1 } else { self.terms.calls };
        let at_once = if self.terms.honours_key && !self.breaker.is_open() {
            (calls * 2).max(UNDER_WAY / batch).min(self.backlog(calls))
        } else {
            calls
        };
        let paced = pace.calls_until(crew.elapsed(), AHEAD, batch);
        batch * at_once.saturating_sub(self.calls).min(paced)
    }

    /// How many calls may be with the crew so that none waits for its thread for long.
    fn backlog(&self, calls: usize) -> usize {
        let Some(latency) = self.latency else { return calls * 2 };
        let in_time = BACKLOG.as_secs_f64() / latency.as_secs_f64().max(1e-6);
        ((calls as f64 * in_time) as usize).max(calls)
    }

    /// Takes back from the crew what it has not begun to hand over.
    pub(super) fn recall(&mut self, crew: &mut dyn Crew) {
        for call in crew.recall(self.place) {
            self.calls = self.calls.saturating_sub(1);
            self.recalled.extend(call.messages.into_iter().map(|message| message.key));
        }
    }

    /// Whether nothing is to be handed over now.
    pub(super) fn is_shut(&self, elapsed: Duration) -> bool {
        self.halt.is_some() || self.breaker.alone_until(elapsed).is_some()
    }

    /// What was recalled waits again, as if it had never been marked; all the rest, too, if the provider wishes to be left
    /// alone.
    pub(super) fn put_back(&mut self, queue: &Queue<'_>, now: Moment) -> Result<()> {
        for key in &self.recalled {
            if let Some(waiting) = self.under_way.get(key) {
                queue.put_back(waiting)?;
                self.over.push(key.clone());
            }
        }
        if let (Some(Halt::Busy(..)), Some(until)) = (&self.halt, self.breaker.alone_until(now.elapsed)) {
            queue.put_off(self.row.id, now.after(until.saturating_sub(now.elapsed)))?;
        }
        Ok(())
    }

    /// What was recorded in a transaction is committed.
    pub(super) fn committed(&mut self) {
        self.recalled.clear();
        for key in self.over.drain(..) {
            self.under_way.remove(&key);
        }
    }

    /// Hands over messages that are marked.
    pub(super) fn hand_over(&mut self, crew: &mut dyn Crew, ready: Vec<Waiting>) {
        let batch = crew.pace(self.place).burst(self.terms.batch);
        let mut ready = ready.into_iter().peekable();
        while ready.peek().is_some() {
            let together: Vec<Waiting> = ready.by_ref().take(batch).collect();
            let messages = together.iter().map(message).collect();
            for waiting in together {
                self.under_way.insert(waiting.key.clone(), waiting);
            }
            self.calls += 1;
            crew.hand_over(Call { lane: self.place, messages });
        }
    }

    /// Puts down when the channel may be sent through again after so many more messages, so that its rate holds also after
    /// a crash.
    pub(super) fn keep_pace(
        &self,
        crew: &dyn Crew,
        queue: &Queue<'_>,
        (now, messages): (Moment, usize),
    ) -> Result<()> {
        match crew.pace(self.place).rests_until(now.elapsed, messages) {
            Some(until) => queue.keep_pace(self.row.id, now.after(until.saturating_sub(now.elapsed))),
            None => Ok(()),
        }
    }

    /// Stops if a person has paused the channel meanwhile.
    pub(super) fn heed_pause(&mut self, queue: &mut Queue<'_>) -> Result<()> {
        if let Some(because) = queue.paused(self.row.id)? {
            self.halt.get_or_insert(Halt::Paused(because));
        }
        Ok(())
    }

    /// Whether this call was its own.
    pub(super) fn owns(&self, finished: &Finished) -> bool {
        finished.call.lane == self.place
    }

    /// One of its calls has ended; how is recorded later.
    pub(super) fn ended(&mut self, finished: &Finished) {
        self.calls = self.calls.saturating_sub(1);
        let before = self.latency.unwrap_or(finished.took);
        self.latency = Some((before * 7 + finished.took) / 8);
    }

    /// Records how a call ended.
    pub(super) fn settle(&mut self, queue: &mut Queue<'_>, finished: &Finished, now: Moment) -> Result<()> {
        self.heed(&finished.deliveries, now);
        for (message, delivery) in finished.call.messages.iter().zip(&finished.deliveries) {
            if let Some(waiting) = self.under_way.get(&message.key).cloned() {
                self.settle_one(queue, &waiting, delivery, now)?;
                self.over.push(waiting.key);
            }
        }
        Ok(())
    }

    /// What a call says about the provider.
    fn heed(&mut self, deliveries: &[Delivery], now: Moment) {
        let mut works = false;
        let mut fails: Option<(Reason, Option<Duration>)> = None;
        for delivery in deliveries {
            match delivery {
                Delivery::Taken { .. } | Delivery::Refused(_) => works = true,
                Delivery::Later { trouble: Trouble::Message, .. } => {}
                Delivery::Later { trouble: Trouble::Settings, reason, .. } => {
                    self.halt.get_or_insert_with(|| Halt::Settings(reason.clone()));
                }
                Delivery::Later { trouble: Trouble::Provider, reason, after, .. } => {
                    let longest = fails.take().and_then(|(_, after)| after).max(*after);
                    fails = Some((reason.clone(), longest));
                }
                Delivery::Unknown(reason) => fails = fails.or_else(|| Some((reason.clone(), None))),
            }
        }
        match fails {
            Some((reason, after)) => {
                self.breaker.fails(now.elapsed, after, &self.row.name);
                self.trouble = Some(reason.clone());
                let alone = self.breaker.alone_until(now.elapsed).unwrap_or_default();
                let alone = alone.saturating_sub(now.elapsed);
                if alone > PATIENCE {
                    self.halt.get_or_insert(Halt::Busy(reason, later(now.stamp, alone)));
                } else if self.breaker.down_for(now.elapsed).is_some_and(|down| down > GIVE_UP) {
                    self.halt.get_or_insert(Halt::Down(reason));
                }
            }
            None if works => {
                self.breaker.works();
                self.trouble = None;
            }
            None => {}
        }
    }

    fn settle_one(
        &mut self,
        queue: &mut Queue<'_>,
        waiting: &Waiting,
        delivery: &Delivery,
        now: Moment,
    ) -> Result<()> {
        let attempts = waiting.attempts + 1;
        match delivery {
            Delivery::Taken { id } => {
                self.ends(waiting);
                self.tally.sent += 1;
                queue.sent(waiting, id.as_deref())
            }
            Delivery::Refused(reason) => self.give_up(queue, waiting, reason),
            Delivery::Later { reason, after, trouble, maybe } => {
                let mut waiting = waiting.clone();
                waiting.maybe |= *maybe;
                let waiting = &waiting;
                // While the provider is down that is not the message's fault.
                let counts =
                    *trouble == Trouble::Message || *trouble == Trouble::Provider && !self.breaker.is_open();
                let attempts = if counts { attempts } else { waiting.attempts };
                if attempts >= ATTEMPTS {
                    self.give_up(queue, waiting, reason)
                } else {
                    let wait = backoff::wait(attempts.max(1), &waiting.key).max(after.unwrap_or_default());
                    self.tally.again += 1;
                    if *maybe {
                        self.unknown.insert(waiting.seq);
                    }
                    queue.again(waiting, now.after(wait), (attempts, waiting.maybe), reason)
                }
            }
            Delivery::Unknown(reason) if self.terms.honours_key && attempts < ATTEMPTS => {
                let wait = backoff::wait(attempts, &waiting.key);
                self.tally.again += 1;
                self.unknown.insert(waiting.seq);
                queue.again(waiting, now.after(wait), (attempts, true), reason)
            }
            Delivery::Unknown(reason) => {
                self.ends(waiting);
                self.tally.doubt += 1;
                queue.doubt(waiting, reason)
            }
        }
    }

    /// A message that was refused, or tried often enough: in doubt if an earlier try may have got through, as a refusal may
    /// mean just that.
    fn give_up(&mut self, queue: &mut Queue<'_>, waiting: &Waiting, reason: &Reason) -> Result<()> {
        self.ends(waiting);
        if waiting.maybe {
            self.tally.doubt += 1;
            queue.doubt(waiting, reason)
        } else {
            self.tally.dead += 1;
            queue.dead(waiting, reason)
        }
    }

    fn ends(&mut self, waiting: &Waiting) {
        self.unknown.remove(&waiting.seq);
        self.ended += 1;
    }
}

fn message(waiting: &Waiting) -> Message {
    Message { key: waiting.key.clone(), payload: waiting.payload.clone(), again: waiting.maybe }
}

/// So long after an instant.
pub(super) fn later(now: Instant, wait: Duration) -> Instant {
    Instant(now.0.saturating_add(i64::try_from(wait.as_micros()).unwrap_or(i64::MAX)))
}
