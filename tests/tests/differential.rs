//! Random rules on random data: the engines answer what the reference says.
//!
//! `RULEC_CASES=20000` takes more cases, `RULEC_SEED=17` one alone. A case that fails is written to a folder of the build
//! (`rulec.toml`, `case.rules`, `shop.db`), for `rulec` to be run on.

use rulec_engine::{Options, Reader};
use rulec_tests::coverage::Coverage;
use rulec_tests::difference::{Outcome, hold_together, refused_alike};
use rulec_tests::random::{Case, Size};
use rulec_tests::ways::{OTHERS, Way};
use std::fs;
use std::path::{Path, PathBuf};

const CASES: u64 = 500;
/// Cases with every aggregate.
const MATRIX_CASES: u64 = 12;
const LARGE_CASES: u64 = 2;
const RULES: usize = 8;
/// How many failing cases are shown before the test stops.
const SHOWN: usize = 3;
/// Cases with bad data.
const SPOILT_CASES: u64 = 40;
/// So often at least must each part of the language have been used.
const USES: usize = 20;
/// So often at least each aggregate, by type, window and whether its argument was missing; counted in customers.
const CELL_USES: usize = 2;

/// How engines answer for many customers.
const IN_RANGES: Options = Options { threads: 3, memory: 0, reader: Reader::Fastest };

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

fn folder_of(seed: u64) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("differential").join(seed.to_string())
}

/// The folder of a case, without what an earlier run has left.
fn new_folder_of(seed: u64) -> PathBuf {
    let folder = folder_of(seed);
    // Nothing may be there yet.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder of the build");
    folder
}

/// Runs a case; leaves its files where it failed.
fn run(case: &Case, others: &[Way], coverage: &mut Coverage) -> Result<Outcome, String> {
    let folder = new_folder_of(case.seed);
    let outcome = hold_together(case, &folder, others, coverage);
    if outcome.is_ok() {
        fs::remove_dir_all(&folder).expect("a folder of the build");
    } else {
        fs::write(folder.join("rulec.toml"), &case.project).expect("a file of the build");
        fs::write(folder.join("case.rules"), &case.rules).expect("a file of the build");
    }
    outcome.map_err(|difference| {
        let Case { seed, as_of, set, .. } = case;
        let (as_of, folder) = (as_of.0, folder.display());
        format!("seed {seed}, as of {as_of} µs, --set {set:?}, in {folder}:\n{difference}\n")
    })
}

/// Two ways for each seed, all in turn.
fn ways_of(seed: u64) -> [Way; 2] {
    let at = usize::try_from(seed % OTHERS.len() as u64).expect("a place in a list");
    [OTHERS[at], OTHERS[(at + 2) % OTHERS.len()]]
}

#[test]
fn engines_answer_what_the_reference_says() {
    let only = number("RULEC_SEED");
    let seeds = only.map_or(0..number("RULEC_CASES").unwrap_or(CASES), |seed| seed..seed + 1);
    let count = seeds.end - seeds.start;
    let mut coverage = Coverage::default();
    let (mut failures, mut too_large) = (Vec::new(), 0);
    for seed in seeds {
        match run(&Case::new(seed, RULES, Size::Small), &ways_of(seed), &mut coverage) {
            Ok(Outcome::Same) => {}
            Ok(Outcome::TooLarge) => too_large += 1,
            Err(difference) => failures.push(difference),
        }
        if failures.len() == SHOWN {
            break;
        }
    }
    println!("{coverage}{too_large:>9}  cases with a number beyond 64 bits");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(too_large * 20 <= count, "{too_large} of {count} cases say nothing: a number outgrew 64 bits");
    if only.is_none() && count >= CASES {
        let rare = coverage.less_than(USES);
        assert!(rare.is_empty(), "too seldom used: {rare:?}");
    }
}

#[test]
fn every_aggregate_of_every_type_over_every_window_is_what_the_reference_says() {
    let mut coverage = Coverage::default();
    // Other seeds than those of other tests, lest two use one folder.
    for seed in 1 << 33..(1 << 33) + MATRIX_CASES {
        let outcome = run(&Case::matrix(seed), &ways_of(seed), &mut coverage);
        let outcome = outcome.unwrap_or_else(|difference| panic!("{difference}"));
        assert!(matches!(outcome, Outcome::Same), "seed {seed} says nothing");
    }
    println!("{coverage}");
    let rare = coverage.cells_less_than(CELL_USES);
    assert!(rare.is_empty(), "too seldom used: {rare:?}");
}

#[test]
fn engines_answer_the_same_for_more_customers_than_they_take_at_once() {
    let mut coverage = Coverage::default();
    // Ranges of customers, of a file and in memory, are what needs so many.
    let ways: Vec<Way> = OTHERS.iter().copied().filter(|way| way.options == IN_RANGES).collect();
    for seed in 1 << 32..(1 << 32) + LARGE_CASES {
        let outcome = run(&Case::new(seed, RULES, Size::Large), &ways, &mut coverage)
            .unwrap_or_else(|difference| panic!("{difference}"));
        assert!(matches!(outcome, Outcome::Same), "seed {seed} says nothing");
    }
}

#[test]
fn bad_data_is_refused_with_the_same_words_in_all_ways() {
    let mut refused = 0;
    for seed in 1 << 34..(1 << 34) + SPOILT_CASES {
        let case = Case::new(seed, RULES, Size::Eventful).spoilt();
        let alike = refused_alike(&case, &new_folder_of(seed), OTHERS);
        refused += u64::from(alike.unwrap_or_else(|difference| panic!("seed {seed}: {difference}")));
    }
    assert!(refused * 4 >= SPOILT_CASES, "only {refused} of {SPOILT_CASES} were refused");
}
