//! Leave to speak for an application: asked for once, used until it ends.

use super::codes::{Said, said};
use crate::http::{Client, Failure, Method, Private, Request, escape, later};
use crate::secret::Secret;
use crate::{Delivery, Reason, Trouble};
use rulec_plan::time::{Instant, SECOND};
use serde_json::Value;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// So long before its end a token is not used any more.
const MARGIN: i64 = 300 * SECOND;
/// How long a token lives that does not say so, in seconds.
const LIFE: i64 = 7200;

/// Where tokens come from, and the one that all senders of the channel use.
pub(super) struct Tokens {
    pub(super) url: String,
    pub(super) corp_id: String,
    pub(super) secret: Secret,
    pub(super) held: Mutex<Option<Token>>,
}

/// A token and when it ends.
#[derive(Clone)]
pub(super) struct Token {
    pub(super) text: Secret,
    ends: Instant,
}

impl Tokens {
    /// The token at hand, or a new one. One sender asks, the others wait for it: WeCom gives the same token to all, and counts
    /// how often it is asked.
    ///
    /// # Errors
    /// What becomes of a message for which there is none: it was not sent, whatever went wrong.
    pub(super) fn get(&self, client: &Client, now: Instant) -> Result<Token, Delivery> {
        let mut held = self.held();
        if let Some(token) = held.as_ref().filter(|token| now.0 < token.ends.0 - MARGIN) {
            return Ok(token.clone());
        }
        let token = self.ask(client, now)?;
        *held = Some(token.clone());
        Ok(token)
    }

    /// A token that WeCom no longer takes is forgotten, unless there is a newer one already.
    pub(super) fn forget(&self, refused: &Token) {
        let mut held = self.held();
        if held.as_ref().is_some_and(|token| token.text == refused.text) {
            *held = None;
        }
    }

    fn held(&self) -> MutexGuard<'_, Option<Token>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ask(&self, client: &Client, now: Instant) -> Result<Token, Delivery> {
        let fields = [("corpid", self.corp_id.as_str()), ("corpsecret", self.secret.expose())];
        let request = Request {
            method: Method::GET,
            url: format!("{}?{}", self.url, escape::pairs(&fields, escape::url)),
            headers: Vec::new(),
            body: String::new(),
        };
        let answer = client.call(&request, now).map_err(|failure| match failure {
            Failure::TooLong(reason) | Failure::Unfit(reason) | Failure::Untrusted(reason) => {
                later(reason, Trouble::Settings)
            }
            Failure::Unsent(reason) | Failure::Unknown(reason) => later(reason, Trouble::Provider),
        })?;
        match said(&answer, &Private::of(&[&self.secret])) {
            Said::Yes(json) => token(&json, now),
            Said::No(_, delivery) | Said::Else(delivery) => Err(unsent(delivery)),
        }
    }
}

fn token(json: &Value, now: Instant) -> Result<Token, Delivery> {
    let Some(text) = json.get("access_token").and_then(Value::as_str).filter(|text| !text.is_empty()) else {
        return Err(later(Reason::new("no token", "", &[]), Trouble::Provider));
    };
    let life = json.get("expires_in").and_then(Value::as_i64).unwrap_or(LIFE).clamp(0, 24 * 3600);
    // However short its life, it is good for the message at hand.
    Ok(Token { text: Secret::new(text), ends: Instant(now.0.saturating_add(life * SECOND)) })
}

/// What goes wrong while a token is asked for is nothing of the message: it waits.
fn unsent(delivery: Delivery) -> Delivery {
    match delivery {
        Delivery::Refused(reason) => later(reason, Trouble::Settings),
        Delivery::Unknown(reason) => later(reason, Trouble::Provider),
        other => other,
    }
}
