//! Memory: physical frames, the kernel heap, kernel stacks, ranges of kernel addresses.
//!
//! Frames, heap and stacks are leaves: reached from anywhere, with anything held. Giving addresses back is not: it
//! waits for every other CPU ([`shoot_down`]), and asks for a token that may.

pub mod drain;
pub mod fallible;
pub mod frames;
pub mod heap;
pub mod kernel_space;
pub mod page;
pub mod shoot_down;
pub(crate) mod space;
pub mod stacks;
pub mod user_tables;

pub use machine::paging::NoMemory;
pub use x86_64::{PhysAddr, VirtAddr};

/// Frames that are free, or lie in free stacks.
#[must_use]
pub fn available_frames() -> u64 {
    frames::free_count() + stacks::pooled_frames()
}
