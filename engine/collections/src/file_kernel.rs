//! Functions of tasks that touch files. They are named as kernels are, so that every process of a cluster has them.

use std::sync::Arc;

use gristmill_data::{TaskError, TaskErrorKind, Value};
use gristmill_storage::{ArrayFile, RegionWriter};
use parking_lot::Mutex;

use crate::array::{read_block, write_block};

/// Arrays that are kept open for the next block of them, those that are read and those that are written.
const OPEN_MAX: usize = 64;

/// A function of tasks that touches files.
#[derive(Debug)]
pub struct FileKernel {
    /// The name, by which graphs call it.
    pub name: &'static str,
    /// Raised when its results change.
    pub version: u32,
    run: fn(&[Value]) -> Result<Value, TaskError>,
}

impl FileKernel {
    /// The result for these arguments.
    ///
    /// # Errors
    /// When the file cannot be read, or is not the one that it was, or the arguments make no sense.
    pub fn call(&self, args: &[Value]) -> Result<Value, TaskError> {
        (self.run)(args)
    }
}

/// Reads a block of an array: its recipe and identity, starts, steps, the grid of the part that is read, the block's index.
pub(crate) static READ: FileKernel = FileKernel { name: "read array", version: 1, run: read };

/// Writes a block of an array: the writer's recipe, the block, the array's grid, the block's index.
pub(crate) static WRITE: FileKernel = FileKernel { name: "write array", version: 1, run: write };

/// The function of this name and version.
#[must_use]
pub fn file_kernel(name: &str, version: u32) -> Option<&'static FileKernel> {
    [&READ, &WRITE].into_iter().find(|kernel| kernel.name == name && kernel.version == version)
}

fn read(args: &[Value]) -> Result<Value, TaskError> {
    let [recipe, identity, rest @ ..] = args else { return Err(arity("a read takes six arguments")) };
    let (recipe, identity) = (recipe.as_text()?, identity.as_bytes()?);
    let is_it = |file: &ArrayFile| is_same(file, recipe, identity);
    let file = OPEN.find_or(is_it, || ArrayFile::reopen(recipe, identity))?;
    read_block(&file, rest)
}

fn write(args: &[Value]) -> Result<Value, TaskError> {
    let [recipe, rest @ ..] = args else { return Err(arity("a write takes four arguments")) };
    let recipe = recipe.as_text()?;
    let is_it = |(own, _): &(String, RegionWriter)| own == recipe;
    let writer = JOINED.find_or(is_it, || Ok((recipe.to_owned(), RegionWriter::join(recipe)?)))?;
    write_block(&writer.1, rest)
}

fn arity(reason: &str) -> TaskError {
    TaskError::new(TaskErrorKind::InvalidArgument, reason)
}

/// What is kept open for the next task, the one that was used last at the end.
struct Open<T>(Mutex<Vec<Arc<T>>>);

static OPEN: Open<ArrayFile> = Open(Mutex::new(Vec::new()));
static JOINED: Open<(String, RegionWriter)> = Open(Mutex::new(Vec::new()));

impl<T> Open<T> {
    fn keep(&self, item: Arc<T>, is_it: impl Fn(&T) -> bool) {
        let mut open = self.0.lock();
        open.retain(|other| !is_it(other));
        if open.len() >= OPEN_MAX {
            open.remove(0);
        }
        open.push(item);
    }

    fn find_or(
        &self,
        is_it: impl Fn(&T) -> bool,
        make: impl FnOnce() -> Result<T, gristmill_storage::Error>,
    ) -> Result<Arc<T>, TaskError> {
        let found = self.0.lock().iter().find(|item| is_it(item)).cloned();
        if let Some(item) = found {
            return Ok(item);
        }
        let made = make().map_err(|error| TaskError::new(TaskErrorKind::Io, error.to_string()))?;
        let made = Arc::new(made);
        self.keep(made.clone(), is_it);
        Ok(made)
    }
}

/// Keeps an array open for tasks of this process.
pub(crate) fn keep_open(file: Arc<ArrayFile>) {
    let (recipe, identity) = (file.recipe().to_owned(), file.identity().to_vec());
    OPEN.keep(file, |other| is_same(other, &recipe, &identity));
}

fn is_same(file: &ArrayFile, recipe: &str, identity: &[u8]) -> bool {
    file.recipe() == recipe && file.identity() == identity
}
