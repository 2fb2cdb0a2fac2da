//! The kernels by name.

use std::fmt;
use std::sync::LazyLock;

use gristmill_data::{Type, Value};

use crate::random::kernel as random;
use crate::{
    Error, aggregate, arithmetic, bridge, containers, convolve, extremes, fft, functions, group_by, indexing,
    join, layout, linalg, masked, matmul, order, overlap, quantile, reduction, scan, special,
};

/// A pure function from values to a value, built into the engine.
pub struct Kernel {
    /// The name, by which graphs call it.
    pub name: &'static str,
    /// Raised when the kernel's results change: another version is another task.
    pub version: u32,
    /// What it does, in one sentence.
    pub doc: &'static str,
    /// What it takes, in order.
    pub params: Vec<Param>,
    /// Whether the last parameter stands for any number of arguments.
    pub variadic: bool,
    /// What it returns, as far as that does not depend on the arguments; see [`Kernel::check_call`].
    pub returns: Type,
    pub(crate) infer: fn(&[Type]) -> Result<Type, Error>,
    pub(crate) run: fn(&[Value]) -> Result<Value, Error>,
}

/// One parameter of a kernel.
#[derive(Debug, Clone)]
pub struct Param {
    /// The name, for people.
    pub name: &'static str,
    /// What may be given; `any` where the kernel itself looks closer.
    pub ty: Type,
    /// Whether it may be left out.
    pub optional: bool,
}

/// The kernel of this name and version.
#[must_use]
pub fn lookup(name: &str, version: u32) -> Option<&'static Kernel> {
    all().iter().find(|kernel| kernel.version == version && kernel.name == name)
}

/// The newest kernel of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Kernel> {
    all().iter().filter(|kernel| kernel.name == name).max_by_key(|kernel| kernel.version)
}

/// Every kernel.
#[must_use]
pub fn all() -> &'static [Kernel] {
    &KERNELS
}

/// Calls the newest kernel of this name.
///
/// # Errors
/// [`Error::NoSuchKernel`], and as [`Kernel::call`].
pub fn call(name: &str, args: &[Value]) -> Result<Value, Error> {
    let kernel = find(name).ok_or_else(|| {
        let known: Vec<_> = all().iter().map(|kernel| kernel.name).collect();
        Error::NoSuchKernel { name: name.to_owned(), known: known.join(", ") }
    })?;
    kernel.call(args)
}

impl Kernel {
    /// The result for these arguments.
    ///
    /// # Errors
    /// [`Error::Arity`] or [`Error::Operand`] when the arguments do not fit, and what else the kernel's doc says.
    pub fn call(&self, args: &[Value]) -> Result<Value, Error> {
        self.check_arity(args.len())?;
        (self.run)(args)
    }

    /// The type of the result for arguments of these types, before there are any.
    ///
    /// # Errors
    /// [`Error::Arity`], [`Error::Argument`] or [`Error::Operand`] when a call with such arguments cannot succeed.
    pub fn check_call(&self, args: &[Type]) -> Result<Type, Error> {
        self.check_arity(args.len())?;
        let rest = self.params.last().filter(|_| self.variadic);
        for (idx, given) in args.iter().enumerate() {
            let Some(param) = self.params.get(idx).or(rest) else { break };
            let mismatch = |source| Error::Argument { kernel: self.name, param: param.name, source };
            param.ty.accepts(given).map_err(mismatch)?;
        }
        (self.infer)(args)
    }

    fn check_arity(&self, given: usize) -> Result<(), Error> {
        let least = self.params.iter().filter(|param| !param.optional).count();
        let fits = given >= least && (self.variadic || given <= self.params.len());
        if fits {
            Ok(())
        } else {
            Err(Error::Arity { kernel: self.name, expected: self.arity_in_words(), given })
        }
    }

    fn arity_in_words(&self) -> String {
        let names = self.params.iter().map(|param| match param.optional {
            true => format!("[{}]", param.name),
            false => param.name.to_owned(),
        });
        let names: Vec<_> = names.collect();
        let more = if self.variadic { " and more" } else { "" };
        format!("{} arguments ({}{more})", self.params.len(), names.join(", "))
    }
}

/// The signature as people write it: `item(of: any, at: any) -> any`.
impl fmt::Display for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let params = self.params.iter().map(|param| {
            let optional = if param.optional { "?" } else { "" };
            format!("{}{optional}: {}", param.name, param.ty)
        });
        let params: Vec<_> = params.collect();
        let more = if self.variadic { ", ..." } else { "" };
        write!(f, "{}({}{more}) -> {}", self.name, params.join(", "), self.returns)
    }
}

impl fmt::Debug for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.name, self.version)
    }
}

static KERNELS: LazyLock<Vec<Kernel>> = LazyLock::new(|| {
    let mut kernels = containers();
    kernels.extend(arithmetic_kernels());
    kernels.extend(aggregates());
    kernels.push(random_numbers());
    kernels.extend(reduction::kernel::kernels());
    kernels.extend(layout::kernel::kernels());
    kernels.extend(scan::kernel::kernels());
    kernels.extend(indexing::kernel::kernels());
    kernels.extend(masked::kernels());
    kernels.extend(order::kernel::kernels());
    kernels.extend(extremes::kernel::kernels());
    kernels.extend(quantile::kernel::kernels());
    kernels.extend(matmul::kernels());
    kernels.extend(linalg::kernel::kernels());
    kernels.extend(fft::kernels());
    kernels.extend(bridge::kernels());
    kernels.extend(functions::kernels());
    kernels.extend(overlap::kernel::kernels());
    kernels.extend(convolve::kernels());
    kernels.extend(special::kernel::kernels());
    kernels.extend(group_by::kernels());
    kernels.extend(join::kernels());
    kernels
});

pub(crate) fn param(name: &'static str, ty: Type) -> Param {
    Param { name, ty, optional: false }
}

pub(crate) type Infer = fn(&[Type]) -> Result<Type, Error>;
pub(crate) type Run = fn(&[Value]) -> Result<Value, Error>;

pub(crate) fn kernel(
    name: &'static str,
    doc: &'static str,
    params: Vec<Param>,
    infer: Infer,
    run: Run,
) -> Kernel {
    Kernel { name, version: 1, doc, params, variadic: false, returns: Type::Any, infer, run }
}

fn containers() -> Vec<Kernel> {
    let any = |name| param(name, Type::Any);
    let identity = vec![any("value")];
    let item = vec![any("of"), any("at")];
    let sleep = vec![param("ms", Type::Float), Param { name: "value", ty: Type::Any, optional: true }];
    let several = || vec![Param { name: "items", ty: Type::Any, optional: true }];
    vec![
        kernel("identity", "Returns its argument.", identity, containers::infer_first, containers::identity),
        Kernel {
            returns: Type::Int,
            ..kernel(
                "len",
                "The number of items of a list or map, rows of a table, characters of a text, bytes, or a chunk's first length.",
                vec![any("of")],
                containers::infer_len,
                containers::len,
            )
        },
        Kernel {
            returns: Type::list_of(Type::Any),
            variadic: true,
            ..kernel(
                "list",
                "Its arguments as one list.",
                several(),
                containers::infer_list,
                containers::list,
            )
        },
        kernel(
            "item",
            "An item of a list by its index, from the end when negative, or of a map by its name.",
            item,
            containers::infer_item,
            containers::item,
        ),
        Kernel {
            variadic: true,
            ..kernel(
                "concat",
                "Tables or lists one after the other: its arguments, or the items of its only one.",
                several(),
                containers::infer_concat,
                containers::concat,
            )
        },
        kernel(
            "sleep",
            "Waits so many milliseconds, then returns the value; for tests and for watching the scheduler.",
            sleep,
            containers::infer_sleep,
            containers::sleep,
        ),
    ]
}

fn arithmetic_kernels() -> Vec<Kernel> {
    let two = || vec![param("left", Type::Any), param("right", Type::Any)];
    let one = || vec![param("value", Type::Any)];
    vec![
        kernel("inc", "One more.", one(), arithmetic::infer_inc, arithmetic::inc),
        kernel("add", "The sum of two numbers or chunks.", two(), arithmetic::infer_add, arithmetic::add),
        kernel(
            "sub",
            "The difference of two numbers or chunks; of integers a signed one.",
            two(),
            arithmetic::infer_sub,
            arithmetic::sub,
        ),
        kernel("mul", "The product of two numbers or chunks.", two(), arithmetic::infer_mul, arithmetic::mul),
        kernel(
            "div",
            "The quotient of two numbers or chunks; of integers a float.",
            two(),
            arithmetic::infer_div,
            arithmetic::div,
        ),
        kernel(
            "neg",
            "The number or chunk with the other sign.",
            one(),
            arithmetic::infer_neg,
            arithmetic::neg,
        ),
    ]
}

fn random_numbers() -> Kernel {
    Kernel {
        returns: Type::ANY_ARRAY,
        ..kernel(
            "random",
            "A block of an array of random numbers, the same however the array is cut.",
            random::params().into_iter().map(|(name, ty)| param(name, ty)).collect(),
            random::infer_random,
            random::random,
        )
    }
}

fn aggregates() -> Vec<Kernel> {
    let of = || vec![param("of", Type::Any)];
    vec![
        kernel(
            "sum",
            "The sum of a chunk's present elements; or of a list's numbers or chunks, one added to the other.",
            of(),
            aggregate::infer_sum,
            aggregate::sum,
        ),
        kernel(
            "mean",
            "The mean of a chunk's present elements; or of a list's numbers or chunks.",
            of(),
            aggregate::infer_mean,
            aggregate::mean,
        ),
        kernel(
            "min",
            "The least of a chunk's present elements or a list's numbers; NaN if there is one.",
            of(),
            aggregate::infer_min,
            aggregate::min,
        ),
        kernel(
            "max",
            "The greatest of a chunk's present elements or a list's numbers; NaN if there is one.",
            of(),
            aggregate::infer_max,
            aggregate::max,
        ),
    ]
}

#[cfg(test)]
mod tests;
