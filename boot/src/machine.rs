//! One run of QEMU.
//!
//! The guest's console is QEMU's standard output, passed on as it comes. Records come over the second serial
//! port into a file: `@marker TEXT`, `@panic TEXT`, and last `@status N`. QEMU's own exit status says nothing.
//! Every run has a deadline, and QEMU does not outlive it, nor this program, however that ends.

mod attempt;
mod record;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

pub use attempt::Observer;
pub use record::Record;

use crate::failure::Failure;
use crate::provision::{self, Need};
use crate::ramdisk::{self, Addition};

/// What emulates the CPUs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Accelerator {
    /// Software: works everywhere.
    #[default]
    Tcg,
    /// Software, one CPU after the other, and a clock that counts instructions: slow, and the same every time.
    Counted,
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

/// What is typed on the guest's console.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Input {
    /// Nothing.
    #[default]
    Nothing,
    /// What comes on this program's standard input.
    Standard,
    /// These bytes, once this marker has come.
    After(String, Vec<u8>),
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
    /// How many seconds a CPU may take no tick and a thread may wait; none for the kernel's own limit.
    pub patience: Option<u64>,
    /// Files for the guest.
    pub additions: Vec<Addition>,
    /// What is typed on its console.
    pub input: Input,
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
            patience: None,
            additions: Vec::new(),
            input: Input::default(),
            deadline: Duration::from_mins(2),
        }
    }
}

/// What a guest left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Its exit status.
    pub status: u8,
    /// Everything it printed, or the end of it where that is more than 16 MiB.
    pub output: String,
    /// Its records, the status included.
    pub records: Vec<Record>,
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
            Accelerator::Tcg => &["-accel", "tcg,thread=multi"][..],
            // One nanosecond for each instruction, and no waiting for the clock on the wall.
            Accelerator::Counted => &["-accel", "tcg,thread=single", "-icount", "shift=0,sleep=off"],
            Accelerator::Kvm => &["-accel", "kvm"],
        });
        command.arg("-smp").arg(self.cpus.to_string());
        command.arg("-m").arg(format!("{}M", self.memory));
        command.args(["-serial", "stdio"]);
        command.arg("-serial").arg(format!("file:{}", records.display()));
        command.args(["-device", "isa-debug-exit,iobase=0xf4,iosize=0x04"]);
        match self.boot {
            Boot::Pvh => command.arg("-kernel").arg(kernel).arg("-initrd").arg(ramdisk),
        };
        command.stdin(if self.input == Input::Nothing { Stdio::null() } else { Stdio::piped() });
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Boots `kernel` and waits for its end; `observer` is told what the guest does, as it does it. To pass
    /// only its output on, give anything that can be written to.
    ///
    /// # Errors
    ///
    /// [`Failure`]: no QEMU, a file that cannot be read, no end in time, an end without status.
    pub fn run(&self, kernel: &Path, observer: Box<dyn Observer>) -> Result<Outcome, Failure> {
        let qemu =
            provision::qemu().ok_or(Failure::Missing(Need::Qemu, "nothing can be booted without it"))?;
        let place = |error| Failure::File(std::env::temp_dir(), error);
        let directory = tempfile::Builder::new().prefix("lockorder-").tempdir().map_err(place)?;
        let records = directory.path().join("records");
        let archive = directory.path().join("ramdisk.tar");
        let mut options = vec![("cmd", self.command.clone())];
        options.extend(self.patience.map(|seconds| ("patience", seconds.to_string())));
        ramdisk::write(&archive, &options, &self.additions)?;
        let command = self.command(&qemu, kernel, &archive, &records);
        attempt::run(command, &records, self.deadline, &self.input, observer)
    }
}
