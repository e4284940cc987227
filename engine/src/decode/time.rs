//! Days and instants from texts and numbers, by hand: the parser runs once a row.

use rulec_plan::time::{DAY, Day, Instant, SECOND, Zone};

/// A time as text, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Written {
    /// The calendar day as written.
    pub(crate) day: Day,
    /// Microseconds since midnight.
    pub(crate) micros: i64,
    /// Whether there is a time of day at all.
    pub(crate) has_time: bool,
    /// East of Greenwich, in seconds, if an offset is written.
    pub(crate) offset: Option<i64>,
}

/// Reads `YYYY-MM-DD`, optionally followed by `T` or a space and `HH:MM`, then optionally `:SS`, a fraction, and `Z` or
/// `±HH:MM`. Nothing else: no spaces around, no one-digit months, no leap second. Digits of a fraction past the sixth are
/// cut off.
pub(crate) fn parse(text: &[u8]) -> Option<Written> {
    let (date, rest) = text.split_at_checked(10)?;
    let day = date_of(date)?;
    let Some((separator, rest)) = rest.split_first() else {
        return Some(Written { day, micros: 0, has_time: false, offset: None });
    };
    if !matches!(separator, b'T' | b' ') {
        return None;
    }
    let (clock, rest) = rest.split_at_checked(5)?;
    let mut micros = minutes_of(clock)? * 60 * SECOND;
    let rest = match rest.split_first() {
        Some((b':', rest)) => {
            let (seconds, rest) = rest.split_at_checked(2)?;
            micros += two_digits(seconds).filter(|seconds| *seconds < 60)? * SECOND;
            let (fraction, rest) = fraction_of(rest)?;
            micros += fraction;
            rest
        }
        _ => rest,
    };
    Some(Written { day, micros, has_time: true, offset: offset_of(rest)? })
}

/// `YYYY-MM-DD`.
fn date_of(text: &[u8]) -> Option<Day> {
    let [a, b, c, d, b'-', e, f, b'-', g, h] = text else { return None };
    let year = two_digits(&[*a, *b])? * 100 + two_digits(&[*c, *d])?;
    let (month, day) = (two_digits(&[*e, *f])?, two_digits(&[*g, *h])?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + i64::from(leap),
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=length).contains(&day) {
        return None;
    }
    i32::try_from(days_from_civil(year, month, day)).ok().map(Day)
}

/// Days since 1970-01-01 of a Gregorian date with a year of 0 or later. Howard Hinnant, “chrono-Compatible Low-Level Date
/// Algorithms”, `days_from_civil`: years begin in March, so that the leap day is the last.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

fn two_digits(text: &[u8]) -> Option<i64> {
    let [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] = text else { return None };
    Some(i64::from(tens - b'0') * 10 + i64::from(ones - b'0'))
}

/// `HH:MM`, in minutes.
fn minutes_of(text: &[u8]) -> Option<i64> {
    let [a, b, b':', c, d] = text else { return None };
    let hours = two_digits(&[*a, *b]).filter(|hours| *hours < 24)?;
    let minutes = two_digits(&[*c, *d]).filter(|minutes| *minutes < 60)?;
    Some(hours * 60 + minutes)
}

/// `.123` in microseconds and what follows it; 0 when there is no point.
fn fraction_of(text: &[u8]) -> Option<(i64, &[u8])> {
    let Some((b'.', rest)) = text.split_first() else { return Some((0, text)) };
    let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if length == 0 {
        return None;
    }
    let (digits, rest) = rest.split_at(length);
    let kept = digits.iter().copied().chain(std::iter::repeat(b'0')).take(6);
    Some((kept.fold(0, |micros, digit| micros * 10 + i64::from(digit - b'0')), rest))
}

/// Nothing, `Z` or `±HH:MM`, in seconds.
fn offset_of(text: &[u8]) -> Option<Option<i64>> {
    match text.split_first() {
        None => Some(None),
        Some((b'Z', [])) => Some(Some(0)),
        Some((b'+', clock)) => minutes_of(clock).map(|minutes| Some(minutes * 60)),
        Some((b'-', clock)) => minutes_of(clock).map(|minutes| Some(minutes * -60)),
        Some(_) => None,
    }
}

/// Turns local times into instants. Remembers the last day, since rows mostly come in the order of their times.
#[derive(Debug)]
pub(crate) struct Clock {
    zone: Zone,
    day: Day,
    /// The start of `day`, if it has 24 hours and so every local time is that much later.
    start: Option<i64>,
}

impl Clock {
    pub(crate) fn new(zone: Zone) -> Self {
        let mut clock = Self { zone, day: Day(0), start: None };
        clock.turn_to(Day(0));
        clock
    }

    /// The instant that was written.
    pub(crate) fn instant(&mut self, written: Written) -> Instant {
        if let Some(offset) = written.offset {
            return Instant(i64::from(written.day.0) * DAY + written.micros - offset * SECOND);
        }
        if written.day != self.day {
            self.turn_to(written.day);
        }
        match self.start {
            Some(start) => Instant(start + written.micros),
            None => self.slowly(written),
        }
    }

    /// The start of a day.
    pub(crate) fn start_of(&mut self, day: Day) -> Instant {
        self.instant(Written { day, micros: 0, has_time: false, offset: None })
    }

    fn turn_to(&mut self, day: Day) {
        let start = self.zone.start_of(day).0;
        let next = self.zone.start_of(day.shift(0, 1)).0;
        self.day = day;
        self.start = (next - start == DAY).then_some(start);
    }

    fn slowly(&self, written: Written) -> Instant {
        let midnight = written.day.date().and_time(chrono::NaiveTime::MIN);
        self.zone.instant_of(midnight + chrono::Duration::microseconds(written.micros))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn instant(text: &str, zone: &str) -> Option<i64> {
        let mut clock = Clock::new(Zone::parse(zone).unwrap());
        parse(text.as_bytes()).map(|written| clock.instant(written).0)
    }

    #[test]
    fn reads_the_forms_of_the_manual_and_no_others() {
        for text in [
            "2026-11-21",
            "2026-11-21 20:00",
            "2026-11-21T20:00:00",
            "2026-11-21T20:00:00.1",
            "2026-11-21T20:00:00.123456789+08:00",
            "2026-11-21T20:00Z",
            "2024-02-29",
            "0000-01-01",
        ] {
            assert!(parse(text.as_bytes()).is_some(), "{text}");
        }
        for text in [
            "",
            "2026-11-2",
            "2026-1-21",
            " 2026-11-21",
            "2026-11-21 ",
            "2026-11-31",
            "2025-02-29",
            "1900-02-29",
            "2026-13-01",
            "2026-00-01",
            "2026-11-00",
            "2026/11/21",
            "2026-11-21t20:00",
            "2026-11-21 24:00",
            "2026-11-21 20:60",
            "2026-11-21 20:00:60",
            "2026-11-21 20:00:00.",
            "2026-11-21 20",
            "1700000000",
            "2026-11-21 20:00+8:00",
            "2026-11-21 20:00+08",
            "2026-11-21Z",
            "２０２６-11-21",
            "2026-11-21 20:00 Z",
        ] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn local_times_in_gaps_and_repeated_hours_are_as_the_zone_says() {
        let new_york = "America/New_York";
        let after_gap = instant("2026-03-08 03:00", new_york);
        assert_eq!(instant("2026-03-08 02:30", new_york), after_gap);
        assert_eq!(instant("2026-03-08 02:30:00.5", new_york), after_gap);
        assert_eq!(instant("2026-11-01 01:30", new_york), instant("2026-11-01T05:30Z", new_york));
        assert_eq!(instant("2026-11-21", "Asia/Shanghai"), instant("2026-11-20T16:00Z", "UTC"));
        let half = instant("2026-03-08 05:00:00.5", new_york).unwrap();
        assert_eq!(half - instant("2026-03-08 05:00", new_york).unwrap(), SECOND / 2);
    }

    proptest! {
        #[test]
        fn agrees_with_chrono(seconds in -62_000_000_000_i64..250_000_000_000, micros in 0_u32..1_000_000, east in -1439_i32..1440) {
            let utc = chrono::DateTime::from_timestamp(seconds, micros * 1_000).unwrap();
            let local = utc.with_timezone(&chrono::FixedOffset::east_opt(east * 60).unwrap());
            let text = local.format("%Y-%m-%dT%H:%M:%S%.6f%:z").to_string();
            prop_assert_eq!(instant(&text, "UTC"), Some(utc.timestamp_micros()));
        }

        #[test]
        fn agrees_with_the_zone(seconds in 0_i64..2_000_000_000) {
            let zone = Zone::parse("America/New_York").unwrap();
            let local = chrono::DateTime::from_timestamp(seconds, 0).unwrap().naive_utc();
            let text = local.format("%Y-%m-%d %H:%M:%S").to_string();
            prop_assert_eq!(instant(&text, zone.name()), Some(zone.instant_of(local).0));
        }

        #[test]
        fn never_panics(text in ".{0,40}") {
            let _ = parse(text.as_bytes());
        }
    }
}
