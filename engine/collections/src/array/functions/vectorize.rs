//! Closures of core axes made functions of blocks.

use std::sync::Arc;

use gristmill_data::{Chunk, DType, TaskError, TaskErrorKind, Value, broadcast_shapes, n_elements};

use super::gufunc::Signature;
use crate::{Callee, Error, native};

/// A function of blocks, for [`Gufunc`](super::Gufunc) and [`Array::apply_along_axis`](crate::Array::apply_along_axis), of a
/// closure that knows core axes only, as NumPy's `vectorize` with a signature: it is called for each place along the loop
/// axes, with chunks of the core axes, and gives a chunk of the result's, a number where there are none, or a list of these
/// for several results.
///
/// What follows the arrays among a call's arguments is given to the closure as it is. It is a closure of this process, so
/// it runs on a local cluster only.
///
/// # Errors
/// [`Error::Array`] when the signature is none, or has another number of results than there are dtypes.
pub fn vectorize(
    name: impl Into<Arc<str>>,
    signature: &str,
    dtypes: &[DType],
    function: impl Fn(&[Value]) -> Result<Value, TaskError> + Send + Sync + 'static,
) -> Result<Callee, Error> {
    let (signature, dtypes) = (Signature::parse(signature)?, dtypes.to_vec());
    if signature.outputs.len() != dtypes.len() {
        let (n, given) = (signature.outputs.len(), dtypes.len());
        let reason = format!("the signature has {n} results, and {given} dtypes are given");
        return Err(Error::array("vectorize", reason));
    }
    Ok(native(name, move |args| each_place(&signature, &dtypes, &function, args)))
}

fn each_place(
    signature: &Signature,
    dtypes: &[DType],
    function: impl Fn(&[Value]) -> Result<Value, TaskError>,
    args: &[Value],
) -> Result<Value, TaskError> {
    let n_arrays = signature.inputs.len();
    let (arrays, others) = args
        .split_at_checked(n_arrays)
        .ok_or_else(|| invalid("there are fewer arrays than in the signature"))?;
    let arrays =
        arrays.iter().zip(&signature.inputs).map(|(array, core)| Looped::new(array.as_chunk()?, core.len()));
    let arrays = arrays.collect::<Result<Vec<_>, TaskError>>()?;
    let shapes: Vec<&[u64]> = arrays.iter().map(|array| array.loops).collect();
    let loops = broadcast_shapes(&shapes)?;
    let mut results: Vec<Stacked> = dtypes.iter().map(|&dtype| Stacked::new(dtype)).collect();
    for place in 0..n_elements(&loops)? {
        let mut own = Vec::with_capacity(args.len());
        for array in &arrays {
            own.push(array.at(place, &loops)?.into());
        }
        own.extend_from_slice(others);
        let given = function(&own)?;
        match (&mut results[..], &given) {
            ([only], given) => only.push(given)?,
            (results, Value::List(items)) if items.len() == results.len() => {
                results.iter_mut().zip(items.iter()).try_for_each(|(result, item)| result.push(item))?;
            }
            _ => {
                return Err(invalid(
                    "the closure gives a list with an item for each result of the signature",
                ));
            }
        }
    }
    let n_core = signature.outputs.iter().map(Vec::len);
    let chunks = results.into_iter().zip(n_core).map(|(result, n_core)| result.finish(&loops, n_core));
    let chunks = chunks.collect::<Result<Vec<_>, TaskError>>()?;
    match &chunks[..] {
        [only] => Ok(only.clone().into()),
        _ => Ok(Value::list(chunks)),
    }
}

/// A chunk as loop axes and core axes.
struct Looped<'a> {
    chunk: &'a Chunk,
    loops: &'a [u64],
    core: &'a [u64],
}

impl<'a> Looped<'a> {
    fn new(chunk: &'a Chunk, n_core: usize) -> Result<Self, TaskError> {
        let n_loop = chunk.ndim().checked_sub(n_core);
        let split = n_loop.and_then(|n_loop| chunk.shape().split_at_checked(n_loop));
        let (loops, core) = split.ok_or_else(|| invalid("an array has fewer axes than in the signature"))?;
        Ok(Self { chunk, loops, core })
    }

    /// The core axes at a place of what the loop axes broadcast to.
    fn at(&self, place: u64, shape: &[u64]) -> Result<Chunk, TaskError> {
        let (mut rest, mut own, mut stride) = (place, 0, 1);
        for (axis, &length) in shape.iter().rev().enumerate() {
            let at = rest % length.max(1);
            rest /= length.max(1);
            if let Some(&length) = self.loops.iter().rev().nth(axis) {
                own += if length == 1 { 0 } else { at * stride };
                stride *= length;
            }
        }
        Ok(self.chunk.part((own * n_elements(self.core)?) as usize, self.core)?)
    }
}

/// Results of equal shapes, one after the other.
struct Stacked {
    dtype: DType,
    core: Option<Vec<u64>>,
    bytes: Vec<u8>,
    present: Vec<bool>,
}

impl Stacked {
    fn new(dtype: DType) -> Self {
        Self { dtype, core: None, bytes: Vec::new(), present: Vec::new() }
    }

    fn push(&mut self, given: &Value) -> Result<(), TaskError> {
        let chunk = match given {
            Value::Chunk(chunk) => chunk.clone(),
            number => {
                let args = [
                    self.dtype.name().into(),
                    "".into(),
                    0.into(),
                    Value::list(Vec::<u64>::new()),
                    number.clone(),
                ];
                gristmill_kernels::call("declared", &args)?.as_chunk()?.clone()
            }
        };
        let core = self.core.get_or_insert_with(|| chunk.shape().to_vec());
        if chunk.dtype() != self.dtype || chunk.shape() != core {
            let message =
                format!("the closure gave {chunk:?} beside others of {} and shape {core:?}", self.dtype);
            return Err(TaskError::new(TaskErrorKind::TypeMismatch, message));
        }
        self.bytes.extend_from_slice(chunk.data());
        match chunk.validity() {
            Some(validity) => self.present.extend(validity.iter()),
            None => self.present.resize(self.present.len() + chunk.n_elements(), true),
        }
        Ok(())
    }

    fn finish(self, loops: &[u64], n_core: usize) -> Result<Chunk, TaskError> {
        let core = self.core.unwrap_or_else(|| vec![0; n_core]);
        let shape: Vec<u64> = loops.iter().copied().chain(core).collect();
        let validity = self.present.contains(&false).then(|| self.present.into());
        Ok(Chunk::try_new(self.dtype, &shape, self.bytes.into(), validity)?)
    }
}

fn invalid(reason: &str) -> TaskError {
    TaskError::new(TaskErrorKind::InvalidArgument, reason.to_owned())
}
