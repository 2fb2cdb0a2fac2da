//! The model: delays by hour, rolled over months, compared with carriers, summarised.
//!
//! Everything is in a fixed order, so the same input gives the same bytes on every machine.

use gristmill_plugin::{Result, Table, TaskError};

/// A carrier needs this many flights to be the best one.
const CARRIER_FLIGHTS_MIN: i64 = 100;
/// Hours are 0 to 24: some files write midnight as 24.
const HOURS: usize = 25;

/// Flights that left and the sum of their delays, by hour; none for hours that do not occur.
struct Hours([Option<(i64, f64)>; HOURS]);

impl Hours {
    fn new() -> Self {
        Self([None; HOURS])
    }

    fn add(&mut self, hour: i64, n: i64, delay: f64) -> Result<()> {
        let slot = usize::try_from(hour).ok().and_then(|hour| self.0.get_mut(hour));
        let slot = slot.ok_or_else(|| TaskError::out_of_range(format!("hour {hour} is not 0 to 24")))?;
        let (flights, total) = slot.get_or_insert_default();
        *flights += n;
        *total += delay;
        Ok(())
    }

    /// One row for each hour; no mean where no flight left.
    fn into_table(self) -> Result<Table> {
        let (mut hours, mut ns, mut means) = (Vec::new(), Vec::new(), Vec::new());
        for (hour, slot) in (0i64..).zip(self.0) {
            if let Some((n, total)) = slot {
                hours.push(hour);
                ns.push(n);
                means.push((n > 0).then(|| total / n as f64));
            }
        }
        Table::builder().column("hour", hours).column("n", ns).column("mean_delay", means).finish()
    }
}

pub(crate) fn clean(flights: &Table) -> Result<Table> {
    let (hours, delays) = (flights.column::<i64>("hour")?, flights.column::<f64>("dep_delay")?);
    flights.filter(|row| hours.is_valid(row) && delays.is_valid(row))
}

pub(crate) fn by_hour(flights: &Table) -> Result<Table> {
    let (hours, delays) = (flights.column::<i64>("hour")?, flights.column::<f64>("dep_delay")?);
    let mut model = Hours::new();
    for (hour, delay) in hours.iter().zip(delays.iter()) {
        if let Some(hour) = hour {
            model.add(hour, i64::from(delay.is_some()), delay.unwrap_or_default())?;
        }
    }
    model.into_table()
}

pub(crate) fn roll(months: &[Table]) -> Result<Table> {
    let mut model = Hours::new();
    for month in months {
        let (hours, ns) = (month.column::<i64>("hour")?, month.column::<i64>("n")?);
        let means = month.column::<f64>("mean_delay")?;
        for ((hour, n), mean) in hours.iter().zip(ns.iter()).zip(means.iter()) {
            if let (Some(hour), Some(n)) = (hour, n) {
                model.add(hour, n, n as f64 * mean.unwrap_or_default())?;
            }
        }
    }
    model.into_table()
}

pub(crate) fn compare(rolled: &Table, scores: &Table, month: i64) -> Result<Table> {
    let (hours, means) = (rolled.column::<i64>("hour")?, rolled.column::<f64>("mean_delay")?);
    let worst = hours.iter().zip(means.iter()).filter_map(|(hour, mean)| Some((hour?, mean?)));
    let worst = worst.reduce(|a, b| if b.1 > a.1 || (b.1 == a.1 && b.0 < a.0) { b } else { a });

    let (carriers, flights) = (scores.column::<&str>("carrier")?, scores.column::<i64>("n")?);
    let shares = scores.column::<f64>("score")?;
    let rows =
        (0..scores.n_rows()).filter(|&row| flights.get(row).unwrap_or_default() >= CARRIER_FLIGHTS_MIN);
    let best = rows.filter_map(|row| Some((carriers.get(row)?, shares.get(row)?)));
    let best = best.reduce(|a, b| if b.1 < a.1 || (b.1 == a.1 && b.0 < a.0) { b } else { a });

    Table::builder()
        .column("month", vec![month])
        .column("worst_hour", vec![worst.map(|(hour, _)| hour)])
        .column("worst_hour_delay", vec![worst.map(|(_, delay)| delay)])
        .column("best_carrier", vec![best.map(|(carrier, _)| carrier)])
        .column("best_carrier_score", vec![best.map(|(_, score)| score)])
        .column("n", vec![flights.iter().flatten().sum::<i64>()])
        .finish()
}

pub(crate) fn summarise(comparisons: &[Table]) -> Result<Table> {
    let all = Table::concat(comparisons)?;
    if comparisons.is_empty() {
        return Ok(all);
    }
    let months = all.column::<i64>("month")?;
    // An insertion sort: a year has twelve rows, and the standard sorts are large.
    let mut rows: Vec<usize> = Vec::with_capacity(all.n_rows());
    for row in 0..all.n_rows() {
        rows.insert(rows.partition_point(|&earlier| months.get(earlier) <= months.get(row)), row);
    }
    all.take(&rows)
}
