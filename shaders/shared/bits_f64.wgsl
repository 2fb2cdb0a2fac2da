// What the bits of numbers in double precision say.

fn np64_isnan(x: f64) -> bool {
    return (bitcast<u64>(x) & 0x7ffffffffffffffflu) > 0x7ff0000000000000lu;
}

fn np64_isinf(x: f64) -> bool {
    return (bitcast<u64>(x) & 0x7ffffffffffffffflu) == 0x7ff0000000000000lu;
}

fn np64_isfinite(x: f64) -> bool {
    return (bitcast<u64>(x) & 0x7ff0000000000000lu) != 0x7ff0000000000000lu;
}

fn np64_signbit(x: f64) -> bool {
    return (bitcast<u64>(x) & 0x8000000000000000lu) != 0lu;
}

fn np64_copysign(x: f64, sign: f64) -> f64 {
    return bitcast<f64>((bitcast<u64>(x) & 0x7ffffffffffffffflu) | (bitcast<u64>(sign) & 0x8000000000000000lu));
}

fn np64_away(x: f64) -> f64 {
    return select(bitcast<f64>(bitcast<u64>(x) + 1lu), bitcast<f64>(1lu), x == 0.0lf);
}

fn np64_nextafter(a: f64, b: f64) -> f64 {
    let towards_0 = bitcast<f64>(bitcast<u64>(a) - 1lu);
    let next = select(towards_0, np64_away(a), (b > a) == (a > 0.0lf));
    let from_0 = select(next, np64_copysign(np64_away(a), b), a == 0.0lf);
    let other = select(from_0, b, a == b);
    return select(other, a + b, np64_isnan(a) || np64_isnan(b));
}

fn np64_spacing(x: f64) -> f64 {
    return np64_away(x) - x;
}
