//! The channels of a project.

use super::outside::Outlets;
use crate::diagnostics::{self, Result};
use crate::state::State;
use rulec_channels::{Channel, Files, Outside};
use rulec_plan::project::Project;
use rulec_plan::time::Clock;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Opens the channels of a project as its file describes them.
#[derive(Debug)]
pub struct ProjectOutlets<'a> {
    project: &'a Project,
    outside: Outside,
    state: PathBuf,
}

impl<'a> ProjectOutlets<'a> {
    /// Those of the project in this folder. `env` gives the values of environment variables.
    ///
    /// # Errors
    /// `R0105` for `[state] url`.
    pub fn new(
        project: &'a Project,
        folder: &Path,
        env: fn(&str) -> Option<String>,
        clock: Arc<dyn Clock>,
    ) -> Result<ProjectOutlets<'a>> {
        let state = State::path_of(project, folder)?;
        let outbox = state.with_file_name("outbox");
        Ok(ProjectOutlets {
            project,
            outside: Outside { folder: folder.to_owned(), outbox, env, clock },
            state,
        })
    }
}

impl Outlets for ProjectOutlets<'_> {
    fn open(&self, name: &str) -> Result<Box<dyn Channel>> {
        let files = Files { outside: &self.outside, state: &self.state, database: &self.project.database };
        match self.project.channels.get(name) {
            Some(channel) => {
                files.check(name, channel)?;
                rulec_channels::open(name, channel, &self.outside)
            }
            None if DEEDS.contains(&name) => Ok(files.deeds(name)),
            None => Err(diagnostics::no_such_channel(name)),
        }
    }
}

/// Under which names the outbox has what rules do besides sending messages; no channel of a project is called so.
pub const DEEDS: [&str; 3] = ["tags", "tasks", "points"];
