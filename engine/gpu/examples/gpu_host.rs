//! The smallest program that can be named in `HostOptions`; the crate's own tests use it.

fn main() -> std::process::ExitCode {
    gristmill_gpu::gpu_host_main()
}
