//! `bench linux`: what the kernel does for programs, beside Linux on the same emulated machine.
//!
//! One program, `tests/guest/bench`, in one root, is run by both kernels in turn: in each round both boot, and the other one is
//! first in the next. The machine has the same options but for the kernel and Linux's command line. Compared is within a round,
//! so what the host does meanwhile falls on both; shown are medians of the rounds.
//!
//! What the program prints is read from the console, whose lines are timed here ([`Watch`]): so the time from QEMU's
//! start to the first line is measured from outside, and the guest's clock is compared with this machine's.

mod readings;
mod table;
mod watch;

use std::fs;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use readings::Readings;
use table::Column;
use watch::{FIRST_LINE, Seen, Watch};

use crate::failure::Failure;
use crate::image::{Assertions, Variant};
use crate::initramfs::Addition;
use crate::machine::{Machine, System, Work};
use crate::provision::{self, Need};
use crate::soak::day;
use crate::{generated, guest, linux_image, report, workspace};

/// What to compare, and how.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Comparison {
    /// How often each kernel is booted on each number of CPUs
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
        let machine = Machine { cpus, system, ..self.machine.clone() };
        let kernel = if system == System::Linux { &self.linux } else { &self.ours };
        let watch = Watch::default();
        let outcome = machine.run(kernel, Box::new(watch.clone()))?;
        if outcome.status != 0 {
            print!("{}", outcome.output);
            return Err(Failure::Guest(outcome.status));
        }
        let seen = watch.seen().map_err(|why| {
            print!("{}", outcome.output);
            Failure::Comparison(format!("{} on {cpus} CPUs: {why}; its output is above", name(system)))
        })?;
        if seen.drift.abs() > DRIFT {
            let percent = seen.drift * 100.0;
            report::progress(&format!(
                "the clock of {} differs from this machine's by {percent:.0} %",
                name(system)
            ));
        }
        Ok(seen)
    }
}

/// What people call a kernel.
const fn name(system: System) -> &'static str {
    match system {
        System::Ours => "ours",
        System::Linux => "Linux",
    }
}

/// How many threads of this machine want a CPU, on average over a minute.
fn load() -> Option<f64> {
    fs::read_to_string("/proc/loadavg").ok()?.split(' ').next()?.parse().ok()
}

/// Boots both in turn on `cpus` CPUs.
fn compare(contest: &Contest, cpus: u8, rounds: u8, loads: &mut Vec<f64>) -> Result<Column, Failure> {
    let mut column = Column { cpus, readings: Readings::default(), first_lines: Vec::new() };
    for round in 0..rounds {
        loads.extend(load());
        let mut order = [System::Ours, System::Linux];
        order.rotate_left(usize::from(round) % 2);
        let mut seen = [None, None];
        for system in order {
            let plural = if cpus == 1 { "" } else { "s" };
            report::progress(&format!(
                "{cpus} CPU{plural}, round {} of {rounds}: {}",
                round + 1,
                name(system)
            ));
            seen[usize::from(system == System::Linux)] = Some(contest.boot(system, cpus)?);
        }
        let [Some(ours), Some(linux)] = seen else { continue };
        column.first_lines.push(ours.after_first_byte);
        column.readings.add(&ours.figures, &linux.figures)?;
    }
    Ok(column)
}

/// What is said before the tables.
fn heading(contest: &Contest, comparison: &Comparison, loads: &[f64]) -> String {
    let days = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs() / 86_400;
    let (least, most) = loads
        .iter()
        .fold((f64::MAX, 0.0), |(least, most): (f64, f64), &load| (least.min(load), most.max(load)));
    let shared = if loads.is_empty() {
        String::new()
    } else {
        let busy = if most > 2.0 { ": it was shared, and times are longer than they need be" } else { "" };
        format!(" The host's load was {least:.1} to {most:.1}, the emulator's own included{busy}.")
    };
    let rounds = comparison.rounds;
    format!(
        "{}, {}, by software emulation: {rounds} round{} of both kernels in turn, medians of what they took, and of the ratios within a \
         round. Above 1.00 ours takes less time. **Every ratio is one of emulated machines.**{shared}\n",
        linux_image::version(&contest.linux).unwrap_or_else(|| "Linux".to_owned()),
        super::processor() + ", " + &day(days),
        if rounds == 1 { "" } else { "s" },
    )
}

/// Compares, prints the tables, and puts them into the page where that is asked for.
pub(super) fn run(comparison: &Comparison) -> Result<u8, Failure> {
    let contest = Contest::prepare(comparison)?;
    let (mut columns, mut loads) = (Vec::new(), Vec::new());
    for &cpus in &comparison.smp {
        columns.push(compare(&contest, cpus, comparison.rounds, &mut loads)?);
    }
    let heading = heading(&contest, comparison, &loads);
    let text = format!("{heading}\n{}\n{}", table::table(&columns), table::summary(&columns, TARGET));
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
