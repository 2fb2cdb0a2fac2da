//! A thousand damaged components: none is loaded unnoticed in a way that harms, and the process lives.

use proptest::prelude::Rng;
use proptest::test_runner::TestRunner;

use super::guest::Guest;
use super::{assert_neighbour_answers, brief, runtime};
use crate::{CallContext, Error};

const ROUNDS: usize = 1_000;
/// Code of all sorts, so that there is something to damage.
const MORE: &str = "
    (table 4 4 funcref) (elem (i32.const 0) $sum $sum $sum $sum)
    (func $sum (param i32 i32) (result i64) (local i64 v128)
        (loop $next
            (local.set 2 (i64.add (local.get 2) (i64.load32_s (local.get 0))))
            (local.set 3 (i32x4.add (local.get 3) (v128.load (local.get 0))))
            (local.set 0 (i32.add (local.get 0) (i32.const 4)))
            (br_if $next (local.tee 1 (i32.sub (local.get 1) (i32.const 1)))))
        (drop (call_indirect (param i32 i32) (result i64) (local.get 0) (local.get 1) (i32.const 9)))
        (i64.add (local.get 2) (i64.extend_i32_u (i32x4.extract_lane 0 (local.get 3)))))";

#[test]
fn damaged_components_do_no_harm() {
    let good = Guest::new().extra(MORE).build();
    let mut random = TestRunner::deterministic().new_rng();
    let mut pick = |below: usize| usize::try_from(random.next_u64() % below as u64).unwrap();
    let (mut refused, mut answered) = (0, 0);
    for round in 0..ROUNDS {
        let mut damaged = good.clone();
        if round % 10 == 0 {
            damaged.truncate(pick(good.len()));
        }
        for _ in 0..=round % 3 {
            let at = pick(damaged.len().max(1));
            if let Some(byte) = damaged.get_mut(at) {
                *byte ^= 1 << pick(8);
            }
        }
        match runtime().load(&damaged) {
            Err(Error::Config { .. } | Error::Io { .. } | Error::CompileChild { .. }) => {
                panic!("round {round}")
            }
            Err(_) => refused += 1,
            // It may be as good as before, or fail in its own way.
            Ok(plugin) => {
                let ctx = CallContext::new().limits(brief());
                let _ = plugin.call("f", &["text".into(), 2.0.into()], &ctx);
                answered += 1;
            }
        }
    }
    assert_neighbour_answers();
    assert_eq!(refused + answered, ROUNDS);
    assert!(refused > ROUNDS / 4, "only {refused} were refused");
}
