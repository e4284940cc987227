//! What the tables of a database probably mean: by names, by the shape of their values, by how they refer to each other.

use super::words;
use rulec_engine::sqlite::introspect::{ColumnShape, TableShape};
use rulec_import::CENTS;
use std::collections::BTreeSet;

/// The project file that is proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    pub customers: Customers,
    pub events: Vec<Events>,
    /// Channel and the fact that holds the consent.
    pub consent: Vec<(String, String)>,
    /// Channel and a fact that should hold the consent, but does not say yes where it was given.
    pub unclear_consent: Vec<(String, String)>,
    /// Channel and the fact that holds the address.
    pub channels: Vec<(String, Option<String>)>,
    /// Tables that belong to no customer, or whose rows have no time.
    pub unused: Vec<String>,
}

/// The table of customers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customers {
    pub table: String,
    pub key: String,
    pub facts: Vec<Fact>,
}

/// A table of events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Events {
    pub name: String,
    pub table: String,
    pub customer: String,
    pub time: String,
    pub format: &'static str,
    /// Other columns that could be the time.
    pub other_times: Vec<String>,
    /// Whether rows have a status, so that some of them may not count.
    pub has_status: bool,
    pub facts: Vec<Fact>,
}

/// A fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    pub name: String,
    pub column: String,
    pub kind: Kind,
    pub personal: bool,
    /// Why a person should look at it.
    pub doubt: Option<Doubt>,
}

/// What a column probably holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    Bool,
    Number { whole: bool },
    Money { unit: &'static str },
    Text,
    Enum { values: Vec<String> },
    Date,
    Time { format: &'static str },
    Set { separator: char },
}

/// What is not sure about a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// Whether money counts in cents or in whole units.
    MoneyUnit,
    /// Whether there are further values.
    Values,
    /// What stands between the words of a set.
    Separator,
}

/// Channels, each with the name of a fact.
type Pairs = Vec<(String, String)>;

/// The events on which the prelude builds `dormant`, `frequency` and `monetary`.
pub const ORDERS: &str = "orders";
/// The fact of an order that `monetary` adds up.
pub const AMOUNT: &str = "amount";

/// Fewer rows do not show whether the texts of a column are a list of words.
const ROWS_OF_A_LIST: u64 = 20;
/// So many words a list has.
const WORDS_OF_A_LIST: std::ops::RangeInclusive<usize> = 2..=12;
/// Longer texts are notes, not words of a list.
const CHARACTERS_OF_A_WORD: usize = 16;
/// What may stand between the words of a set; the first where none is seen.
const SEPARATORS: [char; 7] = [',', '，', '、', '；', ';', '|', '/'];

/// What these tables probably mean; `None` if no table looks like the customers.
pub fn guess(tables: &[TableShape]) -> Option<Proposal> {
    let (table, key) = customer_table(tables)?;
    let facts = facts(table, &[&key.name], &[]);
    let refers = references(table, key);
    let mut events = Vec::new();
    let mut unused = Vec::new();
    for other in tables.iter().filter(|other| other.name != table.name) {
        match event_table(other, &table.name, &refers, &events) {
            Some(found) => events.push(found),
            None => unused.push(other.name.clone()),
        }
    }
    name_orders(&mut events);
    let channels = channels(&facts);
    let (consent, unclear_consent) = consents(&facts, &channels);
    Some(Proposal {
        consent,
        unclear_consent,
        channels,
        customers: Customers { table: table.name.clone(), key: key.name.clone(), facts },
        events,
        unused,
    })
}

/// For each channel the fact that holds the consent, and for those that have none a fact that looks as if it should.
/// A consent that names no channel holds for all of them.
fn consents(facts: &[Fact], channels: &[(String, Option<String>)]) -> (Pairs, Pairs) {
    let looks_like = |fact: &&Fact, channel: &str| {
        let named = words::channel_of_consent(&fact.column);
        words::is_consent(&fact.column) && named.is_none_or(|named| named == channel)
    };
    let says_yes = |fact: &&Fact| fact.kind == Kind::Bool && !words::is_objection(&fact.column);
    let (mut clear, mut unclear) = (Pairs::new(), Pairs::new());
    for (channel, _) in channels {
        let mut candidates: Vec<&Fact> = facts.iter().filter(|fact| looks_like(fact, channel)).collect();
        candidates.sort_by_key(|fact| words::channel_of_consent(&fact.column).is_none());
        if let Some(fact) = candidates.iter().find(|fact| says_yes(fact)) {
            clear.push((channel.clone(), fact.name.clone()));
        } else if let Some(fact) = candidates.first() {
            unclear.push((channel.clone(), fact.name.clone()));
        }
    }
    (clear, unclear)
}

/// The table that is named like customers and has a key; the shortest name is the plainest. Else the one that holds an
/// address for messages and a key.
fn customer_table(tables: &[TableShape]) -> Option<(&TableShape, &ColumnShape)> {
    let named = |table: &TableShape| {
        let parts = words::parts(&table.name);
        words::CUSTOMERS.iter().any(|word| {
            parts.last().is_some_and(|last| words::singular(last) == *word)
                || (!word.is_ascii() && table.name.contains(word))
        })
    };
    let with_key = |table| key_column(table).map(|key| (table, key));
    let reachable = |table: &TableShape| {
        table.columns.iter().any(|column| words::channel_of_address(&column.name).is_some())
    };
    let by_name = tables.iter().filter(|table| named(table)).filter_map(with_key);
    by_name
        .min_by_key(|(table, _)| table.name.chars().count())
        .or_else(|| tables.iter().filter(|table| reachable(table)).find_map(with_key))
}

/// The column that names a customer: `id` or the table's own `…_id`, even where the table does not say that it is unique,
/// as no imported list does; else the first that is unique and no address.
fn key_column(table: &TableShape) -> Option<&ColumnShape> {
    let named = |name: &str| {
        table.columns.iter().find(|column| column.name.to_lowercase() == name && could_be_key(column))
    };
    let own = own_ids(&table.name);
    let unique = |column: &&ColumnShape| {
        (column.is_unique || column.is_primary_key)
            && could_be_key(column)
            && !words::is_personal(&column.name)
            && !words::is_time(&column.name)
    };
    let primary = table.columns.iter().find(|column| column.is_primary_key && could_be_key(column));
    primary
        .or_else(|| named("id"))
        .or_else(|| own.iter().find_map(|own| named(own)))
        .or_else(|| table.columns.iter().find(unique))
}

fn could_be_key(column: &ColumnShape) -> bool {
    let sample = &column.sample;
    let one_type = sample.integers == 0 || sample.texts == 0;
    sample.nulls == 0 && sample.reals == 0 && sample.blobs == 0 && one_type
}

/// `customers` is referred to as `customer_id`, 会员 as 会员编号, 会员号, 会员id, 会员ID.
fn own_ids(table: &str) -> Vec<String> {
    let mut parts = words::parts(table);
    if let Some(last) = parts.last_mut() {
        *last = words::singular(last);
    }
    let stem = parts.join("_");
    ["_id", "id", "编号", "号", "_no", "_key"].iter().map(|ending| format!("{stem}{ending}")).collect()
}

/// What a column that refers to the customers may be called, in lower case.
fn references(table: &TableShape, key: &ColumnShape) -> BTreeSet<String> {
    let mut names: BTreeSet<String> = words::CUSTOMERS.iter().flat_map(|word| own_ids(word)).collect();
    names.extend(own_ids(&table.name));
    names.insert("uid".to_owned());
    if key.name.to_lowercase() != "id" {
        names.insert(key.name.to_lowercase());
    }
    names
}

fn event_table(
    table: &TableShape,
    customers: &str,
    refers: &BTreeSet<String>,
    before: &[Events],
) -> Option<Events> {
    let declared = table.foreign_keys.iter().find(|foreign| foreign.table.eq_ignore_ascii_case(customers));
    let refers_by_name = |column: &&ColumnShape| refers.contains(&column.name.to_lowercase());
    let customer = match declared {
        Some(foreign) => table.columns.iter().find(|column| column.name == foreign.column)?,
        None => table.columns.iter().find(refers_by_name)?,
    };
    let mut times: Vec<(&ColumnShape, &'static str)> =
        table.columns.iter().filter_map(|column| Some((column, time_format(column)?))).collect();
    // The time of the row itself is the one that the table is about (orders.ordered_at), else the first.
    let about = words::parts(&table.name).last().map(|last| words::singular(last)).unwrap_or_default();
    let own = times.iter().position(|(column, _)| {
        !about.is_empty() && words::parts(&column.name).iter().any(|part| part.starts_with(&about))
    });
    if times.is_empty() {
        return None;
    }
    let (time, format) = times.remove(own.unwrap_or(0));
    let mut name = speakable(&table.name);
    while before.iter().any(|other| other.name == name) {
        name.push_str("_2");
    }
    let row_id = table.columns.iter().find(|column| column.name.to_lowercase() == "id");
    let mut left_out = vec![customer.name.as_str(), time.name.as_str()];
    left_out.extend(row_id.map(|column| column.name.as_str()));
    Some(Events {
        name,
        table: table.name.clone(),
        customer: customer.name.clone(),
        time: time.name.clone(),
        format,
        has_status: table.columns.iter().any(|column| words::is_status(&column.name)),
        other_times: times.iter().map(|(column, _)| column.name.clone()).collect(),
        facts: facts(table, &left_out, &["at", "any"]),
    })
}

/// Gives the events that look like orders, and their amount, the names that the prelude knows.
fn name_orders(events: &mut [Events]) {
    if !events.iter().any(|events| events.name == ORDERS) {
        let Some(orders) = events.iter_mut().find(|events| words::is_orders(&events.table)) else { return };
        ORDERS.clone_into(&mut orders.name);
    }
    for orders in events.iter_mut().filter(|events| events.name == ORDERS) {
        if orders.facts.iter().any(|fact| fact.name == AMOUNT) {
            continue;
        }
        let money = |fact: &&mut Fact| matches!(fact.kind, Kind::Money { .. });
        if let Some(fact) = orders.facts.iter_mut().find(money) {
            AMOUNT.clone_into(&mut fact.name);
        }
    }
}

/// How a column writes times, if it holds times. A number is a time only if the name says so too.
fn time_format(column: &ColumnShape) -> Option<&'static str> {
    let sample = &column.sample;
    if sample.looks_like_day() {
        Some("date")
    } else if sample.looks_like_iso_time() {
        Some("iso")
    } else if words::is_time(&column.name) && sample.looks_like_unix_seconds() {
        Some("unix")
    } else if words::is_time(&column.name) && sample.looks_like_unix_millis() {
        Some("unix_ms")
    } else {
        None
    }
}

/// The facts of a table without these columns, with names that a rule can say and that are not taken.
fn facts(table: &TableShape, left_out: &[&str], taken: &[&str]) -> Vec<Fact> {
    let mut names: BTreeSet<String> = taken.iter().map(|name| (*name).to_owned()).collect();
    let mut facts = Vec::new();
    for column in &table.columns {
        let skipped = left_out.contains(&column.name.as_str()) || words::is_secret(&column.name);
        if skipped || column.sample.blobs > 0 {
            continue;
        }
        let (kind, doubt) = kind(table, column);
        let mut name = fact_name(&column.name, &kind);
        while !names.insert(name.clone()) {
            name.push_str("_2");
        }
        // Whether somebody may be called or written to tells nobody's number.
        let personal = words::is_personal(&column.name) && kind != Kind::Bool;
        facts.push(Fact { name, column: column.name.clone(), kind, personal, doubt });
    }
    facts
}

fn kind(table: &TableShape, column: &ColumnShape) -> (Kind, Option<Doubt>) {
    let (name, sample) = (&column.name, &column.sample);
    if let Some(format) = time_format(column) {
        return (if format == "date" { Kind::Date } else { Kind::Time { format } }, None);
    }
    if column.declared.eq_ignore_ascii_case(CENTS) && sample.is_integer() {
        return (Kind::Money { unit: "cent" }, None);
    }
    if sample.texts > 0 || sample.known() == 0 {
        return text_kind(table, column);
    }
    // Before the words for addresses: `consent_email` is no address.
    if sample.looks_like_bool() && words::is_flag(name) {
        return (Kind::Bool, None);
    }
    // A phone number may be held as an integer, and still is no number to count with; nor is an id.
    if words::is_id(name) || words::is_personal(name) || words::channel_of_address(name).is_some() {
        return (Kind::Text, None);
    }
    if words::is_money(name) {
        let whole = sample.is_integer();
        return match words::is_cents(name) && whole {
            true => (Kind::Money { unit: "cent" }, None),
            false => (Kind::Money { unit: "yuan" }, whole.then_some(Doubt::MoneyUnit)),
        };
    }
    if sample.integer_range == Some((0, 1)) && sample.is_integer() {
        return (Kind::Bool, None);
    }
    (Kind::Number { whole: sample.is_integer() }, None)
}

fn text_kind(table: &TableShape, column: &ColumnShape) -> (Kind, Option<Doubt>) {
    if words::is_set(&column.name) {
        return set_kind(column);
    }
    match &column.sample.distinct_texts {
        Some(values) if is_list(table, column, values) => {
            (Kind::Enum { values: values.clone() }, Some(Doubt::Values))
        }
        _ => (Kind::Text, None),
    }
}

/// Whether these are the words of a list: a few short ones that come again and again, or any under a name that promises
/// a list.
fn is_list(table: &TableShape, column: &ColumnShape, values: &[String]) -> bool {
    let short = values.iter().all(|value| value.chars().count() <= CHARACTERS_OF_A_WORD);
    let repeated = table.rows >= ROWS_OF_A_LIST && WORDS_OF_A_LIST.contains(&values.len());
    let promised = words::is_category(&column.name) && (1..=*WORDS_OF_A_LIST.end()).contains(&values.len());
    short && (repeated || promised) && !words::is_personal(&column.name) && !words::is_consent(&column.name)
}

/// A set, with what stands between its words: sure only where one separator is seen and no other.
fn set_kind(column: &ColumnShape) -> (Kind, Option<Doubt>) {
    let seen = |separator: &char| column.sample.separators.contains(separator);
    let found: Vec<char> = SEPARATORS.into_iter().filter(seen).collect();
    let separator = found.first().copied().unwrap_or(SEPARATORS[0]);
    (Kind::Set { separator }, (found.len() != 1).then_some(Doubt::Separator))
}

/// `amount_cents` is money and knows its unit, `registered_at` is a time: the ending says nothing more.
fn fact_name(column: &str, kind: &Kind) -> String {
    let endings: &[&str] = match kind {
        Kind::Money { .. } => &["_cents", "_cent", "_fen"],
        Kind::Time { .. } | Kind::Date => &["_at", "_time", "_date"],
        _ => &[],
    };
    let stem = endings.iter().find_map(|ending| column.strip_suffix(ending)).filter(|stem| !stem.is_empty());
    speakable(stem.unwrap_or(column))
}

/// A name that a rule can say: letters, digits and `_`, not beginning with a digit.
fn speakable(name: &str) -> String {
    let fits = |char: char| char.is_alphanumeric() || char == '_';
    let name: String = name.trim().chars().map(|char| if fits(char) { char } else { '_' }).collect();
    let name = name.trim_end_matches('_');
    if name.chars().next().is_some_and(char::is_alphabetic) { name.to_owned() } else { format!("c_{name}") }
}

/// The channels for whose addresses there is a column; a file of task lines where there is none.
fn channels(facts: &[Fact]) -> Vec<(String, Option<String>)> {
    let found = facts.iter().filter_map(|fact| {
        let channel = words::channel_of_address(&fact.column)?;
        (fact.kind == Kind::Text).then(|| (channel.to_owned(), fact.name.clone()))
    });
    let found = unique_by_channel(found);
    if found.is_empty() {
        return vec![("sms".to_owned(), None)];
    }
    found.into_iter().map(|(channel, fact)| (channel, Some(fact))).collect()
}

fn unique_by_channel(pairs: impl Iterator<Item = (String, String)>) -> Vec<(String, String)> {
    let mut seen = BTreeSet::new();
    pairs.filter(|(channel, _)| seen.insert(channel.clone())).collect()
}
