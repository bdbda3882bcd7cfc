//! Memory: physical frames and the kernel heap. Both are leaves.

pub mod frames;
pub mod heap;
