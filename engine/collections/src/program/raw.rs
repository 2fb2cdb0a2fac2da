//! Programs from graphs written by hand.

use std::cell::RefCell;

use gristmill_graph::{Graph, RawGraph};

use super::Program;
use crate::{Callee, Component, Error};

/// How a raw graph is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RawFormat {
    /// `{"x": 1, "y": ["inc", "x"]}`
    Json,
    /// The same as TOML: `x = 1`, `y = ["inc", "x"]`
    Toml,
}

impl Program {
    /// The program that computes these keys of a raw graph; `functions` knows the functions by their names.
    ///
    /// # Errors
    /// [`Error::Graph`] with the graph's own error: syntax, a cycle, a missing or doubled key, an unknown function.
    ///
    /// # Example
    /// ```
    /// use gristmill_collections::{Program, RawFormat, kernel};
    /// let text = br#"{"x": 1, "y": ["inc", "x"], "z": ["add", "y", 10]}"#;
    /// let program = Program::from_raw(text, RawFormat::Json, |name| kernel(name).ok(), &["z"])?;
    /// assert_eq!(program.wanted.len(), 1);
    /// # Ok::<(), gristmill_collections::Error>(())
    /// ```
    pub fn from_raw(
        text: &[u8],
        format: RawFormat,
        functions: impl Fn(&str) -> Option<Callee>,
        wanted: &[&str],
    ) -> Result<Self, Error> {
        let used = RefCell::new(Vec::new());
        let resolve = |name: &str| {
            let callee = functions(name)?;
            let identity = callee.identity();
            used.borrow_mut().push(callee);
            Some(identity)
        };
        let raw = match format {
            RawFormat::Json => RawGraph::from_json(text, resolve)?,
            RawFormat::Toml => RawGraph::from_toml(text, resolve)?,
        };
        let wanted = wanted.iter().map(|key| raw.find(key)).collect::<Result<_, _>>()?;
        let mut program = Self { graph: raw.graph, wanted, ..Self::default() };
        for callee in used.into_inner() {
            program.note_code(&callee);
        }
        Ok(program)
    }

    fn note_component(&mut self, component: &Component) {
        if self.components.iter().all(|known| known.digest() != component.digest()) {
            self.components.push(component.clone());
        }
    }

    /// Adds what a callee needs, once.
    pub(super) fn note_code(&mut self, callee: &Callee) {
        match callee {
            Callee::Component { component, .. } => self.note_component(component),
            Callee::Plan { components, .. } => {
                components.iter().for_each(|component| self.note_component(component));
            }
            Callee::Native(native) => {
                if self.natives.iter().all(|known| known.id() != native.id()) {
                    self.natives.push(native.clone());
                }
            }
            Callee::Kernel(_) | Callee::File(_) => {}
        }
    }
}

/// A graph without code or values: built-in kernels only.
impl From<Graph> for Program {
    fn from(graph: Graph) -> Self {
        Self { graph, ..Self::default() }
    }
}
