//! The table of keywords and the grammar say the same.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use rulec_grammar::keywords::{ALL, Keyword, Role};
use std::collections::{BTreeMap, BTreeSet};

const GRAMMAR: &str = include_str!("../src/grammar.pest");

/// The words of each `kw_…` line of the grammar, English ones joined.
fn in_grammar() -> BTreeMap<String, (String, Vec<String>)> {
    let mut keywords = BTreeMap::new();
    for line in GRAMMAR.lines().filter(|line| line.starts_with("kw_")) {
        let (name, body) = line.split_once('=').unwrap();
        // What may not follow is no part of the keyword.
        let body =
            body.split("!(").next().unwrap().to_owned() + body.split_once(") |").map_or("", |(_, rest)| rest);
        let words: Vec<String> = body.split('"').skip(1).step_by(2).map(str::to_owned).collect();
        let (english, chinese): (Vec<String>, Vec<String>) =
            words.into_iter().partition(|word| word.is_ascii());
        let chinese: BTreeSet<String> = chinese.into_iter().collect();
        keywords.insert(name.trim().to_owned(), (english.join(" "), chinese.into_iter().collect()));
    }
    keywords
}

#[test]
fn table_and_grammar_hold_the_same_words() {
    let normal = |keyword: &Keyword| {
        let chinese: BTreeSet<String> = keyword.chinese.iter().map(|word| (*word).to_owned()).collect();
        (keyword.english.to_owned(), chinese.into_iter().collect::<Vec<_>>())
    };
    let table: BTreeSet<_> =
        ALL.iter().filter(|keyword| keyword.role != Role::Function).map(normal).collect();
    let grammar: BTreeSet<_> = in_grammar().into_values().collect();
    assert_eq!(table, grammar);
}

/// Both languages.
fn words(keyword: &'static Keyword) -> impl Iterator<Item = &'static str> {
    std::iter::once(keyword.english).chain(keyword.chinese.iter().copied())
}

/// The words that a rule of the grammar spells out.
fn words_of(rule: &str) -> BTreeSet<&'static str> {
    let rest = &GRAMMAR[GRAMMAR.find(&format!("\n{rule} ")).unwrap() + 1..];
    let body = &rest[rest.find('{').unwrap() + 1..rest.find('}').unwrap()];
    body.split('"').skip(1).step_by(2).collect()
}

#[test]
fn reserved_words_of_table_and_grammar_are_the_same() {
    let of_role = |role| {
        let keywords = ALL.iter().filter(move |keyword| keyword.role == role);
        keywords.flat_map(words).collect::<BTreeSet<_>>()
    };
    assert_eq!(words_of("reserved"), of_role(Role::Structure));
    assert_eq!(words_of("head_word"), of_role(Role::Head));
}

#[test]
fn no_word_hides_a_longer_one_after_it() {
    for line in GRAMMAR.lines().filter(|line| line.starts_with("kw_")) {
        let words: Vec<&str> = line.split('"').skip(1).step_by(2).filter(|word| !word.is_ascii()).collect();
        for (index, word) in words.iter().enumerate() {
            let hidden = words[index + 1..].iter().find(|later| later.starts_with(word));
            assert_eq!(hidden, None, "in {line}");
        }
    }
}

/// A guard that forgets a keyword would make it unreadable.
#[test]
fn guards_begin_as_the_keywords_behind_them() {
    let behind: [(&str, &[&str]); 6] = [
        (
            "value_word",
            &[
                "day of month",
                "month of year",
                "enters",
                "leaves",
                "everyone",
                "now",
                "today",
                "true",
                "false",
            ],
        ),
        ("window_start", &["last", "next", "this", "top", "since"]),
        ("tail_start", &["in", "is", "is not", "not", "contains", "missing", "known"]),
        ("this_start", &["this"]),
        ("best_start", &["best"]),
        (
            "option_word",
            &["coupon", "gift", "points", "trial", "ttl", "at", "quota", "expect", "given", "again", "split"],
        ),
    ];
    for (guard, keywords) in behind {
        let starts = words_of(guard);
        let guarded = ALL
            .iter()
            .filter(|keyword| keyword.role != Role::Function && keywords.contains(&keyword.english));
        for word in guarded.flat_map(words) {
            assert!(starts.iter().any(|start| word.starts_with(start)), "{word} is not behind {guard}");
        }
    }
}

/// The letters by which a list of words is passed over must be those that its words begin with.
#[test]
fn letters_before_a_list_of_words_take_all_of_them_in() {
    let mut lists = 0;
    for part in GRAMMAR.split("&('").skip(1) {
        let Some((range, rest)) = part.split_once("') ~ (\"") else { continue };
        let (low, high) = range.split_once("'..'").unwrap();
        let words = rest.split(')').next().unwrap().split('"').step_by(2);
        assert!(words.clone().all(|word| (low..=high).contains(&&word[..1])), "{range}: {rest:.80}");
        lists += 1;
    }
    assert_eq!(lists, 6);
}

/// The words in a dictionary of libFuzzer.
fn in_dictionary() -> BTreeSet<String> {
    let lines = include_str!("../../fuzz/rules.dict").lines();
    let quoted = lines.filter_map(|line| line.strip_prefix('"')?.strip_suffix('"'));
    let unescaped = |word: &str| {
        let mut bytes = Vec::new();
        let mut parts = word.split("\\x");
        bytes.extend(parts.next().unwrap().bytes());
        for part in parts {
            bytes.push(u8::from_str_radix(&part[..2], 16).unwrap());
            bytes.extend(part[2..].bytes());
        }
        String::from_utf8(bytes).unwrap()
    };
    quoted.map(unescaped).collect()
}

#[test]
fn the_fuzzers_know_every_word() {
    let known = in_dictionary();
    for word in ALL.iter().flat_map(words).filter(|word| !word.is_empty()) {
        assert!(known.contains(word), "{word} is not in fuzz/rules.dict");
    }
}
