//! Every way in which a database can disappoint, from a real file, each with its own code.

#![allow(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod common;

use common::{CENTS, Database, NOW, Shop, UNIX, codes};
use rulec_diagnostic::{Diagnostic, Language};
use rulec_engine::{Engine, SqliteEngine};
use rulec_plan::audience::{Column, Function, NodeId, Op, Shape};
use rulec_plan::project::{FactKind, Source, TimeFormat};
use std::path::Path;
use std::time::Duration;

const SHOP: &str = "CREATE TABLE customers(id, v); INSERT INTO customers VALUES (1, NULL), (2, NULL);
    CREATE TABLE orders(customer_id, at, amount, status);";

/// A shop whose plan reads one fact of the customers.
fn with_fact(kind: FactKind, shape: Shape) -> (Shop, NodeId) {
    let mut shop = Shop::new();
    let fact = shop.fact("v", kind, shape);
    (shop, fact)
}

/// A shop whose plan sums up the orders.
fn with_sum() -> (Shop, NodeId) {
    let mut shop = Shop::new();
    let amount = shop.order_fact("amount", CENTS, Shape::Int);
    let sum = shop.aggregate(Function::Sum(amount), Shape::Int);
    (shop, sum)
}

/// What is wrong with the answer from a shop with these further statements.
fn wrong(shop: &Shop, asked: NodeId, sql: &str) -> Vec<Diagnostic> {
    let database = Database::new(&format!("{SHOP}\n{sql}"));
    shop.ask(&mut database.engine(), &[], &[asked]).map(|_| ()).unwrap_err()
}

fn open_error(path: &Path) -> &'static str {
    SqliteEngine::open_waiting(path, Duration::from_millis(10)).unwrap_err().code.name()
}

#[test]
fn files_that_cannot_be_opened() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(open_error(&folder.path().join("none.db")), "R0001");
    assert_eq!(open_error(folder.path()), "R0002");
    let other = folder.path().join("shop.xlsx");
    std::fs::write(&other, "PK\u{3}\u{4} not a database at all, but long enough for a header".repeat(20))
        .unwrap();
    assert_eq!(open_error(&other), "R0003");
    assert_eq!(open_error(&other.join("inside.db")), "R0001");
}

#[test]
fn a_damaged_file() {
    let database = Database::new(SHOP);
    let mut bytes = std::fs::read(&database.path).unwrap();
    bytes[100..2_000].fill(0xAA);
    std::fs::write(&database.path, bytes).unwrap();
    assert_eq!(open_error(&database.path), "R0004");
}

#[test]
fn a_file_name_is_no_uri() {
    let database = Database::new(SHOP);
    let odd = database.folder.path().join("shop 100%?mode=rw&x#'\"顾客.db");
    std::fs::copy(&database.path, &odd).unwrap();
    assert!(SqliteEngine::open(&odd).is_ok());
}

#[test]
fn a_database_that_another_program_holds() {
    let database = Database::new(SHOP);
    let mut engine = SqliteEngine::open_waiting(&database.path, Duration::from_millis(10)).unwrap();
    let writer = rusqlite::Connection::open(&database.path).unwrap();
    writer.execute_batch("BEGIN EXCLUSIVE").unwrap();
    assert_eq!(open_error(&database.path), "R0005");
    let (shop, sum) = with_sum();
    assert_eq!(codes(shop.ask(&mut engine, &[], &[sum])), ["R0005"]);
    writer.execute_batch("COMMIT").unwrap();
    assert!(shop.ask(&mut engine, &[], &[sum]).is_ok());
}

#[test]
fn a_journal_that_must_be_taken_in_first() {
    let database = Database::new(SHOP);
    let writer = rusqlite::Connection::open(&database.path).unwrap();
    writer.execute_batch("PRAGMA cache_size = 1; BEGIN; CREATE TABLE filler(x);").unwrap();
    let fill = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
        INSERT INTO filler SELECT randomblob(900) FROM n; UPDATE customers SET v = 1;";
    writer.execute_batch(fill).unwrap();
    // A copy as a crash would leave it: half-written database and hot journal.
    let copy = database.folder.path().join("copy.db");
    std::fs::copy(&database.path, &copy).unwrap();
    let journal = |path: &Path| format!("{}-journal", path.display());
    std::fs::copy(journal(&database.path), journal(&copy)).unwrap();
    assert_eq!(open_error(&copy), "R0006");
}

#[test]
fn a_write_ahead_log_is_read() {
    let database = Database::new(&format!("PRAGMA journal_mode = WAL; {SHOP}"));
    let writer = rusqlite::Connection::open(&database.path).unwrap();
    writer.execute_batch("INSERT INTO customers VALUES (3, NULL)").unwrap();
    let (shop, fact) = with_fact(FactKind::Bool, Shape::Bool);
    assert_eq!(shop.ask(&mut database.engine(), &[fact], &[]).unwrap().population(), 3);
}

#[test]
fn what_the_database_lacks() {
    let (mut shop, fact) = with_fact(FactKind::Bool, Shape::Bool);
    shop.plan.audience.customers.source = Source::Table("customer".into());
    let found = &wrong(&shop, fact, "")[0];
    assert_eq!(found.code.name(), "R0008");
    assert_eq!(found.help.as_ref().unwrap().en, "did you mean `customers`?");
    shop.plan.audience.customers.source = Source::Table("customers".into());
    shop.plan.audience.customers.columns[0].name = "w\"".into();
    let found = &wrong(&shop, fact, "")[0];
    assert_eq!((found.code.name(), found.message.en.as_str()), ("R0009", "`customers` has no column `w\"`"));
}

#[test]
fn sql_that_is_refused() {
    let (mut shop, sum) = with_sum();
    for (filter, code) in [
        ("status = ", "R0010"),
        ("no_such_function(status)", "R0010"),
        ("1; DROP TABLE customers", "R0011"),
        ("1)); DROP TABLE customers; SELECT ((1", "R0010"),
        ("max(amount) > 1", "R0010"),
        ("row_number() OVER () = 1", "R0010"),
        ("amount > 1) OR (amount < 1", "R0010"),
        ("amount > 1 GROUP BY customer_id", "R0010"),
        ("amount > 1 /*", "R0010"),
    ] {
        shop.stream().filter = Some(filter.into());
        let found = &wrong(&shop, sum, "")[0];
        assert_eq!(found.code.name(), code, "{filter}");
        assert!(found.message.en.contains("[events.orders] where"), "{}", found.message.en);
    }
}

#[test]
fn a_condition_may_have_brackets_comments_and_subqueries() {
    let (mut shop, sum) = with_sum();
    for filter in
        ["(amount > 1) OR (amount < 1)", "amount > 1 -- )", "amount > (SELECT max(v) FROM customers)"]
    {
        shop.stream().filter = Some(filter.into());
        assert!(shop.ask(&mut Database::new(SHOP).engine(), &[], &[sum]).is_ok(), "{filter}");
    }
}

#[test]
fn queries_that_are_refused() {
    let (mut shop, fact) = with_fact(FactKind::Bool, Shape::Bool);
    for (query, code) in [
        ("SELECT id, v FROM customer", "R0010"),
        ("SELECT id, v FROM customers; SELECT 1", "R0011"),
        ("DELETE FROM customers RETURNING id, v", "R0012"),
        ("ATTACH 'x' AS y", "R0012"),
        ("", "R0012"),
        ("SELECT id FROM customers", "R0009"),
    ] {
        shop.plan.audience.customers.source = Source::Query(query.into());
        assert_eq!(wrong(&shop, fact, "")[0].code.name(), code, "{query}");
    }
    shop.plan.audience.customers.source = Source::Query("SELECT id, v FROM customers -- all\n ;\n".into());
    assert!(shop.ask(&mut Database::new(SHOP).engine(), &[fact], &[]).is_ok());
}

#[test]
fn keys_that_name_nobody_or_two() {
    let (shop, fact) = with_fact(FactKind::Bool, Shape::Bool);
    let mut found = Vec::new();
    for row in ["(NULL, 1)", "(2, 1), (2, 0)", "('x', 1)", "(x'00', 1)", "(1.5, 1)"] {
        let wrong = wrong(&shop, fact, &format!("INSERT INTO customers VALUES {row}"));
        assert_eq!(wrong.len(), 1, "{row}");
        found.push((wrong[0].code.name(), wrong[0].message.get(Language::En).to_owned()));
    }
    let expected = [
        ("R0013", "1 row of `customers` has no `id`"),
        ("R0014", "1 key of `customers` stands on several rows, first `2`, on 3 rows"),
        ("R0015", "of the keys in `customers`, 2 are integers and 1 are texts"),
        ("R0016", "1 key in `customers` is neither an integer nor a text: binary data of 1 byte"),
        (
            "R0016",
            "1 key in `customers` is neither an integer nor a text: a number with a fraction, or a very large one",
        ),
    ];
    assert_eq!(found, expected.map(|(code, message)| (code, message.to_owned())));
}

#[test]
fn event_keys_of_another_type() {
    let (shop, sum) = with_sum();
    let found = wrong(&shop, sum, "INSERT INTO orders VALUES ('1', 0, 5, ''), ('2', 0, 5, '')");
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].code.name(), found[0].message.en.as_str()),
        (
            "R0017",
            "2 rows of `orders` name their customers by a text of 1 character in `customer_id`, but the customers' keys are integers"
        )
    );
    let nulls = Database::new(&format!("{SHOP} INSERT INTO orders VALUES (NULL, 0, 5, '')"));
    let answers = shop.ask(&mut nulls.engine(), &[], &[sum]).unwrap();
    assert_eq!(answers.work.tables[1].strangers, 1);
}

#[test]
fn values_of_another_type_are_counted_but_not_shown() {
    let iso = TimeFormat::Iso(rulec_plan::project::ZoneKey(rulec_plan::time::Zone::UTC));
    for (kind, shape, value, form) in [
        (FactKind::Bool, Shape::Bool, "2", "an integer"),
        (FactKind::Bool, Shape::Bool, "'yes'", "a text of 3 characters"),
        (FactKind::Number { decimals: 2 }, Shape::Int, "'12'", "a text of 2 characters"),
        (CENTS, Shape::Int, "9e99", "a number that is too large"),
        (FactKind::Percent, Shape::Int, "x'0102'", "binary data of 2 bytes"),
        (FactKind::Days, Shape::Int, "1.5", "a number with a fraction, or a very large one"),
        (FactKind::Text, Shape::Text, "x'00'", "binary data of 1 byte"),
        (UNIX, Shape::Int, "'1700000000'", "a text of 10 characters"),
        (UNIX, Shape::Int, "9223372036854775807", "a number that is too large"),
        (FactKind::Time { format: iso }, Shape::Int, "1700000000", "an integer"),
        (FactKind::Date { format: iso }, Shape::Int, "'21.11.2026'", "a text of 10 characters"),
    ] {
        let (shop, fact) = with_fact(kind, shape);
        let found = wrong(&shop, fact, &format!("UPDATE customers SET v = {value}"));
        assert_eq!((found.len(), found[0].code.name()), (1, "R0018"), "{value}");
        let message = &found[0].message.en;
        assert!(message.starts_with("2 values of `customers.v` are not "), "{message}");
        assert!(message.ends_with(&format!(", first at key `1`: {form}")), "{message}");
        assert!(found[0].help.is_some());
    }
}

#[test]
fn values_that_an_enum_does_not_list() {
    let (shop, fact) = with_fact(FactKind::Enum { values: vec!["female".into()] }, Shape::Text);
    let rows: Vec<String> = (3..10).map(|id| format!("({id}, 'x{id}\u{7}')")).collect();
    let found = wrong(&shop, fact, &format!("INSERT INTO customers VALUES {}", rows.join(", ")));
    assert_eq!(found[0].code.name(), "R0019");
    assert_eq!(found[0].message.en, "7 values of `customers.v` are not listed: `x3`, `x4`, `x5`, `x6`, `x7`");
}

#[test]
fn values_of_a_personal_fact_are_counted_but_not_shown() {
    let (mut shop, fact) = with_fact(FactKind::Enum { values: vec!["female".into()] }, Shape::Text);
    shop.plan.audience.customers.columns[0].personal = true;
    let found = wrong(&shop, fact, "INSERT INTO customers VALUES (3, 'secret')");
    assert_eq!(found[0].message.en, "1 value of `customers.v` is not listed");
    assert_eq!(found[0].message.zh, "`customers.v` 有 1 个值没有列出");
}

#[test]
fn marks_that_turn_the_direction_of_writing_are_shown() {
    let (shop, fact) = with_fact(FactKind::Enum { values: vec!["female".into()] }, Shape::Text);
    let found = wrong(&shop, fact, "INSERT INTO customers VALUES (3, 'a\u{202e}b\u{2066}c\u{200f}d')");
    assert_eq!(
        found[0].message.en,
        "1 value of `customers.v` is not listed: `a\\u{202e}b\\u{2066}c\\u{200f}d`"
    );
}

#[test]
fn texts_that_are_not_utf8() {
    let (shop, fact) = with_fact(FactKind::Text, Shape::Text);
    let found = wrong(&shop, fact, "UPDATE customers SET v = CAST(x'B9CB' AS TEXT)");
    assert_eq!(found[0].message.en, "2 texts of `customers.v` are not valid UTF-8, first at key `1`");
}

#[test]
fn numbers_that_do_not_fit() {
    let (mut shop, sum) = with_sum();
    let rows = "INSERT INTO orders VALUES (2, 0, 9223372036854775807, ''), (2, 0, 1, ''), (1, 0, 1, '')";
    let found = wrong(&shop, sum, rows);
    assert_eq!(found[0].message.en, "for 1 customer a result is too large, first `2`");
    let fits = "INSERT INTO orders VALUES (2, 0, 9223372036854775807, ''), (2, 0, 1, ''), (2, 0, -1, '')";
    let database = Database::new(&format!("{SHOP} {fits}"));
    assert!(shop.ask(&mut database.engine(), &[], &[sum]).is_ok());
    let twice = shop.node(Op::Add(sum, sum), Shape::Int);
    assert_eq!(codes(shop.ask(&mut database.engine(), &[], &[twice])), ["R0020"]);
}

#[test]
fn rows_that_do_not_count_are_not_judged() {
    let (mut shop, sum) = with_sum();
    shop.stream().filter = Some("status = 'paid'".into());
    let later = NOW + 1;
    let rows = format!(
        "INSERT INTO orders VALUES (1, 0, 'bad', 'open'), (9, 0, 'bad', 'paid'), (1, {later}, 'bad', 'paid'),
         (1, NULL, 'bad', 'paid'), ('x', 0, 0, 'open'), (1, 0, 7, 'paid')"
    );
    let database = Database::new(&format!("{SHOP} {rows}"));
    assert!(shop.ask(&mut database.engine(), &[], &[sum]).is_ok());
}

#[test]
fn everything_wrong_is_said_at_once() {
    let (mut shop, sum) = with_sum();
    let fact = shop.fact("v", FactKind::Bool, Shape::Bool);
    let sql = "UPDATE customers SET v = 'x'; INSERT INTO orders VALUES (1, 'x', 1, ''), (1, 0, 'x', '')";
    let database = Database::new(&format!("{SHOP} {sql}"));
    let found = shop.ask(&mut database.engine(), &[], &[sum, fact]).map(|_| ()).unwrap_err();
    let messages: Vec<&str> = found.iter().map(|wrong| wrong.message.zh.as_str()).collect();
    assert_eq!(
        messages,
        [
            "`customers.v` 有 2 个值不是布尔值（0、1、`true`、`false`），第一个（键 `1`）：1 个字符的文字",
            "`orders.at` 有 1 个值不是以 unix 秒计的时间，第一个（键 `1`）：1 个字符的文字",
            "`orders.amount` 有 1 个值不是以分计的金额，第一个（键 `1`）：1 个字符的文字",
        ]
    );
}

#[test]
fn a_column_of_two_kinds_is_read_once_for_each() {
    let mut shop = Shop::new();
    let number = shop.fact("v", FactKind::Days, Shape::Int);
    let text = shop.fact("v", FactKind::Text, Shape::Text);
    let columns: &[Column] = &shop.plan.audience.customers.columns;
    assert_eq!(columns.len(), 2);
    let database = Database::new(&format!("{SHOP} UPDATE customers SET v = 7"));
    let answers = shop.ask(&mut database.engine() as &mut dyn Engine, &[], &[number, text]).unwrap();
    assert_eq!(answers.value(text, 0), rulec_plan::audience::Scalar::Text("7".into()));
}

#[test]
fn times_of_another_type_are_reported_even_where_old_rows_are_left_out() {
    let mut shop = Shop::new();
    let recent = shop.windowed(Function::Count, Shape::Int, Some(NOW - 10), None);
    for (declared, value) in
        [("TEXT", "'1'"), ("TEXT", "1"), ("INTEGER", "'x'"), ("", "x'00'"), ("REAL", "1e300")]
    {
        let database = Database::new(&format!(
            "CREATE TABLE customers(id); INSERT INTO customers VALUES (1);
             CREATE TABLE orders(customer_id, at {declared}); INSERT INTO orders VALUES (1, {value}), (1, 5)"
        ));
        let found = codes(shop.ask(&mut database.engine(), &[], &[recent]));
        assert_eq!(found, ["R0018"], "{declared} {value}");
    }
}

#[test]
fn a_side_file_that_cannot_be_opened() {
    let database = Database::new(&format!("PRAGMA journal_mode = WAL; {SHOP}"));
    std::fs::create_dir(database.folder.path().join("shop.db-wal")).unwrap();
    assert_eq!(open_error(&database.path), "R0006");
}
