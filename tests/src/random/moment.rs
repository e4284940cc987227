//! When a case takes place, and the instants at which its windows begin and end.

use super::rng::Rng;
use crate::reference::{Clock, local_time};
use chrono::{DateTime, Days, Months, NaiveDate, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;

/// Zones with clocks that skip midnight (São Paulo, Cairo, Beirut), repeat it (Havana), skip a day (Apia), or move by half an
/// hour (Lord Howe).
const ZONES: &[&str] = &[
    "Asia/Shanghai",
    "UTC",
    "America/New_York",
    "America/Sao_Paulo",
    "America/Havana",
    "America/St_Johns",
    "Africa/Cairo",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Apia",
];

/// Days on or near which clocks change, months end, or something is celebrated.
const DAYS: &[&str] = &[
    "2010-11-07",
    "2011-12-31",
    "2016-10-30",
    "2018-02-18",
    "2018-11-04",
    "2020-02-29",
    "2023-03-12",
    "2023-03-26",
    "2023-04-28",
    "2023-11-05",
    "2024-02-29",
    "2024-03-31",
    "2024-05-31",
    "2024-12-31",
    "2025-01-29",
    "2025-05-11",
    "2026-02-17",
    "2026-03-01",
    "2026-09-25",
    "2026-11-01",
    "2026-11-11",
    "2026-11-21",
];

/// How far the windows of random rules reach, in days.
const REACHES: &[u64] = &[0, 1, 2, 7, 8, 14, 15, 30, 31, 60, 61, 90, 91, 180, 181, 365, 366];

/// The zone and the instant of a case.
pub fn clock(rng: &mut Rng) -> Clock {
    let zone: Tz = rng.pick(ZONES).parse().expect("a zone");
    let day: NaiveDate = rng.pick(DAYS).parse().expect("a day");
    let day = day + Days::new(rng.pick(REACHES));
    let time = match rng.below(6) {
        0 => NaiveTime::MIN,
        1 => NaiveTime::from_hms_micro_opt(23, 59, 59, 999_999).expect("a time"),
        2 => NaiveTime::from_hms_micro_opt(0, 0, 0, 1).expect("a time"),
        _ => {
            let seconds = u32::try_from(rng.below(86_400)).expect("seconds of a day");
            NaiveTime::from_num_seconds_from_midnight_opt(seconds, 0).expect("a time")
        }
    };
    Clock { now: local_time(zone, day.and_time(time)), zone }
}

/// An instant at, or a little before or after, one at which some window may begin or end.
pub fn instant(rng: &mut Rng, clock: Clock) -> DateTime<Utc> {
    let edge = match rng.below(8) {
        0 => clock.now,
        1 => clock.now + TimeDelta::minutes(rng.pick(&[60, 90, 1_440, 2_880]) * rng.pick(&[1, -1])),
        2 => clock.now + TimeDelta::minutes(rng.between(-600_000, 60_000)),
        _ => clock.start_of(day(rng, clock)),
    };
    let micros = match rng.below(9) {
        0..=2 => 0,
        3 => 1,
        4 => 1_000,
        5 => 1_000_000,
        6 => 3_600_000_000,
        _ => rng.between(0, 86_400_000_000),
    };
    edge + TimeDelta::microseconds(micros * rng.pick(&[1, -1]))
}

/// A day at which some window may begin or end, mostly in the past.
pub fn day(rng: &mut Rng, clock: Clock) -> NaiveDate {
    let today = clock.today();
    let future = rng.chance(25);
    match rng.below(10) {
        0 => rng.pick(DAYS).parse().expect("a day"),
        // The last days of months, where months of different lengths differ.
        3 | 4 => {
            let month = today - Months::new(rng.pick(&[0, 1, 2, 3, 12]));
            let first = chrono::Datelike::with_day(&month, 1).expect("months have a first day");
            first + Months::new(1) - Days::new(rng.pick(&[1, 1, 2, 3]))
        }
        1 | 2 => {
            let months = Months::new(rng.pick(&[1, 3, 12]));
            if future { today + months } else { today - months }
        }
        _ => {
            let days = Days::new(rng.pick(REACHES));
            if future { today + days } else { today - days }
        }
    }
}

/// A day long ago whose month and day lie near today, or are those of a leap day.
pub fn birthday(rng: &mut Rng, clock: Clock) -> NaiveDate {
    let year = i32::try_from(rng.between(1950, 2020)).expect("a year");
    if rng.chance(15) {
        return NaiveDate::from_ymd_opt(year - year % 4, 2, 29).expect("a leap day");
    }
    let near = day(rng, clock) + Days::new(u64::try_from(rng.between(0, 2)).expect("some days"));
    chrono::Datelike::with_year(&near, year).unwrap_or(near)
}
