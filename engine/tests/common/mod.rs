//! A small shop, as tables in memory and as an SQLite file, and plans over it.

#![allow(dead_code, reason = "each test file uses a part of it")]

use rulec_diagnostic::Diagnostic;
use rulec_engine::{Answers, Engine, MemoryEngine, Question, SqliteEngine, Table, Value};
use rulec_plan::Plan;
use rulec_plan::audience::{
    Aggregate, AggregateId, Audience, Column, ColumnId, CustomerScan, EventScan, Function, Node, NodeId, Op,
    Shape, Stream,
};
use rulec_plan::project::{FactKind, MoneyUnit, Source, TimeFormat};
use rulec_plan::time::{Instant, SECOND, Zone};
use std::path::PathBuf;

/// The instant of every run in these tests, in seconds.
pub const NOW: i64 = 1_700_000_000;

pub const CENTS: FactKind = FactKind::Money { unit: MoneyUnit::Cent };
pub const UNIX: FactKind = FactKind::Time { format: TimeFormat::Unix };

/// A plan under construction: customers(id, …) and orders(customer_id, at, …).
pub struct Shop {
    pub plan: Plan,
}

impl Shop {
    /// One stream, `orders`, of the table of that name; its column 0 is `at`.
    pub fn new() -> Self {
        let stream = Stream {
            name: "orders".into(),
            customer: "customer_id".into(),
            time: ColumnId(0),
            filter: None,
            nodes: Vec::new(),
        };
        let scan = EventScan {
            source: Source::Table("orders".into()),
            columns: vec![Column { name: "at".into(), kind: UNIX, personal: false }],
            streams: vec![stream],
        };
        let customers = CustomerScan {
            source: Source::Table("customers".into()),
            filter: None,
            key: "id".into(),
            columns: Vec::new(),
        };
        let audience =
            Audience { customers, lookups: vec![], scans: vec![scan], aggregates: vec![], nodes: vec![] };
        let plan = Plan {
            as_of: Instant(NOW * SECOND),
            zone: Zone::parse("Asia/Shanghai").unwrap(),
            audience,
            rules: vec![],
            customer_zone: None,
            consents: indexmap::IndexMap::new(),
            campaigns: vec![],
            suppressions: vec![],
            prohibitions: vec![],
            limits: vec![],
            pools: vec![],
            memberships: vec![],
            rules_hash: String::new(),
        };
        Self { plan }
    }

    pub fn node(&mut self, op: Op, shape: Shape) -> NodeId {
        push_node(&mut self.plan.audience.nodes, op, shape)
    }

    /// A column of the customer table as a node.
    pub fn fact(&mut self, name: &str, kind: FactKind, shape: Shape) -> NodeId {
        let columns = &mut self.plan.audience.customers.columns;
        columns.push(Column { name: name.into(), kind, personal: false });
        let id = ColumnId(columns.len() as u32 - 1);
        self.node(Op::Column(id), shape)
    }

    pub fn stream(&mut self) -> &mut Stream {
        &mut self.plan.audience.scans[0].streams[0]
    }

    /// A column of the orders as a node of the stream.
    pub fn order_fact(&mut self, name: &str, kind: FactKind, shape: Shape) -> NodeId {
        let columns = &mut self.plan.audience.scans[0].columns;
        columns.push(Column { name: name.into(), kind, personal: false });
        let id = ColumnId(columns.len() as u32 - 1);
        self.order_node(Op::Column(id), shape)
    }

    pub fn order_node(&mut self, op: Op, shape: Shape) -> NodeId {
        push_node(&mut self.stream().nodes, op, shape)
    }

    /// An aggregate over all orders as a node.
    pub fn aggregate(&mut self, function: Function, shape: Shape) -> NodeId {
        self.windowed(function, shape, None, None)
    }

    /// Over the orders between two times in seconds.
    pub fn windowed(
        &mut self,
        function: Function,
        shape: Shape,
        from: Option<i64>,
        until: Option<i64>,
    ) -> NodeId {
        let instant = |seconds: i64| Instant(seconds * SECOND);
        let (from, until) = (from.map(instant), until.map(instant));
        self.add(Aggregate { scan: 0, stream: 0, function, from, until, filter: None, stage: 0 }, shape)
    }

    pub fn add(&mut self, aggregate: Aggregate, shape: Shape) -> NodeId {
        self.plan.audience.aggregates.push(aggregate);
        let id = AggregateId(self.plan.audience.aggregates.len() as u32 - 1);
        self.node(Op::Aggregate(id), shape)
    }

    pub fn ask(
        &self,
        engine: &mut dyn Engine,
        conditions: &[NodeId],
        outputs: &[NodeId],
    ) -> Result<Answers, Vec<Diagnostic>> {
        engine.answer(
            Question { plan: &self.plan, conditions, outputs, data_hash: true, kept: None },
            &mut |_| {},
        )
    }
}

fn push_node(nodes: &mut Vec<Node>, op: Op, shape: Shape) -> NodeId {
    nodes.push(Node { op, shape });
    NodeId(nodes.len() as u32 - 1)
}

/// The names of the codes of what went wrong.
pub fn codes(result: Result<Answers, Vec<Diagnostic>>) -> Vec<&'static str> {
    result.map(|_| ()).unwrap_err().iter().map(|wrong| wrong.code.name()).collect()
}

/// An SQLite file in a folder of its own that lives as long as this.
pub struct Database {
    pub folder: tempfile::TempDir,
    pub path: PathBuf,
}

impl Database {
    /// Made by these statements.
    pub fn new(sql: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shop.db");
        let connection = rusqlite::Connection::open(&path).unwrap();
        connection.execute_batch(&format!("PRAGMA foreign_keys = OFF; {sql}")).unwrap();
        Self { folder, path }
    }

    pub fn engine(&self) -> SqliteEngine {
        SqliteEngine::open(&self.path).unwrap()
    }

    /// Holding the same rows as tables in memory; columns without a type keep every value as it is.
    pub fn of(tables: &[(&str, &Table)]) -> Self {
        let database = Self::new("");
        let mut connection = rusqlite::Connection::open(&database.path).unwrap();
        let transaction = connection.transaction().unwrap();
        for (name, table) in tables {
            let names: Vec<String> = table.columns.iter().map(|column| format!("\"{column}\"")).collect();
            let sql = format!("CREATE TABLE \"{name}\" ({})", names.join(", "));
            transaction.execute_batch(&sql).unwrap();
            let marks = vec!["?"; names.len()].join(", ");
            let mut insert =
                transaction.prepare(&format!("INSERT INTO \"{name}\" VALUES ({marks})")).unwrap();
            for row in &table.rows {
                insert.execute(rusqlite::params_from_iter(row.iter().map(sql_value))).unwrap();
            }
        }
        transaction.commit().unwrap();
        database
    }
}

pub fn sql_value(value: &Value) -> rusqlite::types::Value {
    match value.clone() {
        Value::Null => rusqlite::types::Value::Null,
        Value::Integer(number) => rusqlite::types::Value::Integer(number),
        Value::Real(number) => rusqlite::types::Value::Real(number),
        Value::Text(text) => rusqlite::types::Value::Text(text),
        Value::Blob(bytes) => rusqlite::types::Value::Blob(bytes),
    }
}

/// Both engines over the same tables.
pub fn memory(tables: &[(&str, &Table)]) -> MemoryEngine {
    tables.iter().fold(MemoryEngine::new(), |engine, (name, table)| engine.table(name, (*table).clone()))
}
