//! The one binary: `gristmill run | demo | graph | plugin | doctor`.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
