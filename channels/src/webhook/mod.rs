//! Anybody who takes messages over HTTP.
//!
//! `kind = "webhook"` calls an address of the project's own choice, in a body of its own making (`template.rs`, `batch.rs`);
//! with a `profile` it speaks the interface of one provider (`aliyun.rs`, `tencent.rs`, `kannel.rs`).

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
use crate::http::{ONE_BY_ONE, address, refused, taken, unknown};
use crate::secret::Secret;
use crate::settings::Settings;
use crate::{Delivery, Terms, Trouble};
use answer::pointed;
use rulec_diagnostic::Text;
use rulec_plan::outlet::Condition;
use rulec_plan::template::Template;
use rulec_plan::time::Instant;
use std::fmt;
use template::{Body, ContentType};

/// What a body is unless the headers say otherwise.
const JSON: &str = "application/json; charset=utf-8";

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

/// A receiver of the project's own.
struct Webhook {
    method: Method,
    url: Template,
    headers: Vec<(String, Template)>,
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
        let url = address::address(settings, settings.required("url")?)?;
        let mut headers = Vec::new();
        for (name, value) in settings.table("headers") {
            headers.push((name.to_owned(), address::template(settings, "headers", value)?));
        }
        let content_type = content_type(settings, &mut headers)?;
        let body = Body::new(settings, content_type)?;
        let batch = settings.count("batch")?.filter(|batch| *batch > 1);
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
            body,
            secret: settings.secret("secret")?,
            batch,
            promise: Promise { honours_key: settings.flag("idempotent")?, one_address },
            id: settings.text("id_pointer").map(str::to_owned),
            ok_when: answer::condition(settings, "ok_when")?,
            later_when: answer::condition(settings, "later_when")?,
        })
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
        let judge = |condition: &Condition| json.as_ref().and_then(|json| answer::judge(condition, json));
        if let Some((true, code)) = self.later_when.as_ref().and_then(&judge) {
            let reason = private.reason(&code, answer.said());
            return Delivery::Later { reason, after: answer.after, trouble: Trouble::Provider };
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

/// `POST` unless said.
fn method(settings: Settings<'_>) -> Method {
    match settings.text("method") {
        Some("GET") => Method::GET,
        Some("PUT") => Method::PUT,
        _ => Method::POST,
    }
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
        headers.extend(self.signature(&body, now));
        Ok(Request { method: self.method.clone(), url, headers, body })
    }

    fn deliveries(&self, answer: &Answer, messages: &[Outgoing<'_>]) -> Says {
        if self.batch.is_some()
            && answer.is_success()
            && let Some(results) = answer.json().as_ref().and_then(answer::results)
        {
            return messages.iter().map(|message| results.of(message, self.promise)).collect();
        }
        messages
            .iter()
            .map(|message| self.delivery(answer, &message.private(self.secret.as_ref().as_slice())))
            .collect()
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
