//! What an expression is, and what would run.

use std::collections::HashMap;
use std::fmt::Write;

use super::plan::{optimised, topological};
use super::{Array, Op};
use crate::{Collection, Error};

impl Array {
    /// The expression as it was written and as it is computed, and the tasks that do it, with the bytes of their blocks.
    ///
    /// # Errors
    /// The mistake in the expression, if there is one.
    pub fn explain(&self) -> Result<String, Error> {
        let wanted = std::slice::from_ref(self);
        let program = Self::program(wanted)?;
        let computed = topological(&optimised(wanted));
        let mut text = String::new();
        section(&mut text, "written", &topological(wanted));
        section(&mut text, "computed", &computed);
        text.push_str("tasks\n");
        for layer in program.graph.layers() {
            let _ = writeln!(text, "  {:>9} x {}", layer.n_tasks(), layer.name);
        }
        let largest = computed.iter().map(block_nbytes).max().unwrap_or(0);
        let _ = writeln!(text, "largest block {}", bytes(largest));
        Ok(text)
    }
}

fn section(text: &mut String, title: &str, arrays: &[Array]) {
    let _ = writeln!(text, "{title}");
    let places: HashMap<u64, usize> = arrays.iter().enumerate().map(|(n, array)| (array.id(), n)).collect();
    for (n, array) in arrays.iter().enumerate() {
        let inputs: Vec<String> = array
            .inputs()
            .iter()
            .map(|input| places.get(&input.id()).map_or_else(String::new, |n| format!("#{n}")))
            .collect();
        let what = match array.op() {
            Op::Elementwise(expr) => {
                expr.steps().iter().map(|step| step.op.name()).collect::<Vec<_>>().join(" ")
            }
            op => op.name().to_owned(),
        };
        let _ = writeln!(
            text,
            "  #{n} {what}({}) {} {:?} in {:?} blocks, {}",
            inputs.join(", "),
            array.dtype(),
            array.shape(),
            array.numblocks(),
            bytes(array.nbytes())
        );
    }
}

/// The bytes of the array's largest block.
fn block_nbytes(array: &Array) -> u64 {
    let longest = (0..array.ndim()).map(|axis| array.grid().chunks(axis).iter().copied().max().unwrap_or(0));
    longest.product::<u64>() * array.dtype().itemsize() as u64
}

fn bytes(n: u64) -> String {
    match n {
        0..10_240 => format!("{n} B"),
        10_240..10_485_760 => format!("{:.1} KiB", n as f64 / 1024.0),
        10_485_760..10_737_418_240 => format!("{:.1} MiB", n as f64 / 1_048_576.0),
        _ => format!("{:.1} GiB", n as f64 / 1_073_741_824.0),
    }
}
