//! What the locks need of the machine: interrupts, preemption, CPU number, waiting.
//!
//! A kernel implements [`Platform`] once and names it in its [`hierarchy!`](crate::hierarchy); every class
//! carries it, so nobody spells it out at a lock. The host implementation is `host::Host`.
//!
//! Interrupts are *counted*: the flag is saved when the count goes from 0 to 1 and restored when it returns
//! to 0 (as xv6's `push_off`), so that guards released out of order never turn interrupts on early.

/// How many CPUs the library has room for where it keeps something for each: [`Platform::cpu`] is below.
pub const MAXIMUM_CPUS: usize = 64;

/// The machine that locks run on.
///
/// # Safety
///
/// Locks rely on it for exclusion: between `disable_interrupts` and the matching `enable_interrupts` no
/// interrupt may be taken on this CPU, and between `disable_preemption` (or `disable_interrupts`) and its
/// match the calling thread may not leave its CPU. Both counts nest. Who says [`STANDS_BESIDE_OTHERS`](Self::STANDS_BESIDE_OTHERS)
/// sees to it that no thread sleeps on one platform with serialising tokens of another in hand that are waited for meanwhile.
pub unsafe trait Platform: 'static {
    /// Whether interrupt handlers run on it. Where they do, all lock classes of a program are of this one platform: an
    /// interrupt-safe lock of another one would leave them on ([`one_platform`](crate::one_platform)).
    const HAS_INTERRUPTS: bool = true;

    /// Whether a program may have lock classes of other platforms as well, without interrupts: for machines that tests drive.
    /// Anywhere else all classes of a program are of one platform, since a thread that sleeps gives serialising tokens of that one
    /// back only.
    const STANDS_BESIDE_OTHERS: bool = false;

    /// Counts interrupts off once more on this CPU; from 0 to 1 saves the flag and clears it.
    ///
    /// # Safety
    ///
    /// Whoever goes on meanwhile does not sleep, and acquires nothing that exists with interrupts on only. Guards
    /// see to that: they borrow the token, and give out a weaker one.
    unsafe fn disable_interrupts();

    /// Counts back; from 1 to 0 restores the saved flag.
    ///
    /// # Safety
    ///
    /// Pairs with one `disable_interrupts` of the calling thread.
    unsafe fn enable_interrupts();

    /// Counts preemption off once more.
    ///
    /// # Safety
    ///
    /// Whoever goes on meanwhile does not sleep. Guards see to that, as for interrupts.
    unsafe fn disable_preemption();

    /// Counts back; at 0 a pending switch may happen.
    ///
    /// # Safety
    ///
    /// Pairs with one `disable_preemption` of the calling thread.
    unsafe fn enable_preemption();

    /// The number of the CPU this runs on, from 0, below [`MAXIMUM_CPUS`]. Stable only while preemption is off.
    fn cpu() -> usize;

    /// Tells the CPU that it is spinning.
    fn relax();

    /// Whether virtual CPUs may outnumber real ones, so that the thread next in a queue may not be running.
    ///
    /// Then waiting first-come-first-served collapses, and waiters barge with back-off instead.
    fn oversubscribed() -> bool;

    /// Waits a little after long spinning: gives the CPU away where that is possible.
    fn back_off();

    /// Calls `look` with what this thread holds, for the run-time checker; `None` where that is not kept.
    #[cfg(feature = "checker")]
    #[inline]
    fn with_held_locks<O>(look: impl FnOnce(&crate::held_locks::HeldLocks) -> O) -> Option<O> {
        let _ = look;
        None
    }

    /// The time by which waits and holds are measured, in a unit of the platform's choice; 0 where there is none.
    #[cfg(feature = "stats")]
    #[inline]
    #[must_use]
    fn statistics_clock() -> u64 {
        0
    }
}
