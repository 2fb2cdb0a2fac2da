//! What a task can call.

use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

use gristmill_data::{TaskError, Value};
use gristmill_graph::{Digest, Export, Function};
use gristmill_kernels::Kernel;

use crate::{Error, FileKernel};

/// Largest component file that is read, in bytes: as much as the sandbox admits.
pub const COMPONENT_NBYTES_MAX: u64 = 64 << 20;

/// A WebAssembly component, named by the digest of its bytes. Cheap to clone.
///
/// It is only bytes here: whether they are a valid component is found out by the cluster that runs it.
#[derive(Clone)]
pub struct Component {
    name: Arc<str>,
    digest: Digest,
    bytes: Arc<[u8]>,
}

impl Component {
    /// Takes the component's bytes; `name` is what people see in reports and errors.
    #[must_use]
    pub fn from_bytes(name: impl Into<Arc<str>>, bytes: impl Into<Arc<[u8]>>) -> Self {
        let bytes = bytes.into();
        Self { name: name.into(), digest: Digest::of(&bytes), bytes }
    }

    /// Bytes whose digest is known: hashing them again takes a while. A wrong digest makes wrong keys.
    #[must_use]
    pub fn known(name: impl Into<Arc<str>>, digest: Digest, bytes: Arc<[u8]>) -> Self {
        Self { name: name.into(), digest, bytes }
    }

    /// Reads a component from a file and names it after the file's stem.
    ///
    /// # Errors
    /// [`Error::ReadComponent`] when the file cannot be read, [`Error::ComponentTooLarge`] beyond
    /// [`COMPONENT_NBYTES_MAX`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let bytes = gristmill_storage::read_at_most(path, COMPONENT_NBYTES_MAX)
            .map_err(|source| Error::ReadComponent { path: path.to_owned(), source })?
            .ok_or_else(|| Error::ComponentTooLarge { path: path.to_owned(), max: COMPONENT_NBYTES_MAX })?;
        let name = path.file_stem().map_or_else(|| "component".into(), |stem| stem.to_string_lossy());
        Ok(Self::from_bytes(&*name, bytes))
    }

    /// The same component under another name; its identity stays the same.
    #[must_use]
    pub fn named(mut self, name: impl Into<Arc<str>>) -> Self {
        self.name = name.into();
        self
    }

    /// The name that people see.
    #[must_use]
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// blake3 of the bytes: the component's identity in every key.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The component's bytes.
    #[must_use]
    pub fn bytes(&self) -> &Arc<[u8]> {
        &self.bytes
    }

    /// The component's function `export`, to be called by [`delayed`](crate::delayed) or a client.
    #[must_use]
    pub fn function(&self, export: &str) -> Callee {
        Callee::Component { component: self.clone(), export: Export::Call(export.into()) }
    }

    /// The component's reader of `format`; its arguments are those of one planned partition.
    #[must_use]
    pub fn reader(&self, format: &str) -> Callee {
        Callee::Component { component: self.clone(), export: Export::Read(format.into()) }
    }
}

impl fmt::Debug for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Component({}, {}, {} B)", self.name, self.digest.short(), self.bytes.len())
    }
}

/// The signature of a native closure: values in, one value out.
pub type NativeFunction = dyn Fn(&[Value]) -> Result<Value, TaskError> + Send + Sync;

/// A Rust closure of this process as a task function.
///
/// It is **not shippable**: it runs in local mode only, outside the sandbox, and a graph that holds one is
/// refused by anything but a local cluster. Its key holds a number drawn anew for each closure, so its results
/// are never shared between closures or processes.
#[derive(Clone)]
pub struct Native {
    name: Arc<str>,
    id: u64,
    function: Arc<NativeFunction>,
}

impl Native {
    /// The name that people see.
    #[must_use]
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// The closure's number in this process.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The closure.
    #[must_use]
    pub fn function(&self) -> &Arc<NativeFunction> {
        &self.function
    }
}

impl fmt::Debug for Native {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Native({}, {})", self.name, self.id)
    }
}

/// What a task calls. Cheap to clone.
#[non_exhaustive]
#[derive(Debug, Clone)]
pub enum Callee {
    /// A function or a reader of a component.
    Component {
        /// The component.
        component: Component,
        /// Which of its exports.
        export: Export,
    },
    /// A built-in kernel.
    Kernel(&'static Kernel),
    /// A function that touches files.
    File(&'static FileKernel),
    /// A function that runs a plan of tables, with the components that the plan's functions are of.
    Plan {
        /// The name, by which graphs call it.
        name: &'static str,
        /// Raised when its results change.
        version: u32,
        /// The components.
        components: Arc<[Component]>,
    },
    /// A closure of this process; see [`Native`].
    Native(Native),
}

impl Callee {
    /// The function's identity, as it enters a key.
    #[must_use]
    pub fn identity(&self) -> Function {
        match self {
            Self::Component { component, export } => {
                Function::Component { digest: component.digest, export: export.clone() }
            }
            Self::Kernel(kernel) => Function::Kernel { name: kernel.name.into(), version: kernel.version },
            Self::File(kernel) => Function::Kernel { name: kernel.name.into(), version: kernel.version },
            Self::Plan { name, version, .. } => Function::Kernel { name: (*name).into(), version: *version },
            Self::Native(native) => Function::Native { name: native.name.clone(), id: native.id },
        }
    }

    /// The name that people see: `flights.model_a`, `add`, `my closure`.
    #[must_use]
    pub fn name(&self) -> Arc<str> {
        match self {
            Self::Component { component, export: Export::Call(name) | Export::Read(name) } => {
                format!("{}.{name}", component.name).into()
            }
            Self::Kernel(kernel) => kernel.name.into(),
            Self::File(kernel) => kernel.name.into(),
            Self::Plan { name, .. } => (*name).into(),
            Self::Native(native) => native.name.clone(),
        }
    }
}

impl From<&Callee> for Callee {
    fn from(callee: &Callee) -> Self {
        callee.clone()
    }
}

impl From<Native> for Callee {
    fn from(native: Native) -> Self {
        Self::Native(native)
    }
}

/// The built-in kernel called `name`.
///
/// # Errors
/// [`Error::UnknownKernel`] with the names that exist.
pub fn kernel(name: &str) -> Result<Callee, Error> {
    gristmill_kernels::find(name).map(Callee::Kernel).ok_or_else(|| Error::UnknownKernel {
        name: name.to_owned(),
        known: gristmill_kernels::all().iter().map(|kernel| kernel.name).collect::<Vec<_>>().join(", "),
    })
}

/// Makes a task function of a Rust closure; local mode only, see [`Native`].
pub fn native(
    name: impl Into<Arc<str>>,
    function: impl Fn(&[Value]) -> Result<Value, TaskError> + Send + Sync + 'static,
) -> Callee {
    // A closure is nobody's but this process's: no other must take its results for those of another.
    static FIRST_ID: LazyLock<u64> = LazyLock::new(|| RandomState::new().build_hasher().finish());
    static N_IDS: AtomicU64 = AtomicU64::new(0);
    let id = FIRST_ID.wrapping_add(N_IDS.fetch_add(1, Ordering::Relaxed));
    Callee::Native(Native { name: name.into(), id, function: Arc::new(function) })
}
