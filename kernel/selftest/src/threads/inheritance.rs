//! Priority inheritance: a light thread that is waited for does not keep a heavy one waiting.

use alloc::format;
use alloc::sync::Arc;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use core::time::Duration;

use lockorder::{Held, MaySleep, Nothing, Root, Task};

use super::{Verdict, check};
use crate::classes::{Directory, Inode};
use base::cpu::CpuIndex;
use base::sched::thread::CpuSet;
use base::sched::timer::interrupts_on;
use base::sched::{self, Placement, SleepLock, WaitQueue};
use base::time::Instant;

/// What the light threads weigh.
const LIGHT: u64 = 1;
/// What the heavy one weighs, and those that want the CPU all the time.
const HEAVY: u64 = 200;
/// How many of those there are.
const HOGS: usize = 3;
/// How much CPU the light thread needs before it lets go, in nanoseconds. By its own weight it gets a six hundredth.
const WORK: u64 = 20_000_000;
/// A slice, in nanoseconds, after which the timer interrupts where others wait.
const SLICE: u64 = 10_000_000;
/// How many slices the heavy thread may wait: a tenth of what it would wait for the light one's own share. Slices, since
/// a host that runs something else meanwhile takes the time of all threads alike.
const LIMIT: usize = (WORK * HOGS as u64 * HEAVY / 10 / SLICE) as usize;

/// Uses the CPU for a time that the thread has itself: gaps, in which others ran, do not count.
fn work(nanoseconds: u64) {
    let (mut had, mut last) = (0, Instant::now().as_nanos());
    while had < nanoseconds {
        let now = Instant::now().as_nanos();
        if now - last < 1_000_000 {
            had += now - last;
        }
        last = now;
    }
}

/// All on one CPU: a light thread holds an inner lock; another light one holds an outer one and waits for the inner one; a
/// heavy thread waits for the outer one, while others use the CPU. The weight goes along the chain, and back afterwards.
pub(super) fn who_is_waited_for_runs(held: &mut Root<'_, Task>) -> Verdict {
    static OUTER: SleepLock<Directory, ()> = SleepLock::new(());
    static INNER: SleepLock<Inode, ()> = SleepLock::with_key(77, ());
    let place = |weight| Placement { allowed: CpuSet::only(CpuIndex::FIRST), weight };
    let (stop, stage) = (Arc::new(AtomicBool::new(false)), Arc::new((AtomicUsize::new(0), WaitQueue::new())));
    let reach = |stage: &(AtomicUsize, WaitQueue), number| {
        stage.0.store(number, Ordering::SeqCst);
        stage.1.wake_all();
    };
    let at = |stage: &Arc<(AtomicUsize, WaitQueue)>, held: &mut Held<'_, Nothing, Task>, number| {
        stage.1.wait_until(held, |_| stage.0.load(Ordering::SeqCst) >= number);
    };
    let shared = Arc::clone(&stage);
    let light = sched::spawn("light", place(LIGHT), move |mut held| {
        let lent = held.with(&INNER, |(), mut held| {
            reach(&shared, 1);
            while shared.0.load(Ordering::SeqCst) < 3 {
                sched::sleep(&mut held, Duration::from_millis(1));
            }
            work(WORK);
            sched::core::current().weight()
        });
        (lent, sched::core::current().weight())
    });
    at(&stage, held, 1);
    let shared = Arc::clone(&stage);
    let middle = sched::spawn("middle", place(LIGHT), move |mut held| {
        held.with(&OUTER, |(), mut held| {
            reach(&shared, 2);
            held.with(&INNER, |(), _| ());
        });
        sched::core::current().weight()
    });
    at(&stage, held, 2);
    sleep_until_waiting(held, middle.thread());
    let hogs: [_; HOGS] = core::array::from_fn(|_| {
        let stop = Arc::clone(&stop);
        sched::spawn("hog", place(HEAVY), move |_| {
            while !stop.load(Ordering::Relaxed) {
                core::hint::spin_loop();
            }
        })
    });
    let heavy = sched::spawn("heavy", place(HEAVY), move |mut held| {
        let began = interrupts_on(CpuIndex::FIRST);
        let got = held.lock_for(&OUTER, Duration::from_secs(30)).is_some();
        (got, interrupts_on(CpuIndex::FIRST) - began)
    });
    sleep_until_waiting(held, heavy.thread());
    reach(&stage, 3);
    let (got, waited) = heavy.join(held);
    stop.store(true, Ordering::Relaxed);
    for hog in hogs {
        hog.join(held);
    }
    let ((lent, light), middle) = (light.join(held), middle.join(held));
    check(got && waited < LIMIT, || format!("the heavy thread waited for {waited} slices, {got}"))?;
    check(lent == HEAVY, || format!("the light thread was lent {lent}"))?;
    check((light, middle) == (LIGHT, LIGHT), || format!("{light} and {middle} were not given back"))
}

/// Waits until a thread waits for a lock.
fn sleep_until_waiting<C: MaySleep>(held: &mut Held<'_, Nothing, C>, thread: &sched::thread::Thread) {
    while thread.wait().and_then(|wait| wait.owner).is_none() {
        sched::sleep(held, Duration::from_millis(1));
    }
}
