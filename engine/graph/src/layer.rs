//! A [`Layer`]: all tasks of one operation, kept symbolic however many they are.

use std::{borrow::Cow, fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{Arg, Csr, Error, Function, Wiring};

/// The position of a layer in its graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LayerId(pub u32);

/// One task of a graph: its layer, and which of the layer's tasks it is.
///
/// Inputs always compare smaller than their users: layers read only earlier layers,
/// and an explicitly wired layer also its own earlier tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TaskRef {
    /// The layer.
    pub layer: LayerId,
    /// Which of its tasks.
    pub index: u32,
}

/// The tasks of one operation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Layer {
    /// The prefix shown to people, such as `sum`. It is no part of any key.
    pub name: Arc<str>,
    /// What every task runs.
    pub function: Function,
    /// What every task is called with.
    pub args: Vec<Arg>,
    /// How many tasks there are, and which inputs each has.
    pub wiring: Wiring,
    /// Literals that differ from task to task.
    pub params: Params,
    /// What every task returns, as a type in words, where that is known though the function itself declares no types:
    /// what a reader has planned. It is no part of any key.
    #[serde(default)]
    pub returns: Option<Arc<str>>,
    /// How the tasks are run. It is no part of any key.
    pub options: TaskOptions,
}

/// Literals that differ from task to task; [`Arg::Param`] says where they go.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Params {
    /// No task has any.
    #[default]
    None,
    /// Each task has one: its index in the layer, as [`Arg::UInt`].
    Index,
    /// Each task has a row of them.
    Rows(Csr<Arg>),
}

/// How the tasks of a layer are run. Nothing here changes a result, so nothing here is in a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct TaskOptions {
    /// How often a failed task is tried again.
    pub retries: u32,
    /// Tasks of a higher number run first; the depth-first order decides between equals.
    pub priority: i32,
    /// How long one call may take, in milliseconds; none means the cluster's default.
    pub timeout_ms: Option<u64>,
    /// Where kernels run.
    pub device: DeviceChoice,
    /// Whether a component's function may start tasks itself.
    pub may_submit: bool,
}

/// Where kernels run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeviceChoice {
    /// On a GPU where that is likely sooner, by what was measured of it; otherwise, and without any, on the CPU.
    #[default]
    Auto,
    /// On the CPU.
    Cpu,
    /// On a GPU where it has the kernel and the dtype; otherwise on the CPU.
    Gpu,
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Cpu => "cpu",
            Self::Gpu => "gpu",
        })
    }
}

impl FromStr for DeviceChoice {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let all = [Self::Auto, Self::Cpu, Self::Gpu];
        all.into_iter()
            .find(|choice| choice.to_string() == text)
            .ok_or_else(|| Error::NoSuchDevice { given: text.to_owned() })
    }
}

impl Layer {
    /// A layer of this name; calls with [`Arg::Inputs`] as the only argument until told otherwise.
    #[must_use]
    pub fn new(name: &str, function: Function, wiring: Wiring) -> Self {
        Self {
            name: name.into(),
            function,
            args: vec![Arg::Inputs],
            wiring,
            params: Params::None,
            returns: None,
            options: TaskOptions::default(),
        }
    }

    /// Sets what every task is called with.
    #[must_use]
    pub fn args(mut self, args: impl IntoIterator<Item = Arg>) -> Self {
        self.args = args.into_iter().collect();
        self
    }

    /// Sets the literals that differ from task to task.
    #[must_use]
    pub fn params(mut self, params: Params) -> Self {
        self.params = params;
        self
    }

    /// Sets what every task returns.
    #[must_use]
    pub fn returns(mut self, returns: Option<Arc<str>>) -> Self {
        self.returns = returns;
        self
    }

    /// Sets how the tasks are run.
    #[must_use]
    pub fn options(mut self, options: TaskOptions) -> Self {
        self.options = options;
        self
    }

    /// The number of tasks.
    pub fn n_tasks(&self) -> u32 {
        self.wiring.n_tasks()
    }
}

impl Params {
    /// The literals of task `index`.
    pub fn row(&self, index: u32) -> Cow<'_, [Arg]> {
        match self {
            Self::None => Cow::Borrowed(&[]),
            Self::Index => Cow::Owned(vec![Arg::UInt(u64::from(index))]),
            Self::Rows(rows) => Cow::Borrowed(rows.row(index)),
        }
    }
}

impl LayerId {
    /// The task of this layer with this index.
    pub const fn task(self, index: u32) -> TaskRef {
        TaskRef { layer: self, index }
    }
}

impl fmt::Display for LayerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

impl fmt::Display for TaskRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[{}]", self.layer, self.index)
    }
}
