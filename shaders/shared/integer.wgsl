// Operations on integers as NumPy has them; INT stands for `i32`, `u32`, `i64` or `u64`.
// Small integers are computed with in 32 bits, and cut to their size afterwards.

fn np_sign_bits_INT(x: INT) -> INT {
    return select(INT(0), ~INT(0), x < INT(0));
}

fn np_absolute_INT(x: INT) -> INT {
    return select(x, INT(0) - x, x < INT(0));
}

// Towards 0, and 0 where that is what it is divided by. The least one divided by -1 is itself.
fn np_divide_INT(a: INT, b: INT) -> INT {
    let minus_1 = ~INT(0);
    if b == INT(0) {
        return INT(0);
    }
    if b == minus_1 && minus_1 < INT(0) {
        return INT(0) - a;
    }
    return a / b;
}

fn np_fmod_INT(a: INT, b: INT) -> INT {
    return select(a - np_divide_INT(a, b) * b, INT(0), b == INT(0));
}

fn np_floor_divide_INT(a: INT, b: INT) -> INT {
    let quotient = np_divide_INT(a, b);
    let rest = a - quotient * b;
    let is_above = rest != INT(0) && (rest < INT(0)) != (b < INT(0)) && b != INT(0);
    return select(quotient, quotient - INT(1), is_above);
}

fn np_remainder_INT(a: INT, b: INT) -> INT {
    let rest = np_fmod_INT(a, b);
    return select(rest, rest + b, rest != INT(0) && (rest < INT(0)) != (b < INT(0)));
}

fn np_sign_INT(x: INT) -> INT {
    return select(np_sign_bits_INT(x), INT(1), x > INT(0));
}

fn np_reciprocal_INT(x: INT) -> INT {
    return select(INT(0), x, x == INT(1) || (x < INT(0) && x == ~INT(0)));
}

fn np_left_shift_INT(a: INT, b: INT, n_bits: u32) -> INT {
    let fits = b >= INT(0) && b < INT(n_bits);
    return select(INT(0), a << select(0u, u32(b), fits), fits);
}

fn np_right_shift_INT(a: INT, b: INT, n_bits: u32) -> INT {
    let fits = b >= INT(0) && b < INT(n_bits);
    return select(np_sign_bits_INT(a), a >> select(0u, u32(b), fits), fits);
}

fn np_gcd_INT(a: INT, b: INT) -> INT {
    var left = a;
    var right = b;
    while right != INT(0) {
        let rest = np_fmod_INT(left, right);
        left = right;
        right = rest;
    }
    return np_absolute_INT(left);
}

fn np_lcm_INT(a: INT, b: INT) -> INT {
    let part = np_divide_INT(a, np_gcd_INT(a, b));
    return np_absolute_INT(part) * np_absolute_INT(b);
}

// By squaring; the exponent is not negative.
fn np_power_INT(a: INT, b: INT) -> INT {
    var base = a;
    var exponent = b;
    var result = INT(1);
    while exponent > INT(0) {
        if (exponent & INT(1)) == INT(1) {
            result = result * base;
        }
        base = base * base;
        exponent = exponent >> 1u;
    }
    return result;
}
