//! Sending tasks to workers, ending their runs, and the queues between.

use std::collections::hash_map;

use super::{ANYWHERE, Cargo, Flight, NONE, Scheduler, workers::Run};
use crate::{
    Assignment, GraphId, Holders, InputAt, RunId, SchedulerMsg, SchedulerTask, WorkerId,
    heap::{Entry, Heap},
    policy::arrival,
    state::Pause,
};

/// Entries of a queue looked at to find a task that frees bytes.
const FREEING_SAMPLED_MAX: usize = 16;

/// Tasks per thread that a worker may be sent ahead of time for their inputs to be fetched.
const PREFETCHED_PER_THREAD_MAX: u32 = 4;
/// Bytes fetched ahead of time: what the network carries in this part of a second, ...
const PREFETCHED_PER_S_SHARE: u64 = 4;
/// ... and at most this part of the memory.
const PREFETCHED_MEMORY_SHARE: u64 = 16;

/// Which tasks a worker may be given, by how full it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Brake {
    /// Any.
    Off,
    /// No roots.
    Roots,
    /// Only tasks that free bytes.
    All,
}

/// Where a task to run next was found.
#[derive(Clone, Copy, Debug)]
enum Found {
    ForWorker(usize),
    ForClass(u32),
    Root(usize),
}

impl Scheduler {
    pub(super) fn expected_duration_ns(&self, slot: u32) -> u64 {
        let family = self.families.of(self.tasks.hot[slot as usize].family);
        family.duration_ns.unwrap_or(self.config.unknown_duration_ns)
    }

    pub(super) fn expected_nbytes(&self, slot: u32) -> u64 {
        let family = self.families.of(self.tasks.hot[slot as usize].family);
        family.nbytes.unwrap_or_default()
    }

    pub(super) fn class_of(&self, slot: u32) -> u32 {
        self.families.of(self.tasks.hot[slot as usize].family).class
    }

    /// Sends a runnable task to a worker.
    pub(super) fn send(&mut self, slot: u32, worker: u32) {
        if self.state_of(slot) == SchedulerTask::Queued {
            self.leave_queue(slot);
        }
        let run = RunId(self.next_run);
        self.next_run = self.next_run.wrapping_add(1);
        let (duration_ns, nbytes) = (self.expected_duration_ns(slot), self.expected_nbytes(slot));
        let mut inputs = smallvec::SmallVec::with_capacity(self.tasks.n_inputs(slot) as usize);
        for at in self.tasks.inputs_range(slot) {
            let input = self.tasks.edge(at);
            inputs.push(self.input_at(input, worker));
        }
        let class = self.class_of(slot);
        let state = &mut self.workers[worker as usize];
        let mark = state.processing.len() as u32;
        state.processing.push(Run {
            slot,
            run,
            duration_ns,
            output_nbytes: nbytes,
            thief: NONE,
            pause: Pause::Never,
        });
        state.occupancy_ns += duration_ns;
        state.output_nbytes += nbytes;
        if class != ANYWHERE {
            for &(resource, amount) in &self.families.classes[class as usize].resources {
                state.resources[resource as usize] -= amount;
            }
        }
        self.n_processing += 1;
        let task = &mut self.tasks.hot[slot as usize];
        (task.worker, task.mark) = (worker, mark);
        let priority = task.priority;
        self.transition(slot, SchedulerTask::Processing);
        let cold = &self.tasks.cold[slot as usize];
        let (graph, row) = (GraphId(cold.graph), cold.row);
        let tenant = self.tenant_of(slot);
        self.tenants.all[tenant as usize].pass_ns += duration_ns.max(1);
        let task = self.tasks.id(slot);
        let msg = SchedulerMsg::Compute(Assignment {
            task,
            run,
            graph,
            row,
            priority,
            duration_ns,
            nbytes,
            inputs,
        });
        self.tell_worker(worker, msg);
    }

    /// Where a worker finds an input: the holder first that has the least to send.
    pub(super) fn input_at(&mut self, input: u32, worker: u32) -> InputAt {
        let (task, nbytes) = (self.tasks.id(input), self.tasks.hot[input as usize].nbytes);
        let mut holders = Holders::default();
        if self.tasks.holder(input, worker).is_some() {
            holders.push(WorkerId(worker));
            return InputAt { task, nbytes, holders };
        }
        let all = self.tasks.holders(input).iter().map(|holder| holder.worker());
        let source = all.clone().min_by_key(|&holder| self.outgoing_ns(holder)).unwrap_or(NONE);
        let others = all.filter(|&holder| holder != source);
        std::iter::once(source).chain(others).for_each(|holder| holders.push(WorkerId(holder)));
        if let hash_map::Entry::Vacant(flight) = self.flights.entry(Flight { task, worker }) {
            flight.insert(Cargo { nbytes, source });
            self.workers[worker as usize].incoming_nbytes += nbytes;
            self.workers[source as usize].outgoing_nbytes += nbytes;
        }
        InputAt { task, nbytes, holders }
    }

    /// Time that a worker needs to send what it has been asked for.
    pub(super) fn outgoing_ns(&self, worker: u32) -> u64 {
        let state = &self.workers[worker as usize];
        state.network.ns(state.outgoing_nbytes)
    }

    /// Takes a processing task off its worker, which may have room then.
    pub(super) fn end_run(&mut self, slot: u32) -> Run {
        let (worker, mark) =
            (self.tasks.hot[slot as usize].worker, self.tasks.hot[slot as usize].mark as usize);
        let class = self.class_of(slot);
        let state = &mut self.workers[worker as usize];
        let run = state.processing.swap_remove(mark);
        if let Some(moved) = state.processing.get(mark) {
            self.tasks.hot[moved.slot as usize].mark = mark as u32;
        }
        state.occupancy_ns -= run.duration_ns;
        state.output_nbytes -= run.output_nbytes;
        state.n_asked -= u32::from(run.thief != NONE);
        state.n_suspended -= u32::from(run.pause == Pause::Now);
        self.n_suspended -= usize::from(run.pause == Pause::Now);
        if class != ANYWHERE {
            for &(resource, amount) in &self.families.classes[class as usize].resources {
                state.resources[resource as usize] += amount;
            }
        }
        self.n_processing -= 1;
        self.tasks.hot[slot as usize].worker = NONE;
        self.wake(worker);
        if class != ANYWHERE {
            self.shared_added |= self.n_shared > 0;
        }
        run
    }

    /// The processing task that a worker speaks of, if it is that run.
    pub(super) fn processing(&self, task: crate::TaskId, worker: u32, run: RunId) -> Option<u32> {
        let slot = self.tasks.slot(task)?;
        let hot = &self.tasks.hot[slot as usize];
        let is_it = hot.state == SchedulerTask::Processing
            && hot.worker == worker
            && self.workers[worker as usize].processing[hot.mark as usize].run == run;
        is_it.then_some(slot)
    }

    /// A task waits for tasks of its own: its worker may have others meanwhile. How long it takes after that is not known,
    /// and counts for nothing.
    pub(super) fn on_suspended(&mut self, worker: u32, slot: u32) {
        let mark = self.tasks.hot[slot as usize].mark as usize;
        let state = &mut self.workers[worker as usize];
        let run = &mut state.processing[mark];
        if run.pause != Pause::Now {
            run.pause = Pause::Now;
            state.occupancy_ns -= std::mem::take(&mut run.duration_ns);
            state.n_suspended += 1;
            self.n_suspended += 1;
            self.wake(worker);
        }
    }

    pub(super) fn on_resumed(&mut self, worker: u32, slot: u32) {
        let mark = self.tasks.hot[slot as usize].mark as usize;
        let state = &mut self.workers[worker as usize];
        let run = &mut state.processing[mark];
        if run.pause == Pause::Now {
            run.pause = Pause::Over;
            state.n_suspended -= 1;
            self.n_suspended -= 1;
        }
    }

    pub(super) fn tenant_of(&self, slot: u32) -> u32 {
        if self.tenants.all.len() <= 1 {
            return 0;
        }
        self.graphs.get(&self.tasks.cold[slot as usize].graph).map_or(0, |graph| graph.tenant)
    }

    pub(super) fn entry(&self, slot: u32) -> Entry {
        (self.tasks.hot[slot as usize].priority, slot)
    }

    /// Queues a runnable task for one worker.
    pub(super) fn enqueue_for(&mut self, slot: u32, worker: u32) {
        let (entry, tenant) = (self.entry(slot), self.tenant_of(slot));
        self.tenants.entered(tenant);
        self.tenants.all[tenant as usize].push_for_worker(worker, entry);
        // It will occupy one of the threads, or the network card, which is as bad as all of them.
        let transfer_ns = arrival(self, slot, worker).transfer_ns;
        let state = &self.workers[worker as usize];
        let work_ns = self.expected_duration_ns(slot).max(transfer_ns * u64::from(state.info.threads));
        let work_us = u32::try_from(work_ns / 1000).unwrap_or(u32::MAX);
        let state = &mut self.workers[worker as usize];
        state.n_held += 1;
        state.held_ns += u64::from(work_us) * 1000;
        let task = &mut self.tasks.hot[slot as usize];
        (task.worker, task.mark) = (worker, work_us);
        self.n_queued += 1;
        self.transition(slot, SchedulerTask::Queued);
    }

    /// Queues a runnable task for whichever worker of its class has room first.
    pub(super) fn enqueue_shared(&mut self, slot: u32) {
        let (entry, tenant, class) = (self.entry(slot), self.tenant_of(slot), self.class_of(slot));
        self.tenants.all[tenant as usize].push_for_class(class, entry);
        self.mark_shared(slot, tenant);
    }

    /// Notes that a task is in a queue that no worker owns.
    pub(super) fn mark_shared(&mut self, slot: u32, tenant: u32) {
        self.tenants.entered(tenant);
        self.tasks.hot[slot as usize].worker = NONE;
        self.n_queued += 1;
        self.n_shared += 1;
        self.shared_added = true;
        self.transition(slot, SchedulerTask::Queued);
    }

    /// A task leaves its queue; its entry stays there, stale.
    pub(super) fn leave_queue(&mut self, slot: u32) {
        let task = &self.tasks.hot[slot as usize];
        let (worker, mark) = (task.worker, task.mark);
        if worker == NONE {
            self.n_shared -= 1;
        } else {
            let state = &mut self.workers[worker as usize];
            state.n_held -= 1;
            state.held_ns -= u64::from(mark) * 1000;
        }
        self.n_queued -= 1;
        let tenant = self.tenant_of(slot);
        self.tenants.all[tenant as usize].n_queued -= 1;
    }

    /// Whether a queue's entry still stands for the task it was made for.
    pub(super) fn is_valid(&self, entry: Entry) -> bool {
        let task = &self.tasks.hot[entry.1 as usize];
        task.priority == entry.0 && task.state == SchedulerTask::Queued
    }

    pub(super) fn wake(&mut self, worker: u32) {
        let state = &mut self.workers[worker as usize];
        if state.takes_work() && !state.woken {
            state.woken = true;
            self.woken.push(worker);
        }
    }

    /// Whether a worker takes one more task: it keeps a little more than its threads need,
    /// and of tiny tasks enough to outlast the time in which more can be sent.
    pub(super) fn has_room(&self, worker: u32) -> bool {
        let state = &self.workers[worker as usize];
        if !state.takes_work() || state.paused {
            return false;
        }
        let (n, threads) = (state.n_running() as u64, u64::from(state.info.threads));
        let percent = self.policy.saturation_percent();
        let queued_max = threads * u64::from(self.config.queued_tasks_max);
        n * 100 < (threads * u64::from(percent)).next_multiple_of(100)
            || (state.occupancy_ns < threads * self.config.queued_work_ns && n < queued_max)
    }

    /// Whether a worker without room may be sent a task whose inputs it must fetch first:
    /// its network card is kept busy, so that the inputs are there when a thread is free.
    pub(super) fn may_prefetch(&self, worker: u32, slot: u32) -> bool {
        let state = &self.workers[worker as usize];
        let n_max = state.info.threads * PREFETCHED_PER_THREAD_MAX;
        let nbytes_max = (state.info.network_nbytes_per_s / PREFETCHED_PER_S_SHARE)
            .min(state.info.memory_limit_nbytes / PREFETCHED_MEMORY_SHARE);
        state.takes_work()
            && !state.paused
            && state.n_running() < n_max as usize
            && state.incoming_nbytes < nbytes_max
            && self.brake(worker) == Brake::Off
            && self.tasks.inputs(slot).iter().any(|&input| self.tasks.holder(input, worker).is_none())
    }

    pub(super) fn brake(&self, worker: u32) -> Brake {
        let state = &self.workers[worker as usize];
        if state.exceeds(self.config.brake_all_percent) {
            Brake::All
        } else if state.exceeds(self.config.brake_roots_percent) {
            Brake::Roots
        } else {
            Brake::Off
        }
    }

    /// Whether the brake lets this task through.
    pub(super) fn passes(&self, slot: u32, brake: Brake) -> bool {
        match brake {
            Brake::Off => true,
            Brake::Roots => self.tasks.n_inputs(slot) > 0,
            Brake::All => self.frees_bytes(slot),
        }
    }

    /// Whether a task's end sets more bytes free than its result takes.
    fn frees_bytes(&self, slot: u32) -> bool {
        if self.tasks.n_inputs(slot) == 0 {
            return false;
        }
        let last_use = |&input: &u32| {
            let task = &self.tasks.hot[input as usize];
            task.n_waiters == 1 && task.client == NONE
        };
        let inputs = self.tasks.inputs(slot).iter().copied().filter(last_use);
        let freed: u64 = inputs.map(|input| self.tasks.hot[input as usize].nbytes).sum();
        freed >= self.expected_nbytes(slot)
    }

    /// Gives a worker tasks until it has no room or there is nothing for it.
    pub(super) fn fill(&mut self, worker: u32) {
        self.workers[worker as usize].braked = false;
        while self.has_room(worker) {
            let brake = self.brake(worker);
            match self.draw(worker, brake) {
                Some(slot) => self.send(slot, worker),
                None => return self.starve(worker),
            }
        }
        while let Some(slot) = self.draw_to_prefetch(worker) {
            self.send(slot, worker);
        }
    }

    /// The next of a worker's own tasks, if it should be sent ahead of time.
    fn draw_to_prefetch(&mut self, worker: u32) -> Option<u32> {
        if self.workers[worker as usize].n_held == 0 {
            return None;
        }
        for tenant in 0..self.tenants.all.len() {
            let Some((entry, at)) = self.peek_for_worker(tenant, worker, Brake::Off) else { continue };
            if self.may_prefetch(worker, entry.1) {
                self.tenants.all[tenant].for_worker[worker as usize].take_at(at);
                return Some(entry.1);
            }
        }
        None
    }

    /// The task that a worker runs next: of the tenant in turn, the one of the smallest priority.
    pub(super) fn draw(&mut self, worker: u32, brake: Brake) -> Option<u32> {
        if self.n_queued == 0 {
            return None;
        }
        let mut turns = std::mem::take(&mut self.turns);
        self.tenants.in_turn(&mut turns);
        let drawn = turns.iter().find_map(|&tenant| self.draw_of(tenant as usize, worker, brake));
        self.turns = turns;
        drawn
    }

    fn draw_of(&mut self, tenant: usize, worker: u32, brake: Brake) -> Option<u32> {
        let mut best: Option<(Entry, Found)> = None;
        let mut consider = |entry: Entry, found: Found| {
            if best.is_none_or(|(other, _)| entry < other) {
                best = Some((entry, found));
            }
        };
        if self.workers[worker as usize].n_held > 0
            && let Some((entry, back)) = self.peek_for_worker(tenant, worker, brake)
        {
            consider(entry, Found::ForWorker(back));
        }
        if self.n_shared > 0 {
            for class in 0..self.tenants.all[tenant].for_class.len() as u32 {
                if let Some(entry) = self.peek_for_class(tenant, class, worker, brake) {
                    consider(entry, Found::ForClass(class));
                }
            }
            if let Some((entry, set)) = self.peek_root(tenant, worker, brake) {
                consider(entry, Found::Root(set));
            }
        }
        let (entry, found) = best?;
        let queues = &mut self.tenants.all[tenant];
        match found {
            Found::ForWorker(at) => {
                queues.for_worker[worker as usize].take_at(at);
            }
            Found::ForClass(class) => {
                queues.for_class[class as usize].pop();
            }
            Found::Root(set) => {
                queues.roots[set].advance(worker);
                if queues.roots[set].is_empty() {
                    queues.roots.remove(set);
                }
            }
        }
        Some(entry.1)
    }

    /// The first of a worker's own tasks that the brake lets through, and its place in the heap.
    fn peek_for_worker(&mut self, tenant: usize, worker: u32, brake: Brake) -> Option<(Entry, usize)> {
        let heap = self.tenants.all[tenant].for_worker.get_mut(worker as usize)?;
        let mut heap = std::mem::take(heap);
        self.drop_stale(&mut heap, worker);
        let found = match brake {
            Brake::Off | Brake::Roots => heap.peek().map(|entry| (entry, 0)),
            Brake::All => {
                let sampled = heap.iter().zip(0..FREEING_SAMPLED_MAX);
                let passes =
                    |&(entry, _): &(Entry, usize)| self.is_for(entry, worker) && self.passes(entry.1, brake);
                sampled.filter(passes).min()
            }
        };
        self.workers[worker as usize].braked |= found.is_none() && !heap.is_empty();
        self.tenants.all[tenant].for_worker[worker as usize] = heap;
        found
    }

    fn peek_for_class(&mut self, tenant: usize, class: u32, worker: u32, brake: Brake) -> Option<Entry> {
        let heap = &mut self.tenants.all[tenant].for_class[class as usize];
        if heap.is_empty() || !self.may_run(class, worker) {
            return None;
        }
        let mut heap = std::mem::take(&mut self.tenants.all[tenant].for_class[class as usize]);
        self.drop_stale(&mut heap, NONE);
        let found = heap.peek();
        self.tenants.all[tenant].for_class[class as usize] = heap;
        let entry = found?;
        let passes = self.passes(entry.1, brake);
        self.workers[worker as usize].braked |= !passes;
        passes.then_some(entry)
    }

    fn peek_root(&mut self, tenant: usize, worker: u32, brake: Brake) -> Option<(Entry, usize)> {
        if brake != Brake::Off {
            self.workers[worker as usize].braked |= !self.tenants.all[tenant].roots.is_empty();
            return None;
        }
        let mut best: Option<(Entry, usize)> = None;
        let mut set = 0;
        while set < self.tenants.all[tenant].roots.len() {
            let Some(entry) = self.tenants.all[tenant].roots[set].head(worker, &mut self.random) else {
                self.tenants.all[tenant].roots.remove(set);
                continue;
            };
            if !self.is_for(entry, NONE) {
                self.tenants.all[tenant].roots[set].advance(worker);
                continue;
            }
            if best.is_none_or(|(other, _)| entry < other) {
                best = Some((entry, set));
            }
            set += 1;
        }
        best
    }

    /// Whether an entry of this worker's queue, or of no worker's, is valid.
    pub(super) fn is_for(&self, entry: Entry, worker: u32) -> bool {
        self.is_valid(entry) && self.tasks.hot[entry.1 as usize].worker == worker
    }

    fn drop_stale(&self, heap: &mut Heap, worker: u32) {
        while heap.peek().is_some_and(|entry| !self.is_for(entry, worker)) {
            heap.pop();
        }
    }

    /// Whether a worker may run tasks of a class now.
    pub(super) fn may_run(&self, class: u32, worker: u32) -> bool {
        if class == ANYWHERE {
            return true;
        }
        let class = &self.families.classes[class as usize];
        let state = &self.workers[worker as usize];
        class.eligible.contains(&worker)
            && class.resources.iter().all(|&(resource, amount)| {
                state.resources.get(resource as usize).is_some_and(|&left| left >= amount)
            })
    }
}
