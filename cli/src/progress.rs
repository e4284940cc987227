//! What a person sees while waiting: one line on stderr, redrawn; nothing where nobody waits.

use crate::console::Console;
use crate::draw::clean;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// As long as no stage has begun.
const UNKNOWN: &str = "";
const COUNTED: &str = "{msg} {bar:24} {human_pos}/{human_len}";
const UNCOUNTED: &str = "{msg} {spinner} {human_pos}";

/// A line that says how far a stage is.
pub struct Progress {
    bar: ProgressBar,
    stage: String,
}

impl Progress {
    /// On stderr if it is a terminal and notes are wanted.
    pub fn new(console: &Console) -> Self {
        let visible = console.err.terminal && !console.quiet;
        let target =
            if visible { ProgressDrawTarget::stderr_with_hz(10) } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        show_as(&bar, UNKNOWN);
        Self { bar, stage: String::new() }
    }

    /// So many of so many are done of this stage.
    pub fn at(&mut self, stage: &str, done: u64, of: Option<u64>) {
        if self.stage != stage {
            stage.clone_into(&mut self.stage);
            // Every change may be drawn, so that of the old stage nothing must be left when the new one gets its name.
            show_as(&self.bar, UNKNOWN);
            self.bar.set_position(done);
            self.bar.set_length(of.unwrap_or(0));
            self.bar.set_message(clean::line(stage).into_owned());
            show_as(&self.bar, if of.is_some() { COUNTED } else { UNCOUNTED });
        }
        self.bar.set_position(done);
    }
}

fn show_as(bar: &ProgressBar, template: &str) {
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
