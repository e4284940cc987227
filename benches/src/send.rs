//! What it takes to send 100,000 messages through web hooks: `bench-send PROGRAM [MESSAGES]`, with the path of a `rulec`.
//! The receiver runs in this process, on the same machine. Needs Linux, whose `/proc` says what a process took.

use rulec_tests::servers::receiver::{Receiver, Request, Settings};
use rusqlite::Connection;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const PROJECT: &str = r#"
[project]
name = "load"
timezone = "Asia/Shanghai"
rules = ["rules/*.rules"]
[database]
url = "sqlite:shop.db"
[customer]
table = "customers"
key = "id"
[customer.facts]
id = { type = "number" }
phone = { type = "text", personal = true }
[channels.push]
kind = "webhook"
address = "phone"
"#;
const RULE: &str = "when id > 0 then send push \"好久不见，回来看看新到的春茶\"\n";
const SECOND: Duration = Duration::from_secs(1);

/// How messages go out.
struct Way {
    name: &'static str,
    settings: &'static str,
    honours_keys: bool,
    messages: usize,
}

/// What a process took.
struct Took {
    wall: Duration,
    cpu: Duration,
    /// The most memory that it held, in MiB.
    memory: u64,
}

fn main() -> Result<()> {
    let mut words = std::env::args().skip(1);
    let program = words.next().ok_or("bench-send PROGRAM [MESSAGES]")?;
    let program = fs::canonicalize(program)?;
    let messages = words.next().map_or(Ok(100_000), |number| number.parse())?;
    println!(
        "| channel | messages | wall s | messages a second | CPU s | CPU s of the receiver | peak MiB | state before and after, MB | most in any second |"
    );
    println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    let way = |name, settings, honours_keys| Way { name, settings, honours_keys, messages };
    for way in [
        way("one a call, `idempotent`", "idempotent = true", true),
        way("one a call, not `idempotent`", "", false),
        way("one a call, not `idempotent`, `calls = 64`", "calls = 64", false),
        way("`batch = 100`, `idempotent`", "idempotent = true\nbatch = 100", true),
        Way {
            messages: 5_000,
            ..way("`rate = \"500/s\"`, `idempotent`", "idempotent = true\nrate = \"500/s\"", true)
        },
    ] {
        measure(&program, &way)?;
    }
    Ok(())
}

/// Plans, records, sends; prints what sending took.
fn measure(program: &Path, way: &Way) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let settings = Settings {
        honours_keys: way.honours_keys,
        keys: Box::new(keys),
        keeps: false,
        ..Settings::default()
    };
    let receiver = Receiver::start(settings);
    write(folder.path(), way, &receiver.url("/"))?;
    let run = |words: &[&str]| run(program, folder.path(), words);
    run(&["plan", "-o", "load.plan", "--as-of", "2024-11-21", "--quiet"])?;
    run(&["apply", "load.plan", "--yes", "--limit", "0", "--quiet"])?;
    let before = size(folder.path())?;
    let own = cpu("/proc/self/stat", 13)?;
    let took = run(&["apply", "load.plan", "--yes", "--quiet"])?;
    let own = cpu("/proc/self/stat", 13)?.saturating_sub(own);
    let after = size(folder.path())?;
    let delivered = receiver.delivered();
    if delivered.len() != way.messages || delivered.values().any(|times| *times != 1) {
        return Err(format!("{} of {} were delivered", delivered.len(), way.messages).into());
    }
    let rate = way.messages as f64 / took.wall.as_secs_f64();
    println!(
        "| {} | {} | {:.1} | {rate:.0} | {:.1} | {:.1} | {} | {before:.1} → {after:.1} | {} |",
        way.name,
        way.messages,
        took.wall.as_secs_f64(),
        took.cpu.as_secs_f64(),
        own.as_secs_f64(),
        took.memory,
        most_in_a_second(&receiver.instants()),
    );
    Ok(())
}

fn write(folder: &Path, way: &Way, url: &str) -> Result<()> {
    fs::write(folder.join("rulec.toml"), format!("{PROJECT}url = \"{url}\"\n{}\n", way.settings))?;
    fs::create_dir(folder.join("rules"))?;
    fs::write(folder.join("rules/a.rules"), RULE)?;
    let mut shop = Connection::open(folder.join("shop.db"))?;
    shop.execute_batch("CREATE TABLE customers (id INTEGER PRIMARY KEY, phone TEXT)")?;
    let transaction = shop.transaction()?;
    for id in 1..=i64::try_from(way.messages)? {
        transaction.execute("INSERT INTO customers VALUES (?1, ?2)", (id, format!("139{id:08}")))?;
    }
    transaction.commit()?;
    Ok(())
}

/// Runs the program to its end.
fn run(program: &Path, folder: &Path, words: &[&str]) -> Result<Took> {
    let before = cpu("/proc/self/stat", 15)?;
    let since = Instant::now();
    let mut child = Command::new(program).args(words).current_dir(folder).stdout(Stdio::null()).spawn()?;
    let mut memory = 0;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        memory = memory.max(peak(child.id()).unwrap_or(0));
        std::thread::sleep(Duration::from_millis(20));
    };
    if !status.success() {
        return Err(format!("{words:?}: {status}").into());
    }
    Ok(Took { wall: since.elapsed(), cpu: cpu("/proc/self/stat", 15)?.saturating_sub(before), memory })
}

/// User and system time: `field` 13 is that of the process, 15 that of its children that have ended.
fn cpu(path: &str, field: usize) -> Result<Duration> {
    let stat = fs::read_to_string(path)?;
    let behind_name = stat.rsplit(") ").next().unwrap_or_default();
    let ticks = |nth: usize| behind_name.split(' ').nth(nth - 2).unwrap_or_default().parse::<u64>();
    Ok(Duration::from_millis((ticks(field)? + ticks(field + 1)?) * 10))
}

/// The most memory that a process has held so far, in MiB.
fn peak(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_ascii_whitespace().nth(1)?.parse::<u64>().ok().map(|kilobytes| kilobytes / 1024)
}

/// The state and its journal, in MB.
fn size(folder: &Path) -> Result<f64> {
    let mut bytes = 0;
    for name in ["state.db", "state.db-wal"] {
        let path: PathBuf = folder.join(".rulec").join(name);
        bytes += if path.exists() { path.metadata()?.len() } else { 0 };
    }
    Ok(bytes as f64 / 1e6)
}

/// The most messages in any one second; of calls with many messages, the most calls.
fn most_in_a_second(instants: &[Instant]) -> usize {
    let mut first = 0;
    let mut most = 0;
    for (last, at) in instants.iter().enumerate() {
        while at.duration_since(instants[first]) >= SECOND {
            first += 1;
        }
        most = most.max(last + 1 - first);
    }
    most
}

/// The keys of a line of the outbox, or of an array of those.
fn keys(request: &Request) -> Vec<String> {
    if request.body.starts_with(b"[") { request.keys_in_body() } else { header(request) }
}

fn header(request: &Request) -> Vec<String> {
    request.header("idempotency-key").map(str::to_owned).into_iter().collect()
}
