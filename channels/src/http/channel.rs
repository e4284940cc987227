//! A channel made of what one provider wants said, and of what its answers mean.

use super::client::{Answer, Client, Request};
use super::private::Private;
use crate::diagnostics::Result;
use crate::secret::Secret;
use crate::settings::Settings;
use crate::trust;
use crate::{Channel, Content, Delivery, Message, Reason, Sender, Terms};
use rulec_plan::time::{Clock, Instant};
use rustls::pki_types::CertificateDer;
use std::sync::Arc;
use std::time::Duration;

/// One message a call, eight calls at a time, and none may be handed over again.
pub(crate) const ONE_BY_ONE: Terms = Terms { batch: 1, calls: 8, honours_key: false };

/// A message that is handed over.
#[derive(Debug)]
pub(crate) struct Outgoing<'a> {
    pub(crate) message: &'a Message,
    pub(crate) content: Content,
}

impl Outgoing<'_> {
    /// What no reason about this message may hold; these secrets too.
    pub(crate) fn private<'a>(&'a self, secrets: &[&'a Secret]) -> Private<'a> {
        Private::of(secrets).and(&self.content)
    }
}

/// What becomes of messages that are handed over together.
pub(crate) type Says = Vec<Delivery>;

/// Somebody who is handed messages in as many calls as it takes.
pub(crate) trait Exchange: Send + Sync + 'static {
    /// Hands over these messages, at most [`Terms::batch`], and says of each, in the same order, how that went.
    fn exchange(&self, client: &Client, messages: &[Outgoing<'_>], now: Instant) -> Says;
}

/// Somebody who is handed messages in one call: what is asked, and what the answer means.
pub(crate) trait Protocol: Send + Sync + 'static {
    /// How it is asked to take these messages.
    ///
    /// # Errors
    /// What keeps all of them from being said.
    fn request(&self, messages: &[Outgoing<'_>], now: Instant) -> std::result::Result<Request, Delivery>;

    /// What the answer means for each, in the same order.
    fn deliveries(&self, answer: &Answer, messages: &[Outgoing<'_>]) -> Says;
}

impl<P: Protocol> Exchange for P {
    fn exchange(&self, client: &Client, messages: &[Outgoing<'_>], now: Instant) -> Says {
        let answer = self.request(messages, now).and_then(|request| Ok(client.call(&request, now)?));
        match answer {
            Ok(answer) => self.deliveries(&answer, messages),
            Err(delivery) => vec![delivery; messages.len()],
        }
    }
}

/// A channel to a provider.
pub(crate) struct HttpChannel {
    provider: Arc<dyn Exchange>,
    terms: Terms,
    timeout: Duration,
    authorities: Option<Vec<CertificateDer<'static>>>,
    clock: Arc<dyn Clock>,
}

impl HttpChannel {
    /// With the settings `timeout`, `ca_file` and `calls`; without the latter, the calls of these terms.
    pub(crate) fn open(
        settings: Settings<'_>,
        provider: impl Exchange,
        terms: Terms,
    ) -> Result<Box<dyn Channel>> {
        let calls = settings.count("calls")?.unwrap_or(terms.calls);
        Ok(Box::new(HttpChannel {
            provider: Arc::new(provider),
            terms: Terms { calls, ..terms },
            timeout: settings.timeout()?,
            authorities: trust::authorities(settings)?,
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
            provider: Arc::clone(&self.provider),
            batch: self.terms.batch,
            client: Client::new(self.timeout, self.authorities.as_deref()),
            clock: Arc::clone(&self.clock),
        }))
    }
}

struct HttpSender {
    provider: Arc<dyn Exchange>,
    batch: usize,
    client: Client,
    clock: Arc<dyn Clock>,
}

impl Sender for HttpSender {
    fn send(&mut self, messages: &[Message]) -> Vec<Delivery> {
        let batch = self.batch;
        messages.chunks(batch).flat_map(|batch| self.batch(batch)).collect()
    }
}

impl HttpSender {
    /// Hands over those that are messages to customers; what is none is refused.
    fn batch(&mut self, messages: &[Message]) -> Says {
        let read: Vec<_> = messages.iter().map(|message| (message, message.content())).collect();
        let outgoing: Vec<_> = read
            .iter()
            .filter_map(|(message, content)| Some(Outgoing { message, content: content.clone()? }))
            .collect();
        let said = match outgoing.as_slice() {
            [] => Vec::new(),
            outgoing => {
                self.client.begin(outgoing.len());
                self.provider.exchange(&self.client, outgoing, self.clock.now())
            }
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
