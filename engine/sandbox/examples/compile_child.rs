//! The smallest program that can be named in `Compile::Child`; the crate's own tests use it.

fn main() -> std::process::ExitCode {
    gristmill_sandbox::compile_child_main()
}
