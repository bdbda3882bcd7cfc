//! Tables of what both kernels took, as pages have them.

use std::fmt::Write as _;
use std::time::Duration;

use super::readings::{Pick, Readings, Row, median};

/// What was measured on one number of CPUs.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) cpus: u8,
    pub(super) pick: Pick,
    pub(super) readings: Readings,
    /// The times from our kernel's first line to the first program's.
    pub(super) first_lines: Vec<Duration>,
    /// How many CPUs others used in each round.
    pub(super) others: Vec<f64>,
}

impl Column {
    /// Nothing yet.
    pub(super) fn new(cpus: u8) -> Self {
        Self {
            cpus,
            pick: Pick::default(),
            readings: Readings::default(),
            first_lines: Vec::new(),
            others: Vec::new(),
        }
    }
}

/// A time with three digits that count.
fn time(nanoseconds: f64) -> String {
    let (value, unit) = match nanoseconds {
        ..1e3 => (nanoseconds, "ns"),
        ..1e6 => (nanoseconds / 1e3, "µs"),
        ..1e9 => (nanoseconds / 1e6, "ms"),
        _ => (nanoseconds / 1e9, "s"),
    };
    let digits = match value {
        ..9.995 => 2,
        ..99.95 => 1,
        _ => 0,
    };
    format!("{value:.digits$} {unit}")
}

/// How a number of CPUs is called.
pub(super) fn called(cpus: u8) -> String {
    format!("{cpus} CPU{}", if cpus == 1 { "" } else { "s" })
}

/// The table: three columns for each number of CPUs.
pub(super) fn table(columns: &[Column]) -> String {
    let mut table = String::from("| |");
    for column in columns {
        // A string takes everything.
        let _ = write!(table, " {}: ours | Linux | ratio, emulated |", called(column.cpus));
    }
    table.push_str("\n|---|");
    table.push_str(&"---:|---:|---:|".repeat(columns.len()));
    table.push('\n');
    for Row { name, .. } in columns.first().map_or(&[][..], |column| &column.readings.rows) {
        let _ = write!(table, "| {name} |");
        for column in columns {
            let _ = match column.readings.rows.iter().find(|row| row.name == *name) {
                Some(row) => {
                    let pick = column.pick;
                    let (ours, linux) = (time(row.ours(pick)), time(row.linux(pick)));
                    write!(table, " {ours} | {linux} | {:.2} |", row.ratio(pick))
                }
                None => write!(table, " | | |"),
            };
        }
        table.push('\n');
    }
    table
}

/// The table of instructions, which the clock has counted in place of nanoseconds.
pub(super) fn instructions(readings: &Readings) -> String {
    let mut table = String::from(
        "Instructions of one operation on one CPU, counted by the emulator, the program's own among them:\n\n\
         | | ours | Linux | ratio, emulated |\n|---|---:|---:|---:|\n",
    );
    for row in &readings.rows {
        // There is one round, and any choice of it is the same.
        let pick = Pick::default();
        let (ours, linux) = (row.ours(pick), row.linux(pick));
        let _ = writeln!(table, "| {} | {ours:.0} | {linux:.0} | {:.2} |", row.name, row.ratio(pick));
    }
    table
}

/// What misses its target, the worst first, and when the first line comes.
pub(super) fn summary(columns: &[Column], target: Duration) -> String {
    let rows = columns.iter().flat_map(|column| column.readings.rows.iter().map(move |row| (column, row)));
    let all = rows.clone().count();
    let mut missed: Vec<_> =
        rows.map(|(column, row)| (row.ratio(column.pick), column.cpus, &row.name)).collect();
    // As it is shown: what reads 1.00 is met.
    missed.retain(|(ratio, ..)| *ratio < 0.995);
    missed.sort_by(|one, other| one.0.total_cmp(&other.0));
    let met = all - missed.len();
    let mut text = format!("Target: every ratio (of emulated machines) at least 1.00. Met by {met} of {all}");
    for (number, (ratio, cpus, name)) in missed.iter().enumerate() {
        let before = if number == 0 { "; missed:" } else { "," };
        let _ = write!(text, "{before} {name} on {} {ratio:.2}", called(*cpus));
    }
    text.push_str(".\n");
    for column in columns.iter().filter(|column| !column.first_lines.is_empty()) {
        let took = median(column.first_lines.iter().map(Duration::as_secs_f64));
        let verdict = if took <= target.as_secs_f64() { "met" } else { "missed" };
        let _ = writeln!(
            text,
            "\nTarget: the first program's first line within {:.1} s of our kernel's, on {}: {took:.2} s, {verdict}.",
            target.as_secs_f64(),
            called(column.cpus),
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Column, Readings, Row, summary, table, time};

    fn column(cpus: u8, rows: &[(&str, f64, f64)]) -> Column {
        let rows = rows
            .iter()
            .map(|&(name, ours, linux)| Row { name: name.to_owned(), rounds: vec![(ours, linux)] });
        let readings = Readings { rows: rows.collect() };
        Column { readings, first_lines: vec![Duration::from_millis(700)], ..Column::new(cpus) }
    }

    #[test]
    fn readings_become_a_table() {
        let columns = [
            column(1, &[("fork-wait", 2_000.0, 1_000.0), ("yield", 80.0, 160.0)]),
            column(4, &[("fork-wait", 3e6, 3e6)]),
        ];
        assert_eq!(
            table(&columns),
            "| | 1 CPU: ours | Linux | ratio, emulated | 4 CPUs: ours | Linux | ratio, emulated |\n\
             |---|---:|---:|---:|---:|---:|---:|\n\
             | fork-wait | 2.00 µs | 1.00 µs | 0.50 | 3.00 ms | 3.00 ms | 1.00 |\n\
             | yield | 80.0 ns | 160 ns | 2.00 | | | |\n"
        );
        let said = summary(&columns, Duration::from_millis(500));
        assert!(said.contains("Met by 2 of 3; missed: fork-wait on 1 CPU 0.50.\n"), "{said}");
        assert!(said.contains("within 0.5 s of our kernel's, on 4 CPUs: 0.70 s, missed."), "{said}");
    }

    #[test]
    fn instructions_are_whole() {
        let readings = column(1, &[("yield", 80.4, 160.8)]).readings;
        assert!(super::instructions(&readings).ends_with("| yield | 80 | 161 | 2.00 |\n"));
    }

    #[test]
    fn a_time_has_three_digits() {
        let times = [0.5, 9.994, 9.996, 99.94, 123.4, 12_345.0, 5e8, 1.5e9].map(time);
        assert_eq!(
            times,
            ["0.50 ns", "9.99 ns", "10.0 ns", "99.9 ns", "123 ns", "12.3 µs", "500 ms", "1.50 s"]
        );
    }
}
