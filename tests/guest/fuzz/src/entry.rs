//! The instruction that enters the kernel, and what is entered with it again: handlers of signals.
//!
//! A call is made by its number, past the C library, which would look at arguments before the kernel does. A process or thread that
//! `vfork`, `clone` or `clone3` makes may have its maker's stack, another one or none: it makes a few calls without memory, and ends.

use std::ffi::c_int;

/// Makes a call, and gives what the kernel has left in `rax`.
pub(crate) fn call(number: u64, a: [u64; 6]) -> u64 {
    let result;
    // SAFETY: what the kernel does to this process is what this program is for: it has no memory that it would miss, and whoever loses
    // what it needs ends by a signal. Registers but `rax`, `rcx` and `r11` are as they were.
    unsafe {
        std::arch::asm!("syscall", inlateout("rax") number => result, in("rdi") a[0], in("rsi") a[1], in("rdx") a[2],
            in("r10") a[3], in("r8") a[4], in("r9") a[5], out("rcx") _, out("r11") _);
    }
    result
}

/// Makes a call that may return twice; in who is new it yields, asks for its number and ends, all without memory.
pub(crate) fn call_and_end(number: u64, a: [u64; 6]) -> u64 {
    let result;
    // SAFETY: as for `call`; who is new touches no memory, so none of its maker's stack.
    unsafe {
        std::arch::asm!(
            "syscall", "test rax, rax", "jnz 2f",
            "mov eax, 24", "syscall", "mov eax, 186", "syscall", "mov eax, 24", "syscall",
            "xor edi, edi", "mov eax, 60", "syscall", "ud2",
            "2:", inlateout("rax") number => result, in("rdi") a[0], in("rsi") a[1], in("rdx") a[2],
            in("r10") a[3], in("r8") a[4], in("r9") a[5], out("rcx") _, out("r11") _);
    }
    result
}

/// A handler that does nothing.
pub(crate) extern "C" fn handler(_signal: c_int) {}

std::arch::global_asm!(".globl fuzz_restorer", "fuzz_restorer:", "mov eax, 15", "syscall", "ud2");

unsafe extern "C" {
    /// Where a handler returns to: it asks the kernel for what was interrupted.
    fn fuzz_restorer();
}

/// The address of [`handler`].
pub(crate) fn handler_address() -> u64 {
    handler as *const () as u64
}

/// The address that handlers return to.
pub(crate) fn restorer_address() -> u64 {
    fuzz_restorer as *const () as u64
}
