//! The plan under construction: nodes, columns, scans and aggregates, each once.

use indexmap::IndexMap;
use rulec_plan::audience::{
    Aggregate, AggregateId, Audience, Column, ColumnId, CustomerScan, EventScan, LookupId, LookupScan, Node,
    NodeId, Op, Scalar, Shape, Stream,
};
use rulec_plan::project::{EventTable, Fact, FactKind, Kept, Project, Source, TimeColumn, TimeFormat};
use std::collections::{BTreeMap, HashMap};

/// Where a node lives: with the customers, or with the rows of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Frame {
    Customer,
    Row(StreamId),
}

/// A stream of a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct StreamId {
    pub(super) scan: u32,
    pub(super) stream: u32,
}

/// An audience that grows.
#[derive(Debug)]
pub(super) struct Builder<'a> {
    project: &'a Project,
    pub(super) audience: Audience,
    known: HashMap<(Frame, Node), NodeId>,
    aggregates: HashMap<Aggregate, AggregateId>,
    streams: BTreeMap<String, StreamId>,
    kept: BTreeMap<Kept, StreamId>,
    /// On how many stages of aggregates a node of the customers rests.
    stages: Vec<u32>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(project: &'a Project) -> Self {
        let customer = &project.customer;
        let customers = CustomerScan {
            source: customer.source.clone(),
            filter: customer.filter.clone(),
            key: customer.key.clone(),
            columns: Vec::new(),
        };
        let audience = Audience {
            customers,
            lookups: Vec::new(),
            scans: Vec::new(),
            aggregates: Vec::new(),
            nodes: Vec::new(),
        };
        Self {
            project,
            audience,
            known: HashMap::new(),
            aggregates: HashMap::new(),
            streams: BTreeMap::new(),
            kept: BTreeMap::new(),
            stages: Vec::new(),
        }
    }

    /// The node that computes this, a new one if there is none yet.
    pub(super) fn node(&mut self, frame: Frame, op: Op, shape: Shape) -> NodeId {
        let node = Node { op, shape };
        if let Some(id) = self.known.get(&(frame, node.clone())) {
            return *id;
        }
        let stage = self.stage_of(frame, &node.op);
        let nodes = match frame {
            Frame::Customer => {
                self.stages.push(stage);
                &mut self.audience.nodes
            }
            Frame::Row(id) => &mut self.audience.scans[id.scan as usize].streams[id.stream as usize].nodes,
        };
        nodes.push(node.clone());
        let id = NodeId(index(nodes.len() - 1));
        self.known.insert((frame, node), id);
        id
    }

    pub(super) fn shape(&self, frame: Frame, node: NodeId) -> Shape {
        self.nodes(frame)[node.0 as usize].shape
    }

    /// The value of a node that is the same for all.
    pub(super) fn constant_of(&self, frame: Frame, node: NodeId) -> Option<&Scalar> {
        match &self.nodes(frame)[node.0 as usize].op {
            Op::Constant(value) => Some(value),
            _ => None,
        }
    }

    /// The parts of an `and`, or the node itself.
    pub(super) fn parts_of(&self, frame: Frame, node: NodeId) -> Vec<NodeId> {
        match &self.nodes(frame)[node.0 as usize].op {
            Op::And(parts) => parts.clone(),
            _ => vec![node],
        }
    }

    /// What a node asks to lie between two integers, if that is what it does.
    pub(super) fn range_of(&self, frame: Frame, node: NodeId) -> Option<(NodeId, Option<i64>, Option<i64>)> {
        match &self.nodes(frame)[node.0 as usize].op {
            Op::Within { value, low, high } => Some((*value, *low, *high)),
            _ => None,
        }
    }

    fn nodes(&self, frame: Frame) -> &[Node] {
        match frame {
            Frame::Customer => &self.audience.nodes,
            Frame::Row(id) => &self.audience.scans[id.scan as usize].streams[id.stream as usize].nodes,
        }
    }

    fn stage_of(&self, frame: Frame, op: &Op) -> u32 {
        match (frame, op) {
            (Frame::Customer, Op::Aggregate(id)) => self.audience.aggregate(*id).stage + 1,
            (Frame::Customer, op) => {
                op.operands().into_iter().map(|id| self.stages[id.0 as usize]).max().unwrap_or(0)
            }
            (Frame::Row(_), _) => 0,
        }
    }

    /// The stage in which an aggregate can be computed whose filter and argument are these nodes of its stream.
    pub(super) fn stage_of_rows(&self, stream: StreamId, roots: impl IntoIterator<Item = NodeId>) -> u32 {
        let nodes = self.nodes(Frame::Row(stream));
        let mut open: Vec<NodeId> = roots.into_iter().collect();
        let mut stage = 0;
        while let Some(id) = open.pop() {
            match &nodes[id.0 as usize].op {
                Op::Customer(customer) => stage = stage.max(self.stages[customer.0 as usize]),
                op => open.extend(op.operands()),
            }
        }
        stage
    }

    pub(super) fn constant(&mut self, frame: Frame, value: Scalar) -> NodeId {
        let shape = match value {
            Scalar::Missing | Scalar::Bool(_) => Shape::Bool,
            Scalar::Int(_) => Shape::Int,
            Scalar::Ratio(..) => Shape::Ratio,
            Scalar::Text(_) => Shape::Text,
            Scalar::Set(_) => Shape::Set,
        };
        self.node(frame, Op::Constant(value), shape)
    }

    /// The customer's value of a node, seen from a row.
    pub(super) fn seen_from(&mut self, frame: Frame, node: NodeId) -> NodeId {
        match frame {
            Frame::Customer => node,
            Frame::Row(_) => match &self.audience.node(node).op {
                Op::Constant(value) => {
                    let value = value.clone();
                    self.constant(frame, value)
                }
                _ => {
                    let shape = self.audience.node(node).shape;
                    self.node(frame, Op::Customer(node), shape)
                }
            },
        }
    }

    /// A column of the customer table.
    pub(super) fn customer_column(&mut self, fact: &Fact) -> NodeId {
        let id = position(&mut self.audience.customers.columns, column(fact));
        self.node(Frame::Customer, Op::Column(id), Shape::of(&fact.kind))
    }

    /// A column of an event table.
    pub(super) fn event_column(&mut self, stream: StreamId, fact: &Fact) -> NodeId {
        let id = position(&mut self.audience.scans[stream.scan as usize].columns, column(fact));
        self.node(Frame::Row(stream), Op::Column(id), Shape::of(&fact.kind))
    }

    /// The time of a row.
    pub(super) fn event_time(&mut self, stream: StreamId) -> NodeId {
        let scan = &self.audience.scans[stream.scan as usize];
        let time = scan.streams[stream.stream as usize].time;
        self.node(Frame::Row(stream), Op::Column(time), Shape::Int)
    }

    /// A column of outside data, looked up by a node of the customers; a number counts in 10^-`scale`.
    pub(super) fn lookup_column(
        &mut self,
        name: &str,
        fact: &Fact,
        key: NodeId,
        scale: u32,
    ) -> Option<NodeId> {
        let table = self.project.lookups.get(name)?;
        let known = self.audience.lookups.iter().position(|lookup| lookup.name == name);
        let at = known.unwrap_or_else(|| {
            let kind = match self.audience.node(key).shape {
                Shape::Text => FactKind::Text,
                _ => FactKind::Number { decimals: u8::try_from(scale).unwrap_or(u8::MAX) },
            };
            let key = Column { name: table.key.clone(), kind, personal: false };
            let source = table.source.clone();
            self.audience.lookups.push(LookupScan {
                name: name.to_owned(),
                source,
                key,
                columns: Vec::new(),
            });
            self.audience.lookups.len() - 1
        });
        let id = position(&mut self.audience.lookups[at].columns, column(fact));
        let op = Op::Lookup { table: LookupId(index(at)), column: id, key };
        Some(self.node(Frame::Customer, op, Shape::of(&fact.kind)))
    }

    /// The stream of a table that the runtime keeps.
    pub(super) fn kept_stream(&mut self, kept: Kept) -> StreamId {
        if let Some(id) = self.kept.get(&kept) {
            return *id;
        }
        let time = match kept {
            Kept::Chains => "due_at",
            Kept::Touches | Kept::Coupons | Kept::Members | Kept::Recorded => "at",
        };
        let table = EventTable {
            source: Source::Kept(kept),
            customer: "customer".to_owned(),
            time: TimeColumn { column: time.to_owned(), format: TimeFormat::UnixMicros },
            filter: None,
            facts: IndexMap::new(),
        };
        let id = self.new_stream(kept.name(), &table);
        self.kept.insert(kept, id);
        id
    }

    /// Whether the segment of this name was ever recorded: true, or missing.
    pub(super) fn recorded(&mut self, segment: NodeId) -> NodeId {
        let source = Source::Kept(Kept::Recorded);
        let known = self.audience.lookups.iter().position(|lookup| lookup.source == source);
        let at = known.unwrap_or_else(|| {
            let column = |name: &str, kind| Column { name: name.to_owned(), kind, personal: false };
            self.audience.lookups.push(LookupScan {
                name: Kept::Recorded.name().to_owned(),
                source,
                key: column("segment", FactKind::Text),
                columns: vec![column("recorded", FactKind::Bool)],
            });
            self.audience.lookups.len() - 1
        });
        let op = Op::Lookup { table: LookupId(index(at)), column: ColumnId(0), key: segment };
        self.node(Frame::Customer, op, Shape::Bool)
    }

    /// The stream of an event table of the project. Event tables over one source share its scan.
    pub(super) fn stream(&mut self, name: &str, table: &EventTable) -> StreamId {
        if let Some(id) = self.streams.get(name) {
            return *id;
        }
        let id = self.new_stream(name, table);
        self.streams.insert(name.to_owned(), id);
        id
    }

    fn new_stream(&mut self, name: &str, table: &EventTable) -> StreamId {
        let known = self.audience.scans.iter().position(|scan| scan.source == table.source);
        let at = known.unwrap_or_else(|| {
            let source = table.source.clone();
            self.audience.scans.push(EventScan { source, columns: Vec::new(), streams: Vec::new() });
            self.audience.scans.len() - 1
        });
        let scan = &mut self.audience.scans[at];
        let kind = FactKind::Time { format: table.time.format };
        let time = Column { name: table.time.column.clone(), kind, personal: false };
        let time = position(&mut scan.columns, time);
        scan.streams.push(Stream {
            name: name.to_owned(),
            customer: table.customer.clone(),
            time,
            filter: table.filter.clone(),
            nodes: Vec::new(),
        });
        StreamId { scan: index(at), stream: index(scan.streams.len() - 1) }
    }

    /// The node with the value of an aggregate.
    pub(super) fn aggregate(&mut self, aggregate: Aggregate, shape: Shape) -> NodeId {
        let id = match self.aggregates.get(&aggregate) {
            Some(id) => *id,
            None => {
                self.audience.aggregates.push(aggregate.clone());
                let id = AggregateId(index(self.audience.aggregates.len() - 1));
                self.aggregates.insert(aggregate, id);
                id
            }
        };
        self.node(Frame::Customer, Op::Aggregate(id), shape)
    }
}

fn column(fact: &Fact) -> Column {
    Column { name: fact.column.clone(), kind: fact.kind.clone(), personal: fact.personal }
}

fn position(columns: &mut Vec<Column>, column: Column) -> ColumnId {
    let at = columns.iter().position(|known| *known == column).unwrap_or_else(|| {
        columns.push(column);
        columns.len() - 1
    });
    ColumnId(index(at))
}

/// Plans have far fewer than 2^32 of anything: each comes from words of a rule text shorter than 4 GiB.
fn index(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
