//! Of keys with which plans and heads are signed.

use super::*;

pub fn no_key(variable: &str) -> Diagnostic {
    Diagnostic::new(
        run::KEY_UNUSABLE,
        None,
        Text::new("there is no key to approve with", "没有批准用的密钥"),
    )
    .help(
        format!("name the file with your key, `--key FILE`, or put the key into the environment as `{variable}`"),
        format!("请用 `--key 文件` 指明密钥文件，或把密钥放进环境变量 `{variable}`"),
    )
}

pub fn bad_key(place: impl Display) -> Diagnostic {
    Diagnostic::new(
        run::KEY_UNUSABLE,
        None,
        Text::new(
            format!("`{place}` holds no key: 64 hex digits are expected"),
            format!("`{place}` 里没有密钥：应当是 64 位十六进制数"),
        ),
    )
    .help("`rulec approve --new-key FILE` makes one", "`rulec approve --new-key 文件` 可以生成一把")
}

/// Whoever can read a key can approve, and whoever can change it decides who approves.
pub fn open_key(path: impl Display) -> Diagnostic {
    Diagnostic::new(
        run::KEY_UNUSABLE,
        None,
        Text::new(
            format!("everybody on this machine can read or change the key `{path}`"),
            format!("这台机器上的任何人都能读取或修改密钥文件 `{path}`"),
        ),
    )
    .help(
        format!("run `chmod 600 {path}`; if others may have read the key, make a new one with `rulec approve --new-key FILE`"),
        format!("请执行 `chmod 600 {path}`；如果别人可能已经看到，请用 `rulec approve --new-key 文件` 换一把"),
    )
}

/// The project lists nobody of this name, or another key for them.
pub fn not_an_approver(name: &str, listed: bool, public: &str) -> Diagnostic {
    let message = if listed {
        Text::new(
            format!("`[apply.approvers]` has another key for `{name}` than this one"),
            format!("`[apply.approvers]` 里 `{name}` 的公钥与这把密钥不符"),
        )
    } else {
        Text::new(
            format!("`[apply.approvers]` does not name `{name}`"),
            format!("`[apply.approvers]` 里没有 `{name}`"),
        )
    };
    Diagnostic::new(run::KEY_UNUSABLE, None, message).help(
        format!("whoever keeps `rulec.toml` writes there: {name} = \"{public}\""),
        format!("请管理 `rulec.toml` 的人在那里写上：{name} = \"{public}\""),
    )
}

pub fn no_randomness(error: &impl Display) -> Diagnostic {
    Diagnostic::new(
        run::KEY_UNUSABLE,
        None,
        Text::new(
            format!("the system gives no random numbers: {error}"),
            format!("系统没有给出随机数：{error}"),
        ),
    )
    .help("try again on another machine", "请换一台机器再试")
}

/// The file for a new key is there: a key that was written over could never be had again.
pub fn key_exists(path: impl Display) -> Diagnostic {
    Diagnostic::new(
        codes::CANNOT_WRITE,
        None,
        Text::new(
            format!("`{path}` is there already, and a key is never written over it"),
            format!("`{path}` 已经存在，新密钥不会覆盖它"),
        ),
    )
    .help("give another file name, or move this file away", "请换一个文件名，或先把这个文件移走")
}
