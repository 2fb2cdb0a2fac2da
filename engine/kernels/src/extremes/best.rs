//! The loops that find extremes.

use gristmill_data::Chunk;
use gristmill_data::arrow::buffer::Buffer;
use pulp::Arch;

use super::{ArgExtreme, Extremes, NOTHING, ONLY_ABSENT, ONLY_NAN};
use crate::blocks::{Kind, Lanes, buffer_of, elements, present};

/// The extreme of what has been seen of a lane.
struct Best<K: Kind> {
    position: i64,
    element: K::Element,
    rank: Option<(bool, K::Key)>,
}

impl<K: Kind> Clone for Best<K> {
    fn clone(&self) -> Self {
        Self { ..*self }
    }
}

impl<K: Kind> Best<K> {
    fn none() -> Self {
        Self { position: NOTHING, element: bytemuck::Zeroable::zeroed(), rank: None }
    }

    #[inline(always)]
    fn take(&mut self, of: ArgExtreme, element: K::Element, position: i64) {
        let is_nan = K::is_nan(element);
        if of.skip_nan && is_nan {
            self.position = self.position.max(ONLY_NAN);
            return;
        }
        let rank = (is_nan, K::key(element));
        let is_better = match self.rank {
            None => true,
            Some((true, _)) => is_nan && position < self.position,
            Some(_) if is_nan => true,
            Some((_, best)) if rank.1 == best => position < self.position,
            Some((_, best)) => (rank.1 > best) == of.is_max,
        };
        if is_better {
            *self = Self { position, element, rank: Some(rank) };
        }
    }

    /// All elements of a lane: first what the extreme is, then where.
    #[inline(always)]
    fn take_lane(&mut self, of: ArgExtreme, lane: &[K::Element]) {
        if lane.iter().fold(false, |any, &element| any | K::is_nan(element)) {
            return lane.iter().zip(0..).for_each(|(&element, at)| self.take(of, element, at));
        }
        let keys = lane.iter().map(|&element| K::key(element));
        let Some(first) = lane.first().map(|&element| K::key(element)) else { return };
        let best = if of.is_max { keys.fold(first, K::Key::max) } else { keys.fold(first, K::Key::min) };
        if let Some(at) = lane.iter().position(|&element| K::key(element) == best) {
            lane.get(at).into_iter().for_each(|&element| self.take(of, element, at as i64));
        }
    }

    fn take_absent(&mut self) {
        self.position = self.position.max(ONLY_ABSENT);
    }
}

/// The extremes of each lane of a block, and their places in it.
pub(super) fn of_lanes<K: Kind>(of: ArgExtreme, lanes: Lanes, block: &Chunk) -> (Buffer, Vec<i64>) {
    let from: &[K::Element] = elements(block);
    let mut bests = vec![Best::<K>::none(); lanes.n()];
    let (plane, row) = ((lanes.length * lanes.inner).max(1), lanes.inner.max(1));
    let Some(marks) = present(block) else {
        let all = bests.chunks_mut(row).zip(from.chunks(plane));
        Arch::new().dispatch(
            #[inline(always)]
            || all.for_each(|(bests, plane)| take_plane(of, bests, plane)),
        );
        return finish(bests);
    };
    for (bests, (plane, marks)) in bests.chunks_mut(row).zip(from.chunks(plane).zip(marks.chunks(plane))) {
        for ((row, marks), at) in plane.chunks(row).zip(marks.chunks(row)).zip(0..) {
            for ((best, &element), &mark) in bests.iter_mut().zip(row).zip(marks) {
                if mark == 1 { best.take(of, element, at) } else { best.take_absent() }
            }
        }
    }
    finish(bests)
}

/// All elements of neighbouring lanes.
#[inline(always)]
fn take_plane<K: Kind>(of: ArgExtreme, bests: &mut [Best<K>], plane: &[K::Element]) {
    if let [best] = bests {
        return best.take_lane(of, plane);
    }
    for (row, at) in plane.chunks(bests.len().max(1)).zip(0..) {
        bests.iter_mut().zip(row).for_each(|(best, &element)| best.take(of, element, at));
    }
}

/// The extremes of those of several parts.
pub(super) fn of_parts<K: Kind>(of: ArgExtreme, parts: &[Extremes]) -> (Buffer, Vec<i64>) {
    let n = parts.first().map_or(0, |part| part.values.n_elements());
    let mut bests = vec![Best::<K>::none(); n];
    for part in parts {
        let (values, positions): (&[K::Element], &[i64]) =
            (elements(&part.values), elements(&part.positions));
        for ((best, &element), &position) in bests.iter_mut().zip(values).zip(positions) {
            if position >= 0 {
                best.take(of, element, position);
            } else {
                best.position = best.position.max(position);
            }
        }
    }
    finish(bests)
}

fn finish<K: Kind>(bests: Vec<Best<K>>) -> (Buffer, Vec<i64>) {
    let values: Vec<K::Element> = bests.iter().map(|best| best.element).collect();
    (buffer_of(&values), bests.into_iter().map(|best| best.position).collect())
}
