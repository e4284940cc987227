//! What a status, or the lack of one, means for a message.

use super::client::{Answer, Failure};
use super::private::Private;
use crate::{Delivery, Reason, Trouble};

/// How many characters of an id or a code are kept.
const LONGEST: usize = 128;

/// What is known of whom we call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Promise {
    /// It takes a message with the same key only once.
    pub(crate) honours_key: bool,
    /// All messages go to one address, so that `404` is about the settings.
    pub(crate) one_address: bool,
}

/// What an answer means by its status alone; `None`: it was taken, as far as the status says.
///
/// A server that fails (5xx) may have taken the message before, and so may one that answers as browsers are sent on behind a
/// form (`302`, `303`): only one that honours keys is asked again. `429` says that nothing was done. `503` says so only with
/// `Retry-After`, as proxies answer it, too, when the server behind them died over the request. `409` of a server that
/// honours keys may say that it is still busy with this one.
pub(crate) fn by_status(answer: &Answer, promise: Promise, private: &Private<'_>) -> Option<Delivery> {
    let reason = || private.reason(&format!("http {}", answer.status), answer.said());
    let put_off = |trouble, maybe| Delivery::Later { reason: reason(), after: answer.after, trouble, maybe };
    let later = |trouble| put_off(trouble, false);
    let again =
        |trouble| if promise.honours_key { put_off(trouble, true) } else { Delivery::Unknown(reason()) };
    Some(match answer.status {
        200..300 => return None,
        401 | 403 | 407 => later(Trouble::Settings),
        404 | 405 | 410 if promise.one_address => later(Trouble::Settings),
        408 | 429 => later(Trouble::Provider),
        503 if answer.asks_to_wait => later(Trouble::Provider),
        409 if promise.honours_key => put_off(Trouble::Message, true),
        425 => later(Trouble::Message),
        400..500 => Delivery::Refused(reason()),
        500.. => again(Trouble::Provider),
        302 | 303 => again(Trouble::Settings),
        // Redirects are not followed: whoever is named there is not whom the project trusts.
        _ => later(Trouble::Settings),
    })
}

impl From<Failure> for Delivery {
    fn from(failure: Failure) -> Delivery {
        match failure {
            Failure::TooLong(reason) => Delivery::Refused(reason),
            Failure::Unfit(reason) | Failure::Untrusted(reason) => later(reason, Trouble::Settings),
            Failure::Unsent(reason) => later(reason, Trouble::Provider),
            Failure::Unknown(reason) => Delivery::Unknown(reason),
        }
    }
}

/// Taken; `id`: what the other side calls the message, if it says so in what can be one.
pub(crate) fn taken(id: Option<&str>) -> Delivery {
    Delivery::Taken { id: id.map(word).filter(|id| !id.is_empty()) }
}

/// A name or a code of the other side, as it may be kept and shown: short, and without characters that do something.
pub(crate) fn word(text: &str) -> String {
    let turns = |letter| matches!(letter, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.trim().chars().filter(|letter| !letter.is_control() && !turns(*letter)).take(LONGEST).collect()
}

/// Not taken, and nobody said for how long.
pub(crate) fn later(reason: Reason, trouble: Trouble) -> Delivery {
    Delivery::Later { reason, after: None, trouble, maybe: false }
}

/// A message that cannot be said to this provider; `why` is a few fixed words.
pub(crate) fn refused(code: &str, why: &str) -> Delivery {
    Delivery::Refused(Reason::new(code, why, &[]))
}

/// An answer that does not say what became of the message.
pub(crate) fn unknown(answer: &Answer) -> Delivery {
    Delivery::Unknown(unread(answer))
}

/// Why an answer does not say what became of a message.
pub(crate) fn unread(answer: &Answer) -> Reason {
    let why = if answer.body.is_some() { "the answer cannot be understood" } else { "the answer broke off" };
    Reason::new(format!("http {}", answer.status), why, &[])
}
