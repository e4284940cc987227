//! `rulec audit`: the record of what was decided and sent, and that nobody changed it since.

mod choice;
mod export;
mod file;
mod head;
mod heads;
mod replay;
mod show;
mod verify;

use crate::args::Audit;
use crate::context::{Session, Workspace};
use crate::outcome::{Exit, Stop};
use rulec_diagnostic::Text;
use rulec_runtime::state::State;

pub fn run(session: &mut Session, args: &Audit) -> Result<Exit, Stop> {
    match args {
        Audit::Show(args) => show::run(session, args),
        Audit::Verify(args) => verify::run(session, args),
        Audit::Head(args) => head::run(session, args),
        Audit::Export(args) => export::run(session, args),
        Audit::Replay(args) => replay::run(session, args),
    }
}

/// The state of a project, to be looked at only; `None`, after saying so, if there is none yet.
fn state(session: &mut Session, workspace: &Workspace) -> Result<Option<State>, Stop> {
    let state = State::open_to_read(&State::path_of(&workspace.project, &workspace.root)?)?;
    if state.is_none() {
        session.console.note(&nothing())?;
    }
    Ok(state)
}

fn nothing() -> Text {
    Text::new("nothing is recorded", "没有记录")
}
