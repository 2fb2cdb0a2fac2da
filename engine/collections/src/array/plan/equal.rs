//! Operations that are the same although they were written twice, made one.

use std::collections::HashMap;

use gristmill_data::ChunkRuns;
use gristmill_graph::Digest;

use super::topological;
use crate::array::{Array, Op, Source};

/// These arrays, with equal operations made one.
pub(super) fn merged(wanted: &[Array]) -> Vec<Array> {
    let mut known: HashMap<String, Array> = HashMap::new();
    let mut done: HashMap<u64, Array> = HashMap::new();
    for array in topological(wanted) {
        let inputs = super::replaced(&done, array.inputs());
        let same = inputs.iter().zip(array.inputs()).all(|(new, old)| new.id() == old.id());
        let now = if same { array.clone() } else { array.with_inputs(inputs) };
        let equal = match text(&now) {
            Some(text) => known.entry(text).or_insert(now).clone(),
            None => now,
        };
        done.insert(array.id(), equal);
    }
    super::replaced(&done, wanted)
}

/// What an operation is, its inputs named by their ids; `None` of what is never equal to anything else.
fn text(array: &Array) -> Option<String> {
    let op = match array.op() {
        Op::Failed(_) | Op::Held { .. } | Op::Delayed(_) => return None,
        Op::Data(chunk) => format!("data {:?}", chunk.data().as_ptr()),
        Op::Full(number) => format!("full {number}"),
        Op::Made { kernel, args } => format!("made {kernel} {args:?}"),
        Op::Elementwise(expr) => format!("elementwise {expr}"),
        Op::Reduce { reduction, axes, keepdims } => format!("reduce {reduction} {axes:?} {keepdims}"),
        Op::Select { starts, steps } => format!("select {starts:?} {steps:?}"),
        Op::Transpose(axes) => format!("transpose {axes:?}"),
        Op::Concatenate(axis) => format!("concatenate {axis}"),
        Op::Source(Source { file, starts, steps, .. }) => {
            format!("source {} {:?} {starts:?} {steps:?}", file.recipe(), file.identity())
        }
        // Lists of blocks may be long.
        Op::Call(call) => format!("call {}", Digest::of(format!("{:?}", call.layer()).as_bytes())),
    };
    let inputs: Vec<u64> = array.inputs().iter().map(Array::id).collect();
    let (dtype, device) = (array.dtype(), array.device());
    Some(format!("{op} {inputs:?} {dtype} {device} {}", ChunkRuns::from(array.grid())))
}
