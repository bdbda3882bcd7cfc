//! The verbs that touch user memory.
//!
//! A copy goes through the addresses that the user gave, by the page tables of the current thread's space, so that it sees what
//! the user would. What faults in the kernel is resolved by the space, and the copy goes on.

use alloc::vec::Vec;

use lockorder::{Before, Held, MaySleep};
use machine::paging::PAGE;
use machine::user_copy;

use crate::mm::page::PAGE_SIZE;

use super::address::{Fault, USER_END, UserAddress, UserSlice};
use super::current::current_space;
use super::space::{Access, AddressSpace, Space};

/// How often a copy under a lock is tried again at one page that is faulted in and goes away before the copy comes to it: after that
/// it fails.
pub const MOST_FAULTS: usize = 64;

/// Copies what user memory has, as far as nothing faults; gives how much.
fn copy_in_part(from: UserSlice, to: &mut [u8]) -> usize {
    let length = from.len().min(to.len());
    // SAFETY: a range of user memory, and one of the caller's alone that is as long.
    length - unsafe { user_copy::copy(to.as_mut_ptr(), pointer(from.start()), length) }
}

/// Copies to user memory, as far as nothing faults; gives how much.
fn copy_out_part(to: UserSlice, from: &[u8]) -> usize {
    let length = to.len().min(from.len());
    // SAFETY: a range of user memory, and one of the caller's that is as long.
    length - unsafe { user_copy::copy(pointer::<u8>(to.start()).cast_mut(), from.as_ptr(), length) }
}

/// Clears user memory, as far as nothing faults; gives how much.
fn clear_part(to: UserSlice) -> usize {
    // SAFETY: a range of user memory.
    to.len() - unsafe { user_copy::clear(pointer::<u8>(to.start()).cast_mut(), to.len()) }
}

/// An address of user memory, for the routines that may fault.
#[allow(clippy::cast_possible_truncation, reason = "addresses are 64 bits wide on this machine")]
fn pointer<T>(address: UserAddress) -> *const T {
    core::ptr::with_exposed_provenance(address.get() as usize)
}

/// Whether the current thread has user memory: without it addresses may lead anywhere another thread's do.
fn space() -> Result<alloc::sync::Arc<dyn Space>, Fault> {
    current_space().ok_or(Fault)
}

/// Goes on with a copy of `length` bytes from `start`, of which `part` does one after so many, until all are done: what faults
/// is resolved.
fn with_faults<H: Before<AddressSpace>>(
    held: &mut Held<'_, H, impl MaySleep>,
    range: UserSlice,
    access: Access,
    mut part: impl FnMut(usize) -> usize,
) -> Result<(), Fault> {
    let space = space()?;
    let (mut done, mut same) = (0, 0);
    loop {
        let more = part(done);
        done += more;
        if done >= range.len() {
            return Ok(());
        }
        // Where it has stopped: the first byte that was not copied lies in the page that faults, or right before it.
        let word = range.skip(done).start();
        same = if more == 0 { same + 1 } else { 0 };
        // A page that goes away again and again is somebody's mistake, but not this thread's to wait for.
        if same > 64 {
            return Err(Fault);
        }
        let mut held = held.below::<AddressSpace>();
        let mut held = held.to_task();
        space.fault(&mut held, word, access)?;
        // A word that lies across two pages stops before both.
        let last = UserAddress::new(word.get().saturating_add(7));
        if last.page() != word.page() && (done + 8) <= range.len() && more == 0 {
            space.fault(&mut held, last, access)?;
        }
    }
}

/// Copies from user memory, all of `to` or as long as `from` is.
///
/// # Errors
///
/// [`Fault`] when some of it cannot be had; a part may have been copied.
pub fn copy_in<H: Before<AddressSpace>>(
    held: &mut Held<'_, H, impl MaySleep>,
    from: UserSlice,
    to: &mut [u8],
) -> Result<(), Fault> {
    let from = from.take(to.len());
    with_faults(held, from, Access::Read, |done| copy_in_part(from.skip(done), &mut to[done..]))
}

/// Copies to user memory, all of `from` or as much as `to` has room for.
///
/// # Errors
///
/// [`Fault`] when some of it cannot be had; a part may have been copied.
pub fn copy_out<H: Before<AddressSpace>>(
    held: &mut Held<'_, H, impl MaySleep>,
    to: UserSlice,
    from: &[u8],
) -> Result<(), Fault> {
    let to = to.take(from.len());
    with_faults(held, to, Access::Write, |done| copy_out_part(to.skip(done), &from[done..]))
}

/// Copies a structure of `N` bytes from the user address `at`, which need not be valid.
///
/// # Errors
///
/// [`Fault`] when part of it is not user memory or cannot be read.
pub fn get<H: Before<AddressSpace>, const N: usize>(
    held: &mut Held<'_, H, impl MaySleep>,
    at: u64,
) -> Result<[u8; N], Fault> {
    let mut bytes = [0; N];
    copy_in(held, UserSlice::new(at, N)?, &mut bytes)?;
    Ok(bytes)
}

/// Copies all of `bytes` to the user address `at`, which need not be valid.
///
/// # Errors
///
/// [`Fault`] when part of the destination is not user memory or cannot be written; the bytes before it may have been copied.
pub fn put<H: Before<AddressSpace>>(
    held: &mut Held<'_, H, impl MaySleep>,
    at: u64,
    bytes: &[u8],
) -> Result<(), Fault> {
    copy_out(held, UserSlice::new(at, bytes.len())?, bytes)
}

/// Clears user memory.
///
/// # Errors
///
/// [`Fault`] when some of it cannot be had; a part may have been cleared.
pub fn clear<H: Before<AddressSpace>>(
    held: &mut Held<'_, H, impl MaySleep>,
    to: UserSlice,
) -> Result<(), Fault> {
    with_faults(held, to, Access::Write, |done| clear_part(to.skip(done)))
}

/// Copies from user memory what is there, and resolves nothing: at any level, in any context of a thread.
///
/// # Errors
///
/// [`Fault`] when something is not there: release, [`fault_in`], and try again.
pub fn try_copy_in(from: UserSlice, to: &mut [u8]) -> Result<(), Fault> {
    space()?;
    let length = from.len().min(to.len());
    if copy_in_part(from, to) == length { Ok(()) } else { Err(Fault) }
}

/// Copies to user memory that is there, and resolves nothing: at any level, in any context of a thread.
///
/// # Errors
///
/// [`Fault`] when something is not there: release, [`fault_in`], and try again.
pub fn try_copy_out(to: UserSlice, from: &[u8]) -> Result<(), Fault> {
    space()?;
    let length = to.len().min(from.len());
    if copy_out_part(to, from) == length { Ok(()) } else { Err(Fault) }
}

/// Makes an access to all pages of a range possible, one after the other; they may go away again.
///
/// # Errors
///
/// [`Fault`] when one cannot be had.
pub fn fault_in<H: Before<AddressSpace>>(
    held: &mut Held<'_, H, impl MaySleep>,
    range: UserSlice,
    access: Access,
) -> Result<(), Fault> {
    let space = space()?;
    let mut held = held.below::<AddressSpace>();
    let mut held = held.to_task();
    let mut page = range.start().page().get();
    while page < range.range().end.get() {
        space.fault(&mut held, UserAddress::new(page.max(range.start().get())), access)?;
        page += PAGE;
    }
    Ok(())
}

/// Whether an address is one of an aligned word of user memory.
fn is_word(at: UserAddress) -> bool {
    at.get().is_multiple_of(4) && at.get() <= USER_END - 4
}

/// Reads an aligned word of user memory at once, if it is there. At any level, in any context of a thread.
///
/// # Errors
///
/// [`Fault`] when it is not there, or not aligned.
pub fn try_load_u32(at: UserAddress) -> Result<u32, Fault> {
    space()?;
    if !is_word(at) {
        return Err(Fault);
    }
    // SAFETY: a user's address, and aligned.
    unsafe { user_copy::load(pointer(at)) }.ok_or(Fault)
}

/// Stores `new` in an aligned word of user memory, if it has `expected` and is there; gives what it had. At any level, in any
/// context of a thread.
///
/// # Errors
///
/// [`Fault`] when it is not there, not aligned, or not to be written to.
pub fn try_compare_exchange_u32(at: UserAddress, expected: u32, new: u32) -> Result<u32, Fault> {
    space()?;
    if !is_word(at) {
        return Err(Fault);
    }
    // SAFETY: a user's address, and aligned.
    unsafe { user_copy::compare_exchange(pointer::<u32>(at).cast_mut(), expected, new) }.ok_or(Fault)
}

/// Why a string cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StringError {
    /// Its memory cannot be had.
    Fault,
    /// It is longer than the caller allows.
    TooLong,
    /// No memory for it.
    NoMemory,
}

/// Reads a string that ends with a zero byte, without that; of `most` bytes at most.
///
/// # Errors
///
/// [`StringError`].
pub fn read_string<H: Before<AddressSpace>>(
    held: &mut Held<'_, H, impl MaySleep>,
    at: UserAddress,
    most: usize,
) -> Result<Vec<u8>, StringError> {
    let mut text = Vec::new();
    let mut at = at;
    loop {
        // Not beyond a page: the next one need not be there.
        let part = (PAGE_SIZE - at.offset()).min(256);
        let mut bytes = [0; 256];
        let slice = UserSlice::new(at.get(), part).map_err(|Fault| StringError::Fault)?;
        copy_in(held, slice, &mut bytes[..part]).map_err(|Fault| StringError::Fault)?;
        let end = bytes[..part].iter().position(|&byte| byte == 0);
        let more = &bytes[..end.unwrap_or(part)];
        if text.len() + more.len() > most {
            return Err(StringError::TooLong);
        }
        text.try_reserve(more.len()).map_err(|_| StringError::NoMemory)?;
        text.extend_from_slice(more);
        if end.is_some() {
            return Ok(text);
        }
        at = slice.range().end;
    }
}
