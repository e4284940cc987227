//! Questions about small shops, asked of both engines.

#![allow(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod common;

use common::{CENTS, Database, NOW, Shop, memory};
use rulec_engine::{Engine, Table, Value};
use rulec_plan::audience::{Aggregate, Comparison, Function, NodeId, Op, Ranking, Scalar, Shape};
use rulec_plan::project::FactKind;

const DAY: i64 = 86_400;

fn customers(keys: &[i64]) -> Table {
    keys.iter().fold(Table::new(&["id"]), |table, key| table.row([Value::from(*key)]))
}

/// Orders of customer, seconds before now, cents.
fn orders(rows: &[(i64, i64, Option<i64>)]) -> Table {
    rows.iter().fold(Table::new(&["customer_id", "at", "amount"]), |table, (customer, ago, amount)| {
        let amount = amount.map_or(Value::Null, Value::from);
        table.row([Value::from(*customer), Value::from(NOW - ago), amount])
    })
}

/// The values of nodes for all customers, the same from both engines.
fn values(shop: &Shop, tables: &[(&str, &Table)], outputs: &[NodeId]) -> Vec<Vec<Scalar>> {
    let from = |engine: &mut dyn Engine| {
        let answers = shop.ask(engine, &[], outputs).unwrap();
        let of = |node: &NodeId| {
            (0..answers.population()).map(|customer| answers.value(*node, customer)).collect()
        };
        (outputs.iter().map(of).collect::<Vec<Vec<Scalar>>>(), answers.keys, answers.work, answers.data_hash)
    };
    let in_memory = from(&mut memory(tables));
    let in_sqlite = from(&mut Database::of(tables).engine());
    assert_eq!(in_memory, in_sqlite);
    in_sqlite.0
}

fn ints(numbers: &[i64]) -> Vec<Scalar> {
    numbers.iter().map(|number| Scalar::Int(*number)).collect()
}

#[test]
fn every_function_over_rows_and_over_none() {
    let mut shop = Shop::new();
    let amount = shop.order_fact("amount", CENTS, Shape::Int);
    let functions = [
        (Function::Count, Shape::Int),
        (Function::CountKnown(amount), Shape::Int),
        (Function::Sum(amount), Shape::Int),
        (Function::Min(amount), Shape::Int),
        (Function::Max(amount), Shape::Int),
        (Function::First(amount), Shape::Int),
        (Function::Last(amount), Shape::Int),
        (Function::Distinct(amount), Shape::Int),
        (Function::Exists, Shape::Bool),
    ];
    let nodes: Vec<NodeId> =
        functions.iter().map(|(function, shape)| shop.aggregate(*function, *shape)).collect();
    let orders = orders(&[
        (1, 30, Some(500)),
        (1, 20, Some(100)),
        (1, 20, Some(300)),
        (1, 10, None),
        (1, -1, Some(9_999)),
        (7, 10, Some(1)),
        (2, 10, None),
    ]);
    let found = values(&shop, &[("customers", &customers(&[1, 2, 3])), ("orders", &orders)], &nodes);
    let missing = Scalar::Missing;
    let some = |number: i64| vec![Scalar::Int(number), missing.clone(), missing.clone()];
    assert_eq!(
        found,
        [
            ints(&[4, 1, 0]),
            ints(&[3, 0, 0]),
            ints(&[900, 0, 0]),
            some(100),
            some(500),
            some(500),
            some(300),
            ints(&[3, 0, 0]),
            vec![Scalar::Bool(true), Scalar::Bool(true), Scalar::Bool(false)],
        ]
    );
}

#[test]
fn windows_include_their_start_and_not_their_end() {
    let mut shop = Shop::new();
    let windows = [
        (None, None),
        (Some(NOW - 20), None),
        (Some(NOW - 19), None),
        (None, Some(NOW - 20)),
        (Some(NOW - 30), Some(NOW - 20)),
        (Some(NOW), None),
    ];
    let count = |(from, until): &(Option<i64>, Option<i64>)| {
        shop.windowed(Function::Count, Shape::Int, *from, *until)
    };
    let nodes: Vec<NodeId> = windows.iter().map(count).collect();
    let orders = orders(&[(1, 30, None), (1, 20, None), (1, 0, None), (1, -1, None)]);
    let found = values(&shop, &[("customers", &customers(&[1])), ("orders", &orders)], &nodes);
    assert_eq!(found.concat(), ints(&[3, 2, 1, 1, 1, 1]));
}

#[test]
fn rows_before_all_windows_are_left_in_the_database() {
    let mut shop = Shop::new();
    let recent = shop.windowed(Function::Count, Shape::Int, Some(NOW - DAY), None);
    let later = shop.windowed(Function::Exists, Shape::Bool, Some(NOW - 10), None);
    let orders = orders(&[(1, 9 * DAY, None), (1, DAY + 1, None), (1, DAY, None), (1, 20, None)]);
    let database = Database::of(&[("customers", &customers(&[1])), ("orders", &orders)]);
    let answers = shop.ask(&mut database.engine(), &[later], &[recent]).unwrap();
    assert_eq!(answers.value(recent, 0), Scalar::Int(2));
    assert_eq!((answers.work.tables[1].scans, answers.work.tables[1].rows), (1, 2));
    assert_eq!(answers.condition(later).yes.count_ones(..), 0);
}

#[test]
fn a_table_is_read_once_however_many_aggregates_it_has() {
    let mut shop = Shop::new();
    let amount = shop.order_fact("amount", CENTS, Shape::Int);
    let nodes: Vec<NodeId> = (0..200)
        .map(|days| shop.windowed(Function::Sum(amount), Shape::Int, Some(NOW - days * DAY), None))
        .collect();
    let rows: Vec<(i64, i64, Option<i64>)> =
        (0..5_000).map(|row| (row % 50, row * 7_919 % (300 * DAY), Some(row))).collect();
    let keys: Vec<i64> = (0..40).collect();
    let database = Database::of(&[("customers", &customers(&keys)), ("orders", &orders(&rows))]);
    let answers = shop.ask(&mut database.engine(), &[], &nodes).unwrap();
    let table = |name: &str, rows: usize, strangers: u64| rulec_engine::TableWork {
        table: name.to_owned(),
        scans: 1,
        rows: rows as u64,
        strangers,
    };
    let visible = rows.iter().filter(|(_, ago, _)| *ago <= 199 * DAY);
    let strangers = visible.clone().filter(|(customer, ..)| *customer >= 40).count() as u64;
    let expected = [table("customers", 40, 0), table("orders", visible.count(), strangers)];
    assert_eq!(answers.work.tables, expected);
}

#[test]
fn streams_with_filters_of_their_own_share_one_scan() {
    let mut shop = Shop::new();
    let all = shop.aggregate(Function::Count, Shape::Int);
    let scan = &mut shop.plan.audience.scans[0];
    let mut paid = scan.streams[0].clone();
    (paid.name, paid.filter) = ("paid".into(), Some("amount > 10 OR amount IS NULL".into()));
    scan.streams.push(paid);
    let paid = Aggregate {
        scan: 0,
        stream: 1,
        function: Function::Count,
        from: None,
        until: None,
        filter: None,
        stage: 0,
    };
    let paid = shop.add(paid, Shape::Int);
    let orders = orders(&[(1, 1, Some(5)), (1, 1, Some(50)), (1, 1, None)]);
    let customers = customers(&[1]);
    let tables = [("customers", &customers), ("orders", &orders)];
    let mut in_memory = memory(&tables).filter("amount > 10 OR amount IS NULL", |row| match row("amount") {
        Value::Integer(amount) => amount > 10,
        value => value == Value::Null,
    });
    for engine in [&mut in_memory as &mut dyn Engine, &mut Database::of(&tables).engine()] {
        let answers = shop.ask(engine, &[], &[all, paid]).unwrap();
        assert_eq!([answers.value(all, 0), answers.value(paid, 0)], [Scalar::Int(3), Scalar::Int(2)]);
        assert_eq!(answers.work.tables[1].scans, 1);
    }
}

/// `count(orders since last(orders.at where amount known))`: read again after the last such order is known.
#[test]
fn a_later_stage_reads_what_an_earlier_one_found() {
    let mut shop = Shop::new();
    let amount = shop.order_fact("amount", CENTS, Shape::Int);
    let at = shop.order_node(Op::Column(rulec_plan::audience::ColumnId(0)), Shape::Int);
    let missing = shop.order_node(Op::IsMissing(amount), Shape::Bool);
    let known = shop.order_node(Op::Not(missing), Shape::Bool);
    let base = |function, filter, stage| Aggregate {
        scan: 0,
        stream: 0,
        function,
        from: None,
        until: None,
        filter: Some(filter),
        stage,
    };
    let last = shop.add(base(Function::Last(at), known, 0), Shape::Int);
    let of_customer = shop.order_node(Op::Customer(last), Shape::Int);
    let since = shop.order_node(Op::Compare(Comparison::Greater, at, of_customer), Shape::Bool);
    let count = shop.add(base(Function::Count, since, 1), Shape::Int);
    let orders = orders(&[(1, 50, None), (1, 40, Some(1)), (1, 30, None), (1, 20, None), (2, 5, None)]);
    let customers = customers(&[1, 2]);
    let found = values(&shop, &[("customers", &customers), ("orders", &orders)], &[count, last]);
    assert_eq!(found, [ints(&[2, 0]), vec![Scalar::Int((NOW - 40) * 1_000_000), Scalar::Missing]]);
}

#[test]
fn averages_are_ranked_exactly_and_rankings_may_stand_on_rankings() {
    let mut shop = Shop::new();
    let amount = shop.order_fact("amount", CENTS, Shape::Int);
    let sum = shop.aggregate(Function::Sum(amount), Shape::Int);
    let count = shop.aggregate(Function::Count, Shape::Int);
    let average = shop.node(Op::Divide(sum, count), Shape::Ratio);
    let by = |value, low_is_better| Ranking { value, low_is_better };
    let rank = shop.node(Op::Rank(by(average, false)), Shape::Int);
    let quintile = shop.node(Op::Quintile(by(average, false)), Shape::Int);
    let top = shop.node(Op::Top { ranking: by(rank, true), numerator: 1, denominator: 2 }, Shape::Bool);
    let both = shop.node(Op::And(vec![top, top]), Shape::Bool);
    let orders = orders(&[
        (1, 1, Some(1)),
        (1, 1, Some(0)),
        (1, 1, Some(0)),
        (2, 1, Some(1)),
        (2, 1, Some(1)),
        (2, 1, Some(0)),
        (3, 1, Some(1)),
    ]);
    let customers = customers(&[1, 2, 3, 4]);
    let tables = [("customers", &customers), ("orders", &orders)];
    let found = values(&shop, &tables, &[average, rank, quintile, both]);
    let missing = || Scalar::Missing;
    let bools =
        |values: [bool; 3]| values.map(Scalar::Bool).into_iter().chain([missing()]).collect::<Vec<_>>();
    assert_eq!(
        found,
        [
            vec![Scalar::Ratio(1, 3), Scalar::Ratio(2, 3), Scalar::Ratio(1, 1), missing()],
            vec![Scalar::Int(3), Scalar::Int(2), Scalar::Int(1), missing()],
            vec![Scalar::Int(2), Scalar::Int(4), Scalar::Int(5), missing()],
            bools([false, true, true]),
        ]
    );
    let answers = shop.ask(&mut Database::of(&tables).engine(), &[both], &[]).unwrap();
    assert_eq!(answers.condition(both).yes.ones().collect::<Vec<_>>(), [1, 2]);
    assert_eq!(answers.condition(both).unknown.ones().collect::<Vec<_>>(), [3]);
}

#[test]
fn first_and_last_of_texts_go_by_their_bytes_at_one_instant() {
    let mut shop = Shop::new();
    let category = shop.order_fact("category", FactKind::Text, Shape::Text);
    let first = shop.aggregate(Function::First(category), Shape::Text);
    let last = shop.aggregate(Function::Last(category), Shape::Text);
    let mut orders = Table::new(&["customer_id", "at", "category"]);
    for category in ["奶粉", "b", "a", "面膜"] {
        orders = orders.row([Value::from(1), Value::from(NOW), Value::from(category)]);
    }
    let found = values(&shop, &[("customers", &customers(&[1])), ("orders", &orders)], &[first, last]);
    assert_eq!(found.concat(), [Scalar::Text("a".into()), Scalar::Text("面膜".into())]);
}

#[test]
fn customers_stand_in_the_order_of_their_keys() {
    let mut shop = Shop::new();
    let city = shop.fact("city", FactKind::Text, Shape::Text);
    let table = |keys: &[Value]| {
        keys.iter().fold(Table::new(&["id", "city"]), |table, key| {
            table.row([key.clone(), Value::Text(format!("city of {key:?}"))])
        })
    };
    let shown = |value: Value| Scalar::Text(format!("city of {value:?}"));
    let integers = [7, -3, 9_000_000_000, 0].map(Value::from);
    let sorted = [-3, 0, 7, 9_000_000_000].map(Value::from).map(shown).to_vec();
    assert_eq!(values(&shop, &[("customers", &table(&integers))], &[city]), [sorted]);
    let texts = ["b", "10", "9", ""].map(Value::from);
    let sorted = ["", "10", "9", "b"].map(Value::from).map(shown).to_vec();
    assert_eq!(values(&shop, &[("customers", &table(&texts))], &[city]), [sorted]);
}

#[test]
fn an_empty_shop_has_no_customers_and_no_problem() {
    let mut shop = Shop::new();
    let count = shop.aggregate(Function::Count, Shape::Int);
    let rank = shop.node(Op::Rank(Ranking { value: count, low_is_better: false }), Shape::Int);
    let tables = [("customers", &customers(&[])), ("orders", &orders(&[(1, 1, None)]))];
    assert_eq!(values(&shop, &tables, &[count, rank]), [vec![], vec![]]);
}

#[test]
fn outside_data_is_looked_up_by_text() {
    let mut shop = Shop::new();
    let city = shop.fact("city", FactKind::Text, Shape::Text);
    shop.plan.audience.lookups.push(rulec_plan::audience::LookupScan {
        name: "weather".into(),
        source: rulec_plan::project::Source::Table("weather".into()),
        key: rulec_plan::audience::Column { name: "city".into(), kind: FactKind::Text, personal: false },
        columns: vec![rulec_plan::audience::Column {
            name: "rain".into(),
            kind: FactKind::Bool,
            personal: false,
        }],
    });
    let lookup = Op::Lookup {
        table: rulec_plan::audience::LookupId(0),
        column: rulec_plan::audience::ColumnId(0),
        key: city,
    };
    let rain = shop.node(lookup, Shape::Bool);
    let customers = Table::new(&["id", "city"])
        .row([Value::from(1), Value::from("上海")])
        .row([Value::from(2), Value::from("北京")])
        .row([Value::from(3), Value::Null]);
    let weather = Table::new(&["city", "rain"])
        .row([Value::from("上海"), Value::from(1)])
        .row([Value::Null, Value::from(0)]);
    let tables = [("customers", &customers), ("weather", &weather)];
    assert_eq!(values(&shop, &tables, &[rain]), [vec![Scalar::Bool(true), Scalar::Missing, Scalar::Missing]]);
    let twice = weather.row([Value::from("上海"), Value::from(1)]);
    let tables = [("customers", &customers), ("weather", &twice)];
    assert_eq!(common::codes(shop.ask(&mut memory(&tables), &[rain], &[])), ["R0014"]);
}

#[test]
fn a_chain_of_nodes_may_be_deeper_than_the_stack() {
    const LENGTH: i64 = 100_000;
    let mut shop = Shop::new();
    let one = shop.node(Op::Constant(Scalar::Int(1)), Shape::Int);
    let last = (0..LENGTH).fold(one, |last, _| shop.node(Op::Add(last, one), Shape::Int));
    let of_row = shop.order_node(Op::Customer(last), Shape::Int);
    let of_row = (0..LENGTH).fold(of_row, |last, _| shop.order_node(Op::Negate(last), Shape::Int));
    let sum = shop.aggregate(Function::Sum(of_row), Shape::Int);
    let orders = orders(&[(1, 0, None), (1, 1, None)]);
    let customers = customers(&[1]);
    let mut engine = memory(&[("customers", &customers), ("orders", &orders)]);
    let answers = shop.ask(&mut engine, &[], &[last, sum]).unwrap();
    assert_eq!(answers.value(last, 0), Scalar::Int(LENGTH + 1));
    assert_eq!(answers.value(sum, 0), Scalar::Int(2 * (LENGTH + 1)));
}

#[test]
fn changed_data_have_another_hash() {
    let mut shop = Shop::new();
    let city = shop.fact("city", FactKind::Text, Shape::Text);
    let database =
        Database::new("CREATE TABLE customers(id, city); INSERT INTO customers VALUES (1, 'a'), (2, 'b')");
    let hash = || shop.ask(&mut database.engine(), &[], &[city]).unwrap().data_hash;
    let before = hash();
    let change = |sql: &str| rusqlite::Connection::open(&database.path).unwrap().execute_batch(sql).unwrap();
    change("UPDATE customers SET city = 'c' WHERE id = 2");
    assert_ne!(hash(), before);
    change("UPDATE customers SET city = 'b' WHERE id = 2; VACUUM");
    assert_eq!(hash(), before);
}

#[test]
fn progress_is_told_to_the_end() {
    let mut shop = Shop::new();
    let city = shop.fact("city", FactKind::Text, Shape::Text);
    let database = Database::new(
        "CREATE TABLE customers(id INTEGER PRIMARY KEY, city);
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 70000)
         INSERT INTO customers SELECT i, 'x' FROM n",
    );
    let mut told = Vec::new();
    let question = rulec_engine::Question {
        plan: &shop.plan,
        conditions: &[],
        outputs: &[city],
        data_hash: true,
        kept: None,
    };
    let answers = database.engine().answer(question, &mut |progress| told.push((progress.rows, progress.of)));
    assert_eq!(answers.unwrap().population(), 70_000);
    assert_eq!(told, [(65_536, Some(70_000)), (70_000, Some(70_000))]);
}

#[test]
fn names_may_be_odd_and_keys_floating_point() {
    let mut shop = Shop::new();
    let customers = &mut shop.plan.audience.customers;
    customers.source = rulec_plan::project::Source::Table("顾 \"客".into());
    customers.key = "ID".into();
    customers.filter = Some("\"select\" <> 'x' -- not those".into());
    let fact = shop.fact("select", FactKind::Text, Shape::Text);
    let count = shop.aggregate(Function::Count, Shape::Int);
    let database = Database::new(&format!(
        "CREATE TABLE \"顾 \"\"客\"(id REAL, \"select\" TEXT);
         INSERT INTO \"顾 \"\"客\" VALUES (1, 'a'), (2, 'x'), (3, NULL), (4, '');
         CREATE TABLE orders(customer_id, at); INSERT INTO orders VALUES (1, {NOW}), (2, {NOW}), (4.0, {NOW})"
    ));
    let answers = shop.ask(&mut database.engine(), &[], &[fact, count]).unwrap();
    assert_eq!(answers.keys, rulec_engine::Keys::Integers(vec![1, 4]));
    assert_eq!(answers.value(fact, 1), Scalar::Text(String::new()));
    assert_eq!([answers.value(count, 0), answers.value(count, 1)], [Scalar::Int(1), Scalar::Int(1)]);
    assert_eq!(answers.work.tables[1].strangers, 1);
}
