//! Random projects, data and rules. A seed gives the same case for ever.

mod aggregates;
mod conditions;
mod data;
mod expressions;
mod moment;
mod rng;
mod rules;
mod schema;
mod words;

pub use data::{Database, Size};
pub use rng::Rng;

use crate::reference::{Clock, Tables};
use expressions::Writer;
use rulec_plan::time::Instant;
use rules::Rules;
use schema::Schema;
use std::collections::BTreeMap;

/// One random run.
#[derive(Debug, Clone)]
pub struct Case {
    /// What it was made from.
    pub seed: u64,
    /// `rulec.toml`.
    pub project: String,
    /// The rule file.
    pub rules: String,
    /// The params that are set from outside, each with the text of its value.
    pub set: BTreeMap<String, String>,
    /// The instant of the run.
    pub as_of: Instant,
    /// The database.
    pub database: Database,
    /// The rows of the database that the project means.
    pub tables: Tables,
}

impl Case {
    /// The case of a seed, with so many rules.
    pub fn new(seed: u64, rules: usize, size: Size) -> Case {
        let mut rng = Rng::new(seed);
        let clock: Clock = moment::clock(&mut rng);
        let schema = Schema::random(&mut rng, clock.zone);
        let database = data::database(&mut rng, &schema, clock, size);
        let mut writer = Writer {
            rng: &mut rng,
            schema: &schema,
            clock,
            names: Vec::new(),
            params: Vec::new(),
            row: None,
        };
        let Rules { text, set } = writer.rules(rules);
        Case {
            seed,
            project: schema.toml(clock.today()),
            rules: text,
            set,
            as_of: Instant(clock.now.timestamp_micros()),
            tables: data::tables(&schema, &database),
            database,
        }
    }

    /// The database with the rows of every table in another order.
    pub fn shuffled(&self) -> Database {
        let mut rng = Rng::new(!self.seed);
        let mut database = self.database.clone();
        database.values_mut().for_each(|table| rng.shuffle(&mut table.rows));
        database
    }
}
