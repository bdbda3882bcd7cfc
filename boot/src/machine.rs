//! One run of QEMU.
//!
//! The guest's console is QEMU's standard output, passed on as it comes. Records come over the second serial
//! port into a file: `@marker TEXT`, `@panic TEXT`, and last `@status N`. QEMU's own exit status says nothing.
//! Every run has a deadline, and QEMU does not outlive it, nor this program, however that ends.

mod attempt;
mod disturbance;
mod record;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use attempt::Console;
pub use attempt::Observer;
pub use disturbance::Disturbance;
use disturbance::Disturber;
pub use record::Record;

use crate::disk_image;
use crate::failure::Failure;
use crate::private_tools;
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
    /// UEFI firmware loads it from a disk image, as on a real machine.
    Uefi,
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

/// Where QEMU has the kernel from.
enum Source {
    /// Files that it loads itself.
    Files { kernel: PathBuf, ramdisk: PathBuf },
    /// A disk that firmware boots from.
    Disk { firmware: PathBuf, image: PathBuf },
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
    /// What is done to it while it runs.
    pub disturbance: Disturbance,
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
            disturbance: Disturbance::default(),
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
    fn command(&self, qemu: &Path, source: &Source, records: &Path, monitor: &Path) -> Command {
        let mut command = private_tools::command(qemu);
        if let Some(prefix) = private_tools::prefix_of(qemu) {
            for data in ["usr/share/qemu", "usr/share/seabios"] {
                command.arg("-L").arg(prefix.join(data));
            }
        }
        command.args(["-machine", "q35", "-cpu", "max", "-display", "none", "-no-reboot"]);
        command.arg("-monitor").arg(match self.disturbance {
            Disturbance::NonMaskable { .. } => format!("unix:{},server=on,wait=off", monitor.display()),
            Disturbance::None | Disturbance::Stop { .. } => "none".to_owned(),
        });
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
        match source {
            Source::Files { kernel, ramdisk } => {
                command.arg("-kernel").arg(kernel).arg("-initrd").arg(ramdisk);
            }
            Source::Disk { firmware, image } => {
                command.arg("-bios").arg(firmware);
                command.arg("-drive").arg(format!("file={},format=raw,if=ide", image.display()));
            }
        }
        command.stdin(if self.input == Input::Nothing { Stdio::null() } else { Stdio::piped() });
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Writes what the guest gets to `path`: its options, and its files.
    fn write_ramdisk(&self, path: &Path) -> Result<(), Failure> {
        let mut options = vec![("cmd", self.command.clone())];
        options.extend(self.patience.map(|seconds| ("patience", seconds.to_string())));
        ramdisk::write(path, &options, &self.additions)
    }

    /// Writes a UEFI disk image with `kernel` and what this machine is to run to `out`.
    ///
    /// # Errors
    ///
    /// [`Failure`]: something is missing, or a file cannot be written.
    pub fn write_image(&self, kernel: &Path, out: &Path) -> Result<(), Failure> {
        let place = |error| Failure::File(std::env::temp_dir(), error);
        let directory = tempfile::Builder::new().prefix("lockorder-").tempdir().map_err(place)?;
        let archive = directory.path().join("ramdisk.tar");
        self.write_ramdisk(&archive)?;
        disk_image::write(kernel, &archive, out)
    }

    /// Boots `kernel` and waits for its end; `observer` is told what the guest does, as it does it. To pass
    /// only its output on, give anything that can be written to.
    ///
    /// # Errors
    ///
    /// [`Failure`]: no QEMU, a file that cannot be read, no end in time, an end without status.
    pub fn run(&self, kernel: &Path, observer: Box<dyn Observer>) -> Result<Outcome, Failure> {
        let qemu = provision::qemu().ok_or_else(|| Need::Qemu.missing("nothing can be booted without it"))?;
        let place = |error| Failure::File(std::env::temp_dir(), error);
        let directory = tempfile::Builder::new().prefix("lockorder-").tempdir().map_err(place)?;
        let records = directory.path().join("records");
        let archive = directory.path().join("ramdisk.tar");
        let monitor = directory.path().join("monitor");
        self.write_ramdisk(&archive)?;
        let source = match self.boot {
            Boot::Pvh => Source::Files { kernel: kernel.to_path_buf(), ramdisk: archive },
            Boot::Uefi => {
                provision::provide_for_uefi()?;
                let firmware = provision::firmware()
                    .ok_or_else(|| Need::Firmware.missing("it was there a moment ago"))?;
                let image = directory.path().join("disk.img");
                disk_image::write(kernel, &archive, &image)?;
                Source::Disk { firmware, image }
            }
        };
        let command = self.command(&qemu, &source, &records, &monitor);
        let console = if self.boot == Boot::Uefi { Console::AfterFirmware } else { Console::Guest };
        let disturber = Disturber::new(self.disturbance.clone(), monitor);
        attempt::run(command, &records, self.deadline, &self.input, disturber, console, observer)
    }
}
