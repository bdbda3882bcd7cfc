//! Waiting and waking: nothing lost, nothing doubled.

use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use core::time::Duration;

use lockorder::blocking::{AlreadyPromised, EventError};
use lockorder::{Root, Task};

use super::{Verdict, check};
use crate::classes::{Inode, Pipe, ProcessTree};
use base::cpu;
use base::cpu::CpuIndex;
use base::time::Instant;

use base::sched::thread::CpuSet;
use base::sched::{self, Condvar, Event, Mutex, Placement, SleepLock, WaitQueue};

/// Strokes of the ping-pong.
const STROKES: u64 = 1000;
/// Threads of the other tests.
const THREADS: u64 = 8;

/// A ball between two threads.
struct Table {
    stroke: AtomicU64,
    changed: [WaitQueue; 2],
}

/// Two threads wait for each other's stroke, a thousand times.
pub(super) fn ping_pong(held: &mut Root<'_, Task>) -> Verdict {
    let table = Arc::new(Table { stroke: AtomicU64::new(0), changed: [WaitQueue::new(), WaitQueue::new()] });
    let players: Vec<_> = (0..2_u64)
        .map(|side| {
            let table = Arc::clone(&table);
            sched::spawn("player", Placement::default(), move |mut held| {
                let own = usize::from(side == 1);
                for round in 0..STROKES {
                    let turn = 2 * round + side;
                    table.changed[own]
                        .wait_until(&mut held, |_| table.stroke.load(Ordering::Acquire) == turn);
                    table.stroke.store(turn + 1, Ordering::Release);
                    table.changed[1 - own].wake_one();
                }
            })
        })
        .collect();
    for player in players {
        player.join(held);
    }
    let strokes = table.stroke.load(Ordering::Acquire);
    check(strokes == 2 * STROKES, || format!("{strokes} strokes"))
}

/// Eight threads add to a counter that a mutex protects, yielding inside now and then.
pub(super) fn mutex_hammer(held: &mut Root<'_, Task>) -> Verdict {
    const ROUNDS: u64 = 500;
    let counter = Arc::new(Mutex::<Inode, u64>::with_key(1, 0));
    let threads: Vec<_> = (0..THREADS)
        .map(|_| {
            let counter = Arc::clone(&counter);
            sched::spawn("hammer", Placement::default(), move |mut held| {
                for round in 0..ROUNDS {
                    held.with(&counter, |count, mut held| {
                        let before = *count;
                        if round % 16 == 0 {
                            // A sleeping lock may be held over a switch.
                            sched::yield_now(&mut held);
                        }
                        *count = before + 1;
                    });
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join(held);
    }
    let count = held.with(&counter, |count, _| *count);
    check(count == THREADS * ROUNDS, || format!("{count} and not {}", THREADS * ROUNDS))
}

/// Producers and consumers over a mutex and two condition variables: every item arrives once.
pub(super) fn condition_variable(held: &mut Root<'_, Task>) -> Verdict {
    const ITEMS: u64 = 400;
    const ROOM: usize = 4;
    struct Store {
        items: Mutex<Pipe, Vec<u64>>,
        filled: Condvar,
        emptied: Condvar,
    }
    let store =
        Arc::new(Store { items: Mutex::new(Vec::new()), filled: Condvar::new(), emptied: Condvar::new() });
    let producers: Vec<_> = (0..2_u64)
        .map(|side| {
            let store = Arc::clone(&store);
            sched::spawn("producer", Placement::default(), move |mut held| {
                for item in 0..ITEMS {
                    let mut items = held.lock(&store.items);
                    while items.len() == ROOM {
                        items = store.emptied.wait(items);
                    }
                    items.push(2 * item + side);
                    drop(items);
                    store.filled.notify_one();
                }
            })
        })
        .collect();
    let consumers: Vec<_> = (0..2)
        .map(|_| {
            let store = Arc::clone(&store);
            sched::spawn("consumer", Placement::default(), move |mut held| {
                let mut sum = 0;
                for _ in 0..ITEMS {
                    let mut items = held.lock(&store.items);
                    while items.is_empty() {
                        items = store.filled.wait(items);
                    }
                    sum += items.remove(0);
                    drop(items);
                    store.emptied.notify_one();
                }
                sum
            })
        })
        .collect();
    for producer in producers {
        producer.join(held);
    }
    let sum: u64 = consumers.into_iter().map(|consumer| consumer.join(held)).sum();
    let expected = (0..2 * ITEMS).sum();
    check(sum == expected, || format!("the items add up to {sum} and not {expected}"))
}

/// Tokens handed from thread to thread around a ring, each by one wake-up: as many arrive as were sent. A wake-up
/// that is lost stops the ring, and the host's deadline says so.
pub(super) fn no_wake_up_is_lost_or_doubled(held: &mut Root<'_, Task>) -> Verdict {
    const LAPS: u64 = 300;
    struct Station {
        tokens: AtomicU64,
        arrived: WaitQueue,
    }
    let ring: Arc<Vec<Station>> = Arc::new(
        (0..THREADS).map(|_| Station { tokens: AtomicU64::new(0), arrived: WaitQueue::new() }).collect(),
    );
    let threads: Vec<_> = (0..ring.len())
        .map(|own| {
            let ring = Arc::clone(&ring);
            sched::spawn("station", Placement::default(), move |mut held| {
                let next = &ring[(own + 1) % ring.len()];
                for _ in 0..LAPS {
                    ring[own].arrived.wait_until(&mut held, |_| ring[own].tokens.load(Ordering::Acquire) > 0);
                    ring[own].tokens.fetch_sub(1, Ordering::AcqRel);
                    next.tokens.fetch_add(1, Ordering::AcqRel);
                    next.arrived.wake_one();
                }
            })
        })
        .collect();
    // Two tokens run around at once, so that wake-ups meet.
    for start in [0, ring.len() / 2] {
        ring[start].tokens.fetch_add(1, Ordering::AcqRel);
        ring[start].arrived.wake_one();
    }
    for thread in threads {
        thread.join(held);
    }
    let left: u64 = ring.iter().map(|station| station.tokens.load(Ordering::Acquire)).sum();
    check(left == 2, || format!("{left} tokens are left, and two were sent"))
}

/// A wake-up may come in the very moment between looking at the condition and going to sleep: the condition takes its
/// time after it has looked, and the waker comes at a time of its own in between. One that is lost stops the pair, and
/// the watchdog says so.
pub(super) fn a_wake_up_after_the_look_is_not_lost(held: &mut Root<'_, Task>) -> Verdict {
    const ROUNDS: u64 = 400;
    /// How long the condition takes at most, in spins.
    const LONGEST: u64 = 512;
    #[derive(Default)]
    struct Pair {
        announced: AtomicU64,
        sent: AtomicU64,
        changed: WaitQueue,
    }
    let spin = |times: u64| (0..times).for_each(|_| core::hint::spin_loop());
    let pair = Arc::new(Pair::default());
    let shared = Arc::clone(&pair);
    let on = |cpu| Placement { allowed: CpuSet::only(cpu), ..Placement::default() };
    let waiter = sched::spawn("waiter", on(CpuIndex::FIRST), move |mut held| {
        for round in 1..=ROUNDS {
            shared.announced.store(round, Ordering::Release);
            shared.changed.wait_until(&mut held, |_| {
                let sent = shared.sent.load(Ordering::Acquire) >= round;
                spin(LONGEST);
                sent
            });
        }
    });
    let shared = Arc::clone(&pair);
    let waker = sched::spawn("waker", on(cpu::last()), move |mut held| {
        for round in 1..=ROUNDS {
            while shared.announced.load(Ordering::Acquire) < round {
                sched::yield_now(&mut held);
            }
            // Every time another moment, all over the time that the condition takes.
            spin(round * 37 % LONGEST);
            shared.sent.store(round, Ordering::Release);
            shared.changed.wake_one();
        }
    });
    waker.join(held);
    waiter.join(held);
    let sent = pair.sent.load(Ordering::Acquire);
    check(sent == ROUNDS, || format!("{sent} wake-ups"))
}

/// Two threads take turns over one mutex and a condition variable each: every wait is ended by one notification.
pub(super) fn one_notification_ends_one_wait(held: &mut Root<'_, Task>) -> Verdict {
    const ROUNDS: u64 = 300;
    struct Turns {
        turn: Mutex<Pipe, u64>,
        changed: [Condvar; 2],
    }
    let turns = Arc::new(Turns { turn: Mutex::new(0), changed: [Condvar::new(), Condvar::new()] });
    let players: Vec<_> = (0..2_u64)
        .map(|side| {
            let turns = Arc::clone(&turns);
            sched::spawn("taker of turns", Placement::default(), move |mut held| {
                let own = usize::from(side == 1);
                for round in 0..ROUNDS {
                    let mut turn = held.lock(&turns.turn);
                    while *turn != 2 * round + side {
                        turn = turns.changed[own].wait(turn);
                    }
                    *turn += 1;
                    drop(turn);
                    turns.changed[1 - own].notify_one();
                }
            })
        })
        .collect();
    for player in players {
        player.join(held);
    }
    let turn = held.with(&turns.turn, |turn, _| *turn);
    check(turn == 2 * ROUNDS, || format!("{turn} turns"))
}

/// A lock, and a notification, are not waited for longer than was said; a lock is got when it comes free in time.
pub(super) fn a_lock_is_waited_for_no_longer(held: &mut Root<'_, Task>) -> Verdict {
    static LOCK: SleepLock<Pipe, u64> = SleepLock::new(0);
    let begun = Arc::new(WaitQueue::new());
    let shared = Arc::clone(&begun);
    let holder = sched::spawn("holder", Placement::default(), move |mut held| {
        held.with(&LOCK, |count, mut held| {
            *count += 1;
            shared.wake_all();
            sched::sleep(&mut held, Duration::from_millis(120));
        });
    });
    begun.wait_until(held, |_| LOCK.is_held());
    let early = held.lock_for(&LOCK, Duration::from_millis(20)).is_some();
    let late = held.lock_for(&LOCK, Duration::from_mins(1)).is_some();
    holder.join(held);
    check(!early && late && !LOCK.is_held(), || format!("early {early}, late {late}, {LOCK:?}"))?;
    let (condition, start) = (Condvar::new(), Instant::now().as_nanos());
    let (guard, notified) = condition.wait_for(held.lock(&LOCK), Duration::from_millis(25));
    let waited = Instant::now().as_nanos() - start;
    drop(guard);
    check(!notified && waited >= 25_000_000, || format!("notified {notified} after {waited} ns"))
}

/// Nobody waits for ever for a mutex that two others take in turn all the time.
pub(super) fn nobody_starves_for_a_mutex(held: &mut Root<'_, Task>) -> Verdict {
    static LOCK: Mutex<Pipe, u64> = Mutex::new(0);
    let stop = Arc::new(AtomicBool::new(false));
    let hogs: Vec<_> = (0..2 * cpu::online())
        .map(|_| {
            let stop = Arc::clone(&stop);
            sched::spawn("hog", Placement::default(), move |mut held| {
                while !stop.load(Ordering::Relaxed) {
                    held.with(&LOCK, |count, _| *count += 1);
                }
            })
        })
        .collect();
    sched::sleep(held, Duration::from_millis(30));
    let got = (0..20).filter(|_| held.lock_for(&LOCK, Duration::from_secs(5)).is_some()).count();
    stop.store(true, Ordering::Relaxed);
    for hog in hogs {
        hog.join(held);
    }
    check(got == 20, || format!("{got} of 20 acquisitions came in time"))
}

/// An event that is promised is waited for with an outer lock held, and done by who takes inner ones; one that nobody
/// has promised is refused, and so is a second promise.
pub(super) fn events_have_a_rank(held: &mut Root<'_, Task>) -> Verdict {
    static TREE: Mutex<ProcessTree, ()> = Mutex::new(());
    static INODE: Mutex<Inode, u64> = Mutex::with_key(9, 0);
    let event = Arc::new(Event::<Pipe>::new());
    let early = held.with(&TREE, |(), mut held| event.wait(&mut held));
    check(early == Err(EventError::NotPromised), || format!("waiting before the promise: {early:?}"))?;
    let promised = Arc::new(WaitQueue::new());
    let (shared, begun) = (Arc::clone(&event), Arc::clone(&promised));
    let worker = sched::spawn("promiser", Placement::default(), move |mut held| {
        let done = shared.promise(&mut held, |mut held| {
            begun.wake_all();
            sched::sleep(&mut held, Duration::from_millis(30));
            held.with(&INODE, |count, _| *count += 1);
        });
        (done, shared.promise(&mut held, |_| ()))
    });
    promised.wait_until(held, |_| event.is_promised());
    let waited = held.with(&TREE, |(), mut held| event.wait(&mut held));
    let counted = held.with(&INODE, |count, _| *count);
    let results = worker.join(held);
    check(waited == Ok(()) && event.is_done() && counted == 1, || format!("{waited:?} {event:?} {counted}"))?;
    check(results == (Ok(()), Err(AlreadyPromised)), || format!("promises: {results:?}"))
}

/// Waking all that wait comes to an end, also where all of them have to wait again: none is woken over and over by one call.
pub(super) fn waking_all_comes_to_an_end(held: &mut Root<'_, Task>) -> Verdict {
    /// Threads on each CPU.
    const OF_EACH: usize = 3;
    /// How often all are woken.
    const ROUNDS: usize = 100;
    /// Looks of one thread meanwhile: some before the call has woken it, and two after that.
    const LOOKS: u64 = 12;
    #[derive(Default)]
    struct Herd {
        queue: WaitQueue,
        looks: AtomicU64,
        stop: AtomicBool,
    }
    let waiters = Arc::new(Herd::default());
    let threads: Vec<_> = cpu::all()
        .flat_map(|cpu| [cpu; OF_EACH])
        .map(|cpu| {
            let shared = Arc::clone(&waiters);
            let placement = Placement { allowed: CpuSet::only(cpu), ..Placement::default() };
            sched::spawn("one of a herd", placement, move |mut held| {
                shared.queue.wait_until(&mut held, |_| {
                    shared.looks.fetch_add(1, Ordering::Relaxed);
                    shared.stop.load(Ordering::Acquire)
                });
            })
        })
        .collect();
    let mut most = 0;
    for _ in 0..ROUNDS {
        let before = waiters.looks.load(Ordering::Relaxed);
        waiters.queue.wake_all();
        most = most.max(waiters.looks.load(Ordering::Relaxed) - before);
        sched::sleep(held, Duration::from_millis(1));
    }
    waiters.stop.store(true, Ordering::Release);
    waiters.queue.wake_all();
    let many = threads.len() as u64;
    for thread in threads {
        thread.join(held);
    }
    check(most <= LOOKS * many, || format!("{many} threads looked {most} times while one call woke them"))
}
