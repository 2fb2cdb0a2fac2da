//! Fill values as the specifications have them.

use serde_json::json;

use super::*;

/// Read to these bytes, and written again as `back`.
#[track_caller]
fn check(dtype: DType, given: Value, expect: &[u8], back: Value) {
    let bytes = parse(dtype, &given);
    assert_eq!(bytes.as_deref(), Ok(expect), "{dtype} {given}");
    assert_eq!(super::super::super::json::element(dtype, expect), back, "{dtype} {given}");
}

#[test]
fn every_kind() {
    check(DType::Boolean, json!(true), &[1], json!(true));
    check(DType::Boolean, json!(0), &[0], json!(false));
    check(DType::Int8, json!(-2), &[254], json!(-2));
    check(DType::Int16, json!(-32768), &[0, 128], json!(-32768));
    check(DType::Int64, json!(i64::MIN), &i64::MIN.to_le_bytes(), json!(i64::MIN));
    check(DType::UInt64, json!(u64::MAX), &[255; 8], json!(u64::MAX));
    check(DType::UInt8, json!(7.0), &[7], json!(7));
    check(DType::Float16, json!(1.5), &[0, 0x3e], json!(1.5));
    check(DType::Float32, json!("NaN"), &f32::NAN.to_le_bytes(), json!("NaN"));
    check(DType::Float32, json!("0x7fc00001"), &[1, 0, 0xc0, 0x7f], json!("NaN"));
    check(DType::Float64, json!("-Infinity"), &f64::NEG_INFINITY.to_le_bytes(), json!("-Infinity"));
    check(
        DType::Complex64,
        json!([1.0, "Infinity"]),
        &[0, 0, 0x80, 0x3f, 0, 0, 0x80, 0x7f],
        json!([1.0, "Infinity"]),
    );
    check(DType::Datetime64Ns, json!("NaT"), &i64::MIN.to_le_bytes(), json!(i64::MIN));
    check(DType::Timedelta64Ns, json!(-1), &[255; 8], json!(-1));
}

#[test]
fn misfits_are_refused() {
    for (dtype, given) in [
        (DType::Boolean, json!(2)),
        (DType::Int8, json!(128)),
        (DType::Int8, json!(-129)),
        (DType::UInt8, json!(-1)),
        (DType::UInt8, json!(256)),
        (DType::Int64, json!(u64::MAX)),
        (DType::Int32, json!(0.5)),
        (DType::Int32, json!("1")),
        (DType::Float32, json!("0x1ffffffff")),
        (DType::Float32, json!(null)),
        (DType::Complex64, json!([1.0])),
        (DType::Complex64, json!(1.0)),
    ] {
        let reason = parse(dtype, &given).unwrap_err();
        assert!(reason.contains(&dtype.to_string()), "{reason}");
    }
}
