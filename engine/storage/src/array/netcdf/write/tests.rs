//! Files are byte for byte what netCDF4 writes, and what no such file can hold is refused.

use std::fs;

use gristmill_data::Chunk;
use serde_json::json;

use super::*;
use crate::array::tests::{check, data, expected};
use crate::{ArrayFile, ArrayFormat, ArrayWriter};

fn write(path: &Path, chunk: &Chunk, options: WriteOptions) -> Result<(), Error> {
    let (dtype, shape) = (chunk.dtype(), chunk.shape());
    let chunks = vec![2; shape.len()];
    let writer = ArrayWriter::create(path, ArrayFormat::Netcdf3, dtype, shape, &chunks, options)?;
    writer.write(&vec![0; shape.len()], chunk)?;
    assert!(!path.exists(), "the file is there before it is finished");
    writer.finish()
}

fn filled(dtype: DType, shape: &[u64]) -> Chunk {
    Chunk::try_new(dtype, shape, expected(dtype, shape.iter().product()).into(), None).unwrap()
}

#[test]
fn every_dtype_and_shape_is_what_netcdf4_writes() {
    let folder = tempfile::tempdir().unwrap();
    let check = |name: &str, dtype: DType, shape: &[u64], options: WriteOptions| {
        let path = folder.path().join(name);
        write(&path, &filled(dtype, shape), options).unwrap();
        let golden = fs::read(data(&format!("netcdf_written/{name}.nc"))).unwrap();
        assert_eq!(fs::read(&path).unwrap(), golden, "{name}");
        check(&path, None, dtype, shape)
    };
    for (_, dtype) in TYPES {
        let array = check(&dtype.to_string(), dtype, &[3, 5], WriteOptions::default());
        assert_eq!(
            (array.format(), array.dims().unwrap()),
            (ArrayFormat::Netcdf3, ["dim_0".into(), "dim_1".into()].as_slice())
        );
    }
    check("0d", DType::Int32, &[], WriteOptions::default());
    check("1d", DType::Int8, &[251], WriteOptions::default());
    check("empty", DType::Float32, &[0, 3], WriteOptions::default());
    let attributes = json!({"units": "K", "scale": 0.5, "range": [1, 2], "missing_value": -5, "z": "abcd"});
    let options = WriteOptions::default().name("t2m").dims(vec!["y".into(), "y".into()]);
    let options = options.attributes(attributes.as_object().unwrap().clone());
    let options = options.fill_value(Chunk::from_vec(vec![-90_i16], &[]).unwrap());
    let array = check("named", DType::Int16, &[3, 3], options);
    assert_eq!(array.attributes()["range"], json!([1, 2]));
    ArrayFile::open(folder.path().join("named"), Some("t2m")).unwrap();
}

#[test]
fn what_is_not_written_is_the_fill_value() {
    let folder = tempfile::tempdir().unwrap();
    let create = |name: &str, shape: &[u64], options| {
        let path = folder.path().join(name);
        ArrayWriter::create(
            &path,
            ArrayFormat::Netcdf3,
            DType::Float64,
            shape,
            &vec![1; shape.len()],
            options,
        )
    };
    let fill = Chunk::from_vec(vec![f64::NAN], &[]).unwrap();
    let writer = create("some", &[400, 500], WriteOptions::default().fill_value(fill)).unwrap();
    writer.write(&[399, 0], &filled(DType::Float64, &[1, 499])).unwrap();
    writer.finish().unwrap();
    let array = ArrayFile::open(folder.path().join("some"), None).unwrap();
    let read = array.read(&[0, 0], &[400, 500]).unwrap();
    let read = read.as_slice::<f64>().unwrap();
    assert!(read[..399 * 500].iter().all(|x| x.is_nan()) && read[399 * 500 + 499].is_nan());
    assert_eq!(read[399 * 500..399 * 500 + 3], [0.0, 1.75, 3.5]);
    assert!(array.fill_value().unwrap().as_slice::<f64>().unwrap()[0].is_nan());
    create("none", &[2, 3], WriteOptions::default()).unwrap().finish().unwrap();
    let array = ArrayFile::open(folder.path().join("none"), None).unwrap();
    assert_eq!(array.read(&[0, 0], &[2, 3]).unwrap().as_slice::<f64>().unwrap(), [0.0; 6]);
}

#[test]
fn a_long_axis_is_counted_in_64_bits() {
    let options = WriteOptions::default();
    let version = |shape: &[u64]| header(DType::Int8, shape, &options).unwrap().0[3];
    assert_eq!((version(&[1 << 20, 1 << 20]), version(&[1 << 31, 2])), (2, 5));
    // The size of a long variable does not fit its field.
    let (bytes, _) = header(DType::Int8, &[1 << 20, 1 << 20], &options).unwrap();
    assert_eq!(bytes[bytes.len() - 12..bytes.len() - 8], [0xff; 4]);
}

#[test]
fn what_does_not_fit_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.nc");
    let says = |dtype: DType, shape: &[u64], options: WriteOptions, words: &str| {
        let error = write(&path, &filled(dtype, shape), options).unwrap_err();
        assert!(matches!(error, Error::ArrayWrite { .. }), "{error}");
        assert!(error.to_string().contains(words) && error.to_string().contains("x.nc"), "{words}: {error}");
    };
    let plain = WriteOptions::default;
    for dtype in [DType::Boolean, DType::Float16, DType::Complex64, DType::Datetime64Ns] {
        says(dtype, &[3], plain(), "convert it");
    }
    says(DType::Int8, &[3, 0], plain(), "length 0");
    says(DType::Int8, &[3], plain().compression(crate::Compression::Zstd(1)), "compression");
    says(DType::Int8, &[3], plain().shards(vec![3]), "shards");
    says(DType::Int8, &[3], plain().name("a/b"), "`a/b` is no name");
    says(DType::Int8, &[3], plain().name(""), "`` is no name");
    says(DType::Int8, &[3], plain().dims(vec!["x".into(), "y".into()]), "2 names");
    says(DType::Int8, &[3, 4], plain().dims(vec!["x".into(), "x".into()]), "called `x`");
    says(DType::Int8, &[3], plain().fill_value(Chunk::from_vec(vec![1_i16], &[]).unwrap()), "int16");
    for value in [json!(true), json!(null), json!({}), json!([]), json!(["a", "b"]), json!([1, "b"])] {
        let attributes = json!({"note": value}).as_object().unwrap().clone();
        says(DType::Int8, &[3], plain().attributes(attributes), "`note`");
    }
    for value in [json!(128), json!(0.5), json!("many")] {
        let attributes = json!({"_FillValue": value}).as_object().unwrap().clone();
        says(DType::Int8, &[3], plain().attributes(attributes), "must be int8");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    // Other formats have no place for a name.
    for format in [ArrayFormat::Npy, ArrayFormat::ZarrV3, ArrayFormat::Raw] {
        let error =
            ArrayWriter::create(&path, format, DType::Int8, &[3], &[3], plain().name("t2m")).unwrap_err();
        assert!(error.to_string().contains("no place for a name"), "{error}");
    }
    let error = ArrayWriter::create(&path, ArrayFormat::Hdf5, DType::Int8, &[3], &[3], plain()).unwrap_err();
    assert!(error.to_string().contains("can only be read"), "{error}");
}
