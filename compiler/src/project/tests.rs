use super::*;
use rulec_diagnostic::{Language, codes};
use rulec_plan::campaign::Share;
use rulec_plan::project::{
    Approvals, ChannelKind, Escape, FactKind, Guards, InQuiet, LintLevel, MoneyUnit, Source, TimeFormat,
    ZoneKey,
};
use rulec_plan::time::{Day, Duration, HOUR, Zone};

/// Sections that a text needs to be complete, added where it does not have them itself.
const REST: &[(&str, &str)] = &[
    ("project", "[project]\nname = \"shop\"\ntimezone = \"Asia/Shanghai\"\n"),
    ("database", "[database]\nurl = \"sqlite:shop.db\"\n"),
    ("customer", "[customer]\ntable = \"customers\"\nkey = \"id\"\n[customer.facts]\nphone = \"text\"\n"),
];

fn completed(text: &str) -> String {
    let mut whole = format!("{text}\n");
    for (section, rest) in REST {
        if !text.contains(&format!("[{section}]")) {
            whole.push_str(rest);
        }
    }
    whole
}

fn read(text: &str) -> Project {
    let (project, found) = parse(FileId::default(), &completed(text));
    assert!(!found.iter().any(Diagnostic::is_error), "{text}\n{found:#?}");
    project.unwrap()
}

/// Code and marked text of everything found in a text that is completed first.
fn findings(text: &str) -> Vec<(&'static str, String)> {
    let whole = completed(text);
    let (project, found) = parse(FileId::default(), &whole);
    assert_eq!(project.is_some(), !found.iter().any(Diagnostic::is_error));
    let marked = |finding: &Diagnostic| whole[finding.place.unwrap().span.range()].to_owned();
    found.iter().map(|finding| (finding.code.name(), marked(finding))).collect()
}

fn finds(text: &str, code: &'static str, marked: &str) {
    assert_eq!(findings(text), [(code, marked.to_owned())], "{text}");
}

fn blocks<'a>(page: &'a str, kind: &str) -> Vec<&'a str> {
    let fence = format!("```toml {kind}\n");
    page.split(&fence).skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

#[test]
fn the_examples_of_every_page_are_what_the_page_says() {
    // From P0101 on they are about the command line, but for those of channels.
    let of_files = |name: &str| name < "P0100" || ("P0140".."P0160").contains(&name);
    for code in codes::project::ALL.iter().filter(|code| of_files(code.name())) {
        for language in [Language::En, Language::Zh] {
            let page = code.page(language);
            let (bad, good) = (blocks(page, "bad"), blocks(page, "good"));
            assert!(!bad.is_empty() && !good.is_empty(), "{page}");
            for block in bad {
                let codes: Vec<_> = findings(block).into_iter().map(|(code, _)| code).collect();
                assert_eq!(codes, [code.name()], "{block}");
                let (_, found) = parse(FileId::default(), &completed(block));
                let helps = found.into_iter().map(|finding| finding.help.unwrap_or_default());
                assert!(helps.into_iter().all(|help| !help.en.is_empty() && !help.zh.is_empty()), "{block}");
            }
            for block in good {
                assert_eq!(findings(block), [], "{block}");
            }
        }
    }
}

#[test]
fn the_standard_shop_is_sound() {
    let (project, found) = parse(FileId::default(), STANDARD);
    assert_eq!(found, []);
    let project = project.unwrap();
    assert_eq!(project, standard());
    assert!(project.customer.facts["phone"].personal && project.customer.facts["birthday"].yearly);
    assert_eq!(
        project.channels.keys().collect::<Vec<_>>(),
        ["sms", "email", "wecom", "miniapp", "push", "app"]
    );
}

#[test]
fn a_file_with_everything_is_read_in_its_order() {
    let project = read(FULL);
    assert_eq!((project.name.as_str(), project.shop.as_str()), ("winback", "好物"));
    assert_eq!(project.customer.source, Source::Query("SELECT * FROM c".to_owned()));
    assert_eq!(project.customer.filter.as_deref(), Some("deleted = 0"));
    assert_eq!(
        project.customer.facts.keys().collect::<Vec<_>>(),
        ["生日", "level", "balance", "tags", "since", "phone", "zone"]
    );
    let kind = |name: &str| project.customer.facts[name].kind.clone();
    assert_eq!(kind("生日"), FactKind::Date { format: TimeFormat::Date(ZoneKey(project.zone)) });
    assert_eq!(kind("balance"), FactKind::Number { decimals: 2 });
    assert_eq!(kind("tags"), FactKind::Set { separator: "|".to_owned() });
    assert_eq!(kind("since"), FactKind::Time { format: TimeFormat::Iso(ZoneKey(Zone::UTC)) });
    assert_eq!(project.customer.facts["level"].column, "tier");
    let orders = &project.events["orders"];
    assert_eq!((orders.time.column.as_str(), orders.time.format), ("at", TimeFormat::UnixMillis));
    assert_eq!(orders.facts["amount"].kind, FactKind::Money { unit: MoneyUnit::Cent });
    assert_eq!(project.events["browse"].time.format, TimeFormat::Iso(ZoneKey(project.zone)));
    assert_eq!(project.lookups["weather"].key, "city");
    assert_eq!(
        project.holidays["店庆"],
        [Day::from_ymd(2026, 5, 1).unwrap(), Day::from_ymd(2027, 5, 1).unwrap()]
    );
    assert_eq!(project.lints["overlap"], LintLevel::Allow);
    let sms = &project.channels["sms"];
    assert_eq!((sms.kind, sms.price_micros, sms.rate), (ChannelKind::Webhook, 45_000, Some(10.0)));
    assert_eq!((sms.quiet, sms.address.as_deref()), (Some((21 * 60, 9 * 60 + 30)), Some("phone")));
    assert_eq!(
        (sms.settings["url"].as_str(), sms.settings["timeout"].as_str()),
        ("https://example.com", "10")
    );
    assert_eq!((sms.in_quiet, sms.sms_parts, sms.escape), (InQuiet::Skip, false, Escape::None));
    assert!(project.channels["group"].group);
    assert_eq!(project.channels["mail"].escape, Escape::Html);
    assert_eq!(project.customer.zone.as_deref(), Some("zone"));
    assert_eq!(
        (project.guards.max_audience, project.guards.max_change),
        (Some(50_000), Some(Share(12_500_000_000)))
    );
    let approvals = &project.approvals;
    assert_eq!((approvals.needed, approvals.max_age), (2, Some(Duration::Exact { micros: 24 * HOUR })));
    assert_eq!(approvals.approvers.keys().collect::<Vec<_>>(), ["alice", "小王"]);
    assert!(approvals.approvers["alice"].starts_with("ab00"));
}

const FULL: &str = r#"
[project]
name = "winback"
shop = "好物"
timezone = "Asia/Shanghai"
rules = ["*.rules"]
[state]
url = "postgres://rulec@db/state"
[customer]
query = "SELECT * FROM c"
key = "id"
where = "deleted = 0"
zone = "zone"
[customer.facts]
"生日" = "date"
level = { column = "tier", type = "enum", values = ["金", "银"] }
balance = { type = "number", decimals = 2 }
tags = { type = "set", separator = "|" }
since = { type = "time", zone = "UTC" }
phone = "text"
zone = "text"
[events.orders]
table = "orders"
customer = "customer_id"
time = { column = "at", format = "unix_ms" }
[events.orders.facts]
amount = { type = "money", unit = "cent" }
[events.browse]
table = "views"
customer = "customer_id"
time = "seen_at"
[lookups.weather]
table = "weather"
key = "city"
[lookups.weather.facts]
temperature = "number"
[channels.sms]
kind = "webhook"
url = "https://example.com"
timeout = 10
address = "phone"
price = "0.045"
rate = "600/min"
quiet = "21:00..9:30"
in_quiet = "skip"
billing = "message"
[channels.group]
group = true
[channels.mail]
kind = "smtp"
host = "smtp.example.com"
from = "news@shop.example"
subject = "{shop}"
[plan]
max_audience = 50_000
max_change = "12.5%"
[apply]
approvals = 2
max_age = "24h"
[apply.approvers]
alice = "AB00000000000000000000000000000000000000000000000000000000000001"
"小王" = "0000000000000000000000000000000000000000000000000000000000000002"
[calendar]
holidays."店庆" = [2027-05-01, "2026-05-01"]
[lints]
overlap = "allow"
"#;

#[test]
fn what_is_not_said_has_a_default() {
    let project = read("");
    assert_eq!((project.shop.as_str(), project.currency.as_str()), ("shop", "CNY"));
    assert_eq!((project.state.as_str(), project.rules.as_slice()), (STATE, [RULES.to_owned()].as_slice()));
    assert!(project.channels.is_empty() && project.events.is_empty());
    let channel = &read("[channels.sms]").channels["sms"];
    assert_eq!((channel.kind, channel.price_micros, channel.rate), (ChannelKind::File, 0, None));
    assert!(channel.sms_parts && !read("[channels.push]").channels["push"].sms_parts);
    assert_eq!((project.guards, project.approvals), (Guards::default(), Approvals::default()));
}

const STATE: &str = "sqlite:.rulec/state.db";
const RULES: &str = "rules/**/*.rules";

#[test]
fn every_mistake_is_marked_where_it_stands() {
    finds("[channels.sms]\nkind = \"fiel\"", "P0010", "\"fiel\"");
    finds("[channels.sms]\nquiet = \"21:00..21:00\"", "P0016", "\"21:00..21:00\"");
    finds("[channels.sms]\nquiet = \"24:00..09:00\"", "P0016", "\"24:00..09:00\"");
    finds("[channels.sms]\nrate = \"0/s\"", "P0017", "\"0/s\"");
    finds("[channels.sms]\nprice = 0.0000001", "P0018", "0.0000001");
    finds("[channels.sms]\nprice = -1", "P0018", "-1");
    finds("[channels.sms]\nprice = 1e3", "P0018", "1e3");
    finds("[channels.any]", "P0015", "any");
    finds("[channels.sms]\npath = \"a\"\nport = 25", "P0020", "port");
    finds("[channels]\nsms = \"file\"", "P0005", "\"file\"");
    finds("[database]\nurl = \"postgre://h/d\"", "P0019", "\"postgre://h/d\"");
    finds("[state]\nurl = \"sc://h\"", "P0019", "\"sc://h\"");
    finds("[lints]\noverlap = \"forbid\"", "P0010", "\"forbid\"");
    finds("[calendar.holidays]\nx = [\"2026-02-30\"]", "P0021", "\"2026-02-30\"");
    finds("[events.e]\ntable = \"t\"\ncustomer = \"c\"", "P0006", "e");
    finds("[events.e]\ncustomer = \"c\"\ntime = \"t\"", "P0011", "e");
    finds("[events.e]\ntable = \"t\"\ncustomer = \"c\"\ntime = \"t\"\nfacts.at = \"time\"", "P0015", "at");
    finds("events = 3", "P0005", "3");
    finds("[channels.sms]\nin_quiet = \"skip\"", "P0020", "in_quiet");
    finds("[channels.sms]\nbilling = \"parts\"", "P0010", "\"parts\"");
    finds("[plan]\nmax_audience = 0", "P0005", "0");
    finds("[plan]\nmax_change = \"0%\"", "P0005", "\"0%\"");
    finds("[plan]\nmax_change = \"20\"", "P0005", "\"20\"");
    finds("[apply]\nmax_age = \"a day\"", "P0005", "\"a day\"");
    finds("[apply]\napprovals = 1", "P0027", "1");
    finds("[apply.approvers]\nalice = \"12\"", "P0005", "\"12\"");
}

#[test]
fn settings_of_channels_are_read_as_their_kind_and_profile_have_them() {
    let hook = "[channels.push]\nkind = \"webhook\"\nurl = \"https://h/{to}\"\n";
    let all = "timeout = \"500ms\"\ncalls = 4\nmethod = \"PUT\"\nidempotent = true\nbatch = 10\n\
        body = '{\"n\": {\"to\": {to}, \"key\": {key}}}'\nid_pointer = \"/id\"\nok_when = \"/code = 0 | OK\"\n\
        headers = { \"X-Shop\" = \"tea {rule}\", Accept = \"a/b\" }\nsecret_file = \"s\"";
    let settings = &read(&format!("{hook}{all}")).channels["push"].settings;
    let get = |name: &str| settings.get(name).map(String::as_str);
    assert_eq!(
        (get("url"), get("calls"), get("idempotent")),
        (Some("https://h/{to}"), Some("4"), Some("true"))
    );
    assert_eq!((get("headers.X-Shop"), get("headers.Accept")), (Some("tea {rule}"), Some("a/b")));
    let list = &read(&format!("{hook}headers = [\"X-A: b: c\"]")).channels["push"].settings;
    assert_eq!(list.get("headers.X-A").map(String::as_str), Some("b: c"));

    let tencent = "[channels.sms]\nkind = \"webhook\"\nprofile = \"tencent\"\nsecret_id_env = \"A\"\n\
        secret_key_file = \"b\"\nsdk_app_id = 1400\ntemplate_id = \"7\"\n\
        template_params = [\"{message}\", \"{code}\"]";
    let settings = &read(tencent).channels["sms"].settings;
    let params = [&settings["template_params.1"], &settings["template_params.2"]];
    assert_eq!((params, &*settings["profile"]), ([&"{message}".to_owned(), &"{code}".to_owned()], "tencent"));
}

#[test]
fn mistakes_in_settings_of_channels_are_marked_where_they_stand() {
    let hook = |text: &str, code, marked: &str| {
        finds(&format!("[channels.x]\nkind = \"webhook\"\nurl = \"https://h/p\"\n{text}"), code, marked);
    };
    hook("timeout = \"1h\"", "P0005", "\"1h\"");
    hook("timeout = 0", "P0005", "0");
    hook("calls = 0", "P0005", "0");
    hook("idempotent = \"yes\"", "P0005", "\"yes\"");
    hook("method = \"DELETE\"", "P0010", "\"DELETE\"");
    hook("id_pointer = \"id\"", "P0005", "\"id\"");
    hook("ok_when = \"/code\"", "P0005", "\"/code\"");
    hook("body = \"{mesage}\"", "P0142", "\"{mesage}\"");
    hook("secret = \"k\"", "P0143", "secret");
    hook("secret_env = \"k3y!\"", "P0143", "\"k3y!\"");
    hook("headers = { Host = \"h\" }", "P0144", "\"h\"");
    hook("headers = [\"X: a\\nb\"]", "P0144", "\"X: a\\nb\"");
    hook("headers = 1", "P0005", "1");
    hook("headers = { Authorization = { env = \"a b\" } }", "P0143", "\"a b\"");
    hook("headers = { Authorization = {} }", "P0005", "{}");
    hook("headers = { Authorization = { var = \"A\", env = \"A\" } }", "P0004", "var");
    hook("headers = { Authorization = { env = \"A\", file = \"f\" } }", "P0020", "\"f\"");
    hook("headers = { Host = { env = \"A\" } }", "P0144", "Host");
    hook("headers = { Content-Type = { env = \"A\" } }", "P0144", "Content-Type");
    hook("secret_env = \"A\"\nsecret_file = \"f\"", "P0020", "secret_file");
    hook("sign_name = \"店\"", "P0020", "sign_name");
    hook("profile = \"aliyn\"", "P0010", "\"aliyn\"");
    hook("batch = 0", "P0005", "0");
    hook("batch = 1001", "P0005", "1001");
    hook("method = \"GET\"", "P0140", "url");
    hook("method = \"GET\"\nbody = \"{to}\"", "P0020", "body");
    hook("method = \"GET\"\nbatch = 2", "P0020", "batch");
    hook("method = \"GET\"\nsecret_env = \"S\"", "P0020", "secret_env");
    hook("batch = 2\nidempotent = true\nbody = '{\"to\": {to}}'", "P0140", "body");
    for url in [
        "ftp://h/p",
        "https://",
        "https://{to}/p",
        "https://h{to}",
        "https://u:p@h/",
        "https://h/#a",
        "https://h/a b",
    ] {
        let marked = format!("\"{url}\"");
        finds(&format!("[channels.x]\nkind = \"webhook\"\nurl = {marked}"), "P0141", &marked);
    }
    let secret = "http://user:pa55w0rd@127.0.0.1:1/m?token=SECRET";
    for text in ["[channels.x]\nkind = \"webhook\"\nurl = \"{}\"", "[database]\nurl = \"{}\""] {
        let (_, found) = parse(FileId::default(), &completed(&text.replace("{}", secret)));
        let said = format!("{found:?}");
        assert!(said.contains("http://…@127.0.0.1:1/m?…"), "{said}");
        assert!(!said.contains("pa55w0rd") && !said.contains("SECRET"), "{said}");
    }
    let aliyun = "[channels.x]\nkind = \"webhook\"\nprofile = \"aliyun\"\naccess_key_id_env = \"A\"\n\
        access_key_secret_env = \"B\"\nsign_name = \"s\"\ntemplate_code = \"t\"\nurl = ";
    finds(&format!("{aliyun}\"https://h/sms\""), "P0005", "\"https://h/sms\"");
    finds("[channels.x]\nprofile = \"kannel\"", "P0020", "profile");
    finds("[channels.x]\nkind = \"wecom\"", "P0140", "x");
    finds("[channels.x]\nkind = \"wecom\"\ncorp_id = \"c\"\nsecret_env = \"S\"", "P0140", "x");
    finds("[channels.x]\nkind = \"wecom\"\ngroup = true\nkey_env = \"K\"\nagent_id = 1", "P0020", "agent_id");
}

#[test]
fn settings_of_files_and_mails_are_read() {
    let settings = |text: &str| {
        let project = read(&format!("[channels.x]\n{text}"));
        project.channels["x"].settings.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>()
    };
    assert_eq!(
        settings("format = \"csv\"\ncolumns = [\"to\", \"code\"]"),
        ["format=csv", "columns.1=to", "columns.2=code"]
    );
    assert_eq!(
        settings("kind = \"smtp\"\nhost = \"h\"\nfrom = \"a@b\"\nsubject = \"{shop}: new\"\nport = 465"),
        ["host=h", "port=465", "from=a@b", "subject=shop: new"]
    );
}

#[test]
fn mistakes_in_settings_of_files_and_mails_are_marked() {
    finds("[channels.x]\nformat = \"markdown\"", "P0010", "\"markdown\"");
    finds("[channels.x]\nformat = \"xlsx\"\ncolumns = [\"phone\"]", "P0010", "\"phone\"");
    finds("[channels.x]\ncolumns = [\"to\"]", "P0020", "columns");
    finds("[channels.x]\nsubject = \"s\"", "P0020", "subject");
    let mail = |text: &str, code, marked: &str| {
        let mut all = "[channels.x]\nkind = \"smtp\"\n".to_owned();
        for (setting, usual) in [("host", "h"), ("from", "a@b"), ("subject", "s")] {
            if !text.contains(&format!("{setting} =")) {
                all.push_str(&format!("{setting} = \"{usual}\"\n"));
            }
        }
        finds(&(all + text), code, marked);
    };
    for from in ["shop", "a@", "@b", "a b@c", "Shop <a@b", "a@b@c", "a@b\\nBcc: x@y", "x\\ny <a@b>", "a@b..c"]
    {
        mail(&format!("from = \"{from}\""), "P0150", &format!("\"{from}\""));
    }
    for subject in ["", "{name}", "a\\nb"] {
        mail(&format!("subject = \"{subject}\""), "P0005", &format!("\"{subject}\""));
    }
    for unsubscribe in ["http://h/{key}", "mailto:nobody", "mailto:a@b, <c@d>"] {
        mail(&format!("list_unsubscribe = \"{unsubscribe}\""), "P0005", &format!("\"{unsubscribe}\""));
    }
    mail("port = 65536", "P0005", "65536");
    mail("user_env = \"U\"", "P0140", "x");
    mail("password = \"hunter2\"", "P0143", "password");
    mail("tls = \"none\"\nuser_env = \"U\"\npassword_env = \"P\"", "P0151", "tls");
}

#[test]
fn a_header_that_lets_somebody_in_is_a_secret() {
    let hook = |headers: &str| format!("[channels.x]\nkind = \"webhook\"\nurl = \"https://h/p\"\n{headers}");
    for field in ["Authorization", "proxy-authorization", "Cookie", "X-Api-Key", "X-Auth-Token", "apikey"] {
        finds(&hook(&format!("headers = {{ {field} = \"Bearer k3y\" }}")), "P0143", "\"Bearer k3y\"");
        finds(&hook(&format!("headers = [\"{field}: k3y\"]")), "P0143", &format!("\"{field}: k3y\""));
        let outside = format!("headers = {{ {field} = {{ env = \"PUSH_KEY\" }}, X-B = {{ file = \"b\" }} }}");
        let settings = &read(&hook(&outside)).channels["x"].settings;
        assert_eq!(settings[&format!("headers.{field}:env")], "PUSH_KEY");
        assert_eq!(settings["headers.X-B:file"], "b");
    }
    let harmless = read(&hook("headers = { X-Member-Key = \"{customer}\", X-Keys = \"tea\" }"));
    assert_eq!(harmless.channels["x"].settings["headers.X-Member-Key"], "{customer}");
}

#[test]
fn no_secret_goes_out_in_clear() {
    let kannel = |url: &str| {
        format!(
            "kind = \"webhook\"\nprofile = \"kannel\"\nusername = \"u\"\npassword_env = \"P\"\nurl = \"{url}\""
        )
    };
    let wecom = |url: &str| format!("kind = \"wecom\"\ngroup = true\nkey_env = \"K\"\nurl = \"{url}\"");
    let hook =
        |url: &str| format!("kind = \"webhook\"\nheaders = {{ A = {{ env = \"A\" }} }}\nurl = \"{url}\"");
    for channel in [&kannel as &dyn Fn(&str) -> String, &wecom, &hook] {
        let channel = |url: &str| format!("[channels.x]\n{}", channel(url));
        finds(&channel("http://gateway.example:13013/x"), "P0151", "\"http://gateway.example:13013/x\"");
        for url in ["https://gateway.example/x", "http://10.0.0.5:13013/x", "http://localhost/x"] {
            assert_eq!(read(&channel(url)).channels["x"].settings["url"], url);
        }
    }
    // A signature tells nobody the secret.
    read("[channels.x]\nkind = \"webhook\"\nurl = \"http://h/p\"\nsecret_env = \"S\"");
}

#[test]
fn no_finding_repeats_what_may_be_a_secret() {
    let text = "[channels.x]\nkind = \"webhook\"\nurl = \"https://h/p\"\nsecret = \"hunter2!\"\nsecret_env = \"hunter2!\"";
    let (_, found) = parse(FileId::default(), &completed(text));
    assert_eq!(found.len(), 2);
    assert!(!format!("{found:?}").contains("hunter2"));
}

#[test]
fn mistakes_in_facts_are_marked_where_they_stand() {
    let fact = |text: &str, code, marked: &str| {
        finds(&format!("[customer]\ntable = \"c\"\nkey = \"id\"\n[customer.facts]\n{text}"), code, marked);
    };
    fact("生日 = \"date\"", "P0001", "生日");
    fact("a = \"text", "P0001", "");
    fact("\"ｖｉｐ\" = \"text\"", "P0015", "\"ｖｉｐ\"");
    fact("a = { type = \"enum\", values = [] }", "P0009", "[]");
    fact("a = { type = \"enum\", values = [\"x\", \"x\"] }", "P0009", "\"x\"");
    fact("a = { type = \"number\", decimals = 10 }", "P0005", "10");
    fact("a = { type = \"money\", unit = \"fen\" }", "P0010", "\"fen\"");
    fact("a = { type = \"set\", separator = \"\" }", "P0005", "\"\"");
    fact("a = { column = \"b\" }", "P0006", "a");
    fact("a = { type = \"text\", yearly = true }", "P0020", "yearly");
    fact("a = { type = \"date\", format = \"unix\", zone = \"UTC\" }", "P0020", "zone");
    fact("a = { type = \"text\", personnal = true }", "P0004", "personnal");
    fact("a = \"text\"\na = \"text\"", "P0002", "a");
}

#[test]
fn what_is_looked_for_is_not_called_later() {
    let found: Vec<_> =
        lints::LATER.iter().filter(|name| rulec_diagnostic::Code::find(name).is_some()).collect();
    assert!(found.is_empty(), "{found:?} can leave the list of later lints");
}

#[test]
fn all_mistakes_are_reported_at_once_in_their_order() {
    let text = "[project]\ntimezone = \"UCT+8\"\ncurrency = \"yuan\"\n[customer]\nkey = 1\n[foo]\n";
    let codes: Vec<_> = findings(text).into_iter().map(|(code, _)| code).collect();
    assert_eq!(codes, ["P0006", "P0007", "P0005", "P0011", "P0005", "P0003"]);
}

#[test]
fn the_time_of_china_goes_by_the_name_of_shanghai() {
    for name in ["Asia/Beijing", "GMT+8", "utc+8", "CST", "北京时间"] {
        let text = format!("[project]\ntimezone = \"{name}\"\n");
        let (_, found) = parse(FileId::default(), &text);
        let unknown = found.iter().find(|finding| finding.code.name() == "P0007");
        let help = unknown.and_then(|finding| finding.help.as_ref()).map(|help| help.en.as_str());
        assert_eq!(help, Some("did you mean `\"Asia/Shanghai\"`?"), "{name}");
    }
}

#[test]
fn no_text_makes_it_panic() {
    for text in
        ["", "\u{feff}", "[", "=", "[[customer]]", "a.b.c = 1", "project = []", "客", "[project\n名", "\0"]
    {
        let (project, found) = parse(FileId::default(), text);
        assert!(project.is_none() && !found.is_empty(), "{text}");
    }
    for end in (0..FULL.len()).filter(|end| FULL.is_char_boundary(*end)) {
        let (_, found) = parse(FileId::default(), &FULL[..end]);
        assert!(found.iter().all(|finding| finding.place.is_some()));
    }
}
