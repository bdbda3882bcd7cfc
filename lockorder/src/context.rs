//! Execution contexts and lock kinds: which locks exist where.
//!
//! The second axis of a token. Four contexts, from the freest to the strictest:
//!
//! | context | may sleep | may be preempted | interrupts | locks it may acquire |
//! |---|---|---|---|---|
//! | [`Task`] | yes | yes | on | sleeping, spinning, interrupt-safe |
//! | [`Atomic`] | no | no | on | spinning, interrupt-safe |
//! | [`IrqOff`] | no | no | off | interrupt-safe |
//! | [`HardIrq`] | no | no | off, in a handler | interrupt-safe |
//!
//! Acquiring changes the context for what is acquired inside ([`Kind::Inside`]): a spinning lock makes it
//! `Atomic`, an interrupt-safe one `IrqOff`, a sleeping one leaves it. This one axis removes interrupt
//! inversion (a handler spinning on a lock that the code it interrupted holds), sleeping in atomic context,
//! and every mixture of the two. All traits here are sealed: a user cannot invent a context or a kind.

/// What the running code may do besides taking locks in order. Sealed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an execution context",
    note = "the contexts are `Task`, `Atomic`, `IrqOff` and `HardIrq`; there are no others"
)]
pub trait Context: sealed::Context + 'static {
    /// The context's name, for reports.
    const NAME: &'static str;
}

/// Thread code: may sleep, be preempted and be interrupted.
#[derive(Debug)]
pub enum Task {}
/// Preemption is off: may spin, may not sleep.
#[derive(Debug)]
pub enum Atomic {}
/// Interrupts are off: only interrupt-safe locks.
#[derive(Debug)]
pub enum IrqOff {}
/// An interrupt handler: only interrupt-safe locks.
#[derive(Debug)]
pub enum HardIrq {}

impl Context for Task {
    const NAME: &'static str = "Task";
}
impl Context for Atomic {
    const NAME: &'static str = "Atomic";
}
impl Context for IrqOff {
    const NAME: &'static str = "IrqOff";
}
impl Context for HardIrq {
    const NAME: &'static str = "HardIrq";
}

/// A context that may block. Only [`Task`] is one.
#[diagnostic::on_unimplemented(
    message = "cannot sleep in `{Self}` context",
    label = "this may sleep, and `{Self}` must not",
    note = "release the spin lock or leave the interrupt handler first; what must be woken from here is woken \
            without sleeping"
)]
pub trait MaySleep: Context + sealed::MaySleep {}
#[diagnostic::do_not_recommend]
impl MaySleep for Task {}

/// A context with interrupts on, in which a plain spin lock may be taken: [`Task`] and [`Atomic`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` context does not allow plain spin locks, and this needs them",
    label = "needs `Task` or `Atomic` context, in which interrupts are on",
    note = "the holder of a plain spin lock may be interrupted by a handler that waits for you; use interrupt-safe \
            locks (`IrqSpinLock`), or do this before interrupts go off"
)]
pub trait MaySpin: Context + sealed::MaySpin {}
#[diagnostic::do_not_recommend]
impl MaySpin for Task {}
#[diagnostic::do_not_recommend]
impl MaySpin for Atomic {}

/// The context of an interrupt handler. Only [`HardIrq`] is one, and a token comes by it in one way: as a handler's root.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the context of an interrupt handler",
    label = "this is not known to be an interrupt handler",
    note = "a `Completion` is completed where the device's interrupt is handled; what a thread does is waited for as an `Event` or at a \
            `RankedCondvar`, or with nothing held",
    note = "under an interrupt-safe lock of a handler the context is `IrqOff`: get the evidence before the lock"
)]
pub trait HandlesInterrupts: Context + sealed::HandlesInterrupts {}
#[diagnostic::do_not_recommend]
impl HandlesInterrupts for HardIrq {}

/// What holding a lock of this kind means for the code inside. Sealed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a lock kind",
    note = "the kinds are `Sleeping`, `Spinning` and `IrqSafe`; there are no others"
)]
pub trait Kind: sealed::Kind + 'static {
    /// The context inside the lock, acquired in context `C`.
    type Inside<C: Context>: Context;
    /// The kind's name, for reports.
    const NAME: &'static str;
}

/// The waiter sleeps; the holder may sleep too.
#[derive(Debug)]
pub enum Sleeping {}
/// The waiter spins; the holder is not preempted.
#[derive(Debug)]
pub enum Spinning {}
/// The waiter spins; the holder is not interrupted, so that handlers may take it too.
#[derive(Debug)]
pub enum IrqSafe {}

impl Kind for Sleeping {
    type Inside<C: Context> = C;
    const NAME: &'static str = "Sleeping";
}
impl Kind for Spinning {
    type Inside<C: Context> = Atomic;
    const NAME: &'static str = "Spinning";
}
impl Kind for IrqSafe {
    type Inside<C: Context> = IrqOff;
    const NAME: &'static str = "IrqSafe";
}

/// `K: UsableIn<C>`: a lock of kind `K` may be acquired in context `C`.
///
/// The bound is on the kind, not on the context: with `C: Permits<K>` inference would pick the only
/// implementation and the error would degrade to a type mismatch.
#[diagnostic::on_unimplemented(
    message = "lock kind violation: a `{Self}` lock cannot be acquired in `{C}` context",
    label = "`{Self}` locks do not exist in `{C}` context",
    note = "a `Sleeping` lock needs `Task`; a `Spinning` lock needs `Task` or `Atomic`; an `IrqSafe` lock may be \
            acquired anywhere",
    note = "in a function that is generic over its context, name the context first: `held.to_task()` where it is `impl \
            MaySleep`, `held.to_atomic()` where it is `impl MaySpin`, `held.to_irq_off()` where it is any"
)]
pub trait UsableIn<C: Context>: Kind {}
#[diagnostic::do_not_recommend]
impl UsableIn<Task> for Sleeping {}
#[diagnostic::do_not_recommend]
impl UsableIn<Task> for Spinning {}
#[diagnostic::do_not_recommend]
impl UsableIn<Atomic> for Spinning {}
#[diagnostic::do_not_recommend]
impl<C: Context> UsableIn<C> for IrqSafe {}

/// A kind whose holder is not preempted: a guard of it is evidence for per-CPU access.
#[diagnostic::on_unimplemented(
    message = "holding a `{Self}` lock does not keep this thread on its CPU",
    note = "evidence that preemption is off comes from a spin lock's guard or from `no_preempt`"
)]
pub trait StopsPreemption: Kind {}
#[diagnostic::do_not_recommend]
impl StopsPreemption for Spinning {}
#[diagnostic::do_not_recommend]
impl StopsPreemption for IrqSafe {}

/// A kind whose holder is not interrupted: a guard of it is evidence that interrupts are off.
#[diagnostic::on_unimplemented(
    message = "holding a `{Self}` lock does not turn interrupts off",
    note = "evidence that interrupts are off comes from an interrupt-safe lock's guard or from `irqs_off`"
)]
pub trait MasksInterrupts: Kind {}
#[diagnostic::do_not_recommend]
impl MasksInterrupts for IrqSafe {}

#[allow(unsafe_code, reason = "what a kind did to the CPU is undone once, and the caller must know when")]
pub(crate) mod sealed;
