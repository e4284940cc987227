//! Facts that compare a customer with all others: rank, quintile, top share.
//!
//! A share needs no order of all customers, only the value of the last one who is inside: that is selected, and each
//! customer is compared with it. Only a rank needs the values sorted.

use crate::column::{Column, UNKNOWN, differing_shapes, truth};
use crate::evaluate::compare_fractions;
use rulec_plan::audience::Op;
use std::cmp::{Ordering, Reverse};

/// The values of nodes over one ranking: by this Int or Ratio column.
pub(crate) fn place(values: &Column, low_is_better: bool, ops: &[&Op]) -> Vec<Column> {
    match (values, low_is_better) {
        (Column::Int { values, known }, true) => {
            Ranked::new(values.len(), |at| known[at].then(|| values[at])).columns(ops)
        }
        (Column::Int { values, known }, false) => {
            Ranked::new(values.len(), |at| known[at].then(|| Reverse(values[at]))).columns(ops)
        }
        (Column::Ratio { numerators: n, denominators: d }, true) => {
            Ranked::new(n.len(), |at| (d[at] != 0).then(|| Fraction(n[at], d[at]))).columns(ops)
        }
        (Column::Ratio { numerators: n, denominators: d }, false) => {
            Ranked::new(n.len(), |at| (d[at] != 0).then(|| Reverse(Fraction(n[at], d[at])))).columns(ops)
        }
        _ => differing_shapes(),
    }
}

/// Numerator and positive denominator, in the order of their quotients.
#[derive(Debug, Clone, Copy)]
struct Fraction(i64, i64);

impl Ord for Fraction {
    fn cmp(&self, other: &Self) -> Ordering {
        compare_fractions((self.0, self.1), (other.0, other.1))
    }
}

impl PartialOrd for Fraction {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Fraction {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Fraction {}

/// All customers by a value of which less is better.
struct Ranked<V, F> {
    customers: usize,
    /// The value of a customer.
    value: F,
    /// All known values, in any order.
    known: Vec<V>,
}

/// Who is inside a share.
enum Share<V> {
    Nobody,
    /// Everybody with this value or a better one.
    UpTo(V),
    Everybody,
}

impl<V: Ord + Copy, F: Fn(usize) -> Option<V>> Ranked<V, F> {
    fn new(customers: usize, value: F) -> Self {
        let known = (0..customers).filter_map(&value).collect();
        Self { customers, value, known }
    }

    fn columns(&mut self, ops: &[&Op]) -> Vec<Column> {
        ops.iter().map(|op| self.column(op)).collect()
    }

    fn column(&mut self, op: &Op) -> Column {
        match op {
            Op::Rank(_) => self.ranks(),
            Op::Quintile(_) => self.quintiles(),
            Op::Top { numerator, denominator, .. } => {
                let share = self.share(*numerator, *denominator);
                let truth_of = |value: Option<V>| value.map_or(UNKNOWN, |value| truth(share.has(value)));
                Column::Bool((0..self.customers).map(|at| truth_of((self.value)(at))).collect())
            }
            _ => differing_shapes(),
        }
    }

    fn ranks(&self) -> Column {
        let ranked = (0..self.customers).filter_map(|at| Some(((self.value)(at)?, at)));
        let mut order: Vec<(V, usize)> = ranked.collect();
        order.sort_unstable_by_key(|(value, _)| *value);
        let mut ranks = Column::ints(vec![0; self.customers]);
        let (values, known) = ranks.ints_mut();
        known.fill(false);
        let mut rank = 0;
        for (place, (value, customer)) in (1..).zip(&order) {
            let is_tie = rank > 0 && order[place as usize - 2].0 == *value;
            if !is_tie {
                rank = place;
            }
            (values[*customer], known[*customer]) = (rank, true);
        }
        ranks
    }

    /// 5 − ⌊5 g / N⌋ is 1 and one more for each k from 1 to 4 with g < k / 5 × N.
    fn quintiles(&mut self) -> Column {
        let shares = [1, 2, 3, 4].map(|fifths| self.share(fifths, 5));
        let quintile = |value: V| 1 + shares.iter().map(|share| i64::from(share.has(value))).sum::<i64>();
        let found: Vec<Option<V>> = (0..self.customers).map(&self.value).collect();
        Column::Int {
            values: found.iter().map(|value| value.map_or(0, quintile)).collect(),
            known: found.iter().map(Option::is_some).collect(),
        }
    }

    /// The customers that fewer than numerator / denominator of all surpass: with m the least number that is not below
    /// that share, these are the m best and whoever ties with the last of them.
    fn share(&mut self, numerator: i64, denominator: i64) -> Share<V> {
        let share = i128::from(numerator) * self.known.len() as i128;
        let best = share.div_euclid(i128::from(denominator))
            + i128::from(share.rem_euclid(i128::from(denominator)) != 0);
        match usize::try_from(best) {
            Ok(best) if best > self.known.len() => Share::Everybody,
            Ok(best) if best > 0 => Share::UpTo(*self.known.select_nth_unstable(best - 1).1),
            Ok(_) => Share::Nobody,
            Err(_) if best > 0 => Share::Everybody,
            Err(_) => Share::Nobody,
        }
    }
}

impl<V: Ord> Share<V> {
    fn has(&self, value: V) -> bool {
        match self {
            Share::Nobody => false,
            Share::UpTo(last) => value <= *last,
            Share::Everybody => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::{FALSE, TRUE};
    use proptest::prelude::*;
    use rulec_plan::audience::{NodeId, Ranking, Scalar};

    const RANKING: Ranking = Ranking { value: NodeId(0), low_is_better: false };

    fn values() -> Column {
        Column::Int { values: vec![10, 30, 20, 30, 0, 10], known: vec![true, true, true, true, false, true] }
    }

    fn top(numerator: i64, denominator: i64) -> Op {
        Op::Top { ranking: RANKING, numerator, denominator }
    }

    #[test]
    fn ties_share_the_better_place() {
        let ops = [&Op::Rank(RANKING), &Op::Quintile(RANKING)];
        let best_high = place(&values(), false, &ops);
        assert_eq!(best_high[0].as_ints().0, [4, 1, 3, 1, 0, 4]);
        assert_eq!(best_high[1].as_ints().0, [2, 5, 3, 5, 0, 2]);
        let best_low = place(&values(), true, &ops[..1]);
        assert_eq!(best_low[0].as_ints().0, [1, 4, 3, 4, 0, 1]);
    }

    #[test]
    fn a_share_is_compared_exactly() {
        let is_top =
            |numerator, denominator| place(&values(), false, &[&top(numerator, denominator)]).remove(0);
        assert_eq!(is_top(1, 5).bools(), [FALSE, TRUE, FALSE, TRUE, UNKNOWN, FALSE]);
        assert_eq!(is_top(2, 5).bools(), [FALSE, TRUE, FALSE, TRUE, UNKNOWN, FALSE]);
        assert_eq!(is_top(401, 1000).bools(), [FALSE, TRUE, TRUE, TRUE, UNKNOWN, FALSE]);
        assert_eq!(is_top(0, 5).bools(), [FALSE, FALSE, FALSE, FALSE, UNKNOWN, FALSE]);
        assert_eq!(is_top(i64::MAX, 1).bools(), [TRUE, TRUE, TRUE, TRUE, UNKNOWN, TRUE]);
        assert_eq!(is_top(i64::MIN, 1).bools(), [FALSE, FALSE, FALSE, FALSE, UNKNOWN, FALSE]);
    }

    #[test]
    fn fractions_are_ranked_exactly() {
        let thirds =
            Column::Ratio { numerators: vec![1, 333_333_333, 0], denominators: vec![3, 1_000_000_000, 0] };
        assert_eq!(place(&thirds, false, &[&Op::Rank(RANKING)])[0].as_ints().0, [1, 2, 0]);
    }

    /// Everything as the plan defines it, by counting for each customer who is strictly better.
    fn by_definition(values: &[Option<(i64, i64)>], low_is_better: bool, op: &Op) -> Vec<Scalar> {
        let count = values.iter().flatten().count() as i128;
        let is_better = |(a, b): (i64, i64), (c, d): (i64, i64)| {
            let (a, b) = (i128::from(a) * i128::from(d), i128::from(c) * i128::from(b));
            if low_is_better { a < b } else { a > b }
        };
        let fact = |value: &Option<(i64, i64)>| {
            let Some(value) = *value else { return Scalar::Missing };
            let better = values.iter().flatten().filter(|other| is_better(**other, value)).count() as i128;
            match op {
                Op::Rank(_) => Scalar::Int(better as i64 + 1),
                Op::Quintile(_) => Scalar::Int((5 - 5 * better / count) as i64),
                Op::Top { numerator, denominator, .. } => {
                    Scalar::Bool(better * i128::from(*denominator) < i128::from(*numerator) * count)
                }
                _ => Scalar::Missing,
            }
        };
        values.iter().map(fact).collect()
    }

    proptest! {
        #[test]
        fn every_fact_is_what_the_plan_defines(
            values in prop::collection::vec(prop::option::of((-3_i64..4, 1_i64..4)), 0..30),
            are_fractions: bool,
            low_is_better: bool,
            numerator in -1_i64..8,
            denominator in 1_i64..8,
        ) {
            let values: Vec<Option<(i64, i64)>> =
                values.into_iter().map(|value| value.map(|(n, d)| (n, if are_fractions { d } else { 1 }))).collect();
            let column = if are_fractions {
                Column::Ratio {
                    numerators: values.iter().map(|value| value.map_or(0, |value| value.0)).collect(),
                    denominators: values.iter().map(|value| value.map_or(0, |value| value.1)).collect(),
                }
            } else {
                Column::Int {
                    values: values.iter().map(|value| value.map_or(0, |value| value.0)).collect(),
                    known: values.iter().map(Option::is_some).collect(),
                }
            };
            let ops = [top(numerator, denominator), Op::Quintile(RANKING), Op::Rank(RANKING), top(1, 5)];
            let found = place(&column, low_is_better, &ops.each_ref());
            for (op, found) in ops.iter().zip(found) {
                let found: Vec<Scalar> =
                    (0..values.len()).map(|at| found.scalar(at, &crate::texts::Texts::default())).collect();
                prop_assert_eq!(found, by_definition(&values, low_is_better, op));
            }
        }
    }
}
