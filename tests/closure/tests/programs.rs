//! Random programs that compile neither hang, nor are reported, nor write at one time as another.
//!
//! The seed is that of the commit, or `LOCKORDER_SEED`; it is printed. `cargo run -- soak programs` goes on for half an hour, or
//! for `LOCKORDER_MINUTES`, with one seed after another, beginning with the time.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use closure_tests::closure::workspace;
use closure_tests::random::arena::{Arena, Counts};

/// The build directory that this test was built in.
fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("it is in the build directory").to_path_buf()
}

/// A place to work in.
fn arena(name: &str) -> Arena {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    Arena::new(&workspace(), &target(), &place).unwrap_or_else(|why| panic!("{why}"))
}

/// A number of the environment.
fn number(name: &str) -> Option<u64> {
    env::var(name).ok()?.parse().ok()
}

/// A number that changes with each commit.
fn commit() -> u64 {
    let output =
        Command::new("git").args(["rev-parse", "--short=8", "HEAD"]).current_dir(workspace()).output();
    let text =
        output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default();
    u64::from_str_radix(&text, 16).unwrap_or(1)
}

/// Runs a batch, and fails with what it finds.
fn batch(arena: &Arena, seed: u64, count: usize, programs: usize, end: Instant) -> Counts {
    println!("seed {seed}");
    let (counts, failure) = arena.batch(seed, count, programs, end).unwrap_or_else(|why| panic!("{why}"));
    let Counts { made, compiled, run } = counts;
    println!("{made} functions made, {compiled} compile; {run} programs run");
    if let Some(failure) = failure {
        panic!("a program that compiles fails; LOCKORDER_SEED={seed} makes it again\n{failure}");
    }
    counts
}

#[test]
fn some_hundred_random_programs_are_well() {
    let seed = number("LOCKORDER_SEED").unwrap_or_else(commit);
    let arena = arena("programs");
    let counts = batch(&arena, seed, 1200, 600, Instant::now() + Duration::from_secs(45));
    assert!(counts.compiled > 100, "hardly anything compiles");
}

#[test]
#[ignore = "takes half an hour: `cargo run -- soak programs`"]
fn random_programs_are_well_for_as_long_as_one_likes() {
    let end = Instant::now() + Duration::from_mins(number("LOCKORDER_MINUTES").unwrap_or(30));
    let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let mut seed = number("LOCKORDER_SEED").unwrap_or(time);
    let arena = arena("programs-soak");
    let mut sums = Counts::default();
    while Instant::now() < end {
        let counts = batch(&arena, seed, 1000, 1500, end);
        sums = Counts {
            made: sums.made + counts.made,
            compiled: sums.compiled + counts.compiled,
            run: sums.run + counts.run,
        };
        seed += 1;
    }
    println!("{} functions made, {} compile; {} programs run, all well", sums.made, sums.compiled, sums.run);
}
