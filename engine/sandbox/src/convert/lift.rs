//! From the nodes of a guest to a value, believing nothing.

use std::collections::HashSet;
use std::sync::Arc;

use gristmill_data::arrow::buffer::Buffer;
use gristmill_data::number::Complex64;
use gristmill_data::{Chunk, TaskError, TaskErrorKind, VALUE_DEPTH_MAX, Value};

use super::dtype_from_wit;
use super::table::lift_table;
use crate::bindings::gristmill::plugin::types::{ColumnResult, NdarrayResult, NodeResult};
use crate::context::Limits;

/// What results may still use.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    nodes: usize,
    nbytes: u64,
}

impl Budget {
    /// The whole of what these limits allow.
    pub(crate) fn of(limits: &Limits) -> Self {
        Self { nodes: limits.result_nodes, nbytes: limits.result_nbytes }
    }

    fn take(&mut self, nodes: &[NodeResult]) -> Result<(), TaskError> {
        let left = self.nodes.checked_sub(nodes.len());
        self.nodes =
            left.ok_or_else(|| over(format!("the result has {} nodes, over its limit", nodes.len())))?;
        let nbytes = nodes.iter().map(node_nbytes).sum();
        let left = self.nbytes.checked_sub(nbytes);
        self.nbytes = left.ok_or_else(|| over(format!("the result has {nbytes} bytes, over its limit")))?;
        Ok(())
    }
}

fn over(message: String) -> TaskError {
    TaskError::new(TaskErrorKind::HostcallLimit, message)
}

fn node_nbytes(node: &NodeResult) -> u64 {
    let nbytes = match node {
        NodeResult::Text(text) => text.len(),
        NodeResult::Bytes(bytes) => bytes.len(),
        NodeResult::Ndarray(array) => array.data.len(),
        NodeResult::Table(table) => table.columns.iter().map(column_nbytes).sum(),
        NodeResult::Map(entries) => entries.iter().map(|(name, _)| name.len()).sum(),
        _ => 0,
    };
    nbytes as u64
}

fn column_nbytes(column: &ColumnResult) -> usize {
    let optional = |bytes: &Option<Vec<u8>>| bytes.as_ref().map_or(0, Vec::len);
    column.name.len() + column.data.len() + optional(&column.validity) + optional(&column.offsets)
}

/// The value whose root is node 0.
///
/// # Errors
/// `bad result` when the nodes are not one tree or a leaf is not what it says, `host call limit` over `budget`.
pub(crate) fn lift(mut nodes: Vec<NodeResult>, budget: &mut Budget) -> Result<Value, TaskError> {
    budget.take(&nodes)?;
    check_tree(&nodes).map_err(bad)?;
    // Children have larger indices than their parents: from the end, every child is there before it is asked for.
    let mut built = vec![Value::Null; nodes.len()];
    while let Some(node) = nodes.pop() {
        let idx = nodes.len();
        let value = lift_node(node, &mut built).map_err(|reason| bad(format!("node {idx}: {reason}")))?;
        if let Some(slot) = built.get_mut(idx) {
            *slot = value;
        }
    }
    built.into_iter().next().ok_or_else(|| bad("no nodes at all".to_owned()))
}

fn bad(reason: String) -> TaskError {
    TaskError::new(TaskErrorKind::BadResult, format!("the plugin returned what is no value: {reason}"))
}

/// Checks that every node but the root has exactly one parent, which stands before it, and that the tree is not too
/// deep. With that it is one tree: no node is shared, none is left over, and there is no way round in circles.
fn check_tree(nodes: &[NodeResult]) -> Result<(), String> {
    // 0 is no parent yet; else one more than the parent's depth.
    let mut depths = vec![0_usize; nodes.len()];
    for (idx, node) in nodes.iter().enumerate() {
        let depth = 1 + depths.get(idx).copied().unwrap_or_default();
        if idx > 0 && depth == 1 {
            return Err(format!("node {idx} has no parent before it"));
        }
        for child in children(node) {
            if depth > VALUE_DEPTH_MAX {
                return Err(format!("node {idx} is more than {VALUE_DEPTH_MAX} levels deep"));
            }
            match depths.get_mut(child) {
                None => {
                    return Err(format!(
                        "node {idx} names child {child}, and there are {} nodes",
                        nodes.len()
                    ));
                }
                Some(_) if child <= idx => {
                    return Err(format!("node {idx} names child {child}, which is not after it"));
                }
                Some(0) => {}
                Some(_) => return Err(format!("node {child} has two parents")),
            }
            if let Some(slot) = depths.get_mut(child) {
                *slot = depth;
            }
        }
    }
    Ok(())
}

fn children(node: &NodeResult) -> impl Iterator<Item = usize> + '_ {
    let (list, map) = match node {
        NodeResult::List(items) => (items.as_slice(), [].as_slice()),
        NodeResult::Map(entries) => ([].as_slice(), entries.as_slice()),
        _ => ([].as_slice(), [].as_slice()),
    };
    list.iter().chain(map.iter().map(|(_, child)| child)).map(|&child| child as usize)
}

/// One value, made of the children that are built already.
fn lift_node(node: NodeResult, built: &mut [Value]) -> Result<Value, String> {
    let mut take = |child: u32| built.get_mut(child as usize).map(std::mem::take).unwrap_or_default();
    Ok(match node {
        NodeResult::Null => Value::Null,
        NodeResult::Boolean(x) => Value::Boolean(x),
        NodeResult::Int(x) => Value::Int(x),
        NodeResult::Uint(x) => Value::UInt(x),
        NodeResult::Float(x) => Value::Float(x),
        NodeResult::Complex((re, im)) => Value::Complex(Complex64::new(re, im)),
        NodeResult::Text(x) => Value::Text(x.into()),
        NodeResult::Bytes(x) => Value::Bytes(Buffer::from_vec(x)),
        NodeResult::Datetime(x) => Value::Datetime(x),
        NodeResult::Timedelta(x) => Value::Timedelta(x),
        NodeResult::Ndarray(x) => Value::Chunk(lift_ndarray(x)?),
        NodeResult::Table(x) => Value::Partition(lift_table(x)?),
        NodeResult::List(items) => Value::List(items.into_iter().map(take).collect()),
        NodeResult::Map(entries) => {
            check_names(&entries)?;
            let entries = entries.into_iter().map(|(name, child)| (Arc::from(name), take(child)));
            Value::Map(entries.collect())
        }
    })
}

/// Names are the guest's: they are hashed with a key that it does not know.
fn check_names(entries: &[(String, u32)]) -> Result<(), String> {
    let mut names = HashSet::with_capacity(entries.len());
    match entries.iter().find(|(name, _)| !names.insert(name.as_str())) {
        Some((name, _)) => Err(format!("the name `{}` is in a map twice", crate::text::clean(name, 100))),
        None => Ok(()),
    }
}

fn lift_ndarray(array: NdarrayResult) -> Result<Chunk, String> {
    let dtype = dtype_from_wit(array.dtype);
    Chunk::try_new(dtype, &array.shape, Buffer::from_vec(array.data), None).map_err(|error| error.to_string())
}
