//! One lazy call.

use std::fmt;
use std::sync::Arc;

use gristmill_graph::TaskOptions;

use crate::pending::Pending;
use crate::{Argument, Callee, Error};

/// A call that will run when it is computed, at most once for everyone who uses its result. Cheap to clone.
///
/// # Example
/// ```
/// use gristmill_collections::{args, delayed, kernel};
/// let add = kernel("add")?;
/// let three = delayed(&add, args![1, 2]);
/// let total = delayed(kernel("sum")?, args![vec![three.clone(), delayed(&add, args![&three, 10])]]);
/// assert_eq!(total.name(), "sum");
/// # Ok::<(), gristmill_collections::Error>(())
/// ```
#[must_use = "collections are lazy and do nothing until computed"]
#[derive(Clone)]
pub struct Delayed(Arc<Node>);

/// The call itself; shared by everyone who uses the result.
pub(crate) struct Node {
    pub(crate) callee: Callee,
    pub(crate) name: Arc<str>,
    pub(crate) args: Vec<Argument>,
    /// What it returns, as a type in words, where the function does not declare it and it is known all the same.
    pub(crate) returns: Option<Arc<str>>,
    pub(crate) options: TaskOptions,
}

/// Calls `callee` lazily with `args` (see [`args!`](crate::args)).
pub fn delayed(callee: impl Into<Callee>, args: Vec<Argument>) -> Delayed {
    let callee = callee.into();
    let name = callee.name();
    Delayed(Arc::new(Node { callee, name, args, returns: None, options: TaskOptions::default() }))
}

impl Delayed {
    /// The name of the function, as people see it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The same call under another name in reports and errors; its key stays the same.
    pub fn named(self, name: impl Into<Arc<str>>) -> Self {
        self.change(|node| node.name = name.into())
    }

    /// The same call, tried again up to `retries` times after a retryable error.
    pub fn retries(self, retries: u32) -> Self {
        self.change(|node| node.options.retries = retries)
    }

    /// The same call with a priority: larger runs earlier, whatever the graph's own order says. The default is 0.
    pub fn priority(self, priority: i32) -> Self {
        self.change(|node| node.options.priority = priority)
    }

    /// The same call, which may start calls of its own plugin's functions as tasks, and wait for them. Without this it is
    /// refused that.
    pub fn may_submit(self) -> Self {
        self.change(|node| node.options.may_submit = true)
    }

    /// The same call, of which is known what it returns: a type, written as in a plugin's declaration. What takes its result
    /// is checked against that before anything runs, and the result when it is there.
    pub fn returns(self, ty: impl Into<Arc<str>>) -> Self {
        let ty = ty.into();
        self.change(|node| node.returns = Some(ty))
    }

    /// The first `N` items of a call that returns a list, each as a lazy value of its own.
    ///
    /// A list that is shorter is found out by the task that takes the missing item.
    ///
    /// # Errors
    /// [`Error::UnknownKernel`] from an engine without the kernel `item`.
    pub fn outputs<const N: usize>(&self) -> Result<[Self; N], Error> {
        let item = crate::kernel("item")?;
        let name: Arc<str> = format!("{}.item", self.0.name).into();
        Ok(std::array::from_fn(|idx| delayed(&item, crate::args![self, idx as u64]).named(name.clone())))
    }

    fn change(self, change: impl FnOnce(&mut Node)) -> Self {
        let mut node = Node {
            callee: self.0.callee.clone(),
            name: self.0.name.clone(),
            args: self.0.args.clone(),
            returns: self.0.returns.clone(),
            options: self.0.options,
        };
        change(&mut node);
        Self(Arc::new(node))
    }

    pub(crate) fn node(&self) -> &Arc<Node> {
        &self.0
    }

    pub(crate) fn into_node(self) -> Arc<Node> {
        self.0
    }
}

impl fmt::Debug for Delayed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Delayed({})", self.0.name)
    }
}

impl Node {
    /// Gives away what its arguments hold.
    pub(crate) fn release(&mut self, pending: &mut Pending) {
        let mut arguments = std::mem::take(&mut self.args);
        while let Some(argument) = arguments.pop() {
            match argument {
                Argument::Delayed(delayed) => pending.calls.push(delayed),
                Argument::Block { array, .. } => pending.arrays.push(array),
                Argument::List(mut items) => arguments.append(&mut items),
                Argument::Map(items) => arguments.extend(items.into_iter().map(|(_, item)| item)),
                Argument::Value(_) | Argument::Inside(_) | Argument::Held { .. } => {}
            }
        }
    }
}

/// Chains of tens of thousands of calls are usual, and dropping them must not recurse once a call.
impl Drop for Node {
    fn drop(&mut self) {
        let mut pending = Pending::default();
        self.release(&mut pending);
        pending.drop_all();
    }
}

#[cfg(test)]
mod tests;
