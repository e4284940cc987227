//! What the documents show is true: rules are accepted or refused as said, tables name what there is, links lead somewhere.
//!
//! A fence `rules` must check without errors, against the standard shop or the last `toml` block above it; `rules bad CODE`
//! must give exactly that code. A `toml` block is a whole project file.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking, in what it calls too")]

use rulec_compiler::{NoFiles, check, project};
use rulec_diagnostic::{Code, Diagnostic, FileId, Sources};
use rulec_grammar::keywords;
use rulec_grammar::tree::ItemKind;
use rulec_plan::project::Project;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A fenced block.
struct Block {
    /// Document and line, to click on.
    place: String,
    /// The words after the backticks.
    info: String,
    text: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every Markdown file that people read from the repository's page.
fn documents() -> Vec<PathBuf> {
    let mut found = Vec::new();
    gather(&root(), &mut found, 0);
    for folder in ["docs", "examples"] {
        gather(&root().join(folder), &mut found, 4);
    }
    found.sort();
    assert!(found.len() >= 8, "{found:?}");
    found
}

fn gather(folder: &Path, found: &mut Vec<PathBuf>, depth: usize) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && depth > 0 {
            gather(&path, found, depth - 1);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The fenced blocks of a document, without the indentation of their fence.
fn blocks(path: &Path) -> Vec<Block> {
    let text = read(path);
    let mut lines = text.lines().enumerate();
    let mut blocks = Vec::new();
    while let Some((number, line)) = lines.next() {
        let Some((indent, info)) = line.split_once("```") else { continue };
        if !indent.trim().is_empty() {
            continue;
        }
        let body = lines.by_ref().map(|(_, line)| line.strip_prefix(indent).unwrap_or(line));
        let text = body.take_while(|line| !line.starts_with("```")).flat_map(|line| [line, "\n"]).collect();
        blocks.push(Block {
            place: format!("{}:{}", path.display(), number + 1),
            info: info.to_owned(),
            text,
        });
    }
    blocks
}

fn findings(project: &Project, text: &str) -> Vec<Diagnostic> {
    let mut sources = Sources::default();
    let file = sources.add("example.rules", text);
    check(project, &mut sources, &[file], &NoFiles).diagnostics
}

fn expect(block: &Block, wanted: Option<&str>, found: &[Diagnostic]) {
    let codes: BTreeSet<_> =
        found.iter().filter(|finding| finding.is_error()).map(|finding| finding.code.name()).collect();
    let wanted: BTreeSet<_> =
        wanted.map(|word| Code::find(word).map_or(word, |code| code.name())).into_iter().collect();
    assert_eq!(codes, wanted, "{}\n{}{found:#?}", block.place, block.text);
}

#[test]
fn examples_in_documents_give_what_they_say() {
    let mut seen = 0;
    for document in documents() {
        let mut shop = project::standard();
        for block in blocks(&document) {
            let words: Vec<_> = block.info.split_whitespace().collect();
            match words[..] {
                ["toml"] => {
                    let (found, problems) = project::parse(FileId::default(), &block.text);
                    assert!(problems.is_empty(), "{}\n{problems:#?}", block.place);
                    shop = found.unwrap();
                }
                ["rules"] => expect(&block, None, &findings(&shop, &block.text)),
                ["rules", "bad", code] => expect(&block, Some(code), &findings(&shop, &block.text)),
                ["rules", ..] => panic!("{}: what is `{}`?", block.place, block.info),
                _ => continue,
            }
            seen += 1;
        }
    }
    assert!(seen >= 30, "only {seen} examples were found");
}

#[test]
fn every_block_says_what_it_is() {
    for block in documents().iter().flat_map(|document| blocks(document)) {
        let kind = block.info.split_whitespace().next();
        assert!(
            matches!(
                kind,
                Some("rules" | "toml" | "console" | "sh" | "text" | "json" | "sql" | "csv" | "python")
            ),
            "{}: `{}`",
            block.place,
            block.info
        );
    }
}

#[test]
fn the_manual_has_every_keyword() {
    let manual = read("docs/language.md");
    let rows: Vec<_> = manual.lines().filter(|line| line.starts_with("| ")).collect();
    for keyword in keywords::ALL {
        let chinese: Vec<_> = keyword.chinese.iter().map(|word| format!("`{word}`")).collect();
        let end = format!(" | {} |", chinese.join(" "));
        let start =
            if keyword.english.is_empty() { "| ".to_owned() } else { format!("| `{}`", keyword.english) };
        assert!(rows.iter().any(|row| row.starts_with(&start) && row.ends_with(&end)), "{start} …{end}");
    }
}

#[test]
fn the_manual_has_every_name_of_the_prelude_and_of_the_packs() {
    let manual = read("docs/language.md");
    let mut files = vec![root().join("rules/prelude.rules")];
    files.extend(std::fs::read_dir(root().join("rules/std")).unwrap().map(|entry| entry.unwrap().path()));
    for file in files {
        let parsed = rulec_grammar::parse(FileId::default(), &read(&file));
        assert!(!parsed.file.items.is_empty(), "{}", file.display());
        for item in parsed.file.items {
            let name = match item.kind {
                ItemKind::Let(definition) | ItemKind::Segment(definition) | ItemKind::Param(definition) => {
                    definition.name
                }
                ItemKind::Tier(tier) => tier.name,
                other => panic!("{}: a pack only names things: {other:?}", file.display()),
            };
            assert!(manual.contains(&format!("`{}`", name.node)), "{}: `{}`", file.display(), name.node);
        }
    }
}

#[test]
fn links_lead_somewhere() {
    for document in documents() {
        let text = read(&document);
        for (_, rest) in text.match_indices("](").map(|(at, _)| text.split_at(at + 2)) {
            let Some((target, _)) = rest.split_once(')') else { continue };
            let file = target.split('#').next().unwrap_or_default();
            if file.is_empty() || file.contains("://") {
                continue;
            }
            let folder = document.parent().unwrap_or(Path::new("."));
            assert!(folder.join(file).exists(), "{}: {target}", document.display());
        }
    }
}

/// What a document shows of a shell: commands after `$ `, each with what it prints.
fn commands(block: &str) -> Vec<(&str, Vec<&str>)> {
    let mut commands: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in block.lines() {
        match (line.strip_prefix("$ "), commands.last_mut()) {
            (Some(command), _) => commands.push((command, Vec::new())),
            (None, Some((_, shown))) => shown.push(line),
            (None, None) => panic!("a console block starts with a command: {line}"),
        }
    }
    commands
}

/// Whether the lines are those shown; a line `…` stands for any number of lines.
fn shows(shown: &[&str], printed: &[&str]) -> bool {
    match (shown, printed) {
        ([], rest) => rest.is_empty(),
        (["…", later @ ..], rest) => (0..=rest.len()).any(|skipped| shows(later, &rest[skipped..])),
        ([first, later @ ..], [line, rest @ ..]) => first.trim_end() == line.trim_end() && shows(later, rest),
        _ => false,
    }
}

/// The program under test, built by the same cargo, in the same profile, into the same place.
fn program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folder = test.ancestors().nth(2).unwrap();
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--quiet", "--locked", "--package", "rulec"]);
    if folder.ends_with("release") {
        build.arg("--release");
    }
    assert!(build.status().unwrap().success(), "rulec does not build");
    folder.join(format!("rulec{}", std::env::consts::EXE_SUFFIX))
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            if entry.file_name() != ".rulec" {
                copy(&entry.path(), &target);
            }
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn shell(command: &str, folder: &Path, program: &Path) -> String {
    let line = format!("rulec() {{ \"$RULEC\" \"$@\"; }}\n{command} 2>&1");
    let mut bash = Command::new("bash");
    bash.args(["-c", &line]).current_dir(folder).env("RULEC", program).env("RULEC_LANG", "en");
    bash.env_remove("NO_COLOR").env_remove("COLUMNS");
    let output = bash.output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn consoles_in_documents_show_what_is_printed() {
    let program = program();
    let sandbox = Path::new(env!("CARGO_TARGET_TMPDIR")).join("documents");
    let _ = std::fs::remove_dir_all(&sandbox);
    for folder in ["docs", "examples"] {
        copy(&root().join(folder), &sandbox.join(folder));
    }
    for example in std::fs::read_dir(sandbox.join("examples")).unwrap() {
        shell("bash demo.sh", &example.unwrap().path(), &program);
    }
    let mut seen = 0;
    for document in documents() {
        let home = document.parent().unwrap().strip_prefix(root()).unwrap();
        let folder = if home.starts_with("examples") { sandbox.join(home) } else { sandbox.clone() };
        for block in blocks(&document).iter().filter(|block| block.info == "console") {
            for (command, shown) in commands(&block.text) {
                let printed = shell(command, &folder, &program);
                let lines: Vec<_> = printed.lines().collect();
                assert!(shows(&shown, &lines), "{}: $ {command}\n{printed}", block.place);
                seen += 1;
            }
        }
    }
    assert!(seen >= 5, "only {seen} commands were found");
}
