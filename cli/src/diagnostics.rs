//! What only the command line can find wrong.

mod audit;
mod keys;
mod unconfirmed;

pub use audit::{
    bad_signer, no_heads, no_record, no_such_run, nothing_of_customer, nothing_of_rule, other_data,
    other_rules, several_runs,
};
pub use keys::{bad_key, key_exists, no_key, no_randomness, not_an_approver, open_key};
pub use unconfirmed::{not_agreed, not_approved, not_confirmed, not_forgotten, plans_not_deleted};

use crate::language::Words;
use rulec_diagnostic::codes::{project as codes, run};
use rulec_diagnostic::{Code, Diagnostic, Language, Place, Text, nearest, without_secrets};
use std::fmt::Display;
use std::io;
use std::path::{Path, PathBuf};

pub fn no_project(start: &Path) -> Diagnostic {
    let start = start.display();
    Diagnostic::new(codes::NO_PROJECT, None, Text::new(
        format!("no `rulec.toml` in `{start}` or any directory above it"),
        format!("`{start}` 及其上级目录里都没有 `rulec.toml`"),
    ))
    .help(
        "run `rulec init` to write one by looking at a database, or name the project's directory with `-C DIR`",
        "运行 `rulec init` 根据数据库生成一份，或用 `-C 目录` 指明项目所在的目录",
    )
}

/// The database that help proposes to someone who has none.
pub const FIRST_DATABASE: &str = "shop.db";

/// An import without a project, and without the name of a database.
pub fn import_where(start: &Path, files: &[PathBuf]) -> Diagnostic {
    let start = std::path::absolute(start).unwrap_or_else(|_| start.to_owned());
    let files: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    let files = files.join(" ");
    no_project(&start).help(
        format!("name the database: `rulec import {files} --into {FIRST_DATABASE}`, then `rulec init --database {FIRST_DATABASE}`"),
        format!("请指明数据库：`rulec import {files} --into {FIRST_DATABASE}`，再运行 `rulec init --database {FIRST_DATABASE}`"),
    )
}

pub fn unreadable_file(path: &Path, error: &io::Error) -> Diagnostic {
    let (path, reason) = (path.display(), Text::from(error));
    Diagnostic::new(
        codes::UNREADABLE_FILE,
        None,
        Text::new(format!("cannot read `{path}`: {}", reason.en), format!("读不了 `{path}`：{}", reason.zh)),
    )
    .help("check the path and the permissions of the file", "检查路径和文件的权限")
}

pub fn no_rule_files(patterns: &[String], place: Option<Place>) -> Diagnostic {
    let patterns = patterns.iter().map(|pattern| format!("`{pattern}`")).collect::<Vec<_>>();
    Diagnostic::new(
        codes::NO_RULE_FILES,
        place,
        Text::new(
            format!("no rule files: nothing matches {}", patterns.join(", ")),
            format!("没有规则文件：没有文件符合 {}", patterns.join("、")),
        ),
    )
    .help(
        "write a rule file there, such as `rules/winback.rules`, or change `rules` under `[project]`",
        "在那里写一个规则文件，例如 `rules/winback.rules`，或者修改 `[project]` 下的 `rules`",
    )
}

pub fn pattern_without_files(pattern: &str, place: Option<Place>) -> Diagnostic {
    Diagnostic::new(
        codes::PATTERN_WITHOUT_FILES,
        place,
        Text::new(format!("no file matches `{pattern}`"), format!("没有文件符合 `{pattern}`")),
    )
    .help(
        "correct the pattern under `[project] rules`, or take it out",
        "改对 `[project]` 下 `rules` 里的这条写法，或者删掉它",
    )
}

pub fn bad_pattern(pattern: &str, reason: impl Display, place: Option<Place>) -> Diagnostic {
    Diagnostic::new(
        codes::NO_RULE_FILES,
        place,
        Text::new(
            format!("`{pattern}` is no pattern of file names: {reason}"),
            format!("`{pattern}` 不是正确的文件名写法：{reason}"),
        ),
    )
    .help(
        "`*` stands for any name, `**` for any directories: `rules/**/*.rules`",
        "`*` 代表任意名称，`**` 代表任意层目录：`rules/**/*.rules`",
    )
}

pub fn bad_as_of(written: &str) -> Diagnostic {
    Diagnostic::new(
        codes::BAD_AS_OF,
        None,
        Text::new(
            format!("`--as-of {written}` is neither a date nor an instant"),
            format!("`--as-of {written}` 既不是日期也不是时刻"),
        ),
    )
    .help(
        "write `2026-11-21` for the end of that day, or `2026-11-21T10:00:00+08:00`",
        "写 `2026-11-21` 表示当天结束，或写 `2026-11-21T10:00:00+08:00`",
    )
}

/// `record --at`.
pub fn bad_time(written: &str) -> Diagnostic {
    Diagnostic::new(
        rulec_diagnostic::codes::run::BAD_OUTCOME,
        None,
        Text::new(
            format!("`--at {written}` is no time, or one that is yet to come"),
            format!("`--at {written}` 不是时间，或是未来的时间"),
        ),
    )
    .help(
        "write `2026-11-21 20:00:00`, or with an offset `2026-11-21T20:00:00+08:00`",
        "请写成 `2026-11-21 20:00:00`，或带时区的 `2026-11-21T20:00:00+08:00`",
    )
}

pub fn bad_set(written: &str) -> Diagnostic {
    Diagnostic::new(
        codes::BAD_SET,
        None,
        Text::new(
            format!("`--set {written}` does not give a value to a name"),
            format!("`--set {written}` 没有给名字配上值"),
        ),
    )
    .help(
        "write `--set NAME=VALUE`, such as `--set threshold=120d`",
        "写成 `--set 名字=值`，例如 `--set 阈值=120d`",
    )
}

pub fn bad_memory(written: &str) -> Diagnostic {
    Diagnostic::new(
        codes::BAD_MEMORY,
        None,
        Text::new(
            format!("`--memory {written}` is no size"),
            format!("`--memory {written}` 不是正确的内存大小"),
        ),
    )
    .help("write a whole number and a unit: `2GiB` or `512MB`", "写一个整数加单位：`2GiB` 或 `512MB`")
}

pub fn bad_length(written: &str) -> Diagnostic {
    Diagnostic::new(
        codes::BAD_LENGTH,
        None,
        Text::new(format!("`--for {written}` is no stretch of time"), format!("`--for {written}` 不是时长")),
    )
    .help("write a whole number and a unit: `7d` or `12h`", "写一个整数加单位：`7d` 或 `12h`")
}

pub fn forecast_format() -> Diagnostic {
    Diagnostic::new(
        codes::FORECAST_FORMAT,
        None,
        Text::new("a forecast has no single messages to list", "预测里没有一条条的消息可以列出"),
    )
    .help("leave `--format` out, or write `--format json`", "不写 `--format`，或写 `--format json`")
}

pub fn no_such_customer(key: &str) -> Diagnostic {
    Diagnostic::new(
        codes::NO_SUCH_CUSTOMER,
        None,
        Text::new(format!("there is no customer `{key}`"), format!("没有客户 `{key}`")),
    )
    .help(
        "give the customer's key, the column that `[customer] key` names; `rulec audience EXPR --ids` lists keys",
        "请写客户的主键，也就是 `[customer] key` 指定的那一列；`rulec audience 条件 --ids` 可以列出主键",
    )
}

pub fn no_such_rule<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Diagnostic {
    let finding = Diagnostic::new(
        codes::NO_SUCH_RULE,
        None,
        Text::new(format!("there is no rule `{name}`"), format!("没有规则 `{name}`")),
    );
    match nearest(name, known) {
        Some(near) => finding.help(format!("did you mean `{near}`?"), format!("是不是 `{near}`？")),
        None => finding.help(
            "`rulec run --dry-run` shows the names of all rules",
            "`rulec run --dry-run` 会列出所有规则的名字",
        ),
    }
}

pub fn path_without_rules(path: &Path, exists: bool) -> Diagnostic {
    let path = path.display();
    let message = if exists {
        Text::new(format!("no rule files under `{path}`"), format!("`{path}` 下没有规则文件"))
    } else {
        Text::new(format!("there is no `{path}`"), format!("没有 `{path}`"))
    };
    Diagnostic::new(codes::PATH_WITHOUT_RULES, None, message).help(
        "paths count from where the command runs; without paths all rules are checked",
        "路径从运行命令的目录算起；不写路径就检查全部规则",
    )
}

pub fn would_overwrite(path: &Path) -> Diagnostic {
    let path = path.display();
    Diagnostic::new(
        codes::WOULD_OVERWRITE,
        None,
        Text::new(format!("`{path}` is already there"), format!("`{path}` 已经存在")),
    )
    .help("add `--force` if it may be overwritten", "确定可以覆盖的话，加上 `--force`")
}

pub fn cannot_write(target: impl Display, error: &io::Error) -> Diagnostic {
    let reason = Text::from(error);
    Diagnostic::new(
        codes::CANNOT_WRITE,
        None,
        Text::new(
            format!("cannot write `{target}`: {}", reason.en),
            format!("写不了 `{target}`：{}", reason.zh),
        ),
    )
    .help("check that the directory exists and may be written", "检查目录是否存在、是否可写")
}

pub fn not_our_file(path: impl Display, format: &Words) -> Diagnostic {
    let (en, zh) = (format.get(Language::En), format.get(Language::Zh));
    Diagnostic::new(
        codes::NOT_OUR_FILE,
        None,
        Text::new(
            format!("`{path}` exists and is no {en} of rulec"),
            format!("`{path}` 已经存在，而且不是 rulec 写的{zh}"),
        ),
    )
    .help("name another file, or delete this one first", "请换一个文件名，或先删掉这个文件")
}

/// A channel of the command line that the project does not have.
pub fn no_such_channel(name: &str, known: &[&str]) -> Diagnostic {
    let finding = Diagnostic::new(
        run::NO_SUCH_CHANNEL,
        None,
        Text::new(format!("the project has no channel `{name}`"), format!("项目里没有渠道 `{name}`")),
    );
    if let Some(meant) = nearest(name, known.iter().copied()) {
        return finding.help(format!("did you mean `{meant}`?"), format!("是不是 `{meant}`？"));
    }
    let all = known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>();
    finding.help(format!("it has {}", all.join(", ")), format!("项目里有：{}", all.join("、")))
}

/// Somebody of whom nothing is known is to be forgotten.
pub fn nobody_to_forget(customer: &str) -> Diagnostic {
    Diagnostic::new(
        run::NOBODY_TO_FORGET,
        None,
        Text::new(
            format!("rulec knows nothing of a customer `{customer}`"),
            format!("rulec 没有客户 `{customer}` 的任何记录"),
        ),
    )
    .help(
        "check the key; with `--yes` the customer is never written to, should there ever be one",
        "请核对主键；加上 `--yes` 则以后即使有这位客户也不会触达",
    )
}

pub fn unknown_code(written: &str) -> Diagnostic {
    let finding = Diagnostic::new(
        codes::UNKNOWN_CODE,
        None,
        Text::new(format!("there is no code `{written}`"), format!("没有编号 `{written}`")),
    );
    let names = rulec_diagnostic::codes::all().map(Code::name);
    let slugs = rulec_diagnostic::codes::all().map(Code::slug);
    match nearest(written, names.chain(slugs)) {
        Some(near) => finding.help(format!("did you mean `{near}`?"), format!("是不是 `{near}`？")),
        None => finding.help(
            "every finding of `rulec check` carries its code",
            "`rulec check` 报告的每个问题都带有编号",
        ),
    }
}

pub fn unsupported_database(url: &str) -> Diagnostic {
    let url = without_secrets(url);
    Diagnostic::new(
        codes::UNSUPPORTED_DATABASE,
        None,
        Text::new(
            format!("`{url}` is no SQLite database, and this build opens no other"),
            format!("`{url}` 不是 SQLite 数据库，这个版本还打不开别的数据库"),
        ),
    )
    .help("write `sqlite:` and the path of a file", "写成 `sqlite:` 加文件路径")
}

pub fn no_customer_table(tables: &[&str]) -> Diagnostic {
    let list =
        |between: &str| tables.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(between);
    let message = if tables.is_empty() {
        Text::new("the database has no tables", "数据库里没有表")
    } else {
        Text::new(
            format!("none of the tables looks like the customers: {}", list(", ")),
            format!("没有一张表像是客户表：{}", list("、")),
        )
    };
    Diagnostic::new(codes::NO_CUSTOMER_TABLE, None, message).help(
        "write `rulec.toml` by hand: `rulec explain P0113` shows how",
        "手写 `rulec.toml`，写法见 `rulec explain P0113`",
    )
}

pub fn which_database(found: &[String]) -> Diagnostic {
    let list = |between: &str| found.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(between);
    let message = if found.is_empty() {
        Text::new("no SQLite database found here", "这里没有找到 SQLite 数据库")
    } else {
        Text::new(
            format!("several databases found: {}", list(", ")),
            format!("找到好几个数据库：{}", list("、")),
        )
    };
    let diagnostic = Diagnostic::new(codes::WHICH_DATABASE, None, message);
    if found.is_empty() {
        return diagnostic.help(
            format!("make one of your lists: `rulec import FILE --into {FIRST_DATABASE}`, then `rulec init --database {FIRST_DATABASE}`"),
            format!("先把名单导入：`rulec import 文件 --into {FIRST_DATABASE}`，再运行 `rulec init --database {FIRST_DATABASE}`"),
        );
    }
    diagnostic.help("name it: `rulec init --database FILE`", "请指明：`rulec init --database 文件`")
}

/// What a plan has by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// A rule.
    Rule,
    /// A campaign.
    Campaign,
    /// A channel, or what else is done.
    Channel,
}

pub fn not_in_plan(part: Part, name: &str, known: &[&str]) -> Diagnostic {
    let part = match part {
        Part::Rule => Text::new("rule", "规则"),
        Part::Campaign => Text::new("campaign", "活动"),
        Part::Channel => Text::new("channel", "渠道"),
    };
    let finding = Diagnostic::new(
        run::NOT_IN_PLAN,
        None,
        Text::new(format!("the plan has no {} `{name}`", part.en), format!("计划里没有{}`{name}`", part.zh)),
    );
    if let Some(meant) = nearest(name, known.iter().copied()) {
        return finding.help(format!("did you mean `{meant}`?"), format!("是不是 `{meant}`？"));
    }
    finding.help(
        "`rulec plan show FILE` without a choice shows what the plan has",
        "`rulec plan show 文件` 不加筛选时会列出计划里有什么",
    )
}
