//! Blocks of a chunk that broadcasts to the shape of a result.

use crate::blocks::offset;

/// A chunk's elements in the order of the result's.
pub(crate) struct Input<'a> {
    bytes: &'a [u8],
    itemsize: usize,
    /// The result's axes with what is next to each other in both merged: lengths, and how far apart in bytes the
    /// chunk's elements are along each; 0 where it is stretched. None at all when there is one element,
    /// or none.
    axes: Vec<Axis>,
}

#[derive(Debug, Clone, Copy)]
struct Axis {
    length: usize,
    stride: usize,
}

impl<'a> Input<'a> {
    /// The chunk of shape `own`, which broadcasts to `shape`.
    pub(crate) fn new(bytes: &'a [u8], itemsize: usize, own: &[u64], shape: &[u64]) -> Self {
        if shape.contains(&0) {
            return Self { bytes, itemsize, axes: Vec::new() };
        }
        let mut axes: Vec<Axis> = Vec::with_capacity(shape.len());
        let mut stride = itemsize;
        // From the last axis to the first.
        let own = own.iter().rev().copied().chain(std::iter::repeat(1));
        for (&length, own) in shape.iter().rev().zip(own) {
            let (length, own) = (length as usize, own as usize);
            if length == 1 {
                continue;
            }
            let axis = Axis { length, stride: if own == 1 { 0 } else { stride } };
            stride *= own;
            match axes.last_mut() {
                Some(inner) if axis.stride == inner.stride * inner.length => inner.length *= length,
                _ => axes.push(axis),
            }
        }
        axes.reverse();
        Self { bytes, itemsize, axes }
    }

    /// Whether every element is the same one.
    pub(crate) fn is_uniform(&self) -> bool {
        self.axes.iter().all(|axis| axis.stride == 0)
    }

    /// The elements from `first` on, without copying, when they lie as the result's do.
    pub(crate) fn slice(&self, first: usize, n: usize) -> Option<&'a [u8]> {
        match *self.axes {
            [Axis { stride, .. }] if stride == self.itemsize => {
                self.bytes.get(first * self.itemsize..(first + n) * self.itemsize)
            }
            _ => None,
        }
    }

    /// Fills `out` with the elements from `first` on.
    pub(crate) fn copy(&self, first: usize, out: &mut [u8]) {
        let (outer, inner) = match self.axes.split_last() {
            Some((&inner, outer)) => (outer, inner),
            None => (&[][..], Axis { length: usize::MAX, stride: 0 }),
        };
        let mut done = 0;
        let n = out.len() / self.itemsize;
        while done < n {
            let at = first + done;
            let run = (inner.length - at % inner.length).min(n - done);
            let start = offset(outer.iter().map(|axis| (axis.length, axis.stride)), at / inner.length)
                + at % inner.length * inner.stride;
            if let Some(out) = out.get_mut(done * self.itemsize..(done + run) * self.itemsize) {
                self.copy_run(start, inner.stride, out);
            }
            done += run;
        }
    }

    fn copy_run(&self, start: usize, stride: usize, out: &mut [u8]) {
        let run = if stride == 0 { self.itemsize } else { out.len() };
        let Some(from) = self.bytes.get(start..start + run) else { return };
        if stride != 0 {
            return out.copy_from_slice(from);
        }
        match self.itemsize {
            1 => repeat::<1>(from, out),
            2 => repeat::<2>(from, out),
            4 => repeat::<4>(from, out),
            8 => repeat::<8>(from, out),
            _ => repeat::<16>(from, out),
        }
    }
}

/// Of known size, so that the copies are single moves.
fn repeat<const N: usize>(element: &[u8], out: &mut [u8]) {
    if let Some(element) = element.first_chunk::<N>() {
        out.as_chunks_mut::<N>().0.fill(*element);
    }
}
