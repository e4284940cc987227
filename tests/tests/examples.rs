//! Every example and every pack is found by listing its folder, so that none is forgotten, and checks without a finding.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking, in its helpers too")]

use rulec_compiler::{NoFiles, check, project};
use rulec_diagnostic::{FileId, Sources};
use rulec_plan::project::Project;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn listed(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn examples() -> Vec<PathBuf> {
    let found: Vec<_> = listed(&root().join("examples")).into_iter().filter(|path| path.is_dir()).collect();
    assert!(found.len() >= 3, "{found:?}");
    found
}

fn without_findings(project: &Project, files: &[PathBuf]) {
    let mut sources = Sources::default();
    let rules: Vec<FileId> =
        files.iter().map(|file| sources.add(file.display().to_string(), read(file))).collect();
    let found = check(project, &mut sources, &rules, &NoFiles).diagnostics;
    assert!(found.is_empty(), "{files:?}\n{found:#?}");
}

#[test]
fn every_example_checks_without_a_finding() {
    for example in examples() {
        let (project, findings) = project::parse(FileId::default(), &read(&example.join("rulec.toml")));
        assert!(findings.is_empty(), "{}\n{findings:#?}", example.display());
        let files = listed(&example.join("rules"));
        assert!(!files.is_empty(), "{}", example.display());
        without_findings(&project.unwrap(), &files);
    }
}

#[test]
fn every_example_says_what_it_is_and_runs_by_one_command() {
    for example in examples() {
        for file in ["README.md", "demo.sh", "rulec.toml"] {
            assert!(example.join(file).is_file(), "{}: {file}", example.display());
        }
    }
}

#[test]
fn every_pack_checks_without_a_finding() {
    let packs = listed(&root().join("rules/std"));
    assert!(packs.len() >= 4, "{packs:?}");
    for pack in packs {
        without_findings(&project::standard(), &[pack]);
    }
}

#[test]
fn packs_can_be_used_together() {
    without_findings(&project::standard(), &listed(&root().join("rules/std")));
}
