//! Many small clusters with faults, each from one seed.

use super::*;
use crate::{PolicyKind, SplitMix};

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
fn two_thousand_seeds() {
    (0..2_000).for_each(check);
}
