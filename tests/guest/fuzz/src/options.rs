//! What the command line asks for.

use std::time::Duration;

use crate::record::WORKERS;

/// What `--help` prints.
pub(crate) const HELP: &str = "\
Makes random system calls, drawn from a grammar, until the time is up.

usage: fuzz [SEED [SECONDS]] [OPTION...]

  SEED           what everything is drawn by; 1 without it. It is printed first.
  SECONDS        for how long; 30 without it.
  --workers N    how many processes make calls at once, 1 to 32; without it two for each CPU, and one more
  --one-process  one worker at a time, without threads, that draws by SEED itself: with the seed that a report
                 names for a worker, that worker again, as far as it did not depend on the others
  --trace        each call is printed before it is made: the last line is the call that the kernel did not survive
  --work FOLDER  workers' files lie in FOLDER/work, which may be on another filesystem; a folder with root's rights
  --outcomes     prints at the end how often each call ended with which errno: what the grammar reaches
  --list         prints the described calls, and ends
  --anywhere     runs outside of the project's guest too: for a machine that is there to be lost

It must be started as root. Workers are ordinary users, 10001 and 10002, with limits for memory, files and
processes; whatever ends one of them is no failure: another one takes its place. What this program asks of the
kernel is that it survives, that who is killed ends, and that a call gives no error that Linux does not have.
It ends with `fuzz: ok` and status 0, or with what is wrong, what each worker did last, and status 1.
";

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    /// What everything is drawn by.
    pub seed: u64,
    /// For how long.
    pub time: Duration,
    /// How many workers at once.
    pub workers: usize,
    /// Whether there is one worker that draws by the seed itself.
    pub is_alone: bool,
    /// Whether calls are printed before they are made.
    pub is_traced: bool,
    /// Whether the outcomes of each call are printed.
    pub has_outcomes: bool,
    /// Where workers' files lie, if it is not where everything of this program's is.
    pub work: Option<&'static str>,
}

/// What the program is to do.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Order {
    /// Make calls; outside of the project's guest too, where that is said.
    Fuzz(Options, bool),
    /// Make a few calls as what a worker has executed.
    Leaf(u64),
    /// Print the calls.
    List,
    /// Print the help.
    Help,
}

/// What the arguments ask for; none where they say nothing that this program knows.
pub(crate) fn parse(arguments: impl Iterator<Item = String>) -> Option<Order> {
    let cpus = std::thread::available_parallelism().map_or(1, usize::from);
    let mut options = Options {
        seed: 1,
        time: Duration::from_secs(30),
        workers: (2 * cpus + 1).min(WORKERS - 1),
        is_alone: false,
        is_traced: false,
        has_outcomes: false,
        work: None,
    };
    let mut arguments = arguments;
    let (mut numbers, mut is_anywhere) = (0, false);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--leaf" => return Some(Order::Leaf(arguments.next()?.parse().ok()?)),
            "--help" | "-h" => return Some(Order::Help),
            "--list" => return Some(Order::List),
            "--one-process" => (options.is_alone, options.workers) = (true, 1),
            "--trace" => options.is_traced = true,
            "--anywhere" => is_anywhere = true,
            "--outcomes" => options.has_outcomes = true,
            "--work" => options.work = Some(arguments.next()?.leak()),
            "--workers" => {
                options.workers =
                    arguments.next()?.parse().ok().filter(|count| (1..WORKERS).contains(count))?;
            }
            number => {
                let number = number.parse().ok()?;
                match numbers {
                    0 => options.seed = number,
                    1 => options.time = Duration::from_secs(number),
                    _ => return None,
                }
                numbers += 1;
            }
        }
    }
    Some(Order::Fuzz(options, is_anywhere))
}
