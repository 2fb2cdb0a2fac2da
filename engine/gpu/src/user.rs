//! Map kernels that users write in WGSL, beside a component function of the same name.
//!
//! README.md here says what an author may write. The component function stays the kernel's fallback and its oracle.
//!
//! # Layout
//! - this file: a kernel as written, and one that was checked
//! - `check`: what a kernel may name; `size`: how large it may be; `signature`: whether it fits the component's function
//! - `fuel`: loops that end; `text`: the checked kernel as WGSL again, all names changed
//! - `map`: running one on a device
//! - `protocol`, `serve`, `confine`: the process that does it for one tenant; `hosts`: those processes, seen from here

mod check;
mod confine;
mod fuel;
mod hosts;
mod map;
mod protocol;
mod serve;
mod signature;
mod size;
mod text;

use std::sync::Arc;

use gristmill_data::DType;
use naga::valid::{Capabilities, ValidationFlags, Validator};

pub use hosts::{GpuHosts, HostOptions};
pub use serve::{gpu_host_main, serve};

use crate::Error;

/// How long a kernel's source may be, in bytes.
const SOURCE_NBYTES_MAX: usize = 64 << 10;
/// How many arrays a kernel may take: what WebGPU promises, less the result and the status.
const PARAMS_MAX: usize = 6;
/// How long its name may be, in bytes.
const NAME_NBYTES_MAX: usize = 256;
/// What the readers of hostile text may recurse in: naga calls itself for each `!` of 64 KiB, and in debug builds takes
/// 5 KB for it. Reserved, and used only as far as it is needed.
const STACK_NBYTES: usize = 512 << 20;
/// Numbers of 64 bits; everything else that adapters offer is off.
const CAPABILITIES: Capabilities = Capabilities::FLOAT64.union(Capabilities::SHADER_INT64);

/// A map kernel as its author wrote it, and what the component's function of the same name takes and gives.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KernelSource {
    /// The name of the component's function, and of the function in the source.
    pub name: String,
    /// WGSL.
    pub source: Arc<str>,
    /// The dtypes of the arrays that it takes.
    pub params: Vec<DType>,
    /// The dtype of the array that it gives.
    pub result: DType,
}

/// What makes a kernel the one that it is.
pub(crate) type KernelHash = [u8; 32];

impl KernelSource {
    /// The same for the same source and dtypes.
    pub(crate) fn hash(&self) -> KernelHash {
        let mut hasher = blake3::Hasher::new();
        let dtypes: Vec<&str> = self.params.iter().chain([&self.result]).map(|dtype| dtype.name()).collect();
        for text in [self.name.as_str(), dtypes.join(" ").as_str(), &self.source] {
            hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
        }
        *hasher.finalize().as_bytes()
    }
}

/// A map kernel that was checked, and rewritten so that each of its loops ends.
#[derive(Debug, Clone, PartialEq)]
pub struct UserKernel {
    name: String,
    params: Vec<DType>,
    result: DType,
    /// Declarations: `user_main`, what it calls, and, where there are loops, `user_fuel`.
    text: Arc<str>,
    n_loops: usize,
}

/// Checks a kernel, in about the time that it takes to read it.
///
/// Text that was made for it keeps this busy, and takes much memory: of strangers it is checked where both are limited,
/// as a [GPU host](GpuHosts) does.
///
/// # Errors
/// [`Error::Kernel`], with what is wrong, in which line.
pub fn validate(source: &str, name: &str, params: &[DType], result: DType) -> Result<UserKernel, Error> {
    check_lengths(source, name)?;
    let checked = std::thread::scope(|scope| {
        let work = || checked(source, name, params, result);
        let thread = std::thread::Builder::new().stack_size(STACK_NBYTES).spawn_scoped(scope, work);
        match thread.map(|thread| thread.join()) {
            Ok(Ok(checked)) => checked,
            Ok(Err(_)) => Err("it makes the reader of WGSL panic".to_owned()),
            Err(error) => Err(format!("no thread to check it: {error}")),
        }
    });
    let (text, n_loops) = checked.map_err(|reason| refused(name, &reason))?;
    let (name, params, text) = (name.to_owned(), params.to_vec(), text.into());
    Ok(UserKernel { name, params, result, text, n_loops })
}

/// Before anything is done with them.
fn check_lengths(source: &str, name: &str) -> Result<(), Error> {
    let (length, name_length) = (source.len(), name.len());
    if length > SOURCE_NBYTES_MAX {
        return Err(refused(name, &format!("{length} B of source, of at most {SOURCE_NBYTES_MAX} B")));
    }
    if name_length > NAME_NBYTES_MAX {
        return Err(refused(name, &format!("{name_length} B of name, of at most {NAME_NBYTES_MAX} B")));
    }
    Ok(())
}

fn refused(name: &str, reason: &str) -> Error {
    let kernel = name.chars().take(NAME_NBYTES_MAX).collect();
    Error::Kernel { kernel, reason: text::shortened(reason) }
}

/// The kernel's text, and how many loops there are in it.
fn checked(source: &str, name: &str, params: &[DType], result: DType) -> Result<(String, usize), String> {
    let mut module =
        naga::front::wgsl::parse_str(source).map_err(|error| text::parse_error(&error, source))?;
    check::nesting(&module)?;
    let info = validator().validate(&module).map_err(|error| error.emit_to_string_with_path(source, name))?;
    let main = check::check(&module, &info, source, name)?;
    size::check(&module, &info)?;
    signature::check(&module, main, params, result)?;
    let n_loops = fuel::meter(&mut module);
    Ok((text::rewritten(&mut module, main)?, n_loops))
}

fn validator() -> Validator {
    Validator::new(ValidationFlags::all(), CAPABILITIES)
}

#[cfg(test)]
mod tests;
