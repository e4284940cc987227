//! Sets of customers that no longer change, kept small.

use super::number;
use fixedbitset::FixedBitSet;

/// How many neighbouring customers are looked at together: those of one word of a bitset.
pub(super) const TILE: usize = usize::BITS as usize;

/// How many bits one customer takes in a list.
const LISTED: usize = u32::BITS as usize;

/// A set of customers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Customers {
    count: usize,
    form: Form,
}

/// Whichever is smaller.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Form {
    /// One bit for each customer of the population.
    Bits(FixedBitSet),
    /// The customers of the set, ascending.
    List(Box<[u32]>),
}

impl Customers {
    /// These customers.
    pub(super) fn of(bits: &FixedBitSet) -> Self {
        let count = bits.count_ones(..);
        let form = if count < bits.len() / LISTED {
            Form::List(bits.ones().map(number).collect())
        } else {
            Form::Bits(bits.clone())
        };
        Self { count, form }
    }

    /// How many they are.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Whether this customer is one of them.
    pub(super) fn contains(&self, customer: usize) -> bool {
        match &self.form {
            Form::Bits(bits) => bits.contains(customer),
            Form::List(list) => list.binary_search(&number(customer)).is_ok(),
        }
    }

    /// All of them, ascending.
    pub(super) fn iter(&self) -> Box<dyn Iterator<Item = usize> + '_> {
        match &self.form {
            Form::Bits(bits) => Box::new(bits.ones()),
            Form::List(list) => Box::new(list.iter().map(|customer| *customer as usize)),
        }
    }

    /// Those of one tile, as bits. `passed` says how many of the set stand in the tiles before.
    pub(super) fn tile(&self, tile: usize, passed: usize) -> usize {
        match &self.form {
            Form::Bits(bits) => bits.as_slice().get(tile).copied().unwrap_or(0),
            Form::List(list) => {
                let places = list[passed..].iter().map(|customer| *customer as usize);
                let here = places.take_while(|place| place / TILE == tile);
                here.fold(0, |bits, place| bits | 1 << (place % TILE))
            }
        }
    }
}
