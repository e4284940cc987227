//! Anybody who takes messages over HTTP.
//!
//! `kind = "webhook"` calls an address of the project's own choice, in a body of its own making (`template.rs`), and reads
//! what the answer says (`answer.rs`); with a `profile` it speaks the interface of one provider (`aliyun.rs`, `tencent.rs`,
//! `kannel.rs`).

mod aliyun;
mod answer;
mod kannel;
mod phone;
#[cfg(test)]
mod profiles;
mod template;
mod tencent;
#[cfg(test)]
mod tests;

use crate::Channel;
use crate::diagnostics::Result;
use crate::http::{
    Answer, HttpChannel, Method, Outgoing, Private, Promise, Protocol, Request, Says, by_status, sign,
};
use crate::http::{ONE_BY_ONE, address, later, refused, taken, unknown, unread};
use crate::secret::Secret;
use crate::settings::{HeaderText, Settings};
use crate::{Delivery, Terms, Trouble};
use answer::{Said, doubtful, pointed};
use rulec_diagnostic::Text;
use rulec_plan::outlet::{self, Clash, Condition};
use rulec_plan::template::Template;
use rulec_plan::time::Instant;
use std::fmt;
use template::{Body, ContentType};

/// What a body is unless the headers say otherwise.
const JSON: &str = "application/json; charset=utf-8";

/// The status of a body that is too large.
const TOO_LARGE: u16 = 413;

/// The channel that the settings describe.
pub(crate) fn open(settings: Settings<'_>) -> Result<Box<dyn Channel>> {
    let profiles = Text::new("`aliyun`, `tencent` or `kannel`", "`aliyun`、`tencent` 或 `kannel`");
    match settings.text("profile") {
        Some("aliyun") => return aliyun::open(settings),
        Some("tencent") => return tencent::open(settings),
        Some("kannel") => return kannel::open(settings),
        Some(_) => return Err(settings.wrong("profile", &profiles)),
        None => {}
    }
    let webhook = Webhook::new(settings)?;
    let (batch, honours_key) = (webhook.batch.unwrap_or(1), webhook.promise.honours_key);
    HttpChannel::open(settings, webhook, Terms { batch, honours_key, ..ONE_BY_ONE })
}

/// Header fields by their names.
type Fields<T> = Vec<(String, T)>;

/// A receiver of the project's own.
struct Webhook {
    method: Method,
    url: Template,
    headers: Fields<Template>,
    secret_headers: Fields<Secret>,
    body: Body,
    secret: Option<Secret>,
    /// So many messages in one array; none: one message, no array.
    batch: Option<usize>,
    promise: Promise,
    id: Option<String>,
    ok_when: Option<Condition>,
    later_when: Option<Condition>,
}

impl Webhook {
    fn new(settings: Settings<'_>) -> Result<Webhook> {
        if let Some(clash) = outlet::clash(|name| settings.text(name)) {
            return Err(settings.wrong(clash.setting(), &instead_of(clash)));
        }
        let written = settings.required("url")?;
        let url = address::address(settings, written)?;
        let (mut headers, secret_headers) = headers(settings)?;
        if !secret_headers.is_empty() {
            address::check_secrecy(settings, written)?;
        }
        let content_type = content_type(settings, &mut headers)?;
        let body = Body::new(settings, content_type)?;
        let batch = batch(settings)?;
        let one_address = url.is_fixed();
        let fixed = one_address && headers.iter().all(|(_, value)| value.is_fixed());
        if batch.is_some() && !(fixed && content_type == ContentType::Json) {
            let expected = Text::new(
                "left out where addresses or headers differ from message to message, or the body is not JSON",
                "去掉：地址或请求头因消息而异、或正文不是 JSON 时不能成批发送",
            );
            return Err(settings.wrong("batch", &expected));
        }
        Ok(Webhook {
            method: method(settings),
            url,
            headers,
            secret_headers,
            body,
            secret: settings.secret("secret")?,
            batch,
            promise: Promise { honours_key: settings.flag("idempotent")?, one_address },
            id: settings.text("id_pointer").map(str::to_owned),
            ok_when: answer::condition(settings, "ok_when")?,
            later_when: answer::condition(settings, "later_when")?,
        })
    }

    /// What no reason about this message may hold.
    fn private<'a>(&'a self, message: &'a Outgoing<'_>) -> Private<'a> {
        let private = message.private(self.secret.as_ref().as_slice());
        self.secret_headers.iter().fold(private, |private, (_, value)| private.and_header(value))
    }

    fn signature(&self, body: &str, now: Instant) -> Vec<(String, String)> {
        let Some(secret) = &self.secret else { return Vec::new() };
        let time = sign::unix(now).to_string();
        let mac = sign::hmac(secret.expose().as_bytes(), format!("{time}.{body}").as_bytes());
        vec![
            ("X-Rulec-Timestamp".to_owned(), time),
            ("X-Rulec-Signature".to_owned(), format!("v1={}", sign::hex(&mac))),
        ]
    }

    /// What an answer means for a message, when it says one thing for all.
    fn delivery(&self, answer: &Answer, private: &Private<'_>) -> Delivery {
        if let Some(delivery) = by_status(answer, self.promise, private) {
            return delivery;
        }
        let json = answer.json();
        if json.is_none() && (self.ok_when.is_some() || self.later_when.is_some()) {
            return unknown(answer);
        }
        let judge = |condition: &Condition| json.as_ref().and_then(|json| answer::judge(condition, json));
        if let Some((true, code)) = self.later_when.as_ref().and_then(&judge) {
            let reason = private.reason(&code, answer.said());
            return Delivery::Later { reason, after: answer.after, trouble: Trouble::Provider, maybe: false };
        }
        match self.ok_when.as_ref().map(judge) {
            Some(None) => return unknown(answer),
            Some(Some((false, code))) => {
                return Delivery::Refused(private.reason(&code, answer.said()));
            }
            Some(Some((true, _))) | None => {}
        }
        let id = self.id.as_ref().and_then(|pointer| pointed(json.as_ref()?, pointer));
        taken(id.as_deref())
    }
}

/// What a setting must be that does not go with others.
fn instead_of(clash: Clash) -> Text {
    match clash {
        Clash::NoBody(_) => Text::new("left out with `GET`, which sends no body", "去掉：`GET` 没有正文"),
        Clash::NothingSaid => Text::new(
            "an address with `{to}` or `{message}`, as `GET` sends nothing else",
            "带 `{to}` 或 `{message}` 的地址，因为 `GET` 只发送地址",
        ),
        Clash::NoKeys => Text::new(
            "one with `{key}`, by which the service knows each message of an array",
            "带 `{key}` 的正文，对方要靠它识别数组里的每条消息",
        ),
    }
}

/// How many messages an array has; none: one message a call, and no array.
fn batch(settings: Settings<'_>) -> Result<Option<usize>> {
    let batch = settings.count("batch")?;
    if batch.is_some_and(|batch| batch > outlet::LARGEST_BATCH) {
        let most = outlet::LARGEST_BATCH;
        let expected = Text::new(format!("at most {most}"), format!("不超过 {most} 的数"));
        return Err(settings.wrong("batch", &expected));
    }
    Ok(batch.filter(|batch| *batch > 1))
}

/// `POST` unless said.
fn method(settings: Settings<'_>) -> Method {
    match settings.text("method") {
        Some("GET") => Method::GET,
        Some("PUT") => Method::PUT,
        _ => Method::POST,
    }
}

/// The fields that every request has: those that many may read, and those that are secrets.
fn headers(settings: Settings<'_>) -> Result<(Fields<Template>, Fields<Secret>)> {
    let (mut open, mut secret) = (Vec::new(), Vec::new());
    for (name, text) in settings.headers()? {
        match text {
            HeaderText::Open(text) => {
                open.push((name.to_owned(), address::template(settings, "headers", text)?));
            }
            HeaderText::Secret(text) => secret.push((name.to_owned(), text)),
        }
    }
    Ok((open, secret))
}

/// That of the headers, which it is added to if it is missing.
fn content_type(settings: Settings<'_>, headers: &mut Vec<(String, Template)>) -> Result<ContentType> {
    let said = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    let said = match said {
        Some((_, value)) => value.fill(|_| String::new()),
        None => {
            headers.push(("Content-Type".to_owned(), address::template(settings, "headers", JSON)?));
            JSON.to_owned()
        }
    };
    ContentType::of(&said).ok_or_else(|| {
        let expected = Text::new(
            "JSON, a form, XML or plain text in `Content-Type`, since values are written as each of them needs",
            "在 `Content-Type` 里写 JSON、表单、XML 或纯文本，因为取值要按各自的规则转义",
        );
        settings.wrong("headers", &expected)
    })
}

impl Protocol for Webhook {
    fn request(&self, messages: &[Outgoing<'_>], now: Instant) -> std::result::Result<Request, Delivery> {
        let Some(first) = messages.first() else { return Err(refused("no message", "nothing to send")) };
        let url = template::fill_address(&self.url, &first.content)?;
        let bodies = messages.iter().map(|message| self.body.fill(message));
        let body = match (&self.method, self.batch) {
            (&Method::GET, _) => String::new(),
            (_, None) => bodies.collect(),
            (_, Some(_)) => format!("[{}]", bodies.collect::<Vec<_>>().join(",")),
        };
        let mut headers = vec![("Idempotency-Key".to_owned(), key(messages))];
        for (name, value) in &self.headers {
            headers.push((name.clone(), template::fill_header(value, &first.content)?));
        }
        let secret = |(name, value): &(String, Secret)| (name.clone(), value.expose().to_owned());
        headers.extend(self.secret_headers.iter().map(secret));
        headers.extend(self.signature(&body, now));
        Ok(Request { method: self.method.clone(), url, headers, body })
    }

    fn deliveries(&self, answer: &Answer, messages: &[Outgoing<'_>]) -> Says {
        let said = if self.batch.is_some() { answer::said(answer) } else { Said::OfAll };
        let of = |message: &Outgoing<'_>| {
            let private = self.private(message);
            match &said {
                Said::Each(results) => results.of(message, self.promise, &private),
                Said::Lost => doubtful(unread(answer), self.promise),
                // Smaller arrays may be taken, so this is about `batch` and about none of the messages.
                Said::OfAll if answer.status == TOO_LARGE && messages.len() > 1 => {
                    later(private.reason(&format!("http {TOO_LARGE}"), answer.said()), Trouble::Settings)
                }
                Said::OfAll => self.delivery(answer, &private),
            }
        };
        messages.iter().map(of).collect()
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook").field("method", &self.method).finish_non_exhaustive()
    }
}

/// The message, for interfaces that take one at a time.
fn only<'a, 'm>(messages: &'a [Outgoing<'m>]) -> std::result::Result<&'a Outgoing<'m>, Delivery> {
    match messages {
        [one] => Ok(one),
        _ => Err(refused("no message", "this interface takes one message at a time")),
    }
}

/// The key of one message; of several, 32 hex digits of their hash, so that the same array has the same key.
fn key(messages: &[Outgoing<'_>]) -> String {
    if let [one] = messages {
        return one.content.key.clone();
    }
    let keys: String = messages.iter().map(|message| message.content.key.as_str()).collect();
    sign::sha256(keys.as_bytes())[..32].to_owned()
}
