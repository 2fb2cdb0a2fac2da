//! Tests of promotion against NumPy's own answers; `promotion.py` writes them.

use super::*;

#[test]
fn promotion_is_numpys_for_every_pair() {
    let table = include_str!("promotion.txt");
    let mut n_pairs = 0;
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let [left, right, expect] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let found = DType::promote(left.parse().unwrap(), right.parse().unwrap());
        assert_eq!(found.map_or("-", DType::name), expect, "{left} with {right}");
        n_pairs += 1;
    }
    assert_eq!(n_pairs, DType::ALL.len() * DType::ALL.len());
}

#[test]
fn refusal_names_both() {
    let error = DType::promote(DType::Datetime64Ns, DType::Float64).unwrap_err();
    assert!(error.to_string().contains("datetime64[ns] and float64"), "{error}");
}

#[test]
fn names_round_trip() {
    for dtype in DType::ALL {
        assert_eq!(dtype.name().parse::<DType>().unwrap(), dtype);
        assert_eq!(dtype.itemsize() % dtype.alignment(), 0);
    }
    let error = "float128".parse::<DType>().unwrap_err();
    assert!(error.to_string().contains("float128"), "{error}");
}
