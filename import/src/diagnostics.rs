//! Everything that can be wrong with an import. A data file is no text of the project, so no finding has a place: the
//! messages name file, line and column instead.

use crate::ColumnType;
use crate::source::{BadText, FirstRow};
use rulec_diagnostic::{Diagnostic, Text, codes::run as codes, nearest};
use std::path::Path;

/// Characters of a cell that a message shows.
const SHOWN: usize = 20;

pub(crate) fn unreadable(file: &str, error: &std::io::Error) -> Diagnostic {
    let reason = Text::from(error);
    let message = Text::new(
        format!("`{file}` cannot be read: {}", reason.en),
        format!("读不了 `{file}`：{}", reason.zh),
    );
    Diagnostic::new(codes::LIST_UNREADABLE, None, message)
        .help("look at the file's name and at who may read it", "检查文件名，以及有没有读取权限")
}

pub(crate) fn directory(file: &str) -> Diagnostic {
    let message =
        Text::new(format!("`{file}` is a folder, not a file"), format!("`{file}` 是文件夹，不是文件"));
    Diagnostic::new(codes::LIST_UNREADABLE, None, message)
        .help("name the file in it that is to be imported", "写出其中要导入的文件")
}

/// Nothing at all, or nothing from the row of the header on; `sheet` and its neighbours of a workbook.
pub(crate) fn empty(file: &str, sheet: Option<&str>, others: &[String]) -> Diagnostic {
    let part = part(file, sheet);
    let message = Text::new(format!("{} is empty", part.en), format!("{}是空的", part.zh));
    let diagnostic = Diagnostic::new(codes::LIST_EMPTY, None, message)
        .help("the first line must hold the names of the columns", "第一行要写列名");
    other_sheets(diagnostic, others)
}

pub(crate) fn no_rows(file: &str, sheet: Option<&str>, others: &[String]) -> Diagnostic {
    let part = part(file, sheet);
    let message = Text::new(
        format!("{} has the names of its columns and no row below them", part.en),
        format!("{}只有列名，没有数据", part.zh),
    );
    let diagnostic = Diagnostic::new(codes::LIST_EMPTY, None, message)
        .help("export the list again, with its rows", "重新导出，带上数据行");
    other_sheets(diagnostic, others)
}

/// A file, or a sheet of it.
fn part(file: &str, sheet: Option<&str>) -> Text {
    match sheet {
        Some(sheet) => {
            Text::new(format!("the sheet `{sheet}` of `{file}`"), format!("`{file}` 的工作表 `{sheet}` "))
        }
        None => Text::new(format!("`{file}`"), format!("`{file}` ")),
    }
}

/// Offers the other sheets of a workbook, if it has any.
fn other_sheets(diagnostic: Diagnostic, others: &[String]) -> Diagnostic {
    let Some(first) = others.first() else { return diagnostic };
    let names: Vec<_> = others.iter().map(|name| format!("`{name}`")).collect();
    diagnostic.help(
        format!("it has other sheets: {}; choose one: `--sheet {first}`", names.join(", ")),
        format!("还有其他工作表：{}；用 `--sheet {first}` 选择", names.join("、")),
    )
}

pub(crate) fn title_row(file: &str, title: &FirstRow, header: &FirstRow) -> Diagnostic {
    let words = title.cells.iter().map(|cell| cell.trim()).find(|cell| !cell.is_empty()).unwrap_or_default();
    let (words, at, row) = (shown(words), title.line, header.line);
    let message = Text::new(
        format!("line {at} of `{file}` has one cell, `{words}`: a title, not the names of the columns"),
        format!("`{file}` 第 {at} 行只有一格“{words}”，像是标题，不是列名"),
    );
    Diagnostic::new(codes::BAD_ROW, None, message).help(
        format!("say where the names of the columns are: `--header-row {row}`"),
        format!("请指明列名在第几行：`--header-row {row}`"),
    )
}

pub(crate) fn no_encoding(file: &str, [utf8, gb18030]: [BadText; 2]) -> Diagnostic {
    if utf8.nul {
        return bad_text(file, utf8, "UTF-8");
    }
    let message = Text::new(
        format!("`{file}` is neither UTF-8 (see line {}) nor GB18030 (see line {})", utf8.line, gb18030.line),
        format!("`{file}` 既不是 UTF-8（见第 {} 行），也不是 GB18030（见第 {} 行）", utf8.line, gb18030.line),
    );
    Diagnostic::new(codes::LIST_ENCODING, None, message).help(
        "save it as “CSV UTF-8”, or name the encoding: `--encoding big5`",
        "另存为“CSV UTF-8”，或者用 `--encoding big5` 指定编码",
    )
}

pub(crate) fn bad_text(file: &str, bad: BadText, encoding: &str) -> Diagnostic {
    let line = bad.line;
    let message = if bad.nul {
        Text::new(
            format!("line {line} of `{file}` has a NUL: this is no text"),
            format!("`{file}` 第 {line} 行有空字符（NUL），不是文本"),
        )
    } else {
        Text::new(
            format!("line {line} of `{file}` is not {encoding}"),
            format!("`{file}` 第 {line} 行不是 {encoding}"),
        )
    };
    Diagnostic::new(codes::LIST_ENCODING, None, message)
        .help("save it as “CSV UTF-8” or as xlsx", "另存为“CSV UTF-8”或 xlsx")
}

pub(crate) fn unknown_encoding(label: &str) -> Diagnostic {
    let message = Text::new(format!("there is no encoding `{label}`"), format!("没有 `{label}` 这种编码"));
    Diagnostic::new(codes::LIST_ENCODING, None, message).help(
        "there are `utf-8`, `gb18030`, `big5`, `utf-16le` and others",
        "可以写 `utf-8`、`gb18030`、`big5`、`utf-16le` 等",
    )
}

pub(crate) fn delimiter(told: char) -> Diagnostic {
    let message =
        Text::new(format!("cells cannot be separated by `{told}`"), format!("不能用 `{told}` 分隔单元格"));
    Diagnostic::new(codes::LIST_DELIMITER, None, message)
        .help("choose a comma, a semicolon, a tab or `|`", "用逗号、分号、制表符或 `|`")
}

pub(crate) fn workbook(file: &str, reason: &str) -> Diagnostic {
    let message = Text::new(
        format!("the workbook `{file}` cannot be read: {reason}"),
        format!("读不了工作簿 `{file}`：{reason}"),
    );
    Diagnostic::new(codes::WORKBOOK, None, message)
        .help("open it in Excel, and save it again as xlsx", "用 Excel 打开，重新存为 xlsx")
}

pub(crate) fn old_workbook(file: &str) -> Diagnostic {
    let message = Text::new(
        format!("`{file}` is a workbook of Excel 97 to 2003, or has a password"),
        format!("`{file}` 是 Excel 97-2003 的工作簿，或者设了密码"),
    );
    Diagnostic::new(codes::WORKBOOK, None, message)
        .help("save it as xlsx without a password", "另存为不带密码的 xlsx")
}

pub(crate) fn unknown_sheet(file: &str, sheet: &str, sheets: &[String]) -> Diagnostic {
    let message =
        Text::new(format!("`{file}` has no sheet `{sheet}`"), format!("`{file}` 里没有工作表 `{sheet}`"));
    suggested(Diagnostic::new(codes::UNKNOWN_SHEET, None, message), sheet, sheets.iter().map(String::as_str))
}

pub(crate) fn bad_row(file: &str, line: u64, reason: &Text) -> Diagnostic {
    let message = Text::new(
        format!("line {line} of `{file}`: {}", reason.en),
        format!("`{file}` 第 {line} 行：{}", reason.zh),
    );
    Diagnostic::new(codes::BAD_ROW, None, message)
}

pub(crate) fn bad_rows(file: &str, count: usize, unnamed: usize) -> Diagnostic {
    let (more, more_zh) = match unnamed {
        0 => (String::new(), String::new()),
        _ => (format!(" ({unnamed} of them not named here)"), format!("（其中 {unnamed} 行未逐条列出）")),
    };
    let message = Text::new(
        format!("{count} rows of `{file}` cannot be imported{more}, so none was"),
        format!("`{file}` 有 {count} 行无法导入{more_zh}，因此一行也没有导入"),
    );
    Diagnostic::new(codes::BAD_ROWS, None, message).help(
        "repair the rows, or read the column as text: `--type COLUMN=text`",
        "修改这些行，或者把该列按文本读取：`--type 列名=text`",
    )
}

/// Why a row is bad: so many cells where so many were expected.
pub(crate) fn cell_count(found: usize, expected: usize) -> Text {
    Text::new(
        format!("the row has {found} cells, the header has {expected}"),
        format!("这一行有 {found} 格，标题行有 {expected} 格"),
    )
}

/// Why a row is bad: a cell is not of its column's type.
pub(crate) fn not_of_type(column: &str, cell: &str, kind: ColumnType) -> Text {
    let (cell, noun) = (shown(cell), kind.noun());
    Text::new(
        format!("`{cell}` in the column `{column}` is not {}", noun.en),
        format!("`{column}` 列的 `{cell}` 不是{}", noun.zh),
    )
}

/// Why a row is bad: the file ends before its quotes do.
pub(crate) fn unclosed_quote() -> Text {
    Text::new("a quote is opened and never closed", "引号只有开头，没有结尾")
}

/// Why a row is bad: a formula of the sheet failed.
pub(crate) fn error_cell(column: usize, error: &str) -> Text {
    Text::new(format!("cell {column} holds the error `{error}`"), format!("第 {column} 格是错误值 `{error}`"))
}

pub(crate) fn column_renamed(file: &str, number: usize, written: &str, name: &str) -> Diagnostic {
    let message = if written.is_empty() {
        Text::new(
            format!("column {number} of `{file}` has no name, and is called `{name}`"),
            format!("`{file}` 的第 {number} 列没有列名，取名为 `{name}`"),
        )
    } else {
        Text::new(
            format!("column {number} of `{file}` is a second `{written}`, and is called `{name}`"),
            format!("`{file}` 的第 {number} 列与前面的 `{written}` 重名，改名为 `{name}`"),
        )
    };
    Diagnostic::new(codes::COLUMN_RENAMED, None, message)
        .help("give it a name of its own in the first line", "在第一行给它一个不重复的名字")
}

pub(crate) fn unknown_column(name: &str, columns: &[String]) -> Diagnostic {
    let message = Text::new(format!("the list has no column `{name}`"), format!("名单里没有 `{name}` 列"));
    suggested(Diagnostic::new(codes::COLUMN_TYPE, None, message), name, columns.iter().map(String::as_str))
}

pub(crate) fn unknown_type(option: &str, word: &str) -> Diagnostic {
    let message =
        Text::new(format!("`{option}` names no type of a column"), format!("`{option}` 没有写对列的类型"));
    suggested(Diagnostic::new(codes::COLUMN_TYPE, None, message), word, ColumnType::words())
}

pub(crate) fn table_name(name: &str) -> Diagnostic {
    let message = Text::new(format!("a table cannot be called `{name}`"), format!("表不能叫 `{name}`"));
    Diagnostic::new(codes::TABLE_NAME, None, message).help(
        "choose a name with `--table`, one that does not begin with `sqlite_`",
        "用 `--table` 取一个不以 `sqlite_` 开头的名字",
    )
}

pub(crate) fn table_exists(table: &str) -> Diagnostic {
    let message =
        Text::new(format!("the table `{table}` is there already"), format!("表 `{table}` 已经存在"));
    Diagnostic::new(codes::TABLE_EXISTS, None, message).help(
        "choose another with `--table`, overwrite it with `--replace`, or add to it with `--append`",
        "用 `--table` 换个名字，用 `--replace` 覆盖，或者用 `--append` 追加",
    )
}

pub(crate) fn view_exists(view: &str) -> Diagnostic {
    let message = Text::new(
        format!("`{view}` is a view of the database, which an import cannot fill"),
        format!("`{view}` 是数据库里的视图，不能往里导入"),
    );
    Diagnostic::new(codes::TABLE_EXISTS, None, message)
        .help("choose another name with `--table`", "用 `--table` 换个名字")
}

pub(crate) fn column_absent(table: &str, column: &str) -> Diagnostic {
    let message = Text::new(
        format!("the table `{table}` has a column `{column}` that the list does not have"),
        format!("表 `{table}` 有 `{column}` 列，名单里没有"),
    );
    columns_differ(message)
}

pub(crate) fn column_foreign(table: &str, column: &str) -> Diagnostic {
    let message = Text::new(
        format!("the list has a column `{column}` that the table `{table}` does not have"),
        format!("名单有 `{column}` 列，表 `{table}` 里没有"),
    );
    columns_differ(message)
}

pub(crate) fn column_type(table: &str, column: &str, declared: &str, kind: ColumnType) -> Diagnostic {
    let noun = kind.noun();
    let message = Text::new(
        format!(
            "the column `{column}` of the table `{table}` is {declared}, but a value of the list is {}",
            noun.en
        ),
        format!("表 `{table}` 的 `{column}` 列是 {declared}，名单里却是{}", noun.zh),
    );
    columns_differ(message)
}

fn columns_differ(message: Text) -> Diagnostic {
    Diagnostic::new(codes::COLUMNS_DIFFER, None, message).help(
        "rows can be added only where the columns are the same; import into a new table with `--table`",
        "列相同才能追加；可以用 `--table` 导入到新表",
    )
}

pub(crate) fn database(path: &Path, error: &rusqlite::Error) -> Diagnostic {
    let path = path.display();
    let message = Text::new(
        format!("the database `{path}` cannot be written: {error}"),
        format!("写不了数据库 `{path}`：{error}"),
    );
    Diagnostic::new(codes::IMPORT_DATABASE, None, message).help(
        "look at its folder, at who may write there, and whether another program holds it",
        "检查所在文件夹、写入权限，以及是否被别的程序占用",
    )
}

/// Offers the nearest word, else all of them.
fn suggested<'a>(diagnostic: Diagnostic, word: &str, known: impl Iterator<Item = &'a str>) -> Diagnostic {
    let known: Vec<&str> = known.collect();
    if let Some(near) = nearest(word, known.iter().copied()) {
        return diagnostic.help(format!("did you mean `{near}`?"), format!("是不是 `{near}`？"));
    }
    let names: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
    diagnostic.help(format!("there are {}", names.join(", ")), format!("可以写 {}", names.join("、")))
}

/// The start of a cell, without what could play tricks on a terminal.
fn shown(cell: &str) -> String {
    let tricky = |letter: char| {
        letter.is_control() || matches!(letter, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
    };
    let mut letters = cell.chars();
    let start: String =
        letters.by_ref().take(SHOWN).map(|letter| if tricky(letter) { '\u{FFFD}' } else { letter }).collect();
    if letters.next().is_some() { format!("{start}…") } else { start }
}
