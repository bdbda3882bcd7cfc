//! Sections and pauses of all lengths.

use lockorder::RawLock;
use lockorder::context::Spinning;
use lockorder::raw::Queue;
use planned_tests::numbered::{Numbered, be_on};
use planned_tests::on_threads;

use super::Guarded;

/// Spins for a while.
fn spin(times: u64) {
    (0..times).for_each(|_| std::hint::spin_loop());
}

/// Threads add, with sections and pauses of such lengths.
fn under_load(
    threads: usize,
    rounds: u64,
    inside: impl Fn(u64) -> u64 + Sync,
    outside: impl Fn(u64) -> u64 + Sync,
) {
    let guarded = Guarded::new();
    on_threads(threads, |thread| {
        be_on(thread);
        for round in 0..rounds {
            guarded.with(|number| {
                let before = *number;
                spin(inside(round * 31 + thread as u64));
                *number = before + 1;
            });
            spin(outside(round * 17 + thread as u64));
        }
    });
    assert_eq!(guarded.with(|number| *number), threads as u64 * rounds);
}

#[test]
fn short_sections_without_a_pause() {
    under_load(4, 300, |_| 0, |_| 0);
}

#[test]
fn long_sections_without_a_pause() {
    under_load(4, 50, |_| 2000, |_| 0);
}

#[test]
fn short_sections_with_long_pauses() {
    under_load(4, 200, |_| 5, |_| 2000);
}

#[test]
fn sections_and_pauses_of_all_lengths() {
    under_load(
        4,
        150,
        |seed| seed.wrapping_mul(0x9e37_79b9) % 700,
        |seed| seed.wrapping_mul(0x85eb_ca6b) % 700,
    );
}

#[test]
fn more_threads_than_cpus() {
    under_load(16, 20, |_| 50, |_| 50);
}

#[test]
#[allow(unsafe_code, reason = "a core is released by hand")]
fn where_cpus_are_scarce_everybody_gets_in() {
    let (core, count) = (Queue::<Spinning>::INIT, std::sync::atomic::AtomicU64::new(0));
    on_threads(8, |thread| {
        be_on(thread);
        for _ in 0..300 {
            core.acquire::<Numbered<true>>();
            let before = count.load(std::sync::atomic::Ordering::Relaxed);
            spin(20);
            count.store(before + 1, std::sync::atomic::Ordering::Relaxed);
            // SAFETY: acquired above.
            unsafe { core.release() }
        }
    });
    assert_eq!(count.into_inner(), 2400);
}
