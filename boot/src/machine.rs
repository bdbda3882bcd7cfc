//! One run of QEMU.
//!
//! The guest's console is QEMU's standard output, passed on as it comes. Records come over the second serial
//! port into a file: `@marker TEXT`, `@panic TEXT`, and last `@status N`. QEMU's own exit status says nothing.
//! Every run has a deadline, and QEMU never outlives this value.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::failure::Failure;
use crate::provision::{self, Need};
use crate::ramdisk::{self, Addition};

/// How often a running guest is looked at.
const POLL: Duration = Duration::from_millis(5);

/// What emulates the CPUs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Accelerator {
    /// Software: works everywhere.
    #[default]
    Tcg,
    /// The host's CPUs, where it has them to lend.
    Kvm,
}

/// How the machine is booted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Boot {
    /// QEMU loads the kernel itself.
    #[default]
    Pvh,
}

/// A machine to boot.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Number of CPUs.
    pub cpus: u8,
    /// Memory in MiB.
    pub memory: u32,
    /// How it is booted.
    pub boot: Boot,
    /// What emulates its CPUs.
    pub accelerator: Accelerator,
    /// What the guest runs.
    pub command: String,
    /// Files for the guest.
    pub additions: Vec<Addition>,
    /// How long it may take.
    pub deadline: Duration,
}

impl Default for Machine {
    fn default() -> Self {
        Self {
            cpus: 4,
            memory: 256,
            boot: Boot::default(),
            accelerator: Accelerator::default(),
            command: "demo".to_owned(),
            additions: Vec::new(),
            deadline: Duration::from_mins(2),
        }
    }
}

/// What a guest left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Its exit status.
    pub status: u8,
    /// Everything it printed.
    pub output: String,
    /// Its records, the status included.
    pub records: Vec<Record>,
}

/// One record of the guest's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// Something has happened that somebody waits for.
    Marker(String),
    /// The kernel gave up.
    Panic(String),
    /// The exit status.
    Status(u8),
}

impl Record {
    /// Reads one line; `None` for what is no record.
    fn parse(line: &str) -> Option<Self> {
        let (kind, rest) = line.trim_end().strip_prefix('@')?.split_once(' ')?;
        match kind {
            "marker" => Some(Self::Marker(rest.to_owned())),
            "panic" => Some(Self::Panic(rest.to_owned())),
            "status" => rest.parse().ok().map(Self::Status),
            _ => None,
        }
    }
}

/// QEMU, ended when this goes away.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already, which is what is wanted.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Collects a stream in a thread, passing it on to `sink` as it comes.
fn collect(
    mut stream: impl Read + Send + 'static,
    mut sink: Box<dyn Write + Send>,
) -> (Arc<Mutex<Vec<u8>>>, thread::JoinHandle<()>) {
    let collected = Arc::new(Mutex::new(Vec::new()));
    let shared = Arc::clone(&collected);
    let thread = thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = stream.read(&mut buffer) {
            shared.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&buffer[..count]);
            // When nobody reads any more, the guest still runs to its end.
            let _ = sink.write_all(&buffer[..count]).and_then(|()| sink.flush());
        }
    });
    (collected, thread)
}

/// What was collected so far.
fn text(collected: &Mutex<Vec<u8>>) -> String {
    String::from_utf8_lossy(&collected.lock().unwrap_or_else(PoisonError::into_inner)).replace('\r', "")
}

/// The last line that says something.
fn last_line(texts: &[&str]) -> String {
    texts
        .iter()
        .find_map(|text| text.lines().rev().find(|line| !line.trim().is_empty()))
        .map_or_else(|| "nothing".to_owned(), |line| format!("`{}`", line.trim()))
}

impl Machine {
    /// QEMU's command line.
    fn command(&self, qemu: &Path, kernel: &Path, ramdisk: &Path, records: &Path) -> Command {
        let mut command = Command::new(qemu);
        command.args([
            "-machine",
            "q35",
            "-cpu",
            "max",
            "-display",
            "none",
            "-monitor",
            "none",
            "-no-reboot",
        ]);
        command.args(match self.accelerator {
            Accelerator::Tcg => ["-accel", "tcg,thread=multi"],
            Accelerator::Kvm => ["-accel", "kvm"],
        });
        command.arg("-smp").arg(self.cpus.to_string());
        command.arg("-m").arg(format!("{}M", self.memory));
        command.args(["-serial", "stdio"]);
        command.arg("-serial").arg(format!("file:{}", records.display()));
        command.args(["-device", "isa-debug-exit,iobase=0xf4,iosize=0x04"]);
        match self.boot {
            Boot::Pvh => command.arg("-kernel").arg(kernel).arg("-initrd").arg(ramdisk),
        };
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Boots `kernel` and waits for its end; the guest's output goes to `sink` as it comes.
    ///
    /// # Errors
    ///
    /// [`Failure`]: no QEMU, a file that cannot be read, no end in time, an end without status.
    pub fn run(&self, kernel: &Path, sink: Box<dyn Write + Send>) -> Result<Outcome, Failure> {
        let qemu =
            provision::qemu().ok_or(Failure::Missing(Need::Qemu, "nothing can be booted without it"))?;
        let place = |error| Failure::File(std::env::temp_dir(), error);
        let directory = tempfile::Builder::new().prefix("lockorder-").tempdir().map_err(place)?;
        let records: PathBuf = directory.path().join("records");
        let archive = directory.path().join("ramdisk.tar");
        ramdisk::write(&archive, &[("cmd", &self.command)], &self.additions)?;

        let mut command = self.command(&qemu, kernel, &archive, &records);
        let child = command.spawn().map_err(|error| Failure::Program(qemu.clone(), error))?;
        let mut running = Running(child);
        let (Some(output), Some(errors)) = (running.0.stdout.take(), running.0.stderr.take()) else {
            unreachable!("both streams were asked for");
        };
        let (output, output_thread) = collect(output, sink);
        let (errors, errors_thread) = collect(errors, Box::new(std::io::sink()));

        let started = Instant::now();
        loop {
            if running.0.try_wait().map_err(|error| Failure::Program(qemu.clone(), error))?.is_some() {
                break;
            }
            if started.elapsed() >= self.deadline {
                drop(running);
                return Err(Failure::TimedOut(self.deadline, last_line(&[&text(&output)])));
            }
            thread::sleep(POLL);
        }
        // QEMU has ended, so both streams end; a thread that panicked has collected what it could.
        let _ = output_thread.join();
        let _ = errors_thread.join();
        let records: Vec<Record> =
            fs::read_to_string(&records).unwrap_or_default().lines().filter_map(Record::parse).collect();
        match records.last() {
            Some(&Record::Status(status)) => Ok(Outcome { status, output: text(&output), records }),
            _ => Err(Failure::NoStatus(last_line(&[&text(&errors), &text(&output)]))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Record, last_line};

    #[test]
    fn records_are_lines_of_a_known_kind() {
        assert_eq!(Record::parse("@status 7\r\n"), Some(Record::Status(7)));
        assert_eq!(Record::parse("@marker all is well"), Some(Record::Marker("all is well".into())));
        for line in ["@status 256", "@status", "status 0", "@colour blue", ""] {
            assert_eq!(Record::parse(line), None, "{line}");
        }
    }

    #[test]
    fn the_last_words_are_found() {
        assert_eq!(last_line(&["", "one\n two \n\n"]), "`two`");
        assert_eq!(last_line(&["\n"]), "nothing");
    }
}
