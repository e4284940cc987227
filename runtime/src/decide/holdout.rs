//! Who of a campaign is left alone as the yardstick.

use super::outcome::Why;
use super::{Contender, Context, Reason};
use crate::draw::Draw;
use fixedbitset::FixedBitSet;
use rulec_plan::campaign::{Campaign, Share};
use rulec_plan::verdict::Verdict;

/// Takes away the customers whom the holdout of a rule's campaign draws.
pub(super) fn step(context: &Context<'_>, contenders: &mut [Contender<'_>]) {
    for contender in contenders.iter_mut().filter(|contender| contender.step == 0) {
        if let Some((campaign, share)) = contender.campaign.and_then(|one| Some((one, one.holdout?))) {
            let drawn = drawn(context, campaign, share, &contender.all());
            contender.lose(&drawn, Verdict::Control, Why::Same(Reason::Holdout));
        }
    }
}

fn drawn(context: &Context<'_>, campaign: &Campaign, share: Share, customers: &FixedBitSet) -> FixedBitSet {
    let draw = Draw::new(&format!("holdout:{}", campaign.name));
    let mut drawn = FixedBitSet::with_capacity(customers.len());
    let keys = &context.answers.keys;
    let is_drawn = |customer: &usize| keys.get(*customer).is_some_and(|key| share.takes(draw.of(key)));
    drawn.extend(customers.ones().filter(is_drawn));
    drawn
}
