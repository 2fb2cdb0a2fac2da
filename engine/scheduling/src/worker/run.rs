//! Running calls.

use super::{NONE, Worker};
use crate::{RunId, SharedError, TaskId, WorkerAction, WorkerMsg, WorkerTask, state::Pause};

impl Worker {
    /// All inputs of a call are here.
    pub(super) fn make_ready(&mut self, call: u32) {
        let (entry, priority) = (self.calls[call].entry, self.calls[call].assignment.priority);
        self.transition(entry, WorkerTask::Ready);
        self.ready.push((priority, call));
    }

    /// Runs calls, the most urgent first, while threads are free.
    pub(super) fn start_calls(&mut self) {
        while self.n_executing < self.config.threads.max(1) && self.may_start() {
            if let Some(call) = self.loaded.pop_front() {
                self.execute(call);
                continue;
            }
            // Inputs are read back for as many calls as there are threads: more would only pin memory.
            if self.n_loading >= self.config.threads.max(1) {
                return;
            }
            let Some(call) = self.next_ready() else { return };
            self.pin(call);
        }
    }

    /// A worker that is full starts nothing, unless nothing else could make room.
    fn may_start(&self) -> bool {
        !self.paused || (self.n_executing == 0 && self.n_spilling == 0)
    }

    fn next_ready(&mut self) -> Option<u32> {
        loop {
            let (priority, call) = self.ready.pop()?;
            let is_it = self.calls.get(call).is_some_and(|state| {
                state.assignment.priority == priority
                    && !state.pinned
                    && self.entries.all[state.entry as usize].state == WorkerTask::Ready
            });
            if is_it {
                return Some(call);
            }
        }
    }

    /// Keeps a call's inputs in memory, and reads back those that are spilled.
    fn pin(&mut self, call: u32) {
        let mut n_waiting = 0;
        for i in 0..self.calls[call].assignment.inputs.len() {
            let Some(entry) = self.entries.find(self.calls[call].assignment.inputs[i].task) else { continue };
            let state = &mut self.entries.all[entry as usize];
            state.n_pins += 1;
            // What is being written will be gone: it is read back then.
            if state.state == WorkerTask::Memory {
                continue;
            }
            n_waiting += 1;
            state.waiters.push(call);
            if state.state == WorkerTask::Spilled {
                self.unspill(entry);
            }
        }
        let state = &mut self.calls[call];
        (state.pinned, state.n_waiting) = (true, n_waiting);
        if n_waiting == 0 {
            self.execute(call);
        } else {
            self.n_loading += 1;
        }
    }

    fn execute(&mut self, call: u32) {
        let state = &self.calls[call];
        let (entry, task, run) = (state.entry, state.assignment.task, state.assignment.run);
        self.n_executing += 1;
        self.transition(entry, WorkerTask::Executing);
        self.out.push(WorkerAction::Execute { task, run });
    }

    pub(super) fn on_executed(&mut self, task: TaskId, run: RunId, nbytes: u64, duration_ns: u64) {
        let Some((entry, state)) = self.end_call(task, run) else { return };
        let was_wanted = state == WorkerTask::Executing;
        if self.entries.all[entry as usize].hold.take().is_some() {
            // The value that was placed is not needed: this is as good.
            self.keep(entry, nbytes);
            return self.answer_next(entry);
        }
        let result = &mut self.entries.all[entry as usize];
        result.run = run;
        result.freed = false;
        if was_wanted {
            self.keep(entry, nbytes);
            self.tell(WorkerMsg::Finished { task, run, nbytes, duration_ns });
        } else if result.next != NONE {
            self.keep(entry, nbytes);
            self.answer_next(entry);
        } else if result.n_users > 0 {
            result.replica = true;
            self.tell(WorkerMsg::Replica { task });
            self.keep(entry, nbytes);
        } else {
            self.transition(entry, WorkerTask::Released);
            self.entries.remove(entry);
            self.out.push(WorkerAction::Drop { task });
        }
    }

    pub(super) fn on_failed(&mut self, task: TaskId, run: RunId, error: SharedError, retryable: bool) {
        let Some((entry, state)) = self.end_call(task, run) else { return };
        self.transition(entry, WorkerTask::Released);
        if state == WorkerTask::Executing {
            self.tell(WorkerMsg::Erred { task, run, error, retryable });
        }
        self.after_call(entry);
    }

    pub(super) fn on_inputs_lost(&mut self, task: TaskId, run: RunId, inputs: &[TaskId]) {
        let Some((entry, state)) = self.end_call(task, run) else { return };
        self.transition(entry, WorkerTask::Released);
        if state == WorkerTask::Executing
            && let Some(&input) = inputs.first()
        {
            self.tell(WorkerMsg::Missing { task, run, input, failed: std::iter::once(self.id).collect() });
        }
        self.after_call(entry);
        inputs.iter().for_each(|&input| self.on_lost(input));
    }

    /// A running call gives its thread up.
    pub(super) fn on_suspended(&mut self, task: TaskId, run: RunId) {
        let Some(call) = self.running(task, run).filter(|&call| self.calls[call].pause != Pause::Now) else {
            return;
        };
        self.calls[call].pause = Pause::Now;
        self.n_executing -= 1;
        self.n_suspended += 1;
        self.tell(WorkerMsg::Suspended { task, run });
    }

    /// It goes on, whether a thread is free or not: what waits for a thread may wait for it.
    pub(super) fn on_resumed(&mut self, task: TaskId, run: RunId) {
        let Some(call) = self.running(task, run).filter(|&call| self.calls[call].pause == Pause::Now) else {
            return;
        };
        self.calls[call].pause = Pause::Over;
        self.n_executing += 1;
        self.n_suspended -= 1;
        self.tell(WorkerMsg::Resumed { task, run });
    }

    /// The call that runs a task, if it is that run.
    fn running(&self, task: TaskId, run: RunId) -> Option<u32> {
        let entry = &self.entries.all[self.entries.find(task)? as usize];
        let runs = matches!(entry.state, WorkerTask::Executing | WorkerTask::Cancelled);
        (runs && self.calls[entry.call].assignment.run == run).then_some(entry.call)
    }

    /// A running call has ended: frees its thread and its inputs. Returns its entry, and the state that it was in.
    fn end_call(&mut self, task: TaskId, run: RunId) -> Option<(u32, WorkerTask)> {
        let ended = self.calls.remove(self.running(task, run)?)?;
        let entry = ended.entry;
        let state = self.entries.all[entry as usize].state;
        match ended.pause {
            Pause::Now => self.n_suspended -= 1,
            _ => self.n_executing -= 1,
        }
        self.entries.all[entry as usize].call = NONE;
        for input in &ended.assignment.inputs {
            if let Some(input) = self.entries.find(input.task) {
                self.unuse(input, true);
            }
        }
        Some((entry, state))
    }
}
