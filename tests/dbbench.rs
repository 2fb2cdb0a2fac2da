//! The questions of the db-benchmark beside DuckDB's answers: groups and joins, in SQL and in methods.

use std::fmt::Write;
use std::fs;

use gristmill::prelude::*;
use serde_json::Value as Json;

use crate::support::answers::compare;
use crate::support::{cluster, root};

const ROWS: u64 = 100_000;
const KEYS: u64 = 100;

/// The numbers that the tables are made of, as tests/data/dbbench/oracle.py draws them.
struct Numbers(u64);

impl Numbers {
    /// Knuth's MMIX generator; the upper 31 bits count.
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    fn key(&mut self, n: u64) -> u64 {
        1 + self.below(n)
    }

    fn decimal(&mut self) -> String {
        let n = self.below(100_000_000);
        format!("{}.{:06}", n / 1_000_000, n % 1_000_000)
    }
}

fn tables() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| fs::write(folder.path().join(name), text).unwrap();
    let mut draw = Numbers(1);
    let mut text = "id1,id2,id3,id4,id5,id6,v1,v2,v3\n".to_owned();
    for _ in 0..ROWS {
        let texts = (draw.key(KEYS), draw.key(KEYS), draw.key(ROWS / KEYS));
        let keys = (draw.key(KEYS), draw.key(KEYS), draw.key(ROWS / KEYS));
        let (v1, v2, v3) = (draw.key(5), draw.key(15), draw.decimal());
        let (a, b, c) = texts;
        writeln!(text, "id{a:03},id{b:03},id{c:010},{},{},{},{v1},{v2},{v3}", keys.0, keys.1, keys.2)
            .unwrap();
    }
    write("t.csv", text);
    let mut text = "id1,id2,id3,id4,id5,id6,v1\n".to_owned();
    for _ in 0..ROWS {
        let (a, b, c) = (draw.key(11), draw.key(1_100), draw.key(110_000));
        writeln!(text, "{a},{b},{c},id{a},id{b},id{c},{}", draw.decimal()).unwrap();
    }
    write("x.csv", text);
    for (name, number, word, n) in
        [("small", "id1", "id4", 10), ("medium", "id2", "id5", 1_000), ("big", "id3", "id6", 100_000)]
    {
        let mut text = format!("{number},{word},v2\n");
        (1..=n).for_each(|key| writeln!(text, "{key},id{key},{}", draw.decimal()).unwrap());
        write(&format!("{name}.csv"), text);
    }
    folder
}

#[test]
fn groups_and_joins_are_those_of_another_engine() {
    let folder = tables();
    let frame =
        |name: &str| DataFrame::read(&folder.path().join(name).with_extension("csv").display().to_string());
    let mut session = Session::new();
    for name in ["t", "x", "small", "medium", "big"] {
        session.register(name, &frame(name)).unwrap();
    }
    let expected: Json =
        serde_json::from_str(&fs::read_to_string(root().join("tests/data/dbbench/expected.json")).unwrap())
            .unwrap();
    let text = fs::read_to_string(root().join("tests/data/dbbench/queries.sql")).unwrap();
    let mut questions: Vec<(&str, DataFrame)> = text
        .split("\n-- ")
        .skip(2)
        .map(|part| {
            let (title, sql) = part.split_once('\n').unwrap();
            (title.split(' ').next().unwrap(), session.sql(sql))
        })
        .collect();
    assert_eq!(questions.len(), 15);
    // The same in methods, as far as their columns are called alike.
    let (t, x) = (frame("t"), frame("x").select(["id1", "id2", "id3", "v1"]));
    let by = |keys: &[&str]| t.group_by(keys.iter().copied());
    let range = (col("v1").max() - col("v2").min()).alias("range_v1_v2");
    let spread = [col("v3").median().alias("median_v3"), col("v3").std().alias("sd_v3")];
    let sums = [col("v1").sum(), col("v2").sum(), col("v3").sum()];
    let medium = frame("medium").rename("id5", "name");
    questions.extend([
        ("g1", by(&["id1"]).agg([col("v1").sum()])),
        ("g3", by(&["id3"]).agg([col("v1").sum(), col("v3").mean()])),
        ("g5", by(&["id6"]).agg(sums)),
        ("g6", by(&["id4", "id5"]).agg(spread)),
        ("g7", by(&["id3"]).agg([range])),
        ("j2", x.join(&medium, &["id2"], Join::Inner)),
        ("j3", x.join(&medium, &["id2"], Join::Left)),
        ("j5", x.join(&frame("big").rename("id6", "name"), &["id3"], Join::Inner)),
    ]);
    let frames: Vec<DataFrame> = questions.iter().map(|(_, frame)| frame.clone()).collect();
    let answers = cluster().client().compute(&frames).unwrap();
    for ((name, _), answer) in questions.iter().zip(&answers) {
        compare(name, answer, &expected[name]);
    }
}
