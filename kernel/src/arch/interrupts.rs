//! Interrupts and preemption, counted.
//!
//! Interrupts go off when the count leaves 0 and come back, as they were, when it returns there. So guards
//! may be released in any order without turning interrupts on early. A CPU starts at 1.

use core::mem::offset_of;
use core::sync::atomic::Ordering;

use x86_64::instructions::interrupts;

use super::cpu;

/// Counts interrupts off once more.
///
/// # Safety
///
/// Until the matching [`enable`] nothing sleeps, but for the scheduler's own switch, and nothing is acquired that
/// exists with interrupts on only.
pub unsafe fn disable() {
    let were_on = interrupts::are_enabled();
    interrupts::disable();
    // From here this thread cannot move, so `current` stays true.
    let cpu = cpu::current();
    let count = cpu.interrupts_off.load(Ordering::Relaxed);
    if count == 0 {
        cpu.interrupt_flag.store(were_on, Ordering::Relaxed);
    }
    cpu.interrupts_off.store(count + 1, Ordering::Relaxed);
}

/// Counts back; at 0 restores what the flag was.
///
/// # Safety
///
/// Pairs with one [`disable`], or with the count that a CPU starts with.
pub unsafe fn enable() {
    let cpu = cpu::current();
    let count = cpu.interrupts_off.load(Ordering::Relaxed);
    debug_assert!(count > 0, "interrupts are counted on more often than off");
    cpu.interrupts_off.store(count - 1, Ordering::Relaxed);
    if count == 1 && cpu.interrupt_flag.load(Ordering::Relaxed) {
        interrupts::enable();
    }
}

/// How often interrupts are counted off on this CPU.
#[must_use]
pub fn off_count() -> u32 {
    cpu::current().interrupts_off.load(Ordering::Relaxed)
}

/// An interrupt has been taken: the handler runs with interrupts off, counted once, never to come on in it.
#[cfg_attr(not(target_os = "none"), allow(dead_code, reason = "only the stubs' target calls it"))]
pub(super) fn enter_handler() {
    let cpu = cpu::current();
    debug_assert_eq!(cpu.interrupts_off.load(Ordering::Relaxed), 0, "an interrupt came while they were off");
    cpu.interrupts_off.store(1, Ordering::Relaxed);
    cpu.interrupt_flag.store(false, Ordering::Relaxed);
}

/// The handler is done; the return instruction restores the flag.
#[cfg_attr(not(target_os = "none"), allow(dead_code, reason = "only the stubs' target calls it"))]
pub(super) fn leave_handler() {
    let cpu = cpu::current();
    debug_assert_eq!(cpu.interrupts_off.load(Ordering::Relaxed), 1, "a handler left interrupts counted off");
    cpu.interrupts_off.store(0, Ordering::Relaxed);
}

/// Counts preemption off once more.
///
/// # Safety
///
/// Until the matching [`enable_preemption`] nothing sleeps, but for the scheduler's own switch.
pub unsafe fn disable_preemption() {
    // One instruction: the thread may be moved before it or after it, but the count it raises is the one of
    // the CPU it is on, and from then on it stays there.
    // SAFETY: the GS base points at this CPU's `Cpu`; the instruction changes its count only.
    unsafe {
        core::arch::asm!(
            "inc dword ptr gs:[{offset}]",
            offset = const offset_of!(cpu::Cpu, preemption_off),
            options(nostack)
        );
    }
}

/// Counts preemption back.
///
/// # Safety
///
/// Pairs with one [`disable_preemption`].
pub unsafe fn enable_preemption() {
    let cpu = cpu::current();
    let count = cpu.preemption_off.load(Ordering::Relaxed);
    debug_assert!(count > 0, "preemption is counted on more often than off");
    cpu.preemption_off.store(count - 1, Ordering::Relaxed);
}

/// What of these counts belongs to a thread, and goes with it.
#[derive(Clone, Copy, Debug)]
pub struct ThreadState {
    flag: bool,
    preemption_off: u32,
}

impl ThreadState {
    /// Of a new thread: interrupts come on when it counts them back for the first time.
    pub const NEW: Self = Self { flag: true, preemption_off: 0 };
}

/// Exchanges the running thread's state for another's. Interrupts are counted off once, by both.
#[must_use]
pub fn exchange(next: ThreadState) -> ThreadState {
    let cpu = cpu::current();
    debug_assert_eq!(
        cpu.interrupts_off.load(Ordering::Relaxed),
        1,
        "a switch with interrupts counted off twice"
    );
    let previous = ThreadState {
        flag: cpu.interrupt_flag.load(Ordering::Relaxed),
        preemption_off: cpu.preemption_off.load(Ordering::Relaxed),
    };
    cpu.interrupt_flag.store(next.flag, Ordering::Relaxed);
    cpu.preemption_off.store(next.preemption_off, Ordering::Relaxed);
    previous
}

/// How often preemption is counted off on this CPU.
#[must_use]
pub fn preemption_off_count() -> u32 {
    cpu::current().preemption_off.load(Ordering::Relaxed)
}

/// Waits until an interrupt comes, if `ready` says that there is nothing to do yet.
///
/// Interrupts go off for the question and come on in the very instruction that waits, so that one that comes
/// between the question and the wait ends the wait.
pub fn wait_unless(ready: impl FnOnce() -> bool) {
    debug_assert_eq!(off_count(), 0, "waiting for an interrupt with interrupts off");
    interrupts::disable();
    if ready() {
        interrupts::enable();
    } else {
        interrupts::enable_and_hlt();
    }
}
