//! Functions of some axes, called for all others: NumPy's generalised ufuncs.

use gristmill_data::{ChunkGrid, DType};
use gristmill_graph::Arg;

use super::blockwise::{BlockCall, Made, Operand};
use super::{Extra, declared};
use crate::array::Array;
use crate::array::call::{Call, blocks, labelled};
use crate::{Argument, Callee, Error};

/// Which axes a function takes and gives: `(i,j),(j)->(i)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Signature {
    pub(super) inputs: Vec<Vec<String>>,
    pub(super) outputs: Vec<Vec<String>>,
}

impl Signature {
    pub(super) fn parse(text: &str) -> Result<Self, Error> {
        let refused = || {
            let reason = format!("`{text}` is no signature; one looks like `(i,j),(j)->(i)`");
            Error::array("apply_gufunc", reason)
        };
        let plain: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let (inputs, outputs) = plain.split_once("->").ok_or_else(refused)?;
        let operands = |side: &str| -> Option<Vec<Vec<String>>> {
            if side.is_empty() {
                return Some(Vec::new());
            }
            let inner = side.strip_prefix('(')?.strip_suffix(')')?;
            inner.split("),(").map(core_of).collect()
        };
        let inputs = operands(inputs).ok_or_else(refused)?;
        let outputs = operands(outputs).filter(|outputs| !outputs.is_empty()).ok_or_else(refused)?;
        Ok(Self { inputs, outputs })
    }

    /// The axes of inputs, each once.
    fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for name in self.inputs.iter().flatten() {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        names
    }
}

/// `i,j` as names.
fn core_of(text: &str) -> Option<Vec<String>> {
    if text.is_empty() {
        return Some(Vec::new());
    }
    let is_name = |name: &str| {
        !name.is_empty()
            && name.chars().all(|c| c.is_alphanumeric() || c == '_')
            && !name.starts_with(char::is_numeric)
    };
    text.split(',').map(|name| is_name(name).then(|| name.to_owned())).collect()
}

/// A function of the last axes of arrays that is called for all others, as Dask's `apply_gufunc`.
///
/// A signature says which: of `(i,j),(j)->(i)`, two arrays have two and one such core axes at the end, and the result has one.
/// All axes before them are loop axes, which broadcast as in NumPy. The function is called once for each block of loop axes,
/// with chunks that have the loop axes first, and gives a chunk of the same loop axes and the result's core axes; of a
/// signature with several results it gives a list of them. [`vectorize`](super::vectorize) makes such a function of a
/// closure that knows core axes only.
///
/// Core axes are given to the function in one piece: those of several chunks are refused, or put together if
/// [`Gufunc::allow_rechunk`] says so.
///
/// # Example
/// ```
/// use gristmill_collections::array::{Gufunc, vectorize};
/// use gristmill_collections::Array;
/// use gristmill_data::DType;
///
/// let span = vectorize("span", "(i)->()", &[DType::Float64], |args| {
///     let items = args[0].as_chunk()?.as_slice::<f64>()?;
///     let (least, most) = (items.iter().copied().fold(f64::INFINITY, f64::min), items.iter().copied().fold(f64::NEG_INFINITY, f64::max));
///     Ok((most - least).into())
/// })?;
/// let x = Array::ones(DType::Float64, &[60, 50, 40], [20, 20, -1]);
/// let [spans] = &Gufunc::new(span, "(i)->()", &[DType::Float64]).call(&[x])[..] else { unreachable!() };
/// assert_eq!(spans.shape(), [60, 50]);
/// # Ok::<(), gristmill_collections::Error>(())
/// ```
#[must_use = "nothing is called before `call`"]
#[derive(Debug, Clone)]
pub struct Gufunc {
    callee: Callee,
    signature: String,
    dtypes: Vec<DType>,
    sizes: Vec<(String, u64)>,
    extras: Vec<Extra>,
    allow_rechunk: bool,
}

impl Gufunc {
    /// A function of this signature, whose results have these dtypes.
    pub fn new(callee: impl Into<Callee>, signature: &str, dtypes: &[DType]) -> Self {
        Self {
            callee: callee.into(),
            signature: signature.to_owned(),
            dtypes: dtypes.to_vec(),
            sizes: Vec::new(),
            extras: Vec::new(),
            allow_rechunk: false,
        }
    }

    /// The length of a core axis that results have and arrays have not.
    pub fn output_size(mut self, name: &str, length: u64) -> Self {
        self.sizes.push((name.to_owned(), length));
        self
    }

    /// An argument after the arrays: the same value for all blocks.
    pub fn literal(mut self, argument: impl Into<Argument>) -> Self {
        self.extras.push(Extra::Literal(argument.into()));
        self
    }

    /// Puts core axes of several chunks together, which may take much memory.
    pub fn allow_rechunk(mut self) -> Self {
        self.allow_rechunk = true;
        self
    }

    /// The arrays of the function's results, as many as the signature has.
    pub fn call(&self, arrays: &[Array]) -> Vec<Array> {
        self.try_call(arrays).unwrap_or_else(|error| {
            let failed = Array::or_failed(Err(error));
            vec![failed; self.dtypes.len().max(1)]
        })
    }

    fn try_call(&self, arrays: &[Array]) -> Result<Vec<Array>, Error> {
        let refused = |reason: String| Error::array("apply_gufunc", reason);
        let signature = Signature::parse(&self.signature)?;
        if signature.outputs.len() != self.dtypes.len() {
            let (n, given) = (signature.outputs.len(), self.dtypes.len());
            return Err(refused(format!("the signature has {n} results, and {given} dtypes are given")));
        }
        if signature.inputs.len() != arrays.len() {
            let (n, given) = (signature.inputs.len(), arrays.len());
            return Err(refused(format!("the signature has {n} arrays, and {given} are given")));
        }
        Array::all_checked(arrays)?;
        let names = signature.names();
        let mut lengths: Vec<Option<u64>> = vec![None; names.len()];
        let mut n_loop = 0;
        for (array, core) in arrays.iter().zip(&signature.inputs) {
            let (shape, n_core) = (array.grid().shape(), core.len());
            let first = shape.len().checked_sub(n_core).ok_or_else(|| {
                refused(format!("an array of {} axes has no {n_core} core axes", shape.len()))
            })?;
            n_loop = n_loop.max(first);
            for (name, (axis, &length)) in core.iter().zip(shape.iter().enumerate().skip(first)) {
                let place = names.iter().position(|known| known == name).and_then(|at| lengths.get_mut(at));
                if *place.map_or(&length, |known| known.get_or_insert(length)) != length {
                    return Err(refused(format!(
                        "arrays have different lengths along the core axis `{name}`"
                    )));
                }
                if array.grid().chunks(axis).len() > 1 && !self.allow_rechunk {
                    return Err(refused(format!(
                        "the core axis `{name}` has several chunks; rechunk it into one, or allow that, which may take \
                         much memory"
                    )));
                }
            }
        }
        let made = self.made(arrays, &signature, n_loop)?;
        let sizes: Vec<(&str, u64)> = names.iter().copied().zip(lengths.into_iter().flatten()).collect();
        self.results(made, &signature, &sizes)
    }

    /// Loop axes are the indices of the result, and core axes those that go.
    fn made(&self, arrays: &[Array], signature: &Signature, n_loop: usize) -> Result<Made, Error> {
        let names = signature.names();
        let label = |name: &String| n_loop + names.iter().position(|known| known == name).unwrap_or(0);
        let mut operands = Vec::with_capacity(arrays.len() + self.extras.len());
        for (array, core) in arrays.iter().zip(&signature.inputs) {
            let loops = n_loop + core.len() - array.ndim()..n_loop;
            let labels = loops.chain(core.iter().map(label)).map(|label| label as u32);
            operands.push((Operand::Array(array.clone()), labels.collect::<Vec<u32>>()));
        }
        for (_, labels) in &operands {
            if (1..labels.len())
                .any(|n| labels.get(n).is_some_and(|own| labels.iter().take(n).any(|other| other == own)))
            {
                let reason = "an array has a core axis twice; take the diagonal first".to_owned();
                return Err(Error::array("apply_gufunc", reason));
            }
        }
        operands.extend(self.extras.iter().map(|extra| (Operand::Extra(extra.clone()), Vec::new())));
        let new = vec![None; n_loop];
        let call = BlockCall {
            name: "apply_gufunc",
            callee: &self.callee,
            operands,
            n_out: n_loop,
            new,
            names: &[],
        };
        call.made(true, None)
    }

    fn results(&self, made: Made, signature: &Signature, sizes: &[(&str, u64)]) -> Result<Vec<Array>, Error> {
        let grid_of = |core: &[String]| {
            let mut chunks: Vec<Vec<u64>> =
                (0..made.grid.ndim()).map(|axis| made.grid.chunks(axis).to_vec()).collect();
            for name in core {
                let given = self.sizes.iter().map(|(name, length)| (name.as_str(), *length));
                let length = sizes.iter().copied().chain(given).find(|(known, _)| known == name);
                chunks.push(vec![length.map(|(_, length)| length).ok_or_else(|| {
                    Error::array(
                        "apply_gufunc",
                        format!("no array has the core axis `{name}`; say how long it is"),
                    )
                })?]);
            }
            ChunkGrid::new(chunks).map_err(Error::data("apply_gufunc"))
        };
        let grids = signature.outputs.iter().map(|core| grid_of(core)).collect::<Result<Vec<_>, _>>()?;
        if let ([grid], [dtype]) = (&grids[..], &self.dtypes[..]) {
            return Ok(vec![made.declared(*dtype, grid.clone())?]);
        }
        let (name, loops) = (self.callee.name(), made.grid.clone());
        let all = made.given(DType::UInt8, loops.clone());
        let results = grids.into_iter().zip(&self.dtypes).zip(0..).map(|((grid, &dtype), number)| {
            let inputs = vec![all.clone()];
            let wiring = labelled(&blocks(&loops), &inputs, &[(0..loops.ndim() as u32).collect()]);
            let item = Call::kernel(&name, "item", wiring, vec![Arg::Input(0), Arg::Int(number)])?;
            let unknown = all.unknown().clone();
            declared(item.on(inputs, dtype, grid).with_unknown(unknown), &name)
        });
        results.collect()
    }
}
