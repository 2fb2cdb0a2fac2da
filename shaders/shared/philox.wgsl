// Philox4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw (2011): the twin of `random/philox.rs`.
// Shaders that name it have `fn product(a: u32, b: u32) -> vec2<u32>`, which is one of the two here.

// The product of two words, its low word first.
fn np_product_wide(a: u32, b: u32) -> vec2<u32> {
    let product = u64(a) * u64(b);
    return vec2<u32>(u32(product & 0xfffffffflu), u32(product >> 32u));
}

// The same without integers of 64 bits.
fn np_product_halves(a: u32, b: u32) -> vec2<u32> {
    let a0 = a & 0xffffu;
    let a1 = a >> 16u;
    let b0 = b & 0xffffu;
    let b1 = b >> 16u;
    let low = a0 * b0;
    // At most (2^16 - 1)^2 + 2^16 - 1, so that none of these wraps around.
    let middle = a1 * b0 + (low >> 16u);
    let other = a0 * b1 + (middle & 0xffffu);
    return vec2<u32>(a * b, a1 * b1 + (middle >> 16u) + (other >> 16u));
}

// The sum of two numbers of 64 bits, low words first.
fn np_sum_64(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
    let low = a.x + b.x;
    return vec2<u32>(low, a.y + b.y + select(0u, 1u, low < a.x));
}

// Whether a number of 64 bits is below another.
fn np_is_below_64(a: vec2<u32>, b: vec2<u32>) -> bool {
    return a.y < b.y || (a.y == b.y && a.x < b.x);
}

fn np_philox_round(c: vec4<u32>, key: vec2<u32>) -> vec4<u32> {
    let left = product(c.x, 0xd2511f53u);
    let right = product(c.z, 0xcd9e8d57u);
    return vec4<u32>(right.y ^ c.y ^ key.x, right.x, left.y ^ c.w ^ key.y, left.x);
}

// The four words of a block.
fn np_philox(counter: vec4<u32>, key: vec2<u32>) -> vec4<u32> {
    let step = vec2<u32>(0x9e3779b9u, 0xbb67ae85u);
    let a = np_philox_round(counter, key);
    let b = np_philox_round(a, key + step);
    let c = np_philox_round(b, key + 2u * step);
    let d = np_philox_round(c, key + 3u * step);
    let e = np_philox_round(d, key + 4u * step);
    let f = np_philox_round(e, key + 5u * step);
    let g = np_philox_round(f, key + 6u * step);
    let h = np_philox_round(g, key + 7u * step);
    let i = np_philox_round(h, key + 8u * step);
    return np_philox_round(i, key + 9u * step);
}
