//! Element-wise programs: the twin of `kernels::evaluate`.

use std::fmt::Write as _;
use std::sync::Arc;

use gristmill_data::broadcast_shapes;
use gristmill_kernels::expr::Expr;

use super::source::{Access, Immediates, Operand, Source};
use crate::Error;
use crate::array::DeviceArray;
use crate::device::{BINDING_ALIGNMENT, Device, Dispatch, Shader, Window};
use crate::wgsl::index::Axes;
use crate::wgsl::repr::Repr;
use crate::wgsl::{TURNS_MAX, WORKGROUP, WORKGROUPS_MAX, program};

/// Elements that an invocation makes at once.
pub(crate) const GROUP: u32 = 4;
/// Elements of one turn of as many invocations as there may be.
pub(crate) const TURN_ELEMENTS: u64 = WORKGROUPS_MAX as u64 * WORKGROUP as u64 * GROUP as u64;
/// Elements of one dispatch at most.
const WINDOW_MAX: u64 = TURN_ELEMENTS * 16;

/// The program on these operands, which broadcast together.
///
/// # Errors
/// [`Error::Unsupported`], and as the device fails.
pub(crate) fn elementwise(
    device: &Device,
    expr: &Expr,
    operands: &[Operand],
    tenant: u32,
) -> Result<DeviceArray, Error> {
    let shapes: Vec<&[u64]> = operands.iter().map(Operand::shape).collect();
    let shape = broadcast_shapes(&shapes)?;
    let n = countable(&shape)?;
    let out = device.array(expr.dtype(), &shape, tenant)?;
    if n == 0 {
        return Ok(out);
    }
    let facts = device.facts();
    let axes = Axes::new(&shape, &shapes);
    // What every shader here begins with: 0, how many groups, the first element of the window, and the last of all.
    let mut immediates = Immediates::new(&[0, 0, 0, n - 1]);
    let source = Source::new(expr, operands, &axes, true, &mut immediates, facts)?;
    let shader = shader(&source, Repr::of(expr.dtype(), facts)?);
    let arrays = arrays(&source, operands, &out);
    let mut window = window(&arrays, facts.binding_nbytes_max)?;
    let turns = GROUP * program::turns(expr);
    if facts.is_software && turns > 0 {
        window = window.min(u64::from(TURNS_MAX / turns) * TURN_ELEMENTS);
        if window == 0 {
            return Err(Error::unsupported("a program with many loops, run by software"));
        }
    }
    device.dispatch(dispatches(&shader, &arrays, &[], immediates.words(), n, window))?;
    Ok(out)
}

/// The arrays that a shader is bound to, the result last, and how it reaches each.
pub(crate) fn arrays(source: &Source, operands: &[Operand], out: &DeviceArray) -> Vec<(DeviceArray, Access)> {
    let bound = operands.iter().zip(&source.accesses).filter_map(|(operand, access)| match operand {
        Operand::Array(array) => Some((array.clone(), *access)),
        _ => None,
    });
    bound.chain([(out.clone(), Access::Group)]).collect()
}

/// A call of a shader for each window of a result of `n` elements; `more` is bound after the arrays, `words` are the
/// immediates, of which the second and third are each window's own.
pub(crate) fn dispatches(
    shader: &Shader,
    arrays: &[(DeviceArray, Access)],
    more: &[Window],
    words: &[u32],
    n: u32,
    window: u64,
) -> Vec<Dispatch> {
    let of_window = |first| {
        let count = window.min(u64::from(n) - first);
        let n_groups = count.div_ceil(GROUP.into()) as u32;
        let mut words = words.to_vec();
        words.splice(1..3, [n_groups, first as u32]);
        let seen = arrays.iter().map(|(array, access)| seen(array, *access, first, count));
        let bindings = seen.chain(more.iter().cloned()).collect();
        let workgroups = [n_groups.div_ceil(WORKGROUP).min(WORKGROUPS_MAX), 1, 1];
        Dispatch { shader: shader.clone(), bindings, words, workgroups }
    };
    (0..u64::from(n)).step_by(window as usize).map(of_window).collect()
}

/// How many elements a result has, if shaders can count them.
pub(crate) fn countable(shape: &[u64]) -> Result<u32, Error> {
    let n = gristmill_data::n_elements(shape)?;
    // Four at once, from any of them on, stay below 2^32.
    u32::try_from(n.saturating_add(4))
        .map(|n| n - 4)
        .map_err(|_| Error::unsupported(format!("{n} elements at once")))
}

/// How many elements a dispatch covers, so that all arrays that are read and written in order fit their bindings.
pub(crate) fn window(arrays: &[(DeviceArray, Access)], binding_nbytes_max: u64) -> Result<u64, Error> {
    let mut window = WINDOW_MAX;
    for (array, access) in arrays {
        match access {
            Access::Group => window = window.min(binding_nbytes_max / array.dtype.itemsize() as u64),
            _ if Window::whole(&array.buffer).nbytes > binding_nbytes_max => {
                return Err(Error::unsupported(format!(
                    "an input of {} B that broadcasts, of at most {binding_nbytes_max} B",
                    array.nbytes()
                )));
            }
            _ => {}
        }
    }
    // So that a window starts where a binding may.
    let window = window / BINDING_ALIGNMENT * BINDING_ALIGNMENT;
    if window == 0 { Err(Error::unsupported("bindings of a few bytes")) } else { Ok(window) }
}

/// The window of an array that is read in order, or all of another.
fn seen(array: &DeviceArray, access: Access, first: u64, count: u64) -> Window {
    let whole = Window::whole(&array.buffer);
    match access {
        Access::Group => {
            let itemsize = array.dtype.itemsize() as u64;
            let nbytes = (count * itemsize).next_multiple_of(16);
            Window { offset: first * itemsize, nbytes, ..whole }
        }
        _ => whole,
    }
}

fn shader(source: &Source, out: Repr) -> Shader {
    let n_bound = source.n_bound();
    let text = text(source, out, |lane, args| format!("let r{lane} = program({args});\n"));
    let writes: Arc<[bool]> = (0..=n_bound).map(|binding| binding == n_bound).collect();
    Shader { name: "elementwise", text: text.into(), writes }
}

/// A shader that makes four elements of the result at once: `element` is given which of them, and its arguments, and says
/// the statement that makes `r0` to `r3` of them.
pub(crate) fn text(source: &Source, out: Repr, element: impl Fn(usize, &str) -> String) -> String {
    let mut text = source.text.clone();
    let (n_bound, group) = (source.n_bound(), out.group());
    _ = writeln!(text, "@group(0) @binding({n_bound}) var<storage, read_write> out: array<{group}>;");
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
    for lane in 0..names.len() {
        let args: Vec<&str> =
            elements.iter().filter_map(|elements| elements.get(lane)).map(String::as_str).collect();
        body.push_str(&element(lane, &args.join(", ")));
    }
    body.push_str(&out.store_group("out", "q", &names));
    _ = write!(
        text,
        "@compute @workgroup_size({WORKGROUP})\nfn main(@builtin(global_invocation_id) id: vec3<u32>, \
         @builtin(num_workgroups) count: vec3<u32>) {{\nlet n_groups = imm.words[1];\nlet last = imm.words[3];\n\
         for (var q = id.x; q < n_groups; q = q + count.x * {WORKGROUP}u) {{\nlet e = imm.words[2] + {GROUP}u * q;\n{body}}}\n}}\n"
    );
    text
}

#[cfg(test)]
mod tests;
