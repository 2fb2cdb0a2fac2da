//! What travels on the streams between scheduler, workers and clients.

use std::sync::Arc;

use gristmill_data::TaskError;
use gristmill_graph::{Digest, Graph, Key, TaskRef, TaskTable};
use gristmill_scheduling::{
    Assignment, ClientId, ClientMsg, GraphId, ReportMsg, RunId, SchedulerMsg, TaskId, WorkerId, WorkerMsg,
};
use serde::{Deserialize, Serialize};

use crate::{Epoch, Pass, ResultName, Tenant, Walls};

/// What a scheduler tells a worker.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum ToWorker {
    /// The worker is taken, under this id. Always the first message.
    Welcome {
        /// Its id.
        worker: WorkerId,
        /// The scheduler's run, of which all ids are.
        epoch: Epoch,
        /// What keeps tenants apart.
        walls: Walls,
    },
    /// Where other workers can be reached.
    Peers(Vec<(WorkerId, Arc<str>)>),
    /// A worker is gone.
    PeerGone(WorkerId),
    /// The worker ends.
    End {
        /// Why, for people.
        reason: String,
    },
    /// The layers that tasks of this graph are of. Comes before its first task.
    Graph {
        /// The graph.
        graph: GraphId,
        /// Its layers.
        layers: Arc<Graph>,
        /// The components that its tasks call, with the names that people know them by.
        components: Vec<(Digest, Arc<str>)>,
        /// Whose work it is.
        tenant: Tenant,
    },
    /// No task of this graph will come any more.
    ForgetGraph {
        /// The graph.
        graph: GraphId,
    },
    /// Run these tasks of one graph.
    Compute {
        /// The tasks, in the order of the table's rows.
        assignments: Vec<Assignment>,
        /// What each calls.
        table: Box<TaskTable>,
    },
    /// Anything else that the scheduler's machine says.
    Scheduler(SchedulerMsg),
}

/// What a worker tells the scheduler.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum FromWorker {
    /// What its machine says.
    Worker(WorkerMsg),
    /// Results that it has from before it joined, by key and bytes.
    Brings {
        /// Some of them.
        results: Vec<(Key, u64)>,
        /// Whether these are the last; always said once by a worker that returns.
        last: bool,
    },
    /// A result is kept on disk.
    Kept {
        /// Its key.
        key: Key,
        /// What it is, without what its inputs are, as JSON.
        note: String,
    },
    /// A task has failed: [`WorkerMsg::Erred`].
    Erred {
        /// The task.
        task: TaskId,
        /// The run that was asked for.
        run: RunId,
        /// What went wrong.
        error: TaskError,
        /// Whether another try may help.
        retryable: bool,
    },
}

/// What a client asks of the scheduler.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum FromClient {
    /// What scheduler machines understand.
    Client(ClientMsg),
    /// Values that it wants to bring, with their sizes. Answered by [`ToClient::Placed`].
    Place {
        /// Counted by the client.
        request: u64,
        /// Their keys and bytes.
        values: Vec<(Key, u64)>,
    },
    /// A program. Answered by [`ToClient::Submitted`], before any report of its tasks.
    Submit {
        /// Counted by the client.
        request: u64,
        /// The program.
        program: Arc<SubmitRequest>,
    },
}

/// Where a value should go that a client brings.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Place {
    /// It is there already, and the client wants it from now on.
    There,
    /// To this worker, at `host:port`.
    At(WorkerId, Arc<str>),
    /// There are no workers.
    Nowhere,
}

/// A program without values and code: these have been brought before.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SubmitRequest {
    /// Its tasks.
    pub graph: Graph,
    /// The tasks whose results the client wants.
    pub wanted: Vec<TaskRef>,
    /// The components that they call, with the names that people know them by.
    pub components: Vec<(Digest, Arc<str>)>,
    /// The types of values that the client has brought, in words, by key.
    pub given: Vec<(Key, String)>,
    /// Whether another scheduler had taken it: what has been done is known by now.
    pub again: bool,
}

/// A worker that has a result, and the name of the result there.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Holder {
    /// The result.
    pub name: ResultName,
    /// What the worker asks for.
    pub pass: Pass,
    /// Its bytes in memory.
    pub nbytes: u64,
    /// Where the worker can be reached, as `host:port`.
    pub address: Arc<str>,
}

/// What the scheduler tells a client.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum ToClient {
    /// The client is taken. Always the first message.
    Welcome {
        /// Its id.
        client: ClientId,
    },
    /// The cluster ends, and all results with it.
    End,
    /// What the scheduler's machine reports.
    Report(ReportMsg),
    /// A wanted result is there: [`ReportMsg::InMemory`], and who has it.
    Finished {
        /// The result.
        key: Key,
        /// Who has it.
        holder: Holder,
    },
    /// A wanted task has failed: [`ReportMsg::Erred`].
    Erred {
        /// The wanted task.
        key: Key,
        /// The task that failed first.
        root: Key,
        /// How.
        error: TaskError,
    },
    /// Answer to [`FromClient::Place`]: where each value should go.
    Placed {
        /// Which.
        request: u64,
        /// For each value.
        places: Vec<(Key, Place)>,
    },
    /// Answer to [`FromClient::Submit`].
    Submitted {
        /// Which.
        request: u64,
        /// The keys of the wanted tasks, or why nothing of it runs.
        keys: Result<Vec<Key>, String>,
    },
}
