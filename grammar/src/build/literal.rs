//! Values as written: numbers, money, durations, dates, coupons.

use super::{Builder, Parts};
use crate::diagnostics;
use crate::parser::{Node, Rule};
use crate::tree::{
    CouponOffer, DurationLiteral, DurationUnit, Expr, ExprKind, Literal, Number, Spanned, TimeOfDay,
};
use rulec_diagnostic::Span;
use std::cmp::Ordering;

/// How many decimals a number may have.
const MAX_SCALE: u8 = 9;

impl Builder {
    pub(super) fn literal(&mut self, node: Node) -> Option<Literal> {
        match node.as_rule() {
            Rule::kw_true => Some(Literal::Bool(true)),
            Rule::kw_false => Some(Literal::Bool(false)),
            Rule::text => Some(Literal::Text(self.text(&node).node)),
            Rule::money => Some(Literal::Money(self.number(&mut Parts::of(node))?)),
            Rule::quantity => self.quantity(node),
            _ => None,
        }
    }

    fn quantity(&mut self, node: Node) -> Option<Literal> {
        let span = self.span(&node);
        let mut parts = Parts::of(node);
        if let Some(date) = parts.part(Rule::date) {
            return Some(self.date(&date));
        }
        if let Some(time) = parts.part(Rule::time) {
            return Some(Literal::Time(self.time(&time).node));
        }
        let number = self.number(&mut parts)?;
        let unit = parts.next().and_then(|unit| match unit.as_rule() {
            Rule::spaced_unit => unit.into_inner().next(),
            _ => Some(unit),
        });
        let Some(unit) = unit else { return Some(Literal::Number(number)) };
        match unit.as_rule() {
            Rule::percent_sign => Some(Literal::Percent(number)),
            Rule::money_unit => Some(Literal::Money(number)),
            _ => Some(Literal::Duration(self.duration_literal(number, unit.as_str(), span))),
        }
    }

    fn duration_literal(&mut self, number: Number, unit: &str, span: Span) -> DurationLiteral {
        let unit = match unit {
            "min" | "分钟" => DurationUnit::Minutes,
            "h" | "小时" | "个小时" => DurationUnit::Hours,
            "d" | "天" | "日" => DurationUnit::Days,
            "w" | "周" | "星期" | "个星期" => DurationUnit::Weeks,
            "mo" | "个月" => DurationUnit::Months,
            _ => DurationUnit::Years,
        };
        let whole = if number.scale == 0 { u32::try_from(number.mantissa).ok() } else { None };
        if whole.is_none() {
            self.report(diagnostics::duration_not_whole(self.place(span)));
        }
        DurationLiteral { amount: whole.unwrap_or(1), unit }
    }

    /// An expression where only a length of time makes sense: a bare number lacks its unit.
    pub(super) fn duration(&mut self, node: Node) -> Option<Expr> {
        let expr = self.expr(node)?;
        let ExprKind::Literal(Literal::Number(number)) = expr.kind else { return Some(expr) };
        let written = if number.scale == 0 { number.mantissa.to_string() } else { "15".to_owned() };
        self.report(diagnostics::missing_duration_unit(self.place(expr.span), &written));
        let days =
            DurationLiteral { amount: u32::try_from(number.mantissa).unwrap_or(1), unit: DurationUnit::Days };
        Some(Expr { kind: ExprKind::Literal(Literal::Duration(days)), span: expr.span })
    }

    /// `digits` and a `scale_word` after them.
    fn number(&mut self, parts: &mut Parts) -> Option<Number> {
        parts.word(Rule::money_sign);
        let digits = parts.part(Rule::digits)?;
        let exponent = match parts.part(Rule::scale_word).map(|word| word.as_str()) {
            Some("千") => 3,
            Some("万") => 4,
            Some("亿") => 8,
            _ => 0,
        };
        let place = self.place(self.span(&digits));
        let half = half_width(digits.as_str());
        if half != digits.as_str() {
            self.report(diagnostics::full_width_digits(place, digits.as_str(), &half));
        }
        match exact(&half, exponent) {
            Ok(number) => Some(number),
            Err(NotExact::TooLarge) => {
                self.report(diagnostics::number_too_large(place));
                Some(Number { mantissa: i64::MAX, scale: 0 })
            }
            Err(NotExact::TooFine(rounded)) => {
                self.report(diagnostics::too_many_decimals(place));
                Some(rounded)
            }
        }
    }

    /// A whole number with a sign, such as a priority.
    pub(super) fn whole(&mut self, node: &Node) -> Spanned<i64> {
        let span = self.span(node);
        let half = half_width(node.as_str());
        if half != node.as_str() {
            self.report(diagnostics::full_width_digits(self.place(span), node.as_str(), &half));
        }
        let most = i64::from(i32::MAX);
        let value = half.parse().ok().filter(|value| (-most..=most).contains(value));
        if value.is_none() {
            self.report(diagnostics::out_of_range(self.place(span), -most, most));
        }
        Spanned { node: value.unwrap_or(0), span }
    }

    fn date(&mut self, node: &Node) -> Literal {
        let span = self.span(node);
        let half = half_width(node.as_str());
        if half.chars().filter(char::is_ascii_digit).ne(node.as_str().chars().filter(char::is_ascii_digit)) {
            self.report(diagnostics::full_width_digits(self.place(span), node.as_str(), &half));
        }
        let mut numbers =
            half.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse::<u16>().ok());
        let (year, month, day) =
            (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
        if year == 0 || !(1..=12).contains(&month) || day == 0 || day > days_in_month(year, month) {
            self.report(diagnostics::no_such_date(self.place(span), node.as_str()));
            return Literal::Date { year: 2000, month: 1, day: 1 };
        }
        // Both are far below 256 by now.
        Literal::Date { year: i32::from(year), month: month as u8, day: day as u8 }
    }

    pub(super) fn time(&mut self, node: &Node) -> Spanned<TimeOfDay> {
        let span = self.span(node);
        let half = half_width(node.as_str()).replace('：', ":");
        if node.as_str().replace('：', ":") != half {
            self.report(diagnostics::full_width_digits(self.place(span), node.as_str(), &half));
        }
        let mut numbers = half.split(':').filter_map(|part| part.parse::<u8>().ok());
        let (hour, minute) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
        if hour > 23 || minute > 59 {
            self.report(diagnostics::no_such_time(self.place(span), node.as_str()));
        }
        Spanned { node: TimeOfDay { hour: hour.min(23), minute: minute.min(59) }, span }
    }

    /// What a coupon is worth.
    pub(super) fn offer(&mut self, node: Node) -> Option<CouponOffer> {
        let span = self.span(&node);
        let written = node.as_str();
        let mut parts = Parts::of(node);
        if written.starts_with('满') {
            let from = self.number(&mut Parts::of(parts.next()?))?;
            let off = self.number(&mut Parts::of(parts.next()?))?;
            return Some(CouponOffer::Amount { off, from: Some(from) });
        }
        let off = self.number(&mut parts)?;
        parts.word(Rule::money_unit);
        let Some(next) = parts.next() else { return Some(CouponOffer::Amount { off, from: None }) };
        match next.as_rule() {
            Rule::percent_sign => Some(self.percent_off(off, span, written)),
            Rule::fold => Some(self.fold(off, span, written)),
            _ => {
                parts.word(Rule::money_sign);
                let from = self.number(&mut Parts::of(parts.next()?))?;
                Some(self.amount_off(off, from, next.as_str(), span))
            }
        }
    }

    fn amount_off(&mut self, off: Number, from: Number, sign: &str, span: Span) -> CouponOffer {
        if matches!(sign, "/" | "／") {
            return CouponOffer::Amount { off, from: Some(from) };
        }
        let (off, from) = if compare(off, from) == Ordering::Greater { (from, off) } else { (off, from) };
        let meant = format!("{}/{}", show(off), show(from));
        self.report(diagnostics::coupon_form(self.place(span), &meant));
        CouponOffer::Amount { off, from: Some(from) }
    }

    fn percent_off(&mut self, percent: Number, span: Span, written: &str) -> CouponOffer {
        let hundred = Number { mantissa: 100, scale: 0 };
        if percent.mantissa == 0 || compare(percent, hundred) == Ordering::Greater {
            self.report(diagnostics::no_discount(self.place(span), written));
        }
        CouponOffer::Percent(percent)
    }

    /// 8折 and 8.5折 are tenths to pay, 85折 are hundredths; 10折 is the full price, as people say it.
    fn fold(&mut self, pay: Number, span: Span, written: &str) -> CouponOffer {
        let ten = Number { mantissa: 10, scale: 0 };
        let pay = match (compare(pay, ten), pay.scale) {
            (Ordering::Less | Ordering::Equal, 0) => Number { mantissa: pay.mantissa * 10, scale: 0 },
            (Ordering::Less | Ordering::Equal, scale) => Number { mantissa: pay.mantissa, scale: scale - 1 },
            _ => pay,
        };
        let hundred = 10_i64.pow(u32::from(pay.scale)) * 100;
        if pay.mantissa == 0 || pay.mantissa >= hundred {
            self.report(diagnostics::no_discount(self.place(span), written));
            return CouponOffer::Percent(ten);
        }
        CouponOffer::Percent(Number { mantissa: hundred - pay.mantissa, scale: pay.scale })
    }
}

enum NotExact {
    TooLarge,
    /// With the number cut to as many decimals as are kept.
    TooFine(Number),
}

/// The number that half-width `digits` × 10^`exponent` are.
fn exact(digits: &str, exponent: u8) -> Result<Number, NotExact> {
    let mut mantissa: i64 = 0;
    let (mut scale, mut decimals, mut too_fine) = (0_u8, false, false);
    for c in digits.chars() {
        let Some(digit) = c.to_digit(10) else {
            decimals |= c == '.';
            continue;
        };
        if decimals && scale == MAX_SCALE {
            too_fine = true;
            continue;
        }
        scale += u8::from(decimals);
        let next = mantissa.checked_mul(10).and_then(|tens| tens.checked_add(i64::from(digit)));
        mantissa = next.ok_or(NotExact::TooLarge)?;
    }
    let zeros = exponent.saturating_sub(scale);
    let mantissa = mantissa.checked_mul(10_i64.pow(u32::from(zeros))).ok_or(NotExact::TooLarge)?;
    let number = Number { mantissa, scale: scale.saturating_sub(exponent) };
    if too_fine { Err(NotExact::TooFine(number)) } else { Ok(number) }
}

fn compare(a: Number, b: Number) -> Ordering {
    let scaled = |number: Number, other: u8| {
        i128::from(number.mantissa) * 10_i128.pow(u32::from(other.saturating_sub(number.scale)))
    };
    scaled(a, b.scale).cmp(&scaled(b, a.scale))
}

fn show(number: Number) -> String {
    if number.scale == 0 {
        return number.mantissa.to_string();
    }
    let unit = 10_i64.pow(u32::from(number.scale));
    let decimals = format!("{:0width$}", number.mantissa % unit, width = usize::from(number.scale));
    format!("{}.{decimals}", number.mantissa / unit)
}

/// The digits, point and minus of a Chinese input method as ASCII.
pub(crate) fn half_width(text: &str) -> String {
    let half = |c| match c {
        '０'..='９' => char::from_u32(u32::from(c) - u32::from('０') + u32::from('0')).unwrap_or(c),
        '．' => '.',
        '－' => '-',
        _ => c,
    };
    text.chars().map(half).collect()
}

fn days_in_month(year: u16, month: u16) -> u16 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}
