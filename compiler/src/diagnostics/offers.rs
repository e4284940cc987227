//! Findings about what is sent to how many: messages with their offers, counts and shares.

use crate::typed::OfferField;
use rulec_diagnostic::codes::types as codes;
use rulec_diagnostic::{Diagnostic, Place, Text};

pub(crate) fn less_than_a_cent(place: Place) -> Diagnostic {
    Diagnostic::new(
        codes::EXPECTED_OTHER,
        place,
        Text::new("an amount of money has at most two decimals", "金额最多两位小数"),
    )
    .help("round it to the cent", "请四舍五入到分")
}

pub(crate) fn not_a_count(place: Place, written: &str) -> Diagnostic {
    Diagnostic::new(
        codes::EXPECTED_OTHER,
        place,
        Text::new(
            format!("a whole number of at least 1 is wanted here, and this is `{written}`"),
            format!("这里要写不小于 1 的整数，而这是 `{written}`"),
        ),
    )
    .help("write a number such as `2`", "请写 `2` 这样的整数")
}

pub(crate) fn no_budget(place: Place, written: &str) -> Diagnostic {
    Diagnostic::new(
        codes::EXPECTED_OTHER,
        place,
        Text::new(
            format!("a budget of `{written}` lets nothing go out"),
            format!("预算是 `{written}`，就什么也发不出去"),
        ),
    )
    .help(
        "write an amount above zero, such as `budget 50000元`; without a limit, leave the line out",
        "请写大于零的金额，例如 `预算 50000元`；不限预算就删掉这一行",
    )
}

pub(crate) fn no_time(place: Place, written: &str) -> Diagnostic {
    Diagnostic::new(
        codes::EXPECTED_OTHER,
        place,
        Text::new(
            format!("a duration above zero is wanted here, and this is `{written}`"),
            format!("这里要写大于零的时长，而这是 `{written}`"),
        ),
    )
    .help("write a duration such as `7d` or `48h`", "请写 `7天`、`48小时` 这样的时长")
}

pub(crate) fn holdout_share(place: Place, written: &str) -> Diagnostic {
    Diagnostic::new(
        codes::SHARES,
        place,
        Text::new(
            format!("a control group of `{written}` leaves nobody to write to"),
            format!("对照组占 `{written}`，就没有客户可发了"),
        ),
    )
    .help("write less than 100%, such as `holdout 5%`", "请写小于 100% 的比例，例如 `对照组 5%`")
}

pub(crate) fn shares(place: Place, billionths_of_a_percent: i128) -> Diagnostic {
    const UNIT: i128 = 1_000_000_000;
    let fraction = format!("{:09}", billionths_of_a_percent.rem_euclid(UNIT));
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    let total = format!("{}{point}{fraction}%", billionths_of_a_percent.div_euclid(UNIT));
    Diagnostic::new(
        codes::SHARES,
        place,
        Text::new(format!("the shares of this split add up to {total}"), format!("各组比例加起来是 {total}")),
    )
    .help(
        "let them add up to 100%; the rest can be `10% hold`",
        "请让它们加起来等于 100%；剩下的可以写 `10% 不发`",
    )
}

pub(crate) fn template_channel(
    place: Place,
    template: &str,
    written: &str,
    for_channel: &str,
    declared: Place,
) -> Diagnostic {
    Diagnostic::new(
        codes::TEMPLATE_CHANNEL,
        place,
        Text::new(
            format!("template `{template}` is for `{for_channel}`, and this is sent by `{written}`"),
            format!("模板 `{template}` 是给 `{for_channel}` 用的，这里却用 `{written}` 发送"),
        ),
    )
    .related(declared, "declared for this channel", "模板声明的渠道")
    .help(
        format!("send it by `{for_channel}`, or declare a template for `{written}`"),
        format!("请改用 `{for_channel}` 发送，或为 `{written}` 另写一个模板"),
    )
}

pub(crate) fn transactional_offer(place: Place, template: &str) -> Diagnostic {
    Diagnostic::new(
        codes::TRANSACTIONAL_OFFER,
        place,
        Text::new(
            format!("template `{template}` is transactional and may carry no offer"),
            format!("模板 `{template}` 是事务类消息，不能带优惠"),
        ),
    )
    .help("take the offer out, or `transactional` off the template", "请去掉优惠，或去掉模板上的“事务类”")
}

/// `missing` are the placeholders and where they stand; `carries` tells what the coupon of the send, if it has one, can say:
/// an amount or a percentage.
pub(crate) fn offer_fields_missing(
    place: Place,
    missing: &[(Place, &str)],
    carries: Option<OfferField>,
    template: Option<&str>,
) -> Diagnostic {
    let (en, zh) = match template {
        Some(template) => (format!("template `{template}`"), format!("模板 `{template}` ")),
        None => ("the message".to_owned(), "消息".to_owned()),
    };
    let mut labels: Vec<String> = missing.iter().map(|(_, label)| format!("`{{{label}}}`")).collect();
    labels.dedup();
    let mut finding = Diagnostic::new(
        codes::OFFER_FIELD_MISSING,
        place,
        Text::new(
            format!("{en} says {}, and this send has nothing to put there", labels.join(", ")),
            format!("{zh}用到了 {}，但这次发送没有对应的内容", labels.join("、")),
        ),
    );
    for (field, _) in missing {
        finding = finding.related(*field, "said here", "写在这里");
    }
    let help = offer_help(missing, carries);
    finding.help(help.en, help.zh)
}

/// What to write instead, and what to send with it.
fn offer_help(missing: &[(Place, &str)], carries: Option<OfferField>) -> Text {
    let mut advice: Vec<Text> = Vec::new();
    let mut parts: Vec<Text> = Vec::new();
    // A threshold brings its amount along.
    let threshold = missing.iter().any(|(_, label)| matches!(*label, "coupon.threshold" | "券.门槛"));
    for (_, label) in missing {
        if let Some(other) = other_coupon(label, carries) {
            advice.push(other);
            continue;
        }
        let amount = matches!(*label, "coupon.amount" | "券.金额");
        let part = offer_part(if amount && threshold { "coupon.threshold" } else { label });
        if !parts.contains(&part) {
            parts.push(part);
        }
    }
    if !parts.is_empty() {
        let en: Vec<&str> = parts.iter().map(|part| part.en.as_str()).collect();
        let zh: Vec<&str> = parts.iter().map(|part| part.zh.as_str()).collect();
        advice.push(Text::new(
            format!("add `{}` to the send, or take out what it cannot say", en.join(" ")),
            format!("请在发送时带上 `{}`，或从文字里去掉用不到的占位符", zh.join(" ")),
        ));
    }
    let en: Vec<&str> = advice.iter().map(|text| text.en.as_str()).collect();
    let zh: Vec<&str> = advice.iter().map(|text| text.zh.as_str()).collect();
    Text::new(en.join("; "), zh.join("；"))
}

/// What to do where the send has a coupon, of another kind than the message says.
fn other_coupon(label: &str, carries: Option<OfferField>) -> Option<Text> {
    let instead = |en: &str, zh: &str, label: &str| {
        Text::new(
            format!("this coupon takes off {en}: write `{{{label}}}`"),
            format!("{zh}，请改用 `{{{label}}}`"),
        )
    };
    Some(match (label, carries?) {
        ("coupon.amount", OfferField::Percent) => instead("a percentage", "这是折扣券", "coupon.percent"),
        ("券.金额", OfferField::Percent) => instead("a percentage", "这是折扣券", "券.折扣"),
        ("coupon.percent", OfferField::Amount) => instead("an amount", "这张券直接减金额", "coupon.amount"),
        ("券.折扣", OfferField::Amount) => instead("an amount", "这张券直接减金额", "券.金额"),
        ("coupon.threshold" | "券.门槛", OfferField::Amount) => {
            Text::new("give the coupon a threshold, such as `150/500`", "请给券加上门槛，例如 `满500减150`")
        }
        _ => return None,
    })
}

/// What a send carries when a message can say this of its offer.
fn offer_part(label: &str) -> Text {
    let (_, last) = label.rsplit_once('.').unwrap_or(("", label));
    match last {
        "threshold" | "门槛" => Text::new("coupon 150/500", "券 满500减150"),
        "percent" | "折扣" => Text::new("coupon 20% off", "券 8折"),
        "code" | "券码" => Text::new("coupon 150/500 from POOL", "券 满500减150 从 券池名"),
        "expires" | "到期" => Text::new("ttl 15d", "有效期 15天"),
        "gift" | "礼品" => Text::new("gift \"小样\"", "礼品 “小样”"),
        "points" | "积分" => Text::new("points 100", "积分 100"),
        "trial" | "试用" => Text::new("trial 30d", "试用 30天"),
        _ => Text::new("coupon 30/200", "券 满200减30"),
    }
}
