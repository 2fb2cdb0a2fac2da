//! One number for many, along axes.

use gristmill_data::{ChunkGrid, DType};
use gristmill_kernels::{Reduction, ReductionKind};

use super::unknown::Unknown;
use super::{Array, Op};
use crate::Error;

/// Along which axes an array is reduced: all with `()`, one with a number, several with a list. Negative ones count from
/// the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Axes(Option<Vec<i64>>);

impl From<()> for Axes {
    fn from((): ()) -> Self {
        Self(None)
    }
}

impl From<i64> for Axes {
    fn from(axis: i64) -> Self {
        Self(Some(vec![axis]))
    }
}

impl From<i32> for Axes {
    fn from(axis: i32) -> Self {
        Self(Some(vec![axis.into()]))
    }
}

impl<const N: usize> From<[i64; N]> for Axes {
    fn from(axes: [i64; N]) -> Self {
        Self(Some(axes.to_vec()))
    }
}

impl From<&[i64]> for Axes {
    fn from(axes: &[i64]) -> Self {
        Self(Some(axes.to_vec()))
    }
}

/// Whether reduced axes stay, with length 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeepDims {
    /// They go.
    No,
    /// They stay.
    Yes,
}

impl Axes {
    /// Whether it is all axes that there are.
    pub(super) fn is_all(&self) -> bool {
        self.0.is_none()
    }

    /// The axis of an array with so many, or `None` for all elements.
    ///
    /// # Errors
    /// [`Error::Array`] when there is no such axis, or several are given.
    pub(super) fn one_or_all(&self, name: &'static str, ndim: usize) -> Result<Option<usize>, Error> {
        match self.0.as_deref() {
            None => Ok(None),
            Some(&[axis]) => axis_of(name, axis, ndim).map(Some),
            Some(axes) => {
                Err(Error::array(name, format!("it goes along one axis or all, and not along {axes:?}")))
            }
        }
    }

    /// The axes of an array with so many, in order.
    ///
    /// # Errors
    /// [`Error::Array`] when there is no such axis, or it is there twice.
    pub(super) fn of(&self, name: &'static str, ndim: usize) -> Result<Vec<u32>, Error> {
        let mut found = self.as_given(name, ndim)?;
        found.sort_unstable();
        Ok(found.into_iter().map(|axis| axis as u32).collect())
    }

    /// The same in the order in which they are given.
    ///
    /// # Errors
    /// As [`Axes::of`].
    pub(super) fn as_given(&self, name: &'static str, ndim: usize) -> Result<Vec<usize>, Error> {
        let Some(axes) = &self.0 else { return Ok((0..ndim).collect()) };
        let found = axes.iter().map(|&axis| axis_of(name, axis, ndim)).collect::<Result<Vec<_>, _>>()?;
        let mut sorted = found.clone();
        sorted.sort_unstable();
        if sorted.windows(2).any(|pair| matches!(pair, [left, right] if left == right)) {
            return Err(Error::array(name, format!("an axis is there twice in {axes:?}")));
        }
        Ok(found)
    }
}

/// The axis, counted from the first.
pub(super) fn axis_of(name: &'static str, axis: i64, ndim: usize) -> Result<usize, Error> {
    let from_first = if axis < 0 { axis + ndim as i64 } else { axis };
    let found = usize::try_from(from_first).ok().filter(|&axis| axis < ndim);
    found.ok_or_else(|| Error::array(name, format!("an array of {ndim} axes has no axis {axis}")))
}

/// How an array is cut when these axes are reduced, and which lengths stay unknown.
pub(super) fn kept(
    array: &Array,
    name: &'static str,
    axes: &[u32],
    keepdims: bool,
) -> Result<(ChunkGrid, Unknown), Error> {
    let is_reduced = |axis: usize| axes.contains(&(axis as u32));
    let kept: Vec<usize> = (0..array.ndim()).filter(|&axis| keepdims || !is_reduced(axis)).collect();
    let chunks = kept.iter().map(|&axis| match is_reduced(axis) {
        true => vec![1],
        false => array.grid().chunks(axis).to_vec(),
    });
    let grid = ChunkGrid::new(chunks.collect()).map_err(Error::data(name))?;
    let place = |axis: usize| kept.iter().position(|&own| own == axis).filter(|_| !is_reduced(axis));
    Ok((grid, array.unknown().moved(place)))
}

impl Array {
    /// Reduces along axes.
    ///
    /// The methods are short for this, with the axes gone.
    pub fn reduce(&self, reduction: Reduction, axes: impl Into<Axes>, keepdims: KeepDims) -> Self {
        Self::or_failed(self.try_reduce(reduction, &axes.into(), keepdims == KeepDims::Yes))
    }

    fn try_reduce(&self, reduction: Reduction, axes: &Axes, keepdims: bool) -> Result<Self, Error> {
        let name = reduction.kind.name();
        Self::all_checked([self])?;
        let axes = axes.of(name, self.ndim())?;
        let dtype = reduction.dtype(self.dtype()).map_err(Error::kernel(name))?;
        let shape = self.shape();
        let is_reduced = |axis: usize| axes.contains(&(axis as u32));
        if reduction.needs_elements()
            && (0..).zip(&shape).any(|(axis, &length)| is_reduced(axis) && length == 0)
        {
            return Err(Error::array(name, "it has no value for no elements".to_owned()));
        }
        let (grid, unknown) = kept(self, name, &axes, keepdims)?;
        let op = Op::Reduce { reduction, axes, keepdims };
        Ok(Self::new(op, vec![self.clone()], dtype, grid).with_unknown(unknown))
    }

    /// The variance with `ddof` degrees of freedom taken off.
    pub fn var_ddof(&self, axes: impl Into<Axes>, ddof: u32) -> Self {
        self.reduce(Reduction::of(ReductionKind::Var { ddof }), axes, KeepDims::No)
    }

    /// The standard deviation with `ddof` degrees of freedom taken off.
    pub fn std_ddof(&self, axes: impl Into<Axes>, ddof: u32) -> Self {
        self.reduce(Reduction::of(ReductionKind::Std { ddof }), axes, KeepDims::No)
    }

    /// Whether any element is true.
    pub fn any(&self, axes: impl Into<Axes>) -> Self {
        self.astype(DType::Boolean).max(axes)
    }

    /// Whether all elements are true.
    pub fn all(&self, axes: impl Into<Axes>) -> Self {
        self.astype(DType::Boolean).min(axes)
    }

    /// How many elements are not 0.
    pub fn count_nonzero(&self, axes: impl Into<Axes>) -> Self {
        self.astype(DType::Boolean).sum(axes)
    }

    /// The greatest less the least.
    pub fn ptp(&self, axes: impl Into<Axes>) -> Self {
        let axes = axes.into();
        self.max(axes.clone()) - self.min(axes)
    }
}

macro_rules! reductions {
    ($($name:ident $kind:expr, $skip_nan:literal, $doc:literal;)*) => {
        impl Array {
            $(#[doc = $doc]
            pub fn $name(&self, axes: impl Into<Axes>) -> Self {
                self.reduce(Reduction { kind: $kind, skip_nan: $skip_nan }, axes, KeepDims::No)
            })*
        }
    };
}

reductions! {
    count ReductionKind::Count, false, "How many elements are there.";
    sum ReductionKind::Sum, false, "The sum; of booleans, how many are true.";
    prod ReductionKind::Prod, false, "The product.";
    min ReductionKind::Min, false, "The least; NaN when there is one.";
    max ReductionKind::Max, false, "The greatest; NaN when there is one.";
    mean ReductionKind::Mean, false, "The arithmetic mean.";
    var ReductionKind::Var { ddof: 0 }, false, "The variance: the mean of squared deviations.";
    std ReductionKind::Std { ddof: 0 }, false, "The standard deviation: the square root of the variance.";
    nansum ReductionKind::Sum, true, "The sum without NaN.";
    nanprod ReductionKind::Prod, true, "The product without NaN.";
    nanmin ReductionKind::Min, true, "The least without NaN.";
    nanmax ReductionKind::Max, true, "The greatest without NaN.";
    nanmean ReductionKind::Mean, true, "The mean without NaN.";
    nanvar ReductionKind::Var { ddof: 0 }, true, "The variance without NaN.";
    nanstd ReductionKind::Std { ddof: 0 }, true, "The standard deviation without NaN.";
}
