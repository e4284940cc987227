//! Two public data sets of real customers: numbers that others have published come out, and the reference agrees on every
//! customer. `examples/grocery/data/SOURCE.md` and `tests/data/cdnow/SOURCE.md` say where the data and the numbers are from.

use flate2::read::GzDecoder;
use rulec_compiler::{NoFiles, audience, check, lower, project};
use rulec_diagnostic::{FileId, Sources};
use rulec_engine::{Engine, Question, SqliteEngine};
use rulec_plan::audience::Scalar;
use rulec_plan::project::Project;
use rulec_plan::time::{Day, Instant};
use rulec_tests::database;
use rulec_tests::reference::{Reference, Table, Tables};
use rulec_tests::whole::ask;
use rusqlite::types::Value as Sql;
use std::collections::BTreeMap;
use std::path::Path;
use tempfile::TempDir;

/// A real shop, ready to be asked about.
struct Shop {
    project: Project,
    tables: BTreeMap<String, Table>,
    /// The end of the day of the question.
    as_of: Instant,
    /// Holds the database as long as the shop lives.
    folder: TempDir,
}

/// The rows of a compressed CSV file. What looks like a number is one; what is empty is NULL.
fn table_of(path: &Path) -> Table {
    let file = std::fs::File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut reader = csv::Reader::from_reader(GzDecoder::new(file));
    let columns = reader.headers().expect("a header").iter().map(str::to_owned).collect();
    let rows = reader.records().map(|row| row.expect("a row").iter().map(cell_of).collect());
    Table { rows: rows.collect(), columns }
}

fn cell_of(text: &str) -> Sql {
    if text.is_empty() {
        return Sql::Null;
    }
    let whole = text.parse().map(Sql::Integer);
    whole.or_else(|_| text.parse().map(Sql::Real)).unwrap_or_else(|_| Sql::Text(text.to_owned()))
}

impl Shop {
    fn new(project_file: &str, tables: BTreeMap<String, Table>, day: (i32, u32, u32)) -> Shop {
        let (project, found) = project::parse(FileId::default(), project_file);
        let project = project.unwrap_or_else(|| panic!("{found:#?}"));
        let day = Day::from_ymd(day.0, day.1, day.2).expect("a day");
        let as_of = Instant(project.zone.start_of(day.shift(0, 1)).0 - 1);
        let folder = tempfile::tempdir().expect("a folder");
        let named = tables.iter().map(|(name, table)| (name.as_str(), table));
        database::write(&folder.path().join("shop.db"), named).expect("a database");
        Shop { project, tables, as_of, folder }
    }

    /// A year of a grocery chain, asked about on its last day.
    fn grocery() -> Shop {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/grocery");
        let names = ["customers", "orders", "campaigns", "campaign_members", "coupon_redemptions"];
        let tables =
            names.map(|name| (name.to_owned(), table_of(&folder.join(format!("data/{name}.csv.gz")))));
        let project = std::fs::read_to_string(folder.join("rulec.toml")).expect("the example's project file");
        Shop::new(&project, BTreeMap::from(tables), (2017, 12, 31))
    }

    /// Those who first bought music in early 1997, asked about eighteen months later.
    fn cdnow() -> Shop {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/cdnow");
        let tables = BTreeMap::from([("orders".to_owned(), table_of(&folder.join("orders.csv.gz")))]);
        Shop::new(CDNOW, tables, (1998, 6, 30))
    }

    fn engine(&self) -> SqliteEngine {
        SqliteEngine::open(&self.folder.path().join("shop.db")).expect("the database just written")
    }

    /// How many customers there are.
    fn population(&self) -> usize {
        self.ask("everyone").0
    }

    /// How many customers fulfil a condition.
    fn count(&self, condition: &str) -> usize {
        self.ask(condition).1
    }

    fn ask(&self, condition: &str) -> (usize, usize) {
        let mut sources = Sources::default();
        let planned = audience(&self.project, &mut sources, &[], &NoFiles, condition, self.as_of, &[]);
        let (plan, node) = planned.unwrap_or_else(|found| panic!("{condition}: {found:#?}"));
        let question =
            Question { plan: &plan, conditions: &[node], outputs: &[], data_hash: true, kept: None };
        let answers = self.engine().answer(question, &mut |_| {}).expect("an answer");
        (answers.population(), answers.condition(node).yes.count_ones(..))
    }

    /// An integer value, summed over all customers.
    fn total(&self, value: &str) -> i64 {
        let mut sources = Sources::default();
        let file = sources.add("total.rules", format!("when ({value}) is known then tag \"x\""));
        let checked = check(&self.project, &mut sources, &[file], &NoFiles);
        let plan = lower(&checked.program, &self.project, &mut sources, self.as_of, &[]);
        let plan = plan.unwrap_or_else(|found| panic!("{value}: {found:#?} {:#?}", checked.diagnostics));
        let node = plan.rules[0].facts[0].node;
        let answers = ask(&mut self.engine(), &plan, &[node]).expect("an answer");
        (0..answers.population())
            .map(|customer| match answers.value(node, customer) {
                Scalar::Int(number) => number,
                other => panic!("{value} is {other:?}"),
            })
            .sum()
    }

    /// Compares engine and reference on every customer, for conditions of one rule each.
    fn hold_against_reference(&self, tables: &Tables, conditions: &[&str]) {
        let rules: String = conditions
            .iter()
            .enumerate()
            .map(|(number, condition)| format!("rule r{number} {{ when {condition} then tag \"x\" }}\n"))
            .collect();
        let mut sources = Sources::default();
        let file = sources.add("reference.rules", rules);
        let checked = check(&self.project, &mut sources, &[file], &NoFiles);
        let plan = lower(&checked.program, &self.project, &mut sources, self.as_of, &[]);
        let plan = plan.unwrap_or_else(|found| panic!("{found:#?} {:#?}", checked.diagnostics));
        let answers = ask(&mut self.engine(), &plan, &[]).expect("an answer");
        let set = BTreeMap::new();
        let reference = Reference::new(&self.project, &checked.program, &set, self.as_of, tables);
        assert_eq!(answers.population(), reference.population());
        for (typed, (planned, condition)) in
            checked.program.rules.iter().zip(plan.rules.iter().zip(conditions))
        {
            let found = answers.condition(planned.condition);
            let mut takes = 0;
            for customer in 0..answers.population() {
                let expected = reference.takes(typed, customer);
                let known = (!found.unknown.contains(customer)).then(|| found.yes.contains(customer));
                assert_eq!(known, expected, "{condition} of {}", reference.key(customer));
                takes += usize::from(expected == Some(true));
            }
            assert!(takes > 0 && takes < answers.population(), "{condition} takes {takes}: it says nothing");
        }
    }
}

const CDNOW: &str = r#"
[project]
name = "cdnow"
timezone = "America/New_York"
currency = "USD"

[database]
url = "sqlite:shop.db"

[customer]
query = "SELECT DISTINCT customer_id FROM orders"
key = "customer_id"

[events.orders]
table = "orders"
customer = "customer_id"
time = { column = "date", format = "date" }
[events.orders.facts]
amount = { column = "dollars", type = "money", unit = "yuan" }
cds = { type = "number", decimals = 0 }

[channels.sms]
kind = "file"
"#;

#[test]
fn the_grocery_chain_has_its_published_numbers() {
    let shop = Shop::grocery();
    assert_eq!(shop.population(), 2_469);
    assert_eq!(shop.total("frequency"), 155_848);
    assert_eq!(shop.total("monetary"), 459_603_958);
    assert_eq!(shop.total("sum(orders.coupon_discount)"), 2_635_990);
    assert_eq!(shop.count("exists(mailings)"), 1_559);
    assert_eq!(shop.count("exists(redemptions)"), 410);
    assert_eq!(shop.total("count(orders where at in 2017-12-25..2017-12-26)"), 0);
}

#[test]
fn the_grocery_chain_has_its_dormant_households() {
    let shop = Shop::grocery();
    assert_eq!(shop.count("dormant > 60d"), 215);
    assert_eq!(shop.count("dormant >= 60d"), 221);
    assert_eq!(shop.count("exists(orders in last 60d)"), 2_469 - 215);
    assert_eq!(shop.count("not exists(orders in last 60d) and exists(orders)"), 215);
}

#[test]
fn the_grocery_chain_has_its_redemptions_by_month() {
    let shop = Shop::grocery();
    let published = [19, 44, 32, 20, 268, 155, 47, 424, 223, 70, 526, 274];
    for (month, count) in (1..).zip(published) {
        let next = if month == 12 { "2018-01-01".to_owned() } else { format!("2017-{:02}-01", month + 1) };
        let window = format!("2017-{month:02}-01..{next}");
        assert_eq!(shop.total(&format!("count(redemptions in {window})")), count, "{window}");
    }
    assert_eq!(shop.total("count(redemptions)"), 2_102);
}

#[test]
fn the_grocery_chain_is_as_the_reference_has_it() {
    let shop = Shop::grocery();
    let no_mailings = Table {
        columns: vec!["customer_id".into(), "start_date".into(), "campaign_type".into()],
        rows: Vec::new(),
    };
    let tables = Tables {
        customers: shop.tables["customers"].clone(),
        events: BTreeMap::from([
            ("orders".to_owned(), shop.tables["orders"].clone()),
            ("redemptions".to_owned(), shop.tables["coupon_redemptions"].clone()),
            ("mailings".to_owned(), no_mailings),
        ]),
        kept: BTreeMap::new(),
        lookups: BTreeMap::new(),
    };
    shop.hold_against_reference(
        &tables,
        &[
            "dormant > 60d and monetary > 500",
            "aov in top 20%",
            "quintile(monetary) >= 4 and quintile(dormant) <= 2",
            "rank(frequency) <= 100",
            "sum(orders.amount in 90d..180d ago) > 2 * sum(orders.amount in last 90d)",
            "count(orders where amount >= 50 in last 1mo) >= 2",
            "count(orders since last(redemptions.at)) > 3",
            "cycle > 7d or age in {\"19-24\", \"65+\"}",
            "last(orders.store) = first(orders.store)",
        ],
    );
}

#[test]
fn cdnow_has_its_published_numbers() {
    let shop = Shop::cdnow();
    assert_eq!(shop.population(), 23_570);
    assert_eq!(shop.total("frequency"), 69_659);
    assert_eq!(shop.total("monetary"), 250_031_563);
    assert_eq!(shop.total("sum(orders.cds)"), 167_881);
    assert_eq!(shop.total("count(orders where amount = 0)"), 80);
    assert_eq!(shop.count("frequency = 1"), 11_908);
    assert_eq!(shop.count("distinct(orders.at) = 1"), 12_054);
}

#[test]
fn cdnow_has_its_dormant_and_its_new_customers() {
    let shop = Shop::cdnow();
    assert_eq!(shop.count("dormant > 60d"), 21_022);
    assert_eq!(shop.count("dormant > 180d"), 18_196);
    let first = "first(orders.at)";
    assert_eq!(shop.count(&format!("{first} in 1997-01-01..1997-02-01")), 7_846);
    assert_eq!(shop.count(&format!("{first} in 1997-02-01..1997-03-01")), 8_476);
    assert_eq!(shop.count(&format!("{first} in 1997-03-01..1997-04-01")), 7_248);
    assert_eq!(shop.count(&format!("{first} > 1997-03-25")), 0);
}

#[test]
fn ties_share_the_better_place_among_the_customers_of_cdnow() {
    let shop = Shop::cdnow();
    // Half of all customers share frequency 1: whoever is not in the better half is no worse than any other of them.
    let quintiles: Vec<usize> =
        (1..=5).map(|place| shop.count(&format!("quintile(frequency) = {place}"))).collect();
    assert_eq!(quintiles.iter().sum::<usize>(), 23_570);
    assert_eq!(shop.count("frequency = 1 and quintile(frequency) = 3"), 11_908);
    assert_eq!(quintiles[..2], [0, 0]);
    let customers = shop.tables["orders"].clone();
    let keys: std::collections::BTreeSet<i64> = customers
        .rows
        .iter()
        .filter_map(|row| match row[customers.column("customer_id")] {
            Sql::Integer(key) => Some(key),
            _ => None,
        })
        .collect();
    let keys = keys.into_iter().map(|key| vec![Sql::Integer(key)]).collect();
    let tables = Tables {
        customers: Table { columns: vec!["customer_id".into()], rows: keys },
        events: BTreeMap::from([("orders".to_owned(), customers)]),
        kept: BTreeMap::new(),
        lookups: BTreeMap::new(),
    };
    shop.hold_against_reference(
        &tables,
        &[
            "quintile(frequency) >= 4",
            "frequency in top 20%",
            "rank(monetary) <= 1000",
            "quintile(cycle) = 5",
            "aov in top 1% best low",
        ],
    );
}
