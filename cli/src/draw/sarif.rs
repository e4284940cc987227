//! SARIF 2.1.0, as code scanning reads it. Columns count Unicode code points.

use super::{Report, clean, explain};
use rulec_diagnostic::{Code, Diagnostic, Fix, Place, Severity};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{self, Write};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

pub(super) fn draw(out: &mut dyn Write, report: &Report<'_>) -> io::Result<()> {
    let codes: BTreeMap<&str, Code> =
        report.findings.iter().map(|finding| (finding.code.name(), finding.code)).collect();
    let rules: Vec<Value> = codes.values().map(|code| rule(report, *code)).collect();
    let results: Vec<Value> = report
        .findings
        .iter()
        .map(|finding| result(report, finding, codes.keys().position(|name| *name == finding.code.name())))
        .collect();
    let document = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "rulec",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "artifacts": report.checked.iter()
                .map(|file| json!({ "location": { "uri": uri(report.sources.name(*file)) } }))
                .collect::<Vec<_>>(),
            "results": results,
        }],
    });
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn rule(report: &Report<'_>, code: Code) -> Value {
    let page = code.page(report.language);
    json!({
        "id": code.name(),
        "name": code.slug(),
        "shortDescription": { "text": page.lines().next().unwrap_or("").trim_start_matches(['#', ' ']) },
        "help": { "text": page, "markdown": page },
        "defaultConfiguration": { "level": level(code.severity()) },
    })
}

fn result(report: &Report<'_>, finding: &Diagnostic, rule_index: Option<usize>) -> Value {
    let mut text = clean::lines(finding.message.get(report.language)).into_owned();
    for line in report.advice(finding).into_iter().chain([explain(finding)]) {
        text = format!("{text}\n{}", clean::lines(&line));
    }
    let mut result = json!({
        "ruleId": finding.code.name(),
        "ruleIndex": rule_index,
        "level": level(finding.severity),
        "message": { "text": text },
        "locations": finding.place.map(|place| json!({ "physicalLocation": physical(report, place) }))
            .into_iter().collect::<Vec<_>>(),
    });
    if !finding.related.is_empty() {
        result["relatedLocations"] = finding
            .related
            .iter()
            .map(|related| {
                json!({
                    "physicalLocation": physical(report, related.place),
                    "message": { "text": clean::lines(related.text.get(report.language)) },
                })
            })
            .collect();
    }
    if let Some(fix) = &finding.fix {
        result["fixes"] = json!([repair(report, fix)]);
    }
    result
}

fn physical(report: &Report<'_>, place: Place) -> Value {
    json!({
        "artifactLocation": { "uri": uri(report.sources.name(place.file)) },
        "region": region(report, place),
    })
}

fn region(report: &Report<'_>, place: Place) -> Value {
    report.region(place).map_or(Value::Null, |region| {
        json!({
            "startLine": region.start.line,
            "startColumn": region.start.column,
            "endLine": region.end.line,
            "endColumn": region.end.column,
        })
    })
}

fn repair(report: &Report<'_>, fix: &Fix) -> Value {
    json!({
        "artifactChanges": [{
            "artifactLocation": { "uri": uri(report.sources.name(fix.place.file)) },
            "replacements": [{
                "deletedRegion": region(report, fix.place),
                "insertedContent": { "text": fix.replacement },
            }],
        }],
    })
}

/// A relative path as a URI reference (RFC 3986): everything but unreserved characters and `/` is percent-encoded.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(byte.into())
            }
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_paths_are_percent_encoded() {
        assert_eq!(uri("rules/召回 1.rules"), "rules/%E5%8F%AC%E5%9B%9E%201.rules");
    }
}
