//! Whose an address is, and whom a key means.

use super::{BadOptOut, OptOut, Who};
use crate::customers;
use crate::diagnostics::{self, Result};
use crate::state::State;
use rulec_engine::{Answers, Question};
use rulec_plan::Plan;
use rulec_plan::audience::{Audience, Column, ColumnId, CustomerScan, Node, NodeId, Op, Shape};
use rulec_plan::project::{FactKind, Project};
use rulec_plan::time::Instant;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use unicode_normalization::UnicodeNormalization;

/// What must be asked of the customer database to know whose addresses and keys are, and what that means.
#[derive(Debug)]
pub struct AddressBook {
    plan: Plan,
    /// Where the addresses of each channel are; none: the key is the address.
    channels: BTreeMap<String, Option<NodeId>>,
    nodes: Vec<NodeId>,
}

/// Opt-outs without addresses, each customer by the key that plans have.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Resolved {
    /// Where several customers have an address, one for each of them.
    pub optouts: Vec<OptOut>,
    /// The lines with an address that no customer has.
    pub nobody: Vec<u64>,
}

impl AddressBook {
    /// For these opt-outs; `None` if there is no address and no key of a customer among them.
    pub fn needed_for(optouts: &[OptOut], project: &Project, now: Instant) -> Option<AddressBook> {
        if !optouts.iter().any(|optout| matches!(optout.who, Who::Address(_) | Who::Customer(_))) {
            return None;
        }
        let with_address = optouts.iter().filter(|optout| matches!(optout.who, Who::Address(_)));
        let (mut columns, mut nodes, mut channels) = (Vec::new(), Vec::new(), BTreeMap::new());
        for name in with_address.filter_map(|optout| optout.channel.as_ref()) {
            let fact = project.channels.get(name).and_then(|channel| channel.address.as_ref());
            let fact = fact.and_then(|fact| project.customer.facts.get(fact));
            let node = fact.map(|fact| {
                let place = u32::try_from(columns.len()).unwrap_or(u32::MAX);
                let shape = if fact.kind == FactKind::Text { Shape::Text } else { Shape::Int };
                columns.push(Column {
                    name: fact.column.clone(),
                    kind: fact.kind.clone(),
                    personal: fact.personal,
                });
                nodes.push(Node { op: Op::Column(ColumnId(place)), shape });
                NodeId(place)
            });
            channels.entry(name.clone()).or_insert(node);
        }
        let wanted = (0..).take(nodes.len()).map(NodeId).collect();
        Some(AddressBook { plan: plan(project, now, columns, nodes), channels, nodes: wanted })
    }

    /// Of nobody: what it asks for are the keys of all customers.
    pub fn of_keys(project: &Project, now: Instant) -> AddressBook {
        let plan = plan(project, now, Vec::new(), Vec::new());
        AddressBook { plan, channels: BTreeMap::new(), nodes: Vec::new() }
    }

    /// What is to be asked.
    pub fn question(&self) -> Question<'_> {
        Question { plan: &self.plan, conditions: &[], outputs: &self.nodes, data_hash: false, kept: None }
    }

    /// Puts customers in the place of addresses, and keys as plans have them in the place of keys as people write them.
    ///
    /// # Errors
    /// `R0250` for lines with keys that neither the database nor the state knows; `R0106`.
    pub fn resolve(
        &self,
        (path, optouts): (&Path, Vec<OptOut>),
        answers: &Answers,
        state: Option<&State>,
    ) -> Result<Resolved> {
        let owners = self.owners(&optouts, answers);
        let mut resolved = Resolved::default();
        for optout in optouts {
            let customers = match (&optout.who, &optout.channel) {
                (Who::Customer(written), _) => {
                    // What cannot be a key at all is found unknown below.
                    let key = customers::key_of(&answers.keys, written).map(Cow::into_owned);
                    &[key.unwrap_or_else(|| written.clone())][..]
                }
                (Who::Address(address), Some(channel)) => {
                    let customers = owners.get(&(channel.clone(), normal(address)));
                    let customers = customers.map_or(&[][..], Vec::as_slice);
                    resolved.nobody.extend(optout.line.filter(|_| customers.is_empty()));
                    customers
                }
                _ => {
                    resolved.optouts.push(optout);
                    continue;
                }
            };
            let each =
                customers.iter().map(|key| OptOut { who: Who::Customer(key.clone()), ..optout.clone() });
            resolved.optouts.extend(each);
        }
        let unknown = unknown(&resolved.optouts, answers, state)?;
        if unknown.is_empty() {
            Ok(resolved)
        } else {
            Err(diagnostics::bad_optouts(path, BadOptOut::NoCustomer, &unknown))
        }
    }

    /// By channel and address, as it is compared: the customers who have one of those that are asked for.
    fn owners(&self, optouts: &[OptOut], answers: &Answers) -> HashMap<(String, String), Vec<String>> {
        let mut owners: HashMap<(String, String), Vec<String>> = HashMap::new();
        for optout in optouts {
            if let (Who::Address(address), Some(channel)) = (&optout.who, &optout.channel) {
                owners.entry((channel.clone(), normal(address))).or_default();
            }
        }
        for (channel, node) in &self.channels {
            for customer in 0..answers.population() {
                let Some(key) = answers.keys.get(customer).map(|key| key.to_string()) else { continue };
                let address = match node {
                    Some(node) => crate::decide::as_address(answers.value(*node, customer)),
                    None => Some(key.clone()),
                };
                let place = address.map(|address| (channel.clone(), normal(&address)));
                if let Some(owners) = place.and_then(|place| owners.get_mut(&place)) {
                    owners.push(key);
                }
            }
        }
        owners
    }
}

/// The lines that name a customer whom neither the database nor the state knows.
fn unknown(optouts: &[OptOut], answers: &Answers, state: Option<&State>) -> Result<Vec<u64>> {
    let keys = optouts.iter().filter_map(|optout| match &optout.who {
        Who::Customer(key) if customers::find(&answers.keys, key).is_none() => Some((&**key, optout.line)),
        _ => None,
    });
    let keys: Vec<(&str, Option<u64>)> = keys.collect();
    let known = match state {
        Some(state) => state.known_among(keys.iter().map(|(key, _)| *key))?,
        None => HashSet::new(),
    };
    Ok(keys.iter().filter(|(key, _)| !known.contains(key)).filter_map(|(_, line)| *line).collect())
}

/// What asks for these columns of the customers.
fn plan(project: &Project, now: Instant, columns: Vec<Column>, nodes: Vec<Node>) -> Plan {
    let table = &project.customer;
    let customers = CustomerScan {
        source: table.source.clone(),
        filter: table.filter.clone(),
        key: table.key.clone(),
        columns,
    };
    let audience =
        Audience { customers, lookups: Vec::new(), scans: Vec::new(), aggregates: Vec::new(), nodes };
    Plan::of_audience(now, project.zone, audience, String::new())
}

/// An address as it is compared: of a number only the digits, of a Chinese mobile number without the country; of anything
/// else the text without blanks, a mail address in small letters.
fn normal(address: &str) -> String {
    let text: String = address.nfkc().filter(|letter| !letter.is_whitespace()).collect();
    let is_number = |text: &str| {
        let digits = text.strip_prefix('+').unwrap_or(text);
        digits.bytes().any(|byte| byte.is_ascii_digit())
            && digits.bytes().all(|byte| byte.is_ascii_digit() || b"-().".contains(&byte))
    };
    if !is_number(&text) {
        return if text.contains('@') { text.to_lowercase() } else { text };
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let without_exit = digits.strip_prefix("00").unwrap_or(&digits);
    let mobile = without_exit.strip_prefix("86").filter(|rest| rest.len() == 11 && rest.starts_with('1'));
    mobile.unwrap_or(without_exit).to_owned()
}

#[cfg(test)]
mod tests {
    use super::normal;

    #[test]
    fn one_number_in_all_its_forms_is_one_number() {
        for written in
            ["13800000001", "+8613800000001", "008613800000001", "+86 138-0000-0001", "１３８ 0000 0001"]
        {
            assert_eq!(normal(written), "13800000001", "{written}");
        }
        assert_ne!(normal("+1 380 000 0001"), normal("13800000002"));
        assert_eq!(normal("+44 20 7946 0000"), normal("0044 20 7946 0000"));
        assert_eq!(normal("A.B@Example.com "), "a.b@example.com");
        assert_ne!(normal("wmAbC"), normal("wmabc"), "what is no number and no mail address is a name");
    }
}
