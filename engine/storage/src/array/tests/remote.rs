//! Arrays elsewhere: read from a real server over TCP and from object_store's own stores, part by part.

use std::sync::Arc;
use std::time::Duration;

use object_store::ObjectStore;
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;

use super::server::{Kind, Server};
use super::*;

/// Samples of each format.
const SAMPLES: [(&str, Option<&str>, DType, &[u64]); 18] = [
    ("npy/float32.npy", None, DType::Float32, &[3, 5]),
    ("npy/big_fortran.npy", None, DType::Int32, &[4, 3, 5]),
    ("npy/1d.npy", None, DType::Int32, &[251]),
    ("npy/empty.npy", None, DType::Float32, &[0, 3]),
    ("npy/stack", None, DType::Float32, &[7, 9]),
    ("zarr2/zlib", None, DType::Float32, &[7, 9]),
    ("zarr2/slash", None, DType::Float32, &[7, 9]),
    ("zarr2/0d", None, DType::Int32, &[]),
    ("zarr3/gzip", None, DType::Float32, &[7, 9]),
    ("zarr3/sharded", None, DType::Int32, &[10, 12]),
    ("zarr3/group", Some("inner/b"), DType::Int32, &[7, 9]),
    ("hdf5/many.h5", Some("shuffled"), DType::Int32, &[7, 9]),
    ("hdf5/many.h5", Some("big/float32"), DType::Float32, &[3, 5]),
    ("hdf5/latest.h5", Some("both"), DType::Int32, &[7, 9]),
    ("hdf5/single.h5", None, DType::Int32, &[7, 9]),
    ("netcdf/four.nc", Some("wide/zstd"), DType::Int32, &[60, 50]),
    ("netcdf/classic.nc", Some("record_int16"), DType::Int16, &[3, 7, 9]),
    ("netcdf/data64.nc", Some("uint64"), DType::UInt64, &[7, 9]),
];

fn web() -> Server {
    Server::start(Kind::Web, Some(&data("")))
}

/// S3 as this server speaks it.
pub(in crate::array) fn s3(server: &Server) -> Arc<dyn ObjectStore> {
    let builder = AmazonS3Builder::new().with_bucket_name("mill").with_endpoint(&server.address);
    let builder = builder.with_allow_http(true).with_access_key_id("miller").with_secret_access_key("grain");
    Arc::new(builder.build().unwrap())
}

/// Stores of which `s3://mill` is this one.
pub(in crate::array) fn stores(store: Arc<dyn ObjectStore>) -> Stores {
    let stores = Stores::for_reading(Duration::from_secs(60));
    stores.insert("s3://mill", store);
    stores
}

fn open(stores: &Stores, address: &str, dataset: Option<&str>) -> Result<ArrayFile, Error> {
    ArrayFile::open_in(stores, Path::new(address), dataset, &ReadOptions::default())
}

fn read_all(array: &ArrayFile) -> Result<Chunk, Error> {
    array.read(&vec![0; array.shape().len()], array.shape())
}

#[test]
fn every_format_from_a_web_server() {
    let server = web();
    for (name, dataset, dtype, shape) in SAMPLES {
        let address = format!("{}/{name}", server.address);
        let array = check(Path::new(&address), dataset, dtype, shape);
        let local = ArrayFile::open(data(name), dataset).unwrap();
        assert_eq!((array.format(), array.chunks()), (local.format(), local.chunks()), "{name}");
        assert_eq!((array.dims(), array.attributes()), (local.dims(), local.attributes()), "{name}");
        assert_eq!(array.path(), Path::new(&address));
    }
}

#[test]
fn every_format_from_object_stores() {
    let local = LocalFileSystem::new_with_prefix(data("")).unwrap();
    let root = tempfile::tempdir().unwrap();
    damage::copy(&data(""), &root.path().join("mill"));
    let server = Server::start(Kind::S3, Some(root.path()));
    for stores in [stores(Arc::new(local)), stores(s3(&server))] {
        for (name, dataset, dtype, shape) in SAMPLES {
            let array = open(&stores, &format!("s3://mill/{name}"), dataset).unwrap();
            assert_eq!((array.dtype(), array.shape()), (dtype, shape), "{name}");
            let expect = expected(dtype, shape.iter().product());
            assert_eq!(read_all(&array).unwrap().data().as_slice(), expect, "{name}");
        }
    }
}

#[test]
fn an_address_of_this_machine_is_a_path() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("with space.npy");
    std::fs::copy(data("npy/int16.npy"), &path).unwrap();
    let address = format!("file://{}", path.display()).replace(' ', "%20");
    let array = check(Path::new(&address), None, DType::Int16, &[3, 5]);
    assert_eq!(array.identity(), ArrayFile::open(&path, None).unwrap().identity());
    for wrong in ["file://elsewhere/x.npy", "ftp://host/x.npy", "s3://"] {
        let error = ArrayFile::open(wrong, None).unwrap_err();
        assert!(matches!(error, Error::Address { .. }), "{wrong}: {error}");
    }
}

#[test]
fn a_stored_chunk_is_one_request_and_descriptions_are_read_once() {
    let server = web();
    let at = |name: &str| format!("{}/{name}", server.address);
    // A file that is shorter than what comes first is one request.
    let array = ArrayFile::open(at("npy/int32.npy"), None).unwrap();
    read_all(&array).unwrap();
    assert_eq!(server.asked(), ["GET /npy/int32.npy bytes=0-1023"]);
    // Of a longer one, what is needed.
    let array = ArrayFile::open(at("npy/1d.npy"), None).unwrap();
    array.read(&[240], &[3]).unwrap();
    array.read(&[10], &[20]).unwrap();
    assert_eq!(server.asked(), ["GET /npy/1d.npy bytes=0-1023", "GET /npy/1d.npy bytes=1088-1099"]);
    let array = ArrayFile::open(at("zarr3/gzip"), None).unwrap();
    server.asked();
    array.read(&[0, 0], &[7, 5]).unwrap();
    assert_eq!(server.asked(), ["GET /zarr3/gzip/c/0/0", "GET /zarr3/gzip/c/1/0"]);
    // A chunk of a shard is its index and its bytes.
    let array = ArrayFile::open(at("zarr3/sharded"), None).unwrap();
    server.asked();
    array.read(&[2, 3], &[2, 3]).unwrap();
    let shard = "GET /zarr3/sharded/c/0/0 bytes=";
    assert_eq!(server.asked(), [format!("{shard}-68"), format!("{shard}72-95")]);
    // HDF5: each chunk of 8000 bytes, packed, is read alone, and its address is known after the first read.
    let array = ArrayFile::open(at("netcdf/four.nc"), Some("wide/zstd")).unwrap();
    array.read(&[0, 0], &[40, 50]).unwrap();
    server.asked();
    array.read(&[0, 0], &[40, 50]).unwrap();
    array.read(&[5, 0], &[3, 1]).unwrap();
    let asked = server.asked();
    assert!(asked.len() == 2 && asked[0] == asked[1], "{asked:?}");
}

#[test]
fn a_chunk_that_is_not_there_is_the_fill_value() {
    let server = web();
    let array = ArrayFile::open(format!("{}/zarr3/missing", server.address), None).unwrap();
    assert_eq!(array.read(&[6, 8], &[1, 1]).unwrap().as_slice::<i32>().unwrap(), [42]);
    let array = ArrayFile::open(format!("{}/zarr3/sharded_missing", server.address), None).unwrap();
    assert_eq!(array.read(&[9, 11], &[1, 1]).unwrap().as_slice::<i32>().unwrap(), [42]);
}

#[test]
fn groups_are_listed_where_that_is_possible() {
    let root = tempfile::tempdir().unwrap();
    damage::copy(&data("zarr3/group"), &root.path().join("mill/group"));
    let server = Server::start(Kind::S3, Some(root.path()));
    let error = open(&stores(s3(&server)), "s3://mill/group", None).unwrap_err().to_string();
    assert!(error.contains("a, inner/b"), "{error}");
    let server = web();
    let address = format!("{}/zarr3/group", server.address);
    let error = ArrayFile::open(&address, None).unwrap_err();
    assert!(matches!(error, Error::NotGiven { .. }), "{error}");
    // A store that says what it holds needs no list.
    server.change("zarr3/group/zarr.json", |text| {
        let mut json: Value = serde_json::from_slice(text).unwrap();
        let array = serde_json::json!({"node_type": "array"});
        json["consolidated_metadata"] = serde_json::json!({"metadata": {"a": array, "inner/b": array}});
        *text = json.to_string().into_bytes();
    });
    let error = ArrayFile::open(&address, None).unwrap_err().to_string();
    assert!(error.contains("name one of: a, inner/b"), "{error}");
}

#[test]
fn what_does_not_come_says_why() {
    let server = web();
    let says = |address: &str, words: &[&str]| {
        let error = ArrayFile::open(address, None).and_then(|array| read_all(&array)).unwrap_err();
        let error = error.to_string();
        for word in words {
            assert!(error.contains(word), "{address}: `{word}` is not in: {error}");
        }
    };
    let missing = format!("{}/no/such.npy", server.address);
    says(&missing, &[&missing, "nothing is there", "check the address"]);
    says(
        &format!("{}/zarr2/zlib/.zarray", server.address),
        &["holds no array", ".zarray", "open the folder"],
    );
    // A server that does not know ranges gives Zarr, whose chunks are files, and nothing else.
    let whole = Server::start(Kind::WholeFiles, Some(&data("")));
    check(Path::new(&format!("{}/zarr2/zlib", whole.address)), None, DType::Float32, &[7, 9]);
    says(&format!("{}/npy/int8.npy", whole.address), &["int8.npy", "range requests"]);
    // One that is not there at all.
    let gone = format!("{}/x.npy", server.address);
    drop(server);
    says(&gone, &[&gone, "did not give"]);
}

#[test]
fn a_server_that_falls_silent_is_not_waited_for() {
    for kind in [Kind::Silent, Kind::Stuck] {
        let server = Server::start(kind, Some(&data("npy")));
        let options = ReadOptions::default().timeout(Duration::from_millis(200));
        let error = ArrayFile::open_with(format!("{}/int8.npy", server.address), None, &options);
        let error = error.unwrap_err().to_string();
        assert!(error.contains("int8.npy") && error.contains("nothing for 0.2 s"), "{kind:?}: {error}");
        assert!(error.contains("ReadOptions::timeout"), "{error}");
    }
}

#[test]
fn a_file_that_changes_is_noticed() {
    let server = web();
    let array = ArrayFile::open(format!("{}/npy/1d.npy", server.address), None).unwrap();
    let before = array.identity().to_vec();
    server.change("npy/1d.npy", |bytes| bytes[1100] ^= 1);
    let error = array.read(&[250], &[1]).unwrap_err().to_string();
    assert!(error.contains("1d.npy") && error.contains("has changed"), "{error}");
    let array = ArrayFile::open(format!("{}/npy/1d.npy", server.address), None).unwrap();
    array.read(&[250], &[1]).unwrap();
    assert_ne!(array.identity(), before);
    // One that is removed.
    server.remove("npy/1d.npy");
    let error = array.read(&[250], &[1]).unwrap_err().to_string();
    assert!(error.contains("nothing is there"), "{error}");
}

#[test]
fn keys_in_an_address_are_sent_and_never_shown() {
    let server = web();
    let host = server.address.strip_prefix("http://").unwrap();
    let signed = |name: &str| format!("http://{host}/{name}?key=secret-1");
    check(Path::new(&signed("npy/int16.npy")), None, DType::Int16, &[3, 5]);
    check(Path::new(&signed("zarr3/gzip")), None, DType::Float32, &[7, 9]);
    check(Path::new(&format!("http://miller:secret-2@{host}/npy/int16.npy")), None, DType::Int16, &[3, 5]);
    let silent = Server::start(Kind::WholeFiles, Some(&data("npy")));
    let host = silent.address.strip_prefix("http://").unwrap();
    for address in [
        format!("http://{host}/no.npy?key=secret-1"),
        format!("http://{host}/int8.npy?key=secret-1"),
        format!("http://miller:secret-2@{host}/int8.npy"),
        "http://127.0.0.1:1/int8.npy?key=secret-1".to_owned(),
        "http://miller:secret-2@127.0.0.1:1/int8.npy".to_owned(),
    ] {
        let error = format!("{:?}", ArrayFile::open(&address, None).unwrap_err());
        assert!(error.contains(".npy") && !error.contains("secret"), "{error}");
    }
}
