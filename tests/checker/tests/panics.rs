//! A report may panic anywhere (`policy::panic`): nothing half acquired, listed or freed is left behind.
//!
//! Every place of the library that reports is made to, in one of four ways: the thread holds as many locks as it may; a lock
//! that was forgotten is held, so that the order is wrong or another thread is waited for; a lock is acquired again; or it is
//! released unlisted. Afterwards what was wanted is free, the thread's list is what it was, and acquiring works. Serialising
//! tokens order nothing and nobody waits with one, so they cause no report at all.
//!
//! One test is alone in its program: the library's own checker is one for all threads.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use lockorder::blocking::{Event, RankedCondvar, Semaphore, SerialToken};
use lockorder::checker::{CHECKER, MOST_HELD, Problem, Violation, policy};
use lockorder::host::{
    Condvar, Host, Mutex, RwLock, SignallingSemaphore, SleepLock, WaitQueue, scope, spawn,
};
use lockorder::{
    Atomic, Held, IrqSpinLock, Lazy, Once, Platform as _, Root, SpinLock, SpinRwLock, SpinSeqLock, Task,
    hierarchy, with_root,
};

hierarchy! {
    /// The locks of this test.
    hierarchy PANICS;
    /// What fills a thread's list.
    level Filled = 5 {
        /// Any number of them.
        class Filler = 0, order = address;
    }
    /// What is wanted, each in a class of its own.
    level Wanted = 20 {
        /// A spin lock.
        class Spins = 0;
        /// One for handlers as well.
        class Masks = 1;
        /// A mutex.
        class Parks = 2;
        /// A lock for long holds.
        class Sleeps = 3;
        /// A spinning reader-writer lock.
        class Reads = 4;
        /// One that sleeps.
        class Shares = 5;
        /// Several at once.
        class Sets = 6, order = address;
        /// A tree.
        class Nodes = 7, order = tree;
        /// A sequence lock.
        class Copies = 8;
        /// Data that is made once.
        class Makes = 9;
        /// The same, when it is needed.
        class Needs = 10;
        /// Something promised.
        class Promises = 11;
        /// A condition that is served.
        class Serves = 12;
        /// Permits.
        class Permits = 13;
        /// A token.
        class Serial = 14, order = serial;
    }
    /// What is forgotten.
    level Device = 50 {
        /// A mutex that is forgotten.
        class Forgotten = 0;
        /// A spin lock that is forgotten.
        class ForgottenSpin = 1;
    }
}

static SPINS: SpinLock<Spins, u64> = SpinLock::new(0);
static MASKS: IrqSpinLock<Masks, u64> = IrqSpinLock::new(0);
static PARKS: Mutex<Parks, u64> = Mutex::new(0);
static SLEEPS: SleepLock<Sleeps, u64> = SleepLock::new(0);
static READS: SpinRwLock<Reads, u64> = SpinRwLock::new(0);
static SHARES: RwLock<Shares, u64> = RwLock::new(0);
static SETS: [Mutex<Sets, u64>; 3] = [const { Mutex::new(0) }; 3];
static NODES: [Mutex<Nodes, u64>; 2] = [const { Mutex::new(0) }; 2];
static COPIES: SpinSeqLock<Copies, u64> = SpinSeqLock::new(0);
static NEEDS: Lazy<Needs, u64> = Lazy::new(|_| 7);
static PROMISED: Event<Promises> = Event::new();
static SERVED: RankedCondvar<Serves> = RankedCondvar::new();
static PERMITS: Semaphore<Permits> = Semaphore::new(2);
static SERIAL: SerialToken<Serial, u64> = SerialToken::new(0);
static ANOTHER: SerialToken<Serial, u64> = SerialToken::new(0);
static SHARED_BELOW: SleepLock<Sleeps, u64> = SleepLock::new(0);
static QUEUE: WaitQueue = WaitQueue::new();
static CHANGED: Condvar = Condvar::new();
static SIGNALS: SignallingSemaphore = SignallingSemaphore::new();

/// Longest wait of a path that waits although it should have been told.
const SOON: Duration = Duration::from_millis(50);

/// How many locks this thread is listed with.
fn depth() -> usize {
    Host::with_held_locks(lockorder::checker::HeldLocks::depth).expect("the host keeps a list")
}

/// Everything wanted is free, whoever looks.
fn all_free() -> bool {
    let held = [
        SPINS.is_held(),
        MASKS.is_held(),
        PARKS.is_held(),
        SLEEPS.is_held(),
        READS.is_held(),
        SHARES.is_held(),
        SETS.iter().any(Mutex::is_held),
        NODES.iter().any(Mutex::is_held),
        format!("{COPIES:?}").contains("held: true"),
        SERVED.is_served(),
        PERMITS.permits() != 2,
        SERIAL.is_held() || SERIAL.is_held_here(),
    ];
    !held.contains(&true)
}

/// A path that acquires something with a root that does not know what is held.
type Path = (&'static str, fn(&mut Root<'_, Task>));

/// What lists a lock: each reports when the list is full.
const LISTING: &[Path] = &[
    ("lock", |held| drop(held.lock(&SPINS))),
    ("lock, interrupts off", |held| drop(held.lock(&MASKS))),
    ("with", |held| held.with(&PARKS, |_, _| ())),
    ("acquire", |held| drop(held.acquire(&PARKS))),
    ("try_lock", |held| drop(held.try_lock(&SPINS))),
    ("try_lock, interrupts off", |held| drop(held.try_lock(&MASKS))),
    ("try_lock_any", |held| drop(held.try_lock_any(&PARKS))),
    ("lock_for", |held| drop(held.lock_for(&SLEEPS, SOON))),
    ("erased lock", |held| drop(held.erase().lock(&PARKS))),
    ("read", |held| drop(held.read(&READS))),
    ("write", |held| drop(held.write(&READS))),
    ("upgradeable", |held| drop(held.upgradeable(&READS))),
    ("try_read", |held| drop(held.try_read(&READS))),
    ("try_write", |held| drop(held.try_write(&SHARES))),
    ("try_upgradeable", |held| drop(held.try_upgradeable(&READS))),
    ("read_for", |held| drop(held.read_for(&SHARES, SOON))),
    ("write_for", |held| drop(held.write_for(&SHARES, SOON))),
    ("with_read", |held| held.with_read(&SHARES, |_, _| ())),
    ("with_write", |held| held.with_write(&SHARES, |_, _| ())),
    ("lock_pair", |held| drop(held.lock_pair(&SETS[0], &SETS[1]))),
    ("lock_array", |held| drop(held.lock_array([&SETS[2], &SETS[0], &SETS[1]]))),
    ("lock_slice", |held| drop(held.lock_slice(&mut SETS.iter().collect::<Vec<_>>()))),
    ("descend", |held| drop(held.lock(&NODES[0]).descend(&NODES[1]))),
    ("step", |held| drop(held.lock(&NODES[0]).step(&NODES[1]))),
    ("upgrade", |held| drop(held.upgradeable(&READS).upgrade().downgrade())),
    ("try_upgrade", |held| drop(held.upgradeable(&SHARES).try_upgrade())),
    ("update", |held| held.update(&COPIES, |_, _| ())),
    ("get_or_init", |held| {
        assert_eq!(*held.get_or_init(&Once::<Makes, u64>::new(), |_| 3), 3);
    }),
    ("force", |held| assert_eq!(*held.force(&Lazy::<Needs, u64>::new(|_| 3)), 3)),
    ("promise", |held| assert_eq!(Event::<Promises>::new().promise(held, |_| ()), Ok(()))),
    ("serve", |held| SERVED.serve(held, |_| ())),
    ("acquire a permit", |held| drop(PERMITS.acquire(held))),
    ("acquire a permit in time", |held| drop(PERMITS.acquire_for(held, SOON))),
    ("try for a permit", |held| drop(PERMITS.try_acquire(held))),
];

/// What checks an order without listing: each reports under what lies further in.
const LOOKING: &[Path] = &[
    ("snapshot", |held| assert_eq!(held.snapshot(&COPIES), 0)),
    ("get", |held| assert_eq!(held.get(&Once::<Makes, u64>::new()), None)),
    ("force what is there", |held| assert_eq!(*held.force(&NEEDS), 7)),
    ("wait for an event", |held| assert!(PROMISED.wait(held).is_err())),
];

/// What waits for another thread: each reports, before it waits, with anything forgotten.
const WAITING: &[Path] = &[
    ("wait_until_for", |held| assert!(QUEUE.wait_until_for(held, SOON, |_| false))),
    ("wait_until_may_sleep", |held| QUEUE.wait_until_may_sleep(held, |_| false)),
    ("condition variable", |held| drop(CHANGED.wait_for(held.lock(&PARKS), SOON))),
    ("signals", |held| assert!(SIGNALS.wait_for(held, SOON))),
    ("join", |held| spawn(|_| ()).join(held).expect("it does not panic")),
    ("scope", |held| scope(held, |_, _| ())),
];

/// What acquires, is taken off the list behind the library's back, and releases: each reports at the release.
const RELEASING: &[Path] = &[
    ("guard", |held| held.with(&SPINS, |_, _| unlist())),
    ("guard, interrupts off", |held| held.with(&MASKS, |_, _| unlist())),
    ("loose guard", |held| {
        let (_guard, _) = held.lock(&PARKS).loosen();
        unlist();
    }),
    ("mapped guard", |held| {
        let _guard = held.lock(&PARKS).map(|count| count);
        unlist();
    }),
    ("guard out of order", |held| {
        let _guard = held.try_lock_any(&PARKS);
        unlist();
    }),
    ("reader", |held| held.with_read(&READS, |_, _| unlist())),
    ("writer", |held| held.with_write(&SHARES, |_, _| unlist())),
    ("upgradeable reader", |held| {
        let _guard = held.upgradeable(&READS);
        unlist();
    }),
    ("array", |held| {
        let _guard = held.lock_array(SETS.each_ref());
        unlist();
    }),
    ("slice", |held| {
        let mut locks: Vec<_> = SETS.iter().collect();
        let _guard = held.lock_slice(&mut locks);
        unlist();
    }),
    ("child", |held| {
        let mut parent = held.lock(&NODES[0]);
        let _child = parent.descend(&NODES[1]);
        unlist();
    }),
    ("step", |held| {
        let parent = held.lock(&NODES[0]);
        unlist();
        drop(parent.step(&NODES[1]));
    }),
    ("update", |held| held.update(&COPIES, |_, _| unlist())),
    ("data made once", |held| {
        held.get_or_init(&Once::<Makes, u64>::new(), |_| {
            unlist();
            3
        });
    }),
    ("promise", |held| {
        let event = Event::<Promises>::new();
        let kept = catch_unwind(AssertUnwindSafe(|| event.promise(held, |_| unlist())));
        assert!(event.is_done(), "the work is done, whatever was told afterwards");
        kept.unwrap_or_else(|panic| resume_unwind(panic)).expect("nobody else has promised it");
    }),
    ("server", |held| SERVED.serve(held, |_| unlist())),
    ("permit", |held| {
        let _permit = PERMITS.acquire(held);
        unlist();
    }),
    ("condition variable", |held| {
        let guard = held.lock(&PARKS);
        unlist();
        drop(CHANGED.wait_for(guard, SOON));
    }),
];

std::thread_local! {
    /// The last problem that was told on this thread.
    static TOLD: Cell<Option<Problem>> = const { Cell::new(None) };
}

/// Remembers the problem, and panics.
fn panic_and_remember(violation: &Violation<'_>) {
    TOLD.set(Some(violation.problem));
    policy::panic(violation);
}

/// Takes the innermost lock off this thread's list.
fn unlist() {
    let _ = Host::with_held_locks(|held| {
        let last = held.iter().last().expect("something is held");
        CHECKER.release(held, last.class, last.lock, last.place);
    });
}

/// Runs `path`; the problem that was told, if it panicked.
fn told(held: &mut Root<'_, Task>, path: fn(&mut Root<'_, Task>)) -> Option<Problem> {
    TOLD.set(None);
    let panicked = catch_unwind(AssertUnwindSafe(|| path(held))).is_err();
    assert_eq!(panicked, TOLD.get().is_some(), "it panics where something is told, and only there");
    TOLD.get()
}

/// On a thread of its own.
fn alone(body: impl FnOnce(Root<'_, Task>) + Send) {
    thread::scope(|threads| {
        threads.spawn(|| with_root(body)).join().expect("nothing is left behind");
    });
}

/// Has this thread hold `count` locks that nobody will release.
fn fill(held: &mut Root<'_, Task>, count: usize) {
    let fillers: &'static [Mutex<Filler, ()>] = Vec::leak((0..count).map(|_| Mutex::new(())).collect());
    let mut fillers: Vec<_> = fillers.iter().collect();
    core::mem::forget(held.lock_slice(&mut fillers).expect("they differ"));
    assert_eq!(depth(), count);
}

/// Has this thread hold a mutex that nobody will release, and that ranks inside of everything that is wanted.
fn forget(held: &mut Root<'_, Task>) {
    let mutex: &'static Mutex<Forgotten, ()> = Box::leak(Box::new(Mutex::new(())));
    core::mem::forget(held.lock(mutex));
    assert_eq!(depth(), 1);
}

/// The checker learns the order anew: that what is forgotten comes inside of everything that is wanted.
fn teach() {
    static INNER: Mutex<Forgotten, u64> = Mutex::new(0);
    static SPINNING: SpinLock<ForgottenSpin, u64> = SpinLock::new(0);
    CHECKER.forget();
    alone(|mut held| {
        held.update(&COPIES, |_, mut held| *held.lock(&SPINNING) += 1);
        held.get_or_init(&Once::<Makes, u64>::new(), |mut held| *held.lock(&SPINNING));
        held.force(&Lazy::<Needs, u64, _>::new(|mut held: Held<'_, Needs, Atomic>| *held.lock(&SPINNING)));
        let promised = Event::<Promises>::new();
        assert_eq!(promised.promise(&mut held, |mut held| *held.lock(&INNER) += 1), Ok(()));
        SERVED.serve(&mut held, |mut held| *held.lock(&INNER) += 1);
    });
}

/// The list is full.
fn when_the_list_is_full() {
    for &(name, path) in LISTING {
        // Some need two places: the report comes at the first of them, and at the second.
        for room in [0, 1] {
            alone(|mut held| {
                fill(&mut held, MOST_HELD - room);
                let told = told(&mut held, path);
                assert!(told == Some(Problem::TooMany) || room == 1 && told.is_none(), "{name}: {told:?}");
                assert_eq!(depth(), MOST_HELD - room, "{name}: the list is another one");
                assert!(all_free(), "{name}: something stays held");
            });
            alone(|mut held| {
                assert_eq!(told(&mut held, path), None, "{name}: the next acquisition fails");
                assert!(depth() == 0 && all_free(), "{name}");
            });
        }
    }
}

/// The order is wrong where nothing is listed.
fn when_the_order_is_wrong() {
    for &(name, path) in LOOKING {
        teach();
        alone(|mut held| {
            if name == "wait for an event" {
                forget(&mut held);
            } else {
                let lock: &'static SpinLock<ForgottenSpin, ()> = Box::leak(Box::new(SpinLock::new(())));
                core::mem::forget(held.lock(lock));
            }
            assert_eq!(told(&mut held, path), Some(Problem::Order), "{name}");
            assert!(depth() == 1 && all_free(), "{name}");
        });
        alone(|mut held| {
            assert_eq!(told(&mut held, path), None, "{name}");
            assert!(depth() == 0 && all_free(), "{name}");
        });
    }
}

/// Another thread is waited for with something held: told before the wait, which would last for ever otherwise.
fn when_a_thread_is_waited_for() {
    CHECKER.forget();
    for &(name, path) in WAITING {
        alone(|mut held| {
            forget(&mut held);
            assert_eq!(told(&mut held, path), Some(Problem::WaitsForAThread), "{name}");
            assert!(depth() == 1 && all_free(), "{name}");
        });
    }
    // Each for ever, if it were not told: nobody will wake it.
    let for_ever: &[Path] = &[
        ("wait_until", |held| QUEUE.wait_until(held, |_| false)),
        ("wait_for_work", |held| QUEUE.wait_for_work(held, |_| false)),
        ("Condvar::wait", |held| drop(CHANGED.wait(held.lock(&PARKS)))),
        ("Condvar::wait_until", |held| drop(CHANGED.wait_until(held.lock(&PARKS), |_| false))),
        ("SignallingSemaphore::wait", |held| SIGNALS.wait(held)),
        ("JoinHandle::join", |held| {
            // It wants what this thread has forgotten.
            static WANTED: Mutex<Nodes, ()> = Mutex::new(());
            core::mem::forget(held.lock(&WANTED));
            let thread = spawn(|mut held| drop(held.lock(&WANTED)));
            unlist();
            thread.join(held).expect("it ends");
        }),
    ];
    for &(name, path) in for_ever {
        alone(|mut held| {
            forget(&mut held);
            assert_eq!(told(&mut held, path), Some(Problem::WaitsForAThread), "{name}");
            assert!(depth() == 1 && all_free(), "{name}");
        });
    }
}

/// What has been promised or is served is waited for with something further in held.
fn when_a_promise_or_a_server_is_waited_for() {
    let (event, ready, done) = (Event::<Promises>::new(), AtomicBool::new(false), AtomicBool::new(false));
    /// Lets the server leave, also where something is found missing.
    struct Leave<'a>(&'a AtomicBool);
    impl Drop for Leave<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Release);
        }
    }
    thread::scope(|threads| {
        let _leave = Leave(&done);
        threads.spawn(|| {
            with_root(|mut held| {
                let serve = |_: Held<'_, Serves, Task>| {
                    ready.store(true, Ordering::Release);
                    while !done.load(Ordering::Acquire) {
                        thread::yield_now();
                    }
                };
                // Promised first: its class ranks outside of the server's.
                event.promise(&mut held, |mut held| SERVED.serve(&mut held, serve))
            })
        });
        while !ready.load(Ordering::Acquire) {
            thread::yield_now();
        }
        // The order is not known here, so that what is told is the wait.
        CHECKER.forget();
        alone(|mut held| {
            forget(&mut held);
            let wait = catch_unwind(AssertUnwindSafe(|| event.wait(&mut held)));
            assert!(wait.is_err() && TOLD.get() == Some(Problem::WaitsForAThread));
            assert_eq!(depth(), 1);
        });
        alone(|mut held| {
            forget(&mut held);
            let guard = held.lock(&PARKS);
            let wait = catch_unwind(AssertUnwindSafe(|| SERVED.wait(guard)));
            assert!(wait.is_err() && TOLD.get() == Some(Problem::WaitsForAThread));
            assert!(depth() == 1 && !PARKS.is_held());
        });
        // And where the order is known, what is told is the order.
        teach();
        alone(|mut held| {
            forget(&mut held);
            let wait = catch_unwind(AssertUnwindSafe(|| event.wait(&mut held)));
            assert!(wait.is_err() && TOLD.get() == Some(Problem::Order));
            assert_eq!(depth(), 1);
        });
        alone(|mut held| {
            forget(&mut held);
            let permit = catch_unwind(AssertUnwindSafe(|| drop(PERMITS.acquire(&mut held))));
            assert!(permit.is_ok() && depth() == 1 && PERMITS.permits() == 2, "its order is not known");
        });
    });
    assert!(event.is_done() && all_free());
}

/// A lock is acquired again by the thread that has forgotten it.
fn when_a_lock_is_acquired_again() {
    alone(|mut held| {
        let lock: &'static SpinLock<Spins, ()> = Box::leak(Box::new(SpinLock::new(())));
        core::mem::forget(held.lock(lock));
        let again = catch_unwind(AssertUnwindSafe(|| drop(held.lock(lock))));
        assert!(again.is_err() && TOLD.get() == Some(Problem::Recursion));
        assert!(depth() == 1 && lock.is_held());
    });
    alone(|mut held| {
        let lock: &'static RwLock<Shares, ()> = Box::leak(Box::new(RwLock::new(())));
        core::mem::forget(held.read(lock));
        let again = catch_unwind(AssertUnwindSafe(|| drop(held.write(lock))));
        assert!(again.is_err() && TOLD.get() == Some(Problem::Recursion));
        assert!(depth() == 1 && !lock.is_held_exclusively());
    });
}

/// What is released is not listed.
fn when_a_release_is_told() {
    for &(name, path) in RELEASING {
        CHECKER.forget();
        alone(|mut held| {
            assert_eq!(told(&mut held, path), Some(Problem::NotHeld), "{name}");
            assert_eq!(depth(), 0, "{name}: something stays listed");
            assert!(all_free(), "{name}: something stays held");
        });
    }
}

/// Serialising tokens are held, and everything is done that may be done with them.
fn with_serialising_tokens() {
    CHECKER.forget();
    alone(|mut held| {
        held.with_serial_token(&SERIAL, |scope| {
            assert_eq!(depth(), 1);
            scope.held().with(&PARKS, |_, mut held| {
                held.with_shared_serial_token(&SERIAL, |scope| {
                    scope.held().with_serial_token(&ANOTHER, |scope| drop(scope.held().lock(&SHARED_BELOW)));
                });
            });
            for (name, path) in WAITING {
                // The one needs the root, the other somebody who wakes it.
                if !["condition variable", "wait_until_may_sleep"].contains(name) {
                    // Some of them panic by themselves, since nobody has come.
                    let _ = catch_unwind(AssertUnwindSafe(|| path(&mut scope.held())));
                    assert_eq!(TOLD.get(), None, "{name}");
                }
            }
            assert!(!scope.wait_for(&CHANGED, Duration::from_millis(1)));
        });
        assert!(depth() == 0 && all_free());
    });
    assert_eq!(CHECKER.counts().violations, 0);
    let mut edges = Vec::new();
    CHECKER.each_edge(|outer, inner| edges.push((outer.name, inner.name)));
    assert_eq!(edges, [("Parks", "Sleeps")], "a token orders nothing");
    // A full list: a token that is not listed is released like any other, and its memory may be freed.
    alone(|mut held| {
        fill(&mut held, MOST_HELD);
        let token = Box::new(SerialToken::<Serial, [u64; 4]>::new([7; 4]));
        held.with_serial_token(&token, |scope| scope.with(|data, _| data[0] += 1));
        held.with_shared_serial_token(&token, |scope| {
            scope.held().with_serial_token(&token, |scope| scope.with(|data, _| data[1] += 1));
        });
        assert!(!token.is_held() && !token.is_held_here() && depth() == MOST_HELD);
        drop(token);
        held.with_serial_token(&SERIAL, |scope| scope.with(|count, _| *count += 1));
        assert!(all_free() && depth() == MOST_HELD);
    });
}

#[test]
fn nothing_half_done_is_left_behind() {
    CHECKER.set_sink(panic_and_remember);
    // Hundreds of panics that are meant: their messages would hide one that is not.
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !panic.location().is_some_and(|place| place.file().ends_with("policy.rs")) {
            tell(panic);
        }
    }));
    // What has been made already, for those that only look.
    alone(|mut held| assert_eq!(*held.force(&NEEDS), 7));
    when_the_list_is_full();
    when_the_order_is_wrong();
    when_a_thread_is_waited_for();
    when_a_promise_or_a_server_is_waited_for();
    when_a_lock_is_acquired_again();
    when_a_release_is_told();
    with_serialising_tokens();
}
