//! A group's robot: whoever has its key may speak to the group.

use super::codes::{Said, said};
use super::content::Format;
use crate::diagnostics::Result;
use crate::http::{
    Answer, HttpChannel, Method, ONE_BY_ONE, Outgoing, Protocol, Request, Says, escape, refused, taken,
};
use crate::secret::Secret;
use crate::settings::Settings;
use crate::{Channel, Delivery, Terms};
use rulec_plan::time::Instant;

/// How many bytes of Markdown, and of text, a robot may say.
const MOST: (usize, usize) = (4096, 2048);

/// The channel of the robot with this key. WeCom takes 20 messages a minute from it, so there is one call at a time.
pub(super) fn open(settings: Settings<'_>, key: Secret) -> Result<Box<dyn Channel>> {
    let url = super::function(settings, "/cgi-bin/webhook/send")?;
    let robot = Robot { url, key, format: Format::read(settings) };
    HttpChannel::open(settings, robot, Terms { calls: 1, ..ONE_BY_ONE })
}

struct Robot {
    url: String,
    key: Secret,
    format: Format,
}

impl Protocol for Robot {
    fn request(&self, messages: &[Outgoing<'_>], _now: Instant) -> std::result::Result<Request, Delivery> {
        let [message] = messages else {
            return Err(refused("no message", "a robot says one thing at a time"));
        };
        let most = if self.format == Format::Markdown { MOST.0 } else { MOST.1 };
        let body = self.format.content(&message.content.message, most)?;
        Ok(Request {
            method: Method::POST,
            url: format!("{}?key={}", self.url, escape::url(self.key.expose())),
            headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
            body: body.to_string(),
        })
    }

    fn deliveries(&self, answer: &Answer, messages: &[Outgoing<'_>]) -> Says {
        let delivery = |message: &Outgoing<'_>| match said(answer, &message.private(&[&self.key])) {
            Said::Yes(_) => taken(None),
            Said::No(_, delivery) | Said::Else(delivery) => delivery,
        };
        messages.iter().map(delivery).collect()
    }
}
