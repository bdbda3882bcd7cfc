//! The local APIC: this CPU's interrupt controller, and messages to other CPUs.
//!
//! Reached through memory (xAPIC), since QEMU's software emulation has no x2APIC. The registers of every CPU
//! are at the same address, and each CPU sees its own: there is nothing to lock.

use core::sync::atomic::{AtomicU64, Ordering};

use x86_64::PhysAddr;
use x86_64::instructions::port::Port;
use x86_64::registers::model_specific::Msr;

use super::direct_map::direct;
use super::{clock, cpu};

/// Vector for interrupts that turn out to be none.
pub const SPURIOUS_VECTOR: u8 = 0xff;

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

/// Physical address of the registers, from the base register of the first CPU.
static BASE: AtomicU64 = AtomicU64::new(0xfee0_0000);

/// Reads a register of this CPU's controller.
fn read(register: u64) -> u32 {
    let address = direct::<u32>(BASE.load(Ordering::Relaxed) + register);
    // SAFETY: the direct map covers the controller's page, and this register is readable without effect.
    unsafe { address.read_volatile() }
}

/// Writes a register of this CPU's controller.
fn write(register: u64, value: u32) {
    let address = direct::<u32>(BASE.load(Ordering::Relaxed) + register);
    // SAFETY: the direct map covers the controller's page; the registers written here are this module's.
    unsafe { address.write_volatile(value) }
}

/// This CPU's number among the controllers.
#[must_use]
pub fn id() -> u32 {
    read(register::ID) >> 24
}

/// Where this CPU says that the registers of its controller are.
#[must_use]
pub fn registers() -> PhysAddr {
    const BASE_REGISTER: u32 = 0x1b;
    // SAFETY: every x86_64 CPU has this register; reading it has no effect.
    let base = unsafe { Msr::new(BASE_REGISTER).read() };
    PhysAddr::new_truncate(base & !0xfff)
}

/// Turns this CPU's controller on, and the old interrupt controllers off.
pub fn enable() {
    BASE.store(registers().as_u64(), Ordering::Relaxed);
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
/// In the timer's register: over and over.
const TIMER_PERIODIC: u32 = 1 << 17;
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

/// Has this CPU's timer interrupt with `vector` every `counts`.
pub(super) fn tick(vector: u8, counts: u32) {
    write(register::TIMER_DIVIDER, TIMER_BY_SIXTEEN);
    write(register::TIMER, TIMER_PERIODIC | u32::from(vector));
    write(register::TIMER_START, counts);
    cpu::set_ticking();
}

/// Sends a command to one CPU's controller and waits until it is out, for a bounded time.
fn command(apic_id: u32, command: u32) {
    // A command is two writes; a handler that sends one of its own must not come between them.
    x86_64::instructions::interrupts::without_interrupts(|| {
        write(register::COMMAND_HIGH, apic_id << 24);
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
pub fn send(apic_id: u32, vector: u8) {
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
pub fn reset(apic_id: u32) {
    command(apic_id, INIT);
}

/// Tells a CPU to wait for a start.
const INIT: u32 = 0x4500;

/// Resets one CPU and starts it in real mode at `page`, a physical page number below 256.
///
/// The sequence of the `MultiProcessor` Specification 1.4, appendix B.4: INIT, 10 ms, start-up, 200 µs, and a
/// second start-up if `started` still says no.
pub fn start(apic_id: u32, page: u8, started: impl Fn() -> bool) {
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
