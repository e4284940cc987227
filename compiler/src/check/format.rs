//! How messages write values: the closed list of formats, by type.

use super::Checker;
use crate::diagnostics::names;
use crate::typed::{Field, OfferField};
use crate::types::Type;
use rulec_grammar::tree::Name;
use rulec_plan::rules::Format;

/// A format: its names in both languages, what it is, and of which values.
struct Known {
    en: &'static str,
    zh: &'static str,
    format: Format,
    of: fn(&Type) -> bool,
}

const FORMATS: &[Known] = &[
    known("plain", "原样", Format::Plain, Type::is_quantity),
    known("exact", "两位小数", Format::Exact, is_money),
    known("symbol", "带符号", Format::Symbol, is_money),
    known("grouped", "千分位", Format::Grouped, is_counted),
    known("rounded", "取整", Format::Rounded, Type::is_quantity),
    known("sign", "带百分号", Format::Sign, is_percent),
    known("iso", "标准日期", Format::Plain, is_day),
    known("long", "长日期", Format::Long, is_day),
    known("short", "短日期", Format::Short, is_day),
    known("clock", "时刻", Format::Clock, is_time),
];

const fn known(en: &'static str, zh: &'static str, format: Format, of: fn(&Type) -> bool) -> Known {
    Known { en, zh, format, of }
}

fn is_money(ty: &Type) -> bool {
    *ty == Type::Money
}

fn is_percent(ty: &Type) -> bool {
    *ty == Type::Percent
}

fn is_time(ty: &Type) -> bool {
    *ty == Type::Time
}

fn is_counted(ty: &Type) -> bool {
    matches!(ty, Type::Money | Type::Number)
}

fn is_day(ty: &Type) -> bool {
    matches!(ty, Type::Date | Type::Time)
}

impl Checker<'_> {
    /// The format of a placeholder; one that there is not, or of other values, is reported.
    pub(super) fn format(&mut self, written: Option<&Name>, value: &Field) -> Format {
        let ty = type_of(value);
        let Some(name) = written else { return Format::Plain };
        if ty.is_unknown() {
            return Format::Plain;
        }
        let word = name.node.as_str();
        let found = FORMATS.iter().find(|known| (known.en == word || known.zh == word) && (known.of)(&ty));
        match found {
            Some(known) => known.format,
            None => {
                let of_type: Vec<_> = FORMATS.iter().filter(|known| (known.of)(&ty)).collect();
                let pairs: Vec<_> = of_type.iter().map(|known| (known.en, known.zh)).collect();
                let other = FORMATS.iter().any(|known| known.en == word || known.zh == word);
                self.report(names::unknown_format(self.place(name.span), word, &ty, other, &pairs));
                Format::Plain
            }
        }
    }
}

/// The type of what a placeholder says.
fn type_of(value: &Field) -> Type {
    match value {
        Field::Value(value) => value.ty.clone(),
        Field::Offer(OfferField::Amount | OfferField::Threshold) => Type::Money,
        Field::Offer(OfferField::Percent) => Type::Percent,
        Field::Offer(OfferField::Points) => Type::Number,
        Field::Offer(OfferField::Trial) => Type::Duration,
        Field::OfferEnds => Type::Date,
        Field::Shop | Field::Code | Field::Offer(OfferField::Gift) => Type::Text,
    }
}
