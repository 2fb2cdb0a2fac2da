//! Orthogonal times upper triangular matrices.

use gristmill_data::ChunkGrid;
use gristmill_graph::Arg;

use super::{Stacked, matrix, or_failed, sides};
use crate::Error;
use crate::array::Array;
use crate::array::call::{Call, aligned, item};

/// How many triangular matrices one task factors together at most.
const FAN_IN_MAX: u64 = 32;

impl Array {
    /// Matrices as `q` with orthogonal columns times `r`, upper triangular: of M by N, M by K and K by N, where K is the lesser
    /// of M and N. The diagonal of `r` is real and not negative, so that the factors of a matrix with independent columns do not
    /// depend on how it is cut.
    ///
    /// A matrix of several blocks is factored by rows of blocks, each of which becomes one chunk, and what is left of them in a
    /// tree (Demmel, Grigori, Hoemmen and Langou, 2012). It may have as many rows as there are; a triangle of all its columns
    /// must fit a task several times.
    ///
    /// # Example
    /// ```
    /// use gristmill_collections::array::Generator;
    ///
    /// let x = Generator::new(1).normal(0.0, 1.0, &[100_000, 20], [10_000, 20]);
    /// let [q, r] = x.qr();
    /// assert_eq!((q.shape(), r.shape()), (vec![100_000, 20], vec![20, 20]));
    /// ```
    pub fn qr(&self) -> [Self; 2] {
        or_failed(matrix("qr", self).and_then(|matrix| factored(&matrix)))
    }

    /// The triangular factor of [`Array::qr`] alone, which takes less than half of its time.
    pub fn qr_r(&self) -> Self {
        Self::or_failed(matrix("qr", self).and_then(|matrix| triangular(&matrix)))
    }
}

pub(super) fn factored(a: &Array) -> Result<[Array; 2], Error> {
    let Some(tall) = Tall::new(a) else { return whole(a) };
    let (local, r) = tall.local()?;
    let [outer, r] = factored(&tall.stacked(&r)?)?;
    // Each block's own factor times its part of that of all.
    let inputs = vec![local, outer.recut(tall.triangles()?)];
    let wiring = aligned(tall.rows.grid(), &inputs);
    let call = Call::kernel("qr", "matmul", wiring, vec![Arg::Input(0), Arg::Input(1)])?;
    Ok([call.on(inputs, a.dtype(), tall.rows.grid().clone()), r])
}

pub(super) fn triangular(a: &Array) -> Result<Array, Error> {
    let Some(tall) = Tall::new(a) else {
        let (m, n) = sides(a);
        return Stacked::new("qr", &[(a, 2)])?.one(vec![Arg::text("r")], a.dtype(), &[m.min(n), n]);
    };
    let inputs = vec![tall.rows.clone()];
    let args = vec![Arg::text("r"), Arg::Input(0)];
    let grid = tall.triangles()?;
    let r = Call::kernel("qr", "qr", aligned(&grid, &inputs), args)?.on(inputs, a.dtype(), grid);
    triangular(&tall.stacked(&r)?)
}

/// The factors of what one task can hold.
fn whole(a: &Array) -> Result<[Array; 2], Error> {
    let ((m, n), dtype) = (sides(a), a.dtype());
    let k = m.min(n);
    Stacked::new("qr", &[(a, 2)])?
        .several(vec![Arg::text("reduced")], [(dtype, vec![m, k]), (dtype, vec![k, n])])
}

/// A matrix in several blocks of rows, none with fewer of these than columns.
struct Tall {
    rows: Array,
}

impl Tall {
    /// Nothing when it has one block, or belongs to a stack.
    fn new(a: &Array) -> Option<Self> {
        if a.ndim() != 2 {
            return None;
        }
        let (_, n_columns) = sides(a);
        let rows = grouped(a.grid().chunks(0), n_columns);
        (rows.len() > 1).then(|| Self { rows: a.rechunk(vec![rows, vec![n_columns]]) })
    }

    fn n_columns(&self) -> u64 {
        sides(&self.rows).1
    }

    /// Each block's factors.
    fn local(&self) -> Result<(Array, Array), Error> {
        let (rows, n) = (&self.rows, self.n_columns());
        let (dtype, grid) = (rows.dtype(), rows.grid().clone());
        let inputs = vec![rows.clone()];
        let args = vec![Arg::text("reduced"), Arg::Input(0)];
        let most = grid.chunks(0).iter().max().copied().unwrap_or(0);
        // Both factors, for each element of a block.
        let nbytes = dtype.itemsize() as u64 * (most + n).div_ceil(most.max(1));
        let both = Call::kernel("qr", "qr", aligned(&grid, &inputs), args)?.sized(nbytes).on(
            inputs,
            dtype,
            grid.clone(),
        );
        Ok((item(&both, 0, dtype, grid)?, item(&both, 1, dtype, self.triangles()?)?))
    }

    /// How their triangular factors lie below each other.
    fn triangles(&self) -> Result<ChunkGrid, Error> {
        let n = self.n_columns();
        ChunkGrid::new(vec![vec![n; self.rows.grid().chunks(0).len()], vec![n]]).map_err(Error::data("qr"))
    }

    /// The triangular factors, so many in a block as make one of about the size of those before.
    fn stacked(&self, r: &Array) -> Result<Array, Error> {
        let (n, chunks) = (self.n_columns(), self.rows.grid().chunks(0));
        let most = chunks.iter().max().copied().unwrap_or(0);
        let fan_in = (most / n.max(1)).clamp(2, FAN_IN_MAX) as usize;
        let rows = vec![n; chunks.len()].chunks(fan_in).map(|group| group.iter().sum()).collect();
        let stacked = r.rechunk(vec![rows, vec![n]]);
        stacked.check().map(|()| stacked)
    }
}

/// Lengths put together with their neighbours until each is this long at least.
fn grouped(lengths: &[u64], least: u64) -> Vec<u64> {
    let mut groups: Vec<u64> = Vec::new();
    let mut open = 0;
    for length in lengths {
        open += length;
        if open >= least.max(1) {
            groups.push(std::mem::take(&mut open));
        }
    }
    match groups.last_mut() {
        Some(last) => *last += open,
        None => groups.push(open),
    }
    groups
}
