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
use rulec_plan::project::Project;
use rulec_plan::time::Instant;
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
        Session { sending: self, crew }.run(standing, progress)
    }

    fn stamp(&self) -> Instant {
        self.outside.stamps.now()
    }

    fn now(&self) -> Instant {
        Instant(self.outside.clock.now().0.saturating_add(failpoint::jumped()))
    }
}

/// What is being sent, and by whom.
struct Session<'s, 'a, 'o> {
    sending: &'s mut Sending<'a, 'o>,
    crew: &'s mut dyn Crew,
}

impl Session<'_, '_, '_> {
    fn run(mut self, mut standing: Standing, progress: Progress<'_>) -> Result<Sent, Findings> {
        let (mut lanes, unopened) = self.open_lanes()?;
        let found_in_doubt = self.recover(&lanes)?;
        let due = self.due(&lanes)?;
        let mut finished = Vec::new();
        let mut blind = None;
        loop {
            let is_stopped = progress(&doing(&lanes, &due, self.crew.elapsed())).is_break();
            if blind.is_none() {
                match self.sending.outside.lookout.look(self.sending.now()) {
                    Ok(new) => standing = new.unwrap_or(standing),
                    // Nothing more goes out, but answers to what has gone out are not thrown away.
                    Err(findings) => blind = Some(findings),
                }
            }
            let may_go_on = !is_stopped && blind.is_none();
            let ready = self.turn(&mut lanes, &standing, std::mem::take(&mut finished), may_go_on)?;
            failpoint::reach("marked")?;
            for (lane, ready) in lanes.iter_mut().zip(ready) {
                lane.hand_over(self.crew, ready);
            }
            let is_idle = lanes.iter().all(|lane| lane.under_way() == 0);
            let rest = match self.rest(&lanes)? {
                _ if !is_idle => TICK,
                Some(rest) if may_go_on && self.is_wanted(&lanes) => rest,
                _ => break,
            };
            finished = self.crew.wait(rest);
        }
        // How it ended is shown, too; there is nothing left to stop.
        let _ = progress(&doing(&lanes, &due, self.crew.elapsed()));
        let sent = self.finish(lanes, unopened, found_in_doubt)?;
        blind.map_or(Ok(sent), Err)
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

    /// One transaction: how calls ended, and what is marked to be handed over next, by lane.
    fn turn(
        &mut self,
        lanes: &mut [Lane],
        standing: &Standing,
        finished: Vec<Finished>,
        may_go_on: bool,
    ) -> Result<Vec<Vec<Waiting>>, Findings> {
        let (now, elapsed) = (self.sending.now(), self.crew.elapsed());
        let gate = Gate { project: self.sending.project, standing, now };
        let (crew, scope) = (&*self.crew, self.sending.scope);
        let (budget, stamp) = (self.budget(lanes), self.sending.stamp());
        Queue::write(self.sending.state, stamp, |queue| {
            failpoint::reach("settling")?;
            for one in &finished {
                if let Some(lane) = lanes.iter_mut().find(|lane| lane.owns(one)) {
                    lane.settle(queue, one, (now, elapsed))?;
                }
            }
            failpoint::reach("settled")?;
            let mut left = if may_go_on { budget } else { 0 };
            let mut ready = Vec::with_capacity(lanes.len());
            for lane in lanes {
                lane.heed_pause(queue)?;
                let room = u64::try_from(lane.room(crew)).unwrap_or(u64::MAX).min(left);
                let marked = claim(lane, queue, (scope, &gate), room)?;
                left -= marked.len() as u64;
                lane.keep_pace(crew, queue, (now, marked.len()))?;
                ready.push(marked);
            }
            failpoint::reach("marking")?;
            Ok(ready)
        })
        .map_err(Into::into)
    }

    /// How many more messages may be handed over.
    fn budget(&self, lanes: &[Lane]) -> u64 {
        let Some(limit) = self.sending.options.limit else { return u64::MAX };
        let used = |lane: &Lane| {
            lane.tally().sent + lane.tally().dead + lane.tally().doubt + lane.under_way() as u64
        };
        limit.saturating_sub(lanes.iter().map(used).sum())
    }

    fn is_wanted(&self, lanes: &[Lane]) -> bool {
        self.budget(lanes) > 0
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

    /// How much is due through each of these channels.
    fn due(&self, lanes: &[Lane]) -> Result<Vec<u64>, Findings> {
        let (scope, now) = (self.sending.scope, self.sending.now());
        let due =
            |lane: &Lane| self.sending.state.read(|connection| scope.due(connection, lane.channel(), now));
        Ok(lanes.iter().map(due).collect::<Result<_>>()?)
    }

    fn left(&self) -> Result<Left, Findings> {
        let now = self.sending.now();
        self.sending.state.read(|connection| self.sending.scope.left(connection, now)).map_err(Into::into)
    }

    /// Puts down the head of the audit, and when each channel may be sent through again.
    fn finish(
        &mut self,
        lanes: Vec<Lane>,
        unopened: IndexMap<String, Halt>,
        found_in_doubt: u64,
    ) -> Result<Sent, Findings> {
        let now = self.sending.now();
        let (crew, stamp) = (&*self.crew, self.sending.stamp());
        Queue::write(self.sending.state, stamp, |queue| {
            failpoint::reach("finishing")?;
            for lane in &lanes {
                lane.keep_pace(crew, queue, (now, 0))?;
            }
            queue.head()
        })?;
        self.sending.state.checkpoint()?;
        let left = self.left()?;
        let halts = lanes.iter().filter_map(|lane| Some((lane.name().to_owned(), lane.halt()?.clone())));
        let halts = halts.chain(unopened).collect();
        let channels = lanes.into_iter().map(Lane::into_tally).collect();
        Ok(Sent { channels, halts, found_in_doubt, left })
    }
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
                    *lane.tally_mut().withheld.entry(why).or_default() += 1;
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

fn doing<'a>(lanes: &'a [Lane], due: &[u64], elapsed: Duration) -> Doing<'a> {
    let channels: Vec<_> = lanes
        .iter()
        .zip(due)
        .map(|(lane, due)| ChannelDoing {
            name: lane.name(),
            tally: lane.tally(),
            due: *due,
            under_way: lane.under_way(),
            down_for: lane.down_for(elapsed),
            halt: lane.halt(),
        })
        .collect();
    let done = channels.iter().map(|channel| channel.tally.done()).sum();
    Doing { done, of: due.iter().sum(), channels }
}
