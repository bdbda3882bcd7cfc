//! Time since boot.

pub use machine::timer::{counter, nanoseconds};
