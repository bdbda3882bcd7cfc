//! The program behind `cargo run -- learn` and `cargo run -- lab`.

#![forbid(unsafe_code)]

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Exercises and a laboratory for locks.
#[derive(Debug, Parser)]
#[command(name = "lessons", bin_name = "cargo run --")]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show the next exercise, and watch its file
    Learn(lessons::learn::Learn),
    /// Have a program freeze, see why, and see the compiler refuse it
    Lab(lessons::lab::Lab),
}

fn main() -> ExitCode {
    let result = match CommandLine::parse().command {
        Command::Learn(options) => lessons::learn::run(options),
        Command::Lab(options) => lessons::lab::run(&options),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("lessons: error: {}", why.trim_end());
            ExitCode::FAILURE
        }
    }
}
