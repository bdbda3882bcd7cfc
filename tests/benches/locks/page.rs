//! The page that the tables are put into, and numbers as they are shown.

use std::fs;
use std::io;
use std::process::Command;

/// The page, in the repository.
pub(crate) const PATH: &str = "docs/benchmarks.md";

/// The median.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// A ratio, with the digits that count.
pub(crate) fn ratio(value: f64) -> String {
    if value >= 0.1 { format!("{value:.2}") } else { format!("{value:.4}") }
}

/// The machine and the day.
pub(crate) fn heading() -> String {
    let processor = fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    });
    let cpus = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let day = Command::new("date").arg("+%Y-%m-%d").output().ok();
    let day = day.and_then(|output| String::from_utf8(output.stdout).ok()).unwrap_or_default();
    format!(
        "{}, {cpus} CPUs, {}. Medians of paired ratios, all locks in turn in each round.\n",
        processor.as_deref().unwrap_or("An unnamed processor"),
        day.trim()
    )
}

/// Puts a text into the page, between the marks of a part.
pub(crate) fn publish(part: &str, text: &str) -> io::Result<()> {
    boot::generated::publish(&tests::root().join(PATH), part, "cargo bench -p tests", text)
}
