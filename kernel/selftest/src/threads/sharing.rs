//! Locks that several threads may hold at once.

use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use core::time::Duration;

use lockorder::{Root, Task};

use super::{Verdict, check};
use crate::classes::{Directory, Inode, Pipe};
use base::sched::{self, Mutex, Placement, Semaphore, SleepRwLock};
use base::time::Instant;

/// Readers see both numbers the same, several at once; writers, who make them different for a while, sleep meanwhile. A
/// writer gets in although readers come all the time; an upgrade changes what was read.
pub(super) fn readers_share_and_writers_do_not(held: &mut Root<'_, Task>) -> Verdict {
    const WRITES: u64 = 20;
    static PAIR: SleepRwLock<Directory, [u64; 2]> = SleepRwLock::new([0; 2]);
    #[derive(Default)]
    struct Seen {
        torn: AtomicU64,
        inside: AtomicU64,
        most: AtomicU64,
        stop: AtomicBool,
    }
    let seen = Arc::new(Seen::default());
    let readers: Vec<_> = (0..4)
        .map(|_| {
            let seen = Arc::clone(&seen);
            sched::spawn("reader", Placement::default(), move |mut held| {
                while !seen.stop.load(Ordering::Acquire) {
                    let mut pair = held.read(&PAIR);
                    let inside = seen.inside.fetch_add(1, Ordering::AcqRel) + 1;
                    seen.most.fetch_max(inside, Ordering::AcqRel);
                    let (pair, mut held) = pair.split();
                    if pair[0] != pair[1] {
                        seen.torn.fetch_add(1, Ordering::Relaxed);
                    }
                    sched::yield_now(&mut held);
                    seen.inside.fetch_sub(1, Ordering::AcqRel);
                }
            })
        })
        .collect();
    let writers: Vec<_> = (0..2)
        .map(|_| {
            sched::spawn("writer", Placement::default(), move |mut held| {
                for round in 0..WRITES {
                    if round % 4 == 0 {
                        let pair = held.upgradeable(&PAIR);
                        let before = pair[0];
                        let mut pair = pair.upgrade();
                        *pair = [before + 1; 2];
                        continue;
                    }
                    let mut pair = held.write(&PAIR);
                    let (pair, mut held) = pair.split();
                    pair[0] += 1;
                    sched::sleep(&mut held, Duration::from_micros(100));
                    pair[1] += 1;
                }
            })
        })
        .collect();
    for writer in writers {
        writer.join(held);
    }
    // The writers may have been through before a second reader began.
    let began = Instant::now();
    while seen.most.load(Ordering::Acquire) < 2 && began.elapsed() < Duration::from_secs(5) {
        sched::sleep(held, Duration::from_millis(1));
    }
    seen.stop.store(true, Ordering::Release);
    for reader in readers {
        reader.join(held);
    }
    let (torn, most) = (seen.torn.load(Ordering::Relaxed), seen.most.load(Ordering::Relaxed));
    let pair = *held.read(&PAIR);
    check(torn == 0 && pair == [2 * WRITES; 2], || format!("{torn} torn reads, {pair:?} at the end"))?;
    check(most > 1, || "no two readers were ever in at once".into())
}

/// No more threads are in than there are permits, and all get in.
pub(super) fn permits_are_as_many_as_were_given(held: &mut Root<'_, Task>) -> Verdict {
    static ROOM: Semaphore<Pipe> = Semaphore::new(3);
    static COUNT: Mutex<Inode, u64> = Mutex::with_key(11, 0);
    let inside = Arc::new([const { AtomicU64::new(0) }; 2]);
    let threads: Vec<_> = (0..12)
        .map(|_| {
            let inside = Arc::clone(&inside);
            sched::spawn("visitor", Placement::default(), move |mut held| {
                for _ in 0..20 {
                    let (_permit, mut held) = ROOM.acquire(&mut held);
                    let now = inside[0].fetch_add(1, Ordering::AcqRel) + 1;
                    inside[1].fetch_max(now, Ordering::AcqRel);
                    held.with(&COUNT, |count, _| *count += 1);
                    sched::yield_now(&mut held);
                    inside[0].fetch_sub(1, Ordering::AcqRel);
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join(held);
    }
    let (most, count) = (inside[1].load(Ordering::Relaxed), held.with(&COUNT, |count, _| *count));
    check(most <= 3 && count == 240 && ROOM.permits() == 3, || {
        format!("{most} at once, {count} in all, {ROOM:?}")
    })
}
