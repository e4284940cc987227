//! What columns and tables are usually called, in English and Chinese.

/// Tables with one row a customer.
pub const CUSTOMERS: &[&str] =
    &["customer", "user", "member", "client", "buyer", "household", "会员", "客户", "顾客", "用户"];
/// Columns whose content tells who a person is.
const PERSONAL: &[&str] = &[
    "name",
    "username",
    "nickname",
    "surname",
    "phone",
    "mobile",
    "tel",
    "telephone",
    "email",
    "mail",
    "address",
    "street",
    "wechat",
    "wecom",
    "openid",
    "unionid",
    "qq",
    "idcard",
    "passport",
    "姓名",
    "名字",
    "昵称",
    "手机",
    "电话",
    "邮箱",
    "地址",
    "微信",
    "身份证",
];
/// Columns that are nobody's business.
const SECRET: &[&str] = &["password", "passwd", "pwd", "token", "salt", "hash", "secret", "密码"];
const MONEY: &[&str] = &[
    "amount", "price", "total", "paid", "payment", "fee", "cost", "revenue", "sales", "spend", "spent",
    "balance", "discount", "subtotal", "金额", "价格", "单价", "总价", "实付", "费用", "消费", "余额",
];
const CENTS: &[&str] = &["cents", "cent", "fen", "分"];
const TIMES: &[&str] = &[
    "at",
    "time",
    "date",
    "day",
    "ts",
    "timestamp",
    "created",
    "paid",
    "ordered",
    "registered",
    "birthday",
    "时间",
    "日期",
    "生日",
];
const SETS: &[&str] = &["tags", "labels", "interests", "标签", "兴趣"];
const FLAGS: &[&str] = &["is", "has", "allow", "是否"];
const CONSENTS: &[&str] = &[
    "consent",
    "opt",
    "optin",
    "subscribed",
    "subscribe",
    "allow",
    "permission",
    "同意",
    "授权",
    "订阅",
    "许可",
];
/// What turns a consent into its opposite.
const OBJECTIONS: &[&str] = &["out", "optout", "unsubscribed", "no", "not", "退订", "拒", "不同意", "未授权"];
/// Columns that hold one of a few words in every shop.
const CATEGORIES: &[&str] = &["gender", "sex", "level", "tier", "grade", "性别", "等级", "级别"];

/// How a channel's address is usually called.
pub const ADDRESSES: &[(&str, &[&str])] = &[
    ("sms", &["phone", "mobile", "tel", "telephone", "手机", "电话"]),
    ("email", &["email", "mail", "邮箱"]),
    ("wecom", &["wecom", "企微", "企业微信"]),
    ("miniapp", &["openid", "微信"]),
];

/// Whether a column of this name tells who a person is.
pub fn is_personal(name: &str) -> bool {
    // `product_name` and `shop_name` name no person.
    let things =
        ["product", "item", "sku", "shop", "store", "brand", "category", "campaign", "商品", "门店", "品牌"];
    says(name, PERSONAL) && !says(name, &things)
}

/// Whether a column of this name is left out.
pub fn is_secret(name: &str) -> bool {
    says(name, SECRET)
}

/// Whether a column of this name holds money.
pub fn is_money(name: &str) -> bool {
    says(name, MONEY) || is_cents(name)
}

/// Whether a column of this name counts in cents.
pub fn is_cents(name: &str) -> bool {
    parts(name).last().is_some_and(|last| CENTS.contains(&last.as_str()))
        || name.ends_with("(分)")
        || name.ends_with("（分）")
}

/// Whether a column of this name holds the number of something, which nobody adds up.
pub fn is_id(name: &str) -> bool {
    let last = parts(name).pop().unwrap_or_default();
    ["id", "no", "code", "sku", "upc", "barcode"].contains(&last.as_str())
        || last.ends_with("id") && !last.is_ascii()
        || last.ends_with('号')
}

/// Whether a column of this name holds times of the zone UTC.
pub fn is_utc(name: &str) -> bool {
    says(name, &["utc", "gmt"])
}

/// Whether a column of this name says how far something has come.
pub fn is_status(name: &str) -> bool {
    says(name, &["status", "state", "状态"])
}

/// Whether a column of this name holds a time or a day.
pub fn is_time(name: &str) -> bool {
    says(name, TIMES)
}

/// Whether a column of this name holds several words.
pub fn is_set(name: &str) -> bool {
    says(name, SETS)
}

/// Whether a column of this name holds yes or no.
pub fn is_flag(name: &str) -> bool {
    parts(name).first().is_some_and(|first| FLAGS.contains(&first.as_str()))
        || says(name, &["是否"])
        || is_consent(name)
}

/// Whether a column of this name holds whether a customer agreed to something.
pub fn is_consent(name: &str) -> bool {
    says(name, CONSENTS)
}

/// Whether a column of this name holds that a customer did not agree.
pub fn is_objection(name: &str) -> bool {
    says(name, OBJECTIONS)
}

/// Whether a column of this name holds one of a few words, however few rows there are.
pub fn is_category(name: &str) -> bool {
    says(name, CATEGORIES)
}

/// Whether a table of this name holds what customers bought.
pub fn is_orders(table: &str) -> bool {
    let last = parts(table).last().map(|last| singular(last)).unwrap_or_default();
    ["order", "purchase", "sale", "transaction"].contains(&last.as_str())
        || says(table, &["订单", "交易", "销售"])
}

/// The channel of which this column holds the address.
pub fn channel_of_address(name: &str) -> Option<&'static str> {
    let found = ADDRESSES.iter().find(|(_, words)| says(name, words) && !is_flag(name));
    found.map(|(channel, _)| *channel)
}

/// The channel of which this column holds the consent.
pub fn channel_of_consent(name: &str) -> Option<&'static str> {
    if !is_consent(name) {
        return None;
    }
    let by_name = ["sms", "email", "wecom", "miniapp"].into_iter().find(|channel| says(name, &[*channel]));
    by_name.or_else(|| if says(name, &["短信"]) { Some("sms") } else { channel_of_words(name) })
}

fn channel_of_words(name: &str) -> Option<&'static str> {
    ADDRESSES.iter().find(|(_, words)| says(name, words)).map(|(channel, _)| *channel)
}

/// Whether one of the words stands in a name: as a part between underscores or capitals, or, being Chinese, anywhere.
fn says(name: &str, words: &[&str]) -> bool {
    let parts = parts(name);
    words
        .iter()
        .any(|word| parts.iter().any(|part| part == word) || (!word.is_ascii() && name.contains(word)))
}

/// The parts of a name in lower case: `orderedAt`, `ordered_at` and `Ordered At` are `ordered`, `at`.
pub fn parts(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut after_lower = false;
    for char in name.chars() {
        let breaks = !char.is_alphanumeric() || (after_lower && char.is_uppercase());
        if breaks && parts.last().is_some_and(|part| !part.is_empty()) {
            parts.push(String::new());
        }
        if char.is_alphanumeric()
            && let Some(part) = parts.last_mut()
        {
            part.extend(char.to_lowercase());
        }
        after_lower = char.is_lowercase() || char.is_ascii_digit();
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// A word without its plural ending.
pub fn singular(word: &str) -> String {
    if let Some(stem) = word.strip_suffix("ies") {
        return format!("{stem}y");
    }
    word.strip_suffix('s').filter(|stem| !stem.ends_with('s')).unwrap_or(word).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_by_their_parts() {
        assert_eq!(parts("orderedAt"), ["ordered", "at"]);
        assert_eq!(parts("amount_cents"), ["amount", "cents"]);
        assert!(is_personal("customer_name") && is_personal("客户姓名"));
        assert!(!is_personal("product_name") && !is_personal("shop_address"));
        assert!(is_cents("amount_cents") && is_cents("金额(分)") && !is_cents("percent"));
        assert!(!is_time("data") && is_time("下单时间"));
    }

    #[test]
    fn channels_are_known_by_address_and_consent() {
        assert_eq!(channel_of_address("mobile_phone"), Some("sms"));
        assert_eq!(channel_of_address("consent_sms"), None);
        assert_eq!(channel_of_consent("consent_sms"), Some("sms"));
        assert_eq!(channel_of_consent("短信授权"), Some("sms"));
        assert_eq!(channel_of_consent("phone"), None);
    }

    #[test]
    fn plurals_have_a_singular() {
        assert_eq!(
            ["orders", "categories", "address", "会员"].map(singular),
            ["order", "category", "address", "会员"]
        );
    }
}
