//! The host program; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    boot::command_line::main()
}
