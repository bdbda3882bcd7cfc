//! What the checker adds to one acquisition and release, with nothing held and with eight locks held.
//!
//! A compare-and-swap and a store stand for the lock, once alone and once with the checker told before and after, in
//! turn; shown is the median of the differences, in time-stamp counts. What is measured is the usual case: a sequence of
//! classes that has been seen before.

use std::fmt::Write;
use std::hint::black_box;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU32, Ordering};

use checker_tests::{Name, Thread};
use lockorder::checker::{Mode, Request, Wait};
use lockorder::host::Host;

/// Pairs in a round.
const PAIRS: u64 = 50_000;
/// Rounds.
const ROUNDS: usize = 101;

/// The time-stamp counter.
#[allow(unsafe_code, reason = "the counter has no safe name")]
fn counter() -> u64 {
    // SAFETY: every x86_64 CPU has it, and reading it has no effect.
    unsafe { core::arch::x86_64::_rdtsc() }
}

/// Counts for one pair.
fn each(body: impl Fn()) -> u64 {
    let before = counter();
    (0..PAIRS).for_each(|_| body());
    (counter() - before) / PAIRS
}

/// The lock itself.
fn pair(word: &AtomicU32, inside: impl FnOnce()) {
    // It is free: nobody else is here.
    let _ = word.compare_exchange(0, 1, Ordering::Acquire, Ordering::Relaxed);
    inside();
    word.store(0, Ordering::Release);
}

fn main() -> ExitCode {
    let thread = Thread::new();
    let word = AtomicU32::new(0);
    let mut text = String::from("| locks held | pair alone | the checker adds |\n|---:|---:|---:|\n");
    for held in [0_u64, 1, 2, 4, 8] {
        // The same class again and again, by recursive readers: the depth is what matters.
        for _ in 0..held {
            thread.acquire(Name::parse("A"), Mode::SharedRecursive, Wait::Spins);
        }
        let request =
            Request { tried: false, ..thread.request(Name::parse("B"), Mode::Exclusive, Wait::Spins) };
        let mut rounds: Vec<(u64, u64)> = (0..ROUNDS)
            .map(|_| {
                let alone = each(|| pair(black_box(&word), || ()));
                let checked = each(|| {
                    thread.checker().acquire::<Host>(thread.held(), black_box(&request));
                    pair(black_box(&word), || ());
                    thread.checker().release(thread.held(), request.class, request.lock, request.place);
                });
                (alone, checked.saturating_sub(alone))
            })
            .collect();
        rounds.sort_unstable_by_key(|&(_, added)| added);
        let (_, added) = rounds[ROUNDS / 2];
        rounds.sort_unstable();
        writeln!(text, "| {held} | {} | +{added} |", rounds[ROUNDS / 2].0)
            .expect("a string takes everything");
        for _ in 0..held {
            thread.release(Name::parse("A"));
        }
    }
    println!("{text}");
    println!("checks in full: {}", thread.checker().counts().checks);
    ExitCode::SUCCESS
}
