//! Where the boxes of a picture go: rows by depth, few crossings, straight arrows.
//!
//! The method of Sugiyama, Tagawa and Toda (*Methods for Visual Understanding of Hierarchical System Structures*, 1981):
//! rows, invisible points where arrows pass a row, sorting by the mean of the neighbours. Along a row, positions are the
//! closest possible to those means, by isotonic regression.

use super::Picture;

/// How often rows are sorted, and how often they are then shifted.
const SWEEPS: usize = 24;
const SHIFT_SWEEPS: usize = 120;

/// How much more a point minds the next point of its arrow than the box at the end: long arrows go straight.
const STRAIGHTNESS: f64 = 6.0;

/// How many invisible points arrows may have; in a picture that needs more, arrows go straight.
const POINTS_MAX: usize = 4_000;

/// How many boxes without arrows stand side by side.
const LOOSE_COLUMNS: usize = 10;

/// Where everything is; `x` is the middle of a box.
pub(super) struct Layout {
    /// For each box, its middle and its row.
    pub(super) places: Vec<(f64, usize)>,
    /// For each arrow, the places it goes through, with both ends.
    pub(super) routes: Vec<Vec<(f64, usize)>>,
    /// The right edge.
    pub(super) width: f64,
    pub(super) n_rows: usize,
}

/// Boxes first, then the points of arrows.
struct Rows {
    n_boxes: usize,
    row_of: Vec<usize>,
    widths: Vec<f64>,
    /// Neighbours in the row above and the row below.
    above: Vec<Vec<usize>>,
    below: Vec<Vec<usize>>,
    rows: Vec<Vec<usize>>,
    x: Vec<f64>,
}

/// Lays out a picture whose boxes have these widths, `gap` apart.
pub(super) fn layout(picture: &Picture, widths: &[f64], gap: f64) -> Layout {
    let row_of = rows_of(picture);
    let span = |&(from, to): &(usize, usize)| row_of[to] - row_of[from];
    let n_points: usize = picture.arrows.iter().map(|arrow| span(arrow).saturating_sub(1)).sum();
    let mut rows = Rows {
        n_boxes: widths.len(),
        x: vec![0.0; row_of.len()],
        widths: widths.to_vec(),
        above: vec![Vec::new(); row_of.len()],
        below: vec![Vec::new(); row_of.len()],
        rows: vec![Vec::new(); row_of.iter().max().map_or(0, |last| last + 1)],
        row_of,
    };
    let routes: Vec<Vec<usize>> =
        picture.arrows.iter().map(|&(from, to)| rows.route(from, to, n_points <= POINTS_MAX)).collect();
    rows.row_of.iter().enumerate().for_each(|(point, &row)| rows.rows[row].push(point));
    rows.sort();
    rows.place(gap);
    rows.straighten(&routes, gap);
    let place = |&point: &usize| (rows.x[point], rows.row_of[point]);
    let right = |point: usize| rows.x[point] + rows.widths[point] / 2.0;
    Layout {
        places: (0..widths.len()).map(|point| place(&point)).collect(),
        routes: routes.iter().map(|route| route.iter().map(place).collect()).collect(),
        width: (0..rows.x.len()).map(right).fold(0.0, f64::max),
        n_rows: rows.rows.len(),
    }
}

/// Below all inputs, and directly above the first user where there are no inputs.
fn rows_of(picture: &Picture) -> Vec<usize> {
    let n = picture.boxes.len();
    let mut row_of = vec![0; n];
    let (mut first_user, mut has_inputs) = (vec![usize::MAX; n], vec![false; n]);
    // Arrows are sorted by neither end, but users follow inputs.
    let mut arrows = picture.arrows.clone();
    arrows.sort_unstable_by_key(|&(_, to)| to);
    for &(from, to) in &arrows {
        row_of[to] = row_of[to].max(row_of[from] + 1);
        has_inputs[to] = true;
    }
    for &(from, to) in &arrows {
        first_user[from] = first_user[from].min(row_of[to]);
    }
    let mut n_loose = 0;
    for id in (0..n).filter(|&id| !has_inputs[id]) {
        row_of[id] = match first_user[id] {
            usize::MAX => n_loose / LOOSE_COLUMNS,
            user => user - 1,
        };
        n_loose += usize::from(first_user[id] == usize::MAX);
    }
    row_of
}

impl Rows {
    /// Adds a point in each row that an arrow passes, and joins neighbours.
    fn route(&mut self, from: usize, to: usize, with_points: bool) -> Vec<usize> {
        let mut route = vec![from];
        for row in (self.row_of[from] + 1..self.row_of[to]).take_while(|_| with_points) {
            route.push(self.row_of.len());
            self.row_of.push(row);
            self.widths.push(2.0);
            self.x.push(0.0);
            self.above.push(Vec::new());
            self.below.push(Vec::new());
        }
        route.push(to);
        for pair in route.windows(2) {
            self.below[pair[0]].push(pair[1]);
            self.above[pair[1]].push(pair[0]);
        }
        route
    }

    /// Sorts every row by the mean position of its neighbours, downwards and upwards in turn, and keeps the best.
    fn sort(&mut self) {
        let mut best = (self.n_crossings(), self.rows.clone());
        for sweep in 0..SWEEPS {
            let n_rows = self.rows.len();
            for step in 1..n_rows {
                let row = if sweep % 2 == 0 { step } else { n_rows - 1 - step };
                self.number();
                let neighbours = if sweep % 2 == 0 { &self.above } else { &self.below };
                let mean = |&point: &usize| mean(&self.x, &neighbours[point]).unwrap_or(self.x[point]);
                let mut keyed: Vec<(f64, usize)> =
                    self.rows[row].iter().map(|point| (mean(point), *point)).collect();
                keyed.sort_by(|(a, _), (b, _)| a.total_cmp(b));
                self.rows[row] = keyed.into_iter().map(|(_, point)| point).collect();
            }
            let n_crossings = self.n_crossings();
            if n_crossings < best.0 {
                best = (n_crossings, self.rows.clone());
            }
        }
        self.rows = best.1;
    }

    /// Sets `x` to the position in the row, scaled so that rows of different lengths compare.
    fn number(&mut self) {
        for row in &self.rows {
            for (i, &point) in row.iter().enumerate() {
                self.x[point] = (i as f64 + 0.5) / row.len() as f64;
            }
        }
    }

    fn n_crossings(&mut self) -> usize {
        self.number();
        let mut n_crossings = 0;
        for row in &self.rows {
            // The lower ends in the order of the upper ends: each one crosses those before it that lie further right.
            let mut seen: Vec<f64> = Vec::new();
            for &point in row {
                let mut ends: Vec<f64> = self.below[point].iter().map(|&end| self.x[end]).collect();
                ends.sort_by(f64::total_cmp);
                n_crossings +=
                    ends.iter().map(|end| seen.len() - seen.partition_point(|x| x <= end)).sum::<usize>();
                for end in ends {
                    seen.insert(seen.partition_point(|&x| x <= end), end);
                }
            }
        }
        n_crossings
    }

    /// Gives every point its place: as near to its neighbours as the row allows.
    fn place(&mut self, gap: f64) {
        for row in &self.rows {
            let mut x = 0.0;
            for &point in row {
                self.x[point] = x + self.widths[point] / 2.0;
                x += self.widths[point] + gap;
            }
        }
        let n_rows = self.rows.len();
        for sweep in 0..SHIFT_SWEEPS {
            for step in 0..n_rows {
                let row = if sweep % 2 == 0 { step } else { n_rows - 1 - step };
                let wish = |&point: &usize| self.wish(point);
                let wishes: Vec<f64> = self.rows[row].iter().map(wish).collect();
                let widths: Vec<f64> = self.rows[row].iter().map(|&point| self.widths[point]).collect();
                let places = nearest(&wishes, &widths, gap);
                for (&point, x) in self.rows[row].iter().zip(places) {
                    self.x[point] = x;
                }
            }
        }
    }

    /// Makes the middle of every long arrow upright, where there is room, and lets the picture begin at 0.
    fn straighten(&mut self, routes: &[Vec<usize>], gap: f64) {
        let mut between = vec![(None, None); self.x.len()];
        for row in &self.rows {
            for pair in row.windows(2) {
                between[pair[0]].1 = Some(pair[1]);
                between[pair[1]].0 = Some(pair[0]);
            }
        }
        let middles = routes.iter().filter_map(|route| route.get(1..route.len() - 1));
        for points in middles.filter(|points| points.len() > 1) {
            let (mut low, mut high) = (f64::NEG_INFINITY, f64::INFINITY);
            for &point in points {
                let distance = |other: usize| (self.widths[other] + self.widths[point]) / 2.0 + gap;
                let (left, right) = between[point];
                low = left.map_or(low, |left: usize| low.max(self.x[left] + distance(left)));
                high = right.map_or(high, |right: usize| high.min(self.x[right] - distance(right)));
            }
            if low <= high {
                let x = mean(&self.x, points).unwrap_or_default().clamp(low, high);
                points.iter().for_each(|&point| self.x[point] = x);
            }
        }
        let left = |point: usize| self.x[point] - self.widths[point] / 2.0;
        let left = (0..self.x.len()).map(left).fold(f64::INFINITY, f64::min);
        self.x.iter_mut().for_each(|x| *x -= left);
    }

    /// Where a point would like to be: amid its neighbours, rows above and below counting the same.
    fn wish(&self, point: usize) -> f64 {
        let n_boxes = self.n_boxes;
        let mut wish = (0.0, 0.0);
        for neighbours in [&self.above[point], &self.below[point]] {
            let Some(mean) = mean(&self.x, neighbours) else { continue };
            let straight = point >= n_boxes && neighbours.iter().all(|&neighbour| neighbour >= n_boxes);
            let weight = if straight { STRAIGHTNESS } else { 1.0 };
            wish = (wish.0 + weight * mean, wish.1 + weight);
        }
        if wish.1 == 0.0 { self.x[point] } else { wish.0 / wish.1 }
    }
}

fn mean(x: &[f64], points: &[usize]) -> Option<f64> {
    let sum: f64 = points.iter().map(|&point| x[point]).sum();
    (!points.is_empty()).then(|| sum / points.len() as f64)
}

/// The places nearest to the wishes (least squares) that keep the order and the distances.
///
/// Once the needed distances are subtracted it is isotonic regression: pool adjacent violators.
pub(super) fn nearest(wishes: &[f64], widths: &[f64], gap: f64) -> Vec<f64> {
    let mut offsets = Vec::with_capacity(widths.len());
    let mut end = 0.0;
    for width in widths {
        offsets.push(end + width / 2.0);
        end += width + gap;
    }
    let mut pools: Vec<(f64, usize)> = Vec::new();
    for (wish, offset) in wishes.iter().zip(&offsets) {
        let mut pool = (wish - offset, 1);
        while let Some(&(sum, n)) = pools.last()
            && sum / n as f64 >= pool.0 / pool.1 as f64
        {
            pool = (pool.0 + sum, pool.1 + n);
            pools.pop();
        }
        pools.push(pool);
    }
    let shifts = pools.iter().flat_map(|&(sum, n)| std::iter::repeat_n(sum / n as f64, n));
    shifts.zip(&offsets).map(|(shift, offset)| shift + offset).collect()
}
