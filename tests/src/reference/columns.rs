//! What a column of the database says, by the project file.

use super::clock::{day_of, local_time, start_of};
use super::rational::Rational;
use super::value::Value;
use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use rulec_plan::project::{FactKind, MoneyUnit, TimeFormat, ZoneKey};
use rusqlite::types::Value as Sql;

/// The value of a cell.
///
/// # Panics
/// If the cell holds what an engine must refuse: test data has no such cells.
pub fn read(kind: &FactKind, zone: Tz, cell: &Sql) -> Value {
    if *cell == Sql::Null {
        return Value::Missing;
    }
    match kind {
        FactKind::Bool => Value::Bool(boolean(cell)),
        FactKind::Number { decimals } => Value::Number(number(cell).rounded_half_even(u32::from(*decimals))),
        FactKind::Money { unit: MoneyUnit::Cent } => {
            Value::Number(number(cell).rounded_half_even(0) * Rational::new(1, 100))
        }
        FactKind::Money { unit: MoneyUnit::Yuan } => Value::Number(number(cell).rounded_half_even(2)),
        FactKind::Percent => Value::Number(number(cell).rounded_half_even(4) * Rational::new(1, 100)),
        FactKind::Text | FactKind::Enum { .. } => Value::Text(text(cell)),
        FactKind::Date { format } => Value::Date(date(*format, zone, cell)),
        FactKind::Time { format } => Value::Time(time(*format, cell)),
        FactKind::Days => Value::Days(number(cell)),
        FactKind::Set { separator } => Value::Set(
            text(cell)
                .split(separator.as_str())
                .map(str::trim)
                .filter(|item| !item.is_empty())
                .map(String::from)
                .collect(),
        ),
    }
}

/// The instant of a cell, to the microsecond.
pub fn time(format: TimeFormat, cell: &Sql) -> DateTime<Utc> {
    let instant = match format {
        TimeFormat::Unix => from_micros(number(cell) * Rational::whole(1_000_000)),
        TimeFormat::UnixMillis => from_micros(number(cell) * Rational::whole(1_000)),
        TimeFormat::UnixMicros => from_micros(number(cell)),
        TimeFormat::Iso(zone) => iso(tz(zone), &text(cell)),
        TimeFormat::Date(zone) => start_of(tz(zone), iso_date(&text(cell))),
    };
    from_micros(Rational::whole(instant.timestamp_micros()))
}

/// The day as written, unless an offset makes an instant of it.
fn date(format: TimeFormat, zone: Tz, cell: &Sql) -> NaiveDate {
    match format {
        TimeFormat::Unix | TimeFormat::UnixMillis | TimeFormat::UnixMicros => {
            day_of(zone, time(format, cell))
        }
        TimeFormat::Iso(own) | TimeFormat::Date(own) => {
            let exact = DateTime::parse_from_rfc3339(&text(cell).replacen(' ', "T", 1));
            exact.map_or_else(|_| iso_date(&text(cell)), |exact| day_of(tz(own), exact.to_utc()))
        }
    }
}

fn iso(zone: Tz, text: &str) -> DateTime<Utc> {
    let text = text.replacen(' ', "T", 1);
    if let Ok(exact) = DateTime::parse_from_rfc3339(&text) {
        return exact.to_utc();
    }
    match NaiveDateTime::parse_from_str(&text, "%Y-%m-%dT%H:%M:%S%.f") {
        Ok(local) => local_time(zone, local),
        Err(_) => start_of(zone, iso_date(&text)),
    }
}

fn iso_date(text: &str) -> NaiveDate {
    text[..10].parse().unwrap_or_else(|_| panic!("`{text}` is no day"))
}

fn from_micros(micros: Rational) -> DateTime<Utc> {
    let whole = micros.numerator().div_euclid(micros.denominator());
    DateTime::UNIX_EPOCH + TimeDelta::microseconds(i64::try_from(whole).expect("an instant"))
}

/// The zone as chrono knows it.
pub fn tz(zone: ZoneKey) -> Tz {
    zone.0.name().parse().expect("a zone that rulec knows")
}

fn boolean(cell: &Sql) -> bool {
    match cell {
        Sql::Integer(number) => *number == 1,
        other => text(other) == "true",
    }
}

fn text(cell: &Sql) -> String {
    match cell {
        Sql::Text(text) => text.clone(),
        Sql::Integer(number) => number.to_string(),
        other => panic!("{other:?} is no text"),
    }
}

fn number(cell: &Sql) -> Rational {
    match cell {
        Sql::Integer(number) => Rational::whole(*number),
        // Its shortest decimal form: 0.1 is one tenth.
        Sql::Real(real) => decimal(&real.to_string()),
        other => panic!("{other:?} is no number"),
    }
}

fn decimal(text: &str) -> Rational {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits: i128 =
        format!("{whole}{fraction}").parse().unwrap_or_else(|_| panic!("`{text}` is no number"));
    Rational::decimal(digits, u32::try_from(fraction.len()).expect("a short number"))
}
