//! Instants, calendar days and the project's zone.

use chrono::{
    DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone, Timelike, Utc,
};
use serde::{Serialize, Serializer};

/// Microseconds in a second, a minute, an hour and a day of 24 hours.
pub const SECOND: i64 = 1_000_000;
/// See [`SECOND`].
pub const MINUTE: i64 = 60 * SECOND;
/// See [`SECOND`].
pub const HOUR: i64 = 3_600 * SECOND;
/// See [`SECOND`].
pub const DAY: i64 = 24 * HOUR;

/// A point in time: microseconds since 1970-01-01T00:00:00Z. Finer fractions are cut off (towards the past).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Instant(pub i64);

/// What tells the time of day: the real one only in the program, one that tests set in tests.
pub trait Clock: Send + Sync {
    /// The time of day now. It may jump, in either direction.
    fn now(&self) -> Instant;
}

/// A calendar day: days since 1970-01-01, in whatever zone the context says. Always within the years -9999 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Day(pub i32);

/// A stretch of time as the rule language writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub enum Duration {
    /// Days, weeks, months and years: counted on the calendar, whatever the hour.
    Calendar {
        /// Months, 12 for each year.
        months: i32,
        /// Days, 7 for each week.
        days: i32,
    },
    /// Hours and minutes: exact.
    Exact {
        /// Microseconds.
        micros: i64,
    },
}

/// A unit of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[allow(missing_docs, reason = "the names say it")]
pub enum CalendarUnit {
    Day,
    /// From Monday.
    Week,
    Month,
    Quarter,
    Year,
}

impl CalendarUnit {
    /// The unit around a day: its first day, and the first day after it.
    pub fn around(self, day: Day) -> (Day, Day) {
        let (year, month, _) = day.to_ymd();
        let first_of = |month: u32| Day::from_ymd(year, month, 1).unwrap_or(day);
        match self {
            CalendarUnit::Day => (day, day.shift(0, 1)),
            CalendarUnit::Week => {
                let back = i32::try_from(day.weekday()).unwrap_or(1) - 1;
                let monday = day.shift(0, -back);
                (monday, monday.shift(0, 7))
            }
            CalendarUnit::Month => (first_of(month), first_of(month).shift(1, 0)),
            CalendarUnit::Quarter => {
                let first = first_of((month - 1) / 3 * 3 + 1);
                (first, first.shift(3, 0))
            }
            CalendarUnit::Year => (first_of(1), first_of(1).shift(12, 0)),
        }
    }
}

impl Instant {
    /// RFC 3339 in this zone, to the second, or to the microsecond where there is a fraction. Outside the years that can
    /// be written, the count of microseconds.
    pub fn to_rfc3339(self, zone: Zone) -> String {
        let Some(utc) = self.to_utc() else {
            return format!("{} µs since 1970-01-01", self.0);
        };
        utc.with_timezone(&zone.0).to_rfc3339_opts(chrono::SecondsFormat::AutoSi, false)
    }

    /// As chrono has it, if it lies on a day that can be written, in whatever zone. Chrono's own range is wider, but it
    /// panics where a zone's offset leads out of it.
    fn to_utc(self) -> Option<DateTime<Utc>> {
        let writable = (i64::from(Day::MIN.0) - 1) * DAY..(i64::from(Day::MAX.0) + 2) * DAY;
        DateTime::from_timestamp_micros(self.0).filter(|_| writable.contains(&self.0))
    }
}

impl Day {
    /// The first and the last day that can be written.
    pub const MIN: Day = Day(-4_371_587);
    /// See [`Day::MIN`].
    pub const MAX: Day = Day(2_932_896);

    /// This day of the Gregorian calendar, if there is one, in the years -9999 to 9999.
    pub fn from_ymd(year: i32, month: u32, day: u32) -> Option<Day> {
        NaiveDate::from_ymd_opt(year, month, day)
            .map(Day::from_date)
            .filter(|day| (Day::MIN..=Day::MAX).contains(day))
    }

    /// Year, month 1 to 12, day 1 to 31.
    pub fn to_ymd(self) -> (i32, u32, u32) {
        let date = self.date();
        (date.year(), date.month(), date.day())
    }

    /// 1 = Monday … 7 = Sunday.
    pub fn weekday(self) -> u32 {
        self.date().weekday().number_from_monday()
    }

    /// So many months and then so many days later (earlier if negative). A day that a month does not have becomes its
    /// last one: 31 January and one month is 28 or 29 February. Stops at the first and the last day that can be written.
    #[must_use]
    pub fn shift(self, months: i32, days: i32) -> Day {
        let date = self.date();
        let count = Months::new(months.unsigned_abs());
        let moved = if months < 0 { date.checked_sub_months(count) } else { date.checked_add_months(count) };
        let end = if months < 0 { Day::MIN } else { Day::MAX };
        let day = moved.map_or(end, Day::from_date);
        Day(day.0.saturating_add(days)).clamp(Day::MIN, Day::MAX)
    }

    /// The day as chrono has it.
    pub fn date(self) -> NaiveDate {
        let epoch = NaiveDate::default();
        let count = Days::new(u64::from(self.0.unsigned_abs()));
        let date = if self.0 < 0 { epoch.checked_sub_days(count) } else { epoch.checked_add_days(count) };
        date.unwrap_or(epoch)
    }

    /// The day of a chrono date.
    pub fn from_date(date: NaiveDate) -> Day {
        let days = date.signed_duration_since(NaiveDate::default()).num_days();
        Day(i32::try_from(days).unwrap_or(if days < 0 { Day::MIN.0 } else { Day::MAX.0 }))
    }
}

impl std::fmt::Display for Day {
    /// `2026-11-21`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.date().fmt(f)
    }
}

/// A time zone of the IANA database, as compiled into the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Zone(chrono_tz::Tz);

impl Zone {
    /// UTC.
    pub const UTC: Zone = Zone(chrono_tz::UTC);

    /// The zone of this name, such as `Asia/Shanghai`.
    pub fn parse(name: &str) -> Option<Zone> {
        name.parse().ok().map(Zone)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// The names of all zones.
    pub fn names() -> impl Iterator<Item = &'static str> {
        chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name())
    }

    /// The calendar day on which this instant falls here: the one that has started and whose next has not, by
    /// [`Zone::start_of`]. Where a change of the clock goes back over midnight, the hour that is shown twice belongs to
    /// the day that has started.
    pub fn day_of(self, instant: Instant) -> Day {
        let Some(utc) = instant.to_utc() else {
            return if instant.0 < 0 { Day::MIN } else { Day::MAX };
        };
        let local = utc.with_timezone(&self.0);
        let day = Day::from_date(local.date_naive()).clamp(Day::MIN, Day::MAX);
        // Clocks go back by at most two hours, so only the last two of a day can be shown after the next has started.
        let next = day.shift(0, 1);
        if local.hour() >= 22 && self.start_of(next) <= instant { next } else { day }
    }

    /// How late it is here at this instant: whole minutes after midnight, as clocks show them.
    pub fn minute_of(self, instant: Instant) -> u16 {
        let minutes = instant.to_utc().map_or(0, |utc| {
            let local = utc.with_timezone(&self.0);
            local.hour() * 60 + local.minute()
        });
        u16::try_from(minutes).unwrap_or(0)
    }

    /// The first instant at or after this one at which clocks here show so many minutes after midnight; where a change of
    /// the clock skips that time, the first instant after the gap.
    pub fn next_at(self, instant: Instant, minutes: u16) -> Instant {
        let today = self.day_of(instant);
        // Where clocks go back they show a time twice.
        let at = |day: Day| {
            let local = day.date().and_time(NaiveTime::MIN) + chrono::Duration::minutes(minutes.into());
            let second = self.0.from_local_datetime(&local).latest();
            [Some(self.instant_of(local)), second.map(|at| Instant(at.timestamp_micros()))]
        };
        // The day that has started can differ from the one that clocks show where they go back over midnight.
        let days = (-1..=2).flat_map(|days| at(today.shift(0, days))).flatten();
        days.filter(|at| *at >= instant).min().unwrap_or(instant)
    }

    /// The first instant of this day here. Where a change of the clock skips midnight, the first instant after the gap;
    /// where it repeats midnight, the earlier one.
    pub fn start_of(self, day: Day) -> Instant {
        self.instant_of(day.date().and_time(NaiveTime::MIN))
    }

    /// The instant at which clocks here show this local time; in a gap the first instant after it, if it comes twice the
    /// earlier. A local time outside the years that can be written counts as their first or last.
    pub fn instant_of(self, local: NaiveDateTime) -> Instant {
        let midnight = |day: Day| day.date().and_time(NaiveTime::MIN);
        let local = local.clamp(midnight(Day::MIN), midnight(Day::MAX) + chrono::Duration::hours(24));
        let found = self.0.from_local_datetime(&local);
        if let Some(instant) = found.earliest() {
            return Instant(instant.timestamp_micros());
        }
        // In a gap: read with the offset from before it, a local time in the gap lies after the change by as much as it
        // lies inside the gap. The change itself is where day and time are first valid again.
        let before = self.0.offset_from_utc_datetime(&(local - chrono::Duration::hours(24))).fix();
        let skipped = local - chrono::Duration::seconds(i64::from(before.local_minus_utc()));
        let mut low = skipped - chrono::Duration::hours(24);
        let mut high = skipped;
        while high - low > chrono::Duration::seconds(1) {
            let middle = low + (high - low) / 2;
            if self.0.offset_from_utc_datetime(&middle).fix() == before {
                low = middle
            } else {
                high = middle
            }
        }
        let seconds = high.and_utc().timestamp_micros().div_euclid(SECOND);
        Instant(seconds * SECOND)
    }

    /// The instant `duration` before (or, negated, after) `from`: for a calendar duration the start of the day so far
    /// before its day, for an exact one that many microseconds.
    pub fn back(self, from: Instant, duration: Duration) -> Instant {
        match duration {
            Duration::Calendar { months, days } => {
                self.start_of(self.day_of(from).shift(months.saturating_neg(), days.saturating_neg()))
            }
            Duration::Exact { micros } => Instant(from.0.saturating_sub(micros)),
        }
    }
}

impl Serialize for Zone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// East and west of Greenwich, with changes of the clock at midnight, and one that skipped a whole day.
    const ZONES: [&str; 6] =
        ["UTC", "Asia/Shanghai", "America/Sao_Paulo", "America/Havana", "Pacific/Apia", "Pacific/Kiritimati"];

    fn any_instant() -> impl Strategy<Value = Instant> {
        let ends = prop_oneof![
            Just(i64::MIN),
            Just(i64::MAX),
            Just(-8_334_601_228_800_000_000),
            Just(8_210_266_876_800_000_000)
        ];
        let near_ends = (ends, -DAY..DAY).prop_map(|(end, off)| end.saturating_add(off));
        let written = i64::from(Day::MIN.0) * DAY..i64::from(Day::MAX.0) * DAY;
        prop_oneof![any::<i64>(), near_ends, written].prop_map(Instant)
    }

    fn any_duration() -> impl Strategy<Value = Duration> {
        prop_oneof![
            (any::<i32>(), any::<i32>()).prop_map(|(months, days)| Duration::Calendar { months, days }),
            any::<i64>().prop_map(|micros| Duration::Exact { micros }),
        ]
    }

    proptest! {
        #[test]
        fn every_instant_has_a_day_that_has_started(instant in any_instant(), zone in prop::sample::select(&ZONES[..])) {
            let zone = Zone::parse(zone).unwrap();
            let day = zone.day_of(instant);
            prop_assert!((Day::MIN..=Day::MAX).contains(&day));
            prop_assert!(day == Day::MIN || zone.start_of(day) <= instant);
            prop_assert!(day == Day::MAX || instant < zone.start_of(day.shift(0, 1)));
            prop_assert!(!instant.to_rfc3339(zone).is_empty());
            prop_assert!(zone.minute_of(instant) < 24 * 60);
            prop_assert!(zone.next_at(instant, zone.minute_of(instant)) >= instant);
        }

        #[test]
        fn going_back_never_leaves_the_calendar(
            instant in any_instant(),
            duration in any_duration(),
            zone in prop::sample::select(&ZONES[..]),
        ) {
            let zone = Zone::parse(zone).unwrap();
            let back = zone.back(instant, duration);
            if matches!(duration, Duration::Calendar { .. }) {
                prop_assert!((zone.start_of(Day::MIN)..=zone.start_of(Day::MAX)).contains(&back));
            }
        }

        #[test]
        fn every_local_time_has_an_instant(at in any::<i64>(), zone in prop::sample::select(&ZONES[..])) {
            let zone = Zone::parse(zone).unwrap();
            let local = DateTime::from_timestamp_micros(at).map_or(NaiveDateTime::MIN, |utc| utc.naive_utc());
            for local in [local, NaiveDateTime::MIN, NaiveDateTime::MAX] {
                let first = zone.start_of(Day::MIN);
                prop_assert!((first..=Instant(i64::from(Day::MAX.0 + 2) * DAY)).contains(&zone.instant_of(local)));
            }
        }
    }

    fn day(text: &str) -> Day {
        Day::from_date(text.parse().unwrap())
    }

    #[test]
    fn first_and_last_day() {
        assert_eq!(Day::MIN, Day::from_date(NaiveDate::from_ymd_opt(-9999, 1, 1).unwrap()));
        assert_eq!(Day::MAX, day("9999-12-31"));
        assert_eq!(Day::MAX.shift(1, 0), Day::MAX);
        assert_eq!(Day::MIN.shift(0, -1), Day::MIN);
        assert_eq!(Day::MAX.shift(i32::MAX, i32::MAX), Day::MAX);
    }

    #[test]
    fn instants_beyond_the_calendar_fall_on_its_ends() {
        let zone = Zone::parse("Asia/Shanghai").unwrap();
        // Chrono's last instant of all, and one that its offset leads out of chrono's range.
        for micros in [8_210_266_876_799_999_999, 8_210_266_870_000_000_000, i64::MAX] {
            assert_eq!(zone.day_of(Instant(micros)), Day::MAX);
            assert_eq!(zone.day_of(Instant(-micros)), Day::MIN);
            assert_eq!(Instant(micros).to_rfc3339(zone), format!("{micros} µs since 1970-01-01"));
        }
    }

    #[test]
    fn months_are_clamped_to_their_end() {
        assert_eq!(day("2026-01-31").shift(1, 0), day("2026-02-28"));
        assert_eq!(day("2024-03-31").shift(-1, 0), day("2024-02-29"));
        assert_eq!(day("2026-11-21").shift(-3, -1), day("2026-08-20"));
    }

    #[test]
    fn a_day_starts_after_the_gap_where_midnight_is_skipped() {
        let zone = Zone::parse("America/Sao_Paulo").unwrap();
        let start = zone.start_of(day("2018-11-04"));
        assert_eq!(start.to_rfc3339(zone), "2018-11-04T01:00:00-02:00");
        assert_eq!(zone.day_of(start), day("2018-11-04"));
        assert_eq!(zone.day_of(Instant(start.0 - 1)), day("2018-11-03"));
    }

    #[test]
    fn a_day_starts_at_the_earlier_of_two_midnights() {
        let zone = Zone::parse("America/Havana").unwrap();
        let start = zone.start_of(day("2023-11-05"));
        assert_eq!(start.to_rfc3339(zone), "2023-11-05T00:00:00-04:00");
    }

    #[test]
    fn a_day_that_has_started_goes_on_where_clocks_go_back_over_midnight() {
        let zone = Zone::parse("America/St_Johns").unwrap();
        let start = zone.start_of(day("2006-10-29"));
        for minutes in 0..120 {
            let instant = Instant(start.0 + minutes * 60 * SECOND);
            assert_eq!(zone.day_of(instant), day("2006-10-29"), "{}", instant.to_rfc3339(zone));
        }
        assert_eq!(zone.day_of(Instant(start.0 - 1)), day("2006-10-28"));
    }

    #[test]
    fn the_next_time_that_clocks_show_a_time_of_day() {
        let zone = Zone::parse("America/Sao_Paulo").unwrap();
        for (from, minutes, expected) in [
            ("2018-06-01T09:59:59", 600, "2018-06-01T10:00:00-03:00"),
            ("2018-06-01T10:00:00", 600, "2018-06-01T10:00:00-03:00"),
            ("2018-06-01T10:00:01", 600, "2018-06-02T10:00:00-03:00"),
            ("2018-11-03T23:00:00", 0, "2018-11-04T01:00:00-02:00"),
        ] {
            let next = zone.next_at(zone.instant_of(from.parse().unwrap()), minutes);
            assert_eq!(next.to_rfc3339(zone), expected, "{from}");
        }
    }

    #[test]
    fn a_time_that_clocks_show_twice_comes_twice() {
        let zone = Zone::parse("Europe/Berlin").unwrap();
        for (from, expected) in [
            ("2026-10-25T02:10:00+02:00", "2026-10-25T02:30:00+02:00"),
            ("2026-10-25T02:40:00+02:00", "2026-10-25T02:30:00+01:00"),
            ("2026-10-25T02:10:00+01:00", "2026-10-25T02:30:00+01:00"),
            ("2026-10-25T02:40:00+01:00", "2026-10-26T02:30:00+01:00"),
        ] {
            let from = DateTime::parse_from_rfc3339(from).unwrap().timestamp_micros();
            assert_eq!(zone.next_at(Instant(from), 150).to_rfc3339(zone), expected);
        }
    }

    #[test]
    fn a_unit_holds_its_day() {
        let wednesday = day("2026-11-18");
        for (unit, first, next) in [
            (CalendarUnit::Day, "2026-11-18", "2026-11-19"),
            (CalendarUnit::Week, "2026-11-16", "2026-11-23"),
            (CalendarUnit::Month, "2026-11-01", "2026-12-01"),
            (CalendarUnit::Quarter, "2026-10-01", "2027-01-01"),
            (CalendarUnit::Year, "2026-01-01", "2027-01-01"),
        ] {
            assert_eq!(unit.around(wednesday), (day(first), day(next)));
        }
    }

    #[test]
    fn going_back_by_days_reaches_the_start_of_the_day() {
        let zone = Zone::parse("America/New_York").unwrap();
        let now = zone.instant_of("2017-12-31T23:59:59".parse().unwrap());
        let back = zone.back(now, Duration::Calendar { months: 0, days: 60 });
        assert_eq!(back.to_rfc3339(zone), "2017-11-01T00:00:00-04:00");
        assert_eq!(zone.back(now, Duration::Exact { micros: HOUR }), Instant(now.0 - HOUR));
    }
}
