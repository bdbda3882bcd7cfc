//! The frames that each CPU keeps for itself.
//!
//! A CPU takes and gives back frames of its own cache with interrupts off and without a lock; when it is empty or
//! full, half of it is exchanged with the others' under the leaf lock. What is called with interrupts off is
//! closed code.
//!
//! Besides, it keeps a stock of frames that are zeroed: pages of processes and page tables begin as zeroes, and a CPU
//! that has nothing else to do zeroes some ahead (`stock`). A stock that is full costs an idle CPU one look.

use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use lockorder::{CpuLocal, Exclusive, MAXIMUM_CPUS, OwnLine, with_irqs_off};

use x86_64::structures::paging::PhysFrame;

use super::blocks::Purpose;
use super::metadata::{self, Owner};
use super::with_frames;
use crate::platform::Machine;
use machine::cpu::{self, Line, PerCpu};

/// The most frames one CPU keeps on any machine.
const MOST: usize = 64;
/// The most zeroed frames one CPU keeps on any machine.
const MOST_ZEROED: usize = 32;
/// The fewest that are worth a cache.
const FEWEST: usize = 2;
/// What all CPUs together keep, which no other can have: one frame in so many at most, but for the fewest.
const SHARE: u64 = 32;
/// The same, of zeroed ones.
const SHARE_ZEROED: u64 = 64;

/// The most frames one CPU keeps on this machine. Half of it is exchanged at once.
static LIMIT: AtomicUsize = AtomicUsize::new(MOST);

/// The most zeroed frames one CPU keeps on this machine: none before there are threads.
static LIMIT_ZEROED: AtomicUsize = AtomicUsize::new(0);

/// What each of `cpus` may keep of every `share` of `free` frames.
fn limit(free: u64, share: u64, cpus: usize) -> usize {
    usize::try_from(free / share).unwrap_or(usize::MAX) / cpus.max(1)
}

/// The most frames that each of `cpus` may keep, where `free` are free: any, and zeroed.
fn limits(free: u64, cpus: usize) -> (usize, usize) {
    let any = limit(free, SHARE, cpus).clamp(FEWEST, MOST);
    (any, limit(free, SHARE_ZEROED, cpus).min(MOST_ZEROED))
}

/// Bounds what each of `cpus` keeps by the memory that there is. What a CPU has beyond that goes when it gives back next.
pub(super) fn bound(free: u64, cpus: usize) {
    let (any, zeroed) = limits(free, cpus);
    LIMIT.store(any, Ordering::Relaxed);
    LIMIT_ZEROED.store(zeroed, Ordering::Relaxed);
}

/// Frames, `MOST` at most.
struct Pile<const MOST: usize> {
    /// The first `count` are there.
    frames: [Option<PhysFrame>; MOST],
    count: usize,
}

impl<const MOST: usize> Pile<MOST> {
    const fn new() -> Self {
        Self { frames: [None; MOST], count: 0 }
    }

    fn push(&mut self, frame: PhysFrame) {
        self.frames[self.count] = Some(frame);
        self.count += 1;
    }

    fn pop(&mut self) -> Option<PhysFrame> {
        self.count = self.count.checked_sub(1)?;
        self.frames[self.count].take()
    }
}

/// One CPU's frames.
struct Cache {
    /// With whatever is in them.
    any: Pile<MOST>,
    /// Zeroed.
    zeroed: Pile<MOST_ZEROED>,
    /// The one that is being zeroed.
    in_work: Option<PhysFrame>,
}

impl Cache {
    /// Takes one of `any`; where there is none, some come from the frames that everybody has.
    fn take_any(&mut self, purpose: Purpose) -> Option<PhysFrame> {
        if self.any.count == 0 {
            let batch = LIMIT.load(Ordering::Relaxed) / 2;
            with_frames(|frames| frames.allocate_some(batch as u64, purpose, |frame| self.any.push(frame)));
        }
        self.any.pop()
    }

    /// Takes one that is zeroed.
    fn take_zeroed(&mut self) -> Option<PhysFrame> {
        let frame = self.zeroed.pop()?;
        self.count_zeroed();
        Some(frame)
    }

    /// Says how many are zeroed. On this CPU, interrupts off.
    fn count_zeroed(&self) {
        ZEROED[cpu::current().index()].store(self.zeroed.count as u64, Ordering::Relaxed);
    }
}

static CACHES: CpuLocal<Exclusive<Cache>, Machine> = CpuLocal::new(
    [const { OwnLine::new(Exclusive::new(Cache { any: Pile::new(), zeroed: Pile::new(), in_work: None })) };
        MAXIMUM_CPUS],
);

/// How many zeroed frames each CPU keeps, for those who count.
static ZEROED: PerCpu<AtomicU64> = PerCpu::new([const { Line::new(AtomicU64::new(0)) }; cpu::MAXIMUM]);

/// Runs closed code on this CPU's frames.
fn with_own<O>(closed: impl FnOnce(&mut Cache) -> O) -> O {
    // SAFETY: the closures of this module take no more than the frames' leaf, and do not sleep.
    unsafe {
        with_irqs_off::<Machine, _>(|evidence| {
            CACHES.with_mut(evidence, closed).expect("closed code does not come back to its cache")
        })
    }
}

/// One frame for an owner, with whatever is in it.
pub(super) fn take(owner: Owner) -> Option<PhysFrame> {
    with_own(|cache| {
        let frame = cache.take_any(owner.purpose()).or_else(|| cache.take_zeroed())?;
        metadata::hand_over(frame, owner);
        Some(frame)
    })
}

/// One frame for an owner, and whether it is zeroed.
pub(super) fn take_zeroed(owner: Owner) -> Option<(PhysFrame, bool)> {
    with_own(|cache| {
        let stocked = cache.take_zeroed().map(|frame| (frame, true));
        let (frame, is_zeroed) =
            stocked.or_else(|| cache.take_any(owner.purpose()).map(|frame| (frame, false)))?;
        metadata::hand_over(frame, owner);
        Some((frame, is_zeroed))
    })
}

/// Zeroes one frame for this CPU's stock, with `zero`, interrupts on; says whether it did. It does not where the stock is
/// full, or memory is scarce. Called by a thread that stays on its CPU, the only one of this CPU that calls it.
pub(super) fn stock(zero: impl FnOnce(PhysFrame)) -> bool {
    let frame = with_own(|cache| {
        if cache.in_work.is_some() || cache.zeroed.count >= LIMIT_ZEROED.load(Ordering::Relaxed) {
            return None;
        }
        cache.in_work = cache.take_any(Purpose::User);
        cache.in_work
    });
    let Some(frame) = frame else { return false };
    zero(frame);
    with_own(|cache| {
        if let Some(frame) = cache.in_work.take() {
            cache.zeroed.push(frame);
            cache.count_zeroed();
        }
    });
    true
}

/// Says who has `count` neighbouring frames from now on, which the caller has.
pub(super) fn hand_over(first: PhysFrame, count: u64, to: Owner) {
    let mut done = 0;
    while done < count {
        // So few that interrupts are not off for long.
        let end = count.min(done + MOST as u64);
        with_own(|_| {
            for number in done..end {
                let from = metadata::hand_over(first + number, to);
                debug_assert!(from != Owner::Free || to != Owner::Free, "a frame is given back twice");
            }
        });
        done = end;
    }
}

/// Takes one back.
pub(super) fn give_back(frame: PhysFrame) {
    with_own(|cache| {
        let from = metadata::hand_over(frame, Owner::Free);
        debug_assert_ne!(from, Owner::Free, "a frame is given back twice");
        let limit = LIMIT.load(Ordering::Relaxed);
        if cache.any.count >= limit {
            with_frames(|frames| {
                while cache.any.count > limit / 2
                    && let Some(frame) = cache.any.pop()
                {
                    frames.give_back(frame);
                }
            });
        }
        cache.any.push(frame);
    });
}

/// Gives back all that this CPU keeps, a batch at a time.
pub(super) fn flush() {
    while with_own(|cache| {
        with_frames(|frames| {
            for _ in 0..MOST / 2 {
                let Some(frame) = cache.any.pop().or_else(|| cache.take_zeroed()) else { return false };
                frames.give_back(frame);
            }
            true
        })
    }) {}
}

/// How many zeroed frames all CPUs keep.
pub(super) fn zeroed_count() -> u64 {
    ZEROED.iter().map(|zeroed| zeroed.load(Ordering::Relaxed)).sum()
}

#[cfg(test)]
mod tests {
    use super::{PhysFrame, Pile, limits};
    use crate::mm::PhysAddr;

    #[test]
    fn caches_keep_a_small_part_of_memory() {
        // 48 MiB, less the image, on 64 CPUs: 64 frames each would be 16 MiB.
        assert_eq!(limits(8900, 64), (4, 2));
        assert_eq!(limits(48_000, 8), (64, 32));
        assert_eq!(limits(0, 0), (2, 0));
        assert_eq!(limits(u64::MAX, 1), (64, 32));
    }

    #[test]
    fn a_pile_gives_each_frame_once() {
        let frame = |number: u64| PhysFrame::containing_address(PhysAddr::new(number << 12));
        let mut pile = Pile::<4>::new();
        (1..=4).for_each(|number| pile.push(frame(number)));
        let popped: [_; 5] = core::array::from_fn(|_| pile.pop());
        assert_eq!(popped, [Some(frame(4)), Some(frame(3)), Some(frame(2)), Some(frame(1)), None]);
    }
}
