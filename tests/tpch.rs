//! The 22 queries of TPC-H beside the answers of another engine: locally, on processes of which one dies, in little memory.

use std::fmt::{Display, Write};
use std::fs;
use std::time::Duration;

use gristmill::prelude::*;
use serde_json::Value as Json;
use tpchgen::csv::{
    CustomerCsv, LineItemCsv, NationCsv, OrderCsv, PartCsv, PartSuppCsv, RegionCsv, SupplierCsv,
};
use tpchgen::generators::{
    CustomerGenerator, LineItemGenerator, NationGenerator, OrderGenerator, PartGenerator, PartSuppGenerator,
    RegionGenerator, SupplierGenerator,
};

use crate::support::answers::compare;
use crate::support::processes::TestCluster;
use crate::support::root;

const TABLES: [&str; 8] =
    ["customer", "lineitem", "nation", "orders", "part", "partsupp", "region", "supplier"];

/// The tables as Parquet, made of the CSV that the generator writes.
struct Tables {
    folder: tempfile::TempDir,
    scale: f64,
}

impl Tables {
    fn new(scale: f64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, header: &str, rows: &mut dyn Iterator<Item = String>| {
            let mut text = format!("{header}\n");
            rows.for_each(|row| writeln!(text, "{row}").unwrap());
            fs::write(folder.path().join(name).with_extension("csv"), text).unwrap();
        };
        fn lines<T: Display>(row: T) -> String {
            row.to_string()
        }
        let (s, one) = (scale, (1, 1));
        write(
            "nation",
            NationCsv::header(),
            &mut NationGenerator::new(s, one.0, one.1).iter().map(|row| lines(NationCsv::new(row))),
        );
        write(
            "region",
            RegionCsv::header(),
            &mut RegionGenerator::new(s, one.0, one.1).iter().map(|row| lines(RegionCsv::new(row))),
        );
        write(
            "part",
            PartCsv::header(),
            &mut PartGenerator::new(s, one.0, one.1).iter().map(|row| lines(PartCsv::new(row))),
        );
        write(
            "supplier",
            SupplierCsv::header(),
            &mut SupplierGenerator::new(s, one.0, one.1).iter().map(|row| lines(SupplierCsv::new(row))),
        );
        write(
            "customer",
            CustomerCsv::header(),
            &mut CustomerGenerator::new(s, one.0, one.1).iter().map(|row| lines(CustomerCsv::new(row))),
        );
        write(
            "partsupp",
            PartSuppCsv::header(),
            &mut PartSuppGenerator::new(s, one.0, one.1).iter().map(|row| lines(PartSuppCsv::new(row))),
        );
        write(
            "orders",
            OrderCsv::header(),
            &mut OrderGenerator::new(s, one.0, one.1).iter().map(|row| lines(OrderCsv::new(row))),
        );
        write(
            "lineitem",
            LineItemCsv::header(),
            &mut LineItemGenerator::new(s, one.0, one.1).iter().map(|row| lines(LineItemCsv::new(row))),
        );
        Self { folder, scale }
    }

    fn path(&self, table: &str, extension: &str) -> String {
        self.folder.path().join(table).with_extension(extension).display().to_string()
    }

    /// CSV made Parquet, in several files of the large tables.
    fn as_parquet(&self, client: &Client) {
        let written =
            TABLES.map(|table| DataFrame::read(&self.path(table, "csv")).write(&self.path(table, "parquet")));
        client.compute(&written).unwrap();
    }

    fn session(&self) -> Session {
        let mut session = Session::new();
        for table in TABLES {
            session.register(table, &DataFrame::read(&self.path(table, "parquet"))).unwrap();
        }
        session
    }

    /// Every query and its answer, in order.
    fn queries(&self) -> Vec<(String, DataFrame)> {
        let text = fs::read_to_string(root().join("tests/data/tpch/queries.sql")).unwrap();
        let (session, fraction) = (self.session(), format!("{:.10}", 0.0001 / self.scale));
        let query = |part: &str| {
            let (number, sql) = part.split_once('\n').unwrap();
            (format!("q{}", number.trim()), session.sql(&sql.trim().replace("$FRACTION", &fraction)))
        };
        text.split("\n-- q").skip(1).map(query).collect()
    }

    fn expected(&self) -> Json {
        let text = fs::read_to_string(root().join("tests/data/tpch/expected.json")).unwrap();
        serde_json::from_str::<Json>(&text).unwrap()[self.scale.to_string()].clone()
    }

    /// Computes all queries together, and compares.
    fn check(&self, client: &Client) {
        let queries = self.queries();
        let frames: Vec<DataFrame> = queries.iter().map(|(_, frame)| frame.clone()).collect();
        let answers = client.compute(&frames).unwrap();
        let expected = self.expected();
        assert_eq!(queries.len(), 22);
        for ((name, _), answer) in queries.iter().zip(&answers) {
            compare(name, answer, &expected[name]);
        }
    }
}

#[test]
fn a_tenth_of_a_gigabyte_locally_and_in_little_memory() {
    let tables = Tables::new(0.1);
    let cluster = Cluster::local().threads(2).start().unwrap();
    tables.as_parquet(&cluster.client());
    tables.check(&cluster.client());
    drop(cluster);
    // The hash tables of some joins take 20 MB here; what can go to disk does.
    let spill = tempfile::tempdir().unwrap();
    let little =
        Cluster::local().threads(2).memory_limit_nbytes(96 << 20).spill_dir(spill.path()).start().unwrap();
    tables.check(&little.client());
}

#[test]
fn processes_of_which_one_dies_give_the_same_answers() {
    let tables = Tables::new(0.01);
    let mut cluster = TestCluster::start(2);
    let client = cluster.client();
    tables.as_parquet(&client);
    tables.check(&client);
    cluster.add_worker(&[]);
    let dying = &mut cluster;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(400));
            dying.workers[0].kill();
            std::thread::sleep(Duration::from_millis(400));
            dying.workers[1].kill();
        });
        tables.check(&client);
    });
}
