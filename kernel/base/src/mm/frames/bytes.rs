//! Bytes of memory that others may read and write meanwhile.
//!
//! A page that a process has mapped changes under the kernel's hands, and two CPUs may copy to and from one page at once.
//! To the language an ordinary copy would be a data race. What is here copies as relaxed atomic loads and stores of single
//! bytes would, in an order that nobody may rely on; the instructions that do so for whole blocks are written by hand, since
//! the language has no such copy.

use core::arch::asm;

/// Copies `count` bytes. Where somebody writes to either end meanwhile, each byte is one of those that were there.
///
/// # Safety
///
/// The bytes at both ends are mapped, do not lie over each other, and are used by nobody but as atomic bytes, or by nobody
/// else; those at `to` may be written.
#[inline]
pub(in crate::mm) unsafe fn copy(from: *const u8, to: *mut u8, count: usize) {
    // SAFETY: reads and writes the bytes that the caller vouches for, upwards: the direction flag is clear, as the ABI has it.
    unsafe {
        asm!(
            "rep movsq",
            "mov ecx, {rest:e}",
            "rep movsb",
            rest = in(reg) count % 8,
            inout("rcx") count / 8 => _,
            inout("rsi") from => _,
            inout("rdi") to => _,
            options(nostack, preserves_flags)
        );
    }
}

/// Stores eight bytes by one instruction: who reads them by one as well gets all of these or none.
///
/// # Safety
///
/// The bytes are mapped, lie at a multiple of eight, may be written, and are used by nobody but as atomic bytes, or by nobody else.
#[inline]
pub(in crate::mm) unsafe fn store(to: *mut u8, word: u64) {
    // SAFETY: writes the bytes that the caller vouches for.
    unsafe {
        asm!("mov [{to}], {word}", to = in(reg) to, word = in(reg) word, options(nostack, preserves_flags));
    }
}

/// Writes `count` zeroes.
///
/// # Safety
///
/// The bytes are mapped, may be written, and are used by nobody but as atomic bytes, or by nobody else.
#[inline]
pub(in crate::mm) unsafe fn zero(to: *mut u8, count: usize) {
    // SAFETY: as in `copy`.
    unsafe {
        asm!(
            "rep stosq",
            "mov ecx, {rest:e}",
            "rep stosb",
            rest = in(reg) count % 8,
            inout("rcx") count / 8 => _,
            inout("rdi") to => _,
            in("rax") 0_u64,
            options(nostack, preserves_flags)
        );
    }
}

#[cfg(test)]
mod tests {
    use super::{copy, store, zero};

    const SIZE: usize = 64;

    #[test]
    fn all_bytes_and_no_others_are_copied() {
        let from: [u8; SIZE] = core::array::from_fn(|index| u8::try_from(index).unwrap() + 1);
        for start in [0, 1, 7] {
            for count in 0..=40 {
                let mut to = [0; SIZE];
                // SAFETY: both ranges lie inside of their arrays.
                unsafe { copy(from.as_ptr().wrapping_add(start), to.as_mut_ptr().wrapping_add(3), count) }
                assert_eq!(to[3..3 + count], from[start..start + count]);
                assert!(to[..3].iter().chain(&to[3 + count..]).all(|&byte| byte == 0), "{start} {count}");
            }
        }
    }

    #[test]
    fn a_word_and_no_other_is_stored() {
        let mut to = [u64::MAX; 3];
        // SAFETY: the second word of the array.
        unsafe { store((&raw mut to[1]).cast(), 7) }
        assert_eq!(to, [u64::MAX, 7, u64::MAX]);
    }

    #[test]
    fn all_bytes_and_no_others_are_zeroed() {
        for start in [0, 1, 7] {
            for count in 0..=40 {
                let mut to = [0xff; SIZE];
                // SAFETY: the range lies inside of its array.
                unsafe { zero(to.as_mut_ptr().wrapping_add(start), count) }
                assert!(to[start..start + count].iter().all(|&byte| byte == 0), "{start} {count}");
                assert!(to[..start].iter().chain(&to[start + count..]).all(|&byte| byte == 0xff));
            }
        }
    }
}
