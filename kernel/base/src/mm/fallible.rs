//! Boxes, counted pointers and copies of bytes that there may be no memory for.
//!
//! `Box::new` and `Arc::new` panic when the heap is used up, and their fallible forms are unstable. A box can be made of
//! a block ([`try_box`]). An `Arc` can be made by `Arc::new` only, so [`try_arc`] sees to it that this cannot fail: it
//! allocates a block of the very size first, and lays it in this CPU's *reserve*, interrupts off. While they are off
//! nobody but `Arc::new` allocates on this CPU; when the heap has nothing for it, the allocator gives the reserve
//! (`docs/decisions/0019`). The block is never free in between, so that nobody can take it.

use alloc::alloc::{alloc, dealloc};
use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::alloc::Layout;
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

use lockorder::with_irqs_off;

use crate::platform::Machine;
use machine::cpu;
use machine::paging::NoMemory;

/// One CPU's reserve: written and read by that CPU only, interrupts off.
struct Reserve {
    block: AtomicPtr<u8>,
    size: AtomicUsize,
    align: AtomicUsize,
}

static RESERVES: [Reserve; cpu::MAXIMUM] = [const {
    Reserve { block: AtomicPtr::new(ptr::null_mut()), size: AtomicUsize::new(0), align: AtomicUsize::new(0) }
}; cpu::MAXIMUM];

/// Runs closed code on this CPU's reserve.
fn with_own<O>(closed: impl FnOnce(&Reserve) -> O) -> O {
    // SAFETY: the closures of this module acquire no more than the heap's leaf, and do not sleep.
    unsafe { with_irqs_off::<Machine, _>(|_| closed(&RESERVES[cpu::current().index().get()])) }
}

/// The block in this CPU's reserve, if it is one of `layout`: for an allocator that has nothing else. It belongs to the
/// caller then.
pub(super) fn reserved(layout: Layout) -> Option<NonNull<u8>> {
    with_own(|reserve| {
        let fits = reserve.size.load(Ordering::Relaxed) == layout.size()
            && reserve.align.load(Ordering::Relaxed) == layout.align();
        let block = NonNull::new(reserve.block.load(Ordering::Relaxed)).filter(|_| fits)?;
        reserve.block.store(ptr::null_mut(), Ordering::Relaxed);
        Some(block)
    })
}

/// A block of `layout`, which has a size.
fn block(layout: Layout) -> Result<NonNull<u8>, NoMemory> {
    assert!(layout.size() > 0, "a block has a size");
    // SAFETY: the layout's size is not 0.
    NonNull::new(unsafe { alloc(layout) }).ok_or(NoMemory)
}

/// `value` in a box.
///
/// # Errors
///
/// [`NoMemory`] when the heap is used up; the value is dropped.
pub fn try_box<T>(value: T) -> Result<Box<T>, NoMemory> {
    let layout = Layout::new::<T>();
    if layout.size() == 0 {
        // Takes no memory.
        return Ok(Box::new(value));
    }
    let place = block(layout)?.cast::<T>();
    // SAFETY: the block has the size and alignment of a `T`, is nobody else's, and comes from the allocator that a
    // box gives it back to.
    unsafe {
        place.write(value);
        Ok(Box::from_raw(place.as_ptr()))
    }
}

/// What `Arc::new` allocates for a `T`: two counts and the value, as C lays them out. Were it anything else, the reserve
/// would not fit and the workload `memory` would panic.
fn counted<T>() -> Result<Layout, NoMemory> {
    let counts = Layout::new::<[AtomicUsize; 2]>();
    let (layout, _) = counts.extend(Layout::new::<T>()).map_err(|_| NoMemory)?;
    Ok(layout.pad_to_align())
}

/// `value` in a counted pointer.
///
/// # Errors
///
/// [`NoMemory`] when the heap is used up; the value is dropped.
pub fn try_arc<T>(value: T) -> Result<Arc<T>, NoMemory> {
    let layout = counted::<T>()?;
    let block = block(layout)?;
    let (arc, left) = with_own(|reserve| {
        reserve.size.store(layout.size(), Ordering::Relaxed);
        reserve.align.store(layout.align(), Ordering::Relaxed);
        reserve.block.store(block.as_ptr(), Ordering::Relaxed);
        let arc = Arc::new(value);
        (arc, reserve.block.swap(ptr::null_mut(), Ordering::Relaxed))
    });
    if !left.is_null() {
        // SAFETY: the allocator did not need the block, so it is still this function's, of this layout.
        unsafe { dealloc(left, layout) }
    }
    Ok(arc)
}

/// A copy of `values`, with no room for more.
///
/// # Errors
///
/// [`NoMemory`] when the heap is used up.
pub fn try_copy<T: Copy>(values: &[T]) -> Result<Vec<T>, NoMemory> {
    let mut copy = Vec::new();
    copy.try_reserve_exact(values.len()).map_err(|_| NoMemory)?;
    copy.extend_from_slice(values);
    Ok(copy)
}

/// So many of one value.
///
/// # Errors
///
/// [`NoMemory`] when the heap is used up.
pub fn try_filled<T: Copy>(value: T, length: usize) -> Result<Vec<T>, NoMemory> {
    let mut values = Vec::new();
    values.try_reserve_exact(length).map_err(|_| NoMemory)?;
    values.resize(length, value);
    Ok(values)
}

/// So many zeros.
///
/// # Errors
///
/// [`NoMemory`] when the heap is used up.
pub fn try_zeroed(length: usize) -> Result<Vec<u8>, NoMemory> {
    try_filled(0, length)
}

#[cfg(test)]
mod tests {
    use super::{try_box, try_copy, try_zeroed};

    #[test]
    fn zeros_are_as_many_as_asked_for() {
        assert_eq!((try_zeroed(3).unwrap(), try_zeroed(0).unwrap()), (std::vec![0; 3], std::vec![]));
        assert!(try_zeroed(usize::MAX).is_err());
    }

    #[test]
    fn a_copy_has_the_bytes_and_no_room() {
        let copy = try_copy(b"name").unwrap();
        assert_eq!((&copy[..], copy.capacity()), (&b"name"[..], 4));
    }

    #[test]
    fn a_box_has_its_value() {
        assert_eq!(try_box(7_u64).as_deref(), Ok(&7));
        assert_eq!(try_box(()).as_deref(), Ok(&()));
    }
}
