//! Kernel stacks, each above a page that is not there.
//!
//! An overflow faults at its first step instead of writing over what lies below. A thread's stack is small, since interrupts
//! have stacks of their CPUs'. Stacks that come back are kept mapped and given out again, so that a thread that ends costs no
//! page table and nobody's attention. Where more than `KEPT` are free the reaper unmaps some, many at once (`trim`): taking
//! pages away waits for other CPUs. The lists of stacks are a leaf: closed code, bounded time; frames and page tables are none
//! of its business.

use core::fmt;
use core::ops::Range;

use lockorder::{Held, Level, MaySleep};
use x86_64::VirtAddr;

use crate::leaf::LeafLock;
use crate::leaves::Leaf;
use crate::mm::frames::{self, Frame, Owner, TableFrames};
use crate::mm::kernel_space::tables;
use crate::mm::shoot_down::shoot_down;
use machine::cpu::CpuIndex;
use machine::descriptors::{self, CpuStacks, EMERGENCY_STACKS};
use machine::image;
use machine::paging::{self, NoMemory, PAGE, Permissions, STACKS};
use spin::Once;

/// Frames of one stack: 16 KiB, or 32 with the run-time checker, which writes its reports on the stack of whoever is wrong.
const STACK_FRAMES: usize = if cfg!(feature = "checker") { 8 } else { 4 };
/// Pages of one stack, a thread's or that of a CPU's interrupts.
pub const PAGES: u64 = STACK_FRAMES as u64;
/// Bytes of one stack and the page below it.
const SLOT: u64 = (PAGES + 1) * PAGE;
/// The most stacks there are.
pub(crate) const MOST: usize = 16_384;
/// Free stacks that stay mapped.
const KEPT: usize = 64;
/// How many more come together before some are unmapped.
const BATCH: usize = 16;

/// Numbers of stacks: a list that cannot be longer than there are stacks.
struct Slots {
    slots: [u16; MOST],
    count: usize,
}

impl Slots {
    #[allow(clippy::large_stack_arrays, reason = "it is a constant, for a static")]
    const fn none() -> Self {
        Self { slots: [0; MOST], count: 0 }
    }

    fn push(&mut self, slot: u16) {
        self.slots[self.count] = slot;
        self.count += 1;
    }

    fn pop(&mut self) -> Option<u16> {
        self.count = self.count.checked_sub(1)?;
        Some(self.slots[self.count])
    }
}

/// Which stacks there are, and which of them are free.
struct Pool {
    /// Free and mapped.
    free: Slots,
    /// Free, and not mapped any more.
    unmapped: Slots,
    /// Numbers below this have been used.
    made: usize,
}

impl Pool {
    /// Whether so many more are free than stay mapped that some are worth unmapping.
    const fn has_surplus(&self) -> bool {
        self.free.count >= KEPT + BATCH
    }
}

static POOL: LeafLock<Pool> =
    LeafLock::new(Leaf::Stacks, Pool { free: Slots::none(), unmapped: Slots::none(), made: 0 });

/// Runs an operation of this module on the pool.
fn with_pool<O>(operation: impl FnOnce(&mut Pool) -> O) -> O {
    // SAFETY: the operations push, pop and count numbers in arrays.
    unsafe { POOL.with(operation) }
}

/// A kernel stack that belongs to whoever has this value.
#[must_use = "a stack that is dropped goes back to the pool at once"]
pub(crate) struct Stack {
    slot: u16,
}

impl fmt::Debug for Stack {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Stack({:?})", self.top())
    }
}

/// The lowest address of a stack.
fn bottom(slot: u16) -> VirtAddr {
    STACKS + u64::from(slot) * SLOT + PAGE
}

impl Stack {
    /// Its top: where it begins.
    #[must_use]
    pub(crate) fn top(&self) -> VirtAddr {
        bottom(self.slot) + PAGES * PAGE
    }

    /// Its number, below [`MOST`]; no other stack has it meanwhile.
    #[must_use]
    pub(crate) fn number(&self) -> usize {
        usize::from(self.slot)
    }
}

impl Drop for Stack {
    /// Back to the pool, still mapped. Legal anywhere.
    fn drop(&mut self) {
        let surplus = with_pool(|pool| {
            pool.free.push(self.slot);
            pool.has_surplus()
        });
        if surplus && let Some(wake) = ON_SURPLUS.get() {
            wake();
        }
    }
}

/// What is called when more stacks are free than stay mapped.
static ON_SURPLUS: Once<fn()> = Once::new();

/// Has `wake` called when more stacks are free than stay mapped: in any context, with anything held. Once.
pub(crate) fn on_surplus(wake: fn()) {
    ON_SURPLUS.call_once(|| wake);
}

/// Whether more stacks are free than stay mapped.
pub(crate) fn is_surplus() -> bool {
    with_pool(|pool| pool.has_surplus())
}

/// Gives everybody the frames of free stacks beyond those that stay mapped.
pub(crate) fn trim<H: Level, C: MaySleep>(held: &mut Held<'_, H, C>) {
    loop {
        let mut slots = [None; BATCH];
        with_pool(|pool| {
            for slot in &mut slots {
                if pool.free.count > KEPT {
                    *slot = pool.free.pop();
                }
            }
        });
        if slots[0].is_none() {
            return;
        }
        let frames = slots.map(|slot| slot.map(take_away));
        // So many pages that every CPU forgets everything.
        shoot_down(held, STACKS, BATCH as u64 * PAGES);
        frames.into_iter().flatten().flatten().flatten().for_each(frames::free);
        with_pool(|pool| slots.into_iter().flatten().for_each(|slot| pool.unmapped.push(slot)));
    }
}

/// How many frames lie in free stacks.
pub(super) fn pooled_frames() -> u64 {
    with_pool(|pool| pool.free.count as u64 * PAGES)
}

/// The number of a stack that is not mapped.
fn claim() -> Option<u16> {
    with_pool(|pool| {
        pool.unmapped.pop().or_else(|| {
            let slot = u16::try_from(pool.made).ok().filter(|_| pool.made < MOST)?;
            pool.made += 1;
            Some(slot)
        })
    })
}

/// A stack.
///
/// # Errors
///
/// [`NoMemory`] when memory, or the number of stacks, is used up.
pub(crate) fn allocate() -> Result<Stack, NoMemory> {
    if let Some(slot) = with_pool(|pool| pool.free.pop()) {
        return Ok(Stack { slot });
    }
    let slot = claim().ok_or(NoMemory)?;
    map(slot, 0..PAGES).inspect_err(|_| with_pool(|pool| pool.unmapped.push(slot)))?;
    Ok(Stack { slot })
}

/// Maps pages of a stack, all or none. Everything that may fail comes before the first page is mapped: a page that was
/// mapped could be in a CPU's cache of translations, also without having been used, and its frame could not be freed before
/// every CPU has forgotten it.
fn map(slot: u16, pages: Range<u64>) -> Result<(), NoMemory> {
    let writable = Permissions::PRESENT | Permissions::WRITABLE | Permissions::NO_EXECUTE;
    let address = |page| bottom(slot) + page * PAGE;
    let mut frames = [const { None }; STACK_FRAMES];
    let frames = &mut frames[..usize::try_from(pages.end - pages.start).map_err(|_| NoMemory)?];
    let prepared = pages.clone().zip(frames.iter_mut()).try_for_each(|(page, frame)| {
        *frame = frames::allocate_for(Owner::Stack);
        tables().prepare(address(page), &mut TableFrames)?;
        frame.as_ref().map(|_| ()).ok_or(NoMemory)
    });
    if prepared.is_err() {
        frames.iter_mut().filter_map(Option::take).for_each(frames::free);
        return prepared;
    }
    pages.zip(frames.iter_mut().filter_map(Option::take)).try_for_each(|(page, frame)| {
        // SAFETY: the slot is the caller's, whose pages nobody has mapped, or every CPU has forgotten; so is the frame.
        unsafe { tables().map(address(page), frame.mapped(), writable, &mut TableFrames) }
    })
}

/// Pages of one emergency stack.
const EMERGENCY_PAGES: u64 = 2;

/// The top of a stack of so many pages, which lives for ever.
fn for_good(pages: u64) -> Result<VirtAddr, NoMemory> {
    let slot = claim().ok_or(NoMemory)?;
    // Where memory runs out the slot is lost: the machine is about to give up.
    map(slot, PAGES - pages..PAGES)?;
    Ok(bottom(slot) + PAGES * PAGE)
}

/// The stacks of a CPU's exceptions and interrupts, which live for ever: each above a page that is not there.
///
/// # Errors
///
/// [`NoMemory`] when memory, or the number of stacks, is used up.
pub(crate) fn of_cpu() -> Result<CpuStacks, NoMemory> {
    let mut emergency = [VirtAddr::zero(); EMERGENCY_STACKS];
    for top in &mut emergency {
        *top = for_good(EMERGENCY_PAGES)?;
    }
    Ok(CpuStacks { emergency, interrupt: for_good(PAGES)? })
}

/// How many pages each emergency stack of a CPU has, and its interrupt stack, down to the first that is not there.
pub fn pages_of_cpu(index: CpuIndex) -> (impl Iterator<Item = u64>, u64) {
    let is_there = |address| paging::loaded(address).is_some();
    let pages =
        move |top: VirtAddr| (1..=PAGES + 1).take_while(|&page| is_there(top - page * PAGE)).count() as u64;
    let interrupt = pages(descriptors::interrupt_stack(index));
    (descriptors::emergency_stacks(index).into_iter().map(pages), interrupt)
}

/// Takes a stack's pages away; other CPUs may still have them cached.
fn take_away(slot: u16) -> [Option<Frame>; STACK_FRAMES] {
    let mut address = bottom(slot);
    [(); STACK_FRAMES].map(|()| {
        // SAFETY: the slot is the caller's, and nobody uses the stack any more; its frames were mapped there only.
        let frame = unsafe { tables().unmap(address).map(|frame| Frame::unmapped(frame)) };
        address += PAGE;
        frame
    })
}

/// Whether an address lies in a page under a stack, which is not there.
#[must_use]
pub(crate) fn is_guard(address: VirtAddr) -> bool {
    let under_boot_stack = (image::boot_stack_guard()..image::boot_stack_guard() + PAGE).contains(&address);
    let in_stacks = (STACKS..STACKS + MOST as u64 * SLOT).contains(&address);
    under_boot_stack || (in_stacks && (address - STACKS) % SLOT < PAGE)
}

#[cfg(test)]
mod tests {
    use super::{PAGE, SLOT, STACKS, is_guard};

    #[test]
    fn the_first_page_of_each_slot_is_a_guard() {
        for slot in [0, 1, 500] {
            let start = STACKS + slot * SLOT;
            assert!(is_guard(start) && is_guard(start + PAGE - 1));
            assert!(!is_guard(start + PAGE) && !is_guard(start + SLOT - 1));
        }
        assert!(!is_guard(STACKS - 1));
    }
}
