//! `learn` and `lab`: exercises and the laboratory of deadlocks.
//!
//! Both are the package `lessons`, which has the exercises, the scenarios and what compiles them. This program is built without
//! that, hands the words on as they were typed, and has the package on the terminal for as long as it likes.

use std::env;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use crate::failure::{Failure, INTERRUPTED};
use crate::interrupt;
use crate::process::{Supervised, Waited};
use crate::workspace;

/// How long somebody may learn.
const LEARNING: Duration = Duration::from_hours(24 * 365);

/// Words for the package.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Words {
    /// What to do; without a word the list, or the next exercise
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "WORDS")]
    words: Vec<String>,
}

/// Has it done, and gives the status.
pub(crate) fn run(command: &str, options: &Words) -> Result<u8, Failure> {
    let cargo = PathBuf::from(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let mut process = Command::new(&cargo);
    // Files are named from where the words are typed, so the current folder stays.
    process.args(["run", "--quiet", "--package", "lessons", "--manifest-path"]);
    process.arg(workspace::root()?.join("Cargo.toml")).args(["--", command]).args(&options.words);
    let failed = |error| Failure::Program(cargo.clone(), error);
    match Supervised::start(&mut process)?.wait(LEARNING).map_err(failed)? {
        // The usual way to end it.
        _ if interrupt::requested() => Ok(INTERRUPTED),
        Waited::Ended(status) => Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)),
        Waited::TimeUp | Waited::Interrupted => Err(Failure::TooLong("learning", LEARNING)),
    }
}
