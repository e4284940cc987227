//! What the parser says about a mistake: one function for each, its arguments are the facts.

use rulec_diagnostic::{Diagnostic, Place, Text, codes::syntax};

/// Something else was expected here. `found` is `None` at the end of the text.
pub(crate) fn unexpected(place: Place, expected: &Text, found: Option<&str>) -> Diagnostic {
    let message = match found {
        Some(found) => Text::new(
            format!("expected {} but found `{found}`", expected.en),
            format!("这里应该是{}，却写了 `{found}`", expected.zh),
        ),
        None => Text::new(
            format!("expected {} but the declaration ends here", expected.en),
            format!("这里应该还有{}，但这条声明到此就结束了", expected.zh),
        ),
    };
    let help = match found {
        Some(found) => habit(found).unwrap_or_else(|| {
            if expected.en.starts_with("`then`") {
                return Text::new(
                    "join another condition with `and`, or write `then` before the action",
                    "如果是另一个条件，用「且」连接；如果是动作，前面写「则」",
                );
            }
            Text::new(
                format!("put {} here, or take `{found}` away", expected.en),
                format!("在这里写{}，或删掉 `{found}`", expected.zh),
            )
        }),
        None => Text::new(format!("add {} at its end", expected.en), format!("在末尾补上{}", expected.zh)),
    };
    Diagnostic::new(syntax::UNEXPECTED, place, message).help(help.en, help.zh)
}

/// What people bring from spreadsheets, SQL and daily speech, and what is written here instead.
const HABITS: &[(&[&str], &str, &str)] = &[
    (
        &["between", "介于"],
        "write a range: `in 30d..60d`; the high end is not in",
        "请写成范围：`位于 30天..60天`；上限不含在内",
    ),
    (&["null", "空", "为空"], "write `is missing`", "请写 `缺失`"),
    (
        &["day", "days", "month", "months", "hours"],
        "a unit stands right after its number: `60d`, `3mo`, `48h`",
        "单位紧跟在数字后面：`60天`、`3个月`、`48小时`",
    ),
    (&["if", "如果", "若"], "a condition starts with `when`", "条件以「当」开头"),
    (&["发短信", "发消息", "发邮件"], "write `send sms \"…\"`", "请写成 `发送 短信 “…”`"),
    (
        &["发券", "送券", "送礼"],
        "an offer goes with a message: `send sms \"…\" coupon 30/200 ttl 15d`",
        "优惠要随消息发送：`发送 短信 “…” 券 30/200 有效期 15天`",
    ),
    (&["到", "至", "~", "～"], "write a range with two dots: `30d..60d`", "范围用两个点：`30天..60天`"),
];

/// The help for a habit, if this is one.
fn habit(found: &str) -> Option<Text> {
    let is = |(words, ..): &&(&[&str], &str, &str)| words.iter().any(|word| word.eq_ignore_ascii_case(found));
    HABITS.iter().find(is).map(|(_, en, zh)| Text::new(*en, *zh))
}

/// A word where a text in quotes is needed.
pub(crate) fn missing_quotes(place: Place, word: &str) -> Diagnostic {
    Diagnostic::new(
        syntax::UNEXPECTED,
        place,
        Text::new(
            format!("expected a text in quotes but found `{word}`"),
            format!("这里应该是带引号的文字，却写了 `{word}`"),
        ),
    )
    .help("put it in quotes", "给它加上引号")
    .fix(place, format!("\"{word}\""))
}

/// How many more mistakes there are than a person will read.
pub(crate) fn too_many(place: Place, more: usize) -> Diagnostic {
    Diagnostic::new(
        syntax::UNEXPECTED,
        place,
        Text::new(
            format!("and {more} more syntax errors in this file"),
            format!("这个文件里还有 {more} 处语法错误"),
        ),
    )
    .help("repair those above first", "请先修改上面列出的")
}

/// Actions follow a condition directly.
pub(crate) fn missing_then(insert_at: Place) -> Diagnostic {
    Diagnostic::new(
        syntax::MISSING_THEN,
        insert_at,
        Text::new("`then` is missing between the condition and the action", "条件和动作之间缺少「则」"),
    )
    .help("write `then` before the action", "在动作前面写上「则」（或 `then`）")
    .fix(insert_at, "then ")
}

/// Digits of the Chinese input method.
pub(crate) fn full_width_digits(place: Place, written: &str, half: &str) -> Diagnostic {
    Diagnostic::new(
        syntax::FULL_WIDTH_DIGIT,
        place,
        Text::new(
            format!("the number `{written}` is written in full-width digits"),
            format!("数字 `{written}` 用了全角数字"),
        ),
    )
    .help(format!("write `{half}`"), format!("改成半角的 `{half}`"))
    .fix(place, half)
}

/// A keyword without white space round it.
pub(crate) fn glued_keyword(place: Place, written: &str, spaced: &str, keyword: &str) -> Diagnostic {
    Diagnostic::new(
        syntax::GLUED_KEYWORD,
        place,
        Text::new(
            format!("`{written}` is read as one name; `{keyword}` needs white space round it"),
            format!("`{written}` 连在一起会被当成一个名字，`{keyword}` 前后要有空格"),
        ),
    )
    .help(format!("write `{spaced}`"), format!("写成 `{spaced}`"))
    .fix(place, spaced)
}

/// `&&`, `||`, `!`, `=>`, `=<`.
pub(crate) fn foreign_operator(place: Place, written: &str, meant: &str, meant_zh: &str) -> Diagnostic {
    let zh = if meant == meant_zh {
        format!("写成 `{meant}`")
    } else {
        format!("写成 `{meant}` 或「{meant_zh}」")
    };
    Diagnostic::new(
        syntax::FOREIGN_OPERATOR,
        place,
        Text::new(format!("`{written}` is no operator here"), format!("这里没有 `{written}` 这个运算符")),
    )
    .help(format!("write `{meant}`"), zh)
    .fix(place, meant)
}

/// A text without its closing quote.
pub(crate) fn open_text(place: Place, opening: &str, closing: &str, insert_at: Place) -> Diagnostic {
    Diagnostic::new(
        syntax::OPEN_TEXT,
        place,
        Text::new(
            format!("the text that starts with `{opening}` has no closing `{closing}`"),
            format!("以 `{opening}` 开头的文字缺少结尾的 `{closing}`"),
        ),
    )
    .help(
        format!(
            "close it with `{closing}` on the same line; a text of several lines stands between `\"\"\"`"
        ),
        format!("在同一行用 `{closing}` 结束；多行文字请写在两个 `\"\"\"` 之间"),
    )
    .fix(insert_at, closing)
}

/// A `"""` without the second one.
pub(crate) fn open_long_text(place: Place) -> Diagnostic {
    Diagnostic::new(
        syntax::OPEN_TEXT,
        place,
        Text::new("the text that starts with `\"\"\"` is never closed", "以 `\"\"\"` 开头的文字没有结束"),
    )
    .help("end it with `\"\"\"` on a line of its own", "在文字后面另起一行写 `\"\"\"`")
}

/// A name in backticks without the second one.
pub(crate) fn open_name(place: Place) -> Diagnostic {
    Diagnostic::new(
        syntax::OPEN_TEXT,
        place,
        Text::new(
            "the name that starts with a backtick has no closing backtick",
            "反引号括起的名字缺少后一个反引号",
        ),
    )
    .help("close it on the same line", "在同一行补上反引号")
}

/// A bracket that nothing closes.
pub(crate) fn open_bracket(place: Place, open: char, close: char) -> Diagnostic {
    Diagnostic::new(
        syntax::OPEN_BRACKET,
        place,
        Text::new(format!("this `{open}` is never closed"), format!("这个 `{open}` 没有对应的 `{close}`")),
    )
    .help(format!("write the `{close}` where it ends"), format!("在结束的地方补上 `{close}`"))
}

/// A closing bracket that nothing opened.
pub(crate) fn stray_bracket(place: Place, close: char, open: char) -> Diagnostic {
    Diagnostic::new(
        syntax::STRAY_BRACKET,
        place,
        Text::new(
            format!("this `{close}` closes nothing"),
            format!("这个 `{close}` 前面没有对应的 `{open}`"),
        ),
    )
    .help(format!("take it out, or write the `{open}` before"), format!("删掉它，或者在前面补上 `{open}`"))
}

/// A line that starts like a declaration of a kind that does not exist.
pub(crate) fn unknown_declaration(place: Place, word: &str, nearest: Option<&str>) -> Diagnostic {
    let diagnostic = Diagnostic::new(
        syntax::UNKNOWN_DECLARATION,
        place,
        Text::new(format!("`{word}` starts no declaration"), format!("没有以 `{word}` 开头的声明")),
    );
    match nearest {
        Some(nearest) => diagnostic
            .help(format!("did you mean `{nearest}`?"), format!("是不是想写 `{nearest}`？"))
            .fix(place, nearest),
        None => {
            let help = habit(word).unwrap_or_else(|| {
                Text::new(
                    "a declaration starts with a word such as `rule`, `when`, `segment`, `tier` or `campaign`",
                    "声明要以「规则」「当」「人群」「分层」「活动」等词开头",
                )
            });
            diagnostic.help(help.en, help.zh)
        }
    }
}

/// A keyword where a name is needed.
pub(crate) fn reserved_word(place: Place, word: &str) -> Diagnostic {
    Diagnostic::new(
        syntax::RESERVED_WORD,
        place,
        Text::new(
            format!("`{word}` is a keyword and cannot be a name as it stands"),
            format!("`{word}` 是关键字，不能直接用作名字"),
        ),
    )
    .help(
        format!("choose another name, or write it in backticks: `` `{word}` ``"),
        format!("换一个名字，或者用反引号括起来：`` `{word}` ``"),
    )
    .fix(place, format!("`{word}`"))
}

/// `ttl 15`: fifteen of what?
pub(crate) fn missing_duration_unit(place: Place, number: &str) -> Diagnostic {
    Diagnostic::new(
        syntax::MISSING_DURATION_UNIT,
        place,
        Text::new(
            format!("`{number}` needs a unit: it is a length of time"),
            format!("这里是一段时间，`{number}` 缺少单位"),
        ),
    )
    .help(
        format!("write `{number}d` for days; also `{number}h`, `{number}w`, `{number}mo`"),
        format!("按天算就写 `{number}天`（`{number}d`），也可以用 小时、周、个月"),
    )
    .fix(place, format!("{number}d"))
}

/// `150-500`.
pub(crate) fn coupon_form(place: Place, meant: &str) -> Diagnostic {
    Diagnostic::new(
        syntax::COUPON_FORM,
        place,
        Text::new(
            "a coupon is written with a slash: the discount, then the threshold",
            "券用斜杠写：先写减多少，再写满多少",
        ),
    )
    .help(format!("write `{meant}`"), format!("写成 `{meant}`"))
    .fix(place, meant)
}

/// A percentage or a 折 that is none.
pub(crate) fn no_discount(place: Place, written: &str) -> Diagnostic {
    Diagnostic::new(
        syntax::COUPON_FORM,
        place,
        Text::new(format!("`{written}` is no discount"), format!("`{written}` 不是一个有效的折扣")),
    )
    .help("write `20% off`, or `8折` to pay 80%", "写成 `20% off`，或者 `8折`（付 80%）")
}

/// `send` with too little after it.
pub(crate) fn incomplete_send(place: Place, missing_channel: bool) -> Diagnostic {
    let message = if missing_channel {
        Text::new("`send` needs a channel and a message", "「发送」后面要写渠道和内容")
    } else {
        Text::new("`send` needs a message after the channel", "「发送」的渠道后面要写内容")
    };
    Diagnostic::new(syntax::INCOMPLETE_SEND, place, message).help(
        "write it as `send sms \"welcome back\"`, or with the name of a template",
        "写成 `发送 sms “欢迎回来”`，或者写模板的名字",
    )
}

/// A character that cannot be seen.
pub(crate) fn hidden_character(place: Place, c: char) -> Diagnostic {
    Diagnostic::new(
        syntax::HIDDEN_CHARACTER,
        place,
        Text::new(
            format!("an invisible character, U+{:04X}, stands here", u32::from(c)),
            format!("这里有一个看不见的字符 U+{:04X}", u32::from(c)),
        ),
    )
    .help(
        "take it out; it often comes with text copied from a web page",
        "删掉它；从网页复制文字时常会带进来",
    )
    .fix(place, "")
}

/// Too many brackets inside each other, or too many `not` and `-` in a row.
pub(crate) fn nesting(place: Place, most: usize) -> Diagnostic {
    Diagnostic::new(
        syntax::NESTING,
        place,
        Text::new(format!("more than {most} levels inside each other"), format!("嵌套超过了 {most} 层")),
    )
    .help(
        "give the inner part a name with `let` or `segment`",
        "把里面的部分用「定义」或「人群」单独起个名字",
    )
}

/// A number that cannot be held.
pub(crate) fn number_too_large(place: Place) -> Diagnostic {
    Diagnostic::new(syntax::NUMBER_FORM, place, Text::new("this number is too large", "这个数太大了"))
        .help("at most about 9 000 000 000 000 000 000", "最大约为 900 亿亿")
}

/// More decimals than are kept.
pub(crate) fn too_many_decimals(place: Place) -> Diagnostic {
    Diagnostic::new(
        syntax::NUMBER_FORM,
        place,
        Text::new("this number has more than 9 decimals", "这个数的小数超过了 9 位"),
    )
    .help("round it to 9 decimals or fewer", "请保留 9 位以内的小数")
}

/// `1.5d`, or a duration of thousands of years.
pub(crate) fn duration_not_whole(place: Place) -> Diagnostic {
    Diagnostic::new(
        syntax::NUMBER_FORM,
        place,
        Text::new("a duration is a whole number of its unit", "时长要写成单位的整数倍"),
    )
    .help("use a smaller unit: `90min` for an hour and a half", "换小一点的单位，比如一个半小时写 `90分钟`")
}

/// A priority, share of days or the like that is out of range.
pub(crate) fn out_of_range(place: Place, low: i64, high: i64) -> Diagnostic {
    Diagnostic::new(
        syntax::NUMBER_FORM,
        place,
        Text::new(
            format!("this must be a whole number from {low} to {high}"),
            format!("这里要写 {low} 到 {high} 之间的整数"),
        ),
    )
    .help("choose a number of this range, without decimals", "换成这个范围以内的整数")
}

/// 2026-02-30.
pub(crate) fn no_such_date(place: Place, written: &str) -> Diagnostic {
    Diagnostic::new(
        syntax::NO_SUCH_DATE,
        place,
        Text::new(format!("the calendar has no `{written}`"), format!("日历上没有 `{written}` 这一天")),
    )
    .help(
        "write a day that exists as year-month-day: `2026-11-11`",
        "按 年-月-日 写一个存在的日期，如 `2026-11-11`",
    )
}

/// 25:00.
pub(crate) fn no_such_time(place: Place, written: &str) -> Diagnostic {
    Diagnostic::new(
        syntax::NO_SUCH_DATE,
        place,
        Text::new(format!("the clock has no `{written}`"), format!("没有 `{written}` 这个时刻")),
    )
    .help("write a time from `00:00` to `23:59`", "时刻从 `00:00` 到 `23:59`")
}

/// A `{` of a message that has no `}`.
pub(crate) fn open_field(place: Place) -> Diagnostic {
    Diagnostic::new(
        syntax::MESSAGE_FIELD,
        place,
        Text::new("this `{` of the message has no `}` on its line", "文案里的这个 `{` 在本行没有对应的 `}`"),
    )
    .help(
        "write `{name}` for a field, `{{` for the sign itself",
        "字段写成 `{name}`；要显示大括号本身就写 `{{`",
    )
}

/// A `}` of a message that has no `{`.
pub(crate) fn stray_field_end(place: Place) -> Diagnostic {
    Diagnostic::new(
        syntax::MESSAGE_FIELD,
        place,
        Text::new("this `}` of the message closes no field", "文案里的这个 `}` 前面没有对应的 `{`"),
    )
    .help("write `}}` for the sign itself", "要显示大括号本身就写 `}}`")
    .fix(place, "}}")
}

/// What stands between the braces is no field.
pub(crate) fn unreadable_field(place: Place) -> Diagnostic {
    Diagnostic::new(
        syntax::MESSAGE_FIELD,
        place,
        Text::new("what stands in these braces is no field", "大括号里的内容不是一个字段"),
    )
    .help(
        "write the name of a fact, `{name}`, or with a substitute, `{name or \"friend\"}`",
        "写客户字段的名字，如 `{name}`；可以带上缺省的称呼：`{name or \"亲\"}`",
    )
}

/// The encoding of a file that is not UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Gb18030,
    Utf16,
    Unknown,
}

/// A file in another encoding.
pub(crate) fn not_utf8(place: Place, looks_like: Encoding) -> Diagnostic {
    let message = match looks_like {
        Encoding::Gb18030 => Text::new(
            "this file is not UTF-8; it looks like GBK or GB18030",
            "文件不是 UTF-8 编码，看起来是 GBK（GB18030）",
        ),
        Encoding::Utf16 => {
            Text::new("this file is not UTF-8; it looks like UTF-16", "文件不是 UTF-8 编码，看起来是 UTF-16")
        }
        Encoding::Unknown => {
            Text::new("this file is not UTF-8 from here on", "从这里开始，文件不是 UTF-8 编码")
        }
    };
    Diagnostic::new(syntax::UNREADABLE_FILE, place, message)
        .help("save it as UTF-8 in your editor", "请在编辑器里把它另存为 UTF-8")
}

/// A file that is too long to have places in it.
pub(crate) fn too_long(place: Place) -> Diagnostic {
    Diagnostic::new(
        syntax::UNREADABLE_FILE,
        place,
        Text::new("this file is longer than 4 GiB", "这个文件超过了 4 GiB"),
    )
    .help("split it into several files", "请拆成几个文件")
}

/// A part that stands twice.
pub(crate) fn repeated_part(place: Place, first: Place, what: &Text) -> Diagnostic {
    Diagnostic::new(
        syntax::REPEATED_PART,
        place,
        Text::new(format!("{} stands here a second time", what.en), format!("这里重复写了{}", what.zh)),
    )
    .related(first, "first written here", "第一次写在这里")
    .help("keep one of them", "只保留一个")
}

/// `\q`.
pub(crate) fn unknown_escape(place: Place, c: char) -> Diagnostic {
    Diagnostic::new(
        syntax::UNKNOWN_ESCAPE,
        place,
        Text::new(format!("`\\{c}` means nothing in a text"), format!("文字里的 `\\{c}` 没有含义")),
    )
    .help(
        "only `\\\"`, `\\\\` and `\\n` are known; write `\\\\` for a backslash",
        "只有 `\\\"`、`\\\\`、`\\n` 有含义；要写反斜杠本身请用 `\\\\`",
    )
    .fix(place, format!("\\\\{c}"))
}

/// `gender is "female"`.
pub(crate) fn is_for_equal(place: Place, not: bool) -> Diagnostic {
    let sign = if not { "!=" } else { "=" };
    Diagnostic::new(
        syntax::IS_FOR_EQUAL,
        place,
        Text::new(
            "`is` asks whether a value is `missing` or `known`; it does not compare",
            "「是」只用来问一个值是「缺失」还是「已知」，不能用来比较",
        ),
    )
    .help(format!("compare with `{sign}`"), format!("比较请用 `{sign}`"))
    .fix(place, sign)
}

/// `60days`, `3月`; `meant` is the whole quantity as it should be written.
pub(crate) fn unknown_unit(place: Place, written: &str, meant: Option<&str>) -> Diagnostic {
    let diagnostic = Diagnostic::new(
        syntax::UNKNOWN_UNIT,
        place,
        Text::new(format!("`{written}` is no number with a unit"), format!("`{written}` 的单位不认识")),
    );
    match meant {
        Some(meant) => diagnostic
            .help(format!("did you mean `{meant}`?"), format!("是不是想写 `{meant}`？"))
            .fix(place, meant),
        None => diagnostic.help(
            "units are min, h, d, w, mo, y, %, 元; a name cannot start with a digit",
            "可用的单位：分钟、小时、天、周、个月、年、%、元；名字不能以数字开头",
        ),
    }
}

/// `200 < aov < 500`.
pub(crate) fn chained_comparison(place: Place) -> Diagnostic {
    Diagnostic::new(
        syntax::CHAINED_COMPARISON,
        place,
        Text::new("a second comparison in a row", "不能连着写两个比较"),
    )
    .help(
        "join two comparisons with `and`, or ask for a range: `aov in 200..500`",
        "用「且」连接两个比较，或者用区间：`aov in 200..500`",
    )
}
