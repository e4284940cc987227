//! `rulec schema check`: where project file and database disagree.

use crate::args::{Schema, SchemaCheck};
use crate::context::Session;
use crate::outcome::{Exit, Stop};
use crate::pipeline;
use rulec_engine::{SchemaCheck as Extent, SqliteEngine};

pub fn run(session: &mut Session, args: &Schema) -> Result<Exit, Stop> {
    match args {
        Schema::Check(args) => check(session, args),
    }
}

fn check(session: &mut Session, args: &SchemaCheck) -> Result<Exit, Stop> {
    let workspace = session.open()?;
    let extent = Extent { now: session.instant(workspace.project.zone)?, rows: args.rows };
    let mut engine = SqliteEngine::open(&pipeline::database(&workspace)?)?;
    let mut findings = engine.check_schema(&workspace.project, extent)?;
    findings.splice(..0, workspace.warnings);
    let exit = session.deliver(findings, &[], args.format)?;
    // What is wrong with the data is what was asked for, not trouble.
    Ok(exit.min(Exit::Refused))
}
