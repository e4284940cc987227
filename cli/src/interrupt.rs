//! Ctrl-C: the first one asks to stop in order, the second stops at once, which loses nothing either.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

static ASKED: AtomicBool = AtomicBool::new(false);
/// What a shell expects of a program that Ctrl-C has stopped.
const STOPPED: i32 = 130;

/// From now on Ctrl-C asks. Where the system does not allow that, it goes on to stop the program at once.
pub fn listen() {
    // An error means that the handler stays as it was: see above.
    let _ = ctrlc::set_handler(|| {
        if ASKED.swap(true, Ordering::Relaxed) {
            std::process::exit(STOPPED);
        }
    });
}

/// Whether Ctrl-C has asked to stop.
pub fn is_asked() -> bool {
    ASKED.load(Ordering::Relaxed)
}

/// The same for what asks whether to go on.
pub fn flow() -> ControlFlow<()> {
    if is_asked() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}
