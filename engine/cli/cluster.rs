//! `gristmill scheduler`, `worker` and `cluster`: the processes of a cluster.

mod up;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::ensure;
use clap::{Args, Subcommand, ValueEnum};
use gristmill::cluster::{
    Authority, Bearer, Cluster, SCHEDULER_VALID, SchedulerHandle, SchedulerServer, Token, WorkerServer,
};

use self::up::UpArgs;
use super::options::{CacheOptions, ClusterOptions};
use super::quantity::{format_nbytes, parse_duration};

/// Where schedulers listen unless told otherwise.
const ADDRESS: &str = "127.0.0.1:7070";

#[derive(Debug, Args)]
pub(crate) struct SchedulerArgs {
    /// Where to listen, as host:port; port 0 means any that is free.
    #[arg(long, value_name = "ADDRESS", default_value = ADDRESS)]
    listen: String,
    /// Folder of the cluster's authority, which is made if there is none: connections are then encrypted, and only who has
    /// a token of it is let in. Needed to listen where other machines can reach it.
    #[arg(long, value_name = "FOLDER")]
    authority: Option<PathBuf>,
    #[command(flatten)]
    cache: CacheOptions,
}

/// Who this process is.
#[derive(Debug, Args)]
pub(crate) struct TokenOption {
    /// The file of this process's token, where the cluster asks for one.
    #[arg(long, value_name = "FILE")]
    token: Option<PathBuf>,
}

impl TokenOption {
    fn read(&self) -> anyhow::Result<Option<Token>> {
        Ok(self.token.as_deref().map(Token::read).transpose()?)
    }
}

#[derive(Debug, Args)]
pub(crate) struct WorkerArgs {
    /// The scheduler, as host:port.
    #[arg(value_name = "ADDRESS")]
    scheduler: String,
    /// Where to serve results, as host:port; port 0 means any that is free. Unless told otherwise it is on all addresses
    /// with a token, and on loopback without.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// How long to look for a scheduler that is lost, or for another at the same address; the worker returns to it with
    /// all that it holds.
    #[arg(long, value_name = "TIME", value_parser = parse_duration, default_value = "30s")]
    patience: Duration,
    /// A folder whose files tasks may read and write, those of one tenant or of all; may be given many times. Unless told
    /// otherwise tasks open nothing with a token, and what this user may without.
    #[arg(long, value_name = "[TENANT=]FOLDER")]
    files: Vec<String>,
    #[command(flatten)]
    token: TokenOption,
    #[command(flatten)]
    options: ClusterOptions,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ClusterCommand {
    /// Start a scheduler, and workers on this machine or others; Ctrl-C ends them all.
    Up(Box<UpArgs>),
    /// Say which workers there are, and what they hold.
    Status {
        /// The scheduler, as host:port.
        #[arg(value_name = "ADDRESS", default_value = ADDRESS)]
        scheduler: String,
        #[command(flatten)]
        token: TokenOption,
    },
    /// Change how many workers a cluster has that starts its workers itself.
    Scale {
        /// How many workers there should be.
        #[arg(value_name = "N")]
        workers: u32,
        /// The scheduler, as host:port.
        #[arg(value_name = "ADDRESS", default_value = ADDRESS)]
        scheduler: String,
        #[command(flatten)]
        token: TokenOption,
    },
    /// Have workers leave, as soon as others have what they hold.
    Retire {
        /// Their numbers, as `status` has them.
        #[arg(value_name = "WORKER", required = true)]
        workers: Vec<u32>,
        /// The scheduler, as host:port.
        #[arg(long, value_name = "ADDRESS", default_value = ADDRESS)]
        scheduler: String,
        #[command(flatten)]
        token: TokenOption,
    },
    /// End a cluster: its scheduler, and with it its workers.
    Down {
        /// The scheduler, as host:port.
        #[arg(value_name = "ADDRESS", default_value = ADDRESS)]
        scheduler: String,
        #[command(flatten)]
        token: TokenOption,
    },
    /// Issue a token of a cluster's authority, to be carried like a private key to where it is used.
    Token(TokenArgs),
}

#[derive(Debug, Args)]
pub(crate) struct TokenArgs {
    /// Whose token it is.
    #[arg(value_enum)]
    kind: TokenKind,
    /// The tenant whose work it is, for clients.
    #[arg(long, value_name = "NAME", default_value = "default")]
    tenant: String,
    /// How long it is good, such as 12h.
    #[arg(long, value_name = "TIME", value_parser = parse_duration, default_value = "8760h")]
    valid_for: Duration,
    /// Folder of the cluster's authority, which is made if there is none.
    #[arg(long, value_name = "FOLDER")]
    authority: PathBuf,
    /// The new file.
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum TokenKind {
    Worker,
    Client,
    Admin,
}

impl SchedulerArgs {
    /// Starts a scheduler that ends when this process is asked to.
    fn start(&self) -> anyhow::Result<SchedulerServer> {
        let authority = self.authority.as_deref().map(Authority::open).transpose()?;
        let token =
            authority.map(|authority| authority.issue(&Bearer::Scheduler, SCHEDULER_VALID)).transpose()?;
        let server = SchedulerServer::start(&self.cache.of(Cluster::local()), &self.listen, token)?;
        server.end_on_interrupt()?;
        Ok(server)
    }
}

pub(crate) fn scheduler(args: &SchedulerArgs) -> anyhow::Result<()> {
    let server = args.start()?;
    say!("scheduler at {}", server.address());
    server.wait();
    Ok(())
}

pub(crate) fn worker(args: &WorkerArgs) -> anyhow::Result<()> {
    let token = args.token.read()?;
    let everywhere = if token.is_some() { "0.0.0.0:0" } else { "127.0.0.1:0" };
    let listen = args.listen.as_deref().unwrap_or(everywhere);
    let settings =
        args.files.iter().fold(args.options.builder(), |settings, files| match files.split_once('=') {
            Some((tenant, folder)) => settings.files_of(tenant, [PathBuf::from(folder)]),
            None => settings.files([PathBuf::from(files)]),
        });
    let worker = WorkerServer::start(&settings, &args.scheduler, listen, token, args.patience)?;
    worker.end_on_interrupt()?;
    say!("worker {} at {}", worker.id(), worker.address());
    let reason = worker.wait();
    say!("worker {} ends after {}: {reason}", worker.id(), counted(worker.n_run() as usize, "task"));
    Ok(())
}

pub(crate) fn run(command: &ClusterCommand) -> anyhow::Result<()> {
    match command {
        ClusterCommand::Up(args) => up::up(args),
        ClusterCommand::Status { scheduler, token } => status(scheduler, token.read()?),
        ClusterCommand::Scale { workers, scheduler, token } => scale(*workers, scheduler, token.read()?),
        ClusterCommand::Retire { workers, scheduler, token } => retire(workers, scheduler, token.read()?),
        ClusterCommand::Down { scheduler, token } => {
            Ok(SchedulerHandle::connect(scheduler, token.read()?)?.shut_down()?)
        }
        ClusterCommand::Token(args) => token(args),
    }
}

fn token(args: &TokenArgs) -> anyhow::Result<()> {
    let bearer = match args.kind {
        TokenKind::Worker => Bearer::Worker,
        TokenKind::Admin => Bearer::Admin,
        TokenKind::Client => Bearer::Client(args.tenant.clone()),
    };
    Authority::open(&args.authority)?.issue_to(&bearer, args.valid_for, &args.output)?;
    say!("token of a {bearer}: {}", args.output.display());
    Ok(())
}

fn scale(workers: u32, scheduler: &str, token: Option<Token>) -> anyhow::Result<()> {
    let failure = SchedulerHandle::connect(scheduler, token)?.scale(workers)?;
    say!("{} from now on", counted(workers as usize, "worker"));
    if let Some(why) = failure {
        say!("the last one could not be started: {why}");
    }
    Ok(())
}

fn retire(workers: &[u32], scheduler: &str, token: Option<Token>) -> anyhow::Result<()> {
    let leaving = SchedulerHandle::connect(scheduler, token)?.retire(workers)?;
    let listed = |workers: &[u32]| workers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let unknown: Vec<u32> = workers.iter().copied().filter(|worker| !leaving.contains(worker)).collect();
    if !leaving.is_empty() {
        say!("leaving: {}", listed(&leaving));
    }
    ensure!(unknown.is_empty(), "there is no worker {} that stays; see `cluster status`", listed(&unknown));
    Ok(())
}

fn counted(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

fn status(scheduler: &str, token: Option<Token>) -> anyhow::Result<()> {
    let status = SchedulerHandle::connect(scheduler, token)?.status()?;
    say!(
        "{} tasks accepted, {} ended, {} not forgotten, {} moved between workers",
        status.n_accepted,
        status.n_done,
        status.n_tasks,
        format_nbytes(status.moved_nbytes)
    );
    say!(
        "{:>7} {:<22} {:>7} {:>8} {:>10} {:>10} {:>10}",
        "worker",
        "address",
        "threads",
        "running",
        "held",
        "limit",
        "spilled"
    );
    for worker in status.workers {
        say!(
            "{:>7} {:<22} {:>7} {:>8} {:>10} {:>10} {:>10}{}",
            worker.worker,
            worker.address,
            worker.n_threads,
            worker.n_processing,
            format_nbytes(worker.memory_nbytes),
            format_nbytes(worker.memory_limit_nbytes),
            format_nbytes(worker.spilled_nbytes),
            if worker.retiring { " leaving" } else { "" },
        );
    }
    Ok(())
}
