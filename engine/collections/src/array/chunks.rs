//! How an array is to be cut.

use gristmill_data::{ChunkGrid, DType};

use crate::Error;

/// What a chunk takes in memory where its lengths are chosen here: large enough that a task's overhead is nothing beside
/// its work, small enough that many fit into memory.
pub const CHUNK_NBYTES: u64 = 32 << 20;

/// Lengths of the chunks along one axis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AxisChunks {
    /// All of this length, but for a shorter last one.
    Length(u64),
    /// One chunk.
    Whole,
    /// As long as the chunk's bytes allow.
    Auto,
    /// Exactly these.
    Lengths(Vec<u64>),
}

/// How an array is to be cut, as `chunks=` in Dask: a length for all axes, one for each, `"auto"`, or bytes: `"64 MiB"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunks {
    axes: Axes,
    /// What a chunk may take where an axis is `Auto`, in bytes.
    nbytes: u64,
    /// A text that says nothing.
    wrong: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Axes {
    All(AxisChunks),
    Each(Vec<AxisChunks>),
}

impl Chunks {
    /// Lengths for each axis.
    #[must_use]
    pub fn each(axes: impl IntoIterator<Item = AxisChunks>) -> Self {
        Self { axes: Axes::Each(axes.into_iter().collect()), nbytes: CHUNK_NBYTES, wrong: None }
    }

    fn all(axis: AxisChunks) -> Self {
        Self { axes: Axes::All(axis), nbytes: CHUNK_NBYTES, wrong: None }
    }

    /// The grid of an array of this shape and dtype.
    ///
    /// # Errors
    /// [`Error::Chunks`] when the lengths do not fit the shape, or a text is none of those above.
    pub fn grid(&self, shape: &[u64], dtype: DType) -> Result<ChunkGrid, Error> {
        let refused = |reason: String| Error::Chunks { shape: shape.to_vec(), reason };
        if let Some(text) = &self.wrong {
            return Err(refused(format!(
                "`{text}` is neither `auto` nor a number of bytes such as `64 MiB`"
            )));
        }
        let axes = match &self.axes {
            Axes::All(axis) => vec![axis.clone(); shape.len()],
            Axes::Each(axes) if axes.len() == shape.len() => axes.clone(),
            Axes::Each(axes) => return Err(refused(format!("chunks are given for {} axes", axes.len()))),
        };
        let automatic = automatic(&axes, shape, self.nbytes / dtype.itemsize() as u64);
        let mut chunks = Vec::with_capacity(shape.len());
        for (axis, (wanted, &length)) in axes.into_iter().zip(shape).enumerate() {
            let chunk = match wanted {
                AxisChunks::Lengths(lengths) => {
                    let total = lengths.iter().try_fold(0_u64, |total, length| total.checked_add(*length));
                    if total != Some(length) {
                        return Err(refused(format!(
                            "the chunks along axis {axis} do not add up to its length"
                        )));
                    }
                    chunks.push(lengths);
                    continue;
                }
                AxisChunks::Length(chunk) => chunk,
                AxisChunks::Whole => length.max(1),
                AxisChunks::Auto => automatic,
            };
            let along =
                ChunkGrid::regular(&[length], &[chunk]).map_err(|error| refused(error.to_string()))?;
            chunks.push(along.chunks(0).to_vec());
        }
        ChunkGrid::new(chunks).map_err(|error| refused(error.to_string()))
    }
}

impl Chunks {
    /// The lengths of blocks that are there already: a length is that of each block along an axis, a list has one for each,
    /// and where there is neither they stay as they are.
    ///
    /// # Errors
    /// [`Error::Array`] when there are more or fewer lengths than blocks.
    pub(super) fn of_blocks(&self, name: &'static str, blocks: &ChunkGrid) -> Result<ChunkGrid, Error> {
        let refused = |reason: String| Error::array(name, reason);
        let axes = match &self.axes {
            Axes::All(axis) => vec![axis.clone(); blocks.ndim()],
            Axes::Each(axes) => axes.clone(),
        };
        if axes.len() != blocks.ndim() {
            let (n, ndim) = (axes.len(), blocks.ndim());
            return Err(refused(format!("chunks are declared for {n} axes of a result that has {ndim}")));
        }
        let along = axes.into_iter().enumerate().map(|(axis, declared)| {
            let now = blocks.chunks(axis);
            match declared {
                AxisChunks::Length(length) => Ok(vec![length; now.len()]),
                AxisChunks::Lengths(lengths) if lengths.len() == now.len() => Ok(lengths),
                AxisChunks::Lengths(lengths) => Err(refused(format!(
                    "{} chunks are declared along axis {axis}, where the function is called for {} blocks",
                    lengths.len(),
                    now.len()
                ))),
                AxisChunks::Whole | AxisChunks::Auto => Ok(now.to_vec()),
            }
        });
        ChunkGrid::new(along.collect::<Result<_, _>>()?).map_err(|error| refused(error.to_string()))
    }

    /// The lengths of all chunks, when they are lists.
    pub(super) fn lengths(&self) -> Option<Vec<Vec<u64>>> {
        let Axes::Each(axes) = &self.axes else { return None };
        let lists = axes.iter().map(|axis| match axis {
            AxisChunks::Lengths(lengths) => Some(lengths.clone()),
            _ => None,
        });
        lists.collect()
    }
}

/// The length of chunks along all automatic axes, so that a chunk has at most `n_elements`: the same along each, but
/// that short axes are whole and leave more to the others.
fn automatic(axes: &[AxisChunks], shape: &[u64], n_elements: u64) -> u64 {
    let longest = |chunks: &AxisChunks, length: u64| match chunks {
        AxisChunks::Length(chunk) => (*chunk).min(length),
        AxisChunks::Lengths(lengths) => lengths.iter().copied().max().unwrap_or(1),
        AxisChunks::Whole => length,
        AxisChunks::Auto => 1,
    };
    let given = axes.iter().zip(shape).map(|(chunks, &length)| longest(chunks, length).max(1));
    let given = given.fold(1_u64, u64::saturating_mul);
    let mut lengths: Vec<u64> =
        axes.iter().zip(shape).filter(|(axis, _)| **axis == AxisChunks::Auto).map(|(_, n)| *n).collect();
    lengths.sort_unstable();
    let mut room = (n_elements / given).max(1) as f64;
    let mut left = lengths.len();
    for length in lengths {
        let even = room.powf(1.0 / left as f64);
        if length as f64 > even {
            return (even as u64).max(1);
        }
        room /= length.max(1) as f64;
        left -= 1;
    }
    u64::MAX
}

impl Default for Chunks {
    fn default() -> Self {
        Self::all(AxisChunks::Auto)
    }
}

impl From<u64> for Chunks {
    fn from(length: u64) -> Self {
        Self::all(AxisChunks::Length(length))
    }
}

impl From<i32> for Chunks {
    /// `-1` is one chunk along each axis.
    fn from(length: i32) -> Self {
        Self::all(AxisChunks::from(i64::from(length)))
    }
}

impl From<i64> for AxisChunks {
    /// `-1` is one chunk.
    fn from(length: i64) -> Self {
        u64::try_from(length).map_or(Self::Whole, Self::Length)
    }
}

impl<const N: usize> From<[i64; N]> for Chunks {
    fn from(lengths: [i64; N]) -> Self {
        Self::each(lengths.map(AxisChunks::from))
    }
}

impl From<Vec<Vec<u64>>> for Chunks {
    fn from(lengths: Vec<Vec<u64>>) -> Self {
        Self::each(lengths.into_iter().map(AxisChunks::Lengths))
    }
}

impl From<&ChunkGrid> for Chunks {
    fn from(grid: &ChunkGrid) -> Self {
        Self::each((0..grid.ndim()).map(|axis| AxisChunks::Lengths(grid.chunks(axis).to_vec())))
    }
}

impl From<&str> for Chunks {
    fn from(text: &str) -> Self {
        if text == "auto" {
            return Self::default();
        }
        match nbytes(text) {
            Some(nbytes) => Self { nbytes, ..Self::default() },
            None => Self { wrong: Some(text.chars().take(40).collect()), ..Self::default() },
        }
    }
}

/// `64 MiB`, `8MB`, `1000 B`.
fn nbytes(text: &str) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(end)?;
    let unit: f64 = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1.0,
        "kb" => 1e3,
        "mb" => 1e6,
        "gb" => 1e9,
        "kib" => 1024.0,
        "mib" => 1_048_576.0,
        "gib" => 1_073_741_824.0,
        _ => return None,
    };
    let nbytes = number.parse::<f64>().ok()? * unit;
    (nbytes >= 1.0).then_some(nbytes as u64)
}

/// Where each chunk ends.
pub(super) fn ends(chunks: &[u64]) -> impl Iterator<Item = u64> {
    chunks.iter().scan(0, |end: &mut u64, &length| {
        *end = end.saturating_add(length);
        Some(*end)
    })
}
