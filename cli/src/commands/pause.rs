//! `rulec pause` and `rulec resume`: stop sending through a channel, and go on.

use crate::args::{Pause, Resume};
use crate::context::Session;
use crate::outcome::{Exit, Stop};
use crate::outside::known_channel;
use rulec_diagnostic::Text;
use rulec_runtime::state::State;

pub fn pause(session: &mut Session, args: &Pause) -> Result<Exit, Stop> {
    let workspace = session.open()?;
    if let Some(channel) = &args.channel {
        known_channel(&workspace, channel)?;
    }
    let mut state = State::open(&State::path_of(&workspace.project, &workspace.root)?)?;
    let because = args.because.as_deref().map(str::trim).filter(|because| !because.is_empty());
    state.pause(args.channel.as_deref().unwrap_or_default(), because, session.now())?;
    let text = match &args.channel {
        Some(channel) => Text::new(
            format!("`{channel}` is paused; `rulec resume {channel}` lets it go on"),
            format!("渠道 `{channel}` 已暂停；用 `rulec resume {channel}` 恢复"),
        ),
        None => Text::new(
            "all channels are paused; `rulec resume` lets them go on",
            "所有渠道都已暂停；用 `rulec resume` 恢复",
        ),
    };
    session.console.note(&text)?;
    Ok(Exit::Clean)
}

pub fn resume(session: &mut Session, args: &Resume) -> Result<Exit, Stop> {
    let workspace = session.open()?;
    if let Some(channel) = &args.channel {
        known_channel(&workspace, channel)?;
    }
    let state = State::open_existing(&State::path_of(&workspace.project, &workspace.root)?)?;
    let Some(mut state) = state else {
        session.console.note(&nothing())?;
        return Ok(Exit::Clean);
    };
    let resumed = state.resume(args.channel.as_deref(), session.now())?;
    let text = match (&args.channel, resumed.is_empty()) {
        (_, true) => nothing(),
        (Some(channel), _) => Text::new(
            format!("`{channel}` is no longer paused; `rulec send` sends what waits"),
            format!("渠道 `{channel}` 已恢复；用 `rulec send` 发送等待中的消息"),
        ),
        (None, _) => Text::new(
            "nothing is paused any more; `rulec send` sends what waits",
            "所有暂停都已解除；用 `rulec send` 发送等待中的消息",
        ),
    };
    session.console.note(&text)?;
    let (now, zone) = (session.clock(workspace.project.zone)?.now(), workspace.project.zone);
    if let Some(paused) = state.status(now, session.now())?.paused {
        let since = paused.since.to_rfc3339(zone);
        session.console.note(&Text::new(
            format!("all channels are still paused, since {since}: `rulec resume` lets them go on"),
            format!("所有渠道自 {since} 起仍处于暂停；用 `rulec resume` 恢复"),
        ))?;
    }
    Ok(Exit::Clean)
}

fn nothing() -> Text {
    Text::new("nothing was paused", "没有处于暂停的渠道")
}
