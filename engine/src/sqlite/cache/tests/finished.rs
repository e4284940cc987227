//! Answers from finished aggregates held against answers from the tables. The hash of the data says of every value whether
//! it is the same.

use super::{TICK, World};
use crate::sqlite::cache::Cache;
use crate::{Answers, Engine, Options, Question, Reader, SqliteEngine};
use proptest::prelude::*;
use rulec_diagnostic::Diagnostic;
use rulec_plan::Plan;
use rulec_plan::audience::{
    Aggregate, AggregateId, Audience, Column, ColumnId, Comparison, CustomerScan, EventScan, Function, Node,
    NodeId, Op, Scalar, Shape, Stream,
};
use rulec_plan::project::{FactKind, Source, TimeFormat, ZoneKey};
use rulec_plan::time::{DAY, Day, HOUR, Instant, Zone};
use std::fs;

/// More customers than a range must have, some of them with five orders, over 125 days from day 20000 on.
const TABLES: &str = "
    CREATE TABLE customers(id INTEGER PRIMARY KEY, active INTEGER);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1100)
    INSERT INTO customers SELECT i, i % 3 > 0 FROM n;
    CREATE TABLE orders(id INTEGER PRIMARY KEY, customer INTEGER, referrer INTEGER, at INTEGER, local TEXT, kind TEXT,
        amount INTEGER, gift INTEGER);
    INSERT INTO orders SELECT id, id % 600 + 1, id % 7 + 1, 1728000000 + id * 3600,
        datetime(1728000000 + id * 3600, 'unixepoch'), kind, iif(id % 11, id * 3, NULL), id % 2 FROM t;";

const FIRST_DAY: i32 = 20_000;

const EDITS: [&str; 14] = [
    "UPDATE orders SET kind = 'buy' WHERE id = 7",
    "UPDATE orders SET at = at + 86400 * 100 WHERE id < 9",
    "UPDATE orders SET amount = 1 WHERE id % 50 = 1",
    "UPDATE orders SET customer = 2 WHERE id = 1500",
    "UPDATE orders SET amount = 'much' WHERE id = 3",
    "UPDATE orders SET amount = 4 WHERE id = 3",
    "UPDATE orders SET customer = 'nobody' WHERE id = 5",
    "UPDATE orders SET customer = 6 WHERE id = 5",
    "DELETE FROM orders WHERE id % 13 = 5",
    "DELETE FROM orders WHERE id = (SELECT max(id) FROM orders)",
    "INSERT INTO orders(customer, at, local, kind, amount) VALUES (9, 1739000000, '2025-02-08 07:33:20', 'buy', 77)",
    "UPDATE customers SET active = 1 - active WHERE id = 10",
    "INSERT OR IGNORE INTO customers VALUES (-5, 1)",
    "DELETE FROM customers WHERE id = 300",
];

/// What the rows of a stream must fulfil.
const WHERE: [Option<&str>; 3] = [None, Some("kind = 'buy'"), Some("kind = 'view'")];

#[derive(Debug, Clone)]
struct Asked {
    /// Hours after the first day.
    as_of: i64,
    zone: &'static str,
    customers: Option<&'static str>,
    time: &'static str,
    whose: &'static str,
    filter: Option<&'static str>,
    /// Function, first and last day of the window, whether only large orders count.
    aggregates: Vec<(usize, Option<i32>, Option<i32>, bool)>,
    memory: u64,
    threads: usize,
}

impl Asked {
    fn plan(&self) -> (Plan, Vec<NodeId>) {
        let zone = Zone::parse(self.zone).unwrap();
        let column = |name: &str, kind| Column { name: name.to_owned(), kind, personal: false };
        let format = if self.time == "at" { TimeFormat::Unix } else { TimeFormat::Iso(ZoneKey(zone)) };
        let columns = vec![
            column(self.time, FactKind::Time { format }),
            column("amount", FactKind::Number { decimals: 0 }),
            column("gift", FactKind::Bool),
        ];
        let stream = Stream {
            name: "orders".to_owned(),
            customer: self.whose.to_owned(),
            time: ColumnId(0),
            filter: self.filter.map(str::to_owned),
            nodes: vec![
                Node { op: Op::Column(ColumnId(1)), shape: Shape::Int },
                Node { op: Op::Constant(Scalar::Int(900)), shape: Shape::Int },
                Node { op: Op::Compare(Comparison::Greater, NodeId(0), NodeId(1)), shape: Shape::Bool },
                Node { op: Op::Column(ColumnId(2)), shape: Shape::Bool },
            ],
        };
        let scan = EventScan { source: Source::Table("orders".to_owned()), columns, streams: vec![stream] };
        let (nodes, aggregates, conditions) = self.nodes(zone);
        let customers = CustomerScan {
            source: Source::Table("customers".to_owned()),
            filter: self.customers.map(str::to_owned),
            key: "id".to_owned(),
            columns: Vec::new(),
        };
        let audience = Audience { customers, lookups: Vec::new(), scans: vec![scan], aggregates, nodes };
        let as_of = Instant(i64::from(FIRST_DAY) * DAY + self.as_of * HOUR);
        (Plan::of_audience(as_of, zone, audience, String::new()), conditions)
    }

    fn nodes(&self, zone: Zone) -> (Vec<Node>, Vec<Aggregate>, Vec<NodeId>) {
        let functions = [
            (Function::Count, Shape::Int),
            (Function::Sum(NodeId(0)), Shape::Int),
            (Function::Min(NodeId(0)), Shape::Int),
            (Function::Exists, Shape::Bool),
            (Function::Last(NodeId(3)), Shape::Bool),
            (Function::Distinct(NodeId(0)), Shape::Int),
        ];
        let midnight = |day: i32| zone.start_of(Day(FIRST_DAY + day));
        let (mut nodes, mut aggregates, mut conditions) = (Vec::new(), Vec::new(), Vec::new());
        for (at, (function, from, until, is_large)) in self.aggregates.iter().enumerate() {
            let (function, shape) = functions[*function];
            aggregates.push(Aggregate {
                scan: 0,
                stream: 0,
                function,
                from: from.map(midnight),
                until: until.map(midnight),
                filter: is_large.then_some(NodeId(2)),
                stage: 0,
            });
            nodes.push(Node { op: Op::Aggregate(AggregateId(at as u32)), shape });
            let value = NodeId(nodes.len() as u32 - 1);
            nodes.push(Node { op: Op::IsMissing(value), shape: Shape::Bool });
            conditions.push(NodeId(nodes.len() as u32 - 1));
        }
        (nodes, aggregates, conditions)
    }
}

impl World {
    fn answer(&self, asked: &Asked, cache: Option<&Cache>) -> Result<Answers, Vec<Diagnostic>> {
        let reader = if cache.is_some() { Reader::Fastest } else { Reader::Stepping };
        let options = Options { threads: asked.threads, memory: asked.memory, reader };
        let engine = SqliteEngine::open(&self.database).unwrap().with(options);
        let cache = cache.map(|cache| Cache {
            folder: cache.folder.clone(),
            worthwhile_bytes: cache.worthwhile_bytes,
            settled: cache.settled,
            ..Cache::new(cache.folder.clone())
        });
        let mut engine = SqliteEngine { cache, ..engine };
        let (plan, conditions) = asked.plan();
        let question =
            Question { plan: &plan, conditions: &conditions, outputs: &[], data_hash: true, kept: None };
        engine.answer(question, &mut |_| {})
    }

    /// Checks that a question is answered alike twice with what is finished, and without.
    fn answers_agree(&self, asked: &Asked) {
        let of = |found: Result<Answers, Vec<Diagnostic>>| {
            found.map(|answers| (answers.keys, answers.conditions, answers.data_hash))
        };
        let expected = of(self.answer(asked, None));
        for _ in 0..2 {
            assert_eq!(of(self.answer(asked, Some(&self.cache))), expected, "{asked:?}");
        }
    }

    /// Whether an answer reads the orders.
    fn reads_orders(&self, asked: &Asked) -> bool {
        let answers = self.answer(asked, Some(&self.cache)).unwrap();
        answers.work.tables.iter().any(|table| table.table == "orders")
    }
}

fn orders() -> World {
    let mut world = World::new();
    world.write(TABLES);
    world
}

fn plain() -> Asked {
    Asked {
        as_of: 200 * 24,
        zone: "UTC",
        customers: None,
        time: "at",
        whose: "customer",
        filter: None,
        aggregates: vec![(0, None, None, false), (1, Some(30), None, true), (4, None, Some(90), false)],
        memory: u64::MAX,
        threads: 1,
    }
}

fn asked() -> impl Strategy<Value = Asked> {
    let window = || prop::option::of(prop::sample::select(vec![0, 30, 59, 60, 61, 100]));
    let aggregates = prop::collection::vec((0..6_usize, window(), window(), any::<bool>()), 1..5);
    let as_of =
        prop::sample::select(vec![60 * 24, 60 * 24 + 1, 60 * 24 + 7, 61 * 24, 124 * 24 + 5, 200 * 24]);
    let of_rows = (
        prop::sample::select(vec!["at", "at", "local"]),
        prop::sample::select(vec!["customer", "customer", "referrer"]),
        prop::sample::select(WHERE.to_vec()),
        prop::sample::select(vec![None, None, Some("active = 1")]),
    );
    let how = (
        prop::sample::select(vec!["UTC", "Asia/Shanghai"]),
        prop::sample::select(vec![0, u64::MAX]),
        1..3_usize,
    );
    (as_of, aggregates, of_rows, how).prop_map(|(as_of, aggregates, of_rows, (zone, memory, threads))| {
        let (time, whose, filter, customers) = of_rows;
        Asked { as_of, zone, customers, time, whose, filter, aggregates, memory, threads }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_was_finished_is_never_stale(
        steps in prop::collection::vec((prop::option::of(prop::sample::select(&EDITS[..])), asked(), any::<bool>()), 2..10)
    ) {
        let mut world = orders();
        for (edit, asked, settles) in steps {
            edit.into_iter().for_each(|sql| world.write(sql));
            if settles {
                std::thread::sleep(TICK);
            }
            world.answers_agree(&asked);
        }
    }

    #[test]
    fn questions_about_one_state_share_only_what_means_the_same(questions in prop::collection::vec(asked(), 2..12)) {
        let world = orders();
        std::thread::sleep(TICK);
        questions.iter().for_each(|asked| world.answers_agree(asked));
    }

    #[test]
    fn damage_changes_no_answer(copy: prop::sample::Index, place: prop::sample::Index, change in 1..=255_u8) {
        let world = orders();
        std::thread::sleep(TICK);
        world.answers_agree(&plain());
        super::change_copy(&world, &copy, |bytes| {
            let place = place.index(bytes.len());
            bytes[place] ^= change;
        });
        world.answers_agree(&plain());
    }
}

#[test]
fn what_is_finished_needs_no_orders_and_what_is_new_does() {
    let world = orders();
    std::thread::sleep(TICK);
    let first = plain();
    assert!(world.reads_orders(&first) && !world.reads_orders(&first));
    let reversed = Asked { aggregates: first.aggregates.iter().rev().copied().collect(), ..first.clone() };
    assert!(!world.reads_orders(&reversed), "numbers of nodes are no part of the meaning");
    let fewer = Asked { aggregates: first.aggregates[..1].to_vec(), ..first.clone() };
    assert!(!world.reads_orders(&fewer));
    for other in [
        Asked {
            aggregates: [&first.aggregates[..], &[(1, Some(30), None, false)]].concat(),
            ..first.clone()
        },
        Asked { filter: WHERE[1], ..first.clone() },
        Asked { customers: Some("active = 1"), ..first.clone() },
        Asked { whose: "referrer", ..first.clone() },
        Asked { zone: "Asia/Shanghai", ..first },
    ] {
        assert!(world.reads_orders(&other) && !world.reads_orders(&other), "{other:?}");
    }
}

#[test]
fn a_later_instant_needs_no_orders_unless_it_shows_more_of_them() {
    let world = orders();
    std::thread::sleep(TICK);
    let at = |as_of: i64| Asked { as_of, aggregates: vec![(0, None, None, false)], ..plain() };
    // An order an hour.
    for (as_of, reads) in
        [(60 * 24, true), (60 * 24, false), (60 * 24 + 1, true), (60 * 24, true), (3_000, true)]
    {
        assert_eq!(world.reads_orders(&at(as_of)), reads, "{as_of}");
    }
    // After the last of them, and an hour before.
    for (as_of, reads) in [(3_001, false), (200 * 24, false), (2_999, true), (2_999, false)] {
        assert_eq!(world.reads_orders(&at(as_of)), reads, "{as_of}");
    }
}

#[test]
fn rows_that_were_not_looked_at_are_when_they_are_asked_for() {
    let mut world = orders();
    world.write("UPDATE orders SET amount = 'much' WHERE id = 3");
    std::thread::sleep(TICK);
    let late = Asked { aggregates: vec![(1, Some(30), None, false)], ..plain() };
    let all = Asked { aggregates: vec![(1, Some(30), None, false), (0, None, None, false)], ..plain() };
    // The order with no number is too early for the one, but read for the other.
    for asked in [&late, &all, &late, &all] {
        world.answers_agree(asked);
    }
    assert!(world.answer(&late, Some(&world.cache)).is_ok());
    assert!(world.answer(&all, Some(&world.cache)).is_err());
}

#[test]
fn what_depends_on_more_than_the_file_is_not_finished() {
    let mut world = orders();
    world.write("ALTER TABLE orders RENAME TO sold; CREATE VIEW orders AS SELECT * FROM sold");
    std::thread::sleep(TICK);
    assert!(world.reads_orders(&plain()) && world.reads_orders(&plain()));
    let files = fs::read_dir(&world.cache.folder).into_iter().flatten();
    let left = files
        .filter(|file| file.as_ref().is_ok_and(|file| file.path().extension().is_some_and(|e| e == "new")));
    assert_eq!(left.count(), 0);
}

#[test]
fn ranges_of_customers_are_finished_together() {
    let world = orders();
    std::thread::sleep(TICK);
    // More cells than fit into the least memory.
    let days = -1_000..1_000;
    let aggregates = days.map(|day| (1, Some(day), Some(day + 1), false)).collect();
    let asked = Asked { memory: 0, aggregates, ..plain() };
    let first = world.answer(&asked, Some(&world.cache)).unwrap();
    assert!(first.work.tables.iter().any(|table| table.table == "orders" && table.scans > 1));
    assert!(!world.reads_orders(&asked));
    world.answers_agree(&asked);
}
