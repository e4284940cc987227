//! The Chinese calendar: festivals, official days off, lunar birthdays.
//!
//! Everything is read from [`holidays-cn.toml`](self), a dated file inside the program. `generate` (tests only) computes
//! the same from tyme4rs and from lists of its own, and a test compares the two.

mod data;
#[cfg(test)]
mod generate;
mod lunar;
#[cfg(test)]
mod tests;

pub use lunar::lunar_anniversaries;

use data::{DATA, Days, Festival};
use rulec_plan::time::Day;
use std::ops::RangeInclusive;

/// Why a festival or a day is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unknown {
    /// There is no festival of this name.
    Festival,
    /// There is nothing about this year.
    Year {
        /// The years about which there is something.
        known: RangeInclusive<i32>,
    },
}

/// The days of a festival in a year of the Gregorian calendar, in order. Lunar festivals of winter may fall twice into one
/// year and not at all into the next: 腊八 was on 10 January and on 30 December 2022.
///
/// The name may be an alias, such as `中秋节` or `mid-autumn`; case, white space, hyphens and apostrophes do not matter.
///
/// # Errors
/// When there is no such festival, or when it moves from year to year and the year is not in the data file.
///
/// ```
/// use rulec_compiler::calendar::festival;
/// use rulec_plan::time::Day;
///
/// assert_eq!(festival("中秋", 2026), Ok(vec![Day::from_ymd(2026, 9, 25).unwrap()]));
/// ```
pub fn festival(name: &str, year: i32) -> Result<Vec<Day>, Unknown> {
    find(name)?.days_in(year)
}

/// The names of all festivals without their aliases, in the order of the data file.
pub fn names() -> impl Iterator<Item = &'static str> {
    DATA.festivals.iter().map(|festival| festival.name.as_str())
}

/// Whether people in China work on this day: by the State Council's notice of its year, which moves weekends, else by the
/// weekday.
///
/// # Errors
/// [`Unknown::Year`] when the notice for the year is not in the data file.
pub fn is_workday(day: Day) -> Result<bool, Unknown> {
    let year = day.to_ymd().0;
    let Some(notice) = DATA.official.get(&year) else {
        return Err(Unknown::Year { known: official_years() });
    };
    Ok(notice.work.contains(&day) || (day.weekday() < 6 && !notice.off.contains(&day)))
}

/// The years whose days off and moved weekends are known.
pub fn official_years() -> RangeInclusive<i32> {
    let years = DATA.official.keys();
    years.clone().next().copied().unwrap_or(0)..=years.last().copied().unwrap_or(-1)
}

/// The festival of a name or alias.
fn find(name: &str) -> Result<&'static Festival, Unknown> {
    let word = fold(name);
    let answers = |festival: &&Festival| festival.words.contains(&word);
    DATA.festivals.iter().find(answers).ok_or(Unknown::Festival)
}

/// A name without what does not matter: case, white space, hyphens, apostrophes, full width.
fn fold(name: &str) -> String {
    let half = |letter: char| match letter {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(letter) - 0xFEE0).unwrap_or(letter),
        _ => letter,
    };
    let matters = |letter: &char| !letter.is_whitespace() && !matches!(letter, '-' | '\'' | '’' | '·');
    name.chars().map(half).filter(matters).flat_map(char::to_lowercase).collect()
}

impl Festival {
    fn days_in(&self, year: i32) -> Result<Vec<Day>, Unknown> {
        match &self.days {
            Days::Every { month, day } => Ok(Day::from_ymd(year, *month, *day).into_iter().collect()),
            Days::Listed(_) if !DATA.years.contains(&year) => {
                Err(Unknown::Year { known: DATA.years.clone() })
            }
            Days::Listed(days) => Ok(days.iter().copied().filter(|day| day.to_ymd().0 == year).collect()),
        }
    }
}
