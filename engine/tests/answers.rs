//! Questions about small shops, asked of both engines.

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
