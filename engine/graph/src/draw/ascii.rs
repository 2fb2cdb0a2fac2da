//! The layers of a graph as a tree of text, outputs first.

use std::collections::BTreeSet;

use crate::{Boundary, Graph, LayerId, Wiring};

/// How many lines are drawn.
const LINES_MAX: usize = 200;

/// Draws the layers of a graph, each above the layers that it reads.
///
/// A layer that was drawn before is only referred to; one without tasks is left out.
///
/// ```
/// use gristmill_graph::{draw_ascii, shapes};
///
/// let (graph, _) = shapes::anomaly(8, 4)?;
/// assert_eq!(draw_ascii(&graph), "\
/// subtract x 8        by blocks
/// ├─ root x 8         no inputs
/// └─ sum              groups of 4
///    └─ sum x 2       groups of 4
///       └─ part x 8   one to one
///          └─ root    as above
/// ");
/// # Ok::<(), gristmill_graph::Error>(())
/// ```
pub fn draw_ascii(graph: &Graph) -> String {
    let read: BTreeSet<LayerId> =
        (0..).map(LayerId).zip(graph.layers()).flat_map(|(id, layer)| others(id, &layer.wiring)).collect();
    // A layer without tasks, such as that of held values where there are none, says nothing.
    let has_tasks = |id: &LayerId| graph.layer(*id).is_some_and(|layer| layer.n_tasks() > 0);
    let outputs = (0..graph.layers().len() as u32).map(LayerId).rev();
    let outputs = outputs.filter(|id| !read.contains(id)).filter(has_tasks);
    let (mut lines, mut drawn) = (Vec::new(), BTreeSet::new());
    // Layers still to be drawn: the text before the branch, the branch, the layer.
    let mut stack: Vec<(String, &str, LayerId)> = Vec::new();
    for output in outputs {
        stack.push((String::new(), "", output));
        while let Some((before, branch, id)) = stack.pop() {
            let Some(layer) = graph.layer(id) else { continue };
            let count = if layer.n_tasks() == 1 { String::new() } else { format!(" x {}", layer.n_tasks()) };
            if !drawn.insert(id) {
                lines.push((format!("{before}{branch}{}", layer.name), "as above".to_owned()));
                continue;
            }
            lines.push((format!("{before}{branch}{}{count}", layer.name), wiring(&layer.wiring)));
            let below = before
                + match branch {
                    "├─ " => "│  ",
                    "└─ " => "   ",
                    _ => "",
                };
            let inputs = others(id, &layer.wiring);
            for (n_after, &input) in inputs.iter().rev().enumerate() {
                stack.push((below.clone(), if n_after == 0 { "└─ " } else { "├─ " }, input));
            }
        }
    }
    text(&lines)
}

/// The layers that a layer reads, but for itself.
fn others(id: LayerId, wiring: &Wiring) -> Vec<LayerId> {
    wiring.reads().into_iter().filter(|&input| input != id).collect()
}

/// The rule in a few words.
pub(super) fn wiring(wiring: &Wiring) -> String {
    match wiring {
        Wiring::Source { .. } => "no inputs".into(),
        Wiring::Held(_) => "held already".into(),
        Wiring::Explicit(_) => "listed inputs".into(),
        _ if wiring.one_to_one().is_some() => "one to one".into(),
        Wiring::Blockwise { .. } => "by blocks".into(),
        Wiring::Group { fan_in, .. } => format!("groups of {}", by(fan_in)),
        Wiring::Halo { depth, boundary: Boundary::None, .. } => format!("neighbours up to {}", by(depth)),
        Wiring::Halo { depth, boundary: Boundary::Periodic, .. } => {
            format!("neighbours up to {}, periodic", by(depth))
        }
        Wiring::Rechunk { .. } => "other chunks".into(),
        Wiring::AllToAll { n_in, .. } => format!("all {n_in}"),
    }
}

/// `4` or `2 by 3`.
fn by(numbers: &[u32]) -> String {
    numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(" by ")
}

/// Two columns.
fn text(lines: &[(String, String)]) -> String {
    let shown = lines.get(..LINES_MAX).unwrap_or(lines);
    let width = shown.iter().map(|(left, _)| left.chars().count()).max().unwrap_or(0) + 3;
    let mut text: String = shown.iter().map(|(left, right)| format!("{left:width$}{right}\n")).collect();
    if lines.len() > shown.len() {
        text += &format!("and {} more lines\n", lines.len() - shown.len());
    }
    text
}
