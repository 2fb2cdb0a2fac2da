//! Lists of references that kerchunk and VirtualiZarr wrote, and our own: what they give, and what they may not.

use std::os::unix::fs::symlink;

use serde_json::json;

use super::server::{Kind, Server};
use super::*;

const SHAPE: [u64; 2] = [7, 9];

fn list(name: &str) -> PathBuf {
    data("references").join(name)
}

#[test]
fn every_version_and_writer() {
    use DType::{Float64, Int16, Int32};
    for (name, variables) in [
        ("inline.json", "contiguous record records scalar shuffled inner/grid"),
        ("version0.json", "contiguous record records scalar shuffled inner/grid"),
        ("templates.json", "contiguous record records scalar shuffled inner/grid"),
        ("classic.json", "contiguous record records scalar"),
        ("virtual.json", "checked scalar"),
    ] {
        for variable in variables.split(' ') {
            let (dtype, shape): (_, &[u64]) = match variable {
                "contiguous" => (Float64, &SHAPE),
                "record" => (Int16, &[3, 7, 9]),
                "records" => (Int32, &[3, 7, 9]),
                "scalar" => (Int32, &[]),
                "inner/grid" => (Int16, &SHAPE),
                _ => (Int32, &SHAPE),
            };
            let array = check(&list(name), Some(variable), dtype, shape);
            assert_eq!(array.format(), ArrayFormat::ZarrV2);
            assert_eq!(array.dims().unwrap().len(), shape.len());
        }
        let error = ArrayFile::open(list(name), None).unwrap_err().to_string();
        assert!(error.contains("is a group") && error.contains("scalar"), "{error}");
        let error = ArrayFile::open(list(name), Some("salt")).unwrap_err().to_string();
        assert!(error.contains("`salt`") && error.contains("scalar"), "{error}");
    }
}

#[test]
fn a_chunk_is_one_request_and_the_list_is_read_once() {
    let server = Server::start(Kind::Web, Some(&data("references")));
    let address = format!("{}/version0.json", server.address);
    let array = check(Path::new(&address), Some("records"), DType::Int32, &[3, 7, 9]);
    server.asked();
    array.read(&[1, 2, 3], &[1, 2, 2]).unwrap();
    assert_eq!(server.asked(), ["GET /four.nc bytes=15598-15849"]);
    assert_ne!(array.identity(), ArrayFile::open(&address, Some("record")).unwrap().identity());
}

/// A list whose only array is 2 by 3 bytes, one row of which is at each of these.
fn list_of(folder: &Path, targets: [&str; 2]) -> PathBuf {
    let array = json!({"zarr_format": 2, "shape": [2, 3], "chunks": [1, 3], "dtype": "|u1", "order": "C",
        "fill_value": 9, "filters": null, "compressor": null});
    let [first, second] = targets.map(|target| json!([target, 2, 3]));
    let refs =
        json!({"x/.zarray": array, "x/0.0": first, "x/1.0": second, "y/.zarray": array, "y/0.0": first});
    let path = folder.join("list.json");
    std::fs::write(&path, refs.to_string()).unwrap();
    path
}

fn rows(path: impl AsRef<Path>, options: &ReadOptions) -> Result<Vec<u8>, Error> {
    let array = ArrayFile::open_with(path, Some("x"), options)?;
    Ok(array.read(&[0, 0], &[2, 3])?.as_slice::<u8>().unwrap().to_vec())
}

#[test]
fn a_list_names_what_is_in_its_own_folder_and_what_was_granted() {
    let root = tempfile::tempdir().unwrap();
    let (own, other) = (root.path().join("own"), root.path().join("other"));
    for folder in [&own, &own.join("below"), &other, &root.path().join("other2")] {
        std::fs::create_dir_all(folder).unwrap();
        std::fs::write(folder.join("a.bin"), [0, 1, 2, 3, 4, 5]).unwrap();
    }
    symlink(&other, own.join("link")).unwrap();
    symlink(own.join("below"), own.join("near")).unwrap();
    let plain = ReadOptions::default();
    let read = [2, 3, 4, 2, 3, 4];
    let absolute = |folder: &Path| folder.join("a.bin").to_str().unwrap().to_owned();
    for near in ["a.bin", "./below/a.bin", "near/a.bin", "below/../a.bin", &absolute(&own)] {
        assert_eq!(rows(list_of(&own, ["a.bin", near]), &plain).unwrap(), read, "{near}");
    }
    let address = format!("file://{}", absolute(&own));
    assert_eq!(rows(list_of(&own, ["a.bin", &address]), &plain).unwrap(), read);
    let far = absolute(&other);
    let far_address = format!("file://{far}");
    for far in ["../other/a.bin", "link/a.bin", "below/../../other/a.bin", &far, &far_address] {
        let path = list_of(&own, ["a.bin", far]);
        let error = rows(&path, &plain).unwrap_err();
        assert!(matches!(error, Error::ForeignReference { .. }), "{far}: {error}");
        assert!(
            error.to_string().contains("list.json") && error.to_string().contains("ReadOptions::grant"),
            "{error}"
        );
        // What is not asked for is not complained about.
        ArrayFile::open(&path, Some("y")).unwrap();
        assert_eq!(rows(&path, &plain.clone().grant(&other)).unwrap(), read, "{far}");
        assert_eq!(rows(&path, &plain.clone().grant(absolute(&other))).unwrap(), read, "{far}");
        assert_eq!(
            rows(&path, &plain.clone().grant(format!("file://{}", root.path().display()))).unwrap(),
            read
        );
        // A grant is no more than it says.
        for wrong in [root.path().join("other2"), other.join("none"), "http://127.0.0.1".into()] {
            rows(&path, &plain.clone().grant(wrong)).unwrap_err();
        }
    }
    for gone in ["gone.bin", "../other/gone.bin"] {
        let error = rows(list_of(&own, ["a.bin", gone]), &plain).unwrap_err();
        assert!(matches!(error, Error::Io { .. }) && error.to_string().contains("gone.bin"), "{error}");
    }
}

#[test]
fn a_list_elsewhere_names_nothing_on_this_machine_nor_on_other_servers() {
    let root = tempfile::tempdir().unwrap();
    for folder in ["own/below", "other", "own2"] {
        std::fs::create_dir_all(root.path().join(folder)).unwrap();
    }
    for file in ["own/a.bin", "own/below/a.bin", "other/a.bin", "own2/a.bin"] {
        std::fs::write(root.path().join(file), [0, 1, 2, 3, 4, 5]).unwrap();
    }
    let other = Server::start(Kind::Web, Some(root.path()));
    let plain = ReadOptions::default();
    let read = |target: &str, options: &ReadOptions| {
        list_of(&root.path().join("own"), ["a.bin", target]);
        let server = Server::start(Kind::Web, Some(root.path()));
        let target = target.replace("HERE", &server.address);
        list_of(&root.path().join("own"), ["a.bin", &target]);
        let text = std::fs::read(root.path().join("own/list.json")).unwrap();
        server.change("own/list.json", |list| *list = text);
        let rows = rows(format!("{}/own/list.json", server.address), options);
        let asked = server.asked();
        (rows, asked)
    };
    for near in ["a.bin", "below/a.bin", "./a.bin", "HERE/own/a.bin", "HERE/own/below/a.bin"] {
        assert_eq!(read(near, &plain).0.unwrap(), [2, 3, 4, 2, 3, 4], "{near}");
    }
    let here = root.path().join("own/a.bin").to_str().unwrap().to_owned();
    let here_address = format!("file://{here}");
    let other_server = format!("{}/own/a.bin", other.address);
    for far in [
        &here,
        &here_address,
        &other_server,
        "HERE/other/a.bin",
        "HERE/own2/a.bin",
        "HERE/other/a.bin?x=1",
        "HERE/own/..\\other/a.bin?x=1",
        "HERE/own/.\t./other/a.bin?x=1",
        "s3://mill/a.bin",
    ] {
        let (error, asked) = read(far, &plain);
        let error = error.unwrap_err();
        assert!(matches!(error, Error::ForeignReference { .. }), "{far}: {error}");
        assert!(!asked.iter().any(|line| line.contains("other/a.bin")), "{far}: {asked:?}");
    }
    // Names that lead up are no names of a store.
    for up in ["../other/a.bin", "HERE/own/../other/a.bin", "HERE/own/%2E%2E/other/a.bin"] {
        let (error, asked) = read(up, &plain);
        error.unwrap_err();
        assert!(!asked.iter().any(|line| line.contains("GET /other/a.bin")), "{up}: {asked:?}");
    }
    assert!(other.asked().is_empty());
    let granted = [(here.as_str(), root.path().join("own")), (&other_server, other.address.clone().into())];
    for (far, grant) in granted {
        assert_eq!(read(far, &plain.clone().grant(grant)).0.unwrap(), [2, 3, 4, 2, 3, 4], "{far}");
    }
    assert!(!other.asked().is_empty());
    // So a list of this machine needs a grant for an address.
    let path = list_of(&root.path().join("own"), ["a.bin", &other_server]);
    assert!(matches!(rows(&path, &plain).unwrap_err(), Error::ForeignReference { .. }));
    assert_eq!(rows(&path, &plain.clone().grant(&other.address)).unwrap(), [2, 3, 4, 2, 3, 4]);
}

#[test]
fn what_is_not_there_is_the_fill_value_and_what_is_damaged_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("a.bin");
    std::fs::write(&target, [0, 1, 2, 3, 4, 5]).unwrap();
    let path = list_of(folder.path(), ["a.bin", "a.bin"]);
    let array = ArrayFile::open(&path, Some("y")).unwrap();
    assert_eq!(array.read(&[0, 0], &[2, 3]).unwrap().as_slice::<u8>().unwrap(), [2, 3, 4, 9, 9, 9]);
    std::fs::write(&target, [0, 1, 2, 3]).unwrap();
    let error = rows(&path, &ReadOptions::default()).unwrap_err().to_string();
    assert!(error.contains("a.bin") && error.contains("4 bytes") && error.contains("up to 5"), "{error}");
    let copy = folder.path().join("copy");
    damage::copy(&data("references"), &copy);
    let list = copy.join("version0.json");
    let mut bytes = std::fs::read(copy.join("four.nc")).unwrap();
    let (offset, nbytes) = place_of(&list, "shuffled/1.0");
    bytes[offset + nbytes / 2] ^= 0xff;
    std::fs::write(copy.join("four.nc"), bytes).unwrap();
    let array = ArrayFile::open(&list, Some("shuffled")).unwrap();
    array.read(&[0, 0], &[4, 9]).unwrap();
    let error = array.read(&[0, 0], &[7, 9]).unwrap_err().to_string();
    let place = format!("{nbytes} bytes from byte {offset} on of `");
    assert!(error.contains("shuffled/1.0") && error.contains(&place) && error.contains("four.nc"), "{error}");
}

/// Where a list says that a chunk is.
fn place_of(list: &Path, key: &str) -> (usize, usize) {
    let text = std::fs::read_to_string(list).unwrap();
    let json: Value = serde_json::from_str(&text).unwrap();
    let entry = json.get("refs").unwrap_or(&json)[key].clone();
    (entry[1].as_u64().unwrap() as usize, entry[2].as_u64().unwrap() as usize)
}

#[test]
fn lists_in_parquet_and_codecs_that_are_not_known_say_so() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(".zmetadata"), r#"{"metadata": {}, "record_size": 1000}"#).unwrap();
    let error = ArrayFile::open(folder.path(), Some("x")).unwrap_err().to_string();
    assert!(error.contains("Parquet") && error.contains("JSON"), "{error}");
    let path = folder.path().join("list.json");
    let mut array = json!({"zarr_format": 2, "shape": [2], "chunks": [2], "dtype": "|u1", "order": "C",
        "fill_value": 0, "compressor": null});
    for (filter, words) in [
        (json!({"id": "fixedscaleoffset"}), "`fixedscaleoffset`"),
        (json!({"id": "shuffle", "elementsize": 0}), "0 bytes"),
    ] {
        array["filters"] = json!([filter]);
        std::fs::write(&path, json!({"x/.zarray": array}).to_string()).unwrap();
        let error = ArrayFile::open(&path, Some("x")).unwrap_err();
        assert!(
            matches!(error, Error::UnsupportedArray { .. }) && error.to_string().contains(words),
            "{error}"
        );
    }
}

/// Every array that can be referred to is the same by its references.
#[test]
fn what_is_written_is_read_again() {
    use DType::{Boolean, Complex128, Float32, Float64, Int8, Int16, Int32, UInt64};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.json");
    let options = ReadOptions::default().grant(data(""));
    let cases: [(&str, Option<&str>, DType, &[u64]); 30] = [
        ("npy/int8.npy", None, Int8, &[3, 5]),
        ("npy/big_complex128.npy", None, Complex128, &[3, 5]),
        ("npy/fortran.npy", None, Float64, &[4, 3, 5]),
        ("npy/big_fortran.npy", None, Int32, &[4, 3, 5]),
        ("npy/0d.npy", None, Int32, &[]),
        ("npy/empty.npy", None, Float32, &[0, 3]),
        ("hdf5/many.h5", Some("0d"), Int32, &[]),
        ("hdf5/many.h5", Some("empty"), Float32, &[0, 3]),
        ("hdf5/many.h5", Some("chunked"), Float32, &SHAPE),
        ("hdf5/many.h5", Some("gzip"), Float32, &SHAPE),
        ("hdf5/many.h5", Some("shuffled"), Int32, &SHAPE),
        ("hdf5/many.h5", Some("checked"), Int32, &SHAPE),
        ("hdf5/many.h5", Some("checked_bool"), Boolean, &SHAPE),
        ("hdf5/many.h5", Some("zstd"), Int32, &SHAPE),
        ("hdf5/many.h5", Some("big/uint64"), UInt64, &[3, 5]),
        ("hdf5/latest.h5", Some("fixed"), Int32, &SHAPE),
        ("hdf5/latest.h5", Some("growing"), Int32, &SHAPE),
        ("hdf5/latest.h5", Some("both"), Int32, &SHAPE),
        ("hdf5/latest.h5", Some("contiguous"), Float64, &SHAPE),
        ("netcdf/four.nc", Some("wide/blosc_lz4"), Int32, &[60, 50]),
        ("netcdf/classic.nc", Some("record_int16"), Int16, &[3, 7, 9]),
        ("netcdf/single.nc", None, Int8, &[5]),
        ("zarr2/fortran", None, Int32, &[4, 6, 5]),
        ("zarr2/blosc_bits", None, Float64, &[60, 50]),
        ("zarr2/big", None, Float32, &SHAPE),
        ("zarr2/slash", None, Float32, &SHAPE),
        ("zarr2/0d", None, Int32, &[]),
        ("zarr3/crc32c", None, Int32, &SHAPE),
        ("zarr3/sharded_gzip", None, Float64, &[10, 12]),
        ("zarr3/group", Some("inner/b"), Int32, &SHAPE),
    ];
    for (name, dataset, dtype, shape) in cases {
        let file = ArrayFile::open(data(name), dataset).unwrap();
        file.write_references(&path, "group/x").unwrap();
        let array = ArrayFile::open_with(&path, Some("group/x"), &options).unwrap();
        assert_eq!((array.dtype(), array.shape()), (dtype, shape), "{name} {dataset:?}");
        let read = array.read(&vec![0; shape.len()], shape).unwrap();
        assert_eq!(read.data().as_slice(), expected(dtype, shape.iter().product()), "{name} {dataset:?}");
        assert_eq!(array.attributes(), file.attributes(), "{name} {dataset:?}");
        assert!(file.dims().is_none_or(|dims| array.dims() == Some(dims)), "{name} {dataset:?}");
    }
    for (name, dataset) in [
        ("zarr3/sharded_missing", None),
        ("zarr2/missing", None),
        ("hdf5/many.h5", Some("missing")),
        ("hdf5/many.h5", Some("unwritten")),
    ] {
        let file = ArrayFile::open(data(name), dataset).unwrap();
        file.write_references(&path, "x").unwrap();
        let array = ArrayFile::open_with(&path, Some("x"), &options).unwrap();
        let [read, expect] = [&array, &file].map(|array| array.read(&[0, 0], array.shape()).unwrap());
        assert_eq!(read, expect, "{name} {dataset:?}");
    }
}

/// What we refer to is what kerchunk refers to.
#[test]
fn our_references_are_kerchunks() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.json");
    for (file, list, variables) in [
        ("four.nc", "version0.json", "contiguous record records scalar shuffled inner/grid"),
        ("three.nc", "classic.json", "contiguous record records scalar"),
    ] {
        let text = std::fs::read_to_string(self::list(list)).unwrap();
        let json: Value = serde_json::from_str(&text).unwrap();
        let theirs = json.get("refs").unwrap_or(&json).as_object().unwrap();
        for variable in variables.split(' ') {
            let array = ArrayFile::open(data("references").join(file), Some(variable)).unwrap();
            array.write_references(&path, variable).unwrap();
            let ours: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
            assert_eq!(ours["version"], 1);
            let whole = data("references").canonicalize().unwrap().join(file);
            let mut n_chunks = 0;
            for (key, entry) in ours["refs"].as_object().unwrap() {
                if let Some(list) = entry.as_array() {
                    assert_eq!(list[0], json!(whole.to_str().unwrap()));
                    assert_eq!(list[1..], theirs[key].as_array().unwrap()[1..], "{file} {key}");
                    n_chunks += 1;
                } else if key.ends_with(".zarray") {
                    let parse =
                        |entry: &Value| serde_json::from_str::<Value>(entry.as_str().unwrap()).unwrap();
                    let (mut own, their) = (parse(entry), parse(&theirs[key]));
                    // The level is of no meaning to readers, and netCDF fills scalars with a value of its own.
                    if let Some(level) = own["filters"].as_array_mut().and_then(|list| list.last_mut()) {
                        level["level"] = json!(4);
                    }
                    if variable == "scalar" {
                        own["fill_value"] = their["fill_value"].clone();
                    }
                    own["fill_value"] = their["fill_value"].clone();
                    assert_eq!(own, their, "{file} {key}");
                }
            }
            let n_theirs =
                theirs.keys().filter(|key| key.starts_with(&format!("{variable}/")) && !key.contains(".z"));
            assert_eq!(n_chunks, n_theirs.count(), "{file} {variable}");
        }
    }
}

#[test]
fn many_files_are_one_list() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.json");
    let paths: Vec<PathBuf> = (0..3).map(|_| list("three.nc")).collect();
    let options = ReadOptions::default().grant(data(""));
    for (variable, along) in
        [("record", Along::Axis(0)), ("contiguous", Along::NewAxis(1)), ("scalar", Along::NewAxis(0))]
    {
        let many = ArrayFile::open_many(&paths, Some(variable), along).unwrap();
        many.write_references(&path, "x").unwrap();
        let array = ArrayFile::open_with(&path, Some("x"), &options).unwrap();
        assert_eq!(array.shape(), many.shape());
        let [read, expect] =
            [&array, &many].map(|array| array.read(&vec![0; array.shape().len()], array.shape()).unwrap());
        assert_eq!(read, expect, "{variable}");
    }
    // A chunk would have to be one of both.
    let files = [data("hdf5/latest.h5"), data("hdf5/latest.h5")];
    let many = ArrayFile::open_many(files, Some("both"), Along::Axis(0)).unwrap();
    let error = many.write_references(&path, "x").unwrap_err().to_string();
    assert!(error.contains("ends within a chunk of 4"), "{error}");
    // Along the other axis a file ends within one too, and along none it does not.
    let files = [data("hdf5/many.h5"), data("hdf5/latest.h5")];
    let many = ArrayFile::open_many(&files[1..], Some("both"), Along::Axis(0)).unwrap();
    many.write_references(&path, "x").unwrap();
}

#[test]
fn what_cannot_be_referred_to_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.json");
    let refused = |file: &ArrayFile, name: &str, words: &str| {
        let error = file.write_references(&path, name).unwrap_err();
        assert!(matches!(error, Error::NotReferable { .. }) && error.to_string().contains(words), "{error}");
        assert!(!path.exists());
    };
    let open = |name: &str, dataset| ArrayFile::open(data(name), dataset).unwrap();
    refused(&open("npy/stack", None), "x", "npy stack");
    refused(&open("hdf5/many.h5", Some("lzf")), "x", "filter 32000");
    refused(&open("zarr3/transposed", None), "x", "neither C nor Fortran");
    refused(&open("references/version0.json", Some("record")), "x", "already");
    for name in ["", "/x", "a//b", "../x", "a/./x"] {
        refused(&open("npy/int8.npy", None), name, "no name");
    }
    let options = ReadOptions::default().decoded(true);
    let decoded = ArrayFile::open_with(data("packed/four.nc"), Some("scaled"), &options).unwrap();
    refused(&decoded, "x", "decoded");
}

/// An array at the root of a list has no key, which was taken for that of an array that is none of a list's.
#[test]
fn an_array_at_the_root_of_a_list_is_read_by_references_too() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("rows"), [7_u8; 6]).unwrap();
    let array = json!({"zarr_format": 2, "shape": [2, 3], "chunks": [2, 3], "dtype": "|u1", "order": "C",
        "fill_value": 0, "filters": null, "compressor": null});
    let refs = json!({"version": 1, "refs": {".zarray": array.to_string(), "0.0": ["rows", 0, 6]}});
    let list = folder.path().join("list.json");
    std::fs::write(&list, refs.to_string()).unwrap();
    let array = ArrayFile::open(&list, None).unwrap();
    assert_eq!(array.read(&[0, 0], &[2, 3]).unwrap().as_slice::<u8>().unwrap(), [7; 6]);
    let error = array.write_references(folder.path().join("other.json"), "x").unwrap_err().to_string();
    assert!(error.contains("already"), "{error}");
}
