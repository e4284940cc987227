//! Birthdays by the lunar calendar.

use super::data::{DATA, LunarMonth, LunarYear};
use rulec_plan::time::Day;

/// Days of a lunar month, at most.
const LONGEST: u32 = 30;
/// Lunar months of a year by number.
const MONTHS: u32 = 12;

/// All days of birth whose lunar birthday falls on a day from `first` to `last`, both in; sorted, none twice, none after
/// `last`. The lunar calendar of the data file begins on 1900-01-31 and ends with the lunar year 2100.
///
/// Who was born in a leap month celebrates in the leap month of that number, or in the ordinary one when the year has no
/// such leap month. Who was born on a 30th celebrates on the 29th when the month has no 30th. The day of birth itself
/// counts.
pub fn lunar_anniversaries(first: Day, last: Day) -> Vec<Day> {
    let celebrated = Celebrated::between(first, last);
    let mut births = Vec::new();
    for month in DATA.lunar.iter().flat_map(|year| &year.months) {
        let days = (1..=month.days).filter(|day| celebrated.contains(month.number, month.leap, *day));
        births.extend(days.map(|day| day_of(month, day)).filter(|birth| *birth <= last));
    }
    births
}

/// For each lunar day of birth whether somebody born on it celebrates.
struct Celebrated([bool; (MONTHS * 2 * LONGEST) as usize]);

impl Celebrated {
    fn between(first: Day, last: Day) -> Self {
        let mut celebrated = Self([false; (MONTHS * 2 * LONGEST) as usize]);
        for year in &DATA.lunar {
            for number in 1..=MONTHS {
                for leap in [false, true] {
                    let Some(month) = month_of(year, number, leap) else { continue };
                    for day in 1..=LONGEST {
                        let birthday = day_of(month, day.min(month.days));
                        celebrated.0[index(number, leap, day)] |= (first..=last).contains(&birthday);
                    }
                }
            }
        }
        celebrated
    }

    fn contains(&self, number: u32, leap: bool, day: u32) -> bool {
        self.0[index(number, leap, day)]
    }
}

fn index(number: u32, leap: bool, day: u32) -> usize {
    (((number - 1) * 2 + u32::from(leap)) * LONGEST + day - 1) as usize
}

/// The month in which somebody born in such a month celebrates.
fn month_of(year: &LunarYear, number: u32, leap: bool) -> Option<&LunarMonth> {
    let mut same = year.months.iter().filter(|month| month.number == number);
    let ordinary = same.next();
    if leap { same.next().or(ordinary) } else { ordinary }
}

fn day_of(month: &LunarMonth, day: u32) -> Day {
    Day(month.first.0.saturating_add_unsigned(day - 1))
}
