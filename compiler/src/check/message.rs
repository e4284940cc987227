//! What a message says: templates, texts, placeholders.

use super::action::Options;
use super::{Checker, Scope};
use crate::diagnostics::{names, offers as findings};
use crate::events::Events;
use crate::typed::{Expr, Field, Offer, OfferField, Piece};
use rulec_diagnostic::{Diagnostic, FileId, Place, Span};
use rulec_grammar::tree::{self, Message, MessageRef, Name, Template};

/// A message, ready for its sends.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) template: Option<String>,
    pub(super) transactional: bool,
    pub(super) pieces: Vec<Piece>,
}

/// The placeholders that are about the message and not about the customer, in both languages.
const FIELDS: &[(&str, &str, Special)] = &[
    ("shop", "店铺", Special::Shop),
    ("coupon.amount", "券.金额", Special::Offer(OfferField::Amount)),
    ("coupon.threshold", "券.门槛", Special::Offer(OfferField::Threshold)),
    ("coupon.percent", "券.折扣", Special::Offer(OfferField::Percent)),
    ("coupon.expires", "券.到期", Special::Ends),
    ("coupon.code", "券.券码", Special::Code),
    ("gift", "礼品", Special::Offer(OfferField::Gift)),
    ("points", "积分", Special::Offer(OfferField::Points)),
    ("trial", "试用", Special::Offer(OfferField::Trial)),
];
/// What customers' names are called, as far as a placeholder that is not known goes.
const NAMES: &[&str] = &["name", "姓名", "昵称", "称呼"];

#[derive(Debug, Clone, Copy)]
enum Special {
    Shop,
    Offer(OfferField),
    Ends,
    Code,
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
                    self.report(findings::template_channel(
                        self.place(span),
                        name,
                        written,
                        for_channel,
                        other,
                    ));
                }
                let pieces = self.pieces_elsewhere(&template.text, declared.file);
                self.offer_fields(&pieces, offers, span, Some(name));
                Some(Said { template: Some(name.to_owned()), transactional: template.transactional, pieces })
            }
            (None, MessageRef::Name(reference)) => {
                self.unknown_template(reference);
                None
            }
            (None, MessageRef::Text(text)) => {
                let pieces = self.pieces(text);
                self.offer_fields(&pieces, offers, span, None);
                Some(Said { template: None, transactional: false, pieces })
            }
        }
    }

    /// Reports a template that is not declared; one whose declaration is broken was reported there.
    pub(super) fn unknown_template(&mut self, name: &Name) {
        if !self.symbols.broken.contains(name.node.as_str()) {
            let known = self.symbols.templates.keys().copied();
            self.report(names::unknown_template(self.place(name.span), &name.node, known));
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
            tree::Piece::Field { value, format, or, span } => {
                let (label, place) = (self.source(value.span).to_owned(), self.place(*span));
                let value = self.field(value);
                let format = self.format(format.as_ref(), &value);
                Piece::Field { value, format, or: or.as_ref().map(|or| or.node.clone()), label, place }
            }
        };
        message.pieces.iter().map(piece).collect()
    }

    fn field(&mut self, value: &tree::Expr) -> Field {
        if let tree::ExprKind::Path(path) = &value.kind {
            let words: Vec<&str> = path.names.iter().map(|name| name.node.as_str()).collect();
            let own = self.symbols.values.contains_key(words[0])
                || self.project.customer.facts.contains_key(words[0]);
            let dotted = words.join(".");
            let special = FIELDS.iter().find(|(en, zh, _)| !own && (*en == dotted || *zh == dotted));
            if let Some((.., special)) = special {
                return match special {
                    Special::Shop => Field::Shop,
                    Special::Offer(field) => Field::Offer(*field),
                    Special::Ends => Field::OfferEnds,
                    Special::Code => Field::Code,
                };
            }
            if !own && self.is_no_name(&words) {
                let place = self.place(value.span);
                let diagnostic = self.unknown_field(place, &dotted);
                self.report(diagnostic);
                return Field::Value(Expr::error(place));
            }
        }
        Field::Value(self.expr(value, None, Scope::default()))
    }

    /// Whether these words can only be a placeholder that messages do not know.
    fn is_no_name(&self, words: &[&str]) -> bool {
        match words {
            ["coupon" | "券", ..] => true,
            [word] => {
                !self.symbols.broken.contains(word)
                    && Events::find(self.project, word).is_none()
                    && rulec_grammar::split_glued(word).is_none()
            }
            _ => false,
        }
    }

    fn unknown_field(&self, place: Place, word: &str) -> Diagnostic {
        let facts = || self.project.customer.facts.keys().map(String::as_str);
        let mut known: Vec<(&str, &str)> = FIELDS.iter().map(|(en, zh, _)| (*en, *zh)).collect();
        if word.contains('.') || matches!(word, "coupon" | "券") {
            known.retain(|(en, _)| en.contains('.'));
            return names::unknown_field(place, word, &known, []);
        }
        let of_people = |fact: &&str| NAMES.iter().any(|name| fact.contains(name));
        known.extend(facts().filter(of_people).map(|fact| (fact, fact)));
        names::unknown_field(place, word, &known, facts().chain(self.symbols.values.keys().copied()))
    }

    /// Whether what a message says of its offer is there to be said.
    fn offer_fields(&mut self, pieces: &[Piece], offers: &Options, span: Span, template: Option<&str>) {
        let missing: Vec<(Place, &str)> = pieces
            .iter()
            .filter_map(|piece| match piece {
                Piece::Field { value, label, place, .. } => {
                    let there = match value {
                        Field::Offer(field) => offers.offers.iter().any(|offer| says(offer, *field)),
                        Field::OfferEnds => offers.ttl.is_some(),
                        Field::Code => offers.pool.is_some(),
                        Field::Shop | Field::Value(_) => true,
                    };
                    (!there).then_some((*place, label.as_str()))
                }
                Piece::Text(_) => None,
            })
            .collect();
        if !missing.is_empty() {
            let carries = offers.offers.iter().find_map(|offer| match offer {
                Offer::Coupon { .. } => Some(OfferField::Amount),
                Offer::Discount(_) => Some(OfferField::Percent),
                Offer::Gift(_) | Offer::Points(_) | Offer::Trial(_) => None,
            });
            self.report(findings::offer_fields_missing(self.place(span), &missing, carries, template));
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
