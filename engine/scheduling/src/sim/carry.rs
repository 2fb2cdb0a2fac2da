//! Carrying out what workers want: calls, transfers, spill files.

use std::sync::Arc;

use super::{
    client::{TaskFailed, value},
    fault::happens,
    network::transfer,
    node::Value,
    run::{Call, DETECT_NS, Happening, Sim},
};
use crate::{
    InputAt, RunId, TaskId, WorkerAction, WorkerEvent, WorkerId, WorkerMsg, WorkerTask, scheduler::Pace,
};

impl Sim<'_> {
    pub(super) fn carry_out(&mut self, worker: WorkerId, action: WorkerAction) -> Result<(), String> {
        match action {
            WorkerAction::Scheduler(msg) => {
                let twice = matches!(msg, WorkerMsg::Finished { .. })
                    && happens(&mut self.random, self.config.faults.duplicate_one_in);
                for _ in 0..if twice { 2 } else { 1 } {
                    let node = &mut self.nodes[worker.idx()];
                    let at = node.up.arrival_ns(self.now_ns, self.config.latency_ns, &mut self.random);
                    self.push_at(at, Happening::FromWorker(worker, msg.clone()));
                }
            }
            WorkerAction::Fetch { task, from, .. } => self.fetch(worker, from, task),
            WorkerAction::Execute { task, run } => self.execute(worker, task, run)?,
            WorkerAction::Stop { task, .. } => {
                self.nodes[worker.idx()].stopped.push(task);
                self.resume_at(worker, Some(task));
            }
            WorkerAction::Hold { task, key } => {
                let node = &mut self.nodes[worker.idx()];
                let value =
                    node.found.remove(&key).ok_or_else(|| format!("{worker} has not found {task}"))?;
                node.store.insert(task, value);
                if value.on_disk {
                    self.at_worker(worker, WorkerEvent::OnDisk { task })?;
                }
            }
            WorkerAction::Drop { task } => {
                let node = &mut self.nodes[worker.idx()];
                if let Some(value) = node.store.remove(&task)
                    && value.on_disk
                {
                    node.disk_nbytes -= value.nbytes;
                }
            }
            WorkerAction::Spill { task } => self.spill(worker, task)?,
            WorkerAction::Unspill { task } => self.unspill(worker, task)?,
        }
        Ok(())
    }

    fn execute(&mut self, worker: WorkerId, task: TaskId, run: RunId) -> Result<(), String> {
        let node = &self.nodes[worker.idx()];
        let Some(assignment) = node.machine.assignment(task) else {
            return Err(format!("{worker} executes {task}, which it has no assignment for"));
        };
        for input in &assignment.inputs {
            if node.store.get(&input.task).is_none_or(|value| value.on_disk) {
                return Err(format!("{worker} executes {task} without {} in memory", input.task));
            }
        }
        let row = assignment.row;
        self.report.n_calls += 1;
        let (duration_ns, call) = (self.graph.duration_ns[row as usize], Call { worker, task, run, row });
        match happens(&mut self.random, self.config.faults.nested_one_in) {
            true => self.push(duration_ns / 2, Happening::Suspends(call)),
            false => self.push(duration_ns, Happening::CallEnds(call)),
        }
        Ok(())
    }

    pub(super) fn call_ends(&mut self, call: Call) -> Result<(), String> {
        let Call { worker, task, run, row } = call;
        let node = &mut self.nodes[worker.idx()];
        if !node.runs {
            return Ok(());
        }
        let stopped = node.stopped.iter().position(|&other| other == task);
        stopped.map(|at| node.stopped.swap_remove(at));
        let flakes = happens(&mut self.random, self.config.faults.flaky_call_one_in)
            && *self.flaked.entry(u64::from(row)).or_default() < 2;
        // A stopped call may still come to its end first.
        let was_stopped = stopped.is_some() && !self.random.one_in(4);
        if self.expected.bad[row as usize] || flakes || was_stopped {
            *self.flaked.entry(u64::from(row)).or_default() += 1;
            let retryable = !self.expected.bad[row as usize];
            let error = Arc::new(TaskFailed { row });
            return self.at_worker(worker, WorkerEvent::Failed { task, run, error, retryable });
        }
        let node = &mut self.nodes[worker.idx()];
        let Some(assignment) = node.machine.assignment(task) else {
            return Err(format!("{worker} ends {task}, which it has no assignment for"));
        };
        let input = |input: &InputAt| node.store.get(&input.task).map_or(0, |value| value.hash);
        let hash = value(row, assignment.inputs.iter().map(input));
        let nbytes = self.graph.nbytes[row as usize];
        node.store.insert(task, Value { hash, nbytes, on_disk: false });
        let duration_ns = self.graph.duration_ns[row as usize];
        self.at_worker(worker, WorkerEvent::Executed { task, run, nbytes, duration_ns })
    }

    pub(super) fn fetch(&mut self, to: WorkerId, from: WorkerId, task: TaskId) {
        let reaches = from.idx() < self.nodes.len()
            && self.nodes[from.idx()].runs
            && !self.splits.contains(&(from.0, to.0))
            && !self.splits.contains(&(to.0, from.0));
        if !reaches {
            let event = WorkerEvent::FetchFailed { task, from, gone: false };
            return self.push(DETECT_NS, Happening::AtWorker(to, event));
        }
        let holder = &self.nodes[from.idx()];
        let value = holder.store.get(&task).copied();
        if value.is_none() && !holder.found.is_empty() {
            return self.push(self.config.latency_ns, Happening::FetchAgain(to, from, task));
        }
        let nbytes = value.map_or(0, |value| value.nbytes);
        let mut duration_ns = nbytes_to_ns(nbytes, self.config.network_nbytes_per_s);
        if value.is_some_and(|value| value.on_disk) {
            duration_ns += self.disk_ns(nbytes);
        }
        let (mut sender, mut receiver) =
            (self.nodes[from.idx()].card.clone(), self.nodes[to.idx()].card.clone());
        let end_ns = transfer(self.now_ns, &mut sender, &mut receiver, duration_ns) + self.config.latency_ns;
        (self.nodes[from.idx()].card, self.nodes[to.idx()].card) = (sender, receiver);
        self.report.moved_nbytes += nbytes;
        self.push_at(end_ns, Happening::Transferred(to, from, task, value));
    }

    pub(super) fn transferred(
        &mut self,
        to: WorkerId,
        from: WorkerId,
        task: TaskId,
        value: Option<Value>,
    ) -> Result<(), String> {
        if !self.nodes[to.idx()].runs {
            return Ok(());
        }
        if !self.nodes[from.idx()].runs {
            return self.at_worker(to, WorkerEvent::FetchFailed { task, from, gone: false });
        }
        let Some(mut value) = value else {
            return self.at_worker(to, WorkerEvent::FetchFailed { task, from, gone: true });
        };
        value.on_disk = false;
        let node = &mut self.nodes[to.idx()];
        if node.machine.state(task) == WorkerTask::Flight {
            node.store.insert(task, value);
        }
        let lie = self.config.faults.lying_sizes && self.random.one_in(2);
        let nbytes = if lie {
            value.nbytes / 2 + self.random.below(value.nbytes as usize + 1) as u64
        } else {
            value.nbytes
        };
        self.at_worker(to, WorkerEvent::Fetched { task, from, nbytes })
    }

    fn disk_ns(&self, nbytes: u64) -> u64 {
        nbytes_to_ns(nbytes, self.config.disk_nbytes_per_s) * self.config.faults.slow_disk.max(1)
    }

    fn spill(&mut self, worker: WorkerId, task: TaskId) -> Result<(), String> {
        let (limit, disk_ns) = (self.config.faults.disk_nbytes, {
            let nbytes = self.nodes[worker.idx()].store.get(&task).map_or(0, |value| value.nbytes);
            self.disk_ns(nbytes)
        });
        let node = &mut self.nodes[worker.idx()];
        let Some(value) = node.store.get_mut(&task) else {
            return Err(format!("{worker} spills {task}, which it doesn't have"));
        };
        if limit > 0 && node.disk_nbytes + value.nbytes > limit {
            self.push(DETECT_NS, Happening::AtWorker(worker, WorkerEvent::SpillFailed { task }));
            return Ok(());
        }
        value.on_disk = true;
        node.disk_nbytes += value.nbytes;
        self.report.spilled_nbytes += value.nbytes;
        node.disk_free_ns = node.disk_free_ns.max(self.now_ns) + disk_ns;
        let at = node.disk_free_ns;
        self.push_at(at, Happening::AtWorker(worker, WorkerEvent::Spilled { task }));
        Ok(())
    }

    fn unspill(&mut self, worker: WorkerId, task: TaskId) -> Result<(), String> {
        let fails = happens(&mut self.random, self.config.faults.bad_disk_one_in);
        let nbytes = self.nodes[worker.idx()].store.get(&task).map_or(0, |value| value.nbytes);
        let disk_ns = self.disk_ns(nbytes);
        let node = &mut self.nodes[worker.idx()];
        let Some(value) = node.store.get_mut(&task) else {
            return Err(format!("{worker} reads back {task}, which it doesn't have"));
        };
        value.on_disk = fails;
        node.disk_nbytes -= if fails { 0 } else { nbytes };
        node.disk_free_ns = node.disk_free_ns.max(self.now_ns) + disk_ns;
        let at = node.disk_free_ns;
        let event = if fails { WorkerEvent::UnspillFailed { task } } else { WorkerEvent::Unspilled { task } };
        self.push_at(at, Happening::AtWorker(worker, event));
        Ok(())
    }
}

fn nbytes_to_ns(nbytes: u64, nbytes_per_s: u64) -> u64 {
    Pace::new(nbytes_per_s).ns(nbytes)
}
