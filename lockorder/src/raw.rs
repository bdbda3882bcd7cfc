//! Raw lock cores: mutual exclusion without data, level or context.
//!
//! A core is what [`Lock`](crate::Lock) wraps. It knows its [`Kind`] and does nothing about interrupts and
//! preemption itself; the typed lock does that around it. Cores are public so that a kernel can build its
//! few leaf locks and plug its allocator; taking one is not checked by any type, so a kernel forbids them
//! elsewhere (clippy's `disallowed-types`).

mod backoff;
#[cfg(feature = "lock_api")]
pub mod lock_api;
mod once;
mod queue;
pub(crate) mod read_write;
#[cfg(test)]
mod read_write_tests;
mod sequence;
mod ticket;

pub(crate) use backoff::Backoff;
pub use once::OnceState;
pub use queue::Queue;
pub use read_write::ReadWrite;
pub use sequence::Sequence;
pub use ticket::Ticket;

use crate::context::{Kind, StopsPreemption};
use crate::platform::Platform;

/// A mutual exclusion core.
///
/// # Safety
///
/// Between a successful acquire and the matching `release` no other acquire may succeed, and a release must
/// happen-before the acquire that follows it. A core of kind [`Sleeping`](crate::Sleeping) gives the serialising tokens of a
/// thread back while the thread waits; a core that spins is not of this kind.
pub unsafe trait RawLock: Sized {
    /// What holding it means for interrupts and preemption.
    type Kind: Kind;
    /// A free lock.
    const INIT: Self;

    /// Waits until the lock is free and takes it.
    ///
    /// # Safety
    ///
    /// The caller may wait for this lock here: the lock order allows it, a lock of this kind is usable in the context that
    /// the code runs in, and interrupts and preemption of `P` are counted as the kind demands. The typed layer's argument is
    /// the bounds of the token.
    unsafe fn acquire<P: Platform>(&self);

    /// Takes the lock if it is free, at once.
    fn try_acquire(&self) -> bool;

    /// Frees the lock.
    ///
    /// # Safety
    ///
    /// The caller holds it, and gives it up with this call.
    unsafe fn release(&self);

    /// Whether anybody holds it at this moment: for assertions and reports.
    fn is_held(&self) -> bool;
}

/// A lock that can be asked who owns it.
pub trait HasOwner {
    /// The number of the thread that owns it at this moment, if any: for reports, never for decisions.
    fn owner(&self) -> Option<core::num::NonZeroU64>;
}

/// A core whose waiters wait on platform `P`, so that a lock of a class of that platform can be made of it.
///
/// A core that spins asks the platform of the class how to wait, and waits on any. One that sleeps gives the serialising
/// tokens of *its* platform back while a thread waits: in a class of another platform the thread would keep that one's.
///
/// # Safety
///
/// A thread that waits for the core has given back all serialising tokens that it holds on `P`, unless it waits by spinning,
/// as `P` says.
#[diagnostic::on_unimplemented(
    message = "the waiters of a `{Self}` do not wait on platform `{P}`",
    label = "the class of this lock is of platform `{P}`",
    note = "name the core of that platform, or `platform = …` in the `hierarchy!` of the class"
)]
pub unsafe trait WaitsOn<P: Platform> {}
// SAFETY: its waiters spin, by the functions of the platform that they are given.
unsafe impl<K: StopsPreemption, P: Platform> WaitsOn<P> for Ticket<K> {}
// SAFETY: its waiters spin, by the functions of the platform that they are given.
unsafe impl<K: StopsPreemption, P: Platform> WaitsOn<P> for Queue<K> {}
// SAFETY: its waiters spin, by the functions of the platform that they are given.
unsafe impl<K: StopsPreemption, P: Platform> WaitsOn<P> for ReadWrite<K> {}

/// A core that can be waited for a limited time: where waiters sleep.
///
/// # Safety
///
/// As [`RawLock`], with `acquire_for` for another way to acquire.
pub unsafe trait RawTimedLock: RawLock {
    /// Waits until the lock is free and takes it, for `time` at most; says whether it was taken.
    ///
    /// # Safety
    ///
    /// As for [`acquire`](RawLock::acquire).
    unsafe fn acquire_for<P: Platform>(&self, time: core::time::Duration) -> bool;
}

/// A core that many readers hold at once, or one writer.
///
/// An *upgradeable* reader reads beside others; there is one at most, and it can become the writer without letting
/// a writer in before.
///
/// # Safety
///
/// Between a successful exclusive acquire and the matching release no other acquire of any form may succeed; while a
/// shared or upgradeable one is held no exclusive one may, and while an upgradeable one is held no second one. A
/// release, and a downgrade, must happen-before every later acquire that it made way for. A core of kind
/// [`Sleeping`](crate::Sleeping) gives the serialising tokens of a thread back while the thread waits; a core that spins is
/// not of this kind.
pub unsafe trait RawReadWriteLock: Sized {
    /// What holding it means for interrupts and preemption, in every form.
    type Kind: Kind;
    /// A free lock.
    const INIT: Self;

    /// Waits until no writer is in, nor waits, and enters as a reader. The cores of this crate let a reader that waits in when
    /// the next writer leaves: it waits for one writer at most.
    ///
    /// # Safety
    ///
    /// As for [`RawLock::acquire`].
    unsafe fn acquire_shared<P: Platform>(&self);

    /// Enters as a reader if that is possible at once.
    fn try_acquire_shared(&self) -> bool;

    /// Leaves as a reader.
    ///
    /// # Safety
    ///
    /// The caller is a reader, and gives it up with this call.
    unsafe fn release_shared(&self);

    /// Waits until nobody is in, keeping new readers out, and enters as the writer.
    ///
    /// # Safety
    ///
    /// As for [`RawLock::acquire`].
    unsafe fn acquire_exclusive<P: Platform>(&self);

    /// Enters as the writer if nobody is in.
    fn try_acquire_exclusive(&self) -> bool;

    /// Leaves as the writer.
    ///
    /// # Safety
    ///
    /// The caller is the writer, and gives it up with this call.
    unsafe fn release_exclusive(&self);

    /// Waits until neither a writer nor another upgradeable reader is in, and enters as the upgradeable reader.
    ///
    /// # Safety
    ///
    /// As for [`RawLock::acquire`].
    unsafe fn acquire_upgradeable<P: Platform>(&self);

    /// Enters as the upgradeable reader if that is possible at once.
    fn try_acquire_upgradeable(&self) -> bool;

    /// Leaves as the upgradeable reader.
    ///
    /// # Safety
    ///
    /// The caller is the upgradeable reader, and gives it up with this call.
    unsafe fn release_upgradeable(&self);

    /// Waits until the other readers have left, keeping new ones out, and becomes the writer.
    ///
    /// # Safety
    ///
    /// The caller is the upgradeable reader, and is the writer afterwards. It may wait here, as for [`RawLock::acquire`].
    unsafe fn upgrade<P: Platform>(&self);

    /// Becomes the writer if nobody else reads.
    ///
    /// # Safety
    ///
    /// The caller is the upgradeable reader; on success it is the writer afterwards.
    unsafe fn try_upgrade(&self) -> bool;

    /// From the writer to a reader; nobody writes in between.
    ///
    /// # Safety
    ///
    /// The caller is the writer, and a reader afterwards.
    unsafe fn downgrade(&self);

    /// From the writer to the upgradeable reader; nobody writes in between.
    ///
    /// # Safety
    ///
    /// The caller is the writer, and the upgradeable reader afterwards.
    unsafe fn downgrade_to_upgradeable(&self);

    /// From the upgradeable reader to a plain one; nobody writes in between.
    ///
    /// # Safety
    ///
    /// The caller is the upgradeable reader, and a plain reader afterwards.
    unsafe fn downgrade_upgradeable(&self);

    /// Whether anybody is in at this moment: for assertions and reports.
    fn is_held(&self) -> bool;

    /// Whether a writer is in at this moment: for assertions and reports.
    fn is_held_exclusively(&self) -> bool;
}

/// A reader-writer core that can be waited for a limited time: where waiters sleep.
///
/// # Safety
///
/// As [`RawReadWriteLock`], with two more ways to acquire.
pub unsafe trait RawTimedReadWriteLock: RawReadWriteLock {
    /// Enters as a reader, waiting for `time` at most; says whether it did.
    ///
    /// # Safety
    ///
    /// As for [`RawLock::acquire`].
    unsafe fn acquire_shared_for<P: Platform>(&self, time: core::time::Duration) -> bool;

    /// Enters as the writer, waiting for `time` at most; says whether it did. Readers that were kept out for its sake come in
    /// when it has given up.
    ///
    /// # Safety
    ///
    /// As for [`RawLock::acquire`].
    unsafe fn acquire_exclusive_for<P: Platform>(&self, time: core::time::Duration) -> bool;
}
