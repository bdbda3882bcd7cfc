//! `swap`: every nested acquisition of the kernel broken in turn.
//!
//! The work is done by the package `swap`, which reads source; this program is built without what that needs, and hands the
//! options on.

use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::failure::Failure;
use crate::interrupt;
use crate::process::{Supervised, Waited};
use crate::workspace;

/// What to break.
#[derive(Clone, Debug, Default, PartialEq, Eq, clap::Args)]
pub struct Options {
    /// List what would be broken, and break nothing
    #[arg(long)]
    pub list: bool,
    /// Break only so many, spread over the kernel
    #[arg(long, value_name = "COUNT")]
    pub count: Option<usize>,
    /// Which of them: another number gives others
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    pub rotate: usize,
    /// Break only those with this in their line of `--list`
    #[arg(long, value_name = "PART")]
    pub only: Option<String>,
    /// Print a line for each
    #[arg(long)]
    pub every: bool,
    /// Only print; leave docs/swap.md as it is
    #[arg(long)]
    pub print: bool,
}

/// How long it may take: minutes, and more where the compiler is built for first.
const LIMIT: Duration = Duration::from_hours(2);

impl Options {
    /// As they are typed.
    fn arguments(&self) -> Vec<String> {
        let Self { list, count, rotate, only, every, print } = self;
        let mut arguments = vec!["--rotate".to_owned(), rotate.to_string()];
        for (name, given) in [("--list", list), ("--every", every), ("--print", print)] {
            arguments.extend(given.then(|| name.to_owned()));
        }
        arguments.extend(count.map(|count| format!("--count={count}")));
        arguments.extend(only.as_ref().map(|part| format!("--only={part}")));
        arguments
    }
}

/// Has it done, and gives the status.
pub(crate) fn run(options: &Options) -> Result<u8, Failure> {
    let cargo = PathBuf::from(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let mut command = Command::new(&cargo);
    command
        .args(["run", "--quiet", "--package", "swap", "--"])
        .args(options.arguments())
        .current_dir(workspace::root()?)
        .stdin(Stdio::null());
    let failed = |error| Failure::Program(cargo.clone(), error);
    match Supervised::start(&mut command)?.wait(LIMIT).map_err(failed)? {
        _ if interrupt::requested() => Err(Failure::Interrupted),
        Waited::Ended(status) => Ok(u8::from(!status.success())),
        Waited::TimeUp | Waited::Interrupted => Err(Failure::TooLong("breaking the kernel", LIMIT)),
    }
}

#[cfg(test)]
mod tests {
    use super::Options;

    #[test]
    fn options_are_handed_on_as_they_were_typed() {
        #[derive(clap::Parser)]
        struct Typed {
            #[command(flatten)]
            options: Options,
        }
        let only = Some("demo.rs:66 fork".to_owned());
        let all = Options { list: true, count: Some(3), rotate: 7, only, every: true, print: true };
        for options in [all, Options::default()] {
            let arguments = ["swap".to_owned()].into_iter().chain(options.arguments());
            assert_eq!(<Typed as clap::Parser>::parse_from(arguments).options, options);
        }
    }
}
