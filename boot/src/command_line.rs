//! The commands and their options.

mod help;

use std::fs::{self, File};
use std::io::{IsTerminal, Write, stdin, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::bench::{self, Bench};
use crate::book::{self, Book};
use crate::doctor::{self, Doctor};
use crate::failure::{Failure, HOST, USAGE};
use crate::hierarchy::{Format, Hierarchy, Observed};
use crate::image::{Assertions, Checking, Variant};
use crate::initramfs::{self, Addition, DebianRoot};
use crate::lessons::{self, Words};
use crate::machine::{Accelerator, Boot, Input, Machine, Observer, Record, Userland, Work};
use crate::proof::{self, Proof};
use crate::provision::{self, Need};
use crate::soak::{self, Soak};
use crate::terminal::{self, Keys};
use crate::{busybox, disk, guest, hierarchy, interrupt, report, suites, swap, validate};

/// Builds a kernel whose bad lock orders do not compile, and boots it in QEMU.
#[derive(Debug, Parser)]
#[command(name = "boot", bin_name = "cargo run --", version, max_term_width = 100, after_help = help::PROGRAM)]
struct CommandLine {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Build the kernel if needed, and boot it
    #[command(after_help = help::RUN)]
    Run(Run),
    /// Write the UEFI disk image, which boots on a real machine too
    #[command(after_help = help::IMAGE)]
    Image {
        /// The file to write
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        #[command(flatten)]
        guest: Guest,
    },
    /// Make the image of a disk for the guest: an ext3 filesystem, with a folder's files or empty
    #[command(after_help = help::DISK)]
    Disk(disk::Options),
    /// Show the kernel's lock hierarchy, put together from the classes of all its crates
    #[command(after_help = help::HIERARCHY)]
    Hierarchy {
        /// Show the classes of the workloads that test the kernel instead
        #[arg(long)]
        selftest: bool,
        /// Show the orders that a checked kernel takes in its tests, and how often: boots one, which takes minutes
        #[arg(long, conflicts_with = "selftest")]
        observed: bool,
        /// How to show it
        #[arg(long, value_enum, default_value_t)]
        format: Format,
        /// Write to this file instead of standard output
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Run a workload over and over, each time on a fresh machine, and write the result down
    #[command(after_help = help::SOAK)]
    Soak(Soak),
    /// Measure threads, interrupts and locks in the kernel, and put the table into docs/benchmarks.md
    #[command(after_help = help::BENCH)]
    Bench(Bench),
    /// Break every nested acquisition of the kernel in turn, and see that no broken kernel compiles
    #[command(after_help = help::SWAP)]
    Swap(swap::Options),
    /// Boot on 1, 2, 4 and 8 CPUs, run the guest's tests there, and write the report in docs/validation.md
    #[command(after_help = help::VALIDATE)]
    Validate(validate::Options),
    /// Run tests that others wrote on Linux and here, and put the comparison into docs/compatibility.md
    #[command(after_help = help::SUITES)]
    Suites(suites::Options),
    /// Check the theorem of docs/soundness.md with Rocq, and the table of answers that it prints
    #[command(after_help = help::PROOF)]
    Proof(Proof),
    /// Make the book of lessons in lock discipline, and show it
    #[command(after_help = help::BOOK)]
    Book(Book),
    /// Show the next exercise, and watch its file
    #[command(after_help = help::LEARN)]
    Learn(Words),
    /// Have a program freeze, see why, and see the compiler refuse it
    #[command(after_help = help::LAB)]
    Lab(Words),
    /// Say what is missing on this machine, and the command that installs it
    #[command(after_help = help::DOCTOR)]
    Doctor(Doctor),
}

/// What is in the guest, and what it does.
#[derive(Args, Clone, Debug)]
struct Guest {
    /// Run this with the guest's /bin/sh and power off, instead of giving a shell; its status becomes this program's
    #[arg(long, value_name = "COMMAND")]
    cmd: Option<String>,
    /// Run a workload of the kernel's own instead of programs. `help` has all of them listed
    #[arg(long, value_name = "NAME", conflicts_with_all = ["cmd", "init", "busybox"])]
    selftest: Option<String>,
    /// Put a host file into the guest's root (executables keep their bit)
    #[arg(long, value_name = "HOST[:GUEST]")]
    add: Vec<Addition>,
    /// The guest's first program, by its path there
    #[arg(long, value_name = "PROGRAM", default_value = guest::INIT, value_parser = program)]
    init: String,
    /// The busybox that gives the guest its shell and commands, statically linked; otherwise one is found or fetched
    #[arg(long, value_name = "FILE")]
    busybox: Option<PathBuf>,
    /// What gives the guest its programs: one busybox, or Debian's packages with their libraries
    #[arg(long, value_enum, default_value_t, conflicts_with_all = ["busybox", "selftest"])]
    root: Root,
    /// More of Debian's packages for its root, with all that they depend on
    #[arg(long, value_name = "NAME,...", value_delimiter = ',', value_parser = package)]
    packages: Vec<String>,
}

/// What gives a guest its programs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Root {
    /// One statically linked program of many names.
    #[default]
    Busybox,
    /// bash, coreutils, python3, sqlite3 and what every installation has.
    Debian,
}

impl Default for Guest {
    fn default() -> Self {
        let init = guest::INIT.to_owned();
        let (root, packages) = (Root::default(), Vec::new());
        Self { cmd: None, selftest: None, add: Vec::new(), init, busybox: None, root, packages }
    }
}

/// Reads the name of a package (Debian Policy, section 5.6.1).
fn package(text: &str) -> Result<String, String> {
    let usual = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    if text.starts_with(usual)
        && text.len() > 1
        && text.chars().all(|letter| usual(letter) || "+-.".contains(letter))
    {
        Ok(text.to_owned())
    } else {
        Err("expected the name of a package, such as redis-server".to_owned())
    }
}

impl Guest {
    /// What it does.
    fn work(&self) -> Work {
        match (&self.selftest, &self.cmd) {
            (Some(name), _) => Work::Selftest(name.clone()),
            (None, Some(command)) => Work::Command(command.clone()),
            (None, None) => Work::Shell,
        }
    }

    /// A machine with it. What files are named is looked at, before anything is built: a missing one is a mistake in the
    /// command line.
    fn machine(self) -> Result<Machine, Failure> {
        for path in self.add.iter().map(|addition| &addition.host).chain(&self.busybox) {
            fs::metadata(path).map_err(|error| Failure::File(path.clone(), error))?;
        }
        if let Some(path) = self.busybox.as_ref().filter(|path| !busybox::is_static(path)) {
            return Err(Failure::Busybox(path.clone()));
        }
        let work = self.work();
        let Self { add: additions, init, busybox, root, packages, .. } = self;
        let is_debian = root == Root::Debian || !packages.is_empty();
        let userland = match busybox {
            _ if is_debian => Userland::Debian(DebianRoot::with(&packages)),
            Some(path) => Userland::Busybox(path),
            None => Userland::FoundBusybox,
        };
        Ok(Machine { work, init, userland, additions, ..Machine::default() })
    }
}

/// Reads the path of a program in the guest.
fn program(text: &str) -> Result<String, String> {
    if text.starts_with('/') && !text.ends_with('/') && !text.contains(char::is_control) {
        Ok(text.to_owned())
    } else {
        Err("expected a program's path in the guest, from the root, such as /bin/sh".to_owned())
    }
}

#[derive(Args, Debug)]
struct Run {
    /// Number of CPUs, 1 to 64
    #[arg(long, value_name = "CPUS", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=64))]
    smp: u8,
    /// Memory, such as 256M or 2G [default: 256M, or what a root of Debian's packages needs]
    #[arg(long, value_name = "SIZE", value_parser = mebibytes)]
    mem: Option<u32>,
    /// How to boot
    #[arg(long, value_enum, default_value_t)]
    boot: Boot,
    /// What emulates the CPUs; KVM only when asked for
    #[arg(long, value_enum, default_value_t)]
    accel: Accelerator,
    /// Whether every lock acquisition is checked at run time too
    #[arg(long, value_enum, default_value_t)]
    checker: Checking,
    /// Whether the kernel checks itself: assertions, and that sums do not overflow
    #[arg(long, value_enum, default_value_t)]
    assertions: Assertions,
    /// The image of a disk for the guest, which reads and writes it: any file of whole sectors
    #[arg(long, value_name = "FILE")]
    disk: Option<PathBuf>,
    #[command(flatten)]
    guest: Guest,
    /// How long the guest may take, in seconds [default: 120; none for a shell on a terminal]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    timeout: Option<u64>,
    /// How many seconds a CPU may take no tick and a thread may wait before the kernel gives up
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    patience: Option<u64>,
    /// Copy what the guest prints, and its records, to this file
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
}

impl Default for Run {
    fn default() -> Self {
        let machine = Machine::default();
        Self {
            smp: machine.cpus,
            mem: None,
            boot: machine.boot,
            accel: machine.accelerator,
            checker: Checking::default(),
            assertions: Assertions::default(),
            disk: machine.disk,
            guest: Guest::default(),
            patience: machine.patience,
            timeout: None,
            log: None,
        }
    }
}

/// Reads an amount of memory: a number and `M` or `G`.
fn mebibytes(text: &str) -> Result<u32, String> {
    let wrong = || "expected a number and M or G, from 32M to 512G, such as 256M".to_owned();
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(wrong)?;
    let factor = match unit {
        "M" | "m" => 1,
        "G" | "g" => 1024,
        _ => return Err(wrong()),
    };
    let amount =
        number.parse::<u32>().ok().and_then(|number| number.checked_mul(factor)).ok_or_else(wrong)?;
    if (32..=512 * 1024).contains(&amount) { Ok(amount) } else { Err(wrong()) }
}

/// Shows the guest's output, and keeps a copy with its records, which stand between lines.
struct Log {
    file: File,
    /// Whether the copy ends inside a line.
    inside_line: bool,
}

impl Observer for Log {
    fn output(&mut self, bytes: &[u8]) {
        stdout().output(bytes);
        self.file.output(bytes);
        self.inside_line = bytes.last().map_or(self.inside_line, |&last| last != b'\n');
    }

    fn record(&mut self, record: &Record) {
        let break_line = if self.inside_line { "\n" } else { "" };
        self.file.output(format!("{break_line}{record}\n").as_bytes());
        self.inside_line = false;
    }
}

/// Has a guest's console be this program's terminal, or whatever its input and output are: how long the run may take, and what
/// puts the terminal back when it drops.
fn connect(machine: &mut Machine) -> Keys {
    let (typed, shown) = (stdin().is_terminal(), stdout().is_terminal());
    let (input, keys) = match machine.work {
        // The kernel reads keys for itself; control-C is this program's.
        Work::Selftest(_) => (Input::Standard, Keys::one_by_one()),
        // What reads the output has the keys, such as a pager.
        Work::Command(_) if typed && !shown => (Input::Nothing, Keys::default()),
        Work::Command(_) | Work::Shell if typed => {
            report::progress("the guest has the keys, control-C as well; control-] leaves it");
            machine.terminal = terminal::describe();
            (Input::Shell, Keys::all())
        }
        Work::Command(_) | Work::Shell => (Input::Shell, Keys::default()),
    };
    machine.input = input;
    keys
}

/// How long a run may take unless that is said: as long as one likes for somebody who types.
fn usual_deadline(work: &Work) -> Option<Duration> {
    let somebody_types = *work == Work::Shell && stdin().is_terminal();
    Machine::default().deadline.filter(|_| !somebody_types)
}

/// Boots, and gives the guest's status.
fn run(run: Run) -> Result<u8, Failure> {
    let guest = run.guest.machine()?;
    let observer: Box<dyn Observer> = match &run.log {
        Some(path) => {
            let file = File::create(path).map_err(|error| Failure::File(path.clone(), error))?;
            Box::new(Log { file, inside_line: false })
        }
        None => Box::new(stdout()),
    };
    if let Some(disk) = &run.disk {
        // It is written, too; QEMU would say this in many lines.
        File::options()
            .read(true)
            .write(true)
            .open(disk)
            .map_err(|error| Failure::File(disk.clone(), error))?;
    }
    let mut machine = Machine {
        cpus: run.smp,
        boot: run.boot,
        accelerator: run.accel,
        patience: run.patience,
        disk: run.disk,
        deadline: run.timeout.map(Duration::from_secs).or_else(|| usual_deadline(&guest.work)),
        ..guest
    };
    let uefi: &[Need] = if run.boot == Boot::Uefi { &Need::UEFI } else { &[] };
    provision::provide_all(&[&Need::KERNEL, uefi, &machine.needs()].concat())?;
    machine.memory = match (run.mem, &machine.userland) {
        (Some(mebibytes), _) => mebibytes,
        (None, Userland::Debian(root)) => initramfs::memory(&root.archive()?)?,
        (None, _) => machine.memory,
    };
    let kernel = Variant { checking: run.checker, assertions: run.assertions }.build()?;
    // Now, so that control-C ends this program while it builds.
    machine.prepare()?;
    let _keys = connect(&mut machine);
    machine.run(&kernel, observer).map(|outcome| outcome.status)
}

/// Writes the disk image.
fn write_image(guest: Guest, out: &Path) -> Result<u8, Failure> {
    let machine = guest.machine()?;
    // Before anything is built: a directory that is not there is a mistake in the command line.
    File::create(out).map_err(|error| Failure::File(out.to_path_buf(), error))?;
    provision::provide_all(&[&Need::KERNEL[..], &[Need::Source], &machine.needs()].concat())?;
    let kernel = Variant::default().build()?;
    machine.write_image(&kernel, out)?;
    report::progress(&format!("{} boots by UEFI", out.display()));
    Ok(0)
}

/// Shows the hierarchy.
fn show(format: Format, of_selftest: bool, observed: bool, out: Option<PathBuf>) -> Result<u8, Failure> {
    let classes = Hierarchy::of_kernel(of_selftest);
    let text = if observed {
        if format == Format::Svg {
            return Err(Failure::NoEdges);
        }
        let observed = Observed::of_a_run()?;
        hierarchy::render_observed(&classes, &observed, format).unwrap_or_default()
    } else {
        hierarchy::render(&classes, format)
    };
    let (place, result) = match out {
        Some(path) => (path.clone(), fs::write(path, text)),
        None => (PathBuf::from("standard output"), stdout().write_all(text.as_bytes())),
    };
    result.map(|()| 0).map_err(|error| Failure::File(place, error))
}

/// What is wrong with a command line, in one line: the parser's message without its extra paragraphs.
fn in_one_line(error: &clap::Error) -> String {
    let message = error.to_string();
    let told: Vec<_> = message
        .split("\n\n")
        .map(str::trim)
        .filter(|part| !part.starts_with("Usage:") && !part.starts_with("For more information"))
        .flat_map(str::split_whitespace)
        .collect();
    format!("{}; see `cargo run -- --help`", told.join(" ").trim_start_matches("error: "))
}

/// The whole program.
#[must_use]
pub fn main() -> ExitCode {
    let command_line = match CommandLine::try_parse() {
        Ok(command_line) => command_line,
        // Help and version are asked for, and go to standard output.
        Err(error) if !error.use_stderr() => error.exit(),
        Err(error) => {
            report::failure(&in_one_line(&error));
            return ExitCode::from(USAGE);
        }
    };
    if let Err(error) = interrupt::watch() {
        report::failure(&format!("cannot watch for interrupts: {error}"));
        return ExitCode::from(HOST);
    }
    let result = match command_line.command {
        None => run(Run::default()),
        Some(Command::Run(options)) => run(options),
        Some(Command::Image { out, guest }) => write_image(guest, &out),
        Some(Command::Disk(options)) => disk::make(&options),
        Some(Command::Hierarchy { format, selftest, observed, out }) => show(format, selftest, observed, out),
        Some(Command::Bench(options)) => bench::run(&options),
        Some(Command::Soak(options)) => soak::run(&options),
        Some(Command::Swap(options)) => swap::run(&options),
        Some(Command::Proof(options)) => proof::run(options),
        Some(Command::Suites(options)) => suites::run(&options),
        Some(Command::Validate(options)) => validate::run(&options),
        Some(Command::Book(options)) => book::run(&options),
        Some(Command::Learn(words)) => lessons::run("learn", &words),
        Some(Command::Lab(words)) => lessons::run("lab", &words),
        Some(Command::Doctor(options)) => Ok(if doctor::examine(options) { 0 } else { HOST }),
    };
    ExitCode::from(result.unwrap_or_else(|failure| {
        report::failure(&failure.to_string());
        failure.status()
    }))
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::{Command, CommandLine, in_one_line, mebibytes};
    use crate::machine::{Machine, Work};

    #[test]
    fn the_command_line_is_consistent() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn every_command_has_examples_that_can_be_typed() {
        let command = CommandLine::command();
        for command in command.get_subcommands().chain([&command]) {
            let help = command.get_after_help().expect("each has its text").to_string();
            let examples: Vec<_> = help.lines().filter_map(|line| line.strip_prefix("  cargo run")).collect();
            assert!(!examples.is_empty(), "{}", command.get_name());
            for example in examples {
                assert!(example.len() + "  cargo run".len() <= 80, "{example}");
                let typed = example.split("  ").next().unwrap();
                let arguments = typed.split_once("-- ").map_or("", |(_, arguments)| arguments);
                let parsed = CommandLine::try_parse_from(words(&format!("boot {arguments}")));
                let asked_for_help = parsed.as_ref().is_err_and(|error| !error.use_stderr());
                assert!(parsed.is_ok() || asked_for_help, "{typed}");
            }
        }
    }

    /// The words of a line, as a shell has them where quotes are simple ones.
    fn words(line: &str) -> Vec<String> {
        let quoted = line.split('\'').enumerate();
        let words = quoted.flat_map(|(number, part)| match number % 2 {
            0 => part.split_whitespace().map(str::to_owned).collect(),
            _ => vec![part.to_owned()],
        });
        words.collect()
    }

    /// The machine of a command line `run`.
    fn machine(arguments: &[&str]) -> Machine {
        let typed = ["boot", "run"].iter().chain(arguments);
        match CommandLine::try_parse_from(typed).unwrap().command {
            Some(Command::Run(run)) => run.guest.machine().unwrap(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_guest_does_what_it_is_told_or_has_a_shell() {
        assert_eq!(machine(&[]).work, Work::Shell);
        assert_eq!(machine(&["--cmd", "ls; id"]).work, Work::Command("ls; id".to_owned()));
        assert_eq!(machine(&["--selftest", "demo"]).work, Work::Selftest("demo".to_owned()));
        assert_eq!(machine(&["--init", "/bin/sh"]).init, "/bin/sh");
        assert_eq!(machine(&["--add", "/dev/null:/etc/motd"]).additions[0].guest, "etc/motd");
        let refused = |arguments: &[&str]| {
            let typed = ["boot", "run"].iter().chain(arguments);
            CommandLine::try_parse_from(typed).is_err_and(|error| error.use_stderr())
        };
        assert!(refused(&["--selftest", "demo", "--cmd", "ls"]));
        assert!(refused(&["--selftest", "demo", "--init", "/bin/sh"]));
        assert!(refused(&["--init", "sh"]) && refused(&["--init", "/"]) && refused(&["--init", "/a\nb"]));
    }

    #[test]
    fn memory_is_a_number_with_a_unit() {
        assert_eq!(mebibytes("512M"), Ok(512));
        assert_eq!(mebibytes("2g"), Ok(2048));
        for wrong in ["", "M", "12", "12K", "-1M", "4M", "9999G", "5000000G", "1.5G", "µ"] {
            assert!(mebibytes(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_wrong_command_line_is_told_in_one_line() {
        let told = |arguments: &[&str]| in_one_line(&CommandLine::try_parse_from(arguments).unwrap_err());
        assert_eq!(
            told(&["boot", "run", "--smpp", "4"]),
            "unexpected argument '--smpp' found tip: a similar argument exists: '--smp'; see `cargo run -- --help`"
        );
        assert!(!told(&["boot", "hierarchy", "--format", "oil"]).contains('\n'));
    }
}
