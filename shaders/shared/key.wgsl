// Bits of elements as unsigned integers that are in the same order, and back. Those of 64 bits are two words, the low one
// first; of shorter ones SIGN is the highest bit, and INFINITY what stands for it among floats.

fn np_key_all(sign: u32) -> u32 {
    return sign | (sign - 1u);
}

// Each float apart from all others: zeros by their signs, and NaN with a sign, which would come first, after all.
fn np_key_float(bits: u32, sign: u32, infinity: u32) -> u32 {
    let all = np_key_all(sign);
    let flipped = select(bits | sign, ~bits & all, (bits & sign) != 0u);
    return (flipped - (sign - 1u - infinity)) & all;
}

fn np_key_to_float(key: u32, sign: u32, infinity: u32) -> u32 {
    let all = np_key_all(sign);
    let flipped = (key + (sign - 1u - infinity)) & all;
    return select(~flipped & all, flipped ^ sign, (flipped & sign) != 0u);
}

// Equal for both zeros, and for any NaN, which is the last.
fn np_key_order_float(bits: u32, sign: u32, infinity: u32) -> u32 {
    let all = np_key_all(sign);
    let number = select(bits | sign, ((~bits & all) + 1u) & all, (bits & sign) != 0u);
    return select(number, all, (bits & (sign - 1u)) > infinity);
}

fn np_key_less(a: vec2<u32>, b: vec2<u32>) -> bool {
    return a.y < b.y || (a.y == b.y && a.x < b.x);
}

fn np_key_float64(bits: vec2<u32>) -> vec2<u32> {
    let is_negative = (bits.y & 0x80000000u) != 0u;
    let flipped = select(vec2(bits.x, bits.y | 0x80000000u), ~bits, is_negative);
    // Less 0x000fffffffffffff.
    return vec2(flipped.x + 1u, flipped.y - 0x000fffffu - select(1u, 0u, flipped.x == 0xffffffffu));
}

fn np_key_to_float64(key: vec2<u32>) -> vec2<u32> {
    let flipped = vec2(key.x - 1u, key.y + 0x000fffffu + select(1u, 0u, key.x == 0u));
    return select(~flipped, vec2(flipped.x, flipped.y ^ 0x80000000u), (flipped.y & 0x80000000u) != 0u);
}

fn np_key_order_float64(bits: vec2<u32>) -> vec2<u32> {
    let low = ~bits.x + 1u;
    let negative = vec2(low, ~bits.y + select(0u, 1u, low == 0u));
    let is_negative = (bits.y & 0x80000000u) != 0u;
    let number = select(vec2(bits.x, bits.y | 0x80000000u), negative, is_negative);
    let is_nan = np_key_less(vec2(0u, 0x7ff00000u), vec2(bits.x, bits.y & 0x7fffffffu));
    return select(number, vec2(0xffffffffu), is_nan);
}

fn np_key_int64(bits: vec2<u32>) -> vec2<u32> {
    return vec2(bits.x, bits.y ^ 0x80000000u);
}

// No time at all, which is the least integer, goes around to the greatest key.
fn np_key_time(bits: vec2<u32>) -> vec2<u32> {
    return vec2(bits.x - 1u, (bits.y ^ 0x80000000u) - select(0u, 1u, bits.x == 0u));
}

fn np_key_to_time(key: vec2<u32>) -> vec2<u32> {
    return vec2(key.x + 1u, (key.y + select(0u, 1u, key.x == 0xffffffffu)) ^ 0x80000000u);
}

// All bits of a key mixed: the finaliser of MurmurHash3 (A. Appleby).
fn np_hash(key: u32) -> u32 {
    let a = (key ^ (key >> 16u)) * 0x85ebca6bu;
    let b = (a ^ (a >> 13u)) * 0xc2b2ae35u;
    return b ^ (b >> 16u);
}
