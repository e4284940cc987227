//! `--timings`: where the time of a run went, how much was read, and how much memory and processor it took.

use crate::console::Console;
use crate::language::{Words, grouped};
use crate::table::{Align, Rows};
use cpu_time::ProcessTime;
use rulec_diagnostic::{Language, Text};
use rulec_engine::Answers;
use std::io::{self, Write};
use std::time::{Duration, Instant};

/// What the program does itself; what an engine does is measured there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Reading, checking and lowering the rules.
    Check,
    /// Asking the engine.
    Ask,
    /// Finding a verdict for every customer and rule.
    Decide,
    /// Writing what was decided.
    Write,
}

/// Measures one stage after the other.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch {
    started: Instant,
    last: Instant,
    spent: [Duration; 4],
}

impl Stopwatch {
    /// Starts the first stage.
    pub fn start() -> Self {
        let now = Instant::now();
        Self { started: now, last: now, spent: [Duration::ZERO; 4] }
    }

    /// Says which stage it was that ends now.
    pub fn end(&mut self, stage: Stage) {
        let now = Instant::now();
        self.spent[stage as usize] += now - self.last;
        self.last = now;
    }

    fn of(&self, stage: Stage) -> Duration {
        self.spent[stage as usize]
    }
}

/// Writes the measurements to stderr, after the result.
pub fn show(console: &mut Console, stopwatch: &Stopwatch, answers: &Answers) -> io::Result<()> {
    let (language, width) = (console.language, console.err.width);
    writeln!(console.err, "\n{}\n", stages(stopwatch, answers, language, width))?;
    writeln!(console.err, "{}\n", tables(answers, language, width))?;
    writeln!(console.err, "{}", whole(stopwatch).get(language))?;
    console.err.flush()
}

/// How long each stage took; those of the engine are summed over its threads.
fn stages(stopwatch: &Stopwatch, answers: &Answers, language: Language, width: Option<u16>) -> Rows {
    let engine = answers.timings;
    let stages = [
        (Words::new("check", "检查规则"), stopwatch.of(Stage::Check)),
        (Words::new("read", "读取"), engine.read),
        (Words::new("aggregate", "汇总"), engine.aggregate),
        (Words::new("evaluate", "求值"), engine.evaluate),
        (Words::new("decide", "决定"), stopwatch.of(Stage::Decide)),
        (Words::new("write", "写出"), stopwatch.of(Stage::Write)),
    ];
    let columns = [
        (Words::new("stage", "阶段").get(language), Align::Whole),
        (Words::new("ms", "毫秒").get(language), Align::Right),
        (Words::new("share", "占比").get(language), Align::Right),
    ];
    let all: Duration = stages.iter().map(|(_, spent)| *spent).sum();
    let mut rows = Rows::new(&columns, width);
    for (name, spent) in stages {
        rows.add([name.get(language).to_owned(), milliseconds(spent), share(spent, all)]);
    }
    rows
}

/// What was read of each table.
fn tables(answers: &Answers, language: Language, width: Option<u16>) -> Rows {
    let columns = [
        (Words::new("table", "表").get(language), Align::Whole),
        (Words::new("scans", "扫描次数").get(language), Align::Right),
        (Words::new("rows", "行数").get(language), Align::Right),
    ];
    let mut rows = Rows::new(&columns, width);
    for work in &answers.work.tables {
        rows.add([work.table.clone(), work.scans.to_string(), grouped(work.rows)]);
    }
    rows
}

/// Processor, wall and memory of the whole process so far.
fn whole(stopwatch: &Stopwatch) -> Text {
    let cpu = ProcessTime::try_now().map_or(Duration::ZERO, |cpu| cpu.as_duration()).as_secs_f64();
    let wall = stopwatch.started.elapsed().as_secs_f64();
    let (mut en, mut zh) =
        (format!("CPU {cpu:.3} s, wall {wall:.3} s"), format!("CPU {cpu:.3} 秒，实际用时 {wall:.3} 秒"));
    if let Some(mebibytes) = peak_memory() {
        en += &format!(", peak memory {} MiB", grouped(mebibytes));
        zh += &format!("，内存峰值 {} MiB", grouped(mebibytes));
    }
    Text::new(en, zh)
}

/// The most memory that the process held, in MiB, where the system tells: Linux does.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes.div_ceil(1024))
}

/// `12.3`.
fn milliseconds(spent: Duration) -> String {
    format!("{:.1}", spent.as_secs_f64() * 1e3)
}

/// `12 %`.
fn share(part: Duration, of: Duration) -> String {
    let (part, of) = (part.as_nanos(), of.as_nanos().max(1));
    format!("{} %", (part * 100 + of / 2) / of)
}
