//! Reads what deciding needs to know.
//!
//! **Cost.** People are read once, to know where among the customers each stands. Messages that were sent are read in one
//! pass, in the order in which they were recorded, if any limit, quota or budget of the plan asks for them; nothing is
//! allocated for a row but its place in the view.

use super::changes::Sees;
use super::places::PeoplePlaces;
use super::{ActionKey, StateView, Touch, changes, people, spells};
use crate::pools::Pools;
use indexmap::IndexSet;
use rulec_engine::Keys;
use rulec_plan::Plan;
use rulec_plan::campaign::{Campaign, Limit, Period};
use rulec_plan::rules::Action;
use rulec_plan::time::Instant;
use rusqlite::{Connection, params};
use std::collections::{BTreeMap, HashSet};

/// What a run of this plan sees of the state that sees this far.
pub(super) fn view(
    connection: &Connection,
    plan: &Plan,
    keys: &Keys,
    pools: Pools,
    horizon: Instant,
) -> rusqlite::Result<StateView> {
    let mut view = StateView {
        hash: changes::hash_until(connection, horizon, Sees::of(plan.audience.rests_on_kept()))?,
        ..StateView::before_first_run(pools)
    };
    let places = PeoplePlaces::read(connection, keys)?;
    for rule in &plan.rules {
        let mut of_rule = spells::of_rule(connection, &rule.name, horizon, &places)?;
        of_rule.sort_by_key(|spell| spell.customer);
        view.spells.insert(rule.name.clone(), of_rule);
    }
    let runs = Runs::until(connection, horizon)?;
    load_messages(connection, plan, &places, &runs, &mut view)?;
    if !plan.pools.is_empty() {
        let taken = taken_codes(connection, &runs)?;
        view.codes.values_mut().for_each(|codes| codes.retain(|code| !taken.contains(&**code)));
    }
    view.matched = matched(connection, horizon)?;
    view.opted_out = opted_out(connection, &places)?;
    view.forgotten = people::forgotten_among(connection, keys)?;
    Ok(view)
}

/// Which runs are seen, by number.
struct Runs(Vec<bool>);

impl Runs {
    fn until(connection: &Connection, horizon: Instant) -> rusqlite::Result<Runs> {
        let mut seen = Vec::new();
        let mut query = connection.prepare("SELECT seq, as_of <= ?1 FROM runs ORDER BY seq")?;
        let mut rows = query.query([horizon.0])?;
        while let Some(row) = rows.next()? {
            let seq = row.get::<_, u32>(0)? as usize;
            seen.resize(seq, false);
            seen.push(row.get(1)?);
        }
        Ok(Runs(seen))
    }

    fn sees(&self, run: u32) -> bool {
        self.0.get(run as usize).copied().unwrap_or(false)
    }
}

/// For what the messages of one action are counted; what is no message counts for nothing.
#[derive(Default)]
struct Counted {
    /// For limits: from this instant on.
    touches: Option<Instant>,
    channel: u32,
    campaign: u32,
    /// For the budget with this number: from this instant on.
    budget: Option<(usize, Instant)>,
    /// For the quota with this number.
    quota: Option<usize>,
}

impl Counted {
    /// The first instant that counts for anything.
    fn from(&self) -> Option<Instant> {
        let always = self.quota.map(|_| Instant(i64::MIN));
        [self.touches, self.budget.map(|(_, from)| from), always].into_iter().flatten().min()
    }
}

/// What is added up.
struct Sums<'a> {
    budgets: Vec<(&'a Campaign, i64)>,
    quotas: Vec<(ActionKey, u64)>,
}

fn load_messages(
    connection: &Connection,
    plan: &Plan,
    places: &PeoplePlaces,
    runs: &Runs,
    view: &mut StateView,
) -> rusqlite::Result<()> {
    let mut sums = Sums {
        budgets: plan.campaigns.iter().filter(|one| one.budget.is_some()).map(|one| (one, 0)).collect(),
        quotas: quotas(plan).map(|key| (key, 0)).collect(),
    };
    let mut names = IndexSet::new();
    let counted = counted(connection, plan, &sums, &mut names)?;
    view.names = names.into_iter().collect();
    if let Some(from) = counted.iter().filter_map(Counted::from).min() {
        let mut query = connection.prepare(
            "SELECT action, run, at, person, cost_micros + coupon_micros
             FROM outbox WHERE at >= ?1 AND status NOT IN ('withheld', 'discarded') ORDER BY seq",
        )?;
        let mut rows = query.query([from.0])?;
        while let Some(row) = rows.next()? {
            let Some(counted) = counted.get(row.get::<_, u32>(0)? as usize) else { continue };
            if !runs.sees(row.get(1)?) {
                continue;
            }
            let at = Instant(row.get(2)?);
            if let Some((budget, _)) = counted.budget.filter(|(_, from)| at >= *from) {
                let spent = &mut sums.budgets[budget].1;
                *spent = spent.saturating_add(row.get(4)?);
            }
            if let Some(quota) = counted.quota {
                sums.quotas[quota].1 += 1;
            }
            if counted.touches.is_some_and(|from| at >= from)
                && let Some(customer) = places.of(row.get(3)?)
            {
                let Counted { channel, campaign, .. } = *counted;
                view.touches.push(Touch { customer, at, channel, campaign });
            }
        }
    }
    view.touches.sort_unstable();
    view.spent = sums.budgets.into_iter().map(|(campaign, sum)| (campaign.name.clone(), sum)).collect();
    view.sent = sums.quotas.into_iter().collect();
    Ok(())
}

/// For what each action counts, by its number.
fn counted(
    connection: &Connection,
    plan: &Plan,
    sums: &Sums<'_>,
    names: &mut IndexSet<String>,
) -> rusqlite::Result<Vec<Counted>> {
    let mut counted = Vec::new();
    let mut query = connection.prepare(
        "SELECT actions.id, rules.name, campaign, step, action, channels.name, marketing
             FROM actions JOIN rules ON rules.id = rule JOIN channels ON channels.id = channel
             WHERE kind = 'send' ORDER BY actions.id",
    )?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let id = row.get::<_, u32>(0)? as usize;
        let key = ActionKey { rule: row.get(1)?, step: row.get(3)?, action: row.get(4)? };
        let (campaign, channel): (String, String) = (row.get(2)?, row.get(5)?);
        let marketing = row.get(6)?;
        let limits = plan.limits.iter().filter(|limit| marketing && covers(limit, &campaign, &channel));
        let budget = sums.budgets.iter().position(|(other, _)| other.name == campaign);
        counted.resize_with(id, Counted::default);
        counted.push(Counted {
            touches: limits.map(|limit| start(plan, limit.per)).min(),
            budget: budget.map(|place| (place, spent_from(plan, sums.budgets[place].0))),
            quota: sums.quotas.iter().position(|(other, _)| *other == key),
            channel: super::view::index_of(names, channel),
            campaign: super::view::index_of(names, campaign),
        });
    }
    Ok(counted)
}

/// Whether messages of this campaign and channel count for a limit.
pub(super) fn covers(limit: &Limit, campaign: &str, channel: &str) -> bool {
    limit.campaign.as_deref().is_none_or(|only| only == campaign)
        && limit.channel.as_deref().is_none_or(|only| only == channel)
}

/// From when on a message may count together with one that is sent at the instant of the run; for what is sent later it is
/// later.
fn start(plan: &Plan, per: Period) -> Instant {
    match per {
        Period::Rolling(duration) => plan.zone.back(plan.as_of, duration),
        Period::Calendar(unit) => plan.zone.start_of(unit.around(plan.zone.day_of(plan.as_of)).0),
    }
}

fn spent_from(plan: &Plan, campaign: &Campaign) -> Instant {
    let per = campaign.budget.and_then(|budget| budget.per);
    per.map_or(Instant(i64::MIN), |per| start(plan, per))
}

/// The messages of a plan that have a quota.
fn quotas(plan: &Plan) -> impl Iterator<Item = ActionKey> {
    plan.rules.iter().flat_map(|rule| {
        let later = rule.follow_ups.iter().map(|follow_up| &follow_up.actions);
        (0..).zip(std::iter::once(&rule.actions).chain(later)).flat_map(move |(step, actions)| {
            (0..).zip(actions).filter_map(move |(action, done)| match done {
                Action::Send(send) if send.quota.is_some() => {
                    Some(ActionKey { rule: rule.name.clone(), step, action })
                }
                _ => None,
            })
        })
    })
}

/// Who has opted out, by channel.
fn opted_out(
    connection: &Connection,
    places: &PeoplePlaces,
) -> rusqlite::Result<BTreeMap<Option<String>, Vec<u32>>> {
    let mut opted_out: BTreeMap<Option<String>, Vec<u32>> = BTreeMap::new();
    let mut query =
        connection.prepare("SELECT person, nullif(channel, '') FROM optouts WHERE ended_at IS NULL")?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        if let Some(customer) = places.of(row.get(0)?) {
            opted_out.entry(row.get(1)?).or_default().push(customer);
        }
    }
    opted_out.values_mut().for_each(|customers| customers.sort_unstable());
    Ok(opted_out)
}

fn taken_codes(connection: &Connection, runs: &Runs) -> rusqlite::Result<HashSet<Box<str>>> {
    let mut query = connection.prepare(
        "SELECT code, run FROM codes JOIN outbox ON outbox.seq = codes.message WHERE released_at IS NULL",
    )?;
    let mut rows = query.query([])?;
    let mut taken = HashSet::new();
    while let Some(row) = rows.next()? {
        if runs.sees(row.get(1)?) {
            taken.insert(row.get(0)?);
        }
    }
    Ok(taken)
}

fn matched(connection: &Connection, horizon: Instant) -> rusqlite::Result<Option<BTreeMap<String, u64>>> {
    let mut query = connection.prepare(
        "SELECT name, customers FROM matched JOIN rules ON rules.id = rule
         WHERE run = (SELECT max(seq) FROM runs WHERE as_of <= ?1)",
    )?;
    let rows =
        query.query_map(params![horizon.0], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs())))?;
    let matched = rows.collect::<rusqlite::Result<BTreeMap<String, u64>>>()?;
    Ok(Some(matched).filter(|matched| !matched.is_empty()))
}
