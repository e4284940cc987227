//! By which clock each customer lives: her own, where that is known.

use fixedbitset::FixedBitSet;
use rulec_engine::Answers;
use rulec_plan::Plan;
use rulec_plan::audience::Scalar;
use rulec_plan::time::Zone;
use std::collections::BTreeMap;

/// By which clock each customer lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Clocks {
    /// The zones: the project's, then those of customers.
    zones: Vec<Zone>,
    /// For each customer the place of the zone; empty where all live by the project's.
    of: Vec<u16>,
}

impl Clocks {
    /// The clocks of all customers who may come to a rule or a follow-up.
    pub(super) fn of(plan: &Plan, answers: &Answers) -> Clocks {
        let mut clocks = Clocks { zones: vec![plan.zone], of: Vec::new() };
        let Some(node) = plan.customer_zone else {
            return clocks;
        };
        let mut asked = FixedBitSet::with_capacity(answers.population());
        for rule in &plan.rules {
            let due = rule.follow_ups.iter().map(|follow_up| follow_up.due);
            for condition in due.chain([rule.condition]) {
                asked.union_with(&answers.condition(condition).yes);
            }
        }
        clocks.of.resize(answers.population(), 0);
        for customer in asked.ones() {
            if let Scalar::Text(name) = answers.value(node, customer) {
                clocks.of[customer] = clocks.place_of(&name);
            }
        }
        clocks
    }

    /// The place of the zone of this name; that of the project's where there is none.
    fn place_of(&mut self, name: &str) -> u16 {
        let Some(zone) = Zone::parse(name.trim()) else { return 0 };
        let place = self.zones.iter().position(|known| *known == zone).unwrap_or_else(|| {
            self.zones.push(zone);
            self.zones.len() - 1
        });
        // There are some six hundred zones.
        u16::try_from(place).unwrap_or(0)
    }

    /// All zones by which somebody may live.
    pub(super) fn zones(&self) -> &[Zone] {
        &self.zones
    }

    /// The place of this customer's zone among them.
    pub(super) fn zone_of(&self, customer: usize) -> usize {
        self.of.get(customer).copied().map_or(0, usize::from)
    }

    /// What holds for this customer of what is known by zone; of one value for all.
    pub(super) fn pick<'a, T>(&self, by_zone: &'a [T], customer: usize) -> Option<&'a T> {
        if let [same] = by_zone { Some(same) } else { by_zone.get(self.zone_of(customer)) }
    }

    /// Calls `each` with sets of these customers and what holds for all of a set.
    pub(super) fn sort<T: Copy + Ord>(
        &self,
        customers: &FixedBitSet,
        by_zone: &[T],
        each: &mut impl FnMut(T, &FixedBitSet),
    ) {
        if let [same] = by_zone {
            return each(*same, customers);
        }
        let mut sets: BTreeMap<T, FixedBitSet> = BTreeMap::new();
        for customer in customers.ones() {
            if let Some(value) = by_zone.get(self.zone_of(customer)) {
                let nobody = || FixedBitSet::with_capacity(customers.len());
                sets.entry(*value).or_insert_with(nobody).insert(customer);
            }
        }
        sets.iter().for_each(|(value, customers)| each(*value, customers));
    }
}
