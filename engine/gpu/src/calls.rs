//! Calls of kernels by name: which have a shader, what a call takes on either side, and how it is run.
//!
//! # Layout
//! - this file: the table, and how arguments are read
//! - `programs`: element-wise programs and reductions; `made`: random numbers, products; `moved`: other places and orders of
//!   axes; `ordered`: along an axis, in order, and counted
//! - `work`: what a call takes; `halves`: calls done in halves

mod halves;
mod made;
mod moved;
mod ordered;
mod programs;
mod work;

use gristmill_data::{Chunk, DType, Value};
use gristmill_kernels::Args;

use crate::Error;
use crate::session::Session;
pub(crate) use work::{Unit, Work};

/// A kernel that has a shader.
pub(crate) struct Call {
    /// Its name, which is the CPU kernel's.
    pub(crate) name: &'static str,
    /// What a call takes on either side, from what is known of its arguments.
    pub(crate) work: fn(Args<'_>) -> Result<Work, Error>,
    pub(crate) run: Run,
    /// The same in halves, for when there is no room for all of it at once.
    pub(crate) halve: Option<Run>,
}

type Run = fn(&Session<'_>, Args<'_>) -> Result<Value, Error>;

const fn call(name: &'static str, work: fn(Args<'_>) -> Result<Work, Error>, run: Run) -> Call {
    Call { name, work, run, halve: None }
}

/// Every kernel that has a shader.
pub(crate) static CALLS: &[Call] = &[
    Call {
        halve: Some(halves::elementwise),
        ..call("elementwise", programs::elementwise_work, programs::run_elementwise)
    },
    call("reduce", programs::reduce_work, programs::run_reduce),
    call("arg_reduce", programs::arg_reduce_work, programs::run_arg_reduce),
    call("random", made::random_work, made::run_random),
    call("matmul", made::matmul_work, made::run_matmul),
    call("convolve", made::convolve_work, made::run_convolve),
    call("transpose", moved::transpose_work, moved::run_transpose),
    call("select", moved::select_work, moved::run_select),
    call("overlap", moved::overlap_work, moved::run_overlap),
    call("trim_overlap", moved::trim_work, moved::run_trim),
    call("scan", ordered::scan_work, ordered::run_scan),
    call("sort", ordered::sort_work, ordered::run_sort),
    call("argsort", ordered::argsort_work, ordered::run_argsort),
    call("take", ordered::take_work, ordered::run_take),
    call("compress", ordered::compress_work, ordered::run_compress),
    call("flatnonzero", ordered::flatnonzero_work, ordered::run_flatnonzero),
    call("group_by", ordered::group_by_work, ordered::run_group_by),
    call("join", ordered::join_work, ordered::run_join),
    call("bincount", ordered::bincount_work, ordered::run_bincount),
    call("histogram", ordered::histogram_work, ordered::run_histogram),
];

/// The call of a kernel of this name.
pub(crate) fn find(name: &str) -> Option<&'static Call> {
    CALLS.iter().find(|call| call.name == name)
}

/// An argument that is a list.
fn list(args: Args<'_>, at: usize) -> Result<&[Value], Error> {
    Ok(args.value(at).as_list()?)
}

/// What is known of a chunk, wherever it is: its dtype and shape.
fn described(value: &Value) -> Result<(DType, &[u64]), Error> {
    match value {
        Value::Chunk(chunk) if chunk.validity().is_some() => Err(Error::unsupported("absent elements")),
        Value::Chunk(chunk) => Ok((chunk.dtype(), chunk.shape())),
        Value::DeviceChunk(chunk) => Ok((chunk.dtype(), chunk.shape())),
        other => Err(Error::unsupported(format!("{other:?}"))),
    }
}

/// A small argument, on the host.
fn host_chunk(value: &Value) -> Result<Chunk, Error> {
    match value {
        Value::Chunk(chunk) => Ok(chunk.clone()),
        Value::DeviceChunk(chunk) => chunk.land().map_err(|error| Error::unsupported(error.to_string())),
        other => Err(Error::unsupported(format!("{other:?}"))),
    }
}
