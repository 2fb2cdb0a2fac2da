//! Any loops in loops: their results and how many turns they take, against the same loops walked through in Rust.

use std::fmt::Write as _;

use gristmill_data::DType::UInt32;
use proptest::prelude::*;

use super::{chunk, kernel, run};
use crate::user::map::turns_max;
use crate::{Error, testing};

/// Statements on `n`, which starts at 0, and the element `x`.
#[derive(Debug, Clone)]
enum Step {
    /// `n += by;`
    Add(u32),
    /// `if (n + x) % of == 0u { .. } else { .. }`
    If(u32, Vec<Step>, Vec<Step>),
    /// The same in a `switch`.
    Switch(u32, Vec<Step>, Vec<Step>),
    /// `for (var i = 0u; i < n_turns; i++) { .. }`
    For(u32, Vec<Step>),
    /// `while (n + x) % of != 0u { .. n += 1u; }`
    While(u32, Vec<Step>),
    /// `loop { .. continuing { .. n += 1u; break if n % of == 0u; } }`
    Loop(u32, Vec<Step>, Vec<Step>),
    /// `if n % of == 0u { break; }`, within a loop.
    Break(u32),
    /// `if n % of == 0u { continue; }`, within a loop.
    Continue(u32),
}

/// Within the body of a loop there may be `break` and `continue`.
fn steps(depth: u32, in_loop: bool) -> BoxedStrategy<Vec<Step>> {
    let add = (1u32..9).prop_map(Step::Add).boxed();
    let of = 1u32..40;
    let mut any = vec![(2, add)];
    if in_loop {
        any.push((1, (2u32..9).prop_map(Step::Break).boxed()));
        any.push((1, (2u32..9).prop_map(Step::Continue).boxed()));
    }
    if depth > 0 {
        // No `break` that leaves a `switch`, and none of `continuing`.
        let (same, none) = (move || steps(depth - 1, in_loop), move || steps(depth - 1, false));
        let body = move || steps(depth - 1, true);
        any.push((1, (of.clone(), same(), same()).prop_map(|(of, a, b)| Step::If(of, a, b)).boxed()));
        any.push((1, (of.clone(), none(), none()).prop_map(|(of, a, b)| Step::Switch(of, a, b)).boxed()));
        any.push((2, (of.clone(), body()).prop_map(|(n, a)| Step::For(n, a)).boxed()));
        any.push((2, (of.clone(), body()).prop_map(|(of, a)| Step::While(of, a)).boxed()));
        any.push((2, (of, body(), none()).prop_map(|(of, a, b)| Step::Loop(of, a, b)).boxed()));
    }
    proptest::collection::vec(proptest::strategy::Union::new_weighted(any), 1..4).boxed()
}

fn write(steps: &[Step], text: &mut String) {
    let inner = |steps: &[Step]| {
        let mut text = String::new();
        write(steps, &mut text);
        text
    };
    for step in steps {
        _ = match step {
            Step::Add(by) => writeln!(text, "n += {by}u;"),
            Step::If(of, a, b) => {
                writeln!(text, "if (n + x) % {of}u == 0u {{ {} }} else {{ {} }}", inner(a), inner(b))
            }
            Step::Switch(of, a, b) => writeln!(
                text,
                "switch (n + x) % {of}u {{ case 0u: {{ {} }} default: {{ {} }} }}",
                inner(a),
                inner(b)
            ),
            Step::For(n, a) => writeln!(text, "for (var i = 0u; i < {n}u; i++) {{ {} }}", inner(a)),
            Step::While(of, a) => writeln!(text, "while (n + x) % {of}u != 0u {{ {} n += 1u; }}", inner(a)),
            Step::Loop(of, a, b) => writeln!(
                text,
                "loop {{ {} continuing {{ {} n += 1u; break if n % {of}u == 0u; }} }}",
                inner(a),
                inner(b)
            ),
            Step::Break(of) => writeln!(text, "if n % {of}u == 0u {{ break; }}"),
            Step::Continue(of) => writeln!(text, "if n % {of}u == 0u {{ continue; }}"),
        };
    }
}

struct Walk {
    x: u32,
    n: u32,
    n_turns: u32,
    n_turns_max: u32,
}

#[derive(PartialEq)]
enum Flow {
    On,
    Break,
    Continue,
    Spent,
}

impl Walk {
    fn turn(&mut self) -> bool {
        self.n_turns += 1;
        self.n_turns <= self.n_turns_max
    }

    fn steps(&mut self, steps: &[Step]) -> Flow {
        for step in steps {
            let is_zero = |number: u32, of: u32| number.is_multiple_of(of);
            let flow =
                match step {
                    Step::Add(by) => {
                        self.n = self.n.wrapping_add(*by);
                        Flow::On
                    }
                    Step::If(of, a, b) | Step::Switch(of, a, b) => {
                        if is_zero(self.n.wrapping_add(self.x), *of) { self.steps(a) } else { self.steps(b) }
                    }
                    Step::Break(of) if is_zero(self.n, *of) => Flow::Break,
                    Step::Continue(of) if is_zero(self.n, *of) => Flow::Continue,
                    Step::Break(_) | Step::Continue(_) => Flow::On,
                    Step::For(..) | Step::While(..) | Step::Loop(..) => self.repeat(step),
                };
            if flow != Flow::On {
                return flow;
            }
        }
        Flow::On
    }

    fn repeat(&mut self, step: &Step) -> Flow {
        for i in 0.. {
            if !self.turn() {
                return Flow::Spent;
            }
            let body = match step {
                Step::For(n, _) if i >= *n => return Flow::On,
                Step::While(of, _) if self.n.wrapping_add(self.x).is_multiple_of(*of) => return Flow::On,
                Step::For(_, body) | Step::While(_, body) | Step::Loop(_, body, _) => body,
                _ => unreachable!(),
            };
            match (self.steps(body), step) {
                (Flow::Spent, _) => return Flow::Spent,
                (Flow::Break, _) => return Flow::On,
                // What stands at the end of the body of a `while` is skipped.
                (Flow::Continue, Step::While(..)) | (_, Step::For(..)) => {}
                (_, Step::While(..)) => self.n = self.n.wrapping_add(1),
                (_, Step::Loop(of, _, continuing)) => {
                    if self.steps(continuing) == Flow::Spent {
                        return Flow::Spent;
                    }
                    self.n = self.n.wrapping_add(1);
                    if self.n.is_multiple_of(*of) {
                        return Flow::On;
                    }
                }
                _ => unreachable!(),
            }
        }
        Flow::On
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 100, ..ProptestConfig::default() })]

    #[test]
    fn any_loops_give_their_results_or_run_out_of_turns(steps in steps(3, false)) {
        let Some(device) = testing::device() else { return Ok(()) };
        let mut text = String::new();
        write(&steps, &mut text);
        let source = format!("fn f(x: u32) -> u32 {{ var n = 0u; {text} return n; }}");
        let n_turns_max = turns_max(device.facts());
        let elements: Vec<u32> = (0..203).map(|i| i * 7).collect();
        let expected: Option<Vec<u32>> = elements
            .iter()
            .map(|&x| {
                let mut walk = Walk { x, n: 0, n_turns: 0, n_turns_max };
                (walk.steps(&steps) == Flow::On).then_some(walk.n)
            })
            .collect();
        let kernel = kernel(&source, &[UInt32], UInt32);
        match (run(&device, &kernel, &[chunk(elements)]), expected) {
            (Ok(got), Some(expected)) => prop_assert_eq!(got.as_slice::<u32>().unwrap(), expected, "{}", source),
            (Err(Error::Turns { .. }), None) => {}
            (got, expected) => prop_assert!(false, "{}: {:?} and not {:?}", source, got, expected),
        }
    }
}
