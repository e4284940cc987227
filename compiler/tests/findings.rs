//! What the checker says: every file of `cases/`, and the examples of the pages about names, types and lints.
//!
//! A line `#### NAME` in a case starts another text: `rulec.toml`, or a file that `use` can name.
#![allow(clippy::disallowed_methods, reason = "a test reads its cases")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use rulec_compiler::{Loader, check, project};
use rulec_diagnostic::codes::{lints, names, types};
use rulec_diagnostic::{Code, Diagnostic, FileId, Language, Place, Sources};
use rulec_plan::project::Project;
use std::collections::BTreeMap;
use std::fmt::Write;

/// The texts of a case beside its first, by name.
#[derive(Default)]
struct Texts(BTreeMap<String, String>);

impl Loader for Texts {
    fn load(&self, path: &str) -> Option<String> {
        self.0.get(path).cloned()
    }
}

/// The project of a text: all of it if it has a `[project]`, else the standard shop with these lines added.
fn project_of(toml: &str) -> Project {
    let text = match toml.contains("[project]") {
        true => toml.to_owned(),
        false => format!("{}\n{toml}", project::standard_text()),
    };
    let (project, diagnostics) = project::parse(FileId::default(), &text);
    assert_eq!(diagnostics, [], "{toml}");
    project.unwrap()
}

fn findings(project: &Project, rules: &str, texts: &Texts) -> (Vec<Diagnostic>, Sources) {
    let mut sources = Sources::default();
    let file = sources.add("winback.rules", rules);
    (check(project, &mut sources, &[file], texts).diagnostics, sources)
}

/// What is found in the text of a case.
fn case(text: &str) -> (Vec<Diagnostic>, Sources) {
    let (rules, rest) = text.split_once("#### ").unwrap_or((text, ""));
    let named = rest.split("#### ").filter_map(|part| part.split_once('\n'));
    let texts = Texts(named.map(|(name, text)| (name.to_owned(), text.to_owned())).collect());
    let project = project_of(texts.0.get("rulec.toml").map_or("", String::as_str));
    findings(&project, rules, &texts)
}

#[test]
fn cases() {
    insta::glob!("cases/*.rules", |path| {
        let (found, sources) = case(&std::fs::read_to_string(path).unwrap());
        let shown: Vec<String> = found.iter().map(|diagnostic| show(diagnostic, &sources)).collect();
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(shown.join("\n"));
        });
    });
}

/// A finding as both readers see it, under its line of source.
fn show(found: &Diagnostic, sources: &Sources) -> String {
    let place = found.place.unwrap();
    let mut shown = format!("{} {} at {}\n", found.code.name(), found.code.slug(), place_of(place, sources));
    let line = sources.get(place.file).unwrap().line(sources.start_of(place).line);
    writeln!(shown, "    | {}", line.trim()).unwrap();
    for language in [Language::En, Language::Zh] {
        writeln!(shown, "  {}", found.message.get(language)).unwrap();
        for related in &found.related {
            writeln!(shown, "  - {}: {}", place_of(related.place, sources), related.text.get(language))
                .unwrap();
        }
        if let Some(help) = &found.help {
            writeln!(shown, "  = {}", help.get(language)).unwrap();
        }
    }
    if let Some(fix) = &found.fix {
        writeln!(shown, "  -> {:?}", repaired(fix.place, &fix.replacement, sources)).unwrap();
    }
    shown
}

fn place_of(place: Place, sources: &Sources) -> String {
    let start = sources.start_of(place);
    let words = sources.text(place.file)[place.span.range()].lines().next().unwrap_or_default();
    format!("{}:{}:{} `{words}`", sources.name(place.file), start.line, start.column)
}

/// The line of a fix as it reads afterwards.
fn repaired(place: Place, replacement: &str, sources: &Sources) -> String {
    let text = sources.text(place.file);
    let (before, after) = (&text[..place.span.range().start], &text[place.span.range().end..]);
    let start = before.rsplit('\n').next().unwrap_or_default();
    let end = after.split('\n').next().unwrap_or_default();
    format!("{start}{replacement}{end}").trim().to_owned()
}

#[test]
fn every_finding_says_what_to_do() {
    for entry in std::fs::read_dir("tests/cases").unwrap() {
        let path = entry.unwrap().path();
        let found = case(&std::fs::read_to_string(&path).unwrap()).0;
        for found in &found {
            let help = found.help.clone().unwrap_or_default();
            assert!(!help.en.is_empty() && !help.zh.is_empty(), "{}: {found:#?}", path.display());
        }
    }
}

#[test]
fn every_code_has_a_case() {
    let cases = std::fs::read_dir("tests/snapshots").unwrap();
    let shown: String = cases.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()).collect();
    for code in codes() {
        assert!(
            shown.contains(&format!("{} {} at ", code.name(), code.slug())),
            "no case shows {}",
            code.name()
        );
    }
}

#[test]
fn the_examples_of_every_page_are_what_the_page_says() {
    for code in codes() {
        for language in [Language::En, Language::Zh] {
            let page = code.page(language);
            let toml = block(page, "toml").unwrap_or_default();
            let found = |mark: &str| {
                let rules = block(page, &format!("rules {mark}")).unwrap_or_else(|| panic!("{mark}: {page}"));
                findings(&project_of(toml), rules, &Texts::default()).0
            };
            // A warning of another code does not hide what the page is about.
            let matter = |mark: &str| {
                let found = found(mark).into_iter().filter(|found| found.is_error() || found.code == code);
                found.map(|found| found.code.name()).collect::<Vec<_>>()
            };
            assert_eq!(matter("bad"), [code.name()], "{page}");
            assert_eq!(matter("good"), [""; 0], "{page}");
        }
    }
}

fn codes() -> impl Iterator<Item = Code> {
    [names::ALL, types::ALL, lints::ALL].into_iter().flatten().copied()
}

fn block<'p>(page: &'p str, kind: &str) -> Option<&'p str> {
    let (_, rest) = page.split_once(&format!("```{kind}\n"))?;
    rest.split_once("```").map(|(block, _)| block)
}
