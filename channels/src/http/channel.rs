//! A channel made of a protocol: what one provider wants said, and what its answers mean.

use super::client::{Answer, Client, Request};
use crate::diagnostics::Result;
use crate::settings::Settings;
use crate::{Channel, Content, Delivery, Message, Reason, Sender, Terms};
use rulec_plan::time::{Clock, Instant};
use std::sync::Arc;
use std::time::Duration;

/// How many calls are under way at a time unless the project file says otherwise.
const CALLS: usize = 8;

/// A message that is handed over.
#[derive(Debug)]
pub(crate) struct Outgoing<'a> {
    pub(crate) message: &'a Message,
    pub(crate) content: Content,
}

impl Outgoing<'_> {
    /// What a provider may repeat and no reason may.
    pub(crate) fn private(&self) -> Vec<&str> {
        let content = &self.content;
        [Some(&content.to), Some(&content.message), Some(&content.customer), content.code.as_ref()]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect()
    }
}

/// What becomes of messages that are handed over together.
pub(crate) type Says = Vec<Delivery>;

/// What one provider wants said, and what its answers mean.
pub(crate) trait Protocol: Send + Sync + 'static {
    /// How it is asked to take these messages, at most [`Terms::batch`].
    ///
    /// # Errors
    /// What keeps all of them from being said.
    fn request(&self, messages: &[Outgoing<'_>], now: Instant) -> std::result::Result<Request, Delivery>;

    /// What the answer means for each, in the same order.
    fn deliveries(&self, answer: &Answer, messages: &[Outgoing<'_>]) -> Says;

    /// Calls the provider. Those that need leave before they may send ask for it here.
    fn exchange(&self, client: &Client, messages: &[Outgoing<'_>], now: Instant) -> Says {
        let answer = self.request(messages, now).and_then(|request| Ok(client.call(&request, now)?));
        match answer {
            Ok(answer) => self.deliveries(&answer, messages),
            Err(delivery) => vec![delivery; messages.len()],
        }
    }
}

/// A channel that speaks a protocol.
pub(crate) struct HttpChannel {
    protocol: Arc<dyn Protocol>,
    terms: Terms,
    timeout: Duration,
    clock: Arc<dyn Clock>,
}

impl HttpChannel {
    /// With the settings `timeout` and `calls`.
    pub(crate) fn new(
        settings: Settings<'_>,
        protocol: impl Protocol,
        batch: usize,
        honours_key: bool,
    ) -> Result<Box<dyn Channel>> {
        let calls = settings.count("calls")?.unwrap_or(CALLS);
        Ok(Box::new(HttpChannel {
            protocol: Arc::new(protocol),
            terms: Terms { batch, calls, honours_key },
            timeout: settings.timeout()?,
            clock: Arc::clone(&settings.outside.clock),
        }))
    }
}

impl Channel for HttpChannel {
    fn terms(&self) -> Terms {
        self.terms
    }

    fn sender(&self) -> Result<Box<dyn Sender>> {
        Ok(Box::new(HttpSender {
            protocol: Arc::clone(&self.protocol),
            batch: self.terms.batch,
            client: Client::new(self.timeout),
            clock: Arc::clone(&self.clock),
        }))
    }
}

struct HttpSender {
    protocol: Arc<dyn Protocol>,
    batch: usize,
    client: Client,
    clock: Arc<dyn Clock>,
}

impl Sender for HttpSender {
    fn send(&mut self, messages: &[Message]) -> Vec<Delivery> {
        messages.chunks(self.batch).flat_map(|batch| self.batch(batch)).collect()
    }
}

impl HttpSender {
    /// Hands over those that are messages to customers; what is none is refused.
    fn batch(&self, messages: &[Message]) -> Says {
        let read: Vec<_> = messages.iter().map(|message| (message, message.content())).collect();
        let outgoing: Vec<_> = read
            .iter()
            .filter_map(|(message, content)| Some(Outgoing { message, content: content.clone()? }))
            .collect();
        let said = match outgoing.as_slice() {
            [] => Vec::new(),
            outgoing => self.protocol.exchange(&self.client, outgoing, self.clock.now()),
        };
        let mut said = said.into_iter();
        let deliveries = read.iter().map(|(_, content)| match content {
            Some(_) => said.next().unwrap_or_else(unsaid),
            None => super::refused("no message", "this is no message to a customer"),
        });
        deliveries.collect()
    }
}

/// Of a message of which a protocol said nothing.
fn unsaid() -> Delivery {
    Delivery::Unknown(Reason::new("no result", "", &[]))
}
