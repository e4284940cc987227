//! What names an action for ever, here and at the provider: the same plan, customer, rule, step and action give the same.

use crate::audit::chain::MessageKey;
use crate::hash::{first_bytes, write_hex};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// Names the actions of a plan.
pub(crate) struct Names {
    /// After the plan's id.
    plan: Sha256,
    place: String,
    hex: String,
}

impl Names {
    /// Those of the plan with this id.
    pub(crate) fn of(plan: &str) -> Names {
        let plan = Sha256::new().chain_update(plan).chain_update(b"\0");
        Names { plan, place: String::new(), hex: String::new() }
    }

    /// The key: the first half of SHA-256 of plan, customer, rule and place, with a zero byte between them.
    pub(crate) fn key(&mut self, customer: &str, rule: &str, step: u32, action: u32) -> MessageKey {
        self.place.clear();
        // Writing to a String cannot fail.
        let _ = match step {
            0 => write!(self.place, "{action}"),
            _ => write!(self.place, "{step}.{action}"),
        };
        let hash = self.plan.clone().chain_update(customer).chain_update(b"\0").chain_update(rule);
        let hash = hash.chain_update(b"\0").chain_update(&self.place).finalize();
        first_bytes(&hash)
    }

    /// A key as channels know it: in hex.
    pub(crate) fn text(&mut self, key: &MessageKey) -> &str {
        self.hex.clear();
        write_hex(key, &mut self.hex);
        &self.hex
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::of_parts;

    #[test]
    fn a_key_is_the_beginning_of_a_hash() {
        let mut names = Names::of("plan");
        for (step, action, place) in [(0, 2, "2"), (1, 0, "1.0"), (12, 34, "12.34")] {
            let key = names.key("客户", "唤醒", step, action);
            assert_eq!(names.text(&key), &of_parts(&["plan", "客户", "唤醒", place])[..32]);
        }
    }
}
