//! Placing: locality, late binding, restrictions, stealing, priorities, fair share.

use super::recorder::{Env, graph};
use crate::*;

fn many(family: &str, n: usize) -> Submission {
    let rows: Vec<String> = (0..n).map(|i| format!("{family}{i}:")).collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let mut many = graph(&rows);
    many.wanted = (0..n as u32).collect();
    many
}

#[test]
fn roots_are_cut_into_contiguous_segments() {
    let mut env = Env::new();
    env.join(0, 1);
    env.join(1, 1);
    env.submit(0, many("r", 8));
    // Each worker has room for two: one runs, one waits. They come from the two halves.
    env.check("c0 accepted 8; w1 compute r4(); w0 compute r0(); w1 compute r5(); w0 compute r1()");
    env.finish_with(0, "r0", 8, 50_000_000);
    env.check("c0 has r0; w0 compute r2()");
    env.finish_with(1, "r4", 8, 50_000_000);
    env.check("c0 has r4; w1 compute r6()");
}

#[test]
fn an_idle_worker_takes_the_later_half_of_a_segment() {
    let mut env = Env::new();
    env.join(0, 1);
    env.submit(0, many("r", 10));
    env.check("c0 accepted 10; w0 compute r0(); w0 compute r1()");
    env.join(1, 1);
    env.check("w1 compute r6(); w1 compute r7()");
}

#[test]
fn few_tasks_spread_over_all_workers() {
    let mut env = Env::new();
    env.join(0, 4);
    env.join(1, 4);
    env.submit(0, many("r", 4));
    env.check("c0 accepted 4; w1 compute r2(); w0 compute r0(); w1 compute r3(); w0 compute r1()");
}

#[test]
fn tasks_go_where_their_inputs_are() {
    let mut env = Env::new();
    env.join(0, 1);
    env.join(1, 1);
    env.submit(0, graph(&["a1:", "a2:", "b: a1 a2"]));
    env.check("c0 accepted 3; w1 compute a2(); w0 compute a1()");
    env.finish_with(0, "a1", 1_000, 1_000_000);
    env.check("");
    env.finish_with(1, "a2", 500_000_000, 1_000_000);
    env.check("w1 compute b(a1@w0 a2@w1)");
}

#[test]
fn tiny_tasks_are_queued_deeper() {
    let mut env = Env::new();
    env.join(0, 1);
    env.submit(0, many("r", 1000));
    env.check("c0 accepted 1000; w0 compute r0(); w0 compute r1()");
    env.finish_with(0, "r0", 8, 10_000);
    env.drain();
    env.finish_with(0, "r1", 8, 10_000);
    // A millisecond of work at 10 microseconds each, not only one task more.
    let n_sent = env.drain().matches("compute").count();
    assert!((50..=128).contains(&n_sent), "{n_sent} sent");
}

#[test]
fn a_higher_priority_runs_first() {
    let mut env = Env::new();
    env.join(0, 1);
    env.submit(0, many("slow", 3));
    env.check("c0 accepted 3; w0 compute slow0(); w0 compute slow1()");
    let mut urgent = many("urgent", 1);
    urgent.families[0].priority = 5;
    env.submit(1, urgent);
    env.check("c0 accepted 1");
    env.finish_with(0, "slow0", 8, 50_000_000);
    env.check("c0 has slow0; w0 compute urgent0()");
}

#[test]
fn tenants_take_turns() {
    let mut env = Env::new();
    env.join(0, 1);
    env.submit_as(0, TenantId(0), many("p", 20));
    env.check("c0 accepted 20; w0 compute p0(); w0 compute p1()");
    env.submit_as(1, TenantId(1), many("q", 20));
    env.check("c0 accepted 20");
    let mut turns = String::new();
    for name in ["p0", "p1", "q0", "q1", "q2", "p2"] {
        env.finish_with(0, name, 8, 10_000_000);
        turns += &env.drain();
        turns += "; ";
    }
    // The newcomer catches up with what the other has had, then both run in turn.
    assert!(turns.matches("compute q").count() >= 3, "{turns}");
    assert!(turns.matches("compute p").count() >= 2, "{turns}");
}

#[test]
fn restricted_tasks_wait_for_a_worker_that_may_run_them() {
    let mut env = Env::new();
    env.join(0, 1);
    let mut gpu = graph(&["g:"]);
    gpu.families[0].labels = vec!["gpu".into()];
    env.submit(0, gpu);
    env.check("c0 accepted 1");
    assert_eq!(env.state("g"), SchedulerTask::NoWorker);
    env.join_with(1, WorkerInfo { labels: vec!["gpu".into()], ..WorkerInfo::default() });
    env.check("w1 compute g()");
    env.lose(1);
    env.check("");
    assert_eq!(env.state("g"), SchedulerTask::NoWorker);
}

#[test]
fn resources_are_occupied_while_tasks_run() {
    let mut env = Env::new();
    env.join_with(0, WorkerInfo { threads: 4, resources: vec![("fpga".into(), 2)], ..WorkerInfo::default() });
    let mut needy = many("f", 3);
    needy.families[0].resources = vec![("fpga".into(), 1)];
    env.submit(0, needy);
    env.check("c0 accepted 3; w0 compute f0(); w0 compute f1()");
    env.finish(0, "f1");
    env.check("c0 has f1; w0 compute f2()");
}

#[test]
fn a_sent_task_is_asked_back_for_an_idle_worker() {
    let mut env = Env::new();
    env.join(0, 1);
    env.submit(0, many("r", 2));
    env.check("c0 accepted 2; w0 compute r0(); w0 compute r1()");
    env.join(1, 1);
    env.check("w0 give back r1");
    let (task, run) = (env.task("r1"), env.run("r1"));
    env.worker(0, WorkerMsg::Stolen { task, run, given: true });
    env.check("w1 compute r1()");
}

#[test]
fn a_victim_that_has_begun_keeps_the_task() {
    let mut env = Env::new();
    env.join(0, 1);
    env.submit(0, many("r", 2));
    env.drain();
    env.join(1, 1);
    env.check("w0 give back r1");
    let (task, run) = (env.task("r1"), env.run("r1"));
    env.finish_with(0, "r0", 8, 10_000_000);
    env.check("c0 has r0");
    env.worker(0, WorkerMsg::Stolen { task, run, given: false });
    env.check("");
    env.finish_with(0, "r1", 8, 10_000_000);
    env.check("c0 has r1");
}

#[test]
fn a_steal_that_moves_more_than_it_saves_is_not_tried() {
    let mut env = Env::new();
    env.join(0, 1);
    let rows = ["a:", "b1: a", "b2: a"];
    let mut fork = graph(&rows);
    fork.wanted = vec![1, 2];
    env.submit(0, fork);
    env.drain();
    // A gigabyte takes most of a second to move, the tasks ten milliseconds.
    env.finish_with(0, "a", 1_000_000_000, 10_000_000);
    env.check("w0 compute b1(a@w0); w0 compute b2(a@w0)");
    env.join(1, 1);
    env.check("");
}

#[test]
fn equal_events_give_equal_actions() {
    let run = || {
        let mut env = Env::new();
        let mut all = String::new();
        (0..5).for_each(|worker| env.join(worker, 2));
        env.submit(0, many("r", 40));
        all += &env.drain();
        for i in [0, 8, 16, 24, 32] {
            env.finish(i / 8, &format!("r{i}"));
            all += &env.drain();
        }
        all
    };
    assert_eq!(run(), run());
}

#[test]
fn a_task_that_waits_for_others_leaves_its_thread_to_them() {
    let mut env = Env::new();
    env.join(0, 1);
    env.submit(0, many("r", 5));
    env.check("c0 accepted 5; w0 compute r0(); w0 compute r1()");
    let (task, run) = (env.task("r0"), env.run("r0"));
    env.worker(0, WorkerMsg::Suspended { task, run });
    env.check("w0 compute r2()");
    env.worker(0, WorkerMsg::Suspended { task, run });
    env.check("");
    env.worker(0, WorkerMsg::Resumed { task, run });
    env.finish_with(0, "r1", 8, 50_000_000);
    env.check("c0 has r1");
    env.finish_with(0, "r0", 8, 50_000_000);
    env.check("c0 has r0; w0 compute r3()");
    env.worker(0, WorkerMsg::Resumed { task, run });
    env.check("");
}
