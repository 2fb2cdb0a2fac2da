//! Many small clusters with faults, each from one seed.

use super::*;
use crate::*;

/// A small cluster and graph that differ with every seed.
fn scenario(seed: u64) -> (SimConfig, SimGraph) {
    let mut random = SplitMix::new(seed ^ 0xfeed);
    let shape = match random.below(8) {
        0 => Shape::Independent { n: 1 + random.below(60) as u32 },
        1 => Shape::Merge { n: 1 + random.below(60) as u32 },
        2 => Shape::Tree { n_leaves: 1 + random.below(64) as u32, arity: 2 + random.below(6) as u32 },
        3 => Shape::Stencil { width: 1 + random.below(12) as u32, steps: random.below(6) as u32 },
        4 => Shape::Shuffle { n: 1 + random.below(8) as u32 },
        5 => Shape::Matmul { n: 1 + random.below(4) as u32 },
        6 => Shape::Chains { n: 1 + random.below(8) as u32, len: 1 + random.below(8) as u32 },
        _ => Shape::Random { n: 1 + random.below(80) as u32 },
    };
    let duration_ns = 1_000 << random.below(14);
    let nbytes = random.below(2_000_000) as u64;
    let graph = shape.graph(seed, duration_ns, nbytes);
    let policy = match random.below(6) {
        0 => PolicyKind::Dask,
        1 => PolicyKind::Random,
        _ => PolicyKind::Gristmill,
    };
    let mut config = SimConfig {
        seed,
        n_workers: 1 + random.below(5) as u32,
        threads: 1 + random.below(3) as u32,
        memory_limit_nbytes: if random.one_in(2) {
            8 << 30
        } else {
            4_000_000 + random.below(20_000_000) as u64
        },
        policy,
        faults: Faults::random(&mut random),
        validates: true,
        ..SimConfig::default()
    };
    // Graphs are entered and forgotten a few tasks at a time.
    config.scheduler.tasks_per_event = 1 + random.below(100);
    (config, graph)
}

fn check(seed: u64) {
    let (config, graph) = scenario(seed);
    if let Err(what) = simulate(&config, &graph) {
        panic!(
            "seed {seed}: {what}\n{config:#?}\nrun it alone with GRISTMILL_SEED={seed} \
             cargo test -p gristmill-scheduling one_seed"
        );
    }
}

#[test]
fn one_seed() {
    let seed = std::env::var("GRISTMILL_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0);
    check(seed);
}

#[test]
fn five_thousand_seeds() {
    (0..5_000).for_each(check);
}

/// Larger clusters for longer, with more of everything that goes wrong.
#[test]
fn a_hundred_larger_seeds() {
    for seed in 0..100 {
        let mut random = SplitMix::new(seed);
        let n = 300 + random.below(500) as u32;
        let graph = Shape::Random { n }.graph(seed, 2_000_000, 1_000_000);
        let faults = Faults {
            n_kills: 5,
            n_cut_offs: 2,
            n_splits: 6,
            restless_client: true,
            ..Faults::random(&mut random)
        };
        let config = SimConfig {
            seed,
            n_workers: 8,
            memory_limit_nbytes: 30_000_000,
            faults,
            // Checking every invariant after every event is quadratic.
            validates: seed % 10 == 0,
            ..SimConfig::default()
        };
        if let Err(what) = simulate(&config, &graph) {
            panic!("larger seed {seed}: {what}");
        }
    }
}

/// Worker messages that cross and repeat are rare; together the seeds must have met each of them,
/// or they would test less than they seem to.
#[test]
fn seeds_meet_every_kind_of_trouble() {
    let mut met = std::collections::BTreeMap::new();
    for seed in 0..400 {
        let (config, graph) = scenario(seed);
        let (report, log) = record(&config, &graph).unwrap();
        for (_, event) in log {
            let kind = match event {
                SchedulerEvent::WorkerLost { .. } => "lost",
                SchedulerEvent::Retire { .. } => "retire",
                SchedulerEvent::Tick => "tick",
                SchedulerEvent::Worker { msg, .. } => match msg {
                    WorkerMsg::Erred { retryable: true, .. } => "flaky",
                    WorkerMsg::Erred { .. } => "bad",
                    WorkerMsg::Missing { .. } => "missing",
                    WorkerMsg::Dropped { .. } => "dropped",
                    WorkerMsg::Moved { tier: Tier::Spill, .. } => "spilled",
                    WorkerMsg::Moved { .. } => "read back",
                    WorkerMsg::Stolen { given: true, .. } => "given",
                    WorkerMsg::Stolen { .. } => "kept",
                    WorkerMsg::Suspended { .. } => "suspended",
                    WorkerMsg::Resumed { .. } => "resumed",
                    WorkerMsg::Status { paused: true, .. } => "paused",
                    _ => continue,
                },
                SchedulerEvent::Client { msg, .. } => match msg {
                    ClientMsg::Cancel { .. } => "cancel",
                    ClientMsg::Retry { .. } => "retry",
                    ClientMsg::Want { .. } => "want",
                    ClientMsg::Release { .. } => "release",
                    _ => continue,
                },
                _ => continue,
            };
            *met.entry(kind).or_insert(0) += 1;
        }
        if report.n_restarts > 0 {
            *met.entry("restart").or_insert(0) += 1;
        }
    }
    let expected = [
        "bad",
        "cancel",
        "dropped",
        "flaky",
        "given",
        "kept",
        "lost",
        "missing",
        "paused",
        "read back",
        "release",
        "restart",
        "resumed",
        "retire",
        "retry",
        "spilled",
        "suspended",
        "tick",
        "want",
    ];
    assert_eq!(met.keys().copied().collect::<Vec<_>>(), expected, "{met:?}");
}

#[test]
fn one_seed_gives_one_run() {
    let trace = |seed| {
        let (config, graph) = scenario(seed);
        simulate(&config, &graph).unwrap()
    };
    for seed in 0..50 {
        assert_eq!(trace(seed), trace(seed), "seed {seed}");
    }
    let (config, graph) = scenario(1);
    let other = SimConfig { seed: 2, ..config.clone() };
    assert_ne!(simulate(&config, &graph).unwrap().trace, simulate(&other, &graph).unwrap().trace);
}

#[test]
fn a_replay_decides_the_same() {
    let (mut config, graph) = scenario(11);
    // The events of several schedulers are no replay of one.
    config.faults.n_restarts = 0;
    let (report, log) = record(&config, &graph).unwrap();
    let settings = SchedulerConfig { seed: config.seed, policy: config.policy, ..config.scheduler.clone() };
    let mut scheduler = Scheduler::new(settings);
    let mut actions = Vec::new();
    log.into_iter().for_each(|(now, event)| scheduler.on(now, event, &mut actions));
    assert_eq!(actions.len() as u64, report.n_actions);
}

/// What the design promises of placement, on graphs small enough for every test run.
#[test]
fn ours_moves_fewer_bytes_than_the_others() {
    let report = |policy, shape: Shape, duration_ns, nbytes| {
        let graph = shape.graph(1, duration_ns, nbytes);
        let config = SimConfig {
            n_workers: 20,
            threads: 4,
            memory_limit_nbytes: 64 << 30,
            policy,
            ..SimConfig::default()
        };
        simulate(&config, &graph).unwrap()
    };
    let tree = Shape::Tree { n_leaves: 4_096, arity: 8 };
    let ours = report(PolicyKind::Gristmill, tree, 20_000_000, 16_000_000);
    let dask = report(PolicyKind::Dask, tree, 20_000_000, 16_000_000);
    assert!(ours.moved_nbytes * 10 < dask.moved_nbytes, "{ours:?} {dask:?}");
    assert!(ours.makespan_ns < dask.makespan_ns && ours.peak_nbytes < dask.peak_nbytes, "{ours:?} {dask:?}");
    let stencil = Shape::Stencil { width: 400, steps: 20 };
    let ours = report(PolicyKind::Gristmill, stencil, 40_000_000, 16_000_000);
    let dask = report(PolicyKind::Dask, stencil, 40_000_000, 16_000_000);
    assert!(
        ours.moved_nbytes < dask.moved_nbytes && ours.makespan_ns < dask.makespan_ns,
        "{ours:?} {dask:?}"
    );
}

/// Results together are four times the memory: roots are held back and results spilled, and no worker overflows.
#[test]
fn memory_stays_below_the_limit() {
    let limit = 100_000_000;
    let graph = Shape::Chains { n: 400, len: 3 }.graph(3, 5_000_000, 2_000_000);
    let config =
        SimConfig { n_workers: 2, memory_limit_nbytes: limit, validates: true, ..SimConfig::default() };
    let report = simulate(&config, &graph).unwrap();
    assert!(report.spilled_nbytes > 0);
    assert!(report.peak_worker_nbytes <= limit * 95 / 100, "{report:?}");
}

/// What was running when a scheduler ends is run again, and nothing else.
#[test]
fn a_scheduler_started_anew_redoes_nothing_that_is_held() {
    let graph = Shape::Stencil { width: 40, steps: 20 }.graph(3, 5_000_000, 100_000);
    let faults = Faults { n_restarts: 5, ..Faults::default() };
    let config = SimConfig { n_workers: 3, threads: 2, faults, validates: true, ..SimConfig::default() };
    let report = simulate(&config, &graph).unwrap();
    assert!(report.n_restarts >= 3, "{report:?}");
    let again = report.n_calls - graph.submission.len() as u64;
    assert!(again <= u64::from(report.n_restarts * config.n_workers * config.threads), "{report:?}");
}

/// Workers that leave cost no call and no result, and those that are asked to do leave.
#[test]
fn workers_that_leave_are_not_missed() {
    let graph = Shape::Stencil { width: 40, steps: 20 }.graph(3, 5_000_000, 100_000);
    let faults = Faults { n_retires: 4, ..Faults::default() };
    let config = SimConfig { n_workers: 5, threads: 2, faults, validates: true, ..SimConfig::default() };
    let report = simulate(&config, &graph).unwrap();
    assert!(report.n_retired >= 3, "{report:?}");
    assert_eq!(report.n_calls, graph.submission.len() as u64, "{report:?}");
}

#[test]
fn a_full_disk_does_not_stop_the_work() {
    let graph = Shape::Merge { n: 60 }.graph(3, 5_000_000, 2_000_000);
    let faults = Faults { disk_nbytes: 1, ..Faults::default() };
    let config = SimConfig {
        n_workers: 2,
        memory_limit_nbytes: 20_000_000,
        faults,
        validates: true,
        ..SimConfig::default()
    };
    simulate(&config, &graph).unwrap();
}

#[test]
fn tables_are_small() {
    let graph = Shape::Tree { n_leaves: 90_000, arity: 8 }.graph(1, 1_000_000, 8);
    let config = SimConfig { n_workers: 10, ..SimConfig::default() };
    let report = simulate(&config, &graph).unwrap();
    assert!(report.table_nbytes / graph.submission.len() as u64 <= 300, "{report:?}");
}

/// Every call without inputs waits for a later one: with one thread, more of them wait at a time than it is ever sent.
#[test]
fn calls_that_wait_for_others_do_not_keep_threads_from_them() {
    for seed in 0..4 {
        let graph = Shape::Independent { n: 400 }.graph(seed, 50_000_000, 1_000);
        let faults = Faults { nested_one_in: 1, ..Faults::default() };
        let (n_workers, threads) = (1 + seed as u32 % 2, 1);
        let config = SimConfig { seed, n_workers, threads, faults, validates: true, ..SimConfig::default() };
        simulate(&config, &graph).unwrap();
    }
}
