//! What an expression is, what would run, and what that takes in memory.

use std::collections::HashMap;
use std::fmt::Write;

use gristmill_graph::LayerId;

use super::plan::{optimised, topological};
use super::{Array, Op, unknown};
use crate::program::shown;
use crate::{BlockSizes, Collection, Error, PeakMemory, Program};

/// Numbers of threads for which memory is told.
const N_THREADS: [usize; 4] = [1, 2, 4, 8];
/// How many layers are named that take the most.
const PARTS_MAX: usize = 3;

impl Array {
    /// The expression as it was written and as it is computed, the tasks that do it with the bytes of their blocks, and
    /// what a worker would hold at most if it ran them all and spilled nothing.
    ///
    /// That is an estimate: from the bytes of blocks and the order of tasks, and without what functions take for
    /// themselves. What is wanted counts until the end, as [`Collection::output`] needs it then. Nothing is known here of
    /// the workers, so what can be done in steps that hold little is; see [`Array::explain_within`].
    ///
    /// # Errors
    /// The mistake in the expression, if there is one.
    pub fn explain(&self) -> Result<String, Error> {
        self.explain_within(0)
    }

    /// The same, as it is computed by workers that may hold so many bytes.
    ///
    /// # Errors
    /// As [`Array::explain`].
    pub fn explain_within(&self, memory_nbytes: u64) -> Result<String, Error> {
        let wanted = std::slice::from_ref(self);
        let program = Self::program_within(wanted, memory_nbytes)?;
        let mut text = String::new();
        section(&mut text, "written", &topological(wanted));
        section(&mut text, "computed", &topological(&optimised(wanted, memory_nbytes)));
        tasks(&mut text, &program);
        memory(&mut text, &program.peaks(&N_THREADS)?);
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
            "  #{n} {what}({}) {} {} in {:?} blocks, {}",
            inputs.join(", "),
            array.dtype(),
            unknown::shown(&array.shape()),
            array.numblocks(),
            shown(array.nbytes())
        );
    }
}

/// Each layer's tasks, with its largest block and its largest task.
fn tasks(text: &mut String, program: &Program) {
    let _ = writeln!(text, "tasks");
    for (id, layer) in (0..).map(LayerId).zip(program.graph.layers()) {
        let block = program.sizes.get(&id).map_or(0, BlockSizes::largest);
        let task = program.working_set(id, layer, false);
        let _ = writeln!(
            text,
            "  {:>9} x {}: blocks of {}, tasks of {} with {} inputs",
            layer.n_tasks(),
            layer.name,
            shown(block),
            shown(task.nbytes),
            task.n_inputs
        );
    }
}

fn memory(text: &mut String, peaks: &[PeakMemory]) {
    let _ = writeln!(text, "memory of a worker at most");
    for (n_threads, peak) in N_THREADS.iter().zip(peaks) {
        let (least, most) = (shown(peak.least_nbytes), shown(peak.most_nbytes));
        let range = if least == most { most } else { format!("between {least} and {most}") };
        let parts = peak.parts.iter().take(PARTS_MAX);
        let parts: Vec<String> =
            parts.map(|(name, n, nbytes)| format!("{} in {n} of {name}", shown(*nbytes))).collect();
        let parts = if parts.is_empty() { String::new() } else { format!(", with {}", parts.join(", ")) };
        let threads = if *n_threads == 1 { "thread" } else { "threads" };
        let _ = writeln!(text, "  {n_threads:>9} {threads}: {range}{parts}");
    }
}

#[cfg(test)]
mod tests;
