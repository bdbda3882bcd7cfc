//! The binary interface of Linux on x86_64: numbers of errors, and structures as bytes.
//!
//! Everything above `base` may name what is in here, and it imports nothing of the kernel: a filesystem says
//! [`Errno::ENOENT`] without knowing who called. Constants come from `linux-raw-sys`, which generates them from Linux's headers;
//! structures are encoded to bytes field by field ([`Encoder`]), so that no padding carries what stood in memory before.

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

pub mod calls;
mod encoder;
mod errno;

pub use encoder::Encoder;
pub use errno::Errno;
pub use linux_raw_sys::{general, ioctl, net, prctl};

/// What a part of a system call gives.
pub type Result<T> = core::result::Result<T, Errno>;
