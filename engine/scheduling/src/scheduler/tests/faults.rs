//! Errors, lost workers, lost results, stale messages.

use super::recorder::{Broken, Env, graph, key};
use crate::*;

#[test]
fn an_error_reaches_every_dependent_unchanged() {
    let mut env = Env::new();
    env.join(0, 1);
    env.submit(0, graph(&["a:", "b: a", "c: b"]));
    env.drain();
    env.fail(0, "a", false);
    let Some(SchedulerAction::Client { msg: ReportMsg::Erred { key: erred, failure }, .. }) = env.next()
    else {
        panic!("{}", env.drain());
    };
    assert_eq!((erred, failure.root), (key("c"), key("a")));
    assert_eq!(failure.error.downcast_ref::<Broken>(), Some(&Broken("it broke")));
    env.check("");
    // A later graph meets the same failure.
    env.submit(1, graph(&["a:", "d: a"]));
    env.check("c0 accepted 1; c0 erred d by a: it broke");
}

#[test]
fn retries_are_used_up_for_errors_that_may_pass() {
    let mut env = Env::new();
    env.join(0, 1);
    let mut flaky = graph(&["a:"]);
    flaky.families[0].retries = 1;
    env.submit(0, flaky.clone());
    env.drain();
    env.fail(0, "a", true);
    env.check("w0 compute a()");
    env.fail(0, "a", true);
    env.check("c0 erred a by a: it broke");
    env.client(ClientMsg::Retry { keys: vec![key("a")] });
    env.check("w0 compute a()");
    env.fail(0, "a", false);
    env.check("c0 erred a by a: it broke");
}

#[test]
fn retry_sets_the_whole_failed_chain_going() {
    let mut env = Env::new();
    env.join(0, 1);
    env.submit(0, graph(&["a:", "b: a", "c: b"]));
    env.drain();
    env.fail(0, "a", false);
    env.drain();
    env.client(ClientMsg::Retry { keys: vec![key("c")] });
    env.check("w0 compute a()");
    assert_eq!(env.state("c"), SchedulerTask::Waiting);
}

#[test]
fn lost_results_are_computed_again_as_far_as_needed() {
    let mut env = Env::new();
    env.join(0, 1);
    env.submit(0, graph(&["a:", "b: a", "c: b"]));
    env.drain();
    env.finish(0, "a");
    env.drain();
    env.finish(0, "b");
    env.check("w0 free a; w0 compute c(b@w0)");
    env.join(1, 1);
    env.drain();
    env.lose(0);
    env.check("w1 compute a()");
    env.finish(1, "a");
    env.check("w1 compute b(a@w1)");
    env.finish(1, "b");
    env.check("w1 free a; w1 compute c(b@w1)");
    env.finish(1, "c");
    env.check("c0 has c; w1 free b");
    env.lose(1);
    // Nobody else can compute it now, and the client hears that it is gone.
    env.check("c0 lost c");
    assert_eq!(env.state("a"), SchedulerTask::NoWorker);
    env.join(2, 1);
    env.check("w2 compute a()");
}

#[test]
fn a_copy_elsewhere_makes_recomputing_needless() {
    let mut env = Env::new();
    env.join(0, 1);
    env.submit(0, graph(&["a:"]));
    env.drain();
    env.finish(0, "a");
    env.check("c0 has a");
    env.join(1, 1);
    env.drain();
    let task = env.task("a");
    env.worker(1, WorkerMsg::Replica { task });
    env.check("");
    env.lose(0);
    env.check("");
    assert_eq!(env.scheduler.who_has(task), [WorkerId(1)]);
}

#[test]
fn a_task_whose_workers_die_is_blamed() {
    let mut env = Env::new();
    env.submit(0, graph(&["a:", "b: a"]));
    env.check("c0 accepted 2");
    for worker in 0..3 {
        env.join(worker, 1);
        env.check(&format!("w{worker} compute a()"));
        env.lose(worker);
    }
    let effects = env.drain();
    assert!(
        effects.contains("c0 erred b by a") && effects.contains("blamed for the loss of 3 workers"),
        "{effects}"
    );
    assert!(effects.contains("w0 at 0.003000000 s, w1 at 0.005000000 s"), "{effects}");
}

#[test]
fn scattered_data_that_is_lost_fails_what_needs_it() {
    let mut env = Env::new();
    env.join(0, 1);
    env.client(ClientMsg::Scatter { key: key("x"), nbytes: 100, workers: vec![WorkerId(0)] });
    let mut uses = graph(&["x:", "b: x"]);
    uses.families[0].held = true;
    env.drain();
    env.submit(0, uses);
    env.drain();
    env.lose(0);
    let effects = env.drain();
    assert!(effects.contains("c0 erred b by x: the data scattered as"), "{effects}");
}

#[test]
fn an_input_that_cannot_be_fetched_is_computed_again() {
    let mut env = Env::new();
    env.join(0, 1);
    env.submit(0, graph(&["a:", "b: a"]));
    env.drain();
    env.finish(0, "a");
    env.check("w0 compute b(a@w0)");
    let (task, run, input) = (env.task("b"), env.run("b"), env.task("a"));
    let failed = [WorkerId(0)].into_iter().collect();
    env.worker(0, WorkerMsg::Missing { task, run, input, failed });
    env.check("w0 free a; w0 compute a()");
    assert_eq!(env.state("b"), SchedulerTask::Waiting);
}

#[test]
fn inputs_that_can_never_be_fetched_fail_in_the_end() {
    let mut env = Env::new();
    env.join(0, 1);
    env.submit(0, graph(&["a:", "b: a"]));
    env.drain();
    for _ in 0..63 {
        env.finish(0, "a");
        env.drain();
        let (task, run, input) = (env.task("b"), env.run("b"), env.task("a"));
        let failed = [WorkerId(0)].into_iter().collect();
        env.worker(0, WorkerMsg::Missing { task, run, input, failed });
        env.check("w0 free a; w0 compute a()");
    }
    env.finish(0, "a");
    env.drain();
    let (task, run, input) = (env.task("b"), env.run("b"), env.task("a"));
    env.worker(0, WorkerMsg::Missing { task, run, input, failed: [WorkerId(0)].into_iter().collect() });
    let effects = env.drain();
    assert!(effects.contains("could not get its input"), "{effects}");
}

#[test]
fn stale_messages_change_nothing() {
    let mut env = Env::new();
    env.join(0, 1);
    env.submit(0, graph(&["a:", "b: a"]));
    env.drain();
    let (task, run) = (env.task("a"), env.run("a"));
    let finished = |run| WorkerMsg::Finished { task, run, nbytes: 8, duration_ns: 1 };
    env.worker(0, finished(RunId(99)));
    env.check("");
    env.worker(7, finished(run));
    env.check("");
    env.worker(0, finished(run));
    env.check("w0 compute b(a@w0)");
    env.worker(0, finished(run));
    env.check("");
    let gone = TaskId { slot: 1000, generation: 0 };
    env.worker(0, WorkerMsg::Dropped { task: gone });
    env.worker(0, WorkerMsg::Replica { task: gone });
    env.check("w0 free t1000");
    env.worker(0, WorkerMsg::Moved { task: gone, tier: Tier::Spill });
    env.worker(0, WorkerMsg::Stolen { task: gone, run, given: true });
    env.lose(5);
    env.check("");
}
