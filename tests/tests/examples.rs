//! Every example and every pack is found by listing its folder, so that none is forgotten, and checks without a finding.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking, in what it calls too")]

use rulec_compiler::{NoFiles, check, project};
use rulec_diagnostic::{FileId, Sources};
use rulec_grammar::tree::{
    ActionKind, FollowUp, FollowUpCondition, ItemKind, MemberKind, Outcome, Rule, SendOption,
};
use rulec_plan::project::Project;
use std::collections::BTreeSet;
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

/// The kinds of declarations, of lines of a campaign, of actions and of what comes with them, as the manual names them.
/// `forbid` and `test` are not among them: nothing runs them yet.
const KINDS: [&str; 37] = [
    "use",
    "param",
    "let",
    "segment",
    "tier",
    "template",
    "transactional",
    "pool",
    "fact",
    "campaign",
    "rule",
    "limit",
    "suppress",
    "active",
    "schedule",
    "holdout",
    "convert",
    "budget",
    "limit of a campaign",
    "unless",
    "again",
    "split",
    "hold",
    "after unless",
    "after when",
    "send",
    "tag",
    "untag",
    "task",
    "grant points",
    "coupon",
    "coupon from",
    "gift",
    "points",
    "trial",
    "at",
    "quota best by",
];

/// What a project uses of the language.
#[derive(Default)]
struct Used(BTreeSet<&'static str>);

impl Used {
    fn note(&mut self, kind: &'static str) {
        self.0.insert(kind);
    }

    fn item(&mut self, item: &ItemKind) {
        let kind = match item {
            ItemKind::Use(_) => "use",
            ItemKind::Param(_) => "param",
            ItemKind::Let(_) => "let",
            ItemKind::Segment(_) => "segment",
            ItemKind::Tier(_) => "tier",
            ItemKind::Template(template) if template.transactional => "transactional",
            ItemKind::Template(_) => "template",
            ItemKind::Pool(_) => "pool",
            ItemKind::Fact(_) => "fact",
            ItemKind::Campaign(campaign) => {
                campaign.members.iter().for_each(|member| self.member(&member.kind));
                "campaign"
            }
            ItemKind::Rule(rule) => return self.rule(rule),
            ItemKind::Limit(_) => "limit",
            ItemKind::Suppress(_) => "suppress",
            ItemKind::Forbid(_) => "forbid",
            ItemKind::Test(_) => "test",
        };
        self.note(kind);
    }

    fn member(&mut self, member: &MemberKind) {
        let kind = match member {
            MemberKind::Active(_) => "active",
            MemberKind::Schedule(_) => "schedule",
            MemberKind::Holdout(_) => "holdout",
            MemberKind::Convert { .. } => "convert",
            MemberKind::Budget { .. } => "budget",
            MemberKind::Rule(rule) => return self.rule(rule),
            MemberKind::Limit(_) => "limit of a campaign",
        };
        self.note(kind);
    }

    fn rule(&mut self, rule: &Rule) {
        self.note("rule");
        rule.unless.iter().for_each(|_| self.note("unless"));
        rule.again.iter().for_each(|_| self.note("again"));
        match &rule.outcome {
            Outcome::Actions(actions) => actions.iter().for_each(|action| self.action(&action.kind)),
            Outcome::Split(split) => {
                self.note("split");
                for arm in &split.arms {
                    if arm.actions.is_empty() {
                        self.note("hold");
                    }
                    arm.actions.iter().for_each(|action| self.action(&action.kind));
                }
            }
        }
        rule.follow_ups.iter().for_each(|step| self.follow_up(step));
    }

    fn follow_up(&mut self, step: &FollowUp) {
        match step.condition {
            Some(FollowUpCondition::Unless(_)) => self.note("after unless"),
            Some(FollowUpCondition::When(_)) => self.note("after when"),
            None => {}
        }
        step.actions.iter().for_each(|action| self.action(&action.kind));
    }

    fn action(&mut self, action: &ActionKind) {
        let kind = match action {
            ActionKind::Send { options, .. } => {
                options.iter().for_each(|option| self.option(&option.node));
                "send"
            }
            ActionKind::Tag(_) => "tag",
            ActionKind::Untag(_) => "untag",
            ActionKind::Task { .. } => "task",
            ActionKind::GrantPoints(_) => "grant points",
        };
        self.note(kind);
    }

    fn option(&mut self, option: &SendOption) {
        let kind = match option {
            SendOption::Coupon { pool: Some(_), .. } => "coupon from",
            SendOption::Coupon { .. } => "coupon",
            SendOption::Gift(_) => "gift",
            SendOption::Points(_) => "points",
            SendOption::Trial(_) => "trial",
            SendOption::At(_) | SendOption::Between(..) => "at",
            SendOption::Quota { best_by: Some(_), .. } => "quota best by",
            SendOption::Quota { .. } | SendOption::Ttl(_) => return,
        };
        self.note(kind);
    }
}

#[test]
fn every_kind_of_declaration_stands_in_some_example() {
    let mut used = Used::default();
    for file in examples().iter().flat_map(|example| listed(&example.join("rules"))) {
        let parsed = rulec_grammar::parse(FileId::default(), &read(&file));
        parsed.file.items.iter().for_each(|item| used.item(&item.kind));
    }
    let missing: Vec<_> = KINDS.iter().filter(|kind| !used.0.contains(*kind)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert!(used.0.iter().all(|kind| KINDS.contains(kind)), "name it among KINDS too: {:?}", used.0);
}
