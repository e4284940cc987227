//! The facts of a decision as they stand in the audit: personal ones sealed.

use crate::audit::chain::{Salt, seal};
use crate::planfile::{FactColumn, PlannedDecision};
use crate::{Facts, Value};
use serde::ser::{Error, SerializeMap};
use serde::{Serialize, Serializer};

/// Facts of a person; a JSON object.
pub(crate) struct SealedFacts<'a> {
    columns: &'a [FactColumn],
    facts: &'a Facts<'a>,
    salt: &'a Salt,
}

impl<'a> SealedFacts<'a> {
    /// Those of this decision, of which the columns say what is personal.
    pub(crate) fn new(
        columns: &'a [FactColumn],
        decision: &'a PlannedDecision<'a>,
        salt: &'a Salt,
    ) -> SealedFacts<'a> {
        SealedFacts { columns, facts: &decision.facts, salt }
    }
}

impl Serialize for SealedFacts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in self.facts.iter() {
            let is_personal = self.columns.iter().any(|column| column.personal && column.name == name);
            if is_personal && *value != Value::Missing {
                let json = serde_json::to_vec(value).map_err(S::Error::custom)?;
                map.serialize_entry(name, &seal(self.salt, name, &json))?;
            } else {
                map.serialize_entry(name, value)?;
            }
        }
        map.end()
    }
}
