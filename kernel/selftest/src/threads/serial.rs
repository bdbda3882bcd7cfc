//! Serialising tokens: held only while their threads run; and waiters that are moved.

use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;

use lockorder::{Root, Task};

use super::{Verdict, check};
use crate::classes::{Inode, MountTable};
use base::sched::{self, Condvar, Placement, SerialToken, SleepLock};

/// Threads of each test.
const THREADS: u64 = 8;

/// Threads take two tokens in both orders, block with both now and then, and find both and their data as they must be: an
/// inner section that does not block is not disturbed, and nobody waits for ever.
pub(super) fn tokens_are_held_while_their_threads_run(held: &mut Root<'_, Task>) -> Verdict {
    const ROUNDS: u64 = 200;
    let both = Arc::new([SerialToken::<MountTable, u64>::new(0), SerialToken::new(0)]);
    let blocked = Arc::new(AtomicU64::new(0));
    let threads: Vec<_> = (0..THREADS)
        .map(|number| {
            let (both, blocked) = (Arc::clone(&both), Arc::clone(&blocked));
            sched::spawn("serial", Placement::default(), move |mut held| {
                let side = usize::from(number % 2 == 0);
                let mut lost = 0;
                for round in 0..ROUNDS {
                    held.with_serial_token(&both[side], |outer| {
                        outer.with(|count, _| *count += 1);
                        let mut held = outer.held();
                        held.with_serial_token(&both[1 - side], |inner| {
                            inner.with(|count, _| *count += 1);
                            if round % 32 == number {
                                sched::sleep(&mut inner.held(), Duration::from_millis(1));
                                blocked.fetch_add(1, Ordering::Relaxed);
                            }
                            lost += u64::from(!both.iter().all(SerialToken::is_held_here));
                        });
                    });
                }
                lost
            })
        })
        .collect();
    let lost: u64 = threads.into_iter().map(|thread| thread.join(held)).sum();
    let counts = [0, 1]
        .map(|index: usize| held.with_serial_token(&both[index], |scope| scope.with(|count, _| *count)));
    check(lost == 0 && blocked.load(Ordering::Relaxed) > THREADS, || {
        format!("{lost} times without a token")
    })?;
    check(counts == [THREADS * ROUNDS; 2], || format!("{counts:?} and not {}", THREADS * ROUNDS))
}

/// All that wait for a condition are notified under the lock: one is woken, the others wait for the lock, and come one
/// after the other; one whose time is up meanwhile leaves by itself.
pub(super) fn notified_waiters_stand_in_line(held: &mut Root<'_, Task>) -> Verdict {
    struct State {
        waiting: u64,
        go: bool,
    }
    static STATE: SleepLock<Inode, State> = SleepLock::with_key(78, State { waiting: 0, go: false });
    static CHANGED: Condvar = Condvar::new();
    let threads: Vec<_> = (0..THREADS)
        .map(|number| {
            sched::spawn("in line", Placement::default(), move |mut held| {
                let mut state = held.lock(&STATE);
                state.waiting += 1;
                while !state.go {
                    // Some wait again and again: they may leave while they are being moved.
                    let time =
                        if number % 4 == 0 { Duration::from_millis(2) } else { Duration::from_mins(1) };
                    state = CHANGED.wait_for(state, time).0;
                }
                state.waiting -= 1;
            })
        })
        .collect();
    while held.with(&STATE, |state, _| state.waiting) < THREADS {
        sched::sleep(held, Duration::from_millis(1));
    }
    for round in 0..50 {
        // Nothing has changed for them: they wait again.
        let state = held.lock(&STATE);
        CHANGED.notify_all_behind(&state);
        drop(state);
        // Alternately at once, when most of them wait for the lock, and later, when all of them wait for the condition again:
        // a host may run all rounds of this CPU before it runs another CPU.
        if round % 2 == 0 {
            sched::yield_now(held);
        } else {
            sched::sleep(held, Duration::from_millis(2));
        }
    }
    let mut state = held.lock(&STATE);
    state.go = true;
    CHANGED.notify_all_behind(&state);
    drop(state);
    for thread in threads {
        thread.join(held);
    }
    let waiting =
        held.with(&STATE, |state, _| core::mem::replace(state, State { waiting: 0, go: false }).waiting);
    check(waiting == 0, || format!("{waiting} have not come out"))
}
