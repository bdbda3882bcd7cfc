//! Torture: every kind of lock, by eight threads at once, with holds of all lengths (after Linux's locktorture).
//!
//! While a lock is held, a writer must be alone and a reader beside no writer: whoever comes in counts, and looks. Most
//! holds are short; some are long, so that waiters lose their patience and sleep, and become heirs. For each kind one
//! line says how often the lock was acquired, how much more the luckiest thread had of it than the unluckiest, and how
//! often somebody got in who must not. A lock that is broken on purpose must be caught: a torture that never
//! failed is none.
//!
//! One boot takes some seconds. `soak locks` boots over and over, for hours if asked.

use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use core::time::Duration;

use lockorder::{
    IrqQueueSpinLock, IrqRwLock, IrqSpinLock, QueueSpinLock, Root, SpinLock, SpinRwLock, SpinSeqLock, Task,
};

use super::FAILED;
use crate::classes::{
    BlockQueue, DescriptorTable, Interface, MountTable, PageCache, Pipe, ProcessTree, RandomPool, Socket,
};
use base::record;
use base::sched::{self, Mutex, Placement, Semaphore, SerialToken, SleepLock, SleepRwLock};

/// Threads for each kind.
const THREADS: usize = 8;
/// For how long each kind is tortured.
const TIME: Duration = Duration::from_millis(250);

static SPIN: SpinLock<PageCache, ()> = SpinLock::new(());
static QUEUE: QueueSpinLock<PageCache, ()> = QueueSpinLock::new(());
static IRQ_SPIN: IrqSpinLock<BlockQueue, ()> = IrqSpinLock::new(());
static IRQ_QUEUE: IrqQueueSpinLock<BlockQueue, ()> = IrqQueueSpinLock::new(());
static SPIN_RW: SpinRwLock<Interface, ()> = SpinRwLock::new(());
static IRQ_RW: IrqRwLock<Socket, ()> = IrqRwLock::new(());
static SEQUENCE: SpinSeqLock<RandomPool, [u64; 2]> = SpinSeqLock::new([0; 2]);
static MUTEX: Mutex<ProcessTree, ()> = Mutex::new(());
static SLEEP: SleepLock<Pipe, ()> = SleepLock::new(());
static SLEEP_RW: SleepRwLock<DescriptorTable, ()> = SleepRwLock::new(());
static PERMITS: Semaphore<Pipe> = Semaphore::new(1);
static TOKEN: SerialToken<MountTable, ()> = SerialToken::new(());
static BROKEN_LOCK: BrokenLock = BrokenLock { held: AtomicBool::new(false), tries: AtomicU32::new(0) };

/// What a thread does while it holds the lock.
type Section<'s> = &'s mut dyn FnMut();

/// One kind of lock.
struct Kind {
    name: &'static str,
    /// Acquires it, to write or to read, and runs the section.
    pass: fn(&mut Root<'_, Task>, bool, Section<'_>),
    /// Whether readers share it.
    shared: bool,
}

/// All kinds.
const KINDS: &[Kind] = &[
    Kind { name: "spin lock", shared: false, pass: |held, _, section| held.with(&SPIN, |(), _| section()) },
    Kind {
        name: "queued spin lock",
        shared: false,
        pass: |held, _, section| held.with(&QUEUE, |(), _| section()),
    },
    Kind {
        name: "interrupt-safe spin lock",
        shared: false,
        pass: |held, _, section| {
            held.with(&IRQ_SPIN, |(), _| section());
        },
    },
    Kind {
        name: "interrupt-safe queued lock",
        shared: false,
        pass: |held, _, section| {
            held.with(&IRQ_QUEUE, |(), _| section());
        },
    },
    Kind {
        name: "reader-writer spin lock",
        shared: true,
        pass: |held, write, section| {
            if write {
                let _guard = held.write(&SPIN_RW);
                section();
            } else {
                let _guard = held.read(&SPIN_RW);
                section();
            }
        },
    },
    Kind {
        name: "interrupt-safe reader-writer",
        shared: true,
        pass: |held, write, section| {
            if write {
                let _guard = held.write(&IRQ_RW);
                section();
            } else {
                let _guard = held.read(&IRQ_RW);
                section();
            }
        },
    },
    Kind {
        name: "sequence lock, writing",
        shared: false,
        pass: |held, _, section| {
            held.update(&SEQUENCE, |halves, _| {
                halves[0] += 1;
                section();
                halves[1] += 1;
            });
            let [one, other] = held.snapshot(&SEQUENCE);
            assert_eq!(one, other, "a reader saw half a write");
        },
    },
    Kind {
        name: "adaptive mutex",
        shared: false,
        pass: |held, _, section| held.with(&MUTEX, |(), _| section()),
    },
    Kind {
        name: "sleeping lock",
        shared: false,
        pass: |held, _, section| held.with(&SLEEP, |(), _| section()),
    },
    Kind {
        name: "sleeping reader-writer lock",
        shared: true,
        pass: |held, write, section| {
            if write {
                let _guard = held.write(&SLEEP_RW);
                section();
            } else {
                let _guard = held.read(&SLEEP_RW);
                section();
            }
        },
    },
    Kind {
        name: "semaphore of one permit",
        shared: false,
        pass: |held, _, section| {
            let _permit = PERMITS.acquire(held);
            section();
        },
    },
    Kind {
        name: "serialising token",
        shared: true,
        pass: |held, write, section| {
            if write {
                held.with_serial_token(&TOKEN, |_| section());
            } else {
                held.with_shared_serial_token(&TOKEN, |_| section());
            }
        },
    },
];

/// The one that must be caught.
const BROKEN: Kind =
    Kind { name: "broken lock", shared: false, pass: |_, _, section| BROKEN_LOCK.with(section) };

/// A lock that lets a second one in now and then. It protects nothing, so it needs no promise.
struct BrokenLock {
    held: AtomicBool,
    tries: AtomicU32,
}

impl BrokenLock {
    /// Runs the section, most often alone.
    fn with(&self, section: Section<'_>) {
        while self.held.swap(true, Ordering::Acquire) && self.tries.fetch_add(1, Ordering::Relaxed) % 16 != 15
        {
            core::hint::spin_loop();
        }
        section();
        self.held.store(false, Ordering::Release);
    }
}

/// Who is in.
#[derive(Default)]
struct Inside {
    writers: AtomicU32,
    readers: AtomicU32,
    wrong: AtomicU64,
}

impl Inside {
    /// A holder comes in, stays for a while, and goes.
    fn pass(&self, write: bool, pauses: u64) {
        let own = if write { &self.writers } else { &self.readers };
        let before = own.fetch_add(1, Ordering::SeqCst);
        let alone = !write || before == 0 && self.readers.load(Ordering::SeqCst) == 0;
        (0..pauses).for_each(|_| core::hint::spin_loop());
        let beside_no_writer = write || self.writers.load(Ordering::SeqCst) == 0;
        own.fetch_sub(1, Ordering::SeqCst);
        if !alone || !beside_no_writer {
            self.wrong.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// The next number of a sequence that looks random (Marsaglia, "Xorshift RNGs", 2003).
const fn next(seed: &mut u64) -> u64 {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    *seed
}

/// Tortures one kind; gives how often somebody got in who must not.
fn torture(held: &mut Root<'_, Task>, kind: &'static Kind) -> u64 {
    let (inside, stop) = (Arc::new(Inside::default()), Arc::new(AtomicBool::new(false)));
    let threads: Vec<_> = (0..THREADS)
        .map(|thread| {
            let (inside, stop) = (Arc::clone(&inside), Arc::clone(&stop));
            sched::spawn("torture", Placement::default(), move |mut held| {
                let (mut seed, mut count) = (0x9e37_79b9_7f4a_7c15 + thread as u64, 0_u64);
                while !stop.load(Ordering::Relaxed) {
                    let write = !kind.shared || next(&mut seed).is_multiple_of(4);
                    let pauses =
                        if next(&mut seed).is_multiple_of(256) { 20_000 } else { next(&mut seed) % 64 };
                    (kind.pass)(&mut held, write, &mut || inside.pass(write, pauses));
                    count += 1;
                    if next(&mut seed).is_multiple_of(64) {
                        sched::yield_now(&mut held);
                    }
                }
                count
            })
        })
        .collect();
    sched::sleep(held, TIME);
    stop.store(true, Ordering::Relaxed);
    let counts: Vec<u64> = threads.into_iter().map(|thread| thread.join(held)).collect();
    let (most, least) =
        (counts.iter().max().copied().unwrap_or(0), counts.iter().min().copied().unwrap_or(0));
    let wrong = inside.wrong.load(Ordering::Relaxed);
    let alarm = if wrong > 0 {
        " !!!"
    } else if most / 2 > least {
        " ???"
    } else {
        ""
    };
    base::println!(
        "locks: {:<28} {:>9} times, {most} and {least} by one thread, {wrong} wrong{alarm}",
        kind.name,
        counts.iter().sum::<u64>()
    );
    wrong
}

/// Tortures all kinds, and the broken one.
pub(super) fn run(held: Root<'_, Task>) -> u8 {
    let mut held = held;
    let wrong: u64 = KINDS.iter().map(|kind| torture(&mut held, kind)).sum();
    let caught = torture(&mut held, &BROKEN) > 0;
    if wrong > 0 || !caught {
        base::println!(
            "locks: {}",
            if caught { "somebody got in who must not" } else { "the broken lock was not caught" }
        );
        return FAILED;
    }
    record::marker(&format!("locks: {} kinds, and the broken one is caught", KINDS.len()));
    0
}
