//! How long the compiler takes to check an order of many classes: this library's encoding beside the pairwise one.
//!
//! `cargo bench -p tests --bench compile` prints a table, puts it into `docs/benchmarks.md` and draws the curve.

#[path = "../locks/page.rs"]
#[allow(dead_code, reason = "the locks' benchmark uses the rest")]
mod page;

use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use tests::compile_time::{Encoding, Package, slope};
use tests::plots::{Line, lines};

/// The sizes.
const SIZES: [usize; 5] = [250, 500, 1000, 2000, 4000];
/// Runs of each.
const RUNS: usize = 3;
/// The pairwise encoding ends where the next program, of twice the size, would take longer than this.
const LONGEST: Duration = Duration::from_secs(20);

fn main() -> ExitCode {
    let quick = std::env::args().any(|argument| argument == "--test");
    let package = Package::new(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("compile-time"));
    let (sizes, runs) = if quick { (&SIZES[..1], 1) } else { (&SIZES[..], RUNS) };
    let mut text =
        page::heading().replace("all locks in turn in each round", "an empty program's time taken off");
    text += "\n| classes, and as many nested acquisitions | `hierarchy!` | for each class | pairwise | for each class |\n|---:|---:|---:|---:|---:|\n";
    let mut curves = [Encoding::Ranks, Encoding::Pairs].map(|encoding| (encoding, Vec::new(), false));
    for &size in sizes {
        let mut cells = String::new();
        for (encoding, points, over) in &mut curves {
            if *over {
                cells += " not measured | |";
                continue;
            }
            let time = package.measure(*encoding, size, runs);
            *over = *encoding == Encoding::Pairs && 4 * time > LONGEST;
            #[allow(clippy::cast_precision_loss, reason = "thousands")]
            points.push((size as f64, time.as_secs_f64()));
            let each = time.as_secs_f64() * 1e6 / f64::from(u32::try_from(size).unwrap_or(1));
            let _ = write!(cells, " {:.2} s | {each:.0} µs |", time.as_secs_f64());
        }
        println!("{size} classes: {cells}");
        let _ = writeln!(text, "| {size} |{cells}");
    }
    if quick {
        return ExitCode::SUCCESS;
    }
    let _ = writeln!(
        text,
        "\nTimes grow with the number of classes to the power of {:.2} here, and of {:.2} pairwise.",
        slope(&curves[0].1),
        slope(&curves[1].1)
    );
    println!("{text}");
    let named = ["hierarchy!, one number for each class", "pairwise, an implementation for each pair"];
    let drawn: Vec<_> = curves
        .into_iter()
        .zip(named)
        .map(|((encoding, points, _), name)| Line {
            name: name.to_owned(),
            ours: encoding == Encoding::Ranks,
            points,
        })
        .collect();
    let axes = ["classes, and as many nested acquisitions", "seconds to check"];
    let written = lines("compile-time", "Checking an order of many classes", axes, &drawn)
        .map_err(|error| error.to_string())
        .and_then(|()| page::publish("compile", &text).map_err(|error| error.to_string()));
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cannot write the page or its plot: {error}");
            ExitCode::FAILURE
        }
    }
}
