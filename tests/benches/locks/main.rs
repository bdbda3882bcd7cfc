//! What the locks cost, beside the best crates of each kind, in the same run.
//!
//! `cargo bench` prints one table of ratios and puts it into `docs/benchmarks.md`. Whole benchmark suites measure one
//! thing after the other; on a shared machine the first and the last then ran on different machines. So rounds go
//! through all subjects in turn, each round gives one ratio for each pair, and the median of these paired ratios is
//! what is shown.
//!
//! | part | what |
//! |---|---|
//! | [`subjects`] | the locks, ours and the peers', behind one trait |
//! | [`uncontended`] | one thread: acquire and release |
//! | [`contended`] | several threads: throughput, fairness, the longest wait |
//! | [`page`] | the tables, printed and written down |

mod contended;
mod page;
mod subjects;
mod uncontended;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test --benches` runs this to see that it works; so does anybody with `--test`.
    let quick = arguments.iter().any(|argument| argument == "--test");
    let locks = subjects::all();
    let mut text = page::heading();
    let (table, free) = uncontended::table(&locks, quick);
    text += &table;
    let mut plots = vec![("locks-free", "Acquired and released by one thread", "ns", free)];
    for (threads, name, title) in [
        (2, "locks-2-threads", "Two threads want it all the time"),
        (8, "locks-8-threads", "Eight threads want it all the time"),
    ] {
        let (table, throughput) = contended::table(&locks, threads, quick);
        text += &table;
        plots.push((name, title, "acquisitions in a second, against a test-and-set lock", throughput));
    }
    println!("{text}");
    if quick {
        return ExitCode::SUCCESS;
    }
    for (name, title, unit, bars) in plots {
        if let Err(error) = tests::plots::bars(name, title, unit, &bars) {
            eprintln!("cannot draw {name}: {error}");
            return ExitCode::FAILURE;
        }
    }
    match page::publish("locks", &text) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cannot write {}: {error}", page::PATH);
            ExitCode::FAILURE
        }
    }
}
