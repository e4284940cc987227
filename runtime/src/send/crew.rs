//! Those who hand messages over: threads, a few for each channel, no faster than its rate.

use super::pace::Pace;
use super::said::discreet;
use rulec_channels::{Channel, Delivery, Message, Reason, Sender};
use rulec_diagnostic::Diagnostic;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Messages that are handed over with one call.
#[derive(Debug)]
pub(crate) struct Call {
    /// The channel, by number.
    pub(crate) lane: usize,
    /// What is handed over.
    pub(crate) messages: Vec<Message>,
}

/// How a call ended.
#[derive(Debug)]
pub(crate) struct Finished {
    /// As it was.
    pub(crate) call: Call,
    /// How each of its messages went.
    pub(crate) deliveries: Vec<Delivery>,
    /// How long it took.
    pub(crate) took: Duration,
}

/// Hands messages over while the caller does something else. All times are from a clock that does not jump.
pub(crate) trait Crew {
    /// How long it has been there.
    fn elapsed(&self) -> Duration;

    /// Makes ready to hand over to one more channel, at this pace. Gives its number.
    fn add(&mut self, channel: &dyn Channel, pace: Pace) -> Result<usize, Box<Diagnostic>>;

    /// Hands over as soon as a thread is free and the pace allows it; returns at once.
    fn hand_over(&mut self, call: Call);

    /// Takes back the calls through a channel that have not begun; none of them begins any more.
    fn recall(&mut self, lane: usize) -> Vec<Call>;

    /// The pace of a channel, as if all that waits for a thread had been handed over.
    fn pace(&self, lane: usize) -> Pace;

    /// The calls that ended; waits for one at most so long.
    fn wait(&mut self, longest: Duration) -> Vec<Finished>;
}

/// A crew of threads.
pub(crate) struct Threads {
    start: Instant,
    lanes: Vec<Arc<Lane>>,
    finished: mpsc::Receiver<Finished>,
    report: mpsc::Sender<Finished>,
    threads: Vec<JoinHandle<()>>,
}

/// What the threads of one channel share.
struct Lane {
    /// Held by the one thread that waits for the next call, and until it may begin. So calls begin one after the other,
    /// and each counts from when the one before really began.
    turn: Mutex<()>,
    work: Mutex<Work>,
    changed: Condvar,
}

struct Work {
    calls: VecDeque<Call>,
    pace: Pace,
    is_over: bool,
}

impl Threads {
    pub(crate) fn new() -> Threads {
        let (report, finished) = mpsc::channel();
        Threads { start: Instant::now(), lanes: Vec::new(), finished, report, threads: Vec::new() }
    }
}

impl Crew for Threads {
    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    fn add(&mut self, channel: &dyn Channel, pace: Pace) -> Result<usize, Box<Diagnostic>> {
        let work = Work { calls: VecDeque::new(), pace, is_over: false };
        let lane = Arc::new(Lane { turn: Mutex::new(()), work: Mutex::new(work), changed: Condvar::new() });
        for _ in 0..channel.terms().calls.max(1) {
            let mut worker = Worker {
                lane: Arc::clone(&lane),
                sender: channel.sender()?,
                report: self.report.clone(),
                start: self.start,
            };
            self.threads.push(std::thread::spawn(move || worker.run()));
        }
        self.lanes.push(lane);
        Ok(self.lanes.len() - 1)
    }

    fn hand_over(&mut self, call: Call) {
        if let Some(lane) = self.lanes.get(call.lane) {
            lane.lock().calls.push_back(call);
            lane.changed.notify_one();
        }
    }

    fn recall(&mut self, lane: usize) -> Vec<Call> {
        self.lanes.get(lane).map(|lane| lane.lock().calls.drain(..).collect()).unwrap_or_default()
    }

    fn pace(&self, lane: usize) -> Pace {
        let Some(lane) = self.lanes.get(lane) else { return Pace::new(None, Duration::ZERO) };
        let work = lane.lock();
        let mut pace = work.pace.clone();
        let now = self.start.elapsed();
        for call in &work.calls {
            pace.take(now, call.messages.len());
        }
        pace
    }

    fn wait(&mut self, longest: Duration) -> Vec<Finished> {
        let mut finished = Vec::new();
        match self.finished.recv_timeout(longest) {
            Ok(first) => finished.push(first),
            // This end holds a sender itself, so the other ends cannot all be gone.
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
        }
        finished.extend(self.finished.try_iter());
        finished
    }
}

impl Drop for Threads {
    /// Lets every call end that has begun.
    fn drop(&mut self) {
        for lane in &self.lanes {
            lane.lock().is_over = true;
            lane.changed.notify_all();
        }
        for thread in self.threads.drain(..) {
            // What a sender does wrong is caught in its thread.
            let _ = thread.join();
        }
    }
}

impl Lane {
    /// Nothing that holds the lock can panic, so a poisoned one is as good as any.
    fn lock(&self) -> MutexGuard<'_, Work> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next call, as soon as it may begin, and no sooner taken than that: until then it can be recalled. None once
    /// it is over.
    fn next(&self, start: Instant) -> Option<Call> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let mut work = self.lock();
        while !work.is_over {
            let now = start.elapsed();
            let Some(messages) = work.calls.front().map(|call| call.messages.len()) else {
                work = self.changed.wait(work).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let begin = work.pace.begins(now, messages);
            if begin <= now {
                work.pace.take(now, messages);
                return work.calls.pop_front();
            }
            let waited = self.changed.wait_timeout(work, begin - now);
            work = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        None
    }
}

struct Worker {
    lane: Arc<Lane>,
    sender: Box<dyn Sender>,
    report: mpsc::Sender<Finished>,
    start: Instant,
}

impl Worker {
    fn run(&mut self) {
        while let Some(call) = self.lane.next(self.start) {
            let begun = Instant::now();
            let deliveries = hand_over(&mut *self.sender, &call.messages);
            let took = begun.elapsed();
            if self.report.send(Finished { call, deliveries, took }).is_err() {
                return;
            }
        }
    }
}

/// Hands over; of what the sender says nothing about, nothing is known. What it says names nobody.
pub(super) fn hand_over(sender: &mut dyn Sender, messages: &[Message]) -> Vec<Delivery> {
    let mut deliveries = catch_unwind(AssertUnwindSafe(|| sender.send(messages))).unwrap_or_default();
    let unknown = || Delivery::Unknown(Reason::new("no word", "", &[]));
    deliveries.resize_with(messages.len(), unknown);
    deliveries.into_iter().map(discreet).collect()
}
