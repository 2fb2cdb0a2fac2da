//! Workers as jobs of a queue: Slurm, PBS, SGE, LSF.
//!
//! Each worker is a job of one machine, submitted as a script. Directives and commands are those of the systems' own
//! manuals: `sbatch(1)`, `squeue(1)`, `qsub(1)`, `qstat(1)`, `bsub(1)`, `bjobs(1)`.

use std::fmt::Write;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use super::{Provider, WorkerSpec};

/// Time between two questions to a queue, which others have questions to, too.
const ASK_AGAIN: Duration = Duration::from_secs(2);
/// How long one of its commands may take.
const COMMAND_MAX: Duration = Duration::from_secs(20);

/// States of jobs that wait or run, of Slurm and of LSF.
const LIVE: [&str; 15] = [
    "PENDING",
    "CONFIGURING",
    "RUNNING",
    "COMPLETING",
    "SUSPENDED",
    "STOPPED",
    "REQUEUED",
    "RESIZING",
    "PEND",
    "RUN",
    "PSUSP",
    "USUSP",
    "SSUSP",
    "WAIT",
    "PROV",
];

/// Which system a queue is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueueKind {
    /// Slurm.
    Slurm,
    /// PBS Pro and `OpenPBS`.
    Pbs,
    /// Grid Engine.
    Sge,
    /// IBM Spectrum LSF.
    Lsf,
}

/// What jobs are submitted with besides what their workers have.
#[derive(Debug, Clone, Default)]
pub struct JobOptions {
    /// The queue or partition; the system's default if there is none.
    pub queue: Option<String>,
    /// The project or account that pays.
    pub account: Option<String>,
    /// How long a job may last.
    pub walltime: Option<Duration>,
    /// More directives, as the system's manual has them, without what begins their lines.
    pub directives: Vec<String>,
    /// Lines for the script before the worker starts, such as `module load`.
    pub prologue: Vec<String>,
}

/// Submits workers as jobs.
#[derive(Debug)]
pub struct JobQueue {
    kind: QueueKind,
    spec: WorkerSpec,
    options: JobOptions,
    /// Jobs that have not ended, as far as was last known, and when that was asked.
    jobs: Vec<String>,
    asked: Option<Instant>,
}

impl QueueKind {
    /// What begins the lines that the system reads.
    fn directive(self) -> &'static str {
        match self {
            Self::Slurm => "#SBATCH",
            Self::Pbs => "#PBS",
            Self::Sge => "#$",
            Self::Lsf => "#BSUB",
        }
    }

    /// The command that takes a script.
    fn submit(self) -> &'static [&'static str] {
        match self {
            Self::Slurm => &["sbatch", "--parsable"],
            Self::Pbs => &["qsub"],
            Self::Sge => &["qsub", "-terse"],
            Self::Lsf => &["bsub"],
        }
    }

    /// The command that says which of these jobs are in the queue or run.
    pub(super) fn status(self, jobs: &[String]) -> Vec<String> {
        let words: &[&str] = match self {
            Self::Slurm => &["squeue", "--noheader", "--format=%i %T", "--jobs"],
            Self::Pbs => &["qstat"],
            Self::Sge => &["qstat", "-j"],
            Self::Lsf => &["bjobs", "-noheader", "-o", "jobid stat"],
        };
        let joined = matches!(self, Self::Slurm | Self::Sge).then(|| vec![jobs.join(",")]);
        words.iter().map(|word| (*word).to_owned()).chain(joined.unwrap_or_else(|| jobs.to_vec())).collect()
    }

    /// The jobs that such a command has said are there, by their numbers.
    pub(super) fn there(self, said: &str) -> Vec<&str> {
        let first_words = said.lines().filter_map(|line| {
            let mut words = line.split_whitespace();
            Some((words.next()?, words.next().unwrap_or_default()))
        });
        let jobs = first_words.filter_map(move |(first, second)| match self {
            // Numbers come with the server's name, of which the end may be cut off.
            Self::Pbs => Some(first),
            Self::Sge => (first == "job_number:").then_some(second),
            Self::Slurm | Self::Lsf => LIVE.contains(&second).then_some(first),
        });
        jobs.map(number).collect()
    }

    /// The command that removes jobs.
    fn cancel(self, jobs: &[String]) -> Vec<String> {
        let word = match self {
            Self::Slurm => "scancel",
            Self::Pbs | Self::Sge => "qdel",
            Self::Lsf => "bkill",
        };
        std::iter::once(word.to_owned()).chain(jobs.iter().cloned()).collect()
    }

    /// The name of a job in what the system has answered to its submission.
    pub(super) fn job(self, answer: &str) -> Option<String> {
        let answer = answer.trim();
        let job = match self {
            // Of a federation, `job;cluster`.
            Self::Slurm => answer.split(';').next()?,
            Self::Pbs => answer.lines().next()?,
            // Of an array, `job.first-last:step`.
            Self::Sge => answer.split('.').next()?,
            // `Job <123> is submitted to queue <normal>.`
            Self::Lsf => answer.split_once('<')?.1.split_once('>')?.0,
        };
        Some(job.trim().to_owned()).filter(|job| !job.is_empty())
    }
}

impl JobQueue {
    /// No jobs yet.
    #[must_use]
    pub fn new(kind: QueueKind, spec: WorkerSpec, options: JobOptions) -> Self {
        Self { kind, spec, options, jobs: Vec::new(), asked: None }
    }

    /// The script of a worker of the scheduler at `host:port`.
    #[must_use]
    pub fn script(&self, scheduler: &str) -> String {
        let mut script = "#!/bin/sh\n".to_owned();
        for directive in self.directives() {
            // Writing to a string does not fail.
            let _ = writeln!(script, "{} {directive}", self.kind.directive());
        }
        for line in &self.options.prologue {
            let _ = writeln!(script, "{line}");
        }
        let _ = writeln!(script, "exec {}", self.spec.command_line(scheduler));
        script
    }

    fn directives(&self) -> Vec<String> {
        let JobOptions { queue, account, walltime, directives, .. } = &self.options;
        let n = self.spec.n_threads;
        // Guests and the process itself need some beside the results.
        let megabytes = (self.spec.memory_nbytes + self.spec.memory_nbytes / 4).div_ceil(1_000_000);
        let clock = walltime.map(|walltime| {
            let s = walltime.as_secs();
            format!("{:02}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60)
        });
        let mut lines = match self.kind {
            QueueKind::Slurm => vec![
                "--job-name=gristmill-worker".to_owned(),
                "--ntasks=1".to_owned(),
                format!("--cpus-per-task={n}"),
                format!("--mem={megabytes}M"),
            ],
            QueueKind::Pbs => {
                vec!["-N gristmill".to_owned(), format!("-l select=1:ncpus={n}:mem={megabytes}mb")]
            }
            QueueKind::Sge => vec![
                "-N gristmill".to_owned(),
                "-S /bin/sh".to_owned(),
                format!("-pe smp {n}"),
                // For each of the slots.
                format!("-l h_vmem={}M", megabytes.div_ceil(n.max(1) as u64)),
            ],
            QueueKind::Lsf => vec![
                "-J gristmill".to_owned(),
                format!("-n {n}"),
                "-R \"span[hosts=1]\"".to_owned(),
                format!("-M {megabytes}MB"),
            ],
        };
        let (named, paid, timed) = match self.kind {
            QueueKind::Slurm => ("--partition=", "--account=", "--time="),
            QueueKind::Pbs => ("-q ", "-A ", "-l walltime="),
            QueueKind::Sge => ("-q ", "-P ", "-l h_rt="),
            QueueKind::Lsf => ("-q ", "-P ", "-W "),
        };
        lines.extend(queue.iter().map(|queue| format!("{named}{queue}")));
        lines.extend(account.iter().map(|account| format!("{paid}{account}")));
        // LSF counts hours and minutes alone.
        let clock = clock.map(|clock| match (self.kind, clock.rsplit_once(':')) {
            (QueueKind::Lsf, Some((minutes, _))) => minutes.to_owned(),
            _ => clock,
        });
        lines.extend(clock.map(|clock| format!("{timed}{clock}")));
        lines.extend(directives.iter().cloned());
        lines
    }
}

impl Provider for JobQueue {
    fn spec(&self) -> &WorkerSpec {
        &self.spec
    }

    fn start(&mut self, scheduler: &str) -> Result<(), String> {
        let submit = self.kind.submit().iter().map(|word| (*word).to_owned());
        let answer = run(submit, &self.script(scheduler)).map_err(|failed| failed.to_string())?;
        let job = self.kind.job(&answer);
        self.jobs
            .push(job.ok_or_else(|| format!("the queue answers `{}`, which names no job", answer.trim()))?);
        Ok(())
    }

    fn n_started(&mut self) -> Result<usize, String> {
        let is_known = self.asked.is_some_and(|asked| asked.elapsed() < ASK_AGAIN);
        if !self.jobs.is_empty() && !is_known {
            self.asked = Some(Instant::now());
            let said = run(self.kind.status(&self.jobs).into_iter(), "").or_else(|failed| match failed {
                // That no job is there is an error for most of them, beside those that are.
                Failed::Said { out, error } if !out.trim().is_empty() || is_unknown_job(&error) => Ok(out),
                failed => Err(failed.to_string()),
            })?;
            let there = self.kind.there(&said);
            self.jobs.retain(|job| there.contains(&number(job)));
        }
        Ok(self.jobs.len())
    }

    fn end(&mut self) {
        if !self.jobs.is_empty() {
            // Those that have ended are unknown, which is as it should be.
            let _done = run(self.kind.cancel(&self.jobs).into_iter(), "");
            self.jobs.clear();
        }
    }
}

/// The number of a job whose name goes on with its server.
fn number(job: &str) -> &str {
    job.split('.').next().unwrap_or(job)
}

/// Whether a queue says that there is no such job, and not that it cannot say.
fn is_unknown_job(error: &str) -> bool {
    let error = error.to_lowercase();
    ["invalid job id", "unknown job", "has finished", "do not exist", "not found"]
        .iter()
        .any(|words| error.contains(words))
}

/// Why a command has no answer.
#[derive(Debug)]
enum Failed {
    /// It could not be run, or ran too long.
    Not(String),
    /// It says that it has failed.
    Said { out: String, error: String },
}

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Not(why) => f.write_str(why),
            Self::Said { error, .. } => write!(f, "the queue says: {}", error.trim()),
        }
    }
}

/// What a command prints that is given some input.
fn run(mut words: impl Iterator<Item = String>, input: &str) -> Result<String, Failed> {
    let program = words.next().unwrap_or_default();
    let failed = |error: std::io::Error| Failed::Not(format!("cannot run `{program}`: {error}"));
    let mut command = Command::new(&program);
    command.args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(failed)?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.as_bytes()).map_err(failed)?;
    }
    let pid = child.id();
    let (sender, receiver) = sync_channel(1);
    std::thread::spawn(move || sender.send(child.wait_with_output()));
    let output = match receiver.recv_timeout(COMMAND_MAX) {
        Ok(output) => output.map_err(failed)?,
        Err(_) => return Err(Failed::Not(format!("`{program}` (process {pid}) does not come to an end"))),
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match output.status.success() {
        true => Ok(text(&output.stdout)),
        false => Err(Failed::Said { out: text(&output.stdout), error: text(&output.stderr) }),
    }
}
