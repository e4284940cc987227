//! Customers whose data are meant to do harm wherever they go: nothing of it is obeyed by who receives a message, reads a
//! file, or looks at a terminal.

use crate::ground::count;
use crate::shop::Shop;
use calamine::Reader;
use rulec_tests::servers::mail::{self, Mail};
use rulec_tests::servers::receiver::{Receiver, Request, Settings};
use rusqlite::Connection;
use serde_json::Value;

/// What stands in every fact of one customer each.
fn data() -> Vec<String> {
    let short = [
        "a\r\nBcc: evil@x.cn",
        "a\nX-Evil: 1",
        "nul\0byte",
        "\u{1b}[31mred\u{1b}]0;title\u{7}",
        "\"quoted\" 'too' \\",
        "=cmd|'/c calc'!A0",
        "+1+1",
        "-2+3",
        "@SUM(1)",
        "\t=1",
        "\r=1",
        "\u{202e}gnp.exe",
        "{\"key\":\"evil\"}",
        "\",\"key\":\"evil",
        "</script><b>&amp;",
        "%0d%0aX-Evil: 1",
        "a b/../..?x=1#y&z=2",
        "\u{feff}mark",
        "😀\u{200d}\u{2028}\u{85}\u{7f}",
        "{to}{customer}{{",
        "..",
    ];
    short.into_iter().map(str::to_owned).chain(["长".repeat(10_000)]).collect()
}

const PROJECT: &str = r#"
[project]
name = "hostile"
timezone = "Asia/Shanghai"
rules = ["rules/*.rules"]
[database]
url = "sqlite:shop.db"
[customer]
table = "customers"
key = "id"
[customer.facts]
name = { type = "text", personal = true }
address = { type = "text", personal = true }
mailbox = { type = "text", personal = true }
"#;
const CHANNELS: [&str; 7] = ["posts", "forms", "gets", "lines", "rows", "books", "mails"];

fn channels(receiver: &Receiver, mail: &Mail) -> String {
    let url = receiver.url("");
    let port = mail.address().port();
    format!(
        r#"
[channels.posts]
kind = "webhook"
address = "address"
url = "{url}/posts"
headers = {{ "X-Customer" = "{{customer}}" }}
body = '{{"key": "{{key}}", "to": "{{to}}", "message": "{{message}}", "customer": {{customer}}}}'
[channels.forms]
kind = "webhook"
address = "address"
url = "{url}/forms"
headers = {{ "Content-Type" = "application/x-www-form-urlencoded" }}
body = "key={{key}}&to={{to}}&message={{message}}"
[channels.gets]
kind = "webhook"
address = "address"
method = "GET"
url = "{url}/gets/{{to}}/{{customer}}?key={{key}}&message={{message}}"
[channels.lines]
kind = "file"
address = "address"
[channels.rows]
kind = "file"
address = "address"
format = "csv"
[channels.books]
kind = "file"
address = "address"
format = "xlsx"
[channels.mails]
kind = "smtp"
address = "mailbox"
host = "127.0.0.1"
port = {port}
from = "Shop <shop@x.cn>"
subject = "{{shop}}"
list_unsubscribe = "https://x.cn/leave?c={{customer}}&k={{key}}"
"#
    )
}

/// A shop of such customers. Every second one has a mailbox that is one.
fn shop(receiver: &Receiver, mail: &Mail) -> Shop {
    let shop = Shop::empty("hostile");
    shop.write("rulec.toml", PROJECT.to_owned() + &channels(receiver, mail));
    let sends = CHANNELS.map(|channel| format!("send {channel} \"亲爱的{{name}}，您好\""));
    shop.write("rules/a.rules", format!("when name is known then {}\n", sends.join(", ")));
    let database = Connection::open(shop.path("shop.db")).unwrap();
    let table = "CREATE TABLE customers (id TEXT PRIMARY KEY, name TEXT, address TEXT, mailbox TEXT)";
    database.execute_batch(table).unwrap();
    for (place, text) in data().into_iter().enumerate() {
        let mailbox = if place % 2 == 0 { format!("ok{place}@x.cn") } else { format!("{text}@x.cn") };
        let row = "INSERT INTO customers VALUES (?1, ?2, ?2, ?3)";
        database.execute(row, (format!("{place}{text}"), text, mailbox)).unwrap();
    }
    shop
}

/// Whether a text would make a terminal do something, or show something else than what is there.
fn is_obeyed(text: &str) -> Option<char> {
    let steers = |letter: &char| {
        letter.is_control() && *letter != '\n'
            || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().find(steers)
}

fn key_of(request: &Request) -> Vec<String> {
    request.header("idempotency-key").map(str::to_owned).into_iter().collect()
}

#[test]
fn what_customers_are_called_does_no_harm_anywhere() {
    let receiver = Receiver::start(Settings { keys: Box::new(key_of), ..Settings::default() });
    let mail = Mail::start(&mail::Settings::default());
    let shop = shop(&receiver, &mail);
    for words in [
        &["run", "--dry-run", "--show-personal", "--verbose"][..],
        &["plan", "-o", "a.plan"],
        &["plan", "show", "a.plan", "--show-personal"],
        &["apply", "a.plan", "--yes"],
        &["audit", "show", "--limit", "500"],
        &["audit", "verify"],
    ] {
        let dated =
            if words[0] == "apply" { words.to_vec() } else { [words, &["--as-of", "2024-11-21"]].concat() };
        let ran = shop.run(&dated);
        assert!(matches!(ran.code, Some(0 | 3)), "{words:?}: {ran}");
        assert_eq!(is_obeyed(&ran.out), None, "{words:?}: {ran}");
        assert_eq!(is_obeyed(&ran.err), None, "{words:?}: {ran}");
        assert!(!ran.out.lines().any(|line| line.trim_start().starts_with("Bcc:")), "{words:?}: {ran}");
    }
    let sent = sent(&shop);
    check_requests(&receiver.requests(), &sent);
    check_letters(&mail, &sent);
    check_lines(&shop);
    check_rows(&shop);
    check_books(&shop);
}

/// How many messages went through a channel, as the state says. The rest is dead, and nothing is in doubt.
fn sent(shop: &Shop) -> impl Fn(&str) -> usize {
    let state = Connection::open(shop.path(".rulec/state.db")).unwrap();
    let many = move |channel: &str, status: &str| {
        let query = "SELECT count(*) FROM outbox JOIN channels ON channels.id = channel WHERE name = ?1 AND status = ?2";
        let many: i64 = state.query_row(query, (channel, status), |row| row.get(0)).unwrap();
        usize::try_from(many).unwrap()
    };
    for channel in CHANNELS {
        let (all, dead) = (many(channel, "sent"), many(channel, "dead"));
        assert_eq!(all + dead, data().len(), "{channel}");
        assert!(all > 0, "{channel}");
    }
    move |channel| many(channel, "sent")
}

fn check_requests(requests: &[Request], sent: &impl Fn(&str) -> usize) {
    let mut names: Vec<&str> = Vec::new();
    for request in requests {
        names.extend(request.headers.iter().map(|(name, _)| name.as_str()));
        assert_eq!(
            request.path.chars().filter(|letter| *letter == '?').count(),
            usize::from(request.method == "GET")
        );
    }
    names.sort_unstable();
    names.dedup();
    let expected = [
        "accept",
        "accept-encoding",
        "content-length",
        "content-type",
        "host",
        "idempotency-key",
        "user-agent",
        "x-customer",
    ];
    assert!(names.iter().all(|name| expected.contains(name)), "{names:?}");
    let at = |path: &'static str| requests.iter().filter(move |request| request.path.starts_with(path));
    let texts = data();
    for request in at("/posts") {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        assert_eq!(body.as_object().unwrap().len(), 4, "{body}");
        assert_eq!(body["key"].as_str(), request.header("idempotency-key"));
        assert!(texts.iter().any(|text| body["to"] == text.trim()), "{body}");
    }
    for request in at("/forms") {
        assert_eq!(request.text().split('&').count(), 3, "{}", request.text());
    }
    for request in at("/gets") {
        let (path, query) = request.path.split_once('?').unwrap();
        assert_eq!((path.split('/').count(), query.split('&').count()), (4, 2), "{}", request.path);
    }
    for channel in ["posts", "forms", "gets"] {
        assert_eq!(
            requests.iter().filter(|request| request.path[1..].starts_with(channel)).count(),
            sent(channel)
        );
    }
}

fn check_letters(mail: &Mail, sent: &impl Fn(&str) -> usize) {
    let letters = mail.letters();
    assert_eq!(letters.len(), sent("mails"));
    for letter in letters {
        assert_eq!(letter.to.len(), 1, "{:?}", letter.to);
        // What is an address by the letter of the standard may look odd, but it is one.
        let is_plain =
            letter.to[0].chars().all(|letter| letter.is_ascii_graphic() && !"<>,;:\"\\()".contains(letter));
        assert!(is_plain && letter.to[0].matches('@').count() == 1, "{:?}", letter.to);
        for evil in ["bcc", "x-evil"] {
            assert_eq!(letter.header(evil), None);
        }
        let times = count(letter.headers.iter().map(|(name, _)| name.to_lowercase()).collect());
        assert!(times.values().all(|times| *times == 1), "{times:?}");
    }
}

fn check_lines(shop: &Shop) {
    let text = shop.read(".rulec/outbox/lines.jsonl");
    assert_eq!(text.lines().count(), data().len());
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!((&line["channel"], line["key"].as_str().unwrap().len()), (&"lines".into(), 32));
    }
}

fn check_rows(shop: &Shop) {
    let text = shop.read(".rulec/outbox/rows.csv");
    // Tabs do nothing in quotes, and directions are the spreadsheet's business.
    assert_eq!(is_obeyed(&text.replace("\r\n", "\n").replace(['\t', '\u{202e}'], "")), None);
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), data().len());
    for field in rows.iter().flatten() {
        assert!(!field.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']), "{field}");
    }
}

fn check_books(shop: &Shop) {
    let mut rows = 0;
    for entry in std::fs::read_dir(shop.path(".rulec/outbox")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "xlsx") {
            continue;
        }
        let mut book = calamine::open_workbook::<calamine::Xlsx<_>, _>(&path).unwrap();
        let names = book.sheet_names();
        assert_eq!(names.len(), 1, "{names:?}");
        assert_eq!(book.worksheet_formula(&names[0]).unwrap().used_cells().count(), 0);
        let sheet = book.worksheet_range_at(0).unwrap().unwrap();
        let is_text =
            |cell: &calamine::Data| matches!(cell, calamine::Data::String(_) | calamine::Data::Empty);
        assert!(sheet.rows().flatten().all(is_text));
        rows += sheet.rows().count() - 1;
    }
    assert!(rows > data().len() / 2, "{rows}");
}

#[test]
fn texts_that_are_none_are_named_before_anything_is_planned() {
    let shop = Shop::with_rules("no-utf-8", "when name is known then send sms \"{name}\"\n");
    shop.database(
        "UPDATE customers SET name = CAST(x'ff41d8' AS TEXT), phone = CAST(x'31fffe' AS TEXT) WHERE id = 2",
    );
    let planned = shop.run_dated(&["plan", "-o", "a.plan"]);
    assert_eq!((planned.code, planned.err.matches("R0021").count() > 1), (Some(2), true), "{planned}");
    for column in ["`customers.name`", "`customers.phone`"] {
        let line = planned.err.lines().find(|line| line.contains(column));
        assert!(
            line.is_some_and(|line| line.contains("UTF-8") && line.contains("`2`")),
            "{column}: {planned}"
        );
    }
    assert_eq!((is_obeyed(&planned.out), is_obeyed(&planned.err)), (None, None), "{planned}");
    assert!(!shop.path("a.plan").exists());
    shop.database("UPDATE customers SET name = '李雷', phone = '13800000002' WHERE id = 2");
    assert_eq!(shop.run_dated(&["plan", "-o", "a.plan"]).code, Some(0));
}
