//! Any text is checked: no panic, sound findings, the same ones twice. What has no error becomes a plan, or it is said
//! why this version cannot run it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rulec_compiler::{Checked, NoFiles, check, lower, project};
use rulec_diagnostic::{Diagnostic, Sources};
use rulec_fuzz::assert_sound;
use rulec_plan::project::Project;
use rulec_plan::time::Instant;
use std::sync::LazyLock;

static SHOP: LazyLock<Project> = LazyLock::new(project::standard);

/// The first of January 2026, midnight in London.
const AS_OF: Instant = Instant(1_767_225_600_000_000);

fn checked(text: &str) -> (Sources, Checked) {
    let mut sources = Sources::default();
    let file = sources.add("fuzz.rules", text);
    let checked = check(&SHOP, &mut sources, &[file], &NoFiles);
    (sources, checked)
}

fuzz_target!(|text: &str| {
    let (mut sources, Checked { program, diagnostics, .. }) = checked(text);
    assert_eq!(diagnostics, checked(text).1.diagnostics);
    diagnostics.iter().for_each(|finding| assert_sound(finding, |file| sources.text(file)));
    if diagnostics.iter().any(Diagnostic::is_error) {
        return;
    }
    if let Err(findings) = lower(&program, &SHOP, &mut sources, AS_OF, &[]) {
        assert!(!findings.is_empty());
        for finding in &findings {
            assert!(finding.code.name().starts_with("R03"), "{finding:#?}");
            assert_sound(finding, |file| sources.text(file));
        }
    }
});
