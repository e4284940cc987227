//! Ranks over all customers.
//!
//! With N customers for whom the value is known and g of them strictly better: `in top p%` ⇔ g < p·N, `quintile` =
//! 5 − ⌊5g / N⌋, `rank` = g + 1. Ties share the better place; who has no value has no place.

use super::rational::Rational;
use super::value::Value;
use super::{Reference, Scope};
use rulec_compiler::typed::{Expr, Ranking};

/// The known values of all customers, the best first.
#[derive(Debug, Clone)]
pub(super) struct Standings {
    low_is_better: bool,
    known: Vec<Value>,
}

/// How many are better, of how many.
struct Place {
    better: usize,
    of: usize,
}

impl Reference<'_> {
    pub(super) fn rank(&self, ranking: &Ranking, scope: Scope<'_>) -> Value {
        self.place(ranking, scope).map_or(Value::Missing, |place| Value::count(place.better + 1))
    }

    pub(super) fn quintile(&self, ranking: &Ranking, scope: Scope<'_>) -> Value {
        self.place(ranking, scope)
            .map_or(Value::Missing, |place| Value::count(5 - 5 * place.better / place.of))
    }

    pub(super) fn in_top(&self, ranking: &Ranking, share: &Expr, scope: Scope<'_>) -> Option<bool> {
        let Value::Number(share) = self.eval(share, scope) else { panic!("a share is a percentage") };
        let place = self.place(ranking, scope)?;
        let whole = |number: usize| Rational::whole(i128::try_from(number).expect("a count"));
        Some(whole(place.better) < share * whole(place.of))
    }

    fn place(&self, ranking: &Ranking, scope: Scope<'_>) -> Option<Place> {
        let own = self.value(&ranking.value, scope.customer);
        if own.is_missing() {
            return None;
        }
        // An expression of the program stays where it is as long as the reference lives.
        let address = std::ptr::from_ref::<Expr>(&ranking.value) as usize;
        let known = self.standings.borrow().contains_key(&address);
        if !known {
            let standings = self.standings(ranking);
            self.standings.borrow_mut().insert(address, standings);
        }
        let standings = self.standings.borrow();
        let standings = &standings[&address];
        let is_better = |value: &Value| if standings.low_is_better { *value < own } else { *value > own };
        Some(Place { better: standings.known.partition_point(is_better), of: standings.known.len() })
    }

    fn standings(&self, ranking: &Ranking) -> Standings {
        let all = (0..self.population()).map(|customer| self.value(&ranking.value, customer));
        let mut known: Vec<Value> = all.filter(|value| !value.is_missing()).collect();
        known.sort();
        if !ranking.low_is_better {
            known.reverse();
        }
        Standings { low_is_better: ranking.low_is_better, known }
    }
}
