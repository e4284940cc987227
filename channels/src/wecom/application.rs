//! Messages of an application to members.

use super::codes::{Said, said};
use super::content::Format;
use super::token::{Token, Tokens};
use crate::diagnostics::{self as says, Result};
use crate::http::{
    Answer, Client, Exchange, HttpChannel, Method, ONE_BY_ONE, Outgoing, Private, Request, Says,
};
use crate::http::{escape, refused, taken};
use crate::settings::Settings;
use crate::{Channel, Delivery};
use rulec_diagnostic::Text;
use rulec_plan::time::Instant;
use serde_json::Value;
use std::sync::Mutex;

/// How many bytes an application may say.
const MOST: usize = 2048;
/// Codes of a token that WeCom no longer takes.
const STALE: [i64; 3] = [40_001, 40_014, 42_001];

/// The channel of the application that the settings name.
pub(super) fn open(settings: Settings<'_>, corp_id: &str) -> Result<Box<dyn Channel>> {
    let expected = Text::new("the number of the application", "应用的编号");
    let agent_id = settings.required("agent_id")?;
    let application = Application {
        url: super::function(settings, "/cgi-bin/message/send")?,
        agent_id: agent_id
            .parse()
            .map_err(|_| says::wrong_setting(settings.channel, "agent_id", &expected))?,
        format: Format::read(settings),
        tokens: Tokens {
            url: super::function(settings, "/cgi-bin/gettoken")?,
            corp_id: corp_id.to_owned(),
            secret: settings.required_secret("secret")?,
            held: Mutex::new(None),
        },
    };
    HttpChannel::open(settings, application, ONE_BY_ONE)
}

struct Application {
    url: String,
    agent_id: i64,
    format: Format,
    tokens: Tokens,
}

impl Exchange for Application {
    /// A token that WeCom no longer takes is replaced once: WeCom said that it did not take the message.
    fn exchange(&self, client: &Client, messages: &[Outgoing<'_>], now: Instant) -> Says {
        let once = || {
            let token = self.tokens.get(client, now)?;
            let request = self.with_token(messages, &token)?;
            let answer = client.call(&request, now)?;
            Ok(self.delivery(&answer, messages, &token))
        };
        let first: std::result::Result<(bool, Delivery), Delivery> = once();
        let last = match first {
            Ok((true, _)) => once(),
            other => other,
        };
        vec![last.map_or_else(|delivery| delivery, |(_, delivery)| delivery); messages.len()]
    }
}

impl Application {
    fn with_token(&self, messages: &[Outgoing<'_>], token: &Token) -> std::result::Result<Request, Delivery> {
        let [message] = messages else { return Err(refused("no message", "one message at a time")) };
        let mut body = self.format.content(&message.content.message, MOST)?;
        body["touser"] = member(&message.content.to)?.into();
        body["agentid"] = self.agent_id.into();
        Ok(Request {
            method: Method::POST,
            url: format!("{}?access_token={}", self.url, escape::url(token.text.expose())),
            headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
            body: body.to_string(),
        })
    }

    /// What the answer means, and whether it is the token that was wrong.
    fn delivery(&self, answer: &Answer, messages: &[Outgoing<'_>], token: &Token) -> (bool, Delivery) {
        let private = Private::of(&[&token.text, &self.tokens.secret]);
        let private = messages.iter().fold(private, |private, message| private.and(&message.content));
        match said(answer, &private) {
            Said::Yes(json) => (false, received(&json)),
            Said::No(code, delivery) if STALE.contains(&code) => {
                self.tokens.forget(token);
                (true, delivery)
            }
            Said::No(_, delivery) | Said::Else(delivery) => (false, delivery),
        }
    }
}

/// One member's id. Several with `|` between them, or `@all`, would reach people who were not asked for.
fn member(to: &str) -> std::result::Result<&str, Delivery> {
    let letter = |letter: u8| letter.is_ascii_alphanumeric() || b"_-@.".contains(&letter);
    if (1..=64).contains(&to.len()) && to.bytes().all(letter) && !to.starts_with('@') {
        return Ok(to);
    }
    Err(refused("bad member", "the address is not the id of one member"))
}

/// WeCom says yes also where the only member cannot be reached.
fn received(json: &Value) -> Delivery {
    let text = |name: &str| json.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    for name in ["invaliduser", "unlicenseduser"] {
        if text(name).is_some() {
            return refused(name, "the member cannot be reached by this application");
        }
    }
    taken(text("msgid"))
}
