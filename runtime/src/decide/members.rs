//! Who joined and who left the segments whose members are recorded.

use super::customers::Customers;
use super::{Context, Decisions, number};

/// That a customer joined a segment, or left it, since it was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    /// Index into [`rulec_plan::Plan::memberships`].
    pub membership: u32,
    /// The customer, counted from 0 in the order of the keys.
    pub customer: u32,
    /// Whether the customer joined; else left.
    pub entered: bool,
}

/// The changes of one segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Changes {
    entered: Customers,
    left: Customers,
}

/// The changes of all segments. A member of whom it is unknown whether she still is one stays one.
pub(super) fn changes(context: &Context<'_>) -> Vec<Changes> {
    let of = |membership: &rulec_plan::campaign::Membership| {
        let now = context.answers.condition(membership.now);
        let before = &context.answers.condition(membership.before).yes;
        let mut entered = now.yes.clone();
        entered.difference_with(before);
        let mut left = before.clone();
        left.difference_with(&now.yes);
        left.difference_with(&now.unknown);
        Changes { entered: Customers::of(&entered), left: Customers::of(&left) }
    };
    context.plan.memberships.iter().map(of).collect()
}

impl Decisions {
    /// Who joined and who left the segments of [`rulec_plan::Plan::memberships`] since they were recorded, by segment; those who
    /// joined first, then by customer.
    pub fn memberships(&self) -> impl Iterator<Item = Member> + use<'_> {
        (0..).zip(&self.members).flat_map(|(membership, changes)| {
            let member =
                move |entered| move |customer| Member { membership, customer: number(customer), entered };
            changes.entered.iter().map(member(true)).chain(changes.left.iter().map(member(false)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Member;
    use crate::fixture::World;
    use rulec_plan::campaign::Membership;

    #[test]
    fn who_joined_and_who_left() {
        let mut world = World::new(6);
        let (now, before) = (world.condition(&[0, 1], &[2, 3]), world.condition(&[1, 2, 4], &[]));
        world.plan.memberships.push(Membership { segment: "loyal".to_owned(), now, before });
        let of = |customer, entered| Member { membership: 0, customer, entered };
        assert!(world.decide().memberships().eq([of(0, true), of(4, false)]));
        let never = world.condition(&[], &[0, 1, 2, 3, 4, 5]);
        world.plan.memberships[0].before = never;
        assert!(world.decide().memberships().eq([of(0, true), of(1, true)]));
    }
}
