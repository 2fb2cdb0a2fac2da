//! Options that every computing command shares, and the cluster they describe.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use gristmill::cluster::{Cluster, LocalBuilder, LocalCluster};
use gristmill::graph::DeviceChoice;

use super::quantity::{parse_duration, parse_nbytes};

/// How the local cluster is set up.
#[derive(Debug, Clone, Args)]
pub(crate) struct ClusterOptions {
    /// Compute threads in all; the default is one a core.
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// Workers that share the threads.
    #[arg(long, value_name = "N", default_value_t = 1)]
    workers: usize,
    /// Memory for results, such as 2GiB; what exceeds it is spilled to disk.
    #[arg(long, value_name = "SIZE", value_parser = parse_nbytes)]
    limit_memory: Option<u64>,
    /// Folder for spilled results; the default is the system's temporary folder.
    #[arg(long, value_name = "FOLDER")]
    spill_dir: Option<PathBuf>,
    #[command(flatten)]
    cache: CacheOptions,
    /// Where kernels run: `auto`, `cpu` or `gpu`.
    #[arg(long, value_name = "DEVICE", default_value_t = DeviceChoice::Auto)]
    device: DeviceChoice,
    /// Memory of each GPU that may be used, such as 8GiB; what exceeds it goes to the host.
    #[arg(long, value_name = "SIZE", value_parser = parse_nbytes)]
    limit_gpu_memory: Option<u64>,
    /// Take adapters that are programs on the CPU, such as lavapipe, for GPUs: slow, and good for trying things.
    #[arg(long)]
    software_gpu: bool,
    /// Time that one call of a plugin may take, such as 30s or 500ms; the default is an hour.
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    task_timeout: Option<Duration>,
}

impl ClusterOptions {
    /// Starts the cluster.
    pub(crate) fn start(&self) -> anyhow::Result<LocalCluster> {
        Ok(self.builder().start()?)
    }

    /// The settings.
    pub(crate) fn builder(&self) -> LocalBuilder {
        let mut builder = Cluster::local().workers(self.workers).name("cli");
        builder = builder.device(self.device).software_gpu(self.software_gpu);
        if let Some(nbytes) = self.limit_gpu_memory {
            builder = builder.gpu_memory_limit_nbytes(nbytes);
        }
        if let Some(threads) = self.threads {
            builder = builder.threads(threads);
        }
        if let Some(nbytes) = self.limit_memory {
            builder = builder.memory_limit_nbytes(nbytes);
        }
        if let Some(folder) = &self.spill_dir {
            builder = builder.spill_dir(folder);
        }
        if let Some(timeout) = self.task_timeout {
            builder = builder.task_timeout(timeout);
        }
        self.cache.of(builder)
    }
}

/// Where results are kept.
#[derive(Debug, Clone, Args)]
pub(crate) struct CacheOptions {
    /// Folder for results that are kept for whoever asks for the same again, the same for a scheduler and its workers; see
    /// `gristmill cache`.
    #[arg(long, value_name = "FOLDER")]
    result_cache: Option<PathBuf>,
    /// What kept results may take on disk, such as 10GiB; then what was used longest ago goes.
    #[arg(long, value_name = "SIZE", value_parser = parse_nbytes, default_value = "10GiB")]
    result_cache_limit: u64,
}

impl CacheOptions {
    /// The settings with these.
    pub(crate) fn of(&self, builder: LocalBuilder) -> LocalBuilder {
        match &self.result_cache {
            Some(folder) => builder.result_cache(folder, self.result_cache_limit),
            None => builder,
        }
    }

    /// The same as arguments of another process.
    pub(crate) fn args(&self) -> Vec<String> {
        let Some(folder) = &self.result_cache else { return Vec::new() };
        let words = ["--result-cache", &folder.display().to_string(), "--result-cache-limit"];
        let limit = format!("{}B", self.result_cache_limit);
        words.into_iter().map(str::to_owned).chain([limit]).collect()
    }
}
