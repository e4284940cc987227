//! Numbers at the ends of 64 bits: what fits is exact, however it came about; what does not is an error.

#![allow(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod common;

use common::{Database, NOW, Shop, codes, memory};
use rulec_engine::{Answers, Engine, Options, Reader, Table, Value};
use rulec_plan::audience::{Function, NodeId, Scalar, Shape};
use rulec_plan::project::FactKind;

/// Orders with whole numbers, each with its seconds before now; of customer 1, while customer 2 has none.
fn orders(numbers: &[(i64, i64)]) -> [(&'static str, Table); 2] {
    let customers = Table::new(&["id"]).row([Value::from(1)]).row([Value::from(2)]);
    let columns = Table::new(&["customer_id", "at", "number"]);
    let order = |table: Table, (ago, number): &(i64, i64)| {
        table.row([Value::from(1), Value::from(NOW - ago), Value::from(*number)])
    };
    [("customers", customers), ("orders", numbers.iter().fold(columns, order))]
}

type Said = Result<Answers, Vec<rulec_diagnostic::Diagnostic>>;

/// Asks for a function of the number over a window in seconds before now, of both engines and on one and two threads.
fn ask(
    numbers: &[(i64, i64)],
    function: impl Fn(NodeId) -> Function,
    windows: &[(Option<i64>, Option<i64>)],
) -> (Vec<NodeId>, Vec<Said>) {
    let mut shop = Shop::new();
    let number = shop.order_fact("number", FactKind::Number { decimals: 0 }, Shape::Int);
    let ago = |ago: Option<i64>| ago.map(|ago| NOW - ago);
    let window =
        |(from, until): &(_, _)| shop.windowed(function(number), Shape::Int, ago(*from), ago(*until));
    let nodes: Vec<NodeId> = windows.iter().map(window).collect();
    let tables = orders(numbers);
    let tables: Vec<(&str, &Table)> = tables.iter().map(|(name, table)| (*name, table)).collect();
    let database = Database::of(&tables);
    let mut said = Vec::new();
    for threads in [1, 2] {
        let options = |reader| Options { threads, reader, ..Options::default() };
        let engines: [Box<dyn Engine>; 3] = [
            Box::new(memory(&tables).with(options(Reader::Fastest))),
            Box::new(database.engine().with(options(Reader::Fastest))),
            Box::new(database.engine().with(options(Reader::Stepping))),
        ];
        said.extend(engines.into_iter().map(|mut engine| shop.ask(&mut *engine, &[], &nodes)));
    }
    (nodes, said)
}

/// All engines answer these values for customer 1.
fn gives(
    numbers: &[(i64, i64)],
    function: fn(NodeId) -> Function,
    windows: &[(Option<i64>, Option<i64>)],
    expected: &[i64],
) {
    let (nodes, said) = ask(numbers, function, windows);
    for said in said {
        let answers = said.unwrap();
        let found: Vec<Scalar> = nodes.iter().map(|node| answers.value(*node, 0)).collect();
        let expected: Vec<Scalar> = expected.iter().copied().map(Scalar::Int).collect();
        assert_eq!(found, expected, "{numbers:?}");
    }
}

/// All engines say that a number is too large.
fn is_too_large(
    numbers: &[(i64, i64)],
    function: fn(NodeId) -> Function,
    windows: &[(Option<i64>, Option<i64>)],
) {
    let (_, said) = ask(numbers, function, windows);
    let said: Vec<_> = said.into_iter().map(codes).collect();
    assert!(said.iter().all(|codes| codes == &["R0020"]), "{numbers:?}: {said:?}");
}

const ALWAYS: &[(Option<i64>, Option<i64>)] = &[(None, None)];
const MAX: i64 = i64::MAX;
const MIN: i64 = i64::MIN;

#[test]
fn a_sum_that_fits_is_exact_whatever_it_went_through() {
    gives(&[(1, MAX), (2, MAX), (3, -MAX), (4, -5)], Function::Sum, ALWAYS, &[MAX - 5]);
    gives(&[(1, MAX), (2, MAX), (3, MIN), (4, MIN), (5, 7)], Function::Sum, ALWAYS, &[5]);
    gives(&[(1, MIN), (2, MIN), (3, MAX), (4, MAX)], Function::Sum, ALWAYS, &[-2]);
    gives(&[(1, MAX)], Function::Sum, ALWAYS, &[MAX]);
    gives(&[(1, MIN)], Function::Sum, ALWAYS, &[MIN]);
}

#[test]
fn a_sum_of_several_stretches_of_time_is_exact() {
    // Three windows cut these rows into cells, each of which overflows by itself.
    let numbers = [(1, MAX), (2, MAX), (11, MIN), (12, MIN), (21, MAX), (22, MIN)];
    let windows = [(Some(15), None), (Some(25), None), (Some(25), Some(15)), (Some(25), Some(20))];
    gives(&numbers, Function::Sum, &windows, &[-2, -3, -1, -1]);
}

#[test]
fn a_sum_that_does_not_fit_is_an_error() {
    is_too_large(&[(1, MAX), (2, 1)], Function::Sum, ALWAYS);
    is_too_large(&[(1, MIN), (2, -1)], Function::Sum, ALWAYS);
    is_too_large(&[(1, MAX), (2, MAX), (3, MAX)], Function::Sum, ALWAYS);
    // The whole fits, a part of it does not.
    is_too_large(
        &[(1, MAX), (2, MAX), (11, MIN), (12, MIN)],
        Function::Sum,
        &[(None, None), (Some(5), None)],
    );
}

#[test]
fn extremes_are_found_next_to_the_ends_of_64_bits() {
    let numbers = [(1, MAX - 1), (2, 0), (3, MIN + 1)];
    gives(&numbers, Function::Min, ALWAYS, &[MIN + 1]);
    gives(&numbers, Function::Max, ALWAYS, &[MAX - 1]);
    gives(&[(1, MAX)], Function::Max, ALWAYS, &[MAX]);
    gives(&[(1, MIN)], Function::Min, ALWAYS, &[MIN]);
}

/// One value at each end has no place among the cells.
#[test]
fn the_least_number_has_no_greatest_and_the_greatest_no_least() {
    is_too_large(&[(1, MIN), (2, 0)], Function::Max, ALWAYS);
    is_too_large(&[(1, MAX), (2, 0)], Function::Min, ALWAYS);
}

#[test]
fn first_and_last_take_any_number_and_break_ties_by_it() {
    let numbers = [(9, 3), (9, MIN), (9, MAX), (1, 3), (1, MIN), (1, MAX)];
    gives(&numbers, Function::First, ALWAYS, &[MIN]);
    gives(&numbers, Function::Last, ALWAYS, &[MAX]);
    // Cut into two cells by windows, the rows of one instant stay together.
    gives(&numbers, Function::Last, &[(Some(9), Some(1)), (Some(9), Some(0))], &[MAX, MAX]);
    gives(&numbers, Function::First, &[(Some(8), None), (None, None)], &[MIN, MIN]);
}

#[test]
fn different_numbers_are_told_apart_at_both_ends() {
    gives(&[(1, MIN), (2, MIN), (3, MAX), (4, 0), (5, MAX)], Function::Distinct, ALWAYS, &[3]);
}

#[test]
fn a_window_holds_its_first_instant_and_not_its_last() {
    let numbers = [(10, 1), (5, 2), (0, 4), (-1, 8)];
    let windows =
        [(Some(10), Some(5)), (Some(5), Some(0)), (Some(10), None), (None, Some(10)), (Some(9), Some(5))];
    gives(&numbers, Function::Sum, &windows, &[1, 2, 7, 0, 0]);
}
