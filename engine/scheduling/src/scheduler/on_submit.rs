//! A client submits a graph: its tasks are entered, equal ones merged with live ones, and the wanted ones set going.

use super::{GraphState, NONE, Scheduler, tasks::TASKS_MAX};
use crate::{
    ClientId, Error, GraphId, ReportMsg, SchedulerAction, SchedulerTask, Submission, TenantId,
};

/// Bits of a priority that order tasks of one user priority: by graph, then depth-first.
const ORDER_BITS: u32 = 48;

impl Scheduler {
    pub(super) fn on_submit(
        &mut self,
        client: ClientId,
        graph: GraphId,
        tenant: TenantId,
        submission: &Submission,
    ) {
        let msg = match self.enter(graph, tenant, submission) {
            Ok((n_new, slots)) => {
                self.out.push(SchedulerAction::Client { client, msg: ReportMsg::Accepted { graph, n_new } });
                self.set_going(client, submission, &slots);
                return self.forget_graph_if_empty(graph);
            }
            Err(error) => ReportMsg::Refused { graph, error },
        };
        self.out.push(SchedulerAction::Client { client, msg });
        self.out.push(SchedulerAction::ForgetGraph { graph });
    }

    /// Enters all tasks that are not live yet. Returns how many, and the slot of each row.
    fn enter(
        &mut self,
        graph: GraphId,
        tenant: TenantId,
        submission: &Submission,
    ) -> Result<(u32, Vec<u32>), Error> {
        submission.check()?;
        let room = TASKS_MAX.saturating_sub(self.tasks.n_live());
        if submission.len() > room {
            return Err(Error::TooManyTasks { n: submission.len(), room });
        }
        let families = self.intern_families(submission);
        self.tasks.reserve(submission.len(), submission.inputs.values().len());
        let slots = self.enter_keys(graph, submission, &families)?;
        let is_new = |scheduler: &Self, row: usize| {
            let cold = &scheduler.tasks.cold[slots[row] as usize];
            cold.graph == graph.0 && cold.row == row as u32
        };
        for (row, inputs) in submission.inputs.rows().enumerate() {
            if is_new(self, row) {
                self.tasks.set_inputs(slots[row], inputs.iter().map(|&input| slots[input as usize]));
            }
        }
        let mut n_new = 0;
        for row in 0..slots.len() {
            if is_new(self, row) {
                self.tasks.reserve_dependents(slots[row]);
                n_new += 1;
            }
        }
        for row in 0..slots.len() {
            if is_new(self, row) {
                self.tasks.link(slots[row], graph.0);
            }
        }
        let tenant = self.tenants.intern(tenant);
        self.graphs.insert(graph.0, GraphState { tenant, n_live: n_new });
        Ok((n_new, slots))
    }

    fn intern_families(&mut self, submission: &Submission) -> Vec<u32> {
        let mut families = Vec::with_capacity(submission.families.len());
        for spec in &submission.families {
            let (family, is_new_class) = self.families.intern(spec);
            // Held until the rows are counted, so that no family of this graph makes way for another.
            self.families.all[family as usize].n_live += 1;
            if is_new_class {
                self.find_eligible();
            }
            families.push(family);
        }
        for &family in &families {
            self.families.all[family as usize].n_live -= 1;
        }
        families
    }

    /// Gives every row a slot: that of the live task with its key, or a new one.
    fn enter_keys(
        &mut self,
        graph: GraphId,
        submission: &Submission,
        families: &[u32],
    ) -> Result<Vec<u32>, Error> {
        let order = self.next_priority;
        self.next_priority += submission.len() as u64;
        let mut slots = Vec::with_capacity(submission.len());
        for (row, &key) in (0..).zip(&submission.keys) {
            if let Some(&slot) = self.tasks.index.get(&key) {
                let cold = &self.tasks.cold[slot as usize];
                if cold.graph == graph.0 {
                    self.take_back(graph, &slots);
                    return Err(Error::DuplicateKey { key });
                }
                slots.push(slot);
                continue;
            }
            let family = families[submission.family[row as usize] as usize];
            let spec = &self.families.of(family).spec;
            let priority = user_priority(spec.priority) | (order + u64::from(submission.priority[row as usize]));
            let (held, retries) = (spec.held, spec.retries);
            self.families.all[family as usize].n_live += 1;
            let slot = self.tasks.insert(key, graph.0, row, family, priority);
            let task = &mut self.tasks.hot[slot as usize];
            task.scattered = held;
            task.retries = u8::try_from(retries).unwrap_or(u8::MAX);
            slots.push(slot);
        }
        Ok(slots)
    }

    /// Undoes [`Scheduler::enter_keys`].
    fn take_back(&mut self, graph: GraphId, slots: &[u32]) {
        for &slot in slots {
            if self.tasks.cold[slot as usize].graph == graph.0 {
                let family = self.tasks.hot[slot as usize].family;
                self.families.all[family as usize].n_live -= 1;
                self.tasks.remove(slot);
            }
        }
    }

    /// The client wants its rows: what is not in memory is made needed.
    fn set_going(&mut self, client: ClientId, submission: &Submission, slots: &[u32]) {
        for &row in &submission.wanted {
            let slot = slots[row as usize];
            if self.want(slot, client) {
                self.serve(slot, client);
            }
        }
        for &slot in slots {
            let task = &self.tasks.hot[slot as usize];
            if task.n_waiters == 0 && task.n_dependents == 0 && task.client == NONE {
                self.loose.push(slot);
            }
        }
    }

    fn forget_graph_if_empty(&mut self, graph: GraphId) {
        if self.graphs.get(&graph.0).is_some_and(|state| state.n_live == 0) {
            self.graphs.remove(&graph.0);
            self.out.push(SchedulerAction::ForgetGraph { graph });
        }
    }

    /// A client has placed a value on workers under a key.
    pub(super) fn on_scatter(
        &mut self,
        client: ClientId,
        key: gristmill_graph::Key,
        nbytes: u64,
        workers: &[crate::WorkerId],
    ) {
        let slot = match self.tasks.index.get(&key) {
            Some(&slot) => slot,
            None => {
                let (family, _) = self.families.intern(&crate::FamilySpec::new("scatter"));
                self.families.all[family as usize].n_live += 1;
                let priority = user_priority(0) | self.next_priority;
                self.next_priority += 1;
                let slot = self.tasks.insert(key, NONE, 0, family, priority);
                self.tasks.hot[slot as usize].scattered = true;
                slot
            }
        };
        self.want(slot, client);
        if self.state_of(slot) == SchedulerTask::Released {
            self.tasks.hot[slot as usize].nbytes = nbytes;
        }
        let nbytes = self.tasks.hot[slot as usize].nbytes;
        let takes = matches!(self.state_of(slot), SchedulerTask::Released | SchedulerTask::Memory);
        for &worker in workers.iter().filter(|_| takes) {
            let is_new = self.workers.get(worker.idx()).is_some_and(|state| state.alive)
                && self.tasks.holder(slot, worker.0).is_none();
            if is_new {
                self.add_holder(slot, worker.0);
                let task = self.tasks.id(slot);
                self.tell_worker(worker.0, crate::SchedulerMsg::Hold { task, key, nbytes });
            }
        }
        if self.state_of(slot) == SchedulerTask::Released && self.tasks.hot[slot as usize].n_holders > 0 {
            self.transition(slot, SchedulerTask::Memory);
        }
        self.serve(slot, client);
    }
}

/// The upper bits of a priority: higher numbers given by a user run first.
fn user_priority(priority: i32) -> u64 {
    let clamped = priority.clamp(i32::from(i16::MIN) + 1, i32::from(i16::MAX));
    ((i64::from(i16::MAX) - i64::from(clamped)) as u64) << ORDER_BITS
}
