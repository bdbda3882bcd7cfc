//! `bench`: the kernel's own measurements, on several numbers of CPUs, as a table.
//!
//! Each number of CPUs is measured several times on a fresh machine, and once more with a clock that counts
//! instructions. Shown are medians, as multiples of a compare-and-swap of the same run, since a count of an emulated
//! clock says little by itself; and instructions, which are the same every time. The table replaces the one in
//! `docs/benchmarks.md`. `bench linux` compares with Linux instead ([`linux`]).

mod linux;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::sink;
use std::time::Duration;

use crate::calendar::today;
use crate::failure::Failure;
use crate::image::{Assertions, Variant};
use crate::machine::{Accelerator, Machine, Outcome, Record, Work};
use crate::{generated, report, workspace};

/// What to measure.
#[derive(Clone, Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Bench {
    #[command(subcommand)]
    beside: Option<Beside>,
    /// How often each number of CPUs is measured
    #[arg(long, value_name = "COUNT", default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=99))]
    runs: u8,
    /// Numbers of CPUs, between commas
    #[arg(long, value_name = "CPUS", value_delimiter = ',', default_value = "1,2,4,8", value_parser = clap::value_parser!(u8).range(1..=64))]
    smp: Vec<u8>,
    /// Only print; leave docs/benchmarks.md as it is
    #[arg(long)]
    print: bool,
}

/// What the kernel is compared with.
#[derive(Clone, Debug, clap::Subcommand)]
enum Beside {
    /// Run one program on this kernel and on Debian's Linux, on the same emulated machine, and compare
    #[command(after_help = LINUX_HELP)]
    Linux(linux::Comparison),
}

/// What `bench linux --help` ends with.
const LINUX_HELP: &str = "\
Examples:
  cargo run -- bench linux
  cargo run -- bench linux --smp 4 --rounds 1 --time 100
  cargo run -- bench linux --write

Both kernels boot in turn with the same files and options of QEMU, and run tests/guest/bench. Linux comes from Debian's package \
linux-image-cloud-amd64, which is fetched into the folder of this program's tools; LOCKORDER_LINUX names another one. The times are \
those of an emulated machine. A round takes about twenty seconds for each number of CPUs, on an idle machine.";

/// The page.
const PAGE: &str = "docs/benchmarks.md";
/// What everything is a multiple of.
const UNIT: &str = "compare-and-swap";

/// Figures by what was measured.
type Figures = BTreeMap<String, Vec<u64>>;

/// One run of the workload; what it measures, in its own order.
fn measure(machine: &Machine, kernel: &std::path::Path) -> Result<Vec<(String, u64)>, Failure> {
    let Outcome { status, records, output } = machine.run(kernel, Box::new(sink()))?;
    if status != 0 {
        print!("{output}");
        return Err(Failure::Guest(status));
    }
    let figures = records.into_iter().filter_map(|record| match record {
        Record::Figure(what, value) => Some((what, value)),
        _ => None,
    });
    Ok(figures.collect())
}

/// Adds what one run has measured.
fn add(figures: &mut Figures, measured: Vec<(String, u64)>) {
    for (what, value) in measured {
        figures.entry(what).or_default().push(value);
    }
}

/// The median.
fn median(values: &mut [u64]) -> u64 {
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or(0)
}

/// A multiple of the unit, with two digits that count.
#[allow(clippy::cast_precision_loss, reason = "shown with two digits")]
fn ratio(value: u64, unit: u64) -> String {
    let ratio = value as f64 / unit.max(1) as f64;
    if ratio < 9.95 { format!("{ratio:.1}") } else { format!("{ratio:.0}") }
}

/// What was measured on one number of CPUs.
struct Column {
    cpus: u8,
    counts: Figures,
    instructions: Figures,
    /// The same of the image that does not check itself.
    unchecked: Figures,
}

/// The table.
fn table(rows: &[String], columns: &mut [Column]) -> String {
    let mut table = String::from("| |");
    for column in columns.iter() {
        let plural = if column.cpus == 1 { "" } else { "s" };
        // A string takes everything.
        let _ = write!(table, " {} CPU{plural} | instructions | release |", column.cpus);
    }
    table.push_str("\n|---|");
    table.push_str(&"---:|---:|---:|".repeat(columns.len()));
    table.push('\n');
    let units: Vec<u64> =
        columns.iter_mut().map(|column| column.counts.get_mut(UNIT).map_or(1, |unit| median(unit))).collect();
    for row in rows {
        let _ = write!(table, "| {row} |");
        for (column, unit) in columns.iter_mut().zip(&units) {
            let counts = column.counts.get_mut(row).map(|values| median(values));
            let instructions = column.instructions.get_mut(row).map(|values| median(values));
            let _ = match counts {
                Some(counts) => write!(table, " {} |", ratio(counts, *unit)),
                None => write!(table, " |"),
            };
            let unchecked = column.unchecked.get_mut(row).map(|values| median(values));
            for instructions in [instructions, unchecked] {
                let _ = match instructions {
                    Some(instructions) => write!(table, " {instructions} |"),
                    None => write!(table, " |"),
                };
            }
        }
        table.push('\n');
    }
    table
}

/// The CPU of this machine, as it calls itself.
fn processor() -> String {
    let name = fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    });
    name.unwrap_or_else(|| "an unnamed processor".to_owned())
}

/// Measures, prints the table, and puts it into the page.
pub(crate) fn run(bench: &Bench) -> Result<u8, Failure> {
    if let Some(Beside::Linux(comparison)) = &bench.beside {
        return linux::run(comparison);
    }
    let kernel = Variant::default().build()?;
    let release = Variant { assertions: Assertions::Off, ..Variant::default() }.build()?;
    let mut rows: Vec<String> = Vec::new();
    let mut columns = Vec::new();
    for &cpus in &bench.smp {
        let usual = Machine {
            cpus,
            work: Work::Selftest("bench".to_owned()),
            deadline: Some(Duration::from_mins(10)),
            ..Machine::default()
        };
        let counted = Machine { accelerator: Accelerator::Counted, ..usual.clone() };
        let (mut counts, mut instructions, mut unchecked) = (Figures::new(), Figures::new(), Figures::new());
        for run in 0..bench.runs {
            report::progress(&format!("{cpus} CPUs, run {} of {}", run + 1, bench.runs));
            let measured = measure(&usual, &kernel)?;
            for (what, _) in &measured {
                if !rows.contains(what) {
                    rows.push(what.clone());
                }
            }
            add(&mut counts, measured);
        }
        report::progress(&format!("{cpus} CPUs, counting instructions"));
        add(&mut instructions, measure(&counted, &kernel)?);
        add(&mut unchecked, measure(&counted, &release)?);
        columns.push(Column { cpus, counts, instructions, unchecked });
    }
    let text = format!(
        "{} of each number of CPUs, on {}, {}: medians, as multiples of a compare-and-swap; beside them \
         instructions, and those of the release image.\n\n{}",
        if bench.runs == 1 { "One run".to_owned() } else { format!("{} runs", bench.runs) },
        processor(),
        today(),
        table(&rows, &mut columns)
    );
    println!("{text}");
    if !bench.print {
        let path = workspace::root()?.join(PAGE);
        generated::publish(&path, "kernel", "cargo run -- bench", &text)
            .map_err(|error| Failure::File(path, error))?;
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::{Column, Figures, UNIT, median, ratio, table};

    #[test]
    fn figures_become_a_table() {
        let figures = |unit, switch: &[u64]| {
            Figures::from([(UNIT.to_owned(), vec![unit]), ("switch".to_owned(), switch.to_vec())])
        };
        let one = Column {
            cpus: 1,
            counts: figures(20, &[700, 500, 600]),
            instructions: figures(3, &[99]),
            unchecked: figures(2, &[88]),
        };
        let mut two = Column {
            cpus: 2,
            counts: figures(25, &[55]),
            instructions: Figures::new(),
            unchecked: Figures::new(),
        };
        two.counts.remove("switch");
        let rows = [UNIT.to_owned(), "switch".to_owned()];
        assert_eq!(
            table(&rows, &mut [one, two]),
            "| | 1 CPU | instructions | release | 2 CPUs | instructions | release |\n\
             |---|---:|---:|---:|---:|---:|---:|\n\
             | compare-and-swap | 1.0 | 3 | 2 | 1.0 | | |\n| switch | 30 | 99 | 88 | | | |\n"
        );
    }

    #[test]
    fn the_middle_one_counts() {
        assert_eq!((median(&mut [9, 1, 5]), median(&mut [])), (5, 0));
        assert_eq!((ratio(21, 10), ratio(995, 10)), ("2.1".to_owned(), "100".to_owned()));
    }
}
