//! Days, by the clock of a zone; instants are microseconds since 1970.

use super::shop::{DAY, HOUR, Per, Within};
use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, TimeZone, Timelike};
use chrono_tz::Tz;

pub fn local(zone: Tz, at: i64) -> DateTime<Tz> {
    DateTime::from_timestamp_micros(at).expect("an instant").with_timezone(&zone)
}

pub fn day_of(zone: Tz, at: i64) -> NaiveDate {
    local(zone, at).date_naive()
}

pub fn minute_of(zone: Tz, at: i64) -> u32 {
    let local = local(zone, at);
    local.hour() * 60 + local.minute()
}

/// None of the zones changes its clocks at midnight.
pub fn start_of(zone: Tz, day: NaiveDate) -> i64 {
    zone.from_local_datetime(&day.and_time(NaiveTime::MIN)).earliest().expect("a midnight").timestamp_micros()
}

/// When what is said to be so long after an instant comes.
pub fn after(zone: Tz, at: i64, pause: Within) -> i64 {
    match pause {
        Within::Hours(hours) => at + hours * HOUR,
        Within::Days(days) => start_of(zone, day_of(zone, at) + TimeDelta::days(days)),
    }
}

/// Whether an event comes within so long after an instant.
pub fn is_within(zone: Tz, from: i64, event: i64, within: Within) -> bool {
    match within {
        Within::Hours(hours) => event <= from + hours * HOUR,
        Within::Days(days) => day_of(zone, event) <= day_of(zone, from) + TimeDelta::days(days),
    }
}

/// Whether something at one instant counts in the period up to, or around, another.
pub fn counts(zone: Tz, per: Option<Per>, event: i64, at: i64) -> bool {
    let days = [event, at].map(|at| day_of(zone, at));
    let [event_day, day] = days;
    match per {
        None => true,
        Some(Per::Hours(hours)) => event <= at && event >= at - hours * HOUR,
        Some(Per::Days(count)) => event <= at && event_day >= day - TimeDelta::days(count),
        Some(Per::Day) => event_day == day,
        Some(Per::Week) => event_day.iso_week() == day.iso_week(),
        Some(Per::Month) => (event_day.year(), event_day.month()) == (day.year(), day.month()),
    }
}

/// Whether a time of day lies between two, perhaps past midnight.
pub fn is_between(minute: u32, (from, to): (u32, u32)) -> bool {
    if from <= to { (from..to).contains(&minute) } else { minute >= from || minute < to }
}

/// Midnight is so far ahead at the most.
pub const TWO_DAYS_AND_A_BIT: i64 = 2 * DAY + 3 * HOUR;
