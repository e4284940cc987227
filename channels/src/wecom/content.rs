//! What a message is to WeCom.

use crate::Delivery;
use crate::http::refused;
use crate::settings::Settings;
use serde_json::{Value, json};

/// How texts are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Markdown,
    Text,
}

impl Format {
    /// Markdown unless said.
    pub(super) fn read(settings: Settings<'_>) -> Format {
        match settings.text("format") {
            Some("text") => Format::Text,
            _ => Format::Markdown,
        }
    }

    /// The message as WeCom wants it, of at most so many bytes: WeCom cuts off what is longer, and says nothing.
    pub(super) fn content(self, text: &str, most: usize) -> Result<Value, Delivery> {
        if text.len() > most {
            return Err(refused("too long", "WeCom would cut this text off"));
        }
        Ok(match self {
            Format::Markdown => json!({"msgtype": "markdown", "markdown": {"content": text}}),
            Format::Text => json!({"msgtype": "text", "text": {"content": text}}),
        })
    }
}
