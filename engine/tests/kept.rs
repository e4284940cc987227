//! Tables that the runtime keeps beside the customer database: where they are read, and whose rows are whose.

#![allow(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod common;

use common::{CENTS, Database, NOW, Shop, codes, memory};
use rulec_diagnostic::Diagnostic;
use rulec_engine::source::Tables;
use rulec_engine::{Answers, Engine, MemoryEngine, Options, Question, Reader, SqliteEngine, Table, Value};
use rulec_plan::audience::{
    Aggregate, AggregateId, Column, ColumnId, EventScan, Function, LookupId, LookupScan, Node, NodeId, Op,
    Scalar, Shape, Stream,
};
use rulec_plan::project::{FactKind, Kept, Source, TimeFormat};
use rulec_plan::time::{Instant, SECOND};
use std::path::Path;

/// Customers -3, 0, 1, 2 … of a shop, and what is asked about what was kept of them.
struct Asked {
    shop: Shop,
    /// How many messages they got.
    touches: NodeId,
    /// How many in the last ten seconds.
    lately: NodeId,
    /// Whether they are members of `vip`.
    member: NodeId,
    /// Whether `vip` was ever recorded.
    recorded: NodeId,
    /// What they paid; kept nowhere.
    paid: NodeId,
}

const TIME: FactKind = FactKind::Time { format: TimeFormat::UnixMicros };

fn column(name: &str, kind: FactKind) -> Column {
    Column { name: name.into(), kind, personal: false }
}

fn kept_scan(kept: Kept, columns: Vec<Column>, nodes: Vec<Node>) -> EventScan {
    let time = ColumnId(0);
    let stream = Stream { name: kept.name().into(), customer: "customer".into(), time, filter: None, nodes };
    EventScan { source: Source::Kept(kept), columns, streams: vec![stream] }
}

fn asked() -> Asked {
    let mut shop = Shop::new();
    let amount = shop.order_fact("amount", CENTS, Shape::Int);
    let paid = shop.aggregate(Function::Sum(amount), Shape::Int);
    let at = Node { op: Op::Column(ColumnId(0)), shape: Shape::Int };
    shop.plan.audience.scans.push(kept_scan(Kept::Touches, vec![column("at", TIME)], vec![at]));
    let segment = Node { op: Op::Column(ColumnId(1)), shape: Shape::Text };
    let is_vip = Node { op: Op::OneOfTexts(NodeId(0), vec!["vip".into()]), shape: Shape::Bool };
    let columns = vec![column("at", TIME), column("segment", FactKind::Text)];
    shop.plan.audience.scans.push(kept_scan(Kept::Members, columns, vec![segment, is_vip]));
    let of = |scan, function, from, filter| Aggregate {
        scan,
        stream: 0,
        function,
        from,
        until: None,
        filter,
        stage: 0,
    };
    let touches = shop.add(of(1, Function::Count, None, None), Shape::Int);
    let ten_seconds_ago = Instant((NOW - 10) * SECOND);
    let lately = shop.add(of(1, Function::Count, Some(ten_seconds_ago), None), Shape::Int);
    let member = shop.add(of(2, Function::Exists, None, Some(NodeId(1))), Shape::Bool);
    shop.plan.audience.lookups.push(LookupScan {
        name: "recorded".into(),
        source: Source::Kept(Kept::Recorded),
        key: column("segment", FactKind::Text),
        columns: vec![column("recorded", FactKind::Bool)],
    });
    let key = shop.node(Op::Constant(Scalar::Text("vip".into())), Shape::Text);
    let recorded = shop.node(Op::Lookup { table: LookupId(0), column: ColumnId(0), key }, Shape::Bool);
    Asked { shop, touches, lately, member, recorded, paid }
}

impl Asked {
    fn ask(&self, engine: &mut dyn Engine, kept: Option<&dyn Tables>) -> Result<Answers, Vec<Diagnostic>> {
        let outputs = [self.touches, self.lately, self.recorded, self.paid];
        let question = Question {
            plan: &self.shop.plan,
            conditions: &[self.member],
            outputs: &outputs,
            data_hash: true,
            kept,
        };
        engine.answer(question, &mut |_| {})
    }

    /// Of each customer: messages, messages lately, and whether a member.
    fn found(&self, answers: &Answers) -> Vec<(Scalar, Scalar, bool)> {
        let is_member = |customer| answers.condition(self.member).yes.contains(customer);
        let of = |customer| {
            (answers.value(self.touches, customer), answers.value(self.lately, customer), is_member(customer))
        };
        (0..answers.population()).map(of).collect()
    }
}

/// The shop's own tables. One is called as one that is kept, and is none.
fn shop_tables(customers: i64) -> [(&'static str, Table); 3] {
    let keys = [-3, 0].into_iter().chain(1..customers - 1);
    let customers = keys.clone().fold(Table::new(&["id"]), |table, key| table.row([Value::from(key)]));
    let order = |key: i64| [Value::from(key), Value::from(NOW - key.rem_euclid(50)), Value::from(key * 7)];
    let columns = Table::new(&["customer_id", "at", "amount"]);
    let orders = keys.fold(columns, |table, key| table.row(order(key)));
    let false_friend = touches(&[("1", NOW), ("2", NOW)]);
    [("customers", customers), ("orders", orders), ("kept_touches", false_friend)]
}

/// Messages to these customers at these times in seconds.
fn touches(rows: &[(&str, i64)]) -> Table {
    rows.iter().fold(Table::new(&["customer", "at"]), |table, (customer, at)| {
        table.row([Value::from(*customer), Value::from(at * SECOND)])
    })
}

fn named<'t>(tables: &'t [(&'static str, Table)]) -> Vec<(&'static str, &'t Table)> {
    tables.iter().map(|(name, table)| (*name, table)).collect()
}

/// Messages of known customers, of strangers, and of texts that are no keys though they look like some.
fn messages() -> Table {
    let late = NOW + 1;
    let mut rows = vec![("-3", NOW - 5), ("1", NOW - 100), ("1", NOW), ("1", late), ("0", NOW - 20)];
    let strangers = ["-4", "001", "+1", " 1", "1 ", "-0", "", "客", "99999999999999999999"];
    rows.extend(strangers.map(|stranger| (stranger, NOW)));
    touches(&rows)
}

fn members() -> Table {
    let row = |customer: &str, segment: &str| {
        [Value::from(customer), Value::from((NOW - 1) * SECOND), Value::from(segment)]
    };
    let columns = Table::new(&["customer", "at", "segment"]);
    columns.row(row("0", "vip")).row(row("1", "other")).row(row("stranger", "vip"))
}

fn recorded() -> Table {
    Table::new(&["segment", "recorded"]).row([Value::from("vip"), Value::from(1)])
}

fn kept_tables() -> [(&'static str, Table); 3] {
    [("kept_touches", messages()), ("kept_members", members()), ("kept_recorded", recorded())]
}

/// A state as the runtime keeps it: in a write-ahead log, tables behind views.
fn state(tables: &[(&'static str, Table)]) -> Database {
    let database = Database::new("PRAGMA journal_mode = WAL");
    let connection = rusqlite::Connection::open(&database.path).unwrap();
    for (name, table) in tables {
        let columns = table.columns.join(", ");
        let sql =
            format!("CREATE TABLE own_{name} ({columns}); CREATE VIEW {name} AS SELECT * FROM own_{name}");
        connection.execute_batch(&sql).unwrap();
        for row in &table.rows {
            let cells: Vec<rusqlite::types::Value> = row.iter().map(common::sql_value).collect();
            let marks = vec!["?"; cells.len()].join(", ");
            let sql = format!("INSERT INTO own_{name} VALUES ({marks})");
            connection.execute(&sql, rusqlite::params_from_iter(cells)).unwrap();
        }
    }
    database
}

fn expected(customers: usize) -> Vec<(Scalar, Scalar, bool)> {
    let mut expected = vec![(Scalar::Int(0), Scalar::Int(0), false); customers];
    expected[0] = (Scalar::Int(1), Scalar::Int(1), false);
    expected[1] = (Scalar::Int(1), Scalar::Int(0), true);
    expected[2] = (Scalar::Int(2), Scalar::Int(1), false);
    expected
}

#[test]
fn customers_are_found_by_their_digits_and_all_others_are_strangers() {
    let (asked, tables, kept) = (asked(), shop_tables(6), kept_tables());
    let kept = memory(&named(&kept));
    let answers = asked.ask(&mut memory(&named(&tables)), Some(&kept)).unwrap();
    assert_eq!(asked.found(&answers), expected(6));
    assert_eq!(answers.value(asked.recorded, 0), Scalar::Bool(true));
    assert_eq!(answers.value(asked.paid, 0), Scalar::Int(-21));
    let work: Vec<(&str, u32, u64, u64)> = answers
        .work
        .tables
        .iter()
        .map(|work| (work.table.as_str(), work.scans, work.rows, work.strangers))
        .collect();
    let expected = [
        ("customers", 1, 6, 0),
        ("kept_recorded", 1, 1, 0),
        ("orders", 1, 6, 0),
        ("kept_touches", 1, 14, 9),
        ("kept_members", 1, 3, 1),
    ];
    assert_eq!(work, expected);
}

#[test]
fn customers_with_texts_as_keys_are_found_by_them() {
    let asked = asked();
    let customers = ["1", "01", "客"].into_iter();
    let customers = customers.fold(Table::new(&["id"]), |table, key| table.row([Value::from(key)]));
    let orders = Table::new(&["customer_id", "at", "amount"]);
    let kept = memory(&[("kept_touches", &touches(&[("01", NOW), ("客", NOW), ("客", NOW), ("1 ", NOW)]))]);
    let mut shop = memory(&[("customers", &customers), ("orders", &orders)]);
    let answers = asked.ask(&mut shop, Some(&kept)).unwrap();
    let counts: Vec<Scalar> = asked.found(&answers).into_iter().map(|(count, ..)| count).collect();
    assert_eq!(counts, [1, 0, 2].map(Scalar::Int));
}

#[test]
fn without_a_state_or_in_one_without_such_tables_nothing_was_kept() {
    let (asked, tables) = (asked(), shop_tables(6));
    let tables = named(&tables);
    let nothing = vec![(Scalar::Int(0), Scalar::Int(0), false); 6];
    let check = |answers: Answers| {
        assert_eq!(asked.found(&answers), nothing);
        assert_eq!(answers.value(asked.recorded, 0), Scalar::Missing);
    };
    check(asked.ask(&mut memory(&tables), None).unwrap());
    check(asked.ask(&mut Database::of(&tables).engine(), None).unwrap());
    check(asked.ask(&mut memory(&tables), Some(&MemoryEngine::new())).unwrap());
    let old = Database::new("CREATE TABLE runs (seq)");
    let mut old = SqliteEngine::open_state(&old.path).unwrap();
    old.snapshot(|kept| check(asked.ask(&mut memory(&tables), Some(kept)).unwrap())).unwrap();
}

/// More aggregates over what is kept, until customers are answered in several ranges.
fn crowd(asked: &mut Asked, customers: usize) {
    let bytes = 20 << 20;
    for number in 0..(bytes / 8 / customers) as i64 {
        let nodes = &mut asked.shop.plan.audience.nodes;
        let aggregates = &mut asked.shop.plan.audience.aggregates;
        nodes.push(Node { op: Op::Aggregate(AggregateId(aggregates.len() as u32)), shape: Shape::Int });
        let at = |number: i64| Some(Instant((NOW - number) * SECOND));
        let function = Function::Min(NodeId(0));
        let (from, until) = (at(number + 1), at(number));
        aggregates.push(Aggregate { scan: 1, stream: 0, function, from, until, filter: None, stage: 0 });
    }
}

#[test]
fn every_way_of_reading_finds_the_same() {
    const CUSTOMERS: usize = 4_200;
    let mut asked = asked();
    let first = asked.shop.plan.audience.nodes.len() as u32;
    crowd(&mut asked, CUSTOMERS);
    let windows: Vec<NodeId> = (first..asked.shop.plan.audience.nodes.len() as u32).map(NodeId).collect();
    let tables = shop_tables(CUSTOMERS as i64);
    let mut kept = kept_tables();
    for key in 3_000..4_000 {
        kept[0].1.rows.push(vec![Value::Text(key.to_string()), Value::from((NOW - key % 90) * SECOND)]);
    }
    let state = state(&kept);
    // The runtime has the state open, and its log is not copied yet.
    let _open = rusqlite::Connection::open(&state.path).unwrap();
    let mut answered: Vec<(Vec<Scalar>, String)> = Vec::new();
    let mut ask = |engine: &mut dyn Engine, kept: &dyn Tables, scans: std::ops::RangeInclusive<u32>| {
        let outputs: Vec<NodeId> =
            windows.iter().copied().chain([asked.touches, asked.recorded, asked.paid]).collect();
        let conditions = [asked.member];
        let question = Question {
            plan: &asked.shop.plan,
            conditions: &conditions,
            outputs: &outputs,
            data_hash: true,
            kept: Some(kept),
        };
        let answers = engine.answer(question, &mut |_| {}).unwrap();
        let touches = answers.work.tables.iter().find(|work| work.table == "kept_touches").unwrap();
        assert!(scans.contains(&touches.scans), "{} scans", touches.scans);
        let values = (0..answers.population())
            .step_by(61)
            .flat_map(|customer| outputs.iter().map(move |node| (customer, *node)))
            .map(|(customer, node)| answers.value(node, customer));
        answered.push((values.collect(), answers.data_hash.clone()));
        assert_eq!(answers.condition(asked.member).yes.ones().collect::<Vec<_>>(), [1]);
    };
    let database = Database::of(&named(&tables));
    let in_memory = memory(&named(&kept));
    for (threads, bytes, scans) in [(1, u64::MAX, 1..=1), (3, u64::MAX, 1..=1), (1, 0, 2..=9), (3, 0, 2..=9)]
    {
        let options = Options { threads, memory: bytes, reader: Reader::Fastest };
        ask(&mut memory(&named(&tables)).with(options), &in_memory, scans.clone());
        for reader in [Reader::Fastest, Reader::Stepping] {
            let mut engine = database.engine().with(Options { reader, ..options });
            let mut state = SqliteEngine::open_state(&state.path).unwrap();
            state.snapshot(|kept| ask(&mut engine, kept, scans.clone())).unwrap();
        }
    }
    assert!(answered.iter().all(|other| *other == answered[0]));
}

#[test]
fn the_hash_of_the_data_is_not_of_what_was_kept() {
    let (asked, tables, kept) = (asked(), shop_tables(6), kept_tables());
    let hash = |kept: Option<&dyn Tables>, tables: &[(&'static str, Table)]| {
        asked.ask(&mut memory(&named(tables)), kept).unwrap().data_hash
    };
    let kept = memory(&named(&kept));
    let own = hash(Some(&kept), &tables);
    assert_eq!(hash(None, &tables), own);
    let mut other = tables.clone();
    other[1].1.rows[0][2] = Value::from(1);
    assert_ne!(hash(Some(&kept), &other), own);
}

#[test]
fn a_reading_sees_one_state_while_the_runtime_writes() {
    let (asked, tables) = (asked(), shop_tables(6));
    let state = state(&kept_tables());
    let runtime = rusqlite::Connection::open(&state.path).unwrap();
    let mut engine = SqliteEngine::open_state(&state.path).unwrap();
    let ask = |kept: &dyn Tables| {
        let answers = asked.ask(&mut memory(&named(&tables)), Some(kept)).unwrap();
        answers.value(asked.touches, 2)
    };
    engine
        .snapshot(|kept| {
            assert_eq!(ask(kept), Scalar::Int(2));
            let write = format!("INSERT INTO own_kept_touches VALUES ('1', {})", NOW * SECOND);
            runtime.execute_batch(&write).unwrap();
            assert_eq!(ask(kept), Scalar::Int(2));
        })
        .unwrap();
    assert_eq!(engine.snapshot(ask).unwrap(), Scalar::Int(3));
}

#[test]
fn trouble_with_the_state_is_told_as_such() {
    let (asked, tables) = (asked(), shop_tables(6));
    let at = |path: &Path| SqliteEngine::open_state(path).unwrap_err().code.name();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    assert_eq!(at(&path), "R0106");
    assert!(!path.exists());
    std::fs::write(&path, "no database, though long enough for one".repeat(40)).unwrap();
    assert_eq!(at(&path), "R0106");
    let mut newer = kept_tables();
    newer[0].1.columns[1] = "sent_at".into();
    let bad = state(&newer);
    let broken = Database::new("CREATE VIEW kept_touches AS SELECT customer, at FROM gone");
    for database in [bad, broken] {
        let mut state = SqliteEngine::open_state(&database.path).unwrap();
        let said = state.snapshot(|kept| asked.ask(&mut memory(&named(&tables)), Some(kept)));
        assert_eq!(codes(said.unwrap()), ["R0106"]);
    }
}
