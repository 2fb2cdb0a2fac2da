//! Zarr arrays in object stores: there when they are finished, and never mixed with what was there before.

use std::sync::Arc;
use std::time::Duration;

use object_store::local::LocalFileSystem;

use super::*;
use crate::array::tests::remote::{s3, stores};
use crate::array::tests::server::{Kind, Server};

const PATH: &str = "s3://mill/folder/x.zarr";

fn create(
    stores: &Stores,
    path: &str,
    format: ArrayFormat,
    shape: &[u64],
    options: WriteOptions,
) -> Result<ArrayWriter, Error> {
    let location = Location::new(Path::new(path), stores).unwrap();
    let asked = Asked { format, dtype: DType::Int32, shape: shape.to_vec(), chunks: vec![2, 3] };
    ArrayWriter::create_elsewhere(location, asked, options)
}

fn open(stores: &Stores) -> Result<ArrayFile, Error> {
    ArrayFile::open_in(stores, Path::new(PATH), None, &ReadOptions::default())
}

fn check_store(stores: &Stores, names: impl Fn() -> Vec<String>) {
    let plain = WriteOptions::default;
    let all = filled(DType::Int32, &[7, 9]);
    for (format, options) in [
        (ArrayFormat::ZarrV3, plain()),
        (ArrayFormat::ZarrV2, plain().overwrite(true).compression(Compression::None)),
        (ArrayFormat::ZarrV3, plain().overwrite(true).shards(vec![4, 6])),
    ] {
        let writer = create(stores, PATH, format, &[7, 9], options).unwrap();
        assert_eq!(writer.path(), Path::new(PATH));
        writer.write(&[0, 0], &all).unwrap();
        assert!(open(stores).is_err(), "the array is there before it is finished");
        writer.finish().unwrap();
        let array = open(stores).unwrap();
        assert_eq!((array.format(), array.chunks()), (format, [2, 3].as_slice()));
        assert_eq!(array.read(&[0, 0], &[7, 9]).unwrap(), all);
    }
    let error = create(stores, PATH, ArrayFormat::ZarrV3, &[7, 9], plain()).unwrap_err().to_string();
    assert!(error.contains(PATH) && error.contains("there already"), "{error}");
    // Nothing of what was there shows where nothing was written.
    let writer = create(stores, PATH, ArrayFormat::ZarrV3, &[7, 9], plain().overwrite(true)).unwrap();
    writer.write(&[2, 3], &filled(DType::Int32, &[2, 3])).unwrap();
    writer.finish().unwrap();
    assert_eq!(open(stores).unwrap().read(&[0, 0], &[1, 1]).unwrap().as_slice::<i32>().unwrap(), [0]);
    assert_eq!(names(), ["folder/x.zarr/c/1/1", "folder/x.zarr/zarr.json"]);
    // A writer that was given up leaves no array, and chunks that are only removed when that is allowed.
    let writer = create(stores, PATH, ArrayFormat::ZarrV2, &[7, 9], plain().overwrite(true)).unwrap();
    writer.write(&[0, 0], &all).unwrap();
    drop(writer);
    assert!(open(stores).is_err());
    create(stores, PATH, ArrayFormat::ZarrV3, &[7, 9], plain()).unwrap_err();
    create(stores, PATH, ArrayFormat::ZarrV3, &[7, 9], plain().overwrite(true)).unwrap().finish().unwrap();
    assert_eq!(names(), ["folder/x.zarr/zarr.json"]);
    // A folder of something else stays.
    let folder = "s3://mill/folder";
    let error = create(stores, folder, ArrayFormat::ZarrV3, &[7, 9], plain().overwrite(true)).unwrap_err();
    assert!(error.to_string().contains("not replaced"), "{error}");
    for format in [ArrayFormat::Npy, ArrayFormat::NpyStack, ArrayFormat::Raw] {
        let error = create(stores, "s3://mill/new", format, &[7, 9], plain()).unwrap_err();
        assert!(error.to_string().contains("use Zarr"), "{error}");
    }
}

#[test]
fn in_a_store_that_speaks_as_s3_does() {
    let server = Server::start(Kind::S3, None);
    check_store(&stores(s3(&server)), || {
        server.names().into_iter().filter_map(|name| name.strip_prefix("mill/").map(str::to_owned)).collect()
    });
    // What makes the folder an array is sent last, and removed first.
    let stores = stores(s3(&server));
    let options = WriteOptions::default().overwrite(true);
    let writer = create(&stores, PATH, ArrayFormat::ZarrV2, &[7, 9], options.clone()).unwrap();
    writer.write(&[0, 0], &filled(DType::Int32, &[7, 9])).unwrap();
    writer.finish().unwrap();
    assert_eq!(server.asked().last().unwrap(), "PUT /mill/folder/x.zarr/.zarray");
    server.deleted();
    drop(create(&stores, PATH, ArrayFormat::ZarrV2, &[7, 9], options).unwrap());
    assert_eq!(server.deleted()[0], "mill/folder/x.zarr/.zarray");
}

#[test]
fn in_the_store_of_local_files() {
    let root = tempfile::tempdir().unwrap();
    let store = LocalFileSystem::new_with_prefix(root.path()).unwrap();
    let local = Stores::for_reading(Duration::from_secs(60));
    local.insert("s3://mill", Arc::new(store));
    check_store(&local, || Location::local(root.path()).list(1000).unwrap());
    // It is what is written without a store.
    let all = filled(DType::Int32, &[7, 9]);
    let writer =
        create(&local, "s3://mill/there", ArrayFormat::ZarrV3, &[7, 9], WriteOptions::default()).unwrap();
    writer.write(&[0, 0], &all).unwrap();
    writer.finish().unwrap();
    let here = root.path().join("here");
    let writer = ArrayWriter::create(
        &here,
        ArrayFormat::ZarrV3,
        DType::Int32,
        &[7, 9],
        &[2, 3],
        WriteOptions::default(),
    );
    let writer = writer.unwrap();
    writer.write(&[0, 0], &all).unwrap();
    writer.finish().unwrap();
    let names = Location::local(&here).list(1000).unwrap();
    assert_eq!(names, Location::local(&root.path().join("there")).list(1000).unwrap());
    assert_eq!(names.len(), 13);
    for name in names {
        let [here, there] =
            ["here", "there"].map(|folder| fs::read(root.path().join(folder).join(&name)).unwrap());
        assert_eq!(here, there, "{name}");
    }
}

#[test]
fn a_store_that_refuses_says_so() {
    // This one has no method PUT, as a web server that only gives.
    let server = Server::start(Kind::ReadOnly, None);
    let stores = stores(s3(&server));
    let writer = create(&stores, PATH, ArrayFormat::ZarrV3, &[7, 9], WriteOptions::default()).unwrap();
    let error = writer.write(&[0, 0], &filled(DType::Int32, &[7, 9])).unwrap_err();
    assert!(matches!(error, Error::NotTaken { .. }), "{error}");
    assert!(error.to_string().contains("s3://mill/folder/x.zarr/c/0/0"), "{error}");
    let web = format!("{}/x.zarr", server.address);
    let error = create(&stores, &web, ArrayFormat::ZarrV3, &[7, 9], WriteOptions::default()).unwrap_err();
    assert!(error.to_string().contains("web server"), "{error}");
}
