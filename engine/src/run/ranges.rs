//! As many customers at a time as fit into memory. With one range, the cells of all customers stay, and outputs are computed
//! from them when they are looked at. With several, each range is read and computed for itself, and what later steps and
//! answers need of it is kept in few bytes.

use super::Run;
use super::events::{EventPlan, Overfull};
use super::steps::Step;
use crate::column::Column;
use crate::written::WrittenTexts;
use rulec_diagnostic::Diagnostic;
use std::ops::Range;

/// Ranges begin at multiples of this: no tile lies in two of them.
const RANGE_CUSTOMERS: usize = 1_024;

/// What a run has besides what is counted: batches, registers, the reader's buffers, SQLite.
const OVERHEAD: u64 = 64 << 20;

/// At least this much is used for cells, however little is left: below it, more passes hardly save anything.
const LEAST: u64 = 16 << 20;

/// About how many bytes a kept value takes.
const KEPT_VALUE: u64 = 4;

type Result<T> = std::result::Result<T, Vec<Diagnostic>>;

impl<'a> Run<'a> {
    /// Takes all steps. Where more grows with the rows than there is room for, all begins anew with smaller ranges.
    pub(super) fn take_steps(&mut self, steps: &[Step]) -> Result<()> {
        let mut plans: Vec<EventPlan<'a>> =
            steps.iter().map(|step| self.plan_events(&step.aggregates)).collect();
        let cells: u64 =
            plans.iter().map(EventPlan::bytes_per_customer).sum::<u64>() * self.keys.len() as u64;
        let room = self.room(steps);
        let mut ranges = self.cut(usize::try_from(cells.div_ceil(room)).unwrap_or(usize::MAX));
        loop {
            let spare = room.saturating_sub(cells / ranges.len().max(1) as u64).max(LEAST);
            let is_finest = ranges.iter().all(|range| range.len() <= RANGE_CUSTOMERS);
            let most_bytes = if is_finest { u64::MAX } else { spare };
            match self.try_steps(steps, &mut plans, &ranges, most_bytes) {
                Ok(result) => return result,
                Err(Overfull) => ranges = self.cut(ranges.len() * 2),
            }
            self.forget();
        }
    }

    fn try_steps(
        &mut self,
        steps: &[Step],
        plans: &mut [EventPlan<'a>],
        ranges: &[Range<usize>],
        most_bytes: u64,
    ) -> std::result::Result<Result<()>, Overfull> {
        let is_whole = ranges.len() == 1;
        for (number, (step, plan)) in steps.iter().zip(plans).enumerate() {
            // What is wrong with customers and with their events is told together.
            if number > 0
                && let Err(wrong) = self.stop_if_wrong()
            {
                return Ok(Err(wrong));
            }
            let mut computing = self.begin(step, number, !is_whole);
            for range in ranges {
                let events = self.read_events(plan, range.clone(), most_bytes)?;
                if range.start == 0 {
                    computing.recording = self.begin_recording(plan);
                }
                if self.wrong.is_empty()
                    && let Err(wrong) =
                        self.compute(&mut computing, range.clone(), &events, &mut plan.recalled)
                {
                    return Ok(Err(wrong));
                }
                if is_whole {
                    self.events.extend(events);
                }
            }
            self.keep_recording(&mut computing, plan);
            self.end(computing);
        }
        Ok(self.stop_if_wrong())
    }

    /// Forgets everything that steps have found.
    fn forget(&mut self) {
        self.kept.iter_mut().for_each(|kept| *kept = None);
        self.events.clear();
        self.conditions.clear();
        self.packed.clear();
        self.hashes.truncate(self.lookups_hashed);
        self.wrong.clear();
        self.too_large.clear();
    }

    /// How many bytes are left for cells.
    fn room(&self, steps: &[Step]) -> u64 {
        let customers = self.keys.len() as u64;
        let written = self.written.values().map(WrittenTexts::bytes);
        let columns: u64 = self.customer_columns.iter().map(Column::bytes).chain(written).sum();
        let kept: u64 =
            steps.iter().map(|step| (step.keep.len() * 9 + step.conditions.len().div_ceil(4)) as u64).sum();
        let outputs: u64 = steps.iter().map(|step| step.outputs.len() as u64 * KEPT_VALUE).sum();
        let used = OVERHEAD + self.keys.bytes() + columns + (kept + outputs) * customers;
        self.options.memory.saturating_sub(used).max(LEAST)
    }

    /// All customers in so many ranges, or in fewer if there are not so many customers.
    fn cut(&self, ranges: usize) -> Vec<Range<usize>> {
        let customers = self.keys.len();
        let length = customers.div_ceil(ranges.max(1)).next_multiple_of(RANGE_CUSTOMERS).max(RANGE_CUSTOMERS);
        let starts = (0..customers.max(1)).step_by(length);
        starts.map(|start| start..customers.min(start + length)).collect()
    }
}
