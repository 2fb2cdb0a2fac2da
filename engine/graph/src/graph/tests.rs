//! What a graph refuses, and that it travels whole.

use crate::{Arg, Csr, Error, Function, Graph, Layer, LayerId, Params, TASKS_MAX, Wiring, shapes};

fn source(n: u32) -> Layer {
    Layer::new("source", Function::kernel("source", 1), Wiring::Source { n })
}

#[test]
fn a_list_can_only_look_back() {
    let own = LayerId(1);
    for (bad, user) in [(own.task(1), 0), (own.task(0), 0), (LayerId(0).task(3), 1), (LayerId(7).task(0), 1)]
    {
        let mut rows = vec![vec![], vec![]];
        rows[user].push(bad);
        let mut graph = Graph::new();
        graph.push(source(3)).unwrap();
        let listed =
            Layer::new("listed", Function::identity(), Wiring::Explicit(Csr::from_rows(rows).unwrap()));
        let error = graph.push(listed).unwrap_err();
        assert!(matches!(error, Error::MissingTask { task, .. } if task == bad), "{error}");
    }
}

#[test]
fn arguments_must_fit_the_tasks() {
    let rows = |rows: Vec<Vec<Arg>>| Params::Rows(Csr::from_rows(rows).unwrap());
    let deep = (0..100).fold(Arg::Null, |inside, _| Arg::List(vec![inside]));
    let cases = [
        (source(2).args([Arg::Param(0)]), "uses 1 literals a task, but some task has 0"),
        (
            source(2).args([Arg::Param(1)]).params(Params::Index),
            "uses 2 literals a task, but some task has 1",
        ),
        (source(2).params(rows(vec![vec![]])), "has 2 tasks, but 1 rows"),
        (source(1).args([Arg::Param(0)]).params(rows(vec![vec![]])), "but some task has 0"),
        (source(1).params(rows(vec![vec![Arg::List(vec![Arg::Input(0)])]])), "refers to an input"),
        (source(1).args([deep]), "nested more than 64"),
    ];
    for (layer, reason) in cases {
        let error = Graph::new().push(layer).unwrap_err();
        assert!(error.to_string().contains(reason), "{error}");
    }
}

#[test]
fn too_many_tasks_are_refused() {
    let mut graph = Graph::new();
    graph.push(source(TASKS_MAX as u32)).unwrap();
    let more = graph.push(source(1)).unwrap_err();
    assert_eq!(more, Error::TooMany { what: "tasks", n: TASKS_MAX + 1, limit: TASKS_MAX });
    assert_eq!(graph.layers().len(), 1, "nothing was added");
    let overflowing = Wiring::blockwise([u32::MAX; 8], []);
    let error = Graph::new().push(Layer::new("x", Function::identity(), overflowing)).unwrap_err();
    assert!(matches!(error, Error::TooMany { .. }), "{error}");
    let copy = graph.clone();
    assert!(matches!(graph.append(&copy), Err(Error::TooMany { .. })));
}

#[test]
fn a_million_tasks_travel_in_a_few_hundred_bytes() {
    let (graph, _) = shapes::stencil(&[1_000, 1_000], 1, crate::Boundary::Periodic).unwrap();
    assert_eq!(graph.n_tasks(), 2_000_000);
    let json = serde_json::to_string(&graph).unwrap();
    assert!(json.len() < 1_000, "{} bytes", json.len());
    assert_eq!(serde_json::from_str::<Graph>(&json).unwrap(), graph);
}

#[test]
fn every_shape_travels() {
    for (graph, wanted) in [
        shapes::independent(3).unwrap(),
        shapes::chain(4).unwrap(),
        shapes::shuffle(3, 2).unwrap(),
        shapes::matmul(2).unwrap(),
        shapes::merge(3).unwrap(),
    ] {
        let copy: Graph = serde_json::from_str(&serde_json::to_string(&graph).unwrap()).unwrap();
        assert_eq!(copy.materialize(&wanted).unwrap(), graph.materialize(&wanted).unwrap());
    }
}

#[test]
fn a_damaged_graph_is_refused_on_arrival() {
    let (graph, _) = shapes::tree(8, 2).unwrap();
    let json = serde_json::to_string(&graph).unwrap();
    let error = serde_json::from_str::<Graph>(&json.replace("\"input\":0", "\"input\":9")).unwrap_err();
    assert!(error.to_string().contains("reads layer #9"), "{error}");
}

#[test]
fn native_functions_do_not_travel() {
    let mut graph = Graph::new();
    let native = Function::Native { name: "closure".into(), id: 1 };
    graph.push(Layer::new("closure", native, Wiring::Source { n: 1 })).unwrap();
    assert!(serde_json::to_string(&graph).is_err());
}

#[test]
fn appended_graphs_keep_their_keys() {
    for (other, wanted) in
        [shapes::anomaly(9, 3).unwrap(), shapes::chain(5).unwrap(), shapes::matmul(2).unwrap()]
    {
        let (mut graph, _) = shapes::tree(9, 3).unwrap();
        let offset = graph.append(&other).unwrap();
        let moved: Vec<_> =
            wanted.iter().map(|task| LayerId(task.layer.0 + offset).task(task.index)).collect();
        let (alone, together) = (other.materialize(&wanted).unwrap(), graph.materialize(&moved).unwrap());
        assert_eq!(alone.keys, together.keys);
        assert_eq!(alone.inputs, together.inputs);
    }
}

#[test]
fn spec_tells_what_to_call() {
    let mut graph = Graph::new();
    let id = graph.push(source(2).args([Arg::Param(0)]).params(Params::Index)).unwrap();
    let spec = graph.spec(id.task(1)).unwrap();
    assert_eq!(
        (&**spec.name, spec.args, &*spec.params),
        ("source", &[Arg::Param(0)][..], &[Arg::UInt(1)][..])
    );
    assert!(matches!(graph.spec(id.task(2)), Err(Error::MissingTask { .. })));
    assert!(matches!(graph.spec(LayerId(5).task(0)), Err(Error::MissingTask { .. })));
    assert!(graph.inputs(LayerId(5).task(0)).is_empty());
}
