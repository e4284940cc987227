//! Damaged files: an error, or what SQLite reads; never a panic, never other rows.

use super::*;
use proptest::prelude::*;
use std::sync::LazyLock;

/// Small files in which most bytes matter.
static SOUND: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let rows = "CREATE TABLE t(k INTEGER PRIMARY KEY, a INTEGER, b TEXT, c REAL);
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 120)
        INSERT INTO t SELECT i, i * i * i, substr('paid refunded', 1, i % 14), i / 2.0 FROM n;
        ALTER TABLE t ADD COLUMN d DEFAULT 'later'; UPDATE t SET d = zeroblob(2000) WHERE k % 50 = 7";
    let sizes = [512, 1024, 4096, 65_536];
    let made =
        |size| std::fs::read(&Database::new(&format!("PRAGMA page_size = {size}; {rows}")).path).unwrap();
    sizes.into_iter().map(made).collect()
});

fn check(bytes: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    std::fs::write(&path, bytes).unwrap();
    let all = Asked::columns(&["k", "a", "b", "c", "d"]);
    for asked in [all.clone(), all.filter("b = 'paid'"), Asked::columns(&["b"])] {
        let pages = read(&path, Reader::Fastest, &asked, 0);
        if let (Ok(pages), Ok(stepping)) = (pages, read(&path, Reader::Stepping, &asked, 0)) {
            assert_eq!(pages, stepping);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn changed_bytes(file in 0_usize..4, changes in prop::collection::vec((any::<u32>(), any::<u8>()), 1..6)) {
        let mut bytes = SOUND[file].clone();
        for (place, byte) in changes {
            let place = place as usize % bytes.len();
            bytes[place] = byte;
        }
        check(&bytes);
    }

    #[test]
    fn files_cut_short(file in 0_usize..4, length in any::<u32>()) {
        let bytes = &SOUND[file];
        check(&bytes[..length as usize % bytes.len()]);
    }
}

#[test]
fn a_tree_that_leads_back_to_itself_is_damaged() {
    let mut bytes = SOUND[0].clone();
    let root = Database::new("");
    std::fs::write(&root.path, &bytes).unwrap();
    let page: u32 =
        root.open().query_row("SELECT rootpage FROM sqlite_schema", [], |row| row.get(0)).unwrap();
    let start = (page as usize - 1) * 512;
    assert_eq!(bytes[start], 5, "the root has pages below it");
    // The last child of the root is the root.
    bytes[start + 8..start + 12].copy_from_slice(&page.to_be_bytes());
    std::fs::write(&root.path, &bytes).unwrap();
    let wrong = read(&root.path, Reader::Fastest, &Asked::columns(&["a"]), 0).unwrap_err();
    assert_eq!(wrong[0].code, rulec_diagnostic::codes::run::DATABASE_DAMAGED);
}
