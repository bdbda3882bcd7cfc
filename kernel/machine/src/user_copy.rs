//! Touching user memory from the kernel: any address may be given, and a fault is an answer.
//!
//! Each routine is a few instructions that may fault, with a place to go on at if they do. The page-fault entry looks the
//! interrupted instruction up (`fix`); everything else that faults in the kernel is a bug. Where the CPU has supervisor-mode
//! access prevention, a routine lifts it for itself alone.

use core::sync::atomic::{AtomicBool, Ordering};

/// Whether the CPUs prevent the kernel from touching user memory by accident.
static PREVENTED: AtomicBool = AtomicBool::new(false);

/// Says that the CPUs prevent that: from now on routines lift it.
pub(super) fn lift_prevention() {
    PREVENTED.store(true, Ordering::Relaxed);
}

#[cfg(target_os = "none")]
core::arch::global_asm!(
    r"
    .section .text
    .balign 16
    # user_copy(to in rdi, from in rsi, length in rdx, prevented in rcx) -> bytes that were not copied in rax
user_copy:
    mov r8, rcx
    test r8, r8
    jz 1f
    stac
1:  mov rcx, rdx
    shr rcx, 3
    and edx, 7
user_copy_words:
    rep movsq
    mov rcx, rdx
user_copy_bytes:
    rep movsb
user_copy_done:
    mov rax, rcx
    test r8, r8
    jz 2f
    clac
2:  ret
user_copy_words_fault:
    lea rcx, [rdx + rcx * 8]
    jmp user_copy_done

    .balign 16
    # user_clear(to in rdi, length in rsi, prevented in rdx) -> bytes that were not cleared in rax
user_clear:
    mov r8, rdx
    mov rdx, rsi
    test r8, r8
    jz 1f
    stac
1:  xor eax, eax
    mov rcx, rdx
    shr rcx, 3
    and edx, 7
user_clear_words:
    rep stosq
    mov rcx, rdx
user_clear_bytes:
    rep stosb
    jmp user_copy_done
    
    .balign 16
    # user_load(from in rdi, prevented in rsi) -> the word in eax, whether it faulted in rdx
user_load:
    test rsi, rsi
    jz 1f
    stac
1:  xor edx, edx
user_load_word:
    mov eax, [rdi]
user_load_done:
    test rsi, rsi
    jz 2f
    clac
2:  ret
user_load_fault:
    mov edx, 1
    jmp user_load_done

    .balign 16
    # user_exchange(at in rdi, prevented in rsi, expected in edx, new in ecx) -> the word that was there in eax, whether it faulted in rdx
user_exchange:
    test rsi, rsi
    jz 1f
    stac
1:  mov eax, edx
    xor edx, edx
user_exchange_word:
    lock cmpxchg [rdi], ecx
    jmp user_load_done

    .section .rodata
    .balign 8
user_fixes:
    .quad user_copy_words, user_copy_words_fault
    .quad user_copy_bytes, user_copy_done
    .quad user_clear_words, user_copy_words_fault
    .quad user_clear_bytes, user_copy_done
    .quad user_load_word, user_load_fault
    .quad user_exchange_word, user_load_fault
    "
);

/// How many instructions may fault.
#[cfg(target_os = "none")]
const FIXES: usize = 6;

/// A word, and whether touching it has faulted instead.
#[repr(C)]
#[cfg(target_os = "none")]
struct Word {
    value: u64,
    faulted: u64,
}

#[cfg(target_os = "none")]
unsafe extern "C" {
    fn user_copy(to: *mut u8, from: *const u8, length: usize, prevented: u64) -> usize;
    fn user_clear(to: *mut u8, length: usize, prevented: u64) -> usize;
    fn user_load(from: *const u32, prevented: u64) -> Word;
    fn user_exchange(at: *mut u32, prevented: u64, expected: u32, new: u32) -> Word;
    static user_fixes: [[u64; 2]; FIXES];
}

/// Where to go on when the instruction at `place` has faulted; none where it may not.
#[cfg(target_os = "none")]
pub(super) fn fix(place: u64) -> Option<u64> {
    // SAFETY: the table above, which nobody writes.
    let fixes = unsafe { &user_fixes };
    fixes.iter().find(|[instruction, _]| *instruction == place).map(|&[_, next]| next)
}

/// On a host nothing of this runs.
#[cfg(not(target_os = "none"))]
pub(super) const fn fix(_place: u64) -> Option<u64> {
    None
}

#[cfg(target_os = "none")]
fn prevented() -> u64 {
    u64::from(PREVENTED.load(Ordering::Relaxed))
}

/// Copies bytes from or to user memory; gives how many were not copied, the last ones.
///
/// # Safety
///
/// One of the two ranges is of user addresses, wholly; the other one is the caller's, for reading or writing.
pub unsafe fn copy(to: *mut u8, from: *const u8, length: usize) -> usize {
    #[cfg(target_os = "none")]
    // SAFETY: what faults is fixed; a user range is nobody's memory of the kernel's, and the other one is the caller's.
    unsafe {
        user_copy(to, from, length, prevented())
    }
    #[cfg(not(target_os = "none"))]
    {
        let _ = (to, from);
        length
    }
}

/// Clears bytes of user memory; gives how many were not cleared, the last ones.
///
/// # Safety
///
/// The range is of user addresses, wholly.
pub unsafe fn clear(to: *mut u8, length: usize) -> usize {
    #[cfg(target_os = "none")]
    // SAFETY: what faults is fixed; a user range is nobody's memory of the kernel's.
    unsafe {
        user_clear(to, length, prevented())
    }
    #[cfg(not(target_os = "none"))]
    {
        let _ = to;
        length
    }
}

/// Reads an aligned word of user memory at once; none where it faults.
///
/// # Safety
///
/// The address is a user's, and aligned.
#[must_use]
pub unsafe fn load(from: *const u32) -> Option<u32> {
    #[cfg(target_os = "none")]
    {
        // SAFETY: what faults is fixed, and the address is a user's.
        let word = unsafe { user_load(from, prevented()) };
        (word.faulted == 0).then_some(word.value as u32)
    }
    #[cfg(not(target_os = "none"))]
    {
        let _ = from;
        None
    }
}

/// Stores `new` in an aligned word of user memory if it has `expected`; gives what it had, or none where it faults.
///
/// # Safety
///
/// The address is a user's, and aligned.
#[must_use]
pub unsafe fn compare_exchange(at: *mut u32, expected: u32, new: u32) -> Option<u32> {
    #[cfg(target_os = "none")]
    {
        // SAFETY: what faults is fixed, and the address is a user's.
        let word = unsafe { user_exchange(at, prevented(), expected, new) };
        (word.faulted == 0).then_some(word.value as u32)
    }
    #[cfg(not(target_os = "none"))]
    {
        let _ = (at, expected, new);
        None
    }
}
