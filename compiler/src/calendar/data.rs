//! The data file, read once.

use super::fold;
use indexmap::IndexMap;
use rulec_plan::time::Day;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::LazyLock;

/// The data file as text.
pub(super) const TEXT: &str = include_str!("holidays-cn.toml");

/// The data file as data. It is part of the program and read by tests, so it is not a user's input that could be wrong.
pub(super) static DATA: LazyLock<Data> =
    LazyLock::new(|| Data::read(TEXT).expect("the calendar inside the program is sound"));

pub(super) struct Data {
    /// The years whose moving festivals are listed.
    pub(super) years: RangeInclusive<i32>,
    pub(super) festivals: Vec<Festival>,
    /// Notices of the State Council by year.
    pub(super) official: BTreeMap<i32, Notice>,
    /// Lunar years without a gap, the first first.
    pub(super) lunar: Vec<LunarYear>,
}

pub(super) struct Festival {
    pub(super) name: String,
    /// Its name and aliases, folded.
    pub(super) words: Vec<String>,
    pub(super) days: Days,
}

pub(super) enum Days {
    /// The same day every year.
    Every { month: u32, day: u32 },
    /// These, in order.
    Listed(Vec<Day>),
}

/// Days that differ from the week's usual course.
pub(super) struct Notice {
    /// Days off, weekends among them.
    pub(super) off: Vec<Day>,
    /// Weekends that are worked.
    pub(super) work: Vec<Day>,
}

pub(super) struct LunarYear {
    pub(super) months: Vec<LunarMonth>,
}

#[derive(Clone, Copy)]
pub(super) struct LunarMonth {
    /// 1 to 12.
    pub(super) number: u32,
    /// Whether it is the second of its number in its year.
    pub(super) leap: bool,
    pub(super) first: Day,
    /// 29 or 30.
    pub(super) days: u32,
}

#[derive(Deserialize)]
struct File {
    first: i32,
    last: i32,
    festival: Vec<FestivalEntry>,
    official: BTreeMap<String, NoticeEntry>,
    lunar: IndexMap<String, LunarEntry>,
}

#[derive(Deserialize)]
struct FestivalEntry {
    name: String,
    #[serde(default)]
    aliases: Vec<String>,
    every: Option<String>,
    days: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct NoticeEntry {
    off: Vec<String>,
    work: Vec<String>,
}

/// `months` has a letter a month: 大 of 30 days, 小 of 29; the leap month stands behind the month of its number.
#[derive(Deserialize)]
struct LunarEntry {
    first: String,
    leap: u32,
    months: String,
}

impl Data {
    /// The file's content; `None` if a date in it cannot be read.
    fn read(text: &str) -> Option<Data> {
        let file: File = toml::from_str(text).ok()?;
        let official = file.official.iter().map(|(year, notice)| Some((year.parse().ok()?, notice.read()?)));
        // The tables of a TOML file come in no promised order.
        let mut lunar = file.lunar.values().map(LunarEntry::read).collect::<Option<Vec<_>>>()?;
        lunar.sort_by_key(|year| year.months.first().map(|month| month.first));
        Some(Data {
            years: file.first..=file.last,
            official: official.collect::<Option<_>>()?,
            lunar,
            festivals: file.festival.into_iter().map(FestivalEntry::read).collect::<Option<_>>()?,
        })
    }
}

impl FestivalEntry {
    fn read(self) -> Option<Festival> {
        let words = std::iter::once(&self.name).chain(&self.aliases).map(|word| fold(word)).collect();
        let days = match (&self.every, &self.days) {
            (Some(every), None) => {
                let (month, day) = every.split_once('-')?;
                Days::Every { month: month.parse().ok()?, day: day.parse().ok()? }
            }
            (None, Some(listed)) => Days::Listed(days(listed)?),
            _ => return None,
        };
        Some(Festival { name: self.name, words, days })
    }
}

impl NoticeEntry {
    fn read(&self) -> Option<Notice> {
        Some(Notice { off: days(&self.off)?, work: days(&self.work)? })
    }
}

impl LunarEntry {
    fn read(&self) -> Option<LunarYear> {
        let mut months: Vec<LunarMonth> = Vec::new();
        let mut first = day(&self.first)?;
        for letter in self.months.chars() {
            let days = if letter == '大' { 30 } else { 29 };
            let before = months.last().map_or(0, |month| month.number);
            let leap = before != 0 && before == self.leap && months.last().is_some_and(|month| !month.leap);
            months.push(LunarMonth { number: before + u32::from(!leap), leap, first, days });
            first = first.shift(0, i32::try_from(days).ok()?);
        }
        Some(LunarYear { months })
    }
}

fn days(listed: &[String]) -> Option<Vec<Day>> {
    listed.iter().map(|text| day(text)).collect()
}

fn day(text: &str) -> Option<Day> {
    text.parse().ok().map(Day::from_date)
}
