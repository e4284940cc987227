//! Findings about a program that is right, and cannot be run as asked.

use super::Choice;
use crate::types::Type;
use rulec_diagnostic::codes::run as codes;
use rulec_diagnostic::{Diagnostic, Place, Text};
use std::ops::RangeInclusive;

pub(crate) fn not_yet_run(place: Place, feature: &str) -> Diagnostic {
    Diagnostic::new(
        codes::NOT_YET_RUN,
        place,
        Text::new(
            format!("this version checks `{feature}`, and cannot run it yet"),
            format!("当前版本会检查 `{feature}`，但还不能执行它"),
        ),
    )
    .help(
        "nothing was sent; take it out of the files of `[project] rules` to run the rest",
        "没有发送任何消息；要先运行其余规则，请把它移出 `[project] rules` 指定的文件",
    )
}

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
