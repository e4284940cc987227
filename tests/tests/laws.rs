//! Laws of the language, held on random data around the edges of windows: what says the same takes the same customers, and
//! what must hold is false for nobody.

use rulec_engine::{Answers, SqliteEngine};
use rulec_plan::Plan;
use rulec_tests::database;
use rulec_tests::random::{Case, Size};
use rulec_tests::whole::{self, ask};

/// True for the same customers, and unknown for the same.
const SAME: &[(&str, &str)] = &[
    // Windows and durations are two views of one calendar.
    ("dormant is known and not dormant > 60d", "exists(orders in last 60d)"),
    ("dormant is known and not dormant > 3mo", "exists(orders in last 3mo)"),
    ("dormant is known and not dormant > 24h", "exists(orders in last 24h)"),
    ("dormant in 30d..90d", "dormant >= 30d and dormant < 90d"),
    ("now - registered > 90d", "registered < today - 90d"),
    ("now - registered > 48h", "registered < now - 48h"),
    ("registered - now > 1mo", "registered > today + 1mo"),
    ("registered in last 7d", "registered >= today - 7d and registered <= now"),
    ("registered in next 7d", "registered >= today and registered <= today + 7d"),
    ("registered in 90d..180d ago", "registered >= today - 180d and registered < today - 90d"),
    ("registered in 2026-01-01..2026-11-11", "registered >= 2026-01-01 and registered < 2026-11-11"),
    ("due in last 7d or due in next 7d", "due >= today - 7d and due <= today + 7d"),
    // Kleene.
    ("not (vip and agreed)", "not vip or not agreed"),
    ("not (vip or agreed)", "not vip and not agreed"),
    ("(score > 1) is missing", "score is missing"),
    ("(score or else 2) > 1", "score > 1 or score is missing"),
    ("level in {\"bronze\", \"gold\"}", "level = \"bronze\" or level = \"gold\""),
    ("level != \"gold\"", "not level = \"gold\""),
    // The population.
    ("monetary in top 20%", "quintile(monetary) = 5"),
    ("monetary in top 40%", "quintile(monetary) >= 4"),
    ("quintile(dormant) = 5", "dormant in top 20% best low"),
    ("rank(balance best low) <= 3", "rank(0元 - balance) <= 3"),
    // Exact numbers.
    ("rebate = 20%", "rebate * 5 = 1"),
    ("balance / 3 > 7元", "balance > 21元"),
];

/// False for nobody.
const NEVER_FALSE: &[&str] = &[
    // Neighbouring windows share no row and lose none.
    "count(orders in last 30d) + count(orders in 30d..90d ago) = count(orders in last 90d)",
    "count(orders in last 48h) + count(orders in 48h..96h ago) = count(orders in last 96h)",
    "sum(orders.amount in last 1mo) + sum(orders.amount in 1mo..1y ago) = sum(orders.amount in last 1y)",
    "count(orders in ..30d ago) = count(orders in last 30d)",
    "count(orders in ..30d ago) + count(orders in 30d.. ago) = frequency",
    "count(orders in ..2026-01-01) + count(orders in 2026-01-01..) = frequency",
    "count(orders since today - 30d) >= count(orders in last 29d)",
    "count(orders since last(orders.at)) = 0",
    "count(orders in this month) <= count(orders in this year)",
    // A row is in, out, or unknown.
    "count(orders where gift) + count(orders where not gift) + count(orders where gift is missing) = frequency",
    "monetary = avg(orders.amount) * count(orders.amount)",
    "min(orders.at) = first(orders.at) and max(orders.at) = last(orders.at)",
    "distinct(orders.category) <= count(orders.category) and count(orders.category) <= frequency",
    // What is cut into cells by texts, and put together again.
    "count(orders where category in {\"a\", \"b\"}) = count(orders where category = \"a\") + count(orders where category = \"b\")",
    "count(orders where category = \"a\" in last 90d) <= count(orders where category = \"a\")",
    "count(orders where category = \"a\") + count(orders where category != \"a\") = count(orders.category)",
    "count(orders where category = \"a\" and gift) <= count(orders where category = \"a\")",
    // Kleene.
    "vip or not vip",
    "score > 1 or score <= 1",
    // The population, and exact numbers.
    "rank(monetary) >= 1",
    "quintile(balance) >= 1 and quintile(balance) <= 5",
    "balance / 3 * 3 = balance",
    "aov = monetary / count(orders.amount)",
];

fn answers(case: &Case, conditions: &[&str]) -> Result<(Plan, Answers), String> {
    let rules: String =
        conditions.iter().map(|condition| format!("when {condition} then tag \"x\"\n")).collect();
    let mut checked = whole::compile(&case.project, &rules)?;
    let plan = checked.plan(case.as_of, &[]).map_err(|found| whole::listed(&found, &checked.sources))?;
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let path = folder.path().join("shop.db");
    let tables = case.database.iter().map(|(name, table)| (*name, table));
    database::write(&path, tables).map_err(|error| error.to_string())?;
    let mut engine = SqliteEngine::open(&path).map_err(|found| found.message.en)?;
    let answers = ask(&mut engine, &plan, &[]).map_err(|found| whole::listed(&found, &checked.sources))?;
    Ok((plan, answers))
}

/// What answers say of the condition of a rule, a letter a customer.
fn letters(plan: &Plan, answers: &Answers, rule: usize) -> String {
    let found = answers.condition(plan.rules[rule].condition);
    let letter = |customer| match (found.yes.contains(customer), found.unknown.contains(customer)) {
        (true, _) => 'T',
        (_, true) => '?',
        _ => 'f',
    };
    (0..answers.population()).map(letter).collect()
}

const SEEDS: std::ops::Range<u64> = 0..60;

#[test]
fn what_says_the_same_takes_the_same_customers() {
    let conditions: Vec<&str> = SAME.iter().flat_map(|(left, right)| [*left, *right]).collect();
    for seed in SEEDS {
        let (plan, answers) =
            answers(&Case::new(seed, 0, Size::Small), &conditions).unwrap_or_else(|wrong| panic!("{wrong}"));
        for (at, (left, right)) in SAME.iter().enumerate() {
            let [one, other] = [2 * at, 2 * at + 1].map(|rule| letters(&plan, &answers, rule));
            assert_eq!(one, other, "seed {seed}: `{left}` and `{right}`");
        }
    }
}

#[test]
fn what_must_hold_is_false_for_nobody() {
    for seed in SEEDS {
        let (plan, answers) =
            answers(&Case::new(seed, 0, Size::Small), NEVER_FALSE).unwrap_or_else(|wrong| panic!("{wrong}"));
        for (rule, condition) in NEVER_FALSE.iter().enumerate() {
            let found = letters(&plan, &answers, rule);
            assert!(!found.contains('f'), "seed {seed}: `{condition}`: {found}");
        }
    }
}
