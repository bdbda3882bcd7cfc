//! `validate`: boots the kernel on several numbers of CPUs, runs the guest's programs there, and writes the report in
//! `docs/validation.md`.
//!
//! The report has the fields that the plan of ExoV6, which this kernel succeeds, asks for: revision, counts of tests, boots on 1, 2, 4 and 8
//! CPUs, times of building and booting, statistics of the order that is checked at run time. It is written however the runs end: what was
//! wrong stands in it, and is the command's status.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::io::sink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::slice;
use std::time::{Duration, Instant};

use crate::calendar::today;
use crate::failure::Failure;
use crate::image::{self, Variant};
use crate::initramfs::Addition;
use crate::machine::{Machine, Outcome, Work};
use crate::provision::{self, Need};
use crate::{guest, report, workspace};

/// The page.
const PAGE: &str = "docs/validation.md";
/// How long one boot may take.
const DEADLINE: Duration = Duration::from_mins(15);
/// The last line of a boot that only ends.
const NOTHING: &str = "booted";
/// What a line of a run is to end with.
const BEHAVIOUR: &str = " ok, 0 wrong, 0 passed over";
const STORM: &str = "nothing is missing";

/// What is run.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Options {
    /// Numbers of CPUs, between commas
    #[arg(long, value_name = "CPUS", value_delimiter = ',', default_value = "1,2,4,8", value_parser = clap::value_parser!(u8).range(1..=64))]
    smp: Vec<u8>,
    /// Only print; leave docs/validation.md as it is
    #[arg(long)]
    print: bool,
}

/// One boot.
struct Run {
    took: Duration,
    /// What was wanted, or how it ended instead.
    result: Result<String, String>,
}

/// Boots a kernel with a command. A boot that fails is a result; that somebody interrupts is not.
fn outcome(
    kernel: &Path,
    cpus: u8,
    command: &str,
    additions: &[Addition],
) -> Result<Result<Outcome, String>, Failure> {
    let machine = Machine {
        cpus,
        memory: 512,
        work: Work::Command(command.to_owned()),
        additions: additions.to_vec(),
        deadline: Some(DEADLINE),
        ..Machine::default()
    };
    match machine.run(kernel, Box::new(sink())) {
        Err(Failure::Interrupted) => Err(Failure::Interrupted),
        ended => Ok(ended.map_err(|failure| failure.to_string())),
    }
}

/// Boots a kernel with a command; its output is to have a line that ends with `sign`, which is the result.
fn boot(kernel: &Path, cpus: u8, command: &str, additions: &[Addition], sign: &str) -> Result<Run, Failure> {
    report::progress(&format!("{cpus} CPUs: {command}"));
    let began = Instant::now();
    let result = outcome(kernel, cpus, command, additions)?.and_then(|outcome| {
        let found = outcome.output.lines().rev().find(|line| line.trim_end().ends_with(sign));
        let line = found.filter(|_| outcome.status == 0).map(|line| line.trim().to_owned());
        line.ok_or_else(|| format!("status {}, and no line `{sign}`", outcome.status))
    });
    Ok(Run { took: began.elapsed(), result })
}

/// The Rust files below a folder.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() && !matches!(path.file_name().and_then(OsStr::to_str), Some("target" | ".git")) {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// How many tests stand beside the code, and how many in folders of tests; how many programs are rejected.
fn counts(root: &Path) -> (usize, usize, usize) {
    let mut files = Vec::new();
    sources(root, &mut files);
    let (mut unit, mut integration, mut rejected) = (0, 0, 0);
    for file in files {
        let inside = file.strip_prefix(root).unwrap_or(&file);
        if inside.starts_with("ui-tests/rejected") {
            rejected += 1;
            continue;
        }
        let tests = fs::read_to_string(&file).unwrap_or_default().matches("#[test]\n").count();
        let is_beside = !inside.starts_with("tests") && inside.iter().any(|part| part == "src");
        *(if is_beside { &mut unit } else { &mut integration }) += tests;
    }
    (unit, integration, rejected)
}

/// The revision, as `git` has it.
pub(crate) fn revision(root: &Path) -> String {
    let mut command = Command::new("git");
    command
        .current_dir(root)
        .args(["describe", "--always", "--dirty"])
        .stdin(Stdio::null())
        .stderr(Stdio::null());
    let said = command.output().ok().filter(|output| output.status.success());
    let said = said.and_then(|output| String::from_utf8(output.stdout).ok());
    said.map_or_else(|| "unknown".to_owned(), |said| said.trim().to_owned())
}

/// A result as a cell.
fn cell(run: &Run, short: impl Fn(&str) -> String) -> String {
    match &run.result {
        Ok(line) => format!("{}, {:.1} s", short(line), run.took.as_secs_f64()),
        Err(why) => format!("**wrong**: {}", why.replace('|', "/").replace('\n', " ")),
    }
}

/// Runs everything, and writes the report; its status is 1 where something was wrong.
///
/// # Errors
///
/// [`Failure`]: something is missing, a kernel does not build, the page cannot be written, or somebody has interrupted.
pub(crate) fn run(options: &Options) -> Result<u8, Failure> {
    let root = workspace::root()?;
    provision::provide_all(&[&Need::KERNEL[..], &Machine::default().needs()].concat())?;
    let folder = tempfile::TempDir::new().map_err(|error| Failure::File(std::env::temp_dir(), error))?;
    report::progress("building the kernel from nothing, for the time that takes");
    let began = Instant::now();
    image::build_in(&root, folder.path(), Variant::default())?;
    let built = began.elapsed();
    let (kernel, checked) = (Variant::default().build()?, Variant::CHECKED.build()?);
    let named = |host: PathBuf, guest: &str| Addition { host, guest: guest.to_owned() };
    let program = named(guest::build("guest-behaviour", "building what the guest runs")?, "behaviour");
    let storm = named(root.join("tests/guest/scripts/storm.sh"), "storm.sh");

    let mut text = header(&root, built);
    let mut all_well = true;
    for &cpus in &options.smp {
        let first = boot(&kernel, cpus, &format!("echo {NOTHING}"), &[], NOTHING)?;
        let behaviour = boot(&kernel, cpus, "/behaviour", slice::from_ref(&program), BEHAVIOUR)?;
        let storm = boot(&kernel, cpus, "sh /storm.sh", slice::from_ref(&storm), STORM)?;
        all_well &= [&first, &behaviour, &storm].iter().all(|run| run.result.is_ok());
        let short = |line: &str| {
            line.trim_start_matches("behaviour: ").trim_end_matches(BEHAVIOUR).to_owned() + " ok"
        };
        // Into a string it never fails.
        let _ = writeln!(
            text,
            "| {cpus} | {} | {} | {} |",
            cell(&first, |_| "well".to_owned()),
            cell(&behaviour, short),
            cell(&storm, |_| "well".to_owned())
        );
    }
    text += "\n## The order as it was checked at run time\n\nAfter the behaviour tests, on four CPUs (`/proc/dag_stats`):\n\n";
    let command = "/behaviour >/dev/null; sed 's/^/@/' /proc/dag_stats; grep '^violations_detected: 0$' /proc/dag_stats";
    let order = ordered(&checked, command, &program)?;
    all_well &= order.is_ok();
    text += &order.unwrap_or_else(|why| format!("**wrong**: {why}\n"));

    if options.print {
        println!("{text}");
    } else {
        let page = root.join(PAGE);
        fs::write(&page, text).map_err(|error| Failure::File(page, error))?;
        report::progress(&format!("{PAGE} is written"));
    }
    Ok(u8::from(!all_well))
}

/// What the report begins with.
fn header(root: &Path, built: Duration) -> String {
    let (unit, integration, rejected) = counts(root);
    format!(
        "# Validation\n\nWritten by `cargo run -- validate` on {}, revision {}. Times are those of an emulated machine on a shared host; a boot's \
         is from the emulator's start to its end.\n\n\
         | what | how many |\n|---|---|\n\
         | unit tests, beside the code | {unit} |\n\
         | integration tests | {integration} |\n\
         | programs that must not compile | {rejected} |\n\
         | seconds to build the kernel from nothing | {:.0} |\n\n\
         ## Boots\n\n`storm` is 1,000 shells in the background and 1,000 files made, read and removed at once.\n\n\
         | CPUs | boot and end | behaviour tests | storm |\n|---|---|---|---|\n",
        today(),
        revision(root),
        built.as_secs_f64(),
    )
}

/// The statistics of the checked kernel, as a block; or what was wrong.
fn ordered(kernel: &Path, command: &str, program: &Addition) -> Result<Result<String, String>, Failure> {
    report::progress("4 CPUs, checked: behaviour, and what the checker has counted");
    Ok(outcome(kernel, 4, command, slice::from_ref(program))?.and_then(|outcome| {
        let lines = outcome.output.lines().filter_map(|line| line.trim_end().strip_prefix('@'));
        let lines: Vec<_> = lines.collect();
        let is_well = outcome.status == 0 && !lines.is_empty();
        let block = format!("```text\n{}\n```\n", lines.join("\n"));
        if is_well { Ok(block) } else { Err(format!("status {}\n\n{block}", outcome.status)) }
    }))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Run, cell, counts, header};
    use crate::workspace;

    #[test]
    fn what_was_wrong_stands_in_the_report() {
        let run = |result| Run { took: Duration::from_millis(1500), result };
        assert_eq!(cell(&run(Ok("a line".to_owned())), str::to_owned), "a line, 1.5 s");
        assert_eq!(cell(&run(Err("a | b".to_owned())), str::to_owned), "**wrong**: a / b");
    }

    #[test]
    fn tests_are_counted() {
        let (unit, integration, rejected) = counts(&workspace::root().unwrap());
        assert!(unit > 100 && integration > 100 && rejected > 300, "{unit}, {integration}, {rejected}");
        assert!(header(&workspace::root().unwrap(), Duration::ZERO).contains("| CPUs |"));
    }
}
