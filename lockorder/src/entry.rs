//! Entry points: the only places where a token comes from nothing.
//!
//! Control enters a kernel in eight ways, and each gives the code it starts a root: nothing held, and the
//! context that this way of entering implies. The functions are `unsafe` because "nothing is held" is a
//! fact about the machine that the caller must know: call each once per entry, from the one place where
//! control enters. The closure is generic over the root's lifetime, so no root can be stored or returned.
//! The attribute [`entry_point`](crate::entry_point) writes the call.
//!
//! There is no entry for exceptions from kernel mode and for non-maskable interrupts: they come at any
//! moment, with anything held, and get no token.

use crate::context::{Atomic, Context, HardIrq, IrqOff, Task};
use crate::held::{Held, Root};
use crate::table::{assert_one_copy, one_platform};

/// Runs `body` with a fresh root. Every entry function ends here.
#[inline]
pub(crate) fn with_fresh_root<C: Context, O>(body: impl for<'r> FnOnce(Root<'r, C>) -> O) -> O {
    body(Held::mint())
}

/// Writes one entry function: what it is for, its name, its context.
macro_rules! entry_points {
    ($($(#[$doc:meta])* $name:ident: $context:ident;)*) => {$(
        $(#[$doc])*
        ///
        /// # Safety
        ///
        /// Control has just entered this way on this CPU, this entry has minted no other root, and the code
        /// that was running before, if any, does not run on until `body` returns.
        #[inline]
        pub unsafe fn $name<O>(body: impl for<'r> FnOnce(Root<'r, $context>) -> O) -> O {
            with_fresh_root(body)
        }
    )*};
}

/// The first CPU, from the boot loader: one thread, nothing to sleep for.
///
/// # Panics
///
/// When the program has lock classes of two platforms ([`one_platform`]), or two copies of this library.
///
/// # Safety
///
/// Control has just entered this way on this CPU, this entry has minted no other root, and the code that was running
/// before, if any, does not run on until `body` returns.
pub unsafe fn boot<O>(body: impl for<'r> FnOnce(Root<'r, Atomic>) -> O) -> O {
    assert_one_copy();
    if let Err(two) = one_platform() {
        panic!("{two}");
    }
    with_fresh_root(body)
}

entry_points! {
    /// Another CPU, from its start-up code: interrupts are off.
    cpu_start: IrqOff;
    /// A CPU's idle loop: must not sleep, since it is what runs when all sleep.
    idle: Atomic;
    /// The first function of a kernel thread.
    thread: Task;
    /// A system call from user mode.
    system_call: Task;
    /// An exception from user mode: a page fault, for example.
    user_exception: Task;
    /// An interrupt, from the one dispatcher. The interrupted code may hold anything, which is why only
    /// interrupt-safe locks can be acquired: whoever holds one is not interrupted.
    interrupt: HardIrq;
    /// The way back to user mode after an interrupt that came from there: nothing is held any more.
    interrupt_tail: Task;
}
