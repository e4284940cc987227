//! Facts that compare a customer with all others: rank, quintile, top share.

use crate::column::{Column, UNKNOWN, truth};
use crate::evaluate::compare_ratios;
use rulec_plan::audience::Op;

/// For each customer, how many are strictly better.
#[derive(Debug)]
pub(crate) struct Places {
    /// Meaningless where not known.
    better: Vec<u32>,
    known: Vec<bool>,
    /// How many customers have a known value.
    count: i64,
}

impl Places {
    /// Ranks customers by an Int or Ratio column.
    pub(crate) fn new(values: &Column, low_is_better: bool) -> Self {
        let known: Vec<bool> = (0..values.len()).map(|customer| values.is_known(customer)).collect();
        let mut order: Vec<u32> =
            (0_u32..).zip(&known).filter(|(_, known)| **known).map(|(at, _)| at).collect();
        let compare = |a: u32, b: u32| {
            let order = compare_ratios(values, a as usize, values, b as usize);
            if low_is_better { order } else { order.reverse() }
        };
        order.sort_unstable_by(|a, b| compare(*a, *b));
        let mut better = vec![0; values.len()];
        let mut so_far = 0_u32;
        for (place, customer) in (0_u32..).zip(&order) {
            if place > 0 && compare(order[place as usize - 1], *customer).is_ne() {
                so_far = place;
            }
            better[*customer as usize] = so_far;
        }
        Self { better, known, count: order.len() as i64 }
    }

    /// The values of a node over this ranking.
    pub(crate) fn column(&self, op: &Op) -> Column {
        match op {
            Op::Rank(_) => self.ints(|better| better + 1),
            Op::Quintile(_) => self.ints(|better| 5 - 5 * better / self.count),
            Op::Top { numerator, denominator, .. } => {
                let bound = i128::from(*numerator) * i128::from(self.count);
                let is_top = |better: u32| i128::from(better) * i128::from(*denominator) < bound;
                let pairs = self.better.iter().zip(&self.known);
                Column::Bool(
                    pairs
                        .map(|(better, known)| if *known { truth(is_top(*better)) } else { UNKNOWN })
                        .collect(),
                )
            }
            _ => crate::column::differing_shapes(),
        }
    }

    fn ints(&self, value: impl Fn(i64) -> i64) -> Column {
        let pairs = self.better.iter().zip(&self.known);
        let values = pairs.map(|(better, known)| if *known { value(i64::from(*better)) } else { 0 });
        Column::Int { values: values.collect(), known: self.known.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::{FALSE, TRUE};
    use rulec_plan::audience::{NodeId, Ranking};

    const RANKING: Ranking = Ranking { value: NodeId(0), low_is_better: false };

    fn values() -> Column {
        Column::Int { values: vec![10, 30, 20, 30, 0, 10], known: vec![true, true, true, true, false, true] }
    }

    fn top(numerator: i64, denominator: i64) -> Op {
        Op::Top { ranking: RANKING, numerator, denominator }
    }

    #[test]
    fn ties_share_the_better_place() {
        let best_high = Places::new(&values(), false);
        assert_eq!(best_high.column(&Op::Rank(RANKING)).as_ints().0, [4, 1, 3, 1, 0, 4]);
        assert_eq!(best_high.column(&Op::Quintile(RANKING)).as_ints().0, [2, 5, 3, 5, 0, 2]);
        let best_low = Places::new(&values(), true);
        assert_eq!(best_low.column(&Op::Rank(RANKING)).as_ints().0, [1, 4, 3, 4, 0, 1]);
    }

    #[test]
    fn a_share_is_compared_exactly() {
        let places = Places::new(&values(), false);
        assert_eq!(places.column(&top(1, 5)).bools(), [FALSE, TRUE, FALSE, TRUE, UNKNOWN, FALSE]);
        assert_eq!(places.column(&top(2, 5)).bools(), [FALSE, TRUE, FALSE, TRUE, UNKNOWN, FALSE]);
        assert_eq!(places.column(&top(401, 1000)).bools(), [FALSE, TRUE, TRUE, TRUE, UNKNOWN, FALSE]);
        assert_eq!(places.column(&top(0, 5)).bools(), [FALSE, FALSE, FALSE, FALSE, UNKNOWN, FALSE]);
        assert_eq!(places.column(&top(i64::MAX, 1)).bools(), [TRUE, TRUE, TRUE, TRUE, UNKNOWN, TRUE]);
    }

    #[test]
    fn fractions_are_ranked_exactly() {
        let thirds =
            Column::Ratio { numerators: vec![1, 333_333_333, 0], denominators: vec![3, 1_000_000_000, 0] };
        assert_eq!(Places::new(&thirds, false).column(&Op::Rank(RANKING)).as_ints().0, [1, 2, 0]);
    }
}
