//! Lock stress on the host: exclusion, order over several levels, first come first served.
//!
//! Every wait has a deadline. The exclusion stress is run on a deliberately broken core as well, and must
//! catch it: a stress that never failed is not a check.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use lockorder::context::{IrqSafe, Spinning};
use lockorder::host::{Host, JoinHandle, spawn};
use lockorder::raw::{self, RawLock, RawReadWriteLock, ReadWrite, Ticket};
use lockorder::{IrqSpinLock, Platform, SpinLock, hierarchy, with_root};

/// Longest time any of these may take.
const DEADLINE: Duration = Duration::from_mins(2);

hierarchy! {
    /// Locks of the stress.
    hierarchy STRESS;
    /// Threads.
    level Scheduler = 10 {
        /// A process tree.
        class ProcessTree = 1;
    }
    /// Memory.
    level Memory = 20 {
        /// An address space.
        class AddressSpace = 0;
    }
    /// Files.
    level Filesystem = 40 {
        /// An inode.
        class Inode = 3;
    }
    /// Devices.
    level Device = 50 {
        /// A queue.
        class Queue = 0;
    }
}

/// Waits for all threads, or fails with where the locks stand.
fn join_all<T>(threads: Vec<JoinHandle<T>>, state: impl Fn() -> String) -> Vec<T> {
    let deadline = Instant::now() + DEADLINE;
    while threads.iter().any(|thread| !thread.is_finished()) {
        assert!(Instant::now() < deadline, "threads still run after {DEADLINE:?}: {}", state());
        std::thread::sleep(Duration::from_millis(2));
    }
    with_root(|mut held| {
        threads.into_iter().map(|thread| thread.join(&mut held).expect("no thread panics")).collect()
    })
}

#[test]
fn eight_threads_nest_four_levels_and_lose_no_update() {
    static TREE: SpinLock<ProcessTree, u64> = SpinLock::new(0);
    static SPACE: SpinLock<AddressSpace, u64> = SpinLock::new(0);
    static INODE: SpinLock<Inode, u64> = SpinLock::new(0);
    static QUEUE: IrqSpinLock<Queue, u64> = IrqSpinLock::new(0);
    const THREADS: u64 = 8;
    const ROUNDS: u64 = 50_000;

    let threads = (0..THREADS)
        .map(|thread| {
            spawn(move |mut held| {
                for round in 0..ROUNDS {
                    if (thread + round) % 2 == 0 {
                        held.with(&TREE, |tree, mut held| {
                            *tree += 1;
                            held.with(&INODE, |inode, mut held| {
                                *inode += 1;
                                held.with(&QUEUE, |queue, _| *queue += 1);
                            });
                        });
                    } else {
                        held.with(&SPACE, |space, mut held| {
                            *space += 1;
                            held.with(&QUEUE, |queue, _| *queue += 1);
                        });
                    }
                }
            })
        })
        .collect();
    join_all(threads, || format!("{TREE:?} {SPACE:?} {INODE:?} {QUEUE:?}"));
    with_root(|mut held| {
        let half = THREADS * ROUNDS / 2;
        assert_eq!(*held.lock(&TREE), half);
        assert_eq!(*held.lock(&SPACE), half);
        assert_eq!(*held.lock(&INODE), half);
        assert_eq!(*held.lock(&QUEUE), 2 * half);
    });
}

/// A machine on which waiters stand in line.
enum InLine {}

// SAFETY: threads of a process: nothing to mask, and exclusion is the core's.
unsafe impl Platform for InLine {
    const HAS_INTERRUPTS: bool = false;

    unsafe fn disable_interrupts() {}
    unsafe fn enable_interrupts() {}
    unsafe fn disable_preemption() {}
    unsafe fn enable_preemption() {}
    fn cpu() -> usize {
        0
    }
    fn relax() {
        std::thread::yield_now();
    }
    fn oversubscribed() -> bool {
        false
    }
    fn back_off() {}
}

/// Has `count` threads wait for a core one after the other, and checks that they are served so. `seen` tells from
/// what the core shows of itself that a thread stands in line.
fn served_in_order<R: RawLock + std::fmt::Debug + Send + Sync + 'static>(
    count: u64,
    seen: impl Fn(u64, &str, &str) -> bool,
) {
    let core = Arc::new(R::INIT);
    let served = Arc::new(AtomicU64::new(0));
    // SAFETY: this thread holds nothing else.
    unsafe { core.acquire::<InLine>() }
    let threads: Vec<_> = (0..count)
        .map(|number| {
            let before = format!("{core:?}");
            let (waiting_core, served) = (Arc::clone(&core), Arc::clone(&served));
            let thread = spawn(move |_held| {
                // SAFETY: this thread holds nothing else.
                unsafe { waiting_core.acquire::<InLine>() }
                let place = served.fetch_add(1, Ordering::Relaxed);
                // SAFETY: acquired above.
                unsafe { waiting_core.release() }
                (number, place)
            });
            // The next one starts only when this one stands in line.
            let deadline = Instant::now() + DEADLINE;
            while !seen(number, &before, &format!("{core:?}")) {
                assert!(Instant::now() < deadline, "thread {number} never queued: {core:?}");
                std::thread::yield_now();
            }
            thread
        })
        .collect();
    // SAFETY: acquired at the top.
    unsafe { core.release() }
    for (number, place) in join_all(threads, || format!("{core:?}")) {
        assert_eq!(number, place, "first come, first served");
    }
}

#[test]
fn waiters_are_served_in_the_order_they_came() {
    served_in_order::<Ticket<Spinning>>(6, |number, _, now| now.contains(&format!("queued: {}", number + 2)));
    // One waits right behind the holder, and four have the nodes of the one CPU that all are on.
    served_in_order::<raw::Queue<Spinning>>(5, |_, before, now| now != before);
}

/// A core that lets a second thread in now and then.
struct Busted {
    held: AtomicBool,
    count: AtomicU64,
}

// SAFETY: none; that it is wrong is its purpose. It guards nothing but atomics below.
unsafe impl RawLock for Busted {
    type Kind = Spinning;
    const INIT: Self = Self { held: AtomicBool::new(false), count: AtomicU64::new(0) };
    unsafe fn acquire<P: Platform>(&self) {
        while !self.try_acquire() {
            P::relax();
        }
    }
    fn try_acquire(&self) -> bool {
        !self.held.swap(true, Ordering::Acquire) || self.count.fetch_add(1, Ordering::Relaxed) % 64 == 63
    }
    unsafe fn release(&self) {
        self.held.store(false, Ordering::Release);
    }
    fn is_held(&self) -> bool {
        self.held.load(Ordering::Relaxed)
    }
}

/// The writers' side of a reader-writer core, as a core.
struct Writers<R>(R);

// SAFETY: as the reader-writer core promises of its writers.
unsafe impl<R: RawReadWriteLock> RawLock for Writers<R> {
    type Kind = R::Kind;
    const INIT: Self = Self(R::INIT);
    unsafe fn acquire<P: Platform>(&self) {
        // SAFETY: the caller's.
        unsafe { self.0.acquire_exclusive::<P>() }
    }
    fn try_acquire(&self) -> bool {
        self.0.try_acquire_exclusive()
    }
    unsafe fn release(&self) {
        // SAFETY: the caller is the writer.
        unsafe { self.0.release_exclusive() }
    }
    fn is_held(&self) -> bool {
        self.0.is_held()
    }
}

/// Counts how often two threads were inside at once, over `rounds` acquisitions by each of eight threads.
fn intrusions<R: RawLock + Send + Sync + 'static, P: Platform>(rounds: u32) -> u64 {
    struct Shared<R> {
        core: R,
        inside: AtomicU64,
        intrusions: AtomicU64,
    }
    let shared = Arc::new(Shared { core: R::INIT, inside: AtomicU64::new(0), intrusions: AtomicU64::new(0) });
    let threads = (0..8)
        .map(|_| {
            let shared = Arc::clone(&shared);
            spawn(move |_held| {
                for round in 0..rounds {
                    // SAFETY: this thread holds nothing else.
                    unsafe { shared.core.acquire::<P>() }
                    if shared.inside.fetch_add(1, Ordering::Relaxed) != 0 {
                        shared.intrusions.fetch_add(1, Ordering::Relaxed);
                    }
                    if round % 64 == 0 {
                        std::thread::yield_now();
                    }
                    shared.inside.fetch_sub(1, Ordering::Relaxed);
                    // SAFETY: acquired above.
                    unsafe { shared.core.release() }
                }
            })
        })
        .collect();
    join_all(threads, || format!("inside: {}", shared.inside.load(Ordering::Relaxed)));
    shared.intrusions.load(Ordering::Relaxed)
}

#[test]
fn nobody_else_gets_in_and_a_broken_lock_is_caught() {
    assert_eq!(intrusions::<Ticket<Spinning>, Host>(50_000), 0);
    assert_eq!(intrusions::<Ticket<IrqSafe>, Host>(50_000), 0);
    assert_eq!(intrusions::<raw::Queue<Spinning>, Host>(50_000), 0);
    assert_eq!(intrusions::<Writers<ReadWrite<Spinning>>, Host>(50_000), 0);
    // Eight threads on one CPU, so that nodes run out: some stand in line, and some barge.
    assert_eq!(intrusions::<raw::Queue<IrqSafe>, InLine>(5_000), 0);
    assert_eq!(intrusions::<Writers<ReadWrite<IrqSafe>>, InLine>(5_000), 0);
    assert!(intrusions::<Busted, Host>(50_000) > 0, "the stress did not notice a lock that lets others in");
}
