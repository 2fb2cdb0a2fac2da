//! Running sums, products and extremes along an axis, as a parallel prefix over blocks.
//!
//! [`scan`] scans one block, and [`scan_total`] takes its total; [`scan_totals`] merges the totals of the blocks before
//! another one, and [`scan_apply`] merges that into the scanned block. An element that is absent stays absent and
//! changes nothing; the running value stands in its place, so that a block's last slice is its total all the same.
//!
//! Running values of half and single precision are kept in double precision within a block.
//!
//! # Layout
//! - [`Scan`]: which ones there are, their dtypes and their text form
//! - `running`: the loops
//! - `kernel`: the kernels of the same names

pub(crate) mod kernel;
mod running;

use std::fmt;
use std::str::FromStr;

use gristmill_data::arrow::buffer::Buffer;
use gristmill_data::{Chunk, DType};

use crate::Error;
use crate::blocks::{Lanes, present, with_length};

/// A running value of the elements along an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scan {
    /// What it is.
    pub kind: ScanKind,
    /// Whether NaN, or not-a-time, changes nothing.
    pub skip_nan: bool,
}

/// The kinds of running values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScanKind {
    /// The sum so far.
    Sum,
    /// The product so far.
    Prod,
    /// The least so far.
    Min,
    /// The greatest so far.
    Max,
}

impl Scan {
    fn name(self) -> &'static str {
        match self.kind {
            ScanKind::Sum => "cumsum",
            ScanKind::Prod => "cumprod",
            ScanKind::Min => "cummin",
            ScanKind::Max => "cummax",
        }
    }

    /// The dtype of the result for elements of this dtype, by NumPy's rules: sums and products of integers have 64 bits.
    ///
    /// # Errors
    /// [`Error::NoLoop`] when NumPy refuses it.
    pub fn dtype(self, of: DType) -> Result<DType, Error> {
        match self.kind {
            ScanKind::Min | ScanKind::Max => Ok(of),
            ScanKind::Sum if of == DType::Timedelta64Ns => Ok(of),
            _ if of.is_time() => Err(Error::NoLoop { op: self.name(), dtypes: vec![of] }),
            _ => Ok(match of {
                DType::UInt8 | DType::UInt16 | DType::UInt32 | DType::UInt64 => DType::UInt64,
                DType::Boolean => DType::Int64,
                of if of.is_integer() => DType::Int64,
                inexact => inexact,
            }),
        }
    }

    /// Refuses what cannot have been scanned.
    fn check_scanned(self, kernel: &'static str, scanned: &Chunk) -> Result<(), Error> {
        if self.dtype(scanned.dtype())? == scanned.dtype() {
            return Ok(());
        }
        Err(Error::Invalid {
            kernel,
            reason: "a scanned block of integers has 64 bits: this one was not scanned",
        })
    }

    fn running(self, of: DType) -> Result<Box<dyn running::Running>, Error> {
        running::find(self, of).ok_or_else(|| Error::NoLoop { op: self.name(), dtypes: vec![of] })
    }
}

/// A block with running values in place of its elements.
///
/// # Errors
/// [`Error::Axis`], or [`Error::NoLoop`] when NumPy refuses the dtype.
pub fn scan(scan: Scan, axis: usize, block: &Chunk) -> Result<Chunk, Error> {
    let dtype = scan.dtype(block.dtype())?;
    let lanes = Lanes::new(block.shape(), axis)?;
    let data = scan.running(block.dtype())?.scan(lanes, block.data(), present(block).as_deref());
    Chunk::try_new(dtype, block.shape(), data, block.validity().cloned()).map_err(Error::data("scan"))
}

/// The total of a scanned block: its last slice, of length 1 along the axis and all there; what changes nothing when the
/// block is empty.
///
/// # Errors
/// As [`scan`].
pub fn scan_total(scan: Scan, axis: usize, scanned: &Chunk) -> Result<Chunk, Error> {
    scan.check_scanned("scan_total", scanned)?;
    let lanes = Lanes::new(scanned.shape(), axis)?;
    let shape = with_length(scanned.shape(), axis, 1);
    let data = match lanes.length.checked_sub(1) {
        None => scan.running(scanned.dtype())?.identities(lanes.n()),
        Some(last) => {
            let row = lanes.inner * scanned.dtype().itemsize();
            let planes = scanned.data().chunks(lanes.length * row.max(1));
            let rows = planes.filter_map(|plane| plane.get(last * row..(last + 1) * row));
            Buffer::from_vec(rows.collect::<Vec<_>>().concat())
        }
    };
    Chunk::try_new(scanned.dtype(), &shape, data, None).map_err(Error::data("scan_total"))
}

/// The total of several blocks in a row, of theirs.
///
/// # Errors
/// [`Error::Empty`] for none, [`Error::Invalid`] when their shapes or dtypes differ.
pub fn scan_totals(scan: Scan, totals: &[Chunk]) -> Result<Chunk, Error> {
    let (first, rest) = totals.split_first().ok_or(Error::Empty { kernel: "scan_totals" })?;
    rest.iter().try_fold(first.clone(), |before, next| merge("scan_totals", scan, None, &before, next))
}

/// A scanned block with the total of all blocks before it merged into each element.
///
/// # Errors
/// [`Error::Axis`], or [`Error::Invalid`] when the total is not of the block's dtype, or of its shape with length 1 along the axis.
pub fn scan_apply(scan: Scan, axis: usize, before: &Chunk, scanned: &Chunk) -> Result<Chunk, Error> {
    merge("scan_apply", scan, Some(axis), before, scanned)
}

fn merge(
    kernel: &'static str,
    scan: Scan,
    axis: Option<usize>,
    before: &Chunk,
    scanned: &Chunk,
) -> Result<Chunk, Error> {
    scan.check_scanned(kernel, scanned)?;
    let (lanes, expected) = match axis {
        Some(axis) => (Lanes::new(scanned.shape(), axis)?, with_length(scanned.shape(), axis, 1)),
        None => (Lanes { outer: 1, length: 1, inner: scanned.n_elements() }, scanned.shape().to_vec()),
    };
    if before.shape() != expected || before.dtype() != scanned.dtype() {
        let reason =
            "a total must be of the scanned block's dtype, and of its shape with length 1 along the axis";
        return Err(Error::Invalid { kernel, reason });
    }
    let data = scan.running(scanned.dtype())?.apply(lanes, before.data(), scanned.data());
    Chunk::try_new(scanned.dtype(), scanned.shape(), data, scanned.validity().cloned())
        .map_err(Error::data(kernel))
}

/// `cumsum`, `nancummax`.
impl fmt::Display for Scan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.skip_nan { "nan" } else { "" }, self.name())
    }
}

impl FromStr for Scan {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let (skip_nan, name) = text.strip_prefix("nan").map_or((false, text), |name| (true, name));
        let kind = match name {
            "cumsum" => ScanKind::Sum,
            "cumprod" => ScanKind::Prod,
            "cummin" => ScanKind::Min,
            "cummax" => ScanKind::Max,
            _ => {
                let known = "cumsum, cumprod, cummin and cummax, and the same after `nan`";
                return Err(Error::NoSuchMode {
                    what: "running value",
                    name: text.chars().take(40).collect(),
                    known,
                });
            }
        };
        Ok(Self { kind, skip_nan })
    }
}

#[cfg(test)]
mod tests;
