//! How an array is read, beyond which one.

use std::path::PathBuf;
use std::time::Duration;

/// How long a server may be silent, if nothing else is said.
const TIMEOUT: Duration = Duration::from_secs(60);

/// How arrays are opened and read, beyond where they are.
#[non_exhaustive]
#[derive(Debug, Clone)]
pub struct ReadOptions {
    pub(super) granted: Vec<PathBuf>,
    pub(super) timeout: Duration,
    pub(super) decoded: bool,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self { granted: Vec::new(), timeout: TIMEOUT, decoded: false }
    }
}

impl ReadOptions {
    /// Lets a list of references name files at or below this folder or address, besides those in its own folder. May be
    /// called several times.
    ///
    /// A list is read with the rights of whoever opens it, wherever it comes from; without this it could make an array
    /// of any file that they may read.
    #[must_use]
    pub fn grant(mut self, prefix: impl Into<PathBuf>) -> Self {
        self.granted.push(prefix.into());
        self
    }

    /// How long a server may take until it answers, and then between two pieces of what it sends; 60 s if nothing is
    /// said.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Gives what stored numbers stand for by the conventions of NetCDF (CF), instead of the numbers: not-a-number for
    /// those that equal `_FillValue` or `missing_value`, the others times `scale_factor` plus `add_offset`, and integers
    /// as unsigned ones if `_Unsigned` says so. These attributes are then no longer among the array's.
    ///
    /// The dtype becomes `float32` where that holds every stored number and the scale is a `float32`, or there is none;
    /// else `float64`. An array without such attributes stays as it is, and so do booleans, complex numbers and times.
    /// `valid_min`, `valid_max` and `valid_range` are not looked at. In Zarr v2, where xarray keeps `_FillValue` there,
    /// the array's own fill value stands for nothing too.
    ///
    /// Without this, elements are as they are stored: what is read then equals what was written, in the same dtype, and
    /// is not made four times as large where nobody asked for it.
    #[must_use]
    pub fn decoded(mut self, decoded: bool) -> Self {
        self.decoded = decoded;
        self
    }
}
