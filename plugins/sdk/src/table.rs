//! Partitions of dataframes: named columns in Arrow's memory layout, seen by type and with their nulls.

mod builder;
mod column;
mod gather;

use crate::bindings::task::gristmill::plugin::types as contract;
use crate::error::{Context, Result, TaskError};

#[cfg(feature = "arrow")]
pub(crate) use builder::pack;
pub use builder::{IntoColumn, TableBuilder, TextColumn};
pub use column::{ColumnItem, ColumnView, Date, Datetime, Timedelta};
pub use contract::Column;

/// One partition of a dataframe: named columns of the same length.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    pub(crate) rows: usize,
    pub(crate) columns: Vec<Column>,
}

impl Table {
    /// A table made of columns: `Table::builder().column("x", vec![1.0, 2.0]).finish()?`.
    pub fn builder() -> TableBuilder {
        TableBuilder::default()
    }

    /// How many rows there are.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.rows
    }

    /// The columns as they crossed the boundary.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The column called `name`, with items of type `T`.
    ///
    /// `f64` reads every column of numbers, and `i64` every column of integers that fit.
    ///
    /// # Errors
    /// Type mismatch if there is no such column, or if its items are not of type `T`.
    pub fn column<'a, T: ColumnItem<'a>>(&'a self, name: &str) -> Result<ColumnView<'a, T>> {
        ColumnView::of(self.raw_column(name)?, self.rows).context(|| format!("column `{name}`"))
    }

    fn raw_column(&self, name: &str) -> Result<&Column> {
        self.columns.iter().find(|column| column.name == name).ok_or_else(|| {
            let names: Vec<_> = self.columns.iter().map(|column| column.name.as_str()).collect();
            TaskError::type_mismatch(format!("the table has no column `{name}`; it has {}", names.join(", ")))
        })
    }

    /// The table with only these columns, in this order.
    ///
    /// # Errors
    /// Type mismatch if there is no such column.
    pub fn select(&self, names: &[impl AsRef<str>]) -> Result<Self> {
        let columns = names.iter().map(|name| self.raw_column(name.as_ref()).cloned());
        Ok(Self { rows: self.rows, columns: columns.collect::<Result<_>>()? })
    }

    /// The rows at these indices, in this order: sorts and filters are made of it.
    ///
    /// # Errors
    /// Out of range if there is no such row.
    pub fn take(&self, rows: &[usize]) -> Result<Self> {
        if let Some(row) = rows.iter().find(|&&row| row >= self.rows) {
            return Err(TaskError::out_of_range(format!("row {row} of a table of {} rows", self.rows)));
        }
        let columns = self.columns.iter().map(|column| gather::take(column, rows));
        Ok(Self { rows: rows.len(), columns: columns.collect::<Result<_>>()? })
    }

    /// The rows for which `keep` is true, in their order.
    ///
    /// # Errors
    /// Data corrupt if a column does not have the table's rows.
    pub fn filter(&self, keep: impl Fn(usize) -> bool) -> Result<Self> {
        let rows: Vec<_> = (0..self.rows).filter(|&row| keep(row)).collect();
        self.take(&rows)
    }

    /// All rows of `tables`, one after the other. The columns are those of the first.
    ///
    /// # Errors
    /// Type mismatch if a table lacks a column or has it with another dtype.
    pub fn concat(tables: &[Self]) -> Result<Self> {
        let Some(first) = tables.first() else { return Ok(Self::default()) };
        let columns = first.columns.iter().map(|column| {
            let parts = tables.iter().map(|table| Ok((table.raw_column(&column.name)?, table.rows)));
            gather::concat(column, &parts.collect::<Result<Vec<_>>>()?)
        });
        Ok(Self {
            rows: tables.iter().map(|table| table.rows).sum(),
            columns: columns.collect::<Result<_>>()?,
        })
    }
}

impl TryFrom<contract::Table> for Table {
    type Error = TaskError;

    fn try_from(table: contract::Table) -> Result<Self> {
        let rows = usize::try_from(table.rows).map_err(|error| TaskError::out_of_range(error.to_string()))?;
        Ok(Self { rows, columns: table.columns })
    }
}

impl From<Table> for contract::Table {
    fn from(table: Table) -> Self {
        Self { rows: table.rows as u64, columns: table.columns }
    }
}

#[cfg(test)]
mod tests;
