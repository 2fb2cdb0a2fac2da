//! Graphs: submitting, computing, reusing, releasing, cancelling, refusing.

use gristmill_graph::Csr;

use super::recorder::{CLIENT, Env, graph, key};
use crate::*;

#[test]
fn computes_frees_and_forgets() {
    let mut env = Env::new();
    env.join(0, 1);
    env.check("");
    env.submit(0, graph(&["a:", "b: a", "c: b a"]));
    env.check("c0 accepted 3; w0 compute a()");
    env.finish(0, "a");
    env.check("w0 compute b(a@w0)");
    env.finish(0, "b");
    env.check("w0 compute c(b@w0 a@w0)");
    env.finish(0, "c");
    // Inputs are freed, but their tasks stay: the result could be lost.
    env.check("c0 has c; w0 free a; w0 free b");
    assert_eq!(env.state("a"), SchedulerTask::Released);
    let task = env.task("c");
    assert_eq!(env.scheduler.who_has(task), [WorkerId(0)]);
    assert_eq!(env.scheduler.has_what(WorkerId(0)), [task]);
    env.release(&["c"]);
    env.check(&format!("w0 free {task}; forget g0"));
    assert_eq!(env.scheduler.n_tasks(), 0);
    assert_eq!(env.scheduler.state(task), SchedulerTask::Forgotten);
}

#[test]
fn a_story_is_told() {
    let mut env = Env::new();
    env.join(0, 1);
    env.submit(0, graph(&["a:"]));
    env.drain();
    let states: Vec<_> = env.scheduler.story(key("a")).iter().map(|step| step.to.to_string()).collect();
    assert_eq!(states, ["waiting", "queued", "processing"]);
}

#[test]
fn equal_keys_are_one_task_across_graphs() {
    let mut env = Env::new();
    env.join(0, 1);
    env.submit(0, graph(&["a:", "b: a"]));
    env.drain();
    env.finish(0, "a");
    env.drain();
    env.finish(0, "b");
    env.check("c0 has b; w0 free a");
    env.submit(1, graph(&["a:", "b: a"]));
    env.check("c0 accepted 0; c0 has b; forget g1");
    env.submit(2, graph(&["a:", "b: a", "c: b"]));
    // Only what is missing is computed.
    env.check("c0 accepted 1; w0 compute c(b@w0)");
    env.finish(0, "c");
    env.check("c0 has c");
}

#[test]
fn equal_rows_of_one_graph_are_one_task() {
    let mut env = Env::new();
    env.join(0, 4);
    let mut twice = graph(&["a:", "b:", "c: a", "d: b"]);
    twice.keys[1] = twice.keys[0];
    twice.wanted = vec![2, 3];
    env.submit(0, twice);
    env.check("c0 accepted 3; w0 compute a()");
    env.finish(0, "a");
    env.check("w0 compute c(a@w0); w0 compute d(a@w0)");
    env.finish(0, "c");
    env.check("c0 has c");
    env.finish(0, "d");
    env.check("c0 has d; w0 free a");
}

#[test]
fn an_input_used_twice_is_listed_twice() {
    let mut env = Env::new();
    env.join(0, 1);
    env.submit(0, graph(&["a:", "b: a a"]));
    env.drain();
    env.finish(0, "a");
    env.check("w0 compute b(a@w0 a@w0)");
    env.finish(0, "b");
    env.check("c0 has b; w0 free a");
}

#[test]
fn unneeded_rows_are_not_computed() {
    let mut env = Env::new();
    env.join(0, 4);
    let mut two = graph(&["a:", "b:"]);
    two.wanted = vec![1];
    env.submit(0, two);
    env.check("c0 accepted 2; w0 compute b()");
    assert_eq!(env.state("a"), SchedulerTask::Forgotten);
}

#[test]
fn results_stay_while_any_client_wants_them() {
    let mut env = Env::new();
    env.join(0, 1);
    env.submit(0, graph(&["a:"]));
    env.drain();
    env.on(SchedulerEvent::Client { client: ClientId(1), msg: ClientMsg::Want { keys: vec![key("a")] } });
    env.finish(0, "a");
    env.check("c0 has a; c1 has a");
    env.release(&["a"]);
    env.check("");
    env.on(SchedulerEvent::ClientLost { client: ClientId(1) });
    let freed = env.drain();
    assert!(freed.starts_with("w0 free") && freed.ends_with("forget g0"), "{freed}");
    env.on(SchedulerEvent::Client { client: CLIENT, msg: ClientMsg::Want { keys: vec![key("a")] } });
    env.check("c0 cancelled a");
}

#[test]
fn releasing_stops_what_nobody_needs() {
    let mut env = Env::new();
    env.join(0, 1);
    env.submit(0, graph(&["a:", "b: a"]));
    env.drain();
    let a = env.task("a");
    env.release(&["b"]);
    env.check(&format!("w0 cancel {a}; forget g0"));
}

#[test]
fn cancelling_takes_dependents_along() {
    let mut env = Env::new();
    env.join(0, 4);
    let mut fork = graph(&["a:", "b: a", "c: a"]);
    fork.wanted = vec![1, 2];
    env.submit(0, fork);
    env.drain();
    env.finish(0, "a");
    env.check("w0 compute b(a@w0); w0 compute c(a@w0)");
    let b = env.task("b");
    env.client(ClientMsg::Cancel { keys: vec![key("b")] });
    env.check(&format!("c0 cancelled b; w0 cancel {b}"));
    // The other branch goes on.
    env.finish(0, "c");
    let effects = env.drain();
    assert!(effects.starts_with("c0 has c; w0 free a"), "{effects}");
}

#[test]
fn malformed_graphs_are_refused_by_name() {
    let refused = |change: &dyn Fn(&mut Submission), expect: &str| {
        let mut env = Env::new();
        let mut bad = graph(&["a:", "b: a"]);
        change(&mut bad);
        env.submit(0, bad);
        let effects = env.drain();
        assert!(effects.contains(expect) && effects.ends_with("forget g0"), "{effects}");
        assert_eq!(env.scheduler.n_tasks(), 0);
    };
    refused(&|bad| bad.priority.truncate(1), "priority has 1 entries, but there are 2 tasks");
    refused(&|bad| bad.family[1] = 9, "names family 9");
    refused(&|bad| bad.wanted = vec![7], "wanted row 7");
    refused(&|bad| bad.inputs = Csr::from_rows([vec![1_u32], vec![]]).unwrap(), "input row 1");
}

#[test]
fn a_graph_id_is_not_used_twice() {
    let mut env = Env::new();
    env.submit(3, graph(&["a:"]));
    env.check("c0 accepted 1");
    env.submit(3, graph(&["b:"]));
    let effects = env.drain();
    assert!(effects.contains("the id g3 is that of a graph that is still live"), "{effects}");
}

#[test]
fn a_result_that_is_not_held_fails_by_name() {
    let mut env = Env::new();
    env.join(0, 1);
    let mut later = graph(&["old:", "b: old"]);
    later.families[0].held = true;
    env.submit(0, later);
    let effects = env.drain();
    assert!(effects.contains("c0 erred b by old: the graph uses the result"), "{effects}");
}

#[test]
fn scattered_data_is_held_and_used() {
    let mut env = Env::new();
    env.join(0, 1);
    env.client(ClientMsg::Scatter { key: key("x"), nbytes: 100, workers: vec![WorkerId(0)] });
    env.check("w0 hold x; c0 has x");
    let mut uses = graph(&["x:", "b: x"]);
    uses.families[0].held = true;
    env.submit(0, uses);
    env.check("c0 accepted 1; w0 compute b(x@w0)");
    env.finish(0, "b");
    env.check("c0 has b");
    env.release(&["x"]);
    // It can't be computed again, so it stays while `b` could need it.
    env.check("");
    env.release(&["b"]);
    let effects = env.drain();
    assert_eq!(effects.matches("free").count(), 2, "{effects}");
    assert_eq!(env.scheduler.n_tasks(), 0);
}

#[test]
fn slots_and_edges_are_used_again() {
    let mut env = Env::with(SchedulerConfig { story_len: 0, ..SchedulerConfig::default() });
    env.join(0, 1);
    env.client(ClientMsg::Scatter { key: key("x"), nbytes: 1, workers: vec![WorkerId(0)] });
    env.drain();
    let mut sizes = Vec::new();
    for round in 0..6_000_u32 {
        let name = format!("t{round}");
        let mut uses = graph(&["x:", &format!("{name}: x")]);
        uses.families[0].held = true;
        uses.families[1].name = "t".into();
        env.submit(round, uses);
        env.drain();
        env.finish(0, &name);
        env.drain();
        env.release(&[&name]);
        env.drain();
        sizes.push(env.scheduler.nbytes());
    }
    assert_eq!(env.scheduler.n_tasks(), 1);
    assert!(env.scheduler.tasks.hot.len() < 150, "{} slots for one live task", env.scheduler.tasks.hot.len());
    assert!(sizes[5_999] <= sizes[3_000], "{} bytes grew to {}", sizes[3_000], sizes[5_999]);
}
