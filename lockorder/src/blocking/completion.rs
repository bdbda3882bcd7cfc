//! Completions: waiting for what an interrupt handler tells, while holding locks.
//!
//! A thread that reads a block holds its file's lock, gives the disk a request, and waits for the interrupt. Whatever sets a
//! [`Completion`] is a handler, which is shown by evidence ([`InHandler`]): it acquires interrupt-safe locks only, and nobody
//! holds one of those over a sleep. So it never waits for what a sleeping thread holds, and a thread may wait for it with locks
//! held. The wait has a rank all the same: it is that of an acquisition of the class, everything held lies outside of it.
//!
//! **Always a deadline.** A device may never answer, and whoever gives it the request may come late: a thread that has not
//! submitted it yet may need what the waiter holds. So there is no wait without a time, and every wait ends.
//!
//! **Who outlives whom.** A device may answer after its waiter has gone. The handler therefore needs a reference of its own,
//! which lives as long as the request is with the device: an `Arc`, or a static. A completion on the waiter's stack does not
//! compile there. A handler that drops the last reference frees memory; where it must not, it leaves the reference in its table,
//! and a thread takes out what is complete. What is used again is [reset](Completion::reset) through `&mut`, which shows that no request has a
//! reference to it: a late answer reaches the completion that it was meant for, or none.
//!
//! Serialising tokens are given back over the wait, as over every other one; taking them again may exceed the time.

use core::fmt;
use core::marker::PhantomData;
use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;

use super::{Blocking, Patience, RawWaitQueue, Waiting, wait};
use crate::context::{MaySleep, Sleeping};
use crate::evidence::InHandler;
use crate::held::Held;
use crate::level::{After, Class, Level};
use crate::mode::Mode;
use crate::observe;
use crate::order::LockDiscipline;

/// The longest wait: a time that no clock can count is no deadline.
const LONGEST: Duration = Duration::from_hours(1);

/// Something that an interrupt handler tells and threads wait for, of class `L`.
///
/// That it is complete tells that a handler has said so since it was made or reset, and that what was written before is seen.
///
/// # Examples
///
/// A disk is waited for with a file's lock held. On a host a thread plays the machine.
///
/// ```
/// use std::time::Duration;
///
/// use lockorder::blocking::Completion;
/// use lockorder::host::Mutex;
/// use lockorder::{HardIrq, IrqSpinLock, Root, entry, hierarchy, with_root};
///
/// hierarchy! {
///     /// A disk and its files.
///     hierarchy DISK;
///     /// Files.
///     level Filesystem = 40 {
///         /// A file's size.
///         class Inode = 5;
///     }
///     /// Drivers.
///     level Device = 50 {
///         /// The blocks that the disk has read.
///         class Blocks = 0;
///         /// That it has read one.
///         class Read = 1;
///     }
/// }
///
/// static INODE: Mutex<Inode, u64> = Mutex::new(0);
/// static BLOCKS: IrqSpinLock<Blocks, u64> = IrqSpinLock::new(0);
/// static READ: Completion<Read> = Completion::new();
///
/// fn disk_interrupts(mut held: Root<'_, HardIrq>) {
///     let handler = held.in_handler();
///     held.with(&BLOCKS, |blocks, _held| {
///         *blocks += 1;
///         READ.complete(handler);
///     });
/// }
///
/// let machine = std::thread::spawn(|| {
///     // SAFETY: the thread has just begun: it plays a CPU that is interrupted, and has no other root.
///     unsafe { entry::interrupt(disk_interrupts) }
/// });
/// with_root(|mut held| {
///     held.with(&INODE, |size, mut held| {
///         READ.wait_for(&mut held, Duration::from_secs(30)).expect("the disk answers");
///         *size += 512 * *held.lock(&BLOCKS);
///     });
///     assert_eq!(*held.lock(&INODE), 512);
/// });
/// # machine.join().unwrap();
/// ```
pub struct Completion<L: Class<Platform: Blocking>> {
    complete: AtomicBool,
    waiters: <L::Platform as Blocking>::WaitQueue,
    class: PhantomData<fn(L) -> L>,
}

impl<L: Class<Platform: Blocking>> fmt::Debug for Completion<L> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.is_complete() { "complete" } else { "incomplete" };
        write!(formatter, "Completion({}, {state})", L::NAME)
    }
}

impl<L: Class<Order: LockDiscipline, Platform: Blocking>> Default for Completion<L> {
    fn default() -> Self {
        Self::new()
    }
}

/// The time was up, and no handler had completed what was waited for: it may still come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimedOut;

impl fmt::Display for TimedOut {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(
            "no interrupt has completed this in time; it may still come: reset the device, or wait again",
        )
    }
}

impl core::error::Error for TimedOut {}

impl<L: Class<Order: LockDiscipline, Platform: Blocking>> Completion<L> {
    /// Nothing has happened.
    #[must_use]
    pub const fn new() -> Self {
        Self { complete: AtomicBool::new(false), waiters: RawWaitQueue::INIT, class: PhantomData }
    }
}

impl<L: Class<Platform: Blocking>> Completion<L> {
    /// Its address, for the run-time checker.
    fn address(&self) -> usize {
        core::ptr::from_ref(self).addr()
    }

    /// Tells that it has happened, and wakes all who wait; says whether that is news. A device that answers twice, or after
    /// its waiter has given up, does no harm.
    ///
    /// Evidence that this is a handler comes from the handler's token ([`Held::in_handler`]), and is good under its locks, too.
    pub fn complete(&self, _handler: InHandler<'_>) -> bool {
        let news = !self.complete.swap(true, Ordering::SeqCst);
        if news {
            self.waiters.wake_all();
        }
        news
    }

    /// Waits until it is complete, for `time` at most, or for an hour where that is longer. Any number of threads may wait; who
    /// comes when it is complete does not wait.
    ///
    /// # Errors
    ///
    /// [`TimedOut`] when it was not complete at a look at the deadline or after it.
    #[track_caller]
    pub fn wait_for<H: Level, C: MaySleep>(
        &self,
        _held: &mut Held<'_, H, C>,
        time: Duration,
    ) -> Result<(), TimedOut>
    where
        L: After<H>,
    {
        let waiting = Waiting::here(Patience::For(time.min(LONGEST)));
        observe::might_wait::<L, Sleeping>(self.address(), Mode::Shared);
        observe::waits_for_a_thread::<L::Platform>(Some(L::INFO), waiting.place);
        // SAFETY: everything held is outside of `L`, in a context that may sleep; a handler ends the wait, or the clock.
        let complete = self.is_complete()
            || unsafe { wait::<L::Platform>(&self.waiters, &waiting, &mut || self.is_complete()) };
        if complete { Ok(()) } else { Err(TimedOut) }
    }

    /// Whether it is complete.
    pub fn is_complete(&self) -> bool {
        self.complete.load(Ordering::SeqCst)
    }

    /// Makes it incomplete: to be used again, by its only owner. No request refers to it then, so no late answer completes it.
    pub fn reset(&mut self) {
        *self.complete.get_mut() = false;
    }
}
