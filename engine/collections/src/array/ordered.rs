//! What depends on the order along an axis: running values, and sorting.

use gristmill_data::DType;
use gristmill_graph::Arg;
use gristmill_kernels::{Scan, ScanKind};

use super::reduce::axis_of;
use super::{Array, AxisChunks, Chunks, Op};
use crate::{Error, kernel};

impl Array {
    /// Running values along an axis: each element becomes that of all up to it.
    ///
    /// The methods are short for this.
    pub fn scan(&self, scan: Scan, axis: i64) -> Self {
        let made = Self::all_checked([self]).and_then(|()| {
            let axis = axis_of("scan", axis, self.ndim())?;
            let dtype = scan.dtype(self.dtype()).map_err(Error::kernel("scan"))?;
            Ok(Self::new(Op::Scan { scan, axis, input: self.clone() }, dtype, self.grid().clone()))
        });
        Self::or_failed(made)
    }

    /// The elements sorted along an axis, NaN last. The axis becomes one chunk.
    pub fn sort(&self, axis: i64) -> Self {
        self.by_kernel("sort", axis, self.dtype())
    }

    /// The positions that sort the elements along an axis, of equal ones in their order. The axis becomes one chunk.
    pub fn argsort(&self, axis: i64) -> Self {
        self.by_kernel("argsort", axis, DType::Int64)
    }

    /// A kernel that is called with the axis and a block, and gives a block of the same shape.
    fn by_kernel(&self, name: &'static str, axis: i64, dtype: DType) -> Self {
        let made = Self::all_checked([self]).and_then(|()| {
            let axis = axis_of(name, axis, self.ndim())?;
            let whole = self.rechunk(Chunks::each((0..self.ndim()).map(|other| match other == axis {
                true => AxisChunks::Whole,
                false => AxisChunks::Lengths(self.grid().chunks(other).to_vec()),
            })));
            whole.check()?;
            let grid = whole.grid().clone();
            let (callee, literals) = (kernel(name)?, vec![Arg::UInt(axis as u64)]);
            Ok(Self::new(Op::MapBlocks { callee, literals, inputs: vec![whole] }, dtype, grid))
        });
        Self::or_failed(made)
    }
}

macro_rules! scans {
    ($($name:ident $kind:ident $skip_nan:literal $doc:literal;)*) => {
        impl Array {
            $(#[doc = $doc]
            pub fn $name(&self, axis: i64) -> Self {
                self.scan(Scan { kind: ScanKind::$kind, skip_nan: $skip_nan }, axis)
            })*
        }
    };
}

scans! {
    cumsum Sum false "The sum of all elements up to each, along an axis.";
    cumprod Prod false "The product of all elements up to each, along an axis.";
    cummax Max false "The greatest of all elements up to each, along an axis.";
    cummin Min false "The least of all elements up to each, along an axis.";
    nancumsum Sum true "The sum of all elements up to each, NaN counting as 0.";
    nancumprod Prod true "The product of all elements up to each, NaN counting as 1.";
}
