//! Switching stacks: how one thread becomes another.
//!
//! A thread that does not run is its stack pointer: the registers that a call preserves are on its stack,
//! under the address to continue at. What else belongs to a thread, its interrupt and preemption counts, is
//! switched by the scheduler around this.

use x86_64::VirtAddr;

#[cfg(target_os = "none")]
core::arch::global_asm!(
    r"
    .section .text
    .balign 16
    # switch_stack(save: *mut u64 in rdi, load: u64 in rsi, previous: *const () in rdx) -> *const () in rax
    .global switch_stack
switch_stack:
    push rbx
    push rbp
    push r12
    push r13
    push r14
    push r15
    mov [rdi], rsp
    mov rsp, rsi
    mov rax, rdx
    pop r15
    pop r14
    pop r13
    pop r12
    pop rbp
    pop rbx
    ret

    # Where a new thread continues: its first function is in r12, and takes what the switch has brought.
    .balign 16
    .global thread_begin
thread_begin:
    xor ebp, ebp
    mov rdi, rax
    call r12
    ud2
    ",
);

#[cfg(target_os = "none")]
unsafe extern "C" {
    /// Saves this thread's registers on its stack and its stack pointer at `save`, and switches to the thread at `load`, to
    /// which it brings `previous`.
    fn switch_stack(save: *mut u64, load: u64, previous: *const ()) -> *const ();
    /// Calls the function in r12, on an aligned stack.
    fn thread_begin();
}

/// What a thread begins in; it takes what the switch to it has brought.
pub type First = extern "C" fn(*const ()) -> !;

/// Switches to another thread, to which it brings `previous`; returns when somebody switches back to this one, what that one
/// has brought.
///
/// # Safety
///
/// `load` is the saved stack pointer of a thread that runs nowhere, and `save` stays valid until this thread
/// is switched to again. Interrupts are off.
#[cfg(target_os = "none")]
pub unsafe fn switch(save: *mut u64, load: u64, previous: *const ()) -> *const () {
    // SAFETY: `load` is a thread's that runs nowhere, and `save` stays valid, by this function's contract.
    unsafe { switch_stack(save, load, previous) }
}

/// On a host no thread of the kernel's ever runs.
///
/// # Safety
///
/// None is needed.
#[cfg(not(target_os = "none"))]
pub unsafe fn switch(_save: *mut u64, _load: u64, previous: *const ()) -> *const () {
    previous
}

/// Prepares a new stack whose thread begins in `first`; gives the saved stack pointer.
///
/// # Safety
///
/// `top` is the aligned top of a stack that nobody else uses, with room for a frame.
#[must_use]
pub unsafe fn prepare(top: VirtAddr, first: First) -> u64 {
    #[cfg(target_os = "none")]
    let begin = thread_begin as *const () as usize as u64;
    #[cfg(not(target_os = "none"))]
    let begin = 0;
    // As `switch_stack` pops: r15, r14, r13, r12, rbp, rbx, the address to continue at, and one word that keeps
    // the stack aligned for the call.
    let frame = [0, 0, 0, first as usize as u64, 0, 0, begin, 0];
    let stack = top.as_mut_ptr::<[u64; 8]>();
    // SAFETY: the caller gave a stack with room for this.
    unsafe {
        let stack = stack.sub(1);
        stack.write(frame);
        stack.addr() as u64
    }
}
