//! All decisions in the order of customers, made from the sets of the rules as they are asked for.
//!
//! The sets lie by rule; what is wanted is by customer. So the words of all sets that hold the same [`TILE`] customers are
//! turned round together: memory is that of one tile, and nothing as long as all decisions is ever sorted.

use super::customers::{Customers, TILE};
use super::outcome::{Outcome, Why};
use super::{Decision, Reason, number};
use rulec_plan::verdict::Verdict;

/// Every customer with every step that she came to, by customer, then rule, then step.
pub(super) struct List<'a> {
    parts: Vec<Part<'a>>,
    /// The next tile, and how many there are.
    tile: usize,
    tiles: usize,
    /// For each campaign, the rule that won each customer of the tile.
    winners: Vec<[u32; TILE]>,
    /// The decisions of the tile, by rule, then step.
    gathered: Vec<Decision>,
    /// Their places in the order of customers, and which of them comes next.
    order: Vec<usize>,
    next: usize,
}

/// Customers of one step who ended alike.
struct Part<'a> {
    rule: u32,
    step: u32,
    rivals: Option<u32>,
    verdict: Verdict,
    customers: &'a Customers,
    why: &'a Why,
    /// How many of them were listed.
    passed: usize,
}

impl<'a> List<'a> {
    pub(super) fn new(outcomes: &'a [Outcome], population: usize) -> Self {
        let parts = outcomes.iter().flat_map(|outcome| {
            let &Outcome { rule, step, rivals, .. } = outcome;
            outcome.ends.iter().map(move |end| {
                let (verdict, customers, why) = (end.verdict, &end.customers, &end.why);
                Part { rule, step, rivals, verdict, customers, why, passed: 0 }
            })
        });
        let campaigns = outcomes.iter().filter_map(|outcome| outcome.rivals).max();
        Self {
            parts: parts.collect(),
            tile: 0,
            tiles: population.div_ceil(TILE),
            winners: vec![[0; TILE]; campaigns.map_or(0, |last| last as usize + 1)],
            gathered: Vec::new(),
            order: Vec::new(),
            next: 0,
        }
    }

    /// Takes in the next tile.
    fn turn(&mut self) {
        self.gathered.clear();
        let mut counts = [0_usize; TILE];
        for part in &mut self.parts {
            let mut bits = part.customers.tile(self.tile, part.passed);
            while bits != 0 {
                let place = bits.trailing_zeros() as usize;
                bits &= bits - 1;
                counts[place] += 1;
                let reason = match part.why {
                    Why::Same(reason) => *reason,
                    Why::Since(days) => Reason::Since(days[part.passed]),
                    // The winner may be a rule further down: the campaign stands in for it until all are seen.
                    Why::Winner => part.rivals.map_or(Reason::None, Reason::Rule),
                };
                if let (Some(campaign), false) = (part.rivals, matches!(part.why, Why::Winner)) {
                    self.winners[campaign as usize][place] = part.rule;
                }
                part.passed += 1;
                let customer = number(self.tile * TILE + place);
                let &mut Part { rule, step, verdict, .. } = part;
                self.gathered.push(Decision { customer, rule, step, verdict, reason });
            }
        }
        self.sort(counts);
        self.tile += 1;
    }

    /// Puts the tile in order, given how many decisions each customer has: they lie by rule already.
    fn sort(&mut self, counts: [usize; TILE]) {
        let mut start = 0;
        let mut free = counts.map(|count| {
            start += count;
            start - count
        });
        self.next = 0;
        self.order.clear();
        self.order.resize(self.gathered.len(), 0);
        for (at, decision) in self.gathered.iter_mut().enumerate() {
            let place = decision.customer as usize % TILE;
            if let (Verdict::Outranked, Reason::Rule(campaign)) = (decision.verdict, decision.reason) {
                decision.reason = Reason::Rule(self.winners[campaign as usize][place]);
            }
            self.order[free[place]] = at;
            free[place] += 1;
        }
    }
}

impl Iterator for List<'_> {
    type Item = Decision;

    fn next(&mut self) -> Option<Decision> {
        while self.next == self.order.len() {
            if self.tile == self.tiles {
                return None;
            }
            self.turn();
        }
        self.next += 1;
        Some(self.gathered[self.order[self.next - 1]])
    }
}
