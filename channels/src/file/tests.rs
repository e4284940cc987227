#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

use super::*;
use crate::failpoint::{Fault, arm};
use crate::testing::{self, described, keyed};
use crate::{Delivery, Message, Trouble};
use calamine::Reader;
use proptest::prelude::*;
use rulec_plan::project::{self, ChannelKind};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// A project folder with a channel `sms`.
struct World {
    folder: TempDir,
    channel: project::Channel,
}

impl World {
    fn new(settings: &[(&str, &str)]) -> World {
        let channel = described(ChannelKind::File, settings);
        World { folder: tempfile::tempdir().unwrap(), channel }
    }

    fn outside(&self) -> Outside {
        let folder = self.folder.path();
        Outside { folder: folder.to_owned(), outbox: folder.join("outbox"), ..testing::outside() }
    }

    fn send(&self, messages: &[Message]) -> Vec<Delivery> {
        let channel = crate::open("sms", &self.channel, &self.outside()).unwrap();
        channel.sender().unwrap().send(messages)
    }

    fn file(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join("outbox").join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.file(name)).unwrap()
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::create_dir_all(self.folder.path().join("outbox")).unwrap();
        fs::write(self.file(name), bytes).unwrap();
    }
}

fn message(number: u32, text: &str) -> Message {
    keyed(&format!("{number:032x}"), "+8613812345678", text)
}

fn again(messages: &[Message]) -> Vec<Message> {
    messages.iter().map(|message| Message { again: true, ..message.clone() }).collect()
}

fn taken(deliveries: &[Delivery]) -> bool {
    deliveries.iter().all(|delivery| *delivery == Delivery::Taken { id: None })
}

const FORMATS: [&str; 2] = ["jsonl", "csv"];
/// What makes the end of a row hard to find.
const TORN: [&str; 4] = ["a\r\nb\rc\nd", "\"quoted\",\"\"more\"", "',\"\r\n\"", "😀\u{0}"];

#[test]
fn lines_stand_in_the_file_in_order_and_only_their_owner_reads_them() {
    let world = World::new(&[]);
    let messages = [message(1, "你好"), message(2, "hi")];
    assert!(taken(&world.send(&messages)));
    assert_eq!(world.read("sms.jsonl"), format!("{}\n{}\n", messages[0].payload, messages[1].payload));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(world.file("sms.jsonl")).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn rows_stand_under_the_names_of_the_columns_once() {
    let world = World::new(&[("format", "csv"), ("columns.1", "to"), ("columns.2", "message")]);
    assert!(taken(&world.send(&[message(1, "a,b")])) && taken(&world.send(&[message(2, "=1")])));
    let expected = "\u{feff}\"to\",\"message\",\"key\"\r\n\
        \"+8613812345678\",\"a,b\",\"00000000000000000000000000000001\"\r\n\
        \"+8613812345678\",\"'=1\",\"00000000000000000000000000000002\"\r\n";
    assert_eq!(world.read("sms.csv"), expected);
}

/// A process that dies leaves a prefix of what it was about to append. Whatever prefix that is, handing over again what
/// was under way gives the file that there would have been.
#[test]
fn whenever_the_process_dies_each_message_is_there_once() {
    for format in FORMATS {
        let world = World::new(&[("format", format)]);
        let name = format!("sms.{format}");
        let first = [message(1, "before")];
        let rest: Vec<_> = (2..).zip(TORN).map(|(number, text)| message(number, text)).collect();
        world.send(&first);
        let before = fs::read(world.file(&name)).unwrap();
        world.send(&rest);
        let all = fs::read(world.file(&name)).unwrap();
        for end in before.len()..=all.len() {
            world.write(&name, &all[..end]);
            assert!(taken(&world.send(&again(&rest))), "{format} {end}");
            assert_eq!(fs::read(world.file(&name)).unwrap(), all, "{format} {end}");
        }
        for end in 0..before.len() {
            world.write(&name, &before[..end]);
            assert!(taken(&world.send(&again(&first))), "{format} {end}");
            assert_eq!(fs::read(world.file(&name)).unwrap(), before, "{format} {end}");
        }
    }
}

#[test]
fn what_others_wrote_stays() {
    for (format, theirs, kept) in [
        ("jsonl", "hello\n", "hello\n"),
        ("jsonl", "no end", "no end\n"),
        ("jsonl", "{\"key\": 1}", "{\"key\": 1}\n"),
        ("jsonl", "{\"key\":\"whole\"}", "{\"key\":\"whole\"}\n"),
        ("csv", "to,message,key\r\n1,2,3", "to,message,key\r\n1,2,3\r\n"),
        ("csv", "to,message,key\n1,2,3\n", "to,message,key\n1,2,3\n\r\n"),
    ] {
        let world = World::new(&[("format", format), ("columns.1", "to"), ("columns.2", "message")]);
        let name = format!("sms.{format}");
        world.write(&name, theirs.as_bytes());
        assert!(taken(&world.send(&[message(1, "hi")])), "{theirs}");
        let text = world.read(&name);
        assert!(text.strip_prefix(kept).is_some_and(|ours| ours.contains("hi")), "{text}");
    }
}

#[test]
fn a_table_with_other_columns_is_refused() {
    let world = World::new(&[("format", "csv")]);
    world.write("sms.csv", b"phone,text\r\n1,2\r\n");
    let channel = crate::open("sms", &world.channel, &world.outside()).unwrap();
    let problem = channel.sender().map(drop).unwrap_err();
    assert_eq!(problem.code.name(), "R0190");
    assert_eq!(world.read("sms.csv"), "phone,text\r\n1,2\r\n");
}

#[test]
fn a_full_disk_takes_nothing_and_leaves_nothing() {
    for format in FORMATS {
        let world = World::new(&[("format", format)]);
        world.send(&[message(1, "before")]);
        let before = world.read(&format!("sms.{format}"));
        arm("file-half-written", 1, Fault::Full);
        let deliveries = world.send(&[message(2, "lost")]);
        let Delivery::Later { trouble: Trouble::Provider, reason, .. } = &deliveries[0] else {
            panic!("{deliveries:?}")
        };
        assert_eq!(reason.code, "file full");
        assert_eq!(world.read(&format!("sms.{format}")), before);
    }
}

#[test]
fn what_may_be_on_the_disk_is_unknown_and_handed_over_again_is_there_once() {
    for format in FORMATS {
        for point in ["file-written", "file-synced"] {
            let world = World::new(&[("format", format)]);
            let messages = [message(1, "a"), message(2, "b")];
            arm(point, 1, Fault::Io);
            let deliveries = world.send(&messages);
            assert!(matches!(deliveries[..], [Delivery::Unknown(_), Delivery::Unknown(_)]), "{point}");
            assert!(taken(&world.send(&again(&messages))));
            let text = world.read(&format!("sms.{format}"));
            assert!(messages.iter().all(|message| text.matches(&message.key).count() == 1), "{text}");
        }
    }
}

#[test]
fn a_file_that_cannot_be_opened_is_a_matter_of_settings() {
    let world = World::new(&[("path", "here/there")]);
    fs::write(world.folder.path().join("here"), "a file").unwrap();
    let channel = crate::open("sms", &world.channel, &world.outside()).unwrap();
    assert_eq!(channel.sender().map(drop).unwrap_err().code.name(), "R0123");
}

#[test]
fn a_file_that_was_moved_away_is_begun_anew() {
    let world = World::new(&[]);
    let channel = crate::open("sms", &world.channel, &world.outside()).unwrap();
    let mut sender = channel.sender().unwrap();
    assert!(taken(&sender.send(&[message(1, "a")])));
    fs::rename(world.file("sms.jsonl"), world.file("old.jsonl")).unwrap();
    assert!(taken(&sender.send(&[message(2, "b")])));
    assert_eq!(world.read("sms.jsonl").lines().count(), 1);
}

#[test]
fn one_who_reads_meanwhile_sees_whole_lines_in_order() {
    let world = World::new(&[]);
    world.send(&[message(0, "first")]);
    let path = world.file("sms.jsonl");
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut seen = 0;
            while seen < 50 {
                // The end may be in the middle of a letter.
                let bytes = fs::read(&path).unwrap();
                let whole = bytes.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n"));
                seen = 0;
                for line in whole {
                    let line: serde_json::Value = serde_json::from_slice(line).unwrap();
                    assert_eq!(line["key"], format!("{seen:032x}"));
                    seen += 1;
                }
            }
        });
        (1..50).for_each(|number| assert!(taken(&world.send(&[message(number, &"长".repeat(3000))]))));
        reader.join().unwrap();
    });
}

#[test]
fn two_channels_with_one_file_do_not_cut_each_other_off() {
    let world = World::new(&[]);
    std::thread::scope(|scope| {
        for writer in 0..2 {
            let world = &world;
            scope.spawn(move || {
                for number in 0..50 {
                    assert!(taken(&world.send(&[message(writer * 1000 + number, &"长".repeat(9000))])));
                }
            });
        }
    });
    assert_eq!(world.read("sms.jsonl").lines().count(), 100);
}

#[test]
fn what_is_no_message_is_refused() {
    let odd = Message { payload: "{\"key\":\"x\"}".into(), ..message(1, "a") };
    let torn = Message { payload: message(1, "a").payload.replace(',', ",\n"), ..message(1, "a") };
    for format in ["jsonl", "csv", "xlsx"] {
        let world = World::new(&[("format", format)]);
        assert!(matches!(world.send(std::slice::from_ref(&odd))[..], [Delivery::Refused(_)]), "{format}");
    }
    assert!(matches!(World::new(&[]).send(&[torn])[..], [Delivery::Refused(_)]));
}

/// All cells of all workbooks of the channel, by name.
fn books(world: &World) -> Vec<Vec<String>> {
    let mut paths: Vec<_> = fs::read_dir(world.folder.path().join("outbox"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    let mut rows = Vec::new();
    for path in paths {
        let mut book: calamine::Xlsx<_> = calamine::open_workbook(path).unwrap();
        let range = book.worksheet_range_at(0).unwrap().unwrap();
        rows.extend(range.rows().skip(1).map(|row| row.iter().map(ToString::to_string).collect::<Vec<_>>()));
    }
    rows
}

#[test]
fn each_call_writes_a_workbook_of_texts() {
    let world = World::new(&[("format", "xlsx"), ("columns.1", "to"), ("columns.2", "message")]);
    assert!(taken(&world.send(&[message(1, "=1+1"), message(2, "二")])));
    assert!(taken(&world.send(&[message(3, "三")])));
    let rows = books(&world);
    let texts: Vec<_> = rows.iter().map(|row| (row[0].as_str(), row[1].as_str())).collect();
    // The second workbook stands first, by its name.
    assert_eq!(texts, [("+8613812345678", "三"), ("+8613812345678", "=1+1"), ("+8613812345678", "二")]);
    assert!(world.file("sms-000000000000.xlsx").exists());
    assert!(world.file("sms-000000000000-2.xlsx").exists());
}

#[test]
fn whenever_writing_a_workbook_fails_each_message_is_there_once() {
    for (point, doubtful) in [("book-written", false), ("book-named", true)] {
        let world = World::new(&[("format", "xlsx")]);
        let messages = [message(1, "a"), message(2, "b")];
        arm(point, 1, Fault::Full);
        let deliveries = world.send(&messages);
        let unknown = deliveries.iter().all(|delivery| matches!(delivery, Delivery::Unknown(_)));
        assert_eq!(unknown, doubtful, "{point}");
        assert_eq!(world.file("sms-000000000000.xlsx").exists(), doubtful, "{point}");
        assert!(taken(&world.send(&again(&messages))));
        assert_eq!(books(&world).len(), 2, "{point}");
    }
}

#[test]
fn an_unfinished_workbook_is_removed_and_those_of_others_stay() {
    let world = World::new(&[("format", "xlsx")]);
    let ours = ".sms-0123456789ab.xlsx.part";
    let theirs = [
        ".other.xlsx.part",
        // Of the channel `sms-abc`.
        ".sms-abc-0123456789ab.xlsx.part",
        "sms-summary.xlsx",
        "~$sms-0123456789ab.xlsx",
    ];
    theirs.iter().chain([&ours]).for_each(|name| world.write(name, b"x"));
    assert!(taken(&world.send(&again(&[message(1, "a")]))));
    assert!(!world.file(ours).exists() && theirs.iter().all(|name| world.file(name).exists()));
}

#[test]
fn a_workbook_that_cannot_be_read_leaves_in_doubt_what_may_be_in_it() {
    let world = World::new(&[("format", "xlsx")]);
    world.write("sms-0123456789ab.xlsx", b"no workbook");
    let messages = [again(&[message(1, "a")]), vec![message(2, "b")]].concat();
    assert!(matches!(world.send(&messages)[..], [Delivery::Unknown(_), Delivery::Later { .. }]));
}

#[test]
fn a_cell_has_an_end() {
    let world = World::new(&[("format", "xlsx")]);
    assert!(taken(&world.send(&[message(1, &"😀".repeat(10_000))])));
    assert!(matches!(world.send(&[message(2, &"长".repeat(32_768))])[..], [Delivery::Refused(_)]));
}

#[test]
fn no_channel_writes_into_what_is_something_else() {
    let check = |path: Option<&str>, name: &str| {
        let world = World::new(&path.map(|path| ("path", path)).into_iter().collect::<Vec<_>>());
        fs::create_dir_all(world.folder.path().join("out")).unwrap();
        fs::write(world.folder.path().join("shop.db"), "").unwrap();
        let (outside, state) = (world.outside(), world.folder.path().join("state.db"));
        let files = Files { outside: &outside, state: &state, database: "sqlite:shop.db" };
        files.check(name, &world.channel).map_err(|problem| problem.code.name())
    };
    for path in ["out", "shop.db", "out/../shop.db-wal", "state.db", "state.db-journal", "outbox/tags.jsonl"]
    {
        assert_eq!(check(Some(path), "sms"), Err("R0127"), "{path}");
    }
    for path in ["rulec.toml", "./out/../rulec.toml", "rules/a.rules", "codes.csv", "customers.XLSX"] {
        assert_eq!(check(Some(path), "sms"), Err("R0127"), "{path}");
    }
    assert_eq!(check(None, "points"), Err("R0127"));
    assert_eq!((check(None, "sms"), check(Some("out/sms.jsonl"), "sms")), (Ok(()), Ok(())));
}

#[test]
fn deeds_have_files_of_their_own() {
    let world = World::new(&[]);
    let (outside, state) = (world.outside(), Path::new("state.db"));
    let files = Files { outside: &outside, state, database: "sqlite:shop.db" };
    let deed = Message { payload: "{\"key\":\"k1\",\"do\":\"tag\"}".into(), key: "k1".into(), again: true };
    let channel = files.deeds("tags");
    assert_eq!(channel.terms(), Terms { batch: 10_000, calls: 1, honours_key: true });
    assert!(taken(&channel.sender().unwrap().send(std::slice::from_ref(&deed))));
    assert!(taken(&channel.sender().unwrap().send(&[deed])));
    assert_eq!(world.read("tags.jsonl"), "{\"key\":\"k1\",\"do\":\"tag\"}\n");
}

#[test]
fn settings_that_mean_nothing_are_refused() {
    for setting in [("format", "pdf"), ("columns.1", "phone"), ("columns.1", "")] {
        let format = if setting.0 == "format" { setting } else { ("format", "csv") };
        let world = World::new(&[format, setting]);
        let problem = crate::open("sms", &world.channel, &world.outside()).map(drop).unwrap_err();
        assert_eq!(problem.code.name(), "R0180", "{setting:?}");
    }
}

/// A text with all that has a meaning in a table.
fn odd_text() -> impl Strategy<Value = String> {
    let parts = prop_oneof![
        "[ -~\u{4e00}-\u{4e10}\r\n\t]{0,8}",
        ".{0,4}",
        Just("😀".to_owned()),
        Just("\"".to_owned())
    ];
    prop::collection::vec(parts, 0..6).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    /// Readers of tables see what was to be said, but for the ends of lines, control characters and the apostrophe.
    #[test]
    fn a_table_is_read_as_it_was_meant(texts in prop::collection::vec(odd_text(), 1..5)) {
        let messages: Vec<_> = (1..).zip(&texts).map(|(number, text)| message(number, text)).collect();
        let meant: Vec<_> = texts.iter().map(|text| crate::clean::clean(text)).collect();

        let world = World::new(&[("format", "csv"), ("columns.1", "message")]);
        prop_assert!(taken(&world.send(&messages)));
        let text = world.read("sms.csv");
        let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
        let read: Vec<_> = reader.records().map(|row| row.unwrap()[0].to_owned()).collect();
        for (read, meant) in read.iter().zip(&meant) {
            let begins_formula = read.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
            prop_assert!(!begins_formula, "{}", read);
            prop_assert_eq!(read.strip_prefix('\'').filter(|_| !meant.starts_with('\'')).unwrap_or(read), meant);
        }
        prop_assert_eq!(read.len(), meant.len());

        let world = World::new(&[("format", "xlsx"), ("columns.1", "message")]);
        prop_assert!(taken(&world.send(&messages)));
        let read: Vec<_> = books(&world).into_iter().map(|row| row[0].clone()).collect();
        prop_assert_eq!(read, meant);
    }

    /// Whatever the file holds, new rows are whole and only what cannot be relied on is gone.
    #[test]
    fn no_file_makes_a_message_vanish(theirs in odd_text(), cut in 0_usize..250) {
        let world = World::new(&[]);
        let ours = format!("{}\n", message(1, "ours").payload);
        let before = [theirs.as_bytes(), b"\n", &ours.as_bytes()[..cut.min(ours.len())]].concat();
        world.write("sms.jsonl", &before);
        prop_assert!(taken(&world.send(&again(&[message(1, "ours"), message(2, "more")]))));
        let text = world.read("sms.jsonl");
        prop_assert_eq!(text, format!("{theirs}\n{ours}{}\n", message(2, "more").payload));
    }
}
