// What the bits of numbers say. Shaders may be compiled as if there were no NaN and no infinity, so only bits tell.

fn np_isnan(x: f32) -> bool {
    return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
}

fn np_isinf(x: f32) -> bool {
    return (bitcast<u32>(x) & 0x7fffffffu) == 0x7f800000u;
}

fn np_isfinite(x: f32) -> bool {
    return (bitcast<u32>(x) & 0x7f800000u) != 0x7f800000u;
}

fn np_signbit(x: f32) -> bool {
    return (bitcast<u32>(x) & 0x80000000u) != 0u;
}

fn np_copysign(x: f32, sign: f32) -> f32 {
    return bitcast<f32>((bitcast<u32>(x) & 0x7fffffffu) | (bitcast<u32>(sign) & 0x80000000u));
}

// The next number away from 0; of 0 the least positive one.
fn np_away(x: f32) -> f32 {
    return select(bitcast<f32>(bitcast<u32>(x) + 1u), bitcast<f32>(1u), x == 0.0);
}

fn np_nextafter(a: f32, b: f32) -> f32 {
    let towards_0 = bitcast<f32>(bitcast<u32>(a) - 1u);
    let next = select(towards_0, np_away(a), (b > a) == (a > 0.0));
    let from_0 = select(next, np_copysign(np_away(a), b), a == 0.0);
    let other = select(from_0, b, a == b);
    return select(other, a + b, np_isnan(a) || np_isnan(b));
}

fn np_spacing(x: f32) -> f32 {
    return np_away(x) - x;
}

// Half precision in the low 16 bits, as a number in single precision.
fn np_from_half(half: u32) -> f32 {
    let sign = (half & 0x8000u) << 16u;
    let magnitude = half & 0x7fffu;
    // Subnormal halves are whole multiples of 2^-24.
    let small = bitcast<u32>(f32(magnitude) * 5.9604645e-8);
    let normal = (magnitude << 13u) + 0x38000000u;
    let large = (magnitude << 13u) + 0x70000000u;
    let bits = select(select(normal, large, magnitude >= 0x7c00u), small, magnitude < 0x0400u);
    return bitcast<f32>(sign | bits);
}

// The nearest half, of two the even one, in the low 16 bits.
fn np_to_half(x: f32) -> u32 {
    let bits = bitcast<u32>(x);
    let sign = (bits >> 16u) & 0x8000u;
    let magnitude = bits & 0x7fffffffu;
    // Half of the last place that stays, less one where the part that stays is even.
    let normal = (magnitude + 0x0fffu + ((magnitude >> 13u) & 1u) - 0x38000000u) >> 13u;
    // Below 2^-14 the last place is 2^-24: the mantissa is shifted as far as the exponent is below.
    let shift = min(126u - min(magnitude >> 23u, 126u), 31u);
    let mantissa = (magnitude & 0x007fffffu) | 0x00800000u;
    let whole = mantissa >> shift;
    let rest = mantissa & ((1u << shift) - 1u);
    let half = 1u << (shift - 1u);
    let up = rest > half || (rest == half && (whole & 1u) == 1u);
    let small = select(whole, whole + 1u, up);
    let finite = select(normal, select(small, 0u, shift >= 26u), magnitude < 0x38800000u);
    let infinite = select(0x7c00u, 0x7e00u, magnitude > 0x7f800000u);
    return sign | select(finite, infinite, magnitude >= 0x477ff000u);
}

fn np_round_to_half(x: f32) -> f32 {
    return np_from_half(np_to_half(x));
}
