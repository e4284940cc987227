//! What an operator does: limits, rates, pauses, dead letters, doubt, cron.

use crate::shop::{AS_OF, RULE, Ran, Shop};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// When all that is due is due, whatever the time that the run took.
const LATER: &str = "2024-11-22T12:00:00+08:00";

/// Two channels besides `sms`: one that is quiet at night, and one that calls this address.
fn shop(test: &str, rules: &str, port: Option<u16>) -> Shop {
    let shop = Shop::with_rules(test, rules);
    let mut project = shop.read("rulec.toml");
    project += "\n[channels.app]\naddress = \"phone\"\nquiet = \"21:00..09:00\"\n";
    if let Some(port) = port {
        project += &format!(
            "\n[channels.hook]\nkind = \"webhook\"\naddress = \"phone\"\nurl = \"http://127.0.0.1:{port}/\"\n\
             body = '{{\"to\": \"{{to}}\"}}'\ntimeout = \"2s\"\n"
        );
    }
    shop.write("rulec.toml", project);
    shop
}

/// Answers each request with this status, and hangs up; with none it hangs up without an answer.
fn provider(status: Option<&'static str>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = Vec::new();
            let mut bytes = [0; 4096];
            while !is_whole(&request) {
                match stream.read(&mut bytes) {
                    Ok(0) | Err(_) => break,
                    Ok(read) => request.extend_from_slice(&bytes[..read]),
                }
            }
            if let Some(status) = status {
                let answer =
                    format!("HTTP/1.1 {status}\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}");
                stream.write_all(answer.as_bytes()).unwrap();
            }
        }
    });
    port
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length =
        head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    body.len() >= length.unwrap_or(0)
}

fn json(ran: &Ran) -> Value {
    assert_eq!(ran.code, Some(0), "{ran}");
    serde_json::from_str(&ran.out).unwrap()
}

fn lines(ran: &Ran) -> Vec<Value> {
    assert_eq!(ran.code, Some(0), "{ran}");
    ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn status(shop: &Shop, channel: &str) -> Value {
    json(&shop.run(&["status", "--format", "json", "--as-of", LATER]))["channels"][channel].clone()
}

fn kinds(shop: &Shop) -> Vec<String> {
    let state = rusqlite::Connection::open(shop.path(".rulec/state.db")).unwrap();
    let mut query = state
        .prepare("SELECT kind FROM audit JOIN causes ON causes.id = cause WHERE kind NOT IN ('run', 'decision', 'messages') ORDER BY seq")
        .unwrap();
    let kinds = query.query_map([], |row| row.get(0)).unwrap();
    kinds.collect::<Result<_, _>>().unwrap()
}

const BY_HOOK: &str = "when dormant > 60d and monetary > 500 then send hook \"【店】回来看看，拒收请回复R\" coupon 150/500 ttl 15d\n";
const BY_TWO: &str = "when dormant > 60d and monetary > 500 then send sms \"【店】回来看看，拒收请回复R\", send app \"回来看看\", tag \"asked\"\n";

#[test]
fn messages_and_other_actions_are_counted_apart() {
    let shop = shop("told", BY_TWO, None);
    let ran = shop.run(&["run", "--yes", "--as-of", "2024-11-21T12:00:00+08:00"]);
    assert!(ran.out.contains("messages: app ") && ran.out.contains("other actions: tags "), "{ran}");
    let chinese = crate::operating::shop("told-zh", BY_TWO, None);
    let ran = chinese.run(&["run", "--yes", "--lang", "zh", "--as-of", "2024-11-21T12:00:00+08:00"]);
    assert!(ran.out.contains("条消息：app ") && ran.out.contains("个其他动作：标签 "), "{ran}");
    assert!(ran.err.contains("sms: 已发送 2 / 2"), "a log says how it ended: {ran}");
    let quiet = crate::operating::shop("told-quiet", BY_TWO, None);
    assert_eq!(quiet.run_dated(&["run", "--yes", "-q"]).err, "");
}

#[test]
fn a_limit_a_channel_and_a_rate_hold() {
    let shop = shop("limited", BY_TWO, None);
    let noon = ["--as-of", "2024-11-21T12:00:00+08:00"];
    let run = |args: &[&str]| shop.run(&[args, &noon].concat());
    let ran = run(&["run", "--yes", "--limit", "1", "--channel", "sms"]);
    assert!(ran.code == Some(0) && ran.out.contains("Sent 1 message: sms 1."), "{ran}");
    assert!(ran.out.contains("are left; `rulec send`"), "{ran}");
    let ran = run(&["send", "--due", "--channel", "sms"]);
    assert!(ran.code == Some(0) && ran.out.contains("Sent 1 message: sms 1."), "{ran}");
    let begun = Instant::now();
    let ran = run(&["send", "--rate", "2/s", "--channel", "app"]);
    assert!(ran.code == Some(0) && ran.out.contains(": app "), "{ran}");
    assert!(begun.elapsed() >= Duration::from_millis(900), "more than one message at two a second");
    let ran = run(&["send", "--channel", "smss"]);
    assert!(ran.code == Some(2) && ran.err.contains("R0243") && ran.err.contains("`sms`"), "{ran}");
    assert_eq!(run(&["send", "--rate", "fast"]).code, Some(2));
}

#[test]
fn what_is_held_goes_out_when_it_is_due() {
    let shop = shop("held", "when dormant > 60d and monetary > 500 then send app \"回来看看\"\n", None);
    let night = shop.run(&["run", "--yes", "--as-of", "2024-11-21T22:00:00+08:00"]);
    assert!(
        night.code == Some(0) && night.out.contains("the first until 2024-11-22T09:00:00+08:00"),
        "{night}"
    );
    let early = shop.run(&["send", "--due", "--as-of", "2024-11-22T08:00:00+08:00"]);
    assert!(early.code == Some(0) && early.err.contains("nothing is due") && early.out.is_empty(), "{early}");
    let quiet = shop.run(&["send", "-q", "--as-of", "2024-11-22T08:00:00+08:00"]);
    assert!(quiet.code == Some(0) && quiet.err.is_empty() && quiet.out.is_empty(), "{quiet}");
    let due = shop.run(&["send", "--as-of", "2024-11-22T10:00:00+08:00"]);
    assert!(due.code == Some(0) && due.out.contains(": app "), "{due}");
}

#[test]
fn before_anything_was_applied_there_is_nothing_to_look_after() {
    let shop = Shop::with_rules("nothing-yet", RULE);
    for args in [&["send"][..], &["resume"], &["outbox", "list"]] {
        let ran = shop.run(args);
        assert!(ran.code == Some(0) && ran.out.is_empty() && !ran.err.is_empty(), "{ran}");
    }
    assert_eq!(json(&shop.run(&["status", "--format", "json"]))["channels"]["sms"]["due"], 0);
    assert!(!shop.path(".rulec").exists());
}

#[test]
fn nothing_goes_through_a_channel_that_is_paused() {
    let shop = Shop::with_rules("paused", RULE);
    assert_eq!(shop.run(&["pause", "sms", "--because", "号码\u{1b}[31m有误"]).code, Some(0));
    let ran = shop.run_dated(&["run", "--yes"]);
    assert!(ran.code == Some(1) && ran.err.contains("R0262") && ran.out.contains("2 are left"), "{ran}");
    assert!(!ran.err.contains('\u{1b}'), "{ran}");
    let standing = status(&shop, "sms");
    assert_eq!((&standing["due"], &standing["paused"]["because"]), (&2.into(), &"号码\u{1b}[31m有误".into()));
    let shown = shop.run(&["status", "--as-of", LATER]);
    assert!(shown.out.contains("paused since") && !shown.out.contains('\u{1b}'), "{shown}");
    assert_eq!(shop.run(&["pause"]).code, Some(0));
    let resumed = shop.run(&["resume", "sms"]);
    assert!(resumed.err.contains("all channels are still paused"), "{resumed}");
    assert_eq!(shop.run(&["send", "--as-of", LATER]).code, Some(1));
    assert_eq!(shop.run(&["resume"]).code, Some(0));
    let sent = shop.run(&["send", "--as-of", LATER]);
    assert!(sent.code == Some(0) && sent.out.contains("Sent 2 messages: sms 2."), "{sent}");
    assert_eq!(kinds(&shop), ["paused", "paused", "resumed", "resumed", "sent", "sent"]);
    let unknown = shop.run(&["pause", "sns"]);
    assert!(unknown.code == Some(2) && unknown.err.contains("`sms`"), "{unknown}");
}

#[test]
fn dead_letters_are_listed_sent_again_and_given_up() {
    let shop = shop("dead", BY_HOOK, Some(provider(Some("400 Bad Request"))));
    let ran = shop.run_dated(&["run", "--yes"]);
    assert!(ran.code == Some(3) && ran.err.contains("R0264") && ran.out.contains("3 failed"), "{ran}");
    let dead = lines(&shop.run(&["outbox", "list", "--status", "dead", "--format", "jsonl"]));
    assert_eq!((dead.len(), &dead[0]["attempts"], &dead[0]["status"]), (3, &1.into(), &"dead".into()));
    assert!(
        dead[0].get("payload").is_none() && dead[0]["code"].as_str().unwrap().contains("400"),
        "{dead:?}"
    );
    let personal = lines(&shop.run(&["outbox", "list", "--show-personal", "--format", "jsonl"]));
    assert_eq!(personal[0]["payload"]["to"], "13800000001");
    let table = shop.run(&["outbox", "list", "--lang", "zh"]).out;
    assert!(table.contains("失败") && !table.contains("13800000001"), "{table}");

    let key = dead[0]["key"].as_str().unwrap();
    let unknown = shop.run(&["outbox", "requeue", key, "00", "--yes"]);
    assert!(
        unknown.code == Some(1) && unknown.err.contains("R0240") && unknown.err.contains("`00`"),
        "{unknown}"
    );
    let asked = shop.run(&["outbox", "requeue", "--all"]);
    assert!(asked.code == Some(1) && asked.err.contains("R0244"), "{asked}");
    assert_eq!(status(&shop, "hook")["dead"], 3, "what is refused changes nothing");

    assert_eq!(shop.run(&["outbox", "requeue", key, "--yes"]).code, Some(0));
    let wrong = shop.run(&["outbox", "settle", key, "--lost"]);
    assert!(wrong.code == Some(1) && wrong.err.contains("R0241") && wrong.err.contains("waiting"), "{wrong}");
    let wrong = shop.run(&["outbox", "settle", key, "--lost", "--lang", "zh"]);
    assert!(wrong.err.contains("状态不是“存疑”") && wrong.err.contains("（等待）"), "{wrong}");
    assert_eq!(shop.run(&["send", "--as-of", LATER]).code, Some(3));
    assert_eq!(shop.run(&["outbox", "discard", "--all", "--status", "dead", "--yes"]).code, Some(0));
    assert_eq!(status(&shop, "hook")["dead"], 0);
    assert_eq!(lines(&shop.run(&["outbox", "list", "--status", "discarded", "--format", "jsonl"])).len(), 3);
    assert_eq!(
        kinds(&shop),
        ["dead", "dead", "dead", "requeued", "dead", "discarded", "discarded", "discarded"]
    );
    assert_eq!(shop.run(&["send", "--as-of", LATER]).code, Some(0));
}

#[test]
fn what_waits_can_be_given_up_and_then_another_plan_applied() {
    let shop = Shop::with_rules("give-up", RULE);
    let noon = ["--as-of", "2024-11-21T12:00:00+08:00"];
    let run = |args: &[&str]| shop.run(&[args, &noon].concat());
    assert_eq!(run(&["run", "--yes", "--limit", "1"]).code, Some(0));
    shop.write("rulec.toml", shop.read("rulec.toml").replace("[channels.sms]", "[channels.text]"));
    shop.write(
        "rulec.toml",
        shop.read("rulec.toml").replace("sms = \"consent_sms\"", "text = \"consent_sms\""),
    );
    shop.write("rules/a.rules", RULE.replace("send sms", "send text").replace("60d", "61d"));
    let stuck = run(&["run", "--yes"]);
    assert!(
        stuck.err.contains("R0128") && stuck.err.contains("outbox discard --status waiting --plan"),
        "{stuck}"
    );
    let gone = shop.run(&["send", "--as-of", "2024-11-21T12:05:00+08:00"]);
    assert!(
        gone.err.contains("R0122") && gone.err.contains("discard --status waiting --channel sms"),
        "{gone}"
    );
    assert_eq!(shop.run(&["outbox", "discard", "--channel", "sms"]).code, Some(2), "it must be said which");
    let given_up = shop.run(&["outbox", "discard", "--status", "waiting", "--channel", "sms", "--yes"]);
    assert!(given_up.code == Some(0) && given_up.err.contains("given up: 1 message"), "{given_up}");
    assert_eq!(run(&["run", "--yes"]).code, Some(0));
    assert_eq!(shop.run(&["audit", "verify"]).code, Some(0));
}

#[test]
fn a_person_says_what_became_of_messages_in_doubt() {
    let shop = shop("doubt", BY_HOOK, Some(provider(None)));
    let ran = shop.run_dated(&["run", "--yes"]);
    assert!(ran.code == Some(3) && ran.err.contains("R0263"), "{ran}");
    let doubt = lines(&shop.run(&["outbox", "list", "--status", "doubt", "--format", "jsonl"]));
    let key = |place: usize| doubt[place]["key"].as_str().unwrap();
    assert_eq!(shop.run(&["outbox", "settle", key(0), "--sent"]).code, Some(0));
    assert_eq!(shop.run(&["outbox", "settle", key(1), "--lost"]).code, Some(0));
    let again = shop.run(&["outbox", "settle", key(0), "--lost"]);
    assert!(again.code == Some(1) && again.err.contains("R0241"), "{again}");
    assert_eq!(shop.run(&["outbox", "settle", key(0)]).code, Some(2), "it must be said how it ended");
    let standing = status(&shop, "hook");
    assert_eq!((&standing["doubt"], &standing["dead"]), (&1.into(), &1.into()));
    assert_eq!(kinds(&shop), ["doubt", "doubt", "doubt", "settled", "settled"]);
}

#[test]
fn what_is_in_doubt_is_settled_all_at_once_when_that_is_said() {
    let shop = shop("doubts", BY_HOOK, Some(provider(None)));
    assert_eq!(shop.run_dated(&["run", "--yes"]).code, Some(3));
    let doubt = lines(&shop.run(&["outbox", "list", "--status", "doubt", "--format", "jsonl"]));
    let plan = doubt[0]["plan"].as_str().unwrap();
    let settle = |args: &[&str]| shop.run(&[&["outbox", "settle"], args].concat());
    for wrong in [
        &["--sent", "--yes"][..],
        &["--all", "--yes"],
        &["--channel", "hook", "--lost"],
        &["--all", "00", "--sent"],
    ] {
        assert_eq!(settle(wrong).code, Some(2), "{wrong:?}");
    }
    let asked = settle(&["--all", "--sent"]);
    assert!(asked.code == Some(1) && asked.err.contains("R0244"), "{asked}");
    for others in [&["--channel", "sms"], &["--plan", "none"]] {
        let none = settle(&[&["--all", "--sent", "--yes"], &others[..]].concat());
        assert!(none.code == Some(0) && none.err.contains("no such messages"), "{none}");
    }
    assert_eq!(status(&shop, "hook")["doubt"], 3, "nothing is settled yet");
    let settled = settle(&["--all", "--channel", "hook", "--plan", &plan[..8], "--lost", "--yes"]);
    assert!(settled.code == Some(0) && settled.err.contains("not delivered: 3 messages"), "{settled}");
    let standing = status(&shop, "hook");
    assert_eq!((&standing["doubt"], &standing["dead"]), (&0.into(), &3.into()));
    assert_eq!(kinds(&shop), ["doubt", "doubt", "doubt", "settled", "settled", "settled"]);
}

/// Waits until the program has begun to send, or has failed to.
fn wait_for(shop: &Shop, child: &mut Child, is_there: impl Fn(&Shop) -> bool) {
    let since = Instant::now();
    while !is_there(shop) {
        assert!(since.elapsed() < Duration::from_secs(60), "it does not come");
        assert_eq!(child.try_wait().unwrap(), None, "it has ended");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn has_sent(shop: &Shop) -> bool {
    shop.path(".rulec/state.db").exists() && kinds_if_any(shop).contains(&"sent".to_owned())
}

fn kinds_if_any(shop: &Shop) -> Vec<String> {
    let ran = shop.run(&["outbox", "list", "--format", "jsonl"]);
    let status =
        |line: &str| serde_json::from_str::<Value>(line).unwrap()["status"].as_str().unwrap().to_owned();
    ran.out.lines().map(status).collect()
}

#[test]
fn while_one_sends_another_is_told_who_and_a_pause_is_heeded() {
    let shop = Shop::with_rules("two-applies", RULE);
    let mut first = shop.command(&["run", "--yes", "--rate", "6/min", "--as-of", AS_OF]);
    let mut first = first.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_for(&shop, &mut first, has_sent);
    let owner = json(&shop.run_dated(&["status", "--format", "json"]))["sending"].clone();
    assert_eq!((&owner["command"], &owner["process"]), (&"rulec apply".into(), &first.id().into()));
    let second = shop.run(&["send", "--as-of", LATER]);
    assert!(second.code == Some(2) && second.err.contains("R0103"), "{second}");
    assert!(second.err.contains(&format!("process {}", first.id())), "{second}");
    assert_eq!(shop.run(&["pause", "sms"]).code, Some(0));
    let ended = shop.finish(first.wait_with_output().unwrap());
    assert!(
        ended.code == Some(1) && ended.err.contains("R0262") && ended.out.contains("1 is left"),
        "{ended}"
    );
}

#[cfg(unix)]
#[test]
fn a_watch_sends_what_comes_and_ends_when_told() {
    let shop = Shop::with_rules("watch", RULE);
    assert_eq!(shop.run_dated(&["run", "--yes", "--limit", "1"]).code, Some(0));
    let mut watch = shop.command(&["send", "--watch", "1s", "--as-of", LATER]);
    let mut watch = watch.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_for(&shop, &mut watch, |shop| kinds(shop).iter().filter(|kind| *kind == "sent").count() == 2);
    let interrupted =
        std::process::Command::new("kill").args(["-INT", &watch.id().to_string()]).status().unwrap();
    assert!(interrupted.success());
    let ended = shop.finish(watch.wait_with_output().unwrap());
    assert_eq!((ended.code, ended.out.lines().count()), (Some(0), 1), "{ended}");
    assert!(ended.out.contains("Sent 1 message: sms 1."), "{ended}");
}
