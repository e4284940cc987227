//! Providers, threads and clocks in memory, with all that can go wrong between them, for tests: the same seed gives the
//! same story.

use super::crew::{Call, Crew, Finished, hand_over};
use super::outside::Outlets;
use super::pace::Pace;
use rulec_channels::{Channel, Delivery, Message, Reason, Sender, Terms, Trouble};
use rulec_diagnostic::Diagnostic;
use rulec_plan::time::{Clock, Instant};
use std::collections::{BTreeMap, BTreeSet};
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
    /// What it refused for good.
    pub(crate) refused: BTreeSet<String>,
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
            refused: BTreeSet::new(),
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
        let later = |trouble, after| Delivery::Later { reason: reason("http 503"), after, trouble };
        if now < self.down_until {
            return later(Trouble::Provider, None);
        }
        let is_known = self.terms.honours_key && self.delivered.contains_key(&message.key);
        match self.random.below(self.well + 7) {
            0 if !is_known => {
                self.refused.insert(message.key.clone());
                Delivery::Refused(reason("http 400"))
            }
            1 => later(Trouble::Message, None),
            2 => later(Trouble::Provider, Some(Duration::from_secs(self.random.below(20)))),
            3 => {
                self.down_until = now + Duration::from_secs(self.random.below(300));
                later(Trouble::Provider, None)
            }
            4 => Delivery::Unknown(reason("timeout")),
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
        messages.iter().map(|message| provider.answer(message, now)).collect()
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

/// A crew whose calls take as long as it is drawn, in a time that passes only when it waits.
pub(crate) struct Simulated {
    time: Time,
    start: Duration,
    random: Random,
    lanes: Vec<(Box<dyn Sender>, Pace)>,
    under_way: Vec<UnderWay>,
}

struct UnderWay {
    /// When the provider hears of it, and when the answer is here.
    reaches: Duration,
    ends: Duration,
    call: Call,
    deliveries: Option<Vec<Delivery>>,
}

impl Simulated {
    pub(crate) fn new(time: Time, seed: u64) -> Simulated {
        let start = time.elapsed();
        Simulated { time, start, random: Random::new(seed), lanes: Vec::new(), under_way: Vec::new() }
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
            one.deliveries = Some(hand_over(&mut *self.lanes[one.call.lane].0, &one.call.messages));
        }
    }
}

impl Crew for Simulated {
    fn elapsed(&self) -> Duration {
        self.time.elapsed() - self.start
    }

    fn add(&mut self, channel: &dyn Channel, pace: Pace) -> Result<usize, Box<Diagnostic>> {
        self.lanes.push((channel.sender()?, pace));
        Ok(self.lanes.len() - 1)
    }

    fn hand_over(&mut self, call: Call) {
        let now = self.elapsed();
        let begins = self.lanes[call.lane].1.take(now, call.messages.len()) + self.start;
        let reaches = begins + Duration::from_micros(self.random.below(2_000));
        let ends = reaches + Duration::from_micros(self.random.below(300_000));
        self.under_way.push(UnderWay { reaches, ends, call, deliveries: None });
    }

    fn pace(&self, lane: usize) -> Pace {
        self.lanes[lane].1.clone()
    }

    fn wait(&mut self, longest: Duration) -> Vec<Finished> {
        let end = self.time.elapsed() + longest;
        let first = self.under_way.iter().map(|one| one.ends).min();
        let until = first.map_or(end, |first| first.min(end)).max(self.time.elapsed());
        self.under_way.sort_by_key(|one| one.reaches);
        let mut under_way = std::mem::take(&mut self.under_way);
        for one in under_way.iter_mut().filter(|one| one.reaches <= until) {
            self.time.pass(one.reaches.saturating_sub(self.time.elapsed()));
            self.reach(one);
        }
        self.time.pass(until.saturating_sub(self.time.elapsed()));
        let (ended, left) = under_way.into_iter().partition(|one| one.ends <= until);
        self.under_way = left;
        let finished = |one: UnderWay| Some(Finished { call: one.call, deliveries: one.deliveries? });
        ended.into_iter().filter_map(finished).collect()
    }
}
