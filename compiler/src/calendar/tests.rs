use super::data::TEXT;
use super::generate::{self, day_of};
use super::*;
use rulec_plan::time::Day;
use tyme4rs::tyme::lunar::{LunarDay, LunarYear};

fn day(text: &str) -> Day {
    Day::from_date(text.parse().unwrap())
}

#[test]
fn the_data_file_is_what_the_generator_makes() {
    assert!(TEXT == generate::file(), "run: cargo test -p rulec-compiler write_the_data_file -- --ignored");
}

#[test]
#[ignore = "writes the data file anew"]
#[expect(clippy::disallowed_methods, reason = "the one test that writes, and only when asked")]
fn write_the_data_file() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/calendar/holidays-cn.toml");
    std::fs::write(path, generate::file()).unwrap();
}

#[test]
fn lunar_years_follow_each_other_without_a_gap() {
    for years in data::DATA.lunar.windows(2) {
        let last = years[0].months.last().unwrap();
        assert_eq!(last.number, 12);
        assert_eq!(last.first.0.saturating_add_unsigned(last.days), years[1].months[0].first.0);
    }
}

/// From the State Council's notices and from almanacs, not from the library that computed the file.
const KNOWN: &[(&str, &str)] = &[
    ("春节", "2010-02-14"),
    ("春节", "2020-01-25"),
    ("春节", "2024-02-10"),
    ("春节", "2025-01-29"),
    ("春节", "2026-02-17"),
    ("春节", "2027-02-06"),
    ("除夕", "2026-02-16"),
    ("元宵", "2026-03-03"),
    ("清明", "2024-04-04"),
    ("清明", "2026-04-05"),
    ("端午", "2025-05-31"),
    ("端午", "2026-06-19"),
    ("七夕", "2026-08-19"),
    ("中元", "2026-08-27"),
    ("中秋", "2025-10-06"),
    ("中秋", "2026-09-25"),
    ("重阳", "2026-10-18"),
    ("冬至", "2026-12-22"),
    ("母亲节", "2026-05-10"),
    ("父亲节", "2026-06-21"),
    ("黑五", "2026-11-27"),
    ("国庆", "2026-10-01"),
    ("双11", "2026-11-11"),
];

#[test]
fn well_known_days_are_right() {
    for (name, known) in KNOWN {
        let known = day(known);
        assert_eq!(festival(name, known.to_ymd().0), Ok(vec![known]), "{name}");
    }
}

#[test]
fn a_winter_festival_may_come_twice_a_year_or_not_at_all() {
    assert_eq!(festival("腊八", 2022), Ok(vec![day("2022-01-10"), day("2022-12-30")]));
    assert_eq!(festival("腊八", 2023), Ok(vec![]));
}

#[test]
fn a_festival_answers_to_its_aliases() {
    let names = ["中秋", "中秋节", "Mid-Autumn", "mid autumn festival", " Moon Festival"];
    assert!(names.iter().all(|name| festival(name, 2026) == Ok(vec![day("2026-09-25")])));
    assert_eq!(festival("双１１", 2026), festival("singles' day", 2026));
}

#[test]
fn no_two_festivals_share_a_name() {
    let mut words: Vec<_> = data::DATA.festivals.iter().flat_map(|festival| &festival.words).collect();
    let all = words.len();
    words.sort();
    words.dedup();
    assert_eq!(words.len(), all);
}

#[test]
fn an_unknown_name_and_an_unknown_year_differ() {
    assert_eq!(festival("中秋結", 2026), Err(Unknown::Festival));
    assert_eq!(festival("奥运会", 2026), Err(Unknown::Festival));
    assert_eq!(festival("中秋", 2036), Err(Unknown::Year { known: 2010..=2035 }));
    assert_eq!(festival("国庆", 2036), Ok(vec![day("2036-10-01")]));
}

#[test]
fn weekends_are_moved_as_the_notices_say() {
    assert_eq!(is_workday(day("2026-02-14")), Ok(true), "a worked Saturday before 春节");
    assert_eq!(is_workday(day("2026-02-17")), Ok(false));
    assert_eq!(is_workday(day("2026-10-10")), Ok(true));
    assert_eq!(is_workday(day("2026-11-21")), Ok(false), "a Saturday like any other");
    assert_eq!(is_workday(day("2026-11-23")), Ok(true));
    assert_eq!(is_workday(day("2027-01-01")), Err(Unknown::Year { known: 2010..=2026 }));
}

#[test]
fn lunar_birthdays_fall_on_well_known_days() {
    // Born at 中秋 1984, 1990 and 2000: all celebrate at 中秋 2026.
    let births = lunar_anniversaries(day("2026-09-25"), day("2026-09-25"));
    assert!(
        [day("1984-09-10"), day("1990-10-03"), day("2000-09-12")].iter().all(|birth| births.contains(birth))
    );
    assert!(!births.contains(&day("1990-09-25")));
    assert_eq!(births.last(), Some(&day("2026-09-25")));
}

#[test]
fn lunar_anniversaries_of_nothing_are_none() {
    assert_eq!(lunar_anniversaries(day("2026-01-02"), day("2026-01-01")), []);
    assert_eq!(lunar_anniversaries(day("2200-01-01"), day("2200-02-01")), []);
    assert_eq!(lunar_anniversaries(Day::MIN, Day::MIN), []);
    assert!(lunar_anniversaries(Day::MIN, Day::MAX).len() > 70_000);
}

/// A lunar day as tyme4rs has it.
struct Lunar {
    month: usize,
    leap: bool,
    day: usize,
    /// Whether it is the last of its month.
    end: bool,
    /// The number of its year's leap month, 0 for none.
    leap_of_year: usize,
}

impl Lunar {
    /// Whether somebody born then celebrates on this day: the law of the documentation, day against day.
    fn celebrates(&self, birth: &Lunar) -> bool {
        let day = self.day == birth.day || (birth.day == 30 && self.day == 29 && self.end);
        let leap = birth.leap && self.leap_of_year == birth.month;
        day && self.month == birth.month && self.leap == leap
    }
}

/// Every day from 1900-01-31 to 2034, with its lunar day.
fn almanac() -> Vec<(Day, Lunar)> {
    let mut days = Vec::new();
    for year in 1900..2034 {
        let lunar = LunarYear::from_year(year);
        for month in lunar.get_months() {
            let count = month.get_day_count();
            let first = day_of(LunarDay::from_ymd(year, month.get_month_with_leap(), 1).get_solar_day());
            for day in 1..=count {
                let leap_of_year = lunar.get_leap_month();
                let lunar = Lunar {
                    month: month.get_month(),
                    leap: month.is_leap(),
                    day,
                    end: day == count,
                    leap_of_year,
                };
                days.push((first.shift(0, i32::try_from(day).unwrap() - 1), lunar));
            }
        }
    }
    days
}

#[test]
fn lunar_anniversaries_agree_with_the_slow_way() {
    let almanac = almanac();
    // Leap months of 2023 (2), 2025 (6) and 2033 (11), years without one, a span over the new year, and long ago.
    for (first, length) in [
        ("2023-03-20", 35),
        ("2025-07-20", 40),
        ("2026-02-10", 20),
        ("2026-07-10", 1),
        ("2030-12-20", 30),
        ("2033-12-20", 20),
        ("1901-01-01", 60),
    ] {
        let first = day(first);
        let last = first.shift(0, length);
        let window: Vec<_> = almanac.iter().filter(|(day, _)| (first..=last).contains(day)).collect();
        let born = |birth: &Lunar| window.iter().any(|(_, lunar)| lunar.celebrates(birth));
        let slow = almanac.iter().filter(|(day, birth)| *day <= last && born(birth)).map(|(day, _)| *day);
        assert_eq!(lunar_anniversaries(first, last), slow.collect::<Vec<_>>(), "{first}");
    }
}
