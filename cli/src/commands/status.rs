//! `rulec status`: how sending stands.

use crate::args::{ResultFormat, Status as Args};
use crate::context::{Session, Workspace};
use crate::draw::clean;
use crate::language::{self, Words, grouped};
use crate::outcome::{Exit, Stop};
use crate::table::{Align, Rows};
use rulec_diagnostic::{Language, Text};
use rulec_plan::time::{Instant, Zone};
use rulec_runtime::state::{ApplyLock, ChannelStatus, LockOwner, Paused, State, Status};
use serde_json::{Map, Value, json};
use std::io::Write;
use std::time::Duration;

/// The version of the JSON form; grows when a field changes its meaning or goes away.
const VERSION: u32 = 1;

const COLUMNS: [(Words, Align); 9] = [
    (Words::new("channel", "渠道"), Align::Left),
    (Words::new("due", "待发"), Align::Right),
    (Words::new("later", "稍后"), Align::Right),
    (Words::new("under way", "发送中"), Align::Right),
    (Words::new("sent 1 h", "近1小时"), Align::Right),
    (Words::new("sent 24 h", "近24小时"), Align::Right),
    (Words::new("dead", "失败"), Align::Right),
    (Words::new("in doubt", "存疑"), Align::Right),
    (Words::new("next", "说明"), Align::Left),
];

/// How sending stands, who is sending, and when that is.
struct Standing {
    status: Status,
    owner: Option<LockOwner>,
    now: Instant,
    zone: Zone,
}

pub fn run(session: &mut Session, args: &Args) -> Result<Exit, Stop> {
    let workspace = session.open()?;
    let standing = look(session, &workspace)?;
    match args.format {
        ResultFormat::Json => {
            serde_json::to_writer_pretty(&mut session.console.out, &standing.document())
                .map_err(std::io::Error::from)?;
            writeln!(session.console.out)?;
        }
        ResultFormat::Human => {
            let (language, width) = (session.console.language, session.console.out.width);
            let lines = standing.lines(language);
            writeln!(session.console.out, "{}", standing.table(language, width))?;
            for line in lines {
                writeln!(session.console.out, "{}", clean::line(line.get(language)))?;
            }
        }
    }
    Ok(Exit::Clean)
}

fn look(session: &Session, workspace: &Workspace) -> Result<Standing, Stop> {
    let zone = workspace.project.zone;
    let now = session.clock(zone)?.now();
    let path = State::path_of(&workspace.project, &workspace.root)?;
    let mut status = match State::open_existing(&path)? {
        Some(state) => state.status(now, session.now())?,
        None => Status::default(),
    };
    for name in workspace.project.channels.keys() {
        status.channels.entry(name.clone()).or_default();
    }
    status.channels.sort_unstable_keys();
    Ok(Standing { status, owner: ApplyLock::holder(&path)?, now, zone })
}

impl Standing {
    fn time(&self, instant: Instant) -> String {
        instant.to_rfc3339(self.zone)
    }

    /// Since when the oldest message has been due, in seconds.
    fn oldest(&self) -> Option<u64> {
        let micros = |due: Instant| u64::try_from(self.now.0 - due.0).unwrap_or(0);
        self.status.oldest_due.map(|due| Duration::from_micros(micros(due)).as_secs())
    }

    fn document(&self) -> Value {
        let channels =
            self.status.channels.iter().map(|(name, channel)| (name.clone(), self.channel(channel)));
        let plans = self.status.plans.iter().map(|plan| {
            json!({
                "plan": plan.plan, "as_of": self.time(plan.as_of),
                "due": plan.due, "later": plan.later, "under_way": plan.under_way,
            })
        });
        json!({
            "version": VERSION,
            "at": self.time(self.now),
            "sending": self.owner,
            "paused": self.status.paused.as_ref().map(|paused| self.paused(paused)),
            "channels": channels.collect::<Map<_, _>>(),
            "plans": plans.collect::<Vec<_>>(),
            "oldest_due": self.status.oldest_due.map(|due| self.time(due)),
            "oldest_due_seconds": self.oldest(),
        })
    }

    fn channel(&self, channel: &ChannelStatus) -> Value {
        json!({
            "due": channel.due,
            "later": channel.later,
            "next": channel.next.map(|next| self.time(next)),
            "under_way": channel.under_way,
            "sent_hour": channel.sent_hour,
            "sent_day": channel.sent_day,
            "dead": channel.dead,
            "doubt": channel.doubt,
            "withheld_day": channel.withheld_day,
            "paused": channel.paused.as_ref().map(|paused| self.paused(paused)),
            "next_at": channel.next_at.map(|next| self.time(next)),
        })
    }

    fn paused(&self, paused: &Paused) -> Value {
        json!({ "since": self.time(paused.since), "because": paused.because })
    }

    fn table(&self, language: Language, width: Option<u16>) -> Rows {
        let mut rows = Rows::new(&COLUMNS.map(|(name, align)| (name.get(language), align)), width);
        let shown = |name: &str| !rulec_runtime::send::DEEDS.contains(&name);
        for (name, channel) in &self.status.channels {
            if shown(name) || *channel != ChannelStatus::default() {
                rows.add([
                    language::outlet(name, language).to_owned(),
                    grouped(channel.due),
                    grouped(channel.later),
                    grouped(channel.under_way),
                    grouped(channel.sent_hour),
                    grouped(channel.sent_day),
                    grouped(channel.dead),
                    grouped(channel.doubt),
                    self.remark(channel).get(language).to_owned(),
                ]);
            }
        }
        rows
    }

    /// Whether it is paused; else when it goes on.
    fn remark(&self, channel: &ChannelStatus) -> Text {
        match (&channel.paused, channel.next_at, channel.next) {
            (Some(paused), ..) => self.said(paused),
            (None, Some(next), _) | (None, None, Some(next)) => Text::new(self.time(next), self.time(next)),
            (None, None, None) => Text::new("", ""),
        }
    }

    fn said(&self, paused: &Paused) -> Text {
        let since = self.time(paused.since);
        let because = paused.because.as_deref();
        let (en, zh) = because.map_or_else(Default::default, |why| (format!(": {why}"), format!("：{why}")));
        Text::new(format!("paused since {since}{en}"), format!("自 {since} 起暂停{zh}"))
    }

    fn lines(&self, language: Language) -> Vec<Text> {
        let mut lines = Vec::new();
        if let Some(LockOwner { command, process, since }) = &self.owner {
            lines.push(Text::new(
                format!("`{command}` is sending: process {process}, since {since}"),
                format!("`{command}` 正在发送：进程 {process}，始于 {since}"),
            ));
        }
        if let Some(paused) = &self.status.paused {
            let Text { en, zh } = self.said(paused);
            lines.push(Text::new(format!("all channels are {en}"), format!("所有渠道{zh}")));
        }
        for (name, channel) in
            self.status.channels.iter().filter(|(_, channel)| !channel.withheld_day.is_empty())
        {
            let name = language::outlet(name, language);
            let reason = |(why, count): (&String, &u64)| {
                format!("{} {}", language::withheld(why, language), grouped(*count))
            };
            let reasons: Vec<String> = channel.withheld_day.iter().map(reason).collect();
            lines.push(Text::new(
                format!("{name}: withheld in the last 24 hours: {}", reasons.join(", ")),
                format!("{name}：近 24 小时不发：{}", reasons.join("，")),
            ));
        }
        for plan in &self.status.plans {
            let (id, as_of) = (plan.plan.get(..8).unwrap_or(&plan.plan), self.time(plan.as_of));
            let (due, later) = (grouped(plan.due + plan.under_way), grouped(plan.later));
            lines.push(Text::new(
                format!("plan {id} of {as_of}: {due} to send, {later} later"),
                format!("计划 {id}（{as_of}）：待发 {due}，稍后 {later}"),
            ));
        }
        if let Some(seconds) = self.oldest() {
            let [en, zh] = [Language::En, Language::Zh]
                .map(|language| language::lasting(Duration::from_secs(seconds), language));
            lines.push(Text::new(
                format!("the oldest due message has waited for {en}"),
                format!("最早到时的消息已等待 {zh}"),
            ));
        }
        lines
    }
}
