use super::*;
use crate::fixture::{Folder, World, at};

fn read(name: &str, text: &str, channel: Option<&str>) -> Result<Heard, Vec<Diagnostic>> {
    let folder = Folder::new();
    std::fs::write(folder.join(name), text).unwrap();
    let project = World::new(0).project;
    Hearsay { project: &project, channel, now: at("2026-11-22T09:00:00") }.read(&folder.join(name))
}

#[test]
fn words_are_known_in_whatever_form_they_are_typed() {
    for text in WORDS.into_iter().chain(["td", " T D ", "ＴＤ", "退 订", "Stop", "unsubscribe\n", "ｒ"])
    {
        assert!(is_word(text), "{text}");
    }
    for text in [
        "TD。",
        "退订!",
        "ＴＤ！",
        "“退订”",
        "TD退订",
        "退订TD",
        "T 退订",
        "我要退订",
        "我想退订。",
        "请帮我退订，谢谢",
        "回复TD",
        "回T",
        "回复：R",
        "回复TD退订",
        "退订短信",
        "退订吧",
        "stop.",
        "*TD*",
    ] {
        assert!(is_word(text), "{text}");
    }
    for text in [
        "",
        "TDX",
        "不退订",
        "stop it",
        "好的",
        "NO",
        "。",
        "退订？",
        "怎么退订",
        "我不想退订",
        "取消退订",
        "要退",
        "我要退",
        "回退",
        "我要退货",
        "如需退订请回复TD",
        "退订了吗",
        "短信",
        "谢谢",
        "请",
        "please stop",
        "2",
        "T2",
    ] {
        assert!(!is_word(text), "{text}");
    }
}

#[test]
fn both_forms_of_a_list_say_the_same() {
    let key = "0123456789abcdef0123456789abcdef";
    let csv = format!(
        "customer,message,code,address,channel,at,text\n7,,,,,2026-11-21,\n,{key},,,,,\n,,A7,,sms,,TD\n,,,138 0000 0001,app,,\n"
    );
    let json = format!(
        "{{\"customer\": 7, \"at\": \"2026-11-21\"}}\n{{\"message\": \"{key}\"}}\n\
         {{\"code\": \"A7\", \"channel\": \"sms\", \"text\": \"TD\"}}\n\
         {{\"address\": \"138 0000 0001\", \"channel\": \"app\"}}\n"
    );
    let (csv, json) = (read("a.csv", &csv, None).unwrap(), read("a.jsonl", &json, None).unwrap());
    let told = |heard: &Heard| {
        heard.optouts.iter().map(|one| (one.who.clone(), one.channel.clone(), one.at)).collect::<Vec<_>>()
    };
    assert_eq!(told(&csv), told(&json));
    assert_eq!(csv.optouts[0].at, at("2026-11-21T00:00:00"));
    assert_eq!(csv.optouts[1].who, Who::Message(key.to_owned()));
    assert_eq!(
        (&csv.optouts[3].who, csv.optouts[3].line),
        (&Who::Address("138 0000 0001".to_owned()), Some(5))
    );
}

#[test]
fn what_providers_hear_counts_where_the_text_is_a_word() {
    let heard = read(
        "a.jsonl",
        "[{\"phone_number\":\"13800000001\",\"content\":\"TD\",\"send_time\":\"2026-11-21 10:00:00\",\"dest_code\":\"1\"},\
          {\"phone_number\":\"13800000002\",\"content\":\"好的\"}]\n\
         {\"from\":\"+8613800000003\",\"to\":\"10690000\",\"text\":\"退订\",\"time\":1795200000}\n\
         {\"sender\":\"13800000004\",\"message\":\"谢谢\"}\n",
        Some("sms"),
    )
    .unwrap();
    let who: Vec<_> = heard.optouts.iter().map(|one| one.who.clone()).collect();
    assert_eq!(
        who,
        [Who::Address("13800000001".to_owned()), Who::Address("+8613800000003".to_owned())],
        "of a message that came in `to` is the shop"
    );
    assert!(heard.optouts.iter().all(|one| one.channel.as_deref() == Some("sms")));
    assert_eq!(heard.optouts[1].at, Instant(1_795_200_000_000_000));
    assert_eq!(heard.other_texts, [1, 3]);
}

#[test]
fn lists_are_read_as_people_here_write_them() {
    let written =
        "手机号;渠道;退订时间;回复内容\n13800000001;SMS;2026-11-21 20:00:00;TD。\n13800000002;sms;;好的\n";
    let (gb18030, ..) = encoding_rs::GB18030.encode(written);
    let tabs = written.replace(';', "\t");
    for (name, bytes) in [("a.csv", written.as_bytes()), ("b.csv", &gb18030), ("c.tsv", tabs.as_bytes())] {
        let folder = Folder::new();
        std::fs::write(folder.join(name), bytes).unwrap();
        let project = World::new(0).project;
        let hearsay = Hearsay { project: &project, channel: None, now: at("2026-11-22T09:00:00") };
        let heard = hearsay.read(&folder.join(name)).unwrap();
        let expected = OptOut {
            who: Who::Address("13800000001".to_owned()),
            channel: Some("sms".to_owned()),
            at: at("2026-11-21T20:00:00"),
            line: Some(2),
        };
        assert_eq!((&heard.optouts[..], &heard.other_texts[..]), (&[expected][..], &[3][..]), "{name}");
    }
    let json = read("a.jsonl", "{\"客户\": 7}\n", None).unwrap();
    assert_eq!(json.optouts[0].who, Who::Customer("7".to_owned()));
}

#[test]
fn a_list_that_names_nobody_shows_what_it_has_and_one_of_nothing_is_empty() {
    let said = read("a.csv", "姓名,备注\n王小明,\n,电话里说的\n", None).unwrap_err()[0].message.zh.clone();
    assert!(said.contains("没有指明客户；只有 `备注`、`姓名`"), "{said}");
    for (name, text) in [("a.csv", ""), ("a.csv", "customer\n"), ("a.jsonl", ""), ("a.json", "[]")] {
        assert!(read(name, text, None).unwrap().is_empty(), "{name}");
    }
    assert!(!read("a.csv", "customer\n7\n", None).unwrap().is_empty());
}

#[test]
fn each_mistake_is_named_with_its_lines() {
    let found = read(
        "a.csv",
        "customer,phone,channel,at\n,,app,\n,138,,\n7,,fax,\n7,,,gestern\n7,,,2027-01-01\n7,,,,,\n,,sms,\n",
        None,
    );
    let said: Vec<_> = found.unwrap_err().iter().map(|one| one.message.en.clone()).collect();
    assert_eq!(said.len(), 6, "{said:?}");
    assert!(said[1].contains("lines 2, 8"), "{said:?}");
}
