//! How long a device takes, by its own clock where it has one.

use std::time::Instant;

use wgpu::{BufferUsages, Features, QuerySet, QueryType};

use super::Device;
use super::owner::Owner;
use crate::Error;

/// What a device needs to note the time between two commands.
pub(crate) const CLOCK: Features = Features::TIMESTAMP_QUERY.union(Features::TIMESTAMP_QUERY_INSIDE_ENCODERS);

/// Bytes of two readings.
const NBYTES: u64 = 16;

/// How often the runs are timed.
const TIMES: usize = 3;

impl Device {
    /// The least of some times of [`Device::seconds`].
    ///
    /// # Errors
    /// As the runs and the device fail.
    pub(crate) fn least_seconds(
        &self,
        n_runs: u32,
        mut run: impl FnMut() -> Result<(), Error>,
    ) -> Result<f64, Error> {
        (0..TIMES).try_fold(f64::INFINITY, |least, _| {
            self.seconds(n_runs, &mut run).map(|seconds| least.min(seconds))
        })
    }

    /// Seconds that the device takes for each of some runs in a row. Two before do not count: those compile shaders and
    /// make buffers.
    ///
    /// Without a clock of the device it is the host's: what so many more runs take than one, so that waiting does not count.
    ///
    /// # Errors
    /// As the runs and the device fail.
    fn seconds(&self, n_runs: u32, mut run: impl FnMut() -> Result<(), Error>) -> Result<f64, Error> {
        let n_runs = n_runs.max(1);
        let mut several = |n: u32| (0..n).try_for_each(|_| run());
        several(2)?;
        let seconds = match self.run(Owner::start_stopwatch)? {
            Some(set) => {
                several(n_runs)?;
                self.stop_stopwatch(set)?
            }
            None => {
                self.wait()?;
                let mut timed = |n: u32| {
                    let start = Instant::now();
                    several(n)?;
                    self.wait()?;
                    Ok::<f64, Error>(start.elapsed().as_secs_f64())
                };
                let one = timed(1)?;
                timed(1 + n_runs)? - one
            }
        };
        // Too short for the clock.
        Ok(seconds.max(1e-9) / f64::from(n_runs))
    }

    fn stop_stopwatch(&self, set: QuerySet) -> Result<f64, Error> {
        let (read, period_ns) = self.run(move |owner| {
            let resolved = owner.device.create_buffer(&wgpu::BufferDescriptor {
                label: None,
                size: NBYTES,
                usage: BufferUsages::QUERY_RESOLVE | BufferUsages::COPY_SRC,
                mapped_at_creation: false,
            });
            let read = owner.allocate(NBYTES, 0)?;
            let encoder = owner.encoder();
            encoder.write_timestamp(&set, 1);
            encoder.resolve_query_set(&set, 0..2, &resolved, 0);
            encoder.copy_buffer_to_buffer(&resolved, 0, read.raw(), 0, NBYTES);
            Ok((read, owner.queue.get_timestamp_period()))
        })?;
        let notes = self.words(&read, 0, NBYTES / 4)?;
        let ticks: &[u64] = bytemuck::try_cast_slice(&notes).unwrap_or_default();
        let n_ticks = match ticks {
            [start, end] => end.saturating_sub(*start),
            _ => 0,
        };
        Ok(n_ticks as f64 * f64::from(period_ns) * 1e-9)
    }
}

impl Owner {
    /// Has the device note when all is done that was asked before; nothing, if it has no clock.
    fn start_stopwatch(&mut self) -> Result<Option<QuerySet>, Error> {
        self.check_alive()?;
        if !self.device.features().contains(CLOCK) {
            return Ok(None);
        }
        let descriptor = wgpu::QuerySetDescriptor { label: None, ty: QueryType::Timestamp, count: 2 };
        let set = self.device.create_query_set(&descriptor);
        self.encoder().write_timestamp(&set, 0);
        Ok(Some(set))
    }
}
