//! The array part of the demo: how much warmer North America gets, out of a NetCDF file.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use gristmill::collections::array::stack;
use gristmill::data::arrow::array::{ArrayRef, Int64Array};
use gristmill::data::{Partition, Value};
use gristmill::prelude::*;

use crate::cli::options::ClusterOptions;
use crate::cli::run::{OutputOptions, print_results};

/// Years that are averaged.
const YEARS: i64 = 30;
/// The file's first year, and how many it has.
const FIRST_YEAR: i64 = 1860;
const N_YEARS: i64 = 240;
/// 0 °C in kelvin.
const FREEZING: f64 = 273.15;

pub(super) fn run(path: &Path, output: &OutputOptions, options: &ClusterOptions) -> anyhow::Result<()> {
    let started = Instant::now();
    let cluster = options.start()?;
    let (celsius, most_change) = warming(path);
    let table = match &cluster.client().compute(&[celsius, most_change])?[..] {
        [celsius, most_change] => {
            let n_periods = celsius.n_elements();
            let firsts: Vec<i64> = (FIRST_YEAR..FIRST_YEAR + N_YEARS).step_by(YEARS as usize).collect();
            let lasts: Vec<i64> = firsts.iter().map(|first| first + YEARS - 1).collect();
            let years = |years: Vec<i64>| Arc::new(Int64Array::from(years)) as ArrayRef;
            Partition::from_columns(
                n_periods,
                [
                    ("from", years(firsts)),
                    ("to", years(lasts)),
                    ("celsius", celsius.to_arrow()?),
                    ("most_change", most_change.to_arrow()?),
                ],
            )?
        }
        _ => anyhow::bail!("two arrays were asked for"),
    };
    let title = "Air temperature of North America, model scenario A1B";
    let table = [Value::from(table)];
    print_results(title, &[("warming", &table)], output, Some(cluster.progress()), started.elapsed(), None)?;
    cluster.shutdown();
    Ok(())
}

/// For each 30 years the mean in °C, of grid points weighted by the area they stand for, and how much warmer the point
/// that warmed most is than in the first 30.
fn warming(path: &Path) -> (Array, Array) {
    let kelvin = Array::open(path, Some("air_temperature")).astype(DType::Float64);
    let latitude = Array::open(path, Some("latitude")).astype(DType::Float64);
    let area = latitude.deg2rad().cos().slice(s![.., NewAxis]);
    let yearly = (&kelvin * &area).mean([1, 2]) / area.mean(()) - FREEZING;
    let of_years = |array: &Array, n: i64| array.slice(s![n..n + YEARS]).mean(0);
    let periods = || (0..N_YEARS).step_by(YEARS as usize);
    let means: Vec<Array> = periods().map(|n| of_years(&yearly, n)).collect();
    let change = periods().map(|n| (of_years(&kelvin, n) - of_years(&kelvin, 0)).max(()));
    (stack(&means, 0), stack(&change.collect::<Vec<_>>(), 0))
}
