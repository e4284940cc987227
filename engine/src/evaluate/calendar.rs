//! Days and instants.

use super::kernels::map;
use crate::column::Column;
use crate::decode::in_day_range;
use rulec_plan::time::{DAY, Day, Instant, Zone};

pub(super) fn day_of(instants: &Column, zone: Zone, out: &mut Column) {
    let mut finder = DayFinder { zone, day: Day(0), start: 0, end: 0 };
    let (values, known) = instants.as_ints();
    let (days, days_known) = out.ints_mut();
    map(known, days_known, |known| known);
    days.clear();
    let day = |(instant, known): (&i64, &bool)| if *known { i64::from(finder.find(*instant).0) } else { 0 };
    days.extend(values.iter().zip(known).map(day));
}

/// Remembers the last day, since neighbouring values often fall on one.
struct DayFinder {
    zone: Zone,
    day: Day,
    start: i64,
    end: i64,
}

impl DayFinder {
    fn find(&mut self, instant: i64) -> Day {
        if self.start <= instant && instant < self.end {
            return self.day;
        }
        let day = self.zone.day_of(Instant(instant));
        let (start, end) = (self.zone.start_of(day).0, self.zone.start_of(day.shift(0, 1)).0);
        // Where the clock is changed, an instant between two starts may belong to the day before.
        if end - start == DAY {
            (self.day, self.start, self.end) = (day, start, end);
        }
        day
    }
}

pub(super) fn start_of(days: &Column, zone: Zone, out: &mut Column, overflows: &mut Vec<usize>) {
    map_days(days, out, overflows, |day| zone.start_of(day).0);
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
fn map_days(days: &Column, out: &mut Column, overflows: &mut Vec<usize>, compute: impl Fn(Day) -> i64) {
    let (values, known) = days.as_ints();
    let (mapped, mapped_known) = out.ints_mut();
    map(known, mapped_known, |known| known);
    mapped.clear();
    mapped.extend(values.iter().zip(known).enumerate().map(|(row, (value, known))| {
        if !known {
            return 0;
        }
        in_day_range(*value).map(&compute).unwrap_or_else(|| {
            overflows.push(row);
            0
        })
    }));
}
