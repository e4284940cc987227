//! What must be true of all that was ever sent: nothing scarce is used up beyond what there is.

use super::calendar::counts;
use super::checks::{Checked, must};
use super::history::{History, Message};
use super::shop::{Action, Budget, Limit, Shop};
use std::collections::{BTreeMap, BTreeSet};

/// Looks at every message as the last of its period, when it goes out.
pub fn check(shop: &Shop, history: &History) -> Checked {
    for limit in &shop.limits {
        within_limit(shop, history, limit)?;
    }
    for campaign in &shop.campaigns {
        if let Some(budget) = campaign.budget {
            within_budget(shop, history, &campaign.name, budget)?;
        }
    }
    within_quotas(shop, history)?;
    codes_once(shop, history)
}

fn within_limit(shop: &Shop, history: &History, limit: &Limit) -> Checked {
    let is_counted = |message: &&Message| {
        message.is_marketing
            && limit.channel.is_none_or(|channel| channel == message.channel)
            && (limit.campaign.is_none() || limit.campaign == message.campaign)
            && limit.is_for(&shop.customers[message.customer])
    };
    let counted: Vec<&Message> = history.messages.iter().filter(is_counted).collect();
    for message in &counted {
        let of_customer = counted.iter().filter(|other| other.customer == message.customer);
        let in_period =
            of_customer.filter(|other| counts(shop.zone, Some(limit.per), other.send_at, message.send_at));
        let count = in_period.count();
        must!(count <= limit.count, "{count} messages up to {message:?} exceed {limit:?}");
    }
    Ok(())
}

fn within_budget(shop: &Shop, history: &History, campaign: &str, budget: Budget) -> Checked {
    let of_campaign = || history.messages.iter().filter(|one| one.campaign.as_deref() == Some(campaign));
    for message in of_campaign() {
        let in_period =
            of_campaign().filter(|other| counts(shop.zone, budget.per, other.send_at, message.send_at));
        let cost: i64 = in_period.map(|other| other.cost_micros).sum();
        must!(cost <= budget.cents * 10_000, "{cost} up to {message:?} exceed {budget:?}");
    }
    Ok(())
}

fn within_quotas(shop: &Shop, history: &History) -> Checked {
    let mut sent: BTreeMap<(&str, usize, usize), usize> = BTreeMap::new();
    for message in &history.messages {
        *sent.entry((&message.rule, message.step, message.place)).or_default() += 1;
    }
    for ((rule, step, place), count) in sent {
        let rule = shop.rules.iter().find(|one| one.name == rule).ok_or("an unknown rule")?;
        if let Action::Send(send) = rule.actions(step)[place] {
            let is_within = send.quota.is_none_or(|quota| count <= quota as usize);
            must!(is_within, "{count} messages of {rule:?} {step} exceed {send:?}");
        }
    }
    Ok(())
}

fn codes_once(shop: &Shop, history: &History) -> Checked {
    let known: BTreeSet<&String> = shop.pools.iter().flat_map(|pool| &pool.codes).collect();
    let mut given = BTreeSet::new();
    for message in &history.messages {
        if let Some(code) = &message.code {
            must!(known.contains(code), "no pool has {code}");
            must!(given.insert(code), "{code} is given out twice");
        }
    }
    Ok(())
}
