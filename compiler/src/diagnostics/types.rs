//! Findings about what goes with what.

use super::{Choice, chinese, is_number, list};
use crate::typed::ArithmeticOp;
use crate::types::Type;
use rulec_diagnostic::codes::types as codes;
use rulec_diagnostic::{Diagnostic, Place, Text};

/// What was written, and of which type it is.
type Side<'a> = (&'a str, &'a Type);

/// `chinese`: whether the line is written in Chinese, so that its unit is `天`.
pub(crate) fn missing_unit(
    place: Place,
    number: &str,
    subject: &str,
    ty: &Type,
    chinese: bool,
) -> Diagnostic {
    let repaired = if *ty == Type::Duration { days(number, chinese) } else { format!("{number}%") };
    Diagnostic::new(
        codes::MISSING_UNIT,
        place,
        Text::new(
            format!("`{subject}` is {}, and `{number}` has no unit", ty.en()),
            format!("`{subject}` 是{}，而 `{number}` 没有写单位", ty.zh()),
        ),
    )
    .help(format!("did you mean `{repaired}`?"), format!("是不是想写 `{repaired}`？"))
    .fix(place, repaired)
}

/// So many days, as the line around is written.
fn days(number: &str, chinese: bool) -> String {
    format!("{number}{}", if chinese { "天" } else { "d" })
}

pub(crate) fn duration_without_unit(place: Place, number: &str, chinese: bool) -> Diagnostic {
    let repaired = days(number, chinese);
    Diagnostic::new(
        codes::MISSING_UNIT,
        place,
        Text::new(
            format!("`{number}` is a length of time without a unit"),
            format!("`{number}` 是一段时间，但没有写单位"),
        ),
    )
    .help(format!("did you mean `{repaired}`?"), format!("是不是想写 `{repaired}`？"))
    .fix(place, repaired)
}

fn percent_without_sign(place: Place, number: &str) -> Diagnostic {
    let repaired = format!("{number}%");
    Diagnostic::new(
        codes::MISSING_UNIT,
        place,
        Text::new(format!("`{number}` is a share without `%`"), format!("`{number}` 是比例，但没有写 `%`")),
    )
    .help(format!("did you mean `{repaired}`?"), format!("是不是想写 `{repaired}`？"))
    .fix(place, repaired)
}

pub(crate) fn cannot_compare(place: Place, right: Place, a: Side<'_>, b: Side<'_>) -> Diagnostic {
    let finding = Diagnostic::new(
        codes::CANNOT_COMPARE,
        place,
        Text::new(
            format!("`{}` is {} and `{}` is {}: they cannot be compared", a.0, a.1.en(), b.0, b.1.en()),
            format!("`{}` 是{}，`{}` 是{}，两者不能比较", a.0, a.1.zh(), b.0, b.1.zh()),
        ),
    );
    match (a.1, b.1) {
        (Type::Money, Type::Number) if is_number(b.0) => finding
            .help(format!("did you mean `{}元`?", b.0), format!("是不是想写 `{}元`？", b.0))
            .fix(right, format!("{}元", b.0)),
        (Type::Date | Type::Time, Type::Text) => {
            finding.help("write a date without quotes: 2026-11-11", "日期不要加引号：2026-11-11")
        }
        (Type::Bool, _) => finding.help(
            format!("`{}` is a condition by itself: write it alone, or `not {}`", a.0, a.0),
            format!("`{}` 本身就是条件：直接写它，或写 `非 {}`", a.0, a.0),
        ),
        (Type::Number | Type::Money, Type::Text) => {
            finding.help("write a number without quotes", "数字不要加引号")
        }
        (Type::Enum(values), Type::Number | Type::Bool) => {
            let (en, zh) = list(values.iter().map(String::as_str));
            finding.help(format!("write one of {en}, in quotes"), format!("请写成其中之一，并加引号：{zh}"))
        }
        (Type::Text, Type::Number) if is_number(b.0) => {
            let quoted = format!("\"{}\"", b.0);
            finding
                .help(format!("did you mean {quoted}?"), format!("是不是想写 {quoted}？"))
                .fix(right, quoted)
        }
        (Type::Set, _) => finding.help(
            format!("ask whether it contains it: `{} contains {}`", a.0, b.0),
            format!("请写成是否包含：`{} 包含 {}`", a.0, b.0),
        ),
        _ => {
            // What differs from customer to customer is named first, whichever side it stands on.
            let (name, ty) = if is_written_out(a.0) { b } else { a };
            let (en, zh) = example(ty);
            finding.help(
                format!("compare `{name}` with {}, {en}", ty.en()),
                format!("请拿 `{name}` 和{}比较，{zh}", ty.zh()),
            )
        }
    }
}

/// Whether this is a value and not the name of one.
fn is_written_out(written: &str) -> bool {
    written.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '"' | '“' | '¥' | '￥' | '-'))
}

pub(crate) fn not_a_condition(place: Place, written: &str, ty: &Type) -> Diagnostic {
    let finding = Diagnostic::new(
        codes::NOT_A_CONDITION,
        place,
        Text::new(
            format!("a condition is wanted here, and `{written}` is {}", ty.en()),
            format!("这里要写条件，而 `{written}` 是{}", ty.zh()),
        ),
    );
    if is_written_out(written) {
        return finding.help("write a condition, such as `aov > 500`", "请写条件，例如 `客单价 > 500`");
    }
    let (op, zh_op) = match ty {
        ty if ty.is_ordered() => (">", ">"),
        Type::Set => ("contains", "包含"),
        _ => ("=", "="),
    };
    finding.help(
        format!("compare it with something, such as `{written} {op} …`, or ask `{written} is known`"),
        format!("请拿它与别的值比较，例如 `{written} {zh_op} …`，或写 `{written} 是 已知`"),
    )
}

/// `chinese`: as for [`missing_unit`].
pub(crate) fn expected(
    place: Place,
    written: &str,
    wanted: &Type,
    found: &Type,
    chinese: bool,
) -> Diagnostic {
    match (wanted, found) {
        (Type::Duration, Type::Number) if is_number(written) => {
            return duration_without_unit(place, written, chinese);
        }
        (Type::Percent, Type::Number) if is_number(written) => return percent_without_sign(place, written),
        _ => {}
    }
    let finding = Diagnostic::new(
        codes::EXPECTED_OTHER,
        place,
        Text::new(
            format!("{} is wanted here, and `{written}` is {}", wanted.en(), found.en()),
            format!("这里要写{}，而 `{written}` 是{}", wanted.zh(), found.zh()),
        ),
    );
    if let Type::Enum(values) = wanted {
        let (en, zh) = list(values.iter().map(String::as_str));
        return finding
            .help(format!("write one of {en}, in quotes"), format!("请写成其中之一，并加引号：{zh}"));
    }
    let (en, zh) = example(wanted);
    finding.help(format!("write {}, {en}", wanted.en()), format!("请写成{}，{zh}", wanted.zh()))
}

fn example(ty: &Type) -> (&'static str, &'static str) {
    match ty {
        Type::Bool => ("such as `aov > 500`", "例如 `客单价 > 500`"),
        Type::Number => ("such as `3`", "例如 `3`"),
        Type::Money => ("such as `500元`", "例如 `500元`"),
        Type::Percent => ("such as `20%`", "例如 `20%`"),
        Type::Text | Type::Enum(_) => ("in quotes, such as \"上海\"", "要加引号，例如 \"上海\""),
        Type::Date | Type::Time => ("such as `2026-11-11`", "例如 `2026-11-11`"),
        Type::Duration => ("such as `60d`", "例如 `60天`"),
        Type::Set => ("such as {\"面膜\", \"精华\"}", "例如 {\"面膜\", \"精华\"}"),
        Type::Unknown => ("", ""),
    }
}

pub(crate) fn not_constant(place: Place, written: &str) -> Diagnostic {
    Diagnostic::new(
        codes::NOT_CONSTANT,
        place,
        Text::new(
            format!("`{written}` is computed, and a fixed value is needed here, the same for all customers"),
            format!("`{written}` 要计算才知道，而这里需要一个对所有客户都一样的固定值"),
        ),
    )
    .help("write the value out, or name a `param`", "请直接写数值，或用 `参数` 先声明好再引用")
}

pub(crate) fn param_not_constant(place: Place, name: &str) -> Diagnostic {
    Diagnostic::new(
        codes::NOT_CONSTANT,
        place,
        Text::new(
            format!("the value of param `{name}` must be written out"),
            format!("参数 `{name}` 的值要直接写出来"),
        ),
    )
    .help(
        format!("write a value such as `180d` or `500元`; for something computed write `let {name} = …`"),
        format!("请写成 `180天`、`500元` 这样的值；如果要计算，请用 `定义 {name} = …`"),
    )
}

pub(crate) fn unknown_option(place: Place, text: &str, values: &[String]) -> Diagnostic {
    let choice = Choice::new(text, values.iter().map(String::as_str));
    let finding = Diagnostic::new(
        codes::UNKNOWN_OPTION,
        place,
        Text::new(
            format!("\"{text}\" is none of the values that rulec.toml lists"),
            format!("rulec.toml 列出的选项里没有 \"{text}\""),
        ),
    )
    .help(choice.en(""), choice.zh(""));
    match choice.nearest {
        Some(nearest) => finding.fix(place, format!("\"{nearest}\"")),
        None => finding,
    }
}

pub(crate) fn cannot_compute(place: Place, op: ArithmeticOp, a: Side<'_>, b: Side<'_>) -> Diagnostic {
    let (en, zh) = match op {
        ArithmeticOp::Add => ("added to", "相加"),
        ArithmeticOp::Subtract => ("reduced by", "相减"),
        ArithmeticOp::Multiply => ("multiplied by", "相乘"),
        ArithmeticOp::Divide => ("divided by", "相除"),
    };
    let help = computable(op, a, b);
    Diagnostic::new(
        codes::CANNOT_COMPUTE,
        place,
        Text::new(
            format!("`{}` is {} and cannot be {en} `{}`, which is {}", a.0, a.1.en(), b.0, b.1.en()),
            format!("`{}` 是{}，`{}` 是{}，不能{zh}", a.0, a.1.zh(), b.0, b.1.zh()),
        ),
    )
    .help(help.en, help.zh)
}

/// What could be meant by two values that do not go together.
fn computable(op: ArithmeticOp, a: Side<'_>, b: Side<'_>) -> Text {
    use ArithmeticOp::{Add, Subtract};
    match (op, a.1, b.1) {
        (Add | Subtract, Type::Duration | Type::Date | Type::Time, Type::Number) if is_number(b.0) => {
            Text::new(format!("did you mean `{}d`?", b.0), format!("是不是想写 `{}天`？", b.0))
        }
        (Add | Subtract, Type::Money, Type::Percent) => Text::new(
            format!("that share of it is `{} * {}`", a.0, b.0),
            format!("按比例算请写成 `{} * {}`", a.0, b.0),
        ),
        (_, x, y) if x.is_text() || y.is_text() => Text::new(
            "texts are not computed with; a message puts them together: \"{name}，{city}\"",
            "文本不能参与计算；要拼在一起，请写在消息里：\"{name}，{city}\"",
        ),
        (Add | Subtract, ..) => Text::new(
            "only like goes with like; to make a number of it, divide: `monetary / 100元`, `dormant / 1d`",
            "同类的值才能加减；想先变成数字，可以除一下：`消费总额 / 100元`、`沉睡天数 / 1天`",
        ),
        _ => Text::new(
            "multiply or divide by a number, such as `monetary * 0.8`, or divide like by like",
            "请乘以或除以数字，例如 `消费总额 * 0.8`，或用同类的值相除",
        ),
    }
}

pub(crate) fn shift_by_computed(place: Place) -> Diagnostic {
    Diagnostic::new(
        codes::NOT_CONSTANT,
        place,
        Text::new(
            "a date can be moved only by a duration that is written out, such as `today + 7d`",
            "日期只能加减一个写明的时长，例如 `today + 7天`",
        ),
    )
    .help(
        "compare durations instead, such as `dormant > 0.8 * cycle`",
        "可以改为比较时长，例如 `沉睡天数 > 0.8 * 购买周期`",
    )
}

pub(crate) fn no_order(place: Place, written: &str, ty: &Type) -> Diagnostic {
    Diagnostic::new(
        codes::NO_ORDER,
        place,
        Text::new(
            format!("`{written}` is {}: there is no more or less of it", ty.en()),
            format!("`{written}` 是{}，没有大小之分", ty.zh()),
        ),
    )
    .help(
        "use `=`, `!=` or `in {…}`, or take something that is counted or measured",
        "请用 `=`、`!=` 或 `属于 {…}`，或换一个能比大小的值",
    )
}

pub(crate) fn set_alone(place: Place) -> Diagnostic {
    Diagnostic::new(
        codes::EXPECTED_OTHER,
        place,
        Text::new("a list in braces stands only after `in`", "花括号里的列表只能写在 `属于` 后面"),
    )
    .help("write `category in {\"面膜\", \"精华\"}`", "请写成 `category 属于 {\"面膜\", \"精华\"}`")
}

/// `frequency in {1, 2}`.
pub(crate) fn set_of_others(place: Place, value: Side<'_>, items: &[&str], chinese: bool) -> Diagnostic {
    let (name, ty) = value;
    let finding = Diagnostic::new(
        codes::EXPECTED_OTHER,
        place,
        Text::new(
            format!("braces hold texts, and `{name}` is {}", ty.en()),
            format!("花括号里只能列文本，而 `{name}` 是{}", ty.zh()),
        ),
    );
    if !ty.is_ordered() {
        let asked = if *ty == Type::Bool { "" } else { " contains …" };
        let (help, zh) = (format!("write `{name}{asked}`"), format!("请写 `{name}{asked}`"));
        return finding.help(help, zh.replace("contains", "包含"));
    }
    let (or, within) = if chinese { (" 或 ", "在") } else { (" or ", "in") };
    let compared: Vec<String> = items.iter().map(|item| format!("{name} = {item}")).collect();
    let compared = compared.join(or);
    match whole_run(items) {
        Some((low, high)) if *ty == Type::Number => finding.help(
            format!(
                "write a range: `{name} {within} {low}..{high}` (the high end is not in), or `{compared}`"
            ),
            format!("请写成区间：`{name} {within} {low}..{high}`（不含上限），或写 `{compared}`"),
        ),
        _ => finding.help(
            format!("compare one by one: `{compared}`; a range is `{name} {within} LOW..HIGH`"),
            format!("请逐个比较：`{compared}`；区间写成 `{name} {within} 下限..上限`"),
        ),
    }
}

/// The range of whole numbers that follow one another: from the first to before its high end.
fn whole_run(items: &[&str]) -> Option<(i64, i64)> {
    let mut numbers: Vec<i64> = items.iter().map(|item| item.parse().ok()).collect::<Option<_>>()?;
    numbers.sort_unstable();
    numbers.dedup();
    let (low, high) = (*numbers.first()?, numbers.last()?.checked_add(1)?);
    let follow = numbers.windows(2).all(|pair| pair[0].checked_add(1) == Some(pair[1]));
    (follow && numbers.len() > 1).then_some((low, high))
}

pub(crate) fn time_of_day_alone(place: Place) -> Diagnostic {
    Diagnostic::new(
        codes::EXPECTED_OTHER,
        place,
        Text::new(
            "a time of day says when something is sent, and cannot be compared",
            "几点几分只表示发送时间，不能拿来比较",
        ),
    )
    .help("use it after `at`: `send sms … at 20:00`", "请写在 `于` 后面：`发送 sms … 于 20:00`")
}

pub(crate) fn duration_too_long(place: Place) -> Diagnostic {
    Diagnostic::new(
        codes::TOO_LONG,
        place,
        Text::new("this duration is longer than any calendar", "这个时长超出了日历的范围"),
    )
    .help("write a shorter one, such as `60d` or `3y`", "请写短一些，例如 `60天` 或 `3年`")
}

pub(crate) fn event_fact_outside(place: Place, table: &str, fact: &str) -> Diagnostic {
    Diagnostic::new(
        codes::EVENT_FACT_OUTSIDE,
        place,
        Text::new(
            format!("a customer has many rows in `{table}`: say which `{table}.{fact}` is meant"),
            format!("每位客户在 `{table}` 里可以有很多条记录，要写明取哪一个 `{table}.{fact}`"),
        ),
    )
    .help(
        format!("write `last({table}.{fact})`, or `sum`, `avg`, `min`, `max`, `first`, `distinct` of it"),
        format!("请写成 `末次({table}.{fact})`，或用 求和、平均、最小、最大、首次、种类数"),
    )
}

pub(crate) fn constant_condition(place: Place, written: &str, value: bool) -> Diagnostic {
    let (en, zh) =
        if value { ("everyone", "会选中所有客户") } else { ("nobody", "一个客户也选不中") };
    let finding = Diagnostic::new(
        codes::CONSTANT_CONDITION,
        place,
        Text::new(format!("`{written}` takes {en}"), format!("`{written}` {zh}")),
    );
    if value {
        return finding.help(
            "if all customers are meant, say so: `when everyone`; else write a condition",
            "如果就是要选所有客户，请写明：`当 所有人`；否则请写条件",
        );
    }
    finding.help("write a condition, or delete it", "请写条件，或把它删掉")
}

pub(crate) fn ranking_inside_rows(place: Place) -> Diagnostic {
    Diagnostic::new(
        codes::RANKING_INSIDE_ROWS,
        place,
        Text::new("customers are ranked, not rows of a table", "排名是在客户之间比的，不能写在 `其中` 里"),
    )
    .help(
        "take the ranking out of `where` and join it with `and`",
        "请把排名条件移到 `其中` 外面，用 `且` 连接",
    )
}

pub(crate) fn not_of_events(place: Place, function: &str) -> Diagnostic {
    let zh = chinese(function);
    Diagnostic::new(
        codes::WRONG_ARGUMENT,
        place,
        Text::new(
            format!("`{function}` compares customers and takes no `where` and no time"),
            format!("`{zh}` 是在客户之间比的，不能带 `其中` 或时间范围"),
        ),
    )
    .help(
        format!("put them inside: `{function}(sum(orders.amount in last 365d))`"),
        format!("请写到里面：`{zh}(求和(orders.amount 最近 365天))`"),
    )
}

pub(crate) fn best_of_events(place: Place) -> Diagnostic {
    Diagnostic::new(
        codes::WRONG_ARGUMENT,
        place,
        Text::new("`best` belongs to a ranking of customers", "“低者优先”“高者优先”只用于客户之间的排名"),
    )
    .help("use it with `quintile`, `rank` or `in top`", "请写在 `五分位`、`排名` 或 `前 20%` 里")
}

pub(crate) fn argument_missing(place: Place, function: &str) -> Diagnostic {
    let zh = chinese(function);
    let (example, zh_example) = match function {
        "rank" | "quintile" => ("monetary", "消费总额"),
        "count" | "exists" => ("orders", "orders"),
        _ => ("orders.amount", "orders.amount"),
    };
    Diagnostic::new(
        codes::WRONG_ARGUMENT,
        place,
        Text::new(format!("`{function}` of what?"), format!("`{zh}` 要统计什么？")),
    )
    .help(
        format!("write it in the brackets: `{function}({example})`"),
        format!("请写在括号里：`{zh}({zh_example})`"),
    )
}

pub(crate) fn argument_without_events(place: Place, function: &str) -> Diagnostic {
    let zh = chinese(function);
    Diagnostic::new(
        codes::WRONG_ARGUMENT,
        place,
        Text::new(
            format!("`{function}` is computed of a table of events"),
            format!("`{zh}` 要对一张事件表来统计"),
        ),
    )
    .help(
        format!("name the table first: `{function}(orders.amount)`"),
        format!("请先写表名：`{zh}(orders.amount)`"),
    )
}

pub(crate) fn aggregate_of_rows(place: Place, function: &str, event: &str, facts: &[&str]) -> Diagnostic {
    let zh = chinese(function);
    let (known, zh_known) = list(facts.iter().copied().chain(["at"]));
    Diagnostic::new(
        codes::WRONG_ARGUMENT,
        place,
        Text::new(
            format!("`{function}` needs a fact of `{event}`, not the whole row"),
            format!("`{zh}` 要对 `{event}` 的某个字段来算，不能对整条记录"),
        ),
    )
    .help(
        format!("write `{function}({event}.FACT)`; its facts are {known}"),
        format!("请写成 `{zh}({event}.字段)`；字段有：{zh_known}"),
    )
}

pub(crate) fn wrong_argument(place: Place, function: &str, written: &str, ty: &Type) -> Diagnostic {
    Diagnostic::new(
        codes::WRONG_ARGUMENT,
        place,
        Text::new(
            format!("`{written}` is {}: `{function}` of it means nothing", ty.en()),
            format!("`{written}` 是{}，不能用 `{}` 来算", ty.zh(), chinese(function)),
        ),
    )
    .help(
        "use `count`, `distinct`, `first` or `last`, or another fact",
        "请改用 计数、种类数、首次、末次，或换一个字段",
    )
}

pub(crate) fn fraction_of_rows(place: Place, function: &str) -> Diagnostic {
    Diagnostic::new(
        codes::WRONG_ARGUMENT,
        place,
        Text::new(
            format!("`{function}` adds up or compares whole values, and this is divided in each row"),
            format!("`{function}` 里面不能对每条记录做除法"),
        ),
    )
    .help(
        "divide afterwards: `sum(orders.amount) / sum(orders.pieces)`",
        "请先汇总再相除：`求和(orders.amount) / 求和(orders.pieces)`",
    )
}

pub(crate) fn too_many_operands(place: Place, most: usize) -> Diagnostic {
    Diagnostic::new(
        codes::TOO_MANY_OPERANDS,
        place,
        Text::new(
            format!("a sum or a product takes at most {most} values"),
            format!("一个算式里最多只能有 {most} 个值"),
        ),
    )
    .help(
        "give parts of it a name with `let`, and add those up",
        "请把其中几部分用 `定义` 各起一个名字，再把它们加起来",
    )
}
