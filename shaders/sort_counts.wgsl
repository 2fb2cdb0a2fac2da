// How often each digit of 8 bits is in each tile of rows: of a row all tiles' counts of digit 0, then those of digit 1.
//
// The host says what a `Key` is, `key_at(at)` and `digit(key, shift)`.

@group(0) @binding(1) var<storage, read_write> counts: array<u32>;

var<workgroup> own: array<atomic<u32>, 256>;

@compute @workgroup_size(256)
fn main(
    @builtin(local_invocation_index) thread: u32,
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let n_rows = imm.words[1];
    let length = imm.words[2];
    let n_tiles = imm.words[3];
    let tile_length = imm.words[4];
    let shift = imm.words[5];
    let nth = group.y * groups.x + group.x;
    if nth >= n_rows * n_tiles {
        return;
    }
    atomicStore(&own[thread], 0u);
    workgroupBarrier();
    let row = nth / n_tiles;
    let tile = nth % n_tiles;
    let last = min(length, (tile + 1u) * tile_length);
    for (var column = tile * tile_length + thread; column < last; column += 256u) {
        atomicAdd(&own[digit(key_at(row * length + column), shift)], 1u);
    }
    workgroupBarrier();
    counts[(row * 256u + thread) * n_tiles + tile] = atomicLoad(&own[thread]);
}
