//! Points at which a test lets a run fail, to prove that nothing is lost or doubled.
//!
//! Built with the feature `failpoints`, `RULEC_FAIL="NAME:K:FAULT"` brings a fault when the point `NAME` is reached for the
//! K-th time: `abort` ends the process without any cleaning up, `io` and `full` are errors of the disk, `clock+SECONDS` and
//! `clock-SECONDS` set the clock. Tests of crates [`arm`] points of their own thread. In any other build a point is nothing.

#[cfg(any(test, feature = "failpoints"))]
pub use armed::{Fault, arm, disarm, jumped, reach};

/// A run has come to this point.
///
/// # Errors
/// None, in this build.
#[cfg(not(any(test, feature = "failpoints")))]
#[allow(clippy::unnecessary_wraps, reason = "in builds for tests a point may fail")]
pub fn reach(_name: &str) -> std::io::Result<()> {
    Ok(())
}

/// By how many microseconds the clock was set.
#[cfg(not(any(test, feature = "failpoints")))]
pub fn jumped() -> i64 {
    0
}

#[cfg(any(test, feature = "failpoints"))]
mod armed {
    use std::cell::RefCell;
    use std::io::{Error, ErrorKind, Result};
    use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

    /// What goes wrong.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Fault {
        /// The process dies.
        Abort,
        /// The same as far as others in the process are not to die with it: unwinds, and takes nothing back.
        Death,
        /// Reading or writing fails.
        Io,
        /// The disk is full.
        Full,
        /// The clock is set by so many seconds.
        Clock(i64),
    }

    impl Fault {
        fn parse(text: &str) -> Option<Fault> {
            match text {
                "abort" => Some(Fault::Abort),
                "io" => Some(Fault::Io),
                "full" => Some(Fault::Full),
                clock => clock.strip_prefix("clock")?.parse().ok().map(Fault::Clock),
            }
        }

        fn happen(self) -> Result<()> {
            match self {
                Fault::Abort => std::process::abort(),
                Fault::Death => std::panic::resume_unwind(Box::new("a death for a test")),
                Fault::Io => Err(Error::other("a fault for a test")),
                Fault::Full => Err(ErrorKind::StorageFull.into()),
                Fault::Clock(seconds) => {
                    JUMPED.fetch_add(seconds * 1_000_000, Ordering::Relaxed);
                    Ok(())
                }
            }
        }
    }

    static JUMPED: AtomicI64 = AtomicI64::new(0);
    static REACHED: AtomicU64 = AtomicU64::new(0);

    thread_local! {
        static ARMED: RefCell<Option<(String, u64, Fault)>> = const { RefCell::new(None) };
    }

    /// Lets the point fail when this thread reaches it for the `count`-th time from now; once.
    pub fn arm(point: &str, count: u64, fault: Fault) {
        ARMED.set(Some((point.to_owned(), count, fault)));
    }

    /// Lets no point of this thread fail any more.
    pub fn disarm() {
        ARMED.set(None);
    }

    /// By how many microseconds the clock was set.
    pub fn jumped() -> i64 {
        JUMPED.load(Ordering::Relaxed)
    }

    /// A run has come to this point.
    ///
    /// # Errors
    /// What a test wants.
    pub fn reach(name: &str) -> Result<()> {
        let armed = ARMED.with_borrow_mut(|armed| {
            let (point, count, fault) = armed.as_mut()?;
            if *point != name {
                return None;
            }
            *count -= 1;
            let fault = (*count == 0).then_some(*fault);
            if fault.is_some() {
                *armed = None;
            }
            fault
        });
        match armed.or_else(|| asked_for(name)) {
            Some(fault) => fault.happen(),
            None => Ok(()),
        }
    }

    /// The fault that the environment asks for now.
    fn asked_for(name: &str) -> Option<Fault> {
        let wanted = std::env::var("RULEC_FAIL").ok()?;
        let mut parts = wanted.splitn(3, ':');
        if parts.next()? != name {
            return None;
        }
        let (count, fault) = (parts.next()?.parse::<u64>().ok()?, Fault::parse(parts.next()?)?);
        (REACHED.fetch_add(1, Ordering::Relaxed) + 1 == count).then_some(fault)
    }
}
