//! What a message says: templates, texts, placeholders.

use super::action::Options;
use super::{Checker, Scope};
use crate::diagnostics::{names, types};
use crate::typed::{Expr, Field, Offer, OfferField, Piece};
use rulec_diagnostic::{FileId, Place, Span};
use rulec_grammar::tree::{self, Message, MessageRef, Name, Template};

/// A message, ready for its sends.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) template: Option<String>,
    pub(super) transactional: bool,
    pub(super) pieces: Vec<Piece>,
}

/// The placeholders that are about the message and not about the customer, in both languages.
const FIELDS: &[(&str, Special)] = &[
    ("shop", Special::Shop),
    ("店铺", Special::Shop),
    ("coupon.amount", Special::Offer(OfferField::Amount)),
    ("券.金额", Special::Offer(OfferField::Amount)),
    ("coupon.threshold", Special::Offer(OfferField::Threshold)),
    ("券.门槛", Special::Offer(OfferField::Threshold)),
    ("coupon.percent", Special::Offer(OfferField::Percent)),
    ("券.折扣", Special::Offer(OfferField::Percent)),
    ("coupon.expires", Special::Ends),
    ("券.到期", Special::Ends),
    ("gift", Special::Offer(OfferField::Gift)),
    ("礼品", Special::Offer(OfferField::Gift)),
    ("points", Special::Offer(OfferField::Points)),
    ("积分", Special::Offer(OfferField::Points)),
    ("trial", Special::Offer(OfferField::Trial)),
    ("试用", Special::Offer(OfferField::Trial)),
];

#[derive(Debug, Clone, Copy)]
enum Special {
    Shop,
    Offer(OfferField),
    Ends,
}

impl<'a> Checker<'a> {
    /// Checks a template where it is declared; what depends on the offer is checked where it is sent.
    pub(super) fn template(&mut self, template: &'a Template) {
        self.channel(&template.channel);
        self.pieces(&template.text);
    }

    /// The message of a send: a template's, or the text itself.
    pub(super) fn message_of(
        &mut self,
        message: &MessageRef,
        channel: &Name,
        offers: &Options,
    ) -> Option<Said> {
        let (name, span) = match message {
            MessageRef::Name(name) => (name.node.as_str(), name.span),
            MessageRef::Text(text) => (text.text.as_str(), text.span),
        };
        let declared = self.symbols.templates.get(name).copied();
        match (declared, message) {
            (Some(declared), _) => {
                let template = declared.what;
                let wanted = self.channel_name(&template.channel.node);
                let used = self.channel_name(&channel.node);
                if wanted.is_some() && used.is_some() && wanted != used {
                    let (written, for_channel) = (&channel.node, &template.channel.node);
                    let other = template.channel.span.at(declared.file);
                    self.report(types::template_channel(self.place(span), name, written, for_channel, other));
                }
                let pieces = self.pieces_elsewhere(&template.text, declared.file);
                self.offer_fields(&pieces, offers, span, Some(name));
                Some(Said { template: Some(name.to_owned()), transactional: template.transactional, pieces })
            }
            (None, MessageRef::Name(_)) => {
                if !self.symbols.broken.contains(name) {
                    let known = self.symbols.templates.keys().copied();
                    self.report(names::unknown_template(self.place(span), name, known));
                }
                None
            }
            (None, MessageRef::Text(text)) => {
                let pieces = self.pieces(text);
                self.offer_fields(&pieces, offers, span, None);
                Some(Said { template: None, transactional: false, pieces })
            }
        }
    }

    /// The pieces of a template of another file; its mistakes were reported there.
    fn pieces_elsewhere(&mut self, message: &Message, file: FileId) -> Vec<Piece> {
        let here = std::mem::replace(&mut self.file, file);
        let before = self.diagnostics.len();
        let pieces = self.pieces(message);
        self.diagnostics.truncate(before);
        self.file = here;
        pieces
    }

    fn pieces(&mut self, message: &Message) -> Vec<Piece> {
        let piece = |piece: &tree::Piece| match piece {
            tree::Piece::Text(text) => Piece::Text(text.clone()),
            tree::Piece::Field { value, or, span } => Piece::Field {
                value: self.field(value),
                or: or.as_ref().map(|or| or.node.clone()),
                label: self.source(value.span).to_owned(),
                place: self.place(*span),
            },
        };
        message.pieces.iter().map(piece).collect()
    }

    fn field(&mut self, value: &tree::Expr) -> Field {
        if let tree::ExprKind::Path(path) = &value.kind {
            let words: Vec<&str> = path.names.iter().map(|name| name.node.as_str()).collect();
            let own = self.symbols.values.contains_key(words[0])
                || self.project.customer.facts.contains_key(words[0]);
            let dotted = words.join(".");
            if let Some((_, special)) = FIELDS.iter().find(|(field, _)| *field == dotted && !own) {
                return match special {
                    Special::Shop => Field::Shop,
                    Special::Offer(field) => Field::Offer(*field),
                    Special::Ends => Field::OfferEnds,
                };
            }
            if matches!(words[0], "coupon" | "券") && !own {
                let known = FIELDS.iter().map(|(field, _)| *field).filter(|field| field.contains('.'));
                let place = self.place(value.span);
                self.report(names::unknown_field(place, &dotted, known));
                return Field::Value(Expr::error(place));
            }
        }
        Field::Value(self.expr(value, None, Scope::default()))
    }

    /// Whether what a message says of its offer is there to be said.
    fn offer_fields(&mut self, pieces: &[Piece], offers: &Options, span: Span, template: Option<&str>) {
        for piece in pieces {
            let Piece::Field { value, label, place, .. } = piece else { continue };
            let there = match value {
                Field::Offer(field) => offers.offers.iter().any(|offer| says(offer, *field)),
                Field::OfferEnds => offers.ttl.is_some(),
                Field::Shop | Field::Value(_) => true,
            };
            if !there {
                let place: Place = *place;
                self.report(types::offer_field_missing(self.place(span), place, label, template));
            }
        }
    }
}

/// Whether an offer has this part.
pub(crate) fn says(offer: &Offer, field: OfferField) -> bool {
    matches!(
        (offer, field),
        (Offer::Coupon { .. }, OfferField::Amount)
            | (Offer::Coupon { from: Some(_), .. }, OfferField::Threshold)
            | (Offer::Discount(_), OfferField::Percent)
            | (Offer::Gift(_), OfferField::Gift)
            | (Offer::Points(_), OfferField::Points)
            | (Offer::Trial(_), OfferField::Trial)
    )
}
