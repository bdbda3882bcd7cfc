//! Random numbers that nobody can guess.
//!
//! | module | what |
//! |---|---|
//! | `generator` | numbers of a key, and the next key |
//! | [`pool`] | the kernel's generator, seeded and seeded again |
//! | [`user`] | what programs ask for: `getrandom`, `/dev/random`, `/dev/urandom` |
//!
//! **The lock** is that of the generator, class [`pool::RandomPool`]: spinning, near the end of the hierarchy, so that numbers can be had
//! with nearly everything held. Nothing is copied to users under it, and long requests get a key under it and their bytes
//! outside of it.
//!
//! **Nobody waits.** At boot the generator is seeded with what the CPU draws, the moments of interrupts, and its own jitter; a
//! program that asks gets numbers.

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

mod generator;
pub mod pool;
pub mod user;

pub use pool::fill;
pub use user::getrandom;
