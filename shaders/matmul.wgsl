// The product of two matrices, the twin of `matmul.rs`: each workgroup makes a tile of it, and each invocation 4 by 4 or
// 8 by 8 elements. Parts of both matrices, 16 along the axis that is summed over, stand in the workgroup's memory; while they
// are multiplied, the next ones are on their way. Beyond the matrices' edges are zeros.
//
// Before it stand
//   alias Element, alias Four   elements, and four of them
//   const TILE_M, TILE_N: u32   the tile's sides, in elements
//   const IS_WIDE: bool         whether invocations make 8 by 8 elements
//   const N_AXES: u32           axes of the stacks of matrices, whose lengths and strides, in matrices, begin at word 12
//   fn left_four(at: u32, n: u32) -> Four   n elements from a place on, and zeros after them; of both matrices, and of
//   fn right_four, fn acc_four              what the product is added to
//   fn put_four(at: u32, n: u32, four: Four)
// Words of the immediates: 4 to 6 are m, n and k, 7 how many tiles there are, 8 how much of k a part has, 9 how many parts
// there are, 10 how many matrices, and 11 how many workgroups along z there were before.

const TILE_K: u32 = 16u;
const FOURS_M: u32 = TILE_M / 4u;
const FOURS_N: u32 = TILE_N / 4u;
// Tiles beside each other read the same rows or columns: so many rows of tiles are done together.
const ROWS_TOGETHER: u32 = 8u;

// For each k a row of the tile's rows, with four more so that writing a column meets few banks twice.
var<workgroup> left_tile: array<Four, TILE_K * (FOURS_M + 1u)>;
var<workgroup> right_tile: array<Four, TILE_K * FOURS_N>;

// 4 by 4 elements.
struct Square {
    a: Four,
    b: Four,
    c: Four,
    d: Four,
}

// 8 by 8 elements, or 4 by 4 in the first square.
struct Sums {
    here: Square,
    beside: Square,
    below: Square,
    across: Square,
}

fn added(sum: Square, left: Four, right: Four) -> Square {
    return Square(
        sum.a + left.x * right,
        sum.b + left.y * right,
        sum.c + left.z * right,
        sum.d + left.w * right,
    );
}

// With the products of one column and one row of the tiles.
fn stepped(sums: Sums, step: u32, x: u32, y: u32) -> Sums {
    let left = left_tile[step * (FOURS_M + 1u) + y];
    let right = right_tile[step * FOURS_N + x];
    var next = sums;
    next.here = added(sums.here, left, right);
    if IS_WIDE {
        let left_below = left_tile[step * (FOURS_M + 1u) + y + FOURS_M / 2u];
        let right_beside = right_tile[step * FOURS_N + x + FOURS_N / 2u];
        next.beside = added(sums.beside, left, right_beside);
        next.below = added(sums.below, left_below, right);
        next.across = added(sums.across, left_below, right_beside);
    }
    return next;
}

// Where a tile and its matrices begin, and the part of k that is summed over.
struct Job {
    row: u32,
    column: u32,
    left: u32,
    right: u32,
    out: u32,
    k_first: u32,
    k_end: u32,
}

fn job(tile: u32, nth: u32) -> Job {
    let m = imm.words[4];
    let n = imm.words[5];
    let k = imm.words[6];
    let n_down = (m + TILE_M - 1u) / TILE_M;
    let n_across = (n + TILE_N - 1u) / TILE_N;
    let band = tile / (ROWS_TOGETHER * n_across);
    let within = tile % (ROWS_TOGETHER * n_across);
    let n_rows = min(n_down - band * ROWS_TOGETHER, ROWS_TOGETHER);
    let row = band * ROWS_TOGETHER + within % n_rows;
    let part = nth % imm.words[9];
    let matrix = nth / imm.words[9];
    let place = np_place(matrix, N_AXES, 12u);
    return Job(
        row * TILE_M,
        within / n_rows * TILE_N,
        place.x * m * k,
        place.y * k * n,
        (part * imm.words[10] + matrix) * m * n,
        part * imm.words[8],
        min((part + 1u) * imm.words[8], k),
    );
}

// The n-th four of the left tile: it goes along k.
fn left_loaded(job: Job, k: u32, nth: u32) -> Four {
    let row = job.row + nth / 4u;
    let at = k + nth % 4u * 4u;
    if nth >= TILE_M * 4u || row >= imm.words[4] || at >= job.k_end {
        return Four();
    }
    return left_four(job.left + row * imm.words[6] + at, job.k_end - at);
}

fn right_loaded(job: Job, k: u32, nth: u32) -> Four {
    let row = k + nth / FOURS_N;
    let at = job.column + nth % FOURS_N * 4u;
    if nth >= TILE_K * FOURS_N || row >= job.k_end || at >= imm.words[5] {
        return Four();
    }
    return right_four(job.right + row * imm.words[5] + at, imm.words[5] - at);
}

fn left_stored(nth: u32, four: Four) {
    if nth >= TILE_M * 4u {
        return;
    }
    let row = nth / 4u;
    let at = nth % 4u * 4u * (FOURS_M + 1u) + row / 4u;
    left_tile[at][row % 4u] = four.x;
    left_tile[at + FOURS_M + 1u][row % 4u] = four.y;
    left_tile[at + 2u * (FOURS_M + 1u)][row % 4u] = four.z;
    left_tile[at + 3u * (FOURS_M + 1u)][row % 4u] = four.w;
}

fn right_stored(nth: u32, four: Four) {
    if nth < TILE_K * FOURS_N {
        right_tile[nth] = four;
    }
}

fn row_put(job: Job, row: u32, column: u32, four: Four) {
    let n = imm.words[5];
    if row < imm.words[4] && column < n {
        let at = job.out + row * n + column;
        put_four(at, n - column, four + acc_four(at, n - column));
    }
}

fn square_put(job: Job, row: u32, column: u32, square: Square) {
    row_put(job, row, column, square.a);
    row_put(job, row + 1u, column, square.b);
    row_put(job, row + 2u, column, square.c);
    row_put(job, row + 3u, column, square.d);
}

@compute @workgroup_size(256)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) idx: u32,
) {
    let tile = group.x + group.y * count.x;
    if tile >= imm.words[7] {
        return;
    }
    let job = job(tile, group.z + imm.words[11]);
    // Which four columns and rows of the tile are the invocation's; of 8 by 8, the others are half a tile further.
    let n_beside = select(FOURS_N, FOURS_N / 2u, IS_WIDE);
    let x = idx % n_beside;
    let y = idx / n_beside;
    var sums = Sums();
    var left0 = left_loaded(job, job.k_first, idx);
    var left1 = Four();
    var right0 = right_loaded(job, job.k_first, idx);
    var right1 = Four();
    if TILE_M > 64u {
        left1 = left_loaded(job, job.k_first, idx + 256u);
    }
    if TILE_N > 64u {
        right1 = right_loaded(job, job.k_first, idx + 256u);
    }
    for (var k = job.k_first; k < job.k_end; k = k + TILE_K) {
        left_stored(idx, left0);
        right_stored(idx, right0);
        if TILE_M > 64u {
            left_stored(idx + 256u, left1);
        }
        if TILE_N > 64u {
            right_stored(idx + 256u, right1);
        }
        workgroupBarrier();
        // Beyond the end these are zeros, which nobody reads.
        left0 = left_loaded(job, k + TILE_K, idx);
        right0 = right_loaded(job, k + TILE_K, idx);
        if TILE_M > 64u {
            left1 = left_loaded(job, k + TILE_K, idx + 256u);
        }
        if TILE_N > 64u {
            right1 = right_loaded(job, k + TILE_K, idx + 256u);
        }
        // By fours, as drivers are told to count the turns.
        for (var step = 0u; step < TILE_K; step = step + 4u) {
            sums = stepped(sums, step, x, y);
            sums = stepped(sums, step + 1u, x, y);
            sums = stepped(sums, step + 2u, x, y);
            sums = stepped(sums, step + 3u, x, y);
        }
        workgroupBarrier();
    }
    let row = job.row + 4u * y;
    let column = job.column + 4u * x;
    square_put(job, row, column, sums.here);
    if IS_WIDE {
        square_put(job, row, column + TILE_N / 2u, sums.beside);
        square_put(job, row + TILE_M / 2u, column, sums.below);
        square_put(job, row + TILE_M / 2u, column + TILE_N / 2u, sums.across);
    }
}
