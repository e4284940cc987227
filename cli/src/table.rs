//! Tables that align Chinese text.

use crate::draw::clean;
use comfy_table::{Cell, CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, Table, TableStyle};

/// One line below the header.
const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// A table of these columns; numbers stand to the right.
pub struct Rows {
    table: Table,
    alignments: Vec<CellAlignment>,
}

/// How a column is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Words, which may go on to the next line.
    Left,
    /// Words that stay on their line.
    Whole,
    /// Numbers.
    Right,
}

impl Rows {
    /// A table without rows, to fit into this many columns of a terminal if given.
    pub fn new(columns: &[(&str, Align)], width: Option<u16>) -> Self {
        let alignments: Vec<_> = columns
            .iter()
            .map(|(_, align)| match align {
                Align::Left | Align::Whole => CellAlignment::Left,
                Align::Right => CellAlignment::Right,
            })
            .collect();
        let mut table = Table::new();
        table.load_style(STYLE);
        if let Some(width) = width {
            table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
        }
        let mut rows = Self { table, alignments };
        let header = rows.cells(columns.iter().map(|(name, _)| (*name).to_owned()));
        rows.table.set_header(header);
        for (column, (_, align)) in rows.table.column_iter_mut().zip(columns) {
            column.set_padding((0, 2));
            if *align != Align::Left {
                column.set_constraint(ColumnConstraint::ContentWidth);
            }
        }
        rows
    }

    /// Adds a row, made harmless to print.
    pub fn add(&mut self, cells: impl IntoIterator<Item = String>) {
        let cells = self.cells(cells);
        self.table.add_row(cells);
    }

    fn cells(&self, cells: impl IntoIterator<Item = String>) -> Vec<Cell> {
        cells
            .into_iter()
            .zip(&self.alignments)
            .map(|(text, align)| Cell::new(clean::lines(&text)).set_alignment(*align))
            .collect()
    }
}

impl std::fmt::Display for Rows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.table.trim_fmt())
    }
}
