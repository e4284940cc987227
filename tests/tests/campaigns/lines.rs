//! A plan file as anybody would read it: gzip, and JSON a line.

use super::shop::Shop;
use chrono::DateTime;
use flate2::read::MultiGzDecoder;
use serde_json::Value;
use std::io::Read;
use std::path::Path;

pub struct PlanFile {
    pub bytes: Vec<u8>,
    pub header: Value,
    pub as_of: i64,
    pub decisions: Vec<Decision>,
    /// The customers who were seen outside the condition of a rule.
    pub ended: Vec<(String, usize)>,
}

/// How one customer ended with a step of a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Decision {
    /// Her place among the customers of the shop.
    pub customer: usize,
    pub rule: String,
    pub step: usize,
    pub arm: Option<String>,
    pub verdict: String,
    pub reason: Option<String>,
    pub actions: Vec<Done>,
}

/// What is done of a decision.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Done {
    pub place: usize,
    pub verdict: String,
    pub to: Option<String>,
    pub message: Option<String>,
    pub send_at: i64,
    pub code: Option<String>,
    pub parts: i64,
    pub cost_micros: i64,
}

impl PlanFile {
    pub fn read(path: &Path, shop: &Shop) -> PlanFile {
        let bytes = std::fs::read(path).expect("a plan");
        let mut text = String::new();
        MultiGzDecoder::new(bytes.as_slice()).read_to_string(&mut text).expect("gzip");
        let mut lines = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        let header = lines.next().expect("a header");
        let (mut decisions, mut ended) = (Vec::new(), Vec::new());
        for line in lines {
            if let Some(line) = line.get("decision") {
                decisions.push(decision(line, shop));
            } else if let Some(line) = line.get("ended") {
                ended.push((line["rule"].as_str().expect("a rule").to_owned(), customer(line, shop)));
            }
        }
        PlanFile { as_of: instant(&header["as_of"]).expect("an instant"), header, bytes, decisions, ended }
    }

    pub fn id(&self) -> &str {
        self.header["id"].as_str().expect("an id")
    }
}

impl Decision {
    pub fn is_sent(&self) -> bool {
        self.verdict == "send" || self.verdict == "hold"
    }
}

fn decision(line: &Value, shop: &Shop) -> Decision {
    let text = |field: &str| line[field].as_str().map(str::to_owned);
    let actions = line["actions"].as_array().into_iter().flatten();
    let done =
        actions.filter(|action| ["send", "hold"].contains(&action["verdict"].as_str().unwrap_or_default()));
    Decision {
        customer: customer(line, shop),
        rule: text("rule").expect("a rule"),
        step: usize::try_from(line["step"].as_u64().unwrap_or(0)).expect("a small number"),
        arm: text("arm"),
        verdict: text("verdict").expect("a verdict"),
        reason: text("reason"),
        actions: done.map(self::done).collect(),
    }
}

fn customer(line: &Value, shop: &Shop) -> usize {
    let key = line["customer"].as_str().expect("a key");
    shop.customers.iter().position(|customer| customer.key == key).expect("a customer")
}

fn done(action: &Value) -> Done {
    let text = |field: &str| action[field].as_str().map(str::to_owned);
    Done {
        place: usize::try_from(action["step"].as_u64().expect("a place")).expect("a small number"),
        verdict: text("verdict").expect("a verdict"),
        to: text("to"),
        message: text("message"),
        send_at: instant(&action["send_at"]).expect("an instant"),
        code: text("code"),
        parts: action["parts"].as_i64().unwrap_or(1),
        cost_micros: action["cost_micros"].as_i64().unwrap_or(0),
    }
}

fn instant(value: &Value) -> Option<i64> {
    Some(DateTime::parse_from_rfc3339(value.as_str()?).ok()?.timestamp_micros())
}
