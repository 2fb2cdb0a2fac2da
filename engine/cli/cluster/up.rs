//! `gristmill cluster up`: a scheduler, and workers wherever they come from.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, ensure};
use clap::{Args, ValueEnum};
use gristmill::cluster::provider::{
    JobOptions, JobQueue, LocalProcesses, Provider, QueueKind, Ssh, WorkerSpec,
};
use gristmill::cluster::{AdaptiveConfig, Scale, machine};

use super::{SchedulerArgs, counted};
use crate::cli::quantity::{parse_duration, parse_nbytes};

#[derive(Debug, Args)]
pub(crate) struct UpArgs {
    /// Workers.
    #[arg(long, value_name = "N", default_value_t = 2, conflicts_with = "max_workers")]
    workers: u32,
    /// Workers at least, where there are as many as the work is worth.
    #[arg(long, value_name = "N", default_value_t = 0, requires = "max_workers")]
    min_workers: u32,
    /// Workers at most: there are as many as the work is worth, from moment to moment.
    #[arg(long, value_name = "N")]
    max_workers: Option<u32>,
    /// Compute threads of each worker; the default is this machine's cores, shared by its workers.
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// Memory for results of each worker, such as 2GiB; the default is this machine's, shared by its workers.
    #[arg(long, value_name = "SIZE", value_parser = parse_nbytes)]
    limit_memory: Option<u64>,
    #[command(flatten)]
    scheduler: SchedulerArgs,
    #[command(flatten)]
    from: ProviderArgs,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Where workers come from")]
struct ProviderArgs {
    /// What starts workers.
    #[arg(long, value_enum, default_value = "local")]
    provider: ProviderKind,
    /// Where workers find the scheduler, as host:port; the default is where it listens.
    #[arg(long, value_name = "ADDRESS")]
    advertise: Option<String>,
    /// The engine's program on the workers' machines; the default is this one.
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
    /// A worker's token on the workers' machines; needed with an authority.
    #[arg(long, value_name = "FILE")]
    worker_token: Option<PathBuf>,
    /// A machine for workers by ssh; may be given many times.
    #[arg(long, value_name = "HOST")]
    host: Vec<String>,
    /// The jobs' queue or partition.
    #[arg(long, value_name = "NAME")]
    queue: Option<String>,
    /// The project or account that pays for the jobs.
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    /// How long a job may last, such as 2h.
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    walltime: Option<Duration>,
    /// A directive for the jobs' scripts, as the queue's manual has it, such as `--constraint=avx2`; may be given many times.
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    directive: Vec<String>,
    /// A line for the jobs' scripts before the worker starts, such as `module load`; may be given many times.
    #[arg(long, value_name = "TEXT")]
    prologue: Vec<String>,
    /// Say what a job's script would be, and end.
    #[arg(long)]
    print_script: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ProviderKind {
    /// Processes of this machine.
    Local,
    /// Machines reached by ssh.
    Ssh,
    /// Jobs of Slurm.
    Slurm,
    /// Jobs of PBS.
    Pbs,
    /// Jobs of Grid Engine.
    Sge,
    /// Jobs of LSF.
    Lsf,
}

impl ProviderKind {
    fn queue(self) -> Option<QueueKind> {
        match self {
            Self::Local | Self::Ssh => None,
            Self::Slurm => Some(QueueKind::Slurm),
            Self::Pbs => Some(QueueKind::Pbs),
            Self::Sge => Some(QueueKind::Sge),
            Self::Lsf => Some(QueueKind::Lsf),
        }
    }
}

pub(super) fn up(args: &UpArgs) -> anyhow::Result<()> {
    let scale = match args.max_workers {
        Some(n_max) => {
            let n_min = args.min_workers;
            ensure!(
                n_min <= n_max && n_max > 0,
                "between {n_min} and {n_max} workers there is nothing to choose"
            );
            Scale::Adaptive(AdaptiveConfig::between(n_min, n_max))
        }
        None => Scale::Fixed(args.workers),
    };
    let spec = spec(args)?;
    let (threads, from) = (spec.n_threads, &args.from);
    if let (true, Some(kind)) = (from.print_script, from.provider.queue()) {
        let queue = JobQueue::new(kind, spec, from.job_options());
        let script = queue.script(from.advertise.as_deref().unwrap_or(&args.scheduler.listen));
        script.lines().for_each(|line| say!("{line}"));
        return Ok(());
    }
    let given = args.scheduler.authority.is_some() == from.worker_token.is_some();
    ensure!(given, "an authority and a worker's token go together: give both or neither");
    ensure!(from.provider != ProviderKind::Ssh || !from.host.is_empty(), "give a host, or several, for ssh");
    let found_at = from.advertise.as_deref().unwrap_or(&args.scheduler.listen);
    let is_near =
        ["127.", "localhost", "[::1]", "0.0.0.0", "[::]"].iter().any(|near| found_at.starts_with(near));
    ensure!(
        from.provider == ProviderKind::Local || !is_near || from.advertise.is_some(),
        "workers on other machines do not find a scheduler at {found_at}: say by --advertise where they do"
    );
    let server = args.scheduler.start()?;
    let address = from.advertise.clone().unwrap_or_else(|| server.address().to_string());
    server.provide(from.provider(spec), address, scale)?;
    let workers = match scale {
        Scale::Fixed(n) => counted(n as usize, "worker"),
        Scale::Adaptive(AdaptiveConfig { n_min, n_max, .. }) => format!("{n_min} to {n_max} workers"),
    };
    say!("cluster at {}, {workers} of {} each; Ctrl-C ends it", server.address(), counted(threads, "thread"));
    server.wait();
    Ok(())
}

/// What each worker has: its share of this machine, where nothing else is said and they are on it.
fn spec(args: &UpArgs) -> anyhow::Result<WorkerSpec> {
    let is_local = args.from.provider == ProviderKind::Local;
    let n = if is_local { args.max_workers.unwrap_or(args.workers).max(1) as usize } else { 1 };
    let program = match &args.from.program {
        Some(program) => program.clone(),
        None => std::env::current_exe()
            .context("cannot find this program's own file, to start workers with it")?,
    };
    Ok(WorkerSpec {
        program,
        n_threads: args.threads.unwrap_or_else(|| machine::n_cores().div_ceil(n)),
        memory_nbytes: args.limit_memory.unwrap_or_else(|| machine::results_nbytes() / n as u64),
        token: args.from.worker_token.clone(),
        more: args.scheduler.cache.args(),
        // The scheduler is this process: nobody starts it anew. Networks may fail for a while.
        patience: if is_local { "1ms" } else { "30s" }.to_owned(),
    })
}

impl ProviderArgs {
    fn provider(&self, spec: WorkerSpec) -> Box<dyn Provider> {
        match self.provider.queue() {
            Some(kind) => Box::new(JobQueue::new(kind, spec, self.job_options())),
            None if self.provider == ProviderKind::Ssh => Box::new(Ssh::new(spec, self.host.clone())),
            None => Box::new(LocalProcesses::new(spec)),
        }
    }

    fn job_options(&self) -> JobOptions {
        JobOptions {
            queue: self.queue.clone(),
            account: self.account.clone(),
            walltime: self.walltime,
            directives: self.directive.clone(),
            prologue: self.prologue.clone(),
        }
    }
}
