//! A user's kernel on a device: its function for each element, with fuel for its loops.

use std::fmt::Write as _;
use std::sync::Arc;

use gristmill_data::{DType, broadcast_shapes};

use super::UserKernel;
use super::fuel::FUEL;
use super::text::MAIN;
use crate::Error;
use crate::adapter::AdapterFacts;
use crate::array::DeviceArray;
use crate::device::{Device, Dispatch, Shader, Window};
use crate::kernels::elementwise::{countable, seen, window};
use crate::kernels::source::{Access, Immediates, Operand, Source, whole};
use crate::wgsl::index::Axes;
use crate::wgsl::repr::Repr;
use crate::wgsl::{TURNS_MAX, WORKGROUP, WORKGROUPS_MAX};

/// Elements that an invocation computes one after the other.
const GROUP: u32 = 4;
/// Elements of one dispatch of a kernel with loops: a group for each invocation, so that an element has the same fuel
/// whatever the size of its array.
const LOOPS_WINDOW_MAX: u64 = WORKGROUPS_MAX as u64 * WORKGROUP as u64 * GROUP as u64;
/// Invocations that llvmpipe runs as one. A turn of any of them is a turn of all.
const SOFTWARE_LANES: u32 = 8;

/// How many turns all loops together may take for one element.
pub(crate) fn turns_max(facts: &AdapterFacts) -> u32 {
    TURNS_MAX / GROUP / if facts.is_software { SOFTWARE_LANES } else { 1 }
}

/// The kernel on these operands, which broadcast together. Waits for it, if it has loops.
///
/// # Errors
/// [`Error::Turns`] when a loop does not end in time, [`Error::Unsupported`] of arguments, and as the device fails.
pub(crate) fn map(
    device: &Device,
    kernel: &UserKernel,
    operands: &[Operand],
    tenant: u32,
) -> Result<DeviceArray, Error> {
    check_dtypes(kernel, operands)?;
    let shapes: Vec<&[u64]> = operands.iter().map(Operand::shape).collect();
    let shape = broadcast_shapes(&shapes)?;
    let n = countable(&shape)?;
    let out = device.array(kernel.result, &shape, tenant)?;
    if n == 0 {
        return Ok(out);
    }
    let facts = device.facts();
    let axes = Axes::new(&shape, &shapes);
    // What every shader here begins with: 0, how many groups, the first element of the window, and the last of all.
    let mut immediates = Immediates::new(&[0, 0, 0, n - 1]);
    let program = program(kernel, facts)?;
    let source = Source::of(program, operands, &axes, true, &mut immediates, facts)?;
    let shader = shader(kernel, &source, Repr::of(kernel.result, facts)?)?;
    let arrays: Vec<(DeviceArray, Access)> = operands
        .iter()
        .zip(&source.accesses)
        .filter_map(|(operand, access)| match operand {
            Operand::Array(array) => Some((array.clone(), *access)),
            _ => None,
        })
        .chain([(out.clone(), Access::Group)])
        .collect();
    let status = device.array(DType::UInt32, &[1], tenant)?;
    device.upload(&[0; 4], &status.buffer)?;
    let window = match kernel.n_loops {
        0 => window(&arrays, facts.binding_nbytes_max)?,
        _ => window(&arrays, facts.binding_nbytes_max)?.min(LOOPS_WINDOW_MAX),
    };
    let dispatches = (0..u64::from(n)).step_by(window as usize).map(|first| {
        let count = window.min(u64::from(n) - first);
        let n_groups = count.div_ceil(GROUP.into()) as u32;
        let mut words = immediates.words().to_vec();
        words.splice(1..3, [n_groups, first as u32]);
        let bindings = arrays
            .iter()
            .map(|(array, access)| seen(array, *access, first, count))
            .chain([Window::whole(&status.buffer)])
            .collect();
        let workgroups = [n_groups.div_ceil(WORKGROUP).min(WORKGROUPS_MAX), 1, 1];
        Dispatch { shader: shader.clone(), bindings, words, workgroups }
    });
    device.dispatch(dispatches.collect()).map_err(|error| named(kernel, error))?;
    if kernel.n_loops > 0 && device.download(&status.buffer, 4)?.into_buffer().iter().any(|&byte| byte != 0) {
        return Err(Error::Turns { kernel: kernel.name.clone(), n_turns_max: turns_max(facts) });
    }
    Ok(out)
}

fn check_dtypes(kernel: &UserKernel, operands: &[Operand]) -> Result<(), Error> {
    let given: Vec<DType> = operands.iter().map(Operand::dtype).collect();
    if given == kernel.params {
        return Ok(());
    }
    let listed = |dtypes: &[DType]| dtypes.iter().map(|dtype| dtype.name()).collect::<Vec<_>>().join(", ");
    let (takes, given) = (listed(&kernel.params), listed(&given));
    Err(Error::unsupported(format!("`{}` takes ({takes}), and was given ({given})", kernel.name)))
}

/// A driver that refuses a shader refuses this kernel.
fn named(kernel: &UserKernel, error: Error) -> Error {
    match error {
        Error::Shader { adapter, reason, .. } => {
            let reason = format!("`{adapter}` does not compile it: {reason}");
            Error::Kernel { kernel: kernel.name.clone(), reason }
        }
        other => other,
    }
}

/// The kernel's declarations, and `program`, which fills the fuel and says when it is spent.
fn program(kernel: &UserKernel, facts: &AdapterFacts) -> Result<String, Error> {
    let params: Vec<String> = kernel
        .params
        .iter()
        .enumerate()
        .map(|(n, &dtype)| Ok(format!("x{n}: {}", Repr::of(dtype, facts)?.register())))
        .collect::<Result<_, Error>>()?;
    let args: Vec<String> = (0..params.len()).map(|n| format!("x{n}")).collect();
    let (params, args) = (params.join(", "), args.join(", "));
    let result = Repr::of(kernel.result, facts)?.register();
    let call = match kernel.n_loops {
        0 => format!("return {MAIN}({args});"),
        // What is left of one more than it may take is 0 when it took more.
        _ => format!(
            "{FUEL} = {}u;\nlet result = {MAIN}({args});\nif {FUEL} == 0u {{ atomicStore(&status, 1u); }}\nreturn result;",
            turns_max(facts) + 1
        ),
    };
    Ok(format!("{}fn program({params}) -> {result} {{\n{call}\n}}\n", kernel.text))
}

fn shader(kernel: &UserKernel, source: &Source, out: Repr) -> Result<Shader, Error> {
    let n_bound = source.n_bound();
    let mut text = source.text.clone();
    let (group, register) = (out.group(), out.register());
    _ = write!(
        text,
        "@group(0) @binding({n_bound}) var<storage, read_write> out: array<{group}>;\n\
         @group(0) @binding({}) var<storage, read_write> status: atomic<u32>;\n",
        n_bound + 1
    );
    let mut body = String::new();
    let mut elements: Vec<[String; 4]> = Vec::new();
    for (n, (access, repr)) in source.accesses.iter().zip(&source.reprs).enumerate() {
        elements.push(match access {
            Access::Group => {
                let (load, elements) = repr.load_group(&format!("in{n}"), "q", &format!("g{n}"));
                body.push_str(&load);
                elements
            }
            Access::Single => [0, 1, 2, 3].map(|lane| format!("input_{n}(min(e + {lane}u, last))")),
            Access::Immediate => [0, 1, 2, 3].map(|_| format!("input_{n}(0u)")),
        });
    }
    let names = ["r0", "r1", "r2", "r3"].map(str::to_owned);
    for (lane, name) in names.iter().enumerate() {
        let args: Vec<&str> =
            elements.iter().filter_map(|elements| elements.get(lane)).map(String::as_str).collect();
        // Behind the last element are bytes of no meaning, with which a loop may never end.
        _ = writeln!(
            body,
            "var {name}: {register};\nif e + {lane}u <= last {{ {name} = program({}); }}",
            args.join(", ")
        );
    }
    body.push_str(&out.store_group("out", "q", &names));
    _ = write!(
        text,
        "@compute @workgroup_size({WORKGROUP})\nfn main(@builtin(global_invocation_id) id: vec3<u32>, \
         @builtin(num_workgroups) count: vec3<u32>) {{\nlet n_groups = imm.words[1];\nlet last = imm.words[3];\n\
         for (var q = id.x; q < n_groups; q = q + count.x * {WORKGROUP}u) {{\nlet e = imm.words[2] + 4u * q;\n{body}}}\n}}\n"
    );
    let writes: Arc<[bool]> = (0..=n_bound + 1).map(|binding| binding >= n_bound).collect();
    let text = whole(&text).map_err(|error| named(kernel, error))?;
    Ok(Shader { name: "user", source: text.into(), writes })
}

#[cfg(test)]
mod tests;
