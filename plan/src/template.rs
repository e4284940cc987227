//! Texts with places for what a message says, as the settings of channels have them: `{"phone": "{to}"}`.
//!
//! A place is a known name in braces. Everything else, other braces too, stands for itself, so JSON needs no escapes.

use std::fmt;

/// What a place is filled with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// `{to}`: the address.
    To,
    /// `{message}`: the text.
    Message,
    /// `{key}`: what names the message for ever.
    Key,
    /// `{code}`: the coupon code.
    Code,
    /// `{ttl}`: how long the offers hold, as the rule writes it.
    Ttl,
    /// `{offer_ends}`: the last day on which they hold.
    OfferEnds,
    /// `{send_at}`: when the message was to go out.
    SendAt,
    /// `{customer}`: the customer's key.
    Customer,
    /// `{rule}`: the rule's name.
    Rule,
    /// `{plan}`: the plan's id.
    Plan,
    /// `{channel}`: the project's name of the channel.
    Channel,
}

impl Field {
    /// All of them.
    pub const ALL: &[Field] = &[
        Field::To,
        Field::Message,
        Field::Key,
        Field::Code,
        Field::Ttl,
        Field::OfferEnds,
        Field::SendAt,
        Field::Customer,
        Field::Rule,
        Field::Plan,
        Field::Channel,
    ];

    /// Its name, without braces.
    pub fn name(self) -> &'static str {
        match self {
            Field::To => "to",
            Field::Message => "message",
            Field::Key => "key",
            Field::Code => "code",
            Field::Ttl => "ttl",
            Field::OfferEnds => "offer_ends",
            Field::SendAt => "send_at",
            Field::Customer => "customer",
            Field::Rule => "rule",
            Field::Plan => "plan",
            Field::Channel => "channel",
        }
    }

    /// The field of this name.
    pub fn find(name: &str) -> Option<Field> {
        Field::ALL.iter().copied().find(|field| field.name() == name)
    }
}

/// A part of a [`Template`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// What stands for itself.
    Text(String),
    /// A place.
    Field(Field),
}

/// A text with places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// Its parts, in order; no two texts follow each other.
    pub pieces: Vec<Piece>,
}

/// A name in braces that no field has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownField(pub String);

impl fmt::Display for UnknownField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{}}}", self.0)
    }
}

impl Template {
    /// Reads a text.
    ///
    /// # Errors
    /// The first name in braces, of letters and `_`, that no field has.
    pub fn parse(text: &str) -> Result<Template, UnknownField> {
        let (mut pieces, mut plain, mut rest) = (Vec::new(), String::new(), text);
        while let Some(open) = rest.find('{') {
            let (before, after) = (&rest[..open], &rest[open + 1..]);
            plain.push_str(before);
            match place(after) {
                Some(name) => {
                    let field = Field::find(name).ok_or_else(|| UnknownField(name.to_owned()))?;
                    if !plain.is_empty() {
                        pieces.push(Piece::Text(std::mem::take(&mut plain)));
                    }
                    pieces.push(Piece::Field(field));
                    rest = &after[name.len() + 1..];
                }
                None => {
                    plain.push('{');
                    rest = after;
                }
            }
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        Ok(Template { pieces })
    }

    /// Whether it is the same for all messages.
    pub fn is_fixed(&self) -> bool {
        self.pieces.iter().all(|piece| matches!(piece, Piece::Text(_)))
    }

    /// The text with its places filled.
    pub fn fill(&self, mut value: impl FnMut(Field) -> String) -> String {
        let filled = self.pieces.iter().map(|piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Field(field) => value(*field),
        });
        filled.collect()
    }
}

/// The name that stands before the next brace, if it is one.
fn place(text: &str) -> Option<&str> {
    let (name, _) = text.split_once('}')?;
    let is_name = !name.is_empty() && name.chars().all(|letter| letter.is_alphabetic() || letter == '_');
    is_name.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str) -> Result<String, UnknownField> {
        Template::parse(text).map(|template| template.fill(|field| format!("<{}>", field.name())))
    }

    #[test]
    fn only_known_names_in_braces_are_places() {
        for (text, wanted) in [
            ("", ""),
            ("no place", "no place"),
            (r#"{"to":"{to}","n":{"a":{code}}}"#, r#"{"to":"<to>","n":{"a":<code>}}"#),
            ("{to}{to}", "<to><to>"),
            ("{ to } {} {{to}} {to", "{ to } {} {<to>} {to"),
            ("{\"to\"}", "{\"to\"}"),
        ] {
            assert_eq!(filled(text), Ok(wanted.to_owned()), "{text}");
        }
    }

    #[test]
    fn a_name_that_there_is_not_is_told() {
        assert_eq!(filled("{to} {mesage}"), Err(UnknownField("mesage".to_owned())));
        assert_eq!(filled("{手机}"), Err(UnknownField("手机".to_owned())));
    }

    #[test]
    fn every_field_is_found_by_its_name() {
        for field in Field::ALL {
            assert_eq!(Field::find(field.name()), Some(*field));
        }
    }
}
