//! The program: reads what is asked, does it, and says with its exit code how it went.

use std::process::ExitCode;

fn main() -> ExitCode {
    lamplighter::main()
}
