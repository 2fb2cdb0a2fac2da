//! What a plugin says it offers, checked before it is believed.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use gristmill_data::Type;

use crate::bindings::exports::gristmill::plugin::describe as wit;
use crate::error::Error;
use crate::text::{clean, clean_lines};

/// Functions of one plugin.
const FUNCTIONS_MAX: usize = 1_024;
/// Formats of one plugin.
const FORMATS_MAX: usize = 64;
/// Parameters of one function, extensions of one format.
const PARAMS_MAX: usize = 64;
/// Characters of a name.
const NAME_LEN_MAX: usize = 128;
/// Bytes of a type in the type grammar.
const TYPE_NBYTES_MAX: usize = 16 << 10;
/// Characters of a function's documentation.
const DOC_LEN_MAX: usize = 8_000;

/// The parts of a reduction, as the last part of its functions' names.
const REDUCTION_PARTS: [&str; 3] = ["chunk", "combine", "aggregate"];

/// What a plugin offers.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq)]
pub struct PluginInfo {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its licence.
    pub license: String,
    /// Its functions, in the plugin's order; no name stands twice.
    pub functions: Vec<Signature>,
    /// The file formats it reads.
    pub formats: Vec<Format>,
}

/// One function: what it is for, what it takes and what it returns. Its text form is a declaration.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq)]
pub struct Signature {
    /// Its name; the parts of a reduction are called `mean.chunk`, `mean.combine` and `mean.aggregate`.
    pub name: Arc<str>,
    /// What it is for.
    pub kind: Kind,
    /// What it takes; optional parameters stand last.
    pub params: Vec<Param>,
    /// What it returns.
    pub returns: Type,
    /// What it promises.
    pub traits: Traits,
    /// What it does, for people.
    pub doc: String,
}

/// One parameter.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq)]
pub struct Param {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: Type,
    /// Whether it may be left out.
    pub optional: bool,
    /// What it means, for people.
    pub doc: String,
}

/// What a function is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Values in, one value out.
    Task,
    /// One chunk in, one out.
    MapBlocks,
    /// One partition in, one out of the same length.
    MapPartitions,
    /// One of the three parts of a reduction.
    Reduction,
    /// A record (`map<any>`) in, one out; more parameters may follow the record.
    RecordMap,
    /// A record in, a truth value out.
    RecordFilter,
    /// An accumulator and a record in, an accumulator out.
    RecordFold,
}

/// What a function promises. The engine relies on it.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Traits {
    /// The result depends on the arguments alone, and nothing is remembered between calls.
    pub pure: bool,
    /// Each element of the result depends on one element of each argument.
    pub elementwise: bool,
    /// The order of the arguments does not matter.
    pub commutative: bool,
    /// How calls are nested does not matter.
    pub associative: bool,
    /// The result has the shape, or the rows, of the first argument.
    pub keeps_shape: bool,
}

/// One file format.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq)]
pub struct Format {
    /// Its name.
    pub name: String,
    /// The ends of file names that it is known by, without the dot.
    pub extensions: Vec<String>,
    /// What it is, for people.
    pub doc: String,
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(", self.name)?;
        for (n, param) in self.params.iter().enumerate() {
            let comma = if n > 0 { ", " } else { "" };
            let optional = if param.optional { "?" } else { "" };
            write!(f, "{comma}{}{optional}: {}", param.name, param.ty)?;
        }
        write!(f, ") -> {}", self.returns)
    }
}

impl Signature {
    /// How many arguments may be given, in words; an error in it means that `given` is not among them.
    pub(crate) fn check_arity(&self, given: usize) -> Result<(), String> {
        let max = self.params.len();
        let min = self.params.iter().filter(|param| !param.optional).count();
        if (min..=max).contains(&given) {
            return Ok(());
        }
        let plural = if max == 1 { "" } else { "s" };
        Err(if min == max { format!("{max} argument{plural}") } else { format!("{min} to {max} arguments") })
    }
}

impl PluginInfo {
    /// Reads what `describe` returned.
    ///
    /// # Errors
    /// [`Error::BadDescription`] with the function and what is wrong with it.
    pub(crate) fn from_wit(told: wit::PluginInfo) -> Result<Self, Error> {
        let plugin = clean(&told.name, NAME_LEN_MAX);
        let info = Self::read(told).map_err(|reason| Error::BadDescription { plugin, reason })?;
        Ok(info)
    }

    fn read(told: wit::PluginInfo) -> Result<Self, String> {
        check_name("the plugin", &told.name)?;
        check_count("functions", told.functions.len(), FUNCTIONS_MAX)?;
        check_count("formats", told.formats.len(), FORMATS_MAX)?;
        let mut names = HashSet::new();
        let mut functions = Vec::with_capacity(told.functions.len());
        for function in told.functions {
            let name = function.name.clone();
            check_name("a function", &name)?;
            let read = read_signature(function).map_err(|reason| format!("function `{name}`: {reason}"))?;
            if !names.insert(name) {
                return Err(format!("it has two functions called `{}`", read.name));
            }
            functions.push(read);
        }
        functions.iter().try_for_each(|function| check_reduction(function, &names))?;
        let mut formats = Vec::with_capacity(told.formats.len());
        for format in told.formats {
            formats.push(read_format(format)?);
        }
        Ok(Self {
            name: told.name,
            version: clean(&told.version, NAME_LEN_MAX),
            license: clean(&told.license, NAME_LEN_MAX),
            functions,
            formats,
        })
    }
}

fn read_signature(told: wit::Signature) -> Result<Signature, String> {
    check_count("parameters", told.params.len(), PARAMS_MAX)?;
    let mut params: Vec<Param> = Vec::with_capacity(told.params.len());
    for param in told.params {
        check_name("a parameter", &param.name)?;
        if params.iter().any(|other| other.name == param.name) {
            return Err(format!("it has two parameters called `{}`", param.name));
        }
        if !param.optional && params.last().is_some_and(|before| before.optional) {
            return Err(format!("parameter `{}` is required and stands behind an optional one", param.name));
        }
        let ty = read_type(&param.ty).map_err(|reason| format!("parameter `{}`: {reason}", param.name))?;
        params.push(Param {
            ty,
            optional: param.optional,
            doc: clean_lines(&param.doc, DOC_LEN_MAX),
            name: param.name,
        });
    }
    let signature = Signature {
        params,
        returns: read_type(&told.returns).map_err(|reason| format!("its result: {reason}"))?,
        name: told.name.into(),
        kind: read_kind(told.kind),
        traits: read_traits(told.traits),
        doc: clean_lines(&told.doc, DOC_LEN_MAX),
    };
    check_record(&signature)?;
    Ok(signature)
}

/// A type in the grammar.
pub(crate) fn read_type(text: &str) -> Result<Type, String> {
    if text.len() > TYPE_NBYTES_MAX {
        return Err(format!("a type of {} bytes; {TYPE_NBYTES_MAX} are possible", text.len()));
    }
    text.parse().map_err(|error: gristmill_data::Error| clean_lines(&error.to_string(), NAME_LEN_MAX * 4))
}

fn read_kind(told: wit::Kind) -> Kind {
    match told {
        wit::Kind::Task => Kind::Task,
        wit::Kind::MapBlocks => Kind::MapBlocks,
        wit::Kind::MapPartitions => Kind::MapPartitions,
        wit::Kind::Reduction => Kind::Reduction,
        wit::Kind::RecordMap => Kind::RecordMap,
        wit::Kind::RecordFilter => Kind::RecordFilter,
        wit::Kind::RecordFold => Kind::RecordFold,
    }
}

fn read_traits(told: wit::Traits) -> Traits {
    Traits {
        pure: told.contains(wit::Traits::PURE),
        elementwise: told.contains(wit::Traits::ELEMENTWISE),
        commutative: told.contains(wit::Traits::COMMUTATIVE),
        associative: told.contains(wit::Traits::ASSOCIATIVE),
        keeps_shape: told.contains(wit::Traits::KEEPS_SHAPE),
    }
}

fn read_format(told: wit::Format) -> Result<Format, String> {
    check_name("a format", &told.name)?;
    check_count("extensions of a format", told.extensions.len(), PARAMS_MAX)?;
    told.extensions.iter().try_for_each(|extension| check_name("an extension", extension))?;
    Ok(Format { name: told.name, extensions: told.extensions, doc: clean_lines(&told.doc, DOC_LEN_MAX) })
}

/// Holds a record function to its kind. Then a call and its result are checked as the declaration says, as ever.
fn check_record(function: &Signature) -> Result<(), String> {
    let takes =
        |at: usize, fits: fn(&Type) -> bool| function.params.get(at).is_some_and(|param| fits(&param.ty));
    let is_record = |ty: &Type| matches!(ty, Type::Any | Type::Map(_));
    let (kind, fits, form) = match function.kind {
        Kind::RecordMap => {
            let fits = takes(0, is_record) && matches!(function.returns, Type::Map(_));
            ("map", fits, "(record: map<any>, ..) -> map<any>")
        }
        Kind::RecordFilter => {
            let fits = takes(0, is_record) && function.returns == Type::Boolean;
            ("filter", fits, "(record: map<any>, ..) -> boolean")
        }
        Kind::RecordFold => {
            // What it returns is its first argument the next time.
            let folds = function.params.first().is_some_and(|acc| acc.ty.accepts(&function.returns).is_ok());
            ("fold", folds && takes(1, is_record), "(acc: T, record: map<any>, ..) -> T")
        }
        Kind::Task | Kind::MapBlocks | Kind::MapPartitions | Kind::Reduction => return Ok(()),
    };
    if fits {
        return Ok(());
    }
    let name = &function.name;
    Err(format!("`{function}` is no record {kind}; declare `{name}{form}`, or another kind"))
}

fn check_reduction(function: &Signature, names: &HashSet<String>) -> Result<(), String> {
    if function.kind != Kind::Reduction {
        return Ok(());
    }
    let base = function.name.rsplit_once('.').filter(|(_, part)| REDUCTION_PARTS.contains(part));
    let Some((base, _)) = base else {
        return Err(format!(
            "function `{}` is a part of a reduction and must be called NAME.chunk, NAME.combine or NAME.aggregate",
            function.name
        ));
    };
    let lacks =
        REDUCTION_PARTS.iter().map(|part| format!("{base}.{part}")).find(|name| !names.contains(name));
    lacks.map_or(Ok(()), |name| Err(format!("the reduction `{base}` lacks the function `{name}`")))
}

/// Names go into error messages, logs, file names and command lines.
fn check_name(what: &str, name: &str) -> Result<(), String> {
    let good = |c: char| c.is_alphanumeric() || ['_', '-', '.'].contains(&c);
    if !name.is_empty() && name.chars().count() <= NAME_LEN_MAX && name.chars().all(good) {
        return Ok(());
    }
    let shown = clean(name, NAME_LEN_MAX);
    Err(format!(
        "{what} is called `{shown}`; names have 1 to {NAME_LEN_MAX} letters, digits, `_`, `-` and `.`"
    ))
}

fn check_count(what: &str, given: usize, max: usize) -> Result<(), String> {
    if given <= max { Ok(()) } else { Err(format!("it has {given} {what}; at most {max} are possible")) }
}
