//! Kernel stacks, each above a page that is not there.
//!
//! An overflow faults at its first step instead of writing over what lies below. Stacks that come back are kept
//! mapped and given out again: nothing is ever unmapped, so no other CPU's translations can be stale. The list
//! of free stacks is a leaf: closed code, bounded time; a new stack's frames are taken before it.

use core::fmt;

use x86_64::VirtAddr;

use crate::arch::image;
use crate::arch::paging::{NoMemory, PAGE, PageTables, Permissions, STACKS};
use crate::leaf::{Leaf, LeafLock};
use crate::mm::frames;

/// Frames of one stack.
const STACK_FRAMES: usize = 16;
/// Pages of one stack.
const PAGES: u64 = STACK_FRAMES as u64;
/// Bytes of one stack and the page below it.
const SLOT: u64 = (PAGES + 1) * PAGE;
/// The most stacks there are.
const MOST: usize = 8192;
/// Frames that mapping one stack may take: its own, and a table on each of three levels.
const FRAMES: usize = STACK_FRAMES + 3;

/// Which stacks there are, and which of them are free.
struct Pool {
    tables: Option<PageTables>,
    free: [u16; MOST],
    free_count: usize,
    made: usize,
}

static POOL: LeafLock<Pool> =
    LeafLock::new(Leaf::Stacks, Pool { tables: None, free: [0; MOST], free_count: 0, made: 0 });

/// A kernel stack that belongs to whoever has this value.
#[must_use = "a stack that is dropped goes back to the pool at once"]
pub struct Stack {
    slot: u16,
}

impl fmt::Debug for Stack {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Stack({:?})", self.top())
    }
}

impl Stack {
    /// Its top: where it begins.
    #[must_use]
    pub fn top(&self) -> VirtAddr {
        VirtAddr::new(STACKS + (u64::from(self.slot) + 1) * SLOT)
    }
}

impl Drop for Stack {
    /// Back to the pool, still mapped.
    fn drop(&mut self) {
        POOL.with(|pool| {
            pool.free[pool.free_count] = self.slot;
            pool.free_count += 1;
        });
    }
}

/// Has stacks mapped by `tables` from here on. Once, at boot.
pub fn use_tables(tables: PageTables) {
    POOL.with(|pool| pool.tables = Some(tables));
}

/// Runs closed code with the kernel's tables.
pub fn with_tables<O>(closed: impl FnOnce(&PageTables) -> O) -> Option<O> {
    POOL.with(|pool| pool.tables.as_ref().map(closed))
}

/// How many frames lie in free stacks.
pub fn pooled_frames() -> u64 {
    POOL.with(|pool| pool.free_count as u64 * PAGES)
}

/// A stack.
///
/// # Errors
///
/// [`NoMemory`] when memory, or the number of stacks, is used up.
pub fn allocate() -> Result<Stack, NoMemory> {
    let free = POOL.with(|pool| {
        pool.free_count = pool.free_count.checked_sub(1)?;
        Some(pool.free[pool.free_count])
    });
    match free {
        Some(slot) => Ok(Stack { slot }),
        None => make(),
    }
}

/// Maps a new stack.
fn make() -> Result<Stack, NoMemory> {
    let mut taken = [const { None }; FRAMES];
    for place in &mut taken {
        *place = frames::allocate();
    }
    let enough = taken.iter().all(Option::is_some);
    let mut next = 0;
    let made = POOL.with(|pool| {
        let slot = u16::try_from(pool.made).ok().filter(|_| enough && pool.made < MOST)?;
        let tables = pool.tables.as_ref()?;
        let mut give = || {
            let frame = taken.get(next)?.as_ref()?.address();
            next += 1;
            Some(frame)
        };
        let bottom = STACKS + u64::from(slot) * SLOT + PAGE;
        let writable = Permissions::PRESENT | Permissions::WRITABLE | Permissions::NO_EXECUTE;
        for page in 0..PAGES {
            let frame = give()?;
            tables.map(bottom + page * PAGE, frame, writable, &mut give).ok()?;
        }
        pool.made += 1;
        Some(slot)
    });
    // What was not used goes back.
    taken.into_iter().skip(next).flatten().for_each(frames::free);
    made.map(|slot| Stack { slot }).ok_or(NoMemory)
}

/// Whether an address lies in a page under a stack, which is not there.
#[must_use]
pub fn is_guard(address: u64) -> bool {
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
