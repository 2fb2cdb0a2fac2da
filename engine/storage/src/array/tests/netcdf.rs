//! NetCDF files of every kind, as netCDF4 wrote them.

use serde_json::json;

use super::*;

const SHAPE: [u64; 2] = [7, 9];

#[test]
fn every_dtype_of_every_version() {
    use DType::{Float32, Float64, Int8, Int16, Int32, Int64, UInt8, UInt16, UInt32, UInt64};
    let classic = [Int8, Int16, Int32, Float32, Float64];
    for (name, newer) in [("classic", false), ("offset64", false), ("data64", true)] {
        let path = data(&format!("netcdf/{name}.nc"));
        let more = [UInt8, UInt16, UInt32, UInt64, Int64];
        for dtype in classic.into_iter().chain(more.into_iter().filter(|_| newer)) {
            let array = check(&path, Some(&dtype.to_string()), dtype, &SHAPE);
            assert_eq!(array.dims().unwrap(), ["y", "x"]);
            assert_eq!(array.format(), ArrayFormat::Netcdf3);
        }
        for dtype in [Int16, Float64] {
            let array = check(&path, Some(&format!("record_{dtype}")), dtype, &[3, 7, 9]);
            assert_eq!(array.dims().unwrap(), ["time", "y", "x"]);
        }
        check(&path, Some("scalar"), Int32, &[]);
        let packed = check(&path, Some("packed"), Int16, &SHAPE);
        let attributes = json!({"_FillValue": -999, "scale_factor": 0.5, "add_offset": 10.0, "units": "K"});
        assert_eq!(json!(packed.attributes()), attributes);
        assert_eq!(packed.fill_value().unwrap().as_slice::<i16>().unwrap(), [-999]);
        let error = ArrayFile::open(&path, None).unwrap_err().to_string();
        assert!(error.contains("int8, int16") && error.contains("scalar"), "{error}");
        let error = ArrayFile::open(&path, Some("salt")).unwrap_err().to_string();
        assert!(error.contains("`salt`") && error.contains("int8, int16"), "{error}");
    }
}

/// A record variable that is alone is not padded.
#[test]
fn one_variable_needs_no_name() {
    for dataset in [None, Some("only"), Some("/only")] {
        check(&data("netcdf/single.nc"), dataset, DType::Int8, &[5]);
    }
}
