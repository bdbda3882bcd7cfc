//! The command line: `cargo run -- swap` hands its options on to this.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use boot::report;
use boot::swap::Options;
use clap::Parser;
use swap::compiler::Workshop;
use swap::exceptions::EXCEPTIONS;
use swap::failure::Failure;
use swap::run::{self, Choice};
use swap::subject::{Workspace, kernel_folders};
use swap::{page, trial};

/// Breaks every nested acquisition of the kernel in turn: no broken kernel may compile.
#[derive(Debug, Parser)]
#[command(name = "swap", bin_name = "cargo run -- swap", max_term_width = 100)]
struct CommandLine {
    #[command(flatten)]
    options: Options,
}

/// Where the copy is broken.
fn place(root: &std::path::Path) -> PathBuf {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |set| root.join(set));
    target.join("swap")
}

/// Lists, or breaks; says whether all is as it must be.
fn act(options: &Options) -> Result<bool, Failure> {
    let root = mutation::root();
    let workspace = Workspace::read(&root, &root.join("lockorder"), kernel_folders(&root)?)?;
    if options.list {
        let mut out = std::io::stdout().lock();
        for subject in &workspace.subjects {
            for number in run::numbers(subject) {
                // Nobody is left to tell when standard output is gone.
                let _ = writeln!(out, "{}", run::name(subject, number));
            }
        }
        return Ok(true);
    }
    let choice = Choice { count: options.count, rotate: options.rotate, only: options.only.clone() };
    report::progress("checking the kernel as it is (the first time takes about a minute)");
    let workshop = Workshop::of_kernel(&place(&root))?;
    let began = std::time::Instant::now();
    let summary = run::run(&workshop, &workspace, &choice, EXCEPTIONS, report::step)?;
    let text = page::table(&summary.outcomes, &summary.twins);
    println!("{text}");
    if options.every {
        summary.outcomes.iter().for_each(|outcome| println!("{outcome}"));
    }
    let wrong = summary.wrong();
    for line in &wrong {
        report::failure(line);
    }
    let bare = summary.twins.iter().filter(|(_, twin)| *twin == trial::Twin::Bare).count();
    report::progress(&format!(
        "{} broken, {} not as they must be; {} twins, {bare} of them without a lock; {} builds in {} s",
        summary.outcomes.len(),
        wrong.len(),
        summary.twins.len(),
        summary.builds,
        began.elapsed().as_secs()
    ));
    if choice == Choice::default() && !options.print {
        page::publish(&root, &text)?;
    }
    Ok(wrong.is_empty())
}

fn main() -> ExitCode {
    let options = CommandLine::parse().options;
    match act(&options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            report::failure(&failure.to_string());
            ExitCode::FAILURE
        }
    }
}
