//! Findings about what a word refers to.

use super::Choice;
use rulec_diagnostic::codes::names as codes;
use rulec_diagnostic::{Diagnostic, Place, Text};
use rulec_grammar::Glued;

pub(crate) fn unknown_fact<'a>(
    place: Place,
    word: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    let choice = Choice::new(word, known);
    let finding = Diagnostic::new(
        codes::UNKNOWN_FACT,
        place,
        Text::new(format!("nothing is called `{word}`"), format!("没有叫 `{word}` 的指标或人群")),
    );
    match choice.nearest {
        Some(nearest) => finding
            .help(format!("did you mean `{nearest}`?"), format!("是不是想写 `{nearest}`？"))
            .fix(place, nearest),
        None => finding.help(
            "describe it as a fact in rulec.toml, or define it here with `let NAME = …`",
            "请在 rulec.toml 里登记这个字段，或用 `定义 名称 = …` 在规则里定义它",
        ),
    }
}

pub(crate) fn glued(place: Place, word: &str, glued: &Glued<'_>) -> Diagnostic {
    let apart = glued.spaced();
    Diagnostic::new(
        codes::GLUED,
        place,
        Text::new(
            format!("`{word}` is read as one name, because nothing stands around `{}`", glued.keyword),
            format!("`{word}` 被当成了一个名字，因为 `{}` 两边没有空格", glued.keyword),
        ),
    )
    .help(format!("put spaces around it: `{apart}`"), format!("请在两边加空格：`{apart}`"))
    .fix(place, apart)
}

pub(crate) fn unknown_event<'a>(
    place: Place,
    word: &str,
    function: &str,
    is_value: bool,
    known: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    let finding = Diagnostic::new(
        codes::UNKNOWN_EVENT,
        place,
        Text::new(
            format!("`{function}` counts rows of an event table, and `{word}` is none"),
            format!("`{function}` 要统计事件表里的记录，而 `{word}` 不是事件表"),
        ),
    );
    if is_value {
        return finding.help(
            format!("`{word}` is already one value for each customer: use it as it is"),
            format!("`{word}` 对每位客户本来就是一个值，直接使用即可"),
        );
    }
    let choice = Choice::new(word, known);
    let en = choice.en("describe the table as `[events.NAME]` in rulec.toml");
    let zh = choice.zh("请在 rulec.toml 里用 `[events.名称]` 登记这张表");
    finding.help(en, zh)
}

pub(crate) fn unknown_event_fact(place: Place, table: &str, word: &str, known: &[&str]) -> Diagnostic {
    let choice = Choice::new(word, known.iter().copied());
    Diagnostic::new(
        codes::UNKNOWN_EVENT_FACT,
        place,
        Text::new(format!("`{table}` has no fact `{word}`"), format!("`{table}` 里没有 `{word}` 这个字段")),
    )
    .help(
        choice.en("describe its column under the table's `facts` in rulec.toml"),
        choice.zh("请在 rulec.toml 里这张表的 `facts` 下登记该列"),
    )
}

pub(crate) fn unknown_channel<'a>(
    place: Place,
    word: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    let choice = Choice::new(word, known);
    Diagnostic::new(
        codes::UNKNOWN_CHANNEL,
        place,
        Text::new(format!("the project has no channel `{word}`"), format!("项目里没有 `{word}` 这个渠道")),
    )
    .help(
        choice.en(&format!("add `[channels.{word}]` to rulec.toml")),
        choice.zh(&format!("请在 rulec.toml 里加上 `[channels.{word}]`")),
    )
}

pub(crate) fn unknown_template<'a>(
    place: Place,
    word: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    let choice = Choice::new(word, known);
    let quoted = format!("\"{word}\"");
    Diagnostic::new(
        codes::UNKNOWN_TEMPLATE,
        place,
        Text::new(format!("there is no template `{word}`"), format!("没有叫 `{word}` 的模板")),
    )
    .help(
        match choice.nearest {
            Some(nearest) => format!(
                "did you mean `{nearest}`? if `{word}` is the message itself, write it in quotes: {quoted}"
            ),
            None => format!(
                "declare it with `template {word} for …`, or write the message itself in quotes: {quoted}"
            ),
        },
        match choice.nearest {
            Some(nearest) => {
                format!("是不是想写 `{nearest}`？如果 `{word}` 就是要发送的文字，请加引号：{quoted}")
            }
            None => format!("请用 `模板 {word} 用于 …` 声明它；如果这就是要发送的文字，请加引号：{quoted}"),
        },
    )
}

pub(crate) fn declared_twice(place: Place, word: &str, first: Place) -> Diagnostic {
    Diagnostic::new(
        codes::DECLARED_TWICE,
        place,
        Text::new(format!("`{word}` is declared twice"), format!("`{word}` 声明了两次")),
    )
    .related(first, "first declared here", "第一次声明在这里")
    .help("rename one of the two, or delete it", "请给其中一个改名，或删掉它")
}

pub(crate) fn also_a_fact(place: Place, word: &str) -> Diagnostic {
    Diagnostic::new(
        codes::ALSO_A_FACT,
        place,
        Text::new(
            format!("`{word}` is already a fact of the customer in rulec.toml"),
            format!("`{word}` 在 rulec.toml 里已经是客户字段了"),
        ),
    )
    .help(
        "choose another name, so that it is clear which one a rule means",
        "请换一个名字，免得分不清规则指的是哪一个",
    )
}

pub(crate) fn said_twice(place: Place, what: &str) -> Diagnostic {
    Diagnostic::new(
        codes::SAID_TWICE,
        place,
        Text::new(format!("`{what}` is said twice"), format!("`{what}` 写了两次")),
    )
    .help("keep one of the two", "请只保留一个")
}

pub(crate) fn circular(place: Place, ring: &[&str]) -> Diagnostic {
    let mut way: Vec<String> = ring.iter().map(|name| format!("`{name}`")).collect();
    way.extend(way.first().cloned());
    let way = way.join(" → ");
    Diagnostic::new(
        codes::CIRCULAR,
        place,
        Text::new(format!("`{}` is defined by itself", ring[0]), format!("`{}` 的定义用到了它自己", ring[0])),
    )
    .help(
        format!("{way}: write one of them without the others"),
        format!("{way}：请让其中一个不再引用其他几个"),
    )
}

pub(crate) fn unknown_function<'a>(
    place: Place,
    word: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    let choice = Choice::new(word, known);
    Diagnostic::new(
        codes::UNKNOWN_FUNCTION,
        place,
        Text::new(format!("there is no function `{word}`"), format!("没有 `{word}` 这个函数")),
    )
    .help(choice.en(""), choice.zh(""))
}

pub(crate) fn unknown_class<'a>(
    place: Place,
    tier: &str,
    word: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    let choice = Choice::new(word, known);
    Diagnostic::new(
        codes::UNKNOWN_CLASS,
        place,
        Text::new(
            format!("tier `{tier}` has no class `{word}`"),
            format!("分层 `{tier}` 里没有 `{word}` 这一层"),
        ),
    )
    .help(choice.en("add it to the tier"), choice.zh("请在分层里加上它"))
}

pub(crate) fn tier_without_class<'a>(
    place: Place,
    tier: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    let classes: Vec<String> = known.into_iter().map(|class| format!("`{tier}.{class}`")).collect();
    let classes = classes.join(", ");
    Diagnostic::new(
        codes::TIER_WITHOUT_CLASS,
        place,
        Text::new(
            format!("`{tier}` is a tier: say which class of it"),
            format!("`{tier}` 是分层，要写明是哪一层"),
        ),
    )
    .help(format!("write one of {classes}"), format!("请写成其中之一：{classes}"))
}

pub(crate) fn no_members(place: Place, word: &str) -> Diagnostic {
    Diagnostic::new(
        codes::NO_MEMBERS,
        place,
        Text::new(
            format!("`{word}` is one value and has no parts"),
            format!("`{word}` 是一个单独的值，后面不能再加点"),
        ),
    )
    .help(
        "dots follow event tables, tiers, outside facts and `consent`",
        "点号只能跟在事件表、分层、外部数据和 `consent`（授权）后面",
    )
}

pub(crate) fn too_many_dots(place: Place, word: &str) -> Diagnostic {
    Diagnostic::new(
        codes::NO_MEMBERS,
        place,
        Text::new("a name has at most one dot", "一个名字里最多只能有一个点"),
    )
    .help(format!("write `{word}.NAME`"), format!("请写成 `{word}.名称`"))
}

pub(crate) fn unknown_pack(place: Place, path: &str) -> Diagnostic {
    let packs = crate::packs::PACKS.iter().map(|(name, _)| *name);
    let choice = Choice::new(path, packs);
    Diagnostic::new(
        codes::UNKNOWN_PACK,
        place,
        Text::new(format!("there is no pack or file `{path}`"), format!("找不到规则包或文件 `{path}`")),
    )
    .help(
        format!(
            "{}; a file of your own is written in quotes from this file: \"./tiers.rules\"",
            choice.en("")
        ),
        format!("{}；引用自己的文件要加引号，并从本文件算起：\"./tiers.rules\"", choice.zh("")),
    )
}

pub(crate) fn unknown_field<'a>(
    place: Place,
    word: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    let choice = Choice::new(word, known);
    Diagnostic::new(
        codes::UNKNOWN_FIELD,
        place,
        Text::new(format!("a message knows no `{{{word}}}`"), format!("消息里没有 `{{{word}}}` 这个占位符")),
    )
    .help(choice.en(""), choice.zh(""))
}

pub(crate) fn unknown_pool<'a>(
    place: Place,
    word: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    let choice = Choice::new(word, known);
    Diagnostic::new(
        codes::UNKNOWN_POOL,
        place,
        Text::new(format!("there is no pool `{word}`"), format!("没有叫 `{word}` 的券码池")),
    )
    .help(
        choice.en(&format!("declare it: pool {word} from \"codes.csv\"")),
        choice.zh(&format!("请声明它：券池 {word} 从 \"codes.csv\"")),
    )
}

pub(crate) fn unknown_festival<'a>(
    place: Place,
    word: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    let choice = Choice::new(word, known);
    Diagnostic::new(
        codes::UNKNOWN_FESTIVAL,
        place,
        Text::new(format!("no festival is called `{word}`"), format!("没有叫 `{word}` 的节日")),
    )
    .help(
        choice.en("name the days yourself under `[calendar] holidays` in rulec.toml"),
        choice.zh("也可以在 rulec.toml 的 `[calendar] holidays` 里自己登记日期"),
    )
}

pub(crate) fn unknown_rule<'a>(
    place: Place,
    word: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    let choice = Choice::new(word, known);
    Diagnostic::new(
        codes::UNKNOWN_RULE,
        place,
        Text::new(format!("there is no rule `{word}`"), format!("没有叫 `{word}` 的规则")),
    )
    .help(choice.en("declare it"), choice.zh("请先声明它"))
}

pub(crate) fn unknown_lookup<'a>(
    place: Place,
    word: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    let choice = Choice::new(word, known);
    Diagnostic::new(
        codes::UNKNOWN_LOOKUP,
        place,
        Text::new(
            format!("rulec.toml describes no outside data `{word}`"),
            format!("rulec.toml 里没有登记外部数据 `{word}`"),
        ),
    )
    .help(
        choice.en(&format!("add `[lookups.{word}]` with its table, key and facts")),
        choice.zh(&format!("请加上 `[lookups.{word}]`，写明表、键和字段")),
    )
}

pub(crate) fn lookup_without_fact<'a>(
    place: Place,
    word: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    let facts: Vec<String> = known.into_iter().map(|fact| format!("`{word}.{fact}`")).collect();
    let facts = facts.join(", ");
    Diagnostic::new(
        codes::TIER_WITHOUT_CLASS,
        place,
        Text::new(
            format!("`{word}` is outside data: say which fact of it"),
            format!("`{word}` 是外部数据，要写明是哪个字段"),
        ),
    )
    .help(format!("write one of {facts}"), format!("请写成其中之一：{facts}"))
}

pub(crate) fn not_a_segment(place: Place, written: &str) -> Diagnostic {
    Diagnostic::new(
        codes::NOT_A_SEGMENT,
        place,
        Text::new(
            format!("`{written}` is no segment and no class of a tier, so nobody can enter or leave it"),
            format!("`{written}` 不是人群，也不是分层里的一层，谈不上进入或离开"),
        ),
    )
    .help("declare it: segment NAME = …", "请先声明：人群 名称 = …")
}

pub(crate) fn event_as_value(place: Place, word: &str) -> Diagnostic {
    Diagnostic::new(
        codes::EVENT_AS_VALUE,
        place,
        Text::new(
            format!("`{word}` is a table of events, not one value of the customer"),
            format!("`{word}` 是一张事件表，不是客户的一个值"),
        ),
    )
    .help(
        format!("say what of it: `count({word} in last 90d)`, `exists({word} in last 90d)`"),
        format!("请写明要统计什么：`计数({word} 最近 90天)`、`存在({word} 最近 90天)`"),
    )
}

pub(crate) fn no_consent_fact<'a>(
    place: Place,
    channel: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    let choice = Choice::new(channel, known);
    Diagnostic::new(
        codes::NO_CONSENT_FACT,
        place,
        Text::new(
            format!("rulec.toml names no fact that says who agreed to `{channel}`"),
            format!("rulec.toml 没有写明用哪个字段判断客户是否同意 `{channel}`"),
        ),
    )
    .help(
        choice.en(&format!("add `{channel} = \"FACT\"` under `[consent]`")),
        choice.zh(&format!("请在 `[consent]` 下加上 `{channel} = \"字段\"`")),
    )
}

pub(crate) fn lacking(place: Place, word: &str, missing: &Text) -> Diagnostic {
    Diagnostic::new(
        codes::LACKING,
        place,
        Text::new(
            format!("this project has not got the data for `{word}`: {}", missing.en),
            format!("这个项目缺少 `{word}` 需要的数据：{}", missing.zh),
        ),
    )
    .help(
        format!("describe that data in rulec.toml, or define `{word}` yourself: let {word} = …"),
        format!("请在 rulec.toml 里登记这些数据，或自己定义：定义 {word} = …"),
    )
}
