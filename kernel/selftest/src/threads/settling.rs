//! Waiting for the reaper.

use alloc::format;
use alloc::sync::Arc;
use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;

use lockorder::{Root, Task};

use super::{Verdict, check};
use base::sched::deferred::{Deferred, Teardown};
use base::sched::reaper;
use base::sched::{self, Placement};

/// How often it is tried.
const ROUNDS: usize = 20;

/// Something whose end takes its time.
struct Slow {
    takes: Duration,
    done: Arc<AtomicBool>,
}

impl Teardown for Slow {
    fn tear_down(self, held: &mut Root<'_, Task>) {
        if !self.takes.is_zero() {
            sched::sleep(held, self.takes);
        }
        self.done.store(true, Ordering::Release);
    }
}

/// Something whose end takes `milliseconds`, and whether it has ended.
fn slow(milliseconds: u64) -> (Deferred<Slow>, Arc<AtomicBool>) {
    let done = Arc::new(AtomicBool::new(false));
    let slow = Slow { takes: Duration::from_millis(milliseconds), done: Arc::clone(&done) };
    (Deferred::try_new(slow).expect("memory for a test"), done)
}

/// Whoever waits until all that was let go of is torn down, waits for that, and not for as many other things that were let
/// go of later: by the reaper, which gets them together, or by a thread that tears its own things down.
pub(super) fn what_was_let_go_of_is_waited_for(held: &mut Root<'_, Task>) -> Verdict {
    let mut early = 0;
    for round in 0..ROUNDS {
        reaper::settle(held);
        // The reaper is busy with the first one when the second one and the later ones come.
        let ((first, first_done), (second, second_done)) = (slow(60), slow(10));
        drop(first);
        sched::sleep(held, Duration::from_millis(1));
        drop(second);
        let later = sched::spawn("later", Placement::default(), move |mut held| {
            sched::sleep(&mut held, Duration::from_millis(1));
            for _ in 0..4 {
                drop(slow(0).0);
            }
            if round % 2 == 1 {
                reaper::drain(&mut held);
            }
        });
        reaper::settle(held);
        let both = first_done.load(Ordering::Acquire) && second_done.load(Ordering::Acquire);
        early += usize::from(!both);
        later.join(held);
    }
    check(early == 0, || format!("{early} of {ROUNDS} waits ended before what they waited for"))
}
