//! What depends on the order along an axis: running values.

use gristmill_data::DType;
use gristmill_graph::Arg;
use gristmill_kernels::{Scan, ScanKind};

use super::Array;
use super::call::{Call, block_of, blocks, labelled, listed};
use super::reduce::axis_of;
use crate::Error;

impl Array {
    /// Running values along an axis: each element becomes that of all up to it.
    ///
    /// The methods are short for this.
    pub fn scan(&self, scan: Scan, axis: i64) -> Self {
        let made = Self::all_known("scan", [self]).and_then(|()| {
            let axis = axis_of("scan", axis, self.ndim())?;
            let dtype = scan.dtype(self.dtype()).map_err(Error::kernel("scan"))?;
            self.scanned(scan, axis, dtype)
        });
        Self::or_failed(made)
    }

    /// A parallel prefix: blocks are scanned each by itself, their totals merged over 1, 2, 4 and more blocks, and what
    /// comes before a block is merged into it.
    fn scanned(&self, scan: Scan, axis: usize, dtype: DType) -> Result<Self, Error> {
        let (kind, along) = (Arg::text(&scan.to_string()), Arg::UInt(axis as u64));
        let grid = blocks(self.grid());
        let each = |of: &Self| labelled(&grid, std::slice::from_ref(of), &[(0..grid.len() as u32).collect()]);
        let done = |call: Call, of: Vec<Self>| call.on(of, dtype, self.grid().clone());
        let args = || vec![kind.clone(), along.clone(), Arg::Input(0)];
        let scanned = done(Call::kernel("scan", "scan", each(self), args())?, vec![self.clone()]);
        let n_along = grid.get(axis).copied().unwrap_or(1);
        if n_along <= 1 {
            return Ok(scanned);
        }
        let n_blocks = self.grid().n_chunks() as u32;
        // How far apart neighbours along the axis are among all blocks.
        let stride: u32 = grid.iter().skip(axis + 1).product();
        let place = |index: u32| index / stride % n_along;
        let total = Call::kernel("scan-total", "scan_total", each(&scanned), args())?;
        let mut totals = total.partials(vec![scanned.clone()], &grid)?;
        let mut reach = 1;
        while reach < n_along {
            let rows = (0..n_blocks).map(|index| {
                let before = (place(index) >= reach).then(|| block_of(0, index - reach * stride));
                before.into_iter().chain([block_of(0, index)])
            });
            let args = vec![kind.clone(), Arg::Inputs];
            let merged = Call::kernel("scan-totals", "scan_totals", listed(rows)?, args)?;
            totals = merged.partials(vec![totals], &grid)?;
            reach *= 2;
        }
        let mut later = grid.clone();
        later.iter_mut().skip(axis).take(1).for_each(|n| *n -= 1);
        let rows = (0..n_blocks).filter(|&index| place(index) > 0);
        let rows = rows.map(|index| [block_of(0, index - stride), block_of(1, index)]);
        let args = vec![kind, along, Arg::Input(0), Arg::Input(1)];
        let applied = Call::kernel("scan-apply", "scan_apply", listed(rows)?, args)?;
        let applied = applied.partials(vec![totals, scanned.clone()], &later)?;
        let mut n_applied = 0;
        let all = (0..n_blocks).map(|index| match place(index) {
            0 => [block_of(0, index)],
            _ => {
                n_applied += 1;
                [block_of(1, n_applied - 1)]
            }
        });
        let all = Call::kernel("scan", "identity", listed(all)?, vec![Arg::Input(0)])?;
        Ok(done(all, vec![scanned, applied]))
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
