//! Who does not want to be written to any more: as a person says it, a list, or what a provider hears.
//!
//! **What an opt-out stops.** Marketing messages: by its channel, or by any if it names none. Messages of `transactional`
//! templates go out nevertheless: they may carry no offer, and whoever bought something is told what became of it,
//! whatever was said to advertising. A `suppress` or a consent that is taken back stops those too. Deciding and the last look before sending
//! hold to the same.
//!
//! A list is a table with a heading, or one JSON object a line. Each line names the customer: `customer`, `message`
//! (its key), `code`, or an address with its channel. A line with a text counts only if that is one of the [`WORDS`].
//! `docs/cli.md` is the reference.

mod addresses;
mod words;

pub use addresses::{AddressBook, Resolved};
pub use words::{WORDS, is_word};

use crate::diagnostics::{self, Result};
use crate::lists::{self, Fields};
use crate::outcomes::instant;
use rulec_diagnostic::Diagnostic;
use rulec_plan::project::Project;
use rulec_plan::time::Instant;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Who opted out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// The customer with this key.
    Customer(String),
    /// Who got the message with this key, of its channel.
    Message(String),
    /// Who got the message that brought this code, of its channel.
    Code(String),
    /// Whoever has this address on the channel; an [`AddressBook`] knows who that is.
    Address(String),
}

/// That somebody does not want to be written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptOut {
    /// Who.
    pub who: Who,
    /// By this channel; `None`: that of the message, else any.
    pub channel: Option<String>,
    /// When she said so.
    pub at: Instant,
    /// The line of the list, from 1; `None`: it stands in none.
    pub line: Option<u64>,
}

/// What a list says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Heard {
    /// Its opt-outs.
    pub optouts: Vec<OptOut>,
    /// The lines whose text is no word for opting out.
    pub other_texts: Vec<u64>,
}

impl Heard {
    /// Whether the list has no line at all.
    pub fn is_empty(&self) -> bool {
        self.optouts.is_empty() && self.other_texts.is_empty()
    }
}

/// What is known of every line of a list before it is read.
#[derive(Debug, Clone, Copy)]
pub struct Hearsay<'a> {
    /// Its channels, and the zone of times without one.
    pub project: &'a Project,
    /// The channel of lines that name none.
    pub channel: Option<&'a str>,
    /// The clock: when a line without a time happened. Nothing happened later.
    pub now: Instant,
}

/// What is wrong with a line of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum BadOptOut {
    /// It is no JSON object, or more cells than the heading.
    Shape,
    /// It does not say who.
    Who,
    /// A key that no customer has.
    NoCustomer,
    /// An address without a channel.
    NoChannel,
    /// A channel that the project does not have.
    UnknownChannel,
    /// The time cannot be read.
    Time,
    /// The time is yet to come.
    Future,
}

/// What shops call the customer, in the order in which it is looked for; so with the others.
const CUSTOMERS: [&str; 7] = ["customer", "客户", "客户编号", "客户号", "会员", "会员编号", "会员号"];
const CODES: [&str; 3] = ["code", "券码", "优惠码"];
/// What providers call the address of the customer: of a message that came in, `to` is the shop.
const ADDRESSES: [&str; 15] = [
    "address",
    "from",
    "mobile",
    "phone",
    "phone_number",
    "msisdn",
    "sender",
    "手机号",
    "手机号码",
    "手机",
    "电话",
    "电话号码",
    "邮箱",
    "地址",
    "to",
];
const CHANNELS: [&str; 2] = ["channel", "渠道"];
/// What they call that which she wrote.
const TEXTS: [&str; 6] = ["content", "text", "message", "内容", "回复内容", "上行内容"];
/// What they call when she did.
const TIMES: [&str; 6] = ["at", "send_time", "time", "时间", "退订时间", "回复时间"];

impl Hearsay<'_> {
    /// Reads a list: lines of JSON if its name ends with `.jsonl`, `.ndjson` or `.json`, else CSV.
    ///
    /// # Errors
    /// `R0152` it cannot be read, `R0250` lines that cannot be understood; all of them.
    pub fn read(self, path: &Path) -> Result<Heard, Vec<Diagnostic>> {
        let mut heard = Heard::default();
        let mut bad: BTreeMap<BadOptOut, Vec<u64>> = BTreeMap::new();
        let mut nameless = BTreeSet::new();
        for (line, fields) in lists::read(path)? {
            match fields.as_ref().ok_or(BadOptOut::Shape).and_then(|fields| self.line(line, fields)) {
                Ok(Some(optout)) => heard.optouts.push(optout),
                Ok(None) => heard.other_texts.push(line),
                Err(what) => {
                    if what == BadOptOut::Who {
                        nameless.extend(fields.into_iter().flat_map(BTreeMap::into_keys));
                    }
                    bad.entry(what).or_default().push(line);
                }
            }
        }
        if bad.is_empty() {
            return Ok(heard);
        }
        let told = |(what, lines): (&BadOptOut, &Vec<u64>)| match what {
            BadOptOut::Who => *diagnostics::nameless_optouts(path, lines, &nameless),
            _ => *diagnostics::bad_optouts(path, *what, lines),
        };
        Err(bad.iter().map(told).collect())
    }

    /// What a line says; nothing if its text says something else.
    fn line(self, line: u64, fields: &Fields) -> Result<Option<OptOut>, BadOptOut> {
        let said = TEXTS.iter().filter_map(|name| fields.get(*name)).find(|text| !is_key(text));
        if said.is_some_and(|text| !is_word(text)) {
            return Ok(None);
        }
        let who = who(fields).ok_or(BadOptOut::Who)?;
        let written = first(fields, &CHANNELS).map(String::as_str).or(self.channel);
        let channel = written.map(|written| self.channel_called(written).to_owned());
        match &channel {
            None if matches!(who, Who::Address(_)) => return Err(BadOptOut::NoChannel),
            Some(name) if !self.project.channels.contains_key(name) => return Err(BadOptOut::UnknownChannel),
            _ => {}
        }
        let at = match first(fields, &TIMES) {
            Some(written) => self.instant(written).ok_or(BadOptOut::Time)?,
            None => self.now,
        };
        if at > self.now {
            Err(BadOptOut::Future)
        } else {
            Ok(Some(OptOut { who, channel, at, line: Some(line) }))
        }
    }

    /// The channel of the project, whether its name is written in capitals or not.
    fn channel_called<'w>(&'w self, written: &'w str) -> &'w str {
        let names = self.project.channels.keys().map(String::as_str);
        let exact = self.project.channels.contains_key(written);
        names.filter(|_| !exact).find(|name| name.eq_ignore_ascii_case(written)).unwrap_or(written)
    }

    /// A time as people write it, or as seconds or milliseconds since 1970.
    fn instant(self, written: &str) -> Option<Instant> {
        match written.parse::<i64>() {
            Ok(milliseconds) if milliseconds.unsigned_abs() >= 100_000_000_000 => {
                milliseconds.checked_mul(1_000).map(Instant)
            }
            Ok(seconds) => seconds.checked_mul(1_000_000).map(Instant),
            Err(_) => instant(written, self.project.zone),
        }
    }
}

fn who(fields: &Fields) -> Option<Who> {
    let field = |names: &[&str]| first(fields, names).cloned();
    let by_message = || field(&["message"]).filter(|text| is_key(text)).map(Who::Message);
    let by_address = || field(&ADDRESSES).map(Who::Address);
    let by_code = || field(&CODES).map(Who::Code);
    field(&CUSTOMERS).map(Who::Customer).or_else(by_message).or_else(by_code).or_else(by_address)
}

/// The first of these fields that there is.
fn first<'f>(fields: &'f Fields, names: &[&str]) -> Option<&'f String> {
    names.iter().find_map(|name| fields.get(*name))
}

/// Whether a text is the key of a message: 32 hex digits.
fn is_key(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests;
