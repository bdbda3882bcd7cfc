//! What user mode has in registers, and what a CPU keeps of it.

use core::sync::atomic::{AtomicPtr, AtomicU64};

/// The registers of a user context. What a context starts with, and what it had when it left.
#[repr(C)]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names of the registers")]
pub struct Registers {
    pub rax: u64,
    pub rbx: u64,
    pub rcx: u64,
    pub rdx: u64,
    pub rsi: u64,
    pub rdi: u64,
    pub rbp: u64,
    pub rsp: u64,
    pub r8: u64,
    pub r9: u64,
    pub r10: u64,
    pub r11: u64,
    pub r12: u64,
    pub r13: u64,
    pub r14: u64,
    pub r15: u64,
    pub rip: u64,
    pub rflags: u64,
    /// Why it left: a vector, or [`SYSTEM_CALL`].
    pub vector: u64,
    /// What the CPU says of an exception.
    pub error: u64,
}

/// The state of the floating-point and vector registers, as `fxsave64` writes it.
#[repr(C, align(16))]
#[derive(Clone, Debug)]
pub struct FloatingPoint(pub [u8; 512]);

impl Default for FloatingPoint {
    /// What a program starts with: all exceptions masked, 64 bits of precision, registers of zeros.
    fn default() -> Self {
        let mut bytes = [0; 512];
        bytes[0] = 0x7f;
        bytes[1] = 0x03;
        bytes[24] = 0x80;
        bytes[25] = 0x1f;
        Self(bytes)
    }
}

impl FloatingPoint {
    /// Clears the bits of the control register that no CPU accepts, so that loading it cannot fault.
    pub const fn sanitize(&mut self) {
        self.0[26] = 0;
        self.0[27] = 0;
    }
}

/// What one CPU keeps about user mode. All of it is written by its own CPU, interrupts off.
#[repr(C)]
#[derive(Debug)]
pub(super) struct UserState {
    /// The registers of the context that runs here.
    pub(super) context: AtomicPtr<Registers>,
    /// The kernel's stack pointer, to return from `user_enter` with.
    pub(super) kernel_stack: AtomicU64,
    /// The user's stack pointer, for the few instructions in which there is no other place.
    pub(super) scratch: AtomicU64,
    /// Where the task state segment has the stack for exceptions that come in user mode.
    pub(super) stack_of_traps: AtomicPtr<u64>,
    /// Whose floating-point state is in the registers; null for nobody's.
    pub(super) floating_point: AtomicPtr<FloatingPoint>,
    /// The FS and GS bases that user mode has here.
    pub(super) fs_base: AtomicU64,
    pub(super) gs_base: AtomicU64,
}

impl UserState {
    pub(super) const fn new() -> Self {
        Self {
            context: AtomicPtr::new(core::ptr::null_mut()),
            kernel_stack: AtomicU64::new(0),
            scratch: AtomicU64::new(0),
            stack_of_traps: AtomicPtr::new(core::ptr::null_mut()),
            floating_point: AtomicPtr::new(core::ptr::null_mut()),
            fs_base: AtomicU64::new(0),
            gs_base: AtomicU64::new(0),
        }
    }
}
