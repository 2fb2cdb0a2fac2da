//! Where the kernels of a program would run, for people.

use std::collections::HashSet;
use std::fmt::Write;

use gristmill_collections::Program;
use gristmill_data::Value;
use gristmill_gpu::{Devices, Planned, planned};
use gristmill_graph::{DeviceChoice, TaskTable};

use crate::code::kernel_call;

/// One line for each kind of task: its first one, with blocks of the sizes that are known.
pub(crate) fn devices(devices: &Devices, program: &Program) -> String {
    let mut text = "devices\n".to_owned();
    if devices.search() == 0 {
        text.push_str("  there is no GPU: every kernel runs on the CPU\n");
        return text;
    }
    let Ok(table) = program.graph.optimize(&program.wanted) else { return text };
    let mut seen = HashSet::new();
    // Results of these families stay on a device.
    let mut on_device = HashSet::new();
    for (row, &family) in (0u32..).zip(&table.family) {
        let Some(of) = table.families.get(family as usize).filter(|of| !of.held && seen.insert(family))
        else {
            continue;
        };
        let inputs: Vec<Value> =
            table.inputs.row(row).iter().map(|&input| input_of(program, &table, input, &on_device)).collect();
        let choice =
            if of.options.device == DeviceChoice::Auto { devices.choice() } else { of.options.device };
        let steps = table.steps(row);
        let verdicts = devices.explain(choice, steps.len(), |number, results| {
            kernel_call(&program.graph, &table, row, number, &inputs, results)
        });
        if verdicts.last().is_some_and(|verdict| verdict.on_device) {
            on_device.insert(family);
        }
        for (task, verdict) in steps.iter().zip(&verdicts) {
            let name = program.graph.spec(*task).map_or_else(|_| of.name.clone(), |spec| spec.name.clone());
            let place = if verdict.on_device { "gpu" } else { "cpu" };
            let _ = writeln!(text, "  {place}  {name} ({choice}): {}", verdict.why);
        }
    }
    text
}

/// What is known of an input: a block of its layer, where that is.
fn input_of(program: &Program, table: &TaskTable, input: u32, on_device: &HashSet<u32>) -> Value {
    let block =
        table.steps(input).last().and_then(|task| program.sizes.get(&task.layer)?.block(task.index.into()));
    let family = table.family.get(input as usize);
    let place =
        if family.is_some_and(|family| on_device.contains(family)) { Planned::Device } else { Planned::Host };
    block.map_or(Value::Null, |(dtype, shape)| Value::DeviceChunk(planned(dtype, &shape, place)))
}
