//! Evidence: proof that something is so now, borrowed from a guard.
//!
//! A token is a ceiling and proves nothing ([`Held`]). Per-CPU data needs proof that the thread stays
//! on its CPU, or that no handler runs on it. The proof is borrowed from a guard whose life makes it true:
//! a spin lock's, an interrupt-safe lock's, or one of the two guards here, which lock nothing.
//!
//! One thing a token does prove: that this is an interrupt handler. No token is weakened to `HardIrq`; it is a handler's root, or
//! comes of one, and lives as long as the handler runs.

use core::fmt;
use core::marker::PhantomData;

use crate::context::{Atomic, Context, HandlesInterrupts, IrqOff, MaySpin};
use crate::held::{Held, StaysOnItsThread};
use crate::level::{Class, Level};
use crate::platform::Platform;

/// Preemption is off on this thread during `'a`: it stays on its CPU.
#[derive(Clone, Copy)]
pub struct PreemptionOff<'a> {
    mark: PhantomData<(&'a (), StaysOnItsThread)>,
}

/// Interrupts are off on this CPU during `'a`, and so is preemption.
#[derive(Clone, Copy)]
pub struct IrqsOff<'a> {
    mark: PhantomData<(&'a (), StaysOnItsThread)>,
}

/// An interrupt handler runs here during `'a`: whatever it acquires is interrupt-safe.
#[derive(Clone, Copy)]
pub struct InHandler<'a> {
    mark: PhantomData<(&'a (), StaysOnItsThread)>,
}

impl InHandler<'_> {
    /// Made of a handler's token only, which ties the lifetime to itself.
    #[inline]
    pub(crate) const fn mint() -> Self {
        Self { mark: PhantomData }
    }
}

impl fmt::Debug for InHandler<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("InHandler")
    }
}

/// A lock of class `L` is held exclusively by this thread during `'a`.
///
/// Comes of a guard ([`Guard::split_with_evidence`](crate::Guard::split_with_evidence)), which it borrows.
pub struct HeldExclusively<'a, L: Class> {
    mark: PhantomData<(&'a (), fn(L) -> L, StaysOnItsThread)>,
}

impl<L: Class> HeldExclusively<'_, L> {
    /// Made by guards only, which tie the lifetime to themselves.
    #[inline]
    pub(crate) const fn mint() -> Self {
        Self { mark: PhantomData }
    }
}

impl<L: Class> Clone for HeldExclusively<'_, L> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<L: Class> Copy for HeldExclusively<'_, L> {}

impl<L: Class> fmt::Debug for HeldExclusively<'_, L> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "HeldExclusively({})", L::NAME)
    }
}

impl PreemptionOff<'_> {
    /// Made by guards only, which tie the lifetime to themselves.
    #[inline]
    pub(crate) const fn mint() -> Self {
        Self { mark: PhantomData }
    }
}

impl IrqsOff<'_> {
    /// Made by guards only, which tie the lifetime to themselves.
    #[inline]
    pub(crate) const fn mint() -> Self {
        Self { mark: PhantomData }
    }
}

impl<'a> From<IrqsOff<'a>> for PreemptionOff<'a> {
    /// With interrupts off nothing preempts.
    fn from(_: IrqsOff<'a>) -> Self {
        Self::mint()
    }
}

impl fmt::Debug for PreemptionOff<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PreemptionOff")
    }
}

impl fmt::Debug for IrqsOff<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("IrqsOff")
    }
}

/// Runs `body` with interrupts off and the evidence for it, without a token: for data that one CPU owns.
///
/// Where there is a token, use [`Held::irqs_off`]: it borrows the token, so that nothing but interrupt-safe locks can
/// be acquired meanwhile. This cannot know of a token that `body` has captured.
///
/// # Safety
///
/// `body` acquires nothing and does not sleep: it uses no token of the code around it.
#[inline]
pub unsafe fn with_irqs_off<P: Platform, O>(body: impl for<'e> FnOnce(IrqsOff<'e>) -> O) -> O {
    let guard = IrqGuard::<crate::level::Nothing, P>::enter();
    body(guard.evidence())
}

/// Interrupts are off on this CPU while it lives.
#[must_use = "interrupts come back on when the guard drops"]
pub struct IrqGuard<'a, H: Level, P: Platform> {
    mark: PhantomData<(&'a mut (), fn(H, P) -> (H, P), StaysOnItsThread)>,
}

impl<H: Level, P: Platform> IrqGuard<'_, H, P> {
    /// Counts interrupts off once.
    #[inline]
    pub(crate) fn enter() -> Self {
        // SAFETY: the guard borrows the token, and gives out one of `IrqOff` context; without a token, the caller of
        // `with_irqs_off` has promised it.
        unsafe { P::disable_interrupts() }
        #[cfg(feature = "checker")]
        crate::checker::hooks::interrupts_off::<P>();
        Self { mark: PhantomData }
    }

    /// The token for what is acquired meanwhile: interrupt-safe locks only.
    #[inline]
    pub const fn held(&mut self) -> Held<'_, H, IrqOff> {
        Held::mint()
    }

    /// Evidence that interrupts are off.
    #[inline]
    #[must_use]
    pub const fn evidence(&self) -> IrqsOff<'_> {
        IrqsOff::mint()
    }
}

impl<H: Level, P: Platform> Drop for IrqGuard<'_, H, P> {
    #[inline]
    fn drop(&mut self) {
        #[cfg(feature = "checker")]
        crate::checker::hooks::interrupts_on::<P>();
        // SAFETY: pairs with the call in `enter`; the guard cannot leave its thread and drops once.
        unsafe { P::enable_interrupts() }
    }
}

impl<H: Level, P: Platform> fmt::Debug for IrqGuard<'_, H, P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("IrqGuard")
    }
}

/// Preemption is off on this thread while it lives.
#[must_use = "preemption comes back when the guard drops"]
pub struct PreemptGuard<'a, H: Level, P: Platform> {
    mark: PhantomData<(&'a mut (), fn(H, P) -> (H, P), StaysOnItsThread)>,
}

impl<H: Level, P: Platform> PreemptGuard<'_, H, P> {
    /// Counts preemption off once.
    #[inline]
    pub(crate) fn enter() -> Self {
        // SAFETY: the guard borrows the token, and gives out one of `Atomic` context.
        unsafe { P::disable_preemption() }
        Self { mark: PhantomData }
    }

    /// The token for what is acquired meanwhile: nothing that sleeps.
    #[inline]
    pub const fn held(&mut self) -> Held<'_, H, Atomic> {
        Held::mint()
    }

    /// Evidence that preemption is off.
    #[inline]
    #[must_use]
    pub const fn evidence(&self) -> PreemptionOff<'_> {
        PreemptionOff::mint()
    }
}

impl<H: Level, P: Platform> Drop for PreemptGuard<'_, H, P> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: pairs with the call in `enter`; the guard cannot leave its thread and drops once.
        unsafe { P::enable_preemption() }
    }
}

impl<H: Level, P: Platform> fmt::Debug for PreemptGuard<'_, H, P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PreemptGuard")
    }
}

impl<H: Level, C: Context> Held<'_, H, C> {
    /// Turns interrupts off on this CPU until the guard drops.
    #[inline]
    pub fn irqs_off<P: Platform>(&mut self) -> IrqGuard<'_, H, P> {
        IrqGuard::enter()
    }

    /// Turns preemption off on this CPU until the guard drops.
    #[inline]
    pub fn no_preempt<P: Platform>(&mut self) -> PreemptGuard<'_, H, P>
    where
        C: MaySpin,
    {
        PreemptGuard::enter()
    }
}

impl<'a, H: Level, C: Context> Held<'a, H, C> {
    /// Evidence that this is an interrupt handler, for as long as the token lives: also while it is lent to a guard.
    #[inline]
    #[must_use]
    pub const fn in_handler(&self) -> InHandler<'a>
    where
        C: HandlesInterrupts,
    {
        InHandler::mint()
    }
}
