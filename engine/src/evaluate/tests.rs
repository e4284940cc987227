//! Every operation, held against the same operation on one row's values as the plan describes it.

use super::*;
use proptest::prelude::*;
use rulec_plan::audience::{ColumnId, Comparison, Shape};
use rulec_plan::time::{Day, Instant};

const COMPARISONS: [Comparison; 6] = [
    Comparison::Equal,
    Comparison::NotEqual,
    Comparison::Less,
    Comparison::LessOrEqual,
    Comparison::Greater,
    Comparison::GreaterOrEqual,
];

/// The leaves: two of each shape, but one of sets.
const LEAVES: [Shape; 9] = [
    Shape::Int,
    Shape::Int,
    Shape::Ratio,
    Shape::Ratio,
    Shape::Bool,
    Shape::Bool,
    Shape::Text,
    Shape::Text,
    Shape::Set,
];

/// Constants follow the leaves.
fn constants() -> Vec<(Scalar, Shape)> {
    vec![
        (Scalar::Int(2), Shape::Int),
        (Scalar::Int(i64::MIN), Shape::Int),
        (Scalar::Missing, Shape::Int),
        (Scalar::Ratio(3, 2), Shape::Ratio),
        (Scalar::Text("a".to_owned()), Shape::Text),
        (Scalar::Bool(true), Shape::Bool),
    ]
}

fn zone() -> Zone {
    Zone::parse("America/Sao_Paulo").unwrap()
}

/// Leaves and constants, and every operation over each of them that has the shape for it.
fn every_operation() -> Vec<Node> {
    let leaves = LEAVES.iter().map(|shape| Node { op: Op::Column(ColumnId(0)), shape: *shape });
    let constants = constants().into_iter().map(|(value, shape)| Node { op: Op::Constant(value), shape });
    let mut nodes: Vec<Node> = leaves.chain(constants).collect();
    let of = |shape: Shape| -> Vec<NodeId> {
        (0_u32..).map(NodeId).zip(&nodes).filter(|(_, node)| node.shape == shape).map(|(id, _)| id).collect()
    };
    let (ints, ratios, bools, texts, sets) =
        (of(Shape::Int), of(Shape::Ratio), of(Shape::Bool), of(Shape::Text), of(Shape::Set));
    let mut found = Vec::new();
    for a in &ints {
        found.extend(of_an_int(*a));
    }
    for a in ints.iter().chain(&ratios) {
        let is_int = ints.contains(a);
        let shape = if is_int { Shape::Int } else { Shape::Ratio };
        found.push(Node { op: Op::Negate(*a), shape });
        for b in ints.iter().chain(&ratios) {
            found.extend(of_two_numbers(*a, *b, if ints.contains(b) { shape } else { Shape::Ratio }));
        }
    }
    for same_shape in [&ints, &ratios, &bools, &texts, &sets] {
        for a in same_shape {
            found.push(Node { op: Op::IsMissing(*a), shape: Shape::Bool });
            let shape = nodes[a.0 as usize].shape;
            found.extend(same_shape.iter().map(|b| Node { op: Op::OrElse(*a, *b), shape }));
        }
    }
    for equal in [&bools, &texts] {
        for (a, b) in equal.iter().flat_map(|a| equal.iter().map(move |b| (*a, *b))) {
            let compare = |comparison: &Comparison| truth_node(Op::Compare(*comparison, a, b));
            found.extend(COMPARISONS[..2].iter().map(compare));
        }
    }
    found.extend(bools.iter().map(|a| truth_node(Op::Not(*a))));
    found.extend([truth_node(Op::And(bools.clone())), truth_node(Op::Or(bools.clone()))]);
    found.extend([truth_node(Op::And(bools[..2].to_vec())), truth_node(Op::Or(bools[1..].to_vec()))]);
    for a in &texts {
        let many = (0..20).map(|number| format!("t{number}")).chain(["a".to_owned()]).collect();
        for wanted in [vec!["ab".to_owned(), "b".to_owned()], many, Vec::new()] {
            found.push(truth_node(Op::OneOfTexts(*a, wanted)));
        }
        for value in texts.iter().chain(&sets) {
            found.push(truth_node(Op::Contains { value: *value, item: *a }));
        }
    }
    nodes.extend(found);
    nodes
}

fn truth_node(op: Op) -> Node {
    Node { op, shape: Shape::Bool }
}

fn of_an_int(a: NodeId) -> Vec<Node> {
    let within = |low, high| truth_node(Op::Within { value: a, low, high });
    let int = |op| Node { op, shape: Shape::Int };
    vec![
        within(Some(-1), Some(2)),
        within(None, Some(2)),
        within(Some(0), None),
        within(None, None),
        within(Some(2), Some(-1)),
        truth_node(Op::OneOfInts(a, vec![i64::MIN, -1, 3])),
        truth_node(Op::OneOfInts(a, (-20..20).collect())),
        truth_node(Op::OneOfInts(a, Vec::new())),
        int(Op::DayOf(a)),
        int(Op::StartOf(a)),
        int(Op::MonthDayOf(a)),
        int(Op::ShiftDay { day: a, months: -1, days: 40 }),
    ]
}

fn of_two_numbers(a: NodeId, b: NodeId, shape: Shape) -> Vec<Node> {
    let node = |op| Node { op, shape };
    let mut found = vec![node(Op::Add(a, b)), node(Op::Subtract(a, b)), node(Op::Multiply(a, b))];
    found.push(Node { op: Op::Divide(a, b), shape: Shape::Ratio });
    found.extend(COMPARISONS.map(|comparison| truth_node(Op::Compare(comparison, a, b))));
    found
}

/// The value of an operation for one row. `None` does not fit.
fn by_definition(op: &Op, of: &dyn Fn(NodeId) -> Scalar) -> Option<Scalar> {
    match op {
        Op::Constant(value) => return Some(value.clone()),
        Op::IsMissing(a) => return Some(Scalar::Bool(of(*a) == Scalar::Missing)),
        Op::OrElse(a, b) => return Some(if of(*a) == Scalar::Missing { of(*b) } else { of(*a) }),
        Op::And(parts) => return Some(kleene(parts, of, false)),
        Op::Or(parts) => return Some(kleene(parts, of, true)),
        _ => {}
    }
    let values: Vec<Scalar> = op.operands().into_iter().map(of).collect();
    if values.contains(&Scalar::Missing) {
        return Some(Scalar::Missing);
    }
    let truth = |value: bool| Some(Scalar::Bool(value));
    match (op, values.as_slice()) {
        (Op::Not(_), [Scalar::Bool(a)]) => truth(!a),
        (Op::Compare(comparison, ..), [a, b]) => truth(comparison.holds(order(a, b))),
        (Op::Within { low, high, .. }, [Scalar::Int(a)]) => {
            truth(low.is_none_or(|low| low <= *a) && high.is_none_or(|high| *a < high))
        }
        (Op::OneOfInts(_, wanted), [Scalar::Int(a)]) => truth(wanted.contains(a)),
        (Op::OneOfTexts(_, wanted), [Scalar::Text(a)]) => truth(wanted.contains(a)),
        (Op::Contains { .. }, [Scalar::Text(a), Scalar::Text(b)]) => truth(a.contains(b)),
        (Op::Contains { .. }, [Scalar::Set(a), Scalar::Text(b)]) => truth(a.contains(b)),
        (Op::DayOf(_), [Scalar::Int(a)]) => Some(Scalar::Int(i64::from(zone().day_of(Instant(*a)).0))),
        (Op::StartOf(_) | Op::MonthDayOf(_) | Op::ShiftDay { .. }, [Scalar::Int(a)]) => {
            let day = i32::try_from(*a).ok().map(Day).filter(|day| (Day::MIN..=Day::MAX).contains(day))?;
            Some(Scalar::Int(of_a_day(op, day)))
        }
        _ => arithmetic_by_definition(op, &values),
    }
}

fn of_a_day(op: &Op, day: Day) -> i64 {
    match op {
        Op::StartOf(_) => zone().start_of(day).0,
        Op::ShiftDay { months, days, .. } => i64::from(day.shift(*months, *days).0),
        _ => i64::from(day.to_ymd().1 * 100 + day.to_ymd().2),
    }
}

fn kleene(parts: &[NodeId], of: &dyn Fn(NodeId) -> Scalar, decisive: bool) -> Scalar {
    let parts: Vec<Scalar> = parts.iter().map(|part| of(*part)).collect();
    if parts.contains(&Scalar::Bool(decisive)) {
        Scalar::Bool(decisive)
    } else if parts.contains(&Scalar::Missing) {
        Scalar::Missing
    } else {
        Scalar::Bool(!decisive)
    }
}

fn arithmetic_by_definition(op: &Op, values: &[Scalar]) -> Option<Scalar> {
    let (a, b) = number(&values[0])?;
    let (c, d) = values.get(1).map_or(Some((0, 1)), number)?;
    let (numerator, denominator) = match op {
        Op::Negate(_) => (-a, b),
        Op::Add(..) => (a * d + c * b, b * d),
        Op::Subtract(..) => (a * d - c * b, b * d),
        Op::Multiply(..) => (a * c, b * d),
        Op::Divide(..) if c == 0 => return Some(Scalar::Missing),
        _ => (a * d * c.signum(), b * c.abs()),
    };
    let are_ints = values.iter().all(|value| matches!(value, Scalar::Int(_)));
    if are_ints && !matches!(op, Op::Divide(..)) {
        return Some(Scalar::Int(i64::try_from(numerator).ok()?));
    }
    let (mut divisor, mut rest) = (numerator.abs(), denominator);
    while rest != 0 {
        (divisor, rest) = (rest, divisor % rest);
    }
    let narrow = |number: i128| i64::try_from(number / divisor).ok();
    Some(Scalar::Ratio(narrow(numerator)?, narrow(denominator)?))
}

fn number(value: &Scalar) -> Option<(i128, i128)> {
    match value {
        Scalar::Int(value) => Some((i128::from(*value), 1)),
        Scalar::Ratio(numerator, denominator) => Some((i128::from(*numerator), i128::from(*denominator))),
        _ => None,
    }
}

fn in_lowest_terms(value: Scalar) -> Scalar {
    match value {
        Scalar::Ratio(numerator, denominator) => {
            let (numerator, denominator) = lowest_terms(numerator, denominator);
            Scalar::Ratio(numerator, denominator)
        }
        other => other,
    }
}

fn order(a: &Scalar, b: &Scalar) -> std::cmp::Ordering {
    match (number(a), number(b)) {
        (Some((a, b)), Some((c, d))) => (a * d).cmp(&(c * b)),
        _ => a.cmp(b),
    }
}

/// Whole numbers, small and at the edges of what fits.
fn integer() -> impl Strategy<Value = i64> {
    prop_oneof![
        4 => -4_i64..5,
        2 => prop::sample::select(vec![i64::MIN, i64::MIN + 1, i64::MAX, i64::MAX - 1, 1 << 32, -(1 << 31)]),
        1 => -800_000_i64..800_000,
        1 => any::<i64>(),
    ]
}

fn value_of(shape: Shape) -> BoxedStrategy<Scalar> {
    let known = match shape {
        Shape::Bool => any::<bool>().prop_map(Scalar::Bool).boxed(),
        Shape::Int => integer().prop_map(Scalar::Int).boxed(),
        Shape::Ratio => (integer(), prop_oneof![1_i64..5, 1_i64..=i64::MAX])
            .prop_map(|(numerator, denominator)| Scalar::Ratio(numerator, denominator))
            .boxed(),
        Shape::Text => prop::sample::select(vec!["", "a", "b", "ab", "t3"])
            .prop_map(|text| Scalar::Text(text.to_owned()))
            .boxed(),
        Shape::Set => prop::sample::subsequence(vec!["a", "ab", "b"], 0..=3)
            .prop_map(|set| Scalar::Set(set.into_iter().map(str::to_owned).collect()))
            .boxed(),
    };
    prop_oneof![4 => known, 1 => Just(Scalar::Missing)].boxed()
}

/// One row: a value for each leaf.
fn row() -> impl Strategy<Value = Vec<Scalar>> {
    LEAVES.map(value_of).to_vec()
}

fn column_of(shape: Shape, values: impl Iterator<Item = Scalar>, texts: &mut Texts) -> Column {
    let mut column = Column::with_capacity(shape, 0);
    values.for_each(|value| column.append(&Column::constant(&value, shape, 1, texts)));
    column
}

fn ids(range: std::ops::Range<usize>) -> Vec<NodeId> {
    range.map(|number| NodeId(number as u32)).collect()
}

/// Fills the leaves, computes, and gives the rows that did not fit.
fn run(evaluator: &mut Evaluator, nodes: &[Node], rows: &[Vec<Scalar>], texts: &mut Texts) -> Vec<usize> {
    for (leaf, shape) in LEAVES.iter().enumerate() {
        let values = rows.iter().map(|row| row[leaf].clone());
        *evaluator.leaf(NodeId(leaf as u32)) = column_of(*shape, values, texts);
    }
    let mut context = Context { zone: zone(), texts, lookups: &[], overflows: Vec::new() };
    evaluator.evaluate(nodes, rows.len(), &mut context);
    context.overflows
}

proptest! {
    // Each case is hundreds of programs.
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn every_operation_is_what_it_is_for_one_row(rows in prop::collection::vec(row(), 0..40)) {
        let nodes = every_operation();
        let mut texts = Texts::default();
        let (leaves, operations) = (ids(0..LEAVES.len()), ids(LEAVES.len()..nodes.len()));
        for id in &operations {
            let program: Vec<NodeId> =
                operations.iter().copied().filter(|other| other == id || is_constant(&nodes[other.0 as usize].op)).collect();
            let mut evaluator = Evaluator::new(&nodes, &leaves, program, &[*id], &mut texts);
            let overflows = run(&mut evaluator, &nodes, &rows, &mut texts);
            let op = &nodes[id.0 as usize].op;
            for (at, row) in rows.iter().enumerate() {
                let of = |id: NodeId| match &nodes[id.0 as usize].op {
                    Op::Constant(value) => value.clone(),
                    _ => row[id.0 as usize].clone(),
                };
                let expected = by_definition(op, &of);
                prop_assert_eq!(expected.is_none(), overflows.contains(&at), "{:?} of {:?}", op, row);
                if let Some(expected) = expected {
                    let found = evaluator.get(*id).scalar(at, &texts);
                    prop_assert_eq!(found, in_lowest_terms(expected), "{:?} of {:?}", op, row);
                }
            }
        }
    }

    /// Registers that many nodes share, and tiles of different lengths.
    #[test]
    fn a_program_computes_the_same_as_its_nodes_one_by_one(
        parts in prop::collection::vec((0..4, any::<[prop::sample::Index; 2]>()), 1..40),
        wanted in prop::collection::vec(any::<prop::sample::Index>(), 1..4),
        tiles in prop::collection::vec(prop::collection::vec(row(), 0..5), 1..4),
    ) {
        let mut nodes: Vec<Node> = every_operation().into_iter().take(LEAVES.len() + constants().len()).collect();
        for (kind, operands) in parts {
            let bools: Vec<NodeId> = ids(0..nodes.len())
                .into_iter()
                .filter(|id| nodes[id.0 as usize].shape == Shape::Bool)
                .collect();
            let [a, b] = operands.map(|operand| *operand.get(&bools));
            nodes.push(truth_node(match kind {
                0 => Op::And(vec![a, b, a]),
                1 => Op::Or(vec![a, b]),
                2 => Op::Not(a),
                _ => Op::OrElse(a, b),
            }));
        }
        let (leaves, operations) = (ids(0..LEAVES.len()), ids(LEAVES.len()..nodes.len()));
        let wanted: Vec<NodeId> = wanted.iter().map(|wanted| *wanted.get(&operations)).collect();
        let mut texts = Texts::default();
        let mut evaluator = Evaluator::new(&nodes, &leaves, operations, &wanted, &mut texts);
        for rows in tiles {
            run(&mut evaluator, &nodes, &rows, &mut texts);
            for (at, row) in rows.iter().enumerate() {
                let mut values = row.clone();
                for node in &nodes[LEAVES.len()..] {
                    let value = by_definition(&node.op, &|id| values[id.0 as usize].clone());
                    values.push(value.unwrap_or(Scalar::Missing));
                }
                for id in &wanted {
                    prop_assert_eq!(&evaluator.get(*id).scalar(at, &texts), &values[id.0 as usize]);
                }
            }
        }
    }
}

#[test]
fn registers_are_used_again() {
    let mut nodes = vec![Node { op: Op::Column(ColumnId(0)), shape: Shape::Bool }];
    nodes.extend((0..1_000).map(|before| truth_node(Op::Not(NodeId(before)))));
    let evaluator =
        Evaluator::new(&nodes, &ids(0..1), ids(1..1_001), &[NodeId(1_000)], &mut Texts::default());
    assert_eq!(evaluator.registers.count(), 2);
}

#[test]
fn fractions_come_out_in_lowest_terms_and_are_kept_as_they_fit() {
    let nodes = [
        Node { op: Op::Column(ColumnId(0)), shape: Shape::Ratio },
        Node { op: Op::Multiply(NodeId(0), NodeId(0)), shape: Shape::Ratio },
    ];
    let mut texts = Texts::default();
    let mut evaluator = Evaluator::new(&nodes, &ids(0..1), ids(1..2), &[NodeId(1)], &mut texts);
    *evaluator.leaf(NodeId(0)) =
        Column::Ratio { numerators: vec![6, 1 << 40, 0], denominators: vec![4, 1 << 40, 0] };
    let mut context = Context { zone: zone(), texts: &texts, lookups: &[], overflows: Vec::new() };
    evaluator.evaluate(&nodes, 3, &mut context);
    let squares: Vec<Scalar> = (0..3).map(|row| evaluator.get(NodeId(1)).scalar(row, &texts)).collect();
    assert_eq!(squares, [Scalar::Ratio(9, 4), Scalar::Ratio(1, 1), Scalar::Missing]);
    assert!(context.overflows.is_empty());
}
