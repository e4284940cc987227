//! Who can write the file can write hashes that fit; only a head from outside shows that.

use super::*;
use crate::audit::fixture::{run, world};
use crate::audit::head::heads;
use crate::audit::verify::link::{LINKS, Link};
use crate::fixture::{at, zone};

impl Victim {
    /// Gives these records the hashes that fit what they say now, and what is kept beside the chain, too.
    fn rewrite(&self, from: i64, to: i64) {
        let hash_of = |seq| hash_of(&self.connection, seq).unwrap().unwrap();
        let mut before = hash_of(from - 1);
        for seq in from..=to {
            let query = format!("{LINKS} WHERE audit.seq = ?1");
            let link = self.connection.query_row(&query, [seq], Link::read).unwrap().unwrap();
            before = link.as_it_stands().unwrap().hash(&before, &mut Vec::new());
            for update in [
                "UPDATE audit SET hash = ?1 WHERE seq = ?2",
                "UPDATE heads SET hash = ?1 WHERE seq = ?2",
                "UPDATE tip SET hash = ?1 WHERE count = ?2",
            ] {
                self.connection.execute(update, (before, seq)).unwrap();
            }
        }
    }

    fn holds(&self, outside: &[OutsideHead]) -> (Vec<String>, Vec<(i64, i64)>) {
        let found = verify_snapshot(&self.connection, outside).unwrap();
        let said = found.findings.iter().map(|finding| finding.diagnostic().message.en).collect();
        (said, found.proven.iter().map(|proven| (proven.from, proven.by.head.seq)).collect())
    }
}

/// The heads of an untouched audit, as they were kept elsewhere.
fn kept() -> Vec<OutsideHead> {
    let folder = Folder::new();
    small(&folder);
    let heads = heads(&open(&folder), "shop", zone()).unwrap();
    heads.into_iter().map(|head| OutsideHead { name: format!("kept:{}", head.seq), head }).collect()
}

#[test]
fn a_head_from_outside_proves_all_before_it() {
    let (victim, outside) = (Victim::new(), kept());
    let last = outside.last().unwrap().head.seq;
    assert_eq!(victim.holds(&outside[..1]), (vec![], vec![(1, outside[0].head.seq)]));
    assert_eq!(victim.holds(&outside), (vec![], vec![(1, last)]));
    assert_eq!(victim.holds(&[]), (vec![], vec![]));
}

#[test]
fn who_rewrites_all_is_found_by_a_head_from_outside_only() {
    let (victim, outside) = (Victim::new(), kept());
    victim.connection.execute_batch("UPDATE audit SET detail = '{}' WHERE seq = 2").unwrap();
    victim.rewrite(2, outside.last().unwrap().head.seq);
    assert_eq!(victim.holds(&[]), (vec![], vec![]));
    let (said, proven) = victim.holds(&outside);
    let first = outside[0].head.seq;
    let expected = format!(
        "record {first} is not the one of which the head in `kept:{first}` was taken, and {} more heads",
        outside.len() - 1
    );
    assert_eq!((said, proven), (vec![expected], vec![]));
}

/// The break shows where the new hashes end; a head behind it says nothing of what stands before.
#[test]
fn a_head_from_outside_proves_nothing_before_a_break() {
    for to in 2..12 {
        let (victim, outside) = (Victim::new(), kept());
        let last = outside.last().unwrap();
        victim.connection.execute_batch("UPDATE audit SET detail = '{}' WHERE seq = 2").unwrap();
        victim.rewrite(2, to);
        let (said, proven) = victim.holds(std::slice::from_ref(last));
        assert!(!said.is_empty(), "{to}");
        assert_eq!(proven, [(to + 2, last.head.seq)], "{said:?}");
    }
}

#[test]
fn each_stretch_between_breaks_is_proven_by_its_own_head() {
    let (victim, outside) = (Victim::new(), kept());
    let [first, .., last] = &outside[..] else { return };
    let broken = first.head.seq + 2;
    let cut = format!("UPDATE audit SET detail = '{{}}' WHERE seq = {broken}");
    victim.connection.execute_batch(&cut).unwrap();
    let (_, proven) = victim.holds(&outside);
    assert_eq!(proven, [(1, first.head.seq), (broken + 1, last.head.seq)]);
}

#[test]
fn behind_a_gap_nothing_is_certain() {
    let victim = Victim::new();
    let found =
        victim.after("DELETE FROM audit WHERE seq = 2; UPDATE audit SET detail = '{\"x\":1}' WHERE seq = 3");
    assert_eq!(found, ["record 2 is gone", "record 3 cannot be checked: what stood before it is not known"]);
}

#[test]
fn what_a_head_says_beside_its_hash_is_compared() {
    let (victim, outside) = (Victim::new(), kept());
    let edits: [fn(&mut OutsideHead); 3] = [
        |one| one.head.at = one.head.at.replace("2026", "2025"),
        |one| one.head.at = "yesterday".to_owned(),
        |one| one.head.plan = Some("ab".repeat(32)),
    ];
    for edit in edits {
        let mut one = outside[0].clone();
        edit(&mut one);
        let (said, _) = victim.holds(&[one]);
        assert!(said.len() == 1 && said[0].contains("but another time or plan"), "{said:?}");
    }
}

#[test]
fn an_older_backup_is_one_finding() {
    let (folder, outside) = (Folder::new(), kept());
    run(&mut world(), &folder, at("2026-11-21T20:00:00"), &[]);
    let found = verify(&open(&folder), &outside).unwrap();
    let said: Vec<_> = found.findings.iter().map(|finding| finding.diagnostic().message.en).collect();
    let (end, last) = (outside[0].head.seq, outside.last().unwrap().head.seq);
    let more = if outside.len() == 3 {
        "1 more head".to_owned()
    } else {
        format!("{} more heads", outside.len() - 2)
    };
    let expected =
        format!("the record ends at {end}, but heads reach {last}: that in `kept:{last}`, and {more}");
    assert_eq!(said, [expected]);
    assert_eq!(found.proven.iter().map(|proven| proven.by.head.seq).collect::<Vec<_>>(), [end]);
}

#[test]
fn two_changes_at_a_time_are_both_found() {
    let victim = Victim::new();
    let last = victim.number("SELECT max(seq) FROM audit");
    let changes = [
        "UPDATE audit SET at = at + 1 WHERE seq = {}",
        "UPDATE audit SET detail = '[]' WHERE seq = {}",
        "DELETE FROM audit WHERE seq = {}",
    ];
    for (one, other) in (1..last).flat_map(|one| (one + 1..=last).map(move |other| (one, other))) {
        for (first, second) in
            changes.iter().flat_map(|first| changes.iter().map(move |second| (first, second)))
        {
            let both =
                [first.replace("{}", &one.to_string()), second.replace("{}", &other.to_string())].join(";");
            victim.connection.execute_batch("SAVEPOINT before").unwrap();
            victim.connection.execute_batch(&both).unwrap();
            let found = victim.found();
            victim.connection.execute_batch("ROLLBACK TO before; RELEASE before").unwrap();
            let covers = |seq: i64| {
                found.findings.iter().any(|finding| match finding.what {
                    What::Removed(to) | What::CutOff(to) => (finding.seq..=to).contains(&seq),
                    // Of who was forgotten nothing is left by which her records could be told apart.
                    What::Person(..) => finding.seq <= seq,
                    _ => finding.seq == seq,
                })
            };
            let all: Vec<_> = found.findings.iter().collect();
            assert!(covers(one) && covers(other), "{both}: {all:?}");
        }
    }
}
