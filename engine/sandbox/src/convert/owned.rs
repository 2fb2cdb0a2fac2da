//! Nodes that own what they are made of, for what the host returns: wasmtime borrows only what it is called with.

use crate::bindings::gristmill::plugin::types::{
    ColumnParam, ColumnResult, NdarrayResult, NodeParam, NodeResult, TableResult,
};

/// A node with a copy of everything in it.
pub(crate) fn owned(node: &NodeParam<'_>) -> NodeResult {
    match node {
        NodeParam::Null => NodeResult::Null,
        NodeParam::Boolean(x) => NodeResult::Boolean(*x),
        NodeParam::Int(x) => NodeResult::Int(*x),
        NodeParam::Uint(x) => NodeResult::Uint(*x),
        NodeParam::Float(x) => NodeResult::Float(*x),
        NodeParam::Complex(x) => NodeResult::Complex(*x),
        NodeParam::Text(x) => NodeResult::Text((*x).to_owned()),
        NodeParam::Bytes(x) => NodeResult::Bytes(x.to_vec()),
        NodeParam::Datetime(x) => NodeResult::Datetime(*x),
        NodeParam::Timedelta(x) => NodeResult::Timedelta(*x),
        NodeParam::Ndarray(x) => NodeResult::Ndarray(NdarrayResult {
            dtype: x.dtype,
            shape: x.shape.to_vec(),
            data: x.data.to_vec(),
        }),
        NodeParam::Table(x) => NodeResult::Table(TableResult {
            rows: x.rows,
            columns: x.columns.iter().map(owned_column).collect(),
        }),
        NodeParam::List(x) => NodeResult::List(x.to_vec()),
        NodeParam::Map(x) => {
            NodeResult::Map(x.iter().map(|(name, child)| ((*name).to_owned(), *child)).collect())
        }
    }
}

fn owned_column(column: &ColumnParam<'_>) -> ColumnResult {
    ColumnResult {
        name: column.name.to_owned(),
        dtype: column.dtype,
        validity: column.validity.map(<[u8]>::to_vec),
        offsets: column.offsets.map(<[u8]>::to_vec),
        data: column.data.to_vec(),
    }
}
