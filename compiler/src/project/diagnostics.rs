//! Everything that can be wrong with a project file.

mod outlet;

pub(super) use outlet::*;

use super::reader::{Item, Word};
use rulec_diagnostic::{Code, Diagnostic, Place, Text, codes::project as codes, nearest, without_secrets};
use rulec_plan::time::Zone;
use toml::de::DeValue;

/// `reason` is TOML's own, in English, and in Chinese where we know it.
pub(super) fn toml_syntax(place: Place, reason: &str, reason_zh: Option<&str>) -> Diagnostic {
    let message = Text::new(
        format!("this line is not written as a project file must be: {reason}"),
        format!("项目文件这里的写法不对：{}", reason_zh.unwrap_or(reason)),
    );
    Diagnostic::new(codes::TOML_SYNTAX, place, message).help(
        "write `key = \"text\"`, `key = 12`, `key = [\"a\", \"b\"]` or a section `[name]`, one a line",
        "每行写一个 `键 = \"文本\"`、`键 = 12`、`键 = [\"a\", \"b\"]`，或者一个小节标题 `[名字]`",
    )
}

pub(super) fn unquoted_key(place: Place, key: &str) -> Diagnostic {
    let message = Text::new(
        format!("the name `{key}` must stand in quotes in a project file"),
        format!("项目文件里，`{key}` 这个名字要加引号"),
    );
    Diagnostic::new(codes::TOML_SYNTAX, place, message)
        .help(format!("write `\"{key}\"`"), format!("写成 `\"{key}\"`"))
        .fix(place, format!("\"{key}\""))
}

pub(super) fn duplicate_key(place: Place, key: &str) -> Diagnostic {
    let message = Text::new(format!("`{key}` stands here a second time"), format!("`{key}` 重复了"));
    Diagnostic::new(codes::DUPLICATE_KEY, place, message).help(
        "keep one of them: a fact, a channel or a setting has one name and stands once",
        "只保留一个：同一处的字段、渠道和设置不能重名",
    )
}

pub(super) fn unknown_section(place: Place, name: &str, known: &[&str]) -> Diagnostic {
    let message = Text::new(
        format!("a project file has no section `{name}`"),
        format!("项目文件里没有 `{name}` 这个小节"),
    );
    suggest(Diagnostic::new(codes::UNKNOWN_SECTION, place, message), place, name, known)
}

pub(super) fn unknown_key(place: Place, name: &str, section: &str, known: &[&str]) -> Diagnostic {
    let message = Text::new(
        format!("`{section}` has no setting `{name}`"),
        format!("`{section}` 没有 `{name}` 这项设置"),
    );
    suggest(Diagnostic::new(codes::UNKNOWN_KEY, place, message), place, name, known)
}

/// `expected` completes the sentence «… must be …».
pub(super) fn wrong_value(item: Item<'_>, key: &str, expected: &Text) -> Diagnostic {
    let found = kind_of(item.value);
    let message = Text::new(
        format!("`{key}` must be {}, but this is {}", expected.en, found.en),
        format!("`{key}` 应该是{}，这里却是{}", expected.zh, found.zh),
    );
    Diagnostic::new(codes::WRONG_VALUE, item.place, message).help(
        format!("write {} after `{key} =`", expected.en),
        format!("请在 `{key} =` 后面写{}", expected.zh),
    )
}

/// A value where a section must stand; `path` is how its head is written.
pub(super) fn not_a_section(item: Item<'_>, path: &str) -> Diagnostic {
    let found = kind_of(item.value);
    let message = Text::new(
        format!("`{path}` must be a section, but this is {}", found.en),
        format!("`{path}` 应该是一个小节，这里却是{}", found.zh),
    );
    Diagnostic::new(codes::WRONG_VALUE, item.place, message).help(
        format!("write `[{path}]` on a line of its own, and its settings below, one a line"),
        format!("请单独写一行 `[{path}]`，下面每行写一项设置"),
    )
}

/// The same for a text that says the wrong thing.
pub(super) fn wrong_text(word: &Word, key: &str, expected: &Text) -> Diagnostic {
    let is_address = word.text.contains("://");
    let text = if is_address { without_secrets(&word.text) } else { word.text.clone() };
    let message = Text::new(
        format!("`{key}` must be {}, but this is `{text}`", expected.en),
        format!("`{key}` 应该是{}，这里却是 `{text}`", expected.zh),
    );
    Diagnostic::new(codes::WRONG_VALUE, word.place, message).help(
        format!("write {} after `{key} =`", expected.en),
        format!("请在 `{key} =` 后面写{}", expected.zh),
    )
}

pub(super) fn missing_section(place: Place, name: &str) -> Diagnostic {
    let message = Text::new(format!("the section `[{name}]` is missing"), format!("缺少小节 `[{name}]`"));
    Diagnostic::new(codes::MISSING_KEY, place, message).help(
        "`rulec init` writes a complete project file by looking at the database",
        "`rulec init` 会查看数据库，写出一份完整的项目文件",
    )
}

pub(super) fn missing_key(place: Place, section: &str, key: &str) -> Diagnostic {
    let message = Text::new(format!("`{section}` needs `{key}`"), format!("`{section}` 缺少 `{key}`"));
    Diagnostic::new(codes::MISSING_KEY, place, message).help(
        format!("add a line `{key} = …` to `{section}`"),
        format!("在 `{section}` 里加一行 `{key} = …`"),
    )
}

/// What people write for the time of China, which the time zone database names after Shanghai.
const CHINESE_TIME: &[&str] = &[
    "Asia/Beijing",
    "Asia/Peking",
    "Asia/Shenzhen",
    "Asia/Guangzhou",
    "Beijing",
    "China",
    "CST",
    "GMT+8",
    "UTC+8",
    "GMT+08:00",
    "UTC+08:00",
    "+08:00",
    "北京",
    "北京时间",
    "中国",
    "中国标准时间",
];

pub(super) fn unknown_zone(word: &Word) -> Diagnostic {
    let message =
        Text::new(format!("there is no time zone `{}`", word.text), format!("没有 `{}` 这个时区", word.text));
    let diagnostic = Diagnostic::new(codes::UNKNOWN_ZONE, word.place, message);
    if CHINESE_TIME.iter().any(|name| name.eq_ignore_ascii_case(&word.text)) {
        return suggestion(diagnostic, word, "Asia/Shanghai");
    }
    match nearest(&word.text, Zone::names()) {
        Some(_) => quoted_suggestion(diagnostic, word, Zone::names()),
        None => diagnostic.help(
            "write continent and city, such as `\"Asia/Shanghai\"`, or `\"UTC\"`",
            "写成“洲/城市”，例如 `\"Asia/Shanghai\"`，或者 `\"UTC\"`",
        ),
    }
}

pub(super) fn unknown_fact_type(word: &Word, types: &[&'static str]) -> Diagnostic {
    let message = Text::new(
        format!("a fact cannot have the type `{}`", word.text),
        format!("字段没有 `{}` 这种类型", word.text),
    );
    let diagnostic = Diagnostic::new(codes::UNKNOWN_FACT_TYPE, word.place, message);
    choices(diagnostic, word, types)
}

pub(super) fn values_missing(place: Place) -> Diagnostic {
    let message = Text::new("an enum needs the list of its values", "枚举（enum）要列出所有取值");
    Diagnostic::new(codes::ENUM_VALUES, place, message)
        .help("add `values = [\"…\", \"…\"]`", "加上 `values = [\"…\", \"…\"]`")
}

pub(super) fn poor_value(word: &Word) -> Diagnostic {
    let message = if word.text.is_empty() {
        Text::new("a value of an enum cannot be empty", "枚举的取值不能为空")
    } else {
        Text::new(format!("the value `{}` stands twice", word.text), format!("取值 `{}` 重复了", word.text))
    };
    Diagnostic::new(codes::ENUM_VALUES, word.place, message).help("take it out", "删掉它")
}

pub(super) fn unknown_choice(word: &Word, key: &str, known: &[&'static str]) -> Diagnostic {
    let message =
        Text::new(format!("`{key}` cannot be `{}`", word.text), format!("`{key}` 不能是 `{}`", word.text));
    choices(Diagnostic::new(codes::UNKNOWN_CHOICE, word.place, message), word, known)
}

pub(super) fn table_and_query(place: Place, section: &str) -> Diagnostic {
    let message = Text::new(
        format!("`{section}` has both a `table` and a `query`"),
        format!("`{section}` 同时写了 `table` 和 `query`"),
    );
    Diagnostic::new(codes::TABLE_OR_QUERY, place, message)
        .help("keep the one that the rows come from", "数据来自哪个就留哪个，另一个删掉")
}

pub(super) fn neither_table_nor_query(place: Place, section: &str) -> Diagnostic {
    let message = Text::new(
        format!("`{section}` does not say where its rows come from"),
        format!("`{section}` 没有说明数据从哪里来"),
    );
    Diagnostic::new(codes::TABLE_OR_QUERY, place, message).help(
        "add `table = \"…\"` or `query = \"SELECT …\"`",
        "加上 `table = \"…\"` 或 `query = \"SELECT …\"`",
    )
}

pub(super) fn consent_fact<'a>(word: &Word, flags: impl Iterator<Item = &'a String>) -> Diagnostic {
    let message = Text::new(
        format!("the customers have no fact `{}` that could hold the consent", word.text),
        format!("客户没有 `{}` 这个字段，无法判断是否授权", word.text),
    );
    let diagnostic = Diagnostic::new(codes::CONSENT_FACT, word.place, message).help(
        "name a fact of `[customer.facts]` with the type `bool`",
        "写 `[customer.facts]` 里一个类型为 `bool` 的字段",
    );
    quoted_suggestion(diagnostic, word, flags.map(String::as_str))
}

pub(super) fn address_not_text(word: &Word) -> Diagnostic {
    let message = Text::new(
        format!("`{}` cannot hold an address: it is not of the type `text`", word.text),
        format!("`{}` 不是 `text` 类型，不能作为联系地址", word.text),
    );
    Diagnostic::new(codes::ADDRESS_FACT, word.place, message).help(
        "give the fact the type `text`; a column of integers is then read as its digits",
        "请把这个字段的类型写成 `text`；整数列会按数字原样读取",
    )
}

pub(super) fn consent_not_bool(word: &Word) -> Diagnostic {
    let message = Text::new(
        format!("`{}` cannot hold a consent: it is not of the type `bool`", word.text),
        format!("`{}` 不是 `bool` 类型，不能表示是否授权", word.text),
    );
    Diagnostic::new(codes::CONSENT_FACT, word.place, message).help(
        "name a fact of `[customer.facts]` with the type `bool`",
        "写 `[customer.facts]` 里一个类型为 `bool` 的字段",
    )
}

pub(super) fn consent_channel<'a>(
    place: Place,
    name: &str,
    channels: impl Iterator<Item = &'a String>,
) -> Diagnostic {
    let message = Text::new(
        format!("this is a consent for `{name}`, but no channel has that name"),
        format!("这里是 `{name}` 的授权，但没有叫这个名字的渠道"),
    );
    let channels: Vec<_> = channels.map(String::as_str).collect();
    let diagnostic = Diagnostic::new(codes::CONSENT_CHANNEL, place, message).help(
        format!("add `[channels.{name}]`, or take the line out"),
        format!("加上 `[channels.{name}]`，或者删掉这一行"),
    );
    suggest(diagnostic, place, name, &channels)
}

pub(super) fn address_fact<'a>(word: &Word, facts: impl Iterator<Item = &'a String>) -> Diagnostic {
    let message = Text::new(
        format!("the customers have no fact `{}` that could hold the address", word.text),
        format!("客户没有 `{}` 这个字段，不知道往哪里发", word.text),
    );
    let diagnostic = Diagnostic::new(codes::ADDRESS_FACT, word.place, message).help(
        "name a fact of `[customer.facts]`, such as the one with the phone number",
        "写 `[customer.facts]` 里的一个字段，例如手机号",
    );
    quoted_suggestion(diagnostic, word, facts.map(String::as_str))
}

pub(super) fn unspeakable_name(place: Place, name: &str) -> Diagnostic {
    let message = Text::new(
        format!("a rule could not say the name `{name}`"),
        format!("规则里写不出 `{name}` 这个名字"),
    );
    Diagnostic::new(codes::UNSPEAKABLE_NAME, place, message).help(
        "use letters of any script, digits and `_`, and begin with a letter; `column = \"…\"` says what the column is called",
        "用文字、数字和 `_`，并以文字开头；列名另写在 `column = \"…\"` 里",
    )
}

pub(super) fn taken_name(place: Place, name: &str) -> Diagnostic {
    let message = Text::new(
        format!("the name `{name}` has a meaning of its own here"),
        format!("`{name}` 这个名字在这里另有含义"),
    );
    Diagnostic::new(codes::UNSPEAKABLE_NAME, place, message).help(
        "choose another; `at` is the time of every event, `any` means all channels",
        "换一个名字；`at` 表示事件的时间，`any` 表示所有渠道",
    )
}

pub(super) fn quiet_hours(word: &Word) -> Diagnostic {
    let message = Text::new(
        format!("`{}` does not say from when to when it is quiet", word.text),
        format!("`{}` 看不出从几点到几点免打扰", word.text),
    );
    Diagnostic::new(codes::QUIET_HOURS, word.place, message).help(
        "write two different times of day, such as `\"21:00..09:00\"`",
        "写两个不同的时刻，例如 `\"21:00..09:00\"`",
    )
}

pub(super) fn sending_rate(word: &Word) -> Diagnostic {
    let message = Text::new(
        format!("`{}` does not say how many messages may go out in what time", word.text),
        format!("`{}` 看不出多长时间内最多发几条", word.text),
    );
    Diagnostic::new(codes::SENDING_RATE, word.place, message).help(
        "write a whole number above 0 and a unit: `\"50/s\"`, `\"600/min\"`, `\"1000/h\"`",
        "写大于 0 的整数和单位：`\"50/s\"`（每秒）、`\"600/min\"`（每分钟）、`\"1000/h\"`（每小时）",
    )
}

pub(super) fn message_price(place: Place) -> Diagnostic {
    let message = Text::new("this is not the price of one message", "这不是单条消息的价格");
    Diagnostic::new(codes::MESSAGE_PRICE, place, message).help(
        "write a number in the project's currency with at most six decimals, such as `0.045`",
        "写以项目币种计的数字，最多六位小数，例如 `0.045`",
    )
}

pub(super) fn database_url(word: &Word, scheme: &str, schemes: &[&'static str]) -> Diagnostic {
    let url = without_secrets(&word.text);
    let message =
        Text::new(format!("`{url}` is not the address of a database"), format!("`{url}` 不是数据库地址"));
    let diagnostic = Diagnostic::new(codes::DATABASE_URL, word.place, message);
    match nearest(scheme, schemes.iter().copied()).filter(|near| *near != scheme) {
        Some(near) => diagnostic.help(
            format!("did you mean `{near}:`, not `{scheme}:`?"),
            format!("`{scheme}:` 是不是应该写成 `{near}:`？"),
        ),
        None => diagnostic.help(
            "write `\"sqlite:FILE\"` or `\"postgres://USER@HOST/DATABASE\"`",
            "写成 `\"sqlite:文件\"` 或 `\"postgres://用户@主机/数据库\"`",
        ),
    }
}

/// `owners` are the types or kinds that have the setting.
pub(super) fn misplaced_setting(place: Place, setting: &str, owner: &str, owners: &[&str]) -> Diagnostic {
    let message = Text::new(
        format!("`{setting}` has no effect on `{owner}`"),
        format!("`{setting}` 对 `{owner}` 不起作用"),
    );
    let owners = owners.iter().map(|owner| format!("`{owner}`")).collect::<Vec<_>>();
    Diagnostic::new(codes::MISPLACED_SETTING, place, message).help(
        format!("take it out: it belongs to {}", owners.join(", ")),
        format!("删掉它：它只用于 {}", owners.join("、")),
    )
}

pub(super) fn zone_of_instant(place: Place, project: &str) -> Diagnostic {
    let message = Text::new(
        "seconds since 1970 have no time zone, and their day is that of the project's zone",
        "从 1970 年起的秒数没有时区，它是哪一天由项目的时区决定",
    );
    Diagnostic::new(codes::MISPLACED_SETTING, place, message)
        .help(format!("take it out: `{project}` is used"), format!("删掉它：按 `{project}` 计算"))
}

pub(super) fn holiday_days(place: Place, name: &str) -> Diagnostic {
    let message = Text::new(format!("these are not the days of `{name}`"), format!("这不是 `{name}` 的日期"));
    Diagnostic::new(codes::HOLIDAY_DAYS, place, message).help(
        format!("write a list of days: `\"{name}\" = [\"2026-11-11\", \"2027-11-11\"]`"),
        format!("写成日期列表：`\"{name}\" = [\"2026-11-11\", \"2027-11-11\"]`"),
    )
}

pub(super) fn unknown_lint<'a>(place: Place, name: &str, known: impl Iterator<Item = &'a str>) -> Diagnostic {
    let message = Text::new(
        format!("`check` looks for nothing that is called `{name}`"),
        format!("`check` 没有叫 `{name}` 的检查项"),
    );
    let known: Vec<_> = known.collect();
    let diagnostic = Diagnostic::new(codes::UNKNOWN_LINT, place, message)
        .help("write the name or the code that the finding shows", "写检查结果里显示的名字或编号");
    suggest(diagnostic, place, name, &known)
}

pub(super) fn not_a_lint(place: Place, name: &str, code: Code) -> Diagnostic {
    let message = Text::new(
        format!("`{name}` ({}) is a mistake, and cannot be weighed", code.name()),
        format!("`{name}`（{}）属于错误，不能调整级别", code.name()),
    );
    Diagnostic::new(codes::NOT_A_LINT, place, message).help(
        "take the line out: only findings whose code begins with L can be weighed",
        "删掉这一行：只有编号以 L 开头的检查项可以调整级别",
    )
}

pub(super) fn later_lint(place: Place, name: &str) -> Diagnostic {
    let message = Text::new(
        format!("this version does not look for `{name}` yet"),
        format!("当前版本还不检查 `{name}`"),
    );
    Diagnostic::new(codes::LATER_LINT, place, message).help(
        format!("nothing will be reported; `{name} = \"allow\"` says that this is known"),
        format!("不会有任何提示；写 `{name} = \"allow\"` 表示已经知道"),
    )
}

pub(super) fn setting_without(place: Place, setting: &str, other: &str) -> Diagnostic {
    let message = Text::new(
        format!("`{setting}` has no effect without `{other}`"),
        format!("没有写 `{other}`，`{setting}` 不起作用"),
    );
    Diagnostic::new(codes::MISPLACED_SETTING, place, message)
        .help(format!("add `{other} = …`, or take it out"), format!("加上 `{other} = …`，或者删掉它"))
}

pub(super) fn zone_fact<'a>(word: &Word, texts: impl Iterator<Item = &'a String>) -> Diagnostic {
    let message = Text::new(
        format!("the customers have no text fact `{}` that could hold their time zone", word.text),
        format!("客户没有 `{}` 这个文本字段，不知道各自在哪个时区", word.text),
    );
    let diagnostic = Diagnostic::new(codes::ZONE_FACT, word.place, message).help(
        "name a fact of `[customer.facts]` with the type `text` that holds names such as `Asia/Urumqi`",
        "写 `[customer.facts]` 里一个类型为 `text`、内容类似 `Asia/Urumqi` 的字段",
    );
    quoted_suggestion(diagnostic, word, texts.map(String::as_str))
}

/// Where a number of at least 1 must stand.
pub(super) fn no_count(item: Item<'_>, key: &str) -> Diagnostic {
    let message = Text::new(
        format!("`{key}` must be a whole number of at least 1"),
        format!("`{key}` 应该是不小于 1 的整数"),
    );
    Diagnostic::new(codes::WRONG_VALUE, item.place, message).help(
        format!("write such a number after `{key} =`, without quotes, or take the line out"),
        format!("请在 `{key} =` 后面写这样的数，不加引号；不需要就删掉这一行"),
    )
}

pub(super) fn too_few_approvers(place: Place, needed: u64, named: usize) -> Diagnostic {
    let message = Text::new(
        format!("a plan needs {needed} approvals, but `[apply.approvers]` names {named} who may approve"),
        format!("计划需要 {needed} 人审批，但 `[apply.approvers]` 只登记了 {named} 人"),
    );
    Diagnostic::new(codes::TOO_FEW_APPROVERS, place, message).help(
        "add the public keys of those who may approve, or ask for fewer approvals; as it stands no plan could be applied",
        "请登记审批人的公钥，或减少审批人数；现在这样任何计划都无法执行",
    )
}

pub(super) fn approver_twice(place: Place, name: &str, other: &str) -> Diagnostic {
    let message = Text::new(
        format!("`{name}` has the same key as `{other}`"),
        format!("`{name}` 和 `{other}` 的公钥相同"),
    );
    Diagnostic::new(codes::APPROVER_TWICE, place, message).help(
        "give each person a key of their own: one key counts as one approval",
        "每个人要用自己的密钥：同一把密钥只算一次审批",
    )
}

/// Offers the nearest name; where none is near, lists all if no other help was given.
fn suggest(mut diagnostic: Diagnostic, place: Place, name: &str, known: &[&str]) -> Diagnostic {
    if let Some(near) = nearest(name, known.iter().copied()) {
        return diagnostic
            .help(format!("did you mean `{near}`?"), format!("是不是 `{near}`？"))
            .fix(place, near);
    }
    if diagnostic.help.is_none() && !known.is_empty() {
        diagnostic.help = Some(listed(known));
    }
    diagnostic
}

/// Offers the nearest text; keeps the help as it is where none is near.
fn quoted_suggestion<'a>(
    diagnostic: Diagnostic,
    word: &Word,
    known: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    match nearest(&word.text, known) {
        Some(near) => suggestion(diagnostic, word, near),
        None => diagnostic,
    }
}

/// Asks for the nearest name of something inside a text, which is no place of its own.
fn suggestion_in(diagnostic: Diagnostic, name: &str, known: &[&str]) -> Diagnostic {
    match nearest(name, known.iter().copied()) {
        Some(near) => {
            diagnostic.help(format!("did you mean `{{{near}}}`?"), format!("是不是 `{{{near}}}`？"))
        }
        None => diagnostic,
    }
}

fn suggestion(diagnostic: Diagnostic, word: &Word, text: &str) -> Diagnostic {
    diagnostic
        .help(format!("did you mean `\"{text}\"`?"), format!("是不是 `\"{text}\"`？"))
        .fix(word.place, format!("\"{text}\""))
}

/// Lists a few possible texts, the nearest first where there is one.
fn choices(mut diagnostic: Diagnostic, word: &Word, known: &[&'static str]) -> Diagnostic {
    diagnostic.help = Some(listed(known));
    quoted_suggestion(diagnostic, word, known.iter().copied())
}

fn listed(known: &[&str]) -> Text {
    let names: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
    Text::new(format!("there are {}", names.join(", ")), format!("可以写 {}", names.join("、")))
}

fn kind_of(value: &DeValue<'_>) -> Text {
    match value {
        DeValue::String(_) => Text::new("a text", "文本"),
        DeValue::Integer(_) | DeValue::Float(_) => Text::new("a number", "数字"),
        DeValue::Boolean(_) => Text::new("`true` or `false`", "`true` 或 `false`"),
        DeValue::Datetime(_) => Text::new("a date or time", "日期或时间"),
        DeValue::Array(_) => Text::new("a list", "列表"),
        DeValue::Table(_) => Text::new("a section", "小节（表）"),
    }
}
