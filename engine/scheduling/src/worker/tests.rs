//! The worker, one event at a time. A recorder holds what it asks for; every test must account for all of it.

use std::{collections::VecDeque, sync::Arc};

use gristmill_graph::Key;

use crate::*;

struct Env {
    worker: Worker,
    now_ns: u64,
    effects: VecDeque<WorkerAction>,
}

#[derive(Debug, thiserror::Error)]
#[error("it broke")]
struct Broken;

fn task(slot: u32) -> TaskId {
    TaskId { slot, generation: 0 }
}

impl Env {
    fn new(config: WorkerConfig) -> Self {
        Self { worker: Worker::new(WorkerId(0), config), now_ns: 0, effects: VecDeque::new() }
    }

    fn small() -> Self {
        Self::new(WorkerConfig { memory_limit_nbytes: 1_000, ..WorkerConfig::default() })
    }

    fn on(&mut self, event: WorkerEvent) {
        assert!(self.effects.is_empty(), "not looked at before {event:?}: {:?}", self.effects);
        self.now_ns += 1;
        let mut actions = Vec::new();
        self.worker.on(Time(self.now_ns), event, &mut actions);
        self.effects.extend(actions);
        self.worker.validate().unwrap();
    }

    /// Asks for a task whose inputs are `(slot, bytes, holder)`; its run has the number of its slot.
    fn compute(&mut self, slot: u32, inputs: &[(u32, u64, u32)]) {
        let inputs = inputs.iter().map(|&(input, nbytes, holder)| InputAt {
            task: task(input),
            nbytes,
            holders: [WorkerId(holder)].into_iter().collect(),
        });
        self.on(WorkerEvent::Scheduler(SchedulerMsg::Compute(Assignment {
            task: task(slot),
            run: RunId(slot),
            graph: GraphId(0),
            row: slot,
            priority: u64::from(slot),
            duration_ns: 1,
            nbytes: 1,
            inputs: inputs.collect(),
        })));
    }

    fn scheduler(&mut self, msg: SchedulerMsg) {
        self.on(WorkerEvent::Scheduler(msg));
    }

    fn executed(&mut self, slot: u32, nbytes: u64) {
        self.on(WorkerEvent::Executed { task: task(slot), run: RunId(slot), nbytes, duration_ns: 1 });
    }

    fn check(&mut self, expect: &str) {
        let effects: Vec<String> = self.effects.drain(..).map(|action| describe(&action)).collect();
        assert_eq!(effects.join("; "), expect);
    }
}

fn describe(action: &WorkerAction) -> String {
    match action {
        WorkerAction::Scheduler(msg) => match msg {
            WorkerMsg::Finished { task, .. } => format!("finished {task}"),
            WorkerMsg::Erred { task, error, .. } => format!("erred {task}: {error}"),
            WorkerMsg::Missing { task, input, .. } => format!("{task} misses {input}"),
            WorkerMsg::Replica { task } => format!("also has {task}"),
            WorkerMsg::Dropped { task } => format!("has no {task}"),
            WorkerMsg::Moved { task, tier } => format!("{task} in {tier:?}"),
            WorkerMsg::Sized { task, nbytes } => format!("{task} has {nbytes} B"),
            WorkerMsg::Network { nbytes_per_s } => format!("{nbytes_per_s} B/s"),
            WorkerMsg::Suspended { task, .. } => format!("suspended {task}"),
            WorkerMsg::Resumed { task, .. } => format!("resumed {task}"),
            WorkerMsg::Stolen { task, given, .. } => {
                format!("{} {task}", if *given { "gives" } else { "keeps" })
            }
            WorkerMsg::Status { paused, .. } => (if *paused { "paused" } else { "goes on" }).to_string(),
        },
        WorkerAction::Fetch { task, from, .. } => format!("fetch {task} from {from}"),
        WorkerAction::Execute { task, .. } => format!("execute {task}"),
        WorkerAction::Stop { task, .. } => format!("stop {task}"),
        WorkerAction::Hold { task, .. } => format!("hold {task}"),
        WorkerAction::Drop { task } => format!("drop {task}"),
        WorkerAction::Spill { task } => format!("spill {task}"),
        WorkerAction::Unspill { task } => format!("unspill {task}"),
    }
}

#[test]
fn runs_as_many_calls_as_threads_by_priority() {
    let mut env = Env::new(WorkerConfig { threads: 1, ..WorkerConfig::default() });
    env.compute(5, &[]);
    env.check("execute t5");
    env.compute(3, &[]);
    env.compute(1, &[]);
    env.compute(2, &[]);
    env.check("");
    env.executed(5, 8);
    env.check("finished t5; execute t1");
    assert_eq!(env.worker.assignment(task(1)).unwrap().row, 1);
    env.executed(1, 8);
    env.check("finished t1; execute t2");
    let states: Vec<_> = env.worker.story(task(1)).iter().map(|step| step.to.to_string()).collect();
    assert_eq!(states, ["ready", "executing", "memory"]);
}

#[test]
fn fetches_inputs_first_and_keeps_them_as_copies() {
    let mut env = Env::new(WorkerConfig::default());
    env.compute(1, &[(10, 100, 7)]);
    env.check("fetch t10 from w7");
    env.compute(2, &[(10, 100, 7)]);
    env.check("");
    env.on(WorkerEvent::Fetched { task: task(10), from: WorkerId(7), nbytes: 120 });
    env.check("also has t10; execute t1");
    assert_eq!(env.worker.memory_nbytes(), 120);
    env.executed(1, 8);
    env.check("finished t1; execute t2");
    env.scheduler(SchedulerMsg::Free { task: task(10) });
    // A running call still reads it.
    env.check("");
    env.executed(2, 8);
    env.check("drop t10; has no t10; finished t2");
    assert_eq!(env.worker.state(task(10)), WorkerTask::Released);
}

#[test]
fn gives_a_task_back_when_every_holder_has_failed() {
    let mut env = Env::new(WorkerConfig { fetch_tries_max: 2, ..WorkerConfig::default() });
    env.compute(1, &[(10, 100, 7)]);
    env.check("fetch t10 from w7");
    let failed = |gone| WorkerEvent::FetchFailed { task: task(10), from: WorkerId(7), gone };
    env.on(failed(false));
    env.check("fetch t10 from w7");
    env.on(failed(false));
    env.check("t1 misses t10; has no t10");
    // A holder that says it has nothing is not asked again.
    env.compute(2, &[(10, 100, 7)]);
    env.check("fetch t10 from w7");
    env.on(failed(true));
    env.check("t2 misses t10; has no t10");
    // Who is told to be a holder itself and isn't says so at once.
    env.compute(3, &[(11, 100, 0)]);
    env.check("t3 misses t11; has no t11");
}

#[test]
fn a_failed_call_is_told() {
    let mut env = Env::new(WorkerConfig::default());
    env.compute(1, &[]);
    env.check("execute t1");
    let error: SharedError = Arc::new(Broken);
    env.on(WorkerEvent::Failed { task: task(1), run: RunId(1), error, retryable: true });
    env.check("erred t1: it broke");
}

/// A value turns up whose task is being computed: the call is stopped, and the value is taken when it has ended.
#[test]
fn a_placed_value_takes_the_place_of_a_cancelled_call() {
    for ends_well in [true, false] {
        let mut env = Env::new(WorkerConfig::default());
        env.compute(1, &[]);
        env.check("execute t1");
        env.scheduler(SchedulerMsg::Cancel { task: task(1), run: RunId(1) });
        env.check("stop t1");
        env.scheduler(SchedulerMsg::Hold { task: task(1), key: Key([1; 32]), nbytes: 8 });
        env.check("");
        if ends_well {
            env.executed(1, 8);
            env.check("");
        } else {
            let error: SharedError = Arc::new(std::fmt::Error);
            env.on(WorkerEvent::Failed { task: task(1), run: RunId(1), error, retryable: false });
            env.check("hold t1; unspill t1");
            env.on(WorkerEvent::Unspilled { task: task(1) });
            env.check("t1 in Memory");
        }
        assert_eq!((env.worker.state(task(1)), env.worker.memory_nbytes()), (WorkerTask::Memory, 8));
        env.scheduler(SchedulerMsg::Free { task: task(1) });
        env.check("drop t1");
    }
    // Nobody needs it any more when the call ends.
    let mut env = Env::new(WorkerConfig::default());
    env.compute(1, &[]);
    env.check("execute t1");
    env.scheduler(SchedulerMsg::Cancel { task: task(1), run: RunId(1) });
    env.check("stop t1");
    env.scheduler(SchedulerMsg::Hold { task: task(1), key: Key([1; 32]), nbytes: 8 });
    env.scheduler(SchedulerMsg::Free { task: task(1) });
    env.check("hold t1; drop t1");
    env.executed(1, 8);
    env.check("drop t1");
}

#[test]
fn cancel_stops_a_call_and_drops_its_result() {
    let mut env = Env::new(WorkerConfig::default());
    env.compute(1, &[]);
    env.check("execute t1");
    env.scheduler(SchedulerMsg::Cancel { task: task(1), run: RunId(1) });
    env.check("stop t1");
    assert_eq!(env.worker.state(task(1)), WorkerTask::Cancelled);
    env.executed(1, 8);
    env.check("drop t1");
    // A cancel that crosses the answer drops the result, too.
    env.compute(2, &[]);
    env.check("execute t2");
    env.executed(2, 8);
    env.check("finished t2");
    env.scheduler(SchedulerMsg::Cancel { task: task(2), run: RunId(2) });
    env.check("drop t2");
    env.compute(3, &[(10, 100, 7)]);
    env.check("fetch t10 from w7");
    env.scheduler(SchedulerMsg::Cancel { task: task(3), run: RunId(3) });
    env.check("");
    env.on(WorkerEvent::Fetched { task: task(10), from: WorkerId(7), nbytes: 100 });
    env.check("drop t10; has no t10");
}

#[test]
fn a_task_sent_again_runs_after_its_cancelled_run() {
    let mut env = Env::new(WorkerConfig::default());
    env.compute(1, &[]);
    env.check("execute t1");
    env.scheduler(SchedulerMsg::Cancel { task: task(1), run: RunId(1) });
    env.check("stop t1");
    env.compute(1, &[]);
    env.check("");
    let error: SharedError = Arc::new(Broken);
    env.on(WorkerEvent::Failed { task: task(1), run: RunId(1), error, retryable: false });
    env.check("execute t1");
}

#[test]
fn only_what_has_not_started_is_given_back() {
    let mut env = Env::new(WorkerConfig { threads: 1, ..WorkerConfig::default() });
    env.compute(1, &[]);
    env.check("execute t1");
    env.compute(2, &[]);
    env.scheduler(SchedulerMsg::Steal { task: task(2), run: RunId(2) });
    env.check("gives t2");
    env.scheduler(SchedulerMsg::Steal { task: task(1), run: RunId(1) });
    env.check("keeps t1");
    env.executed(1, 8);
    env.check("finished t1");
}

#[test]
fn spills_the_least_recently_used_and_reads_it_back() {
    let mut env = Env::small();
    for slot in 1..=2 {
        env.compute(slot, &[]);
        env.check(&format!("execute t{slot}"));
        env.executed(slot, 290);
        env.check(&format!("finished t{slot}"));
    }
    env.compute(3, &[]);
    env.check("execute t3");
    env.executed(3, 90);
    // 670 of 1000 bytes are above the target of 600.
    env.check("finished t3; spill t1");
    env.on(WorkerEvent::Spilled { task: task(1) });
    env.check("t1 in Spill");
    assert_eq!(env.worker.memory_nbytes(), 380);
    env.compute(4, &[(1, 290, 0)]);
    env.check("unspill t1");
    env.on(WorkerEvent::Unspilled { task: task(1) });
    env.check("t1 in Memory; spill t2; execute t4");
    env.on(WorkerEvent::SpillFailed { task: task(2) });
    env.check("");
    // With a full disk nothing is tried until memory has been freed.
    env.executed(4, 1);
    env.check("finished t4");
    env.scheduler(SchedulerMsg::Free { task: task(3) });
    env.check("drop t3");
}

#[test]
fn a_spill_file_that_cannot_be_read_is_a_missing_input() {
    let mut env = Env::small();
    env.compute(1, &[]);
    env.check("execute t1");
    env.executed(1, 650);
    env.check("finished t1; spill t1");
    env.on(WorkerEvent::Spilled { task: task(1) });
    env.check("t1 in Spill");
    env.compute(2, &[(1, 650, 0)]);
    env.check("unspill t1");
    env.on(WorkerEvent::UnspillFailed { task: task(1) });
    env.check("has no t1; drop t1; t2 misses t1");
    assert_eq!(env.worker.memory_nbytes(), 0);
}

/// A client reads a spill file itself, while no task asks for it back; the calls that were to are given back.
#[test]
fn a_spilled_value_may_be_lost_before_it_is_read_back() {
    let mut env =
        Env::new(WorkerConfig { threads: 1, memory_limit_nbytes: 1_000, ..WorkerConfig::default() });
    env.compute(1, &[]);
    env.check("execute t1");
    env.executed(1, 650);
    env.check("finished t1; spill t1");
    env.on(WorkerEvent::Spilled { task: task(1) });
    env.check("t1 in Spill");
    env.compute(2, &[]);
    env.check("execute t2");
    env.compute(3, &[(1, 650, 0)]);
    env.check("");
    env.on(WorkerEvent::UnspillFailed { task: task(1) });
    env.check("has no t1; drop t1; t3 misses t1");
    assert_eq!(env.worker.memory_nbytes(), 0);
    env.on(WorkerEvent::UnspillFailed { task: task(2) });
    env.check("");
}

#[test]
fn a_value_on_a_device_may_be_lost_with_it() {
    let mut env = Env::small();
    env.compute(1, &[]);
    env.check("execute t1");
    env.executed(1, 300);
    env.check("finished t1");
    env.on(WorkerEvent::OnDevice { task: task(1) });
    env.check("t1 in Device");
    env.compute(2, &[(1, 300, 0)]);
    env.check("execute t2");
    // The call that uses it has it pinned, so that nobody else may drop it; but nobody is told that it is here.
    env.on(WorkerEvent::Lost { task: task(1) });
    env.check("");
    env.compute(3, &[(1, 300, 0)]);
    env.check("");
    let (task_2, run) = (task(2), env.worker.assignment(task(2)).unwrap().run);
    env.on(WorkerEvent::InputsLost { task: task_2, run, inputs: [task(1)].into_iter().collect() });
    env.check("has no t1; drop t1; t3 misses t1; t2 misses t1");
    assert_eq!(env.worker.memory_nbytes(), 0);
    assert_eq!(env.worker.n_executing(), 0);
    // What is not there cannot be lost.
    env.on(WorkerEvent::Lost { task: task(1) });
    env.on(WorkerEvent::OnDevice { task: task(1) });
    env.check("");
}

#[test]
fn a_value_on_a_device_may_be_lost_while_it_is_spilled() {
    let mut env = Env::small();
    env.compute(1, &[]);
    env.check("execute t1");
    env.executed(1, 650);
    env.check("finished t1; spill t1");
    env.on(WorkerEvent::Lost { task: task(1) });
    env.check("has no t1; drop t1");
    assert_eq!(env.worker.memory_nbytes(), 0);
    env.on(WorkerEvent::Spilled { task: task(1) });
    env.check("");
}

/// A call that waits for a value to be read back, which was to be spilled and is lost, is given back, too.
#[test]
fn what_waits_for_a_value_that_is_lost_while_it_is_spilled_is_given_back() {
    let mut env = Env::small();
    env.compute(1, &[]);
    env.check("execute t1");
    env.executed(1, 650);
    env.check("finished t1; spill t1");
    env.compute(2, &[(1, 650, 0)]);
    env.check("");
    env.on(WorkerEvent::Lost { task: task(1) });
    env.check("has no t1; drop t1; t2 misses t1");
    assert_eq!(env.worker.memory_nbytes(), 0);
}

#[test]
fn pauses_above_the_limit_but_always_lets_one_run() {
    let mut env =
        Env::new(WorkerConfig { threads: 2, memory_limit_nbytes: 1_000, ..WorkerConfig::default() });
    env.compute(1, &[]);
    env.compute_quietly(2);
    env.check("execute t1; execute t2");
    env.on(WorkerEvent::Guests { nbytes: 900 });
    env.check("paused");
    assert!(env.worker.paused());
    env.compute(3, &[]);
    env.executed(1, 8);
    env.check("finished t1; spill t1");
    env.executed(2, 8);
    env.check("finished t2; spill t2");
    // While something is being spilled there is hope; after that one call runs.
    env.on(WorkerEvent::SpillFailed { task: task(1) });
    env.check("");
    env.on(WorkerEvent::SpillFailed { task: task(2) });
    env.check("execute t3");
    env.on(WorkerEvent::Guests { nbytes: 100 });
    env.check("goes on");
}

#[test]
fn fetches_are_bounded() {
    let mut env = Env::new(WorkerConfig { fetches_max: 2, ..WorkerConfig::default() });
    env.compute(1, &[(10, 1, 7), (11, 1, 7), (12, 1, 7)]);
    env.check("fetch t10 from w7; fetch t11 from w7");
    env.on(WorkerEvent::Fetched { task: task(10), from: WorkerId(7), nbytes: 1 });
    env.check("also has t10; fetch t12 from w7");
}

#[test]
fn stale_events_change_nothing() {
    let mut env = Env::new(WorkerConfig::default());
    let gone = task(99);
    env.on(WorkerEvent::Fetched { task: gone, from: WorkerId(7), nbytes: 1 });
    env.on(WorkerEvent::FetchFailed { task: gone, from: WorkerId(7), gone: true });
    env.on(WorkerEvent::Executed { task: gone, run: RunId(1), nbytes: 1, duration_ns: 1 });
    env.on(WorkerEvent::Spilled { task: gone });
    env.on(WorkerEvent::UnspillFailed { task: gone });
    env.scheduler(SchedulerMsg::Free { task: gone });
    env.scheduler(SchedulerMsg::Cancel { task: gone, run: RunId(1) });
    env.check("");
    env.scheduler(SchedulerMsg::Steal { task: gone, run: RunId(1) });
    env.check("keeps t99");
}

impl Env {
    /// Asks for a task without looking at what was asked for before.
    fn compute_quietly(&mut self, slot: u32) {
        let before = std::mem::take(&mut self.effects);
        self.compute(slot, &[]);
        let after = std::mem::replace(&mut self.effects, before);
        self.effects.extend(after);
    }
}
