//! What a simulation found.

/// Figures of one simulated run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SimReport {
    /// Simulated time until the last wanted result was reported.
    pub makespan_ns: u64,
    /// Bytes sent between workers.
    pub moved_nbytes: u64,
    /// Bytes written to spill files.
    pub spilled_nbytes: u64,
    /// The most bytes in memory on any worker.
    pub peak_worker_nbytes: u64,
    /// The most bytes in memory on all workers together.
    pub peak_nbytes: u64,
    /// Schedulers started anew.
    pub n_restarts: u32,
    /// Workers that have left when they were asked to.
    pub n_retired: u32,
    /// Calls begun.
    pub n_calls: u64,
    /// Events the scheduler took in.
    pub n_events: u64,
    /// Actions the scheduler asked for.
    pub n_actions: u64,
    /// Real time spent in the scheduler, if measured.
    pub scheduler_ns: u64,
    /// Real time that the scheduler had taken when it sent the first task, if measured.
    pub first_ns: u64,
    /// Real time that the scheduler had taken when all tasks were entered, if measured;
    /// with what it did for the first tasks meanwhile.
    pub submit_ns: u64,
    /// Real time spent in the workers' machines, if measured.
    pub worker_ns: u64,
    /// Bytes of the scheduler's tables after the submit.
    pub table_nbytes: u64,
    /// Hash of every decision of the scheduler, with its time.
    pub trace: u64,
}

impl SimReport {
    /// Takes a word into the trace.
    pub(super) fn trace_word(&mut self, word: u64) {
        self.trace = (self.trace.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}
