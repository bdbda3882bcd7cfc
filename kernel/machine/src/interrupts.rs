//! Interrupts and preemption, counted.
//!
//! Interrupts go off when the count leaves 0 and come back, as they were, when it returns there. So guards
//! may be released in any order without turning interrupts on early. A CPU starts at 1.
//!
//! Preemption is counted in a word whose highest bit says that *no* switch is wanted (the inverted bit that Linux
//! has in its count since 3.13). So counting back is one instruction whose result is zero exactly when preemption
//! is on again and somebody waits for it: a thread that was due to leave while it held a spin lock leaves at the
//! release, and not when the timer interrupts next.

use core::arch::asm;
use core::marker::PhantomData;
use core::mem::offset_of;
use core::sync::atomic::Ordering;

use spin::Once;
use x86_64::instructions::interrupts;

use super::cpu::{self, NO_SWITCH_WANTED};
use super::timer;

/// Switches threads when preemption is enabled again and a switch is wanted.
static SWITCH: Once<fn()> = Once::new();

/// Sets what is called, interrupts and preemption on, when preemption is enabled again and a switch is wanted. Once, before
/// the first thread runs.
pub fn on_switch(switch: fn()) {
    SWITCH.call_once(|| switch);
}

/// Counts interrupts off once more.
///
/// # Safety
///
/// Until the matching [`enable`] nothing sleeps, but for the scheduler's own switch, and nothing is acquired that
/// exists with interrupts on only.
#[inline]
pub unsafe fn disable() {
    // A count above 0 is this CPU's, since nothing moves the thread that sees it; at 0 the CPU may be another one a moment
    // later, until interrupts are off.
    if off_count() == 0 {
        let were_on = interrupts::are_enabled();
        interrupts::disable();
        cpu::current().interrupt_flag.store(were_on, Ordering::Relaxed);
    }
    // SAFETY: the GS base points at this CPU's `Cpu`; the instruction changes its count only.
    unsafe {
        asm!(
            "inc dword ptr gs:[{offset}]",
            offset = const offset_of!(cpu::Cpu, interrupts_off),
            options(nostack)
        );
    }
}

/// Counts back; at 0 restores what the flag was, and switches if interrupts and preemption are on again and that is wanted.
///
/// # Safety
///
/// Pairs with one [`disable`], or with the count that a CPU starts with.
#[inline]
pub unsafe fn enable() {
    debug_assert!(off_count() > 0, "interrupts are counted on more often than off");
    let last: u8;
    // SAFETY: as in `disable`: one instruction on this CPU's own count.
    unsafe {
        asm!(
            "dec dword ptr gs:[{offset}]",
            "setz {last}",
            offset = const offset_of!(cpu::Cpu, interrupts_off),
            last = out(reg_byte) last,
            options(nostack)
        );
    }
    if last == 0 {
        return;
    }
    let cpu = cpu::current();
    if cpu.interrupt_flag.load(Ordering::Relaxed) {
        // Zero: preemption is on, and a switch is wanted, by a wake-up with interrupts off.
        let due = cpu.preemption_off.load(Ordering::Relaxed) == 0;
        interrupts::enable();
        if due {
            switch_now();
        }
    }
}

/// How often interrupts are counted off on this CPU.
#[inline]
#[must_use]
pub fn off_count() -> u32 {
    let count: u32;
    // One instruction, so that the count is that of the CPU which runs it.
    // SAFETY: the GS base points at this CPU's `Cpu`.
    unsafe {
        asm!(
            "mov {count:e}, gs:[{offset}]",
            count = out(reg) count,
            offset = const offset_of!(cpu::Cpu, interrupts_off),
            options(nostack, preserves_flags, readonly)
        );
    }
    count
}

/// An interrupt has been taken: the handler runs with interrupts off, counted once; nothing in it enables them.
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
        asm!(
            "inc dword ptr gs:[{offset}]",
            offset = const offset_of!(cpu::Cpu, preemption_off),
            options(nostack)
        );
    }
}

/// Counts preemption back; switches if it is on again and that is wanted.
///
/// # Safety
///
/// Pairs with one [`disable_preemption`].
pub unsafe fn enable_preemption() {
    debug_assert!(preemption_off_count() > 0, "preemption is counted on more often than off");
    let due: u8;
    // SAFETY: as in `disable_preemption`: one instruction on this CPU's own count.
    unsafe {
        asm!(
            "dec dword ptr gs:[{offset}]",
            "setz {due}",
            offset = const offset_of!(cpu::Cpu, preemption_off),
            due = out(reg_byte) due,
            options(nostack)
        );
    }
    if due != 0 {
        switch_now();
    }
}

/// Interrupts are counted off once on the CPU that runs the thread that has this value; dropping it counts back.
///
/// For closed code: while one exists nothing sleeps, but for the scheduler's own switch, and nothing is acquired that exists
/// with interrupts on only. Breaking that breaks the lock order and no memory, and no crate above `base` can make one.
#[derive(Debug)]
#[must_use = "interrupts are enabled again when it drops"]
pub struct InterruptsOff(PhantomData<*mut ()>);

impl InterruptsOff {
    /// Counts interrupts off once more.
    #[expect(clippy::new_without_default, reason = "it acts: nobody is to get one by default")]
    pub fn new() -> Self {
        // SAFETY: the value counts back when it drops; what runs meanwhile keeps the rule above.
        unsafe { disable() }
        Self(PhantomData)
    }

    /// The count that a CPU starts with, or that a thread is switched to with.
    ///
    /// # Safety
    ///
    /// Interrupts are counted off once for which there is no value.
    pub const unsafe fn adopt() -> Self {
        Self(PhantomData)
    }
}

impl Drop for InterruptsOff {
    fn drop(&mut self) {
        // SAFETY: the value was made with a count of its own, or in the place of one.
        unsafe { enable() }
    }
}

/// Preemption is counted off once on the CPU that runs the thread that has this value; dropping it counts back, and
/// switches if that is due. For closed code, as [`InterruptsOff`].
#[derive(Debug)]
#[must_use = "preemption is enabled again when it drops"]
pub struct PreemptionOff(PhantomData<*mut ()>);

impl PreemptionOff {
    /// Counts preemption off once more.
    #[expect(clippy::new_without_default, reason = "it acts: nobody is to get one by default")]
    pub fn new() -> Self {
        // SAFETY: the value counts back when it drops; what runs meanwhile sleeps by the scheduler's own switch only.
        unsafe { disable_preemption() }
        Self(PhantomData)
    }
}

impl Drop for PreemptionOff {
    fn drop(&mut self) {
        // SAFETY: the value was made with a count of its own.
        unsafe { enable_preemption() }
    }
}

/// Switches, unless interrupts are off: then whoever turns them on does.
#[cold]
fn switch_now() {
    if let Some(switch) = SWITCH.get()
        && off_count() == 0
    {
        switch();
    }
}

/// Says whether this CPU should switch as soon as it may. Interrupts are off.
pub fn want_switch(wanted: bool) {
    debug_assert!(off_count() > 0, "the wish for a switch is this CPU's own, interrupts off");
    let count = &cpu::current().preemption_off;
    let others = count.load(Ordering::Relaxed) & !NO_SWITCH_WANTED;
    count.store(if wanted { others } else { others | NO_SWITCH_WANTED }, Ordering::Relaxed);
}

/// Whether this CPU should switch as soon as it may.
#[must_use]
pub fn switch_wanted() -> bool {
    cpu::current().preemption_off.load(Ordering::Relaxed) & NO_SWITCH_WANTED == 0
}

/// The part of these counts that belongs to a thread and is switched with it.
#[derive(Clone, Copy, Debug)]
pub struct ThreadState {
    flag: bool,
    preemption_off: u32,
}

impl ThreadState {
    /// Of a new thread: interrupts are enabled when it counts them back for the first time.
    pub const NEW: Self = Self { flag: true, preemption_off: 0 };
}

/// Exchanges the running thread's state for another's.
///
/// # Safety
///
/// Interrupts are counted off once, and what follows is the switch to the thread whose state `next` is.
#[must_use]
pub unsafe fn exchange(next: ThreadState) -> ThreadState {
    let cpu = cpu::current();
    debug_assert_eq!(
        cpu.interrupts_off.load(Ordering::Relaxed),
        1,
        "a switch with interrupts counted off twice"
    );
    let previous = ThreadState {
        flag: cpu.interrupt_flag.load(Ordering::Relaxed),
        preemption_off: preemption_off_count(),
    };
    cpu.interrupt_flag.store(next.flag, Ordering::Relaxed);
    let wish = cpu.preemption_off.load(Ordering::Relaxed) & NO_SWITCH_WANTED;
    cpu.preemption_off.store(next.preemption_off | wish, Ordering::Relaxed);
    previous
}

/// How often preemption is counted off on this CPU.
#[must_use]
pub fn preemption_off_count() -> u32 {
    cpu::current().preemption_off.load(Ordering::Relaxed) & !NO_SWITCH_WANTED
}

/// How long [`rest`] halts a CPU at most, in nanoseconds.
const REST: u64 = 1_000_000;

/// Halts this CPU until an interrupt comes, for a millisecond at most; says whether it did. It does not where no interrupt
/// would come: with interrupts off, and before this CPU has a timer.
#[must_use]
pub fn rest() -> bool {
    if off_count() > 0 || !interrupts::are_enabled() {
        return false;
    }
    // From here to the instruction that halts this stays on its CPU, and the timer's interrupt is not taken too early.
    interrupts::disable();
    let can = cpu::is_timer_ready();
    if can {
        timer::set_due(timer::nanoseconds() + REST);
        interrupts::enable_and_hlt();
    } else {
        interrupts::enable();
    }
    can
}

/// Waits until an interrupt comes, if `ready` says that there is nothing to do yet.
///
/// Interrupts are off for the question and enabled by the very instruction that waits, so that one that comes
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
