//! Values to and from the flat node lists that cross the sandbox boundary.
//!
//! Neither direction recurses: children have larger indices than their parents, so one pass from the end builds
//! every child before it is needed.

use std::collections::VecDeque;

use crate::bindings::task::gristmill::plugin::types::Node;
use crate::error::{Result, TaskError};
use crate::value::{Map, Value};

/// The value whose root is node 0.
pub(crate) fn into_value(mut nodes: Vec<Node>) -> Result<Value> {
    // The values of node 1 and on. Most values are scalars, which have none: then nothing is allocated.
    let mut built: Vec<Value> = Vec::new();
    built.resize_with(nodes.len().saturating_sub(1), Value::default);
    while let Some(node) = nodes.pop() {
        let idx = nodes.len();
        let value = value_of(node, idx, &mut built)?;
        match idx.checked_sub(1).and_then(|place| built.get_mut(place)) {
            Some(place) => *place = value,
            None => return Ok(value),
        }
    }
    Err(TaskError::type_mismatch("a value has no nodes"))
}

/// The value of node `idx`, whose children are taken out of `built`.
fn value_of(node: Node, idx: usize, built: &mut [Value]) -> Result<Value> {
    Ok(match node {
        Node::Null => Value::Null,
        Node::Boolean(x) => Value::Boolean(x),
        Node::Int(x) => Value::Int(x),
        Node::Uint(x) => Value::UInt(x),
        Node::Float(x) => Value::Float(x),
        Node::Complex((re, im)) => Value::Complex(re, im),
        Node::Text(x) => Value::Text(x),
        Node::Bytes(x) => Value::Bytes(x),
        Node::Datetime(x) => Value::Datetime(x),
        Node::Timedelta(x) => Value::Timedelta(x),
        Node::Ndarray(x) => Value::NdArray(x.into()),
        Node::Table(x) => Value::Table(x.try_into()?),
        Node::List(children) => {
            let mut items = Vec::with_capacity(children.len());
            for child in children {
                items.push(take(built, idx, child)?);
            }
            Value::List(items)
        }
        Node::Map(children) => {
            let mut pairs = Vec::with_capacity(children.len());
            for (name, child) in children {
                pairs.push((name, take(built, idx, child)?));
            }
            Value::Map(Map(pairs))
        }
    })
}

fn take(built: &mut [Value], parent: usize, child: u32) -> Result<Value> {
    let place = (child as usize).checked_sub(1).and_then(|place| built.get_mut(place));
    match place {
        Some(place) if child as usize > parent => Ok(std::mem::take(place)),
        _ => Err(TaskError::type_mismatch(format!(
            "node {parent} names child {child}, which is no later node"
        ))),
    }
}

/// The nodes of `value`, the root first.
pub(crate) fn from_value(value: Value) -> Vec<Node> {
    let mut nodes = Vec::with_capacity(1);
    let mut waiting = VecDeque::new();
    let mut next = Some(value);
    let mut n_named = 1;
    while let Some(value) = next {
        nodes.push(match value {
            Value::Null => Node::Null,
            Value::Boolean(x) => Node::Boolean(x),
            Value::Int(x) => Node::Int(x),
            Value::UInt(x) => Node::Uint(x),
            Value::Float(x) => Node::Float(x),
            Value::Complex(re, im) => Node::Complex((re, im)),
            Value::Text(x) => Node::Text(x),
            Value::Bytes(x) => Node::Bytes(x),
            Value::Datetime(x) => Node::Datetime(x),
            Value::Timedelta(x) => Node::Timedelta(x),
            Value::NdArray(x) => Node::Ndarray(x.into()),
            Value::Table(x) => Node::Table(x.into()),
            Value::List(items) => {
                let first = n_named;
                n_named += items.len() as u32;
                waiting.extend(items);
                Node::List((first..n_named).collect())
            }
            Value::Map(pairs) => {
                let first = n_named;
                n_named += pairs.len() as u32;
                let mut names = Vec::with_capacity(pairs.len());
                for (child, (name, value)) in (first..).zip(pairs.0) {
                    names.push((name, child));
                    waiting.push_back(value);
                }
                Node::Map(names)
            }
        });
        next = waiting.pop_front();
    }
    nodes
}

#[cfg(test)]
mod tests;
