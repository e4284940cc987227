//! Computes the data file anew: from tyme4rs, and from the lists here.

use rulec_plan::time::Day;
use std::collections::BTreeMap;
use std::fmt::Write;
use tyme4rs::tyme::Culture;
use tyme4rs::tyme::holiday::LEGAL_HOLIDAY_DATA;
use tyme4rs::tyme::lunar::{LunarDay, LunarYear};
use tyme4rs::tyme::solar::{SolarDay, SolarTerm};

/// When the lists here and the official days were last looked through.
const MADE: &str = "2026-11-21";
const FIRST: i32 = 2010;
const LAST: i32 = 2035;

/// Further names.
type Aliases = &'static [&'static str];

/// Name, month and day, aliases.
const FIXED: &[(&str, &str, Aliases)] = &[
    ("元旦", "01-01", &["元旦节", "新年", "new year", "new year's day"]),
    ("情人节", "02-14", &["valentine's day", "valentines"]),
    ("妇女节", "03-08", &["三八", "三八节", "38节", "女神节", "女王节", "women's day"]),
    ("植树节", "03-12", &["arbor day"]),
    ("白色情人节", "03-14", &["white day"]),
    ("愚人节", "04-01", &["april fools' day"]),
    ("劳动节", "05-01", &["五一", "五一劳动节", "labour day", "labor day", "may day"]),
    ("青年节", "05-04", &["五四", "五四青年节", "youth day"]),
    ("520", "05-20", &["网络情人节"]),
    ("儿童节", "06-01", &["六一", "六一儿童节", "children's day"]),
    ("618", "06-18", &["六一八", "年中大促"]),
    ("建党节", "07-01", &["七一"]),
    ("建军节", "08-01", &["八一"]),
    ("教师节", "09-10", &["teachers' day"]),
    ("国庆", "10-01", &["国庆节", "十一", "national day"]),
    ("万圣节", "10-31", &["万圣夜", "halloween"]),
    ("双11", "11-11", &["双十一", "光棍节", "singles' day", "double 11", "double eleven"]),
    ("双12", "12-12", &["双十二", "double 12", "double twelve"]),
    ("平安夜", "12-24", &["christmas eve"]),
    ("圣诞", "12-25", &["圣诞节", "christmas", "christmas day"]),
    ("跨年", "12-31", &["跨年夜", "new year's eve"]),
];

/// Name, lunar month and day, days to add, aliases.
const LUNAR: &[(&str, (isize, usize), i32, Aliases)] = &[
    ("除夕", (1, 1), -1, &["除夕夜", "大年夜", "年三十", "chinese new year's eve", "lunar new year's eve"]),
    (
        "春节",
        (1, 1),
        0,
        &["大年初一", "农历新年", "过年", "spring festival", "chinese new year", "lunar new year"],
    ),
    ("元宵", (1, 15), 0, &["元宵节", "上元节", "lantern festival"]),
    ("龙抬头", (2, 2), 0, &["二月二"]),
    ("端午", (5, 5), 0, &["端午节", "端阳", "dragon boat", "dragon boat festival"]),
    ("七夕", (7, 7), 0, &["七夕节", "乞巧节", "qixi", "qixi festival"]),
    ("中元", (7, 15), 0, &["中元节", "鬼节", "ghost festival"]),
    ("中秋", (8, 15), 0, &["中秋节", "mid-autumn", "mid-autumn festival", "moon festival"]),
    ("重阳", (9, 9), 0, &["重阳节", "老人节", "double ninth", "double ninth festival"]),
    ("腊八", (12, 8), 0, &["腊八节", "laba festival"]),
    ("小年", (12, 23), 0, &["北方小年"]),
    ("南方小年", (12, 24), 0, &[]),
];

/// Name, month, weekday from 1 = Monday, which of the month, days to add, aliases.
const WEEKDAYS: &[(&str, u32, u32, u32, i32, Aliases)] = &[
    ("母亲节", 5, 7, 2, 0, &["mother's day"]),
    ("父亲节", 6, 7, 3, 0, &["father's day"]),
    ("感恩节", 11, 4, 4, 0, &["thanksgiving"]),
    ("黑五", 11, 4, 4, 1, &["黑色星期五", "black friday"]),
];

/// Solar terms that have further names.
const TERM_ALIASES: &[(&str, Aliases)] =
    &[("清明", &["清明节", "qingming", "tomb-sweeping day"]), ("冬至", &["冬至节", "winter solstice"])];

/// The whole file.
pub(super) fn file() -> String {
    let mut text = header();
    for (name, day, aliases) in FIXED {
        festival(&mut text, name, aliases, &format!("every = \"{day}\""));
    }
    for (name, (month, day), add, aliases) in LUNAR {
        let years = isize::try_from(FIRST - 1).unwrap()..=isize::try_from(LAST + 1).unwrap();
        let days =
            years.map(|year| day_of(LunarDay::from_ymd(year, *month, *day).get_solar_day()).shift(0, *add));
        festival(&mut text, name, aliases, &listed("days", days.filter(in_range)));
    }
    for (name, month, weekday, nth, add, aliases) in WEEKDAYS {
        let days = (FIRST..=LAST).map(|year| nth_weekday(year, *month, *weekday, *nth).shift(0, *add));
        festival(&mut text, name, aliases, &listed("days", days));
    }
    terms(&mut text);
    notices(&mut text);
    lunar_years(&mut text);
    text
}

fn header() -> String {
    format!(
        "# The calendar of China: festivals, official days off, lunar months.\n\
         # Made {MADE} by calendar/generate.rs, which says how; a test compares the two. To write it anew:\n\
         #   cargo test -p rulec-compiler write_the_data_file -- --ignored\n\
         # Festivals of the lunar calendar and solar terms are computed by tyme4rs (Beijing time). Official days off and\n\
         # worked weekends are those of the State Council's notices, as tyme4rs has them; that of a year comes out in\n\
         # the November before it.\n\n\
         # Moving festivals are listed for these years.\nfirst = {FIRST}\nlast = {LAST}\n"
    )
}

fn festival(text: &mut String, name: &str, aliases: &[&str], days: &str) {
    let aliases = aliases.iter().map(|alias| format!("{alias:?}")).collect::<Vec<_>>().join(", ");
    write!(text, "\n[[festival]]\nname = {name:?}\naliases = [{aliases}]\n{days}\n").unwrap();
}

/// A list of days, a few on a line.
fn listed(key: &str, days: impl Iterator<Item = Day>) -> String {
    let mut days: Vec<_> = days.collect();
    days.sort_unstable();
    let lines = days.chunks(7).map(|line| line.iter().map(|day| format!("\"{day}\", ")).collect::<String>());
    let lines = lines.map(|line| format!("    {}\n", line.trim_end())).collect::<String>();
    if days.is_empty() { format!("{key} = []") } else { format!("{key} = [\n{lines}]") }
}

fn terms(text: &mut String) {
    let mut terms: BTreeMap<usize, (String, Vec<Day>)> = BTreeMap::new();
    for year in FIRST..=LAST + 1 {
        for index in 0..24 {
            let term = SolarTerm::from_index(isize::try_from(year).unwrap(), index);
            let days = terms.entry(term.get_index()).or_insert_with(|| (term.get_name(), Vec::new()));
            days.1.push(day_of(term.get_solar_day()));
        }
    }
    for (name, days) in terms.values() {
        let aliases =
            TERM_ALIASES.iter().find(|(term, _)| term == name).map_or(&[][..], |(_, aliases)| aliases);
        festival(text, name, aliases, &listed("days", days.iter().copied().filter(in_range)));
    }
}

/// Official days: 13 characters each, `YYYYMMDD`, `0` worked or `1` off, and what does not matter here.
fn notices(text: &mut String) {
    let mut years: BTreeMap<i32, (Vec<Day>, Vec<Day>)> = BTreeMap::new();
    for record in LEGAL_HOLIDAY_DATA.as_bytes().chunks(13).map(|record| std::str::from_utf8(record).unwrap())
    {
        let number = |range: std::ops::Range<usize>| record[range].parse::<u32>().unwrap();
        let year = i32::try_from(number(0..4)).unwrap();
        let day = Day::from_ymd(year, number(4..6), number(6..8)).unwrap();
        let (off, work) = years.entry(year).or_default();
        if record.as_bytes()[8] == b'0' { work.push(day) } else { off.push(day) }
    }
    for (year, (off, work)) in years.range(FIRST..) {
        let (off, work) = (listed("off", off.iter().copied()), listed("work", work.iter().copied()));
        write!(text, "\n[official.{year}]\n{off}\n{work}\n").unwrap();
    }
}

fn lunar_years(text: &mut String) {
    text.push_str("\n# The first day of each lunar year; the month after which a month is repeated (0: none); and for every\n");
    text.push_str("# month whether it has 30 days (大) or 29 (小).\n[lunar]\n");
    for year in 1900..=2100 {
        let lunar = LunarYear::from_year(year);
        let first = day_of(LunarDay::from_ymd(year, 1, 1).get_solar_day());
        let length = |days| if days == 30 { '大' } else { '小' };
        let months: String = lunar.get_months().iter().map(|month| length(month.get_day_count())).collect();
        let leap = lunar.get_leap_month();
        writeln!(text, "{year} = {{ first = \"{first}\", leap = {leap}, months = \"{months}\" }}").unwrap();
    }
}

fn in_range(day: &Day) -> bool {
    (FIRST..=LAST).contains(&day.to_ymd().0)
}

fn nth_weekday(year: i32, month: u32, weekday: u32, nth: u32) -> Day {
    let days = (1..=31).filter_map(|day| Day::from_ymd(year, month, day));
    days.filter(|day| day.weekday() == weekday).nth(nth as usize - 1).unwrap()
}

/// tyme4rs's day as ours.
pub(super) fn day_of(day: SolarDay) -> Day {
    let number = |count: usize| u32::try_from(count).unwrap();
    Day::from_ymd(i32::try_from(day.get_year()).unwrap(), number(day.get_month()), number(day.get_day()))
        .unwrap()
}
