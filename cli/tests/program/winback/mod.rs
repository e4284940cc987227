//! An autumn of `examples/winback-zh`: runs on two dozen days, with outcomes recorded in between. What happened is held
//! against SQL over the example's own tables, which knows the rules of the trade and nothing of rulec.

mod chains;
mod events;
mod first_day;
mod scarce;

use crate::shop::Shop;
use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, OpenFlags};
use sha2::{Digest, Sha256};
use std::path::Path;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

/// The mornings on which the example is run: each day of two weeks, then those on which something is to happen.
const MORNINGS: [&str; 24] = [
    "2025-09-01",
    "2025-09-02",
    "2025-09-03",
    "2025-09-04",
    "2025-09-05",
    "2025-09-06",
    "2025-09-07",
    "2025-09-08",
    "2025-09-09",
    "2025-09-10",
    "2025-09-11",
    "2025-09-12",
    "2025-09-13",
    "2025-09-14",
    "2025-09-15",
    "2025-09-16",
    "2025-09-25",
    "2025-09-30",
    "2025-10-02",
    "2025-10-03",
    "2025-10-15",
    "2025-10-31",
    "2025-11-03",
    "2025-12-02",
];

/// When what the channels and rules hold goes out: of some by day, of some in the evening.
const HOURS_OF_SENDING: [&str; 3] = ["12:00", "20:30", "22:05"];

/// How many rules the example has.
const RULES: usize = 14;

/// The season, once for all tests.
static SEASON: LazyLock<Shop> = LazyLock::new(|| {
    let shop = example();
    for (day, morning) in MORNINGS.into_iter().enumerate() {
        let as_of = format!("{morning}T08:30:00+08:00");
        if day % 4 == 3 {
            adds_up(&shop.run(&["plan", "--format", "json", "--as-of", &as_of]).out);
        }
        let ran = shop.run(&["run", "--yes", "--as-of", &as_of]);
        assert_eq!(ran.code, Some(0), "{morning}\n{ran}");
        for hour in HOURS_OF_SENDING {
            let sent = shop.run(&["send", "--due", "--as-of", &format!("{morning}T{hour}:00+08:00")]);
            assert_eq!(sent.code, Some(0), "{morning}T{hour}\n{sent}");
        }
        record(&shop);
    }
    shop
});

/// All that is known of the season, put together once for all tests.
static ASKED: LazyLock<Mutex<Season>> = LazyLock::new(|| {
    let season = Season::of(&SEASON);
    season.0.execute_batch(include_str!("seen.sql")).unwrap();
    Mutex::new(season)
});

/// A copy of the example, its data brought in.
fn example() -> Shop {
    let shop = Shop::empty("winback-zh");
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/winback-zh");
    for folder in ["", "data", "rules"] {
        for entry in std::fs::read_dir(from.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let name = path.strip_prefix(&from).unwrap().to_str().unwrap();
                shop.write(name, std::fs::read(&path).unwrap());
            }
        }
    }
    let tables = ["会员", "订单", "签到", "投诉", "城市"].map(|table| format!("data/{table}.csv"));
    let import: Vec<_> = ["import"].into_iter().chain(tables.iter().map(String::as_str)).collect();
    let imported = shop.run(&import);
    assert_eq!(imported.code, Some(0), "{imported}");
    shop
}

/// Every rule's verdicts, and those of its follow-ups, add up.
fn adds_up(summary: &str) {
    let summary: serde_json::Value = serde_json::from_str(summary).unwrap();
    let rules = summary["rules"].as_array().unwrap();
    assert_eq!(rules.len(), RULES);
    for rule in rules {
        let verdicts = rule["funnel"].as_object().unwrap().values();
        let sum: u64 = verdicts.map(|count| count.as_u64().unwrap()).sum();
        assert_eq!(sum, summary["population"], "{rule}");
    }
}

/// What came of the messages of the last run: every third member opens it within half an hour, every fifth a message by
/// SMS, and every seventh redeems the coupon.
fn record(shop: &Shop) {
    let season = Season::of(shop);
    let outcomes = season.rows(
        "SELECT kind || ',' || key || ',' || strftime('%Y-%m-%dT%H:%M:%SZ', at / 1000000 + later, 'unixepoch')
         FROM (SELECT *, 'opened' AS kind, 1800 AS later FROM sent
               WHERE member % iif(channel = '短信', 5, 3) = 0
               UNION ALL SELECT *, 'redeemed', 3600 FROM sent
               WHERE member % 7 = 0 AND seq IN (SELECT message FROM state.coupons))
         WHERE run = (SELECT max(seq) FROM state.runs)",
    );
    shop.write("outcomes.csv", format!("kind,message,at\n{}\n", outcomes.join("\n")));
    if !outcomes.is_empty() {
        let recorded = shop.run(&["record", "--import", "outcomes.csv"]);
        assert_eq!(recorded.code, Some(0), "{recorded}");
    }
}

/// The two databases of the season, side by side, to be asked.
struct Season(Connection);

impl Season {
    fn now() -> MutexGuard<'static, Season> {
        ASKED.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn of(shop: &Shop) -> Season {
        let memory = Connection::open_in_memory_with_flags(
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_URI,
        );
        let connection = memory.unwrap();
        let attach = |name: &str, file: &str| {
            let path = format!("file:{}?mode=ro", shop.path(file).display());
            connection.execute(&format!("ATTACH ? AS {name}"), [path]).unwrap();
        };
        attach("shop", ".rulec/shop.db");
        attach("state", ".rulec/state.db");
        let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
        connection
            .create_scalar_function("drawn", 2, flags, |arguments| {
                Ok(drawn(&arguments.get::<String>(0)?, arguments.get::<i64>(1)?))
            })
            .unwrap();
        connection.execute_batch(include_str!("sent.sql")).unwrap();
        Season(connection)
    }

    /// The only column of a query.
    fn rows(&self, sql: &str) -> Vec<String> {
        let mut statement = self.0.prepare(sql).unwrap_or_else(|error| panic!("{error}\n{sql}"));
        let rows = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
        rows.map(|row| row.unwrap_or_else(|error| panic!("{error}\n{sql}"))).collect()
    }

    /// The only number that a query gives.
    fn number(&self, sql: &str) -> i64 {
        self.0.query_row(sql, [], |row| row.get(0)).unwrap_or_else(|error| panic!("{error}\n{sql}"))
    }

    /// A query that looks for those who break a law finds nobody.
    fn nobody(&self, sql: &str) {
        let found = self.rows(sql);
        assert!(found.is_empty(), "{} in all: {:?}\n{sql}", found.len(), &found[..found.len().min(9)]);
    }

    /// Two queries give the same rows, at least so many.
    fn same(&self, wanted: &str, found: &str, least: usize) {
        let (mut wanted, mut found) = (self.rows(wanted), self.rows(found));
        wanted.sort();
        found.sort();
        let missing: Vec<_> = wanted.iter().filter(|row| !found.contains(row)).collect();
        let besides: Vec<_> = found.iter().filter(|row| !wanted.contains(row)).collect();
        assert!(missing.is_empty() && besides.is_empty(), "missing: {missing:?}\nbesides: {besides:?}");
        assert_eq!(wanted, found);
        assert!(found.len() >= least, "only {} rows", found.len());
    }
}

/// The published draw, as the manual has it.
fn drawn(name: &str, key: i64) -> f64 {
    let hash = Sha256::new().chain_update(name).chain_update([0]).chain_update(key.to_string()).finalize();
    let first: [u8; 8] = hash[..8].try_into().unwrap();
    u64::from_be_bytes(first) as f64 / 2_f64.powi(64)
}

#[test]
fn every_rule_of_the_example_did_something() {
    let season = Season::now();
    let done = season.rows("SELECT DISTINCT rule_name FROM done");
    assert_eq!(done.len(), RULES, "{done:?}");
    let kinds = season.rows("SELECT DISTINCT kind FROM done ORDER BY 1");
    assert_eq!(kinds, ["points", "send", "tag", "task", "untag"]);
}
