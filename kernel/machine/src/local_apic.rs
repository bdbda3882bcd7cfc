//! The local APIC: this CPU's interrupt controller, and messages to other CPUs.
//!
//! Reached in the mode that the firmware left it in ([`Access`]): through memory (xAPIC), which is all that QEMU's software
//! emulation has, or through model-specific registers (x2APIC), where numbers have 32 bits and the way back is a reset. In
//! either way each CPU sees its own registers: there is nothing to lock.

use super::cpu::ApicId;
use core::sync::atomic::{AtomicU64, Ordering};

use x86_64::PhysAddr;
use x86_64::instructions::port::Port;
use x86_64::registers::model_specific::Msr;

use super::cpu::CpuIndex;
use super::mmio::Registers;
use super::{clock, cpu};

/// Vector for interrupts that turn out to be none.
pub const SPURIOUS_VECTOR: u8 = 0xff;

/// How the registers are reached (Intel SDM volume 3, section 11.12).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// In memory, at this physical address.
    Memory(PhysAddr),
    /// As model-specific registers.
    Registers,
}

impl Access {
    /// In the base register: the mode with model-specific registers, bits 10 and 11 together.
    const X2APIC: u64 = 3 << 10;
    /// The first of the model-specific registers.
    const FIRST: u32 = 0x800;

    /// What the base register says.
    #[must_use]
    pub fn of(base: u64) -> Self {
        if base & Self::X2APIC == Self::X2APIC {
            Self::Registers
        } else {
            // Addresses end at bit 51.
            Self::Memory(PhysAddr::new_truncate(base & !0xfff))
        }
    }

    /// The model-specific register for a byte offset: one for each 16 bytes.
    #[allow(clippy::cast_possible_truncation, reason = "an offset is below 4096")]
    const fn number(register: u64) -> u32 {
        Self::FIRST + (register >> 4) as u32
    }

    /// The CPU's number, out of the register that has it.
    const fn id(self, value: u32) -> ApicId {
        match self {
            Self::Memory(_) => ApicId::new(value >> 24),
            Self::Registers => ApicId::new(value),
        }
    }

    /// Whether the controller can send to the CPU with this number, of which the largest means all of them.
    #[must_use]
    pub const fn reaches(self, apic_id: ApicId) -> bool {
        match self {
            Self::Memory(_) => apic_id.get() < 0xff,
            Self::Registers => apic_id.get() < u32::MAX,
        }
    }

    /// A command as one word: to whom in the upper half, what in the lower.
    const fn command(self, apic_id: ApicId, command: u32) -> u64 {
        let destination = match self {
            Self::Memory(_) => apic_id.get() << 24,
            Self::Registers => apic_id.get(),
        };
        (destination as u64) << 32 | command as u64
    }
}

/// Register numbers, byte offsets from the base.
mod register {
    pub(super) const ID: u64 = 0x20;
    pub(super) const END_OF_INTERRUPT: u64 = 0xb0;
    pub(super) const SPURIOUS: u64 = 0xf0;
    pub(super) const TIMER: u64 = 0x320;
    pub(super) const LINE_1: u64 = 0x360;
    pub(super) const TIMER_START: u64 = 0x380;
    pub(super) const TIMER_COUNT: u64 = 0x390;
    pub(super) const TIMER_DIVIDER: u64 = 0x3e0;
    pub(super) const COMMAND_LOW: u64 = 0x300;
    pub(super) const COMMAND_HIGH: u64 = 0x310;
}

/// The base register of the first CPU, in whose mode firmware starts the others too.
static BASE: AtomicU64 = AtomicU64::new(0xfee0_0000);

/// How the registers are reached.
fn access() -> Access {
    Access::of(BASE.load(Ordering::Relaxed))
}

/// The registers from an address on.
const fn registers(base: PhysAddr) -> Registers {
    // SAFETY: the CPU says that its controller stands there, `MemoryMap` had it mapped uncached for that, and what is written to
    // it, in this module only, interrupts CPUs.
    unsafe { Registers::at(base) }
}

/// Reads a register of this CPU's controller.
#[allow(clippy::cast_possible_truncation, reason = "registers have 32 bits, but for the command's")]
fn read(register: u64) -> u32 {
    match access() {
        Access::Memory(base) => registers(base).read(register),
        // SAFETY: the controller is in this mode, in which the register is readable without effect; its upper half is 0.
        Access::Registers => unsafe { Msr::new(Access::number(register)).read() as u32 },
    }
}

/// Writes a register of this CPU's controller.
fn write(register: u64, value: u32) {
    match access() {
        Access::Memory(base) => registers(base).write(register, value),
        // SAFETY: the controller is in this mode; the registers written here are this module's.
        Access::Registers => unsafe { Msr::new(Access::number(register)).write(u64::from(value)) },
    }
}

/// This CPU's number among the controllers.
#[must_use]
pub fn id() -> ApicId {
    access().id(read(register::ID))
}

/// In which way this CPU has the registers of its controller.
#[must_use]
pub fn mode() -> Access {
    Access::of(base())
}

/// The number of the base register.
const BASE_REGISTER: u32 = 0x1b;

/// This CPU's base register.
fn base() -> u64 {
    // SAFETY: every x86_64 CPU has this register; reading it has no effect.
    unsafe { Msr::new(BASE_REGISTER).read() }
}

/// Turns this CPU's controller on, and the old interrupt controllers off.
pub fn enable() {
    if cpu::current().index() == CpuIndex::FIRST {
        BASE.store(base(), Ordering::Relaxed);
    } else if access() == Access::Registers && mode() != Access::Registers {
        // A CPU that was reset begins in the other mode; the first CPU's is the one that counts.
        // SAFETY: every CPU of a machine has the same modes, and the step from xAPIC to x2APIC is allowed.
        unsafe { Msr::new(BASE_REGISTER).write(base() | Access::X2APIC) }
    }
    for port in [0x21, 0xa1] {
        // SAFETY: the mask registers of the two old controllers; all of their lines go off.
        unsafe { Port::<u8>::new(port).write(0xff) }
    }
    write(register::SPURIOUS, 0x100 | u32::from(SPURIOUS_VECTOR));
}

/// Tells the controller that the interrupt is dealt with.
pub fn end_of_interrupt() {
    write(register::END_OF_INTERRUPT, 0);
}

/// In the timer's register: no interrupt.
const TIMER_MASKED: u32 = 1 << 16;
/// The timer counts every sixteenth cycle of its clock.
const TIMER_BY_SIXTEEN: u32 = 0b0011;

/// Lets this CPU's timer count down from `start`, without an interrupt: to measure it.
pub(super) fn count_down_from(start: u32) {
    write(register::TIMER_DIVIDER, TIMER_BY_SIXTEEN);
    write(register::TIMER, TIMER_MASKED);
    write(register::TIMER_START, start);
}

/// Where this CPU's timer stands.
pub(super) fn count() -> u32 {
    read(register::TIMER_COUNT)
}

/// Has this CPU's timer interrupt with `vector` whenever it has counted down.
pub(super) fn prepare_timer(vector: u8) {
    write(register::TIMER_DIVIDER, TIMER_BY_SIXTEEN);
    write(register::TIMER, u32::from(vector));
}

/// Has this CPU's timer count down from `counts`, once, instead of what it counts now.
pub(super) fn interrupt_after(counts: u32) {
    write(register::TIMER_START, counts);
}

/// Sends a command to one CPU's controller and waits until it is out, for a bounded time.
fn command(apic_id: ApicId, command: u32) {
    // A command is two writes; a handler that sends one of its own must not come between them.
    x86_64::instructions::interrupts::without_interrupts(|| {
        let word = access().command(apic_id, command);
        if access() == Access::Registers {
            // What was written to memory before must be seen by whom this interrupts: the write does not order it.
            // SAFETY: the controller is in this mode; the command register is one word there, and never busy.
            unsafe {
                core::arch::asm!("mfence", "lfence", options(nostack, preserves_flags));
                Msr::new(Access::number(register::COMMAND_LOW)).write(word);
            }
            return;
        }
        write(register::COMMAND_HIGH, (word >> 32) as u32);
        write(register::COMMAND_LOW, command);
        for _ in 0..1_000_000 {
            if read(register::COMMAND_LOW) & 1 << 12 == 0 {
                return;
            }
            core::hint::spin_loop();
        }
    });
}

/// Interrupts one CPU with `vector`.
pub fn send(apic_id: ApicId, vector: u8) {
    command(apic_id, 0x4000 | u32::from(vector));
}

/// Sends every other CPU a non-maskable interrupt, which reaches it whatever it does.
///
/// One write: the command names no CPU, so it may come between the two writes of another command, which a non-maskable
/// interrupt has interrupted.
pub(super) fn send_nonmaskable_to_others() {
    write(register::COMMAND_LOW, 0x000c_4400);
}

/// Lets non-maskable interrupts from outside in on this CPU: by its second line, where PCs have them.
pub(super) fn accept_nonmaskable() {
    write(register::LINE_1, 0x400);
}

/// Puts one CPU back to where it waits for a start, whatever it does.
pub(super) fn reset(apic_id: ApicId) {
    command(apic_id, INIT);
}

/// Tells a CPU to wait for a start.
const INIT: u32 = 0x4500;

/// Resets one CPU and starts it in real mode at `page`, a physical page number below 256.
///
/// The sequence of the `MultiProcessor` Specification 1.4, appendix B.4: INIT, 10 ms, start-up, 200 µs, and a
/// second start-up if `started` still says no.
pub(super) fn start(apic_id: ApicId, page: u8, started: impl Fn() -> bool) {
    const START_UP: u32 = 0x4600;
    reset(apic_id);
    clock::wait(10_000);
    for _ in 0..2 {
        command(apic_id, START_UP | u32::from(page));
        clock::wait(200);
        if started() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use x86_64::PhysAddr;

    use super::{Access, ApicId, register};

    #[test]
    fn the_base_register_says_which_way() {
        let memory = Access::Memory(PhysAddr::new(0xfee0_0000));
        // Bit 8: the first CPU. Bit 11: on. Bit 10: the other mode, which means nothing alone.
        assert_eq!(Access::of(0xfee0_0900), memory);
        assert_eq!(Access::of(0xfee0_0400), memory);
        assert_eq!(Access::of(0xfee0_0d00), Access::Registers);
    }

    #[test]
    fn registers_and_numbers_are_those_of_the_mode() {
        let memory = Access::of(0xfee0_0900);
        assert_eq!(memory.id(0x0700_0000), ApicId::new(7));
        assert_eq!(Access::Registers.id(0x1234), ApicId::new(0x1234));
        assert_eq!(Access::number(register::ID), 0x802);
        assert_eq!(Access::number(register::END_OF_INTERRUPT), 0x80b);
        assert_eq!(Access::number(register::COMMAND_LOW), 0x830);
        assert_eq!(Access::number(register::TIMER_DIVIDER), 0x83e);
        assert_eq!(memory.command(ApicId::new(7), 0x40f0), 0x0700_0000_0000_40f0);
        assert_eq!(Access::Registers.command(ApicId::new(0x1234), 0x40f0), 0x1234_0000_40f0);
    }

    #[test]
    fn long_numbers_are_reached_in_one_mode_only() {
        let memory = Access::of(0xfee0_0900);
        assert!(
            memory.reaches(ApicId::new(254))
                && !memory.reaches(ApicId::new(255))
                && !memory.reaches(ApicId::new(4096))
        );
        assert!(
            Access::Registers.reaches(ApicId::new(4096)) && !Access::Registers.reaches(ApicId::new(u32::MAX))
        );
    }
}
