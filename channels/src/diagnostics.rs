//! What keeps a channel from working at all.

use crate::file::Taken;
use rulec_diagnostic::codes::run;
use rulec_diagnostic::{Code, Diagnostic, Text};
use std::io;
use std::path::Path;

/// What the functions of this crate give.
pub(crate) type Result<T> = std::result::Result<T, Box<Diagnostic>>;

pub(crate) fn problem(code: Code, message: Text, help: Text) -> Box<Diagnostic> {
    Box::new(Diagnostic { help: Some(help), ..Diagnostic::new(code, None, message) })
}

/// `R0180`.
pub(crate) fn missing_setting(channel: &str, setting: &str) -> Box<Diagnostic> {
    problem(
        run::CHANNEL_SETTING,
        Text::new(
            format!("the channel `{channel}` needs the setting `{setting}`"),
            format!("渠道 `{channel}` 缺少设置 `{setting}`"),
        ),
        Text::new(
            format!("add `{setting} = \"…\"` to `[channels.{channel}]` in `rulec.toml`"),
            format!("请在 `rulec.toml` 的 `[channels.{channel}]` 里加上 `{setting} = \"…\"`"),
        ),
    )
}

/// `R0180`. `expected` completes the sentence «… must be …».
pub(crate) fn wrong_setting(channel: &str, setting: &str, expected: &Text) -> Box<Diagnostic> {
    problem(
        run::CHANNEL_SETTING,
        Text::new(
            format!("`{setting}` of the channel `{channel}` must be {}", expected.en),
            format!("渠道 `{channel}` 的 `{setting}` 应该是{}", expected.zh),
        ),
        Text::new(
            format!("mend it in `[channels.{channel}]` of `rulec.toml`"),
            format!("请在 `rulec.toml` 的 `[channels.{channel}]` 里改正"),
        ),
    )
}

/// `R0181`: an environment variable is not set.
pub(crate) fn unset_variable(channel: &str, setting: &str, variable: &str) -> Box<Diagnostic> {
    problem(
        run::CHANNEL_SECRET,
        Text::new(
            format!(
                "the channel `{channel}` takes a secret from the environment variable `{variable}`, which is not set"
            ),
            format!("渠道 `{channel}` 的密钥来自环境变量 `{variable}`，但它没有设置"),
        ),
        Text::new(
            format!("set `{variable}` where rulec runs, or name another one in `{setting}`"),
            format!("请在运行 rulec 的环境里设置 `{variable}`，或在 `{setting}` 里换一个变量名"),
        ),
    )
}

/// `R0181`: a file cannot be read.
pub(crate) fn unreadable_secret(
    channel: &str,
    setting: &str,
    path: &Path,
    error: &io::Error,
) -> Box<Diagnostic> {
    let (path, why) = (path.display(), Text::from(error));
    problem(
        run::CHANNEL_SECRET,
        Text::new(
            format!("the secret of the channel `{channel}` cannot be read from `{path}`: {}", why.en),
            format!("无法从 `{path}` 读取渠道 `{channel}` 的密钥：{}", why.zh),
        ),
        Text::new(
            format!("put the secret there, readable for you alone, or name another file in `{setting}`"),
            format!("请把密钥放在那里（仅自己可读），或在 `{setting}` 里换一个文件"),
        ),
    )
}

/// `R0181`: a file can be read by everybody.
pub(crate) fn open_secret(channel: &str, path: &Path) -> Box<Diagnostic> {
    let path = path.display();
    problem(
        run::CHANNEL_SECRET,
        Text::new(
            format!(
                "everybody on this machine can read or change `{path}` with the secret of the channel `{channel}`"
            ),
            format!("这台机器上的任何人都能读取或修改渠道 `{channel}` 的密钥文件 `{path}`"),
        ),
        Text::new(
            format!("run `chmod 600 {path}`; if others may have read the secret, have it replaced"),
            format!("请执行 `chmod 600 {path}`；如果别人可能已经看到密钥，请更换"),
        ),
    )
}

/// `R0181`: a file holds nothing.
pub(crate) fn empty_secret(channel: &str, setting: &str, path: &Path) -> Box<Diagnostic> {
    let path = path.display();
    problem(
        run::CHANNEL_SECRET,
        Text::new(
            format!("the file `{path}` with the secret of the channel `{channel}` is empty"),
            format!("渠道 `{channel}` 的密钥文件 `{path}` 是空的"),
        ),
        Text::new(
            format!("write the secret into it, or name another file in `{setting}`"),
            format!("请把密钥写进去，或在 `{setting}` 里换一个文件"),
        ),
    )
}

/// `R0123`.
pub(crate) fn unwritable_outbox(path: &Path, error: &io::Error) -> Box<Diagnostic> {
    let path = path.display();
    problem(
        run::OUTBOX_UNWRITABLE,
        Text::new(
            format!("the messages cannot be written to `{path}`: {error}"),
            format!("无法把消息写入 `{path}`：{error}"),
        ),
        Text::new(
            "repair the cause and apply the same plan again: it goes on where it stopped",
            "请排除原因后再次执行同一份计划，会从停下的地方继续",
        ),
    )
}

/// `R0127`.
pub(crate) fn taken_file(channel: &str, path: &Path, taken: Taken) -> Box<Diagnostic> {
    let path = path.display();
    let (en, zh) = match taken {
        Taken::Folder => ("a folder", "一个文件夹"),
        Taken::Customers => ("the customer database", "客户数据库"),
        Taken::State => ("the state of rulec", "rulec 的状态文件"),
        Taken::Deeds => ("where tags, tasks and points go", "标签、任务和积分的输出文件"),
        Taken::Source => ("the project file or a file with rules", "项目文件或规则文件"),
        Taken::Table => (
            "a table by its name, while the channel writes JSON lines",
            "表格文件名，而这个渠道写的是 JSON 行",
        ),
    };
    problem(
        run::CHANNEL_FILE_TAKEN,
        Text::new(
            format!("the channel `{channel}` would write into `{path}`, which is {en}"),
            format!("渠道 `{channel}` 会写入 `{path}`，而那是{zh}"),
        ),
        Text::new(
            format!(
                "give `[channels.{channel}]` a `path` of its own, such as `out/{channel}.jsonl`, and plan again; nothing was sent"
            ),
            format!(
                "请给 `[channels.{channel}]` 单独设置 `path`，例如 `out/{channel}.jsonl`，再重新生成计划；本次没有发送任何内容"
            ),
        ),
    )
}

/// `R0190`.
pub(crate) fn other_columns(channel: &str, path: &Path) -> Box<Diagnostic> {
    let path = path.display();
    problem(
        run::CHANNEL_COLUMNS,
        Text::new(
            format!("the file `{path}` has other columns than the channel `{channel}`"),
            format!("文件 `{path}` 的列与渠道 `{channel}` 的设置不一致"),
        ),
        Text::new(
            format!("move the file away, or give `[channels.{channel}]` a `path` of its own"),
            format!("请移走这个文件，或给 `[channels.{channel}]` 另设一个 `path`"),
        ),
    )
}
