//! Sequence locks, one-time data, per-CPU data and the queued core, as one thread and as few threads see them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use lockorder::context::Spinning;
use lockorder::host::{Host, JoinHandle, spawn};
use lockorder::raw::{Queue, Ticket};
use lockorder::{
    CpuLocal, Exclusive, InUse, IrqLazy, IrqOnce, IrqQueueSpinLock, IrqSeqLock, Lazy, MAXIMUM_CPUS, Once,
    OwnLine, Platform, QueueSpinLock, RawLock, SpinLock, SpinSeqLock, hierarchy, with_root,
};

/// Longest time that threads may take.
const DEADLINE: Duration = Duration::from_mins(1);

hierarchy! {
    /// Locks of these tests.
    hierarchy LOCKS;
    /// Devices.
    level Device = 50 {
        /// The time.
        class Clock = 0;
        /// The devices found.
        class Devices = 1;
        /// A device's requests.
        class Requests = 2;
    }
}

/// Waits for all threads, or fails.
fn join_all<T>(threads: Vec<JoinHandle<T>>) -> Vec<T> {
    let deadline = Instant::now() + DEADLINE;
    while threads.iter().any(|thread| !thread.is_finished()) {
        assert!(Instant::now() < deadline, "threads still run after {DEADLINE:?}");
        std::thread::sleep(Duration::from_millis(2));
    }
    with_root(|mut held| {
        threads.into_iter().map(|thread| thread.join(&mut held).expect("no thread panics")).collect()
    })
}

#[test]
fn a_queued_lock_is_a_lock_of_four_bytes() {
    static OUTER: QueueSpinLock<Clock, u64> = QueueSpinLock::new(1);
    static INNER: IrqQueueSpinLock<Requests, u64> = IrqQueueSpinLock::new(2);
    with_root(|mut held| {
        held.with(&OUTER, |outer, mut held| {
            *outer += *held.lock(&INNER);
            assert!(OUTER.is_held() && !INNER.is_held());
        });
        assert_eq!(*held.try_lock(&OUTER).expect("it is free"), 3);
    });
    assert_eq!(size_of::<QueueSpinLock<Clock, [u8; 4]>>(), 8);
    assert_eq!(format!("{:?}", Queue::<Spinning>::INIT), "Queue { held: false, pending: false, tail: 0 }");
}

/// Takes a core many times, by waiting and by trying in turn, and tries to get in beside the holder each time.
fn a_held_core_is_given_to_nobody<R: RawLock>() {
    let core = R::INIT;
    for round in 0..1_000 {
        if round % 2 == 0 {
            // SAFETY: this thread holds nothing else.
            unsafe { core.acquire::<Host>() }
        } else {
            assert!(core.try_acquire(), "round {round}: it is free");
        }
        assert!(core.is_held() && !core.try_acquire(), "round {round}: it is held");
        // SAFETY: acquired above, once.
        unsafe { core.release() }
        assert!(!core.is_held(), "round {round}: a try that fails leaves nothing behind");
    }
}

#[test]
fn held_cores_are_given_to_nobody() {
    a_held_core_is_given_to_nobody::<Ticket<Spinning>>();
    a_held_core_is_given_to_nobody::<Queue<Spinning>>();
}

#[test]
fn a_sequence_lock_gives_and_takes_copies() {
    let clock = SpinSeqLock::<Clock, [u8; 13]>::new(*b"before change");
    let inner = SpinLock::<Requests, u8>::new(b'!');
    with_root(|mut held| {
        assert_eq!(&held.snapshot(&clock), b"before change");
        let size = held.update(&clock, |text, mut held| {
            *text = *b"after change.";
            text[12] = *held.lock(&inner);
            text.len()
        });
        assert_eq!((size, &held.snapshot(&clock)), (13, b"after change!"));
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            held.update(&clock, |text, _| {
                text[0] = b'A';
                panic!("a writer that fails");
            });
        }));
        assert!(outcome.is_err());
        assert_eq!(&held.snapshot(&clock), b"after change!", "a failed change is none");
        assert_eq!(format!("{clock:?}"), "SeqLock { class: \"Clock\", held: false, .. }");
    });
    assert_eq!(&clock.into_inner(), b"after change!");
}

#[test]
fn what_a_sequence_lock_holds_may_be_of_any_size_and_alignment() {
    /// Copies a value in and out.
    fn there_and_back<T: lockorder::PlainData + Send + PartialEq + std::fmt::Debug>(first: T, second: T) {
        let lock = SpinSeqLock::<Clock, T>::new(first);
        with_root(|mut held| {
            assert_eq!(held.snapshot(&lock), first);
            held.update(&lock, |value, _| *value = second);
            assert_eq!(held.snapshot(&lock), second);
        });
    }
    there_and_back((), ());
    there_and_back(1_u8, u8::MAX);
    there_and_back([1_u16, 2, 3], [4, 5, u16::MAX]);
    there_and_back('a', 'ß');
    there_and_back(true, false);
    there_and_back([u64::MAX; 5], [1, 2, 3, 4, 5]);
    there_and_back([1_u8; 31], [2; 31]);
    there_and_back(u128::MAX, 1);
}

#[test]
fn readers_of_a_sequence_lock_see_whole_writes_that_only_grow() {
    static CLOCK: IrqSeqLock<Clock, [u64; 4]> = IrqSeqLock::new([0; 4]);
    static DONE: AtomicBool = AtomicBool::new(false);
    const ROUNDS: u64 = 20_000;
    let readers: Vec<_> = (0..6)
        .map(|_| {
            spawn(|mut held| {
                let (mut last, mut copies) = (0, 0_u64);
                while !DONE.load(Ordering::Relaxed) {
                    let copy = held.snapshot(&CLOCK);
                    assert!(copy.iter().all(|part| *part == copy[0]), "half a write: {copy:?}");
                    assert!(copy[0] >= last, "time went back from {last} to {copy:?}");
                    last = copy[0];
                    copies += 1;
                }
                copies
            })
        })
        .collect();
    let writers: Vec<_> = (0..2)
        .map(|_| {
            spawn(|mut held| {
                for _ in 0..ROUNDS {
                    held.update(&CLOCK, |time, _| *time = time.map(|part| part + 1));
                }
            })
        })
        .collect();
    join_all(writers);
    DONE.store(true, Ordering::Relaxed);
    join_all(readers);
    with_root(|mut held| assert_eq!(held.snapshot(&CLOCK), [2 * ROUNDS; 4], "a write was lost"));
}

#[test]
fn one_thread_makes_what_all_get() {
    static DEVICES: Once<Devices, Vec<u8>> = Once::new();
    static REQUESTS: SpinLock<Requests, u8> = SpinLock::new(7);
    static MADE: AtomicU64 = AtomicU64::new(0);
    let addresses = join_all(
        (0..8)
            .map(|_| {
                spawn(|mut held| {
                    let devices = held.get_or_init(&DEVICES, |mut held| {
                        MADE.fetch_add(1, Ordering::Relaxed);
                        std::thread::sleep(Duration::from_millis(20));
                        vec![*held.lock(&REQUESTS)]
                    });
                    assert_eq!(devices, &[7]);
                    std::ptr::from_ref(devices).addr()
                })
            })
            .collect(),
    );
    assert_eq!(MADE.load(Ordering::Relaxed), 1);
    assert!(addresses.iter().all(|address| *address == addresses[0]));
}

#[test]
fn an_initialiser_that_panics_leaves_it_to_the_next() {
    /// Counts how often it is dropped.
    struct Counted<'a>(&'a AtomicUsize);
    impl Drop for Counted<'_> {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    let dropped = AtomicUsize::new(0);
    let once = Once::<Devices, Counted<'_>>::new();
    with_root(|mut held| {
        assert!(held.get(&once).is_none());
        let failed = catch_unwind(AssertUnwindSafe(|| {
            held.get_or_init(&once, |_| panic!("no devices"));
        }));
        assert!(failed.is_err() && held.get(&once).is_none());
        held.get_or_init(&once, |_| Counted(&dropped));
        assert!(held.get(&once).is_some());
        held.get_or_init(&once, |_| unreachable!("it is made"));
        assert_eq!(format!("{once:?}"), "Once { class: \"Devices\", set: true, .. }");
    });
    assert_eq!(dropped.load(Ordering::Relaxed), 0);
    drop(once);
    assert_eq!(dropped.load(Ordering::Relaxed), 1);
    drop(Once::<Devices, Counted<'_>>::new());
    assert_eq!(dropped.load(Ordering::Relaxed), 1, "what was never made is not dropped");
}

#[test]
fn lazy_data_makes_itself_when_it_is_needed() {
    static FREQUENCY: Lazy<Clock, u64> = Lazy::new(|_held| 1_000);
    assert_eq!(format!("{FREQUENCY:?}"), "Lazy { class: \"Clock\", set: false, .. }");
    let frequency = with_root(|mut held| held.force(&FREQUENCY));
    assert_eq!(
        (*frequency, format!("{FREQUENCY:?}")),
        (1_000, "Lazy { class: \"Clock\", set: true, .. }".into())
    );
    // What it is made of may be the caller's.
    let captured = [1, 2];
    let lazy: Lazy<Clock, usize, _> =
        Lazy::new(|_: lockorder::Held<'_, Clock, lockorder::Atomic>| captured.len());
    with_root(|mut held| assert_eq!(*held.force(&lazy), 2));
}

#[test]
fn what_handlers_need_is_made_with_interrupts_off() {
    static FREQUENCY: IrqLazy<Clock, u64> = IrqLazy::new(|held| format!("{held:?}").len() as u64);
    static DEVICES: IrqOnce<Devices, String> = IrqOnce::new();
    with_root(|mut held| {
        let mut guard = held.irqs_off::<Host>();
        let mut held = guard.held();
        let expected = "Held(up to `Clock` (50.0), IrqOff)";
        assert_eq!(*held.force(&FREQUENCY), expected.len() as u64);
        let made = held.get_or_init(&DEVICES, |held| format!("{held:?}"));
        assert_eq!(made, "Held(up to `Devices` (50.1), IrqOff)");
    });
}

std::thread_local! {
    static CPU: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// A machine on which a thread says itself which CPU it is on.
enum Numbered {}

// SAFETY: threads of a process: nothing to mask, and exclusion is not the machine's.
unsafe impl Platform for Numbered {
    const HAS_INTERRUPTS: bool = false;

    unsafe fn disable_interrupts() {}
    unsafe fn enable_interrupts() {}
    unsafe fn disable_preemption() {}
    unsafe fn enable_preemption() {}
    fn cpu() -> usize {
        CPU.get()
    }
    fn relax() {
        std::thread::yield_now();
    }
    fn oversubscribed() -> bool {
        false
    }
    fn back_off() {}
}

#[test]
fn each_cpu_has_its_own_value() {
    let counts: CpuLocal<AtomicU64, Numbered> =
        CpuLocal::new([const { OwnLine::new(AtomicU64::new(0)) }; MAXIMUM_CPUS]);
    let lists: CpuLocal<Exclusive<Vec<usize>>, Numbered> =
        CpuLocal::new([const { OwnLine::new(Exclusive::new(Vec::new())) }; MAXIMUM_CPUS]);
    with_root(|mut held| {
        for cpu in [0, 63, 0] {
            CPU.set(cpu);
            let guard = held.irqs_off::<Numbered>();
            counts.with(guard.evidence(), |count| count.fetch_add(1, Ordering::Relaxed));
            let length = lists.with_mut(guard.evidence(), |list| {
                list.push(cpu);
                list.len()
            });
            let count = counts.with(guard.evidence(), |count| count.load(Ordering::Relaxed));
            assert_eq!(length.map(|length| length as u64), Ok(count));
        }
    });
    let counts: Vec<_> = counts.every().map(|count| count.load(Ordering::Relaxed)).collect();
    assert_eq!((counts[0], counts[63], counts.iter().sum::<u64>()), (2, 1, 3));
}

#[test]
fn coming_back_to_ones_own_value_is_refused() {
    let lists: CpuLocal<Exclusive<Vec<u8>>, Numbered> =
        CpuLocal::new([const { OwnLine::new(Exclusive::new(Vec::new())) }; MAXIMUM_CPUS]);
    with_root(|mut held| {
        let guard = held.irqs_off::<Numbered>();
        let within = lists.with_mut(guard.evidence(), |_| lists.with_mut(guard.evidence(), |_| ()));
        assert_eq!(within, Ok(Err(InUse)));
        let panicked =
            catch_unwind(AssertUnwindSafe(|| lists.with_mut(guard.evidence(), |_| panic!("within"))));
        assert!(panicked.is_err());
        assert_eq!(lists.with_mut(guard.evidence(), |list| list.len()), Ok(0), "given back");
    });
}

#[test]
fn threads_on_one_cpu_never_have_its_value_together() {
    // On a host all threads are on the first CPU, and nothing keeps them apart but the flag.
    static LISTS: CpuLocal<Exclusive<u64>, Host> =
        CpuLocal::new([const { OwnLine::new(Exclusive::new(0)) }; MAXIMUM_CPUS]);
    let counted: u64 = join_all(
        (0..4)
            .map(|_| {
                spawn(|mut held| {
                    let guard = held.irqs_off::<Host>();
                    (0..20_000)
                        .filter(|_| LISTS.with_mut(guard.evidence(), |count| *count += 1).is_ok())
                        .count() as u64
                })
            })
            .collect(),
    )
    .into_iter()
    .sum();
    with_root(|mut held| {
        let guard = held.irqs_off::<Host>();
        assert_eq!(LISTS.with_mut(guard.evidence(), |count| *count), Ok(counted));
    });
}
