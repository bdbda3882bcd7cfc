//! Memory: physical frames, the kernel heap, kernel stacks. All three are leaves.

pub mod frames;
pub mod heap;
pub mod stacks;

/// Frames that are free, or lie in free stacks.
#[must_use]
pub fn available_frames() -> u64 {
    frames::free_count() + stacks::pooled_frames()
}
