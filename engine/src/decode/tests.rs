use super::*;
use rulec_plan::audience::{Scalar, Shape};
use rulec_plan::project::ZoneKey;

/// What one cell decodes to in a project of Shanghai.
fn decoded(kind: &FactKind, cell: Cell<'_>) -> Result<Scalar, Found> {
    let texts = SharedTexts::default();
    let mut raw = RawColumn::default();
    raw.push(cell);
    let mut faults = Vec::new();
    let mut decoder = Decoder::new(kind, zone("Asia/Shanghai"), &texts);
    let mut column = Column::with_capacity(Shape::of(kind), 1);
    let fault = &mut |_, found| faults.push(found);
    decoder.decode(Chosen { raw: &raw, rows: &[0], texts: &texts, fault }, &mut column);
    faults.pop().map_or_else(|| Ok(column.scalar(0, &texts.lock())), Err)
}

fn zone(name: &str) -> Zone {
    Zone::parse(name).unwrap()
}

fn day(text: &str) -> i64 {
    i64::from(Day::from_date(text.parse().unwrap()).0)
}

const ISO_IN_UTC: TimeFormat = TimeFormat::Iso(ZoneKey(Zone::UTC));

#[test]
fn numbers_become_integers_of_their_scale() {
    let money = |unit| FactKind::Money { unit };
    for (kind, cell, scaled) in [
        (FactKind::Number { decimals: 2 }, Cell::Integer(3), 300),
        (FactKind::Number { decimals: 2 }, Cell::Real(0.125), 12),
        (FactKind::Number { decimals: 0 }, Cell::Real(-2.0), -2),
        (money(MoneyUnit::Cent), Cell::Real(1990.0), 1_990),
        (money(MoneyUnit::Cent), Cell::Real(0.5), 0),
        (money(MoneyUnit::Yuan), Cell::Real(19.9), 1_990),
        (money(MoneyUnit::Yuan), Cell::Integer(20), 2_000),
        (FactKind::Percent, Cell::Integer(20), 200_000),
        (FactKind::Percent, Cell::Real(12.34567), 123_457),
        (FactKind::Days, Cell::Real(30.0), 30),
    ] {
        assert_eq!(decoded(&kind, cell), Ok(Scalar::Int(scaled)), "{kind:?} {cell:?}");
    }
}

#[test]
fn null_is_missing_for_every_kind() {
    for kind in [
        FactKind::Bool,
        FactKind::Percent,
        FactKind::Text,
        FactKind::Enum { values: vec![] },
        FactKind::Set { separator: ",".into() },
        FactKind::Time { format: ISO_IN_UTC },
    ] {
        assert_eq!(decoded(&kind, Cell::Null), Ok(Scalar::Missing));
    }
}

#[test]
fn bools_have_four_forms() {
    for (cell, value) in [
        (Cell::Integer(0), false),
        (Cell::Integer(1), true),
        (Cell::Real(1.0), true),
        (Cell::Text(b"TRUE"), true),
        (Cell::Text(b"false"), false),
    ] {
        assert_eq!(decoded(&FactKind::Bool, cell), Ok(Scalar::Bool(value)));
    }
    assert_eq!(decoded(&FactKind::Bool, Cell::Text(b"1")), Err(Found::Text { characters: 1 }));
}

#[test]
fn texts_may_be_written_as_integers_and_may_be_empty() {
    assert_eq!(decoded(&FactKind::Text, Cell::Integer(7)), Ok(Scalar::Text("7".into())));
    assert_eq!(decoded(&FactKind::Text, Cell::Text(b"")), Ok(Scalar::Text(String::new())));
    assert_eq!(decoded(&FactKind::Text, Cell::Real(7.0)), Err(Found::Real));
    assert_eq!(decoded(&FactKind::Text, Cell::Text(b"\xFF")), Err(Found::NotUtf8));
}

#[test]
fn sets_are_split_trimmed_sorted_and_without_repeats() {
    let kind = FactKind::Set { separator: ",".into() };
    let set = |pieces: &[&str]| Ok(Scalar::Set(pieces.iter().map(|piece| (*piece).to_owned()).collect()));
    assert_eq!(decoded(&kind, Cell::Text(" b, a,,b ".as_bytes())), set(&["a", "b"]));
    assert_eq!(decoded(&kind, Cell::Text(b"")), set(&[]));
    assert_eq!(decoded(&kind, Cell::Integer(7)), set(&["7"]));
}

#[test]
fn times_follow_their_format_and_zone() {
    let shanghai = ZoneKey(zone("Asia/Shanghai"));
    for (format, cell, micros) in [
        (TimeFormat::Unix, Cell::Integer(1), 1_000_000),
        (TimeFormat::Unix, Cell::Real(1.0), 1_000_000),
        (TimeFormat::UnixMillis, Cell::Integer(1), 1_000),
        (TimeFormat::UnixMicros, Cell::Integer(-1), -1),
        (ISO_IN_UTC, Cell::Text(b"1970-01-01 00:00:01.5"), 1_500_000),
        (TimeFormat::Iso(shanghai), Cell::Text(b"1970-01-01 08:00"), 0),
        (TimeFormat::Iso(shanghai), Cell::Text(b"1970-01-01T00:00Z"), 0),
        (TimeFormat::Date(shanghai), Cell::Text(b"1970-01-02"), 16 * 3_600_000_000),
    ] {
        assert_eq!(decoded(&FactKind::Time { format }, cell), Ok(Scalar::Int(micros)), "{format:?} {cell:?}");
    }
    let date = FactKind::Time { format: TimeFormat::Date(shanghai) };
    assert!(decoded(&date, Cell::Text(b"1970-01-02 00:00")).is_err());
    assert_eq!(decoded(&FactKind::Time { format: TimeFormat::Unix }, Cell::Real(1.5)), Err(Found::Real));
}

#[test]
fn days_are_as_written_unless_an_offset_or_an_instant_says_more() {
    let kind = |format| FactKind::Date { format };
    let shanghai = TimeFormat::Iso(ZoneKey(zone("Asia/Shanghai")));
    for (format, cell, expected) in [
        (ISO_IN_UTC, Cell::Text(b"2026-11-21 23:59:59".as_slice()), "2026-11-21"),
        (shanghai, Cell::Text(b"2026-11-21"), "2026-11-21"),
        (shanghai, Cell::Text(b"2026-11-21T20:00:00Z"), "2026-11-22"),
        (TimeFormat::Date(ZoneKey(Zone::UTC)), Cell::Text(b"2026-11-21 08:00"), "2026-11-21"),
        // The plan's zone: 16:00 UTC is midnight in Shanghai.
        (TimeFormat::Unix, Cell::Integer(16 * 3_600), "1970-01-02"),
        (TimeFormat::UnixMillis, Cell::Integer(16 * 3_600_000 - 1), "1970-01-01"),
    ] {
        assert_eq!(decoded(&kind(format), cell), Ok(Scalar::Int(day(expected))), "{format:?} {cell:?}");
    }
}
