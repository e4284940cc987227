//! What the disk may hold after a crash: a database and the beginning of its journal. Each such image is a whole state.

use crate::shop::{AS_OF, Shop};
use rusqlite::Connection;
use std::io::Read;

const RULES: &str = "when id >= 0 then send sms \"hello\", tag \"greeted\"\n";
const PAGE: usize = 4096;
/// A state of version 0.2.
const VERSION_2: &[u8] = include_bytes!("../../../runtime/src/state/fixtures/version-2.db.gz");

fn shop(test: &str) -> Shop {
    let shop = Shop::with_rules(test, RULES);
    shop.write("rulec.toml", shop.read("rulec.toml") + "[customer.facts.id]\ntype = \"number\"\n");
    let rows: Vec<_> = (10..40).map(|id| format!("({id}, '1380000{id:04}', 1)")).collect();
    shop.database(&format!("INSERT INTO customers (id, phone, consent_sms) VALUES {}", rows.join(", ")));
    shop
}

/// A state as a process left it that died.
struct Crashed {
    database: Vec<u8>,
    journal: Vec<u8>,
}

impl Crashed {
    fn of(shop: &Shop) -> Crashed {
        let read = |name| std::fs::read(shop.path(name)).unwrap_or_default();
        Crashed { database: read(".rulec/state.db"), journal: read(".rulec/state.db-wal") }
    }

    /// Puts the database and the first bytes of its journal into the shop.
    fn put(&self, shop: &Shop, bytes: usize) {
        // Of the index of the journal nothing outlives a crash of the machine.
        let _may_be_missing = std::fs::remove_file(shop.path(".rulec/state.db-shm"));
        shop.write(".rulec/state.db", &self.database);
        shop.write(".rulec/state.db-wal", &self.journal[..bytes]);
    }

    /// Each length at which the journal may break off.
    fn lengths(&self) -> impl Iterator<Item = usize> {
        let whole = self.journal.len();
        (0..whole).step_by(PAGE).chain([whole])
    }
}

/// Whether the audit of the state holds, and the database is sound.
fn is_sound(shop: &Shop) -> bool {
    let verified = shop.run(&["audit", "verify"]);
    assert_eq!(verified.code, Some(0), "{verified}");
    let state = Connection::open(shop.path(".rulec/state.db")).unwrap();
    let sound: String = state.pragma_query_value(None, "integrity_check", |row| row.get(0)).unwrap();
    let strays: i64 =
        state.query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| row.get(0)).unwrap();
    sound == "ok" && strays == 0
}

#[test]
fn every_beginning_of_a_journal_is_a_state_with_an_audit_that_holds() {
    for point in ["committed:1", "settling:2", "marked:2", "file-half-written:1", "finishing:1"] {
        let shop = shop(&format!("images-{}", point.split(':').next().unwrap()));
        assert_eq!(shop.run(&["plan", "-o", "a.plan", "--as-of", AS_OF]).code, Some(0));
        let mut command = shop.command(&["apply", "a.plan", "--yes"]);
        let died = command.env("RULEC_FAIL", format!("{point}:abort")).output().unwrap();
        assert_eq!(died.status.code(), None, "{point} is reached");
        let crashed = Crashed::of(&shop);
        assert!(crashed.journal.len() > 10 * PAGE, "{point}: {}", crashed.journal.len());
        for bytes in crashed.lengths() {
            crashed.put(&shop, bytes);
            assert!(is_sound(&shop), "{point} with {bytes} bytes of the journal");
        }
        crashed.put(&shop, crashed.journal.len());
        let applied = shop.run(&["apply", "a.plan", "--yes"]);
        assert_eq!(applied.code, Some(0), "{applied}");
        let lines = shop.read(".rulec/outbox/sms.jsonl");
        assert_eq!(lines.lines().count(), 33, "each message once, and those who were there before");
    }
}

#[test]
fn an_older_state_is_what_it_was_or_up_to_date() {
    let shop = shop("images-migration");
    let mut old = Vec::new();
    flate2::read::GzDecoder::new(VERSION_2).read_to_end(&mut old).unwrap();
    for (count, fault) in (1..=3).flat_map(|count| ["abort", "io", "full"].map(|fault| (count, fault))) {
        Crashed { database: old.clone(), journal: Vec::new() }.put(&shop, 0);
        let mut command = shop.command(&["audit", "verify"]);
        let died = command.env("RULEC_FAIL", format!("migrating:{count}:{fault}")).output().unwrap();
        assert_ne!(died.status.code(), Some(0), "the point is reached for the {count}th time");
        let crashed = Crashed::of(&shop);
        assert_eq!(version(&shop), 2, "what was not finished is not there");
        for bytes in crashed.lengths() {
            crashed.put(&shop, bytes);
            assert!(is_sound(&shop), "{count}:{fault} with {bytes} bytes of the journal");
            assert_eq!(version(&shop), 3);
        }
    }
}

fn version(shop: &Shop) -> i64 {
    let state = Connection::open(shop.path(".rulec/state.db")).unwrap();
    state.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
}
