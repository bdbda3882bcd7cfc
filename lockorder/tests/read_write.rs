//! The reader-writer lock: who is let in beside whom, and what becomes of a guard.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use lockorder::context::Spinning;
use lockorder::host::{Host, spawn};
use lockorder::raw::{RawReadWriteLock, ReadWrite};
use lockorder::{IrqRwLock, Platform, SpinLock, SpinRwLock, hierarchy, with_root};

/// Longest time that threads may take.
const DEADLINE: Duration = Duration::from_mins(1);

hierarchy! {
    /// Locks of these tests.
    hierarchy LOCKS;
    /// Files.
    level Filesystem = 40 {
        /// What is mounted.
        class Mounts = 0;
        /// A file.
        class Inode = 3;
    }
}

#[test]
fn a_guard_becomes_another() {
    let lock = SpinRwLock::<Mounts, u64>::new(1);
    let inner = SpinLock::<Inode, u64>::new(5);
    with_root(|mut held| {
        let mut upgradeable = held.upgradeable(&lock);
        let (value, mut inside) = upgradeable.split();
        assert_eq!(*value + *inside.lock(&inner), 6);
        let mut writer = upgradeable.try_upgrade().expect("nobody else reads");
        *writer += 1;
        assert!(lock.is_held_exclusively());
        let (value, mut inside) = writer.split();
        *value += *inside.lock(&inner);
        let upgradeable = writer.downgrade_to_upgradeable();
        assert!(lock.is_held() && !lock.is_held_exclusively());
        let mut writer = upgradeable.upgrade();
        *writer += 1;
        let mut reader = writer.downgrade();
        assert!(lock.is_held() && !lock.is_held_exclusively());
        let (value, mut inside) = reader.split();
        assert_eq!(*value + *inside.lock(&inner), 13);
        drop(reader);
        assert!(!lock.is_held());
        let reader = held.upgradeable(&lock).downgrade();
        assert_eq!((*reader, format!("{reader:?}")), (8, "8".to_owned()));
        drop(reader);
        assert_eq!(format!("{lock:?}"), "RwLock { class: \"Mounts\", held: false, exclusively: false, .. }");
    });
    assert_eq!(lock.into_inner(), 8);
}

#[test]
fn trying_says_who_is_let_in_beside_whom() {
    type Try = fn(&ReadWrite<Spinning>) -> bool;
    type Core = ReadWrite<Spinning>;
    let tries: [(&str, Try); 3] = [
        ("read", Core::try_acquire_shared),
        ("upgradeable", Core::try_acquire_upgradeable),
        ("write", Core::try_acquire_exclusive),
    ];
    let allowed = [("read", "read"), ("read", "upgradeable"), ("upgradeable", "read")];
    for (first, enter) in tries {
        for (second, enter_beside) in tries {
            let core = Core::INIT;
            assert!(enter(&core), "{first} of a free lock");
            let expected = allowed.contains(&(first, second));
            assert_eq!(enter_beside(&core), expected, "{second} beside {first}: {core:?}");
        }
    }
}

#[test]
fn upgrading_waits_for_readers_and_a_failed_try_leaves_the_guard() {
    let core = ReadWrite::<Spinning>::INIT;
    assert!(core.try_acquire_upgradeable() && core.try_acquire_shared());
    // SAFETY: acquired above, one of each.
    unsafe {
        assert!(!core.try_upgrade());
        core.release_shared();
        assert!(core.try_upgrade());
        core.downgrade_to_upgradeable();
        core.downgrade_upgradeable();
        assert!(!core.is_held_exclusively() && core.is_held());
        core.release_shared();
    }
    assert!(!core.is_held());
}

#[test]
fn a_waiting_writer_keeps_new_readers_out() {
    static CORE: ReadWrite<Spinning> = ReadWrite::INIT;
    assert!(CORE.try_acquire_shared());
    let writer = spawn(|_held| {
        // SAFETY: this thread holds nothing else, and releases what it has acquired.
        unsafe {
            CORE.acquire_exclusive::<Host>();
            CORE.release_exclusive();
        }
    });
    let deadline = Instant::now() + DEADLINE;
    while !format!("{CORE:?}").contains("writers_waiting: 1") {
        assert!(Instant::now() < deadline, "the writer never waited: {CORE:?}");
        std::thread::yield_now();
    }
    assert!(!CORE.try_acquire_shared() && !CORE.try_acquire_upgradeable());
    // SAFETY: acquired at the top.
    unsafe { CORE.release_shared() }
    while !writer.is_finished() {
        assert!(Instant::now() < deadline, "the writer never got in: {CORE:?}");
        std::thread::yield_now();
    }
    assert!(CORE.try_acquire_shared(), "nobody waits any more: {CORE:?}");
}

/// A machine on which who waits says so, and looks again when the test says so.
enum Staged {}

static WAITS: AtomicBool = AtomicBool::new(false);
static GO: AtomicBool = AtomicBool::new(false);

// SAFETY: threads of a process: nothing to mask, and exclusion is the core's.
unsafe impl Platform for Staged {
    unsafe fn disable_interrupts() {}
    unsafe fn enable_interrupts() {}
    unsafe fn disable_preemption() {}
    unsafe fn enable_preemption() {}
    fn cpu() -> usize {
        0
    }
    fn relax() {
        WAITS.store(true, Ordering::SeqCst);
        until("the test goes on", || GO.load(Ordering::SeqCst));
    }
    fn oversubscribed() -> bool {
        false
    }
    fn back_off() {}
}

/// Waits until it is so, or fails.
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !holds() {
        assert!(Instant::now() < deadline, "it never came to be that {what}");
        std::thread::yield_now();
    }
}

#[test]
fn a_reader_that_waits_enters_before_the_next_writer() {
    static CORE: ReadWrite<Spinning> = ReadWrite::INIT;
    assert!(CORE.try_acquire_exclusive());
    let reader = spawn(|_held| {
        // SAFETY: this thread holds nothing else, and releases what it has acquired.
        unsafe {
            CORE.acquire_shared::<Staged>();
            CORE.release_shared();
        }
    });
    until("the reader waits", || WAITS.load(Ordering::SeqCst));
    // SAFETY: acquired at the top.
    unsafe { CORE.release_exclusive() }
    // The reader has not looked yet, and is in all the same.
    assert!(!CORE.try_acquire_exclusive(), "a second writer passes the reader: {CORE:?}");
    GO.store(true, Ordering::SeqCst);
    until("the reader leaves", || reader.is_finished());
    assert!(CORE.try_acquire_exclusive(), "nobody is in any more: {CORE:?}");
}

#[test]
fn writers_that_come_again_and_again_let_a_reader_in() {
    static LOCK: SpinRwLock<Mounts, u64> = SpinRwLock::new(0);
    static DONE: AtomicBool = AtomicBool::new(false);
    const READS: u64 = 200;
    let writers: Vec<_> = (0..2)
        .map(|_| {
            spawn(|mut held| {
                while !DONE.load(Ordering::Relaxed) {
                    let mut count = held.write(&LOCK);
                    *count += 1;
                    let written = Instant::now();
                    while written.elapsed() < Duration::from_micros(20) {
                        std::hint::spin_loop();
                    }
                }
            })
        })
        .collect();
    let reader = spawn(|mut held| (0..READS).filter(|_| *held.read(&LOCK) > 0).count());
    until("the reader has read", || reader.is_finished());
    DONE.store(true, Ordering::Relaxed);
    until("the writers are done", || writers.iter().all(lockorder::host::JoinHandle::is_finished));
}

#[test]
fn eight_threads_read_write_and_upgrade_and_see_no_half_update() {
    static PAIR: IrqRwLock<Mounts, (u64, u64)> = IrqRwLock::new((0, 0));
    static TORN: AtomicU64 = AtomicU64::new(0);
    const ROUNDS: u64 = 4_000;
    let threads: Vec<_> = (0..8_u64)
        .map(|thread| {
            spawn(move |mut held| {
                let mut written = 0;
                for round in 0..ROUNDS {
                    let torn = match (thread + round) % 8 {
                        0 => {
                            let mut pair = held.write(&PAIR);
                            pair.0 += 1;
                            pair.1 += 1;
                            written += 1;
                            let pair = pair.downgrade();
                            pair.0 != pair.1
                        }
                        1 => {
                            let before = held.upgradeable(&PAIR);
                            let seen = before.0;
                            let mut pair = before.upgrade();
                            let moved = pair.0 != seen;
                            pair.0 += 1;
                            pair.1 += 1;
                            written += 1;
                            moved
                        }
                        _ => {
                            let pair = held.read(&PAIR);
                            pair.0 != pair.1
                        }
                    };
                    TORN.fetch_add(u64::from(torn), Ordering::Relaxed);
                }
                written
            })
        })
        .collect();
    let deadline = Instant::now() + DEADLINE;
    while threads.iter().any(|thread| !thread.is_finished()) {
        assert!(Instant::now() < deadline, "threads still run: {PAIR:?}");
        std::thread::sleep(Duration::from_millis(2));
    }
    with_root(|mut held| {
        let written: u64 = threads.into_iter().map(|thread| thread.join(&mut held).unwrap()).sum();
        assert_eq!(TORN.load(Ordering::Relaxed), 0);
        assert_eq!(*held.read(&PAIR), (written, written));
    });
}
