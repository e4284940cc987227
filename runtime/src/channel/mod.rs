//! Where what is to be sent goes.

mod file;

pub(crate) use file::FileChannel;

use crate::diagnostics::{self, Result};
use crate::planfile::{ActionKind, Header};
use rulec_plan::project::{ChannelKind, Project};
use std::path::{Path, PathBuf};

/// Whether the project can send all that the plan wants sent.
pub(crate) fn check(header: &Header, project: &Project) -> Result<()> {
    let actions = header.rules.values().flat_map(|rule| &rule.actions);
    for action in actions.filter(|action| action.count > 0) {
        let ActionKind::Send { channel, .. } = &action.kind else { continue };
        match project.channels.get(channel).map(|channel| channel.kind) {
            Some(ChannelKind::File) => {}
            Some(ChannelKind::Webhook) => {
                return Err(diagnostics::unsupported_channel(channel, "webhook"));
            }
            Some(ChannelKind::Smtp) => return Err(diagnostics::unsupported_channel(channel, "smtp")),
            Some(ChannelKind::Wecom) => return Err(diagnostics::unsupported_channel(channel, "wecom")),
            None => return Err(diagnostics::no_such_channel(channel)),
        }
    }
    Ok(())
}

/// The file of a message's channel (its `path` in the project's folder, else `outbox/CHANNEL.jsonl` beside the state),
/// or of what else a rule does: `outbox/tags.jsonl`, `outbox/tasks.jsonl`, `outbox/points.jsonl`.
pub(crate) fn file_of(
    kind: &str,
    channel: Option<&str>,
    project: &Project,
    folder: &Path,
    state: &Path,
) -> PathBuf {
    let named = channel.and_then(|channel| project.channels.get(channel)?.settings.get("path"));
    if let Some(path) = named {
        return folder.join(path);
    }
    let name = match (kind, channel) {
        (_, Some(channel)) => channel.replace(['/', '\\', '\0'], "_"),
        ("tag" | "untag", None) => "tags".to_owned(),
        ("task", None) => "tasks".to_owned(),
        (other, None) => other.to_owned(),
    };
    state.join("outbox").join(format!("{name}.jsonl"))
}
