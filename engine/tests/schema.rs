//! What a database has, and where it disagrees with a project file.

#![allow(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod common;

use common::{Database, NOW};
use indexmap::IndexMap;
use rulec_engine::SchemaCheck;
use rulec_engine::introspect::ForeignKey;
use rulec_plan::project::{
    Approvals, CustomerTable, EventTable, Fact, FactKind, Guards, LookupTable, Project, Source, TimeColumn,
    TimeFormat,
};
use rulec_plan::time::{Instant, SECOND, Zone};

const SHOP: &str = "CREATE TABLE customers(id INTEGER PRIMARY KEY, phone TEXT UNIQUE, gender TEXT NOT NULL);
    CREATE TABLE orders(no INTEGER PRIMARY KEY, customer_id INT REFERENCES customers(id), at, day, paid);
    CREATE VIEW ladies AS SELECT id FROM customers WHERE gender = 'f';
    INSERT INTO customers VALUES (1, '1', 'f'), (2, '2', 'm');";

fn fact(column: &str, kind: FactKind) -> (String, Fact) {
    (column.to_owned(), Fact { column: column.to_owned(), kind, personal: false, yearly: false })
}

fn project() -> Project {
    let gender = FactKind::Enum { values: vec!["f".into(), "m".into()] };
    let orders = EventTable {
        source: Source::Table("orders".into()),
        customer: "customer_id".into(),
        time: TimeColumn { column: "at".into(), format: TimeFormat::Unix },
        filter: None,
        facts: IndexMap::from([fact("paid", FactKind::Bool)]),
    };
    Project {
        name: "shop".into(),
        shop: "shop".into(),
        zone: Zone::UTC,
        currency: "CNY".into(),
        rules: vec![],
        database: String::new(),
        state: String::new(),
        customer: CustomerTable {
            source: Source::Table("customers".into()),
            key: "id".into(),
            filter: None,
            zone: None,
            facts: IndexMap::from([fact("gender", gender)]),
        },
        events: IndexMap::from([("orders".to_owned(), orders)]),
        lookups: IndexMap::new(),
        consent: IndexMap::new(),
        channels: IndexMap::new(),
        guards: Guards::default(),
        approvals: Approvals::default(),
        lints: IndexMap::new(),
        holidays: IndexMap::new(),
    }
}

/// Codes and English messages of a check of a shop with these further statements.
fn findings(project: &Project, sql: &str, rows: Option<u64>) -> Vec<(&'static str, String)> {
    let database = Database::new(&format!("{SHOP}\n{sql}"));
    let extent = SchemaCheck { now: Instant(NOW * SECOND), rows };
    let found = database.engine().check_schema(project, extent).unwrap();
    found.into_iter().map(|finding| (finding.code.name(), finding.message.en)).collect()
}

#[test]
fn a_shop_as_described_has_no_findings() {
    assert_eq!(findings(&project(), "INSERT INTO orders VALUES (1, 1, 0, '', 1)", None), []);
}

#[test]
fn everything_that_disagrees_is_found() {
    let (millis, later) = (NOW * 1_000, NOW + 1);
    let sql = format!(
        "INSERT INTO customers VALUES (3, '3', 'x');
         INSERT INTO orders VALUES (1, 1, {millis}, '', 1), (2, 9, {later}, '', 'no'), (3, NULL, 0, '', 0)"
    );
    let expected = [
        ("R0019", "1 value of `customers.gender` is not listed: `x`"),
        (
            "R0018",
            "1 value of `orders.paid` is not a bool (0, 1, `true` or `false`), first at key `9`: a text of 2 characters",
        ),
        ("R0022", "1 time of `orders.at` lies after the year 5000"),
        ("R0024", "2 of 3 rows of `orders` belong to no known customer"),
        ("R0023", "2 rows of `orders` lie in the future"),
    ];
    assert_eq!(findings(&project(), &sql, None), expected.map(|(code, message)| (code, message.to_owned())));
    assert_eq!(findings(&project(), &sql, Some(1)).len(), 2, "only what the first rows show");
}

#[test]
fn what_is_not_there_is_found_in_every_section() {
    let mut project = project();
    project.customer.facts.extend([fact("phon", FactKind::Text), fact("xyz", FactKind::Text)]);
    project.events["orders"].source = Source::Table("order".into());
    let found = findings(&project, "", None);
    let codes: Vec<&str> = found.iter().map(|(code, _)| *code).collect();
    assert_eq!(codes, ["R0009", "R0009", "R0008"]);
}

#[test]
fn keys_of_outside_data_are_checked_whole_and_as_a_run_reads_them() {
    let mut project = project();
    let source = Source::Table("weather".into());
    let facts = IndexMap::from([fact("rain", FactKind::Bool)]);
    project.lookups.insert("weather".to_owned(), LookupTable { source, key: "city".into(), facts });
    let twice = "1 key of `weather` stands on several rows, first ";
    for (keys, code, message) in [
        ("('a', 1), ('b', 0), ('b', 1)", "R0014", format!("{twice}`b`, on 2 rows")),
        ("(7, 1), ('x', 0), ('7', 1)", "R0014", format!("{twice}`7`, on 2 rows")),
        ("(7, 1), (8, 1), (7.0, 1)", "R0014", format!("{twice}`7`, on 2 rows")),
        (
            "('a', 1), (x'00', 0)",
            "R0018",
            "1 value of `weather.city` is not a text, first: binary data of 1 byte".to_owned(),
        ),
    ] {
        let sql = format!("CREATE TABLE weather(city, rain); INSERT INTO weather VALUES {keys}");
        assert_eq!(findings(&project, &sql, Some(1)), [(code, message)], "{keys}");
    }
    for keys in ["('a', 1), (NULL, 0), (NULL, 1), (7, 1)", "(1.2, 0), (1.3, 0), (1, 1)"] {
        let sql = format!("CREATE TABLE weather(city, rain); INSERT INTO weather VALUES {keys}");
        assert_eq!(findings(&project, &sql, None), [], "{keys}");
    }
}

#[test]
fn values_of_a_personal_fact_are_counted_but_not_shown() {
    let mut project = project();
    project.customer.facts["gender"].personal = true;
    let found = findings(&project, "INSERT INTO customers VALUES (3, '3', 'x')", None);
    assert_eq!(found, [("R0019", "1 value of `customers.gender` is not listed".to_owned())]);
}

#[test]
fn tables_and_columns_are_described() {
    let sql = format!(
        "INSERT INTO orders VALUES (1, 1, {NOW}, '2026-11-21', 1), (2, 1, {NOW}.0, '2026-11-22', 0), (3, 1, NULL, NULL, 1.5)"
    );
    let database = Database::new(&format!("{SHOP} {sql}"));
    let shape = database.engine().introspect(100).unwrap();
    let names: Vec<(&str, bool, u64)> =
        shape.tables.iter().map(|table| (table.name.as_str(), table.is_view, table.rows)).collect();
    assert_eq!(names, [("customers", false, 2), ("ladies", true, 1), ("orders", false, 3)]);

    let customers = &shape.tables[0].columns;
    assert!(customers[0].is_primary_key && customers[0].is_unique && customers[0].sample.is_integer());
    assert!(customers[1].is_unique && !customers[1].is_primary_key && customers[2].is_not_null);
    assert_eq!(customers[2].declared, "TEXT");
    assert_eq!(customers[2].sample.distinct_texts, Some(vec!["f".to_owned(), "m".to_owned()]));

    let orders = &shape.tables[2];
    let key = ForeignKey { column: "customer_id".into(), table: "customers".into(), to: Some("id".into()) };
    assert_eq!(orders.foreign_keys, [key]);
    let [_, _, at, day, paid] = &orders.columns[..] else { panic!("five columns") };
    assert!(at.sample.looks_like_unix_seconds() && !at.sample.looks_like_unix_millis());
    assert!(day.sample.looks_like_day() && !day.sample.looks_like_iso_time());
    assert!(!paid.sample.looks_like_bool());
    assert_eq!((at.sample.nulls, paid.sample.reals), (1, 1));
}

#[test]
fn a_broken_view_does_not_hide_the_tables() {
    let database =
        Database::new("CREATE TABLE a(x); CREATE VIEW b AS SELECT x FROM gone; CREATE TABLE c(x);");
    let shape = database.engine().introspect(10).unwrap();
    let problems: Vec<bool> = shape.tables.iter().map(|table| table.problem.is_some()).collect();
    assert_eq!(problems, [false, true, false]);
}
