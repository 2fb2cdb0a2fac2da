// What floats of both precisions have in common; FLOAT and NP stand for `f32` and `np`, or `f64` and `np64`.

fn NP_maximum(a: FLOAT, b: FLOAT) -> FLOAT {
    return select(b, a, a > b || NP_isnan(a));
}

fn NP_minimum(a: FLOAT, b: FLOAT) -> FLOAT {
    return select(b, a, a < b || NP_isnan(a));
}

fn NP_fmax(a: FLOAT, b: FLOAT) -> FLOAT {
    return select(b, a, a > b || NP_isnan(b));
}

fn NP_fmin(a: FLOAT, b: FLOAT) -> FLOAT {
    return select(b, a, a < b || NP_isnan(b));
}

fn NP_sign(x: FLOAT) -> FLOAT {
    // NaN stays, and 0 loses its sign.
    let other = select(x + FLOAT(0.0), FLOAT(-1.0), x < FLOAT(0.0));
    return select(other, FLOAT(1.0), x > FLOAT(0.0));
}

fn NP_heaviside(x: FLOAT, at_0: FLOAT) -> FLOAT {
    let side = select(FLOAT(1.0), FLOAT(0.0), x < FLOAT(0.0));
    return select(select(side, at_0, x == FLOAT(0.0)), x, NP_isnan(x));
}

// The remainder of the division towards negative infinity.
fn NP_remainder(a: FLOAT, b: FLOAT) -> FLOAT {
    let rest = NP_fmod(a, b);
    let zero = FLOAT(0.0);
    let moved = select(rest, rest + b, !(rest == zero) && (rest < zero) != (b < zero));
    let signed = select(moved, NP_copysign(zero, b), rest == zero);
    return select(signed, rest, b == zero);
}

// The whole number that fits to the remainder, as Python computes it.
fn NP_floor_divide(a: FLOAT, b: FLOAT) -> FLOAT {
    let zero = FLOAT(0.0);
    let rest = NP_fmod(a, b);
    let is_other = !(rest == zero) && (rest < zero) != (b < zero);
    let exact = (a - rest) / b;
    let quotient = select(exact, exact - FLOAT(1.0), is_other);
    let whole = floor(quotient);
    // Rounded below a whole number.
    let rounded = select(whole, whole + FLOAT(1.0), quotient - whole > FLOAT(0.5));
    let signed = select(rounded, NP_copysign(zero, a / b), quotient == zero);
    return select(signed, a / b, b == zero);
}
