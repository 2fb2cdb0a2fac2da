//! Arrays that follow each other along one axis.

use super::region::{self, Layout};

/// Where an array is cut along one axis.
#[derive(Debug)]
pub(super) struct Cuts {
    axis: usize,
    /// Where each part starts, and where the last one ends.
    offsets: Vec<u64>,
}

/// What a region and one part share.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Shared {
    /// Which part.
    pub(super) idx: usize,
    /// The part's length along the axis.
    pub(super) length: u64,
    /// Where the shared elements start in the part.
    pub(super) in_part: Vec<u64>,
    /// Where they start in the region.
    pub(super) in_region: Vec<u64>,
    /// Their shape.
    pub(super) shape: Vec<u64>,
}

impl Shared {
    /// Copies what is shared, which is all of `from`, to its place in a region of this shape; `None` if it is not there.
    pub(super) fn copy(&self, region: &[u64], itemsize: usize, from: &[u8], to: &mut [u8]) -> Option<()> {
        let origin = vec![0; region.len()];
        let source = Layout::c_order(&self.shape, itemsize, &origin);
        let target = Layout::c_order(region, itemsize, &self.in_region);
        region::copy(&self.shape, itemsize, (from, &source), (to, &target))
    }
}

impl Cuts {
    /// Parts of these lengths; `None` if they cannot be added up.
    pub(super) fn new(axis: usize, lengths: impl IntoIterator<Item = u64>) -> Option<Self> {
        let mut offsets = vec![0_u64];
        for length in lengths {
            offsets.push(offsets.last()?.checked_add(length)?);
        }
        Some(Self { axis, offsets })
    }

    pub(super) fn axis(&self) -> usize {
        self.axis
    }

    /// All parts together.
    pub(super) fn length(&self) -> u64 {
        self.offsets.last().copied().unwrap_or(0)
    }

    pub(super) fn lengths(&self) -> impl Iterator<Item = u64> {
        self.offsets.iter().zip(self.offsets.iter().skip(1)).map(|(begin, end)| end - begin)
    }

    /// A shape or position that is another along the axis.
    pub(super) fn with_length(&self, lengths: &[u64], length: u64) -> Vec<u64> {
        let along = lengths.iter().enumerate();
        along.map(|(at, own)| if at == self.axis { length } else { *own }).collect()
    }

    /// What a region inside of the array shares with each part.
    pub(super) fn shared(&self, start: &[u64], shape: &[u64]) -> impl Iterator<Item = Shared> {
        let of = |lengths: &[u64]| lengths.get(self.axis).copied().unwrap_or(0);
        let (from, to) = (of(start), of(start).saturating_add(of(shape)));
        let first = self.offsets.partition_point(|&offset| offset <= from).saturating_sub(1);
        let ends = self.offsets.iter().zip(self.offsets.iter().skip(1)).enumerate().skip(first);
        let reached = ends.take_while(move |(_, (begin, _))| **begin < to);
        reached.filter(|(_, (begin, end))| begin < end).map(move |(idx, (&begin, &end))| {
            let (low, high) = (from.max(begin), to.min(end));
            Shared {
                idx,
                length: end - begin,
                in_part: self.with_length(start, low - begin),
                in_region: self.with_length(&vec![0; shape.len()], low - from),
                shape: self.with_length(shape, high.saturating_sub(low)),
            }
        })
    }
}
