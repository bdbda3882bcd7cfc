//! The frames that each CPU keeps for itself.
//!
//! A CPU takes and gives back frames of its own cache with interrupts off and without a lock; when it is empty or
//! full, half of it is exchanged with the others' under the leaf lock. What is called with interrupts off is
//! closed code.

use core::sync::atomic::{AtomicU64, Ordering};

use lockorder::{CpuLocal, Exclusive, MAXIMUM_CPUS, OwnLine, with_irqs_off};

use super::{FRAMES, FreeFrames};
use crate::platform::Machine;
use machine::cpu;

/// The most frames one CPU keeps.
const MOST: usize = 64;
/// How many are exchanged at once.
const BATCH: usize = MOST / 2;

/// One CPU's frames.
struct Cache {
    frames: [u64; MOST],
    count: usize,
}

static CACHES: CpuLocal<Exclusive<Cache>, Machine> = CpuLocal::new(
    [const { OwnLine::new(Exclusive::new(Cache { frames: [0; MOST], count: 0 })) }; MAXIMUM_CPUS],
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
                COUNTS[cpu::current().index()].store(cache.count as u64, Ordering::Relaxed);
                result
            });
            result.expect("closed code does not come back to its cache")
        })
    }
}

/// One frame.
pub(super) fn take() -> Option<u64> {
    with_own(|cache| {
        if cache.count == 0 {
            FRAMES.with(|frames| {
                while cache.count < BATCH
                    && let Some(frame) = FreeFrames::allocate(frames)
                {
                    cache.frames[cache.count] = frame;
                    cache.count += 1;
                }
            });
        }
        cache.count = cache.count.checked_sub(1)?;
        Some(cache.frames[cache.count])
    })
}

/// Takes one back.
pub(super) fn give_back(frame: u64) {
    with_own(|cache| {
        if cache.count == MOST {
            FRAMES.with(|frames| {
                for &frame in &cache.frames[BATCH..] {
                    frames.give_back(frame);
                }
            });
            cache.count = BATCH;
        }
        cache.frames[cache.count] = frame;
        cache.count += 1;
    });
}

/// How many frames all CPUs keep.
pub(super) fn count() -> u64 {
    COUNTS.iter().map(|count| count.load(Ordering::Relaxed)).sum()
}
