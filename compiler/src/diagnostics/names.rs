//! Findings about what a word refers to.

use super::{Choice, chinese, list};
use crate::types::Type;
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

pub(crate) fn text_without_quotes(place: Place, word: &str) -> Diagnostic {
    let quoted = format!("\"{word}\"");
    Diagnostic::new(
        codes::UNKNOWN_FACT,
        place,
        Text::new(
            format!("`{word}` is no fact; if it is a text, it needs quotes"),
            format!("`{word}` 不是指标；如果它是一段文字，要加引号"),
        ),
    )
    .help(format!("write {quoted}"), format!("请写成 {quoted}"))
    .fix(place, quoted)
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
    if is_value {
        let zh = chinese(function);
        return Diagnostic::new(
            codes::UNKNOWN_EVENT,
            place,
            Text::new(
                format!("`{word}` is one value for each customer, and no event table"),
                format!("`{word}` 是客户身上的一个值，不是事件表"),
            ),
        )
        .help(
            format!("use `{word}` as it is, or give `{function}` an event table, such as `orders`"),
            format!("请直接使用 `{word}`，或让 `{zh}` 去统计事件表，例如 `orders`"),
        );
    }
    let choice = Choice::new(word, known);
    let finding = Diagnostic::new(
        codes::UNKNOWN_EVENT,
        place,
        Text::new(
            format!("rulec.toml describes no event table `{word}`"),
            format!("rulec.toml 里没有登记事件表 `{word}`"),
        ),
    )
    .help(
        choice.en(&format!("describe the table as `[events.{word}]` in rulec.toml")),
        choice.zh(&format!("请在 rulec.toml 里用 `[events.{word}]` 登记这张表")),
    );
    choice.repair(finding, place)
}

pub(crate) fn unknown_event_fact(place: Place, table: &str, word: &str, known: &[&str]) -> Diagnostic {
    let choice = Choice::new(word, known.iter().copied());
    let finding = Diagnostic::new(
        codes::UNKNOWN_EVENT_FACT,
        place,
        Text::new(format!("`{table}` has no fact `{word}`"), format!("`{table}` 里没有 `{word}` 这个字段")),
    )
    .help(
        choice.en("describe its column under the table's `facts` in rulec.toml"),
        choice.zh("请在 rulec.toml 里这张表的 `facts` 下登记该列"),
    );
    choice.repair(finding, place)
}

/// What became of a message, where no follow-up asks for it.
pub(crate) fn outcome_outside(place: Place, word: &str) -> Diagnostic {
    Diagnostic::new(
        codes::UNKNOWN_FACT,
        place,
        Text::new(
            format!("`{word}` is known only in the condition of a follow-up"),
            format!("`{word}` 只能用在跟进动作的条件里"),
        ),
    )
    .help(
        format!("write it after `after`: `after 48h unless {word} send …`; of earlier messages ask `exists(touches where …)`"),
        format!("请写在 `之后` 后面：`之后 48小时 除非 {word} 发送 …`；要问以前发过的消息，请用 `存在(touches 其中 …)`"),
    )
}

/// `known` are the channels with their Chinese twins; `other` tells that the word means another channel, and is no slip.
pub(crate) fn unknown_channel(place: Place, word: &str, other: bool, known: &[(&str, &str)]) -> Diagnostic {
    let choice = Choice::of_pairs(if other { "" } else { word }, known, []);
    let (en, zh) = match choice.nearest {
        Some(_) => (choice.en(""), choice.zh("")),
        None => (
            format!(
                "{}; another one is added to rulec.toml as `[channels.{word}]`",
                choice.en("there is none yet")
            ),
            format!(
                "{}；要增加渠道，请在 rulec.toml 里加上 `[channels.{word}]`",
                choice.zh("目前还没有渠道")
            ),
        ),
    };
    let finding = Diagnostic::new(
        codes::UNKNOWN_CHANNEL,
        place,
        Text::new(format!("the project has no channel `{word}`"), format!("项目里没有 `{word}` 这个渠道")),
    )
    .help(en, zh);
    choice.repair(finding, place)
}

/// `known` are the channels and the kinds of offers, with their Chinese twins.
pub(crate) fn unknown_ban(place: Place, word: &str, known: &[(&str, &str)]) -> Diagnostic {
    let choice = Choice::of_pairs(word, known, []);
    let finding = Diagnostic::new(
        codes::UNKNOWN_CHANNEL,
        place,
        Text::new(
            format!("`{word}` is neither a channel of the project nor a kind of offer"),
            format!("`{word}` 既不是项目里的渠道，也不是优惠的种类"),
        ),
    )
    .help(choice.en(""), choice.zh(""));
    choice.repair(finding, place)
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
        Text::new(format!("`{word}` is declared twice"), format!("`{word}` 重复声明了")),
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

/// What others call functions, and what they are called here.
const OTHER_WORDS: &[(&str, &str)] = &[
    ("average", "avg"),
    ("mean", "avg"),
    ("total", "sum"),
    ("cnt", "count"),
    ("unique", "distinct"),
    ("总和", "求和"),
    ("合计", "求和"),
    ("总计", "求和"),
    ("平均值", "平均"),
    ("均值", "平均"),
    ("次数", "计数"),
    ("数量", "计数"),
    ("去重", "种类数"),
];

pub(crate) fn unknown_function<'a>(
    place: Place,
    word: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    let other = OTHER_WORDS.iter().find(|(other, _)| other.eq_ignore_ascii_case(word)).map(|(_, here)| *here);
    let both = known.into_iter().flat_map(|name| [name, chinese(name)]);
    let choice = Choice::of_twins(other.unwrap_or(word), both);
    let finding = Diagnostic::new(
        codes::UNKNOWN_FUNCTION,
        place,
        Text::new(format!("there is no function `{word}`"), format!("没有 `{word}` 这个函数")),
    )
    .help(choice.en(""), choice.zh(""));
    choice.repair(finding, place)
}

pub(crate) fn unknown_class<'a>(
    place: Place,
    tier: &str,
    word: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    let choice = Choice::new(word, known);
    let finding = Diagnostic::new(
        codes::UNKNOWN_CLASS,
        place,
        Text::new(
            format!("tier `{tier}` has no class `{word}`"),
            format!("分层 `{tier}` 里没有 `{word}` 这一层"),
        ),
    )
    .help(choice.en("add it to the tier"), choice.zh("请在分层里加上它"));
    choice.repair(finding, place)
}

pub(crate) fn tier_without_class<'a>(
    place: Place,
    tier: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    let classes: Vec<String> = known.into_iter().map(|class| format!("{tier}.{class}")).collect();
    let (en, zh) = list(classes.iter().map(String::as_str));
    Diagnostic::new(
        codes::TIER_WITHOUT_CLASS,
        place,
        Text::new(
            format!("`{tier}` is a tier: say which class of it"),
            format!("`{tier}` 是分层，要写明是哪一层"),
        ),
    )
    .help(format!("write one of {en}"), format!("请写成其中之一：{zh}"))
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
    if path.ends_with(".rules") {
        return Diagnostic::new(
            codes::UNKNOWN_PACK,
            place,
            Text::new(format!("there is no file `{path}`"), format!("找不到文件 `{path}`")),
        )
        .help(
            "look at its name and folder: the path starts from the folder of the file that says `use`",
            "请检查文件名和文件夹：路径从写“引用”的这个文件所在的文件夹算起",
        );
    }
    let packs = || crate::packs::PACKS.iter().map(|(name, _)| *name);
    let whole = packs().find(|name| name.strip_prefix("std/") == Some(path)).unwrap_or(path);
    let choice = Choice::new(whole, packs());
    let (en, zh) = match choice.nearest {
        Some(_) => (choice.en(""), choice.zh("")),
        None => (
            format!("{}; a file of your own is written in quotes: \"./tiers.rules\"", choice.en("")),
            format!("{}；引用自己的文件要加引号：\"./tiers.rules\"", choice.zh("")),
        ),
    };
    let finding = Diagnostic::new(
        codes::UNKNOWN_PACK,
        place,
        Text::new(format!("there is no pack `{path}`"), format!("找不到规则包 `{path}`")),
    )
    .help(en, zh);
    choice.repair(finding, place)
}

/// `known` are placeholders with their Chinese twins; `facts` are other names that may be meant.
pub(crate) fn unknown_field<'a>(
    place: Place,
    word: &str,
    known: &[(&'a str, &'a str)],
    facts: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    let choice = Choice::of_pairs(word, known, facts);
    let finding = Diagnostic::new(
        codes::UNKNOWN_FIELD,
        place,
        Text::new(format!("a message knows no `{{{word}}}`"), format!("消息里没有 `{{{word}}}` 这个占位符")),
    )
    .help(choice.en(""), choice.zh(""));
    if choice.nearest.is_none() && known.iter().any(|(field, _)| !field.contains('.')) {
        return finding.help(
            format!("{}; facts of the customer that rulec.toml describes can be named too", choice.en("")),
            format!("{}；也可以写 rulec.toml 里登记的客户字段", choice.zh("")),
        );
    }
    choice.repair(finding, place)
}

/// `known` are the formats of values of this type; `other` tells that there is such a format of other values.
pub(crate) fn unknown_format<'a>(
    place: Place,
    word: &str,
    ty: &Type,
    other: bool,
    known: &[(&'a str, &'a str)],
) -> Diagnostic {
    let choice = Choice::of_pairs(word, known, []);
    let message = match other {
        true => Text::new(
            format!("`{word}` is a way to write other things: what stands here is {}", ty.en()),
            format!("`{word}` 这种写法用在别的地方，这里是{}", ty.zh()),
        ),
        false => Text::new(format!("there is no format `{word}`"), format!("没有 `{word}` 这种显示格式")),
    };
    let finding = Diagnostic::new(codes::UNKNOWN_FORMAT, place, message).help(
        choice.en("take the format out: this has only one way to be written"),
        choice.zh("请去掉格式：它只有一种写法"),
    );
    choice.repair(finding, place)
}

pub(crate) fn unknown_pool<'a>(
    place: Place,
    word: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    let choice = Choice::new(word, known);
    let finding = Diagnostic::new(
        codes::UNKNOWN_POOL,
        place,
        Text::new(format!("there is no pool `{word}`"), format!("没有叫 `{word}` 的券码池")),
    )
    .help(
        choice.en(&format!("declare it: `pool {word} from \"codes.csv\"`")),
        choice.zh(&format!("请先声明：`券池 {word} 从 \"codes.csv\"`")),
    );
    choice.repair(finding, place)
}

pub(crate) fn unknown_festival<'a>(
    place: Place,
    word: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    let choice = Choice::new(word, known);
    let (stop, zh_stop) = if choice.nearest.is_some() { ("", "") } else { (";", "；") };
    Diagnostic::new(
        codes::UNKNOWN_FESTIVAL,
        place,
        Text::new(format!("no festival is called `{word}`"), format!("没有叫 `{word}` 的节日")),
    )
    .help(
        format!(
            "{}{stop} days of your own are named under `[calendar] holidays` in rulec.toml",
            choice.en("")
        ),
        format!(
            "{}{zh_stop}店庆这类自己的日子，请在 rulec.toml 的 `[calendar] holidays` 里登记",
            choice.zh("")
        ),
    )
}

pub(crate) fn unknown_rule<'a>(
    place: Place,
    word: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    let choice = Choice::new(word, known);
    let finding = Diagnostic::new(
        codes::UNKNOWN_RULE,
        place,
        Text::new(format!("there is no rule `{word}`"), format!("没有叫 `{word}` 的规则")),
    )
    .help(
        choice.en("only a rule with a name can be expected: `rule NAME { when … then … }`"),
        choice.zh("测试里只能写有名字的规则：`规则 名称 { 当 … 则 … }`"),
    );
    choice.repair(finding, place)
}

pub(crate) fn unknown_lookup<'a>(
    place: Place,
    word: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    let choice = Choice::new(word, known);
    let finding = Diagnostic::new(
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
    );
    choice.repair(finding, place)
}

pub(crate) fn lookup_without_fact<'a>(
    place: Place,
    word: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    let facts: Vec<String> = known.into_iter().map(|fact| format!("{word}.{fact}")).collect();
    let (en, zh) = list(facts.iter().map(String::as_str));
    Diagnostic::new(
        codes::TIER_WITHOUT_CLASS,
        place,
        Text::new(
            format!("`{word}` is outside data: say which fact of it"),
            format!("`{word}` 是外部数据，要写明是哪个字段"),
        ),
    )
    .help(format!("write one of {en}"), format!("请写成其中之一：{zh}"))
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
    .help(
        "make a segment of it with a condition, `segment NAME = …`, and then write `enters NAME`",
        "请先用条件定义人群：`人群 名称 = …`，再写 `进入 名称`",
    )
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
    let finding = Diagnostic::new(
        codes::NO_CONSENT_FACT,
        place,
        Text::new(
            format!("rulec.toml names no fact that says who agreed to `{channel}`"),
            format!("rulec.toml 没有写明 `{channel}` 的授权看哪个字段"),
        ),
    )
    .help(
        format!("name the fact under `[consent]` in rulec.toml: `{channel} = \"FACT\"`"),
        format!("请在 rulec.toml 的 `[consent]` 下写明字段：`{channel} = \"字段\"`"),
    );
    match choice.nearest {
        Some(nearest) => finding.help(choice.en(""), choice.zh("")).fix(place, nearest),
        None => finding,
    }
}

pub(crate) fn lacking(place: Place, word: &str, missing: &Text) -> Diagnostic {
    Diagnostic::new(
        codes::LACKING,
        place,
        Text::new(
            format!("`{word}` cannot be computed here: {}", missing.en),
            format!("`{word}` 算不出来：{}", missing.zh),
        ),
    )
    .help(
        format!("describe that data in rulec.toml, or define the name yourself: `let {word} = …`"),
        format!("请在 rulec.toml 里登记这份数据，或自己定义这个名字：`定义 {word} = …`"),
    )
}
