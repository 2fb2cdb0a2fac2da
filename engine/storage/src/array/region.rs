//! Where the elements of a region lie in two layouts, and the copy from one to the other.

use gristmill_data::DType;

/// A shape as people write it: `(2, 3)`, `(8,)`, `()`.
pub(super) fn tuple(shape: &[u64]) -> String {
    match shape {
        [only] => format!("({only},)"),
        lengths => {
            let lengths: Vec<_> = lengths.iter().map(u64::to_string).collect();
            format!("({})", lengths.join(", "))
        }
    }
}

/// Bytes of an array; `None` when they cannot be counted.
pub(super) fn nbytes(dtype: DType, shape: &[u64]) -> Option<u64> {
    gristmill_data::n_elements(shape).ok()?.checked_mul(dtype.itemsize() as u64)
}

/// Bytes from one element to the next along each axis, the last axis being the fastest.
pub(super) fn c_strides(shape: &[u64], itemsize: usize) -> Vec<u64> {
    let mut strides = f_strides(shape.iter().rev(), itemsize);
    strides.reverse();
    strides
}

/// Bytes from one element to the next along each axis, the first axis being the fastest.
pub(super) fn f_strides<'a>(shape: impl Iterator<Item = &'a u64>, itemsize: usize) -> Vec<u64> {
    let next = |stride: &mut u64, length: &u64| {
        let own = *stride;
        // Arrays whose bytes cannot be counted were refused before, so nothing saturates but at an axis of length 0.
        *stride = stride.saturating_mul((*length).max(1));
        Some(own)
    };
    shape.scan(itemsize as u64, next).collect()
}

/// One axis of a region: how many steps, and how many bytes a step is in the source and in the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Axis {
    length: u64,
    strides: [u64; 2],
}

/// A region of an array as nested steps through two layouts, down to runs that lie side by side in both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    /// From the largest step in the source to the smallest.
    axes: Vec<Axis>,
    /// Bytes of a run.
    run: u64,
    /// First byte in source and target.
    start: [u64; 2],
}

/// A layout of which a region is part: its strides in bytes, and where the region starts in it.
pub(super) struct Layout<'a> {
    pub(super) strides: Vec<u64>,
    pub(super) start: &'a [u64],
}

impl<'a> Layout<'a> {
    /// The layout in C order of an array of this shape.
    pub(super) fn c_order(shape: &[u64], itemsize: usize, start: &'a [u64]) -> Self {
        Self { strides: c_strides(shape, itemsize), start }
    }

    fn first_byte(&self) -> u64 {
        let steps = self.start.iter().zip(&self.strides);
        steps.map(|(start, stride)| start.saturating_mul(*stride)).fold(0, u64::saturating_add)
    }
}

/// Copies a region of this shape from where it lies in some bytes to where it lies in others; `None` if it is not there.
pub(super) fn copy(
    shape: &[u64],
    itemsize: usize,
    (from, source): (&[u8], &Layout<'_>),
    (to, target): (&mut [u8], &Layout<'_>),
) -> Option<()> {
    Plan::new(shape, itemsize, source, target).map_or(Some(()), |plan| plan.copy(from, to))
}

impl Plan {
    /// The plan of a region of this shape; `None` when it is empty.
    pub(super) fn new(
        shape: &[u64],
        itemsize: usize,
        source: &Layout<'_>,
        target: &Layout<'_>,
    ) -> Option<Self> {
        if shape.contains(&0) {
            return None;
        }
        let strides = source.strides.iter().zip(&target.strides);
        let axes = shape.iter().zip(strides).map(|(&length, (&a, &b))| Axis { length, strides: [a, b] });
        let mut axes: Vec<_> = axes.filter(|axis| axis.length > 1).collect();
        axes.sort_by_key(|axis| std::cmp::Reverse(axis.strides[0]));
        let mut run = itemsize as u64;
        // An axis whose step is the whole of what lies below it lengthens the run.
        while let Some(axis) = axes.pop_if(|axis| axis.strides == [run; 2]) {
            run = run.saturating_mul(axis.length);
        }
        Some(Self { axes, run, start: [source.first_byte(), target.first_byte()] })
    }

    /// Calls `visit` with each piece of the region whose bytes in the source span at most `span_max`, or are one run:
    /// where the piece starts and ends in the source, and its plan from there on.
    pub(super) fn pieces<E>(
        &self,
        span_max: u64,
        visit: &mut impl FnMut(std::ops::Range<u64>, Piece<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        pieces(&self.axes, self.run, self.start, span_max, visit)
    }

    /// Copies the region; `None` when it is not inside of both.
    pub(super) fn copy(&self, source: &[u8], target: &mut [u8]) -> Option<()> {
        Piece { axes: &self.axes, run: self.run, target: self.start[1] }.copy_from(
            self.start[0],
            source,
            target,
        )
    }
}

/// A part of a region that the source holds within a short span.
pub(super) struct Piece<'a> {
    axes: &'a [Axis],
    run: u64,
    target: u64,
}

impl Piece<'_> {
    /// Where the piece goes, if it is one run.
    pub(super) fn only_run(&self) -> Option<std::ops::Range<u64>> {
        self.axes.is_empty().then(|| self.target..self.target.saturating_add(self.run))
    }

    /// Copies the piece from a source that starts with it.
    pub(super) fn copy(&self, source: &[u8], target: &mut [u8]) -> Option<()> {
        self.copy_from(0, source, target)
    }

    fn copy_from(&self, at: u64, source: &[u8], target: &mut [u8]) -> Option<()> {
        let run = usize::try_from(self.run).ok()?;
        let copied = walk(self.axes, [at, self.target], &mut |[from, to]| {
            let from = usize::try_from(from).ok().and_then(|from| source.get(from..from.checked_add(run)?));
            let to = usize::try_from(to).ok().and_then(|to| target.get_mut(to..to.checked_add(run)?));
            from.zip(to).map(|(from, to)| to.copy_from_slice(from)).ok_or(())
        });
        copied.ok()
    }
}

fn pieces<E>(
    axes: &[Axis],
    run: u64,
    at: [u64; 2],
    span_max: u64,
    visit: &mut impl FnMut(std::ops::Range<u64>, Piece<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let reach = axes.iter().map(|axis| (axis.length - 1).saturating_mul(axis.strides[0]));
    let span = reach.fold(run, u64::saturating_add);
    match axes.split_first() {
        Some((axis, rest)) if span > span_max => {
            (0..axis.length).try_for_each(|step| pieces(rest, run, axis.at(step, at), span_max, visit))
        }
        _ => visit(at[0]..at[0].saturating_add(span), Piece { axes, run, target: at[1] }),
    }
}

/// Calls `visit` with the first byte, in source and target, of every run.
fn walk<E>(axes: &[Axis], at: [u64; 2], visit: &mut impl FnMut([u64; 2]) -> Result<(), E>) -> Result<(), E> {
    match axes.split_first() {
        None => visit(at),
        Some((axis, rest)) => (0..axis.length).try_for_each(|step| walk(rest, axis.at(step, at), visit)),
    }
}

impl Axis {
    fn at(&self, step: u64, at: [u64; 2]) -> [u64; 2] {
        let [a, b] = self.strides.map(|stride| step.saturating_mul(stride));
        [at[0].saturating_add(a), at[1].saturating_add(b)]
    }
}

/// What a region and one stored chunk share.
pub(super) struct Overlap {
    /// The stored chunk's place in the grid of stored chunks.
    pub(super) block: Vec<u64>,
    /// Where the shared part starts in the stored chunk.
    pub(super) in_chunk: Vec<u64>,
    /// Where it starts in the region.
    pub(super) in_region: Vec<u64>,
    /// Its shape.
    pub(super) shape: Vec<u64>,
}

/// What a region shares with each stored chunk of a grid of equal chunks, in C order; the chunks have no length 0.
pub(super) fn overlaps(start: &[u64], shape: &[u64], chunks: &[u64]) -> impl Iterator<Item = Overlap> {
    let along = start.iter().zip(shape).zip(chunks);
    // First block along each axis, how many, and where the region starts and ends.
    let axes: Vec<_> = along
        .map(|((&start, &length), &chunk)| {
            let (chunk, end) = (chunk.max(1), start.saturating_add(length));
            let (first, last) = (start / chunk, end.saturating_sub(1) / chunk);
            (first, if length == 0 { 0 } else { last - first + 1 }, chunk, start, end)
        })
        .collect();
    let n_blocks = axes.iter().map(|axis| axis.1).fold(1, u64::saturating_mul);
    (0..n_blocks).map(move |mut index| {
        let mut overlap =
            Overlap { block: Vec::new(), in_chunk: Vec::new(), in_region: Vec::new(), shape: Vec::new() };
        for &(first, n_blocks, chunk, start, end) in axes.iter().rev() {
            let block = first + index % n_blocks.max(1);
            index /= n_blocks.max(1);
            let origin = block.saturating_mul(chunk);
            let (from, to) = (start.max(origin), end.min(origin.saturating_add(chunk)));
            overlap.block.push(block);
            overlap.in_chunk.push(from - origin);
            overlap.in_region.push(from - start);
            overlap.shape.push(to - from);
        }
        let lists = [&mut overlap.block, &mut overlap.in_chunk, &mut overlap.in_region, &mut overlap.shape];
        lists.into_iter().for_each(|list| list.reverse());
        overlap
    })
}

/// Turns big-endian elements into little-endian ones, or back.
pub(super) fn swap_bytes(dtype: DType, bytes: &mut [u8]) {
    fn swap<const N: usize>(bytes: &mut [u8]) {
        bytes.as_chunks_mut::<N>().0.iter_mut().for_each(|element| element.reverse());
    }
    // The parts of a complex number are swapped each on its own.
    let unit = if dtype.is_complex() { dtype.itemsize() / 2 } else { dtype.itemsize() };
    match unit {
        2 => swap::<2>(bytes),
        4 => swap::<4>(bytes),
        8 => swap::<8>(bytes),
        _ => {}
    }
}

/// A shape of pieces of about this many bytes, for arrays that are not stored in chunks: whole along the fast axes.
pub(super) fn piece_shape(shape: &[u64], strides: &[u64], nbytes: u64) -> Vec<u64> {
    let along = shape.iter().zip(strides);
    along.map(|(&length, &stride)| (nbytes / stride.max(1)).clamp(1, length.max(1))).collect()
}

#[cfg(test)]
mod tests;
