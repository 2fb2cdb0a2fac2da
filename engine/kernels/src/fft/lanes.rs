//! Lanes along an axis, in groups, to buffers and back.

use crate::blocks::Lanes;

/// So many elements are in buffers at a time, if a lane is not longer: they stay in the second cache.
const GROUP_ELEMENTS: usize = 8192;
/// So many lanes are in any case that lie side by side: they are whole lines of the cache.
const GROUP_LANES: usize = 8;

/// Takes all lanes through `run`, which is given lanes of `n_from` elements and fills lanes of the length of those of
/// `to_lanes`; both lie one after the other. What a lane has more is left out, and what it lacks is 0.
pub(super) fn through_buffers<I: Copy + Default, O: Copy + Default>(
    from_lanes: Lanes,
    from: &[I],
    n_from: usize,
    to_lanes: Lanes,
    to: &mut [O],
    mut run: impl FnMut(&mut [I], &mut [O]),
) {
    let n_to = to_lanes.length;
    // Results whose elements lie one after the other are made where they belong.
    let is_direct = to_lanes.inner == 1;
    let lanes_min = if is_direct { 1 } else { GROUP_LANES };
    let group = (GROUP_ELEMENTS / n_from.max(n_to).max(1)).max(lanes_min).min(from_lanes.n());
    let mut before = vec![I::default(); group * n_from];
    let mut after = vec![O::default(); if is_direct { 0 } else { group * n_to }];
    for start in (0..from_lanes.n()).step_by(group.max(1)) {
        let lanes = start..(start + group).min(from_lanes.n());
        before.fill(I::default());
        let firsts: Vec<usize> = lanes.clone().map(|lane| from_lanes.first(lane)).collect();
        gather(from_lanes, &firsts, from, n_from, &mut before);
        if is_direct {
            let to = to.get_mut(lanes.start * n_to..lanes.end * n_to).unwrap_or_default();
            run(before.get_mut(..lanes.len() * n_from).unwrap_or_default(), to);
            continue;
        }
        run(&mut before, &mut after);
        let firsts: Vec<usize> = lanes.map(|lane| to_lanes.first(lane)).collect();
        scatter(to_lanes, &firsts, &after, to);
    }
}

fn gather<T: Copy>(lanes: Lanes, firsts: &[usize], from: &[T], n_to: usize, to: &mut [T]) {
    if lanes.inner == 1 {
        for (&first, to) in firsts.iter().zip(to.chunks_exact_mut(n_to)) {
            let lane = from.get(first..first + lanes.length).unwrap_or_default();
            to.iter_mut().zip(lane).for_each(|(to, from)| *to = *from);
        }
        return;
    }
    for row in 0..lanes.length.min(n_to) {
        for (&first, to) in firsts.iter().zip(to.iter_mut().skip(row).step_by(n_to)) {
            if let Some(from) = from.get(first + row * lanes.inner) {
                *to = *from;
            }
        }
    }
}

fn scatter<T: Copy>(lanes: Lanes, firsts: &[usize], from: &[T], to: &mut [T]) {
    for row in 0..lanes.length {
        for (&first, from) in firsts.iter().zip(from.iter().skip(row).step_by(lanes.length)) {
            if let Some(to) = to.get_mut(first + row * lanes.inner) {
                *to = *from;
            }
        }
    }
}
