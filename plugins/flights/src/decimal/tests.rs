//! Against the standard library's parser, which rounds to the nearest.

use super::*;

#[track_caller]
fn check(text: &str) {
    assert_eq!(parse(text).map(f64::to_bits), Some(text.parse::<f64>().unwrap().to_bits()), "{text}");
}

#[test]
fn numbers_are_those_of_the_standard_library() {
    for text in [
        "0",
        "-0",
        "0.0",
        "5",
        "-3.25",
        "+7",
        ".5",
        "5.",
        "1e5",
        "1E+05",
        "2.5e-3",
        "007",
        "0e99",
        "12.333333333333334",
        "0.30000000000000004",
        "0.1000000000000000055",
        "9007199254740993",
        "9007199254740992.5",
        "9007199254740993.5",
        "9999999999999999999",
        "9999999999999999999e-21",
        "1e18",
        "0.000000000000000000001",
        "9007199254740993e18",
        "1.7976931348623157",
    ] {
        check(text);
    }
}

#[test]
fn random_numbers_of_every_length_are_rounded_alike() {
    let mut state = 1u64;
    let mut random = || {
        // Knuth's linear congruential generator; its high bits will do.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 1
    };
    for _ in 0..200_000 {
        let digits = random() >> ((random() >> 40) % 63);
        let power = (random() >> 40) as i32 % 40 - 21;
        check(&format!("{digits}e{power}"));
        // Halfway between two floats, and next to it.
        let half = (((1 << 53) | (random() >> 10)) << 1) | 1;
        check(&format!("{}.5", half >> 1));
        check(&format!("{half}e-1"));
    }
}

#[test]
fn anything_else_is_none() {
    let none =
        ["", "-", ".", "e5", "1e", "1e5.0", "1.2.3", "1 ", " 1", "x", "nan", "inf", "--1", "0x1", "1_0"];
    let beyond = ["12345678901234567890", "1e19", "1e-22", "1e99999999999", "1e-2147483648"];
    for text in none.iter().chain(&beyond) {
        assert_eq!(parse(text), None, "{text}");
    }
}
