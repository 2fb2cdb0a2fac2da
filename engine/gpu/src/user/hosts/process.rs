//! One GPU host, seen from the process that started it.

use std::collections::HashMap;
use std::io::{self, BufReader};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use gristmill_data::Chunk;
use rustix::process::{Pid, Signal, kill_process};

use super::super::protocol::{self, ArrayMsg, KernelMsg, Reply, Request};
use super::super::{KernelHash, KernelSource};
use super::HostOptions;
use crate::Error;

/// How many kernels a process is given; then a new one takes its place.
const KERNELS_MAX: usize = 256;
/// How often it is looked whether a process has ended whose pipes are closed, every 10 ms.
const ENDING_TRIES_MAX: u32 = 100;
/// What a GPU host learns of this process's environment: where drivers are, and what they are told.
const ENVIRONMENT: [&str; 14] = [
    "PATH",
    "HOME",
    "LD_LIBRARY_PATH",
    "XDG_RUNTIME_DIR",
    "XDG_DATA_DIRS",
    "VK_DRIVER_FILES",
    "VK_ADD_DRIVER_FILES",
    "VK_ICD_FILENAMES",
    "VK_LOADER_DRIVERS_SELECT",
    "VK_LOADER_DRIVERS_DISABLE",
    "CUDA_VISIBLE_DEVICES",
    "NVIDIA_VISIBLE_DEVICES",
    "NVIDIA_DRIVER_CAPABILITIES",
    "LP_NUM_THREADS",
];

/// How a call ended.
pub(super) enum Outcome<T> {
    Done(T),
    /// It failed, and the process can go on.
    Failed(Error),
    /// The process has ended, or must.
    Ended(Error),
}

/// A GPU host that has opened its adapter.
pub(super) struct HostProcess {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    /// The kernels that it was given: their numbers, or why it refuses them.
    kernels: HashMap<KernelHash, Result<usize, Error>>,
}

impl Drop for HostProcess {
    fn drop(&mut self) {
        // It may have ended before.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Why an exchange did not end well.
enum Broken {
    Late,
    Gone(String),
}

impl HostProcess {
    pub(super) fn start(options: &HostOptions) -> Result<Self, Error> {
        let failed = |reason: String| Error::Host { exe: options.exe.display().to_string(), reason };
        let environment = ENVIRONMENT.iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
        let mut child = Command::new(&options.exe)
            .arg("gpu-host")
            .env_clear()
            .envs(environment)
            // What one tenant compiled is no other's business.
            .envs([("MESA_SHADER_CACHE_DISABLE", "true"), ("__GL_SHADER_DISK_CACHE", "0")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| failed(error.to_string()))?;
        let (Some(to), Some(from)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(failed("it has no standard input and output".to_owned()));
        };
        let mut host = Self { child, to, from: BufReader::new(from), kernels: HashMap::new() };
        match host.exchange(&Request::Open(options.opening()), &[], 0, options.start_deadline) {
            Ok((Reply::Done, _)) => Ok(host),
            Ok((Reply::Failed(error), _)) => Err(error),
            Ok((Reply::Mapped(_), _)) => Err(failed("it does not do what it is asked to".to_owned())),
            Err(Broken::Late) => Err(failed(format!("it has not started in {:?}", options.start_deadline))),
            Err(Broken::Gone(reason)) => Err(failed(reason)),
        }
    }

    pub(super) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Whether it is alive and may be given another kernel.
    pub(super) fn is_fit(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None)) && self.kernels.len() < KERNELS_MAX
    }

    /// The number that the process knows the kernel by, once it has checked it.
    pub(super) fn check(&mut self, kernel: &KernelSource, options: &HostOptions) -> Outcome<usize> {
        let hash = kernel.hash();
        match self.kernels.get(&hash) {
            Some(Ok(number)) => return Outcome::Done(*number),
            Some(Err(error)) => return Outcome::Failed(error.clone()),
            None => {}
        }
        // Those that it refuses are counted too.
        let number = self.kernels.len();
        let request = Request::Check(KernelMsg::new(kernel));
        match self.call(&request, &[], 0, kernel, options) {
            Outcome::Done(_) => {
                self.kernels.insert(hash, Ok(number));
                Outcome::Done(number)
            }
            Outcome::Failed(error) => {
                self.kernels.insert(hash, Err(error.clone()));
                Outcome::Failed(error)
            }
            Outcome::Ended(error) => Outcome::Ended(error),
        }
    }

    pub(super) fn map(
        &mut self,
        kernel: &KernelSource,
        inputs: &[Chunk],
        shape: &[u64],
        options: &HostOptions,
    ) -> Outcome<Chunk> {
        let number = match self.check(kernel, options) {
            Outcome::Done(number) => number,
            Outcome::Failed(error) => return Outcome::Failed(error),
            Outcome::Ended(error) => return Outcome::Ended(error),
        };
        let request = Request::Map { kernel: number, inputs: inputs.iter().map(ArrayMsg::new).collect() };
        let nbytes = shape.iter().product::<u64>() * kernel.result.itemsize() as u64;
        match self.call(&request, inputs, nbytes, kernel, options) {
            Outcome::Done(Some(chunk)) if chunk.dtype() == kernel.result && chunk.shape() == shape => {
                Outcome::Done(chunk)
            }
            Outcome::Done(_) => {
                let reason = "it gave an array that was not asked for".to_owned();
                Outcome::Ended(Error::Crashed { kernel: kernel.name.clone(), reason })
            }
            Outcome::Failed(error) => Outcome::Failed(error),
            Outcome::Ended(error) => Outcome::Ended(error),
        }
    }

    /// Asks for something that a kernel is to blame for.
    fn call(
        &mut self,
        request: &Request,
        arrays: &[Chunk],
        result_nbytes: u64,
        kernel: &KernelSource,
        options: &HostOptions,
    ) -> Outcome<Option<Chunk>> {
        let name = kernel.name.clone();
        match self.exchange(request, arrays, result_nbytes, options.deadline) {
            Ok((Reply::Done | Reply::Mapped(_), chunk)) => Outcome::Done(chunk),
            // A device that is lost is of no use to anybody, and nor is its process.
            Ok((Reply::Failed(Error::Lost { reason, .. }), _)) => Outcome::Ended(Error::Crashed {
                kernel: name,
                reason: format!("the device was lost: {reason}"),
            }),
            Ok((Reply::Failed(error), _)) => Outcome::Failed(error),
            Err(Broken::Late) => Outcome::Ended(Error::Deadline { kernel: name, deadline: options.deadline }),
            Err(Broken::Gone(reason)) => Outcome::Ended(Error::Crashed { kernel: name, reason }),
        }
    }

    /// Sends a request and waits for the answer; past the deadline the process is killed.
    fn exchange(
        &mut self,
        request: &Request,
        arrays: &[Chunk],
        result_nbytes: u64,
        deadline: Duration,
    ) -> Result<(Reply, Option<Chunk>), Broken> {
        let pid = self.pid();
        let (to, from) = (&mut self.to, &mut self.from);
        let (is_late, answer) = std::thread::scope(|scope| {
            let (ended, ending) = channel::<()>();
            let watch = std::thread::Builder::new().spawn_scoped(scope, move || {
                let is_late = ending.recv_timeout(deadline) == Err(RecvTimeoutError::Timeout);
                if is_late {
                    // It was not waited for yet, so that the number is still its own.
                    let _ = kill_process(pid, Signal::KILL);
                }
                is_late
            })?;
            let answer = protocol::write(to, request, arrays).and_then(|()| answer(from, result_nbytes));
            drop(ended);
            Ok((watch.join().unwrap_or(false), answer))
        })
        .map_err(|error: io::Error| Broken::Gone(format!("there is no thread to watch it: {error}")))?;
        match answer {
            _ if is_late => Err(Broken::Late),
            Ok(answer) => Ok(answer),
            Err(error) => Err(Broken::Gone(self.ending(&error))),
        }
    }

    /// How the process ended, or what else is wrong with it.
    fn ending(&mut self, error: &io::Error) -> String {
        if error.kind() == io::ErrorKind::InvalidData {
            return format!("it answered with {error}");
        }
        // Its ends of the pipes are gone, so that it has ended or is about to.
        for _ in 0..ENDING_TRIES_MAX {
            if let Ok(Some(status)) = self.child.try_wait() {
                return format!("it ended with {status}");
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        error.to_string()
    }
}

/// Reads an answer, with elements of so many bytes if it has any.
fn answer(from: &mut BufReader<ChildStdout>, result_nbytes: u64) -> io::Result<(Reply, Option<Chunk>)> {
    let Some((reply, arrays_nbytes)) = protocol::read(from)? else {
        return Err(io::ErrorKind::UnexpectedEof.into());
    };
    let chunk = match &reply {
        Reply::Mapped(array) if arrays_nbytes == result_nbytes => {
            protocol::read_arrays(from, std::slice::from_ref(array), arrays_nbytes)?.pop()
        }
        Reply::Mapped(_) => return Err(protocol::damaged("an array of another size")),
        _ => None,
    };
    Ok((reply, chunk))
}
