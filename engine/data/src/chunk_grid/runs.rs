//! A chunk grid as text, and looked up without its chunks being spelled out.

use std::fmt;
use std::str::FromStr;

use super::{CHUNKS_OF_AXIS_MAX, ChunkGrid};
use crate::{Error, NDIM_MAX, n_elements};

/// A chunk grid as runs of equal chunks along each axis: small however many chunks there are, as tasks carry it.
///
/// Its text has the axes between semicolons, and runs between commas: `4x1000,17;64` is four chunks of 1000 and one of
/// 17 along the first axis, and one of 64 along the second. No axes are an empty text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChunkRuns {
    axes: Vec<Vec<Run>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    n_chunks: u64,
    length: u64,
}

/// One chunk along one axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Which chunk.
    pub chunk: u64,
    /// Where it starts.
    pub start: u64,
    /// How long it is.
    pub length: u64,
}

impl ChunkRuns {
    /// The chunk along each axis of the block with this index; `None` when there are not so many.
    #[must_use]
    pub fn block(&self, index: u64) -> Option<Vec<Span>> {
        let mut rest = index;
        let mut spans = Vec::with_capacity(self.axes.len());
        for runs in self.axes.iter().rev() {
            let n_chunks: u64 = runs.iter().map(|run| run.n_chunks).sum();
            let chunk = rest.checked_rem(n_chunks)?;
            rest /= n_chunks;
            spans.push(nth(runs, chunk)?);
        }
        spans.reverse();
        (rest == 0).then_some(spans)
    }

    /// The chunk that holds this position along an axis; `None` beyond its end.
    #[must_use]
    pub fn locate(&self, axis: usize, position: u64) -> Option<Span> {
        let (mut chunk, mut start) = (0, 0);
        for run in self.axes.get(axis)? {
            let end = start + run.n_chunks * run.length;
            if position < end {
                let nth = (position - start) / run.length;
                return Some(Span {
                    chunk: chunk + nth,
                    start: start + nth * run.length,
                    length: run.length,
                });
            }
            chunk += run.n_chunks;
            start = end;
        }
        None
    }

    /// How many blocks there are along each axis.
    #[must_use]
    pub fn numblocks(&self) -> Vec<u64> {
        self.axes.iter().map(|runs| runs.iter().map(|run| run.n_chunks).sum()).collect()
    }

    /// The shape of the whole array.
    #[must_use]
    pub fn shape(&self) -> Vec<u64> {
        self.axes.iter().map(|runs| runs.iter().map(|run| run.n_chunks * run.length).sum()).collect()
    }
}

fn nth(runs: &[Run], mut chunk: u64) -> Option<Span> {
    let (wanted, mut start) = (chunk, 0);
    for run in runs {
        if chunk < run.n_chunks {
            return Some(Span { chunk: wanted, start: start + chunk * run.length, length: run.length });
        }
        chunk -= run.n_chunks;
        start += run.n_chunks * run.length;
    }
    None
}

impl From<&ChunkGrid> for ChunkRuns {
    fn from(grid: &ChunkGrid) -> Self {
        let axes = (0..grid.ndim()).map(|axis| {
            let equal = grid.chunks(axis).chunk_by(|left, right| left == right);
            equal
                .map(|run| Run { n_chunks: run.len() as u64, length: run.first().copied().unwrap_or(0) })
                .collect()
        });
        Self { axes: axes.collect() }
    }
}

impl fmt::Display for ChunkRuns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (axis, runs) in self.axes.iter().enumerate() {
            f.write_str(if axis == 0 { "" } else { ";" })?;
            for (n, Run { n_chunks, length }) in runs.iter().enumerate() {
                f.write_str(if n == 0 { "" } else { "," })?;
                match n_chunks {
                    1 => write!(f, "{length}")?,
                    _ => write!(f, "{n_chunks}x{length}")?,
                }
            }
        }
        Ok(())
    }
}

impl FromStr for ChunkRuns {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = || Error::ChunkGrid {
            reason: format!("`{}` is no text of one", text.chars().take(60).collect::<String>()),
        };
        let run = |text: &str| -> Option<Run> {
            let (n_chunks, length) = text.split_once('x').unwrap_or(("1", text));
            Some(Run { n_chunks: n_chunks.parse().ok()?, length: length.parse().ok()? })
        };
        let axis = |text: &str| -> Result<Vec<Run>, Error> {
            let runs: Vec<Run> = text.split(',').map(run).collect::<Option<_>>().ok_or_else(wrong)?;
            let n_chunks = runs.iter().try_fold(0_u64, |n, run| n.checked_add(run.n_chunks));
            let length =
                runs.iter().try_fold(0_u64, |n, run| n.checked_add(run.n_chunks.checked_mul(run.length)?));
            let fits = n_chunks.is_some_and(|n| n <= CHUNKS_OF_AXIS_MAX) && length.is_some();
            if fits { Ok(runs) } else { Err(wrong()) }
        };
        let axes = match text {
            "" => Vec::new(),
            text => text.split(';').take(NDIM_MAX + 1).map(axis).collect::<Result<_, _>>()?,
        };
        let grid = Self { axes };
        n_elements(&grid.shape())?;
        n_elements(&grid.numblocks())?;
        Ok(grid)
    }
}
