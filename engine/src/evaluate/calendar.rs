//! Days and instants.

use super::kernels::map;
use crate::column::Column;
use crate::decode::in_day_range;
use rulec_plan::time::{DAY, Day, Instant, Zone};
use rustc_hash::FxHashMap;

/// How many days are remembered: more than a century and a half.
const REMEMBERED: usize = 65_536;

/// Days of a zone and when they begin, once found out: that takes a search through the zone's history.
#[derive(Debug, Default)]
pub(super) struct Calendar {
    zone: Option<Zone>,
    /// By day in UTC: the day that begins here in the course of it, and when. `None` where clocks are changed nearby.
    begun: FxHashMap<i64, Option<Begun>>,
    starts: FxHashMap<Day, i64>,
}

#[derive(Debug, Clone, Copy)]
struct Begun {
    before: Day,
    day: Day,
    start: i64,
}

impl Calendar {
    /// The same calendar, of this zone.
    fn of(&mut self, zone: Zone) -> &mut Self {
        if self.zone != Some(zone) || self.begun.len().max(self.starts.len()) >= REMEMBERED {
            *self = Self { zone: Some(zone), ..Self::default() };
        }
        self
    }

    fn day_of(&mut self, instant: i64, zone: Zone) -> Day {
        let utc_day = instant.div_euclid(DAY);
        let begun = &mut self.of(zone).begun;
        match *begun.entry(utc_day).or_insert_with(|| begun_in(utc_day, zone)) {
            Some(Begun { before, start, .. }) if instant < start => before,
            Some(Begun { day, .. }) => day,
            None => zone.day_of(Instant(instant)),
        }
    }

    fn start_of(&mut self, day: Day, zone: Zone) -> i64 {
        *self.of(zone).starts.entry(day).or_insert_with(|| zone.start_of(day).0)
    }
}

/// The day that begins here in the course of a day in UTC, and when, if this and the day before have 24 hours: then each
/// instant of that day in UTC belongs to one of the two.
fn begun_in(utc_day: i64, zone: Zone) -> Option<Begun> {
    let first = utc_day.checked_mul(DAY)?;
    let day = zone.day_of(Instant(first.checked_add(DAY - 1)?));
    let (before, after) = (day.shift(0, -1), day.shift(0, 1));
    let [begun_before, start, begun_after] = [before, day, after].map(|day| zone.start_of(day).0);
    let are_usual = start - begun_before == DAY && begun_after - start == DAY;
    (first <= start && are_usual).then_some(Begun { before, day, start })
}

pub(super) fn day_of(instants: &Column, zone: Zone, calendar: &mut Calendar, out: &mut Column) {
    let (values, known) = instants.as_ints();
    let (days, days_known) = out.ints_mut();
    map(known, days_known, |known| known);
    days.clear();
    days.extend(values.iter().zip(known).map(|(instant, known)| match known {
        true => i64::from(calendar.day_of(*instant, zone).0),
        false => 0,
    }));
}

pub(super) fn start_of(
    days: &Column,
    zone: Zone,
    calendar: &mut Calendar,
    out: &mut Column,
    overflows: &mut Vec<usize>,
) {
    map_days(days, out, overflows, |day| calendar.start_of(day, zone));
}

pub(super) fn month_day_of(days: &Column, out: &mut Column, overflows: &mut Vec<usize>) {
    map_days(days, out, overflows, |day| {
        let (_, month, day) = day.to_ymd();
        i64::from(month * 100 + day)
    });
}

pub(super) fn shift(days: &Column, months: i32, count: i32, out: &mut Column, overflows: &mut Vec<usize>) {
    map_days(days, out, overflows, |day| i64::from(day.shift(months, count).0));
}

/// A day outside the calendar is a result that does not fit.
fn map_days(
    days: &Column,
    out: &mut Column,
    overflows: &mut Vec<usize>,
    mut compute: impl FnMut(Day) -> i64,
) {
    let (values, known) = days.as_ints();
    let (mapped, mapped_known) = out.ints_mut();
    map(known, mapped_known, |known| known);
    mapped.clear();
    mapped.extend(values.iter().zip(known).enumerate().map(|(row, (value, known))| {
        if !known {
            return 0;
        }
        in_day_range(*value).map(&mut compute).unwrap_or_else(|| {
            overflows.push(row);
            0
        })
    }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Zones whose clocks are changed at midnight, by half an hour, by a whole day, and never.
        #[test]
        fn remembered_days_are_those_of_the_zone(
            name in prop::sample::select(vec![
                "America/Sao_Paulo", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Shanghai", "UTC",
            ]),
            days in prop::collection::vec(-20_000_i64..30_000, 1..20),
            near_change: bool,
            within in prop::collection::vec(0..DAY, 1..20),
        ) {
            let zone = Zone::parse(name).unwrap();
            let mut calendar = Calendar::default();
            // Around the days in 2011 when Samoa skipped one, and in 2012 when clocks went forward in Brazil.
            let days = if near_change { vec![15_337, 15_338, 15_339, 15_632, 15_633, 15_634] } else { days };
            for (day, within) in days.iter().flat_map(|day| within.iter().map(move |within| (*day, *within))) {
                let instant = day * DAY + within;
                prop_assert_eq!(calendar.day_of(instant, zone), zone.day_of(Instant(instant)));
                let day = Day(day as i32);
                prop_assert_eq!(calendar.start_of(day, zone), zone.start_of(day).0);
            }
        }
    }
}
