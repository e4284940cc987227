//! What is handed over.

use rulec_plan::template::Field;
use serde::Deserialize;
use serde_json::value::RawValue;

/// Something to be handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Names it for ever; 32 hex digits.
    pub key: String,
    /// All of it as one JSON object, without the end of the line: what a file gets.
    pub payload: String,
    /// Whether it may have been handed over before.
    pub again: bool,
}

/// A message to a customer. The fields of the outbox format of `docs/plan-format.md`.
#[derive(Debug, Clone, Deserialize)]
pub struct Content {
    /// See [`Message::key`].
    pub key: String,
    /// The project's name of the channel.
    pub channel: String,
    /// The address.
    pub to: String,
    /// The text, values written in as the channel's `escape` says.
    pub message: String,
    /// What comes with it, as in a plan file.
    pub offers: Vec<Box<RawValue>>,
    /// The coupon code.
    pub code: Option<String>,
    /// How long the offers hold, as the rule writes it: `15d`.
    pub ttl: Option<String>,
    /// The last day on which they hold: `2026-12-06`.
    pub offer_ends: Option<String>,
    /// When it was to go out, RFC 3339.
    pub send_at: Option<String>,
    /// The customer's key.
    pub customer: String,
    /// The rule's name.
    pub rule: String,
    /// The plan's id.
    pub plan: String,
}

impl Content {
    /// What a place or a column of this name holds; none where the message has nothing of the kind.
    pub fn field(&self, field: Field) -> Option<&str> {
        match field {
            Field::To => Some(&self.to),
            Field::Message => Some(&self.message),
            Field::Key => Some(&self.key),
            Field::Code => self.code.as_deref(),
            Field::Ttl => self.ttl.as_deref(),
            Field::OfferEnds => self.offer_ends.as_deref(),
            Field::SendAt => self.send_at.as_deref(),
            Field::Customer => Some(&self.customer),
            Field::Rule => Some(&self.rule),
            Field::Plan => Some(&self.plan),
            Field::Channel => Some(&self.channel),
        }
    }
}

impl Message {
    /// The message that the payload holds; none if it is no message to a customer.
    pub fn content(&self) -> Option<Content> {
        serde_json::from_str(&self.payload).ok()
    }
}
