//! What the body of an answer says, beside its status.

use crate::diagnostics::Result;
use crate::http::{Answer, Outgoing, Private, Promise, taken};
use crate::settings::Settings;
use crate::{Delivery, Reason, Trouble};
use rulec_diagnostic::Text;
use rulec_plan::outlet::Condition;
use serde_json::Value;
use std::time::Duration;

/// `ok_when` or `later_when`.
pub(super) fn condition(settings: Settings<'_>, key: &str) -> Result<Option<Condition>> {
    let Some(text) = settings.text(key) else { return Ok(None) };
    let expected = Text::new(
        "a field of the answer and its value, such as `\"/code = 0\"`",
        "应答里的字段和值，例如 `\"/code = 0\"`",
    );
    Condition::parse(text).map(Some).ok_or_else(|| settings.wrong(key, &expected))
}

/// Whether the field has one of the values, and what it has; nothing if the answer has no such field.
pub(super) fn judge(condition: &Condition, answer: &Value) -> Option<(bool, String)> {
    let found = pointed(answer, &condition.pointer)?;
    Some((condition.values.contains(&found), found))
}

/// A text, number or truth of the answer, as text.
pub(super) fn pointed(answer: &Value, pointer: &str) -> Option<String> {
    match answer.pointer(pointer)? {
        Value::String(text) => Some(text.clone()),
        found @ (Value::Number(_) | Value::Bool(_)) => Some(found.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// What an answer to an array says.
pub(super) enum Said {
    /// Something of each message.
    Each(Results),
    /// One thing of all.
    OfAll,
    /// Nobody knows: it broke off before its end.
    Lost,
}

/// Whether an answer to an array has results. What begins as JSON and is none broke off, though its length may not show that.
pub(super) fn said(answer: &Answer) -> Said {
    let Some(body) = &answer.body else { return Said::Lost };
    match answer.json() {
        Some(mut json) => match json.get_mut("results") {
            Some(Value::Array(results)) => Said::Each(Results(std::mem::take(results))),
            Some(_) => Said::Each(Results(Vec::new())),
            None => Said::OfAll,
        },
        None if body.trim_start().starts_with(['{', '[']) => Said::Lost,
        None => Said::OfAll,
    }
}

/// Those of `{"results": [{"key": …, "status": …}]}`.
pub(super) struct Results(Vec<Value>);

impl Results {
    /// A message that the answer leaves out, or of which it says this and that, may have been taken.
    /// What repeats one of `private` is masked.
    pub(super) fn of(&self, message: &Outgoing<'_>, promise: Promise, private: &Private<'_>) -> Delivery {
        let key = message.content.key.as_str();
        let own: Vec<_> = self.0.iter().filter(|result| text(result, "key") == Some(key)).collect();
        let Some((result, others)) = own.split_first() else {
            return doubtful(Reason::new("no result", "", &[]), promise);
        };
        if others.iter().any(|other| text(other, "status") != text(result, "status")) {
            return doubtful(Reason::new("several results", "", &[]), promise);
        }
        let code = text(result, "code").or(text(result, "status")).unwrap_or_default();
        let reason = private.reason(code, text(result, "reason").unwrap_or_default());
        match text(result, "status") {
            Some("taken") => taken(pointed(result, "/id").as_deref()),
            Some("refused") => Delivery::Refused(reason),
            Some("later") => {
                let after = result.get("after").and_then(Value::as_u64);
                let after = after.map(|seconds| Duration::from_secs(seconds.min(24 * 3600)));
                Delivery::Later { reason, after, trouble: Trouble::Message, maybe: false }
            }
            _ => doubtful(reason, promise),
        }
    }
}

/// In doubt, unless the receiver honours keys and can be asked again.
pub(super) fn doubtful(reason: Reason, promise: Promise) -> Delivery {
    match promise.honours_key {
        true => Delivery::Later { reason, after: None, trouble: Trouble::Message, maybe: true },
        false => Delivery::Unknown(reason),
    }
}

fn text<'a>(result: &'a Value, name: &str) -> Option<&'a str> {
    result.get(name)?.as_str()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use super::*;
    use serde_json::json;

    #[test]
    fn a_condition_looks_at_one_field() {
        let condition = Condition::parse("/error/code = 0 | OK").unwrap();
        let judge = |answer: Value| judge(&condition, &answer);
        assert_eq!(judge(json!({"error": {"code": 0}})), Some((true, "0".to_owned())));
        assert_eq!(judge(json!({"error": {"code": "OK"}})), Some((true, "OK".to_owned())));
        assert_eq!(judge(json!({"error": {"code": "no"}})), Some((false, "no".to_owned())));
        assert_eq!(judge(json!({"error": {"code": null}})), None);
        assert_eq!(judge(json!([])), None);
    }
}
