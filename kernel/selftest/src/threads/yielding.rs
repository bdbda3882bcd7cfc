//! Yielding, spreading over CPUs, staying on one.

use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU64, Ordering};

use lockorder::{Root, Task};

use super::{Verdict, check};
use base::cpu;
use base::sched::thread::CpuSet;
use base::sched::{self, Placement};
use base::time::Instant;

/// Threads of the yield test.
const THREADS: u64 = 64;
/// Yields of each.
const YIELDS: u64 = 1000;

/// 64 threads yield 1,000 times each; all come to their end.
pub(super) fn sixty_four_threads_yield(held: &mut Root<'_, Task>) -> Verdict {
    let count = Arc::new(AtomicU64::new(0));
    let threads: Vec<_> = (0..THREADS)
        .map(|_| {
            let count = Arc::clone(&count);
            sched::spawn("yielder", Placement::default(), move |mut held| {
                for _ in 0..YIELDS {
                    count.fetch_add(1, Ordering::Relaxed);
                    sched::yield_now(&mut held);
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join(held);
    }
    let count = count.load(Ordering::Relaxed);
    check(count == THREADS * YIELDS, || format!("{count} yields and not {}", THREADS * YIELDS))
}

/// Threads that may run anywhere are stolen by CPUs that have nothing to do; pinned ones stay.
pub(super) fn threads_stay_where_they_must_and_spread_where_they_may(held: &mut Root<'_, Task>) -> Verdict {
    let online = cpu::online();
    let pinned: Vec<_> = cpu::all()
        .map(|own| {
            let placement = Placement { allowed: CpuSet::only(own), ..Placement::default() };
            let thread = sched::spawn("pinned", placement, move |mut held| {
                (0..200).all(|_| {
                    sched::yield_now(&mut held);
                    // Where it may not leave, looking twice sees the same.
                    cpu::current() == own
                })
            });
            (own, thread)
        })
        .collect();
    for (own, thread) in pinned {
        check(thread.join(held), || format!("a thread pinned to CPU {own} ran elsewhere"))?;
    }
    let seen = Arc::new(AtomicU64::new(0));
    let spread: Vec<_> = (0..4 * online)
        .map(|_| {
            let seen = Arc::clone(&seen);
            sched::spawn("free", Placement::default(), move |mut held| {
                let end = Instant::now().as_nanos() + 60_000_000;
                while Instant::now().as_nanos() < end {
                    seen.fetch_or(1 << cpu::current().get(), Ordering::Relaxed);
                    sched::yield_now(&mut held);
                }
            })
        })
        .collect();
    for thread in spread {
        thread.join(held);
    }
    let seen = seen.load(Ordering::Relaxed);
    check(seen.count_ones() as usize == online, || format!("CPUs {seen:#b} of {online} were used"))
}
