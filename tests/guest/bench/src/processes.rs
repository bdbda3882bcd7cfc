//! Processes: forked, turned into programs, run by a shell.

use std::ffi::{CString, OsStr};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::system::{fork as start, wait};

/// The argument with which this program does nothing.
pub(crate) const NOTHING: &str = "--nothing";

/// Counts by builtins alone.
const LOOP: &str = "i=0; while [ $i -lt 500 ]; do i=$((i+1)); done";
/// Runs a program and a subshell, over and over.
const COMMANDS: &str = "for i in 1 2 3 4 5; do /bin/true; x=$(echo $i); done";

/// Children that end at once.
pub(crate) fn fork(count: u64) -> io::Result<Duration> {
    let began = Instant::now();
    for _ in 0..count {
        wait(start(|| 0)?)?;
    }
    Ok(began.elapsed())
}

/// Children that become this program, and end.
pub(crate) fn exec(count: u64) -> io::Result<Duration> {
    let this = std::env::current_exe().or_else(|_| {
        std::env::args_os().next().map(Into::into).ok_or_else(|| io::Error::other("a program without a name"))
    })?;
    let word = |word: &OsStr| CString::new(word.as_bytes()).map_err(io::Error::other);
    let (path, argument) = (word(this.as_os_str())?, word(OsStr::new(NOTHING))?);
    let arguments = [path.as_ptr(), argument.as_ptr(), std::ptr::null()];
    let environment = [std::ptr::null()];
    let began = Instant::now();
    for _ in 0..count {
        let child = start(|| {
            // SAFETY: both lists end with null, and their strings live as long as this function.
            unsafe { libc::execve(path.as_ptr(), arguments.as_ptr(), environment.as_ptr()) };
            127
        })?;
        wait(child)?;
    }
    Ok(began.elapsed())
}

/// A shell that runs `script`, over and over.
fn shell(script: &str, count: u64) -> io::Result<Duration> {
    let began = Instant::now();
    for _ in 0..count {
        let status = Command::new("/bin/sh").args(["-c", script]).stdin(Stdio::null()).status()?;
        if !status.success() {
            return Err(io::Error::other(format!("sh: {status}")));
        }
    }
    Ok(began.elapsed())
}

/// Shells that count.
pub(crate) fn shell_loop(count: u64) -> io::Result<Duration> {
    shell(LOOP, count)
}

/// Shells that run commands.
pub(crate) fn shell_commands(count: u64) -> io::Result<Duration> {
    shell(COMMANDS, count)
}
