//! `rulec optout`: who does not want to be written to, and who does again.

use crate::args::Optout;
use crate::context::{Session, Workspace};
use crate::diagnostics;
use crate::language::{grouped, plural};
use crate::outcome::{Exit, Stop};
use crate::pipeline;
use crate::random;
use rulec_diagnostic::Text;
use rulec_engine::{Answers, Engine, SqliteEngine};
use rulec_runtime::customers;
use rulec_runtime::optouts::{AddressBook, Hearsay, OptOut, Resolved, Who};
use rulec_runtime::state::{Hearing, OptedIn, OptedOut, State};

use std::io::Write;
use std::path::Path;

/// From where an opt-out is known that somebody types in.
const TYPED: &str = "command line";
/// How many of the lines that were skipped are named.
const NAMED_LINES: usize = 10;

pub fn run(session: &mut Session, args: &Optout) -> Result<Exit, Stop> {
    let workspace = session.open()?;
    let channels = &workspace.project.channels;
    if let Some(channel) = args.channel.as_ref().filter(|name| !channels.contains_key(*name)) {
        let known: Vec<&str> = channels.keys().map(String::as_str).collect();
        return Err(diagnostics::no_such_channel(channel, &known).into());
    }
    let text = match (&args.import, &args.customer) {
        (Some(file), _) => import(session, &workspace, args, &session.path(file))?,
        (None, Some(customer)) if args.undo => opt_in(session, &workspace, args, customer)?,
        (None, Some(customer)) => opt_out(session, &workspace, args, customer)?,
        // The command line has one of the two.
        (None, None) => Text::default(),
    };
    if !session.console.quiet {
        writeln!(session.console.out, "{}", text.get(session.console.language))?;
    }
    Ok(Exit::Clean)
}

fn import(session: &Session, workspace: &Workspace, args: &Optout, file: &Path) -> Result<Text, Stop> {
    let (project, now) = (&workspace.project, session.now());
    let heard = Hearsay { project, channel: args.channel.as_deref(), now }.read(file)?;
    if heard.is_empty() {
        return Ok(Text::new("The list is empty.", "名单是空的。"));
    }
    let resolved = match AddressBook::needed_for(&heard.optouts, project, now) {
        Some(book) => {
            let (answers, state) = (ask(workspace, &book)?, pipeline::state(workspace)?);
            book.resolve((file, heard.optouts), &answers, state.as_ref())?
        }
        None => Resolved { optouts: heard.optouts, nobody: Vec::new() },
    };
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let done = record(session, workspace, args, &resolved.optouts, &name)?;
    let mut text = told(done);
    if !heard.other_texts.is_empty() {
        text.en += &format!(" {}: the text is no word for opting out.", skipped(&heard.other_texts).en);
        text.zh += &format!("{}：内容不是退订词。", skipped(&heard.other_texts).zh);
    }
    if !resolved.nobody.is_empty() {
        text.en += &format!(" {}: no customer has the address.", skipped(&resolved.nobody).en);
        text.zh += &format!("{}：没有客户使用这个地址。", skipped(&resolved.nobody).zh);
    }
    Ok(text)
}

/// How many lines, and the first of them, so that a person can look.
fn skipped(lines: &[u64]) -> Text {
    let first = |between: &str| {
        let first: Vec<String> = lines.iter().take(NAMED_LINES).map(u64::to_string).collect();
        first.join(between)
    };
    let (count, noun) = (lines.len() as u64, if lines.len() == 1 { "line" } else { "lines" });
    let more = lines.len() > NAMED_LINES;
    Text::new(
        format!(
            "{} skipped ({noun} {}{})",
            plural(count, "line"),
            first(", "),
            if more { ", …" } else { "" }
        ),
        format!("跳过 {} 行（第 {} 行{}）", grouped(count), first("、"), if more { "等" } else { "" }),
    )
}

fn opt_out(session: &Session, workspace: &Workspace, args: &Optout, customer: &str) -> Result<Text, Stop> {
    let Named { key, is_known: true } = named(workspace, session, customer)? else {
        return Err(diagnostics::no_such_customer(customer).into());
    };
    let optout =
        OptOut { who: Who::Customer(key), channel: args.channel.clone(), at: session.now(), line: None };
    Ok(told(record(session, workspace, args, &[optout], TYPED)?))
}

/// A customer whom somebody names.
pub struct Named {
    /// The key, as plans and the state have it.
    pub key: String,
    /// Whether the state or the customer database knows of such a customer.
    pub is_known: bool,
}

/// Whom somebody means.
///
/// Fails for what cannot be a key of this database.
pub fn named(workspace: &Workspace, session: &Session, customer: &str) -> Result<Named, Stop> {
    let state = pipeline::state(workspace)?;
    let in_state = |key: &str| match &state {
        Some(state) => Ok::<bool, Stop>(!state.known_among(std::iter::once(key))?.is_empty()),
        None => Ok(false),
    };
    if in_state(customer)? {
        return Ok(Named { key: customer.to_owned(), is_known: true });
    }
    let answers = ask(workspace, &AddressBook::of_keys(&workspace.project, session.now()))?;
    let key = customers::key_of(&answers.keys, customer)
        .ok_or_else(|| Stop::from(diagnostics::no_such_customer(customer)))?
        .into_owned();
    let is_known = customers::find(&answers.keys, &key).is_some() || in_state(&key)?;
    Ok(Named { key, is_known })
}

fn ask(workspace: &Workspace, book: &AddressBook) -> Result<Answers, Stop> {
    let mut engine = SqliteEngine::open(&pipeline::database(workspace)?)?;
    Ok(engine.answer(book.question(), &mut |_| {})?)
}

fn record(
    session: &Session,
    workspace: &Workspace,
    args: &Optout,
    optouts: &[OptOut],
    source: &str,
) -> Result<OptedOut, Stop> {
    let mut state = State::open(&State::path_of(&workspace.project, &workspace.root)?)?;
    let source = args.source.as_deref().unwrap_or(source);
    Ok(state.opt_out(optouts, Hearing { source, now: session.now(), entropy: random::bytes()? })?)
}

fn opt_in(session: &Session, workspace: &Workspace, args: &Optout, customer: &str) -> Result<Text, Stop> {
    let Named { key, .. } = named(workspace, session, customer)?;
    let Some(mut state) = pipeline::state(workspace)? else { return Ok(told_in(OptedIn::default())) };
    let source = args.source.as_deref().unwrap_or(TYPED);
    let hearing = Hearing { source, now: session.now(), entropy: random::bytes()? };
    Ok(told_in(state.opt_in(&key, args.channel.as_deref(), hearing)?))
}

fn told(done: OptedOut) -> Text {
    let mut text = match done.new {
        0 => Text::new("Nothing new.", "没有新的退订。"),
        new => Text::new(
            format!("Recorded {}.", plural(new, "opt-out")),
            format!("已记录 {} 条退订。", grouped(new)),
        ),
    };
    if done.known > 0 {
        text.en += &format!(" {} known before.", grouped(done.known));
        text.zh += &format!("{} 条此前已有。", grouped(done.known));
    }
    if done.withheld > 0 {
        text.en += &format!(" {} that waited will not be sent.", plural(done.withheld, "message"));
        text.zh += &format!("{} 条待发消息不再发送。", grouped(done.withheld));
    }
    text
}

fn told_in(done: OptedIn) -> Text {
    let mut text = if done.ended == 0 {
        Text::new("There was no such opt-out.", "没有这样的退订。")
    } else {
        Text::new("Opted in again.", "已取消退订。")
    };
    if done.of_all {
        text.en += " The customer is still opted out of all channels.";
        text.zh += "这位客户仍然退订了所有渠道。";
    }
    text
}
