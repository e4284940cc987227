//! What the grammar takes as an expression, and how it binds.

use rulec_diagnostic::FileId;
use rulec_grammar::parse_expression;
use rulec_grammar::tree::{Call, Expr, ExprKind, Literal, Number, Path, Range, Window};

/// The shape of an expression, every operator with its brackets.
fn shape(text: &str) -> String {
    match parse_expression(FileId(0), text) {
        Ok(expr) => expression(&expr),
        Err(diagnostics) => diagnostics.iter().map(|found| found.code.name()).collect::<Vec<_>>().join(" "),
    }
}

fn expression(expr: &Expr) -> String {
    let list = |items: &[Expr], between: &str| items.iter().map(expression).collect::<Vec<_>>().join(between);
    match &expr.kind {
        ExprKind::Literal(literal) => value(literal),
        ExprKind::Path(path) => dotted(path),
        ExprKind::Everyone => "EVERYONE".to_owned(),
        ExprKind::Now => "NOW".to_owned(),
        ExprKind::Today => "TODAY".to_owned(),
        ExprKind::Set(items) => format!("{{{}}}", list(items, " ")),
        ExprKind::Not(inner) => format!("(not {})", expression(inner)),
        ExprKind::Negate(inner) => format!("(- {})", expression(inner)),
        ExprKind::And(items) => format!("({})", list(items, " and ")),
        ExprKind::Or(items) => format!("({})", list(items, " or ")),
        ExprKind::Compare { left, op, right } => {
            format!("({} {:?} {})", expression(left), op.node, expression(right))
        }
        ExprKind::Sum(first, rest) => {
            let rest: String =
                rest.iter().map(|(op, item)| format!(" {:?} {}", op.node, expression(item))).collect();
            format!("({}{rest})", expression(first))
        }
        ExprKind::Product(first, rest) => {
            let rest: String =
                rest.iter().map(|(op, item)| format!(" {:?} {}", op.node, expression(item))).collect();
            format!("({}{rest})", expression(first))
        }
        ExprKind::In { value, window } => format!("({} in {})", expression(value), stretch(&window.node)),
        ExprKind::InTop { value, share, best } => {
            let best = best.as_ref().map_or(String::new(), |best| format!(" {:?}", best.node));
            format!("({} top {}{best})", expression(value), expression(share))
        }
        ExprKind::InSet { value, set } => format!("({} of {})", expression(value), expression(set)),
        ExprKind::Contains { value, item } => {
            format!("({} contains {})", expression(value), expression(item))
        }
        ExprKind::IsMissing { value, missing } => {
            format!("({} is {})", expression(value), if *missing { "missing" } else { "known" })
        }
        ExprKind::OrElse { value, default } => {
            format!("({} else {})", expression(value), expression(default))
        }
        ExprKind::TodayIs(festival) => format!("(today is {})", festival.node),
        ExprKind::CalendarPart(part) => format!("{part:?}"),
        ExprKind::Membership { enters, of } => {
            format!("({} {})", if *enters { "enters" } else { "leaves" }, dotted(of))
        }
        ExprKind::Call(called) => call(called),
    }
}

fn call(call: &Call) -> String {
    let mut parts = vec![call.function.node.clone()];
    parts.extend(call.argument.as_deref().map(expression));
    parts.extend(call.filter.as_deref().map(|filter| format!("where {}", expression(filter))));
    parts.extend(call.window.as_ref().map(|window| format!("in {}", stretch(&window.node))));
    parts.extend(call.best.as_ref().map(|best| format!("{:?}", best.node)));
    format!("[{}]", parts.join(" "))
}

fn stretch(window: &Window) -> String {
    match window {
        Window::Last(length) => format!("last {}", expression(length)),
        Window::Next(length) => format!("next {}", expression(length)),
        Window::Ago(range) => format!("{} ago", ends(range)),
        Window::Range(range) => ends(range),
        Window::This(unit) => format!("this {unit:?}"),
        Window::Since(start) => format!("since {}", expression(start)),
    }
}

fn ends(range: &Range) -> String {
    let end = |end: &Option<Box<Expr>>| end.as_deref().map_or(String::new(), expression);
    format!("{}..{}", end(&range.low), end(&range.high))
}

fn dotted(path: &Path) -> String {
    path.names.iter().map(|name| name.node.as_str()).collect::<Vec<_>>().join(".")
}

fn value(literal: &Literal) -> String {
    let number =
        |number: &Number| format!("{}e-{}", number.mantissa, number.scale).trim_end_matches("e-0").to_owned();
    match literal {
        Literal::Bool(value) => value.to_string(),
        Literal::Number(value) => number(value),
        Literal::Money(value) => format!("¥{}", number(value)),
        Literal::Percent(value) => format!("{}%", number(value)),
        Literal::Duration(duration) => format!("{}{:?}", duration.amount, duration.unit),
        Literal::Date { year, month, day } => format!("{year}/{month}/{day}"),
        Literal::Time(time) => format!("{}:{:02}", time.hour, time.minute),
        Literal::Text(text) => format!("{text:?}"),
    }
}

/// Each line: a text, and the shape that it must have.
fn check(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(shape(text), *expected, "{text}");
    }
}

#[test]
fn operators_bind_by_their_strength() {
    check(&[
        ("a or b and not c > d + e * -f", "(a or (b and (not (c Greater (d Add (e Multiply (- f)))))))"),
        ("not a and b", "((not a) and b)"),
        ("not x > 5", "(not (x Greater 5))"),
        ("a and b and c or d or e", "((a and b and c) or d or e)"),
        ("a - b + c", "(a Subtract b Add c)"),
        ("a / b * c", "(a Divide b Multiply c)"),
        ("(a or b) and c", "((a or b) and c)"),
        ("x or else 0 > 3", "((x else 0) Greater 3)"),
        ("x or else y + 1 or z", "((x else (y Add 1)) or z)"),
        ("a else b", "S0001"),
        ("a < b < c", "S0024"),
        ("a = b and c != d", "((a Equal b) and (c NotEqual d))"),
    ]);
}

#[test]
fn a_window_belongs_to_the_call_unless_it_follows_a_bare_value_of_the_condition() {
    check(&[
        ("sum(orders.amount in last 365d)", "[sum orders.amount in last 365Days]"),
        ("count(o where kind = \"b\" in last 30d)", "[count o where (kind Equal \"b\") in last 30Days]"),
        ("count(o in last 30d where kind = \"b\")", "[count o where (kind Equal \"b\") in last 30Days]"),
        (
            "exists(c where not redeemed and expires in next 24h)",
            "[exists c where ((not redeemed) and (expires in next 24Hours))]",
        ),
        ("exists(o where vip, in last 3d)", "[exists o where vip in last 3Days]"),
        ("count(b since last(o.at))", "[count b in since [last o.at]]"),
        ("计数(o 其中 类 = “奶” 最近 90天)", "[count o where (类 Equal \"奶\") in last 90Days]"),
        ("计数(b 自 末次(o.at) 以来)", "[count b in since [last o.at]]"),
        ("求和(o.x 90天..180天 前)", "[sum o.x in 90Days..180Days ago]"),
        ("sum(o.x in 90d.. ago)", "[sum o.x in 90Days.. ago]"),
        ("count(o in this month)", "[count o in this Month]"),
        ("计数(o 本月)", "[count o in this Month]"),
        ("quintile(d best low) = quintile(d) best low", "([quintile d Low] Equal [quintile d Low])"),
    ]);
}

#[test]
fn in_takes_windows_ranges_shares_and_sets() {
    check(&[
        ("r in last 7d", "(r in last 7Days)"),
        ("生日 未来 7天", "(生日 in next 7Days)"),
        ("a in 200..500", "(a in 200..500)"),
        ("a in ..500", "(a in ..500)"),
        ("a in 200.. and b", "((a in 200..) and b)"),
        ("a in top 20% best low", "(a top 20% Low)"),
        ("aov 位于 前 20% 且 b", "((aov top 20%) and b)"),
        ("a 前 20％ 高者优先", "(a top 20% High)"),
        ("c in {\"x\"，“y”}", "(c of {\"x\" \"y\"})"),
        ("c not in {1}", "(not (c of {1}))"),
        ("c 不在 常用", "(not (c of 常用))"),
        ("t contains \"x\"", "(t contains \"x\")"),
        ("t 不包含 “x”", "(not (t contains \"x\"))"),
    ]);
}

#[test]
fn is_asks_for_missing_values_and_festivals() {
    check(&[
        ("x is missing", "(x is missing)"),
        ("x is not missing", "(x is known)"),
        ("x 是 缺失 或 y 已知", "((x is missing) or (y is known))"),
        ("today is \"中秋\"", "(today is 中秋)"),
        ("今天 不是 “中秋”", "(not (today is 中秋))"),
        ("g is \"f\"", "S0022"),
    ]);
}

#[test]
fn values_are_exact() {
    check(&[
        ("1_000", "1000"),
        ("0.50", "50e-2"),
        ("2.5万", "25000"),
        ("0.00005万", "5e-1"),
        ("3亿", "300000000"),
        ("9.9元", "¥99e-1"),
        ("￥2万", "¥20000"),
        ("500 元", "¥500"),
        ("20％", "20%"),
        ("30分钟", "30Minutes"),
        ("3 个月", "3Months"),
        ("60天且 a", "(60Days and a)"),
        ("a > 60天且 b", "((a Greater 60Days) and b)"),
        ("a > 60d且 b", "((a Greater 60Days) and b)"),
        ("2024-02-29", "2024/2/29"),
        ("2026年1月5日", "2026/1/5"),
        ("2100-02-29", "S0017"),
        ("20：00", "20:00"),
        ("9223372036854775807", "9223372036854775807"),
        ("9223372036854775808", "S0016"),
        ("0.0000000001", "S0016"),
        ("４", "S0003"),
    ]);
}

#[test]
fn words_are_names_where_they_mean_nothing_else() {
    check(&[
        ("points > 100", "(points Greater 100)"),
        ("tier = \"gold\"", "(tier Equal \"gold\")"),
        ("count + first + last", "(count Add first Add last)"),
        ("enters + leaves", "(enters Add leaves)"),
        ("enters 沉睡.长期", "(enters 沉睡.长期)"),
        ("day + top + best", "(day Add top Add best)"),
        ("day of month", "DayOfMonth"),
        ("touches.when", "touches.when"),
        ("`when` > 1", "(when Greater 1)"),
        ("when > 1", "S0001"),
        ("ｖｉｐ２", "vip2"),
        ("沉睡。长期", "沉睡.长期"),
        ("everyone", "EVERYONE"),
        ("高价值且沉睡", "高价值且沉睡"),
    ]);
}

#[test]
fn chinese_and_english_are_the_same() {
    let pairs = [
        ("a 大于 5 且 b 至少 3", "a > 5 and b >= 3"),
        ("a 不大于 5 或 b 不等于 3", "a <= 5 or b != 3"),
        ("非 （a ＜ b）", "not (a < b)"),
        ("x 否则 0", "x or else 0"),
        ("现在 − 3天", "now - 3d"),
        ("真 = 假", "true = false"),
        ("进入 甲", "enters 甲"),
        ("每月几号 = 25", "day of month = 25"),
        ("最大(a) + 最小(b)", "max(a) + min(b)"),
        ("a 大于60天", "a > 60d"),
    ];
    for (chinese, english) in pairs {
        assert_eq!(shape(chinese), shape(english), "{chinese}");
    }
}
