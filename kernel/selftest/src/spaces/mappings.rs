//! One space, one thread: what is mapped, changed, and refused.

use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;

use abi::Errno;
use abi::general::{
    MADV_DONTNEED, MAP_ANONYMOUS, MAP_FIXED, MAP_FIXED_NOREPLACE, MAP_NORESERVE, MAP_PRIVATE,
    MREMAP_DONTUNMAP, MREMAP_FIXED, MREMAP_MAYMOVE, PROT_NONE, PROT_READ,
};
use base::user::{Access, USER_END};
use lockorder::{Root, Task};
use memory::{AddressSpace, Limits, Protection, Refusal, Request};

use super::{Checked, PAGE, READ_WRITE, empty, expect, load, map, refused, same, store, with_space, zeros};

/// Runs the checks of this file.
pub(super) fn run(held: &mut Root<'_, Task>) -> Checked {
    for check in [memory_comes_and_goes, protection_is_kept, stacks_grow, heaps_grow, areas_move, limits_hold]
    {
        let space = empty(&Limits::default())?;
        with_space(held, &space, |held| check(held, &space))?;
    }
    memory_is_used_up(held)
}

/// Zeros are there when they are touched, and nothing where nothing is mapped.
fn memory_comes_and_goes(held: &mut Root<'_, Task>, space: &Arc<AddressSpace>) -> Checked {
    let at = map(held, space, &zeros(64))?;
    same(space.resident_pages(), 0, "pages that nobody has touched")?;
    expect(held, at + 10 * PAGE, 0)?;
    // Across two pages.
    store(held, at + 3 * PAGE - 4, 0x1122_3344_5566_7788)?;
    expect(held, at + 3 * PAGE - 4, 0x1122_3344_5566_7788)?;
    same(space.resident_pages(), 3, "pages that were touched")?;
    refused(held, space, at - 1, Access::Read, Refusal::Unmapped)?;
    refused(held, space, at + 64 * PAGE, Access::Write, Refusal::Unmapped)?;
    refused(held, space, at, Access::Execute, Refusal::Denied)?;
    refused(held, space, USER_END, Access::Read, Refusal::Unmapped)?;
    let inside = Request { at: at + 8 * PAGE, flags: MAP_FIXED_NOREPLACE | zeros(1).flags, ..zeros(4) };
    same(space.map(held, &inside, None), Err(Errno::EEXIST), "a place that is taken")?;
    let over = Request { flags: MAP_FIXED | zeros(1).flags, at: at + 2 * PAGE, ..zeros(1) };
    same(map(held, space, &over)?, at + 2 * PAGE, "a fixed place")?;
    expect(held, at + 2 * PAGE, 0)?;
    space.advise(held, at + 3 * PAGE, PAGE, MADV_DONTNEED).map_err(|error| format!("advice: {error}"))?;
    expect(held, at + 3 * PAGE, 0)?;
    space.unmap(held, at + PAGE, 62 * PAGE).map_err(|error| format!("unmapping: {error}"))?;
    same(space.resident_pages(), 0, "pages that were unmapped")?;
    refused(held, space, at + 2 * PAGE, Access::Read, Refusal::Unmapped)?;
    same(space.sizes(held).total, 2, "pages that are mapped")?;
    same(space.maps(held).map(|maps| maps.len()), Ok(2), "areas")?;
    space.clear(held);
    same(space.sizes(held).total, 0, "pages of a cleared space")
}

/// Nobody writes to what is for reading, nor touches what is not to be touched; and what was there stays.
fn protection_is_kept(held: &mut Root<'_, Task>, space: &Arc<AddressSpace>) -> Checked {
    let at = map(held, space, &zeros(8))?;
    store(held, at + PAGE, 7)?;
    let protect = |held: &mut Root<'_, Task>, at, bits| space.protect(held, at, PAGE, bits);
    same(protect(held, at + PAGE, PROT_READ), Ok(()), "protecting")?;
    expect(held, at + PAGE, 7)?;
    refused(held, space, at + PAGE, Access::Write, Refusal::Denied)?;
    same(protect(held, at + PAGE, PROT_NONE), Ok(()), "protecting")?;
    refused(held, space, at + PAGE, Access::Read, Refusal::Denied)?;
    same(load(held, at + PAGE).is_err(), true, "a read of what is not to be touched fails")?;
    same(protect(held, at + PAGE, READ_WRITE), Ok(()), "protecting")?;
    store(held, at + PAGE + 8, 8)?;
    expect(held, at + PAGE, 7)?;
    same(space.maps(held).map(|maps| maps.len()), Ok(1), "areas that are one again")?;
    same(protect(held, at + 8 * PAGE, PROT_READ), Err(Errno::ENOMEM), "protecting nothing")?;
    same(protect(held, at, 0x100), Err(Errno::EINVAL), "protecting in an unknown way")
}

/// What lies below a stack becomes stack, up to its limit.
fn stacks_grow(held: &mut Root<'_, Task>, space: &Arc<AddressSpace>) -> Checked {
    let read_write = Protection::READ | Protection::WRITE;
    space.map_stack(held, read_write).map_err(|error| format!("no stack: {error}"))?;
    let top = space.layout().stack_top;
    let limit = Limits::default().stack;
    store(held, top - limit, 5)?;
    same(space.sizes(held).stack, limit / PAGE, "pages of the stack")?;
    same(space.resident_pages(), 1, "pages that were touched")?;
    refused(held, space, top - limit - 1, Access::Write, Refusal::Unmapped)?;
    let maps = space.maps(held).map_err(|error| format!("no maps: {error}"))?;
    let names: Vec<_> = maps.iter().map(|entry| entry.description.name.as_slice()).collect();
    same(names, [b"[stack]".as_slice()].to_vec(), "names")?;
    let beside = Request { at: top - limit - PAGE, ..zeros(1) };
    same(map(held, space, &beside)? < top - limit - 256 * PAGE, true, "nothing lies right below a stack")
}

/// The heap ends where it is told to, and is zeros whenever it grows.
fn heaps_grow(held: &mut Root<'_, Task>, space: &Arc<AddressSpace>) -> Checked {
    space.set_program_end(held, 0x40_1234);
    let start = space.set_heap_end(held, 0);
    same(start, 0x40_2000, "the heap's beginning")?;
    same(space.set_heap_end(held, start + 5 * PAGE + 3), start + 5 * PAGE + 3, "the heap's end")?;
    store(held, start + 5 * PAGE, 9)?;
    same(space.set_heap_end(held, start + 2 * PAGE), start + 2 * PAGE, "a smaller heap's end")?;
    refused(held, space, start + 5 * PAGE, Access::Read, Refusal::Unmapped)?;
    same(space.set_heap_end(held, start + 6 * PAGE), start + 6 * PAGE, "the heap's end")?;
    expect(held, start + 5 * PAGE, 0)?;
    let wall = Request { at: start + 20 * PAGE, flags: MAP_FIXED | zeros(1).flags, ..zeros(1) };
    map(held, space, &wall)?;
    for refused in [start + 21 * PAGE, USER_END, u64::MAX, start - 1] {
        same(space.set_heap_end(held, refused), start + 6 * PAGE, "the end of a heap that cannot grow")?;
    }
    let maps = space.maps(held).map_err(|error| format!("no maps: {error}"))?;
    same(
        maps.first().map(|entry| entry.description.name.clone()),
        Some(b"[heap]".to_vec()),
        "the heap's name",
    )
}

/// What is moved keeps its bytes; what it was extended by is zeros.
fn areas_move(held: &mut Root<'_, Task>, space: &Arc<AddressSpace>) -> Checked {
    let at = map(held, space, &zeros(8))?;
    for page in 0..8 {
        store(held, at + page * PAGE, page + 1)?;
    }
    let wall = Request { at: at + 8 * PAGE, flags: MAP_FIXED | zeros(1).flags, protection: 0, ..zeros(1) };
    map(held, space, &wall)?;
    let stay = space.remap(held, [at, 8 * PAGE, 16 * PAGE], 0, 0);
    same(stay, Err(Errno::ENOMEM), "growing where there is no room")?;
    let moved = space.remap(held, [at, 8 * PAGE, 16 * PAGE], MREMAP_MAYMOVE, 0);
    let moved = moved.map_err(|error| format!("cannot be moved: {error}"))?;
    for page in 0..8 {
        expect(held, moved + page * PAGE, page + 1)?;
        expect(held, moved + (8 + page) * PAGE, 0)?;
    }
    refused(held, space, at, Access::Read, Refusal::Unmapped)?;
    let flags = MREMAP_MAYMOVE | MREMAP_FIXED;
    let part = space.remap(held, [moved + 2 * PAGE, 2 * PAGE, PAGE], flags, at + PAGE);
    same(part, Ok(at + PAGE), "a part that is moved")?;
    expect(held, at + PAGE, 3)?;
    refused(held, space, moved + 2 * PAGE, Access::Read, Refusal::Unmapped)?;
    refused(held, space, moved + 3 * PAGE, Access::Read, Refusal::Unmapped)?;
    expect(held, moved + 4 * PAGE, 5)?;
    let hole = space.remap(held, [moved, 16 * PAGE, 32 * PAGE], MREMAP_MAYMOVE, 0);
    same(hole, Err(Errno::EFAULT), "what is not one area")?;
    let smaller = space.remap(held, [moved + 4 * PAGE, 4 * PAGE, PAGE], 0, 0);
    same(smaller, Ok(moved + 4 * PAGE), "what is made smaller")?;
    refused(held, space, moved + 5 * PAGE, Access::Read, Refusal::Unmapped)?;
    let flags = MREMAP_MAYMOVE | MREMAP_DONTUNMAP;
    let left = space.remap(held, [moved + 4 * PAGE, PAGE, PAGE], flags, 0);
    let left = left.map_err(|error| format!("cannot be moved: {error}"))?;
    expect(held, left, 5)?;
    expect(held, moved + 4 * PAGE, 0)
}

/// More than the limits allow is not mapped.
fn limits_hold(held: &mut Root<'_, Task>, space: &Arc<AddressSpace>) -> Checked {
    let limits = Limits { address_space: 16 * PAGE, data: 8 * PAGE, ..Limits::default() };
    space.set_limits(&limits);
    let large = Request { protection: PROT_READ, ..zeros(17) };
    same(space.map(held, &large, None), Err(Errno::ENOMEM), "more than the space may have")?;
    same(space.map(held, &zeros(9), None), Err(Errno::ENOMEM), "more data than it may have")?;
    let at = map(held, space, &zeros(8))?;
    let reading = Request { protection: PROT_READ, ..zeros(8) };
    let other = map(held, space, &reading)?;
    same(space.protect(held, other, PAGE, READ_WRITE), Err(Errno::ENOMEM), "data by protection")?;
    let over = Request { at, flags: MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, ..zeros(8) };
    map(held, space, &over)?;
    let grown = space.remap(held, [other, 8 * PAGE, 9 * PAGE], MREMAP_MAYMOVE, 0);
    same(grown, Err(Errno::ENOMEM), "growing over the limit")
}

/// Who wants more memory than there is gets an error, and the kernel goes on.
fn memory_is_used_up(held: &mut Root<'_, Task>) -> Checked {
    let space = empty(&Limits::default())?;
    let pages = base::mm::frames::total() + 1;
    same(space.map(held, &zeros(pages), None), Err(Errno::ENOMEM), "more than there is, in one piece")?;
    let wanted = Request { flags: zeros(1).flags | MAP_NORESERVE, ..zeros(pages) };
    let at = map(held, &space, &wanted)?;
    same(space.populate(held, at, pages * PAGE), Err(Errno::ENOMEM), "more memory than there is")?;
    let child = space.fork(held);
    same(matches!(child, Ok(_) | Err(Errno::ENOMEM)), true, "a child where memory is used up")?;
    drop(child);
    space.clear(held);
    same(space.resident_pages(), 0, "pages of a cleared space")
}
