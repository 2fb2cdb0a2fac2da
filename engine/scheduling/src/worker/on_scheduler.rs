//! What the scheduler says.

use super::{
    NONE, Worker,
    entries::{Call, Fetch},
};
use crate::{
    Assignment, InputAt, RunId, SchedulerMsg, TaskId, WorkerAction, WorkerMsg, WorkerTask, state::Pause,
};

impl Worker {
    pub(super) fn on_scheduler_msg(&mut self, msg: SchedulerMsg) {
        match msg {
            SchedulerMsg::Compute(assignment) => self.on_compute(assignment),
            SchedulerMsg::Free { task } => self.on_free(task),
            SchedulerMsg::Cancel { task, run } => self.on_cancel(task, run),
            SchedulerMsg::Steal { task, run } => {
                let given = self.give_back(task, run);
                self.tell(WorkerMsg::Stolen { task, run, given });
            }
            SchedulerMsg::Copy { input, .. } => self.on_copy(&input),
            SchedulerMsg::Hold { task, key, nbytes } => {
                let entry = self.entries.find_or_insert(task);
                let state = &self.entries.all[entry as usize];
                if state.state == WorkerTask::Released {
                    self.out.push(WorkerAction::Hold { task, key });
                    self.keep(entry, nbytes);
                } else if state.state == WorkerTask::Cancelled {
                    self.entries.all[entry as usize].hold = Some(Box::new((key, nbytes)));
                } else if !state.is_here() {
                    // It is on its way here, or being computed: what becomes of that is told.
                    self.tell(WorkerMsg::Dropped { task });
                }
            }
        }
    }

    /// A result is wanted here, though no call uses it.
    fn on_copy(&mut self, input: &InputAt) {
        let task = input.task;
        let entry = self.entries.find_or_insert(task);
        let state = &mut self.entries.all[entry as usize];
        if state.is_here() && !state.lost {
            state.freed = false;
            self.tell(WorkerMsg::Replica { task });
            return;
        }
        if state.copied {
            return;
        }
        if !matches!(state.state, WorkerTask::Released | WorkerTask::Fetch | WorkerTask::Flight) {
            // It is computed here, or was lost here.
            return self.tell(WorkerMsg::Dropped { task });
        }
        (state.copied, state.n_users) = (true, state.n_users + 1);
        if state.state == WorkerTask::Released {
            state.nbytes = input.nbytes;
            state.fetch = Some(Box::new(Fetch { holders: input.holders, ..Fetch::default() }));
            self.transition(entry, WorkerTask::Fetch);
            self.queue_fetch(entry, 0);
        }
    }

    /// What was to be copied is here, or cannot be had.
    pub(super) fn end_copy(&mut self, entry: u32) {
        if std::mem::take(&mut self.entries.all[entry as usize].copied) {
            self.unuse(entry, false);
        }
    }

    fn on_compute(&mut self, assignment: Assignment) {
        let entry = self.entries.find_or_insert(assignment.task);
        let call =
            self.calls.insert(Call { assignment, entry, n_waiting: 0, pinned: false, pause: Pause::Never });
        match self.entries.all[entry as usize].state {
            WorkerTask::Released => self.begin(call),
            // A cancelled run must end, a fetch must end: then it is seen whether anything is left to run.
            _ => {
                let before = std::mem::replace(&mut self.entries.all[entry as usize].next, call);
                if before != NONE {
                    self.calls.remove(before);
                }
                let state = &self.entries.all[entry as usize];
                if state.is_here() && !state.lost {
                    self.answer_next(entry);
                }
            }
        }
    }

    /// The value that a queued call should compute is here already: the call is answered.
    pub(super) fn answer_next(&mut self, entry: u32) {
        let state = &mut self.entries.all[entry as usize];
        let call = std::mem::replace(&mut state.next, NONE);
        if call == NONE {
            return;
        }
        let nbytes = state.nbytes;
        state.freed = false;
        if let Some(call) = self.calls.remove(call) {
            let Assignment { task, run, duration_ns, .. } = call.assignment;
            self.entries.all[entry as usize].run = run;
            self.tell(WorkerMsg::Finished { task, run, nbytes, duration_ns });
        }
    }

    /// Takes up a call: counts it as a user of its inputs, and has those fetched that aren't here.
    pub(super) fn begin(&mut self, call: u32) {
        let entry = self.calls[call].entry;
        self.entries.all[entry as usize].call = call;
        let inputs = std::mem::take(&mut self.calls[call].assignment.inputs);
        let priority = self.calls[call].assignment.priority;
        let mut n_waiting = 0;
        // Workers that need the same inputs at the same time begin with different ones, so as not to queue at one holder.
        let start = (self.id.0.wrapping_mul(0x9e37_79b9) >> 8) as usize % inputs.len().max(1);
        for input in inputs.iter().skip(start).chain(inputs.iter().take(start)) {
            n_waiting += u32::from(!self.use_input(call, input, priority));
        }
        let state = &mut self.calls[call];
        state.assignment.inputs = inputs;
        state.n_waiting = n_waiting;
        if n_waiting == 0 {
            self.make_ready(call);
        } else {
            self.transition(entry, WorkerTask::Waiting);
        }
    }

    /// Counts a use of an input. True if it is here.
    fn use_input(&mut self, call: u32, input: &InputAt, priority: u64) -> bool {
        let entry = self.entries.find_or_insert(input.task);
        let is_told = input.holders.as_slice().contains(&self.id);
        let state = &mut self.entries.all[entry as usize];
        state.n_users += 1;
        if state.is_here() {
            state.freed = false;
            if !is_told && !state.lost {
                self.tell(WorkerMsg::Replica { task: input.task });
            }
            return true;
        }
        state.waiters.push(call);
        let fetch = state.fetch.get_or_insert_default();
        if state.state == WorkerTask::Released {
            fetch.priority = priority;
            state.nbytes = input.nbytes;
            self.transition(entry, WorkerTask::Fetch);
            self.queue_fetch(entry, priority);
        }
        let fetch = self.entries.all[entry as usize].fetch.get_or_insert_default();
        if fetch.n_tries == 0 || fetch.holders.as_slice().is_empty() {
            **fetch = Fetch { holders: input.holders, n_tries: 0, gone: 0, priority: fetch.priority };
        }
        false
    }

    fn on_free(&mut self, task: TaskId) {
        let Some(entry) = self.entries.find(task) else { return };
        if self.entries.all[entry as usize].is_here() {
            self.entries.all[entry as usize].freed = true;
            self.drop_if_freed(entry);
        } else if let Some(hold) = self.entries.all[entry as usize].hold.take() {
            self.out.push(WorkerAction::Hold { task, key: hold.0 });
            self.out.push(WorkerAction::Drop { task });
        }
    }

    fn on_cancel(&mut self, task: TaskId, run: RunId) {
        let Some(entry) = self.entries.find(task) else { return };
        let state = &self.entries.all[entry as usize];
        let (call, next) = (state.call, state.next);
        if next != NONE && self.calls[next].assignment.run == run {
            self.entries.all[entry as usize].next = NONE;
            self.calls.remove(next);
        } else if call != NONE && self.calls[call].assignment.run == run {
            match state.state {
                WorkerTask::Executing => {
                    self.transition(entry, WorkerTask::Cancelled);
                    self.out.push(WorkerAction::Stop { task, run });
                }
                WorkerTask::Cancelled => {}
                _ => self.abandon(call),
            }
        } else if state.is_here() && state.run == run {
            self.entries.all[entry as usize].freed = true;
            self.drop_if_freed(entry);
        }
    }

    /// Gives a call back that has not started.
    fn give_back(&mut self, task: TaskId, run: RunId) -> bool {
        let Some(entry) = self.entries.find(task) else { return false };
        let state = &self.entries.all[entry as usize];
        let waits = matches!(state.state, WorkerTask::Waiting | WorkerTask::Ready);
        let call = state.call;
        if !waits || self.calls[call].assignment.run != run {
            return false;
        }
        self.abandon(call);
        true
    }

    /// Removes a call that has not started, and what only it needed.
    pub(super) fn abandon(&mut self, call: u32) {
        let Some(Call { assignment, entry, n_waiting, pinned, .. }) = self.calls.remove(call) else { return };
        if pinned {
            self.n_loading -= u32::from(n_waiting > 0);
            self.loaded.retain(|&other| other != call);
        }
        self.entries.all[entry as usize].call = NONE;
        self.transition(entry, WorkerTask::Released);
        for input in &assignment.inputs {
            if let Some(input) = self.entries.find(input.task) {
                let state = &mut self.entries.all[input as usize];
                if let Some(at) = state.waiters.iter().position(|&waiter| waiter == call) {
                    state.waiters.swap_remove(at);
                }
                self.unuse(input, pinned);
            }
        }
        self.after_call(entry);
    }

    /// A call has ended without a result: others here may still need it from elsewhere.
    pub(super) fn after_call(&mut self, entry: u32) {
        let state = &mut self.entries.all[entry as usize];
        if let Some(hold) = state.hold.take() {
            let ((key, nbytes), task) = (*hold, state.id);
            state.nbytes = nbytes;
            self.out.push(WorkerAction::Hold { task, key });
            // Wherever it is: who waits for it goes on when it is in memory.
            self.transition(entry, WorkerTask::Spilled);
            self.unspill(entry);
            return self.answer_next(entry);
        }
        let next = std::mem::replace(&mut state.next, NONE);
        if next != NONE {
            self.begin(next);
        } else if state.n_users > 0 {
            let priority = state.fetch.get_or_insert_default().priority;
            self.transition(entry, WorkerTask::Fetch);
            self.queue_fetch(entry, priority);
        } else {
            self.entries.remove(entry);
        }
    }

    /// One use of an input has ended.
    pub(super) fn unuse(&mut self, entry: u32, pinned: bool) {
        let state = &mut self.entries.all[entry as usize];
        state.n_users -= 1;
        state.n_pins -= u32::from(pinned);
        if state.lost && state.n_pins == 0 {
            self.memory_nbytes -= state.nbytes;
            self.forget(entry);
            return;
        }
        if state.n_users > 0 {
            return;
        }
        match state.state {
            WorkerTask::Fetch => {
                let (task, next) = (state.id, std::mem::replace(&mut state.next, NONE));
                self.transition(entry, WorkerTask::Released);
                self.tell(WorkerMsg::Dropped { task });
                if next == NONE {
                    self.entries.remove(entry);
                } else {
                    self.begin(next);
                }
            }
            WorkerTask::Memory => {
                self.touch(entry);
                self.drop_if_freed(entry);
            }
            WorkerTask::Spilling | WorkerTask::Spilled | WorkerTask::Unspilling => self.drop_if_freed(entry),
            _ => {}
        }
    }
}
