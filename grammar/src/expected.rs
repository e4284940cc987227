//! What could have stood somewhere, in words.

use crate::keywords;
use crate::parser::Rule;
use rulec_diagnostic::Text;

/// How many different things are named; a longer list helps nobody.
const NAMED: usize = 4;

/// The rules that pest tried, in words: what had to come, or else what could have gone on there.
pub(crate) fn expected(tried: &[Rule]) -> Text {
    // Where a value may stand, the ways in which it could begin say nothing more.
    let value = tried.contains(&Rule::quantity);
    let tried: Vec<Rule> = tried.iter().copied().filter(|&rule| !(value && starts_value(rule))).collect();
    let required = named(&tried, required);
    if !required.is_empty() { join(&required) } else { join(&named(&tried, possible)) }
}

fn starts_value(rule: Rule) -> bool {
    use Rule as R;
    matches!(rule, R::reference | R::path | R::term | R::text | R::parens | R::set | R::lparen | R::lbrace)
}

fn named(tried: &[Rule], words: fn(Rule) -> Option<Text>) -> Vec<Text> {
    let mut named: Vec<Text> = Vec::new();
    for text in tried.iter().filter_map(|&rule| words(rule)) {
        if !named.contains(&text) && named.len() < NAMED {
            named.push(text);
        }
    }
    named
}

fn join(texts: &[Text]) -> Text {
    match texts {
        [] => Text::new("something else", "别的内容"),
        [only] => only.clone(),
        [first @ .., last] => {
            let en: Vec<&str> = first.iter().map(|text| text.en.as_str()).collect();
            let zh: Vec<&str> = first.iter().map(|text| text.zh.as_str()).collect();
            Text::new(format!("{} or {}", en.join(", "), last.en), format!("{}或{}", zh.join("、"), last.zh))
        }
    }
}

/// What a sentence cannot do without.
fn required(rule: Rule) -> Option<Text> {
    use Rule as R;
    let (en, zh) = match rule {
        R::item | R::file => ("a declaration", "一条声明"),
        R::member | R::member_list => (
            "a line of a campaign such as `active`, `rule` or `limit`",
            "活动里的一项，如「生效」「规则」「限频」",
        ),
        R::expr
        | R::and_expr
        | R::negation
        | R::comparison
        | R::operand
        | R::sum
        | R::quantity
        | R::argument => ("a value", "一个值"),
        R::name | R::term | R::any_name | R::word => ("a name", "名字"),
        R::path | R::reference => ("the name of a fact", "客户字段的名字"),
        R::text | R::long_text | R::plain_text | R::curly_text => ("a text in quotes", "带引号的文字"),
        R::use_path => ("the name of a pack", "规则包的名字"),
        R::action | R::actions | R::send => ("an action such as `send`", "一个动作，如「发送」"),
        R::outcome | R::kw_then => ("`then` and an action", "「则」和一个动作"),
        R::range | R::range_high => ("a range such as `30d..90d`", "一个区间，如 `30天..90天`"),
        R::dots | R::open_dots => ("`..`", "`..`"),
        R::offer | R::amount => ("a coupon such as `150/500`", "券的写法，如 `150/500`"),
        R::kw_off => ("`off`", "`off`"),
        R::whole => ("a whole number", "一个整数"),
        R::digits | R::count => ("a number", "一个数"),
        R::time => ("a time such as `10:00`", "一个时刻，如 `10:00`"),
        R::period => ("a period such as `per 30d`", "一个周期，如「每 30天」"),
        R::calendar_unit => ("`day`, `week`, `month`, `quarter` or `year`", "天、周、月、季度或年"),
        R::weekdays | R::weekday => ("a day of the week", "星期几"),
        R::month_days | R::month_day => ("a day of the month", "几号"),
        R::target => ("a channel or `any`", "渠道或「任意」"),
        R::arm => ("an arm such as `50% hold`", "一个分支，如 `50% 不发`"),
        R::tier_class | R::label => ("a name with a colon", "名字加冒号"),
        R::given => ("an assumption such as `dormant = 60d`", "一个假设，如 `dormant = 60天`"),
        R::expectation => ("an expectation such as `rule NAME`", "一个期望，如「规则 名字」"),
        R::rule_body => ("`when` and a condition", "「当」和条件"),
        R::assign => ("`=`", "`=`"),
        R::lbrace => ("`{`", "`{`"),
        R::rbrace => ("`}`", "`}`"),
        R::rparen => ("`)`", "`)`"),
        R::colon => ("`:`", "`:`"),
        R::kw_when
        | R::kw_by
        | R::kw_for
        | R::kw_from
        | R::kw_within
        | R::kw_every
        | R::kw_per
        | R::kw_points
        | R::kw_best_by
        | R::kw_missing
        | R::kw_known
        | R::kw_low
        | R::kw_high
        | R::kw_rule => return keyword(rule),
        _ => return None,
    };
    Some(Text::new(en, zh))
}

/// What a sentence may go on with.
fn possible(rule: Rule) -> Option<Text> {
    use Rule as R;
    let (en, zh) = match rule {
        R::kw_and | R::kw_or | R::compare | R::compare_op | R::sum_sign | R::product_sign | R::membership => {
            ("an operator such as `and` or `>`", "「且」「大于」之类的运算符")
        }
        R::send_option | R::coupon_option | R::ttl_option => {
            ("an option such as `coupon` or `ttl`", "附加内容，如「券」「有效期」")
        }
        R::follow_up | R::again => ("`after` or `again`", "「之后」或「再次」"),
        R::comma => ("a comma", "逗号"),
        R::EOI => ("the end of the text", "文本的结尾"),
        _ => return keyword(rule),
    };
    Some(Text::new(en, zh))
}

/// A keyword by its rule's name: `kw_best_by` is `best by`.
fn keyword(rule: Rule) -> Option<Text> {
    let name = format!("{rule:?}");
    let english = name.strip_prefix("kw_")?.replace('_', " ");
    let keyword = keywords::ALL.iter().find(|keyword| keyword.english == english)?;
    Some(Text::new(format!("`{english}`"), format!("「{}」", keyword.chinese.first()?)))
}
