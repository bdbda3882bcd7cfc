//! A benchmark of what a kernel does for programs: the same file runs on our kernel, on Linux under the same emulator, and on
//! this machine.
//!
//! Each measurement finds for itself how many operations take long enough, repeats them in rounds, and prints one line
//! `name value unit`: the median, in nanoseconds for one operation. The name is printed first, so that a measurement
//! that does not end has said which one it is. The last line, `total`, is what all of it took by the clock of the kernel:
//! whoever watches from outside can compare.

#![cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "it measures Linux's interface only"))]

#[cfg(target_os = "linux")]
mod calls;
#[cfg(target_os = "linux")]
mod files;
mod measure;
#[cfg(target_os = "linux")]
mod memory;
#[cfg(target_os = "linux")]
mod options;
#[cfg(target_os = "linux")]
mod pipes;
#[cfg(target_os = "linux")]
mod processes;
#[cfg(target_os = "linux")]
mod system;
#[cfg(target_os = "linux")]
mod threads;

use std::process::ExitCode;

/// Performs a number of operations and says how long they took; what it takes to begin and to end is not in it.
type Batch = fn(u64) -> std::io::Result<std::time::Duration>;

/// The measurements, in the order in which they run: what, how, and what one operation is.
#[cfg(target_os = "linux")]
const MEASUREMENTS: [(&str, Batch, &str); 14] = [
    ("null-call", calls::null, "getppid"),
    ("yield", calls::yields, "sched_yield, with nobody else ready"),
    ("signal", calls::signal, "a signal sent to oneself, its handler and the return from it"),
    (
        "page-fault",
        memory::faults,
        "the first write to a page of anonymous memory, mapping and unmapping shared by 256",
    ),
    ("mmap-munmap", memory::mappings, "16 pages of anonymous memory mapped and unmapped, not touched"),
    ("file-life", files::life, "a file created, 4 KiB written and read back, closed and unlinked, in /tmp"),
    ("pipe-ping-pong", pipes::ping_pong, "one byte to another process and one back, by two pipes"),
    ("futex-hand-over", threads::hand_over, "a thread wakes another one and waits for it, by a futex"),
    (
        "switch-64-threads",
        threads::ring,
        "64 threads in a ring, each waking the next and waiting, by futexes",
    ),
    ("thread-life", threads::life, "a thread started and joined"),
    ("fork-wait", processes::fork, "a process forked, ended and waited for"),
    ("fork-exec-wait", processes::exec, "the same, which becomes this program in between"),
    ("shell-loop", processes::shell_loop, "sh counts to 500"),
    ("shell-commands", processes::shell_commands, "sh runs /bin/true and $(echo) five times"),
];

/// Runs what the options name.
#[cfg(target_os = "linux")]
fn run(options: &options::Options) -> std::io::Result<()> {
    use std::io::{Write, stdout};

    let began = std::time::Instant::now();
    for (name, batch, _) in MEASUREMENTS {
        if !options.names.is_empty() && !options.names.iter().any(|wanted| wanted == name) {
            continue;
        }
        print!("{name} ");
        stdout().flush()?;
        match measure::measure(options.time, options.rounds, batch) {
            Ok(nanoseconds) => println!("{nanoseconds:.1} ns"),
            Err(error) => {
                println!("failed");
                return Err(std::io::Error::new(error.kind(), format!("{name}: {error}")));
            }
        }
    }
    println!("total {} ns", began.elapsed().as_nanos());
    Ok(())
}

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    if std::env::args_os().nth(1).is_some_and(|argument| argument == processes::NOTHING) {
        return ExitCode::SUCCESS;
    }
    let names = MEASUREMENTS.map(|(name, ..)| name);
    match options::parse(std::env::args().skip(1), &names) {
        Ok(options::Asked::Help) => {
            println!("{}", options::HELP);
            for (name, _, operation) in MEASUREMENTS {
                println!("  {name:<20}{operation}");
            }
            ExitCode::SUCCESS
        }
        Ok(options::Asked::Run(options)) => match run(&options) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("bench: {error}");
                ExitCode::FAILURE
            }
        },
        Err(why) => {
            eprintln!("bench: {why}; see --help");
            ExitCode::from(2)
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    eprintln!("bench: this is a program for Linux");
    ExitCode::FAILURE
}
