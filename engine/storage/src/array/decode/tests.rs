//! Packed numbers become what xarray makes of them (`make_packed` of `tests/data/arrays/make.py`), bit for bit.

use std::path::Path;

use serde_json::json;

use super::*;
use crate::array::tests::{data, expected};
use crate::{ArrayFile, Error, ReadOptions};

const NAMES: [&str; 14] = [
    "scaled",
    "scaled_narrow",
    "scale_only",
    "offset_only",
    "scaled_int32",
    "scaled_float32",
    "unsigned",
    "unsigned_scaled",
    "fill_int8",
    "fill_int32",
    "fill_float32",
    "fill_float64",
    "missing",
    "plain",
];

fn open(path: &Path, name: &str, decoded: bool) -> Result<ArrayFile, Error> {
    ArrayFile::open_with(path, Some(name), &ReadOptions::default().decoded(decoded))
}

#[test]
fn every_packing_of_every_format() {
    for file in ["offset64.nc", "four.nc", "two.zarr", "three.zarr"] {
        for name in NAMES {
            let path = data("packed").join(file);
            let expect = data(&format!("packed/decoded/{file}/{name}.npy"));
            let expect = ArrayFile::open(expect, None).unwrap();
            let array = open(&path, name, true).unwrap();
            assert_eq!((array.dtype(), array.shape()), (expect.dtype(), expect.shape()), "{file} {name}");
            for (start, shape) in [([0, 0], [7, 9]), ([2, 3], [4, 5]), ([0, 0], [0, 9])] {
                let (read, expect) =
                    (array.read(&start, &shape).unwrap(), expect.read(&start, &shape).unwrap());
                let differs = bits(&read).into_iter().zip(bits(&expect)).position(|(a, b)| a != b);
                assert_eq!(differs, None, "{file} {name}: {read:?} {expect:?}");
            }
            assert!(array.fill_value().is_none() || name == "plain", "{name}");
            let left: Vec<_> =
                array.attributes().keys().filter(|name| PACKING.contains(&name.as_str())).collect();
            assert!(left.is_empty(), "{name}: {left:?}");
            assert_eq!(array.attributes()["units"], "K");
            // Nothing is done to elements if nobody asks for it.
            let stored = open(&path, name, false).unwrap();
            assert_eq!(name == "plain", stored.identity() == array.identity());
            let all = expected(stored.dtype(), 63);
            assert_eq!(stored.read(&[0, 0], &[7, 9]).unwrap().data().as_slice(), all, "{file} {name}");
        }
    }
}

/// Elements by their bits; what is no number is one bit pattern.
fn bits(chunk: &Chunk) -> Vec<u64> {
    match chunk.dtype() {
        DType::Float32 => {
            let elements = chunk.as_slice::<f32>().unwrap().iter();
            elements.map(|x| if x.is_nan() { u64::MAX } else { x.to_bits().into() }).collect()
        }
        DType::Float64 => {
            let elements = chunk.as_slice::<f64>().unwrap().iter();
            elements.map(|x| if x.is_nan() { u64::MAX } else { x.to_bits() }).collect()
        }
        _ => chunk.data().iter().map(|byte| u64::from(*byte)).collect(),
    }
}

fn info(dtype: DType, attributes: Value) -> Info {
    let mut info = Info::plain(ArrayFormat::Hdf5, dtype, vec![3], vec![3]);
    info.attributes = attributes.as_object().unwrap().clone();
    info
}

#[test]
fn what_says_nothing_does_nothing() {
    for (dtype, attributes) in [
        (DType::Int16, json!({"units": "K"})),
        (DType::Float32, json!({"_FillValue": "NaN"})),
        (DType::UInt8, json!({"_Unsigned": "true"})),
        (DType::Int16, json!({"_FillValue": 70_000})),
        (DType::Int16, json!({"missing_value": "none"})),
        (DType::Boolean, json!({"scale_factor": 2.0})),
        (DType::Complex64, json!({"_FillValue": 0})),
        (DType::Datetime64Ns, json!({"_FillValue": 0})),
    ] {
        let mut info = info(dtype, attributes.clone());
        let decoder = Decoder::take(&mut info).unwrap();
        assert!(decoder.is_none(), "{attributes}");
        assert_eq!((info.dtype, json!(info.attributes)), (dtype, attributes));
    }
}

#[test]
fn what_cannot_be_done_is_said() {
    for wrong in [json!("two"), json!([1.0, 2.0]), json!(null)] {
        let mut info = info(DType::Int16, json!({"scale_factor": wrong}));
        let reason = Decoder::take(&mut info).unwrap_err();
        assert!(reason.contains("`scale_factor`") && reason.contains("no number"), "{reason}");
    }
}

#[test]
fn whole_64_bit_numbers_and_signed_zeros() {
    let mut info = info(DType::Int64, json!({"_FillValue": i64::MAX, "add_offset": [1]}));
    let decoder = Decoder::take(&mut info).unwrap().unwrap();
    let chunk = Chunk::from_vec(vec![i64::MAX, i64::MAX - 1, -3], &[3]).unwrap();
    let decoded = decoder.decode(&chunk).unwrap();
    let decoded = decoded.as_slice::<f64>().unwrap();
    assert!(decoded[0].is_nan() && decoded[1] == 2_f64.powi(63) && decoded[2] == -2.0, "{decoded:?}");
    let mut info = self::info(DType::Float32, json!({"_FillValue": 0.0}));
    let decoder = Decoder::take(&mut info).unwrap().unwrap();
    let chunk = Chunk::from_vec(vec![0.0_f32, -0.0, 1.0], &[3]).unwrap();
    let decoded = decoder.decode(&chunk).unwrap();
    let decoded = decoded.as_slice::<f32>().unwrap();
    assert!(decoded[0].is_nan() && decoded[1].is_nan() && decoded[2] == 1.0, "{decoded:?}");
}
