//! Lazy arrays in files: what is written is read again, in any pieces, and what fails leaves nothing.

use gristmill::collections::Collection;
use gristmill::prelude::*;
use gristmill::storage::{Along, ArrayFile, ArrayFormat, Compression, ReadOptions, WriteOptions};

use crate::support::cluster;

fn table() -> Array {
    Generator::new(5).normal(3.0, 1.0, &[700, 40], [90, 13])
}

#[test]
fn what_is_written_is_read_again() {
    let cluster = cluster();
    let client = cluster.client();
    let folder = tempfile::tempdir().unwrap();
    let expected = table().compute(&client).unwrap();
    let zarr = || WriteOptions::default().compression(Compression::Zstd(1));
    for (name, format, array, options) in [
        ("x.npy", ArrayFormat::Npy, table(), WriteOptions::default()),
        ("stack", ArrayFormat::NpyStack, table().rechunk([100, -1]), WriteOptions::default()),
        ("x.nc", ArrayFormat::Netcdf3, table(), WriteOptions::default().name("t2m")),
        ("v2.zarr", ArrayFormat::ZarrV2, table(), zarr()),
        ("v3.zarr", ArrayFormat::ZarrV3, table(), zarr()),
        // A file of 2 by 2 chunks is one task's.
        ("shards.zarr", ArrayFormat::ZarrV3, table(), zarr().shards(vec![180, 26])),
    ] {
        let path = folder.path().join(name);
        client.store(&array, &path, format, options).unwrap();
        assert_eq!(ArrayFile::open(&path, None).unwrap().format(), format);
        let read = Array::open(&path, None);
        let slice = read.slice(s![-3..20;-7, 5..]);
        let results = client.compute(&[read.clone(), read.rechunk([64, 7]), slice.clone()]).unwrap();
        assert!(results[0] == expected && results[1] == expected, "{name}");
        let sliced = table().slice(s![-3..20;-7, 5..]).compute(&client).unwrap();
        assert_eq!(results[2], sliced, "{name}");
        // A slice is read, not cut out of what was read.
        let program = Array::program(&[slice]).unwrap();
        assert_eq!(program.graph.layers().len(), 1, "{name}");
        // Nothing takes its place unasked.
        let again = client.store(&table(), &path, format, WriteOptions::default()).unwrap_err();
        assert!(again.to_string().contains(name), "{again}");
    }
    let files: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(files.len(), 6, "{files:?}");
}

#[test]
fn every_tenth_row_less_the_mean() {
    let cluster = cluster();
    let client = cluster.client();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.zarr");
    client.store(&table(), &path, ArrayFormat::ZarrV3, WriteOptions::default()).unwrap();
    let of = |x: Array| x.slice(s![..;10]) - x.mean(0);
    // What the mean reads anyway is not read again for the slice.
    let program = Array::program(&[of(Array::open(&path, None).rechunk(100))]).unwrap();
    let n_reads = program.graph.layers().iter().filter(|layer| layer.name.starts_with("read")).count();
    assert_eq!(n_reads, 1);
    let results = client.compute(&[of(Array::open(&path, None)), of(table())]).unwrap();
    assert_eq!(results[0].shape(), [70, 40]);
    let [read, made] = [&results[0], &results[1]].map(|chunk| chunk.as_slice::<f64>().unwrap());
    // The two are cut differently, so sums are rounded differently.
    assert!(read.iter().zip(made).all(|(read, made)| (read - made).abs() < 1e-14));
}

#[test]
fn many_files_are_one_array() {
    let cluster = cluster();
    let client = cluster.client();
    let folder = tempfile::tempdir().unwrap();
    let all = table();
    for (name, rows, format) in [
        ("part0.nc", s![..250], ArrayFormat::Netcdf3),
        ("part1.zarr", s![250..300], ArrayFormat::ZarrV3),
        ("part2.npy", s![300..], ArrayFormat::Npy),
    ] {
        client.store(&all.slice(rows), folder.path().join(name), format, WriteOptions::default()).unwrap();
    }
    let pattern = folder.path().join("part*");
    let many = Array::open_many([&pattern], None, Along::Axis(0));
    assert_eq!(many.grid().chunks(0), [250, 50, 400]);
    let slice = |x: &Array| x.slice(s![240..310;3, 5..]);
    let results = client.compute(&[many.clone(), slice(&many), slice(&all), all.clone()]).unwrap();
    assert!(results[0] == results[3] && results[1] == results[2]);
    let paths = ["part2.npy", "part2.npy"].map(|name| folder.path().join(name));
    let stacked = Array::open_many(&paths, None, Along::NewAxis(-1));
    assert_eq!(stacked.shape(), [400, 40, 2]);
    let (one, of_two) = (all.slice(s![300..]), stacked.mean(2));
    let results = client.compute(&[one, of_two]).unwrap();
    assert_eq!(results[0], results[1]);
    let wrong = Array::open_many([&pattern], None, Along::Axis(1)).compute(&client).unwrap_err().to_string();
    assert!(wrong.contains("part1.zarr") && wrong.contains("alike but along axis 1"), "{wrong}");
    // An axis of length 0 has a chunk all the same.
    client
        .store(
            &all.slice(s![..0]),
            folder.path().join("none.nc"),
            ArrayFormat::Netcdf3,
            WriteOptions::default(),
        )
        .unwrap();
    let none = Array::open_many([folder.path().join("none.nc")], None, Along::Axis(0));
    assert_eq!(none.compute(&client).unwrap().shape(), [0, 40]);
}

#[test]
fn packed_numbers_are_what_they_stand_for() {
    let cluster = cluster();
    let client = cluster.client();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("packed.nc");
    let stored = Array::arange(0, 100, 1, 30).astype(DType::Int16);
    let attributes = serde_json::json!({"scale_factor": 0.5, "add_offset": 10.0, "_FillValue": 99});
    let options = WriteOptions::default().attributes(attributes.as_object().unwrap().clone());
    client.store(&stored, &path, ArrayFormat::Netcdf3, options).unwrap();
    let decoded = Array::open_with(&path, None, &ReadOptions::default().decoded(true));
    let results =
        client.compute(&[decoded.nanmax(()), decoded.nanmin(()), Array::open(&path, None).max(())]).unwrap();
    let numbers = [0, 1].map(|at: usize| results[at].as_slice::<f64>().unwrap()[0]);
    assert_eq!((numbers, results[2].as_slice::<i16>().unwrap()), ([59.0, 10.0], [99].as_slice()));
    // An address of this machine is a path.
    let address = format!("file://{}", path.display());
    assert_eq!(Array::open(address, None).compute(&client).unwrap(), stored.compute(&client).unwrap());
}

#[test]
fn what_fails_leaves_nothing() {
    let cluster = cluster();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.zarr");
    let whole = Array::arange(0, 100, 1, 10);
    let fails = whole.map_blocks(
        native("fail late", |args| match args[0].as_chunk()?.as_slice::<i64>()?[0] {
            70 => {
                Err(TaskError::new(gristmill::data::TaskErrorKind::Failed, "seventy is too much".to_owned()))
            }
            _ => Ok(args[0].clone()),
        }),
        &[],
        DType::Int64,
    );
    let error =
        cluster.client().store(&fails, &path, ArrayFormat::ZarrV3, WriteOptions::default()).unwrap_err();
    assert!(error.to_string().contains("seventy is too much"), "{error}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn what_is_no_array_is_told_when_it_is_asked_for() {
    let cluster = cluster();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("text.npy");
    std::fs::write(&path, "no array").unwrap();
    let says = |array: Array, words: &str| {
        let error = (array + 1).compute(&cluster.client()).unwrap_err().to_string();
        assert!(error.contains(words), "no {words:?} in {error}");
    };
    says(Array::open(&path, None), "neither npy, HDF5, NetCDF nor references");
    says(Array::open(folder.path().join("none"), None), "none");
    // A file that is gone when it is read is told by the task.
    let path = folder.path().join("gone.zarr");
    cluster.client().store(&table(), &path, ArrayFormat::ZarrV3, WriteOptions::default()).unwrap();
    let gone = Array::open(&path, None);
    std::fs::write(path.join("c/0/0"), "damaged").unwrap();
    says(gone, "c/0/0");
}

#[test]
fn seasons_of_a_year_of_daily_files() {
    let cluster = cluster();
    let client = cluster.client();
    let folder = tempfile::tempdir().unwrap();
    let year = Array::arange(0, 365 * 8 * 9, 1, -1).reshape(&[365, 8, 9]).astype(DType::Float64);
    let year = client.persist_arrays(&[year]).unwrap().remove(0);
    for day in 0..365 {
        let path = folder.path().join(format!("day-{day:03}.nc"));
        client
            .store(&year.slice(s![day..day + 1]), &path, ArrayFormat::Netcdf3, WriteOptions::default())
            .unwrap();
    }
    let pattern = folder.path().join("day-*.nc");
    let x = Array::open_many([&pattern], None, Along::Axis(0));
    assert_eq!((x.shape(), x.numblocks()), (vec![365, 8, 9], vec![365, 1, 1]));
    // December to February, and so on.
    let starts: [i64; 5] = [-31, 59, 151, 243, 334];
    let seasons: Vec<Vec<i64>> =
        starts.windows(2).map(|ends| (ends[0]..ends[1]).map(|day| day.rem_euclid(365)).collect()).collect();
    let means: Vec<Array> = seasons.iter().map(|days| x.take(&days[..], 0).mean(0)).collect();
    for (days, mean) in seasons.iter().zip(client.compute(&means).unwrap()) {
        let middle = days.iter().sum::<i64>() as f64 / days.len() as f64;
        let expected: Vec<f64> = (0..72).map(|place| middle * 72.0 + f64::from(place)).collect();
        let found = mean.as_slice::<f64>().unwrap();
        assert!(found.iter().zip(&expected).all(|(x, y)| (x - y).abs() < 1e-9), "{found:?}");
    }
    // One file of the year is no NetCDF: it is named.
    std::fs::write(folder.path().join("day-200.nc"), b"CDF, but not really").unwrap();
    let error =
        Array::open_many([&pattern], None, Along::Axis(0)).sum(()).compute(&client).unwrap_err().to_string();
    assert!(error.contains("day-200.nc"), "{error}");
}
