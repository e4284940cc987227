//! The types of the rule language.

use std::sync::Arc;

/// The type of an expression.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Type {
    /// True or false.
    Bool,
    /// An exact number.
    Number,
    /// Money in the project's currency.
    Money,
    /// A share of one.
    Percent,
    /// Any text.
    Text,
    /// One of these texts.
    Enum(Arc<[String]>),
    /// A calendar day.
    Date,
    /// An instant.
    Time,
    /// A stretch of time.
    Duration,
    /// A set of texts.
    Set,
    /// What a mistake, already reported, has left without a type; goes with everything.
    Unknown,
}

impl Type {
    /// The type as messages name it, in English.
    pub fn en(&self) -> &'static str {
        match self {
            Type::Bool => "a yes/no condition",
            Type::Number => "a number",
            Type::Money => "an amount of money",
            Type::Percent => "a percentage",
            Type::Text => "a text",
            Type::Enum(_) => "one of a list of texts",
            Type::Date => "a date",
            Type::Time => "a point in time",
            Type::Duration => "a duration",
            Type::Set => "a set of texts",
            Type::Unknown => "unknown",
        }
    }

    /// The type as messages name it, in Chinese.
    pub fn zh(&self) -> &'static str {
        match self {
            Type::Bool => "条件",
            Type::Number => "数字",
            Type::Money => "金额",
            Type::Percent => "百分比",
            Type::Text => "文本",
            Type::Enum(_) => "固定选项",
            Type::Date => "日期",
            Type::Time => "时间点",
            Type::Duration => "时长",
            Type::Set => "文本集合",
            Type::Unknown => "未知",
        }
    }

    /// Whether values of this type are texts.
    pub fn is_text(&self) -> bool {
        matches!(self, Type::Text | Type::Enum(_))
    }

    /// Whether values of this type are pure quantities that can be added up: numbers, money, percentages.
    pub fn is_quantity(&self) -> bool {
        matches!(self, Type::Number | Type::Money | Type::Percent)
    }

    /// Whether values of this type stand on a line, so that `<` and `best high` mean something.
    pub fn is_ordered(&self) -> bool {
        self.is_quantity() || matches!(self, Type::Date | Type::Time | Type::Duration)
    }

    /// Whether a mistake was already reported.
    pub fn is_unknown(&self) -> bool {
        *self == Type::Unknown
    }
}
