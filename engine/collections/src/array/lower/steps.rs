//! Operations whose tasks depend on each other: running values, and products of matrices.

use gristmill_graph::{Arg, Csr, LayerId, TaskRef, Wiring};
use gristmill_kernels::Scan;

use super::{Array, Lowering, blocks};
use crate::Error;

impl Lowering {
    /// A parallel prefix: blocks are scanned each by itself, their totals merged over 1, 2, 4 and more blocks, and what
    /// comes before a block is merged into it.
    pub(super) fn scan(
        &mut self,
        array: &Array,
        scan: Scan,
        axis: usize,
        input: &Array,
    ) -> Result<LayerId, Error> {
        let (kind, along) = (Arg::text(&scan.to_string()), Arg::UInt(axis as u64));
        let wiring = self.blockwise(array.grid(), std::slice::from_ref(input));
        let scanned = self.call("scan", "scan", wiring, vec![kind.clone(), along.clone(), Arg::Input(0)])?;
        let grid = blocks(array.grid());
        let n_along = grid.get(axis).copied().unwrap_or(1);
        if n_along <= 1 {
            return Ok(scanned);
        }
        let n_blocks = array.grid().n_chunks() as u32;
        // How far apart neighbours along the axis are among all blocks.
        let stride: u32 = grid.iter().skip(axis + 1).product();
        let place = |index: u32| index / stride % n_along;
        let one_to_one = Wiring::each(scanned, n_blocks);
        let args = vec![kind.clone(), along.clone(), Arg::Input(0)];
        let mut totals = self.call("scan-total", "scan_total", one_to_one, args)?;
        let mut reach = 1;
        while reach < n_along {
            let mut rows = Csr::new();
            for index in 0..n_blocks {
                let own = totals.task(index);
                match place(index) >= reach {
                    true => rows.push_row([totals.task(index - reach * stride), own])?,
                    false => rows.push_row([own])?,
                }
            }
            let args = vec![kind.clone(), Arg::Inputs];
            totals = self.call("scan-totals", "scan_totals", Wiring::Explicit(rows), args)?;
            reach *= 2;
        }
        let (mut later, mut all) = (Csr::new(), Vec::new());
        for index in (0..n_blocks).filter(|&index| place(index) > 0) {
            later.push_row([totals.task(index - stride), scanned.task(index)])?;
        }
        let args = vec![kind, along, Arg::Input(0), Arg::Input(1)];
        let applied = self.call("scan-apply", "scan_apply", Wiring::Explicit(later), args)?;
        let mut n_applied = 0;
        for index in 0..n_blocks {
            all.push(if place(index) == 0 { scanned.task(index) } else { applied.task(n_applied) });
            n_applied += u32::from(place(index) > 0);
        }
        self.gathered("scan", all)
    }

    /// Each block of the product is added up along the axis that goes, one product of blocks after the other, so that no
    /// task holds more than three blocks and the result.
    pub(super) fn matmul(&mut self, array: &Array, inputs: &[Array]) -> Result<LayerId, Error> {
        let [left, right] = inputs else {
            return Err(Error::array("matmul", "it has two operands".to_owned()));
        };
        let (a, b) = (self.layer(left), self.layer(right));
        let (left, right) = (blocks(left.grid()), blocks(right.grid()));
        let ([_, n_inner], [_, n_columns]) = (&left[..], &right[..]) else {
            return Err(Error::array("matmul", "its operands are matrices".to_owned()));
        };
        let n_blocks = array.grid().n_chunks() as u32;
        let mut sum: Option<LayerId> = None;
        for inner in 0..*n_inner {
            let mut rows = Csr::new();
            for index in 0..n_blocks {
                let (row, column) = (index / n_columns, index % n_columns);
                let pair = [a.task(row * n_inner + inner), b.task(inner * n_columns + column)];
                rows.push_row(pair.into_iter().chain(sum.map(|sum| sum.task(index))))?;
            }
            let args = (0..if sum.is_some() { 3 } else { 2 }).map(Arg::Input).collect();
            sum = Some(self.call("matmul", "matmul", Wiring::Explicit(rows), args)?);
        }
        sum.ok_or_else(|| Error::array("matmul", "it has no blocks to add up".to_owned()))
    }

    /// One layer of tasks of several.
    fn gathered(&mut self, name: &str, tasks: Vec<TaskRef>) -> Result<LayerId, Error> {
        let mut rows = Csr::new();
        for task in tasks {
            rows.push_row([task])?;
        }
        self.call(name, "identity", Wiring::Explicit(rows), vec![Arg::Input(0)])
    }
}
