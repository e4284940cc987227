//! What the pages of codes show is true: the bad example gives the code and no other error, the good one no error, in both
//! languages.

use rulec_compiler::{NoFiles, check, project};
use rulec_diagnostic::{Code, Diagnostic, FileId, Language, Sources, codes};
use rulec_plan::project::Project;
use std::collections::BTreeSet;

/// Codes about bytes that no page can show.
const WITHOUT_EXAMPLE: &[&str] = &["S0019"];

/// The fenced blocks of a page: what stands after the backticks, and the text.
fn blocks(page: &str) -> Vec<(&str, String)> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(info) = line.strip_prefix("```") {
            let body: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            blocks.push((info, body.join("\n") + "\n"));
        }
    }
    blocks
}

fn text_of<'b>(blocks: &'b [(&str, String)], info: &str) -> Option<&'b str> {
    blocks.iter().find(|(found, _)| *found == info).map(|(_, text)| text.as_str())
}

/// The project of a page: the standard shop, with the page's settings added to it, or a project of the page's own.
fn project_of(toml: Option<&str>) -> Project {
    let text = match toml {
        None => return project::standard(),
        Some(own) if own.contains("[project]") => own.to_owned(),
        Some(more) => format!("{}\n{more}", project::standard_text()),
    };
    let (project, found) = project::parse(FileId::default(), &text);
    project.unwrap_or_else(|| panic!("{found:#?}"))
}

fn findings(project: &Project, rules: &str) -> Vec<Diagnostic> {
    let mut sources = Sources::default();
    let file = sources.add("page.rules", rules);
    check(project, &mut sources, &[file], &NoFiles).diagnostics
}

/// What is untrue on a page.
fn untrue(code: Code, language: Language) -> Vec<String> {
    let page = code.page(language);
    let name = code.name();
    let mut wrong = Vec::new();
    if !page.starts_with(&format!("# {name}: ")) || page.lines().filter(|line| !line.is_empty()).count() < 2 {
        wrong.push(format!("{name} {language:?}: no title, or no words"));
    }
    let blocks = blocks(page);
    let project = project_of(text_of(&blocks, "toml"));
    match text_of(&blocks, "rules bad") {
        Some(bad) => {
            // Other warnings about the example do not matter.
            let matters = |finding: &&Diagnostic| finding.is_error() || finding.code == code;
            let found = findings(&project, bad);
            let found: BTreeSet<&str> =
                found.iter().filter(matters).map(|finding| finding.code.name()).collect();
            if found != BTreeSet::from([name]) {
                wrong.push(format!("{name} {language:?}: the bad example gives {found:?}"));
            }
        }
        None if WITHOUT_EXAMPLE.contains(&name) => {}
        None => wrong.push(format!("{name} {language:?}: no bad example")),
    }
    match text_of(&blocks, "rules good") {
        Some(good) => {
            let found = findings(&project, good);
            let errors = found.iter().filter(|finding| finding.is_error() || finding.code == code);
            wrong.extend(errors.map(|error| {
                format!(
                    "{name} {language:?}: the good example gives {} {}",
                    error.code.name(),
                    error.message.en
                )
            }));
        }
        None if WITHOUT_EXAMPLE.contains(&name) => {}
        None => wrong.push(format!("{name} {language:?}: no good example")),
    }
    wrong
}

#[test]
fn pages_of_rule_codes_show_what_they_say() {
    let families = [codes::syntax::ALL, codes::names::ALL, codes::types::ALL, codes::lints::ALL];
    let codes = families.into_iter().flatten();
    let wrong: Vec<String> = codes
        .flat_map(|code| [Language::En, Language::Zh].map(|language| untrue(*code, language)))
        .flatten()
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_code_has_a_page_in_both_languages() {
    let has_chinese = |text: &str| text.chars().any(|letter| ('\u{4e00}'..='\u{9fff}').contains(&letter));
    for code in codes::all() {
        let (en, zh) = (code.page(Language::En), code.page(Language::Zh));
        let title = format!("# {}: ", code.name());
        assert!(en.starts_with(&title) && zh.starts_with(&title), "{}", code.name());
        assert!(has_chinese(zh), "{}: the Chinese page is not Chinese", code.name());
        let kinds = |page: &str| blocks(page).iter().map(|(info, _)| (*info).to_owned()).collect::<Vec<_>>();
        assert_eq!(kinds(en), kinds(zh), "{}: the two pages show different things", code.name());
    }
}

#[test]
fn codes_and_slugs_are_unique() {
    let mut seen = BTreeSet::new();
    for code in codes::all() {
        assert!(seen.insert(code.name()), "{}", code.name());
        assert!(seen.insert(code.slug()), "{}", code.slug());
    }
}
