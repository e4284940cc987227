//! Random schedules: processes that are killed anywhere, that find no room, whose disks fail and whose clocks are set, one
//! after the other, until one is left alone and finishes. `RULEC_SCHEDULES` tells how many, and from which seed on: `10000`
//! or `10000@7`.

use crate::ground::{Ground, Servers, Way};
use crate::shop::Ran;
use rulec_tests::random::Rng;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Where a process can be told to fail while it records, and how often it comes there, about.
const RECORDING: [(&str, usize); 4] =
    [("run-recorded", 1), ("decision-recorded", 12), ("before-commit", 1), ("committed", 1)];
/// The same while it sends, whatever the channel.
const SENDING: [(&str, usize); 5] =
    [("settling", 6), ("settled", 6), ("marking", 6), ("marked", 6), ("finishing", 1)];

/// The same for one way to send.
fn points(way: Way) -> &'static [(&'static str, usize)] {
    match way {
        Way::Hook | Way::Hooks | Way::Once | Way::Onces | Way::Sms => {
            &[("http-ready", 12), ("http-answered", 12)]
        }
        Way::Lines | Way::Rows => &[("file-half-written", 2), ("file-written", 2), ("file-synced", 2)],
        Way::Books => &[("book-written", 2), ("book-named", 2)],
        Way::Mail => &[("smtp-body", 8), ("smtp-answered", 8)],
    }
}

const FAULTS: [&str; 8] = ["abort", "abort", "abort", "io", "io", "full", "clock+3600", "clock-3600"];

/// So many schedules at a time: they mostly wait.
const AT_A_TIME: usize = 8;
/// So many by the same servers, whose logs are read whole.
const BY_SERVERS: u64 = 150;
/// A process that is still there by then is killed: it waits to try again what would come sooner by the next one.
const PATIENCE: Duration = Duration::from_millis(1_200);
/// One that shall finish has longer.
const LONG: Duration = Duration::from_secs(60);

/// How a process is to end.
#[derive(Debug)]
enum End {
    /// At this point.
    Fails(String),
    /// By SIGKILL, after so long.
    Killed(Duration),
    /// By Ctrl-C, after so long.
    Asked(Duration),
    /// When a file grows beyond so many blocks of 512 bytes.
    NoRoom(u64),
    /// By itself, having sent so many.
    Limited(usize),
}

/// One schedule.
struct Schedule<'s> {
    rng: Rng,
    ground: Ground<'s>,
    /// The time of day that processes are told, in minutes since the evening of the first plan.
    minutes: u64,
    story: Vec<String>,
}

impl Schedule<'_> {
    fn new(seed: u64, servers: &Servers) -> Schedule<'_> {
        let mut rng = Rng::new(seed);
        let ground = Ground::new(seed, &mut rng, servers);
        Schedule { rng, ground, minutes: 0, story: Vec::new() }
    }

    fn tell(&mut self) {
        for plan in ["first.plan", "second.plan"] {
            self.plan(plan);
            for _ in 0..1 + self.rng.below(5) {
                self.disturbed(plan);
                self.minutes += 10;
            }
            if plan == "first.plan" && self.rng.chance(60) {
                break;
            }
            // The next plan is refused as long as this one has messages left.
            self.rests();
            self.finishes(plan);
            self.ground.is_calm(false);
            self.consent_ends();
            self.minutes = self.minutes.max(24 * 60);
        }
        self.rests();
        // Twice: the clock of the first may show an earlier time than that of one before, which was set.
        let last = if self.ground.shop.path("second.plan").exists() { "second.plan" } else { "first.plan" };
        self.finishes("first.plan");
        self.finishes(last);
        self.ground.check();
    }

    /// Writes the plan of this instant.
    fn plan(&self, plan: &str) {
        let ran = self.ground.shop.run(&["plan", "-o", plan, "--as-of", &self.now()]);
        assert_eq!(ran.code, Some(0), "{ran}");
    }

    fn now(&self) -> String {
        let (day, hour) = (21 + self.minutes / 60 / 24, self.minutes / 60 % 24);
        format!("2024-11-{day}T{hour:02}:{:02}:00+08:00", self.minutes % 60)
    }

    /// Applies the plan in a process that does not come to its own end, mostly.
    fn disturbed(&mut self, plan: &str) {
        let end = self.drawn();
        let at = self.now();
        let mut command = self.apply(plan, &end);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let code = ended(child, &end, PATIENCE);
        self.story.push(format!("{plan} at {at}: {end:?} -> {code:?}"));
    }

    fn drawn(&mut self) -> End {
        let is_first = self.story.is_empty();
        let rng = &mut self.rng;
        let while_it_runs = |rng: &mut Rng| Duration::from_millis(rng.below(250) as u64);
        match rng.below(10) {
            0..5 => {
                let of_a_way = points(rng.pick(&self.ground.ways));
                let points = match rng.below(3) {
                    0 if is_first => &RECORDING[..],
                    0 | 1 => &SENDING[..],
                    _ => of_a_way,
                };
                let (point, often) = rng.pick(points);
                End::Fails(format!("{point}:{}:{}", 1 + rng.below(often), rng.pick(&FAULTS)))
            }
            5 | 6 => End::Killed(while_it_runs(rng)),
            7 => End::Asked(while_it_runs(rng)),
            8 => {
                let size = |name| std::fs::metadata(self.ground.shop.path(name)).map_or(0, |file| file.len());
                let most = size(".rulec/state.db").max(size(".rulec/state.db-wal"));
                End::NoRoom(most / 512 + 8 * rng.below(60) as u64)
            }
            _ => End::Limited(rng.below(10)),
        }
    }

    fn apply(&self, plan: &str, end: &End) -> Command {
        let now = self.now();
        let limit = if let End::Limited(limit) = end { limit.to_string() } else { "999".to_owned() };
        let words = ["apply", plan, "--yes", "--quiet", "--as-of", &now, "--limit", &limit];
        let mut command = self.ground.shop.command(&words);
        match end {
            End::Fails(fault) => {
                command.env("RULEC_FAIL", fault);
            }
            End::NoRoom(blocks) => {
                // Without the signal a write that would go beyond fails as one to a full disk does.
                let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
                let mut shell = Command::new("sh");
                shell.arg("-c").arg(script).arg(command.get_program()).args(command.get_args());
                shell.current_dir(self.ground.shop.path("")).env_clear().stdin(Stdio::null());
                return shell;
            }
            End::Killed(_) | End::Asked(_) | End::Limited(_) => {}
        }
        command
    }

    /// Everybody behaves, and what was put off is due.
    fn rests(&mut self) {
        self.ground.is_calm(true);
        self.minutes += 6 * 60;
    }

    /// Some customer does not want messages any more.
    fn consent_ends(&mut self) {
        if self.rng.chance(50) {
            let nth = self.rng.below(self.ground.customers);
            self.ground.shop.database(&format!("UPDATE customers SET agrees = 0 WHERE id = {nth}"));
        }
    }

    /// Runs it as it is, which must not fail for want of time.
    fn run(&self, words: &[&str]) -> Ran {
        let mut command = self.ground.shop.command(words);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (mut out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let reader = std::thread::spawn(move || text(&mut out));
        let err = std::thread::spawn(move || text(&mut err));
        let code = ended(child, &End::Killed(LONG), LONG);
        Ran { code, out: reader.join().unwrap(), err: err.join().unwrap() }
    }

    /// Applies without any fault, until nothing is left to do.
    fn finishes(&mut self, plan: &str) {
        let ran = self.run(&["apply", plan, "--yes", "--as-of", &self.now()]);
        assert!(matches!(ran.code, Some(0 | 3)), "{ran}");
        self.minutes += 4 * 60;
    }
}

fn text(from: &mut impl Read) -> String {
    let mut text = String::new();
    from.read_to_string(&mut text).unwrap();
    text
}

/// Ends a process as it shall end; how it did.
fn ended(mut child: Child, end: &End, patience: Duration) -> Option<i32> {
    let since = Instant::now();
    let mut is_asked = false;
    let killed_after = if let End::Killed(after) = end { (*after).min(patience) } else { patience };
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        let so_far = since.elapsed();
        if matches!(end, End::Asked(after) if so_far >= *after) && !is_asked {
            is_asked = true;
            let asked = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
            assert!(asked.is_ok(), "{asked:?}");
        }
        if so_far >= killed_after {
            // An error is that it has ended just now.
            let _ended = child.kill();
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Tells the schedule of this seed.
fn tell(seed: u64, servers: &Servers) -> Result<Vec<String>, Vec<String>> {
    let mut schedule = Schedule::new(seed, servers);
    let told = catch_unwind(AssertUnwindSafe(|| schedule.tell()));
    let story = std::mem::take(&mut schedule.story);
    if told.is_err() {
        // Leaves the shop behind, to be looked at.
        std::mem::forget(schedule);
        return Err(story);
    }
    Ok(story)
}

#[test]
fn whatever_happens_each_message_is_delivered_once_or_listed() {
    let wanted = std::env::var("RULEC_SCHEDULES").unwrap_or_else(|_| "240".to_owned());
    let (count, first) = wanted.split_once('@').unwrap_or((&wanted, "0"));
    let (count, first): (u64, u64) = (count.parse().unwrap(), first.parse().unwrap());
    for begin in (first..first + count).step_by(BY_SERVERS as usize) {
        let (servers, next) = (Servers::start(), AtomicU64::new(begin));
        let end = (begin + BY_SERVERS).min(first + count);
        let work = || {
            loop {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                if seed >= end {
                    return;
                }
                match tell(seed, &servers) {
                    Ok(story) => println!("{seed}: {}", story.join("; ")),
                    Err(story) => {
                        panic!("tell it again with RULEC_SCHEDULES=1@{seed}:\n{}", story.join("\n"))
                    }
                }
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..AT_A_TIME {
                scope.spawn(work);
            }
        });
    }
}
