//! Inputs and outputs of the two machines.

use gristmill_graph::Key;

use smallvec::SmallVec;

use crate::{
    ClientId, ClientMsg, GraphId, ReportMsg, RunId, SchedulerMsg, SharedError, TaskId, WorkerId, WorkerInfo,
    WorkerMsg,
};

/// What happens to a scheduler.
#[derive(Clone, Debug)]
pub enum SchedulerEvent {
    /// A worker has joined. It holds nothing yet.
    WorkerJoined {
        /// Its id, new.
        worker: WorkerId,
        /// What it offers.
        info: WorkerInfo,
    },
    /// A worker is gone for good: what it held is lost, what it ran is suspect.
    /// Whatever it still says is ignored.
    WorkerLost {
        /// The worker.
        worker: WorkerId,
    },
    /// A worker is to leave: it is given nothing more, what it holds alone is copied to others, and then it is
    /// [`SchedulerAction::Retired`]. The last worker stays as long as somebody needs what it holds.
    Retire {
        /// The worker.
        worker: WorkerId,
    },
    /// A worker says something.
    Worker {
        /// The worker.
        worker: WorkerId,
        /// What it says.
        msg: WorkerMsg,
    },
    /// A client asks something. Clients need not be announced.
    Client {
        /// The client.
        client: ClientId,
        /// What it asks.
        msg: ClientMsg,
    },
    /// A client is gone: it wants nothing any more.
    ClientLost {
        /// The client.
        client: ClientId,
    },
    /// Nothing but time has passed. To be sent at once while [`Scheduler::pending`](crate::Scheduler::pending),
    /// so that a huge graph is taken in slices between which others are served.
    Tick,
}

/// What a scheduler wants done.
#[derive(Clone, Debug)]
pub enum SchedulerAction {
    /// Send this to a worker.
    Worker {
        /// The worker.
        worker: WorkerId,
        /// The message.
        msg: SchedulerMsg,
    },
    /// Send this to a client.
    Client {
        /// The client.
        client: ClientId,
        /// The message.
        msg: ReportMsg,
    },
    /// A worker that was to leave runs nothing any more, and holds nothing that others do not: it can end.
    Retired {
        /// The worker.
        worker: WorkerId,
    },
    /// No live task refers to this graph any more: its table can be dropped.
    ForgetGraph {
        /// The graph.
        graph: GraphId,
    },
}

/// What happens to a worker.
#[derive(Clone, Debug)]
pub enum WorkerEvent {
    /// The scheduler says something.
    Scheduler(SchedulerMsg),
    /// A fetch has ended well: the value is here.
    Fetched {
        /// The task whose result it is.
        task: TaskId,
        /// Who sent it.
        from: WorkerId,
        /// Its true size in memory.
        nbytes: u64,
    },
    /// A fetch has failed.
    FetchFailed {
        /// The task whose result it is.
        task: TaskId,
        /// Who should have sent it.
        from: WorkerId,
        /// Whether the holder answered that it has no such result: asking it again is vain.
        gone: bool,
    },
    /// A call has returned, and its result is here.
    Executed {
        /// The task.
        task: TaskId,
        /// The run, as in [`WorkerAction::Execute`].
        run: RunId,
        /// Size of the result in memory.
        nbytes: u64,
        /// How long the call took.
        duration_ns: u64,
    },
    /// A call has failed, or has been stopped.
    Failed {
        /// The task.
        task: TaskId,
        /// The run, as in [`WorkerAction::Execute`].
        run: RunId,
        /// What went wrong.
        error: SharedError,
        /// Whether another try may help.
        retryable: bool,
    },
    /// A running call waits for tasks of its own, and gives its thread up until it is [`WorkerEvent::Resumed`].
    Suspended {
        /// The task.
        task: TaskId,
        /// The run, as in [`WorkerAction::Execute`].
        run: RunId,
    },
    /// A suspended call goes on.
    Resumed {
        /// The task.
        task: TaskId,
        /// The run, as in [`WorkerAction::Execute`].
        run: RunId,
    },
    /// A call could not run because inputs are gone with the device that they were on: it is given back.
    InputsLost {
        /// The task.
        task: TaskId,
        /// The run, as in [`WorkerAction::Execute`].
        run: RunId,
        /// The inputs; at least one.
        inputs: SmallVec<[TaskId; 2]>,
    },
    /// A value in memory is on a device.
    OnDevice {
        /// The task whose result it is.
        task: TaskId,
    },
    /// A value that was placed here is in a spill file: the answer to [`WorkerAction::Hold`], before anything else happens.
    OnDisk {
        /// The task whose result it is.
        task: TaskId,
    },
    /// A value in memory is gone with the device that it was on, as whoever looked has found.
    Lost {
        /// The task whose result it was.
        task: TaskId,
    },
    /// A value has been written to a spill file, and no longer takes memory.
    Spilled {
        /// The task whose result it is.
        task: TaskId,
    },
    /// A value could not be spilled, for instance for want of disk; it stays in memory.
    SpillFailed {
        /// The task whose result it is.
        task: TaskId,
    },
    /// A value has been read back from its spill file.
    Unspilled {
        /// The task whose result it is.
        task: TaskId,
    },
    /// A spill file could not be read, back into memory or by whoever else looked into it: the value is lost.
    UnspillFailed {
        /// The task whose result it is.
        task: TaskId,
    },
    /// What guests have in memory has been measured.
    Guests {
        /// Their linear memory, in bytes.
        nbytes: u64,
    },
}

/// What a worker wants done.
#[derive(Clone, Debug)]
pub enum WorkerAction {
    /// Send this to the scheduler.
    Scheduler(WorkerMsg),
    /// Copy a result from another worker; answer [`WorkerEvent::Fetched`] or [`WorkerEvent::FetchFailed`].
    Fetch {
        /// The task whose result it is.
        task: TaskId,
        /// The worker to ask.
        from: WorkerId,
        /// The size expected.
        nbytes: u64,
    },
    /// Call the task's function: all inputs are here and in memory.
    /// [`Worker::assignment`](crate::Worker::assignment) has graph, row and inputs.
    /// Answer [`WorkerEvent::Executed`] or [`WorkerEvent::Failed`].
    Execute {
        /// The task.
        task: TaskId,
        /// The run.
        run: RunId,
    },
    /// Stop this call if that is possible; it is answered all the same.
    Stop {
        /// The task.
        task: TaskId,
        /// The run.
        run: RunId,
    },
    /// The value placed here under this key is this task's result.
    Hold {
        /// The task.
        task: TaskId,
        /// The key it was scattered under.
        key: Key,
    },
    /// Drop this value, wherever it is, its spill file too.
    Drop {
        /// The task whose result it is.
        task: TaskId,
    },
    /// Write this value to a spill file, and keep it readable for peers meanwhile; answer [`WorkerEvent::Spilled`] or [`WorkerEvent::SpillFailed`].
    Spill {
        /// The task whose result it is.
        task: TaskId,
    },
    /// Read this value back into memory; answer [`WorkerEvent::Unspilled`] or [`WorkerEvent::UnspillFailed`].
    Unspill {
        /// The task whose result it is.
        task: TaskId,
    },
}
