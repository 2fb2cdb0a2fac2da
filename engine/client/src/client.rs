//! What a user calls.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use gristmill_collections::{
    Argument, Array, Callee, Collection, Component, Delayed, Library, Program, ReadPlan, delayed,
};
use gristmill_data::{TaskError, Value};
use gristmill_graph::DeviceChoice;
use gristmill_storage::{ArrayFormat, ArrayWriter, WriteOptions};

use crate::future::results;
use crate::{Backend, Error, ReadRequest, TaskFuture, wait};

/// Partitions that a reader is asked to aim at, in bytes of file.
const READ_TARGET_NBYTES: u64 = 64 << 20;

/// A user's session with a cluster. Cheap to clone; the same face for one machine and for many.
#[derive(Clone)]
pub struct Client {
    backend: Arc<dyn Backend>,
    device: DeviceChoice,
}

impl Client {
    /// A session with this cluster. Clusters offer a shorter way: `cluster.client()`.
    #[must_use]
    pub fn new(backend: Arc<dyn Backend>) -> Self {
        Self { backend, device: DeviceChoice::Auto }
    }

    /// A session with the same cluster whose kernels run there, unless an array says otherwise itself.
    #[must_use]
    pub fn with_device(&self, device: DeviceChoice) -> Self {
        Self { backend: self.backend.clone(), device }
    }

    /// The program that computes these on this cluster.
    fn program<C: Collection>(&self, items: &[C]) -> Result<Program, gristmill_collections::Error> {
        C::program_within(items, self.backend.memory_nbytes())
    }

    /// Computes many lazy values or arrays together, so that what they share runs once, and brings the results back in
    /// order.
    ///
    /// # Errors
    /// [`Error::Task`] with the first failed task's error; the others when the program is refused as a whole.
    pub fn compute<C: Collection>(&self, items: &[C]) -> Result<Vec<C::Output>, Error> {
        let futures = self.start(self.program(items)?)?;
        let mut results = self.gather(&futures)?.into_iter();
        let output = |item: &C| Ok(item.output(results.by_ref().take(item.n_results()).collect())?);
        items.iter().map(output).collect()
    }

    /// Starts computing many arrays together and leaves their blocks on the workers: the same arrays, of which nothing
    /// is computed again while they are there.
    ///
    /// # Errors
    /// When the program is refused: a mistake in an array, a component, a type or a graph that cannot run.
    pub fn persist_arrays(&self, arrays: &[Array]) -> Result<Vec<Array>, Error> {
        let mut futures = self.start(self.program(arrays)?)?.into_iter();
        let held = |array: &Array| {
            let own: Vec<TaskFuture> = futures.by_ref().take(array.n_results()).collect();
            let keys = own.iter().map(TaskFuture::key).collect();
            Ok(array.held(keys, Arc::new(own))?)
        };
        arrays.iter().map(held).collect()
    }

    /// What this cluster would do to compute an array: [`Array::explain`], by workers with as much memory as it has, and
    /// where each kernel would run.
    ///
    /// # Errors
    /// The mistake in the array, if there is one.
    pub fn explain(&self, array: &Array) -> Result<String, Error> {
        let mut program = self.program(std::slice::from_ref(array))?;
        program.graph.set_device(self.device);
        let devices = self.backend.explain_devices(&program);
        Ok(array.explain_within(self.backend.memory_nbytes())? + &devices)
    }

    /// The same array with the lengths known that only computing tells: its blocks are computed now and stay on the workers.
    ///
    /// # Errors
    /// As [`Client::compute`].
    pub fn with_known_shape(&self, array: &Array) -> Result<Array, Error> {
        let mut held =
            self.persist_arrays(std::slice::from_ref(array))?.pop().unwrap_or_else(|| array.clone());
        for shapes in self.compute(&[held.block_shapes()])? {
            held = held.with_block_shapes(&shapes)?;
        }
        Ok(held)
    }

    /// Computes an array and writes it block by block: npy, a stack of npy files, Zarr or raw elements.
    ///
    /// It is there whole or not at all: what fails or is killed on the way leaves nothing at `path`.
    ///
    /// # Errors
    /// As [`Client::compute`], and [`Error::Storage`] when it cannot be written there or so.
    pub fn store(
        &self,
        array: &Array,
        path: impl AsRef<Path>,
        format: ArrayFormat,
        options: WriteOptions,
    ) -> Result<(), Error> {
        let (shape, chunks) = (array.shape(), array.stored_chunks());
        let writer = ArrayWriter::create(path.as_ref(), format, array.dtype(), &shape, &chunks, options)?;
        // A file of many stored chunks is written by one task.
        let units = chunks.iter().zip(writer.unit());
        let blocks: Vec<u64> =
            units.map(|(&chunk, &unit)| chunk.max(1).next_multiple_of(unit.max(1))).collect();
        let program = array.written_by(&writer, &blocks).and_then(|written| self.program(&[written]))?;
        self.gather(&self.start(program)?)?;
        // Dropped before it is finished, it leaves nothing.
        Ok(writer.finish()?)
    }

    /// Starts computing many lazy values together and leaves the results on the workers.
    ///
    /// # Errors
    /// When the program is refused: a component, a type or a graph that cannot run.
    pub fn persist(&self, delayed: &[Delayed]) -> Result<Vec<TaskFuture>, Error> {
        self.start(Program::of(delayed)?)
    }

    /// Starts a program made elsewhere, such as a raw graph; one future for each wanted task.
    ///
    /// # Errors
    /// When the program is refused: a component, a type or a graph that cannot run.
    pub fn start(&self, program: Program) -> Result<Vec<TaskFuture>, Error> {
        let mut program = program;
        program.graph.set_device(self.device);
        let keys = self.backend.submit(program)?;
        Ok(keys.into_iter().map(|key| TaskFuture::new(key, self.backend.clone())).collect())
    }

    /// Submits one call.
    ///
    /// # Errors
    /// When the call is refused: a component, a type or a graph that cannot run.
    pub fn submit(&self, callee: impl Into<Callee>, args: Vec<Argument>) -> Result<TaskFuture, Error> {
        let futures = self.persist(&[delayed(callee, args)])?;
        futures.into_iter().next().ok_or_else(|| Error::Unavailable("no key came back".into()))
    }

    /// Submits one call for each item, together.
    ///
    /// # Errors
    /// When the calls are refused: a component, a type or a graph that cannot run.
    pub fn map<T: Into<Argument>>(
        &self,
        callee: impl Into<Callee>,
        items: impl IntoIterator<Item = T>,
    ) -> Result<Vec<TaskFuture>, Error> {
        let callee = callee.into();
        let calls: Vec<Delayed> =
            items.into_iter().map(|item| delayed(callee.clone(), vec![item.into()])).collect();
        self.persist(&calls)
    }

    /// Brings the results of many futures back, in order.
    ///
    /// # Errors
    /// The error of the first future that failed, in the given order.
    pub fn gather(&self, futures: &[TaskFuture]) -> Result<Vec<Value>, TaskError> {
        wait(futures, None);
        results(futures)
    }

    /// Puts values on the workers; the futures can be used as arguments.
    ///
    /// # Errors
    /// [`Error::Value`] when one cannot be encoded; then none is put there.
    pub fn scatter(&self, values: Vec<Value>) -> Result<Vec<TaskFuture>, Error> {
        let keys = self.backend.scatter(values)?;
        Ok(keys.into_iter().map(|key| TaskFuture::new(key, self.backend.clone())).collect())
    }

    /// What a component declares: the functions that dataframes can call, and the formats that it reads.
    ///
    /// # Errors
    /// When the component is refused.
    pub fn describe(&self, component: &Component) -> Result<Library, Error> {
        self.backend.describe(component)
    }

    /// Lazy partitions of the files that `pattern` names, read by the component's reader of `format`.
    ///
    /// The files are listed and cut into partitions now; they are read when the partitions are computed.
    /// A file that changes in between gets other keys at the next call of `read`.
    ///
    /// # Errors
    /// When no file matches, one is unreadable, or the reader cannot plan them.
    pub fn read(&self, component: &Component, format: &str, pattern: &str) -> Result<Vec<Delayed>, Error> {
        self.read_with(component, format, pattern, &[])
    }

    /// The files that `pattern` names as one array, read by the component's reader of `format`: what it makes of them lies one
    /// after the other along the first axis, and `row` is the shape of the axes after that.
    ///
    /// The reader's plan must say that it gives arrays of a dtype, and how many rows each piece has.
    ///
    /// # Errors
    /// As [`Client::read`]; what does not fit is told by the array.
    pub fn read_array(
        &self,
        component: &Component,
        format: &str,
        pattern: &str,
        row: &[u64],
    ) -> Result<Array, Error> {
        let (plan, pieces) = self.planned(component, format, pattern, &[])?;
        Ok(Array::from_pieces(&plan, &pieces, row))
    }

    /// Like [`Client::read`], with the format's own options.
    ///
    /// # Errors
    /// As [`Client::read`].
    pub fn read_with(
        &self,
        component: &Component,
        format: &str,
        pattern: &str,
        options: &[(String, String)],
    ) -> Result<Vec<Delayed>, Error> {
        Ok(self.planned(component, format, pattern, options)?.1)
    }

    /// How the component's reader reads the files, the type of the pieces among it, and the calls that do.
    ///
    /// # Errors
    /// As [`Client::read`].
    pub fn planned(
        &self,
        component: &Component,
        format: &str,
        pattern: &str,
        options: &[(String, String)],
    ) -> Result<(ReadPlan, Vec<Delayed>), Error> {
        let sources = gristmill_storage::Source::glob(pattern)?;
        let paths: Vec<String> = sources.iter().map(|source| source.path().to_owned()).collect();
        let target_nbytes = READ_TARGET_NBYTES;
        let plan = self.backend.plan_read(ReadRequest {
            component,
            format,
            paths: &paths,
            options,
            target_nbytes,
        })?;
        let pieces = gristmill_collections::read(component, format, &sources, &plan, options)?;
        Ok((plan, pieces))
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Client")
    }
}

/// `array.compute(&client)`: collections that a client can compute.
pub trait Compute: Collection {
    /// Computes this one and brings it back.
    ///
    /// # Errors
    /// As [`Client::compute`].
    fn compute(&self, client: &Client) -> Result<Self::Output, Error> {
        let outputs = client.compute(std::slice::from_ref(self))?;
        outputs.into_iter().next().ok_or_else(|| Error::Unavailable("no result came back".into()))
    }
}

impl<C: Collection> Compute for C {}
