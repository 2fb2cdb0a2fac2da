//! The process that checks and runs the kernels of one tenant: a device of its own, and nothing else.

use std::io::{self, BufWriter, Read, Write};
use std::process::ExitCode;
use std::time::Duration;

use gristmill_data::Chunk;

use super::confine::{self, Watch};
use super::map::map;
use super::protocol::{self, ArrayMsg, KernelMsg, Opening, Reply, Request};
use super::{UserKernel, validate};
use crate::kernels::source::Operand;
use crate::{Device, DeviceOptions, Error, adapters};

/// The whole of a GPU host: requests on standard input, answers on standard output.
///
/// A program that makes [`GpuHosts`](crate::GpuHosts) of itself calls this, and nothing else, when its first argument is
/// `gpu-host`.
pub fn gpu_host_main() -> ExitCode {
    let served = confine::confine().and_then(|()| serve(io::stdin().lock(), io::stdout().lock()));
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "{error}; this command is for `gristmill` itself, not for people");
            ExitCode::FAILURE
        }
    }
}

/// Answers requests until there are no more.
///
/// # Errors
/// Those of reading and writing, and requests that make no sense.
pub fn serve(mut input: impl Read, output: impl Write) -> io::Result<()> {
    let mut output = BufWriter::new(output);
    let Some((Request::Open(opening), 0)) = protocol::read(&mut input)? else {
        return Err(protocol::damaged("started without work"));
    };
    let watch = Watch::new(Duration::from_millis(opening.deadline_ms))?;
    watch.set(true);
    let mut host = match Host::open(&opening) {
        Ok(host) => host,
        Err(error) => return protocol::write(&mut output, &Reply::Failed(error), &[]),
    };
    protocol::write(&mut output, &Reply::Done, &[])?;
    loop {
        watch.set(false);
        let Some((request, arrays_nbytes)) = protocol::read(&mut input)? else { return Ok(()) };
        watch.set(true);
        let (reply, arrays) = match request {
            Request::Open(_) => return Err(protocol::damaged("opened twice")),
            Request::Check(kernel) => (host.check(&kernel), None),
            Request::Map { kernel, inputs } => {
                let inputs = protocol::read_arrays(&mut input, &inputs, arrays_nbytes)?;
                match host.map(kernel, &inputs) {
                    Ok(chunk) => (Reply::Mapped(ArrayMsg::new(&chunk)), Some(chunk)),
                    Err(error) => (Reply::Failed(error), None),
                }
            }
        };
        protocol::write(&mut output, &reply, arrays.as_slice())?;
    }
}

struct Host {
    device: Device,
    kernels: Vec<Result<UserKernel, Error>>,
}

impl Host {
    fn open(opening: &Opening) -> Result<Self, Error> {
        let found = adapters(opening.software);
        let n_found = found.len();
        let adapter = found.into_iter().nth(opening.adapter_idx).ok_or_else(|| {
            Error::unsupported(format!("adapter {}, of {n_found} counted from 0", opening.adapter_idx))
        })?;
        // Later than the watch ends the process, which alone ends a kernel.
        let deadline = Duration::from_millis(opening.deadline_ms.saturating_mul(2));
        let options = DeviceOptions { budget_nbytes: opening.budget_nbytes, deadline, ..Default::default() };
        Ok(Self { device: Device::open(&adapter, &options)?, kernels: Vec::new() })
    }

    fn check(&mut self, kernel: &KernelMsg) -> Reply {
        let checked = kernel.kernel().and_then(|kernel| {
            let check = || validate(&kernel.source, &kernel.name, &kernel.params, kernel.result);
            confine::with_little_memory(check)
        });
        let reply = checked.as_ref().map_or_else(|error| Reply::Failed(error.clone()), |_| Reply::Done);
        self.kernels.push(checked);
        reply
    }

    fn map(&self, kernel: usize, inputs: &[Chunk]) -> Result<Chunk, Error> {
        let Some(kernel) = self.kernels.get(kernel) else {
            return Err(Error::unsupported("a kernel that was not checked"));
        };
        let kernel = kernel.as_ref().map_err(Clone::clone)?;
        let operands: Result<Vec<Operand>, Error> = inputs
            .iter()
            .map(|chunk| match chunk.n_elements() {
                1 => Ok(Operand::Element(chunk.clone())),
                _ => self.device.copy_in(chunk, 0).map(Operand::Array),
            })
            .collect();
        self.device.copy_out(&map(&self.device, kernel, &operands?, 0)?)
    }
}
