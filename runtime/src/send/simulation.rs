//! Providers, threads and clocks in memory, with all that can go wrong between them, for tests: the same seed gives the
//! same story.

use super::crew::{Call, Crew, Finished, hand_over};
use super::outside::Outlets;
use super::pace::Pace;
use rulec_channels::{Channel, Delivery, Message, Reason, Sender, Terms, Trouble};
use rulec_diagnostic::Diagnostic;
use rulec_plan::time::{Clock, Instant};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Numbers that look drawn (SplitMix64, G. Steele and others, 2014).
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// One of so many, from 0.
    pub(crate) fn below(&mut self, many: u64) -> u64 {
        self.next() % many
    }

    /// True once in so many times.
    pub(crate) fn once_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }
}

/// What a provider does, and what it did.
#[derive(Debug)]
pub(crate) struct Provider {
    pub(crate) terms: Terms,
    /// How often each message reached its customer.
    pub(crate) delivered: BTreeMap<String, u32>,
    /// Of which it did not say that it will surely take them only later.
    pub(crate) heard: BTreeSet<String>,
    /// When each message was handed over, by a clock that does not jump.
    pub(crate) handed: Vec<Duration>,
    random: Random,
    /// In so many cases everything goes well; the rest is shared out among the faults.
    well: u64,
    down_until: Duration,
}

impl Provider {
    pub(crate) fn new(terms: Terms, seed: u64, well: u64) -> Provider {
        Provider {
            terms,
            delivered: BTreeMap::new(),
            heard: BTreeSet::new(),
            handed: Vec::new(),
            random: Random::new(seed),
            well,
            down_until: Duration::ZERO,
        }
    }

    /// From now on everything goes well.
    pub(crate) fn recovers(&mut self) {
        (self.well, self.down_until) = (u64::MAX / 2, Duration::ZERO);
    }

    fn take(&mut self, message: &Message) {
        let times = self.delivered.entry(message.key.clone()).or_default();
        if *times == 0 || !self.terms.honours_key {
            *times += 1;
        }
    }

    fn answer(&mut self, message: &Message, now: Duration) -> Delivery {
        self.handed.push(now);
        let reason = |code: &str| Reason::new(code, "", &[]);
        let later =
            |trouble, after| Delivery::Later { reason: reason("http 503"), after, trouble, maybe: false };
        if now < self.down_until {
            return later(Trouble::Provider, None);
        }
        match self.random.below(self.well + 7) {
            // Also what it has taken already: as a message that it has.
            0 => Delivery::Refused(reason("http 409")),
            1 => later(Trouble::Message, None),
            2 => later(Trouble::Provider, Some(Duration::from_secs(self.random.below(20)))),
            3 => {
                self.down_until = now + Duration::from_secs(self.random.below(300));
                later(Trouble::Provider, None)
            }
            4 => Delivery::Unknown(reason("timeout")),
            // Who takes each key once may be asked again whatever became of it.
            5 if self.terms.honours_key => {
                self.take(message);
                let reason = reason("http 500");
                Delivery::Later { reason, after: None, trouble: Trouble::Provider, maybe: true }
            }
            5 | 6 => {
                self.take(message);
                Delivery::Unknown(reason("cut"))
            }
            _ => {
                self.take(message);
                Delivery::Taken { id: Some("7".to_owned()) }
            }
        }
    }
}

/// A provider that several sessions share, at a time that they share.
#[derive(Debug, Clone)]
pub(crate) struct Shared {
    pub(crate) provider: Arc<Mutex<Provider>>,
    pub(crate) time: Time,
}

impl Channel for Shared {
    fn terms(&self) -> Terms {
        self.provider.lock().unwrap().terms
    }

    fn sender(&self) -> Result<Box<dyn Sender>, Box<Diagnostic>> {
        Ok(Box::new(self.clone()))
    }
}

impl Sender for Shared {
    fn send(&mut self, messages: &[Message]) -> Vec<Delivery> {
        let now = self.time.elapsed();
        let mut provider = self.provider.lock().unwrap();
        let mut answer = |message: &Message| {
            let answer = provider.answer(message, now);
            if !matches!(answer, Delivery::Later { maybe: false, .. }) {
                provider.heard.insert(message.key.clone());
            }
            answer
        };
        messages.iter().map(&mut answer).collect()
    }
}

/// All channels lead to one provider each.
#[derive(Debug, Default)]
pub(crate) struct Providers(pub(crate) BTreeMap<String, Shared>);

impl Outlets for Providers {
    fn open(&self, name: &str) -> Result<Box<dyn Channel>, Box<Diagnostic>> {
        Ok(Box::new(self.0[name].clone()))
    }
}

/// A clock that jumps, and one that does not.
#[derive(Debug, Clone, Default)]
pub(crate) struct Time(Arc<Mutex<(i64, Duration)>>);

impl Time {
    pub(crate) fn new(now: Instant) -> Time {
        Time(Arc::new(Mutex::new((now.0, Duration::ZERO))))
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.0.lock().unwrap().1
    }

    pub(crate) fn pass(&self, time: Duration) {
        let mut clocks = self.0.lock().unwrap();
        clocks.0 += i64::try_from(time.as_micros()).unwrap();
        clocks.1 += time;
    }

    /// Sets the time of day, as people do.
    pub(crate) fn jump(&self, micros: i64) {
        self.0.lock().unwrap().0 += micros;
    }
}

impl Clock for Time {
    fn now(&self) -> Instant {
        Instant(self.0.lock().unwrap().0)
    }
}

/// The keys of what began to be handed over, in that order, with the time of day.
pub(crate) type Begun = Arc<Mutex<Vec<(String, Instant)>>>;

/// A crew whose calls take as long as it is drawn, in a time that passes only when it waits.
pub(crate) struct Simulated {
    pub(crate) begun: Begun,
    time: Time,
    start: Duration,
    random: Random,
    lanes: Vec<Lane>,
    under_way: Vec<UnderWay>,
}

struct Lane {
    sender: Box<dyn Sender>,
    pace: Pace,
    threads: usize,
    /// What waits for a thread, or for its time.
    calls: VecDeque<Call>,
}

struct UnderWay {
    begun: Duration,
    /// When the provider hears of it, and when the answer is here.
    reaches: Duration,
    ends: Duration,
    call: Call,
    deliveries: Option<Vec<Delivery>>,
}

impl Simulated {
    pub(crate) fn new(time: Time, seed: u64) -> Simulated {
        Simulated {
            begun: Begun::default(),
            start: time.elapsed(),
            time,
            random: Random::new(seed),
            lanes: Vec::new(),
            under_way: Vec::new(),
        }
    }

    /// The process is dead; what it had written to a socket arrives, or not.
    pub(crate) fn dies(mut self) {
        let now = self.time.elapsed();
        for mut one in std::mem::take(&mut self.under_way) {
            if one.reaches <= now || self.random.once_in(2) {
                self.reach(&mut one);
            }
        }
    }

    fn reach(&mut self, one: &mut UnderWay) {
        if one.deliveries.is_none() {
            let lane = &mut self.lanes[one.call.lane];
            one.deliveries = Some(hand_over(&mut *lane.sender, &one.call.messages));
        }
    }

    /// When the next call through a channel may begin; none if none waits, or no thread is free.
    fn next_begin(&self, lane: usize) -> Option<Duration> {
        let Lane { pace, threads, calls, .. } = &self.lanes[lane];
        let busy = self.under_way.iter().filter(|one| one.call.lane == lane).count();
        let next = calls.front().filter(|_| busy < *threads)?;
        Some(pace.begins(self.elapsed(), next.messages.len()) + self.start)
    }

    /// Begins what may begin now.
    fn begin(&mut self) {
        let now = self.time.elapsed();
        for lane in 0..self.lanes.len() {
            while self.next_begin(lane).is_some_and(|begin| begin <= now) {
                let Lane { pace, calls, .. } = &mut self.lanes[lane];
                let call = calls.pop_front().unwrap();
                pace.take(now - self.start, call.messages.len());
                let keys = call.messages.iter().map(|message| (message.key.clone(), self.time.now()));
                self.begun.lock().unwrap().extend(keys);
                let reaches = now + Duration::from_micros(self.random.below(2_000));
                let ends = reaches + Duration::from_micros(self.random.below(300_000));
                self.under_way.push(UnderWay { begun: now, reaches, ends, call, deliveries: None });
            }
        }
    }

    /// Lets time pass until something happens, at most until then. Gives what ended.
    fn step(&mut self, end: Duration) -> Vec<Finished> {
        let begins = (0..self.lanes.len()).filter_map(|lane| self.next_begin(lane));
        let reaches = self.under_way.iter().filter(|one| one.deliveries.is_none()).map(|one| one.reaches);
        let ends = self.under_way.iter().map(|one| one.ends);
        let next = begins.chain(reaches).chain(ends).min().unwrap_or(end).min(end);
        self.time.pass(next.saturating_sub(self.time.elapsed()));
        let mut under_way = std::mem::take(&mut self.under_way);
        under_way.iter_mut().filter(|one| one.reaches <= next).for_each(|one| self.reach(one));
        let (ended, left) = under_way.into_iter().partition(|one| one.ends <= next);
        self.under_way = left;
        // What begins at the end could have been recalled before.
        if next < end {
            self.begin();
        }
        let finished = |one: UnderWay| {
            Some(Finished { call: one.call, deliveries: one.deliveries?, took: one.ends - one.begun })
        };
        ended.into_iter().filter_map(finished).collect()
    }
}

impl Crew for Simulated {
    fn elapsed(&self) -> Duration {
        self.time.elapsed() - self.start
    }

    fn add(&mut self, channel: &dyn Channel, pace: Pace) -> Result<usize, Box<Diagnostic>> {
        let threads = channel.terms().calls;
        self.lanes.push(Lane { sender: channel.sender()?, pace, threads, calls: VecDeque::new() });
        Ok(self.lanes.len() - 1)
    }

    fn hand_over(&mut self, call: Call) {
        self.lanes[call.lane].calls.push_back(call);
        self.begin();
    }

    fn recall(&mut self, lane: usize) -> Vec<Call> {
        self.lanes[lane].calls.drain(..).collect()
    }

    fn pace(&self, lane: usize) -> Pace {
        let Lane { pace, calls, .. } = &self.lanes[lane];
        let mut pace = pace.clone();
        for call in calls {
            pace.take(self.elapsed(), call.messages.len());
        }
        pace
    }

    fn wait(&mut self, longest: Duration) -> Vec<Finished> {
        let end = self.time.elapsed() + longest;
        loop {
            let finished = self.step(end);
            if !finished.is_empty() || self.time.elapsed() >= end {
                return finished;
            }
        }
    }
}
