//! Serialising tokens on a host: exclusion, counting, and that a thread that blocks holds none.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use lockorder::blocking::serial::MOST_SERIAL_TOKENS;
use lockorder::blocking::{SerialToken, SerialTokenPool};
use lockorder::host::{Condvar, Host, Mutex, SleepLock, WaitQueue, spawn};
use lockorder::{Class, Root, Task, hierarchy, with_root};

hierarchy! {
    /// Classes for these tests.
    hierarchy SERIAL;
    /// Files.
    level Filesystem = 40 {
        /// What is mounted where.
        class Mounts = 0, order = serial;
        /// A file.
        class Inode = 3;
        /// Names.
        class Names = 5, order = serial;
    }
}

/// No test may take longer.
const DEADLINE: Duration = Duration::from_mins(1);

/// Waits until a flag is up.
fn wait_for(flag: &AtomicBool) {
    let began = Instant::now();
    while !flag.load(Ordering::Acquire) {
        assert!(began.elapsed() < DEADLINE, "the other thread does not come");
        thread::yield_now();
    }
}

#[test]
fn no_update_is_lost() {
    const ROUNDS: u64 = 20_000;
    let count = SerialToken::<Mounts, u64>::new(0);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                with_root(|mut held| {
                    for _ in 0..ROUNDS {
                        held.with_serial_token(&count, |count| count.with(|count, _| *count += 1));
                    }
                });
            });
        }
    });
    assert_eq!(count.into_inner(), 8 * ROUNDS);
}

#[test]
fn a_token_is_counted() {
    let token = SerialToken::<Mounts, u32>::new(0);
    with_root(|mut held| {
        held.with_serial_token(&token, |scope| {
            scope.held().with_serial_token(&token, |again| again.with(|count, _| *count += 1));
            assert!(token.is_held(), "the inner scope has freed what the outer one holds");
            assert!(token.is_held_here());
            scope.with(|count, _| *count += 1);
        });
    });
    assert!(!token.is_held() && !token.is_held_here());
    assert_eq!(token.into_inner(), 2);
}

#[test]
fn a_thread_that_blocks_gives_its_tokens_back() {
    let token = SerialToken::<Mounts, u32>::new(0);
    let (lock, blocked) = (SleepLock::<Inode, ()>::new(()), AtomicBool::new(false));
    thread::scope(|scope| {
        with_root(|mut held| {
            held.with(&lock, |(), _| {
                scope.spawn(|| {
                    with_root(|mut held| {
                        held.with_serial_token(&token, |scope| {
                            scope.with(|count, _| *count = 1);
                            blocked.store(true, Ordering::Release);
                            // This blocks, since the other thread holds the lock.
                            scope.held().with(&lock, |(), _| ());
                            assert!(token.is_held_here(), "a thread runs on without its token");
                            scope.with(|count, _| assert_eq!(*count, 2, "nobody else had the token"));
                        });
                    });
                });
                wait_for(&blocked);
                let other = scope.spawn(|| {
                    with_root(|mut held| {
                        let began = Instant::now();
                        loop {
                            let changed = held.with_serial_token(&token, |scope| {
                                scope.with(|count, _| {
                                    if *count == 1 {
                                        *count = 2;
                                        true
                                    } else {
                                        false
                                    }
                                })
                            });
                            if changed {
                                break;
                            }
                            assert!(began.elapsed() < DEADLINE);
                        }
                    });
                });
                other.join().expect("the token is free while its thread blocks");
            });
        });
    });
}

/// Has both, and a lock between them in rank, in whatever order they are given.
fn both<L: Class<Platform = Host>, M: Class<Platform = Host>>(
    first: &SerialToken<L, u64>,
    second: &SerialToken<M, u64>,
    inode: &SleepLock<Inode, u64>,
    held: &mut Root<'_, Task>,
) {
    held.with_serial_token(first, |outer| {
        outer.with(|count, _| *count += 1);
        outer.held().with(inode, |count, mut held| {
            held.with_serial_token(second, |inner| inner.with(|count, _| *count += 1));
            *count += 1;
        });
        assert!(first.is_held_here() && !second.is_held_here());
    });
}

#[test]
fn tokens_need_no_order() {
    const ROUNDS: u64 = 5_000;
    let (mounts, names) = (SerialToken::<Mounts, u64>::new(0), SerialToken::<Names, u64>::new(0));
    let inode = SleepLock::<Inode, u64>::new(0);
    thread::scope(|scope| {
        for side in 0..4 {
            let (mounts, names, inode) = (&mounts, &names, &inode);
            scope.spawn(move || {
                with_root(|mut held| {
                    for _ in 0..ROUNDS {
                        if side % 2 == 0 {
                            both(mounts, names, inode, &mut held);
                        } else {
                            both(names, mounts, inode, &mut held);
                        }
                    }
                });
            });
        }
    });
    assert_eq!((mounts.into_inner(), names.into_inner()), (4 * ROUNDS, 4 * ROUNDS));
    assert_eq!(inode.into_inner(), 4 * ROUNDS);
}

#[test]
fn a_token_is_no_position() {
    let (outer, inner, inode) = (
        SerialToken::<Mounts, ()>::new(()),
        SerialToken::<Names, ()>::new(()),
        SleepLock::<Inode, ()>::new(()),
    );
    with_root(|mut held| {
        held.with_serial_token(&inner, |scope| {
            assert_eq!(format!("{:?}", scope.held()), "Held(up to nothing, Task)");
            scope.held().with(&inode, |(), mut held| {
                held.with_serial_token(&outer, |scope| {
                    assert_eq!(format!("{:?}", scope.held()), "Held(up to `Inode` (40.3), Task)");
                });
            });
        });
    });
}

#[test]
fn a_share_is_acquired_exclusively_and_had_again() {
    const ROUNDS: u64 = 2_000;
    const THREADS: u64 = 4;
    let token = SerialToken::<Mounts, u64>::new(0);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                with_root(|mut held| {
                    for _ in 0..ROUNDS {
                        held.with_shared_serial_token(&token, |share| {
                            // All of them want this at once, each with a share in hand.
                            share
                                .held()
                                .with_serial_token(&token, |alone| alone.with(|count, _| *count += 1));
                            assert!(token.is_held_here(), "the share is had again");
                            share.look(|count, _| assert!(*count > 0));
                        });
                    }
                });
            });
        }
    });
    assert!(!token.is_held());
    assert_eq!(token.into_inner(), THREADS * ROUNDS);
}

#[test]
fn a_share_that_was_exclusive_lets_readers_in_again() {
    let token = SerialToken::<Mounts, u32>::new(0);
    with_root(|mut held| {
        held.with_shared_serial_token(&token, |share| {
            share.held().with_serial_token(&token, |alone| alone.with(|count, _| *count = 1));
            let other = thread::scope(|scope| {
                let reader = scope.spawn(|| {
                    with_root(|mut held| {
                        held.with_shared_serial_token(&token, |other| other.look(|count, _| *count))
                    })
                });
                let began = Instant::now();
                while !reader.is_finished() {
                    assert!(began.elapsed() < DEADLINE, "the share still keeps readers out");
                    thread::yield_now();
                }
                reader.join().expect("the reader comes in")
            });
            assert_eq!(other, 1);
        });
    });
    assert!(!token.is_held());
}

#[test]
fn a_notification_after_the_last_look_is_not_missed() {
    const ROUNDS: u64 = 2_000;
    let (turn, changed) = (SerialToken::<Mounts, u64>::new(0), [Condvar::new(), Condvar::new()]);
    thread::scope(|scope| {
        for side in 0..2_u64 {
            let (turn, changed) = (&turn, &changed);
            scope.spawn(move || {
                let own = usize::from(side == 1);
                with_root(|mut held| {
                    for round in 0..ROUNDS {
                        held.with_serial_token(turn, |turn| {
                            while turn.look(|turn, _| *turn != 2 * round + side) {
                                assert!(turn.wait_for(&changed[own], DEADLINE), "a notification was lost");
                            }
                            turn.with(|turn, _| *turn += 1);
                        });
                        changed[1 - own].notify_one();
                    }
                });
            });
        }
    });
    assert_eq!(turn.into_inner(), 2 * ROUNDS);
}

#[test]
fn readers_share_a_token() {
    let token = SerialToken::<Mounts, u32>::new(7);
    let (inside, all_in) = (AtomicU32::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                with_root(|mut held| {
                    held.with_shared_serial_token(&token, |scope| {
                        if inside.fetch_add(1, Ordering::AcqRel) == 2 {
                            all_in.store(true, Ordering::Release);
                        }
                        wait_for(&all_in);
                        scope.look(|seven, _| assert_eq!(*seven, 7));
                        // Shared again, which counts.
                        scope.held().with_shared_serial_token(&token, |again| {
                            again.look(|seven, _| assert_eq!(*seven, 7));
                        });
                    });
                });
            });
        }
    });
    assert!(!token.is_held());
}

#[test]
fn a_writer_waits_for_readers_and_keeps_new_ones_out() {
    let (token, reading) = (SerialToken::<Mounts, u32>::new(0), AtomicBool::new(false));
    let leave = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            with_root(|mut held| {
                held.with_shared_serial_token(&token, |scope| {
                    reading.store(true, Ordering::Release);
                    wait_for(&leave);
                    scope.look(|count, _| assert_eq!(*count, 0, "somebody wrote beside a reader"));
                });
            });
        });
        wait_for(&reading);
        let writer = scope.spawn(|| {
            with_root(|mut held| held.with_serial_token(&token, |scope| scope.with(|count, _| *count = 1)));
        });
        thread::sleep(Duration::from_millis(20));
        assert!(!writer.is_finished());
        leave.store(true, Ordering::Release);
        writer.join().expect("the writer comes in");
    });
    assert_eq!(token.into_inner(), 1);
}

#[test]
fn trying_does_not_wait() {
    let (token, got, leave) =
        (SerialToken::<Mounts, ()>::new(()), AtomicBool::new(false), AtomicBool::new(false));
    thread::scope(|scope| {
        scope.spawn(|| {
            with_root(|mut held| {
                held.with_serial_token(&token, |_| {
                    got.store(true, Ordering::Release);
                    wait_for(&leave);
                });
            });
        });
        wait_for(&got);
        with_root(|mut held| assert_eq!(held.try_with_serial_token(&token, |_| ()), None));
        leave.store(true, Ordering::Release);
    });
    with_root(|mut held| assert_eq!(held.try_with_serial_token(&token, |_| 5), Some(5)));
}

#[test]
fn waiting_under_tokens_gives_them_back() {
    let (token, queue, go) = (SerialToken::<Mounts, ()>::new(()), WaitQueue::new(), AtomicBool::new(false));
    let waits = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            with_root(|mut held| {
                held.with_serial_token(&token, |scope| {
                    waits.store(true, Ordering::Release);
                    queue.wait_until(&mut scope.held(), |_| go.load(Ordering::Acquire));
                    assert!(token.is_held_here());
                });
            });
        });
        wait_for(&waits);
        with_root(|mut held| held.with_serial_token(&token, |_| go.store(true, Ordering::Release)));
        queue.wake_all();
    });
}

#[test]
fn a_panic_gives_the_token_back() {
    let token = SerialToken::<Mounts, ()>::new(());
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        with_root(|mut held| {
            held.with_serial_token(&token, |scope| scope.with(|(), _| panic!("in the section")))
        });
    }));
    assert!(panicked.is_err() && !token.is_held());
    with_root(|mut held| held.with_serial_token(&token, |scope| scope.with(|(), _| ())));
}

#[test]
fn too_many_tokens_are_refused() {
    fn nest(tokens: &[SerialToken<Names, ()>], held: &mut Root<'_, Task>) {
        if let Some((first, rest)) = tokens.split_first() {
            held.with_serial_token(first, |scope| nest(rest, &mut scope.held()));
        }
    }
    let tokens: Vec<_> = (0..=MOST_SERIAL_TOKENS).map(|_| SerialToken::new(())).collect();
    with_root(|mut held| nest(&tokens[..MOST_SERIAL_TOKENS], &mut held));
    let refused = catch_unwind(AssertUnwindSafe(|| with_root(|mut held| nest(&tokens, &mut held))));
    assert!(refused.is_err());
    assert!(tokens.iter().all(|token| !token.is_held()), "what was held before is free again");
}

#[test]
fn a_pool_gives_a_resource_its_token() {
    static POOL: SerialTokenPool<Names, 64> = SerialTokenPool::new();
    let resources: Vec<u64> = (0..256).collect();
    let tokens: Vec<_> =
        resources.iter().map(|resource| std::ptr::from_ref(POOL.token_of(resource))).collect();
    assert!(
        resources.iter().zip(&tokens).all(|(resource, token)| std::ptr::eq(POOL.token_of(resource), *token))
    );
    let mut different = tokens;
    different.sort_unstable();
    different.dedup();
    assert!(different.len() > 32, "{} tokens of 64 serve 256 resources", different.len());
    // Two resources may have one token: it is acquired again.
    with_root(|mut held| {
        held.with_serial_token(POOL.token_at(0), |scope| {
            scope.held().with_serial_token(POOL.token_at(0), |_| ());
        });
    });
}

#[test]
fn joining_a_thread_gives_the_token_back() {
    let token: &'static SerialToken<Mounts, u64> = Box::leak(Box::new(SerialToken::new(0)));
    with_root(|mut held| {
        held.with_serial_token(token, |scope| {
            let other = spawn(move |mut held| {
                held.with_serial_token(token, |scope| scope.with(|data, _| *data = 1));
            });
            other.join(&mut scope.held()).expect("it does not panic");
            assert!(token.is_held_here());
            scope.with(|data, _| assert_eq!(*data, 1));
        });
    });
}

#[test]
fn blocking_on_a_mutex_gives_the_token_back() {
    let (token, lock) = (SerialToken::<Mounts, u64>::new(0), Mutex::<Inode, ()>::new(()));
    let wants = AtomicBool::new(false);
    thread::scope(|scope| {
        with_root(|mut held| {
            held.with(&lock, |(), _| {
                scope.spawn(|| {
                    with_root(|mut held| {
                        held.with_serial_token(&token, |scope| {
                            wants.store(true, Ordering::Release);
                            scope.held().with(&lock, |(), _| assert!(token.is_held()));
                        });
                    });
                });
                wait_for(&wants);
                let began = Instant::now();
                while token.is_held() {
                    assert!(began.elapsed() < DEADLINE, "the thread blocks with its token");
                    thread::yield_now();
                }
            });
        });
    });
}
