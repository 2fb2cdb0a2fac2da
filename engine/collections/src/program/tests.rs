//! Programs: what is shared is there once, calls of one shape are one layer, large values travel beside the graph.

use gristmill_data::Chunk;
use proptest::prelude::*;

use super::*;
use crate::{args, delayed, kernel};

fn n_tasks(program: &Program) -> usize {
    program.graph.materialize(&program.wanted).unwrap().len()
}

#[test]
fn what_is_shared_is_there_once() {
    let inc = kernel("inc").unwrap();
    let shared = delayed(&inc, args![1]);
    let users: Vec<Delayed> = (0..10).map(|_| delayed(&inc, args![&shared])).collect();
    let program = Program::of(&users).unwrap();
    // The ten users are equal calls: they have one key.
    assert_eq!(n_tasks(&program), 2);
    assert_eq!(program.wanted.len(), 10);
}

#[test]
fn calls_of_one_shape_are_one_layer() {
    let inc = kernel("inc").unwrap();
    let calls: Vec<Delayed> = (0..1000i64).map(|i| delayed(&inc, args![i])).collect();
    let total = delayed(kernel("sum").unwrap(), args![calls]);
    let program = Program::of(&[total]).unwrap();
    assert_eq!(program.graph.layers().len(), 2, "inc and sum");
    assert_eq!(n_tasks(&program), 1001);
}

#[test]
fn calls_that_alternate_stay_in_order() {
    let (inc, neg) = (kernel("inc").unwrap(), kernel("neg").unwrap());
    let mut chain = delayed(&inc, args![1]);
    for _ in 0..50 {
        chain = delayed(&inc, args![delayed(&neg, args![chain])]);
    }
    assert_eq!(n_tasks(&Program::of(&[chain]).unwrap()), 101);
}

#[test]
fn large_values_are_held_under_their_content() {
    let chunk = || Chunk::from_vec(vec![1.0f64; 1000], &[1000]).unwrap();
    let sum = kernel("sum").unwrap();
    let program = Program::of(&[delayed(&sum, args![chunk()]), delayed(&sum, args![chunk()])]).unwrap();
    assert_eq!(program.values.len(), 1, "equal content is one value");
    assert_eq!(n_tasks(&program), 2, "the value and one sum");
    let text = "x".repeat(LITERAL_NBYTES_MAX + 1);
    assert_eq!(Program::of(&[delayed(&sum, args![text])]).unwrap().values.len(), 1);
    assert!(Program::of(&[delayed(&sum, args!["short"])]).unwrap().values.is_empty());
}

proptest! {
    /// Whatever is shared and however calls nest, a program has as many tasks as there are different calls.
    #[test]
    fn every_different_call_is_one_task(picks in proptest::collection::vec((0usize..3, any::<u16>(), any::<u16>()), 1..60)) {
        let names = ["add", "mul", "sub"];
        let mut calls: Vec<Delayed> = Vec::new();
        let mut described: Vec<String> = Vec::new();
        for (name, left, right) in picks {
            let callee = kernel(names[name]).unwrap();
            let side = |pick: u16| match calls.len() {
                0 => (crate::Argument::from(i64::from(pick)), pick.to_string()),
                n => {
                    let idx = pick as usize % n;
                    (crate::Argument::from(&calls[idx]), described[idx].clone())
                }
            };
            let ((left, left_text), (right, right_text)) = (side(left), side(right));
            // Keys stand for whole expressions; so do these texts, kept short by their hash.
            let text = blake(&format!("{}({left_text},{right_text})", names[name]));
            calls.push(delayed(callee, vec![left, right]));
            described.push(text);
        }
        let program = Program::of(&calls).unwrap();
        let mut different = described.clone();
        different.sort();
        different.dedup();
        prop_assert_eq!(n_tasks(&program), different.len());
    }
}

fn blake(text: &str) -> String {
    Digest::of(text.as_bytes()).to_string()
}
