use super::*;
use rulec_diagnostic::codes::project::{BAD_SET, CANNOT_WRITE, NO_PROJECT, PATTERN_WITHOUT_FILES};
use rulec_diagnostic::{Span, Text};

const RULES: &str = "# 秋季\n当 沉睡时间 > 60 且 消费 > 500\n则 发送 sms \"回\u{1b}[31m归\"\n";
const TIERS: &str = "tier 沉睡 by dormant {\n  短期: 30d..90d\n  中期: 80d..180d\n}\n";

/// One finding of each kind: with everything, with a place in another file, with only a repair, with no place.
fn sample() -> (Sources, Vec<Diagnostic>) {
    let mut sources = Sources::default();
    let rules = sources.add("rules/召回.rules", RULES);
    let tiers = sources.add("rules/tiers.rules", TIERS);
    let at = |file: FileId, needle: &str| {
        let start = sources.text(file).find(needle).unwrap();
        Span::new(start, start + needle.len()).at(file)
    };
    let findings = vec![
        Diagnostic::new(NO_PROJECT, None, Text::new("there is <nothing> & \"more\"", "什么也没有")),
        Diagnostic::new(
            BAD_SET,
            at(rules, "60"),
            Text::new("`沉睡时间` is a duration, `60` is a number", "`沉睡时间` 是时长，`60` 是数字"),
        )
        .label("a number", "这是数字")
        .related(at(rules, "沉睡时间"), "a duration", "这是时长")
        .related(at(tiers, "dormant"), "defined by `dormant`", "按 `dormant` 划分")
        .help("did you mean `60d`?", "是不是 `60d`？")
        .fix(at(rules, "60"), "60d"),
        Diagnostic::new(
            CANNOT_WRITE,
            at(rules, "\"回\u{1b}[31m归\""),
            Text::same("bad \u{202e}text\u{1b}[0m"),
        )
        .fix(at(rules, "\u{1b}[31m"), ""),
        Diagnostic::new(
            PATTERN_WITHOUT_FILES,
            at(tiers, "80d..180d\n}"),
            Text::new("tiers overlap", "分层有重叠"),
        ),
    ];
    (sources, findings)
}

fn drawn(format: Format, language: Language) -> String {
    let (sources, findings) = sample();
    let checked: Vec<FileId> = sources.iter().map(|(file, _)| file).collect();
    let report = Report { sources: &sources, findings: &findings, checked: &checked, language };
    let mut out = Vec::new();
    draw(&mut out, format, &report, Look { color: false, width: 80 }).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn every_format_in_both_languages() {
    for format in <Format as clap::ValueEnum>::value_variants() {
        for language in [Language::En, Language::Zh] {
            let name = format!("{format:?}_{language:?}").to_lowercase();
            let drawn = drawn(*format, language);
            assert!(!drawn.contains(['\u{1b}', '\u{202e}']), "{name} prints a control character");
            insta::assert_snapshot!(name, drawn);
        }
    }
}

#[test]
fn the_fix_of_json_keeps_its_bytes() {
    let document: serde_json::Value = serde_json::from_str(&drawn(Format::Json, Language::En)).unwrap();
    let finding = &document["diagnostics"][1];
    let offset = usize::try_from(finding["offset"].as_u64().unwrap()).unwrap();
    assert_eq!(&RULES[offset..offset + 2], "60");
    assert_eq!((finding["line"].as_u64(), finding["column"].as_u64()), (Some(2), Some(10)));
    assert_eq!(finding["fix"]["replacement"], "60d");
}

#[test]
fn a_person_is_shown_fifty_findings() {
    let mut sources = Sources::default();
    let file = sources.add("a.rules", "x\n");
    let findings = vec![Diagnostic::new(BAD_SET, Span::new(0, 1).at(file), Text::same("no")); 53];
    let report = Report { sources: &sources, findings: &findings, checked: &[], language: Language::Zh };
    let mut out = Vec::new();
    draw(&mut out, Format::Human, &report, Look { color: false, width: 80 }).unwrap();
    let drawn = String::from_utf8(out).unwrap();
    assert_eq!(drawn.matches("P0106 bad-set").count(), 50);
    assert!(drawn.ends_with("… 还有 3 个\n53 个错误，0 个警告\n"), "{drawn}");
}

/// Drawing reads the lines around a place, not the file: the text handed to miette stays small however long the file is.
#[test]
fn a_place_at_the_end_of_a_long_file_costs_only_its_lines() {
    let mut sources = Sources::default();
    let text = "when dormant > 60d then send sms \"回归礼包\"\n".repeat(60_000);
    let file = sources.add("long.rules", text);
    let files = clean::CleanFiles::new(&sources, [file]);
    let end = sources.text(file).len();
    let span = miette::SourceSpan::new((end - 20).into(), 5);
    let contents = miette::SourceCode::read_span(files.get(file).unwrap(), &span, 1, 1).unwrap();
    assert_eq!(contents.line(), 59_998);
    assert!(contents.data().len() < 200);
}
