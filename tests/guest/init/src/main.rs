//! The guest's first program.
//!
//! It mounts what the kernel has, starts `/bin/sh` in a session of its own on the console, and collects every process that loses
//! its parent. `/boot/options` says what the shell does ([`options`]):
//!
//! - without `cmd` it is a login shell for whoever types, announced by `init: starting sh`. Once it has ended the machine is
//!   powered off by reboot(2).
//! - with `cmd` it runs that line. `init` ends with its status, and the kernel ends the machine with the status of `init`.
//!
//! `halt`, `poweroff` and `reboot` tell the first process by signals, as busybox's own `init` has it: it ends.
//!
//! The same program runs on Linux, where its test runs it.

#![cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only options can be read elsewhere"))]
#![forbid(unsafe_code)]

#[cfg(target_os = "linux")]
mod console;
#[cfg(target_os = "linux")]
mod mounts;
mod options;
#[cfg(target_os = "linux")]
mod shell;

use std::process::ExitCode;

/// Exit status of what cannot be begun.
const FAILED: u8 = 1;

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    use std::env;

    if env::args_os().nth(1).is_some_and(|argument| argument == shell::SESSION) {
        return shell::enter(env::args_os().skip(2));
    }
    if !rustix::process::getpid().is_init() {
        eprintln!(
            "init: only the kernel starts this program, as process 1; `exit` and `poweroff` end the machine"
        );
        return ExitCode::from(FAILED);
    }
    first_process()
}

/// What process 1 does.
#[cfg(target_os = "linux")]
fn first_process() -> ExitCode {
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    use rustix::system::{RebootCommand, reboot, sethostname};
    use signal_hook::consts::{SIGTERM, SIGUSR1, SIGUSR2};

    mounts::mount_all();
    console::open();
    let options = options::read();
    if let Some((rows, columns)) = options.size {
        console::set_size(rows, columns);
    }
    // Who asks for the name gets another one where this fails, and nobody does before there is a network.
    let name = std::fs::read_to_string("/etc/hostname").unwrap_or_default();
    let _ = sethostname(name.trim().as_bytes());
    for signal in [SIGUSR1, SIGUSR2, SIGTERM] {
        let at_once = Arc::new(AtomicBool::new(true));
        if let Err(error) = signal_hook::flag::register_conditional_shutdown(signal, 0, at_once) {
            eprintln!("init: signal {signal} will not end the machine: {error}");
        }
    }
    let status = match shell::run(&options) {
        Ok(status) => status,
        Err(error) => {
            eprintln!("init: {}: {error}", shell::SHELL);
            FAILED
        }
    };
    rustix::fs::sync();
    if options.command.is_none()
        && let Err(error) = reboot(RebootCommand::PowerOff)
    {
        eprintln!("init: cannot power off: {error}");
    }
    ExitCode::from(status)
}

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    eprintln!("init: this is a program for Linux");
    ExitCode::from(FAILED)
}
