//! Messages that only so many customers get, over all runs.

use super::{Contender, Context, Reason, number, queue};
use crate::state::ActionKey;
use rulec_plan::verdict::Verdict;

/// Takes away the messages of those who come too late for them.
pub(super) fn step(context: &Context<'_>, contenders: &mut [Contender<'_>]) {
    for contender in contenders {
        for (action, send) in contender.sends() {
            let Some(quota) = send.quota else { continue };
            let key =
                ActionKey { rule: contender.rule.name.clone(), step: contender.step, action: number(action) };
            let sent = context.state.sent.get(&key).copied().unwrap_or(0);
            let left = usize::try_from(u64::from(quota.count).saturating_sub(sent)).unwrap_or(usize::MAX);
            let mut late = contender.to_do(action).clone();
            if late.count_ones(..) <= left {
                continue;
            }
            for customer in queue::first(context, contender, send, contender.to_do(action), left) {
                late.remove(customer as usize);
            }
            contender.lose_action(action, &late, Verdict::OverQuota, Reason::Quota(number(action)));
        }
    }
}
