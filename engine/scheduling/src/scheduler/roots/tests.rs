//! Every root is drawn exactly once, whoever draws and whoever joins.

use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn every_root_is_drawn_once(n in 1_usize..200, threads in prop::collection::vec(1_u32..9, 1..6), draws in prop::collection::vec(0_u32..8, 1..400), seed: u64) {
        let tasks: Vec<Entry> = (0..n as u64).map(|i| (i, i as u32)).collect();
        let workers: Vec<(u32, u32)> = (0..).zip(threads.iter().copied()).collect();
        let mut set = RootSet::cut(tasks.clone(), &workers);
        let mut random = SplitMix::new(seed);
        let mut drawn = Vec::new();
        for worker in draws.iter().copied().chain(std::iter::repeat_n(0, n)) {
            if let Some(entry) = set.head(worker, &mut random) {
                set.advance(worker);
                drawn.push(entry);
            } else {
                prop_assert!(set.is_empty());
            }
            prop_assert_eq!(set.left().count() + drawn.len(), n);
        }
        drawn.sort_unstable();
        prop_assert_eq!(drawn, tasks);
    }

    #[test]
    fn segments_follow_threads(threads in prop::collection::vec(1_u32..9, 1..6)) {
        let n: u32 = threads.iter().sum::<u32>() * 10;
        let tasks: Vec<Entry> = (0..n).map(|i| (u64::from(i), i)).collect();
        let workers: Vec<(u32, u32)> = (0..).zip(threads.iter().copied()).collect();
        let set = RootSet::cut(tasks, &workers);
        for (segment, threads) in set.segments.iter().zip(threads) {
            prop_assert_eq!(segment.end - segment.next, threads * 10);
        }
    }
}
