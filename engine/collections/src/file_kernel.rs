//! Functions of tasks that touch files. They are named as kernels are, so that every process of a cluster has them.

use std::path::PathBuf;
use std::sync::Arc;

use gristmill_data::{TaskError, TaskErrorKind, Value};
use gristmill_storage::{ArrayFile, Error as StorageError, RegionWriter};
use parking_lot::Mutex;

use crate::array::{read_block, write_block};

/// Arrays that are kept open for the next block of them.
const OPEN_MAX: usize = 64;

/// A function of tasks that touches files.
#[derive(Debug)]
pub struct FileKernel {
    /// The name, by which graphs call it.
    pub name: &'static str,
    /// Raised when its results change.
    pub version: u32,
    run: fn(&[Value]) -> Result<Value, TaskError>,
    paths: fn(&str) -> Result<Vec<PathBuf>, StorageError>,
    /// Whether the same arguments give the same result, and nothing else happens.
    pub is_pure: bool,
}

impl FileKernel {
    /// The result for these arguments.
    ///
    /// # Errors
    /// When the file cannot be read, or is not the one that it was, or the arguments make no sense.
    pub fn call(&self, args: &[Value]) -> Result<Value, TaskError> {
        (self.run)(args)
    }

    /// The files and folders that a call with these arguments would open.
    ///
    /// # Errors
    /// When the arguments make no sense.
    pub fn paths(&self, args: &[Value]) -> Result<Vec<PathBuf>, TaskError> {
        let recipe = args.first().ok_or_else(|| arity("it takes more arguments"))?;
        let paths = (self.paths)(recipe.as_text()?);
        paths.map_err(|error| TaskError::new(TaskErrorKind::InvalidArgument, error.to_string()))
    }
}

/// Reads a block of an array: its recipe and identity, starts, steps, the grid of the part that is read, the block's index.
pub(crate) static READ: FileKernel =
    FileKernel { name: "read array", version: 1, run: read, paths: ArrayFile::recipe_paths, is_pure: true };

/// Writes a block of an array: the writer's recipe, the block, the array's grid, the block's index.
pub(crate) static WRITE: FileKernel = FileKernel {
    name: "write array",
    version: 1,
    run: write,
    paths: RegionWriter::recipe_paths,
    is_pure: false,
};

/// The function of this name and version.
#[must_use]
pub fn file_kernel(name: &str, version: u32) -> Option<&'static FileKernel> {
    [&READ, &WRITE].into_iter().find(|kernel| kernel.name == name && kernel.version == version)
}

fn read(args: &[Value]) -> Result<Value, TaskError> {
    let [recipe, identity, rest @ ..] = args else { return Err(arity("a read takes six arguments")) };
    read_block(&*opened(recipe.as_text()?, identity.as_bytes()?)?, rest)
}

/// Opened for each block, and closed: only then is what was written on a disk that several machines share.
fn write(args: &[Value]) -> Result<Value, TaskError> {
    let [recipe, rest @ ..] = args else { return Err(arity("a write takes four arguments")) };
    let writer = RegionWriter::join(recipe.as_text()?);
    write_block(&writer.map_err(|error| TaskError::new(TaskErrorKind::Io, error.to_string()))?, rest)
}

fn arity(reason: &str) -> TaskError {
    TaskError::new(TaskErrorKind::InvalidArgument, reason)
}

/// Arrays that are open, the one that was used last at the end.
static OPEN: Mutex<Vec<Arc<ArrayFile>>> = Mutex::new(Vec::new());

/// Keeps an array open for tasks of this process.
pub(crate) fn keep_open(file: Arc<ArrayFile>) {
    let mut open = OPEN.lock();
    open.retain(|other| !is_same(other, file.recipe(), file.identity()));
    if open.len() >= OPEN_MAX {
        open.remove(0);
    }
    open.push(file);
}

fn opened(recipe: &str, identity: &[u8]) -> Result<Arc<ArrayFile>, TaskError> {
    let taken = {
        let mut open = OPEN.lock();
        let at = open.iter().position(|file| is_same(file, recipe, identity));
        at.map(|at| {
            let file = open.remove(at);
            open.push(file.clone());
            file
        })
    };
    if let Some(file) = taken {
        return Ok(file);
    }
    let file = ArrayFile::reopen(recipe, identity);
    let file = Arc::new(file.map_err(|error| TaskError::new(TaskErrorKind::Io, error.to_string()))?);
    keep_open(file.clone());
    Ok(file)
}

fn is_same(file: &ArrayFile, recipe: &str, identity: &[u8]) -> bool {
    file.recipe() == recipe && file.identity() == identity
}
