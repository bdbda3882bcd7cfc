//! Programs of Debian's package rt-tests, as they are, with the libraries that they ask for: `hackbench`, whose processes or threads send
//! each other messages through pipes or sockets, and `cyclictest`, whose threads wake up at given times. Judged is that they end well.

use std::path::{Path, PathBuf};

use super::program::{Asked, FOLDER, LIMIT, Program, Ready, Suite};
use crate::failure::Failure;
use crate::initramfs::Addition;
use crate::private_tools;
use crate::provision::{self, Need};

/// Where the guest has the programs.
const PLACE: &str = "rt-tests";
/// How they are run.
const RUNS: [&str; 9] = [
    "cyclictest -q -t 2 -l 200",
    "cyclictest -q -t 2 -l 200 -p 80 -m",
    "cyclictest -q -S -l 200 -i 2000",
    "hackbench --process -g 2 -l 50",
    "hackbench --process --pipe -g 2 -l 50",
    "hackbench --threads -g 2 -l 50",
    "hackbench --threads --pipe -g 2 -l 50",
    "hackbench --process -g 1 -l 20 -s 20000",
    "hackbench --threads --pipe -g 1 -l 20 -s 2000",
];
/// The libraries, where programs look for them.
const LIBRARIES: [&str; 4] = [
    "lib/x86_64-linux-gnu/libc.so.6",
    "lib/x86_64-linux-gnu/libnuma.so.1",
    "lib/x86_64-linux-gnu/libpthread.so.0",
    "lib/x86_64-linux-gnu/librt.so.1",
];
/// What loads programs.
const LOADER: &str = "lib64/ld-linux-x86-64.so.2";

/// What a run is called.
fn path(run: &str) -> String {
    format!("{PLACE}/{run}")
}

/// The suite.
pub(super) const SUITE: Suite = Suite {
    needs: &[Need::RealTimeTests],
    is_asked: |asked| RUNS.iter().any(|run| asked.is(&path(run))),
    make,
};

/// Gathers the programs and their libraries.
fn make(asked: Asked<'_>, _: &Path) -> Result<Ready, Failure> {
    let missing = || Need::RealTimeTests.missing("it was there a moment ago, and its libraries with it");
    let mut ready = Ready { version: PLACE.to_owned(), ..Ready::default() };
    for name in ["cyclictest", "hackbench"] {
        let host = provision::real_time_test(name).ok_or_else(missing)?;
        ready.additions.push(Addition { host, guest: format!("{FOLDER}/{PLACE}/{name}") });
    }
    for guest in LIBRARIES.iter().chain([&LOADER]) {
        ready
            .additions
            .push(Addition { host: library(guest).ok_or_else(missing)?, guest: (*guest).to_owned() });
    }
    let asked_for = RUNS.iter().filter(|run| asked.is(&path(run)));
    ready.programs = asked_for
        .map(|run| Program {
            path: path(run),
            before: String::new(),
            command: format!("/{FOLDER}/{PLACE}/{run}"),
            limit: LIMIT,
        })
        .collect();
    Ok(ready)
}

/// A library of this machine's or of the tools', by its path.
fn library(path: &str) -> Option<PathBuf> {
    let roots = [Some(PathBuf::from("/")), private_tools::prefix()];
    let places = roots.into_iter().flatten().flat_map(|root| [root.join(path), root.join("usr").join(path)]);
    places.into_iter().find(|file| file.is_file())
}
