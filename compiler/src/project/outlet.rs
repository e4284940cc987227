//! What only some channels know: the settings of `[channels.NAME]` that depend on `kind` and `profile`.

use super::diagnostics as says;
use super::reader::{Item, Report, Section, Word, choice};
use super::{headers, mail};
use indexmap::IndexMap;
use rulec_diagnostic::Text;
use rulec_plan::outlet;
use rulec_plan::project::ChannelKind;
use rulec_plan::template::{Field, Template};
use toml::de::DeValue;

/// Names of profiles, each an owner of settings like a kind.
const PROFILES: &[(&str, &str)] = &[("aliyun", "aliyun"), ("tencent", "tencent"), ("kannel", "kannel")];
/// Those who call somebody.
const CALLED: &[&str] = &["webhook", "aliyun", "tencent", "kannel", "wecom", "smtp"];

/// How a setting is written.
#[derive(Clone, Copy)]
enum Shape {
    /// A text, a number, `true` or `false`.
    Plain,
    Flag,
    /// At least 1.
    Count,
    /// Above 0: `"10s"`, `"500ms"`; a number is seconds.
    Time,
    /// Of `http` or `https`; may have places behind the host.
    Address,
    /// The same without anything behind the host.
    Root,
    /// From 1 to as many messages as may stand in an array.
    Batch,
    /// A text with places.
    Places,
    /// The same as a table, or as a list whose members are then called `1`, `2`, ….
    PlacesByName,
    /// A table of header fields, some of them secrets, or a list of `"Name: value"`.
    Headers,
    /// A JSON pointer.
    Pointer,
    /// A JSON pointer, ` = `, and one or several values with ` | ` between them.
    Condition,
    /// The name of an environment variable that holds a secret.
    Variable,
    Choice(&'static [(&'static str, ())]),
    /// A list of what a message says.
    Columns,
    /// Of TCP.
    Port,
    /// `Name <name@host>`, or the address alone.
    Mailbox,
    /// One line, in which only `{shop}` is a place.
    Subject,
    /// Of `https` or `mailto`; may have places.
    Unsubscribe,
}

/// A setting, how it is written, and which kinds and profiles have it.
type Setting = (&'static str, Shape, &'static [&'static str]);

const SETTINGS: &[Setting] = &[
    ("path", Shape::Plain, &["file"]),
    ("format", Shape::Choice(&[("jsonl", ()), ("csv", ()), ("xlsx", ())]), &["file"]),
    ("columns", Shape::Columns, &["file"]),
    ("url", Shape::Address, &["webhook", "kannel", "wecom"]),
    ("url", Shape::Root, &["aliyun", "tencent"]),
    ("timeout", Shape::Time, CALLED),
    ("calls", Shape::Count, CALLED),
    ("method", Shape::Choice(&[("POST", ()), ("PUT", ()), ("GET", ())]), &["webhook"]),
    ("method", Shape::Choice(&[("POST", ()), ("GET", ())]), &["kannel"]),
    ("headers", Shape::Headers, &["webhook"]),
    ("body", Shape::Places, &["webhook"]),
    ("batch", Shape::Batch, &["webhook"]),
    ("idempotent", Shape::Flag, &["webhook", "smtp"]),
    ("id_pointer", Shape::Pointer, &["webhook"]),
    ("ok_when", Shape::Condition, &["webhook"]),
    ("later_when", Shape::Condition, &["webhook"]),
    ("sign_name", Shape::Plain, &["aliyun", "tencent"]),
    ("template_code", Shape::Plain, &["aliyun"]),
    ("template_id", Shape::Plain, &["tencent"]),
    ("template_params", Shape::PlacesByName, &["aliyun", "tencent"]),
    ("sdk_app_id", Shape::Plain, &["tencent"]),
    ("region", Shape::Plain, &["tencent"]),
    ("username", Shape::Plain, &["kannel"]),
    ("dlr_mask", Shape::Count, &["kannel"]),
    ("dlr_url", Shape::Plain, &["kannel"]),
    ("host", Shape::Plain, &["smtp"]),
    ("port", Shape::Port, &["smtp"]),
    ("tls", Shape::Choice(&[("required", ()), ("implicit", ()), ("none", ())]), &["smtp"]),
    ("ca_file", Shape::Plain, CALLED),
    ("from", Shape::Mailbox, &["smtp"]),
    ("from", Shape::Plain, &["kannel"]),
    ("reply_to", Shape::Mailbox, &["smtp"]),
    ("subject", Shape::Subject, &["smtp"]),
    ("list_unsubscribe", Shape::Unsubscribe, &["smtp"]),
    ("corp_id", Shape::Plain, &["wecom"]),
    ("agent_id", Shape::Count, &["wecom"]),
    ("format", Shape::Choice(&[("markdown", ()), ("text", ())]), &["wecom"]),
];

/// What nobody may read in the file: `STEM_env` names a variable that holds it, `STEM_file` a file.
const SECRETS: &[(&str, &str, &str, &[&str])] = &[
    ("secret", "secret_env", "secret_file", &["webhook", "wecom"]),
    ("key", "key_env", "key_file", &["wecom"]),
    ("access_key_id", "access_key_id_env", "access_key_id_file", &["aliyun"]),
    ("access_key_secret", "access_key_secret_env", "access_key_secret_file", &["aliyun"]),
    ("secret_id", "secret_id_env", "secret_id_file", &["tencent"]),
    ("secret_key", "secret_key_env", "secret_key_file", &["tencent"]),
    ("user", "user_env", "user_file", &["smtp"]),
    ("password", "password_env", "password_file", &["smtp", "kannel"]),
];

/// What does not work without one of these settings. Of several the first is the one that is asked for.
const NEEDS: &[(&str, &[&str])] = &[
    ("webhook", &["url"]),
    ("kannel", &["url"]),
    ("kannel", &["username"]),
    ("kannel", &["password_env", "password_file"]),
    ("aliyun", &["access_key_id_env", "access_key_id_file"]),
    ("aliyun", &["access_key_secret_env", "access_key_secret_file"]),
    ("aliyun", &["sign_name"]),
    ("aliyun", &["template_code"]),
    ("tencent", &["secret_id_env", "secret_id_file"]),
    ("tencent", &["secret_key_env", "secret_key_file"]),
    ("tencent", &["sdk_app_id"]),
    ("tencent", &["template_id"]),
    ("smtp", &["host"]),
    ("smtp", &["from"]),
    ("smtp", &["subject"]),
];

/// What only this kind of channel knows: each setting as written, the members of a table as `TABLE.MEMBER`, those of a
/// list as `LIST.1`. What others know is reported.
pub(super) fn settings(
    kind: ChannelKind,
    section: &mut Section<'_>,
    report: &mut Report,
) -> Option<IndexMap<String, String>> {
    let owner = owner(kind, section, report)?;
    let mut read = IndexMap::new();
    if owner.is_profile {
        read.insert("profile".to_owned(), owner.name.to_owned());
    }
    for (place, (name, ..)) in SETTINGS.iter().enumerate() {
        if SETTINGS[..place].iter().all(|(before, ..)| before != name) {
            of_several(section, name, &owner, &mut read, report);
        }
    }
    for (stem, by_env, by_file, owners) in SECRETS {
        setting(section, by_env, Shape::Variable, &owner, owners, &mut read, report);
        setting(section, by_file, Shape::Plain, &owner, owners, &mut read, report);
        refuse_secret(section, stem, by_env, &owner, owners, report);
        refuse_both(section, by_env, by_file, &read, report);
    }
    check_needs(&owner, section, &read, report);
    check_secrecy(&owner, section, &read, report);
    Some(read)
}

/// Whose settings a channel has.
struct Owner {
    /// Of its profile, else of its kind.
    name: &'static str,
    is_profile: bool,
}

/// None if the profile is none.
fn owner(kind: ChannelKind, section: &mut Section<'_>, report: &mut Report) -> Option<Owner> {
    let kind = super::channels::kind_name(kind);
    let owner = Owner { name: kind, is_profile: false };
    let Some(profile) = section.text("profile", report) else { return Some(owner) };
    if kind != "webhook" {
        let place = section.key_place("profile", report).unwrap_or(profile.place);
        report.add(says::misplaced_setting(place, "profile", kind, &["webhook"]));
        return Some(owner);
    }
    choice(&profile, "profile", PROFILES, report).map(|name| Owner { name, is_profile: true })
}

/// A setting that may be written otherwise by each of its owners.
fn of_several(
    section: &mut Section<'_>,
    name: &'static str,
    owner: &Owner,
    read: &mut IndexMap<String, String>,
    report: &mut Report,
) {
    let same: Vec<_> = SETTINGS.iter().filter(|(other, ..)| *other == name).collect();
    let owners: Vec<_> = same.iter().flat_map(|(.., owners)| owners.iter().copied()).collect();
    let own = same.iter().find(|(.., owners)| owners.contains(&owner.name));
    let shape = own.map_or(Shape::Plain, |(_, shape, _)| *shape);
    setting(section, name, shape, owner, &owners, read, report);
}

fn setting(
    section: &mut Section<'_>,
    name: &'static str,
    shape: Shape,
    owner: &Owner,
    owners: &[&str],
    read: &mut IndexMap<String, String>,
    report: &mut Report,
) {
    let Some(item) = section.item(name, report) else { return };
    if owners.contains(&owner.name) {
        shaped(item, name, shape, read, report);
    } else {
        let place = section.key_place(name, report).unwrap_or(item.place);
        report.add(says::misplaced_setting(place, name, owner.name, owners));
    }
}

/// A secret that stands in the file itself.
fn refuse_secret(
    section: &mut Section<'_>,
    stem: &'static str,
    by_env: &str,
    owner: &Owner,
    owners: &[&str],
    report: &mut Report,
) {
    let Some(place) = section.key_place(stem, report) else { return };
    if owners.contains(&owner.name) {
        section.item(stem, report);
        report.add(says::secret_in_file(place, stem, by_env));
    }
}

/// A secret from two places, which may not be the same.
fn refuse_both(
    section: &Section<'_>,
    by_env: &str,
    by_file: &str,
    read: &IndexMap<String, String>,
    report: &mut Report,
) {
    let both = read.contains_key(by_env) && read.contains_key(by_file);
    if let (true, Some(place)) = (both, section.key_place(by_file, report)) {
        report.add(says::secret_twice(place, by_env, by_file));
    }
}

/// Secrets that go out with every request would be read on the way.
fn check_secrecy(
    owner: &Owner,
    section: &mut Section<'_>,
    read: &IndexMap<String, String>,
    report: &mut Report,
) {
    let says_secrets = match owner.name {
        "wecom" | "kannel" => true,
        "webhook" => {
            read.keys().any(|name| name.starts_with("headers.") && name.contains(outlet::SECRET_MARK))
        }
        // Others sign with theirs.
        _ => false,
    };
    let in_clear = read.get("url").is_some_and(|url| outlet::is_in_clear(url));
    if says_secrets
        && in_clear
        && let Some(item) = section.item("url", report)
    {
        report.add(says::secrets_in_clear(item.place));
    }
}

fn check_needs(owner: &Owner, section: &Section<'_>, read: &IndexMap<String, String>, report: &mut Report) {
    let is_there = |name: &&str| read.contains_key(*name) || section.key_place(name, report).is_some();
    let needs = NEEDS.iter().filter(|(name, _)| *name == owner.name);
    let missing: Vec<_> =
        needs.filter(|(_, any)| !any.iter().any(&is_there)).map(|(_, any)| any[0]).collect();
    for name in missing {
        report.add(says::channel_needs(section.place, owner.name, &section.path, name));
    }
    match owner.name {
        "webhook" => check_webhook(section, read, report),
        "wecom" => check_wecom(section, read, report),
        "file" => check_file(section, read, report),
        "smtp" => mail::check(section, read, report),
        _ => {}
    }
}

/// What does not go together.
fn check_webhook(section: &Section<'_>, read: &IndexMap<String, String>, report: &mut Report) {
    if let Some(clash) = outlet::clash(|name| read.get(name).map(String::as_str)) {
        let place = section.key_place(clash.setting(), report).unwrap_or(section.place);
        report.add(says::web_hook_clash(place, clash));
    }
}

/// Either a group's robot, which has a key, or an application, which has an id and a secret.
fn check_wecom(section: &Section<'_>, read: &IndexMap<String, String>, report: &mut Report) {
    let has = |name: &str| read.contains_key(name);
    let robot = has("key_env") || has("key_file");
    let application = ["corp_id", "agent_id", "secret_env", "secret_file"].into_iter().find(|name| has(name));
    match (robot, application) {
        (true, Some(setting)) => {
            let place = section.key_place(setting, report).unwrap_or(section.place);
            report.add(says::robot_and_application(place, setting));
        }
        (true, None) => {}
        (false, None) => report.add(says::neither_robot_nor_application(section.place, &section.path)),
        (false, Some(_)) => {
            for (name, other) in
                [("corp_id", "corp_id"), ("agent_id", "agent_id"), ("secret_env", "secret_file")]
            {
                if !has(name) && !has(other) {
                    report.add(says::channel_needs(section.place, "wecom", &section.path, name));
                }
            }
        }
    }
}

/// Lines have no columns.
fn check_file(section: &Section<'_>, read: &IndexMap<String, String>, report: &mut Report) {
    let is_table = matches!(read.get("format").map(String::as_str), Some("csv" | "xlsx"));
    if let (false, Some(place)) = (is_table, section.key_place("columns", report)) {
        report.add(says::setting_without(place, "columns", "format"));
    }
}

/// Puts a setting among those that were read, or reports what is wrong with it.
fn shaped(
    item: Item<'_>,
    name: &str,
    shape: Shape,
    read: &mut IndexMap<String, String>,
    report: &mut Report,
) {
    match shape {
        Shape::PlacesByName => members(item, name, read, report),
        Shape::Headers => headers::read(item, name, read, report),
        Shape::Columns => columns(item, name, read, report),
        _ => {
            if let Some(text) = scalar(item, name, report)
                && is_right(&Word { text: text.clone(), place: item.place }, item, name, shape, report)
            {
                read.insert(name.to_owned(), text);
            }
        }
    }
}

/// A text, a whole number or a truth, as written.
fn scalar(item: Item<'_>, key: &str, report: &mut Report) -> Option<String> {
    match item.value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.to_string()),
        DeValue::Boolean(truth) => Some(truth.to_string()),
        _ => {
            let expected =
                Text::new("a text, a whole number, `true` or `false`", "文本、整数、`true` 或 `false`");
            report.add(says::wrong_value(item, key, &expected));
            None
        }
    }
}

/// Whether this is what the setting must be; reports what is not.
fn is_right(word: &Word, item: Item<'_>, name: &str, shape: Shape, report: &mut Report) -> bool {
    let text = word.text.as_str();
    let expected = match shape {
        Shape::Flag => {
            (!matches!(text, "true" | "false")).then(|| Text::new("`true` or `false`", "`true` 或 `false`"))
        }
        Shape::Batch if (1..=outlet::LARGEST_BATCH).contains(&text.parse().unwrap_or(0)) => None,
        Shape::Batch => {
            let most = outlet::LARGEST_BATCH;
            Some(Text::new(format!("a whole number from 1 to {most}"), format!("1 到 {most} 之间的整数")))
        }
        Shape::Count if text.parse::<u32>().is_ok_and(|count| count > 0) => None,
        Shape::Count => {
            report.add(says::no_count(item, name));
            return false;
        }
        Shape::Time => (outlet::time_out(text).is_none()).then(|| {
            Text::new("a time of at most an hour, such as `\"10s\"`", "不超过一小时的时长，例如 `\"10s\"`")
        }),
        Shape::Pointer => (!outlet::is_pointer(text)).then(|| {
            Text::new(
                "the way to a field of the answer, such as `\"/data/id\"`",
                "应答里字段的路径，例如 `\"/data/id\"`",
            )
        }),
        Shape::Condition => (outlet::Condition::parse(text).is_none()).then(|| {
            Text::new(
                "a field of the answer and its value, such as `\"/code = 0\"`",
                "应答里的字段和值，例如 `\"/code = 0\"`",
            )
        }),
        Shape::Choice(choices) => return choice(word, name, choices, report).is_some(),
        Shape::Variable => return is_variable(word, name, report),
        Shape::Address => return is_address(word, name, report),
        Shape::Root if !is_address(word, name, report) => return false,
        Shape::Root => (!outlet::is_root(text)).then(|| {
            Text::new(
                "an address without a path, such as `https://HOST`",
                "不带路径的地址，例如 `https://主机`",
            )
        }),
        Shape::Places => return has_places(word, name, report),
        Shape::Mailbox => return mail::is_mailbox(word, name, report),
        Shape::Unsubscribe => return mail::is_unsubscribe(word, name, report),
        Shape::Port => text
            .parse::<u16>()
            .map_or(true, |port| port == 0)
            .then(|| Text::new("a port from 1 to 65535, such as 465", "1 到 65535 之间的端口，例如 465")),
        Shape::Subject => (!mail::is_subject(text)).then(|| {
            Text::new("one line of text, without places but `{shop}`", "一行文本，占位只能用 `{shop}`")
        }),
        Shape::Plain | Shape::PlacesByName | Shape::Headers | Shape::Columns => None,
    };
    if let Some(expected) = &expected {
        report.add(says::wrong_text(word, name, expected));
    }
    expected.is_none()
}

/// The name of a variable; what cannot be one may be the secret itself, and is not repeated.
pub(super) fn is_variable(word: &Word, name: &str, report: &mut Report) -> bool {
    let mut letters = word.text.chars();
    let named = letters.next().is_some_and(|letter| letter.is_ascii_alphabetic() || letter == '_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    if !named {
        report.add(says::no_variable(word.place, name));
    }
    named
}

/// A web address whose host is the same for all messages, so that no customer's data can choose who gets a message.
pub(super) fn is_address(word: &Word, name: &str, report: &mut Report) -> bool {
    if !has_places(word, name, report) {
        return false;
    }
    let Ok(address) = Template::parse(&word.text) else { return false };
    let host = outlet::host(&address);
    if let Err(flaw) = host {
        report.add(says::web_address(word, name, flaw));
    }
    host.is_ok()
}

/// Whether all names in braces are known.
pub(super) fn has_places(word: &Word, name: &str, report: &mut Report) -> bool {
    match Template::parse(&word.text) {
        Ok(_) => true,
        Err(unknown) => {
            report.add(says::unknown_place(word, name, &unknown.0));
            false
        }
    }
}

/// The members of a table by their names, or those of a list by their numbers.
fn members(item: Item<'_>, name: &str, read: &mut IndexMap<String, String>, report: &mut Report) {
    let mut add = |member: &str, item: Item<'_>, report: &mut Report| {
        let Some(word) = item.text(name, report) else { return };
        if has_places(&word, name, report) {
            read.insert(format!("{name}.{member}"), word.text);
        }
    };
    if let Some(table) = item.value.as_table() {
        for entry in Section::new(String::new(), item.place, table).entries() {
            add(entry.name(), entry.item(report), report);
        }
    } else if let Some(list) = item.value.as_array() {
        for (number, value) in list.iter().enumerate() {
            let place = report.place(value.span());
            add(&(number + 1).to_string(), Item { value: value.get_ref(), place }, report);
        }
    } else {
        let expected = Text::new("a table or a list of texts", "由文本组成的表或列表");
        report.add(says::wrong_value(item, name, &expected));
    }
}

/// Names of what a message says, by their numbers.
fn columns(item: Item<'_>, name: &str, read: &mut IndexMap<String, String>, report: &mut Report) {
    let known: Vec<_> = Field::ALL.iter().map(|field| (field.name(), ())).collect();
    for (number, column) in item.texts(name, report).unwrap_or_default().iter().enumerate() {
        if choice(column, name, &known, report).is_some() {
            read.insert(format!("{name}.{}", number + 1), column.text.clone());
        }
    }
}
