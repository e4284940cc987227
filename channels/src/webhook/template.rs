//! Addresses, headers and bodies with places for what a message says.
//!
//! Whatever a customer is called, a value stays inside its place: it is written as the language around it needs, and what
//! cannot be written is refused, for this message alone.

use crate::diagnostics::Result;
use crate::http::{Outgoing, address, escape, refused};
use crate::settings::Settings;
use crate::{Content, Delivery};
use rulec_diagnostic::Text;
use rulec_plan::template::{Field, Piece, Template};
use serde::de::IgnoredAny;

/// Of what language a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ContentType {
    Json,
    Form,
    Xml,
    Plain,
}

impl ContentType {
    /// From a `Content-Type`; none if values could not be written into it safely.
    pub(super) fn of(header: &str) -> Option<ContentType> {
        let name = header.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match name.as_str() {
            "application/x-www-form-urlencoded" => Some(ContentType::Form),
            "text/plain" => Some(ContentType::Plain),
            "application/xml" | "text/xml" => Some(ContentType::Xml),
            "application/json" | "text/json" => Some(ContentType::Json),
            _ if name.ends_with("+json") => Some(ContentType::Json),
            _ if name.ends_with("+xml") => Some(ContentType::Xml),
            _ => None,
        }
    }
}

/// What is sent for a message.
#[derive(Debug)]
pub(super) enum Body {
    /// The line of the outbox.
    Payload,
    Template(ContentType, Template),
}

impl Body {
    pub(super) fn new(settings: Settings<'_>, content_type: ContentType) -> Result<Body> {
        let Some(text) = settings.text("body") else {
            let expected =
                Text::new("there where `Content-Type` is not JSON", "写出来，因为 `Content-Type` 不是 JSON");
            return match content_type {
                ContentType::Json => Ok(Body::Payload),
                _ => Err(settings.wrong("body", &expected)),
            };
        };
        let template = address::template(settings, "body", text)?;
        let sample = fill(content_type, &template, |_| Some("x"));
        if content_type == ContentType::Json && serde_json::from_str::<IgnoredAny>(&sample).is_err() {
            let expected = Text::new(
                "JSON, such as `{\"phone\": \"{to}\", \"text\": \"{message}\"}`",
                "JSON，例如 `{\"phone\": \"{to}\", \"text\": \"{message}\"}`",
            );
            return Err(settings.wrong("body", &expected));
        }
        Ok(Body::Template(content_type, template))
    }

    pub(super) fn fill(&self, message: &Outgoing<'_>) -> String {
        match self {
            Body::Payload => message.message.payload.clone(),
            Body::Template(content_type, template) => {
                fill(*content_type, template, |field| message.content.field(field))
            }
        }
    }
}

/// A path cannot be climbed out of.
pub(super) fn fill_address(template: &Template, content: &Content) -> std::result::Result<String, Delivery> {
    let climbs = template.pieces.iter().any(|piece| match piece {
        Piece::Field(field) => matches!(content.field(*field), Some("." | "..")),
        Piece::Text(_) => false,
    });
    if climbs {
        return Err(refused("bad value", "a value of dots alone cannot stand in an address"));
    }
    Ok(template.fill(|field| escape::url(content.field(field).unwrap_or_default())))
}

/// A value cannot begin another line.
pub(super) fn fill_header(template: &Template, content: &Content) -> std::result::Result<String, Delivery> {
    let filled = fill_plain(template, content);
    if filled.chars().any(char::is_control) {
        return Err(refused("bad value", "a value with control characters cannot stand in a header"));
    }
    Ok(filled)
}

/// For what is escaped as a whole afterwards.
pub(super) fn fill_plain(template: &Template, content: &Content) -> String {
    template.fill(|field| content.field(field).unwrap_or_default().to_owned())
}

/// Fills a body. In JSON a place inside a string is a part of it, and one outside is a whole value: a string, or `null` for
/// what the message does not say.
fn fill<'a>(
    content_type: ContentType,
    template: &Template,
    value: impl Fn(Field) -> Option<&'a str>,
) -> String {
    let (mut filled, mut in_string) = (String::new(), false);
    for piece in &template.pieces {
        match piece {
            Piece::Text(text) => {
                in_string = string_goes_on(text, in_string);
                filled.push_str(text);
            }
            Piece::Field(field) => {
                let value = value(*field);
                let text = value.unwrap_or_default();
                filled.push_str(&match content_type {
                    ContentType::Json if in_string => escape::inside_json(text),
                    ContentType::Json => value.map_or_else(|| "null".to_owned(), escape::json),
                    ContentType::Form => escape::form(text),
                    ContentType::Xml => escape::xml(text),
                    ContentType::Plain => text.to_owned(),
                });
            }
        }
    }
    filled
}

/// Whether a JSON string is open behind this text.
fn string_goes_on(text: &str, mut open: bool) -> bool {
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => open = !open,
            '\\' if open => {
                letters.next();
            }
            _ => {}
        }
    }
    open
}
