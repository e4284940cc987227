//! The syntax tree: a rule file as it was written, with byte spans, before any name has a meaning.
//!
//! Chinese and English keywords give the same tree. Numbers are exact. Chains of `and`, `or`, `+`, `*` are flat, so that
//! nothing that walks the tree recurses deeper than [`crate::MAX_NESTING`] brackets.

use rulec_diagnostic::Span;

/// Something with the place where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spanned<T> {
    /// What.
    pub node: T,
    /// Where.
    pub span: Span,
}

/// A name as compared: NFKC, so that full-width letters and digits equal their half-width twins; backticks removed.
pub type Name = Spanned<String>;

/// A dotted path: `orders.amount`, `沉睡.长期`. At least one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// The names between the dots.
    pub names: Vec<Name>,
    /// All of it.
    pub span: Span,
}

/// A whole file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct File {
    /// The declarations, in the order written.
    pub items: Vec<Item>,
    /// All `#` and `##` comments, in the order written, for a formatter and for `# allow …`.
    pub comments: Vec<Comment>,
    /// Names that declarations with syntax errors meant to declare, so that their uses are not reported too.
    pub broken: Vec<Name>,
}

/// A comment, from its first `#` to the end of the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Without the `#`s and the white space around.
    pub text: String,
    /// With them.
    pub span: Span,
    /// Whether it starts with `##` and belongs to the next declaration.
    pub doc: bool,
}

/// One declaration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The `##` lines right before it, without the `##`, joined with line breaks.
    pub doc: Option<String>,
    /// What it declares.
    pub kind: ItemKind,
    /// From its keyword to its last character.
    pub span: Span,
}

/// The kinds of declarations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ItemKind {
    /// `use std/lifecycle`, `use "./tiers.rules"`.
    Use(Spanned<String>),
    /// `param 阈值 = 180d`.
    Param(Definition),
    /// `let 年消费 = sum(orders.amount in last 365d)`.
    Let(Definition),
    /// `segment 忠诚 = frequency >= 10 and aov >= 500`.
    Segment(Definition),
    /// `tier 沉睡 by dormant { … }`.
    Tier(Tier),
    /// `template 回归礼包 for sms """…"""`.
    Template(Template),
    /// `pool 回归券 from "codes.csv"`.
    Pool(Pool),
    /// `fact weather by city`.
    Fact(FactBy),
    /// `campaign 秋季召回 { … }`.
    Campaign(Campaign),
    /// `rule 长期高价值 priority 90 { … }`, or a bare `when … then …`.
    Rule(Rule),
    /// `limit sms 2 per 30d for 沉睡.短期`.
    Limit(Limit),
    /// `suppress sms when not consent.sms because "未授权"`.
    Suppress(Ban),
    /// `forbid coupon when 忠诚 because "…"`.
    Forbid(Ban),
    /// `test "…" { given … expect … }`.
    Test(Test),
}

/// `NAME = EXPRESSION`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// What it is called.
    pub name: Name,
    /// What it stands for.
    pub value: Expr,
}

/// `tier NAME by EXPRESSION { CLASS: RANGE … }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tier {
    /// What it is called.
    pub name: Name,
    /// What is divided into classes.
    pub by: Expr,
    /// The classes, in the order written.
    pub classes: Vec<TierClass>,
}

/// One class of a tier: `短期: 30d..90d`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TierClass {
    /// Its name.
    pub name: Name,
    /// Its range.
    pub range: Range,
}

/// `low..high`: low end in, high end out; a missing end is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    /// The low end.
    pub low: Option<Box<Expr>>,
    /// The high end.
    pub high: Option<Box<Expr>>,
    /// All of it.
    pub span: Span,
}

/// `template NAME for CHANNEL [transactional] TEXT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// What it is called.
    pub name: Name,
    /// For which channel.
    pub channel: Name,
    /// Whether it is exempt from limits and quiet hours; then it may carry no offer.
    pub transactional: bool,
    /// What it says.
    pub text: Message,
}

/// A message with placeholders, cut at its braces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The pieces in order. `{{` and `}}` are literal braces.
    pub pieces: Vec<Piece>,
    /// The text as written between the quotes, escapes resolved.
    pub text: String,
    /// With the quotes.
    pub span: Span,
}

/// A piece of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Said as it stands.
    Text(String),
    /// `{name}`, `{name or "亲"}`, `{monetary as rounded}`, `{coupon.expires}`.
    Field {
        /// What is put in.
        value: Expr,
        /// How it is written.
        format: Option<Name>,
        /// What is said when it is missing.
        or: Option<Spanned<String>>,
        /// With the braces.
        span: Span,
    },
}

/// `pool NAME from "FILE"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pool {
    /// What it is called.
    pub name: Name,
    /// The file with the codes.
    pub file: Spanned<String>,
}

/// `fact NAME by FACT`: outside data joined on a fact of the customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactBy {
    /// The outside table of the project file.
    pub name: Name,
    /// The customer's fact that is looked up in it.
    pub by: Path,
}

/// `campaign NAME { … }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Campaign {
    /// What it is called.
    pub name: Name,
    /// What stands in it, in the order written. The checker refuses two of one kind, rules and limits apart.
    pub members: Vec<Member>,
}

/// A line of a campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its doc comment.
    pub doc: Option<String>,
    /// What it says.
    pub kind: MemberKind,
    /// Where.
    pub span: Span,
}

/// What a line of a campaign can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MemberKind {
    /// `active 2026-09-01..2026-12-01`.
    Active(Range),
    /// `every day at 10:00`; may stand on the line of `active`, and is a member of its own all the same.
    Schedule(Schedule),
    /// `holdout 5%`.
    Holdout(Expr),
    /// `convert orders within 14d`, `convert orders where category = "奶粉" within 14d`.
    Convert {
        /// The event table.
        event: Name,
        /// Which of its rows count.
        filter: Option<Expr>,
        /// How long after the touch.
        within: Expr,
    },
    /// `budget 50000元 per 30d`.
    Budget {
        /// How much.
        amount: Expr,
        /// In which time; `None`: over the whole campaign.
        per: Option<Period>,
    },
    /// A rule.
    Rule(Rule),
    /// A limit of this campaign only.
    Limit(Limit),
}

/// When a campaign runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// On which days.
    pub days: ScheduleDays,
    /// At what time of day; `None`: whenever it is run.
    pub at: Option<Spanned<TimeOfDay>>,
}

/// The days of a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScheduleDays {
    /// `every day`.
    Daily,
    /// `every monday, friday`; 1 = Monday … 7 = Sunday.
    Weekdays(Vec<Spanned<u8>>),
    /// `every workday`: Monday to Friday, holidays apart.
    Workdays,
    /// `every month on 1, 25`; days of the month, 1 to 31.
    MonthDays(Vec<Spanned<u8>>),
    /// `every month on last day`.
    LastDay,
    /// `every month on last workday`.
    LastWorkday,
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its name; a bare `when … then …` has none.
    pub name: Option<Name>,
    /// `priority 90`; higher wins, 0 when not written.
    pub priority: Option<Spanned<i64>>,
    /// Whom it takes.
    pub when: Expr,
    /// Whom it leaves out all the same.
    pub unless: Option<Expr>,
    /// What it does.
    pub outcome: Outcome,
    /// `after 48h unless opened send …`, in the order written.
    pub follow_ups: Vec<FollowUp>,
    /// `again every 90d`.
    pub again: Option<Spanned<Expr>>,
    /// From `rule` or `when` to the end.
    pub span: Span,
}

/// What a rule does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// `then send …, tag "…"`.
    Actions(Vec<Action>),
    /// `split NAME { 45% 小样: send … 10% hold }`.
    Split(Split),
}

/// An experiment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// Its name, from which the arms are drawn.
    pub name: Name,
    /// The arms, in the order written.
    pub arms: Vec<Arm>,
}

/// One arm of an experiment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arm {
    /// Its share, a percent.
    pub share: Expr,
    /// Its label.
    pub label: Option<Name>,
    /// What it does; empty for `hold`.
    pub actions: Vec<Action>,
    /// All of it.
    pub span: Span,
}

/// `after DELAY [unless CONDITION | when CONDITION] ACTIONS`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FollowUp {
    /// How long after the step before.
    pub delay: Expr,
    /// Under which condition.
    pub condition: Option<FollowUpCondition>,
    /// What it does.
    pub actions: Vec<Action>,
    /// All of it.
    pub span: Span,
}

/// The condition of a follow-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FollowUpCondition {
    /// Only if it does not hold.
    Unless(Expr),
    /// Only if it holds.
    When(Expr),
}

/// One thing that a rule does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// What.
    pub kind: ActionKind,
    /// Where.
    pub span: Span,
}

/// The kinds of actions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActionKind {
    /// `send sms 回归礼包 coupon 150/500 ttl 15d`.
    Send {
        /// By which channel.
        channel: Name,
        /// What it says.
        message: MessageRef,
        /// What comes with it, in the order written.
        options: Vec<Spanned<SendOption>>,
    },
    /// `tag "沉睡"`.
    Tag(Spanned<String>),
    /// `untag "沉睡"`.
    Untag(Spanned<String>),
    /// `task "顾问" "回访"`.
    Task {
        /// Who is to do it.
        who: Spanned<String>,
        /// What.
        what: Spanned<String>,
    },
    /// `grant points 100`.
    GrantPoints(Expr),
}

/// What a message says: a template's name, or a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MessageRef {
    /// A template's name, bare.
    Name(Name),
    /// In quotes: a template's name if one has it, else the message itself.
    Text(Message),
}

/// What comes with a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendOption {
    /// `coupon 150/500 [from POOL]`.
    Coupon {
        /// What it is worth.
        offer: CouponOffer,
        /// Where its codes come from.
        pool: Option<Name>,
    },
    /// `gift "小样"`.
    Gift(String),
    /// `points 100`.
    Points(Expr),
    /// `trial 30d`.
    Trial(Expr),
    /// `ttl 15d`.
    Ttl(Expr),
    /// `at 20:00`.
    At(TimeOfDay),
    /// `at 18:00..21:00`.
    Between(TimeOfDay, TimeOfDay),
    /// `quota 50 [best by EXPRESSION]`.
    Quota {
        /// How many at the most.
        count: Expr,
        /// Who comes first.
        best_by: Option<Expr>,
    },
}

/// What a coupon is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CouponOffer {
    /// `150/500`, `满500减150`: so much off from so much on; `50`: no threshold. Both in yuan or the project's currency.
    Amount {
        /// Off.
        off: Number,
        /// From; `None`: from the first cent.
        from: Option<Number>,
    },
    /// `20% off`, `8折`: percent off, here 20.
    Percent(Number),
}

/// `limit CHANNEL|any COUNT per PERIOD [for CONDITION]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// Which channel; `None`: any.
    pub channel: Option<Name>,
    /// How many messages at the most.
    pub count: Expr,
    /// In which time.
    pub per: Period,
    /// For whom.
    pub segment: Option<Expr>,
}

/// The time that a limit or a budget counts over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Period {
    /// `per 30d`: rolls back from the moment of sending.
    Rolling(Expr),
    /// `per day|week|month|quarter|year`: the project's calendar.
    Calendar(Spanned<CalendarUnit>),
}

/// A unit of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum CalendarUnit {
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

/// `suppress` or `forbid`: `sms when CONDITION because "…"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ban {
    /// A channel, a kind of offer (`coupon`, `gift`, `points`, `trial`), or `None` for `any`.
    pub what: Option<Name>,
    /// For whom.
    pub when: Expr,
    /// Why.
    pub because: Option<Spanned<String>>,
}

/// `test "…" { … }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Test {
    /// What it shows.
    pub title: Spanned<String>,
    /// `given dormant = 200d, aov = 620元`.
    pub given: Vec<Given>,
    /// `expect …`.
    pub expect: Vec<Spanned<Expectation>>,
}

/// One assumption of a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// Of what.
    pub path: Path,
    /// Its value; `None` for `is missing`.
    pub value: Option<Expr>,
}

/// What a test expects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expectation {
    /// `expect rule NAME`, `expect not rule NAME`.
    Rule {
        /// Which.
        name: Name,
        /// Whether it must not win.
        not: bool,
    },
    /// `expect send wecom coupon 200/800`: a message by this channel with at least these options.
    Send {
        /// By which channel.
        channel: Name,
        /// Saying what; `None`: anything.
        message: Option<MessageRef>,
        /// With what.
        options: Vec<Spanned<SendOption>>,
    },
    /// `expect tag "…"` and the other actions.
    Action(ActionKind),
    /// `expect nothing`.
    Nothing,
}

/// An expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expr {
    /// What.
    pub kind: ExprKind,
    /// Where.
    pub span: Span,
}

/// The kinds of expressions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExprKind {
    /// A value as written.
    Literal(Literal),
    /// A name or a dotted path.
    Path(Path),
    /// `everyone`.
    Everyone,
    /// `now`: the instant of the run.
    Now,
    /// `today`: its day in the project's zone.
    Today,
    /// `{"面膜", "精华"}`.
    Set(Vec<Expr>),
    /// `not x`.
    Not(Box<Expr>),
    /// `-x`.
    Negate(Box<Expr>),
    /// `a and b and c`; two or more.
    And(Vec<Expr>),
    /// `a or b or c`; two or more.
    Or(Vec<Expr>),
    /// `a > b`; comparisons do not chain.
    Compare {
        /// Left.
        left: Box<Expr>,
        /// Which.
        op: Spanned<CompareOp>,
        /// Right.
        right: Box<Expr>,
    },
    /// `a + b - c`: the first operand, then operators with theirs, all `+ -`.
    Sum(Box<Expr>, Vec<(Spanned<SumOp>, Expr)>),
    /// `a * b / c`, likewise.
    Product(Box<Expr>, Vec<(Spanned<ProductOp>, Expr)>),
    /// `registered in last 7d`, `birthday in next 7d`, `orders.at in 2026-06-01..2026-06-19`, `aov in 200..500`.
    In {
        /// What.
        value: Box<Expr>,
        /// Into which window or range.
        window: Spanned<Window>,
    },
    /// `aov in top 20%`, `dormant in top 20% best low`.
    InTop {
        /// What is ranked.
        value: Box<Expr>,
        /// The share.
        share: Box<Expr>,
        /// Which end is better.
        best: Option<Spanned<Best>>,
    },
    /// `category in {"面膜", "精华"}`; the right side is a set or a fact of type set.
    InSet {
        /// What.
        value: Box<Expr>,
        /// In what.
        set: Box<Expr>,
    },
    /// `tags contains "抗衰"`, or a text that contains another.
    Contains {
        /// The set or text.
        value: Box<Expr>,
        /// What it contains.
        item: Box<Expr>,
    },
    /// `x is missing`, `x is known`.
    IsMissing {
        /// What.
        value: Box<Expr>,
        /// `true` for `is missing`, `false` for `is known`.
        missing: bool,
    },
    /// `x or else 0`.
    OrElse {
        /// What.
        value: Box<Expr>,
        /// What instead, if it is missing.
        default: Box<Expr>,
    },
    /// `today is "中秋"`.
    TodayIs(Spanned<String>),
    /// `day of month`, `day of week`, `month of year`: of the day of the run.
    CalendarPart(CalendarPart),
    /// `enters 沉睡`, `leaves 沉睡`.
    Membership {
        /// `true` for `enters`.
        enters: bool,
        /// A segment or a tier's class.
        of: Path,
    },
    /// `count(orders where … in last 90d)`, `quintile(monetary)`, `anniversary(registered)`.
    Call(Call),
}

/// A function over events, the population, or a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Which, in English whatever was written; an unknown name as written.
    pub function: Name,
    /// `orders`, `orders.amount`, `monetary`.
    pub argument: Option<Box<Expr>>,
    /// `where …`.
    pub filter: Option<Box<Expr>>,
    /// `in …` or `since …`.
    pub window: Option<Spanned<Window>>,
    /// `best low`, `best high`.
    pub best: Option<Spanned<Best>>,
}

/// A stretch of time, or of values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Window {
    /// `in last 90d`.
    Last(Box<Expr>),
    /// `in next 7d`.
    Next(Box<Expr>),
    /// `in 90d..180d ago`, `in 90d.. ago`.
    Ago(Range),
    /// `in 2026-06-01..2026-06-19`, or values: `in 200..500`.
    Range(Range),
    /// `in this month`.
    This(CalendarUnit),
    /// `since last(orders.at)`, `since 2026-06-01`.
    Since(Box<Expr>),
}

/// Which end of a scale is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Best {
    Low,
    High,
}

/// A part of the day of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CalendarPart {
    /// 1 to 31.
    DayOfMonth,
    /// 1 (Monday) to 7 (Sunday).
    DayOfWeek,
    /// 1 to 12.
    MonthOfYear,
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum CompareOp {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Plus or minus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum SumOp {
    Add,
    Subtract,
}

/// Times or divided by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum ProductOp {
    Multiply,
    Divide,
}

/// A value as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Literal {
    /// `true`, `false`.
    Bool(bool),
    /// `3`, `1_000`, `0.5`, `2万`.
    Number(Number),
    /// `500元`, `¥500`, `9.9元`, `2万元`; in yuan or the project's currency.
    Money(Number),
    /// `20%`, here 20.
    Percent(Number),
    /// `60d`, `3个月`.
    Duration(DurationLiteral),
    /// `2026-11-11`; a day that exists.
    Date {
        /// Year, 1 to 9999.
        year: i32,
        /// Month, 1 to 12.
        month: u8,
        /// Day of the month.
        day: u8,
    },
    /// `20:00`.
    Time(TimeOfDay),
    /// `"…"`, escapes resolved.
    Text(String),
}

/// An exact decimal number: `mantissa` × 10^-`scale`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Number {
    /// The digits.
    pub mantissa: i64,
    /// How many of them stand after the point; at most 9.
    pub scale: u8,
}

/// A duration as written: a whole number of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DurationLiteral {
    /// How many.
    pub amount: u32,
    /// Of what.
    pub unit: DurationUnit,
}

/// A unit of a duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum DurationUnit {
    Minutes,
    Hours,
    Days,
    Weeks,
    Months,
    Years,
}

/// A time of day, to the minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeOfDay {
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
}
