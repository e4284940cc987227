//! An HTTP/1.1 receiver of messages whose every misbehaviour is scripted, and that knows what was really delivered.
//!
//! A thread for each connection, connections kept open. What counts as delivered and what is answered are apart: a
//! message can be delivered without an answer, and taken by the answer without being delivered.

mod behaviour;
mod request;

pub use behaviour::{Answer, Behaviour, Fate, Words};
pub use request::Request;

use behaviour::Then;
use std::collections::BTreeMap;
use std::io::BufReader;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Finds the keys of the messages that a request holds.
pub type KeysOf = Box<dyn Fn(&Request) -> Vec<String> + Send + Sync>;

/// How a receiver goes about requests.
pub struct Settings {
    /// Whether a message whose key was seen before is answered as taken, but not delivered again.
    pub honours_keys: bool,
    /// The keys of the messages that a request holds.
    pub keys: KeysOf,
    /// Whether to cut the connection of the request with this number after its head, before its body was read.
    pub cuts_unread: Box<dyn Fn(u64) -> bool + Send + Sync>,
    /// What to do with a request. Must depend on nothing but the request.
    pub script: Box<dyn Fn(&Request) -> Behaviour + Send + Sync>,
    /// Whether requests are kept whole; without it, heads and bodies are forgotten once they were answered.
    pub keeps: bool,
}

impl Default for Settings {
    /// One message a request, its key in the header `Idempotency-Key`; keys honoured; everything taken.
    fn default() -> Settings {
        Settings {
            honours_keys: true,
            keys: Box::new(|request| {
                request.header("idempotency-key").map(str::to_owned).into_iter().collect()
            }),
            cuts_unread: Box::new(|_| false),
            script: Box::new(|_| Behaviour::taken()),
            keeps: true,
        }
    }
}

/// A running receiver.
pub struct Receiver {
    address: SocketAddr,
    shared: Arc<Shared>,
    listening: Option<Listening>,
}

/// What a receiver was sent.
#[derive(Debug, Clone, Default)]
struct Log {
    requests: Vec<Request>,
    seen: BTreeMap<String, u64>,
    delivered: BTreeMap<String, u64>,
    deliveries: u64,
}

struct Shared {
    settings: Settings,
    begun: AtomicU64,
    log: Mutex<Log>,
    grown: Condvar,
}

/// The thread that takes connections, and what is needed to end it and theirs.
struct Listening {
    thread: JoinHandle<()>,
    ends: Arc<AtomicBool>,
}

impl Receiver {
    /// Starts on a free port.
    ///
    /// # Panics
    /// Where 127.0.0.1 has no free port.
    pub fn start(settings: Settings) -> Receiver {
        let shared = Arc::new(Shared {
            settings,
            begun: AtomicU64::new(0),
            log: Mutex::new(Log::default()),
            grown: Condvar::new(),
        });
        let (listening, address) = listen(SocketAddr::from(([127, 0, 0, 1], 0)), &shared);
        Receiver { address, shared, listening: Some(listening) }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its address as a URL with this path, such as `/hook`.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Cuts all connections and refuses new ones, until [`Receiver::up`].
    pub fn down(&mut self) {
        let Some(listening) = self.listening.take() else { return };
        listening.ends.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for a connection; if that fails, the thread is gone already.
        let _awake = TcpStream::connect(self.address);
        let ended = listening.thread.join();
        assert!(ended.is_ok() || thread::panicking(), "a script of a receiver panicked");
    }

    /// Listens again, at the same address and knowing what it knew.
    ///
    /// # Panics
    /// Where somebody else took the port meanwhile.
    pub fn up(&mut self) {
        if self.listening.is_none() {
            self.listening = Some(listen(self.address, &self.shared).0);
        }
    }

    /// How often the message of each key was really delivered.
    pub fn delivered(&self) -> BTreeMap<String, u64> {
        self.shared.log().delivered.clone()
    }

    /// How often each key was handed over, in requests that were read to their end, whatever came of it.
    pub fn seen(&self) -> BTreeMap<String, u64> {
        self.shared.log().seen.clone()
    }

    /// How many deliveries there were, of all keys.
    pub fn deliveries(&self) -> u64 {
        self.shared.log().deliveries
    }

    /// How many requests there were whose heads were read.
    pub fn begun(&self) -> u64 {
        self.shared.begun.load(Ordering::SeqCst)
    }

    /// The requests that were read to their end, in the order in which that was done.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.log().requests.clone()
    }

    /// When the requests were read, in order.
    pub fn instants(&self) -> Vec<Instant> {
        self.shared.log().requests.iter().map(|request| request.at).collect()
    }

    /// Waits until there were so many deliveries; whether that came true in time.
    pub fn wait_for(&self, deliveries: u64, at_most: Duration) -> bool {
        let log = self.shared.log();
        let wait = self.shared.grown.wait_timeout_while(log, at_most, |log| log.deliveries < deliveries);
        wait.expect("no thread panics with the log in hand").0.deliveries >= deliveries
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.down();
    }
}

impl Shared {
    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().expect("no thread panics with the log in hand")
    }

    /// Answers the requests of one connection until it ends, or all shall end. An error is the other side gone, or a
    /// request that is none.
    fn serve(&self, stream: &TcpStream, ends: &AtomicBool) -> std::io::Result<()> {
        stream.set_nodelay(true)?;
        let mut reader = BufReader::with_capacity(1 << 14, stream);
        while let Some(head) = request::Head::read(&mut reader)? {
            let number = self.begun.fetch_add(1, Ordering::SeqCst);
            if (self.settings.cuts_unread)(number) {
                return Ok(());
            }
            let mut request = head.with_body(&mut reader, number)?;
            request.keys = (self.settings.keys)(&request);
            request.earlier = self.count(&request.keys);
            let behaviour = (self.settings.script)(&request);
            if !passes(behaviour.delay, ends) {
                return Ok(());
            }
            self.record(request, &behaviour);
            if behaviour.answer.write(stream)? == Then::Close {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Notes that these keys were seen; says how often the one was before that was most often.
    fn count(&self, keys: &[String]) -> u64 {
        let mut log = self.log();
        let earlier = keys.iter().filter_map(|key| log.seen.get(key).copied()).max().unwrap_or(0);
        for key in keys {
            *log.seen.entry(key.clone()).or_default() += 1;
        }
        earlier
    }

    /// Delivers the messages of a request, if so it shall be, and keeps the request.
    fn record(&self, mut request: Request, behaviour: &Behaviour) {
        let mut log = self.log();
        for key in request.keys.iter().filter(|key| behaviour.delivers && !behaviour.spares.contains(key)) {
            let times = log.delivered.entry(key.clone()).or_default();
            if *times == 0 || !self.settings.honours_keys {
                *times += 1;
                log.deliveries += 1;
                request.delivered += 1;
            }
        }
        if !self.settings.keeps {
            request = Request { headers: Vec::new(), body: Vec::new(), keys: Vec::new(), ..request };
        }
        log.requests.push(request);
        drop(log);
        self.grown.notify_all();
    }
}

/// Waits; whether that came to its end before everything else shall.
fn passes(delay: Duration, ends: &AtomicBool) -> bool {
    let since = Instant::now();
    while since.elapsed() < delay {
        if ends.load(Ordering::SeqCst) {
            return false;
        }
        thread::sleep(delay.saturating_sub(since.elapsed()).min(Duration::from_millis(20)));
    }
    true
}

/// Listens at an address, with a thread for each connection. Gives the address that came of it, too.
fn listen(address: SocketAddr, shared: &Arc<Shared>) -> (Listening, SocketAddr) {
    let listener =
        TcpListener::bind(address).unwrap_or_else(|error| panic!("cannot listen at {address}: {error}"));
    let address = listener.local_addr().expect("a socket that listens has an address");
    let ends = Arc::new(AtomicBool::new(false));
    let (shared, ended) = (Arc::clone(shared), Arc::clone(&ends));
    let thread = thread::spawn(move || take_connections(&listener, &shared, &ended));
    (Listening { thread, ends }, address)
}

/// Serves whoever connects, until it shall end; then cuts all connections and waits for their threads.
fn take_connections(listener: &TcpListener, shared: &Arc<Shared>, ends: &Arc<AtomicBool>) {
    let mut open: Vec<(Arc<TcpStream>, JoinHandle<()>)> = Vec::new();
    for stream in listener.incoming() {
        if ends.load(Ordering::SeqCst) {
            break;
        }
        let Ok(stream) = stream else { continue }; // gone before it was taken
        let stream = Arc::new(stream);
        let (shared, served, ends) = (Arc::clone(shared), Arc::clone(&stream), Arc::clone(ends));
        let thread = thread::spawn(move || {
            // Whether the other side or a script ended the connection, the other side learns it by the cut.
            let _ended = shared.serve(&served, &ends);
            let _cut = served.shutdown(Shutdown::Both);
        });
        for (_, ended) in open.extract_if(.., |(_, thread)| thread.is_finished()) {
            ended.join().expect("scripts do not panic");
        }
        open.push((stream, thread));
    }
    for (stream, thread) in open {
        let _cut = stream.shutdown(Shutdown::Both); // fails where the other side has cut it already
        thread.join().expect("scripts do not panic");
    }
}
