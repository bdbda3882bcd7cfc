//! Programs that once got through, in safe code, and broke what the library claims; each shows here that it does no harm.
//!
//! What does not compile any more is in the corpus of rejected programs, and what a report of the run-time checker did is
//! among the checker's tests. A program that hangs is ended by a deadline, and fails.

use lockorder::hierarchy;

hierarchy! {
    /// Classes for these programs.
    hierarchy ATTACKS;
    /// Files.
    level Filesystem = 40 {
        /// Something promised.
        class Done = 0;
        /// A file.
        class Inode = 3;
        /// A token.
        class Names = 4, order = serial;
        /// Permits.
        class Slots = 5;
    }
}

/// The programs. What declares classes is generated, and says itself that it is unsafe; the programs are safe code.
mod programs {
    #![forbid(unsafe_code)]

    use std::io::ErrorKind;
    use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
    use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
    use std::sync::mpsc::channel;
    use std::sync::{Arc, Barrier, Mutex as SystemMutex};
    use std::thread;
    use std::time::{Duration, Instant};

    use lockorder::blocking::{Event, EventError, Semaphore, SerialToken};
    use lockorder::host::{
        Condvar, JoinError, JoinHandle, Mutex, SleepLock, WaitQueue, defer, drain_deferred, scope, spawn,
        try_spawn,
    };
    use lockorder::{Root, SpinSeqLock, Task, with_root};

    use super::{Done, Inode, Names, Slots};

    /// No program may take longer.
    const DEADLINE: Duration = Duration::from_secs(40);
    /// Long enough for a thread to come where it waits; where it is not, a program shows less, and fails no more often.
    const MOMENT: Duration = Duration::from_millis(50);

    /// Runs a program on a thread of its own, and gives up on it at the deadline.
    fn ends<O: Send + 'static>(program: impl FnOnce() -> O + Send + 'static) -> O {
        let (sender, result) = channel();
        let thread = thread::spawn(move || {
            let result = program();
            // Nobody listens to a program that came too late.
            let _ = sender.send(result);
        });
        if let Ok(result) = result.recv_timeout(DEADLINE) {
            return result;
        }
        assert!(thread.is_finished(), "the program hangs");
        panic!("the program panics: {:?}", thread.join().err());
    }

    /// Waits until something holds; programs as a whole have a deadline.
    fn until(holds: impl Fn() -> bool) {
        while !holds() {
            thread::yield_now();
        }
    }

    #[test]
    fn threads_that_join_each_other_in_a_circle_are_refused() {
        type Slot = SystemMutex<Option<JoinHandle<bool>>>;
        /// Joins the next one; says whether that was refused.
        fn body(slots: &[Slot; 3], this: usize, mut held: Root<'_, Task>) -> bool {
            let next = loop {
                let next = slots[(this + 1) % 3].lock().expect("nobody panics with it").take();
                if let Some(next) = next {
                    break next;
                }
                thread::yield_now();
            };
            match next.join(&mut held) {
                Err(JoinError::Order(order, _)) => {
                    let text = order.to_string();
                    assert!(text.contains(&order.joining) && text.contains(&order.joined), "{text}");
                    true
                }
                result => {
                    result.expect("the thread does not panic");
                    false
                }
            }
        }
        ends(|| {
            let slots: Arc<[Slot; 3]> = Arc::default();
            let refused: Arc<[AtomicBool; 3]> = Arc::default();
            let ended = Arc::new(AtomicU32::new(0));
            for this in 0..3 {
                let (all, refused, ended) = (Arc::clone(&slots), Arc::clone(&refused), Arc::clone(&ended));
                let thread = spawn(move |held| {
                    let result = body(&all, this, held);
                    refused[this].store(result, Ordering::Release);
                    ended.fetch_add(1, Ordering::AcqRel);
                    result
                });
                *slots[this].lock().expect("nobody panics with it") = Some(thread);
            }
            until(|| ended.load(Ordering::Acquire) == 3);
            let refused: Vec<_> = refused.iter().map(|refused| refused.load(Ordering::Acquire)).collect();
            assert_eq!(refused, [false, false, true], "the youngest of the circle would have closed it");
        });
    }

    #[test]
    fn a_thread_does_not_join_itself() {
        ends(|| {
            let slot = Arc::new(SystemMutex::new(None::<JoinHandle<()>>));
            let own = Arc::clone(&slot);
            let thread = spawn(move |mut held| {
                let itself = loop {
                    if let Some(itself) = own.lock().expect("nobody panics with it").take() {
                        break itself;
                    }
                    thread::yield_now();
                };
                assert!(matches!(itself.join(&mut held), Err(JoinError::Order(..))));
                assert!(own.lock().expect("nobody panics with it").replace(spawn(|_| ())).is_none());
            });
            *slot.lock().expect("nobody panics with it") = Some(thread);
            // Something else stands there once the thread has been refused.
            until(|| slot.try_lock().is_ok_and(|slot| slot.as_ref().is_some_and(JoinHandle::is_finished)));
        });
    }

    #[test]
    fn a_promise_that_panics_breaks_its_event() {
        ends(|| {
            let event = Arc::new(Event::<Done>::new());
            let (announced, breaks) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
            let (promising, has_promised, may_break) =
                (Arc::clone(&event), Arc::clone(&announced), Arc::clone(&breaks));
            let promiser = spawn(move |mut held| {
                promising.promise(&mut held, |_| {
                    has_promised.store(true, Ordering::Release);
                    until(|| may_break.load(Ordering::Acquire));
                    panic!("the disk is on fire");
                })
            });
            until(|| announced.load(Ordering::Acquire));
            let waiting = Arc::clone(&event);
            let waiter = spawn(move |mut held| waiting.wait(&mut held));
            thread::sleep(MOMENT);
            assert!(!waiter.is_finished(), "the promise has not been broken yet");
            breaks.store(true, Ordering::Release);
            with_root(|mut held| {
                assert_eq!(
                    waiter.join(&mut held).expect("the waiter does not panic"),
                    Err(EventError::Broken)
                );
                assert!(matches!(promiser.join(&mut held), Err(JoinError::Panicked(_))));
                assert_eq!(event.wait(&mut held), Err(EventError::Broken), "whoever comes later is told too");
                assert!(!event.is_done());
                let mut event = Arc::into_inner(event).expect("the threads have ended");
                event.reset();
                assert_eq!(event.promise(&mut held, |_| 7), Ok(7));
                assert_eq!(event.wait(&mut held), Ok(()));
            });
        });
    }

    #[test]
    fn permits_come_back_and_no_more() {
        let permits = Semaphore::<Slots>::new(usize::MAX);
        with_root(|mut held| {
            let (permit, _) = permits.acquire(&mut held);
            assert_eq!(permits.permits(), usize::MAX - 1);
            drop(permit);
            assert_eq!(permits.permits(), usize::MAX);
            assert!(permits.try_acquire(&mut held).is_some());
        });
    }

    #[test]
    fn a_time_limit_is_kept_while_the_other_holder_of_a_token_blocks() {
        static NAMES: SerialToken<Names, u64> = SerialToken::new(0);
        static INODE: Mutex<Inode, u64> = Mutex::new(0);
        static QUEUE: WaitQueue = WaitQueue::new();
        static GO: AtomicBool = AtomicBool::new(false);
        ends(|| {
            let (held_now, in_scope) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
            let locked = Arc::clone(&held_now);
            let holder = spawn(move |mut held| {
                held.with(&INODE, |_, _| {
                    locked.wait();
                    until(|| GO.load(Ordering::Acquire));
                });
            });
            held_now.wait();
            let entered = Arc::clone(&in_scope);
            let other = spawn(move |mut held| {
                entered.wait();
                // It has the token and blocks, for as long as this program takes.
                held.with_serial_token(&NAMES, |scope| {
                    QUEUE.wait_until(&mut scope.held(), |_| GO.load(Ordering::Acquire));
                });
            });
            with_root(|mut held| {
                let began = Instant::now();
                held.with_serial_token(&NAMES, |scope| {
                    in_scope.wait();
                    assert!(scope.held().lock_for(&INODE, MOMENT).is_none(), "the lock is not free");
                    assert!(NAMES.is_held_here());
                });
                assert!(began.elapsed() >= MOMENT && began.elapsed() < DEADLINE / 4, "{:?}", began.elapsed());
                GO.store(true, Ordering::Release);
                QUEUE.wake_all();
                other.join(&mut held).expect("it ends");
                holder.join(&mut held).expect("it ends");
            });
        });
    }

    #[test]
    fn a_wake_up_that_hits_the_wrong_thread_is_passed_on() {
        static QUEUE: WaitQueue = WaitQueue::new();
        static FIRST: AtomicBool = AtomicBool::new(false);
        static SECOND: AtomicBool = AtomicBool::new(false);
        ends(|| {
            let first = spawn(|mut held| QUEUE.wait_until(&mut held, |_| FIRST.load(Ordering::SeqCst)));
            thread::sleep(MOMENT);
            let second = spawn(|mut held| QUEUE.wait_until(&mut held, |_| SECOND.load(Ordering::SeqCst)));
            thread::sleep(MOMENT);
            SECOND.store(true, Ordering::SeqCst);
            QUEUE.wake_one();
            with_root(|mut held| {
                second.join(&mut held).expect("the wake-up comes to it");
                FIRST.store(true, Ordering::SeqCst);
                QUEUE.wake_one();
                first.join(&mut held).expect("the wake-up comes to it");
            });
        });
    }

    #[test]
    fn waiters_that_were_moved_to_a_lock_lose_no_release_of_it() {
        const ROUNDS: u64 = 200;
        const WAITERS: u64 = 3;
        ends(|| {
            // How often it was notified, how many wait, how often somebody was let go.
            let state = Arc::new((SleepLock::<Inode, [u64; 3]>::new([0; 3]), Condvar::new()));
            let waiters: Vec<_> = (0..WAITERS)
                .map(|_| {
                    let state = Arc::clone(&state);
                    spawn(move |mut held| {
                        for round in 0..ROUNDS {
                            let (lock, changed) = &*state;
                            let mut numbers = held.lock(lock);
                            numbers[1] += 1;
                            numbers = changed.wait_while(numbers, |numbers| numbers[0] <= round);
                            numbers[2] += 1;
                        }
                    })
                })
                .collect();
            // Others that acquire the lock stand in the same queue.
            let other = Arc::clone(&state);
            let other = spawn(move |mut held| {
                while held.with(&other.0, |numbers, _| numbers[2] < WAITERS * ROUNDS) {
                    thread::yield_now();
                }
            });
            with_root(|mut held| {
                for round in 0..ROUNDS {
                    let (lock, changed) = &*state;
                    loop {
                        let mut numbers = held.lock(lock);
                        if numbers[1] == WAITERS * (round + 1) {
                            numbers[0] += 1;
                            changed.notify_all_behind(&numbers);
                            break;
                        }
                        drop(numbers);
                        thread::yield_now();
                    }
                }
                for waiter in waiters {
                    waiter.join(&mut held).expect("no wake-up is lost");
                }
                other.join(&mut held).expect("it ends");
            });
        });
    }

    #[test]
    fn a_panic_leaves_a_free_lock_and_what_was_written() {
        let halves = Mutex::<Inode, [u32; 2]>::new([0; 2]);
        let whole = SpinSeqLock::<Inode, [u32; 2]>::new([0; 2]);
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            with_root(|mut held| {
                held.with(&halves, |halves, _| {
                    halves[0] += 1;
                    panic!("between the two halves");
                });
            });
        }));
        assert!(panicked.is_err() && !halves.is_held());
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            with_root(|mut held| {
                held.update(&whole, |halves, _| {
                    halves[0] += 1;
                    panic!("between the two halves");
                });
            });
        }));
        assert!(panicked.is_err());
        with_root(|mut held| {
            // As documented: nothing is poisoned, so a half change is seen ...
            assert_eq!(*held.lock(&halves), [1, 0]);
            // ... where whole changes are not published instead.
            assert_eq!(held.snapshot(&whole), [0, 0]);
        });
    }

    #[test]
    fn a_lock_is_welcome_once_nobody_waits_with_another() {
        static FIRST: Mutex<Inode, bool> = Mutex::new(false);
        static SECOND: Mutex<Inode, u32> = Mutex::new(0);
        static CHANGED: Condvar = Condvar::new();
        static LEAVE: AtomicBool = AtomicBool::new(false);
        ends(|| {
            let waiter = spawn(|mut held| {
                let waiting = held.lock(&FIRST);
                drop(CHANGED.wait_until(waiting, |go| *go));
            });
            until(|| format!("{CHANGED:?}").contains("awaited: true"));
            // The waiter is notified, and cannot have its lock yet.
            let notified = Arc::new(Barrier::new(2));
            let has_notified = Arc::clone(&notified);
            let holder = spawn(move |mut held| {
                let mut go = held.lock(&FIRST);
                *go = true;
                CHANGED.notify_all();
                has_notified.wait();
                until(|| LEAVE.load(Ordering::Acquire));
            });
            notified.wait();
            thread::sleep(MOMENT);
            with_root(|mut held| {
                let second = held.lock(&SECOND);
                let (second, notified) = CHANGED.wait_for(second, Duration::from_millis(5));
                assert!(!notified && *second == 0);
                drop(second);
                LEAVE.store(true, Ordering::Release);
                waiter.join(&mut held).expect("it ends");
                holder.join(&mut held).expect("it ends");
            });
        });
    }

    /// Threads wait with a lock that lives for ever, and others notify with locks that live for a moment and with which
    /// nobody ever waits: no waiter may be moved to the queue of such a lock, which is freed at once. For one second.
    fn behind_foreign_locks(limited: bool) {
        const WAITERS: usize = 6;
        /// A lock that lives for ever, and what its waiters wait at.
        type Place = (SleepLock<Inode, u64>, Condvar);
        let place: Arc<Place> = Arc::new((SleepLock::new(0), Condvar::new()));
        let woken: Arc<[AtomicU64; WAITERS]> = Arc::default();
        let stop = Arc::new(AtomicBool::new(false));
        let mut threads = Vec::new();
        for waiter in 0..WAITERS {
            let (place, woken, stop) = (Arc::clone(&place), Arc::clone(&woken), Arc::clone(&stop));
            threads.push(spawn(move |mut held| {
                while !stop.load(Ordering::Acquire) {
                    let waiting = held.lock(&place.0);
                    if limited {
                        drop(place.1.wait_for(waiting, Duration::from_millis(2)));
                    } else {
                        drop(place.1.wait(waiting));
                    }
                    woken[waiter].fetch_add(1, Ordering::Relaxed);
                    thread::sleep(Duration::from_millis(1));
                }
            }));
        }
        let mut others = Vec::new();
        for _ in 0..4 {
            let (place, stop) = (Arc::clone(&place), Arc::clone(&stop));
            others.push(spawn(move |mut held| {
                while !stop.load(Ordering::Acquire) {
                    let foreign = Box::new(SleepLock::<Inode, u64>::new(0));
                    place.1.notify_all_behind(&held.lock(&*foreign));
                    drop(foreign);
                    // Something else lies there now.
                    drop(vec![u64::MAX; size_of::<SleepLock<Inode, u64>>() / size_of::<u64>()]);
                }
            }));
        }
        thread::sleep(Duration::from_secs(1));
        stop.store(true, Ordering::Release);
        with_root(|mut held| {
            for other in others {
                other.join(&mut held).expect("it notifies");
            }
            while !threads.iter().all(JoinHandle::is_finished) {
                place.1.notify_all();
                thread::yield_now();
            }
            for waiter in threads {
                waiter.join(&mut held).expect("it waits");
            }
        });
        assert!(woken.iter().all(|woken| woken.load(Ordering::Relaxed) > 0), "{woken:?}");
    }

    #[test]
    fn nobody_is_moved_to_a_lock_that_it_does_not_wait_with() {
        ends(|| behind_foreign_locks(false));
    }

    #[test]
    fn a_waiter_of_limited_time_looks_for_itself_in_no_freed_lock() {
        ends(|| behind_foreign_locks(true));
    }

    /// A token that protects nothing, and a lock that lies where it ends: data without a size would lie there, too.
    #[repr(C)]
    struct Neighbours {
        token: SerialToken<Names, ()>,
        lock: SleepLock<Inode, u64>,
    }

    #[test]
    fn who_waits_with_a_token_is_not_moved_to_the_lock_where_it_ends() {
        static NEIGHBOURS: Neighbours = Neighbours { token: SerialToken::new(()), lock: SleepLock::new(0) };
        static CHANGED: Condvar = Condvar::new();
        static WAITING: AtomicU32 = AtomicU32::new(0);
        let end = std::ptr::from_ref(&NEIGHBOURS.token).addr() + size_of_val(&NEIGHBOURS.token);
        assert_eq!(end, std::ptr::from_ref(&NEIGHBOURS.lock).addr());
        ends(|| {
            let waiters: [_; 3] = std::array::from_fn(|_| {
                spawn(|mut held| {
                    held.with_serial_token(&NEIGHBOURS.token, |scope| {
                        WAITING.fetch_add(1, Ordering::AcqRel);
                        scope.wait(&CHANGED);
                    });
                })
            });
            until(|| WAITING.load(Ordering::Acquire) == 3);
            thread::sleep(MOMENT);
            with_root(|mut held| {
                let locked = held.lock(&NEIGHBOURS.lock);
                // Whoever was moved to the lock's waiters would sleep until the lock is released.
                until(|| {
                    CHANGED.notify_all_behind(&locked);
                    waiters.iter().all(JoinHandle::is_finished)
                });
                drop(locked);
                for waiter in waiters {
                    waiter.join(&mut held).expect("it waits");
                }
            });
        });
    }

    #[test]
    fn a_token_and_the_lock_where_it_ends_are_two_things_to_wait_with() {
        static NEIGHBOURS: Neighbours = Neighbours { token: SerialToken::new(()), lock: SleepLock::new(0) };
        static CHANGED: Condvar = Condvar::new();
        static WAITS: AtomicBool = AtomicBool::new(false);
        ends(|| {
            let waiter = spawn(|mut held| {
                held.with_serial_token(&NEIGHBOURS.token, |scope| {
                    WAITS.store(true, Ordering::Release);
                    scope.wait(&CHANGED);
                });
            });
            until(|| WAITS.load(Ordering::Acquire));
            thread::sleep(MOMENT);
            // A time limit, for the test to end where nobody refuses it.
            let other = spawn(|mut held| {
                drop(CHANGED.wait_for(held.lock(&NEIGHBOURS.lock), MOMENT).0);
            });
            with_root(|mut held| {
                let refused = other.join(&mut held).is_err();
                CHANGED.notify_all();
                waiter.join(&mut held).expect("it waits alone");
                assert!(refused, "threads wait with two things at one condition variable");
            });
        });
    }

    /// Acquires a serialising token when it drops, some time after its thread has nothing more to do.
    struct DropsLate(&'static SerialToken<Names, u64>);

    impl Drop for DropsLate {
        fn drop(&mut self) {
            thread::sleep(MOMENT);
            with_root(|mut held| {
                held.with_serial_token(self.0, |names| names.with(|names, _| *names += 1));
            });
        }
    }

    #[test]
    fn a_scope_waits_for_results_without_tokens() {
        static NAMES: SerialToken<Names, u64> = SerialToken::new(0);
        static LET_GO: AtomicBool = AtomicBool::new(false);
        ends(|| {
            with_root(|mut held| {
                held.with_serial_token(&NAMES, |names| {
                    scope(&mut names.held(), |threads, _| {
                        drop(threads.spawn(|_| {
                            until(|| LET_GO.load(Ordering::Acquire));
                            DropsLate(&NAMES)
                        }));
                        // Now the result is the thread's alone.
                        LET_GO.store(true, Ordering::Release);
                    });
                    assert_eq!(names.look(|names, _| *names), 1, "the result is dropped within the scope");
                });
            });
        });
    }

    #[test]
    fn a_scope_waits_for_what_a_thread_panics_with_without_tokens() {
        static NAMES: SerialToken<Names, u64> = SerialToken::new(0);
        static LET_GO: AtomicBool = AtomicBool::new(false);
        ends(|| {
            with_root(|mut held| {
                held.with_serial_token(&NAMES, |names| {
                    let ended = catch_unwind(AssertUnwindSafe(|| {
                        scope(&mut names.held(), |threads, _| {
                            drop(threads.spawn(|_| {
                                until(|| LET_GO.load(Ordering::Acquire));
                                panic_any(DropsLate(&NAMES))
                            }));
                            LET_GO.store(true, Ordering::Release);
                        });
                    }));
                    assert!(ended.is_err(), "a thread that nobody joins has panicked");
                    assert_eq!(names.look(|names, _| *names), 1, "the payload is dropped within the scope");
                });
            });
        });
    }

    #[test]
    fn a_payload_that_panics_when_it_is_dropped_does_not_end_the_reaper() {
        /// Panics when it is dropped, with another one for a few times.
        struct Bomb(u32);
        impl Drop for Bomb {
            fn drop(&mut self) {
                if self.0 > 0 {
                    panic_any(Self(self.0 - 1));
                }
            }
        }
        static RAN: AtomicBool = AtomicBool::new(false);
        ends(|| {
            defer(|_| panic_any(Bomb(2)));
            defer(|_| RAN.store(true, Ordering::Release));
            with_root(|mut held| drain_deferred(&mut held).expect("the reaper is younger"));
            assert!(RAN.load(Ordering::Acquire), "what was deferred later runs");
        });
    }

    #[test]
    fn a_condition_that_panics_keeps_no_wake_up() {
        static QUEUE: WaitQueue = WaitQueue::new();
        static DONE: AtomicBool = AtomicBool::new(false);
        ends(|| {
            let panics = spawn(|mut held| {
                let mut looks = 0;
                QUEUE.wait_until_may_sleep(&mut held, |_| {
                    looks += 1;
                    assert!(looks < 2, "the second look");
                    false
                });
            });
            thread::sleep(MOMENT);
            let waits = spawn(|mut held| QUEUE.wait_until(&mut held, |_| DONE.load(Ordering::SeqCst)));
            thread::sleep(MOMENT);
            DONE.store(true, Ordering::SeqCst);
            QUEUE.wake_one();
            with_root(|mut held| {
                waits.join(&mut held).expect("the wake-up comes to it");
                QUEUE.wake_all();
                assert!(matches!(panics.join(&mut held), Err(JoinError::Panicked(_))));
            });
        });
    }

    #[test]
    fn a_condition_that_joins_whom_its_wake_up_was_for_does_not_keep_it() {
        static QUEUE: WaitQueue = WaitQueue::new();
        static DONE: AtomicBool = AtomicBool::new(false);
        static LOOKS: AtomicU32 = AtomicU32::new(0);
        ends(|| {
            let (sender, other) = channel::<JoinHandle<()>>();
            let joins = spawn(move |mut held| {
                QUEUE.wait_until_may_sleep(&mut held, |held| {
                    let again = LOOKS.fetch_add(1, Ordering::SeqCst) > 0;
                    again && other.recv().is_ok_and(|other| other.join(held).is_ok())
                });
            });
            thread::sleep(MOMENT);
            let waits = spawn(|mut held| QUEUE.wait_until(&mut held, |_| DONE.load(Ordering::SeqCst)));
            thread::sleep(MOMENT);
            sender.send(waits).expect("the other thread listens");
            DONE.store(true, Ordering::SeqCst);
            QUEUE.wake_one();
            thread::sleep(MOMENT);
            if LOOKS.load(Ordering::SeqCst) == 1 {
                // The wake-up came to the other thread first.
                QUEUE.wake_all();
            }
            with_root(|mut held| joins.join(&mut held).expect("it ends"));
        });
    }

    #[test]
    fn a_name_with_a_zero_byte_is_an_error_value() {
        let error = try_spawn("a\0b", |_| ()).expect_err("no thread has this name");
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }

    #[test]
    fn a_free_lock_is_not_kept_from_who_sleeps_for_it_by_who_wants_its_tokens_first() {
        static LOCK: SleepLock<Inode, u64> = SleepLock::new(0);
        static NAMES: SerialToken<Names, u64> = SerialToken::new(0);
        static CHANGED: Condvar = Condvar::new();
        static WAITING: AtomicU32 = AtomicU32::new(0);
        static RUNS: AtomicBool = AtomicBool::new(false);
        static STOP: AtomicBool = AtomicBool::new(false);
        ends(|| {
            let waiters: [_; 2] = std::array::from_fn(|_| {
                spawn(|mut held| {
                    held.with_serial_token(&NAMES, |names| {
                        let mut held = names.held();
                        let locked = held.lock(&LOCK);
                        WAITING.fetch_add(1, Ordering::AcqRel);
                        drop(CHANGED.wait(locked));
                    });
                })
            });
            until(|| WAITING.load(Ordering::Acquire) == 2);
            thread::sleep(MOMENT);
            let runs = spawn(|mut held| {
                held.with_serial_token(&NAMES, |_| {
                    RUNS.store(true, Ordering::Release);
                    until(|| STOP.load(Ordering::Acquire));
                });
            });
            until(|| RUNS.load(Ordering::Acquire));
            with_root(|mut held| {
                let locked = held.lock(&LOCK);
                CHANGED.notify_all_behind(&locked);
                let sleeps = spawn(|mut held| drop(held.lock(&LOCK)));
                thread::sleep(MOMENT);
                drop(locked);
                until(|| sleeps.is_finished());
                STOP.store(true, Ordering::Release);
                for thread in waiters.into_iter().chain([sleeps, runs]) {
                    thread.join(&mut held).expect("it ends");
                }
            });
        });
    }
}
