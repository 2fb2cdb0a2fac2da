//! Values to and from the flat node lists that cross the sandbox boundary.
//!
//! Neither direction recurses: children have larger indices than their parents, so one pass from the end builds
//! every child before it is needed.

use std::collections::VecDeque;

use crate::bindings::task::gristmill::plugin::types::Node;
use crate::error::{Result, TaskError};
use crate::value::{Map, Value};

/// The value whose root is node 0.
pub(crate) fn into_value(nodes: Vec<Node>) -> Result<Value> {
    let mut built: Vec<Value> = Vec::new();
    built.resize_with(nodes.len(), Value::default);
    for (idx, node) in nodes.into_iter().enumerate().rev() {
        let value = match node {
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
                let items = children.into_iter().map(|child| take(&mut built, idx, child));
                Value::List(items.collect::<Result<_>>()?)
            }
            Node::Map(children) => {
                let pairs =
                    children.into_iter().map(|(name, child)| Ok((name, take(&mut built, idx, child)?)));
                Value::Map(pairs.collect::<Result<Map<_>>>()?)
            }
        };
        if let Some(place) = built.get_mut(idx) {
            *place = value;
        }
    }
    built.into_iter().next().ok_or_else(|| TaskError::type_mismatch("a value has no nodes"))
}

fn take(built: &mut [Value], parent: usize, child: u32) -> Result<Value> {
    match built.get_mut(child as usize) {
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
