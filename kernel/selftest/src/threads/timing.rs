//! Time: sleeping, beats, sharing a CPU.

use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use core::time::Duration;

use lockorder::{Root, SpinLock, Task};

use super::{Verdict, check};
use crate::classes::PageCache;
use base::cpu;
use base::cpu::CpuIndex;
use base::sched::thread::CpuSet;
use base::sched::timer::{BEAT, beats_on};
use base::sched::{self, Placement, WaitQueue};
use base::time::Instant;

/// A short sleep.
const SHORT: Duration = Duration::from_millis(3);

/// A sleep is never too short; how long it may be is up to the machine, within reason.
pub(super) fn sleep_is_long_enough(held: &mut Root<'_, Task>) -> Verdict {
    for milliseconds in [1, 15, 40] {
        let wanted = milliseconds * 1_000_000;
        let began = Instant::now().as_nanos();
        sched::sleep(held, Duration::from_nanos(wanted));
        let slept = Instant::now().as_nanos() - began;
        check(slept >= wanted, || format!("{slept} ns are less than {wanted}"))?;
        check(slept < wanted + 2_000_000_000, || format!("{slept} ns are far more than {wanted}"))?;
    }
    // The timer ends it, and not whatever comes next: a busy host is late once, and not every time.
    let late = (0..20)
        .map(|_| {
            let began = Instant::now();
            sched::sleep(held, SHORT);
            began.elapsed().saturating_sub(SHORT)
        })
        .min();
    check(late < Some(SHORT), || format!("the shortest of twenty sleeps of {SHORT:?} is {late:?} late"))
}

/// A wait that nobody ends, ends at its deadline and not before; one that somebody ends, ends well.
pub(super) fn waits_end_at_their_deadline(held: &mut Root<'_, Task>) -> Verdict {
    let queue = Arc::new(WaitQueue::new());
    let began = Instant::now().as_nanos();
    let held_true = queue.wait_until_for(held, Duration::from_millis(30), |_| false);
    let waited = Instant::now().as_nanos() - began;
    check(!held_true && waited >= 30_000_000, || format!("{held_true} after {waited} ns"))?;

    let done = Arc::new(AtomicBool::new(false));
    let (waker, flag) = (Arc::clone(&queue), Arc::clone(&done));
    let thread = sched::spawn("waker", Placement::default(), move |mut held| {
        sched::sleep(&mut held, Duration::from_millis(20));
        flag.store(true, Ordering::Release);
        waker.wake_all();
    });
    let in_time = queue.wait_until_for(held, Duration::from_mins(1), |_| done.load(Ordering::Acquire));
    thread.join(held);
    check(in_time, || "a wait that was ended met its deadline".into())
}

/// Every CPU shows that it takes interrupts, also where nothing else interrupts it.
pub(super) fn every_cpu_has_a_beat(held: &mut Root<'_, Task>) -> Verdict {
    let before: Vec<_> = cpu::all().map(beats_on).collect();
    sched::sleep(held, 2 * BEAT);
    for (cpu, before) in cpu::all().zip(before) {
        let after = beats_on(cpu);
        check(after > before, || format!("CPU {cpu} stands at {after} beats"))?;
    }
    Ok(())
}

/// A thread that never yields does not keep its CPU from others.
pub(super) fn a_spinning_thread_is_preempted(held: &mut Root<'_, Task>) -> Verdict {
    let stop = Arc::new(AtomicBool::new(false));
    let placement = Placement { allowed: CpuSet::only(CpuIndex::FIRST), ..Placement::default() };
    let seen = Arc::clone(&stop);
    let spinner = sched::spawn("spinner", placement, move |_| {
        while !seen.load(Ordering::Relaxed) {
            core::hint::spin_loop();
        }
    });
    let other = Arc::clone(&stop);
    let stopper = sched::spawn("stopper", placement, move |_| other.store(true, Ordering::Relaxed));
    stopper.join(held);
    spinner.join(held);
    check(stop.load(Ordering::Relaxed), || "the spinner ended by itself".into())
}

/// A thread whose slice ends while it holds a spin lock lets another one on when it releases it, and not at the timer's next
/// interrupt.
pub(super) fn a_release_lets_others_on(held: &mut Root<'_, Task>) -> Verdict {
    /// How often it is tried; the timer may interrupt in the very moment, so once in a while it is the timer.
    const ROUNDS: usize = 10;
    /// Long enough for a slice to be over.
    const HOLD: Duration = Duration::from_millis(30);
    static LOCK: SpinLock<PageCache, ()> = SpinLock::new(());
    let placement = Placement { allowed: CpuSet::only(CpuIndex::FIRST), ..Placement::default() };
    let mut prompt = 0;
    for _ in 0..ROUNDS {
        let ran_at = Arc::new(AtomicU64::new(0));
        let (seen, other) = (Arc::clone(&ran_at), Arc::clone(&ran_at));
        let holder = sched::spawn("holder", placement, move |mut held| {
            let other = sched::spawn("other", placement, move |_| {
                other.store(Instant::now().as_nanos(), Ordering::Release);
            });
            let released_at = held.with(&LOCK, |(), _| {
                let began = Instant::now();
                while began.elapsed() < HOLD {
                    core::hint::spin_loop();
                }
                Instant::now().as_nanos()
            });
            let ran_at = seen.load(Ordering::Acquire);
            other.join(&mut held);
            ran_at >= released_at
        });
        prompt += usize::from(holder.join(held));
    }
    check(prompt > ROUNDS / 2, || format!("{prompt} of {ROUNDS} releases let the other thread on"))
}

/// Two threads on one CPU run in the ratio of their weights, roughly.
pub(super) fn weights_share_a_cpu(held: &mut Root<'_, Task>) -> Verdict {
    let counts: Vec<Arc<AtomicU64>> = (0..2).map(|_| Arc::new(AtomicU64::new(0))).collect();
    let stop = Arc::new(AtomicBool::new(false));
    let last = cpu::last();
    let threads: Vec<_> = [100, 300]
        .into_iter()
        .zip(&counts)
        .map(|(weight, count)| {
            let (count, stop) = (Arc::clone(count), Arc::clone(&stop));
            let placement = Placement { allowed: CpuSet::only(last), weight };
            sched::spawn("counter", placement, move |_| {
                while !stop.load(Ordering::Relaxed) {
                    count.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    let counted = || [0, 1].map(|index: usize| counts[index].load(Ordering::Relaxed));
    // Three times as much would be right, and once is wrong: half-way, as ratios go. A busy host takes the CPU away for
    // long, and whoever runs then is charged for it; over some seconds that evens out.
    let right = |[light, heavy]: [u64; 2]| 10 * heavy > 17 * light && light > 0;
    let mut shares = [0; 2];
    for _ in 0..10 {
        sched::sleep(held, Duration::from_millis(800));
        shares = counted();
        if right(shares) {
            break;
        }
    }
    stop.store(true, Ordering::Relaxed);
    for thread in threads {
        thread.join(held);
    }
    check(right(shares), || {
        let [light, heavy] = shares;
        format!("the one with three times the weight counted to {heavy}, the other to {light}")
    })
}
