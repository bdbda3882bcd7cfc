//! Child processes that end when they should.
//!
//! A [`Supervised`] child is killed when it is dropped, so no way out of a function leaves one behind, and the
//! kernel of Linux kills it when this process dies without dropping anything. Every wait has a deadline, and
//! ends early when this program is interrupted.

use std::io::Seek;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use std::{io, thread};

use crate::failure::Failure;
use crate::interrupt;

/// How often a wait looks.
pub(crate) const POLL: Duration = Duration::from_millis(10);

/// Time for a program that only tells something about itself.
const INQUIRY: Duration = Duration::from_secs(20);

/// A child that does not outlive its handle.
#[derive(Debug)]
pub(crate) struct Supervised {
    child: Child,
}

impl Supervised {
    /// Starts `command`. On Linux the child is tied to the calling *thread*, which must see it end.
    pub(crate) fn start(command: &mut Command) -> Result<Self, Failure> {
        die_with_parent(command);
        let child = command.spawn().map_err(|error| Failure::Program(command.get_program().into(), error))?;
        Ok(Self { child })
    }

    /// The child itself, for its pipes.
    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }

    /// Waits for its end, for `limit` at most, or until this program is interrupted.
    pub(crate) fn wait(&mut self, limit: Duration) -> io::Result<Waited> {
        let deadline = Instant::now() + limit;
        loop {
            if let Some(status) = self.ended()? {
                return Ok(Waited::Ended(status));
            }
            if interrupt::requested() {
                return Ok(Waited::Interrupted);
            }
            if Instant::now() >= deadline {
                return Ok(Waited::TimeUp);
            }
            thread::sleep(POLL);
        }
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        // Both fail only where it has ended and been waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waited {
    /// The child ended.
    Ended(ExitStatus),
    /// The deadline came first.
    TimeUp,
    /// This program was told to stop.
    Interrupted,
}

/// What a program that is asked something about itself prints; `None` where it fails or does not end.
///
/// For answers that fit into a pipe.
pub(crate) fn inquire(command: &mut Command) -> Option<String> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut process = Supervised::start(command).ok()?;
    match process.wait(INQUIRY) {
        Ok(Waited::Ended(status)) if status.success() => {
            let output = process.child().stdout.take()?;
            io::read_to_string(output).ok()
        }
        _ => None,
    }
}

/// What a program that has ended printed, on standard output and standard error.
#[derive(Debug)]
pub(crate) enum Said {
    /// It succeeded.
    Well(String),
    /// It failed.
    Ill(String),
}

/// Runs a program for `limit` at most and gives what it printed, however much; calls `meanwhile` about every second.
pub(crate) fn run_and_read(
    what: &'static str,
    command: &mut Command,
    limit: Duration,
    mut meanwhile: impl FnMut(),
) -> Result<Said, Failure> {
    let failed = |error| Failure::Program(what.into(), error);
    // A file and not a pipe: nobody reads while it runs.
    let mut said = tempfile::tempfile().map_err(failed)?;
    command.stdin(Stdio::null());
    command.stdout(said.try_clone().map_err(failed)?).stderr(said.try_clone().map_err(failed)?);
    let mut child = Supervised::start(command)?;
    let began = Instant::now();
    let status = loop {
        match child.wait(Duration::from_secs(1)).map_err(failed)? {
            Waited::Ended(status) => break status,
            Waited::Interrupted => return Err(Failure::Interrupted),
            Waited::TimeUp if began.elapsed() < limit => meanwhile(),
            Waited::TimeUp => return Err(Failure::TooLong(what, limit)),
        }
    };
    // A program on the terminal hears of an interrupt too, and may be the first to end.
    if interrupt::requested() {
        return Err(Failure::Interrupted);
    }
    said.rewind().map_err(failed)?;
    let said = io::read_to_string(said).map_err(failed)?;
    Ok(if status.success() { Said::Well(said) } else { Said::Ill(said) })
}

/// Asks Linux to kill the child when the thread that started it ends, however it ends.
#[cfg(target_os = "linux")]
fn die_with_parent(command: &mut Command) {
    use std::os::unix::process::CommandExt;

    use rustix::process::{Signal, getpid, getppid, set_parent_process_death_signal};

    let parent = getpid();
    let tie = move || {
        set_parent_process_death_signal(Some(Signal::KILL))?;
        // The parent may have died before the request: then nobody would ever kill this process.
        if getppid() == Some(parent) { Ok(()) } else { Err(io::Error::from(io::ErrorKind::BrokenPipe)) }
    };
    // SAFETY: `tie` runs between fork and exec, where only async-signal-safe functions may be called: it makes two
    // system calls and allocates nothing (an error of a kind has no allocation).
    unsafe {
        command.pre_exec(tie);
    }
}

/// Other systems have no such request; there the handle alone must do.
#[cfg(not(target_os = "linux"))]
fn die_with_parent(_command: &mut Command) {}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::time::Duration;

    use super::{Said, Supervised, Waited, inquire, run_and_read};

    #[test]
    fn a_wait_ends_at_its_deadline_and_the_child_with_its_handle() {
        let mut process = Supervised::start(Command::new("sleep").arg("600")).unwrap();
        assert_eq!(process.wait(Duration::from_millis(30)).unwrap(), Waited::TimeUp);
        let id = process.child().id();
        drop(process);
        assert!(!std::path::Path::new(&format!("/proc/{id}")).exists());
    }

    #[test]
    fn answers_come_from_programs_that_succeed() {
        assert_eq!(inquire(Command::new("echo").arg("hello")).as_deref(), Some("hello\n"));
        assert_eq!(inquire(&mut Command::new("false")), None);
        assert_eq!(inquire(&mut Command::new("/no/such/program")), None);
    }
    #[test]
    fn what_a_program_says_is_read_however_much() {
        let limit = Duration::from_secs(20);
        let mut command = Command::new("sh");
        command.args(["-c", "i=0; while [ $i -lt 9000 ]; do echo 0123456789; i=$((i+1)); done; exit 3"]);
        let Said::Ill(said) = run_and_read("sh", &mut command, limit, || ()).unwrap() else {
            panic!("status 3")
        };
        assert_eq!(said.len(), 99_000);
        let mut calls = 0;
        let limit = Duration::from_millis(1500);
        run_and_read("sleep", Command::new("sleep").arg("600"), limit, || calls += 1).unwrap_err();
        assert_eq!(calls, 1);
    }
}
