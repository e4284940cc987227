//! Random projects, data and rules. A seed gives the same case for ever.

mod aggregates;
mod conditions;
mod data;
mod expressions;
mod kept;
mod matrix;
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
use rusqlite::types::Value as Sql;
use schema::Schema;
use std::collections::BTreeMap;

/// One random run.
#[derive(Debug, Clone)]
pub struct Case {
    /// What it was made from.
    pub seed: u64,
    /// How many customers it has.
    pub size: Size,
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
    /// What the runtime keeps.
    pub state: Database,
    /// The rows of the database that the project means.
    pub tables: Tables,
}

impl Case {
    /// The case of a seed, with so many rules.
    pub fn new(seed: u64, rules: usize, size: Size) -> Case {
        Self::written(seed, size, |writer| writer.rules(rules))
    }

    /// The case of a seed with every aggregate, of every type of argument, over every kind of window.
    pub fn matrix(seed: u64) -> Case {
        Self::written(seed, Size::Eventful, |writer| writer.matrix())
    }

    fn written(seed: u64, size: Size, write: impl FnOnce(&mut Writer<'_>) -> Rules) -> Case {
        let mut rng = Rng::new(seed);
        let clock: Clock = moment::clock(&mut rng);
        let schema = Schema::random(&mut rng, clock.zone);
        let (database, state) = data::databases(&mut rng, &schema, clock, size);
        let mut writer = Writer {
            rng: &mut rng,
            schema: &schema,
            clock,
            names: Vec::new(),
            params: Vec::new(),
            row: None,
        };
        let Rules { text, set } = write(&mut writer);
        Case {
            seed,
            size,
            project: schema.toml(clock.today()),
            rules: text,
            set,
            as_of: Instant(clock.now.timestamp_micros()),
            tables: data::tables(&schema, &database, &state),
            database,
            state,
        }
    }

    /// The case with some cells that no column may hold, or that some may not.
    #[must_use]
    pub fn spoilt(mut self) -> Case {
        let mut rng = Rng::new(!self.seed);
        for table in self.database.values_mut().filter(|table| !table.rows.is_empty()) {
            for _ in 0..rng.below(4) {
                let (row, column) = (rng.below(table.rows.len()), rng.below(table.columns.len()));
                let bad =
                    [Sql::Blob(vec![1]), Sql::Text("?".to_owned()), Sql::Real(1e300), Sql::Integer(i64::MAX)];
                table.rows[row][column] = rng.pick(&bad);
            }
        }
        self
    }

    /// The database and the state with the rows of every table in another order.
    pub fn shuffled(&self) -> [Database; 2] {
        let mut rng = Rng::new(!self.seed);
        [&self.database, &self.state].map(|tables| {
            let mut tables = tables.clone();
            tables.values_mut().for_each(|table| rng.shuffle(&mut table.rows));
            tables
        })
    }
}
