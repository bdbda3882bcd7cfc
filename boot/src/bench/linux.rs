//! `bench linux`: what the kernel does for programs, beside Linux on the same emulated machine.
//!
//! One program, `tests/guest/bench`, in one root, is run by both kernels in turn: in each round both boot, and the other one is
//! first in the next. The machine has the same options but for the kernel and Linux's command line. Compared is within a round,
//! so what the host does meanwhile falls on both; shown are medians of the rounds.
//!
//! Both boot once more, on one CPU and with a clock that counts instructions: those are the same every time, however busy this
//! machine is.
//!
//! A round in which others use much of this machine is repeated, up to [`ATTEMPTS`] times as many rounds as are asked for. Where
//! too few were quiet the least that each kernel took in a round is shown in place of medians, and the page says so.
//!
//! What the program prints is read from the console, whose lines are timed here ([`Watch`]): so the time from QEMU's
//! start to the first line is measured from outside, and the guest's clock is compared with this machine's.

mod others;
mod readings;
mod table;
mod watch;

use std::thread;
use std::time::Duration;

use others::Meter;
use readings::{Pick, Readings, median};
use table::Column;
use watch::{FIRST_LINE, Seen, Watch};

use crate::calendar::today;
use crate::failure::Failure;
use crate::image::{Assertions, Variant};
use crate::initramfs::Addition;
use crate::machine::{Accelerator, Machine, System, Work};
use crate::provision::{self, Need};
use crate::{generated, guest, linux_image, report, workspace};

/// What to compare, and how.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Comparison {
    /// How often each kernel is booted on each number of CPUs; up to three times as often where others use this machine
    #[arg(long, value_name = "COUNT", default_value_t = 5, value_parser = clap::value_parser!(u8).range(1..=99))]
    rounds: u8,
    /// Numbers of CPUs, between commas
    #[arg(long, value_name = "CPUS", value_delimiter = ',', default_value = "1,2,4", value_parser = clap::value_parser!(u8).range(1..=64))]
    smp: Vec<u8>,
    /// How long one measurement takes in the guest, in milliseconds
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 400, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    time: u16,
    /// Put the tables into docs/benchmarks.md
    #[arg(long)]
    write: bool,
}

/// The page.
const PAGE: &str = "docs/benchmarks.md";
/// Where the guest has the program.
const PROGRAM: &str = "bin/bench";
/// Time for a boot besides what the measurements ask for.
const PATIENCE: Duration = Duration::from_mins(3);
/// How many measurements the program may have, as far as the deadline is concerned.
const MANY: u32 = 60;
/// How many CPUs others may use during a round that counts.
const OTHERS: f64 = 0.4;
/// How many times as many rounds are tried as are asked for.
const ATTEMPTS: u16 = 3;
/// How long a measurement takes in which instructions are counted, in milliseconds of the emulator's clock: they are the same every
/// time.
const COUNTED: u16 = 40;
/// By how much the guest's clock may differ from this machine's, as a part of the time.
const DRIFT: f64 = 0.05;
/// How soon after the kernel's first line the first program's is to come.
const TARGET: Duration = Duration::from_millis(500);

/// What the guest's shell runs. Our kernel hands its status on; Linux does not, so there the shell writes the record to the second
/// serial port, which our kernel keeps for itself.
fn script(time: u16) -> String {
    format!(
        "echo '{FIRST_LINE}'\n/{PROGRAM} --time {time}\nstatus=$?\n\
         if [ -c /dev/ttyS1 ]; then\n\
         echo \"@status $status\" > /dev/ttyS1; poweroff -f\nfi\nexit $status"
    )
}

/// Both kernels and what they run.
struct Contest {
    ours: std::path::PathBuf,
    linux: std::path::PathBuf,
    machine: Machine,
}

impl Contest {
    /// Builds and fetches what is needed.
    fn prepare(comparison: &Comparison) -> Result<Self, Failure> {
        provision::provide_all(&[&Need::KERNEL[..], &Need::GUEST, &Need::COMPARISON].concat())?;
        let linux = linux_image::path().ok_or_else(|| {
            Failure::Comparison("the kernel of Linux is gone, which was there a moment ago".into())
        })?;
        let program = guest::build("guest-bench", "building the benchmark for the guest")?;
        let machine = Machine {
            work: Work::Command(script(comparison.time)),
            additions: vec![Addition { host: program, guest: PROGRAM.to_owned() }],
            deadline: Some(PATIENCE + Duration::from_millis(comparison.time.into()) * MANY),
            ..Machine::default()
        };
        machine.prepare()?;
        // Linux is built without checks of its own, and so is this image.
        let ours = Variant { assertions: Assertions::Off, ..Variant::default() }.build()?;
        Ok(Self { ours, linux, machine })
    }

    /// One boot of one kernel.
    fn boot(&self, system: System, cpus: u8) -> Result<Seen, Failure> {
        let seen = self.watch(system, &Machine { cpus, ..self.machine.clone() })?;
        if seen.drift.abs() > DRIFT {
            let percent = seen.drift * 100.0;
            report::progress(&format!(
                "the clock of {} differs from this machine's by {percent:.0} %",
                name(system)
            ));
        }
        Ok(seen)
    }

    /// One boot of each on one CPU with a clock that counts instructions: what each operation takes of them.
    fn count(&self, time: u16) -> Result<Readings, Failure> {
        let machine = Machine {
            cpus: 1,
            accelerator: Accelerator::Counted,
            work: Work::Command(script(time.min(COUNTED))),
            ..self.machine.clone()
        };
        let count = |system| {
            report::progress(&format!("counting instructions: {}", name(system)));
            self.watch(system, &machine).map(Seen::measured)
        };
        let mut readings = Readings::default();
        readings.add(&count(System::Ours)?, &count(System::Linux)?)?;
        Ok(readings)
    }

    /// One boot of one kernel on a machine, and what it has shown.
    fn watch(&self, system: System, machine: &Machine) -> Result<Seen, Failure> {
        let machine = Machine { system, ..machine.clone() };
        let cpus = machine.cpus;
        let kernel = if system == System::Linux { &self.linux } else { &self.ours };
        let watch = Watch::default();
        let outcome = machine.run(kernel, Box::new(watch.clone()))?;
        if outcome.status != 0 {
            print!("{}", outcome.output);
            return Err(Failure::Guest(outcome.status));
        }
        watch.seen().map_err(|why| {
            print!("{}", outcome.output);
            Failure::Comparison(format!("{} on {cpus} CPUs: {why}; its output is above", name(system)))
        })
    }
}

/// What people call a kernel.
const fn name(system: System) -> &'static str {
    match system {
        System::Ours => "ours",
        System::Linux => "Linux",
    }
}

/// One round: both boot, `first` first. What was seen of ours and of Linux, and how many CPUs others used meanwhile.
fn round(contest: &Contest, cpus: u8, first: System) -> Result<(Seen, Seen, f64), Failure> {
    let meter = Meter::begin();
    let boot = |system| {
        report::progress(&format!("{}: {}", table::called(cpus), name(system)));
        contest.boot(system, cpus)
    };
    let (ours, linux) = match first {
        System::Ours => {
            let ours = boot(System::Ours)?;
            (ours, boot(System::Linux)?)
        }
        System::Linux => {
            let linux = boot(System::Linux)?;
            (boot(System::Ours)?, linux)
        }
    };
    Ok((ours, linux, meter.others().unwrap_or(0.0)))
}

/// Rounds on `cpus` CPUs until as many as are asked for were quiet. Where that does not come, what took least in any of them
/// counts.
fn compare(contest: &Contest, cpus: u8, rounds: u8) -> Result<Column, Failure> {
    let mut all = Vec::new();
    let mut first = System::Ours;
    for attempt in 0..u16::from(rounds) * ATTEMPTS {
        let quiet = all.iter().filter(|(_, _, others)| *others <= OTHERS).count();
        if quiet >= usize::from(rounds) {
            break;
        }
        report::progress(&format!(
            "{}: round {}, {quiet} of {rounds} were quiet",
            table::called(cpus),
            attempt + 1
        ));
        all.push(round(contest, cpus, first)?);
        first = if first == System::Ours { System::Linux } else { System::Ours };
    }
    let mut column = Column::new(cpus);
    if all.iter().filter(|(_, _, others)| *others <= OTHERS).count() >= usize::from(rounds) {
        all.retain(|(_, _, others)| *others <= OTHERS);
    } else {
        column.pick = Pick::Least;
    }
    for (ours, linux, others) in all {
        column.first_lines.push(ours.after_first_byte);
        column.others.push(others);
        column.readings.add(&ours.figures, &linux.figures)?;
    }
    Ok(column)
}

/// What is said before the tables.
fn heading(contest: &Contest, columns: &[Column]) -> String {
    let others: Vec<f64> = columns.iter().flat_map(|column| column.others.iter().copied()).collect();
    let rounds = columns.iter().map(|column| column.others.len()).min().unwrap_or(0);
    let most = others.iter().fold(0.0, |most: f64, &others| most.max(others));
    let shared = columns.iter().any(|column| column.pick == Pick::Least);
    let method = if shared {
        format!(
            "the least that each took in a round, and ratios of that. **The machine was shared: others used {:.1} of its CPUs \
             meanwhile, at most {most:.1}.**",
            median(others.into_iter())
        )
    } else {
        "medians of what they took, and of the ratios within a round. The machine was quiet meanwhile."
            .to_owned()
    };
    format!(
        "{}, {}, {} CPUs, {}, by software emulation: at least {rounds} round{} of both kernels in turn; {method} Above 1.00 ours \
         takes less time. **Every ratio is one of emulated machines.**\n",
        linux_image::version(&contest.linux).unwrap_or_else(|| "Linux".to_owned()),
        super::processor(),
        thread::available_parallelism().map_or(1, usize::from),
        today(),
        if rounds == 1 { "" } else { "s" },
    )
}

/// Compares, prints the tables, and puts them into the page where that is asked for.
pub(super) fn run(comparison: &Comparison) -> Result<u8, Failure> {
    let contest = Contest::prepare(comparison)?;
    let columns = comparison.smp.iter().map(|&cpus| compare(&contest, cpus, comparison.rounds));
    let mut columns = columns.collect::<Result<Vec<_>, _>>()?;
    // All of one table mean the same.
    if columns.iter().any(|column| column.pick == Pick::Least) {
        for column in &mut columns {
            column.pick = Pick::Least;
        }
    }
    let heading = heading(&contest, &columns);
    let counted = contest.count(comparison.time)?;
    let text = format!(
        "{heading}\n{}\n{}\n{}",
        table::table(&columns),
        table::summary(&columns, TARGET),
        table::instructions(&counted)
    );
    println!("{text}");
    if comparison.write {
        let path = workspace::root()?.join(PAGE);
        generated::publish(&path, "linux", "cargo run -- bench linux --write", &text)
            .map_err(|error| Failure::File(path, error))?;
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::{FIRST_LINE, script};

    #[test]
    fn the_first_line_comes_first() {
        assert!(script(7).starts_with(&format!("echo '{FIRST_LINE}'\n/bin/bench --time 7\n")));
    }
}
