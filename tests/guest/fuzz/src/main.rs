//! A program of the guest's that makes random system calls, described by a grammar.
//!
//! `fuzz SEED SECONDS`: several processes of ordinary users race, some of them with threads. What they call is drawn from a table of
//! calls ([`grammar`]) whose arguments are kinds; kinds become values that make sense, lie at a border or are hostile ([`values`]); what
//! calls give goes into pools that later calls draw from ([`pools`]). A supervisor replaces who has ended, and demands of the kernel
//! that it survives, that who is killed ends, and that no call gives an error that Linux does not have. What each process does is
//! written down in memory that they share ([`record`]), and its seed makes it do the same again. It ends with `fuzz: ok`.
//!
//! It is for the project's guest: elsewhere it asks to be told that the machine may be lost.

#![allow(clippy::cast_sign_loss, reason = "numbers of calls and flags are what they are in 64 bits")]
#![cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "it calls Linux's interface only"))]

#[cfg(target_os = "linux")]
mod arena;
#[cfg(target_os = "linux")]
mod borders;
#[cfg(target_os = "linux")]
mod entry;
#[cfg(target_os = "linux")]
mod grammar;
#[cfg(target_os = "linux")]
mod meeting;
#[cfg(target_os = "linux")]
mod options;
#[cfg(target_os = "linux")]
mod pools;
#[cfg(target_os = "linux")]
mod record;
#[cfg(target_os = "linux")]
mod structures;
#[cfg(target_os = "linux")]
mod supervisor;
#[cfg(target_os = "linux")]
mod values;
#[cfg(target_os = "linux")]
mod worker;

use std::process::ExitCode;

/// The users that workers are.
#[cfg(target_os = "linux")]
const USERS: [u64; 2] = [10_001, 10_002];

/// Makes calls, and says how that went.
#[cfg(target_os = "linux")]
fn fuzz(options: options::Options, is_anywhere: bool) -> ExitCode {
    // SAFETY: a plain system call.
    let is_root = unsafe { libc::getuid() } == 0;
    if !is_root || !(is_anywhere || std::path::Path::new("/boot/options").exists()) {
        eprintln!("fuzz: it is for root in the project's guest; see `fuzz --help`");
        return ExitCode::from(2);
    }
    println!("fuzz: seed {}, {} seconds, {} workers", options.seed, options.time.as_secs(), options.workers);
    let Some(mut supervisor) = supervisor::Supervisor::new(options) else {
        println!("fuzz: no memory to begin with");
        return ExitCode::FAILURE;
    };
    match supervisor.run() {
        Ok(()) => {
            println!("fuzz: ok");
            ExitCode::SUCCESS
        }
        Err(supervisor::Wrong(what)) => {
            println!("fuzz: seed {}: {what}", options.seed);
            // Printing says nothing of a closed stream, which nobody but the kernel can have closed.
            // SAFETY: a plain system call.
            let is_open = unsafe { libc::fcntl(1, libc::F_GETFD) } >= 0;
            ExitCode::from(if is_open { 1 } else { 3 })
        }
    }
}

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    match options::parse(std::env::args().skip(1)) {
        Some(options::Order::Fuzz(options, is_anywhere)) => return fuzz(options, is_anywhere),
        Some(options::Order::Leaf(seed)) => worker::leaf(seed),
        Some(options::Order::List) => {
            for call in grammar::GROUPS.iter().flat_map(|group| group.iter()) {
                println!("{} ({}): {:?}", call.name, call.number, call.takes);
            }
        }
        Some(options::Order::Help) => print!("{}", options::HELP),
        None => {
            eprint!("{}", options::HELP);
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    ExitCode::FAILURE
}
