//! The reaper: the thread that tears down what was dropped where nobody could.

use lockorder::{Held, MaySleep, NothingHeld, Root, Task};

use super::blocking::WaitQueue;
use super::deferred;
use super::spawn::{Placement, spawn};
use crate::mm::stacks;

/// Where the reaper waits for more.
static REAPER: WaitQueue = WaitQueue::new();
/// Where those wait who want the list to be empty.
static DRAINED: WaitQueue = WaitQueue::new();

/// How much may be left to the reaper by a thread that could tear it down.
const BACKLOG: u64 = 32;

/// Starts the reaper. Once, at boot.
///
/// # Panics
///
/// When there is no memory for it.
pub fn start() {
    let wake = || {
        REAPER.wake_one();
    };
    deferred::on_push(wake);
    stacks::on_surplus(wake);
    drop(spawn("reaper", Placement::default(), reap));
}

/// Tears down what is on the list, unless another thread does; says whether there was anything. On the way back to user
/// mode too, so that a thread that lets go of much pays for it.
pub fn drain<H: NothingHeld, C: MaySleep>(held: &mut Held<'_, H, C>) -> bool {
    let mut held = held.to_nothing();
    deferred::tear_down_all(&mut held.to_task(), || DRAINED.wake_all())
}

/// Tears down the list, and waits for the reaper while more than `BACKLOG` values are left. Called by a thread that ends, with nothing
/// held: the reaper gets no more of a CPU than each ending thread, so on one CPU it would fall behind for ever.
pub fn keep_pace<H: NothingHeld, C: MaySleep>(held: &mut Held<'_, H, C>) {
    drain(held);
    if deferred::pushed().saturating_sub(deferred::done()) > BACKLOG {
        settle(held);
    }
}

/// What the reaper's thread runs. Never ends.
fn reap(held: Root<'_, Task>) {
    let mut held = held;
    loop {
        REAPER.wait_for_work(&mut held, |_| deferred::is_left() || stacks::is_surplus());
        drain(&mut held);
        stacks::trim(&mut held);
    }
}

/// Waits until everything that had been let go of is torn down, and gives the frames of surplus stacks to everybody. Not in a
/// teardown, which would wait for itself.
pub fn settle<H: NothingHeld, C: MaySleep>(held: &mut Held<'_, H, C>) {
    let pushed = deferred::pushed();
    DRAINED.wait_until(held, |_| deferred::done() >= pushed);
    stacks::trim(&mut held.to_task());
}
