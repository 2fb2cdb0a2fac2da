//! From values to nodes that borrow from them.

use gristmill_data::{Partition, TaskError, TaskErrorKind, VALUE_NODES_MAX, Value};

use super::dtype_to_wit;
use super::table::{ColumnBuffers, n_rows};
use crate::bindings::gristmill::plugin::types::{ColumnParam, NdarrayParam, NodeParam, TableParam};

/// The values of one call, or of a batch of calls, laid out flat. The nodes borrow from it.
///
/// Children of a list stand next to each other, so a list of children is a slice of one ascending row of numbers.
pub(crate) struct Flat<'v> {
    /// All values and what is in them, argument after argument, each level after its parent's.
    values: Vec<(&'v Value, Place)>,
    /// Where each argument ends in `values`.
    ends: Vec<usize>,
    /// 0, 1, 2, ...: the indices of children.
    indices: Vec<u32>,
    /// All names of maps, with the indices of their values.
    entries: Vec<(&'v str, u32)>,
    /// All columns of tables.
    columns: Vec<ColumnBuffers<'v>>,
}

/// Where in `indices`, `entries` or `columns` the parts of a value lie.
#[derive(Clone, Copy, Default)]
struct Place {
    first: usize,
    len: usize,
}

impl Place {
    fn of<T>(self, all: &[T]) -> &[T] {
        all.get(self.first..self.first + self.len).unwrap_or_default()
    }
}

impl<'v> Flat<'v> {
    /// Lays out these arguments.
    ///
    /// # Errors
    /// `unsupported` for what cannot cross: masked chunks, and more nodes than a value may have.
    pub(crate) fn of(args: impl IntoIterator<Item = &'v Value>) -> Result<Self, TaskError> {
        let args = args.into_iter();
        let mut flat = Self {
            values: Vec::with_capacity(args.size_hint().0),
            ends: Vec::with_capacity(args.size_hint().0),
            indices: Vec::new(),
            entries: Vec::new(),
            columns: Vec::new(),
        };
        let mut n_children = 0;
        for (arg_idx, arg) in args.enumerate() {
            let widest = flat.push(arg).map_err(|error| error.while_doing(format!("argument {arg_idx}")))?;
            n_children = widest.max(n_children);
        }
        // A child's index is below the number of nodes, which is bounded.
        flat.indices = (0..u32::try_from(n_children).unwrap_or(u32::MAX)).collect();
        Ok(flat)
    }

    /// Lays out one argument, breadth first; returns how many indices its lists need.
    fn push(&mut self, arg: &'v Value) -> Result<usize, TaskError> {
        let root = self.values.len();
        self.values.push((arg, Place::default()));
        let mut idx = root;
        let mut widest = 0;
        while let Some(&(value, _)) = self.values.get(idx) {
            let next = self.values.len() - root;
            let place = match value {
                Value::List(items) => {
                    self.values.extend(items.iter().map(|item| (item, Place::default())));
                    widest = self.values.len() - root;
                    Place { first: next, len: items.len() }
                }
                Value::Map(entries) => self.push_map(entries, next),
                Value::Partition(partition) => self.push_table(partition)?,
                Value::DeviceChunk(_) => {
                    return Err(unsupported("a chunk in the memory of a device".to_owned()));
                }
                Value::Chunk(chunk) if chunk.validity().is_some() => {
                    return Err(unsupported(
                        "a chunk with absent elements cannot go to a plugin; fill them first",
                    ));
                }
                _ => Place::default(),
            };
            if self.values.len() - root > VALUE_NODES_MAX {
                return Err(unsupported(format!(
                    "a value of more than {VALUE_NODES_MAX} parts; use a chunk or a table"
                )));
            }
            if let Some((_, its_place)) = self.values.get_mut(idx) {
                *its_place = place;
            }
            idx += 1;
        }
        self.ends.push(self.values.len());
        Ok(widest)
    }

    fn push_map(&mut self, entries: &'v [(std::sync::Arc<str>, Value)], next: usize) -> Place {
        let first = self.entries.len();
        for (child, (name, value)) in (next..).zip(entries) {
            self.values.push((value, Place::default()));
            self.entries.push((name, u32::try_from(child).unwrap_or(u32::MAX)));
        }
        Place { first, len: entries.len() }
    }

    fn push_table(&mut self, partition: &'v Partition) -> Result<Place, TaskError> {
        let first = self.columns.len();
        let batch = partition.batch();
        for (field, array) in batch.schema_ref().fields().iter().zip(batch.columns()) {
            let column = ColumnBuffers::of(field.name(), array);
            self.columns
                .push(column.ok_or_else(|| unsupported(format!("a column of type {}", field.data_type())))?);
        }
        Ok(Place { first, len: self.columns.len() - first })
    }

    /// All columns, borrowed; the nodes of tables point into them.
    pub(crate) fn columns(&self) -> Vec<ColumnParam<'_>> {
        self.columns.iter().map(ColumnBuffers::param).collect()
    }

    /// All nodes, argument after argument.
    pub(crate) fn nodes<'a>(&'a self, columns: &'a [ColumnParam<'a>]) -> Vec<NodeParam<'a>> {
        self.values.iter().map(|(value, place)| self.node(value, *place, columns)).collect()
    }

    fn node<'a>(&'a self, value: &'a Value, place: Place, columns: &'a [ColumnParam<'a>]) -> NodeParam<'a> {
        match value {
            // Refused when it was pushed.
            Value::Null | Value::DeviceChunk(_) => NodeParam::Null,
            Value::Boolean(x) => NodeParam::Boolean(*x),
            Value::Int(x) => NodeParam::Int(*x),
            Value::UInt(x) => NodeParam::Uint(*x),
            Value::Float(x) => NodeParam::Float(*x),
            Value::Complex(x) => NodeParam::Complex((x.re, x.im)),
            Value::Text(x) => NodeParam::Text(x),
            Value::Bytes(x) => NodeParam::Bytes(x),
            Value::Datetime(x) => NodeParam::Datetime(*x),
            Value::Timedelta(x) => NodeParam::Timedelta(*x),
            Value::Chunk(x) => NodeParam::Ndarray(NdarrayParam {
                dtype: dtype_to_wit(x.dtype()),
                shape: x.shape(),
                data: x.data(),
            }),
            Value::Partition(x) => {
                NodeParam::Table(TableParam { rows: n_rows(x), columns: place.of(columns) })
            }
            Value::List(_) => NodeParam::List(place.of(&self.indices)),
            Value::Map(_) => NodeParam::Map(place.of(&self.entries)),
        }
    }

    /// The nodes of each argument.
    pub(crate) fn args<'a>(&self, nodes: &'a [NodeParam<'a>]) -> Vec<&'a [NodeParam<'a>]> {
        let starts = std::iter::once(&0).chain(&self.ends);
        starts.zip(&self.ends).map(|(&start, &end)| nodes.get(start..end).unwrap_or_default()).collect()
    }
}

fn unsupported(message: impl Into<String>) -> TaskError {
    TaskError::new(TaskErrorKind::Unsupported, message)
}
