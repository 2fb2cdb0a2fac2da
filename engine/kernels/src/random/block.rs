//! Which numbers of an array lie in a block of it, and their bits.
//!
//! The element at place `i` of the whole array, in C order, takes its bits from Philox block `i / n`, where `n` elements
//! share a block: two of 64 bits, four of 32, one where elements may draw again. A block of an array is a row of runs
//! of such places.

use std::ops::Range;

use crate::Error;
use crate::blocks::ELEMENTS_MAX;
use gristmill_data::{Element, Memory, n_elements};

/// How many Philox blocks are made at a time: their numbers stay in the first-level cache.
const BATCH_BLOCKS: usize = 512;

/// The part of an array, of shape `shape`, that begins at `start`.
pub(super) struct Region<'a> {
    array_shape: &'a [u64],
    start: &'a [u64],
    shape: &'a [u64],
    n_elements: usize,
}

impl<'a> Region<'a> {
    /// # Errors
    /// [`Error::OutsideArray`] when it is no part of the array, and shapes that are impossible or too large.
    pub(super) fn new(array_shape: &'a [u64], start: &'a [u64], shape: &'a [u64]) -> Result<Self, Error> {
        // Each run's end is counted in 64 bits too.
        n_elements(array_shape).map_err(Error::data("random"))?;
        let n_elements = n_elements(shape).map_err(Error::data("random"))?;
        let mut ends = start.iter().zip(shape).map(|(start, length)| start.checked_add(*length));
        let axes = array_shape.len() == start.len() && start.len() == shape.len();
        if !axes || !array_shape.iter().all(|length| ends.next().flatten().is_some_and(|end| end <= *length))
        {
            return Err(Error::OutsideArray {
                array_shape: array_shape.to_vec(),
                start: start.to_vec(),
                shape: shape.to_vec(),
            });
        }
        let fits = usize::try_from(n_elements).ok().filter(|_| n_elements <= ELEMENTS_MAX);
        let too_large = Error::TooLarge { kernel: "random", n_elements, max: ELEMENTS_MAX };
        Ok(Self { array_shape, start, shape, n_elements: fits.ok_or(too_large)? })
    }

    pub(super) fn shape(&self) -> &[u64] {
        self.shape
    }

    /// All numbers of the region: `make` turns each batch of Philox blocks into `per_block` numbers each.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub(super) fn fill<T: Element + Default>(
        &self,
        per_block: usize,
        make: &mut dyn FnMut(&[u64], &mut [T]),
    ) -> Result<Memory, Error> {
        let no_room = || Error::OutOfMemory { kernel: "random", n_elements: self.n_elements as u64 };
        let mut memory = Memory::try_new(self.n_elements * size_of::<T>()).ok_or_else(no_room)?;
        let mut numbers = memory.as_mut_slice();
        let mut batch = Batch::new(per_block);
        for (mut first, n_elements) in self.runs() {
            let end = first + n_elements;
            while first < end {
                first = batch.take_in(first..end);
                if batch.blocks.len() == BATCH_BLOCKS {
                    batch.flush(make, &mut numbers);
                }
            }
        }
        batch.flush(make, &mut numbers);
        Ok(memory)
    }

    /// The place of each run's first element in the whole array, and how many follow each other there.
    fn runs(&self) -> impl Iterator<Item = (u64, u64)> {
        // Axes that the region has as a whole join the one before them.
        let is_whole = |(of_array, of_region): (&u64, &u64)| of_array == of_region;
        let n_whole =
            self.array_shape.iter().zip(self.shape).rev().take_while(|&pair| is_whole(pair)).count();
        let n_outer = (self.shape.len() - n_whole).saturating_sub(1);
        let (outer, inner) = self.shape.split_at(n_outer);
        let n_runs = if self.n_elements == 0 { 0 } else { outer.iter().product() };
        let run: u64 = inner.iter().product();
        (0..n_runs).map(move |idx| (self.place(outer, idx), run))
    }

    /// The place in the whole array of the run with this index among those along the outer axes.
    fn place(&self, outer: &[u64], mut idx: u64) -> u64 {
        let (mut place, mut stride) = (0, 1);
        let axes = self.array_shape.iter().zip(self.start).enumerate().rev();
        for (axis, (length, start)) in axes {
            let within = outer.get(axis).map_or(0, |n| {
                let within = idx % n;
                idx /= n;
                within
            });
            place += (start + within) * stride;
            stride *= length;
        }
        place
    }
}

/// Philox blocks that are made together, and which of their numbers are wanted.
struct Batch<T> {
    per_block: usize,
    blocks: Vec<u64>,
    wanted: Vec<Range<usize>>,
    numbers: Vec<T>,
}

impl<T: Element + Default> Batch<T> {
    fn new(per_block: usize) -> Self {
        let (blocks, wanted) = (Vec::with_capacity(BATCH_BLOCKS), Vec::with_capacity(BATCH_BLOCKS));
        Self { per_block, blocks, wanted, numbers: vec![T::default(); BATCH_BLOCKS * per_block] }
    }

    /// Takes in as many places as there is room for; gives the first that is left.
    fn take_in(&mut self, places: Range<u64>) -> u64 {
        let per_block = self.per_block as u64;
        let (n_blocks, room) = (self.blocks.len(), (BATCH_BLOCKS - self.blocks.len()) as u64);
        let first_block = places.start / per_block;
        let end_block = places.end.div_ceil(per_block).min(first_block.saturating_add(room));
        let end = end_block.saturating_mul(per_block).min(places.end);
        self.blocks.extend(first_block..end_block);
        let skipped = n_blocks * self.per_block + (places.start % per_block) as usize;
        self.wanted.push(skipped..skipped + (end - places.start) as usize);
        end
    }

    /// Puts what is wanted at the front of `into`, and leaves what is behind it.
    fn flush(&mut self, make: &mut dyn FnMut(&[u64], &mut [T]), into: &mut &mut [u8]) {
        let n_made = self.blocks.len() * self.per_block;
        let made = self.numbers.get_mut(..n_made).unwrap_or_default();
        // All of them in a row: they are made where they belong, unless what lies there is no number of this type.
        if matches!(&self.wanted[..], [only] if *only == (0..n_made))
            && let Some((front, behind)) = std::mem::take(into).split_at_mut_checked(n_made * size_of::<T>())
        {
            if let Ok(numbers) = bytemuck::checked::try_cast_slice_mut(front) {
                make(&self.blocks, numbers);
            } else {
                make(&self.blocks, made);
                front.copy_from_slice(bytemuck::cast_slice(made));
            }
            *into = behind;
            self.wanted.clear();
            self.blocks.clear();
            return;
        }
        make(&self.blocks, made);
        for wanted in self.wanted.drain(..) {
            let numbers: &[u8] = bytemuck::cast_slice(made.get(wanted).unwrap_or_default());
            if let Some((front, behind)) = std::mem::take(into).split_at_mut_checked(numbers.len()) {
                front.copy_from_slice(numbers);
                *into = behind;
            }
        }
        self.blocks.clear();
    }
}
