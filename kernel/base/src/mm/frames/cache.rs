//! The frames that each CPU keeps for itself.
//!
//! A CPU takes and gives back frames of its own cache with interrupts off and without a lock; when it is empty or
//! full, half of it is exchanged with the others' under the leaf lock. What is called with interrupts off is
//! closed code.

use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use lockorder::{CpuLocal, Exclusive, MAXIMUM_CPUS, OwnLine, with_irqs_off};

use x86_64::structures::paging::PhysFrame;

use super::metadata::{self, Owner};
use super::{FreeFrames, with_frames};
use crate::platform::Machine;
use machine::cpu;

/// The most frames one CPU keeps on any machine.
const MOST: usize = 64;
/// The fewest that are worth a cache.
const FEWEST: usize = 2;
/// What all CPUs together keep, which no other can have: one frame in so many at most, but for the fewest.
const SHARE: u64 = 32;

/// The most frames one CPU keeps on this machine. Half of it is exchanged at once.
static LIMIT: AtomicUsize = AtomicUsize::new(MOST);

/// The most frames that each of `cpus` may keep, where `free` are free.
fn limit(free: u64, cpus: usize) -> usize {
    let share = usize::try_from(free / SHARE).unwrap_or(usize::MAX);
    (share / cpus.max(1)).clamp(FEWEST, MOST)
}

/// Bounds what each of `cpus` keeps by the memory that there is. What a CPU has beyond that goes when it gives back next.
pub(super) fn bound(free: u64, cpus: usize) {
    LIMIT.store(limit(free, cpus), Ordering::Relaxed);
}

/// One CPU's frames.
struct Cache {
    /// The first `count` are there.
    frames: [Option<PhysFrame>; MOST],
    count: usize,
}

static CACHES: CpuLocal<Exclusive<Cache>, Machine> = CpuLocal::new(
    [const { OwnLine::new(Exclusive::new(Cache { frames: [None; MOST], count: 0 })) }; MAXIMUM_CPUS],
);

/// How many frames each CPU keeps, for those who count.
static COUNTS: [AtomicU64; cpu::MAXIMUM] = [const { AtomicU64::new(0) }; cpu::MAXIMUM];

/// Runs closed code on this CPU's frames.
fn with_own<O>(closed: impl FnOnce(&mut Cache) -> O) -> O {
    // SAFETY: the closures of this module take no more than the frames' leaf, and do not sleep.
    unsafe {
        with_irqs_off::<Machine, _>(|evidence| {
            let result = CACHES.with_mut(evidence, |cache| {
                let result = closed(cache);
                COUNTS[cpu::current().index().get()].store(cache.count as u64, Ordering::Relaxed);
                result
            });
            result.expect("closed code does not come back to its cache")
        })
    }
}

/// One frame for an owner.
pub(super) fn take(owner: Owner) -> Option<PhysFrame> {
    with_own(|cache| {
        if cache.count == 0 {
            let batch = LIMIT.load(Ordering::Relaxed) / 2;
            with_frames(|frames| {
                while cache.count < batch
                    && let Some(frame) = FreeFrames::allocate(frames)
                {
                    cache.frames[cache.count] = Some(frame);
                    cache.count += 1;
                }
            });
        }
        cache.count = cache.count.checked_sub(1)?;
        let frame = cache.frames[cache.count].take()?;
        metadata::hand_over(frame, owner);
        Some(frame)
    })
}

/// Says who has a frame from now on, which the caller has.
pub(super) fn hand_over(frame: PhysFrame, to: Owner) {
    with_own(|_| metadata::hand_over(frame, to));
}

/// Takes one back.
pub(super) fn give_back(frame: PhysFrame) {
    with_own(|cache| {
        let from = metadata::hand_over(frame, Owner::Free);
        debug_assert_ne!(from, Owner::Free, "a frame is given back twice");
        let limit = LIMIT.load(Ordering::Relaxed);
        if cache.count >= limit {
            let batch = limit / 2;
            with_frames(|frames| {
                for frame in cache.frames[batch..cache.count].iter_mut().filter_map(Option::take) {
                    frames.give_back(frame);
                }
            });
            cache.count = batch;
        }
        cache.frames[cache.count] = Some(frame);
        cache.count += 1;
    });
}

/// How many frames all CPUs keep.
pub(super) fn count() -> u64 {
    COUNTS.iter().map(|count| count.load(Ordering::Relaxed)).sum()
}

#[cfg(test)]
mod tests {
    use super::limit;

    #[test]
    fn caches_keep_a_small_part_of_memory() {
        // 48 MiB, less the heap, on 64 CPUs: 64 frames each would be 16 MiB.
        assert_eq!(limit(8900, 64), 4);
        assert_eq!(limit(48_000, 8), 64);
        assert_eq!(limit(0, 0), 2);
        assert_eq!(limit(u64::MAX, 1), 64);
    }
}
