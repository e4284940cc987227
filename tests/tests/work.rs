//! What a run may cost, counted and not timed: tables are read once however many rules ask, and neither rows nor rules
//! cost more allocations than they must. The workload is that of the measurements: 200 rules over 63 aggregates.

use allocation_counter::{AllocationInfo, measure};
use rulec_engine::{Answers, Options, SqliteEngine, TableWork};
use rulec_plan::Plan;
use rulec_plan::time::{Instant, SECOND};
use rulec_tests::random::Rng;
use rulec_tests::whole::{self, ask};
use rusqlite::{Connection, params};
use std::path::Path;

const PROJECT: &str = include_str!("../../benches/kit/workloads/rulec.toml");
const RULES: &str = include_str!("../../benches/kit/workloads/w3.rules");

/// 2026-01-01T00:00:00Z.
const AS_OF: i64 = 1_767_225_600;
const DAY: i64 = 86_400;
const CUSTOMERS: i64 = 500;

/// Batches, cells and lists are of sizes that do not depend on rows, so a hundred rows together may not cost two.
const ALLOCATIONS_A_ROW: f64 = 0.02;
/// A rule is some nodes, a condition, and a share of the aggregates that it asks for.
const ALLOCATIONS_A_RULE: f64 = 50.0;

/// A shop with so many orders, so many events, and a tenth as many touches; a tenth of the orders are older than a year.
fn shop(path: &Path, rows: i64) -> rusqlite::Result<()> {
    let mut rng = Rng::new(1);
    let mut database = Connection::open(path)?;
    let transaction = database.transaction()?;
    transaction.execute_batch(
        "CREATE TABLE customers(id INTEGER PRIMARY KEY, phone TEXT, gender TEXT, birthday TEXT, city TEXT, tier TEXT,
             points INTEGER, consent_sms INTEGER, registered_at INTEGER);
         CREATE TABLE orders(id INTEGER PRIMARY KEY, customer_id INTEGER, ordered_at INTEGER, amount_cents INTEGER,
             category TEXT, status TEXT);
         CREATE TABLE events(id INTEGER PRIMARY KEY, customer_id INTEGER, at INTEGER, kind TEXT, item_category TEXT);
         CREATE TABLE touches(id INTEGER PRIMARY KEY, customer_id INTEGER, channel TEXT, sent_at INTEGER,
             campaign TEXT);",
    )?;
    for id in 1..=CUSTOMERS {
        let level = rng.pick(&["bronze", "silver", "gold", "platinum"]);
        let registered = AS_OF - rng.between(0, 1_000) * DAY;
        transaction.execute(
            "INSERT INTO customers VALUES (?, '13800000000', 'f', '1990-05-01', '上海', ?, 100, 1, ?)",
            params![id, level, registered],
        )?;
    }
    for id in 1..=rows {
        let (customer, at) = (rng.between(1, CUSTOMERS), AS_OF - rng.between(0, 400 * DAY));
        let category = rng.pick(&["apparel", "beauty", "grocery", "electronics", "home", "baby", "books"]);
        let status = rng.pick(&["paid", "paid", "paid", "refunded"]);
        let amount = rng.between(100, 90_000);
        let order = params![id, customer, at, amount, category, status];
        transaction.prepare_cached("INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?)")?.execute(order)?;
        let kind = rng.pick(&["browse", "open_app", "add_to_cart", "consult", "complaint"]);
        let event = params![id, rng.between(1, CUSTOMERS), at, kind, category];
        transaction.prepare_cached("INSERT INTO events VALUES (?, ?, ?, ?, ?)")?.execute(event)?;
        if id % 10 == 0 {
            let touch = params![id, customer, AS_OF - rng.between(0, 90 * DAY)];
            let sql = "INSERT INTO touches VALUES (?, ?, 'sms', ?, NULL)";
            transaction.prepare_cached(sql)?.execute(touch)?;
        }
    }
    transaction.commit()
}

/// The plan of the first so many rules.
fn plan(rules: usize) -> Plan {
    let cut = RULES.match_indices("\nrule ").nth(rules).map_or(RULES.len(), |(at, _)| at);
    let mut checked = whole::compile(PROJECT, &RULES[..cut]).unwrap_or_else(|wrong| panic!("{wrong}"));
    let plan = checked.plan(Instant(AS_OF * SECOND), &[]);
    let plan = plan.unwrap_or_else(|found| panic!("{}", whole::listed(&found, &checked.sources)));
    assert_eq!(plan.rules.len(), rules);
    plan
}

/// Answers, and what that allocated on this thread.
fn answer(path: &Path, plan: &Plan, threads: usize) -> (Answers, AllocationInfo) {
    let engine = SqliteEngine::open(path).unwrap_or_else(|found| panic!("{}", found.message.en));
    let mut engine = engine.with(Options { threads, ..Options::default() });
    let mut answers = None;
    let allocated = measure(|| answers = ask(&mut engine, plan, &[]).ok());
    (answers.expect("the shop holds nothing bad"), allocated)
}

fn read(table: &str, rows: i64) -> TableWork {
    let rows = u64::try_from(rows).expect("a number of rows");
    TableWork { table: table.to_owned(), scans: 1, rows, strangers: 0 }
}

fn with_shop<T>(rows: i64, test: impl FnOnce(&Path) -> T) -> T {
    let folder = tempfile::tempdir().expect("a folder for a database");
    let path = folder.path().join("shop.db");
    shop(&path, rows).expect("a database");
    test(&path)
}

/// How many rows of a table are not before a day.
fn rows_since(path: &Path, table: &str, column: &str, days: i64) -> i64 {
    let database = Connection::open(path).expect("a database");
    let sql = format!("SELECT count(*) FROM {table} WHERE {column} >= ?");
    database.query_row(&sql, [AS_OF - days * DAY], |row| row.get(0)).expect("a number")
}

#[test]
fn each_table_is_read_once_however_many_rules_and_threads() {
    const ROWS: i64 = 5_000;
    with_shop(ROWS, |path| {
        // Nothing looks at touches that are older than 30 days, and all is known of orders and events.
        let touches = rows_since(path, "touches", "sent_at", 30);
        let expected = [
            read("customers", CUSTOMERS),
            read("orders", ROWS),
            read("events", ROWS),
            read("touches", touches),
            // Rules count messages that were sent by other means together with those of earlier runs: there are none.
            read("kept_touches", 0),
        ];
        let plan = plan(200);
        for threads in [1, 2, 3] {
            let (answers, _) = answer(path, &plan, threads);
            let mut tables = answers.work.tables;
            tables.sort_by_key(|work| expected.iter().position(|known| known.table == work.table));
            assert_eq!(tables, expected, "{threads} threads");
        }
    });
}

#[test]
fn the_number_of_rules_changes_nothing_about_what_is_read() {
    with_shop(2_000, |path| {
        let tables = |rules| answer(path, &plan(rules), 1).0.work.tables;
        let all = tables(200);
        for found in tables(20) {
            let same = all.iter().find(|work| work.table == found.table);
            assert!(same.is_some_and(|work| work.scans == 1 && work.scans == found.scans), "{found:?}");
        }
    });
}

#[test]
fn rows_cost_no_allocations() {
    const FEW: i64 = 10_000;
    const MANY: i64 = 30_000;
    let plan = plan(200);
    let allocations = |rows| with_shop(rows, |path| answer(path, &plan, 1).1.count_total);
    let (few, many) = (allocations(FEW), allocations(MANY));
    // Orders, events, and a tenth as many touches.
    let more_rows = (MANY - FEW) as f64 * 2.1;
    let each = many.saturating_sub(few) as f64 / more_rows;
    println!("{few} allocations, {many} with {more_rows} rows more: {each:.4} a row");
    assert!(each < ALLOCATIONS_A_ROW, "{each} allocations a row");
}

#[test]
fn rules_cost_few_allocations() {
    with_shop(2_000, |path| {
        let allocations = |rules| answer(path, &plan(rules), 1).1.count_total;
        let (few, many) = (allocations(50), allocations(200));
        let each = many.saturating_sub(few) as f64 / 150.0;
        println!("{few} allocations, {many} with 150 rules more: {each:.1} a rule");
        assert!(each < ALLOCATIONS_A_RULE, "{each} allocations a rule");
    });
}
