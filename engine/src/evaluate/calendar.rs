//! Days and instants.

use crate::column::Column;
use crate::decode::in_day_range;
use rulec_plan::time::{DAY, Day, Instant, Zone};

pub(crate) fn day_of(instants: &Column, zone: Zone) -> Column {
    let mut finder = DayFinder { zone, day: Day(0), start: 0, end: 0 };
    let (values, known) = instants.as_ints();
    let days = values.iter().map(|instant| i64::from(finder.find(*instant).0));
    Column::Int { values: days.collect(), known: known.to_vec() }
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

pub(crate) fn start_of(days: &Column, zone: Zone, overflows: &mut Vec<usize>) -> Column {
    map_days(days, overflows, |day| zone.start_of(day).0)
}

pub(crate) fn month_day_of(days: &Column, overflows: &mut Vec<usize>) -> Column {
    map_days(days, overflows, |day| {
        let (_, month, day) = day.to_ymd();
        i64::from(month * 100 + day)
    })
}

pub(crate) fn shift(days: &Column, months: i32, count: i32, overflows: &mut Vec<usize>) -> Column {
    map_days(days, overflows, |day| i64::from(day.shift(months, count).0))
}

/// A day outside the calendar is a result that does not fit.
fn map_days(days: &Column, overflows: &mut Vec<usize>, map: impl Fn(Day) -> i64) -> Column {
    let (values, known) = days.as_ints();
    let mapped = values.iter().zip(known).enumerate().map(|(row, (value, known))| {
        let day = if *known { in_day_range(*value) } else { Some(Day(0)) };
        day.map_or_else(
            || {
                overflows.push(row);
                0
            },
            &map,
        )
    });
    Column::Int { values: mapped.collect(), known: known.to_vec() }
}
