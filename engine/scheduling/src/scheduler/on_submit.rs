//! A client submits a graph: its tasks are entered, equal ones merged with live ones, and the wanted ones set going.
//!
//! When no task is live and every row is needed, tasks are entered as waiting at once, in slices between which
//! other events are served: the first of a million tasks runs long before the last is entered.
//! Rows count their uses by later rows from the start, so that no result goes before its users have come.
//! Otherwise all rows are entered as released, and a walk from the wanted ones makes needed what is not in memory.

use super::{GraphState, NONE, Scheduler, tasks::TASKS_MAX};
use crate::{ClientId, Error, GraphId, ReportMsg, SchedulerAction, SchedulerTask, Submission, TenantId};

/// Bits of a priority that order tasks of one user priority: by graph, then depth-first.
const ORDER_BITS: u32 = 48;

/// A graph that is being entered.
#[derive(Debug)]
pub(super) struct Entering {
    client: ClientId,
    graph: u32,
    submission: Box<Submission>,
    families: Vec<RowFamily>,
    /// How often each row is used by later rows.
    n_uses: Vec<u32>,
    wanted: Vec<bool>,
    /// The slots of the rows entered so far.
    slots: Vec<u32>,
    /// The priority of the row that runs first.
    order: u64,
    /// No row is known, and each is needed.
    eager: bool,
}

/// What rows of one family share.
#[derive(Debug)]
struct RowFamily {
    family: u32,
    priority: u64,
    retries: u8,
    held: bool,
}

impl Scheduler {
    pub(super) fn on_submit(
        &mut self,
        client: ClientId,
        graph: GraphId,
        tenant: TenantId,
        submission: Box<Submission>,
    ) {
        if let Err(error) = self.check(graph, &submission) {
            let msg = ReportMsg::Refused { graph, error };
            self.out.push(SchedulerAction::Client { client, msg });
            self.out.push(SchedulerAction::ForgetGraph { graph });
            return;
        }
        let n = submission.len();
        let families = self.intern_families(&submission);
        let mut wanted = vec![false; n];
        submission.wanted.iter().for_each(|&row| wanted[row as usize] = true);
        let mut n_uses = vec![0; n];
        submission.inputs.values().iter().for_each(|&input| n_uses[input as usize] += 1);
        let eager = self.tasks.n_live() == 0
            && families.iter().all(|family| !family.held)
            && n_uses.iter().zip(&wanted).all(|(&n, &wanted)| n > 0 || wanted);
        self.tasks.reserve(n, submission.inputs.values().len());
        let tenant = self.tenants.intern(tenant);
        // One more than there are rows yet, so that it is not forgotten before all are entered.
        self.graphs.insert(graph.0, GraphState { tenant, n_live: 1 });
        let order = self.next_priority;
        self.next_priority += n as u64;
        let slots = Vec::with_capacity(n);
        self.entering = Some(Entering {
            client,
            graph: graph.0,
            submission,
            families,
            n_uses,
            wanted,
            slots,
            order,
            eager,
        });
        if !eager {
            self.enter_all();
        }
    }

    fn check(&self, graph: GraphId, submission: &Submission) -> Result<(), Error> {
        if graph.0 == NONE || self.graphs.contains_key(&graph.0) {
            return Err(Error::GraphKnown { graph });
        }
        let room = TASKS_MAX.saturating_sub(self.tasks.n_live());
        if submission.len() > room {
            return Err(Error::TooManyTasks { n: submission.len(), room });
        }
        submission.check()
    }

    fn intern_families(&mut self, submission: &Submission) -> Vec<RowFamily> {
        let mut families = Vec::with_capacity(submission.families.len());
        for spec in &submission.families {
            let (family, is_new_class) = self.families.intern(spec);
            // Held until all rows are entered, so that no family of this graph makes way for another.
            self.families.all[family as usize].n_live += 1;
            if is_new_class {
                self.find_eligible();
            }
            families.push(RowFamily {
                family,
                priority: user_priority(spec.priority),
                retries: u8::try_from(spec.retries).unwrap_or(u8::MAX),
                held: spec.held,
            });
        }
        families
    }

    /// Enters the rest of a graph that is being entered.
    pub(super) fn enter_all(&mut self) {
        while self.entering.is_some() {
            self.enter_slice();
        }
    }

    /// Enters the next rows of a graph that is being entered, if there is one.
    pub(super) fn enter_slice(&mut self) {
        let Some(mut entering) = self.entering.take() else { return };
        let n = entering.submission.len();
        let end = n.min(entering.slots.len() + self.config.tasks_per_event.max(1));
        for row in entering.slots.len()..end {
            self.enter_row(&mut entering, row as u32);
        }
        if end < n {
            self.entering = Some(entering);
        } else {
            self.entered(&entering);
        }
    }

    fn enter_row(&mut self, entering: &mut Entering, row: u32) {
        let at = row as usize;
        let submission = &entering.submission;
        let family = &entering.families[submission.family[at] as usize];
        let priority = family.priority | (entering.order + u64::from(submission.priority[at]));
        let entered = self.tasks.insert(submission.keys[at], entering.graph, row, family.family, priority);
        let (Ok(slot) | Err(slot)) = entered;
        entering.slots.push(slot);
        if entering.wanted[at] {
            self.want(slot, entering.client);
        }
        let inputs = submission.inputs.row(row);
        let is_adopted = entered.is_err() && self.may_adopt(slot, family);
        if entered.is_err() && !is_adopted {
            // The live task with this key has its inputs: the uses that were counted for this row won't come.
            for &input in inputs {
                self.unpromise(entering, input);
            }
            if entering.eager && entering.wanted[at] {
                self.serve(slot, entering.client);
            }
            return;
        }
        self.families.all[family.family as usize].n_live += 1;
        if let Some(state) = self.graphs.get_mut(&entering.graph) {
            state.n_live += 1;
        }
        if is_adopted {
            self.adopt(slot, entering.graph, row, family.family, priority);
        }
        let task = &mut self.tasks.hot[slot as usize];
        (task.scattered, task.retries) = (family.held, family.retries);
        // One that is adopted may have dependents already.
        task.n_dependents += entering.n_uses[at];
        self.tasks.set_inputs(slot, inputs.iter().map(|&input| entering.slots[input as usize]));
        self.tasks.reserve_dependents(slot);
        for &input in inputs {
            let input_slot = entering.slots[input as usize];
            self.tasks.link(input_slot, slot, self.is_row(entering, input));
        }
        if entering.eager {
            self.begin_waiting(entering, slot, at);
        }
    }

    /// Whether a live task is nothing but a value, and a row says how to compute it.
    fn may_adopt(&self, slot: u32, family: &RowFamily) -> bool {
        self.tasks.cold[slot as usize].graph == NONE && !family.held
    }

    /// A value that was found on a worker becomes the result of a row: if it is lost, it is computed again.
    fn adopt(&mut self, slot: u32, graph: u32, row: u32, family: u32, priority: u64) {
        // Lost, it was an error; now it can be computed.
        self.pardon(slot);
        let task = &mut self.tasks.hot[slot as usize];
        let found = std::mem::replace(&mut task.family, family);
        task.priority = priority;
        self.families.all[found as usize].n_live -= 1;
        let cold = &mut self.tasks.cold[slot as usize];
        (cold.graph, cold.row) = (graph, row);
    }

    /// Whether the slot of a row was made for this row, and not for an equal one.
    fn is_row(&self, entering: &Entering, row: u32) -> bool {
        let cold = &self.tasks.cold[entering.slots[row as usize] as usize];
        cold.graph == entering.graph && cold.row == row
    }

    fn unpromise(&mut self, entering: &Entering, input: u32) {
        if !self.is_row(entering, input) {
            return;
        }
        let slot = entering.slots[input as usize];
        let task = &mut self.tasks.hot[slot as usize];
        task.n_dependents -= 1;
        if entering.eager {
            task.n_waiters -= 1;
        }
        self.loose.push(slot);
    }

    /// A new task that is needed waits for those of its inputs that are not in memory.
    fn begin_waiting(&mut self, entering: &Entering, slot: u32, row: usize) {
        self.transition(slot, SchedulerTask::Waiting);
        let (mut n_waiting, mut failed, mut lost) = (0, None, None);
        for at in self.tasks.inputs_range(slot) {
            let input = self.tasks.edge(at);
            match self.state_of(input) {
                SchedulerTask::Memory => continue,
                SchedulerTask::Erred => failed = Some(input),
                SchedulerTask::Released => lost = Some(input),
                _ => {}
            }
            n_waiting += 1;
        }
        for &input in entering.submission.inputs.row(row as u32) {
            if !self.is_row(entering, input) {
                self.tasks.hot[entering.slots[input as usize] as usize].n_waiters += 1;
            }
        }
        let task = &mut self.tasks.hot[slot as usize];
        (task.n_waiting, task.n_waiters) = (n_waiting, entering.n_uses[row]);
        if n_waiting == 0 {
            self.ready.push((task.priority, slot));
        } else if let Some(input) = failed {
            self.fail_like(slot, input);
        } else if lost.is_some() {
            for at in self.tasks.inputs_range(slot) {
                self.activate(self.tasks.edge(at));
            }
        }
    }

    /// All rows are entered: the client hears of it, and what is wanted is set going.
    fn entered(&mut self, entering: &Entering) {
        let (client, graph) = (entering.client, GraphId(entering.graph));
        entering.families.iter().for_each(|row| self.families.all[row.family as usize].n_live -= 1);
        let n_new = self.graphs.get(&graph.0).map_or(0, |state| state.n_live - 1);
        self.out.push(SchedulerAction::Client { client, msg: ReportMsg::Accepted { graph, n_new } });
        if !entering.eager {
            for &row in &entering.submission.wanted {
                self.serve(entering.slots[row as usize], client);
            }
            for &slot in &entering.slots {
                let task = &self.tasks.hot[slot as usize];
                if task.n_waiters == 0 && task.n_dependents == 0 && task.client == NONE {
                    self.loose.push(slot);
                }
            }
        }
        self.drop_from_graph(graph.0);
    }

    /// One thing less refers to a graph.
    pub(super) fn drop_from_graph(&mut self, graph: u32) {
        let Some(state) = self.graphs.get_mut(&graph) else { return };
        state.n_live -= 1;
        if state.n_live == 0 {
            self.graphs.remove(&graph);
            self.out.push(SchedulerAction::ForgetGraph { graph: GraphId(graph) });
        }
    }
}

/// The upper bits of a priority: higher numbers given by a user run first.
pub(super) fn user_priority(priority: i32) -> u64 {
    let clamped = priority.clamp(i32::from(i16::MIN) + 1, i32::from(i16::MAX));
    ((i64::from(i16::MAX) - i64::from(clamped)) as u64) << ORDER_BITS
}
