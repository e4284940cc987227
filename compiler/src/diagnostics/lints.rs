//! Findings about what is legal, but hardly meant.

use super::Choice;
use rulec_diagnostic::codes::lints as codes;
use rulec_diagnostic::{Diagnostic, Place, Text};

pub(crate) fn coupon_without_ttl(place: Place) -> Diagnostic {
    Diagnostic::new(
        codes::COUPON_WITHOUT_TTL,
        place,
        Text::new("this coupon never expires", "这张券永远不会过期"),
    )
    .help("say how long it holds: `ttl 15d`", "请写明有效期：`有效期 15天`")
}

pub(crate) fn ttl_without_offer(place: Place) -> Diagnostic {
    Diagnostic::new(
        codes::TTL_WITHOUT_OFFER,
        place,
        Text::new(
            "`ttl` says how long an offer holds, and this message carries none",
            "写了有效期，但这条消息没有带任何优惠",
        ),
    )
    .help(
        "add the offer, such as `coupon 30/200`, or delete `ttl`",
        "请加上优惠，例如 `券 30/200`，或删掉有效期",
    )
}

pub(crate) fn discount_not_below_threshold(place: Place, written: &str) -> Diagnostic {
    Diagnostic::new(
        codes::DISCOUNT_NOT_BELOW_THRESHOLD,
        place,
        Text::new(
            format!("`{written}` takes off as much as the customer must spend, or more"),
            format!("`{written}` 等于白送：减免的金额不低于门槛"),
        ),
    )
    .help(
        "a coupon is written `OFF/FROM`: 150 off from 500 is `150/500`",
        "先写减免再写门槛：`150/500`，也可以写 `满500减150`",
    )
}

pub(crate) fn discount_out_of_range(place: Place, written: &str) -> Diagnostic {
    Diagnostic::new(
        codes::DISCOUNT_NOT_BELOW_THRESHOLD,
        place,
        Text::new(
            format!("`{written}` takes off nothing, or all there is to pay"),
            format!("`{written}` 要么没有优惠，要么等于白送"),
        ),
    )
    .help(
        "write a discount between 0% and 100%: `20% off`, or `8折` for paying 80%",
        "请写 0 到 10 之间的折扣，例如 `8折`，或 `20% off`",
    )
}

pub(crate) fn tier_gap(place: Place, other: Place, first: &str, second: &str) -> Diagnostic {
    Diagnostic::new(
        codes::TIER_GAP,
        place,
        Text::new(
            format!("between `{first}` and `{second}` there is a gap: who lies in it is in no class"),
            format!("`{first}` 和 `{second}` 之间有空档，落在中间的客户不属于任何一层"),
        ),
    )
    .related(other, format!("`{first}` ends here"), format!("`{first}` 到这里为止"))
    .help(
        "let one class start where the other ends; the high end is not in",
        "请让后一层从前一层结束的地方开始；区间不含上限",
    )
}

pub(crate) fn tier_overlap(place: Place, other: Place, first: &str, second: &str) -> Diagnostic {
    Diagnostic::new(
        codes::TIER_OVERLAP,
        place,
        Text::new(
            format!("`{first}` and `{second}` overlap: some customers are in both"),
            format!("`{first}` 和 `{second}` 有重叠，有的客户会同时落在两层里"),
        ),
    )
    .related(other, format!("`{first}` reaches further"), format!("`{first}` 的范围在这里"))
    .help(
        "let one class start where the other ends; the high end is not in",
        "请让后一层从前一层结束的地方开始；区间不含上限",
    )
}

pub(crate) fn test_not_run(place: Place, title: &str) -> Diagnostic {
    Diagnostic::new(
        codes::TEST_NOT_RUN,
        place,
        Text::new(
            format!("this version checks the names and types of test `{title}`, and does not run it"),
            format!("当前版本只检查测试 `{title}` 的名称和类型，不会运行它"),
        ),
    )
    .help(
        "to see whom a condition takes, use `rulec audience 'CONDITION'`",
        "想知道条件会选中谁，请用 `rulec audience '条件'`",
    )
}

pub(crate) fn allowed_without_reason(place: Place, name: &str) -> Diagnostic {
    Diagnostic::new(
        codes::ALLOWED_WITHOUT_REASON,
        place,
        Text::new(
            format!("`{name}` is allowed without saying why"),
            format!("放行了 `{name}`，却没有写理由"),
        ),
    )
    .help(
        format!("add the reason for whoever reads it next year: `# allow {name}: …`"),
        format!("请写上理由，方便以后的人看懂：`# 允许 {name}：…`"),
    )
}

pub(crate) fn allows_no_lint<'a>(
    place: Place,
    name: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    let choice = Choice::new(name, known);
    Diagnostic::new(
        codes::ALLOWS_NO_LINT,
        place,
        Text::new(format!("no finding is called `{name}`"), format!("没有叫 `{name}` 的检查项")),
    )
    .help(choice.en(""), choice.zh(""))
}

/// An `# allow` of a finding that is a mistake.
pub(crate) fn allows_a_mistake(place: Place, name: &str) -> Diagnostic {
    Diagnostic::new(
        codes::ALLOWS_NO_LINT,
        place,
        Text::new(
            format!("`{name}` is a mistake, and cannot be allowed"),
            format!("`{name}` 属于错误，不能用注释放行"),
        ),
    )
    .help(
        "repair what it points at; only findings whose code begins with L can be allowed",
        "请改正它指出的地方；只有编号以 L 开头的检查项可以放行",
    )
}

pub(crate) fn rule_without_name(place: Place, name: &str) -> Diagnostic {
    Diagnostic::new(
        codes::RULE_WITHOUT_NAME,
        place,
        Text::new(
            format!(
                "this is not the only rule without a name in this file: it is called `{name}` by its place"
            ),
            format!("这个文件里不止一条没有名字的规则：它按位置被叫作 `{name}`"),
        ),
    )
    .help(
        "give it a name, `rule NAME { … }`: when rules move, what was sent is remembered by name",
        "请给它起个名字：`规则 名称 { … }`；规则挪动位置后，系统是按名字记住谁已经触达过的",
    )
}
