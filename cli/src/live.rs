//! How far sending is: on a terminal a line for each channel, redrawn; elsewhere now and then a line for a log.

use crate::console::Console;
use crate::draw::clean;
use crate::language::{self, grouped};
use crate::progress::Progress;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use rulec_diagnostic::{Language, Text};
use rulec_plan::time::{Clock, Zone};
use rulec_runtime::send::{ChannelDoing, DEEDS, Doing, Down, Halt};
use std::collections::{BTreeMap, VecDeque};
use std::io::Write;
use std::time::{Duration, Instant};

/// A terminal is redrawn no more often than this.
const REDRAWN: Duration = Duration::from_millis(100);
/// A log gets no more than a line a channel in this time.
const LOGGED: Duration = Duration::from_secs(10);
/// The speed is that of so long.
const MEASURED: Duration = Duration::from_secs(5);

const LINE: &str = "{prefix} {bar:20} {msg}";

/// Shows how far recording and sending are.
pub struct Live {
    language: Language,
    view: View,
    /// By the names of their channels.
    speeds: BTreeMap<String, Speed>,
    started: Instant,
    shown: Option<Instant>,
}

/// Where it is shown.
enum View {
    /// Nowhere.
    None,
    /// On a terminal.
    Terminal { recording: Option<Progress>, bars: Bars },
    /// On stderr, as lines of a log, dated by this clock.
    Log { stamps: Box<dyn Clock>, zone: Zone, with_end: bool },
}

/// A bar for each channel, one below the other.
struct Bars {
    all: MultiProgress,
    by_name: BTreeMap<String, ProgressBar>,
}

impl Live {
    /// On stderr, unless told to be quiet; lines of a log are dated by this clock in this zone.
    pub fn new(console: &Console, stamps: impl Clock + 'static, zone: Zone) -> Live {
        let view = match (console.quiet, console.err.terminal) {
            (true, _) => View::None,
            (false, true) => View::Terminal {
                recording: Some(Progress::new(console)),
                bars: Bars {
                    all: MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(10)),
                    by_name: BTreeMap::new(),
                },
            },
            (false, false) => View::Log { stamps: Box::new(stamps), zone, with_end: true },
        };
        let started = Instant::now();
        Live { language: console.language, view, speeds: BTreeMap::new(), started, shown: None }
    }

    /// A log gets no last line: what was done is said otherwise.
    pub fn without_end(mut self) -> Live {
        if let View::Log { with_end, .. } = &mut self.view {
            *with_end = false;
        }
        self
    }

    /// So many decisions are recorded.
    pub fn recorded(&mut self, decisions: u64) {
        if let View::Terminal { recording: Some(recording), .. } = &mut self.view {
            recording.at(Text::new("recording", "记录").get(self.language), decisions, None);
        }
    }

    /// It is sending, and so far.
    pub fn sending(&mut self, doing: &Doing<'_>) {
        let now = Instant::now();
        let every = match self.view {
            View::None => return,
            View::Terminal { .. } => REDRAWN,
            View::Log { .. } => LOGGED,
        };
        for channel in &doing.channels {
            let speed =
                self.speeds.entry(channel.name.to_owned()).or_insert_with(|| Speed::new(self.started));
            speed.at(now, channel.tally.sent);
            speed.line = line(channel, None, None, self.language);
        }
        if self.shown.is_none_or(|shown| now.duration_since(shown) >= every) {
            // A log begins when there is something to tell.
            let is_first = self.shown.replace(now).is_none();
            self.show(doing, is_first);
        }
    }

    fn show(&mut self, doing: &Doing<'_>, is_first: bool) {
        match &mut self.view {
            View::None => {}
            View::Terminal { recording, bars } => {
                *recording = None;
                for channel in &doing.channels {
                    let speed = self.speeds.get(channel.name).map(Speed::lately);
                    bars.show(channel, line(channel, doing.held_for, speed, self.language), self.language);
                }
            }
            View::Log { stamps, zone, .. } if !is_first => {
                let lines = doing.channels.iter().map(|channel| {
                    let speed = self.speeds.get(channel.name).map(Speed::lately);
                    (channel.name, line(channel, doing.held_for, speed, self.language))
                });
                log(stamps.now().to_rfc3339(*zone), lines, self.language);
            }
            View::Log { .. } => {}
        }
    }
}

impl Drop for Live {
    /// Clears a terminal; a log gets a last line for each channel through which something was done.
    fn drop(&mut self) {
        match &self.view {
            View::None => {}
            View::Terminal { bars, .. } => bars.by_name.values().for_each(ProgressBar::finish_and_clear),
            View::Log { with_end: false, .. } => {}
            View::Log { stamps, zone, .. } => {
                let done = self.speeds.iter().filter(|(_, speed)| speed.total > 0);
                let lines = done.map(|(name, speed)| {
                    let speed_text = per_second(speed.on_average(), self.language);
                    (name.as_str(), format!("{}{speed_text}", speed.line))
                });
                log(stamps.now().to_rfc3339(*zone), lines, self.language);
            }
        }
    }
}

impl Bars {
    fn show(&mut self, channel: &ChannelDoing<'_>, line: String, language: Language) {
        let bar = self.by_name.entry(channel.name.to_owned()).or_insert_with(|| {
            let bar = self.all.add(ProgressBar::new(channel.due));
            if let Ok(style) = ProgressStyle::with_template(LINE) {
                bar.set_style(style);
            }
            bar.set_prefix(name(channel.name, language));
            bar
        });
        bar.set_length(channel.due.max(channel.tally.done()));
        bar.set_position(channel.tally.done());
        bar.set_message(line);
    }
}

/// What becomes of one channel.
struct Speed {
    started: Instant,
    /// How many were sent at these times, oldest first.
    seen: VecDeque<(Instant, u64)>,
    total: u64,
    line: String,
}

impl Speed {
    fn new(started: Instant) -> Speed {
        Speed { started, seen: VecDeque::new(), total: 0, line: String::new() }
    }

    fn at(&mut self, now: Instant, sent: u64) {
        self.total = sent;
        let is_old = |(then, _): &(Instant, u64)| now.duration_since(*then) > MEASURED;
        while self.seen.len() > 1 && self.seen.get(1).is_some_and(is_old) {
            self.seen.pop_front();
        }
        if self.seen.back().is_none_or(|(then, _)| now.duration_since(*then) >= REDRAWN) {
            self.seen.push_back((now, sent));
        }
    }

    /// How many a second over the last seconds.
    fn lately(&self) -> f64 {
        let (Some((from, before)), Some((to, sent))) = (self.seen.front(), self.seen.back()) else {
            return 0.0;
        };
        ratio(sent - before, to.duration_since(*from))
    }

    /// How many a second from the beginning to the last look.
    fn on_average(&self) -> f64 {
        ratio(self.total, self.started.elapsed())
    }
}

fn ratio(count: u64, during: Duration) -> f64 {
    if during.is_zero() { 0.0 } else { count as f64 / during.as_secs_f64() }
}

/// `1,200 of 5,000, 3 failed, 1 in doubt, down for 12 s: http 503`, perhaps with the speed.
fn line(
    channel: &ChannelDoing<'_>,
    held_for: Option<Duration>,
    speed: Option<f64>,
    language: Language,
) -> String {
    let ChannelDoing { tally, due, down, halt, .. } = channel;
    let of = grouped((*due).max(tally.done()));
    let mut text = Text::new(
        format!("{} of {of} sent", grouped(tally.sent)),
        format!("已发送 {} / {of}", grouped(tally.sent)),
    );
    let mut add = |count: u64, en: &str, zh: &str| {
        if count > 0 {
            text.en += &format!(", {} {en}", grouped(count));
            text.zh += &format!("，{zh} {}", grouped(count));
        }
    };
    add(tally.withheld.values().sum(), "withheld", "不发");
    add(tally.dead, "failed", "失败");
    add(tally.doubt, "in doubt", "存疑");
    if let Some(Down { lasts, reason }) = down {
        let code = clean::line(&reason.code);
        text.en += &format!(", down for {}: {code}", language::lasting(*lasts, Language::En));
        text.zh += &format!("，服务商不可用已 {}：{code}", language::lasting(*lasts, Language::Zh));
    }
    if let Some(held) = held_for {
        text.en += &format!(
            ", held up for {} by another process that writes to the state",
            language::lasting(held, Language::En)
        );
        text.zh += &format!("，另一个进程正在写入状态文件，已等待 {}", language::lasting(held, Language::Zh));
    }
    if let Some(Halt::Paused(_)) = halt {
        text.en += ", paused";
        text.zh += "，已暂停";
    }
    let mut line = text.get(language).to_owned();
    if let Some(speed) = speed {
        line += &per_second(speed, language);
    }
    line
}

fn per_second(speed: f64, language: Language) -> String {
    let speed = if speed < 10.0 { format!("{speed:.1}") } else { grouped(speed.round() as i64) };
    match language {
        Language::En => format!(", {speed}/s"),
        Language::Zh => format!("，每秒 {speed}"),
    }
}

fn name(channel: &str, language: Language) -> String {
    let name = if DEEDS.contains(&channel) { language::outlet(channel, language) } else { channel };
    clean::line(name).into_owned()
}

/// Writes lines for a log. That nobody reads them must not keep messages from being sent.
fn log<'a>(time: String, lines: impl Iterator<Item = (&'a str, String)>, language: Language) {
    let mut err = std::io::stderr().lock();
    for (channel, line) in lines {
        let _ = writeln!(err, "{time} {}: {line}", name(channel, language));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rulec_channels::Reason;
    use rulec_runtime::send::Tally;

    #[test]
    fn a_line_says_why_a_provider_is_down() {
        let (tally, reason) = (Tally::default(), Reason::new("tls", "certificate expired", &[]));
        let down = Some(Down { lasts: Duration::from_secs(10), reason: &reason });
        let channel = ChannelDoing { name: "push", tally: &tally, due: 20, under_way: 0, down, halt: None };
        let said = |language| line(&channel, None, None, language);
        assert_eq!(said(Language::En), "0 of 20 sent, down for 10 s: tls");
        assert_eq!(said(Language::Zh), "已发送 0 / 20，服务商不可用已 10 秒：tls");
    }
}
