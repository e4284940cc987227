//! `rulec why CUSTOMER`: each rule's verdict for one customer, on which values, and the smallest change that would turn it.

use crate::args::{ResultFormat, Why as Args};
use crate::context::Session;
use crate::diagnostics;
use crate::draw::clean;
use crate::language;
use crate::outcome::{Exit, Stop};
use crate::pipeline;
use crate::summary;
use rulec_diagnostic::{Language, Text};
use rulec_plan::verdict::Verdict;
use rulec_runtime::Value;
use rulec_runtime::customers;
use rulec_runtime::why::{self, Asked, Change, Part, SeenFact, Why};
use serde::Serialize;
use std::io::{self, Write};

/// The version of the JSON form; grows when a field changes its meaning or goes.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    customer: &'a str,
    as_of: String,
    rules: &'a [Why],
}

pub fn run(session: &mut Session, args: &Args) -> Result<Exit, Stop> {
    let (decided, reasons) = pipeline::decide_with_reasons(session, &args.asking)?;
    let planned = decided.planned();
    let customer = customers::find(&planned.answers.keys, &args.customer)
        .ok_or_else(|| diagnostics::no_such_customer(&args.customer))?;
    let asked = Asked {
        plan: planned.plan,
        reasons: &reasons,
        answers: planned.answers,
        decisions: planned.decisions,
        personal: args.show_personal,
    };
    let mut rules = why::why(&asked, customer);
    if let Some(wanted) = &args.rule {
        rules.retain(|rule| rule.rule == *wanted);
        if rules.is_empty() {
            let known = planned.plan.rules.iter().map(|rule| rule.name.as_str());
            return Err(diagnostics::no_such_rule(wanted, known).into());
        }
    }
    let as_of = planned.plan.as_of.to_rfc3339(planned.plan.zone);
    if args.format == ResultFormat::Json {
        let document = Document { version: VERSION, customer: &args.customer, as_of, rules: &rules };
        serde_json::to_writer_pretty(&mut session.console.out, &document).map_err(io::Error::from)?;
        writeln!(session.console.out)?;
    } else {
        let language = session.console.language;
        draw(&mut session.console.out, &args.customer, &as_of, &rules, language)?;
    }
    pipeline::show_timings(session, planned.answers, &args.asking)?;
    Ok(Exit::Clean)
}

fn draw(
    out: &mut dyn Write,
    customer: &str,
    as_of: &str,
    rules: &[Why],
    language: Language,
) -> io::Result<()> {
    let as_of = summary::moment(as_of);
    let title = Text::new(
        format!("Customer {customer}, as of {}", as_of.en),
        format!("客户 {customer}，截至 {}", as_of.zh),
    );
    writeln!(out, "{}", clean::line(title.get(language)))?;
    for rule in rules {
        writeln!(out)?;
        draw_rule(out, rule, language)?;
    }
    Ok(())
}

fn draw_rule(out: &mut dyn Write, rule: &Why, language: Language) -> io::Result<()> {
    let name = match &rule.campaign {
        Some(campaign) => format!("{campaign} / {}", rule.rule),
        None => rule.rule.clone(),
    };
    let verdict = language::verdict(rule.verdict).get(language).to_owned();
    let reason = rule.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
    writeln!(out, "{}", clean::line(&format!("{name}: {verdict}{reason}")))?;
    draw_condition(out, &rule.condition, language)?;
    let head = match rule.verdict {
        Verdict::NotMatched | Verdict::DataMissing if rule.condition.holds != Some(true) => {
            Text::new("The rule would take this customer if", "要让规则包含这位客户，需要")
        }
        Verdict::Send | Verdict::Hold => {
            Text::new("The rule would leave this customer if", "要让规则不再包含这位客户，需要")
        }
        verdict => {
            let until = turned_by(verdict);
            return writeln!(out, "  {}", until.get(language));
        }
    };
    writeln!(out, "  {}", head.get(language))?;
    rule.change.iter().try_for_each(|change| writeln!(out, "    - {}", clean::line(&told(change, language))))
}

/// What would turn a verdict that the condition has not brought about.
fn turned_by(verdict: Verdict) -> Text {
    match verdict {
        Verdict::Outranked => Text::new(
            "It would be this rule's turn if the one named did not take the customer, or had a lower priority",
            "只有上面那条规则不包含这位客户，或者优先级更低，才会轮到这条规则",
        ),
        Verdict::AlreadyTouched => Text::new(
            "It fires again once a run has seen the customer outside the condition, or when `again every …` says so",
            "要等某次运行看到客户已不符合条件，或者到了 `again every …` 规定的时间，才会再次触发",
        ),
        Verdict::Suppressed => Text::new(
            "It would go out if the `suppress`, the quiet hours or the opt-out named above did not hold for the customer",
            "只有上面的屏蔽条件、免打扰时段或退订不成立，才会发送",
        ),
        Verdict::NoConsent => Text::new(
            "It would go out if the customer agreed to the channel",
            "只有客户授权了这个渠道，才会发送",
        ),
        Verdict::NoAddress => Text::new(
            "It would go out if the database had an address of the customer for the channel",
            "只有数据库里有客户在这个渠道的联系方式，才会发送",
        ),
        Verdict::Capped => Text::new(
            "It would go out once older messages no longer count for the limit named above",
            "要等之前的消息不再计入上面的限频，才会发送",
        ),
        Verdict::Control => Text::new(
            "The customer belongs to the control group, and always will as long as the shares and names stay",
            "客户属于对照组；只要比例和名称不变，就一直不会触达",
        ),
        Verdict::OverQuota | Verdict::OverBudget | Verdict::PoolEmpty => Text::new(
            "It would go out if there were more of it, or if other customers did not come first",
            "只有名额、预算或券码更多，或者没有排在前面的客户，才会发送",
        ),
        Verdict::DataMissing => Text::new(
            "It would go out if the fact named above were known, or the message said `or \"…\"`",
            "只有上面的信息不缺失，或者消息里写了 `or \"…\"`，才会发送",
        ),
        Verdict::NotMatched => {
            Text::new("Its campaign does not run at this time", "它所属的活动此时没有进行")
        }
        Verdict::Send | Verdict::Hold => Text::default(),
    }
}

/// The parts of a condition; what joins them at the top is plain from their marks.
fn draw_condition(out: &mut dyn Write, condition: &Part, language: Language) -> io::Result<()> {
    if condition.parts.len() > 1 {
        return condition.parts.iter().try_for_each(|part| draw_part(out, part, 1, language));
    }
    draw_part(out, condition, 1, language)
}

fn draw_part(out: &mut dyn Write, part: &Part, depth: usize, language: Language) -> io::Result<()> {
    let mark = match part.holds {
        Some(true) => "✓",
        Some(false) => "✗",
        None => "?",
    };
    // A name and what it stands for are one line.
    let (text, end) = match part.parts.as_slice() {
        [inner] if inner.parts.is_empty() && inner.holds == part.holds => {
            (format!("{}: {}", part.text, inner.text), inner)
        }
        [inner] if inner.parts.is_empty() => (part.text.clone(), inner),
        [inner] if inner.holds == part.holds => (part.text.clone(), inner),
        _ => (part.text.clone(), part),
    };
    let values = if end.any {
        Text::new("(any of these)", "（满足其一）").get(language).to_owned()
    } else {
        values(&end.facts, language)
    };
    let values = if values.is_empty() { values } else { format!("    {values}") };
    writeln!(out, "{:indent$}{mark} {}", "", clean::line(&format!("{text}{values}")), indent = 2 * depth)?;
    end.parts.iter().try_for_each(|part| draw_part(out, part, depth + 1, language))
}

/// `dormant 58d, aov missing`.
fn values(facts: &[SeenFact], language: Language) -> String {
    let missing = Text::new("missing", "缺失");
    let words = |fact: &SeenFact| {
        format!("{} {}", fact.label, fact.written.as_deref().unwrap_or_else(|| missing.get(language)))
    };
    // That something is there or not is what the mark before it says.
    let telling = facts.iter().filter(|fact| !matches!(fact.value, Value::Bool(_)));
    telling.map(words).collect::<Vec<_>>().join(if language == Language::Zh { "，" } else { ", " })
}

fn told(change: &Change, language: Language) -> String {
    let text = &change.text;
    let wanted = if change.must_hold {
        Text::new(format!("`{text}` holds"), format!("满足 `{text}`"))
    } else {
        Text::new(format!("`{text}` does not hold"), format!("不满足 `{text}`"))
    };
    let mut told = wanted.get(language).to_owned();
    let now = values(&change.facts, language);
    if !now.is_empty() {
        told += Text::new(format!(" (now: {now})"), format!("（现在：{now}）")).get(language);
    }
    if let Some(day) = &change.turns_on {
        let text = Text::new(
            format!(": from {day} on, unless something happens before"),
            format!("：如果没有新的事件，{day} 起"),
        );
        told += text.get(language);
    }
    told
}
