//! Threads that come and go leave nothing behind.

use alloc::format;
use alloc::vec::Vec;
use core::time::Duration;

use lockorder::{Root, Task};

use super::{Verdict, check};
use base::mm::{self, drain, heap};
use base::sched::{self, Placement, reaper};

/// Threads in all.
const THREADS: usize = 1000;
/// How often the memory is looked at until it is back, ten milliseconds apart.
const LOOKS: usize = 200;

/// Heap bytes in use, and frames that are available once no CPU keeps blocks.
fn in_use(held: &mut Root<'_, Task>) -> (usize, u64) {
    drain::every_cpu(held);
    (heap::allocated(), mm::available_frames())
}

/// The memory in use once it does not change any more: threads that were joined a moment ago are freed when their
/// CPUs have left them.
fn at_rest(held: &mut Root<'_, Task>) -> (usize, u64) {
    let mut before = in_use(held);
    for _ in 0..LOOKS {
        reaper::settle(held);
        sched::sleep(held, Duration::from_millis(30));
        let now = in_use(held);
        if now == before {
            break;
        }
        before = now;
    }
    before
}

/// 1,000 threads are created and joined; memory in use is the same before and after.
pub(super) fn a_thousand_threads_leave_nothing(held: &mut Root<'_, Task>) -> Verdict {
    // Whatever is made once is made before the count.
    sched::spawn("first", Placement::default(), |_| ()).join(held);
    let before = at_rest(held);
    for number in 0..THREADS {
        let doubled = sched::spawn("short-lived", Placement::default(), move |_| 2 * number).join(held);
        check(doubled == 2 * number, || format!("thread {number} returned {doubled}"))?;
    }
    settles(held, before)
}

/// 1,000 threads are alive at once, and all are joined; what they took comes back, mapped stacks included.
pub(super) fn a_thousand_threads_at_once(held: &mut Root<'_, Task>) -> Verdict {
    // Page tables stay once they are made: the first thousand makes them.
    burst(held)?;
    let before = at_rest(held);
    burst(held)?;
    settles(held, before)
}

/// Starts 1,000 threads before the first is joined.
fn burst(held: &mut Root<'_, Task>) -> Verdict {
    let threads: Vec<_> = (0..THREADS)
        .map(|number| sched::spawn("one-of-many", Placement::default(), move |_| 2 * number))
        .collect();
    let sum: usize = threads.into_iter().map(|thread| thread.join(held)).sum();
    check(sum == THREADS * (THREADS - 1), || format!("the threads returned {sum} together"))
}

/// Waits until the memory in use is what it was. The last thread is freed when its CPU has left it, a moment after it
/// was joined, and its stack goes when the reaper has come to it.
fn settles(held: &mut Root<'_, Task>, before: (usize, u64)) -> Verdict {
    let mut after = (0, 0);
    for _ in 0..LOOKS {
        reaper::settle(held);
        after = in_use(held);
        if after == before {
            return Ok(());
        }
        sched::sleep(held, Duration::from_millis(10));
    }
    Err(format!("heap and frames are {after:?} and were {before:?}"))
}
