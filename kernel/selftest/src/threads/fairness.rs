//! A CPU's time is shared from the moment that somebody else wants it.

use alloc::format;
use alloc::sync::Arc;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use core::time::Duration;

use lockorder::{Root, Task};

use super::{Verdict, check};
use base::cpu;
use base::sched::thread::CpuSet;
use base::sched::{self, Placement};
use base::time::Instant;

/// How long the first thread runs alone.
const ALONE: Duration = Duration::from_secs(1);
/// How long the second one runs then: time that it has itself, in nanoseconds.
const TOGETHER: u64 = 200_000_000;
/// How much the first one has had by then, at least. As much would be right.
const SHARE: u64 = TOGETHER / 3;
/// A longer gap between two looks at the clock is time in which somebody else ran.
const GAP: u64 = 1_000_000;

/// Uses the CPU until `enough` says so of the nanoseconds that the thread has had.
fn use_cpu(mut enough: impl FnMut(u64) -> bool) {
    let (mut had, mut last) = (0, Instant::now().as_nanos());
    while !enough(had) {
        let now = Instant::now().as_nanos();
        if now - last < GAP {
            had += now - last;
        }
        last = now;
    }
}

/// A thread that has run alone is not starved when a second one comes, for as long as it ran alone.
pub(super) fn who_ran_alone_is_not_starved(held: &mut Root<'_, Task>) -> Verdict {
    let placement = Placement { allowed: CpuSet::only(cpu::last()), ..Placement::default() };
    let (stop, had_by_first) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let (seen, progress) = (Arc::clone(&stop), Arc::clone(&had_by_first));
    let first = sched::spawn("first", placement, move |_| {
        use_cpu(|had| {
            progress.store(had, Ordering::Relaxed);
            seen.load(Ordering::Relaxed)
        });
    });
    sched::sleep(held, ALONE);
    let progress = Arc::clone(&had_by_first);
    let second = sched::spawn("second", placement, move |_| {
        let before = progress.load(Ordering::Relaxed);
        use_cpu(|had| had >= TOGETHER);
        progress.load(Ordering::Relaxed) - before
    });
    let share = second.join(held);
    stop.store(true, Ordering::Relaxed);
    first.join(held);
    check(share >= SHARE, || {
        let [share, together] = [share, TOGETHER].map(|nanoseconds| nanoseconds / 1_000_000);
        format!(
            "who ran alone for {} ms had {share} ms while the other one had {together}",
            ALONE.as_millis()
        )
    })
}
