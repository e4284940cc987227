//! A session of sending: one thread that owns the state, and a crew that hands over.

use super::crew::{Crew, Finished, Threads};
use super::gate::{Gate, Pass};
use super::lane::{Halt, Lane, later};
use super::outside::Outside;
use super::pace::Pace;
use super::report::{ChannelDoing, Doing, SendOptions, Sent};
use super::standing::Standing;
use crate::diagnostics::{Findings, Result};
use crate::failpoint;
use crate::state::{ChannelRow, Left, Queue, Scope, State, Waiting};
use indexmap::IndexMap;
use rulec_diagnostic::codes::run;
use rulec_plan::project::Project;
use rulec_plan::time::{Instant, MINUTE};
use rusqlite::Connection;
use std::ops::ControlFlow;
use std::time::Duration;

/// A session waits so long for messages that are to be tried again, and not longer.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);
/// How often a session looks up from its work.
const TICK: Duration = Duration::from_millis(100);
const SECOND: Duration = Duration::from_secs(1);
/// So many messages are looked at in one transaction, about, also if none of them goes out.
const LOOKED_AT: u64 = 5_000;

/// What is to be sent, and from where.
pub(crate) struct Sending<'a, 'o> {
    pub(crate) state: &'a mut State,
    pub(crate) project: &'a Project,
    pub(crate) outside: &'a mut Outside<'o>,
    pub(crate) scope: Scope,
    pub(crate) options: SendOptions<'a>,
}

/// Told how far it is; `Break` stops after what is under way.
pub(crate) type Progress<'a> = &'a mut dyn FnMut(&Doing<'_>) -> ControlFlow<()>;

impl Sending<'_, '_> {
    /// Sends what is due, until nothing is, or nothing can be sent any more.
    pub(crate) fn send(&mut self, standing: Standing, progress: Progress<'_>) -> Result<Sent, Findings> {
        self.send_with(&mut Threads::new(), standing, progress)
    }

    /// The same, handed over by these.
    pub(crate) fn send_with(
        &mut self,
        crew: &mut dyn Crew,
        standing: Standing,
        progress: Progress<'_>,
    ) -> Result<Sent, Findings> {
        Session::new(self, crew).run(standing, progress)
    }

    fn stamp(&self) -> Instant {
        self.outside.stamps.now()
    }

    fn now(&self) -> Instant {
        jumped(self.outside.clock.now())
    }
}

/// The time, by each clock that counts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    /// The time of day by which is sent.
    pub(super) now: Instant,
    /// The time of day of the machine.
    pub(super) stamp: Instant,
    /// That of the crew, which does not jump.
    pub(super) elapsed: Duration,
}

impl Moment {
    /// So long after, by the clock by which is sent.
    pub(super) fn after(self, wait: Duration) -> Instant {
        later(self.now, wait)
    }

    /// How long until a minute begins: quiet hours, campaigns and offers begin and end with one.
    fn rest_of_minute(self) -> Duration {
        let rest = |at: Instant| MINUTE - at.0.rem_euclid(MINUTE);
        Duration::from_micros(rest(self.now).min(rest(self.stamp)).unsigned_abs())
    }
}

/// What is being sent, and by whom.
struct Session<'s, 'a, 'o> {
    sending: &'s mut Sending<'a, 'o>,
    crew: &'s mut dyn Crew,
    /// Calls that ended, and of which that is not recorded yet.
    finished: Vec<Finished>,
    /// What was true when messages were looked at last.
    seen: Seen,
    /// Since when another process keeps this one from writing.
    held_since: Option<Duration>,
}

/// If any of this turns, what is marked and has not begun is looked at again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Seen {
    /// Of the clock by which is sent, and of the machine's.
    minutes: (i64, i64),
    /// Another one after each commit of somebody else: an opt-out, a pause, somebody who is to be forgotten.
    version: i64,
}

impl<'s, 'a, 'o> Session<'s, 'a, 'o> {
    fn new(sending: &'s mut Sending<'a, 'o>, crew: &'s mut dyn Crew) -> Session<'s, 'a, 'o> {
        Session { sending, crew, finished: Vec::new(), seen: Seen::default(), held_since: None }
    }

    fn run(mut self, standing: Standing, progress: Progress<'_>) -> Result<Sent, Findings> {
        let (mut lanes, unopened) = self.open_lanes()?;
        let found_in_doubt = self.recover(&lanes)?;
        let due = self.due(&lanes)?;
        let blind = match self.turns(&mut lanes, &due, standing, progress) {
            Ok(blind) => blind,
            Err(findings) => {
                self.save_answers(&mut lanes);
                return Err(findings);
            }
        };
        loop {
            // How it ended is shown, too; there is nothing left to stop.
            let _ = progress(&self.doing(&lanes, &due));
            if self.put_down(&lanes)? {
                break;
            }
        }
        self.sending.state.checkpoint()?;
        let left = self.left()?;
        let elapsed = self.crew.elapsed();
        let down = |lane: &Lane| Some((lane.name().to_owned(), lane.down(elapsed)?.reason.clone()));
        let down = lanes.iter().filter(|lane| lane.halt().is_none()).filter_map(down).collect();
        let halts = lanes.iter().filter_map(|lane| Some((lane.name().to_owned(), lane.halt()?.clone())));
        let halts = halts.chain(unopened).collect();
        let channels = lanes.into_iter().map(Lane::into_tally).collect();
        blind.map_or(Ok(Sent { channels, halts, down, found_in_doubt, left }), Err)
    }

    /// Takes in results, marks and hands over, until nothing is due or nothing may be sent any more. Gives why customers
    /// cannot be seen any more, if that is so.
    fn turns(
        &mut self,
        lanes: &mut [Lane],
        due: &[u64],
        mut standing: Standing,
        progress: Progress<'_>,
    ) -> Result<Option<Findings>, Findings> {
        let (mut blind, mut is_stopped) = (None, false);
        loop {
            is_stopped |= progress(&self.doing(lanes, due)).is_break();
            let mut is_other = self.is_other()?;
            if blind.is_none() {
                match self.sending.outside.lookout.look(self.sending.now()) {
                    Ok(None) => {}
                    Ok(Some(new)) => (standing, is_other) = (new, true),
                    // Nothing more goes out, but answers to what has gone out are not thrown away.
                    Err(findings) => blind = Some(findings),
                }
            }
            let may_go_on = !is_stopped && blind.is_none();
            if is_other || !may_go_on {
                lanes.iter_mut().for_each(|lane| lane.recall(self.crew));
            }
            let is_recorded = self.turn(lanes, &standing, may_go_on)?;
            let is_idle = is_recorded && lanes.iter().all(|lane| lane.under_way() == 0);
            let rest = match self.rest(lanes)? {
                _ if !is_idle => TICK,
                Some(rest) if may_go_on && self.budget(lanes) > 0 => rest,
                _ => break,
            };
            self.wait(lanes, rest);
        }
        Ok(blind)
    }

    /// Whether messages must be looked at again that were looked at before.
    fn is_other(&mut self) -> Result<bool, Findings> {
        let now = self.moment();
        let version = |connection: &rusqlite::Connection| {
            connection.pragma_query_value(None, "data_version", |row| row.get(0))
        };
        let minutes = (now.now.0.div_euclid(MINUTE), now.stamp.0.div_euclid(MINUTE));
        let seen = Seen { minutes, version: self.sending.state.read(version)? };
        Ok(std::mem::replace(&mut self.seen, seen) != seen)
    }

    /// Waits for calls to end, and no longer than until messages must be looked at again.
    fn wait(&mut self, lanes: &mut [Lane], longest: Duration) {
        for one in self.crew.wait(longest.min(self.moment().rest_of_minute())) {
            if let Some(lane) = lanes.iter_mut().find(|lane| lane.owns(&one)) {
                lane.ended(&one);
            }
            self.finished.push(one);
        }
    }

    /// After an error: what has begun ends, and how is recorded, if the state allows that. What cannot be recorded stays
    /// marked, and the next session finds it; the error that came first is what a person is told.
    fn save_answers(&mut self, lanes: &mut [Lane]) {
        lanes.iter_mut().for_each(|lane| lane.recall(self.crew));
        while lanes.iter().any(Lane::is_busy) {
            self.wait(lanes, TICK);
        }
        let now = self.moment();
        let crew = &mut *self.crew;
        let finished = &self.finished;
        // What fails now has failed before, most likely.
        let _ =
            Queue::write(self.sending.state, now.stamp, |queue| settle(lanes, queue, finished, (now, crew)));
    }

    /// Opens the channels for which something waits. One that cannot be opened keeps no other from being sent through.
    fn open_lanes(&mut self) -> Result<(Vec<Lane>, IndexMap<String, Halt>), Findings> {
        let rows = self.sending.state.read(|connection| self.sending.scope.channels(connection))?;
        let wanted = |row: &ChannelRow| {
            self.sending.options.channels.is_empty() || self.sending.options.channels.contains(&row.name)
        };
        let (mut lanes, mut unopened) = (Vec::new(), IndexMap::new());
        for row in rows.into_iter().filter(wanted) {
            let name = row.name.clone();
            match self.open_lane(row) {
                Ok(lane) => lanes.push(lane),
                Err(finding) => drop(unopened.insert(name, Halt::Unopened(finding))),
            }
        }
        Ok((lanes, unopened))
    }

    fn open_lane(&mut self, row: ChannelRow) -> Result<Lane> {
        let channel = self.sending.outside.outlets.open(&row.name)?;
        let terms = channel.terms();
        let own = self.sending.project.channels.get(&row.name).and_then(|channel| channel.rate);
        let rate = [own, self.sending.options.rate].into_iter().flatten().min_by(f64::total_cmp);
        let first = first_place(row.next_at, self.sending.now(), rate, terms.batch);
        let place = self.crew.add(&*channel, Pace::new(rate, self.crew.elapsed() + first))?;
        Ok(Lane::new(row, terms, place))
    }

    /// What a session that died had handed over: again where that is safe, else for a person.
    fn recover(&mut self, lanes: &[Lane]) -> Result<u64, Findings> {
        let now = self.sending.now();
        let safe: Vec<i64> = lanes.iter().filter(|lane| lane.honours_key()).map(Lane::channel).collect();
        let opened: Vec<i64> = lanes.iter().map(Lane::channel).collect();
        let stamp = self.sending.stamp();
        Queue::write(self.sending.state, stamp, |queue| queue.recover(&opened, &safe, now))
            .map_err(Into::into)
    }

    /// One transaction: how calls ended, and what is marked; that is handed over then. Gives whether it could be made: not
    /// while another process writes.
    fn turn(&mut self, lanes: &mut [Lane], standing: &Standing, may_go_on: bool) -> Result<bool, Findings> {
        let now = self.moment();
        let gate = Gate { project: self.sending.project, standing, now: now.now, machine: jumped(now.stamp) };
        let mut left = if may_go_on { self.budget(lanes) } else { 0 };
        let (crew, scope, finished) = (&mut *self.crew, self.sending.scope, &self.finished);
        let ready = unless_held(self.sending.state, now.stamp, |queue| {
            settle(lanes, queue, finished, (now, &mut *crew))?;
            let mut ready = Vec::with_capacity(lanes.len());
            for lane in lanes.iter_mut() {
                let room = u64::try_from(lane.room(crew)).unwrap_or(u64::MAX).min(left);
                let marked = claim(lane, queue, (scope, &gate), room)?;
                left -= marked.len() as u64;
                lane.keep_pace(crew, queue, (now, marked.len()))?;
                ready.push(marked);
            }
            failpoint::reach("marking")?;
            Ok(ready)
        });
        let Some(ready) = ready? else {
            self.held_since.get_or_insert(now.elapsed);
            return Ok(false);
        };
        self.held_since = None;
        self.finished.clear();
        lanes.iter_mut().for_each(Lane::committed);
        failpoint::reach("marked")?;
        for (lane, ready) in lanes.iter_mut().zip(ready) {
            lane.hand_over(self.crew, ready);
        }
        Ok(true)
    }

    /// How many more messages may be handed over.
    fn budget(&self, lanes: &[Lane]) -> u64 {
        let Some(limit) = self.sending.options.limit else { return u64::MAX };
        limit.saturating_sub(lanes.iter().map(Lane::reached).sum())
    }

    fn moment(&self) -> Moment {
        Moment { now: self.sending.now(), stamp: self.sending.stamp(), elapsed: self.crew.elapsed() }
    }

    /// How long until something may go out, if that is worth waiting for.
    fn rest(&self, lanes: &[Lane]) -> Result<Option<Duration>, Findings> {
        let (now, elapsed) = (self.sending.now(), self.crew.elapsed());
        let until = later(now, PATIENCE);
        let mut shortest: Option<Duration> = None;
        for lane in lanes.iter().filter(|lane| lane.halt().is_none()) {
            let next =
                |connection: &Connection| self.sending.scope.next_due(connection, lane.channel(), until);
            let next = self.sending.state.read(next);
            let Some(next) = next? else { continue };
            let due = Duration::from_micros(u64::try_from(next.0 - now.0).unwrap_or(0));
            let closed =
                lane.closed_until(self.crew).map_or(Duration::ZERO, |until| until.saturating_sub(elapsed));
            let rest = due.max(closed);
            shortest = Some(shortest.map_or(rest, |other| other.min(rest)));
        }
        Ok(shortest.map(|rest| rest.min(TICK)))
    }

    /// How much is due through each of these channels, or waits for another try.
    fn due(&self, lanes: &[Lane]) -> Result<Vec<u64>, Findings> {
        let (scope, now) = (self.sending.scope, self.sending.now());
        let due =
            |lane: &Lane| self.sending.state.read(|connection| scope.due(connection, lane.channel(), now));
        Ok(lanes.iter().map(due).collect::<Result<_>>()?)
    }

    fn doing<'l>(&self, lanes: &'l [Lane], due: &[u64]) -> Doing<'l> {
        let elapsed = self.crew.elapsed();
        let channels: Vec<_> = lanes
            .iter()
            .zip(due)
            .map(|(lane, due)| ChannelDoing {
                name: lane.name(),
                tally: lane.tally(),
                due: *due,
                under_way: lane.under_way(),
                down: lane.down(elapsed),
                halt: lane.halt(),
            })
            .collect();
        let done = channels.iter().map(|channel| channel.tally.done()).sum();
        let held_for = self.held_since.map(|since| elapsed.saturating_sub(since));
        Doing { done, of: due.iter().sum(), channels, held_for }
    }

    fn left(&self) -> Result<Left, Findings> {
        let now = self.sending.now();
        self.sending.state.read(|connection| self.sending.scope.left(connection, now)).map_err(Into::into)
    }

    /// Puts down the head of the audit, and when each channel may be sent through again. Gives whether it could: not while
    /// another process writes.
    fn put_down(&mut self, lanes: &[Lane]) -> Result<bool, Findings> {
        let (now, crew) = (self.moment(), &*self.crew);
        let done = unless_held(self.sending.state, now.stamp, |queue| {
            failpoint::reach("finishing")?;
            for lane in lanes {
                lane.keep_pace(crew, queue, (now, 0))?;
            }
            queue.head()
        })?;
        if done.is_none() {
            self.held_since.get_or_insert(now.elapsed);
        }
        Ok(done.is_some())
    }
}

/// Changes the state in one transaction; nothing if it could not begin, since another process writes for too long.
fn unless_held<T>(
    state: &mut State,
    stamp: Instant,
    change: impl FnOnce(&mut Queue<'_>) -> Result<T>,
) -> Result<Option<T>> {
    let mut has_begun = false;
    let done = Queue::write(state, stamp, |queue| {
        has_begun = true;
        change(queue)
    });
    match done {
        Err(finding) if !has_begun && finding.code == run::STATE_LOCKED => Ok(None),
        done => done.map(Some),
    }
}

/// Records how calls ended. Where nothing more is to be handed over, what has not begun waits again.
fn settle(
    lanes: &mut [Lane],
    queue: &mut Queue<'_>,
    finished: &[Finished],
    (now, crew): (Moment, &mut dyn Crew),
) -> Result<()> {
    failpoint::reach("settling")?;
    for one in finished {
        if let Some(lane) = lanes.iter_mut().find(|lane| lane.owns(one)) {
            lane.settle(queue, one, now)?;
        }
    }
    failpoint::reach("settled")?;
    for lane in lanes {
        lane.heed_pause(queue)?;
        if lane.is_shut(now.elapsed) {
            lane.recall(crew);
        }
        lane.put_back(queue, now)?;
    }
    Ok(())
}

/// Marks the next messages of a channel that may go out; what may not is put aside.
fn claim(
    lane: &mut Lane,
    queue: &mut Queue<'_>,
    (scope, gate): (Scope, &Gate<'_>),
    room: u64,
) -> Result<Vec<Waiting>> {
    let mut marked = Vec::new();
    let mut looked_at = 0;
    while (marked.len() as u64) < room && looked_at < LOOKED_AT.max(room) {
        let page = queue.due(scope, lane.channel(), gate.now, room - marked.len() as u64)?;
        if page.is_empty() {
            break;
        }
        looked_at += page.len() as u64;
        for waiting in page {
            match gate.look(&waiting) {
                Pass::Goes => {
                    queue.mark(&waiting)?;
                    marked.push(waiting);
                }
                Pass::Waits(until) => {
                    lane.tally_mut().postponed += 1;
                    queue.postpone(&waiting, until)?;
                }
                Pass::Withheld(why) => {
                    queue.withhold(&waiting, &why.to_string())?;
                    let tally = lane.tally_mut();
                    // An earlier try may have got through.
                    *(if waiting.maybe {
                        &mut tally.doubt
                    } else {
                        tally.withheld.entry(why).or_default()
                    }) += 1;
                }
            }
        }
    }
    Ok(marked)
}

/// When a channel may be sent through first, counted from now: an earlier process may have sent just before. A clock that
/// was set back must not hold a channel up for longer than what one call takes.
fn first_place(next_at: Option<Instant>, now: Instant, rate: Option<f64>, batch: usize) -> Duration {
    let (Some(next_at), Some(rate)) = (next_at, rate) else { return Duration::ZERO };
    let burst = Pace::new(Some(rate), Duration::ZERO).burst(batch);
    let longest = Duration::from_secs_f64(burst as f64 / rate.max(1e-6)) + 2 * SECOND;
    Duration::from_micros(u64::try_from(next_at.0 - now.0).unwrap_or(0)).min(longest)
}

fn jumped(instant: Instant) -> Instant {
    Instant(instant.0.saturating_add(failpoint::jumped()))
}
