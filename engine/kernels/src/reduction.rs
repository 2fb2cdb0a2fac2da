//! Reductions: an element-wise program and a fold of its results along axes, in one pass.
//!
//! A reduction of an array runs in three steps, each a kernel of its own: `reduce` folds one block into a *partial*,
//! `combine` merges partials of neighbouring blocks, as often as there are levels, and `finish` makes the result of the
//! last one. A partial is a list of chunks that keep the reduced axes with length 1: how many elements were counted,
//! then the running values.
//!
//! Sums and products of floats are made in double precision by lanes and in two levels, so that errors do not grow with
//! the number of elements. Variances take a second pass around the block's mean, and are merged as Chan, Golub and
//! LeVeque (1979) do.
//!
//! # Layout
//! - [`Reduction`]: which ones there are, their dtypes and their text form
//! - `axes`: where in the result an element goes
//! - `fold`: the loops
//! - `partial`: the three steps
//! - `kernel`: the kernels `reduce`, `combine` and `finish`

mod axes;
mod fold;
pub(crate) mod kernel;
mod partial;

use std::fmt;
use std::str::FromStr;

use gristmill_data::DType;

use crate::Error;

pub use partial::{Partial, combine, finish, reduce};

/// What is made of many elements.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reduction {
    /// What it is.
    pub kind: ReductionKind,
    /// Whether NaN counts as absent.
    pub skip_nan: bool,
}

/// The kinds of reductions.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum ReductionKind {
    /// The number of elements that are there.
    Count,
    /// The sum; of booleans, how many are true.
    Sum,
    /// The product.
    Prod,
    /// The least, of complex numbers by their real parts first; NaN when there is one.
    Min,
    /// The greatest, of complex numbers by their real parts first; NaN when there is one.
    Max,
    /// The arithmetic mean.
    Mean,
    /// The variance: of `n` elements the sum of squared deviations, divided by `n - ddof`.
    Var {
        /// Degrees of freedom that are taken off.
        ddof: u32,
    },
    /// The square root of the variance.
    Std {
        /// Degrees of freedom that are taken off.
        ddof: u32,
    },
}

impl ReductionKind {
    /// NumPy's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Sum => "sum",
            Self::Prod => "prod",
            Self::Min => "min",
            Self::Max => "max",
            Self::Mean => "mean",
            Self::Var { .. } => "var",
            Self::Std { .. } => "std",
        }
    }

    fn ddof(self) -> Option<u32> {
        match self {
            Self::Var { ddof } | Self::Std { ddof } => Some(ddof),
            _ => None,
        }
    }
}

impl Reduction {
    /// The reduction of all elements that are there.
    #[must_use]
    pub fn of(kind: ReductionKind) -> Self {
        Self { kind, skip_nan: false }
    }

    /// The dtype of the result for elements of this dtype, by NumPy's rules.
    ///
    /// # Errors
    /// [`Error::NoLoop`] when NumPy refuses it.
    pub fn dtype(self, of: DType) -> Result<DType, Error> {
        let refused = || Error::NoLoop { op: self.kind.name(), dtypes: vec![of] };
        match self.kind {
            ReductionKind::Count => Ok(DType::Int64),
            ReductionKind::Min | ReductionKind::Max => Ok(of),
            ReductionKind::Sum if of == DType::Timedelta64Ns => Ok(of),
            _ if of.is_time() => Err(refused()),
            ReductionKind::Sum | ReductionKind::Prod => Ok(match of {
                DType::Boolean => DType::Int64,
                of if of.is_integer() => running_dtype(of),
                inexact => inexact,
            }),
            ReductionKind::Mean if of.is_float() || of.is_complex() => Ok(of),
            ReductionKind::Var { .. } | ReductionKind::Std { .. } if of.is_float() || of.is_complex() => {
                Ok(crate::expr::part_of(of))
            }
            _ => Ok(DType::Float64),
        }
    }

    /// The bytes that a [`Partial`] of elements of this dtype takes for each element that stays: running values, and how
    /// many went into them where that is not the same for all. Of blocks with absent elements it takes a count more.
    #[must_use]
    pub fn partial_itemsize(self, of: DType) -> usize {
        let count = DType::Int64.itemsize();
        let of = if of == DType::Float16 { DType::Float32 } else { of };
        let values = match self.kind {
            ReductionKind::Count => return count,
            ReductionKind::Min | ReductionKind::Max => of.itemsize(),
            ReductionKind::Sum | ReductionKind::Prod | ReductionKind::Mean => running_dtype(of).itemsize(),
            // The mean, and the sum of squared deviations, which are real.
            ReductionKind::Var { .. } | ReductionKind::Std { .. } => {
                running_dtype(of).itemsize() + DType::Float64.itemsize()
            }
        };
        let may_skip = of.is_float() || of.is_complex() || of.is_time();
        if self.skip_nan && may_skip { values + count } else { values }
    }

    /// Whether there is no result when nothing is left to reduce.
    #[must_use]
    pub fn needs_elements(self) -> bool {
        matches!(self.kind, ReductionKind::Min | ReductionKind::Max)
    }
}

/// What sums and products are made in, and what their partials are.
#[must_use]
pub fn running_dtype(of: DType) -> DType {
    match of {
        DType::UInt8 | DType::UInt16 | DType::UInt32 | DType::UInt64 => DType::UInt64,
        of if of.is_complex() => DType::Complex128,
        of if of.is_float() => DType::Float64,
        DType::Timedelta64Ns => DType::Timedelta64Ns,
        _ => DType::Int64,
    }
}

/// `sum`, `nanmax`, `var:1`.
impl fmt::Display for Reduction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.skip_nan { "nan" } else { "" }, self.kind.name())?;
        self.kind.ddof().map_or(Ok(()), |ddof| write!(f, ":{ddof}"))
    }
}

impl FromStr for Reduction {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let unknown = || Error::NoSuchReduction { name: text.chars().take(40).collect() };
        let (name, ddof) = match text.split_once(':') {
            Some((name, ddof)) => (name, Some(ddof.parse().map_err(|_| unknown())?)),
            None => (text, None),
        };
        let (skip_nan, name) = name.strip_prefix("nan").map_or((false, name), |name| (true, name));
        let kind = match (name, ddof) {
            ("count", None) => ReductionKind::Count,
            ("sum", None) => ReductionKind::Sum,
            ("prod", None) => ReductionKind::Prod,
            ("min", None) => ReductionKind::Min,
            ("max", None) => ReductionKind::Max,
            ("mean", None) => ReductionKind::Mean,
            ("var", Some(ddof)) => ReductionKind::Var { ddof },
            ("std", Some(ddof)) => ReductionKind::Std { ddof },
            _ => return Err(unknown()),
        };
        Ok(Self { kind, skip_nan })
    }
}

#[cfg(test)]
mod tests;
