//! Pictures are complete and well-formed, whatever the names.

use proptest::prelude::*;

use super::{draw_ascii, draw_svg, layout::nearest};
use crate::{Boundary, Function, Graph, Key, Layer, Wiring, shapes, shapes::Shape};

fn svg(shape: Shape, limit: usize) -> String {
    let (graph, wanted) = shape;
    let svg = draw_svg(&graph, &graph.materialize(&wanted).unwrap(), limit);
    check_xml(&svg);
    svg
}

/// Checks that tags are balanced and that text holds nothing that XML forbids.
fn check_xml(text: &str) {
    let mut open: Vec<&str> = Vec::new();
    for piece in text.split('<').skip(1) {
        let (tag, after) = piece.split_once('>').expect("every tag ends");
        assert!(!after.contains('>'), "a bare > in {piece:?}");
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "in {piece:?}"),
            None if tag.ends_with('/') => {}
            None => open.push(tag.split(' ').next().unwrap()),
        }
        let entities =
            after.split('&').skip(1).all(|rest| rest.split(';').next().is_some_and(|name| name.len() < 6));
        assert!(entities && !text.chars().any(|c| c.is_control() && c != '\n'));
    }
    assert_eq!(open, [""; 0]);
    assert!(
        !text.contains("http") || text.matches("http").count() == 1,
        "nothing from outside but the namespace"
    );
}

#[test]
fn small_graphs_show_every_task() {
    let drawn = svg(shapes::tree(4, 2).unwrap(), 300);
    assert_eq!(drawn.matches("<title>").count(), 7);
    assert_eq!(drawn.matches("class=\"gm-edge\"").count(), 6);
    assert_eq!(drawn.matches("class=\"gm-wanted\"").count(), 1);
    assert!(drawn.contains("runs 1 of 7") && drawn.contains("root@1"));
}

#[test]
fn large_graphs_show_layers() {
    let drawn = svg(shapes::tree(4096, 8).unwrap(), 300);
    assert_eq!(drawn.matches("<title>").count(), 5);
    assert!(drawn.contains("root × 4\u{202f}096") && drawn.contains("sum × 64"));
    let drawn = svg(shapes::stencil(&[3], 20, Boundary::None).unwrap(), 10);
    assert_eq!(drawn.matches("<title>").count(), 10);
    assert!(drawn.contains("and 11 more layers"));
}

#[test]
fn dense_graphs_show_layers() {
    let drawn = svg(shapes::shuffle(10, 100).unwrap(), 3_000);
    assert_eq!(drawn.matches("<title>").count(), 4);
}

#[test]
fn fused_tasks_show_their_steps() {
    let (graph, wanted) = shapes::chains(2, 2).unwrap();
    let drawn = draw_svg(&graph, &graph.optimize(&wanted).unwrap(), 300);
    check_xml(&drawn);
    assert!(drawn.contains("root@1\nlink@1\nlink@1"), "{drawn}");
}

#[test]
fn names_cannot_break_the_picture() {
    let mut graph = Graph::new();
    let evil = "</title><script>\"&'\u{1b}[31m";
    let held = graph.push(Layer::new(evil, Function::identity(), Wiring::Held(vec![Key([0; 32])]))).unwrap();
    let long =
        graph.push(Layer::new(&"long".repeat(50), Function::kernel(evil, 1), Wiring::each(held, 1))).unwrap();
    let drawn = draw_svg(&graph, &graph.materialize(&[long.task(0)]).unwrap(), 300);
    check_xml(&drawn);
    assert!(!drawn.contains("<script") && drawn.contains("gm-held") && drawn.contains("longlong"));
}

#[test]
fn an_empty_table_is_an_empty_picture() {
    let (graph, _) = shapes::tree(4, 2).unwrap();
    check_xml(&draw_svg(&graph, &graph.materialize(&[]).unwrap(), 300));
    assert_eq!(draw_ascii(&Graph::new()), "");
}

#[test]
fn layers_as_text() {
    let (graph, _) = shapes::matmul(3).unwrap();
    let expected = "\
sum x 9           groups of 1 by 1 by 3
└─ product x 27   by blocks
   ├─ root x 9    no inputs
   └─ b x 9       no inputs
";
    assert_eq!(draw_ascii(&graph), expected);
    let (mut graph, _) = shapes::stencil(&[4, 4], 1, Boundary::Periodic).unwrap();
    graph.append(&shapes::chain(3).unwrap().0).unwrap();
    let expected = "\
link x 3       listed inputs
step x 16      neighbours up to 1 by 1, periodic
└─ root x 16   no inputs
";
    assert_eq!(draw_ascii(&graph), expected);
}

#[test]
fn long_texts_are_cut() {
    let (graph, _) = shapes::stencil(&[2], 300, Boundary::None).unwrap();
    let text = draw_ascii(&graph);
    assert_eq!(text.lines().count(), 201);
    assert!(text.ends_with("and 101 more lines\n"));
}

proptest! {
    #[test]
    fn boxes_keep_their_order_and_distance(row in prop::collection::vec((-500.0..500.0, 1.0..90.0), 1..20)) {
        let (wishes, widths): (Vec<f64>, Vec<f64>) = row.into_iter().unzip();
        let places = nearest(&wishes, &widths, 10.0);
        for i in 1..places.len() {
            let needed = (widths[i - 1] + widths[i]) / 2.0 + 10.0;
            prop_assert!(places[i] - places[i - 1] >= needed - 1e-6);
        }
        // What is far enough apart already is left alone.
        prop_assert_eq!(nearest(&places, &widths, 9.0).len(), places.len());
        let again = nearest(&places, &widths, 9.0);
        prop_assert!(again.iter().zip(&places).all(|(a, b)| (a - b).abs() < 1e-6));
    }

    #[test]
    fn every_graph_can_be_drawn(graph in crate::testing::any_graph(), limit in 0..30usize) {
        let last = crate::LayerId(graph.layers().len() as u32 - 1);
        let wanted: Vec<_> = graph.tasks(last).collect();
        check_xml(&draw_svg(&graph, &graph.optimize(&wanted).unwrap(), limit));
        prop_assert!(!draw_ascii(&graph).is_empty());
    }
}

#[test]
fn a_layer_without_tasks_is_not_drawn_as_text() {
    let mut graph = Graph::new();
    graph
        .push(crate::Layer::new("held", crate::Function::identity(), crate::Wiring::Held(Vec::new())))
        .unwrap();
    assert_eq!(draw_ascii(&graph), "");
}
