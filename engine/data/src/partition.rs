//! One piece of a dataframe: named columns of the same length.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::{Field as ArrowField, Schema};

use crate::{ColumnType, Error, Field};

/// How many columns a partition may have.
pub const COLUMNS_MAX: usize = 1 << 16;

/// One piece of a dataframe: one Arrow record batch whose columns are [`ColumnType`]s. Cheap to clone.
#[derive(Clone)]
pub struct Partition {
    batch: RecordBatch,
}

impl Partition {
    /// The partition of this record batch.
    ///
    /// # Errors
    /// [`Error::ColumnType`], [`Error::DuplicateColumn`] or [`Error::TooManyColumns`].
    pub fn try_new(batch: RecordBatch) -> Result<Self, Error> {
        let schema = batch.schema_ref();
        if schema.fields().len() > COLUMNS_MAX {
            return Err(Error::TooManyColumns { given: schema.fields().len(), max: COLUMNS_MAX });
        }
        let mut names = HashSet::with_capacity(schema.fields().len());
        for field in schema.fields() {
            if ColumnType::of(field.data_type()).is_none() {
                let (column, data_type) = (field.name().clone(), field.data_type().to_string());
                return Err(Error::ColumnType { column, data_type });
            }
            if !names.insert(field.name()) {
                return Err(Error::DuplicateColumn { column: field.name().clone() });
            }
        }
        Ok(Self { batch })
    }

    /// A partition of these columns, which must all have `n_rows` rows.
    ///
    /// # Errors
    /// [`Error::Arrow`] when a column has another length, and as [`Partition::try_new`].
    pub fn from_columns<N: Into<String>>(
        n_rows: usize,
        columns: impl IntoIterator<Item = (N, ArrayRef)>,
    ) -> Result<Self, Error> {
        let (fields, arrays): (Vec<_>, Vec<_>) = columns
            .into_iter()
            .map(|(name, array)| (ArrowField::new(name, array.data_type().clone(), true), array))
            .unzip();
        let options = RecordBatchOptions::new().with_row_count(Some(n_rows));
        Self::try_new(RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)?)
    }

    /// The Arrow record batch.
    #[must_use]
    pub fn batch(&self) -> &RecordBatch {
        &self.batch
    }

    /// How many rows there are.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.batch.num_rows()
    }

    /// Size in memory, in bytes. A slice of a larger batch counts as that slice.
    #[must_use]
    pub fn nbytes(&self) -> u64 {
        self.batch.columns().iter().map(column_nbytes).sum()
    }

    /// The columns' names and types, in order.
    pub fn fields(&self) -> impl Iterator<Item = Field> + '_ {
        let fields = self.batch.schema_ref().fields().iter();
        fields.filter_map(|field| {
            Some(Field { name: field.name().as_str().into(), ty: ColumnType::of(field.data_type())? })
        })
    }

    /// The column of this name.
    ///
    /// # Errors
    /// [`Error::NoSuchColumn`] with the names that there are.
    pub fn column(&self, name: &str) -> Result<&ArrayRef, Error> {
        self.batch.column_by_name(name).ok_or_else(|| self.no_such_column(name))
    }

    /// The partition of these columns alone, in this order.
    ///
    /// # Errors
    /// [`Error::NoSuchColumn`], or [`Error::DuplicateColumn`] when a name is given twice.
    pub fn select(&self, names: &[impl AsRef<str>]) -> Result<Self, Error> {
        let indices = names.iter().map(|name| {
            let position = self.batch.schema_ref().index_of(name.as_ref());
            position.map_err(|_| self.no_such_column(name.as_ref()))
        });
        let indices = indices.collect::<Result<Vec<_>, _>>()?;
        Self::try_new(self.batch.project(&indices)?)
    }

    /// At most `n_rows` rows from `offset` on, sharing memory with this partition.
    #[must_use]
    pub fn slice(&self, offset: usize, n_rows: usize) -> Self {
        let offset = offset.min(self.n_rows());
        Self { batch: self.batch.slice(offset, n_rows.min(self.n_rows() - offset)) }
    }

    /// The rows of all partitions, one after the other.
    ///
    /// # Errors
    /// [`Error::NothingToConcatenate`], [`Error::DifferentColumns`], or [`Error::Arrow`] when a column of texts
    /// outgrows what its 32-bit offsets can address.
    pub fn concat(partitions: &[Self]) -> Result<Self, Error> {
        let first = match partitions {
            [] => return Err(Error::NothingToConcatenate),
            [only] => return Ok(only.clone()),
            [first, ..] => first,
        };
        for (idx, partition) in partitions.iter().enumerate() {
            if !same_columns(first, partition) {
                let (expected, given) = (first.describe(), partition.describe());
                return Err(Error::DifferentColumns { idx, expected, given });
            }
        }
        // Partitions may disagree on whether a column can have nulls.
        let fields = first.batch.schema_ref().fields().iter();
        let fields: Vec<_> = fields.map(|field| field.as_ref().clone().with_nullable(true)).collect();
        let schema = Arc::new(Schema::new(fields));
        let batches = partitions.iter().map(|partition| &partition.batch);
        Self::try_new(arrow_select::concat::concat_batches(&schema, batches)?)
    }

    fn no_such_column(&self, name: &str) -> Error {
        let known: Vec<_> = self.fields().map(|field| field.name.to_string()).collect();
        Error::NoSuchColumn { name: name.to_owned(), known: known.join(", ") }
    }

    fn describe(&self) -> String {
        let columns: Vec<_> = self.fields().map(|field| field.to_string()).collect();
        format!("{{{}}}", columns.join(", "))
    }
}

fn same_columns(left: &Partition, right: &Partition) -> bool {
    let (left, right) = (left.batch.schema_ref().fields(), right.batch.schema_ref().fields());
    left.len() == right.len()
        && left.iter().zip(right).all(|(l, r)| (l.name(), l.data_type()) == (r.name(), r.data_type()))
}

fn column_nbytes(column: &ArrayRef) -> u64 {
    let slice = column.to_data().get_slice_memory_size();
    slice.unwrap_or_else(|_| column.get_buffer_memory_size()) as u64
}

/// Equal when the columns have the same names and types in the same order, and the same rows.
impl PartialEq for Partition {
    fn eq(&self, other: &Self) -> bool {
        self.n_rows() == other.n_rows()
            && same_columns(self, other)
            && self.batch.columns() == other.batch.columns()
    }
}

impl fmt::Debug for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Partition({} rows, {})", self.n_rows(), self.describe())
    }
}

#[cfg(test)]
mod tests;
