//! Who is not to be written to, whatever the rules say: customers who wanted to be forgotten, and those who opted out.

use super::{Contender, Context, Reason};
use fixedbitset::FixedBitSet;
use rulec_plan::verdict::Verdict;

/// Takes away all that is to be done for those who wanted to be forgotten, messages or not.
pub(super) fn forgotten(context: &Context<'_>, contenders: &mut [Contender<'_>]) {
    if context.state.forgotten.is_empty() {
        return;
    }
    let forgotten = set(context, [&context.state.forgotten]);
    for contender in contenders {
        let mut customers = contender.all();
        customers.intersect_with(&forgotten);
        contender.lose_as(&customers, Verdict::Suppressed, Reason::Forgotten);
    }
}

/// Takes away the marketing messages of those who opted out of their channel, or of any.
pub(super) fn opted_out(context: &Context<'_>, contenders: &mut [Contender<'_>]) {
    if context.state.opted_out.is_empty() {
        return;
    }
    for contender in contenders {
        for (action, send) in contender.sends().filter(|(_, send)| !send.transactional) {
            let mut customers = set(context, context.state.opted_out_of(&send.channel));
            customers.intersect_with(contender.to_do(action));
            contender.lose_action(action, &customers, Verdict::Suppressed, Reason::OptedOut);
        }
    }
}

fn set<'a>(context: &Context<'_>, customers: impl IntoIterator<Item = &'a Vec<u32>>) -> FixedBitSet {
    let mut set = FixedBitSet::with_capacity(context.answers.population());
    set.extend(customers.into_iter().flatten().map(|customer| *customer as usize));
    set
}
