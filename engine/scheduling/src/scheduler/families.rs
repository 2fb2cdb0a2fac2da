//! Families of tasks with their estimates, and classes of families with equal demands.

use std::{collections::BTreeMap, sync::Arc};

use gristmill_graph::Digest;

use crate::FamilySpec;

/// Families kept for their estimates although no live task is of them.
const FAMILIES_IDLE_MAX: usize = 16_384;
/// The class of families that demand nothing.
pub(crate) const ANYWHERE: u32 = 0;

/// What tasks of a family share.
#[derive(Debug)]
pub(crate) struct Family {
    pub(crate) spec: FamilySpec,
    pub(crate) component: Option<u32>,
    pub(crate) class: u32,
    pub(crate) n_live: u32,
    /// Moving averages; `None` until the first task has ended.
    pub(crate) duration_ns: Option<u64>,
    pub(crate) nbytes: Option<u64>,
}

impl Family {
    /// Takes in a task's end. Early tasks count more, so that a first outlier is soon forgotten.
    pub(crate) fn learn(&mut self, duration_ns: u64, nbytes: u64) {
        self.duration_ns = Some(average(self.duration_ns, duration_ns));
        self.nbytes = Some(average(self.nbytes, nbytes));
    }
}

/// Half old, half new: follows a change within a few tasks, as Dask does.
fn average(old: Option<u64>, new: u64) -> u64 {
    match old {
        None => new,
        Some(old) => old / 2 + new / 2 + (old & new & 1),
    }
}

/// Equal demands: which workers may run a task, and what it occupies there.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Class {
    pub(crate) labels: Vec<Arc<str>>,
    /// Resource and amount.
    pub(crate) resources: Vec<(u32, u32)>,
    /// The live workers that may run it.
    pub(crate) eligible: Vec<u32>,
}

/// All families, classes, components and resources that have been named.
#[derive(Debug)]
pub(crate) struct Families {
    pub(crate) all: Vec<Family>,
    by_spec: BTreeMap<FamilySpec, u32>,
    free: Vec<u32>,
    pub(crate) classes: Vec<Class>,
    components: BTreeMap<Digest, u32>,
    resources: BTreeMap<Arc<str>, u32>,
}

impl Families {
    pub(crate) fn new() -> Self {
        let anywhere = Class { labels: Vec::new(), resources: Vec::new(), eligible: Vec::new() };
        Self {
            all: Vec::new(),
            by_spec: BTreeMap::new(),
            free: Vec::new(),
            classes: vec![anywhere],
            components: BTreeMap::new(),
            resources: BTreeMap::new(),
        }
    }

    pub(crate) fn of(&self, family: u32) -> &Family {
        &self.all[family as usize]
    }

    /// The family of this description, new if it has never been seen. The flag tells whether its class is new.
    pub(crate) fn intern(&mut self, spec: &FamilySpec) -> (u32, bool) {
        if let Some(&family) = self.by_spec.get(spec) {
            return (family, false);
        }
        if self.by_spec.len() > FAMILIES_IDLE_MAX {
            self.drop_idle();
        }
        let next = self.components.len() as u32;
        let component = spec.component.map(|digest| *self.components.entry(digest).or_insert(next));
        let n_classes = self.classes.len();
        let class = self.class(spec);
        let made =
            Family { spec: spec.clone(), component, class, n_live: 0, duration_ns: None, nbytes: None };
        let family = match self.free.pop() {
            Some(family) => {
                self.all[family as usize] = made;
                family
            }
            None => {
                self.all.push(made);
                self.all.len() as u32 - 1
            }
        };
        self.by_spec.insert(spec.clone(), family);
        (family, self.classes.len() > n_classes)
    }

    /// The resource of this name, if any task has demanded it.
    pub(crate) fn resource(&self, name: &str) -> Option<u32> {
        self.resources.get(name).copied()
    }

    pub(crate) fn n_resources(&self) -> usize {
        self.resources.len()
    }

    fn class(&mut self, spec: &FamilySpec) -> u32 {
        let mut resources = Vec::new();
        for (name, amount) in &spec.resources {
            let next = self.resources.len() as u32;
            resources.push((*self.resources.entry(name.clone()).or_insert(next), *amount));
        }
        let same = |class: &Class| class.labels == spec.labels && class.resources == resources;
        match self.classes.iter().position(same) {
            Some(class) => class as u32,
            None => {
                self.classes.push(Class { labels: spec.labels.clone(), resources, eligible: Vec::new() });
                self.classes.len() as u32 - 1
            }
        }
    }

    fn drop_idle(&mut self) {
        let all = &self.all;
        let free = &mut self.free;
        self.by_spec.retain(|_, &mut family| {
            let keep = all[family as usize].n_live > 0;
            if !keep {
                free.push(family);
            }
            keep
        });
    }
}
