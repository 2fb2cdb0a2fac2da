//! Lazy calls: names, options, and long chains that are dropped without recursion.

use super::*;
use crate::{Program, args, kernel};

#[test]
fn options_change_no_key() {
    let inc = kernel("inc").unwrap();
    let plain = delayed(&inc, args![1]);
    let busy = delayed(&inc, args![1]).named("busy").retries(3).priority(7);
    let key = |call: &Delayed| {
        let program = Program::of(std::slice::from_ref(call)).unwrap();
        program.graph.materialize(&program.wanted).unwrap().keys
    };
    assert_eq!(key(&plain), key(&busy));
    assert_ne!(key(&plain), key(&delayed(&inc, args![2])));
    assert_eq!(busy.name(), "busy");
}

#[test]
fn a_long_chain_is_dropped_without_recursion() {
    let inc = kernel("inc").unwrap();
    let mut chain = delayed(&inc, args![0]);
    for _ in 0..200_000 {
        chain = delayed(&inc, args![vec![crate::Argument::from(chain)]]);
    }
    drop(chain);
}
