//! Random conditions, and the times, dates and durations in them.

use super::data::TEXTS;
use super::expressions::{CALENDAR, Writer};
use super::schema::{Fact, Kind, LEVELS, Storage};
use super::words::words;

const ORDERED: &[Kind] =
    &[Kind::Number, Kind::Money, Kind::Percent, Kind::Date, Kind::Time, Kind::Duration, Kind::Duration];

impl Writer<'_> {
    pub(super) fn condition(&mut self, depth: usize) -> String {
        match self.rng.below(21) {
            20 => self.membership(),
            18 | 19 => self.span_against_literal(),
            0..=3 => self.comparison(depth),
            4 => self.equality(depth),
            5..=6 => self.chain(depth),
            7 => format!("({} {})", words(self.rng, &["not"]), self.expression(Kind::Bool, depth)),
            8 | 9 => self.in_window(depth),
            10 => self.in_range(depth),
            11 => self.one_of(depth),
            12 => self.contains(depth),
            13 => self.is_missing(depth),
            14 => self.or_else(Kind::Bool, depth),
            15 => self.in_top(depth),
            16 => self.today_is(),
            _ => self.aggregate(Kind::Bool, depth),
        }
    }

    fn comparison(&mut self, depth: usize) -> String {
        let sign = self.rng.pick(&["<", "<=", ">", ">=", "=", "!=", "≥", "＜", "大于", "不超过", "至少"]);
        let kind = self.rng.pick(ORDERED);
        let other = match kind {
            // 20 % is 0.2, and a time compares with a date by its day.
            Kind::Number if self.rng.chance(10) => Kind::Percent,
            Kind::Time if self.rng.chance(40) => Kind::Date,
            same => same,
        };
        let left = match (kind, other) {
            // A bare number beside a percentage would lack its unit.
            (Kind::Number, Kind::Percent) => "score".to_owned(),
            _ => self.expression(kind, depth),
        };
        let right = if self.rng.chance(60) { self.constant(other) } else { self.expression(other, depth) };
        let (left, right) = (self.of_one_year(left), self.of_one_year(right));
        let (left, right) = if self.rng.chance(85) { (left, right) } else { (right, left) };
        format!("({left} {sign} {right})")
    }

    /// A birthday that comes round each year is refused beside a day of one year; inside `or else` its date is meant.
    fn of_one_year(&self, value: String) -> String {
        let birthday =
            |fact: &Fact| fact.name == value && matches!(fact.storage, Storage::Date { birthday: true, .. });
        if self.schema.facts.iter().any(birthday) { format!("({value} or else {value})") } else { value }
    }

    /// `later - earlier` against a literal, mostly with neither end the same for all.
    fn span_against_literal(&mut self) -> String {
        let moments = [Kind::Time, Kind::Date];
        let [later, earlier] = [(); 2].map(|()| {
            let kind = self.rng.pick(&moments);
            if self.rng.chance(40) { self.aggregate(kind, 0) } else { self.leaf(kind) }
        });
        let months = self.rng.chance(40);
        let literal = if months {
            self.rng.pick(&["1mo", "3个月", "1y", "2mo"]).to_owned()
        } else {
            self.constant(Kind::Duration)
        };
        let sign = self.rng.pick(&["<", "<=", ">", ">=", "=", "!="]);
        if self.rng.chance(80) {
            format!("({later} - {earlier} {sign} {literal})")
        } else {
            format!("({literal} {sign} {later} - {earlier})")
        }
    }

    fn equality(&mut self, depth: usize) -> String {
        if self.rng.chance(10) {
            // Any text compares with one of a list.
            return format!("({} {} city)", "level", self.rng.pick(&["=", "!="]));
        }
        let kind = self.rng.pick(&[Kind::Text, Kind::Level, Kind::Bool]);
        let (left, right) = (self.leaf(kind), self.expression(kind, depth));
        format!("({left} {} {right})", self.rng.pick(&["=", "!=", "等于"]))
    }

    fn chain(&mut self, depth: usize) -> String {
        let word = self.rng.pick(&["and", "or"]);
        let count = 2 + self.rng.below(2);
        let parts: Vec<String> = (0..count).map(|_| self.expression(Kind::Bool, depth)).collect();
        format!("({})", parts.join(&format!(" {} ", words(self.rng, &[word]))))
    }

    fn in_window(&mut self, depth: usize) -> String {
        let kind = self.rng.pick(&[Kind::Time, Kind::Date]);
        match self.rng.below(4) {
            0 => {
                let window = self.yearly_window();
                format!("(birthday {window})")
            }
            1 => {
                let round = self.rng.pick(&["anniversary", "lunar"]);
                let (moment, window) = (self.leaf(kind), self.yearly_window());
                format!("({round}({moment}) {window})")
            }
            _ => {
                let moment = match self.expression(kind, depth) {
                    birthday if birthday == "birthday" => "due".to_owned(),
                    other => other,
                };
                format!("({moment} {})", self.window(kind == Kind::Time, true))
            }
        }
    }

    fn yearly_window(&mut self) -> String {
        match self.rng.below(3) {
            0 => format!("{} {}", words(self.rng, &["in", "last"]), self.length(false)),
            1 => format!("{} {}", words(self.rng, &["in", "next"]), self.length(false)),
            _ => self.this(),
        }
    }

    /// A window, of whole days or of `hours`, with what is to come only where there can be such.
    pub(super) fn window(&mut self, hours: bool, future: bool) -> String {
        match self.rng.below(6) {
            0 => format!("{} {}", words(self.rng, &["in", "last"]), self.length(hours)),
            1 if future => format!("{} {}", words(self.rng, &["in", "next"]), self.length(hours)),
            2 => {
                let ranges = if hours && !future && self.rng.chance(10) {
                    &["..48小时", "..30d", "60天..366天"]
                } else if hours && self.rng.chance(20) {
                    &["1h..48h", "90min..24h", "30分钟..48小时"]
                } else {
                    &["7d..30d", "1mo..3mo", "90天..180天"]
                };
                format!(
                    "{} {} {}",
                    words(self.rng, &["in"]),
                    self.rng.pick(ranges),
                    words(self.rng, &["ago"])
                )
            }
            3 => self.this(),
            4 | 5 => {
                let mut ends = [self.literal(Kind::Date), self.literal(Kind::Date)];
                ends.sort();
                let [low, high] = ends;
                let range = if low == high { format!("{low}..") } else { format!("{low}..{high}") };
                let range = if self.rng.chance(20) { format!("..{high}") } else { range };
                format!("{} {range}", words(self.rng, &["in"]))
            }
            _ => format!("{} {}", words(self.rng, &["in", "last"]), self.length(hours)),
        }
    }

    fn this(&mut self) -> String {
        let unit = self.rng.pick(&["day", "week", "month", "quarter", "year"]);
        words(self.rng, &["in", "this", unit])
    }

    fn length(&mut self, hours: bool) -> String {
        if hours { self.constant(Kind::Duration) } else { self.rng.pick(CALENDAR).to_owned() }
    }

    fn in_range(&mut self, depth: usize) -> String {
        let kind = self.rng.pick(&[Kind::Number, Kind::Money, Kind::Percent, Kind::Duration]);
        let range = match kind {
            Kind::Number => self.rng.pick(&["0..2", "1..3", "0.5.. ", "..5"]),
            Kind::Money => self.rng.pick(&["0元..100元", "50..200", "..99.9元"]),
            Kind::Percent => self.rng.pick(&["0%..20%", "5%..50%"]),
            _ => self.rng.pick(&["0d..30d", "30d..90d", "1mo..3mo", "24h..48h", "7d..1y"]),
        };
        let range = if range.ends_with(' ') { "0.5..100" } else { range };
        format!("({} {} {range})", self.expression(kind, depth), words(self.rng, &["in"]))
    }

    fn one_of(&mut self, depth: usize) -> String {
        let kind = self.rng.pick(&[Kind::Text, Kind::Level]);
        let pool = if kind == Kind::Text { TEXTS } else { LEVELS };
        let count = 1 + self.rng.below(3);
        let items: Vec<String> = (0..count).map(|_| format!("\"{}\"", self.rng.pick(pool))).collect();
        let value = self.expression(kind, depth);
        format!("({value} {} {{{}}})", words(self.rng, &["in"]), items.join(", "))
    }

    fn contains(&mut self, depth: usize) -> String {
        let value =
            if self.rng.chance(60) { self.leaf(Kind::Set) } else { self.expression(Kind::Text, depth) };
        let item = self.leaf(Kind::Text);
        format!("({value} {} {item})", words(self.rng, &["contains"]))
    }

    fn is_missing(&mut self, depth: usize) -> String {
        let kind = self.rng.pick(&[Kind::Number, Kind::Text, Kind::Time, Kind::Bool, Kind::Money, Kind::Set]);
        let value = self.expression(kind, depth);
        let state = self.rng.pick(&["missing", "known"]);
        format!("({value} {})", words(self.rng, &["is", state]))
    }

    /// `enters` or `leaves` a segment or a class.
    fn membership(&mut self) -> String {
        let is_group = |name: &str| name.starts_with("群") || name.starts_with("级.");
        let groups: Vec<String> =
            self.names.iter().map(|(name, _)| name).filter(|name| is_group(name)).cloned().collect();
        if groups.is_empty() || self.row.is_some() {
            return self.leaf(Kind::Bool);
        }
        let word = self.rng.pick(&["enters", "leaves"]);
        format!("({} {})", words(self.rng, &[word]), self.rng.pick(&groups))
    }

    fn in_top(&mut self, depth: usize) -> String {
        if self.row.is_some() {
            return self.leaf(Kind::Bool);
        }
        let (value, share, best) = (self.rankable(depth), self.constant(Kind::Percent), self.best());
        format!("({value} {} {share}{best})", words(self.rng, &["in", "top"]))
    }

    fn today_is(&mut self) -> String {
        let festival = self.rng.pick(&["店庆", "双11", "中秋", "春节"]);
        format!("({} \"{festival}\")", words(self.rng, &["today", "is"]))
    }

    pub(super) fn date(&mut self, depth: usize) -> String {
        match self.rng.below(5) {
            0 => words(self.rng, &["today"]),
            1 => self.or_else(Kind::Date, depth),
            2 | 3 => {
                let length = self.rng.pick(CALENDAR);
                format!("({} {} {length})", self.expression(Kind::Date, depth), self.rng.pick(&["+", "-"]))
            }
            _ => self.aggregate(Kind::Date, depth),
        }
    }

    pub(super) fn time(&mut self, depth: usize) -> String {
        match self.rng.below(5) {
            0 => words(self.rng, &["now"]),
            1 => self.or_else(Kind::Time, depth),
            2 => {
                let length = self.constant(Kind::Duration);
                format!("({} {} {length})", self.expression(Kind::Time, depth), self.rng.pick(&["+", "-"]))
            }
            _ => self.aggregate(Kind::Time, depth),
        }
    }

    pub(super) fn duration(&mut self, depth: usize) -> String {
        let moment = [Kind::Time, Kind::Date];
        match self.rng.below(9) {
            0..=3 => {
                let later = if self.rng.chance(50) {
                    let word = self.rng.pick(&["now", "today"]);
                    words(self.rng, &[word])
                } else {
                    let kind = self.rng.pick(&moment);
                    self.expression(kind, depth)
                };
                let kind = self.rng.pick(&moment);
                format!("({later} - {})", self.expression(kind, depth))
            }
            4 => self.arithmetic(Kind::Duration, &["+", "-"], Kind::Duration, depth),
            5 => {
                let factor = self.rng.pick(&["2", "0.5", "3"]);
                format!(
                    "({} {} {factor})",
                    self.expression(Kind::Duration, depth),
                    self.rng.pick(&["*", "/"])
                )
            }
            6 => self.or_else(Kind::Duration, depth),
            _ => self.aggregate(Kind::Duration, depth),
        }
    }
}
