//! Raw lock cores: mutual exclusion without data, level or context.
//!
//! A core is what [`Lock`](crate::Lock) wraps. It knows its [`Kind`] and does nothing about interrupts and
//! preemption itself; the typed lock does that around it. Cores are public so that a kernel can build its
//! few leaf locks and plug its allocator; taking one is not checked by any type, so a kernel forbids them
//! elsewhere (clippy's `disallowed-types`).

mod ticket;

pub use ticket::Ticket;

use crate::context::Kind;
use crate::platform::Platform;

/// A mutual exclusion core.
///
/// # Safety
///
/// Between a successful acquire and the matching `release` no other acquire may succeed, and a release must
/// happen-before the acquire that follows it.
pub unsafe trait RawLock: Sized {
    /// What holding it means for interrupts and preemption.
    type Kind: Kind;
    /// A free lock.
    const INIT: Self;

    /// Waits until the lock is free and takes it.
    fn acquire<P: Platform>(&self);

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
