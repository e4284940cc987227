//! Which cells the aggregates of a stream share.
//!
//! A *cell* holds what one measure (a count, a sum, the greatest …) has come to over the rows of one customer, one stretch
//! of time and one text. Every row goes to at most one cell of a family, however many windows and texts the rules ask for:
//!
//! - the ends of all windows cut time into intervals; a window is the union of its intervals;
//! - filters that compare one text column with constants (`category = "beauty"`) cut the rows into classes; such a filter
//!   is the union of its classes.
//!
//! An aggregate is then put together from its cells when it is read, see [`super::reading`]. Cells that no aggregate
//! covers do not exist, so there are never more of them than two for each aggregate and class, and one.

use super::cells::{COUNTS_A_WORD, LINE_WORDS};
use crate::texts::Texts;
use rulec_plan::audience::{
    Aggregate, AggregateId, Audience, Comparison, Function, NodeId, Op, Scalar, Shape, Stream,
};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// What of the rows is accumulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Measure {
    /// How many rows.
    Count,
    /// How many rows whose argument is known.
    CountKnown(NodeId),
    /// The sum of an Int.
    Sum(NodeId),
    /// The least Int.
    Least(NodeId),
    /// The greatest Int.
    Greatest(NodeId),
    /// The argument of the earliest row.
    Earliest(NodeId),
    /// The argument of the latest row.
    Latest(NodeId),
    /// The different arguments.
    Distinct(NodeId),
}

/// The cells of one measure over rows that pass the same filter.
#[derive(Debug)]
pub(crate) struct Family {
    pub(crate) measure: Measure,
    /// The shape of its argument.
    pub(crate) shape: Shape,
    /// Bool nodes that must all be true.
    pub(crate) filter: Vec<NodeId>,
    pub(crate) switch: Option<Switch>,
    /// Cell by interval × classes + class; [`NO_CELL`] where nothing is covered.
    pub(crate) cells: Vec<u32>,
    /// How many classes there are.
    pub(crate) classes: usize,
    pub(crate) members: Vec<Member>,
}

/// A text column whose value decides the class of a row.
#[derive(Debug)]
pub(crate) struct Switch {
    pub(crate) column: NodeId,
    /// Class by code of the text; class 0 for texts that nobody asks for, and past the end.
    pub(crate) classes: Vec<u32>,
}

/// An aggregate as a set of cells.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) id: AggregateId,
    /// The cells in addition to those of the member before, or all of them.
    pub(crate) cells: Vec<u32>,
    /// Whether the member before is a part of this one.
    pub(crate) continues: bool,
}

/// Stands for no cell.
pub(crate) const NO_CELL: u32 = u32::MAX;

/// How many windows one hash table of different values may serve: their intervals must fit into the bits of a word.
const MOST_DISTINCT: usize = 31;

/// The cells of all aggregates over one stream.
#[derive(Debug)]
pub(crate) struct Layout {
    /// Where windows begin and end, ascending: interval `i` holds the times from `cuts[i - 1]` to before `cuts[i]`.
    pub(crate) cuts: Vec<i64>,
    pub(crate) families: Vec<Family>,
    /// How many words the cells of one customer take, with what is left free.
    pub(crate) words: usize,
}

/// An aggregate with its filter taken apart.
#[derive(Debug, Clone)]
struct Wanted {
    id: AggregateId,
    window: (i64, i64),
    measure: Measure,
    /// All parts of the filter.
    atoms: BTreeSet<NodeId>,
    /// The part that is left to a switch, its column, and the texts that pass.
    switch: Option<(NodeId, NodeId, Vec<String>)>,
}

impl Layout {
    /// The cells of these aggregates, all of this stream. Times of windows are in microseconds.
    pub(crate) fn new(stream: &Stream, ids: &[AggregateId], audience: &Audience, texts: &mut Texts) -> Self {
        let mut wanted: Vec<Wanted> =
            ids.iter().map(|id| Wanted::new(*id, audience.aggregate(*id), stream)).collect();
        choose_switches(&mut wanted, stream);
        let mut cuts: BTreeSet<i64> = wanted.iter().flat_map(|one| [one.window.0, one.window.1]).collect();
        cuts.retain(|cut| *cut != i64::MIN && *cut != i64::MAX);
        let cuts: Vec<i64> = cuts.into_iter().collect();
        let mut groups: BTreeMap<_, Vec<Wanted>> = BTreeMap::new();
        for one in wanted {
            groups.entry(one.family(stream)).or_default().push(one);
        }
        let mut next = NextCell::default();
        let mut families = Vec::new();
        for ((measure, filter, column), members) in groups {
            let most = if matches!(measure, Measure::Distinct(_)) { MOST_DISTINCT } else { members.len() };
            for members in members.chunks(most.max(1)) {
                let shape = argument(measure).map_or(Shape::Int, |node| stream.nodes[node.0 as usize].shape);
                let kind = (measure, shape);
                let family = Family::new(kind, filter.clone(), column, members, &cuts, (&mut next, texts));
                families.push(family);
            }
        }
        Self { cuts, families, words: next.words() }
    }

    /// The nodes of the stream that must be known of each row.
    pub(crate) fn roots(&self, stream: &Stream) -> Vec<NodeId> {
        let needed = self.families.iter().flat_map(|family| {
            let argument = argument(family.measure).filter(|node| !is_time(*node, stream));
            let switch = family.switch.as_ref().map(|switch| switch.column);
            family.filter.iter().copied().chain(argument).chain(switch)
        });
        needed.collect::<BTreeSet<_>>().into_iter().collect()
    }
}

/// The node that a measure is of, if any.
pub(crate) fn argument(measure: Measure) -> Option<NodeId> {
    match measure {
        Measure::Count => None,
        Measure::CountKnown(node)
        | Measure::Sum(node)
        | Measure::Least(node)
        | Measure::Greatest(node)
        | Measure::Earliest(node)
        | Measure::Latest(node)
        | Measure::Distinct(node) => Some(node),
    }
}

/// Whether a node is the time of the row, which every row has.
pub(crate) fn is_time(node: NodeId, stream: &Stream) -> bool {
    stream.nodes[node.0 as usize].op == Op::Column(stream.time)
}

impl Wanted {
    fn new(id: AggregateId, aggregate: &Aggregate, stream: &Stream) -> Self {
        let measure = match aggregate.function {
            Function::Count | Function::Exists => Measure::Count,
            Function::CountKnown(node) if is_time(node, stream) => Measure::Count,
            Function::CountKnown(node) => Measure::CountKnown(node),
            Function::Sum(node) => Measure::Sum(node),
            Function::Min(node) => Measure::Least(node),
            Function::Max(node) => Measure::Greatest(node),
            Function::First(node) if is_time(node, stream) => Measure::Least(node),
            Function::Last(node) if is_time(node, stream) => Measure::Greatest(node),
            Function::First(node) => Measure::Earliest(node),
            Function::Last(node) => Measure::Latest(node),
            Function::Distinct(node) => Measure::Distinct(node),
        };
        let mut atoms = BTreeSet::new();
        let mut open: Vec<NodeId> = aggregate.filter.into_iter().collect();
        while let Some(node) = open.pop() {
            match &stream.nodes[node.0 as usize].op {
                Op::And(parts) => open.extend(parts),
                _ => _ = atoms.insert(node),
            }
        }
        // No row is at the end of time: all formats count in whole milliseconds or end with the year 9999.
        let window =
            (aggregate.from.map_or(i64::MIN, |at| at.0), aggregate.until.map_or(i64::MAX, |at| at.0));
        Self { id, window, measure, atoms, switch: None }
    }

    /// What all members of a family have in common.
    fn family(&self, stream: &Stream) -> (Measure, Vec<NodeId>, Option<NodeId>) {
        debug_assert!(self.atoms.iter().all(|node| stream.nodes[node.0 as usize].shape == Shape::Bool));
        let chosen = self.switch.as_ref().map(|(atom, ..)| *atom);
        let rest = self.atoms.iter().copied().filter(|atom| Some(*atom) != chosen);
        (self.measure, rest.collect(), self.switch.as_ref().map(|(_, column, _)| *column))
    }
}

/// Leaves to a switch, of each filter, the comparison that most other filters share all else with.
fn choose_switches(wanted: &mut [Wanted], stream: &Stream) {
    let candidates = |one: &Wanted| -> Vec<Wanted> {
        if matches!(one.measure, Measure::Distinct(_)) {
            return Vec::new();
        }
        let switches = one.atoms.iter().filter_map(|atom| {
            let (column, texts) = text_test(*atom, stream)?;
            Some(Wanted { switch: Some((*atom, column, texts)), ..one.clone() })
        });
        switches.collect()
    };
    let mut shared: BTreeMap<_, usize> = BTreeMap::new();
    for candidate in wanted.iter().flat_map(candidates) {
        *shared.entry(candidate.family(stream)).or_default() += 1;
    }
    for one in wanted {
        let best = candidates(one).into_iter().min_by_key(|candidate| {
            let family = candidate.family(stream);
            (Reverse(shared[&family]), family)
        });
        if let Some(best) = best {
            *one = best;
        }
    }
}

/// The column and the texts of a node that only asks whether a text column is one of some constants.
fn text_test(node: NodeId, stream: &Stream) -> Option<(NodeId, Vec<String>)> {
    let op = |node: NodeId| &stream.nodes[node.0 as usize];
    let column = |node: NodeId| {
        (op(node).shape == Shape::Text && matches!(op(node).op, Op::Column(_))).then_some(node)
    };
    match &op(node).op {
        Op::OneOfTexts(value, texts) => Some((column(*value)?, texts.clone())),
        Op::Compare(Comparison::Equal, a, b) => match (&op(*a).op, &op(*b).op) {
            (_, Op::Constant(Scalar::Text(text))) => Some((column(*a)?, vec![text.clone()])),
            (Op::Constant(Scalar::Text(text)), _) => Some((column(*b)?, vec![text.clone()])),
            _ => None,
        },
        _ => None,
    }
}

/// Hands out cells: four counts share a word, everything else has words of its own.
#[derive(Debug, Default)]
struct NextCell {
    words: u32,
    /// The next count, if it shares a word with one before.
    count: Option<u32>,
    distinct: u32,
}

impl NextCell {
    fn take(&mut self, measure: Measure, shape: Shape) -> u32 {
        let words = match measure {
            Measure::Count | Measure::CountKnown(_) => {
                let cell = self.count.unwrap_or_else(|| {
                    self.words += 1;
                    (self.words - 1) * COUNTS_A_WORD as u32
                });
                self.count = Some(cell + 1).filter(|next| next % COUNTS_A_WORD as u32 != 0);
                return cell;
            }
            Measure::Sum(_) | Measure::Least(_) | Measure::Greatest(_) => 1,
            Measure::Earliest(_) | Measure::Latest(_) if shape == Shape::Ratio => 3,
            Measure::Earliest(_) | Measure::Latest(_) => 2,
            Measure::Distinct(_) => {
                self.distinct += 1;
                return self.distinct - 1;
            }
        };
        self.words += words;
        self.words - words
    }

    /// So many that the words of a customer touch as few cache lines as can be.
    fn words(&self) -> usize {
        match self.words as usize {
            words if words < LINE_WORDS => words.next_power_of_two(),
            words => words.next_multiple_of(LINE_WORDS),
        }
    }
}

impl Family {
    fn new(
        (measure, shape): (Measure, Shape),
        filter: Vec<NodeId>,
        column: Option<NodeId>,
        wanted: &[Wanted],
        cuts: &[i64],
        (next, texts): (&mut NextCell, &mut Texts),
    ) -> Self {
        next.distinct = 0;
        let switch = column.map(|column| switch(column, wanted, texts));
        let class_count = switch
            .as_ref()
            .map_or(1, |switch| switch.classes.iter().copied().max().unwrap_or(0) as usize + 1);
        let mut classes = |one: &Wanted| -> Vec<usize> {
            match (&one.switch, &switch) {
                (Some((_, _, texts_of)), Some(switch)) => {
                    texts_of.iter().map(|text| switch.classes[texts.intern(text) as usize] as usize).collect()
                }
                _ => vec![0],
            }
        };
        let intervals = |one: &Wanted| {
            let place = |at: i64| if at == i64::MIN { 0 } else { cuts.partition_point(|cut| *cut <= at) };
            let end = if one.window.1 == i64::MAX { cuts.len() + 1 } else { place(one.window.1) };
            place(one.window.0)..end
        };
        let covers: Vec<Cover> = wanted.iter().map(|one| (classes(one), intervals(one))).collect();
        let cells = assign(&covers, cuts.len() + 1, class_count, || next.take(measure, shape));
        let all = covers.iter().map(|(classes, intervals)| {
            let places = classes
                .iter()
                .flat_map(|class| intervals.clone().map(move |interval| interval * class_count + class));
            let mut covered: Vec<u32> = places.map(|place| cells[place]).collect();
            covered.sort_unstable();
            covered.dedup();
            covered
        });
        let members = chain(wanted.iter().map(|one| one.id).zip(all).collect());
        Self { measure, shape, filter, switch, cells, classes: class_count, members }
    }
}

/// The classes and the intervals that an aggregate is of.
type Cover = (Vec<usize>, Range<usize>);

/// Gives intervals and classes their cells. Neighbouring intervals that the same members cover share one.
fn assign(covers: &[Cover], intervals: usize, classes: usize, mut take: impl FnMut() -> u32) -> Vec<u32> {
    let mut cells = vec![NO_CELL; intervals * classes];
    let mut by_class: Vec<Vec<&Range<usize>>> = vec![Vec::new(); classes];
    for (classes, intervals) in covers {
        classes.iter().for_each(|class| by_class[*class].push(intervals));
    }
    for (class, windows) in by_class.iter().enumerate() {
        let mut before: (Vec<usize>, u32) = (Vec::new(), NO_CELL);
        for interval in 0..intervals {
            let covering: Vec<usize> =
                (0..windows.len()).filter(|at| windows[*at].contains(&interval)).collect();
            if covering != before.0 {
                let cell = if covering.is_empty() { NO_CELL } else { take() };
                before = (covering, cell);
            }
            cells[interval * classes + class] = before.1;
        }
    }
    cells
}

fn switch(column: NodeId, wanted: &[Wanted], texts: &mut Texts) -> Switch {
    let mut classes = Vec::new();
    let mut last = 0;
    for text in wanted.iter().flat_map(|one| one.switch.iter().flat_map(|(_, _, texts)| texts)) {
        let code = texts.intern(text) as usize;
        if code >= classes.len() {
            classes.resize(code + 1, 0);
        }
        if classes[code] == 0 {
            last += 1;
            classes[code] = last;
        }
    }
    Switch { column, classes }
}

/// Sorts the members so that a window which is a part of another comes right before it where that can be. The cells of
/// each are ascending.
fn chain(mut members: Vec<(AggregateId, Vec<u32>)>) -> Vec<Member> {
    members.sort_by(|(a, x), (b, y)| (x.last(), x.len(), a).cmp(&(y.last(), y.len(), b)));
    let mut before: Vec<u32> = Vec::new();
    let mut chained = Vec::new();
    for (id, cells) in members {
        let is_part = before.iter().all(|cell| cells.binary_search(cell).is_ok());
        let continues = !before.is_empty() && is_part;
        let is_new = |cell: &u32| !continues || before.binary_search(cell).is_err();
        chained.push(Member { id, cells: cells.iter().copied().filter(is_new).collect(), continues });
        before = cells;
    }
    chained
}
