//! What is told of a plan.

use crate::Array;
use crate::array::Generator;

#[test]
fn a_plan_tells_its_blocks_its_tasks_and_its_memory() {
    let x: Array = Generator::new(1).random(&[1024, 1024], [128, -1]);
    let text = (&x - x.mean(0)).explain().unwrap();
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let has = |line: &str| assert!(lines.contains(&line), "no {line:?} in\n{text}");
    has("#0 random() float64 [1024, 1024] in [8, 1] blocks, 8 MiB");
    has("8 x random: blocks of 1 MiB, tasks of 1 MiB with 0 inputs");
    has("8 x subtract: blocks of 1 MiB, tasks of 2056 KiB with 2 inputs");
    // The mean is held beside eight blocks, and a result while its block is there.
    assert!(text.contains("1 thread: 9224 KiB, with 8 MiB in 8 of random, 1 MiB in 1 of subtract"), "{text}");
    assert!(text.contains("8 threads: 16.0 MiB, with"), "{text}");
}

#[test]
fn lengths_that_are_not_known_are_shown_as_such() {
    let x = Array::arange(0, 100, 1, 10);
    let text = x.compress(&x.lt(7), 0).explain().unwrap();
    assert!(text.contains("compress(#") && text.contains("int64 [?] in [10] blocks"), "{text}");
}
