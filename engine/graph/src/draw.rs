//! Pictures of graphs: SVG for reports and ASCII for terminals and tests.
//!
//! # Layout
//! - this file: what is drawn, tasks or layers
//! - `layout`: where the boxes go
//! - `svg`, `ascii`: how it looks

#![expect(
    clippy::indexing_slicing,
    reason = "ids come from a task table, positions from the picture made of it"
)]

use std::collections::{BTreeSet, HashMap};

use crate::{Graph, Key, LayerId, TaskTable};

mod ascii;
mod layout;
mod svg;

pub use ascii::draw_ascii;

/// How many arrows are drawn between tasks; a graph with more is drawn as layers.
const ARROWS_MAX: usize = 2_000;

/// Draws the tasks of a table as SVG, inputs above their users.
///
/// A table of more than `limit` tasks is drawn as layers: one box a layer, with its number of tasks.
/// The picture needs nothing from outside, and suits light and dark pages.
pub fn draw_svg(graph: &Graph, table: &TaskTable, limit: usize) -> String {
    let small = table.len() <= limit && table.inputs.values().len() <= ARROWS_MAX;
    svg::draw(&if small { tasks(graph, table) } else { layers(graph, table, limit) })
}

/// What is drawn: boxes, and arrows between them. Arrows go from smaller to larger positions.
#[derive(Default)]
struct Picture {
    boxes: Vec<Box>,
    arrows: Vec<(usize, usize)>,
    /// How many boxes were left out.
    n_hidden: usize,
}

/// One task or layer.
struct Box {
    name: String,
    /// Shown when the pointer rests on it.
    title: String,
    /// Boxes of a colour belong together.
    colour: usize,
    /// How many tasks it stands for.
    n_tasks: usize,
    /// Whether some of them were asked for.
    wanted: bool,
    /// Whether they are results that exist already.
    held: bool,
}

fn tasks(graph: &Graph, table: &TaskTable) -> Picture {
    let wanted: BTreeSet<u32> = table.wanted.iter().copied().collect();
    let mut picture = Picture::default();
    let mut colours = Colours::default();
    for id in 0..table.len() as u32 {
        let family = &table.families[table.family[id as usize] as usize];
        picture.boxes.push(Box {
            name: family.name.to_string(),
            title: task_title(graph, table, id, &table.keys[id as usize]),
            colour: colours.of(&family.name),
            n_tasks: 1,
            wanted: wanted.contains(&id),
            held: family.held,
        });
        let inputs: BTreeSet<u32> = table.inputs.row(id).iter().copied().collect();
        picture.arrows.extend(inputs.into_iter().map(|input| (input as usize, id as usize)));
    }
    picture
}

/// The layers that tasks of the table belong to; a fused task belongs to that of its last step.
fn layers(graph: &Graph, table: &TaskTable, limit: usize) -> Picture {
    let layer_of: Vec<LayerId> = table.source.iter().map(|task| task.layer).collect();
    let present: BTreeSet<LayerId> = layer_of.iter().copied().collect();
    let positions: HashMap<LayerId, usize> = present.iter().copied().take(limit).zip(0..).collect();
    let mut picture = Picture { n_hidden: present.len() - positions.len(), ..Picture::default() };
    let mut colours = Colours::default();
    for &id in present.iter().take(limit) {
        let name = graph.layer(id).map_or("", |layer| &layer.name);
        picture.boxes.push(Box {
            name: name.to_owned(),
            title: layer_title(graph, id),
            colour: colours.of(name),
            n_tasks: 0,
            wanted: false,
            held: graph.layer(id).is_some_and(|layer| layer.held().is_some()),
        });
    }
    let mut arrows = BTreeSet::new();
    for (id, layer) in (0..).zip(&layer_of) {
        let Some(&user) = positions.get(layer) else { continue };
        picture.boxes[user].n_tasks += 1;
        let inputs =
            table.inputs.row(id).iter().filter_map(|&input| positions.get(&layer_of[input as usize]));
        arrows.extend(inputs.filter(|&&input| input != user).map(|&input| (input, user)));
    }
    for &id in &table.wanted {
        if let Some(&position) = positions.get(&layer_of[id as usize]) {
            picture.boxes[position].wanted = true;
        }
    }
    picture.arrows = arrows.into_iter().collect();
    picture
}

fn task_title(graph: &Graph, table: &TaskTable, id: u32, key: &Key) -> String {
    let steps = table.steps(id).iter().filter_map(|&step| graph.spec(step).ok());
    let steps = steps.map(|spec| format!("\n{}", spec.function)).collect::<String>();
    format!(
        "{} {}{steps}\nruns {} of {}",
        table.source[id as usize],
        key.short(),
        table.priority[id as usize] + 1,
        table.len()
    )
}

fn layer_title(graph: &Graph, id: LayerId) -> String {
    let Some(layer) = graph.layer(id) else { return String::new() };
    format!("{id} {}\n{}\n{}", layer.name, layer.function, ascii::wiring(&layer.wiring))
}

/// Numbers names in the order in which they are met.
#[derive(Default)]
struct Colours(HashMap<String, usize>);

impl Colours {
    fn of(&mut self, name: &str) -> usize {
        let next = self.0.len();
        *self.0.entry(name.to_owned()).or_insert(next)
    }
}

#[cfg(test)]
mod tests;
