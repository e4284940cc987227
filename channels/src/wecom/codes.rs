//! What the codes of WeCom mean.

use crate::Delivery;
use crate::http::{Answer, Meaning, Private, Promise, by_status, unknown};
use serde_json::Value;
use std::time::Duration;

/// WeCom knows no idempotency.
pub(super) const PROMISE: Promise = Promise { honours_key: false, one_address: true };
/// Its limits are those of a minute.
const MINUTE: Duration = Duration::from_secs(60);
/// Calls or messages came too fast.
const TOO_FAST: i64 = 45_009;

/// What is not here is about the message: its text, or the member.
const CODES: &[(i64, Meaning)] = &[
    (-1, Meaning::Provider),
    (6000, Meaning::Provider),
    (45_009, Meaning::Provider),
    (45_033, Meaning::Provider),
    (130_101, Meaning::Provider),
    (40_001, Meaning::Settings),
    (40_013, Meaning::Settings),
    (40_014, Meaning::Settings),
    (40_056, Meaning::Settings),
    (40_082, Meaning::Settings),
    (40_091, Meaning::Settings),
    (41_001, Meaning::Settings),
    (41_002, Meaning::Settings),
    (41_004, Meaning::Settings),
    (41_011, Meaning::Settings),
    (42_001, Meaning::Settings),
    (42_007, Meaning::Settings),
    (42_009, Meaning::Settings),
    (48_001, Meaning::Settings),
    (48_002, Meaning::Settings),
    (48_004, Meaning::Settings),
    (50_001, Meaning::Settings),
    (50_003, Meaning::Settings),
    (60_011, Meaning::Settings),
    (60_020, Meaning::Settings),
    (81_011, Meaning::Settings),
    (93_000, Meaning::Settings),
    (93_004, Meaning::Settings),
    (93_008, Meaning::Settings),
    (301_002, Meaning::Settings),
    (301_007, Meaning::Settings),
    (2_000_002, Meaning::Settings),
];

/// What an answer says.
pub(super) enum Said {
    /// `errcode` 0.
    Yes(Value),
    /// Another code.
    No(i64, Delivery),
    /// Nothing that can be understood, or a status that says enough.
    Else(Delivery),
}

/// Reads an answer; what repeats one of `private` is masked.
pub(super) fn said(answer: &Answer, private: &Private<'_>) -> Said {
    if let Some(delivery) = by_status(answer, PROMISE, private) {
        return Said::Else(delivery);
    }
    let json = answer.json().unwrap_or_default();
    match json.get("errcode").and_then(Value::as_i64) {
        Some(0) => Said::Yes(json),
        Some(code) => {
            let said = json.get("errmsg").and_then(Value::as_str).unwrap_or_default();
            let after = answer.after.or((code == TOO_FAST).then_some(MINUTE));
            Said::No(code, of_code(code).delivery(private.reason(&code.to_string(), said), after))
        }
        None => Said::Else(unknown(answer)),
    }
}

fn of_code(code: i64) -> Meaning {
    CODES.iter().find(|(known, _)| *known == code).map_or(Meaning::Refused, |(_, meaning)| *meaning)
}
