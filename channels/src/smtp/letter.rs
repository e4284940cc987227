//! A message as a mail: headers, and the text as HTML and plain.
//!
//! Nothing of a customer stands in a header but the address, which is read strictly, and what is percent-encoded in
//! `List-Unsubscribe`; header fields are encoded and folded by the library besides.

use super::text;
use crate::clean::clean;
use crate::{Content, Reason, http};
use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart, MultiPartKind, SinglePart};
use lettre::{Address, message::MultiPartBuilder};
use rulec_plan::project::Escape;
use rulec_plan::template::Template;
use rulec_plan::time::Instant;
use std::error::Error;
use std::time::{Duration, SystemTime};

/// No line of a mail may be longer (RFC 5322), its end not counted.
const LINE: usize = 998;

/// What all mails of a channel have in common.
pub(super) struct Letterhead {
    pub(super) from: Mailbox,
    pub(super) reply_to: Option<Mailbox>,
    pub(super) subject: String,
    pub(super) unsubscribe: Option<Template>,
    pub(super) escape: Escape,
}

/// An address that mails can go to, exactly as a mail server has to understand it: letters of ASCII, no quotes, no
/// comments, no address literals. Stricter than the standards, and than what is found in the field outside attacks.
pub(super) fn address(text: &str) -> Option<Address> {
    let (user, host) = text.rsplit_once('@')?;
    let letter = |byte: u8| byte.is_ascii_alphanumeric();
    let user_letter = |byte: u8| letter(byte) || b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
    let is_atom = |part: &str| !part.is_empty() && part.bytes().all(user_letter);
    let is_label = |part: &str| {
        (1..=63).contains(&part.len())
            && part.bytes().all(|byte| letter(byte) || byte == b'-')
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    let sound = user.len() <= 64
        && host.len() <= 253
        && user.split('.').all(is_atom)
        && host.split('.').all(is_label);
    sound.then(|| Address::new(user, host).ok())?
}

impl Letterhead {
    /// The whole mail, or why there can be none.
    pub(super) fn write(&self, content: &Content, to: &Address, now: Instant) -> Result<Vec<u8>, Reason> {
        let unfit = |error: &dyn Error| Reason::new("no mail", &error.to_string(), &[&content.to]);
        let is_key = !content.key.is_empty() && content.key.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !is_key {
            return Err(Reason::new("no mail", "the key is none", &[]));
        }
        let mut builder = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to.clone()))
            .subject(&self.subject)
            .date(time(now))
            .message_id(Some(format!("<{}@{}>", content.key, self.from.email.domain())));
        if let Some(reply_to) = &self.reply_to {
            builder = builder.reply_to(reply_to.clone());
        }
        if let Some(template) = &self.unsubscribe {
            let target = template.fill(|field| http::escape::url(content.field(field).unwrap_or_default()));
            if target.len() > LINE - 30 {
                return Err(Reason::new("no mail", "the address to unsubscribe is too long", &[]));
            }
            let one_click = target.starts_with("https://");
            builder = builder.header(Unsubscribe(target));
            if one_click {
                builder = builder.header(OneClick);
            }
        }
        let message = clean(&content.message);
        let mail = match self.escape {
            Escape::Html => builder.multipart(parts(&message, &content.key)),
            Escape::None | Escape::Markdown => builder.singlepart(SinglePart::plain(message)),
        };
        Ok(mail.map_err(|error| unfit(&error))?.formatted())
    }
}

/// The text first, so that programs which can show HTML do. The boundary comes from the key, so the same message is the
/// same mail.
fn parts(message: &str, key: &str) -> MultiPart {
    let (html, text) = if text::has_markup(message) {
        (message.to_owned(), text::plain(message))
    } else {
        (text::with_breaks(message), text::decoded(message))
    };
    let builder: MultiPartBuilder = MultiPart::builder();
    builder
        .kind(MultiPartKind::Alternative)
        .boundary(format!("rulec-{key}"))
        .singlepart(SinglePart::plain(text))
        .singlepart(SinglePart::html(html))
}

/// Instants before 1970 do not send mails.
fn time(now: Instant) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_micros(now.0.max(0).unsigned_abs())
}

/// Where a customer says that no more mails are wanted (RFC 2369).
#[derive(Clone)]
struct Unsubscribe(String);

impl Header for Unsubscribe {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("List-Unsubscribe")
    }

    fn parse(text: &str) -> Result<Self, Box<dyn Error + Send + Sync>> {
        Ok(Unsubscribe(text.trim_start_matches('<').trim_end_matches('>').to_owned()))
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), format!("<{}>", self.0))
    }
}

/// That a POST to that address is enough (RFC 8058).
#[derive(Clone)]
struct OneClick;

impl Header for OneClick {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("List-Unsubscribe-Post")
    }

    fn parse(_text: &str) -> Result<Self, Box<dyn Error + Send + Sync>> {
        Ok(OneClick)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "List-Unsubscribe=One-Click".to_owned())
    }
}
