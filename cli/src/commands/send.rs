//! `rulec send`: what is due of any plan, once or until Ctrl-C.

use super::sent::{self, About};
use crate::args::{Send, Sending};
use crate::clock::ProgramClock;
use crate::context::Session;
use crate::interrupt;
use crate::live::Live;
use crate::outcome::{Exit, Stop};
use crate::outside;
use rulec_diagnostic::codes::run;
use rulec_diagnostic::{Diagnostic, Sources, Text};
use rulec_plan::time::{Clock, Zone};
use rulec_runtime::send::{self, Sent};
use std::io::Write;
use std::time::{Duration, Instant};

/// How soon Ctrl-C is heeded while nothing is sent.
const TICK: Duration = Duration::from_millis(100);

pub fn run(session: &mut Session, args: &Send) -> Result<Exit, Stop> {
    interrupt::listen();
    if let Some(every) = args.watch {
        return watch(session, &args.sending, every);
    }
    let (sent, zone) = pass(session, &args.sending, Ending::Line)?;
    let Some(sent) = sent.filter(sent::is_anything) else {
        session.console.note(&Text::new("nothing is due", "没有到时间要发的"))?;
        return Ok(Exit::Clean);
    };
    if !session.console.quiet {
        sent::tell(session, &sent, About::Due, zone)?;
    }
    sent::finish(session, &sent, zone)
}

/// Whether a log gets a last line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Line,
    Nothing,
}

/// Sends what is due now, with project and rules as they are now.
fn pass(session: &mut Session, sending: &Sending, ending: Ending) -> Result<(Option<Sent>, Zone), Stop> {
    let workspace = session.open_with_rules()?;
    let zone = workspace.project.zone;
    let options = outside::options(&workspace, sending)?;
    let sent = outside::with(session, &workspace, |session, outside| {
        let live = Live::new(&session.console, ProgramClock::default(), zone);
        let mut live = if ending == Ending::Line { live } else { live.without_end() };
        send::send_due(&workspace.project, &workspace.root, options, outside, &mut |doing| {
            live.sending(doing);
            interrupt::flow()
        })
    })?;
    Ok((sent, zone))
}

/// One pass after the other. What keeps the first from sending is a mistake of the call, unless somebody else is sending;
/// later ones are tried again, whatever happens.
fn watch(session: &mut Session, sending: &Sending, every: Duration) -> Result<Exit, Stop> {
    let mut is_first = true;
    let mut said: Vec<Diagnostic> = Vec::new();
    loop {
        session.sources = Sources::default();
        let findings = match pass(session, sending, Ending::Nothing) {
            Ok((sent, zone)) => {
                let findings = sent.as_ref().map(|sent| sent::findings(sent, zone)).unwrap_or_default();
                if let Some(sent) = sent.filter(sent::is_anything) {
                    say(session, &sent, zone)?;
                    if interrupt::is_asked() && sent.left.due > 0 {
                        return Ok(Exit::Refused);
                    }
                }
                findings
            }
            Err(Stop::Findings(findings)) if !is_first || is_busy(&findings) => findings,
            Err(stop) => return Err(stop),
        };
        // What is the same as a minute ago need not be said again.
        if findings != said {
            session.report(findings.clone())?;
            said = findings;
        }
        session.console.flush()?;
        is_first = false;
        if !rest(every) {
            return Ok(Exit::Clean);
        }
    }
}

/// Whether another process is sending.
fn is_busy(findings: &[Diagnostic]) -> bool {
    findings.iter().all(|finding| finding.code == run::STATE_LOCKED)
}

fn say(session: &mut Session, sent: &Sent, zone: Zone) -> Result<(), Stop> {
    if !session.console.quiet {
        let time = ProgramClock::default().now().to_rfc3339(zone);
        let line = sent::line(sent, zone, session.console.language);
        writeln!(session.console.out, "{time} {line}")?;
    }
    Ok(())
}

/// Rests so long; false if Ctrl-C has asked to stop meanwhile.
fn rest(every: Duration) -> bool {
    let since = Instant::now();
    while since.elapsed() < every && !interrupt::is_asked() {
        std::thread::sleep(TICK.min(every));
    }
    !interrupt::is_asked()
}
