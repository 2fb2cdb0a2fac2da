//! Rows taken from many blocks, at places that are known, by tasks that each read few blocks.
//!
//! A block of a random permutation has rows of every block of the source. A task that reads them all would hold the whole
//! source; a task for each pair of blocks would be as many as their number squared. So both sides are put into groups: in
//! each step a task reads, from a few neighbouring groups of the source, what a group of the result takes, and keeps what
//! a smaller group of the result takes. Groups of the source grow from step to step and those of the result shrink, until
//! the one is all and the other a block. Of `n` blocks on both sides there are `n` tasks in each step, each of them gives
//! about a block, and `log n` steps.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::array::call::FAN_IN_MAX;

/// What tasks of one step do, along the axes.
#[derive(Default)]
pub(super) struct Tasks {
    /// Which rows each takes, counted over what it reads; one task's after the other's.
    pub(super) indices: Vec<i64>,
    /// How many these are.
    pub(super) lengths: Vec<u64>,
    /// Which pieces of the step before, or blocks of the source, each reads.
    pub(super) reads: Vec<Vec<u32>>,
}

/// The steps that take rows to the blocks that want them, from blocks that have these rows: earlier ones, and the last.
pub(super) fn route(source: &[Range<i64>], wanted: &[&[i64]]) -> (Vec<Tasks>, Tasks) {
    let mut level = Level::source(source, wanted);
    let (fan, n_steps) = steps(&level, wanted);
    let mut earlier = Vec::new();
    for step in (1..n_steps).rev() {
        let (next, tasks) = level.next(fan, fan.saturating_pow(step), wanted);
        level = next;
        earlier.push(tasks);
    }
    (earlier, level.next(fan, 1, wanted).1)
}

/// Pieces of the source on their way.
struct Level {
    /// Which rows each group of the source has.
    spans: Vec<Range<i64>>,
    /// How many blocks make a group of the result.
    group: usize,
    /// The rows of each group of the result that are left, in order and each once; none of the source, which has all.
    rows: Option<Vec<Vec<i64>>>,
    /// For each group of the result and each of the source, which piece has what the one takes of the other.
    pieces: Vec<Vec<Option<u32>>>,
}

impl Level {
    /// The blocks that anything is taken from.
    fn source(spans: &[Range<i64>], wanted: &[&[i64]]) -> Self {
        let rows = wanted.iter().copied().flatten();
        let mut read: BTreeSet<usize> = rows.map(|&row| span_of(spans, row)).collect();
        // One is read for its shape where nothing is taken.
        if read.is_empty() {
            read.insert(0);
        }
        Self {
            spans: read.iter().filter_map(|&nth| spans.get(nth).cloned()).collect(),
            group: usize::MAX,
            rows: None,
            pieces: vec![read.iter().map(|&nth| Some(nth as u32)).collect()],
        }
    }

    /// The level of groups of so many groups of the source, and of blocks of the result; and the tasks that lead there.
    fn next(&self, fan: usize, group: usize, wanted: &[&[i64]]) -> (Self, Tasks) {
        let merged = |spans: &[Range<i64>]| Some(spans.first()?.start..spans.last()?.end);
        let spans: Vec<_> = self.spans.chunks(fan.max(1)).filter_map(merged).collect();
        let is_last = spans.len() <= 1 && group == 1;
        let (mut tasks, mut rows, mut pieces) = (Tasks::default(), Vec::new(), Vec::new());
        for (nth, blocks) in wanted.chunks(group.max(1)).enumerate() {
            let before = (nth * group) / self.group;
            let mut own = blocks.concat();
            if !is_last {
                own.sort_unstable();
                own.dedup();
            }
            let mut piece = |(of, span): (usize, &Range<i64>)| {
                let part = if is_last { &own[..] } else { within(&own, span) };
                if part.is_empty() && !is_last {
                    return None;
                }
                self.task(before, of * fan..(of + 1) * fan, part, &mut tasks);
                Some(tasks.lengths.len() as u32 - 1)
            };
            pieces.push(spans.iter().enumerate().map(&mut piece).collect());
            rows.push(own);
        }
        (Self { spans, group, rows: Some(rows), pieces }, tasks)
    }

    /// A task that takes rows from these groups of the source, out of what a group of the result takes of them.
    fn task(&self, before: usize, groups: Range<usize>, rows: &[i64], tasks: &mut Tasks) {
        let last = groups.end.min(self.spans.len());
        let spans = self.spans.get(groups.start..last).unwrap_or_default();
        // How far a row's rank among all is from where it is among those that are read.
        let mut shifts: BTreeMap<usize, i64> = rows.iter().map(|&row| (span_of(spans, row), 0)).collect();
        if shifts.is_empty() {
            shifts.insert(0, 0);
        }
        let mut n_before = 0;
        for (&nth, shift) in &mut shifts {
            let Some(span) = spans.get(nth) else { continue };
            let (first, end) = (self.rank(before, span.start), self.rank(before, span.end));
            *shift = n_before - first;
            n_before += end - first;
        }
        let shift = |row: i64| shifts.get(&span_of(spans, row)).copied().unwrap_or(0);
        tasks.indices.extend(rows.iter().map(|&row| self.rank(before, row) + shift(row)));
        tasks.lengths.push(rows.len() as u64);
        let pieces =
            self.pieces.get(before).and_then(|pieces| pieces.get(groups.start..last)).unwrap_or_default();
        tasks.reads.push(shifts.keys().filter_map(|&nth| *pieces.get(nth)?).collect());
    }

    /// How many rows come before one.
    fn rank(&self, group: usize, row: i64) -> i64 {
        match &self.rows {
            None => row,
            Some(rows) => rows.get(group).map_or(0, |rows| rows.partition_point(|&other| other < row) as i64),
        }
    }
}

/// Which of these has a row.
pub(super) fn span_of(spans: &[Range<i64>], row: i64) -> usize {
    spans.partition_point(|span| span.end <= row)
}

/// Those of sorted rows that lie within.
fn within<'a>(rows: &'a [i64], span: &Range<i64>) -> &'a [i64] {
    let place = |end: i64| rows.partition_point(|&row| row < end);
    rows.get(place(span.start)..place(span.end)).unwrap_or_default()
}

/// How many pieces a task reads, and how many steps there are.
fn steps(source: &Level, wanted: &[&[i64]]) -> (usize, u32) {
    let n = source.spans.len();
    let n_read =
        |rows: &&[i64]| rows.iter().map(|&row| span_of(&source.spans, row)).collect::<BTreeSet<_>>().len();
    let fan_max = FAN_IN_MAX as usize;
    if wanted.iter().all(|rows| n_read(rows) <= fan_max) {
        return (n, 1);
    }
    let reaches = |fan: usize, n_steps: u32| fan.saturating_pow(n_steps) >= n;
    let n_steps = (1..).find(|&n_steps| reaches(fan_max, n_steps)).unwrap_or(1);
    let fan = (2..=fan_max).find(|&fan| reaches(fan, n_steps)).unwrap_or(fan_max);
    (fan, n_steps)
}
