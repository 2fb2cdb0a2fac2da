//! Tables in files: which they are, how they are cut, written and read again.

use std::fs;
use std::io::Write;

use gristmill_data::{ColumnType, Value};

use crate::tests::{Around, at, csv, folder, frame, run, sorted_csv, written};
use crate::{ColumnExt, DataFrame, ReadOptions, col, len, lit};

#[test]
fn files_of_a_pattern_are_one_table() {
    let folder = folder(&[
        ("2013-01.csv", "hour,delay,to\n5,10,ORD\n6,-2,\"a\nb\"\n"),
        ("2013-02.csv", "hour,delay,to\n5,20,ORD\n7,,JFK\n"),
        ("2013-03.csv", ""),
        ("2013-04.csv", "hour,delay,to\n"),
    ]);
    let packed = fs::File::create(at(&folder, "2013-05.csv.gz")).unwrap();
    let mut packed = flate2::write::GzEncoder::new(packed, flate2::Compression::fast());
    packed.write_all(b"hour,delay,to\n5,0.5,ORD\n").unwrap();
    packed.finish().unwrap();
    let flights = DataFrame::read(&at(&folder, "2013-*"));
    let told = flights.agg([len(), col("delay").sum(), col("delay").count().alias("known")]);
    assert_eq!(csv(&told), "len,delay,known\n5,28.5,4\n");
    assert_eq!(
        sorted_csv(&flights.select([col("to").str().contains("\n").alias("two lines")])).last().unwrap(),
        "true"
    );
}

#[test]
fn parts_of_paths_are_columns_and_decide_what_is_read() {
    let folder = folder(&[
        ("site=A/day=1/x.csv", "v\n1\n2\n"),
        ("site=A/day=2/x.csv", "v\n3\n"),
        ("site=B c/day=1/x.csv", "v\nnot a number\n"),
        ("_SUCCESS", ""),
    ]);
    let all = DataFrame::read(&folder.path().display().to_string());
    assert_eq!(all.columns().unwrap(), ["v", "site", "day"]);
    let first = DataFrame::read(&at(&folder, "site=*/day=*/*.csv")).filter(col("site").eq(lit("A")));
    assert_eq!(sorted_csv(&first), ["1,A,1", "2,A,1", "3,A,2"]);
    // What a path excludes is not opened.
    let days = DataFrame::read_csv_with(
        &at(&folder, "*/*/*.csv"),
        &ReadOptions::new().dtype("v", ColumnType::Int64),
    );
    assert_eq!(csv(&days.filter(col("site").eq(lit("A"))).agg([col("v").sum()])), "v\n6\n");
    fs::write(at(&folder, "bare.csv"), "v\n9\n").unwrap();
    let told = DataFrame::read(&folder.path().display().to_string()).check().unwrap_err().to_string();
    assert!(told.contains("has the columns"), "{told}");
    let fixed = DataFrame::read(&at(&folder, "site=A/day=1/x.csv"));
    assert_eq!(fixed.columns().unwrap(), ["v"]);
}

#[test]
fn what_files_say_of_themselves_is_believed_where_it_is_true() {
    let folder = folder(&[]);
    let narrow = |frame: DataFrame| frame.with_column("x", col("x").astype(ColumnType::Int32));
    written(&frame("x\n5\n1\n"), &folder.path().join("a.parquet"), &[], false).unwrap();
    written(&narrow(frame("x\n100\n-7\n")), &folder.path().join("b.parquet"), &[], false).unwrap();
    let both = DataFrame::read(&at(&folder, "*.parquet")).agg([
        col("x").max().alias("max"),
        col("x").min().alias("min"),
        len(),
    ]);
    assert_eq!(csv(&both), "max,min,len\n100,-7,4\n");
    written(&frame("x,site\n1,A\n2,A\n3,\n4,\n5,\n"), &folder.path().join("sites"), &["site"], false)
        .unwrap();
    let sites = DataFrame::read(&at(&folder, "sites")).agg([
        col("site").count().alias("n"),
        col("site").n_unique().alias("kinds"),
        col("site").max().alias("last"),
        len(),
    ]);
    assert_eq!(csv(&sites), "n,kinds,last,len\n2,1,A,5\n");
}

#[test]
fn what_is_written_is_read_again_in_every_format() {
    let rows = frame("n,x,word\n1,0.5,mill\n2,,\n3,-1.25,\"a, b\"\n");
    let folder = folder(&[]);
    let expected = csv(&rows.sort(["n"]));
    for name in ["out.csv", "out.jsonl", "out.parquet", "out.arrow"] {
        let n = written(&rows, &folder.path().join(name), &[], false).unwrap();
        assert_eq!(n, Value::UInt(3), "{name}");
        let again = DataFrame::read(&at(&folder, name)).select(["n", "x", "word"]).sort(["n"]);
        assert_eq!(csv(&again), expected, "{name}");
    }
    let none = rows.filter(col("n").gt(lit(9)));
    written(&none, &folder.path().join("none.csv"), &[], false).unwrap();
    assert_eq!(fs::read_to_string(at(&folder, "none.csv")).unwrap(), "n,x,word\n");
}

#[test]
fn folders_are_written_by_columns_and_whole() {
    let rows = frame("site,day,v\nA,1,1\nB/c,1,2\nA,2,3\n,2,4\n");
    let folder = folder(&[]);
    let out = folder.path().join("out");
    written(&rows, &out, &["site", "day"], false).unwrap();
    assert!(out.join("site=A/day=1").is_dir() && out.join("site=B%2Fc/day=1").is_dir());
    let again = DataFrame::read_parquet(&out.display().to_string());
    assert_eq!(sorted_csv(&again.select(["v", "site", "day"])), ["1,A,1", "2,B/c,1", "3,A,2", "4,,2"]);
    // What is there is not touched, unless it is asked for.
    let told = written(&rows, &out, &["site"], false).unwrap_err();
    assert!(told.message.contains("is there already"), "{told}");
    written(&rows.head(0), &out, &["site"], true).unwrap();
    let empty = DataFrame::read_parquet(&out.display().to_string());
    assert_eq!((csv(&empty.agg([len()])), empty.columns().unwrap().len()), ("len\n0\n".to_owned(), 2));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn words_stand_for_absent_values_where_that_makes_numbers() {
    let folder = folder(&[
        ("a.csv", "n,word,at\n1,x,2016-01-01\nNA,NA,n/a\n3,,2016-01-03\n"),
        ("b.csv", "n,word\n1,NA\n2,x\n"),
        ("c.csv", &format!("n\nNA\n{}1x\n", "1\n".repeat(20_000))),
    ]);
    let worded = DataFrame::read(&at(&folder, "a.csv"));
    assert_eq!(csv(&worded.sort(["n"])), "n,word,at\n1,x,2016-01-01\n3,,2016-01-03\n,,\n");
    // Where every column is what it is without, a word is a word.
    assert_eq!(csv(&DataFrame::read(&at(&folder, "b.csv")).sort(["n"])), "n,word\n1,NA\n2,x\n");
    let error =
        run(&DataFrame::read(&at(&folder, "c.csv")), Value::Null, Around::default(), 1 << 30).unwrap_err();
    assert!(error.message.contains("c.csv`, line 20003") && error.message.contains("`n`"), "{error}");
}

#[test]
fn large_files_of_csv_are_cut_between_records() {
    let mut text = "n,word\n".to_owned();
    let n_rows = 700_000_u64;
    for n in 0..n_rows {
        text.push_str(&if n % 3 == 0 {
            format!("{n},\"a\nb \"\"c\"\"\n\"\n")
        } else {
            format!("{n},plain words of some length\n")
        });
    }
    assert!(text.len() > 16 << 20);
    let folder = folder(&[("large.csv", &text)]);
    let large = DataFrame::read(&at(&folder, "large.csv"));
    let told = large.agg([len(), col("n").sum(), col("word").str().len().sum().alias("chars")]);
    let chars = n_rows.div_ceil(3) * 8 + (n_rows - n_rows.div_ceil(3)) * 26;
    assert_eq!(csv(&told), format!("len,n,chars\n{n_rows},{},{chars}\n", n_rows * (n_rows - 1) / 2));
    assert!(large.explain().unwrap().contains("files of CSV"));
}

#[test]
fn what_memory_has_no_room_for_goes_to_disk() {
    let text: String = (0..200_000u64).map(|n| format!("{},{n}\n", n * 7919 % 200_003)).collect();
    let folder = folder(&[("n.csv", &format!("key,value\n{text}"))]);
    let rows = DataFrame::read(&at(&folder, "n.csv"));
    let sorted = rows
        .sort(["key"])
        .with_column("at", col("key").shift(1, col("key")))
        .filter(col("key").lt(col("at")));
    let ran = run(&sorted, Value::Null, Around::default(), 6 << 20).unwrap();
    let Value::Partition(ran) = ran else { panic!() };
    assert_eq!(ran.n_rows(), 0);
    // The result itself has to fit.
    let told = run(&rows.sort(["key"]), Value::Null, Around::default(), 1 << 20).unwrap_err();
    assert_eq!(told.kind, gristmill_data::TaskErrorKind::MemoryLimit, "{told}");
}
