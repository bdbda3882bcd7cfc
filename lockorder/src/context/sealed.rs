//! Keeps contexts and kinds closed, and says what a kind does to the CPU.
//!
//! The traits are public in a private module: nobody outside can name them, so nobody can add a context or
//! a kind, and nobody but the typed lock can turn preemption or interrupts off through a kind.

use super::{Atomic, HardIrq, IrqOff, IrqSafe, Sleeping, Spinning, Task};
use crate::platform::Platform;

/// Seals `Context`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an execution context",
    note = "this trait is sealed: there are no others than the library's own"
)]
pub trait Context {}
impl Context for Task {}
impl Context for Atomic {}
impl Context for IrqOff {}
impl Context for HardIrq {}

/// Seals `MaySleep`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a context that may sleep",
    note = "this trait is sealed: there are no others than the library's own"
)]
pub trait MaySleep {}
impl MaySleep for Task {}

/// Seals `MaySpin`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a context that may spin",
    note = "this trait is sealed: there are no others than the library's own"
)]
pub trait MaySpin {}
impl MaySpin for Task {}
impl MaySpin for Atomic {}

/// Seals `HandlesInterrupts`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the context of an interrupt handler",
    note = "this trait is sealed: there are no others than the library's own"
)]
pub trait HandlesInterrupts {}
impl HandlesInterrupts for HardIrq {}

/// What a kind does before its core is acquired and after it is released.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a lock kind",
    note = "this trait is sealed: there are no others than the library's own"
)]
pub trait Kind {
    /// Before acquiring.
    ///
    /// # Safety
    ///
    /// What runs until the matching `leave` has a token of the kind's `Inside` context at most.
    unsafe fn enter<P: Platform>();
    /// After releasing.
    ///
    /// # Safety
    ///
    /// Pairs with one `enter` of the same kind and platform on this CPU.
    unsafe fn leave<P: Platform>();
}
impl Kind for Sleeping {
    #[inline]
    unsafe fn enter<P: Platform>() {}
    #[inline]
    unsafe fn leave<P: Platform>() {}
}
impl Kind for Spinning {
    #[inline]
    unsafe fn enter<P: Platform>() {
        // SAFETY: inside the context is `Atomic` at most, as the caller sees to.
        unsafe { P::disable_preemption() }
    }
    #[inline]
    unsafe fn leave<P: Platform>() {
        // SAFETY: the caller pairs this with one `enter`, which disabled preemption once.
        unsafe { P::enable_preemption() }
    }
}
impl Kind for IrqSafe {
    #[inline]
    unsafe fn enter<P: Platform>() {
        // SAFETY: inside the context is `IrqOff` at most, as the caller sees to.
        unsafe { P::disable_interrupts() }
    }
    #[inline]
    unsafe fn leave<P: Platform>() {
        // SAFETY: the caller pairs this with one `enter`, which disabled interrupts once.
        unsafe { P::enable_interrupts() }
    }
}
