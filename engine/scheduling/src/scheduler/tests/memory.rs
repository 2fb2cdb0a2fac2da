//! The memory brake, by bytes in flight.

use super::recorder::{Env, graph};
use crate::*;

const LIMIT: u64 = 1_000;

fn small(worker: u32, env: &mut Env) {
    env.join_with(worker, WorkerInfo { threads: 4, memory_limit_nbytes: LIMIT, ..WorkerInfo::default() });
}

#[test]
fn a_full_worker_draws_no_roots() {
    let mut env = Env::new();
    small(0, &mut env);
    let rows: Vec<String> = (0..12).map(|i| format!("r{i}:")).collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let mut roots = graph(&rows);
    roots.wanted = (0..12).collect();
    env.submit(0, roots);
    assert_eq!(env.drain().matches("compute").count(), 5);
    for i in 0..5 {
        env.finish_with(0, &format!("r{i}"), 150, 50_000_000);
        env.drain();
    }
    // Results and what runs are taken to need more than 700 of 1000 bytes: no root is begun beside another.
    assert_eq!(env.scheduler.n_processing(), 1);
    let one_more = |env: &mut Env, name| {
        env.finish_with(0, name, 150, 50_000_000);
        env.drain()
    };
    // But one at a time is let through when nothing else runs, or nothing would ever free memory.
    assert_eq!(one_more(&mut env, "r5"), "c0 has r5; w0 compute r6()");
    assert_eq!(one_more(&mut env, "r6"), "c0 has r6; w0 compute r7()");
}

#[test]
fn above_the_upper_brake_only_tasks_that_free_bytes_run() {
    let mut env = Env::new();
    small(0, &mut env);
    // `keep` adds to memory, `sum` frees what it reads.
    let mut mixed = graph(&["a1:", "a2:", "keep: a1", "sum: a1 a2"]);
    mixed.wanted = vec![0, 2, 3];
    env.submit(0, mixed);
    env.drain();
    env.finish_with(0, "a1", 400, 50_000_000);
    env.check("c0 has a1; w0 compute keep(a1@w0)");
    env.finish_with(0, "a2", 500, 50_000_000);
    env.check("w0 compute sum(a1@w0 a2@w0)");
}

#[test]
fn spilled_bytes_do_not_brake() {
    let mut env = Env::new();
    small(0, &mut env);
    let mut two = graph(&["big:", "next:"]);
    two.wanted = vec![0];
    env.submit(0, two);
    env.drain();
    env.finish_with(0, "big", 900, 50_000_000);
    env.check("c0 has big");
    let task = env.task("big");
    env.worker(0, WorkerMsg::Moved { task, tier: Tier::Spill });
    env.check("");
    let view = env.scheduler.workers().next().unwrap();
    assert_eq!((view.memory_nbytes, view.spilled_nbytes), (0, 900));
    let more: Vec<String> = (0..4).map(|i| format!("m{i}:")).collect();
    let more: Vec<&str> = more.iter().map(String::as_str).collect();
    let mut roots = graph(&more);
    roots.wanted = (0..4).collect();
    env.submit(1, roots);
    assert_eq!(env.drain().matches("compute").count(), 4);
}

#[test]
fn a_paused_worker_gets_nothing_while_others_can_work() {
    let mut env = Env::new();
    small(0, &mut env);
    small(1, &mut env);
    env.worker(0, WorkerMsg::Status { used_nbytes: 900, paused: true });
    env.check("");
    env.submit(0, graph(&["a:", "b: a"]));
    env.check("c0 accepted 2; w1 compute a()");
    env.worker(0, WorkerMsg::Status { used_nbytes: 100, paused: false });
    env.check("");
}
