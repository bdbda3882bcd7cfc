//! What the kernel owes to programs: one test a promise, named after it.
//!
//! `behaviour [--list] [NAME-PART...]` runs the tests whose name, or whose file's name, has one of the parts in it; all without any. It
//! runs on Linux as it does in the guest, which is how it is known that a promise is one of Linux's. Each test is a function that
//! panics where the promise is broken; [`running`] gives it a process, a folder and a deadline.
//!
//! | module | what |
//! |---|---|
//! | [`running`] | runs a test, and says what came of it |
//! | [`inet`] | sockets of the network, for tests of them |
//! | [`calls`] | system calls by number, and what tests ask for often |
//! | [`told`] | what handlers are told |
//! | [`sockets`] | sockets, as tests use them |
//! | [`again`] | this program as one that a test executes |
//! | the others | tests; a new file is a `mod` line and one in `GROUPS` |

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::borrow_as_ptr,
    clippy::ref_as_ptr,
    reason = "it speaks to the kernel in words, of which a call takes what it needs"
)]
#![cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "it asks Linux's interface only"))]

#[cfg(target_os = "linux")]
#[macro_use]
mod calls;
#[cfg(target_os = "linux")]
mod again;
#[cfg(target_os = "linux")]
mod clocks;
#[cfg(target_os = "linux")]
mod epoll;
#[cfg(target_os = "linux")]
mod epoll_others;
#[cfg(target_os = "linux")]
mod files_copying;
#[cfg(target_os = "linux")]
mod files_locks;
#[cfg(target_os = "linux")]
mod files_nameless;
#[cfg(target_os = "linux")]
mod files_names;
#[cfg(target_os = "linux")]
mod files_opening;
#[cfg(target_os = "linux")]
mod files_sparse;
#[cfg(target_os = "linux")]
mod files_watched;
#[cfg(target_os = "linux")]
mod hardships;
#[cfg(target_os = "linux")]
mod identity;
#[cfg(target_os = "linux")]
mod inet;
#[cfg(target_os = "linux")]
mod limits;
#[cfg(target_os = "linux")]
mod memory;
#[cfg(target_os = "linux")]
mod objects;
#[cfg(target_os = "linux")]
mod proc_process;
#[cfg(target_os = "linux")]
mod proc_system;
#[cfg(target_os = "linux")]
mod process_files;
#[cfg(target_os = "linux")]
mod processes;
#[cfg(target_os = "linux")]
mod queued;
#[cfg(target_os = "linux")]
mod running;
#[cfg(target_os = "linux")]
mod scheduling;
#[cfg(target_os = "linux")]
mod signal_files;
#[cfg(target_os = "linux")]
mod signals;
#[cfg(target_os = "linux")]
mod socket_options;
#[cfg(target_os = "linux")]
mod sockets;
#[cfg(target_os = "linux")]
mod tcp;
#[cfg(target_os = "linux")]
mod tcp_ends;
#[cfg(target_os = "linux")]
mod terminals;
#[cfg(target_os = "linux")]
mod timer_files;
#[cfg(target_os = "linux")]
mod timers;
#[cfg(target_os = "linux")]
mod told;
#[cfg(target_os = "linux")]
mod udp;
#[cfg(target_os = "linux")]
mod unix_datagram;
#[cfg(target_os = "linux")]
mod unix_names;
#[cfg(target_os = "linux")]
mod unix_races;
#[cfg(target_os = "linux")]
mod unix_rights;
#[cfg(target_os = "linux")]
mod unix_stream;
#[cfg(target_os = "linux")]
mod vdso;

use std::process::ExitCode;

/// Tests by the file that they are in.
#[cfg(target_os = "linux")]
const GROUPS: &[(&str, &[running::Test])] = &[
    ("processes", processes::TESTS),
    ("process_files", process_files::TESTS),
    ("signals", signals::TESTS),
    ("queued", queued::TESTS),
    ("timers", timers::TESTS),
    ("clocks", clocks::TESTS),
    ("timer_files", timer_files::TESTS),
    ("signal_files", signal_files::TESTS),
    ("epoll", epoll::TESTS),
    ("epoll_others", epoll_others::TESTS),
    ("identity", identity::TESTS),
    ("limits", limits::TESTS),
    ("memory", memory::TESTS),
    ("scheduling", scheduling::TESTS),
    ("hardships", hardships::TESTS),
    ("files_copying", files_copying::TESTS),
    ("files_locks", files_locks::TESTS),
    ("files_nameless", files_nameless::TESTS),
    ("files_names", files_names::TESTS),
    ("files_opening", files_opening::TESTS),
    ("files_sparse", files_sparse::TESTS),
    ("files_watched", files_watched::TESTS),
    ("objects", objects::TESTS),
    ("proc_process", proc_process::TESTS),
    ("proc_system", proc_system::TESTS),
    ("terminals", terminals::TESTS),
    ("tcp", tcp::TESTS),
    ("tcp_ends", tcp_ends::TESTS),
    ("udp", udp::TESTS),
    ("socket_options", socket_options::TESTS),
    ("unix_datagram", unix_datagram::TESTS),
    ("unix_names", unix_names::TESTS),
    ("unix_races", unix_races::TESTS),
    ("unix_rights", unix_rights::TESTS),
    ("unix_stream", unix_stream::TESTS),
    ("vdso", vdso::TESTS),
];

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some((again, rest)) = arguments.split_first()
        && again == "--again"
    {
        return again::run(rest);
    }
    let (options, parts): (Vec<String>, Vec<String>) =
        arguments.into_iter().partition(|argument| argument.starts_with('-'));
    if let Some(unknown) = options.iter().find(|option| *option != "--list") {
        eprintln!("behaviour: `{unknown}` is no option; try `behaviour [--list] [NAME-PART...]`");
        return ExitCode::from(2);
    }
    let wanted = |group: &str, name: &str| {
        parts.is_empty() || parts.iter().any(|part| name.contains(part) || group == part)
    };
    let tests: Vec<running::Test> = GROUPS
        .iter()
        .flat_map(|(group, tests)| tests.iter().filter(|(name, _)| wanted(group, name)))
        .copied()
        .collect();
    if !options.is_empty() {
        for (name, _) in tests {
            println!("{name}");
        }
        return ExitCode::SUCCESS;
    }
    if running::run_all(&tests) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    ExitCode::FAILURE
}
