//! Aggregates: what the rows of an event table come to for each customer. What comes out depends neither on the order of
//! the rows nor on how they are cut into batches and threads.
//!
//! | step | file |
//! | --- | --- |
//! | which aggregates share cells | [`layout`] |
//! | the cells of a range of customers | [`cells`] |
//! | a batch of rows is added, each row once for each family of cells | [`update`] |
//! | aggregates are put together from their cells, a tile of customers at a time | [`reading`] |

mod cells;
mod layout;
mod reading;
mod update;

pub(crate) use cells::Cells;
pub(crate) use layout::Layout;
pub(crate) use reading::{Aggregated, Wanted};
pub(crate) use update::{Intervals, Rows, Scratch};
