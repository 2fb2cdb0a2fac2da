// The inverse of the normal distribution's cumulative function: the twin of `random/normal.rs`.
// Shaders that name it have its polynomials, `centre`, `tail` and `far`, and the constants beside them.

// The natural logarithm of a positive, normal, finite number: the twin of `math::ln`.
fn np64_ln(x: f64) -> f64 {
    let bits = bitcast<u64>(x) + (0x3ff0000000000000lu - 0x3fe6a09e00000000lu);
    let exponent = f64(i32(u32(bits >> 52u)) - 1023);
    let f = bitcast<f64>((bits & 0x000ffffffffffffflu) + 0x3fe6a09e00000000lu) - 1.0lf;
    let half_square = 0.5lf * f * f;
    let s = f / (2.0lf + f);
    let z = s * s;
    let w = z * z;
    let even = w
        * (3.999999999940941908e-1lf + w * (2.222219843214978396e-1lf + w * 1.531383769920937332e-1lf));
    let odd = z
        * (6.666666666666735130e-1lf
            + w * (2.857142874366239149e-1lf
                + w * (1.818357216161805012e-1lf + w * 1.479819860511658591e-1lf)));
    return s * (half_square + (odd + even)) + exponent * 1.90821492927058770002e-10lf - half_square + f
        + exponent * 6.93147180369123816490e-1lf;
}

// The same in single precision: the twin of `math::ln_f32`.
fn np_ln(x: f32) -> f32 {
    let bits = bitcast<u32>(x) + (0x3f800000u - 0x3f3504f3u);
    let exponent = f32(i32(bits >> 23u) - 127);
    let f = bitcast<f32>((bits & 0x007fffffu) + 0x3f3504f3u) - 1.0;
    let half_square = 0.5 * f * f;
    let s = f / (2.0 + f);
    let z = s * s;
    let w = z * z;
    let even = w * (0.40000972 + w * 0.24279079);
    let odd = z * (0.66666663 + w * 0.28498787);
    return s * (half_square + (odd + even)) + exponent * 9.0580006e-6 - half_square + f + exponent * 6.9313812e-1;
}

// Of a probability.
fn np64_quantile(p: f64) -> f64 {
    let from_middle = p - 0.5lf;
    if abs(from_middle) <= MIDDLE {
        return from_middle * centre(MIDDLE_SQUARE - from_middle * from_middle);
    }
    let end = min(p, 1.0lf - p);
    let root = sqrt(0.0lf - np64_ln(end));
    var distance = 0.0lf;
    if end > FAR_BELOW {
        distance = tail(root - 1.6lf);
    } else {
        distance = far(root - 5.0lf);
    }
    return np64_copysign(distance, from_middle);
}

// Of 32 random bits, as a signed number.
fn np_quantile(signed: i32) -> f32 {
    let magnitude = select(u32(signed), 0u - u32(signed), signed < 0);
    if magnitude <= MIDDLE_F32 {
        let q = f32(signed) * 2.3283064e-10;
        return q * centre(MIDDLE_SQUARE - q * q);
    }
    // From the nearer end, where small numbers are exact.
    let from_end = 0x7fffffff - (signed ^ (signed >> 31u));
    let p = (f32(from_end) + 0.5) * 2.3283064e-10;
    return np_copysign(tail(sqrt(0.0 - np_ln(p)) - 1.6), f32(signed));
}
