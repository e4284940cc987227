//! Laws on random shops: SQLite and memory agree, and the order of rows does not matter.

#![allow(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod common;

use common::{CENTS, Database, NOW, Shop, memory};
use proptest::prelude::*;
use rulec_engine::{Answers, Engine, Key, Table, Value};
use rulec_plan::audience::{Aggregate, Comparison, Function, NodeId, Op, Ranking, Scalar, Shape};
use rulec_plan::project::FactKind;

/// A plan that uses a bit of everything: conditions, then outputs.
fn everything() -> (Shop, Vec<NodeId>, Vec<NodeId>) {
    let mut shop = Shop::new();
    let city = shop.fact("city", FactKind::Text, Shape::Text);
    let tags = shop.fact("tags", FactKind::Set { separator: ",".into() }, Shape::Set);
    let amount = shop.order_fact("amount", CENTS, Shape::Int);
    let category = shop.order_fact("category", FactKind::Text, Shape::Text);
    let food = shop.order_node(Op::OneOfTexts(category, vec!["a".into(), "c".into()]), Shape::Bool);
    let functions = [
        (Function::Count, Shape::Int),
        (Function::CountKnown(amount), Shape::Int),
        (Function::Sum(amount), Shape::Int),
        (Function::Min(amount), Shape::Int),
        (Function::Max(amount), Shape::Int),
        (Function::First(category), Shape::Text),
        (Function::Last(amount), Shape::Int),
        (Function::Last(food), Shape::Bool),
        (Function::Distinct(category), Shape::Int),
        (Function::Exists, Shape::Bool),
    ];
    let mut outputs = vec![city, tags];
    for (function, shape) in functions {
        for (from, until) in [(None, None), (Some(NOW - 50), None), (Some(NOW - 80), Some(NOW - 20))] {
            outputs.push(shop.windowed(function, shape, from, until));
        }
    }
    let (count, sum) = (outputs[2], outputs[8]);
    let of_food = |function| Aggregate {
        scan: 0,
        stream: 0,
        function,
        from: None,
        until: None,
        filter: Some(food),
        stage: 0,
    };
    let food_count = shop.add(of_food(Function::Count), Shape::Int);
    let average = shop.node(Op::Divide(sum, count), Shape::Ratio);
    let ranking = Ranking { value: average, low_is_better: false };
    let rank = shop.node(Op::Rank(ranking), Shape::Int);
    let quintile = shop.node(Op::Quintile(ranking), Shape::Int);
    let top = shop.node(Op::Top { ranking, numerator: 1, denominator: 3 }, Shape::Bool);
    let less = shop.node(Op::Compare(Comparison::Less, average, rank), Shape::Bool);
    let in_a = shop.node(Op::OneOfTexts(city, vec!["a".into()]), Shape::Bool);
    let either = shop.node(Op::Or(vec![less, in_a]), Shape::Bool);
    let item = shop.node(Op::Constant(Scalar::Text("b".into())), Shape::Text);
    let tagged = shop.node(Op::Contains { value: tags, item }, Shape::Bool);
    let all = shop.node(Op::And(vec![either, tagged, top]), Shape::Bool);
    outputs.extend([food_count, average, rank, quintile, top]);
    (shop, vec![either, tagged, all], outputs)
}

fn optional(value: impl Strategy<Value = Value> + 'static) -> BoxedStrategy<Value> {
    prop_oneof![1 => Just(Value::Null), 4 => value].boxed()
}

fn letters() -> impl Strategy<Value = Value> {
    prop_oneof![Just("a"), Just("b"), Just("c"), Just("a, b"), Just("")].prop_map(Value::from)
}

/// Customers with integer or text keys, and orders of some of them.
fn shops() -> impl Strategy<Value = (Table, Table)> {
    let key = |as_text: bool, number: i64| match as_text {
        true => Value::Text(format!("k{number}")),
        false => Value::Integer(number),
    };
    let keys = (any::<bool>(), prop::collection::btree_set(-20_i64..20, 0..20), any::<bool>());
    keys.prop_flat_map(move |(as_text, numbers, spread)| {
        let key = move |number: i64| key(as_text, if spread { number * 1_000_003 } else { number });
        let facts = (optional(letters()), optional(letters()));
        let customers = prop::collection::vec(facts, numbers.len()).prop_map(move |facts| {
            let rows = numbers.iter().zip(facts).map(|(number, (city, tags))| vec![key(*number), city, tags]);
            let columns = Table::new(&["id", "city", "tags"]);
            rows.fold(columns, Table::row)
        });
        let order = (
            optional((-25_i64..25).prop_map(key)),
            optional((-5_i64..100).prop_map(|ago| Value::Integer(NOW - ago))),
            optional((-500_i64..500).prop_map(Value::from)),
            optional(letters()),
        );
        let columns = Table::new(&["customer_id", "at", "amount", "category"]);
        let orders = prop::collection::vec(order, 0..150).prop_map(move |rows| {
            rows.into_iter().fold(columns.clone(), |table, (a, b, c, d)| table.row([a, b, c, d]))
        });
        (customers, orders)
    })
}

/// Everything in an answer that can be compared.
fn content(answers: &Answers, outputs: &[NodeId]) -> impl PartialEq + std::fmt::Debug + use<> {
    let of = |node: &NodeId| {
        (0..answers.population()).map(|customer| answers.value(*node, customer)).collect::<Vec<_>>()
    };
    let values: Vec<_> = outputs.iter().map(of).collect();
    let Answers { keys, conditions, work, data_hash, .. } = answers;
    (values, keys.clone(), conditions.clone(), work.clone(), data_hash.clone())
}

/// The aggregates of `everything` over all time, for one customer, read row by row as the documentation says.
fn naively(orders: &Table, customer: &Value) -> Vec<Scalar> {
    let visible =
        |row: &&Vec<Value>| row[0] == *customer && matches!(row[1], Value::Integer(at) if at <= NOW);
    let rows: Vec<&Vec<Value>> = orders.rows.iter().filter(visible).collect();
    let at = |row: &Vec<Value>| if let Value::Integer(at) = row[1] { at } else { i64::MIN };
    let amounts: Vec<(i64, i64)> = rows
        .iter()
        .filter_map(|row| if let Value::Integer(amount) = row[2] { Some((at(row), amount)) } else { None })
        .collect();
    let categories: Vec<(i64, String)> = rows
        .iter()
        .filter_map(|row| if let Value::Text(text) = &row[3] { Some((at(row), text.clone())) } else { None })
        .collect();
    let int = |number: Option<i64>| number.map_or(Scalar::Missing, Scalar::Int);
    let count = |length: usize| Scalar::Int(i64::try_from(length).unwrap());
    let distinct: std::collections::BTreeSet<&String> = categories.iter().map(|(_, text)| text).collect();
    let is_food = |text: &str| text == "a" || text == "c";
    let last_food = categories.iter().map(|(at, text)| (*at, is_food(text))).max();
    vec![
        count(rows.len()),
        count(amounts.len()),
        Scalar::Int(amounts.iter().map(|(_, amount)| amount).sum()),
        int(amounts.iter().map(|(_, amount)| *amount).min()),
        int(amounts.iter().map(|(_, amount)| *amount).max()),
        categories.iter().min().map_or(Scalar::Missing, |(_, text)| Scalar::Text(text.clone())),
        int(amounts.iter().max().map(|(_, amount)| *amount)),
        last_food.map_or(Scalar::Missing, |(_, is)| Scalar::Bool(is)),
        count(distinct.len()),
        Scalar::Bool(!rows.is_empty()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn both_engines_agree_whatever_the_order_of_rows((customers, orders) in shops(), turn in 0_usize..150) {
        let (shop, conditions, outputs) = everything();
        let ask = |engine: &mut dyn Engine| {
            shop.ask(engine, &conditions, &outputs).map(|answers| content(&answers, &outputs))
        };
        let tables = [("customers", &customers), ("orders", &orders)];
        let expected = ask(&mut memory(&tables));
        prop_assert!(expected.is_ok());
        prop_assert_eq!(&ask(&mut Database::of(&tables).engine()), &expected);

        let mut turned = (customers.clone(), orders.clone());
        turned.0.rows.reverse();
        let length = turned.1.rows.len();
        turned.1.rows.rotate_left(turn.min(length));
        prop_assert_eq!(&ask(&mut memory(&[("customers", &turned.0), ("orders", &turned.1)])), &expected);
    }

    #[test]
    fn aggregates_are_what_a_naive_reader_finds((customers, orders) in shops()) {
        let (shop, _, outputs) = everything();
        let tables = [("customers", &customers), ("orders", &orders)];
        let answers = shop.ask(&mut memory(&tables), &[], &outputs).unwrap();
        let over_all_time: Vec<NodeId> = outputs[2..32].iter().step_by(3).copied().collect();
        for customer in 0..answers.population() {
            let key = match answers.keys.get(customer).unwrap() {
                Key::Integer(key) => Value::Integer(key),
                Key::Text(key) => Value::from(key),
            };
            let found: Vec<Scalar> = over_all_time.iter().map(|node| answers.value(*node, customer)).collect();
            prop_assert_eq!(found, naively(&orders, &key));
        }
    }
}
