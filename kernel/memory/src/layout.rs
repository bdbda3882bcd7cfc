//! Where the parts of an address space are: the stack at the top, mappings from below it downwards, the heap behind the program.
//!
//! As in Linux: what lies between is as large as the stack may grow, and each part is moved by a random number of pages. The
//! numbers are given, so that this is a function.

use core::ops::Range;

use base::user::USER_END;

use crate::area::{GUARD, PAGE};

/// Below this nothing is mapped, so that a null pointer with an offset faults.
pub const LOWEST: u64 = 64 * 1024;

/// The least and the most that is kept for the stack.
const STACK_GAP: Range<u64> = 128 << 20..USER_END / 6 * 5;

/// The bits of the random number of pages by which the stack, mappings, and the heap are moved.
const STACK_BITS: u32 = 22;
const MAPPING_BITS: u32 = 28;
const HEAP_BITS: u32 = 13;

/// Random numbers for a layout; zeros for the layout that does not change.
#[derive(Clone, Copy, Debug, Default)]
pub struct Randomness {
    /// For the stack.
    pub stack: u64,
    /// For mappings.
    pub mappings: u64,
    /// For the heap.
    pub heap: u64,
    /// For a program that may lie anywhere.
    pub program: u64,
}

/// Where the parts of an address space are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The end of the stack.
    pub stack_top: u64,
    /// The end of the mappings.
    pub mapping_end: u64,
    /// Where a program begins that may lie anywhere.
    pub program_start: u64,
    /// By how much the heap begins behind the end of the program.
    pub heap_offset: u64,
}

/// A random number of bytes: whole pages, whose number has so many bits.
const fn offset(random: u64, bits: u32) -> u64 {
    (random & ((1 << bits) - 1)) * PAGE
}

impl Layout {
    /// The layout for a stack of at most `stack` bytes.
    #[must_use]
    pub fn new(stack: u64, random: Randomness) -> Self {
        let stack_top = USER_END - PAGE - offset(random.stack, STACK_BITS);
        // What the stack may be moved by is kept free too, whatever it was moved by: one offset says nothing about the other.
        let moved = (1 << STACK_BITS) * PAGE + GUARD;
        let gap = stack.saturating_add(moved).clamp(STACK_GAP.start, STACK_GAP.end);
        let mapping_end = (USER_END - gap - offset(random.mappings, MAPPING_BITS)) & !(PAGE - 1);
        let program_start = ((USER_END / 3 * 2) & !(PAGE - 1)) + offset(random.program, MAPPING_BITS);
        Self { stack_top, mapping_end, program_start, heap_offset: offset(random.heap, HEAP_BITS) }
    }

    /// Where the heap begins, for a program that ends at an address.
    #[must_use]
    pub const fn heap_start(&self, program_end: u64) -> u64 {
        let end = program_end.saturating_add(PAGE - 1) & !(PAGE - 1);
        end.saturating_add(self.heap_offset)
    }
}

#[cfg(test)]
mod tests {
    use base::user::USER_END;

    use super::{LOWEST, Layout, PAGE, Randomness};

    #[test]
    fn parts_lie_in_their_order_whatever_the_numbers() {
        for random in [0, 0x1234_5678_9abc_def0, u64::MAX] {
            for stack in [0, 8 << 20, 1 << 40, u64::MAX] {
                let layout = Layout::new(
                    stack,
                    Randomness { stack: random, mappings: !random, heap: random, program: random },
                );
                assert!(layout.stack_top < USER_END && layout.stack_top.is_multiple_of(PAGE));
                assert!(layout.mapping_end.is_multiple_of(PAGE) && layout.mapping_end > LOWEST);
                assert!(layout.program_start.is_multiple_of(PAGE) && layout.program_start < layout.stack_top);
                let room = stack.min(64 << 20);
                assert!(layout.mapping_end + room < layout.stack_top, "{layout:x?} for {stack:#x}");
            }
        }
    }

    #[test]
    fn the_heap_begins_at_a_page() {
        let layout = Layout::new(8 << 20, Randomness { heap: 3, ..Randomness::default() });
        assert_eq!(layout.heap_start(0x40_1234), 0x40_2000 + 3 * PAGE);
        assert!(layout.heap_start(u64::MAX).is_multiple_of(PAGE) || layout.heap_start(u64::MAX) == u64::MAX);
    }
}
