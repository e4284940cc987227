//! The published draw, on a million fixed keys: shares are what rules say, experiments are independent of each other and
//! of holdouts, and SQL that knows nothing of rulec puts everyone into the same arms.
//!
//! Nothing here is left to chance: the keys are the same each time, and so is every number. The bounds are those that a
//! fair draw exceeds once in a thousand sets of keys.

use rulec_engine::Key;
use rulec_plan::campaign::Share;
use rulec_runtime::Draw;
use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, params};
use sha2::{Digest, Sha256};

const KEYS: i64 = 1_000_000;

/// 45 %, 45 % and 10 %, added up.
const ARMS: [Share; 3] = [Share(45_000_000_000), Share(90_000_000_000), Share::WHOLE];
const HOLDOUT: Share = Share(5_000_000_000);

/// Chi-square that a fair draw exceeds once in a thousand times, with 1, 2 and 4 degrees of freedom (NIST/SEMATECH
/// e-Handbook of Statistical Methods, section 1.3.6.7.4).
const CHI_1: f64 = 10.828;
const CHI_2: f64 = 13.816;
const CHI_4: f64 = 18.467;

/// The arm into which a number falls: the first whose share, added to those before, takes it.
fn arm(drawn: u64) -> usize {
    ARMS.iter().position(|share| share.takes(drawn)).expect("the last arm takes all that is left")
}

/// What is drawn under these names for every key.
fn each_key<const N: usize>(names: [&str; N], mut take: impl FnMut([u64; N])) {
    let draws = names.map(Draw::new);
    for key in 1..=KEYS {
        take(std::array::from_fn(|at| draws[at].of(Key::Integer(key))));
    }
}

/// How far counts are from shares of a whole.
fn chi_square(found: &[u64], shares: &[f64]) -> f64 {
    let all = found.iter().sum::<u64>() as f64;
    let distance = |(found, share): (&u64, &f64)| (*found as f64 - all * share).powi(2) / (all * share);
    found.iter().zip(shares).map(distance).sum()
}

/// How far two things are from being independent, by how often they were seen together.
fn contingency<const A: usize, const B: usize>(seen: [[u64; B]; A]) -> f64 {
    let all = seen.iter().flatten().sum::<u64>() as f64;
    let share = |count: u64| count as f64 / all;
    let columns: [f64; B] = std::array::from_fn(|b| share(seen.iter().map(|row| row[b]).sum()));
    let expected = seen.iter().flat_map(|row| {
        let row = share(row.iter().sum());
        columns.map(|column| row * column)
    });
    chi_square(&seen.concat(), &expected.collect::<Vec<f64>>())
}

#[test]
fn arms_and_holdouts_have_their_shares_and_know_nothing_of_each_other() {
    let (mut arms, mut held) = ([0; 3], [0; 2]);
    let (mut two_splits, mut split_and_holdout) = ([[0; 3]; 3], [[0; 2]; 3]);
    each_key(["文案测试", "when-to-send", "holdout:秋季召回"], |[first, second, holdout]| {
        let is_held = usize::from(HOLDOUT.takes(holdout));
        arms[arm(first)] += 1;
        held[is_held] += 1;
        two_splits[arm(first)][arm(second)] += 1;
        split_and_holdout[arm(first)][is_held] += 1;
    });
    let distances = [
        (chi_square(&arms, &[0.45, 0.45, 0.1]), CHI_2),
        (chi_square(&held, &[0.95, 0.05]), CHI_1),
        (contingency(two_splits), CHI_4),
        (contingency(split_and_holdout), CHI_2),
    ];
    println!("arms {arms:?}, held out {held:?}, chi-square against its bound {distances:?}");
    for (distance, bound) in distances {
        assert!(distance < bound, "{distance} is beyond {bound}: arms {arms:?}, held out {held:?}");
    }
}

#[test]
fn a_draw_that_is_not_fair_would_be_seen() {
    // A hundredth more for one arm, and one experiment that follows another for one customer in a hundred.
    assert!(chi_square(&[460_000, 440_000, 100_000], &[0.45, 0.45, 0.1]) > CHI_2);
    let (same, other) = (252_500, 247_500);
    assert!(contingency([[same, other], [other, same]]) > CHI_1);
}

/// The arms by the formula as it is published, for anybody to check: the first eight bytes of SHA-256 of the name, a zero
/// byte and the key, as hex, against 45 % and 90 % of 2^64.
const ARM_IN_SQL: &str = "
    SELECT CASE
        WHEN drawn <= '7333333333333333' THEN 0
        WHEN drawn <= 'E666666666666666' THEN 1
        ELSE 2 END
    FROM (SELECT substr(hex(sha256(CAST(?1 AS BLOB) || x'00' || CAST(?2 AS TEXT))), 1, 16) AS drawn)";

/// SQLite has no SHA-256 of its own; other databases do.
fn with_sha256() -> rusqlite::Result<Connection> {
    let connection = Connection::open_in_memory()?;
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function("sha256", 1, flags, |arguments| {
        let bytes = arguments.get_raw(0).as_bytes_or_null()?.unwrap_or_default();
        Ok(Sha256::digest(bytes).to_vec())
    })?;
    Ok(connection)
}

#[test]
fn sql_puts_everyone_into_the_same_arm() -> rusqlite::Result<()> {
    let connection = with_sha256()?;
    let mut in_sql = connection.prepare(ARM_IN_SQL)?;
    let draw = Draw::new("文案测试");
    for key in 1..=KEYS {
        let expected: u8 = in_sql.query_row(params!["文案测试", key], |row| row.get(0))?;
        assert_eq!(arm(draw.of(Key::Integer(key))), usize::from(expected), "customer {key}");
    }
    for key in ["客户-1", "", "a b", "007"] {
        let expected: u8 = in_sql.query_row(params!["文案测试", key], |row| row.get(0))?;
        assert_eq!(arm(draw.of(Key::Text(key))), usize::from(expected), "customer {key}");
    }
    Ok(())
}
