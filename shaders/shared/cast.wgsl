// Conversions of floats to integers: towards 0, to the nearest end where they do not fit, and 0 of NaN.

fn np_to_i32(x: f32) -> i32 {
    let inside = i32(clamp(x, -2147483600.0, 2147483500.0));
    let above = select(inside, 0x7fffffff, x >= 2147483648.0);
    let below = select(above, -2147483647 - 1, x <= -2147483648.0);
    return select(below, 0, np_isnan(x));
}

fn np_to_u32(x: f32) -> u32 {
    let inside = u32(clamp(x, 0.0, 4294967000.0));
    let above = select(inside, 0xffffffffu, x >= 4294967296.0);
    return select(above, 0u, np_isnan(x));
}

fn np_to_i64(x: f32) -> i64 {
    let inside = i64(clamp(x, -9.2233715e18, 9.2233715e18));
    let above = select(inside, 0x7fffffffffffffffli, x >= 9.223372e18);
    let below = select(above, -0x7fffffffffffffffli - 1li, x <= -9.223372e18);
    return select(below, 0li, np_isnan(x));
}

fn np_to_u64(x: f32) -> u64 {
    let inside = u64(clamp(x, 0.0, 1.8446743e19));
    let above = select(inside, 0xfffffffffffffffflu, x >= 1.8446744e19);
    return select(above, 0lu, np_isnan(x));
}

fn np64_to_i32(x: f64) -> i32 {
    let inside = i32(clamp(x, -2147483648.0lf, 2147483647.0lf));
    return select(inside, 0, np64_isnan(x));
}

fn np64_to_u32(x: f64) -> u32 {
    let inside = u32(clamp(x, 0.0lf, 4294967295.0lf));
    return select(inside, 0u, np64_isnan(x));
}

fn np64_to_i64(x: f64) -> i64 {
    let inside = i64(clamp(x, -9223372036854774784.0lf, 9223372036854774784.0lf));
    let above = select(inside, 0x7fffffffffffffffli, x >= 9223372036854775808.0lf);
    let below = select(above, -0x7fffffffffffffffli - 1li, x <= -9223372036854775808.0lf);
    return select(below, 0li, np64_isnan(x));
}

fn np64_to_u64(x: f64) -> u64 {
    let inside = u64(clamp(x, 0.0lf, 18446744073709549568.0lf));
    let above = select(inside, 0xfffffffffffffffflu, x >= 18446744073709551616.0lf);
    return select(above, 0lu, np64_isnan(x));
}
