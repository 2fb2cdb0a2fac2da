//! Map kernels in WGSL that plugins bring: called in place of the component's function where a GPU is asked for.
//!
//! Each tenant's kernels run in a process of their own, which is ended when one of them goes on for too long. Chunks go
//! there and back, so that only much work for each byte pays: they are called where [`DeviceChoice::Gpu`] says so, and not
//! otherwise. Whatever goes wrong, the component's function gives the answer.
//!
//! [`DeviceChoice::Gpu`]: gristmill_graph::DeviceChoice::Gpu

use std::collections::BTreeMap;

use gristmill_data::{Chunk, DType, Type, Value};
use gristmill_gpu::{GpuHosts, HostOptions, KernelSource};
use gristmill_sandbox::Plugin;
use parking_lot::Mutex;

/// How many different reasons are kept.
const REASONS_MAX: usize = 64;

/// Runs plugins' map kernels.
#[derive(Debug)]
pub(crate) struct Shaders {
    /// Nothing where the engine's own binary was not found.
    hosts: Option<GpuHosts>,
    /// Why calls came back to the component, with how many.
    returned: Mutex<BTreeMap<String, u64>>,
}

impl Shaders {
    pub(crate) fn new(options: Option<HostOptions>) -> Self {
        Self { hosts: options.map(GpuHosts::new), returned: Mutex::default() }
    }

    /// The result of a call, if the plugin brings a kernel for it and that works; otherwise it is the component's.
    pub(crate) fn call(&self, plugin: &Plugin, function: &str, args: &[Value], tenant: u32) -> Option<Value> {
        let source = plugin.shader(function)?;
        let hosts = self.hosts.as_ref()?;
        let signature = plugin.signature(function)?;
        let params = signature.params.iter().map(|param| dtype_of(&param.ty)).collect::<Option<Vec<_>>>()?;
        let result = dtype_of(&signature.returns)?;
        let inputs: Vec<Chunk> =
            args.iter().zip(&params).map(|(arg, &dtype)| chunk_of(arg, dtype)).collect::<Option<_>>()?;
        if inputs.len() != params.len() {
            return None;
        }
        let kernel = KernelSource { name: function.to_owned(), source: source.clone(), params, result };
        match hosts.map(tenant, &kernel, &inputs) {
            Ok(chunk) => Some(Value::Chunk(chunk)),
            Err(error) => {
                self.count(format!("{function}: {error}"));
                None
            }
        }
    }

    /// Why calls came back to the component, with how many.
    pub(crate) fn returned(&self) -> Vec<(String, u64)> {
        self.returned.lock().iter().map(|(reason, &n)| (reason.clone(), n)).collect()
    }

    fn count(&self, reason: String) {
        let mut returned = self.returned.lock();
        if returned.len() < REASONS_MAX || returned.contains_key(&reason) {
            *returned.entry(reason).or_default() += 1;
        }
    }
}

/// The dtype of a parameter that a kernel can have: arrays of one, and numbers.
fn dtype_of(ty: &Type) -> Option<DType> {
    match ty {
        Type::NdArray { dtype, .. } => *dtype,
        Type::Float => Some(DType::Float64),
        Type::Int => Some(DType::Int64),
        Type::UInt => Some(DType::UInt64),
        Type::Boolean => Some(DType::Boolean),
        _ => None,
    }
}

/// An argument as an array; a number is one of a single element, which broadcasts.
fn chunk_of(arg: &Value, dtype: DType) -> Option<Chunk> {
    let chunk = match (arg, dtype) {
        (Value::Chunk(chunk), _) => Ok(chunk.clone()),
        (Value::Boolean(value), DType::Boolean) => Chunk::from_vec(vec![*value], &[]),
        (Value::Int(value), DType::Int64) => Chunk::from_vec(vec![*value], &[]),
        (Value::UInt(value), DType::UInt64) => Chunk::from_vec(vec![*value], &[]),
        (number, DType::Float64) => Chunk::from_vec(vec![number.as_float().ok()?], &[]),
        _ => return None,
    };
    chunk.ok().filter(|chunk| chunk.dtype() == dtype)
}
