//! What is refused before anything runs, wherever in a graph it is.

use gristmill_graph::Csr;

use super::*;

/// What a check has looked at one by one: this, and not the size of the graph, is what it costs.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Work {
    /// Tasks compared with the one before.
    n_rows: usize,
    /// Tasks unlike the one before, whose arguments were put together.
    n_calls: usize,
    /// Inputs of these.
    n_inputs: usize,
}

impl Work {
    pub(super) fn on_row(&mut self) {
        self.n_rows += 1;
    }

    pub(super) fn on_call(&mut self, n_inputs: usize) {
        self.n_calls += 1;
        self.n_inputs += n_inputs;
    }
}

fn check(graph: &Graph) -> Result<(), Error> {
    check_types(graph, &HashMap::new(), &|_| Type::Any)
}

/// `n` calls of a kernel with a literal each.
fn calls(name: &str, literals: impl IntoIterator<Item = Arg>) -> Layer {
    let rows = Csr::from_rows(literals.into_iter().map(|literal| [literal])).unwrap();
    let n = rows.len() as u32;
    Layer::new(name, Function::kernel(name, 1), Wiring::Source { n })
        .args([Arg::Param(0)])
        .params(Params::Rows(rows))
}

/// Only the first 4096 calls of a layer were looked at: a misfit among the others failed when it ran.
#[test]
fn a_misfit_is_found_in_any_row() {
    for misfit in [0, 1, 4096, 9999] {
        let literal = |i| if i == misfit { Arg::Text("text".into()) } else { Arg::Int(i) };
        let mut graph = Graph::new();
        graph.push(calls("inc", (0..10_000).map(literal))).unwrap();
        assert!(matches!(check(&graph), Err(Error::Call { .. })), "row {misfit}");
    }
    let mut graph = Graph::new();
    graph.push(calls("inc", (0..10_000).map(Arg::Int))).unwrap();
    check(&graph).unwrap();
}

/// The type of an input is that of its own row, and not that of the row before.
#[test]
fn a_misfit_is_found_behind_any_input() {
    let literal = |i| if i == 7000 { Arg::Text("text".into()) } else { Arg::Int(i) };
    let mut graph = Graph::new();
    let sources = graph.push(calls("identity", (0..8000).map(literal))).unwrap();
    let inc =
        Layer::new("inc", Function::kernel("inc", 1), Wiring::each(sources, 8000)).args([Arg::Input(0)]);
    graph.push(inc).unwrap();
    assert!(matches!(check(&graph), Err(Error::Call { .. })));
}

/// Every row that may be unlike the one before is looked at once; of a layer whose rows are alike, the first two are.
#[test]
fn rows_like_the_one_before_cost_a_comparison() {
    let n = 1_000_000;
    let mut graph = Graph::new();
    let index = graph
        .push(
            Layer::new("inc", Function::kernel("inc", 1), Wiring::Source { n })
                .args([Arg::Param(0)])
                .params(Params::Index),
        )
        .unwrap();
    let rows = (0..n).map(|i| [index.task(i)]);
    let explicit = Wiring::Explicit(Csr::from_rows(rows).unwrap());
    let explicit =
        graph.push(Layer::new("inc", Function::kernel("inc", 1), explicit).args([Arg::Input(0)])).unwrap();
    graph.push(Layer::new("sum", Function::kernel("sum", 1), Wiring::groups(explicit, n, 2))).unwrap();
    let plugins = HashMap::new();
    let mut check = Check::new(&graph, &plugins);
    check.all(&|_| Type::Any).unwrap();
    let n_rows = 2 + n as usize + 2;
    assert_eq!(check.work, Work { n_rows, n_calls: 3, n_inputs: 1 + 2 });
}
