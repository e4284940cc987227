//! Findings about stretches of time, ranges, and what comes round every year.

use super::chinese;
use crate::types::Type;
use rulec_diagnostic::codes::types as codes;
use rulec_diagnostic::{Diagnostic, Place, Text};

pub(crate) fn empty_range(place: Place, written: &str) -> Diagnostic {
    let finding = Diagnostic::new(
        codes::EMPTY_RANGE,
        place,
        Text::new(format!("nothing lies in `{written}`"), format!("`{written}` 是空区间，什么都选不中")),
    );
    match written.split_once("..").map(|(low, high)| (low.trim(), high.trim())) {
        Some((low, high)) if low != high => {
            let turned = format!("{high}..{low}");
            finding
                .help(
                    format!("did you mean `{turned}`? the high end is not in"),
                    format!("是不是想写 `{turned}`？区间不含上限"),
                )
                .fix(place, turned)
        }
        _ => finding.help("write a higher end: the high end is not in", "请把上限写大一些：区间不含上限"),
    }
}

pub(crate) fn window_after_condition(place: Place, written: &str) -> Diagnostic {
    Diagnostic::new(
        codes::WINDOW_OF_NO_TIME,
        place,
        Text::new(
            format!("`{written}` is read as part of the condition before it"),
            format!("`{written}` 被当成了前面条件的一部分"),
        ),
    )
    .help(
        format!("put it before `where`: `count(orders {written} where …)`"),
        format!("请把它写到 `其中` 前面：`计数(orders {written} 其中 …)`"),
    )
}

pub(crate) fn window_of_no_time(place: Place, written: &str, ty: &Type) -> Diagnostic {
    let finding = Diagnostic::new(
        codes::WINDOW_OF_NO_TIME,
        place,
        Text::new(
            format!("`{written}` is {} and does not happen at a time", ty.en()),
            format!("`{written}` 是{}，不是发生在某个时间的事", ty.zh()),
        ),
    );
    if *ty == Type::Duration {
        return finding
            .help(format!("compare it: `{written} < 30d`"), format!("请直接比较：`{written} < 30天`"));
    }
    finding.help(
        "ask for a date, such as `registered in last 7d`, or look at events: `sum(orders.amount in last 30d) > 500`",
        "请用日期，例如 `registered 最近 7天`，或统计事件：`求和(orders.amount 最近 30天) > 500`",
    )
}

pub(crate) fn hours_of_a_date(place: Place, written: &str) -> Diagnostic {
    Diagnostic::new(
        codes::HOURS_OF_A_DATE,
        place,
        Text::new(
            format!("`{written}` is a date and knows no hours"),
            format!("`{written}` 是日期，没有几点几分"),
        ),
    )
    .help("ask in days, such as `in next 1d` or `in last 2d`", "请用天，例如 `未来 1天`、`最近 2天`")
}

pub(crate) fn window_of_a_birthday(place: Place, written: &str) -> Diagnostic {
    Diagnostic::new(
        codes::WINDOW_OF_A_BIRTHDAY,
        place,
        Text::new(
            format!("`{written}` comes round each year: ask for it around today"),
            format!("`{written}` 每年都有一次，只能按今天前后来判断"),
        ),
    )
    .help("write `in next 7d`, `in last 7d` or `in this month`", "请写 `未来 7天`、`最近 7天` 或 `本月`")
}

/// `birthday = today`, `birthday > 2026-01-01`. The pair tells whether it is compared with today, and whether by `=`.
pub(crate) fn compared_birthday(
    place: Place,
    written: &str,
    (today, equal): (bool, bool),
    chinese: bool,
) -> Diagnostic {
    let finding = Diagnostic::new(
        codes::WINDOW_OF_A_BIRTHDAY,
        place,
        Text::new(
            format!("`{written}` comes round each year, and one day of one year is compared with it"),
            format!("`{written}` 每年都有一次，这里却拿它和某一年的某一天比较"),
        ),
    );
    let due = if chinese { format!("{written} 未来 0天") } else { format!("{written} in next 0d") };
    match (today, equal) {
        (true, true) => finding
            .help(format!("did you mean `{due}`?"), format!("是不是想写 `{due}`？"))
            .fix(place, due),
        (true, false) => finding.help(
            format!("for those whose day it is write `{due}`; for an age write `today - {written} > 18y`"),
            format!("当天过的请写 `{due}`；按年龄选请写 `今天 - {written} > 18年`"),
        ),
        (false, _) => finding.help(
            format!("ask for it around today: `{written} in this month`; for an age write `today - {written} > 18y`"),
            format!("请按今天前后来判断：`{written} 本月`；按年龄选请写 `今天 - {written} > 18年`"),
        ),
    }
}

pub(crate) fn anniversary_without_window(place: Place, function: &str) -> Diagnostic {
    let zh = chinese(function);
    Diagnostic::new(
        codes::WINDOW_OF_A_BIRTHDAY,
        place,
        Text::new(
            format!("`{function}(…)` comes round each year: ask for it around today"),
            format!("`{zh}(…)` 每年都有一次，只能按今天前后来判断"),
        ),
    )
    .help(format!("write `{function}(…) in next 7d`"), format!("请写成 `{zh}(…) 未来 7天`"))
}

pub(crate) fn future_events(place: Place) -> Diagnostic {
    Diagnostic::new(
        codes::FUTURE_EVENTS,
        place,
        Text::new("no event of the future is known yet", "未来的事件还没有发生，无法统计"),
    )
    .help(
        "use `in last …`; for a date that lies ahead, compare that date: `where expires in next 24h`",
        "请用 `最近 …`；如果说的是将来的日期，请比较那个日期：`其中 expires 未来 24小时`",
    )
}
