//! The instant of a run and the calendar of a zone, by chrono alone: what `rulec_plan::time` says is tested against it.

use super::rational::Rational;
use chrono::{
    DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime, TimeDelta, TimeZone, Timelike, Utc,
};
use chrono_tz::Tz;
use rulec_plan::time::{CalendarUnit, Day, Duration, Instant};

const MICROSECONDS_A_DAY: i128 = 86_400_000_000;

/// When a run takes place, and where.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    /// The instant of the run.
    pub now: DateTime<Utc>,
    /// The project's zone.
    pub zone: Tz,
}

impl Clock {
    /// The day of the run.
    pub fn today(self) -> NaiveDate {
        self.day_of(self.now)
    }

    /// The last day that has started.
    pub fn day_of(self, instant: DateTime<Utc>) -> NaiveDate {
        day_of(self.zone, instant)
    }

    /// The first instant of a day.
    pub fn start_of(self, day: NaiveDate) -> DateTime<Utc> {
        start_of(self.zone, day)
    }

    /// How many days a literal stands for where no calendar is at hand: months are those before today, hours are parts
    /// of a day of 24.
    pub fn days_of(self, duration: Duration) -> Rational {
        match duration {
            Duration::Calendar { months, days } => {
                Rational::whole((self.today() - shift(self.today(), -months, -days)).num_days())
            }
            Duration::Exact { micros } => Rational::new(i128::from(micros), MICROSECONDS_A_DAY),
        }
    }
}

/// The last day that has started in a zone. It is the one that calendars show, but for the hour that comes twice where
/// clocks go back over midnight.
pub fn day_of(zone: Tz, instant: DateTime<Utc>) -> NaiveDate {
    let shown = instant.with_timezone(&zone).date_naive();
    let next = shown.succ_opt().unwrap_or(shown);
    if start_of(zone, next) <= instant { next } else { shown }
}

/// The first instant of a day: midnight, the earlier of two, or the first local time after it that clocks do show.
pub fn start_of(zone: Tz, day: NaiveDate) -> DateTime<Utc> {
    local_time(zone, day.and_hms_opt(0, 0, 0).expect("midnight"))
}

/// The instant at which clocks show a local time, the earlier of two; of one that clocks skip, the first after the gap.
pub fn local_time(zone: Tz, local: NaiveDateTime) -> DateTime<Utc> {
    if let Some(found) = zone.from_local_datetime(&local).earliest() {
        return found.to_utc();
    }
    let second = local - TimeDelta::nanoseconds(i64::from(local.nanosecond()));
    (1..=2 * 86_400)
        .find_map(|later| zone.from_local_datetime(&(second + TimeDelta::seconds(later))).earliest())
        .expect("no clock is moved on by two days")
        .to_utc()
}

/// So many months, and then days, later: months end where they end.
pub fn shift(day: NaiveDate, months: i32, days: i32) -> NaiveDate {
    let size = Months::new(months.unsigned_abs());
    let moved = if months < 0 { day - size } else { day + size };
    let size = Days::new(u64::from(days.unsigned_abs()));
    if days < 0 { moved - size } else { moved + size }
}

/// The first day of the unit of the calendar in which a day lies, and of the next one.
pub fn unit_of(day: NaiveDate, unit: CalendarUnit) -> (NaiveDate, NaiveDate) {
    let first_of_month = |month: u32| NaiveDate::from_ymd_opt(day.year(), month, 1).expect("a month");
    let (first, months, days) = match unit {
        CalendarUnit::Day => (day, 0, 1),
        CalendarUnit::Week => (day - Days::new(u64::from(day.weekday().num_days_from_monday())), 0, 7),
        CalendarUnit::Month => (first_of_month(day.month()), 1, 0),
        CalendarUnit::Quarter => (first_of_month(day.month0() / 3 * 3 + 1), 3, 0),
        CalendarUnit::Year => (first_of_month(1), 12, 0),
    };
    (first, shift(first, months, days))
}

/// The day on which the month and day of `birthday` fall in a year.
pub fn anniversary(birthday: NaiveDate, year: i32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, birthday.month(), birthday.day())
        .unwrap_or_else(|| NaiveDate::from_ymd_opt(year, 2, 28).expect("28 February"))
}

/// A day as the plan counts it.
pub fn naive_day(day: Day) -> NaiveDate {
    NaiveDate::default() + TimeDelta::days(i64::from(day.0))
}

/// A day as the plan counts it.
pub fn plan_day(day: NaiveDate) -> Day {
    Day(i32::try_from((day - NaiveDate::default()).num_days())
        .expect("a day within the years of the language"))
}

/// An instant as the plan counts it.
pub fn utc(instant: Instant) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(instant.0).expect("an instant of a test")
}
