//! Why a component was not admitted, a call does not fit, or the runtime could not start.

use gristmill_data::TaskError;

/// What the `sandbox` crate refuses before a task runs. A task that fails is a [`TaskError`] instead.
#[non_exhaustive]
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The file is larger than any component may be.
    #[error(
        "the component has {nbytes} bytes and may have {max}; strip its debug information, or leave data out of it"
    )]
    TooLarge {
        /// Its size.
        nbytes: usize,
        /// The bound.
        max: usize,
    },
    /// The file is a core module.
    #[error(
        "this is a core WebAssembly module, not a component; `gristmill plugin build` turns it into one, \
         or `wasm-tools component new`"
    )]
    CoreModule,
    /// The file is compiled machine code.
    #[error(
        "this is compiled machine code (.cwasm), which is never loaded from elsewhere; \
         give the .wasm component that it was compiled from"
    )]
    Precompiled,
    /// The file is something else.
    #[error("not a WebAssembly component: it starts with {start}; build one with `gristmill plugin build`")]
    NotAComponent {
        /// Its first bytes, printable.
        start: String,
    },
    /// The file is damaged, cut short, or uses a part of WebAssembly that is switched off.
    #[error("the component is invalid: {reason}")]
    Invalid {
        /// What is wrong, and at which byte.
        reason: String,
    },
    /// The component asks for more than a plugin is given.
    #[error(
        "the component imports `{name}`, which no plugin is given; allowed are {allowed}. \
         Build it without WASI (Rust: wasm32-unknown-unknown, Python: --stub-wasi)"
    )]
    ForbiddenImport {
        /// The import.
        name: String,
        /// What may be imported.
        allowed: String,
    },
    /// The component imports something under the right name and with another type.
    #[error(
        "the component's imports do not fit this engine: {reason}; build it with the plugins/wit of this version"
    )]
    WrongImport {
        /// Which one, and how they differ.
        reason: String,
    },
    /// The component lacks an interface that every plugin has.
    #[error("the component does not export `{name}`; implement world `task` or `format` of plugins/wit")]
    MissingExport {
        /// The interface.
        name: String,
    },
    /// The component exports something under the right name and with another type.
    #[error("an export of the component has another type than plugins/wit says: {reason}")]
    WrongExport {
        /// Which one, and how they differ.
        reason: String,
    },
    /// The component has more of something than the compiler is given to chew.
    #[error("the component has {found} {what} and may have {max}")]
    TooComplex {
        /// Functions, bytes of one function, locals, nested components.
        what: &'static str,
        /// How many.
        found: u64,
        /// The bound.
        max: u64,
    },
    /// The component is compiled and does not fit into the place of an instance.
    #[error("the component asks for more than an instance is given: {reason}")]
    TooDemanding {
        /// Memory, tables or instances, and the bound.
        reason: String,
    },
    /// Compilation used up its time or memory.
    #[error("compiling the component took more than {limit}, twice; simplify its largest functions")]
    CompileLimit {
        /// Which bound.
        limit: String,
    },
    /// The compiler refused the component, or failed.
    #[error("the component does not compile: {reason}")]
    Compile {
        /// In the compiler's words.
        reason: String,
    },
    /// The child process for compilation did not work.
    #[error("compiling in a child process ({exe}): {reason}")]
    CompileChild {
        /// The executable.
        exe: String,
        /// What happened.
        reason: String,
    },
    /// The plugin did not say what it offers.
    #[error("the plugin does not describe itself: {0}")]
    Describe(Box<TaskError>),
    /// What the plugin says of itself makes no sense.
    #[error("the description of plugin `{plugin}` is wrong: {reason}")]
    BadDescription {
        /// The plugin's name.
        plugin: String,
        /// What is wrong.
        reason: String,
    },
    /// The plugin has no such function.
    #[error("plugin `{plugin}` has no function `{function}`; {hint}")]
    UnknownFunction {
        /// The plugin's name.
        plugin: String,
        /// What was asked for.
        function: String,
        /// What it has instead.
        hint: String,
    },
    /// The plugin reads no such format.
    #[error("plugin `{plugin}` has no format `{format}`; {hint}")]
    UnknownFormat {
        /// The plugin's name.
        plugin: String,
        /// What was asked for.
        format: String,
        /// What it has instead.
        hint: String,
    },
    /// The number of arguments is wrong.
    #[error("`{function}` takes {expected} and was given {given}: {signature}")]
    Arity {
        /// The function, with its plugin.
        function: String,
        /// How many it takes.
        expected: String,
        /// How many there are.
        given: usize,
        /// The declaration.
        signature: String,
    },
    /// An argument has the wrong type.
    #[error("argument `{param}` of `{function}`: {mismatch}\n  declared: {signature}")]
    TypeMismatch {
        /// The function, with its plugin.
        function: String,
        /// The parameter.
        param: String,
        /// How the types differ.
        mismatch: String,
        /// The declaration.
        signature: String,
    },
    /// The plugin itself refused the types of the arguments.
    #[error("`{function}` refuses these types: {reason}")]
    Refused {
        /// The function, with its plugin.
        function: String,
        /// In the plugin's words.
        reason: Box<TaskError>,
    },
    /// The runtime's settings cannot be met.
    #[error("the sandbox cannot start: {reason}")]
    Config {
        /// Why.
        reason: String,
    },
    /// A file of the cache could not be written or read.
    #[error("{path}: {reason}")]
    Io {
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
}
