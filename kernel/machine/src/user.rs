//! User mode: in, and out again.
//!
//! [`enter`] is a call: it loads the registers of a user context and runs it, and it returns when that leaves user mode, by a
//! system call, an exception or an interrupt, with everything that the user had in its registers saved in the context. So the
//! kernel's side of a user thread is an ordinary thread, with an ordinary stack, that loops around this call.
//!
//! The way out is the same for all three: the entry finds the context and the kernel's stack in this CPU's [`Cpu`](cpu::Cpu),
//! saves the registers, and returns from `user_enter`, interrupts off. GS bases are exchanged at exactly the two borders, so the
//! kernel's is in place whenever the kernel runs; only what comes at any instruction (a non-maskable interrupt, a machine check,
//! a double fault) has to look (`traps`).
//!
//! **Floating point.** The kernel uses none of it. A context's state stays in the registers until another thread is switched to
//! ([`save_floating_point`]), and is loaded when a context runs whose state they do not have.

#[cfg(target_os = "none")]
use core::mem::offset_of;
use core::sync::atomic::Ordering;

use x86_64::VirtAddr;
use x86_64::registers::control::{Cr0, Cr0Flags, Cr4, Cr4Flags, Efer, EferFlags};
use x86_64::registers::model_specific::{FsBase, KernelGsBase, LStar, SFMask};
use x86_64::registers::rflags::RFlags;

#[cfg(target_os = "none")]
use super::user_state::UserState;
pub use super::user_state::{FloatingPoint, Registers};
use super::{cpu, descriptors};

/// The first address that no user context executes at.
const CODE_END: u64 = 0x0000_7fff_ffff_f000;
/// What [`Registers::vector`] says after a system call: no vector has this number.
pub const SYSTEM_CALL: u64 = 256;
/// Flags that a user sets as it likes: carry, parity, adjust, zero, sign, trap, direction, overflow, alignment check, identification.
const USER_FLAGS: u64 = 0x24_0dd5;

#[cfg(target_os = "none")]
core::arch::global_asm!(
    r"
    .section .text
    .balign 16
    # user_enter(registers: *mut Registers in rdi, fast in rsi). Interrupts are off.
    .global user_enter
user_enter:
    push rbx
    push rbp
    push r12
    push r13
    push r14
    push r15
    mov gs:[{context}], rdi
    mov gs:[{kernel_stack}], rsp
    # Traps begin below what was pushed; the CPU aligns.
    mov rax, gs:[{stack_of_traps}]
    mov [rax], rsp
    test rsi, rsi
    jz 1f

    # By `sysretq`, which takes rip from rcx and rflags from r11.
    mov rax, [rdi + {rax}]
    mov rbx, [rdi + {rbx}]
    mov rcx, [rdi + {rip}]
    mov rdx, [rdi + {rdx}]
    mov rsi, [rdi + {rsi}]
    mov rbp, [rdi + {rbp}]
    mov r8, [rdi + {r8}]
    mov r9, [rdi + {r9}]
    mov r10, [rdi + {r10}]
    mov r11, [rdi + {rflags}]
    mov r12, [rdi + {r12}]
    mov r13, [rdi + {r13}]
    mov r14, [rdi + {r14}]
    mov r15, [rdi + {r15}]
    mov rsp, [rdi + {rsp}]
    mov rdi, [rdi + {rdi}]
    swapgs
    sysretq

1:  # By `iretq`, which changes no register.
    push {user_data}
    push qword ptr [rdi + {rsp}]
    push qword ptr [rdi + {rflags}]
    push {user_code}
    push qword ptr [rdi + {rip}]
    mov rax, [rdi + {rax}]
    mov rbx, [rdi + {rbx}]
    mov rcx, [rdi + {rcx}]
    mov rdx, [rdi + {rdx}]
    mov rsi, [rdi + {rsi}]
    mov rbp, [rdi + {rbp}]
    mov r8, [rdi + {r8}]
    mov r9, [rdi + {r9}]
    mov r10, [rdi + {r10}]
    mov r11, [rdi + {r11}]
    mov r12, [rdi + {r12}]
    mov r13, [rdi + {r13}]
    mov r14, [rdi + {r14}]
    mov r15, [rdi + {r15}]
    mov rdi, [rdi + {rdi}]
    swapgs
    iretq

    .balign 16
    # Where `syscall` comes: rcx has rip, r11 rflags; interrupts are off, the stack is still the user's.
    .global user_system_call
user_system_call:
    swapgs
    mov gs:[{scratch}], rsp
    mov rsp, gs:[{context}]
    mov [rsp + {rax}], rax
    mov [rsp + {rbx}], rbx
    mov [rsp + {rcx}], rcx
    mov [rsp + {rdx}], rdx
    mov [rsp + {rsi}], rsi
    mov [rsp + {rdi}], rdi
    mov [rsp + {rbp}], rbp
    mov [rsp + {r8}], r8
    mov [rsp + {r9}], r9
    mov [rsp + {r10}], r10
    mov [rsp + {r11}], r11
    mov [rsp + {r12}], r12
    mov [rsp + {r13}], r13
    mov [rsp + {r14}], r14
    mov [rsp + {r15}], r15
    mov [rsp + {rip}], rcx
    mov [rsp + {rflags}], r11
    mov qword ptr [rsp + {vector}], {system_call}
    mov rax, gs:[{scratch}]
    mov [rsp + {rsp}], rax
    jmp user_leave

    .balign 16
    # Where a trap's stub comes when it has interrupted user mode: vector, error code, and the CPU's five words are on the stack.
    .global user_trap
user_trap:
    swapgs
    push rax
    mov rax, gs:[{context}]
    mov [rax + {rbx}], rbx
    mov [rax + {rcx}], rcx
    mov [rax + {rdx}], rdx
    mov [rax + {rsi}], rsi
    mov [rax + {rdi}], rdi
    mov [rax + {rbp}], rbp
    mov [rax + {r8}], r8
    mov [rax + {r9}], r9
    mov [rax + {r10}], r10
    mov [rax + {r11}], r11
    mov [rax + {r12}], r12
    mov [rax + {r13}], r13
    mov [rax + {r14}], r14
    mov [rax + {r15}], r15
    pop qword ptr [rax + {rax}]
    pop qword ptr [rax + {vector}]
    pop qword ptr [rax + {error}]
    pop qword ptr [rax + {rip}]
    add rsp, 8
    pop qword ptr [rax + {rflags}]
    pop qword ptr [rax + {rsp}]
    # A trap leaves the user's direction and alignment check, which is the leave to touch user memory.
    push 2
    popfq

user_leave:
    mov rsp, gs:[{kernel_stack}]
    pop r15
    pop r14
    pop r13
    pop r12
    pop rbp
    pop rbx
    ret
    ",
    context = const offset_of!(cpu::Cpu, user) + offset_of!(UserState, context),
    kernel_stack = const offset_of!(cpu::Cpu, user) + offset_of!(UserState, kernel_stack),
    scratch = const offset_of!(cpu::Cpu, user) + offset_of!(UserState, scratch),
    stack_of_traps = const offset_of!(cpu::Cpu, user) + offset_of!(UserState, stack_of_traps),
    rax = const offset_of!(Registers, rax),
    rbx = const offset_of!(Registers, rbx),
    rcx = const offset_of!(Registers, rcx),
    rdx = const offset_of!(Registers, rdx),
    rsi = const offset_of!(Registers, rsi),
    rdi = const offset_of!(Registers, rdi),
    rbp = const offset_of!(Registers, rbp),
    rsp = const offset_of!(Registers, rsp),
    r8 = const offset_of!(Registers, r8),
    r9 = const offset_of!(Registers, r9),
    r10 = const offset_of!(Registers, r10),
    r11 = const offset_of!(Registers, r11),
    r12 = const offset_of!(Registers, r12),
    r13 = const offset_of!(Registers, r13),
    r14 = const offset_of!(Registers, r14),
    r15 = const offset_of!(Registers, r15),
    rip = const offset_of!(Registers, rip),
    rflags = const offset_of!(Registers, rflags),
    vector = const offset_of!(Registers, vector),
    error = const offset_of!(Registers, error),
    system_call = const SYSTEM_CALL,
    user_data = const descriptors::USER_DATA,
    user_code = const descriptors::USER_CODE,
);

#[cfg(target_os = "none")]
unsafe extern "C" {
    /// Runs a user context until it leaves user mode.
    fn user_enter(registers: *mut Registers, fast: u64);
    /// Where `syscall` comes.
    fn user_system_call();
}

/// Why a context cannot run: it would begin where no user code is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoUserCode;

/// Lets this CPU take system calls, and use floating point in user mode. After its descriptors are loaded.
///
/// # Safety
///
/// Called once by each CPU, after its descriptors are loaded.
pub unsafe fn prepare() {
    #[cfg(target_os = "none")]
    LStar::write(VirtAddr::new(user_system_call as *const () as usize as u64));
    #[cfg(not(target_os = "none"))]
    LStar::write(VirtAddr::zero());
    // Interrupts go off, and so do direction, trap and the leave to touch user memory.
    SFMask::write(
        RFlags::INTERRUPT_FLAG
            | RFlags::DIRECTION_FLAG
            | RFlags::TRAP_FLAG
            | RFlags::ALIGNMENT_CHECK
            | RFlags::NESTED_TASK,
    );
    FsBase::write(VirtAddr::zero());
    KernelGsBase::write(VirtAddr::zero());
    // SAFETY: the entry, the segments and the stack are set; floating point is used in user mode only, and its state kept by
    // this module; what is off is what this module does not keep.
    unsafe {
        descriptors::name_system_call_segments();
        Efer::update(|flags| *flags |= EferFlags::SYSTEM_CALL_EXTENSIONS);
        Cr0::update(|flags| {
            flags.remove(Cr0Flags::EMULATE_COPROCESSOR | Cr0Flags::TASK_SWITCHED);
            *flags |= Cr0Flags::MONITOR_COPROCESSOR | Cr0Flags::NUMERIC_ERROR;
        });
        Cr4::update(|flags| {
            flags.remove(Cr4Flags::OSXSAVE | Cr4Flags::FSGSBASE);
            *flags |= Cr4Flags::OSFXSR | Cr4Flags::OSXMMEXCPT_ENABLE;
        });
    }
}

/// Runs a user context until it leaves user mode.
///
/// # Errors
///
/// [`NoUserCode`], and nothing has run, when its instruction pointer is none of a user's.
///
/// # Safety
///
/// Interrupts are counted off once, the page tables that are loaded are the context's, `floating_point` stays where it is
/// until [`forget_floating_point`] is called with it, and nothing is held: the thread may not come back.
pub unsafe fn enter(
    registers: &mut Registers,
    floating_point: *mut FloatingPoint,
    (fs_base, gs_base): (u64, u64),
) -> Result<(), NoUserCode> {
    if registers.rip >= CODE_END {
        return Err(NoUserCode);
    }
    registers.rflags = registers.rflags & USER_FLAGS | RFlags::INTERRUPT_FLAG.bits() | 2;
    let state = &cpu::current().user;
    if state.floating_point.load(Ordering::Relaxed) != floating_point {
        state.floating_point.store(floating_point, Ordering::Relaxed);
        // SAFETY: the area is 512 aligned bytes whose control word has no reserved bits: it was saved by the CPU, or sanitised.
        unsafe { core::arch::asm!("fxrstor64 [{}]", in(reg) floating_point, options(nostack, readonly)) }
    }
    if state.fs_base.load(Ordering::Relaxed) != fs_base {
        state.fs_base.store(fs_base, Ordering::Relaxed);
        FsBase::write(VirtAddr::new_truncate(fs_base));
    }
    if state.gs_base.load(Ordering::Relaxed) != gs_base {
        state.gs_base.store(gs_base, Ordering::Relaxed);
        KernelGsBase::write(VirtAddr::new_truncate(gs_base));
    }
    // `sysretq` is quicker, and can do it where rcx and r11 need no values of their own.
    let fast = registers.vector == SYSTEM_CALL
        && registers.rcx == registers.rip
        && registers.r11 == registers.rflags;
    #[cfg(target_os = "none")]
    // SAFETY: interrupts are off; the registers are this context's alone, the flags are a user's, and the stack is as deep as
    // when this was called, so that the way out finds what the way in has pushed.
    unsafe {
        user_enter(registers, u64::from(fast));
    }
    #[cfg(not(target_os = "none"))]
    let _ = fast;
    Ok(())
}

/// Saves the floating-point state that is in this CPU's registers, if it is anybody's. Before another thread is switched to,
/// interrupts off.
#[inline]
pub fn save_floating_point() {
    let state = &cpu::current().user;
    let area = state.floating_point.load(Ordering::Relaxed);
    if !area.is_null() {
        state.floating_point.store(core::ptr::null_mut(), Ordering::Relaxed);
        // SAFETY: the area of a context that this thread runs, which has not been forgotten.
        unsafe { core::arch::asm!("fxsave64 [{}]", in(reg) area, options(nostack)) }
    }
}

/// Ends the hold of this CPU's registers on a context's floating-point state, which goes away. By the thread that has run
/// it, interrupts off.
pub fn forget_floating_point(area: *mut FloatingPoint) {
    let state = &cpu::current().user;
    if state.floating_point.load(Ordering::Relaxed) == area {
        state.floating_point.store(core::ptr::null_mut(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::{FloatingPoint, USER_FLAGS};

    #[test]
    fn a_user_does_not_set_what_is_the_kernels() {
        // Interrupts, the privilege of ports, nested tasks, virtual mode.
        assert_eq!(USER_FLAGS & (1 << 9 | 3 << 12 | 1 << 14 | 7 << 17 & !(1 << 18)), 0);
        // Trap and alignment check.
        assert_eq!(USER_FLAGS & (1 << 8 | 1 << 18), 1 << 8 | 1 << 18);
    }

    #[test]
    fn a_new_state_masks_all_exceptions() {
        let mut state = FloatingPoint::default();
        assert_eq!(u16::from_le_bytes([state.0[0], state.0[1]]), 0x037f);
        assert_eq!(u32::from_le_bytes([state.0[24], state.0[25], state.0[26], state.0[27]]), 0x1f80);
        state.0[27] = 0xff;
        state.sanitize();
        assert_eq!(u32::from_le_bytes([state.0[24], state.0[25], state.0[26], state.0[27]]), 0x1f80);
    }
}
