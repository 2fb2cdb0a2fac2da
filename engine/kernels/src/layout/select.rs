//! Slices and other chunks of an array, out of the blocks that they touch.

use gristmill_data::{Chunk, ChunkRuns, DType, Memory, Span, n_elements};

use super::strided::{Assembly, Move, Moves, Strides, c_order, copy_box};
use crate::Error;

const KERNEL: &str = "select";

/// A part of an array: along each axis, element `i` of the part is element `start + i * step` of the array.
#[derive(Debug, Clone)]
pub(super) struct Selection {
    /// How the array is cut.
    pub(super) grid: ChunkRuns,
    pub(super) starts: Vec<i64>,
    pub(super) steps: Vec<i64>,
}

/// Elements of the part that lie in one chunk of the array, along one axis.
#[derive(Debug, Clone, Copy)]
struct Piece {
    /// Which chunk.
    nth: u64,
    /// The first one's place in the chunk.
    from: i64,
    /// And in the part.
    to: u64,
    /// How many; none in a chunk that is stepped over.
    length: u64,
    /// Length of the chunk; 0 of one that is stepped over.
    chunk: u64,
}

/// Block `block` of the part, made of the blocks of the array that it touches, in C order.
///
/// # Errors
/// [`Error::Selection`] when the part lies outside the array, or the blocks are not those that are needed.
pub(super) fn select(
    selection: &Selection,
    dtype: DType,
    block: &[Span],
    blocks: &[Chunk],
) -> Result<Chunk, Error> {
    let shapes: Vec<&[u64]> = blocks.iter().map(Chunk::shape).collect();
    let Moves { shape, moves } = selection.moves(block, &shapes)?;
    if let ([only], [Move { from, to, lengths, .. }]) = (blocks, &moves[..])
        && only.shape() == shape
        && only.dtype() == dtype
        && lengths.iter().zip(&shape).all(|(&length, &whole)| length as u64 == whole)
        && is_same(lengths, from, to)
    {
        return Ok(only.clone());
    }
    let mut assembly = Assembly::new(dtype, &shape);
    for Move { of, lengths, from, to } in &moves {
        assembly.put(lengths, of_dtype(dtype, blocks, *of)?, from, to);
    }
    assembly.finish(KERNEL)
}

/// What the kernel `select` copies, of blocks of these shapes.
///
/// # Errors
/// [`Error::Selection`] when the part lies outside the array, or the blocks are not those that are needed.
pub fn select_moves(
    grid: &ChunkRuns,
    starts: &[i64],
    steps: &[i64],
    block: &[Span],
    shapes: &[&[u64]],
) -> Result<Moves, Error> {
    let selection = Selection { grid: grid.clone(), starts: starts.to_vec(), steps: steps.to_vec() };
    selection.moves(block, shapes)
}

fn of_dtype(dtype: DType, blocks: &[Chunk], of: usize) -> Result<&Chunk, Error> {
    blocks.get(of).filter(|chunk| chunk.dtype() == dtype).ok_or(Error::Selection { reason: OTHER_BLOCK })
}

const OTHER_BLOCK: &str = "a block has another shape or dtype than the array's chunks say";

/// Whether a box lies where it belongs.
fn is_same(lengths: &[usize], from: &Strides, to: &Strides) -> bool {
    let mut strides = lengths.iter().zip(from.strides.iter().zip(&to.strides));
    from.first == to.first && strides.all(|(&length, (from, to))| length <= 1 || from == to)
}

impl Selection {
    /// Fills `out` with a band of rows of the part, of all blocks of the array.
    fn fill(&self, dtype: DType, band: &[Span], blocks: &[Chunk], out: &mut [u8]) -> Result<(), Error> {
        let axes = self.all_pieces(band)?;
        // Blocks of the same rows follow each other.
        let n_of_row: usize = axes.iter().skip(1).map(Vec::len).product();
        let (first, n) = axes
            .first()
            .map_or((0, 1), |rows| (rows.first().map_or(0, |piece| piece.nth as usize), rows.len()));
        let few = || Error::Selection { reason: "there are more or fewer blocks than it touches" };
        let touched = blocks.get(first * n_of_row..(first + n) * n_of_row).ok_or_else(few)?;
        let shapes: Vec<&[u64]> = touched.iter().map(Chunk::shape).collect();
        for Move { of, lengths, from, to } in &self.moves_of(band, &axes, &shapes)?.moves {
            let chunk = of_dtype(dtype, touched, *of)?;
            copy_box(lengths, (chunk.data(), from), (out, to), dtype.itemsize());
        }
        Ok(())
    }

    /// What a block of the part is made of.
    fn moves(&self, block: &[Span], shapes: &[&[u64]]) -> Result<Moves, Error> {
        let ndim = self.grid.shape().len();
        if [self.starts.len(), self.steps.len(), block.len()] != [ndim; 3] {
            let reason = "starts, steps and blocks have not as many axes as the array";
            return Err(Error::Selection { reason });
        }
        let axes = self.all_pieces(block)?;
        let n_blocks: usize = axes.iter().map(Vec::len).product();
        if n_blocks != shapes.len() {
            return Err(Error::Selection { reason: "there are more or fewer blocks than it touches" });
        }
        self.moves_of(block, &axes, shapes)
    }

    /// What each block, which has this shape, gives of the pieces along each axis.
    fn moves_of(&self, block: &[Span], axes: &[Vec<Piece>], shapes: &[&[u64]]) -> Result<Moves, Error> {
        let shape: Vec<u64> = block.iter().map(|span| span.length).collect();
        let to_strides = c_order(&shape);
        let mut moves = Vec::with_capacity(shapes.len());
        for (of, own_shape) in shapes.iter().enumerate() {
            let pieces = nth(axes, of);
            if pieces.iter().any(|piece| piece.length == 0) {
                continue;
            }
            if !pieces.iter().map(|piece| piece.chunk).eq(own_shape.iter().copied()) {
                return Err(Error::Selection { reason: OTHER_BLOCK });
            }
            let own = c_order(own_shape);
            let first = |place: fn(&Piece) -> isize, strides: &[isize]| {
                let places = pieces.iter().zip(strides).map(|(piece, stride)| place(piece) * stride);
                places.sum::<isize>() as usize
            };
            let from = Strides {
                first: first(|piece| piece.from as isize, &own),
                strides: own.iter().zip(&self.steps).map(|(stride, &step)| stride * step as isize).collect(),
            };
            let to =
                Strides { first: first(|piece| piece.to as isize, &to_strides), strides: to_strides.clone() };
            let lengths = pieces.iter().map(|piece| piece.length as usize).collect();
            moves.push(Move { of, lengths, from, to });
        }
        Ok(Moves { shape, moves })
    }

    /// For each axis what its chunks have of a block of the part.
    fn all_pieces(&self, block: &[Span]) -> Result<Vec<Vec<Piece>>, Error> {
        let axes = block.iter().enumerate().map(|(axis, span)| self.pieces(axis, span));
        let outside = || Error::Selection { reason: "a part of it lies outside of the array" };
        axes.collect::<Option<_>>().ok_or_else(outside)
    }

    /// What each chunk along an axis has of a chunk of the part, in the order of the array's chunks; `None` outside.
    fn pieces(&self, axis: usize, part: &Span) -> Option<Vec<Piece>> {
        let (start, step) = (*self.starts.get(axis)?, *self.steps.get(axis)?);
        let mut pieces = Vec::new();
        let mut done = 0;
        while done < part.length {
            let position = start.checked_add(step.checked_mul(i64::try_from(part.start + done).ok()?)?)?;
            let chunk = self.grid.locate(axis, u64::try_from(position).ok()?)?;
            let from = position - chunk.start as i64;
            // How many steps until the chunk's end, or its start when they go backwards.
            let room = match step {
                0 => part.length,
                1.. => (chunk.length as i64 - 1 - from) as u64 / step.unsigned_abs() + 1,
                _ => from as u64 / step.unsigned_abs() + 1,
            };
            let length = room.min(part.length - done);
            pieces.push(Piece { nth: chunk.chunk, from, to: done, length, chunk: chunk.length });
            done += length;
        }
        if step < 0 {
            pieces.reverse();
        }
        Some(with_gaps(&pieces))
    }
}

/// With the chunks that are stepped over, since tasks read all of a box of blocks.
fn with_gaps(pieces: &[Piece]) -> Vec<Piece> {
    let mut all: Vec<Piece> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let next = all.last().map_or(piece.nth, |last| last.nth + 1);
        all.extend((next..piece.nth).map(|nth| Piece { nth, from: 0, to: 0, length: 0, chunk: 0 }));
        all.push(*piece);
    }
    all
}

/// Results smaller than this are put together by one thread, in bytes.
const BAND_NBYTES_MIN: usize = 8 << 20;
/// Most threads that put one together: memory has no more to give.
const BANDS_MAX: usize = 8;

/// A whole array of its blocks, in C order: large ones in bands of rows, each by its own thread.
///
/// # Errors
/// [`Error::Selection`] when the blocks are not those of the grid, or a size that is no chunk's.
pub fn assemble(dtype: DType, grid: &ChunkRuns, blocks: &[Chunk]) -> Result<Chunk, Error> {
    let shape = grid.shape();
    let n = n_elements(&shape).map_err(Error::data(KERNEL))? as usize;
    let nbytes = n.saturating_mul(dtype.itemsize());
    let whole = Selection { grid: grid.clone(), starts: vec![0; shape.len()], steps: vec![1; shape.len()] };
    let span = |length: u64| Span { chunk: 0, start: 0, length };
    let n_rows = shape.first().copied().unwrap_or(1);
    let n_threads = std::thread::available_parallelism().map_or(1, usize::from).min(BANDS_MAX);
    let n_bands = if nbytes < BAND_NBYTES_MIN { 1 } else { n_threads.min(n_rows as usize) };
    if n_bands <= 1 || blocks.len() <= 1 || blocks.iter().any(|block| block.validity().is_some()) {
        return select(&whole, dtype, &shape.iter().map(|&length| span(length)).collect::<Vec<_>>(), blocks);
    }
    let mut data = Memory::new(nbytes);
    let row_nbytes = nbytes / n_rows as usize;
    let band_rows = (n_rows as usize).div_ceil(n_bands);
    let bands = (0..).step_by(band_rows).zip(data.as_mut_slice().chunks_mut(band_rows * row_nbytes));
    std::thread::scope(|scope| {
        let threads: Vec<_> = bands
            .map(|(start, out)| {
                let rows = Span { chunk: 0, start, length: (out.len() / row_nbytes) as u64 };
                let band: Vec<Span> =
                    [rows].into_iter().chain(shape.iter().skip(1).map(|&length| span(length))).collect();
                let whole = &whole;
                scope.spawn(move || whole.fill(dtype, &band, blocks, out))
            })
            .collect();
        threads.into_iter().try_for_each(|thread| {
            thread.join().unwrap_or(Err(Error::Selection { reason: "a thread that put it together stopped" }))
        })
    })?;
    Chunk::try_new(dtype, &shape, data.into_buffer(), None).map_err(Error::data(KERNEL))
}

/// The pieces along each axis of the block with this index among those that are read.
fn nth(axes: &[Vec<Piece>], mut idx: usize) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = axes
        .iter()
        .rev()
        .filter_map(|along| {
            let piece = along.get(idx.checked_rem(along.len())?).copied();
            idx /= along.len();
            piece
        })
        .collect();
    pieces.reverse();
    pieces
}
