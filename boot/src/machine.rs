//! One run of QEMU.
//!
//! The guest's console is QEMU's standard output, passed on as it comes. Records come over the second serial
//! port into a file: `@marker TEXT`, `@panic TEXT`, and last `@status N`. QEMU's own exit status says nothing.
//! Every run has a deadline, and QEMU does not outlive it, nor this program, however that ends.

mod attempt;
mod disturbance;
mod keyboard;
mod record;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use attempt::Console;
pub use attempt::Observer;
pub use disturbance::Disturbance;
use disturbance::Disturber;
pub use keyboard::Input;
pub use record::Record;

use crate::busybox;
use crate::disk_image;
use crate::failure::Failure;
use crate::guest;
use crate::initramfs::{self, Addition, Base, DebianRoot, Programs};
use crate::private_tools;
use crate::provision::{self, Need};

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

/// What kernel it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum System {
    /// Ours, which has its options from a file.
    #[default]
    Ours,
    /// Linux, which has them from its command line: where its console is and its first program, that it is quiet, takes no
    /// measures against faults of CPUs that are not emulated, and does not wait once it has given up.
    Linux,
}

/// The command line of Linux.
const LINUX: &str = "console=ttyS0 quiet mitigations=off panic=-1 rdinit=";

/// What a guest does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Work {
    /// A shell on its console.
    #[default]
    Shell,
    /// This, by its shell; it ends with its status.
    Command(String),
    /// A workload of the kernel's own, by its name. Such a guest has no programs.
    Selftest(String),
}

/// What gives a guest its shell and commands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Userland {
    /// The busybox that is found on this machine, or fetched.
    #[default]
    FoundBusybox,
    /// This busybox.
    Busybox(PathBuf),
    /// A root of Debian's packages.
    Debian(DebianRoot),
}

/// The terminal that a guest's console is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terminal {
    /// What `TERM` says of it.
    pub kind: String,
    /// How many rows and columns it has, where that is known.
    pub size: Option<(u16, u16)>,
}

/// Where QEMU has the kernel from.
enum Source {
    /// Files that it loads itself.
    Files { kernel: PathBuf, initramfs: PathBuf },
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
    /// What kernel it is given.
    pub system: System,
    /// What the guest does.
    pub work: Work,
    /// Its first program, by its path there.
    pub init: String,
    /// What gives it a shell and commands.
    pub userland: Userland,
    /// The terminal that its console is, where there is one.
    pub terminal: Option<Terminal>,
    /// How many seconds a CPU may take no tick and a thread may wait; none for the kernel's own limit.
    pub patience: Option<u64>,
    /// Files for the guest.
    pub additions: Vec<Addition>,
    /// The image of its disk, which it reads and writes; none for a machine without.
    pub disk: Option<PathBuf>,
    /// What is typed on its console.
    pub input: Input,
    /// What is done to it while it runs.
    pub disturbance: Disturbance,
    /// How long it may take; none for as long as it likes.
    pub deadline: Option<Duration>,
}

impl Default for Machine {
    fn default() -> Self {
        Self {
            cpus: 4,
            memory: 256,
            boot: Boot::default(),
            accelerator: Accelerator::default(),
            system: System::default(),
            work: Work::default(),
            init: guest::INIT.to_owned(),
            userland: Userland::default(),
            terminal: None,
            patience: None,
            additions: Vec::new(),
            disk: None,
            input: Input::default(),
            disturbance: Disturbance::default(),
            deadline: Some(Duration::from_mins(2)),
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
            Source::Files { kernel, initramfs } => {
                command.arg("-kernel").arg(kernel).arg("-initrd").arg(initramfs);
                if self.system == System::Linux {
                    command.arg("-append").arg(format!("{LINUX}{}", self.init));
                }
            }
            Source::Disk { firmware, image } => {
                command.arg("-bios").arg(firmware);
                command.arg("-drive").arg(format!("file={},format=raw,if=ide", image.display()));
            }
        }
        if let Some(disk) = &self.disk {
            // A comma ends a name in an option, and two are one.
            let file = disk.display().to_string().replace(',', ",,");
            command.arg("-drive").arg(format!("file={file},format=raw,if=none,id=disk"));
            command.args(["-device", "virtio-blk-pci,drive=disk,disable-legacy=on"]);
        }
        command.stdin(if self.input == Input::Nothing { Stdio::null() } else { Stdio::piped() });
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// The options that the guest is given.
    fn options(&self) -> Vec<(&'static str, String)> {
        let mut options = match &self.work {
            Work::Selftest(name) => vec![("selftest", name.clone())],
            Work::Command(line) => vec![("init", self.init.clone()), ("cmd", line.clone())],
            Work::Shell => vec![("init", self.init.clone())],
        };
        options.extend(self.patience.map(|seconds| ("patience", seconds.to_string())));
        if let Some(Terminal { kind, size }) = &self.terminal {
            options.push(("term", kind.clone()));
            if let Some((rows, columns)) = size {
                options.extend([("rows", rows.to_string()), ("columns", columns.to_string())]);
            }
        }
        options
    }

    /// What [`run`](Self::run) and [`write_image`](Self::write_image) need of this machine besides the kernel.
    #[must_use]
    pub fn needs(&self) -> Vec<Need> {
        let mut needs = Vec::new();
        if !matches!(self.work, Work::Selftest(_)) {
            needs.extend((self.userland == Userland::FoundBusybox).then_some(Need::Busybox));
            needs.extend(self.has_our_init().then_some(Need::StaticLibrary));
        }
        needs
    }

    /// Whether the first program is ours: where another one is named or put in its place, ours need not be built.
    fn has_our_init(&self) -> bool {
        let path = guest::INIT.trim_start_matches('/');
        self.init == guest::INIT && self.additions.iter().all(|addition| addition.guest != path)
    }

    /// The programs that the guest gets, fetched and built where they are missing; none for the kernel's own workloads.
    fn programs(&self) -> Result<Option<Programs>, Failure> {
        if matches!(self.work, Work::Selftest(_)) {
            return Ok(None);
        }
        provision::provide_all(&self.needs())?;
        let missing = || Need::Busybox.missing("it was there a moment ago");
        let base = match &self.userland {
            Userland::FoundBusybox => Base::Busybox(busybox::path().ok_or_else(missing)?),
            Userland::Busybox(path) => Base::Busybox(path.clone()),
            Userland::Debian(root) => Base::Archive(root.archive()?),
        };
        let init = if self.has_our_init() { Some(guest::build_init()?) } else { None };
        Ok(Some(Programs { base, init }))
    }

    /// Fetches and builds what the guest gets, where that is missing: what [`run`](Self::run) does otherwise.
    ///
    /// # Errors
    ///
    /// [`Failure`]: something is missing, or a program does not build.
    pub fn prepare(&self) -> Result<(), Failure> {
        self.programs().map(|_| ())
    }

    /// Writes what the guest gets to `path`: its options, and its files.
    fn write_initramfs(&self, path: &Path) -> Result<(), Failure> {
        initramfs::write(path, &self.options(), self.programs()?.as_ref(), &self.additions)
    }

    /// Writes a UEFI disk image with `kernel` and what this machine is to run to `out`.
    ///
    /// # Errors
    ///
    /// [`Failure`]: something is missing, or a file cannot be written.
    pub fn write_image(&self, kernel: &Path, out: &Path) -> Result<(), Failure> {
        let place = |error| Failure::File(std::env::temp_dir(), error);
        let directory = tempfile::Builder::new().prefix("lockorder-").tempdir().map_err(place)?;
        let archive = directory.path().join("initramfs");
        self.write_initramfs(&archive)?;
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
        let archive = directory.path().join("initramfs");
        let monitor = directory.path().join("monitor");
        self.write_initramfs(&archive)?;
        let source = match self.boot {
            Boot::Pvh => Source::Files { kernel: kernel.to_path_buf(), initramfs: archive },
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

#[cfg(test)]
mod tests {
    use super::{Machine, Terminal, Userland, Work};
    use crate::initramfs::Addition;
    use crate::provision::Need;

    #[test]
    fn options_say_what_is_to_be_done() {
        let options = |work| Machine { work, ..Machine::default() }.options();
        assert_eq!(options(Work::Shell), [("init", "/sbin/init".to_owned())]);
        let command = [("init", "/sbin/init".to_owned()), ("cmd", "ls -l".to_owned())];
        assert_eq!(options(Work::Command("ls -l".to_owned())), command);
        assert_eq!(options(Work::Selftest("demo".to_owned())), [("selftest", "demo".to_owned())]);
        let terminal = Terminal { kind: "xterm".to_owned(), size: Some((24, 80)) };
        let machine = Machine { terminal: Some(terminal), patience: Some(3), ..Machine::default() };
        let names: Vec<_> = machine.options().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["init", "patience", "term", "rows", "columns"]);
    }

    #[test]
    fn only_what_is_used_is_needed() {
        assert_eq!(Machine::default().needs(), [Need::Busybox, Need::StaticLibrary]);
        let selftest = Work::Selftest("demo".to_owned());
        assert_eq!(Machine { work: selftest, ..Machine::default() }.needs(), []);
        let named = Machine { init: "/bin/sh".to_owned(), ..Machine::default() };
        assert_eq!(named.needs(), [Need::Busybox]);
        let replaced: Addition = "another:/sbin/init".parse().unwrap();
        let userland = Userland::Busybox("busybox".into());
        assert_eq!(Machine { userland, additions: vec![replaced], ..Machine::default() }.needs(), []);
    }
}
