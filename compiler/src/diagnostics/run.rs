//! Findings about a program that is right, and cannot be run as asked.

use super::Choice;
use crate::types::Type;
use rulec_diagnostic::codes::run as codes;
use rulec_diagnostic::{Diagnostic, Place, Text};
use std::ops::RangeInclusive;

pub(crate) fn unknown_param<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    let choice = Choice::new(word, known);
    Diagnostic::new(
        codes::UNKNOWN_PARAM,
        None,
        Text::new(
            format!("`--set {word}=…`: there is no param `{word}`"),
            format!("`--set {word}=…`：没有叫 `{word}` 的参数"),
        ),
    )
    .help(
        choice.en(&format!("declare it: param {word} = …")),
        choice.zh(&format!("请先声明：参数 {word} = …")),
    )
}

pub(crate) fn param_type(place: Place, word: &str, wanted: &Type) -> Diagnostic {
    Diagnostic::new(
        codes::PARAM_TYPE,
        place,
        Text::new(
            format!("param `{word}` is {}: set it to one that is written out", wanted.en()),
            format!("参数 `{word}` 是{}，请设成同类的值", wanted.zh()),
        ),
    )
    .help(
        "write the value as in a rule, such as `--set NAME=120d`",
        "写法与规则里一样，例如 `--set 名称=120天`",
    )
}

pub(crate) fn festival_year(
    place: Place,
    festival: &str,
    year: i32,
    known: RangeInclusive<i32>,
) -> Diagnostic {
    let (first, last) = known.into_inner();
    Diagnostic::new(
        codes::FESTIVAL_YEAR,
        place,
        Text::new(
            format!("on which day of {year} `{festival}` falls is not known: the calendar reaches from {first} to {last}"),
            format!("不知道 {year} 年的 `{festival}` 是哪一天：内置日历只有 {first} 到 {last} 年"),
        ),
    )
    .help(
        "name its days under `[calendar] holidays` in rulec.toml",
        "请在 rulec.toml 的 `[calendar] holidays` 里登记它的日期",
    )
}

pub(crate) fn number_too_large(place: Place) -> Diagnostic {
    Diagnostic::new(
        codes::CONSTANT_TOO_LARGE,
        place,
        Text::new("this number is too large to count with", "这个数太大，无法计算"),
    )
    .help("use a smaller number, or fewer decimals", "请用小一些的数，或减少小数位数")
}

pub(crate) fn too_many_decimals(place: Place) -> Diagnostic {
    Diagnostic::new(
        codes::TOO_MANY_DECIMALS,
        place,
        Text::new(
            "this product has more decimals than can be added up exactly",
            "这个乘积的小数位数太多，无法精确汇总",
        ),
    )
    .help(
        "say how many decimals the columns have, such as `decimals = 2` beside their type in rulec.toml, or write fewer in the rule",
        "请在 rulec.toml 里写明这些列有几位小数，例如在类型旁加上 `decimals = 2`，或在规则里少写几位小数",
    )
}

/// What is asked of a table of the project and of the kept one of its name cannot be put together.
pub(crate) fn tables_apart(place: Place, event: &str) -> Diagnostic {
    Diagnostic::new(
        codes::TABLES_APART,
        place,
        Text::new(
            format!("`{event}` stands for the project's own table and for the one that is kept here, and this cannot be asked of both"),
            format!("`{event}` 既是项目自己的表，又是系统自带的记录，这个问题没法对两边一起问"),
        ),
    )
    .help(
        "ask for `count`, `sum`, `avg` or `exists`, by facts that mean the same in both; or give the table of rulec.toml another name",
        "请改用 `计数`、`求和`、`平均` 或 `存在`，并只用两边含义相同的字段；或者在 rulec.toml 里给自己的表换个名字",
    )
}

pub(crate) fn workdays(place: Place, year: i32, known: RangeInclusive<i32>) -> Diagnostic {
    let (first, last) = known.into_inner();
    Diagnostic::new(
        codes::WORKDAYS_UNKNOWN,
        place,
        Text::new(
            format!("which days of {year} are off is not known: the calendar has the notices of {first} to {last}"),
            format!("不知道 {year} 年怎么放假调休：内置日历只有 {first} 到 {last} 年的安排"),
        ),
    )
    .help(
        "Monday to Friday are taken as working days; a newer version knows more, or name the days of the month",
        "暂按周一到周五上班计算；可以升级到新版本，或者改写成每月几号",
    )
}

pub(crate) fn not_a_holdout(place: Place) -> Diagnostic {
    Diagnostic::new(
        codes::PARAM_TYPE,
        place,
        Text::new("a control group is less than 100% of the customers", "对照组要小于 100%"),
    )
    .help(
        "set the param to such a share, as in `--set NAME=5%`",
        "请把参数设成这样的比例，例如 `--set 名称=5%`",
    )
}

pub(crate) fn not_a_budget(place: Place) -> Diagnostic {
    Diagnostic::new(codes::PARAM_TYPE, place, Text::new("a budget is more than zero", "预算要大于零")).help(
        "set the param to such an amount, as in `--set NAME=50000元`",
        "请把参数设成这样的金额，例如 `--set 名称=50000元`",
    )
}

pub(crate) fn shares(place: Place) -> Diagnostic {
    Diagnostic::new(
        codes::PARAM_TYPE,
        place,
        Text::new("the shares of this split do not add up to 100%", "各组比例加起来不是 100%"),
    )
    .help("set the params so that they do", "请调整参数，让各组加起来等于 100%")
}

pub(crate) fn not_a_count(place: Place) -> Diagnostic {
    Diagnostic::new(
        codes::PARAM_TYPE,
        place,
        Text::new("points are counted in whole numbers of at least 1", "积分要用不小于 1 的整数"),
    )
    .help(
        "set the param to such a number, as in `--set NAME=100`",
        "请把参数设成这样的数，例如 `--set 名称=100`",
    )
}
