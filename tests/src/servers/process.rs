//! Servers that are programs of their own.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// A program that runs until it is dropped, or until this one ends, however that comes.
pub(super) struct Process {
    guard: Child,
    log: PathBuf,
}

/// Runs a program, prints its number, and kills it as soon as the standard input ends: the other end of that pipe is closed even when its
/// owner is killed.
const GUARD: &str = r#"
exec 3<&0
"$@" 3<&- </dev/null &
server=$!
echo "pid $server"
{ cat <&3 >/dev/null; kill -9 $server; } 2>/dev/null &
watcher=$!
wait $server
ended=$?
kill $watcher
exit $ended
"#;

impl Process {
    /// Starts it; what it prints goes to the file `log`.
    ///
    /// # Panics
    /// Where there is no `sh`, or the file cannot be made.
    pub(super) fn start(command: &Command, log: &Path) -> Process {
        let printed = File::create(log).unwrap_or_else(|error| panic!("{}: {error}", log.display()));
        let also = printed.try_clone().expect("an open file can be opened again");
        let set = command.get_envs().filter_map(|(name, value)| Some((name, value?)));
        let guard = Command::new("sh")
            .args([OsStr::new("-c"), OsStr::new(GUARD), OsStr::new("guard"), command.get_program()])
            .args(command.get_args())
            .envs(set)
            .stdin(Stdio::piped())
            .stdout(printed)
            .stderr(also)
            .spawn()
            .expect("a shell can be started");
        Process { guard, log: log.to_owned() }
    }

    /// What it printed so far.
    pub(super) fn printed(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// Sends it a signal, such as `STOP`.
    ///
    /// # Panics
    /// Where it has ended.
    pub(super) fn signal(&self, name: &str) {
        let printed = self.printed();
        let id = printed.lines().find_map(|line| line.strip_prefix("pid "));
        let sent = Command::new("kill").args(["-s", name, id.unwrap_or_default()]).status();
        assert!(sent.is_ok_and(|status| status.success()), "no process for signal {name}:\n{printed}");
    }

    /// Waits until there is something.
    ///
    /// # Errors
    /// What the program printed, if it ends before, or half a minute passes.
    pub(super) fn until<T>(&mut self, mut there: impl FnMut(&Process) -> Option<T>) -> Result<T, String> {
        let since = Instant::now();
        loop {
            if let Some(found) = there(self) {
                return Ok(found);
            }
            let ended = self.guard.try_wait().map_err(|error| error.to_string())?;
            if ended.is_some() || since.elapsed() > Duration::from_secs(30) {
                return Err(format!("{}:\n{}", self.log.display(), self.printed()));
            }
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let _ended = self.guard.wait(); // fails only if it was waited for before
    }
}

/// So many ports that nobody listens at. Somebody may take one before it is used: be ready to ask again.
///
/// # Panics
/// Where there are none.
pub(super) fn free_ports<const COUNT: usize>() -> [u16; COUNT] {
    // All held together, so that none comes twice.
    let held = [(); COUNT].map(|()| TcpListener::bind("127.0.0.1:0").expect("there are free ports"));
    held.map(|socket| socket.local_addr().expect("a socket that listens has an address").port())
}

/// The address of this port on this machine.
pub(super) fn at(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

/// Asks again and again; whether the answer was yes in time.
pub(super) fn becomes(at_most: Duration, mut true_now: impl FnMut() -> bool) -> bool {
    let since = Instant::now();
    while !true_now() {
        if since.elapsed() > at_most {
            return false;
        }
        thread::sleep(Duration::from_millis(5));
    }
    true
}
