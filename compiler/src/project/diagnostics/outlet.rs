//! What can be wrong with what only some channels know.

use super::{codes, suggestion_in};
use crate::project::reader::Word;
use rulec_diagnostic::{Diagnostic, Place, Text, without_secrets};
use rulec_plan::outlet::{AddressFlaw, Clash};
use rulec_plan::template::Field;

/// `owner`: the kind or profile of the channel.
pub(in crate::project) fn channel_needs(
    place: Place,
    owner: &str,
    section: &str,
    setting: &str,
) -> Diagnostic {
    let message = Text::new(
        format!("a `{owner}` channel cannot send without `{setting}`"),
        format!("`{owner}` 渠道没有 `{setting}` 就无法发送"),
    );
    Diagnostic::new(codes::CHANNEL_NEEDS, place, message).help(
        format!("add a line `{setting} = \"…\"` to `[{section}]`"),
        format!("在 `[{section}]` 里加一行 `{setting} = \"…\"`"),
    )
}

/// Settings of a web hook that do not go together.
pub(in crate::project) fn web_hook_clash(place: Place, clash: Clash) -> Diagnostic {
    match clash {
        Clash::NoBody(setting) => {
            let message = Text::new(
                format!("`{setting}` is about the body, and `method = \"GET\"` sends none"),
                format!("`{setting}` 针对正文，而 `method = \"GET\"` 不发送正文"),
            );
            Diagnostic::new(codes::MISPLACED_SETTING, place, message).help(
                format!("write `method = \"POST\"`, or take `{setting}` out"),
                format!("改成 `method = \"POST\"`，或者删掉 `{setting}`"),
            )
        }
        Clash::NothingSaid => {
            let message = Text::new(
                "with `method = \"GET\"` this address says neither who is written to nor what",
                "`method = \"GET\"` 时，这个地址既没有收信人，也没有内容",
            );
            Diagnostic::new(codes::CHANNEL_NEEDS, place, message).help(
                "put `{to}` or `{message}` into `url`, or write `method = \"POST\"`",
                "在 `url` 里加上 `{to}` 或 `{message}`，或改成 `method = \"POST\"`",
            )
        }
        Clash::NoKeys => {
            let message = Text::new(
                "the service is to take each key only once, and finds no key in this body",
                "要求对方同一个 key 只收一次，但这个正文里没有 key",
            );
            Diagnostic::new(codes::CHANNEL_NEEDS, place, message).help(
                "put `{key}` into `body`, such as `\"key\": {key}`: a message may come again in another array; or take out `batch`",
                "在 `body` 里加上 `{key}`，例如 `\"key\": {key}`，因为同一条消息可能随另一个数组再来；或者删掉 `batch`",
            )
        }
    }
}

pub(in crate::project) fn neither_robot_nor_application(place: Place, section: &str) -> Diagnostic {
    let message = Text::new(
        "this WeCom channel says neither which group's robot nor which application sends",
        "这个企业微信渠道没有说明由群机器人还是由应用发送",
    );
    Diagnostic::new(codes::CHANNEL_NEEDS, place, message).help(
        format!(
            "in `[{section}]`, write `key_env` for a group's robot, or `corp_id`, `agent_id` and `secret_env` for an application"
        ),
        format!("在 `[{section}]` 里：群机器人写 `key_env`，应用写 `corp_id`、`agent_id` 和 `secret_env`"),
    )
}

pub(in crate::project) fn web_address(word: &Word, setting: &str, flaw: AddressFlaw) -> Diagnostic {
    let (address, flaw) = (without_secrets(&word.text), address_flaw(flaw));
    let message = Text::new(
        format!("`{address}` is not the address of a web service: {}", flaw.en),
        format!("`{address}` 不是网络服务的地址：{}", flaw.zh),
    );
    Diagnostic::new(codes::WEB_ADDRESS, word.place, message).help(
        format!(
            "write `{setting} = \"https://HOST/PATH\"`; places such as `{{to}}` may stand behind the host, secrets never in it"
        ),
        format!("写成 `{setting} = \"https://主机/路径\"`；`{{to}}` 之类的占位只能放在主机名之后，地址里不要写密钥"),
    )
}

fn address_flaw(flaw: AddressFlaw) -> Text {
    match flaw {
        AddressFlaw::Scheme => {
            Text::new("it does not begin with `https://` or `http://`", "没有以 `https://` 或 `http://` 开头")
        }
        AddressFlaw::User => Text::new("it has a user name before the host", "主机名前面写了用户名"),
        AddressFlaw::Host => Text::new("it names no host", "没有写出主机名"),
        AddressFlaw::ChangingHost => {
            Text::new("its host is not the same for all messages", "主机名不是对所有消息都一样")
        }
        AddressFlaw::Letter => Text::new("it has a space, a line break or a `#`", "里面有空格、换行或 `#`"),
    }
}

pub(in crate::project) fn unknown_place(word: &Word, setting: &str, name: &str) -> Diagnostic {
    let message = Text::new(
        format!("`{setting}` has a place `{{{name}}}`, which no message can fill"),
        format!("`{setting}` 里的占位 `{{{name}}}` 没有对应的内容"),
    );
    let names: Vec<_> = Field::ALL.iter().map(|field| field.name()).collect();
    let listed: Vec<_> = names.iter().map(|name| format!("`{{{name}}}`")).collect();
    let diagnostic = Diagnostic::new(codes::UNKNOWN_PLACE, word.place, message)
        .help(format!("there are {}", listed.join(", ")), format!("可以写 {}", listed.join("、")));
    suggestion_in(diagnostic, name, &names)
}

pub(in crate::project) fn secret_in_file(place: Place, setting: &str, by_env: &str) -> Diagnostic {
    let message = Text::new(
        format!("`{setting}` is a secret, and a project file is read by many"),
        format!("`{setting}` 是密钥，而项目文件很多人都能看到"),
    );
    Diagnostic::new(codes::SECRET_IN_FILE, place, message).help(
        format!(
            "put it into an environment variable or a file, write the name after `{by_env} =` or `{setting}_file =`, and have this secret replaced"
        ),
        format!("把它放进环境变量或文件，在 `{by_env} =` 或 `{setting}_file =` 后面写名字，并更换这个已经暴露的密钥"),
    )
}

/// The text is not repeated: it may be the secret itself.
pub(in crate::project) fn secret_header(field: &Word) -> Diagnostic {
    let name = &field.text;
    let message = Text::new(
        format!("the header `{name}` is a secret, and a project file is read by many"),
        format!("请求头 `{name}` 是密钥，而项目文件很多人都能看到"),
    );
    Diagnostic::new(codes::SECRET_IN_FILE, field.place, message).help(
        format!(
            "put the whole value into an environment variable or a file, write `headers = {{ {name} = {{ env = \"VARIABLE\" }} }}` or `{{ file = \"PATH\" }}`, and have this secret replaced"
        ),
        format!(
            "把整个值放进环境变量或文件，写成 `headers = {{ {name} = {{ env = \"变量名\" }} }}` 或 `{{ file = \"路径\" }}`，并更换这个已经暴露的密钥"
        ),
    )
}

pub(in crate::project) fn secret_twice(place: Place, by_env: &str, by_file: &str) -> Diagnostic {
    let message = Text::new(
        format!("`{by_env}` and `{by_file}` both say where the same secret is"),
        format!("`{by_env}` 和 `{by_file}` 都在说明同一个密钥在哪里"),
    );
    Diagnostic::new(codes::MISPLACED_SETTING, place, message)
        .help("keep the one that holds, take out the other", "保留真正使用的一个，删掉另一个")
}

/// The text is not repeated: it may be the secret itself.
pub(in crate::project) fn no_variable(place: Place, setting: &str) -> Diagnostic {
    let message = Text::new(
        format!("`{setting}` must be the name of an environment variable"),
        format!("`{setting}` 应该是环境变量的名字"),
    );
    Diagnostic::new(codes::SECRET_IN_FILE, place, message).help(
        "write a name such as `\"SMS_SECRET\"`, and the secret into that variable where rulec runs",
        "写变量名，例如 `\"SMS_SECRET\"`；密钥放进运行环境的这个变量里",
    )
}

pub(in crate::project) fn header_field(word: &Word) -> Diagnostic {
    let message = Text::new(
        format!("`{}` cannot be a header of a request", word.text.escape_debug()),
        format!("`{}` 不能作为请求头", word.text.escape_debug()),
    );
    Diagnostic::new(codes::HEADER_FIELD, word.place, message).help(
        "write `headers = { \"X-Shop\" = \"…\" }`, the name with letters, digits and `-`, the value on one line",
        "写成 `headers = { \"X-Shop\" = \"…\" }`，名字只用英文字母、数字和 `-`，值写在一行",
    )
}

pub(in crate::project) fn own_header(word: &Word) -> Diagnostic {
    let message = Text::new(
        format!("the header `{}` is written by rulec itself", word.text),
        format!("请求头 `{}` 由 rulec 自己填写", word.text),
    );
    Diagnostic::new(codes::HEADER_FIELD, word.place, message)
        .help("take it out of `headers`", "从 `headers` 里删掉它")
}

pub(in crate::project) fn robot_and_application(place: Place, setting: &str) -> Diagnostic {
    let message = Text::new(
        format!("`{setting}` belongs to an application, and this channel has the key of a group's robot"),
        format!("`{setting}` 属于应用，而这个渠道写的是群机器人的密钥"),
    );
    Diagnostic::new(codes::MISPLACED_SETTING, place, message).help(
        "keep `key_env` for a robot, or `corp_id`, `agent_id` and `secret_env` for an application; two channels can do both",
        "群机器人只留 `key_env`，应用只留 `corp_id`、`agent_id` 和 `secret_env`；两者都要就写成两个渠道",
    )
}

pub(in crate::project) fn robot_without_group(place: Place, section: &str) -> Diagnostic {
    let message = Text::new(
        "a robot speaks to everybody in its group, and this channel may name single customers",
        "机器人发的内容群里所有人都能看到，而这个渠道允许写出单个客户",
    );
    Diagnostic::new(codes::ROBOT_WITHOUT_GROUP, place, message).help(
        format!("add a line `group = true` to `[{section}]`: then no message can name anybody"),
        format!("在 `[{section}]` 里加一行 `group = true`，消息里就不能出现个人信息"),
    )
}

pub(in crate::project) fn mail_address(word: &Word, setting: &str) -> Diagnostic {
    let message = Text::new(
        format!("`{}` is not a mail address", word.text.escape_debug()),
        format!("`{}` 不是邮箱地址", word.text.escape_debug()),
    );
    Diagnostic::new(codes::MAIL_ADDRESS, word.place, message).help(
        format!("write `{setting} = \"Shop <news@shop.example>\"`, or the address alone"),
        format!("写成 `{setting} = \"店名 <news@shop.example>\"`，或只写邮箱地址"),
    )
}

pub(in crate::project) fn password_in_clear(place: Place) -> Diagnostic {
    let message = Text::new(
        "the password would go to the mail server in clear, where others can read it",
        "密码会以明文发给邮件服务器，途中可能被别人看到",
    );
    Diagnostic::new(codes::PASSWORD_IN_CLEAR, place, message).help(
        "take out `tls = \"none\"`: then the connection is encrypted; a private certificate is named by `ca_file`",
        "删掉 `tls = \"none\"`，连接就会加密；自签证书用 `ca_file` 指定",
    )
}

pub(in crate::project) fn secrets_in_clear(place: Place) -> Diagnostic {
    let message = Text::new(
        "the secrets of this channel would go over the network in clear, where others can read them",
        "这个渠道的密钥会以明文经过网络，途中可能被别人看到",
    );
    Diagnostic::new(codes::PASSWORD_IN_CLEAR, place, message).help(
        "write `https://…`; `http://…` only for `localhost` or a private address, such as `10.0.0.5`",
        "写成 `https://…`；`http://…` 只能用于 `localhost` 或内网地址，例如 `10.0.0.5`",
    )
}
