//! `lab`: one bug in four lights.
//!
//! A scenario of the [`laboratory`] is run with raw locks until it freezes; its typed form is shown to the compiler; a path that goes past the
//! types is shown to the run-time checker; and the steps are drawn as a timeline. With `--play` or in a page of its own the student is the
//! scheduler.

mod draw;
mod judge;
mod page;
mod play;
mod steps;

use std::fs;
use std::io::{IsTerminal, Write, stdin, stdout};
use std::path::PathBuf;

use clap::Args;
use laboratory::explore::Graph;
use laboratory::scenarios::{ALL, Scenario, named};

pub use judge::{Lights, light};
pub use page::page;
pub use play::play;
pub use steps::{Step, freeze};

use crate::compiler::{Checker, Library, place};

/// What to do.
#[derive(Debug, Args)]
pub struct Lab {
    /// The scenario; `list` or nothing lists them
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Choose the steps yourself
    #[arg(long, conflicts_with_all = ["out", "soak"])]
    play: bool,
    /// Write a page for a browser, in which you choose the steps
    #[arg(long, value_name = "FILE", conflicts_with = "soak")]
    out: Option<PathBuf>,
    /// Freeze it so many times
    #[arg(long, value_name = "TIMES")]
    soak: Option<u32>,
}

/// Prints; a reader that has gone away ends nothing.
fn say(text: &str) {
    let mut out = stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// The list.
fn list() -> String {
    let rows = ALL.iter().map(|scenario| format!("{:<18}{}\n", scenario.name, scenario.title));
    format!("{}\nTry one with: cargo run -- lab {}\n", rows.collect::<String>(), ALL[0].name)
}

/// What compiler and checker say of a scenario.
fn lights_of(scenario: &Scenario) -> Result<Lights, String> {
    light(&Library::compile(&place(), Checker::Off)?, &Library::compile(&place(), Checker::On)?, scenario)
}

/// A program in four lights.
fn show(scenario: &Scenario, graph: &Graph) -> Result<(), String> {
    let first = &graph.nodes[0];
    say(&format!("== {}\n\n{}\n{}\n\n", scenario.title, scenario.story, scenario.bug));
    say(&format!("== 1. With raw locks\n\n{}\n", draw::program(scenario)));
    let (steps, machine) = freeze(scenario, graph)?;
    say(&format!(
        "{} of its {} interleavings freeze. This is one, after {} steps:\n\n",
        first.freezing,
        first.ways,
        steps.len()
    ));
    say(&draw::stacks(&machine));
    say(&draw::circle(&machine));
    let lights = lights_of(scenario)?;
    say("\n== 2. With typed locks\n\n");
    match (&scenario.typed.refused, &lights.refused) {
        (Ok((text, _)), Some(message)) => say(&format!("{}\n{message}", draw::numbered(text))),
        (Err(why), _) => say(&format!("No error: {why}.\n\n")),
        _ => {}
    }
    say(&format!("Mended, and accepted:\n\n{}", draw::difference(&scenario.typed)));
    say("\n== 3. Past the types, with the run-time checker\n\n");
    match (&scenario.typed.dynamic, &lights.report) {
        (Ok((text, _)), Some(report)) => say(&format!("{}\n{}\n", draw::numbered(text), report.trim_end())),
        (Err(why), _) => say(&format!("No report: {why}.\n")),
        _ => {}
    }
    say(&format!("\n== 4. Step by step\n\n{}", draw::timeline(&steps, &machine)));
    say(&format!(
        "\nBe the scheduler: cargo run -- lab {0} --play, or in a browser: cargo run -- lab {0} --out {0}.html\n",
        scenario.name
    ));
    Ok(())
}

/// Freezes a program so many times.
fn soak(scenario: &Scenario, graph: &Graph, times: u32) -> Result<(), String> {
    for number in 1..=times {
        freeze(scenario, graph).map_err(|why| format!("at time {number}: {why}"))?;
    }
    say(&format!("{}: frozen {times} of {times} times\n", scenario.name));
    Ok(())
}

/// Does it; says whether all is well.
///
/// # Errors
///
/// One line with what to do.
pub fn run(options: &Lab) -> Result<bool, String> {
    let name = match options.name.as_deref() {
        None | Some("list") => {
            say(&list());
            return Ok(true);
        }
        Some(name) => name,
    };
    let scenario = named(name)
        .ok_or_else(|| format!("there is no scenario {name}; see them with: cargo run -- lab list"))?;
    let graph = Graph::of(scenario.program);
    if let Some(file) = &options.out {
        let lights = lights_of(scenario)?;
        fs::write(file, page(scenario, &graph, Some(&lights)))
            .map_err(|error| format!("{}: {error}", file.display()))?;
        say(&format!("{} can be opened in a browser\n", file.display()));
    } else if let Some(times) = options.soak {
        soak(scenario, &graph, times)?;
    } else if options.play {
        play(scenario, &graph, stdin().lock(), &mut stdout().lock(), stdin().is_terminal())
            .map_err(|error| error.to_string())?;
    } else {
        show(scenario, &graph)?;
    }
    Ok(true)
}
