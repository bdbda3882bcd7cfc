//! Exceptions and interrupts: the way in.
//!
//! Every vector has a stub of its own that pushes its number and joins one path, which saves the registers
//! and calls `dispatch`, for an interrupt on the CPU's interrupt stack. From there:
//!
//! - an exception in kernel mode is a bug: it goes to the exception handler that [`install`] was given, which
//!   does not return. It gets no token: it came at any moment, with anything held.
//! - a non-maskable interrupt goes to [`nonmaskable`]: a panic elsewhere reaches this CPU so, and whoever looks for
//!   what hangs.
//! - an interrupt goes to the one interrupt handler, with interrupts counted off once.

use core::fmt;

use spin::Once;
use x86_64::VirtAddr;
use x86_64::registers::control::Cr2;
use x86_64::structures::idt::InterruptDescriptorTable;

use super::descriptors::EmergencyStack;
use super::{cpu, interrupts, local_apic, nonmaskable, user_copy};

/// What a stub saves: the registers, the vector, and what the CPU pushed.
#[repr(C)]
#[derive(Debug)]
pub struct TrapFrame {
    r15: u64,
    r14: u64,
    r13: u64,
    r12: u64,
    r11: u64,
    r10: u64,
    r9: u64,
    r8: u64,
    rbp: u64,
    rdi: u64,
    rsi: u64,
    rdx: u64,
    rcx: u64,
    rbx: u64,
    rax: u64,
    /// The number of the exception or interrupt.
    pub vector: u64,
    /// What the CPU says of the exception; 0 where it says nothing.
    pub error: u64,
    /// The instruction that was interrupted.
    pub rip: u64,
    cs: u64,
    rflags: u64,
    /// The stack that was interrupted.
    pub rsp: u64,
    ss: u64,
}

/// The exceptions' names, by vector (Intel SDM volume 3, table 6-1).
const NAMES: [&str; 32] = [
    "divide error",
    "debug",
    "non-maskable interrupt",
    "breakpoint",
    "overflow",
    "bound range exceeded",
    "invalid opcode",
    "device not available",
    "double fault",
    "coprocessor segment overrun",
    "invalid TSS",
    "segment not present",
    "stack-segment fault",
    "general protection fault",
    "page fault",
    "reserved (15)",
    "x87 floating-point error",
    "alignment check",
    "machine check",
    "SIMD floating-point error",
    "virtualization exception",
    "control protection exception",
    "reserved (22)",
    "reserved (23)",
    "reserved (24)",
    "reserved (25)",
    "reserved (26)",
    "reserved (27)",
    "hypervisor injection exception",
    "VMM communication exception",
    "security exception",
    "reserved (31)",
];

impl TrapFrame {
    /// The address that could not be reached, for a page fault, and for a double fault after one.
    #[must_use]
    pub fn touched(&self) -> Option<VirtAddr> {
        matches!(self.vector, DOUBLE_FAULT | PAGE_FAULT).then(|| VirtAddr::new_truncate(Cr2::read_raw()))
    }
}

/// Vector of the double fault.
const DOUBLE_FAULT: u64 = 8;
/// Vector of the page fault.
const PAGE_FAULT: u64 = 14;
/// Vector of the non-maskable interrupt.
#[cfg_attr(not(target_os = "none"), allow(dead_code, reason = "only the stubs' target looks at it"))]
const NON_MASKABLE: u64 = 2;

impl fmt::Display for TrapFrame {
    /// A readable dump, for exceptions.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name =
            usize::try_from(self.vector).ok().and_then(|vector| NAMES.get(vector)).unwrap_or(&"interrupt");
        write!(
            formatter,
            "{name} (vector {}, error code {:#x}) at {:#x}",
            self.vector, self.error, self.rip
        )?;
        if self.vector == PAGE_FAULT {
            let access = match (self.error & 2 != 0, self.error & 16 != 0) {
                (_, true) => "executing",
                (true, _) => "writing",
                (false, _) => "reading",
            };
            let cause = if self.error & 1 == 0 { "not mapped" } else { "not permitted" };
            write!(formatter, "\n  {access} {:#x}: {cause}", Cr2::read_raw())?;
        }
        write!(
            formatter,
            "\n  rax {:#018x}  rbx {:#018x}  rcx {:#018x}  rdx {:#018x}\
             \n  rsi {:#018x}  rdi {:#018x}  rbp {:#018x}  rsp {:#018x}\
             \n  r8  {:#018x}  r9  {:#018x}  r10 {:#018x}  r11 {:#018x}\
             \n  r12 {:#018x}  r13 {:#018x}  r14 {:#018x}  r15 {:#018x}\
             \n  rflags {:#x}  cs {:#x}  ss {:#x}",
            self.rax,
            self.rbx,
            self.rcx,
            self.rdx,
            self.rsi,
            self.rdi,
            self.rbp,
            self.rsp,
            self.r8,
            self.r9,
            self.r10,
            self.r11,
            self.r12,
            self.r13,
            self.r14,
            self.r15,
            self.rflags,
            self.cs,
            self.ss
        )
    }
}

/// What to do with traps.
#[derive(Clone, Copy, Debug)]
pub struct Handlers {
    /// Called for an exception in kernel mode; prints and stops.
    pub exception: fn(&TrapFrame) -> !,
    /// Called after an interrupt is dealt with, interrupts still counted off once: may switch threads.
    pub tail: fn(),
    /// Called for every interrupt, with its vector, interrupts counted off once.
    ///
    /// Unsafe because it is an entry point: only the dispatcher calls it, once for each interrupt.
    pub interrupt: unsafe extern "C" fn(u8),
}

static HANDLERS: Once<Handlers> = Once::new();

#[cfg(target_os = "none")]
core::arch::global_asm!(
    r"
    .section .text
    .balign 16
    .global trap_stubs
trap_stubs:
    .set vector, 0
    .rept 256
    .balign 16
    # Exceptions 8, 10 to 14, 17, 21, 29 and 30 push an error code; the others get a zero in its place.
    .if (vector == 8) || (vector >= 10 && vector <= 14) || (vector == 17) || (vector == 21) || (vector == 29) || (vector == 30)
    .else
    push 0
    .endif
    push vector
    jmp trap_common
    .set vector, vector + 1
    .endr

    # The registers of a `TrapFrame`, which stand in it from the last to the first.
    .macro push_registers
    push rax
    push rbx
    push rcx
    push rdx
    push rsi
    push rdi
    push rbp
    push r8
    push r9
    push r10
    push r11
    push r12
    push r13
    push r14
    push r15
    .endm
    .macro pop_registers
    pop r15
    pop r14
    pop r13
    pop r12
    pop r11
    pop r10
    pop r9
    pop r8
    pop rbp
    pop rdi
    pop rsi
    pop rdx
    pop rcx
    pop rbx
    pop rax
    .endm

    .balign 16
trap_common:
    # A fault on an emergency stack may have come at any instruction, between two exchanges of GS bases too: those look.
    cmp qword ptr [rsp], 2
    je 4f
    cmp qword ptr [rsp], 8
    je 4f
    cmp qword ptr [rsp], 18
    je 4f
    test byte ptr [rsp + 3 * 8], 3
    jnz user_trap
trap_kernel:
    push_registers
    # Direction, and the leave to touch user memory, are the interrupted code's.
    push 2
    popfq
    mov rdi, rsp
    # The CPU aligned the stack before it pushed five words; with two of the stub and fifteen here it is aligned again.
    # An exception is dealt with where it came. An interrupt has the CPU's own stack, once there is one; the thread may be
    # switched from after that, on its own.
    cmp qword ptr [rsp + 15 * 8], 32
    jb 1f
    mov rbx, rsp
    mov rax, gs:[{interrupt_stack}]
    test rax, rax
    cmovnz rsp, rax
    call {handle}
    mov rsp, rbx
    call {leave}
    jmp 2f
1:
    call {dispatch}
2:
    pop_registers
    add rsp, 16
    iretq

4:  # The kernel's GS base is an address of the upper half; a user's is not.
    push rax
    push rcx
    push rdx
    mov ecx, 0xc0000101
    rdmsr
    test edx, edx
    pop rdx
    pop rcx
    pop rax
    js trap_kernel
    swapgs
    push_registers
    cld
    mov rdi, rsp
    call {dispatch}
    pop_registers
    swapgs
    add rsp, 16
    iretq
    ",
    dispatch = sym dispatch,
    handle = sym handle,
    leave = sym leave,
    interrupt_stack = const core::mem::offset_of!(cpu::Cpu, interrupt_stack),
);

/// Address of the first stub; the others follow sixteen bytes apart.
#[cfg(target_os = "none")]
fn stubs() -> u64 {
    unsafe extern "C" {
        static trap_stubs: [u8; 4096];
    }
    (&raw const trap_stubs).addr() as u64
}

/// On a host there are no stubs, and nothing is ever loaded.
#[cfg(not(target_os = "none"))]
fn stubs() -> u64 {
    0
}

/// Sets every vector, and what to do with traps. Once, by the first CPU.
pub fn install(handlers: Handlers) {
    HANDLERS.call_once(|| handlers);
}

/// The table of vectors, the same for all CPUs.
fn table() -> &'static InterruptDescriptorTable {
    static TABLE: Once<InterruptDescriptorTable> = Once::new();
    TABLE.call_once(|| {
        let mut table = InterruptDescriptorTable::new();
        let stub = |vector: u64| VirtAddr::new(stubs() + vector * 16);
        // SAFETY: each address is the stub of that very vector, which saves what it clobbers and returns as
        // an interrupt returns; the emergency stacks are loaded on each CPU before this table is.
        unsafe {
            table.divide_error.set_handler_addr(stub(0));
            table.debug.set_handler_addr(stub(1));
            table
                .non_maskable_interrupt
                .set_handler_addr(stub(2))
                .set_stack_index(EmergencyStack::NonMaskable as u16);
            table.breakpoint.set_handler_addr(stub(3));
            table.overflow.set_handler_addr(stub(4));
            table.bound_range_exceeded.set_handler_addr(stub(5));
            table.invalid_opcode.set_handler_addr(stub(6));
            table.device_not_available.set_handler_addr(stub(7));
            table.double_fault.set_handler_addr(stub(8)).set_stack_index(EmergencyStack::DoubleFault as u16);
            table.invalid_tss.set_handler_addr(stub(10));
            table.segment_not_present.set_handler_addr(stub(11));
            table.stack_segment_fault.set_handler_addr(stub(12));
            table.general_protection_fault.set_handler_addr(stub(13));
            table.page_fault.set_handler_addr(stub(14));
            table.x87_floating_point.set_handler_addr(stub(16));
            table.alignment_check.set_handler_addr(stub(17));
            table
                .machine_check
                .set_handler_addr(stub(18))
                .set_stack_index(EmergencyStack::MachineCheck as u16);
            table.simd_floating_point.set_handler_addr(stub(19));
            table.virtualization.set_handler_addr(stub(20));
            for vector in 32..=255_u8 {
                table[vector].set_handler_addr(stub(u64::from(vector)));
            }
        }
        table
    })
}

/// Makes this CPU use the table. After [`install`], and after the CPU's emergency stacks are loaded.
pub fn load() {
    table().load();
}

/// Where the stub of an exception ends up.
#[cfg_attr(not(target_os = "none"), allow(dead_code, reason = "only the stubs call it"))]
extern "C" fn dispatch(frame: &mut TrapFrame) {
    if frame.vector == NON_MASKABLE && nonmaskable::take(frame.rip) {
        return;
    }
    if frame.vector == PAGE_FAULT
        && let Some(next) = user_copy::fix(frame.rip)
    {
        frame.rip = next;
        return;
    }
    match HANDLERS.get() {
        Some(handlers) => (handlers.exception)(frame),
        None => cpu::halt(),
    }
}

/// Where the stub of an interrupt comes first, on the CPU's interrupt stack.
#[cfg_attr(not(target_os = "none"), allow(dead_code, reason = "only the stubs call it"))]
extern "C" fn handle(frame: &TrapFrame) {
    let Some(handlers) = HANDLERS.get() else { cpu::halt() };
    interrupts::enter_handler();
    let vector = u8::try_from(frame.vector).unwrap_or(local_apic::SPURIOUS_VECTOR);
    // SAFETY: this is the one dispatcher: the interrupt has just been taken on this CPU, and the
    // interrupted code does not run on until the handler returns.
    unsafe { (handlers.interrupt)(vector) }
    if vector != local_apic::SPURIOUS_VECTOR {
        local_apic::end_of_interrupt();
    }
}

/// Handles the interrupt by which a user context has left user mode: on the thread's stack, which is as good as empty.
///
/// # Safety
///
/// The interrupt has just been taken on this CPU, in user mode, and interrupts are counted off once.
pub unsafe fn interrupted_user(vector: u8) {
    if let Some(handlers) = HANDLERS.get() {
        // SAFETY: this is the dispatcher for what interrupts user mode, as the caller says.
        unsafe { (handlers.interrupt)(vector) }
    }
    if vector != local_apic::SPURIOUS_VECTOR {
        local_apic::end_of_interrupt();
    }
}

/// Where the stub of an interrupt comes then, on the stack of the thread that was interrupted.
#[cfg_attr(not(target_os = "none"), allow(dead_code, reason = "only the stubs call it"))]
extern "C" fn leave() {
    if let Some(handlers) = HANDLERS.get() {
        (handlers.tail)();
    }
    interrupts::leave_handler();
}
