//! The one binary: `gristmill run | demo | graph | plugin | bench | doctor`.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
