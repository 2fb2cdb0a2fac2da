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
use crate::device::{Device, Shader, Window};
use crate::kernels::elementwise::{GROUP, TURN_ELEMENTS, arrays, countable, dispatches, text, window};
use crate::kernels::source::{Immediates, Operand, Source};
use crate::wgsl::index::Axes;
use crate::wgsl::repr::Repr;
use crate::wgsl::{SOFTWARE_LANES, TURNS_MAX};

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
    let shader = shader(&source, Repr::of(kernel.result, facts)?);
    let arrays = arrays(&source, operands, &out);
    let status = device.array(DType::UInt32, &[1], tenant)?;
    device.upload(&[0; 4], &status.buffer)?;
    let mut window = window(&arrays, facts.binding_nbytes_max)?;
    if kernel.n_loops > 0 {
        // A group for each invocation, so that an element has the same fuel whatever the size of its array.
        window = window.min(TURN_ELEMENTS);
    }
    let status_seen = [Window::whole(&status.buffer)];
    let dispatches = dispatches(&shader, &arrays, &status_seen, immediates.words(), n, window);
    device.dispatch(dispatches).map_err(|error| named(kernel, error))?;
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

fn shader(source: &Source, out: Repr) -> Shader {
    let (n_bound, register) = (source.n_bound(), out.register());
    // Behind the last element are bytes of no meaning, with which a loop may never end.
    let mut text = text(source, out, |lane, args| {
        format!("var r{lane}: {register};\nif e + {lane}u <= last {{ r{lane} = program({args}); }}\n")
    });
    _ = writeln!(text, "@group(0) @binding({}) var<storage, read_write> status: atomic<u32>;", n_bound + 1);
    let writes: Arc<[bool]> = (0..=n_bound + 1).map(|binding| binding >= n_bound).collect();
    Shader { name: "user", text: text.into(), writes }
}

#[cfg(test)]
mod tests;
