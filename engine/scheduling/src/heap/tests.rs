//! The heap against a sorted vector.

use super::*;
use crate::SplitMix;

#[test]
fn gives_the_smallest_and_any_other() {
    let mut random = SplitMix::new(7);
    let mut heap = Heap::default();
    let mut sorted: Vec<Entry> = Vec::new();
    for step in 0..20_000_u32 {
        match random.below(5) {
            0..=2 => {
                let entry = (random.next_u64() % 1000, step);
                heap.push(entry);
                sorted.push(entry);
                sorted.sort_unstable();
            }
            3 => assert_eq!(heap.pop(), if sorted.is_empty() { None } else { Some(sorted.remove(0)) }),
            _ => {
                let at = random.below(40);
                let expected = heap.iter().nth(at);
                let taken = heap.take_at(at);
                assert_eq!(taken, expected);
                if let Some(taken) = taken {
                    sorted.retain(|&entry| entry != taken);
                }
            }
        }
        assert_eq!(heap.len(), sorted.len());
        assert_eq!(heap.peek(), sorted.first().copied());
    }
}
