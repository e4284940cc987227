//! `sendsms` of Kannel, the gateway to operators that many run themselves.
//!
//! With `POST` everything stands in headers and body, which access logs do not keep; with `GET` in the address. Kannel knows
//! no idempotency.

use super::phone;
use crate::diagnostics::Result;
use crate::http::{Answer, HttpChannel, Method, ONE_BY_ONE, Outgoing, Promise, Protocol, Request, Says};
use crate::http::{address, by_status, escape, later, refused, taken, unknown};
use crate::secret::Secret;
use crate::settings::Settings;
use crate::{Channel, Delivery, Trouble};
use rulec_plan::time::Instant;

const PROMISE: Promise = Promise { honours_key: false, one_address: true };
/// Sixteen bits a letter: for texts that the GSM alphabet cannot hold.
const UNICODE: &str = "2";
/// What the answer to a message that was taken begins with: one that was handed on, one that waits, and one of a gateway
/// that answers before it hands on.
const TAKEN: &[&str] = &["0:", "3:", "Sent"];
/// What stands in an answer to what is the same for all messages: all that is sent but number and text.
const OF_SETTINGS: &[&str] = &["Sender missing", " field misformed"];
/// What an answer begins with that says that nothing was done.
const NOT_NOW: &str = "Temporal failure";

/// The channel that the settings describe.
pub(super) fn open(settings: Settings<'_>) -> Result<Box<dyn Channel>> {
    let url = address::fixed(settings, settings.required("url")?)?.url;
    address::check_secrecy(settings, &url)?;
    let kannel = Kannel {
        url,
        post: settings.text("method") != Some("GET"),
        username: settings.required("username")?.to_owned(),
        password: settings.required_secret("password")?,
        from: settings.text("from").map(str::to_owned),
        dlr: reports(settings)?,
    };
    HttpChannel::open(settings, kannel, ONE_BY_ONE)
}

/// For which reports on a delivery Kannel calls which address; it wants both.
fn reports(settings: Settings<'_>) -> Result<Option<(String, String)>> {
    match (settings.text("dlr_mask"), settings.text("dlr_url")) {
        (Some(mask), Some(url)) => Ok(Some((mask.to_owned(), url.to_owned()))),
        (Some(_), None) => settings.required("dlr_url").map(|_| None),
        (None, Some(_)) => settings.required("dlr_mask").map(|_| None),
        (None, None) => Ok(None),
    }
}

struct Kannel {
    url: String,
    post: bool,
    username: String,
    password: Secret,
    from: Option<String>,
    dlr: Option<(String, String)>,
}

impl Protocol for Kannel {
    fn request(&self, messages: &[Outgoing<'_>], _now: Instant) -> std::result::Result<Request, Delivery> {
        let message = super::only(messages)?;
        let number = phone::number(&message.content.to)?;
        let text = message.content.message.as_str();
        if text.contains('\0') {
            return Err(refused("bad value", "a text message cannot hold this character"));
        }
        let mut fields = vec![
            ("username", self.username.as_str()),
            ("password", self.password.expose()),
            ("to", number.as_str()),
            ("coding", UNICODE),
        ];
        fields.extend(self.from.as_deref().map(|from| ("from", from)));
        if let Some((mask, url)) = &self.dlr {
            fields.extend([("dlr-mask", mask.as_str()), ("dlr-url", url.as_str())]);
        }
        Ok(if self.post { self.posted(&fields, text) } else { self.got(fields, text) })
    }

    fn deliveries(&self, answer: &Answer, messages: &[Outgoing<'_>]) -> Says {
        messages.iter().map(|message| self.delivery(answer, message)).collect()
    }
}

impl Kannel {
    fn got<'a>(&'a self, mut fields: Vec<(&'a str, &'a str)>, text: &'a str) -> Request {
        fields.extend([("charset", "UTF-8"), ("text", text)]);
        let url = format!("{}?{}", self.url, escape::pairs(&fields, escape::form));
        Request { method: Method::GET, url, headers: Vec::new(), body: String::new() }
    }

    fn posted(&self, fields: &[(&str, &str)], text: &str) -> Request {
        let mut headers: Vec<_> = fields
            .iter()
            .map(|(name, value)| (format!("X-Kannel-{}", header(name)), (*value).to_owned()))
            .collect();
        headers.push(("Content-Type".to_owned(), "text/plain; charset=UTF-8".to_owned()));
        Request { method: Method::POST, url: self.url.clone(), headers, body: text.to_owned() }
    }

    /// Kannel says `403` of a password that is wrong, and of a number that no operator takes. A success without its words is
    /// that of somebody else, such as a page to log in.
    fn delivery(&self, answer: &Answer, message: &Outgoing<'_>) -> Delivery {
        let private = message.private(&[&self.password]);
        let said = answer.said();
        let reason = |code: &str| private.reason(code, said);
        match answer.status {
            403 if !said.contains("Authorization") => Delivery::Refused(reason("http 403")),
            400 if OF_SETTINGS.iter().any(|words| said.contains(words)) => {
                later(reason("http 400"), Trouble::Settings)
            }
            200..300 | 503 if said.starts_with(NOT_NOW) => {
                later(reason("temporal failure"), Trouble::Provider)
            }
            200..300 if TAKEN.iter().any(|words| said.starts_with(words)) => taken(None),
            _ => by_status(answer, PROMISE, &private).unwrap_or_else(|| unknown(answer)),
        }
    }
}

/// What the header of a field is called behind `X-Kannel-`.
fn header(field: &str) -> &str {
    match field {
        "username" => "Username",
        "password" => "Password",
        "to" => "To",
        "from" => "From",
        "coding" => "Coding",
        "dlr-mask" => "DLR-Mask",
        "dlr-url" => "DLR-Url",
        other => other,
    }
}
