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
    text += &uncontended::table(&locks, quick);
    for threads in [2, 8] {
        text += &contended::table(&locks, threads, quick);
    }
    println!("{text}");
    if quick {
        return ExitCode::SUCCESS;
    }
    match page::publish(&text) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cannot write {}: {error}", page::PATH);
            ExitCode::FAILURE
        }
    }
}
