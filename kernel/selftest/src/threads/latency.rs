//! How soon a thread runs once it has been woken.

use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use core::time::Duration;

use lockorder::{Root, Task};

use super::{Verdict, check};
use base::cpu;
use base::cpu::CpuIndex;
use base::sched::thread::CpuSet;
use base::sched::timer::interrupts_on;
use base::sched::{self, Placement, WaitQueue};
use base::time::Instant;

/// Wake-ups of one try.
const WAKE_UPS: u64 = 24;
/// Tries, of which the best counts: a busy host makes any of them slow.
const TRIES: usize = 8;
/// What a wake-up takes at most, in nanoseconds, as the median of a try.
const LIMIT: u64 = 500_000;
/// How many wake-ups of a try come before the next interrupt of the CPU's timer at least. One that waits for that hardly ever
/// does.
///
/// Either is enough. A host that runs something else makes milliseconds of the time; where wake-ups wait for the timer, neither
/// holds.
const PROMPT: usize = 10;
/// How long a thread that should be woken at once waits for it at most.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where the woken thread stands, and what it is told.
#[derive(Default)]
struct Bell {
    queue: WaitQueue,
    /// When it was rung last, in nanoseconds; 0 where nobody has since.
    rung_at: AtomicU64,
    /// How often the timer of the woken thread's CPU had interrupted it then.
    interrupts: AtomicUsize,
    stop: AtomicBool,
}

/// What the wake-ups of a try took.
struct Try {
    /// The median, in nanoseconds.
    median: u64,
    /// How many came before the next interrupt of the timer.
    prompt: usize,
}

/// Has a thread on the last CPU woken by one on the first CPU, each time at another moment of a slice.
fn try_once(held: &mut Root<'_, Task>) -> Try {
    let (bell, last) = (Arc::new(Bell::default()), cpu::last());
    let on = |cpu| Placement { allowed: CpuSet::only(cpu), ..Placement::default() };
    let shared = Arc::clone(&bell);
    let woken = sched::spawn("woken", on(last), move |mut held| {
        let (mut taken, mut prompt) = (Vec::new(), 0);
        loop {
            shared.queue.wait_until(&mut held, |_| {
                shared.rung_at.load(Ordering::Acquire) > 0 || shared.stop.load(Ordering::Acquire)
            });
            let (now, interrupts) = (Instant::now().as_nanos(), interrupts_on(last));
            let in_time = shared.interrupts.load(Ordering::Relaxed) == interrupts;
            match shared.rung_at.swap(0, Ordering::AcqRel) {
                0 => return (taken, prompt),
                rung_at => taken.push(now.saturating_sub(rung_at)),
            }
            prompt += usize::from(in_time);
        }
    });
    let shared = Arc::clone(&bell);
    let waker = sched::spawn("waker", on(CpuIndex::FIRST), move |mut held| {
        for round in 0..WAKE_UPS {
            sched::sleep(&mut held, Duration::from_millis(5));
            while shared.rung_at.load(Ordering::Acquire) != 0 {
                sched::sleep(&mut held, Duration::from_millis(1));
            }
            let end = Instant::now().as_nanos() + round * 10_000_000 / WAKE_UPS;
            while Instant::now().as_nanos() < end {
                core::hint::spin_loop();
            }
            shared.interrupts.store(interrupts_on(last), Ordering::Relaxed);
            shared.rung_at.store(Instant::now().as_nanos(), Ordering::Release);
            shared.queue.wake_one();
        }
        sched::sleep(&mut held, Duration::from_millis(40));
        shared.stop.store(true, Ordering::Release);
        shared.queue.wake_all();
    });
    waker.join(held);
    let (mut taken, prompt) = woken.join(held);
    taken.sort_unstable();
    Try { median: taken.get(taken.len() / 2).copied().unwrap_or(u64::MAX), prompt }
}

impl Try {
    /// Whether its wake-ups did not wait for the timer.
    const fn is_prompt(&self) -> bool {
        self.median < LIMIT || self.prompt >= PROMPT
    }
}

/// Whether wake-ups take no longer than they may.
fn prompt(held: &mut Root<'_, Task>, what: &str) -> Verdict {
    let mut best = Try { median: u64::MAX, prompt: 0 };
    for _ in 0..TRIES {
        let next = try_once(held);
        if (next.prompt, best.median) > (best.prompt, next.median) {
            best = next;
        }
        if best.is_prompt() {
            break;
        }
    }
    let (median, prompt) = (best.median, best.prompt);
    base::record::figure(&format!("wake-up, {what}, in microseconds"), median / 1000);
    check(best.is_prompt(), || {
        format!(
            "a wake-up, {what}, takes {} us, and {prompt} of {WAKE_UPS} came before the timer",
            median / 1000
        )
    })
}

/// A thread that is woken on a CPU that idles runs at once, and not when that CPU's timer interrupts.
pub(super) fn an_idle_cpu_is_woken_at_once(held: &mut Root<'_, Task>) -> Verdict {
    prompt(held, "on an idle CPU")
}

/// A thread that is woken on a CPU that another one uses all the time has run less, and comes on at once.
pub(super) fn a_woken_thread_preempts(held: &mut Root<'_, Task>) -> Verdict {
    let placement = Placement { allowed: CpuSet::only(cpu::last()), ..Placement::default() };
    let stop = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&stop);
    let hog = sched::spawn("hog", placement, move |_| {
        while !seen.load(Ordering::Relaxed) {
            core::hint::spin_loop();
        }
    });
    let verdict = prompt(held, "on a busy CPU");
    stop.store(true, Ordering::Relaxed);
    hog.join(held);
    verdict
}

/// A wake-up goes to a thread that does not need it: its condition came to hold in another way while it looked. The next
/// thread in the queue gets the wake-up, at once. Where there is one CPU only, nobody can enter behind a thread that looks.
pub(super) fn a_wake_up_that_is_not_needed_is_passed_on(held: &mut Root<'_, Task>) -> Verdict {
    #[derive(Default)]
    struct Counter {
        queue: WaitQueue,
        first_stands: AtomicBool,
        second_stands: AtomicBool,
        served: AtomicBool,
    }
    fn wait_for(flag: &AtomicBool) {
        let end = Instant::now().as_nanos() + 2_000_000_000;
        while !flag.load(Ordering::Acquire) && Instant::now().as_nanos() < end {
            core::hint::spin_loop();
        }
    }
    if cpu::online() == 1 {
        return Ok(());
    }
    let counter = Arc::new(Counter::default());
    let on = |cpu| Placement { allowed: CpuSet::only(cpu), ..Placement::default() };
    let shared = Arc::clone(&counter);
    let second = sched::spawn("second", on(cpu::last()), move |mut held| {
        wait_for(&shared.first_stands);
        let began = Instant::now().as_nanos();
        let served = shared.queue.wait_until_for(&mut held, PATIENCE, |_| {
            shared.second_stands.store(true, Ordering::Release);
            shared.served.load(Ordering::Acquire)
        });
        (served, Instant::now().as_nanos() - began)
    });
    let shared = Arc::clone(&counter);
    let first = sched::spawn("first", on(CpuIndex::FIRST), move |mut held| {
        shared.queue.wait_until(&mut held, |_| {
            // It stands in the queue while it looks. Who wakes the first of the queue now, wakes this thread.
            shared.first_stands.store(true, Ordering::Release);
            wait_for(&shared.second_stands);
            shared.served.store(true, Ordering::Release);
            shared.queue.wake_one();
            true
        });
    });
    first.join(held);
    let (served, waited) = second.join(held);
    check(served && waited < u64::try_from(PATIENCE.as_nanos()).unwrap_or(u64::MAX) / 2, || {
        format!("who stood second was served: {served}, after {} ms", waited / 1_000_000)
    })
}
