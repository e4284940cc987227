//! What the engine says, one function a finding.

use crate::answers::Key;
use crate::faults::{Found, Owner};
use rulec_diagnostic::codes::run;
use rulec_diagnostic::{Diagnostic, Text, nearest};
use rulec_plan::project::{FactKind, MoneyUnit, TimeFormat};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

/// How many characters of a foreign text a message shows.
const SHOWN_CHARACTERS: usize = 200;

/// A foreign text fit for a terminal: without control characters, with marks shown that turn the direction of writing or
/// cannot be seen, and not too long.
pub(crate) fn clean(text: &str) -> String {
    let mut cleaned = String::new();
    for letter in text.chars().take(SHOWN_CHARACTERS) {
        match letter {
            letter if letter.is_control() => cleaned.push(' '),
            letter if is_hidden_mark(letter) => cleaned.extend(letter.escape_unicode()),
            letter => cleaned.push(letter),
        }
    }
    if text.chars().nth(SHOWN_CHARACTERS).is_some() {
        cleaned.push('…');
    }
    cleaned.trim().to_owned()
}

/// Directions, line breaks, the byte order mark and tags: marks by which a text can look like another.
fn is_hidden_mark(letter: char) -> bool {
    matches!(letter,
        '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

fn finding(code: rulec_diagnostic::Code, en: String, zh: String) -> Diagnostic {
    Diagnostic::new(code, None, Text::new(en, zh))
}

/// `1 row`, `3 rows`.
fn counted(count: u64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// `is` or `are`.
fn is_or_are(count: u64) -> &'static str {
    if count == 1 { "is" } else { "are" }
}

pub(crate) fn no_such_table<'a>(name: &str, tables: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    let finding = finding(
        run::NO_SUCH_TABLE,
        format!("the database has no table `{}`", clean(name)),
        format!("数据库里没有表 `{}`", clean(name)),
    );
    match nearest(name, tables) {
        Some(near) => finding.help(format!("did you mean `{near}`?"), format!("是不是 `{near}`？")),
        None => finding.help(
            "write the name as the database has it; `rulec schema check` lists what it has",
            "按数据库里的名字来写；`rulec schema check` 会列出有哪些表",
        ),
    }
}

pub(crate) fn no_such_column<'a>(
    table: &str,
    name: &str,
    columns: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    let (table, shown) = (clean(table), clean(name));
    let finding = finding(
        run::NO_SUCH_COLUMN,
        format!("`{table}` has no column `{shown}`"),
        format!("`{table}` 没有列 `{shown}`"),
    );
    let columns: Vec<&str> = columns.into_iter().collect();
    match nearest(name, columns.iter().copied()) {
        Some(near) => finding
            .help(format!("did you mean `column = \"{near}\"`?"), format!("是不是 `column = \"{near}\"`？")),
        None => finding.help(
            format!("it has: {}", clean(&columns.join(", "))),
            format!("它有这些列：{}", clean(&columns.join("、"))),
        ),
    }
}

pub(crate) fn key_missing(table: &str, column: &str, rows: u64) -> Diagnostic {
    let count = counted(rows, "row");
    let have = if rows == 1 { "has" } else { "have" };
    finding(
        run::KEY_MISSING,
        format!("{count} of `{table}` {have} no `{column}`"),
        format!("`{table}` 有 {rows} 行没有 `{column}`"),
    )
    .help(
        format!("leave such rows out with `where = \"{column} IS NOT NULL\"`, or name another key"),
        format!("用 `where = \"{column} IS NOT NULL\"` 排除这些行，或者换一列做键"),
    )
}

pub(crate) fn key_twice(table: &str, column: &str, several: u64, first: Key<'_>, rows: u64) -> Diagnostic {
    let first = clean(&first.to_string());
    let (keys, stand) = (counted(several, "key"), if several == 1 { "stands" } else { "stand" });
    finding(
        run::KEY_TWICE,
        format!("{keys} of `{table}` {stand} on several rows, first `{first}`, on {rows} rows"),
        format!("`{table}` 有 {several} 个键出现在多行，第一个是 `{first}`，共 {rows} 行"),
    )
    .help(
        format!(
            "merge the rows in the database, or read one row a key with a query that groups by `{column}`"
        ),
        format!("在数据库里合并这些行，或者用按 `{column}` 分组的 query 每个键只读一行"),
    )
}

pub(crate) fn keys_mixed(table: &str, column: &str, integers: usize, texts: usize) -> Diagnostic {
    finding(
        run::KEYS_MIXED,
        format!("of the keys in `{table}`, {integers} are integers and {texts} are texts"),
        format!("`{table}` 的键里有 {integers} 个整数、{texts} 个文字"),
    )
    .help(
        format!("give them one type, for example with a query that selects `CAST({column} AS TEXT)`"),
        format!("把键统一成一种类型，例如用 query 选取 `CAST({column} AS TEXT)`"),
    )
}

pub(crate) fn key_type(table: &str, column: &str, rows: u64, found: &Found) -> Diagnostic {
    let form = form(found);
    let (keys, are) = (counted(rows, "key"), is_or_are(rows));
    finding(
        run::KEY_TYPE,
        format!("{keys} in `{table}` {are} neither an integer nor a text: {}", form.en),
        format!("`{table}` 有 {rows} 个键既不是整数也不是文字：{}", form.zh),
    )
    .help(
        format!("name another key than `{column}`, or turn it into a text with a query"),
        format!("不要用 `{column}` 做键，或者用 query 把它转成文字"),
    )
}

/// Facts about events whose customers' keys are of another type.
#[derive(Debug)]
pub(crate) struct EventKeys<'a> {
    pub(crate) table: &'a str,
    pub(crate) column: &'a str,
    pub(crate) rows: u64,
    pub(crate) found: &'a Found,
    pub(crate) customers_are_texts: bool,
}

pub(crate) fn event_key_type(facts: &EventKeys<'_>) -> Diagnostic {
    let EventKeys { table, column, rows, found, customers_are_texts } = facts;
    let (form, count) = (form(found), counted(*rows, "row"));
    let names = if *rows == 1 { "names its customer" } else { "name their customers" };
    let (en, zh, cast) = match customers_are_texts {
        true => ("texts", "文字", "TEXT"),
        false => ("integers", "整数", "INTEGER"),
    };
    finding(
        run::EVENT_KEY_TYPE,
        format!(
            "{count} of `{table}` {names} by {} in `{column}`, but the customers' keys are {en}",
            form.en
        ),
        format!("`{table}` 有 {rows} 行在 `{column}` 里用 {} 表示客户，而客户的键是{zh}", form.zh),
    )
    .help(
        format!("convert them with a query that selects `CAST({column} AS {cast}) AS {column}`"),
        format!("用 query 转换：`CAST({column} AS {cast}) AS {column}`"),
    )
}

pub(crate) fn wrong_value(
    name: &str,
    kind: &FactKind,
    rows: u64,
    owner: Option<&Owner>,
    found: &Found,
) -> Diagnostic {
    let (wanted, form, first) = (wanted(kind), form(found), first(owner));
    let (values, are) = (counted(rows, "value"), is_or_are(rows));
    let repair = repair(kind);
    finding(
        run::WRONG_VALUE,
        format!("{values} of `{name}` {are} not {}, first{}: {}", wanted.en, first.en, form.en),
        format!("`{name}` 有 {rows} 个值不是{}，第一个{}：{}", wanted.zh, first.zh, form.zh),
    )
    .help(repair.en, repair.zh)
}

pub(crate) fn not_utf8(name: &str, rows: u64, owner: Option<&Owner>) -> Diagnostic {
    let (first, texts, are) = (first(owner), counted(rows, "text"), is_or_are(rows));
    finding(
        run::TEXT_NOT_UTF8,
        format!("{texts} of `{name}` {are} not valid UTF-8, first{}", first.en),
        format!("`{name}` 有 {rows} 个文字不是有效的 UTF-8，第一个{}", first.zh),
    )
    .help(
        "convert the data to UTF-8 before it is loaded into the database",
        "导入数据库之前先把数据转成 UTF-8",
    )
}

/// `values` are some of those that are not listed; `None` where they may not be shown.
pub(crate) fn unlisted_value(name: &str, rows: u64, values: Option<&BTreeSet<String>>) -> Diagnostic {
    let shown = match values {
        None => Text::new("", ""),
        Some(values) => {
            let shown: Vec<String> = values.iter().map(|value| format!("`{}`", clean(value))).collect();
            Text::new(format!(": {}", shown.join(", ")), format!("：{}", shown.join("、")))
        }
    };
    let (count, are) = (counted(rows, "value"), is_or_are(rows));
    finding(
        run::UNLISTED_VALUE,
        format!("{count} of `{name}` {are} not listed{}", shown.en),
        format!("`{name}` 有 {rows} 个值没有列出{}", shown.zh),
    )
    .help(
        "add them to the fact's `values`, or correct the rows",
        "把它们加到这个事实的 `values` 里，或者改正这些行",
    )
}

pub(crate) fn number_too_large(customers: usize, first: Option<Key<'_>>) -> Diagnostic {
    let first = first.map(|key| clean(&key.to_string())).unwrap_or_default();
    let count = counted(customers as u64, "customer");
    finding(
        run::NUMBER_TOO_LARGE,
        format!("for {count} a result is too large, first `{first}`"),
        format!("有 {customers} 位客户的结果太大，第一位是 `{first}`"),
    )
    .help(
        "look for absurd amounts among these customers' rows, and correct them or leave them out with `where`",
        "在这些客户的数据里找离谱的数值，改正它们或者用 `where` 排除",
    )
}

/// ` of customer …`, or nothing for a row of nobody.
fn first(owner: Option<&Owner>) -> Text {
    match owner {
        Some(key) => Text::new(format!(" at key `{key}`"), format!("（键 `{key}`）")),
        None => Text::new("", ""),
    }
}

/// A cell's form in words.
pub(crate) fn form(found: &Found) -> Text {
    match found {
        Found::Integer => Text::new("an integer", "整数"),
        Found::Real => Text::new("a number with a fraction, or a very large one", "小数或很大的浮点数"),
        Found::Text { characters } => Text::new(
            format!("a text of {}", counted(*characters as u64, "character")),
            format!("{characters} 个字符的文字"),
        ),
        Found::Blob { bytes } => Text::new(
            format!("binary data of {}", counted(*bytes as u64, "byte")),
            format!("{bytes} 字节的二进制"),
        ),
        Found::TooLarge => Text::new("a number that is too large", "太大的数字"),
        Found::NotUtf8 => Text::new("a text that is not valid UTF-8", "不是有效 UTF-8 的文字"),
        Found::Unlisted(value) => Text::same(format!("`{}`", clean(value))),
    }
}

/// What a column of this kind should hold.
fn wanted(kind: &FactKind) -> Text {
    let (en, zh) = match kind {
        FactKind::Bool => ("a bool (0, 1, `true` or `false`)", "布尔值（0、1、`true`、`false`）"),
        FactKind::Number { .. } => ("a number", "数字"),
        FactKind::Money { unit: MoneyUnit::Cent } => ("money in cents", "以分计的金额"),
        FactKind::Money { unit: MoneyUnit::Yuan } => ("money in yuan", "以元计的金额"),
        FactKind::Percent => ("a percentage", "百分数"),
        FactKind::Text | FactKind::Enum { .. } | FactKind::Set { .. } => ("a text", "文字"),
        FactKind::Date { format } => return time_wanted("a day", "日期", format),
        FactKind::Time { format } => return time_wanted("a time", "时间", format),
        FactKind::Days => ("a whole number of days", "整数天数"),
    };
    Text::new(en, zh)
}

fn time_wanted(en: &str, zh: &str, format: &TimeFormat) -> Text {
    let (form_en, form_zh) = match format {
        TimeFormat::Unix => ("in unix seconds", "以 unix 秒计"),
        TimeFormat::UnixMillis => ("in unix milliseconds", "以 unix 毫秒计"),
        TimeFormat::UnixMicros => ("in unix microseconds", "以 unix 微秒计"),
        TimeFormat::Iso(_) => ("such as `2026-11-21 20:00:00`", "形如 `2026-11-21 20:00:00` "),
        TimeFormat::Date(_) => ("such as `2026-11-21`", "形如 `2026-11-21` "),
    };
    Text::new(format!("{en} {form_en}"), format!("{form_zh}的{zh}"))
}

fn repair(kind: &FactKind) -> Text {
    match kind {
        FactKind::Date { .. } | FactKind::Time { .. } => Text::new(
            "give the column the `format` that it has (unix, unix_ms, iso, date), or correct the rows",
            "按这一列真实的样子写 `format`（unix、unix_ms、iso、date），或者改正这些行",
        ),
        FactKind::Number { .. } | FactKind::Money { .. } | FactKind::Percent | FactKind::Days => Text::new(
            "correct the rows, or convert the column with a query such as `CAST(… AS REAL)`; texts are not taken for numbers",
            "改正这些行，或者用 query 转换，例如 `CAST(… AS REAL)`；文字不会当成数字",
        ),
        _ => Text::new(
            "give the fact the `type` that the column has, or correct the rows",
            "按这一列真实的样子写 `type`，或者改正这些行",
        ),
    }
}

/// `place` names the section and key of the project file.
pub(crate) fn sql_refused(place: &str, message: &str) -> Diagnostic {
    let message = clean(message);
    finding(
        run::SQL_REFUSED,
        format!("the database refuses `{place}`: {message}"),
        format!("数据库不接受 `{place}`：{message}"),
    )
    .help(
        "correct the SQL; names of columns stand bare or in double quotes, texts in single quotes",
        "改正这段 SQL；列名不加引号或用双引号，文字用单引号",
    )
}

pub(crate) fn sql_several_statements(place: &str) -> Diagnostic {
    finding(
        run::SQL_SEVERAL_STATEMENTS,
        format!("`{place}` holds more than one statement"),
        format!("`{place}` 里不止一句 SQL"),
    )
    .help("keep one condition or one `SELECT`", "只留一个条件或一句 `SELECT`")
}

pub(crate) fn sql_not_reading(place: &str) -> Diagnostic {
    finding(run::SQL_NOT_READING, format!("`{place}` is not a SELECT"), format!("`{place}` 不是 SELECT"))
        .help(
            "rulec only reads the customer database: write a `SELECT`",
            "rulec 只读客户数据库：请写 `SELECT`",
        )
}

pub(crate) fn database_not_found(path: &Path) -> Diagnostic {
    let path = shown(path);
    finding(
        run::DATABASE_NOT_FOUND,
        format!("there is no database `{path}`"),
        format!("没有数据库文件 `{path}`"),
    )
    .help(
        "correct `[database] url`; a relative path counts from the folder of rulec.toml",
        "改正 `[database] url`；相对路径从 rulec.toml 所在的文件夹算起",
    )
}

pub(crate) fn database_is_folder(path: &Path) -> Diagnostic {
    let path = shown(path);
    finding(
        run::DATABASE_IS_FOLDER,
        format!("`{path}` is a folder, not a database"),
        format!("`{path}` 是文件夹，不是数据库"),
    )
    .help(
        "name the file inside the folder in `[database] url`",
        "在 `[database] url` 里写出文件夹里的数据库文件",
    )
}

pub(crate) fn not_a_database(path: &Path) -> Diagnostic {
    let path = shown(path);
    finding(
        run::NOT_A_DATABASE,
        format!("`{path}` is not an SQLite database, or it is encrypted"),
        format!("`{path}` 不是 SQLite 数据库，或者加了密"),
    )
    .help(
        "name an SQLite file in `[database] url`; of an encrypted database export a plain copy",
        "在 `[database] url` 里写 SQLite 文件；加密的数据库请导出一份不加密的副本",
    )
}

pub(crate) fn database_damaged(path: &Path) -> Diagnostic {
    let path = shown(path);
    finding(
        run::DATABASE_DAMAGED,
        format!("the database `{path}` is damaged"),
        format!("数据库 `{path}` 已损坏"),
    )
    .help(
        "copy it again with `sqlite3 … \".backup …\"`, or restore a backup",
        "用 `sqlite3 … \".backup …\"` 重新复制一份，或者恢复备份",
    )
}

pub(crate) fn database_locked(path: &Path, patience: Duration) -> Diagnostic {
    let (path, seconds) = (shown(path), patience.as_secs_f64());
    finding(
        run::DATABASE_LOCKED,
        format!("the database `{path}` was locked for {seconds} s by another program"),
        format!("数据库 `{path}` 被别的程序占用了 {seconds} 秒"),
    )
    .help(
        "run again when the other program has finished, or read a copy",
        "等那个程序写完再运行，或者读一份副本",
    )
}

pub(crate) fn database_needs_recovery(path: &Path) -> Diagnostic {
    let path = shown(path);
    finding(
        run::DATABASE_NEEDS_RECOVERY,
        format!("the database `{path}` has changes in a side file (-wal or -journal) that cannot be read"),
        format!("数据库 `{path}` 旁边的文件（-wal 或 -journal）里有读不到的改动"),
    )
    .help(
        "open it once with a program that may write there, and copy side files together with the database",
        "用有写权限的程序打开一次；复制数据库时把旁边的文件一起复制",
    )
}

pub(crate) fn database_unreadable(path: &Path, reason: &str) -> Diagnostic {
    let (path, reason) = (shown(path), clean(reason));
    finding(
        run::DATABASE_UNREADABLE,
        format!("the database `{path}` cannot be read: {reason}"),
        format!("数据库 `{path}` 读不了：{reason}"),
    )
    .help(
        "let the account that runs rulec read the file and its folder",
        "给运行 rulec 的账号读取这个文件和文件夹的权限",
    )
}

pub(crate) fn state_unreadable(path: &Path, reason: &str) -> Diagnostic {
    let (path, reason) = (shown(path), clean(reason));
    finding(
        run::STATE_FAILED,
        format!("the state `{path}` cannot be read: {reason}"),
        format!("读取状态文件 `{path}` 失败：{reason}"),
    )
    .help(
        "run again; if it stays so, check `[state] url` in rulec.toml, or bring the file back from a backup",
        "请再运行一次；如果还是这样，请检查 rulec.toml 里的 `[state] url`，或者从备份恢复这个文件",
    )
}

fn shown(path: &Path) -> String {
    clean(&path.display().to_string())
}

pub(crate) fn time_unit(name: &str, rows: u64) -> Diagnostic {
    let (times, lie) = (counted(rows, "time"), if rows == 1 { "lies" } else { "lie" });
    finding(
        run::TIME_UNIT,
        format!("{times} of `{name}` {lie} after the year 5000"),
        format!("`{name}` 有 {rows} 个时间在公元 5000 年以后"),
    )
    .help(
        "if the column counts milliseconds, say `format = \"unix_ms\"`",
        "如果这一列以毫秒计，请写 `format = \"unix_ms\"`",
    )
}

pub(crate) fn events_in_future(table: &str, rows: u64) -> Diagnostic {
    let (count, lie) = (counted(rows, "row"), if rows == 1 { "lies" } else { "lie" });
    finding(
        run::EVENTS_IN_FUTURE,
        format!("{count} of `{table}` {lie} in the future"),
        format!("`{table}` 有 {rows} 行在未来"),
    )
    .help(
        "a run does not see them yet; if they have happened already, give the time column its `zone` or `format`",
        "运行时还看不见它们；如果它们早已发生，请写明时间列的 `zone` 或 `format`",
    )
}

pub(crate) fn unknown_customers(table: &str, rows: u64, of: u64) -> Diagnostic {
    let belong = if rows == 1 { "belongs" } else { "belong" };
    finding(
        run::UNKNOWN_CUSTOMERS,
        format!("{rows} of {} of `{table}` {belong} to no known customer", counted(of, "row")),
        format!("`{table}` 的 {of} 行里有 {rows} 行不属于任何已知客户"),
    )
    .help(
        "they count for nobody; if that is too many, check `customer` and `key` for the same kind of number",
        "它们不算到任何人头上；如果太多，检查 `customer` 和 `key` 是不是同一种编号",
    )
}
