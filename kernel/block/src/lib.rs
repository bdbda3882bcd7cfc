//! Block devices: disks as those who keep files on them see them.
//!
//! [`BlockDevice`] is what a disk does: it reads and writes whole sectors, a page at most at once, and makes durable what it
//! has written. Each call waits for the disk with whatever the caller holds outside of [`DiskPlace`], for [`LIMIT`] at most; then it
//! is an [`Error`], which reaches programs as `EIO`. [`VirtioDisk`] is the one driver.
//!
//! **Locks, outermost first.** A request has a *place*, whose lock is held from the request's making to its end; with all
//! places in use a caller waits for one at its lock. The device and what it has are behind [`DiskQueue`], which its
//! interrupt handler acquires too; it is held while a request is handed over, never over the wait. The handler completes
//! [`DiskAnswer`]s, and frees no memory: what the device gives back lies in the queue until the place's holder takes it.

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

mod device;
mod virtio;

pub use device::{BlockDevice, DiskPlace, Error, LIMIT, SECTOR};
pub use virtio::{DiskAnswer, DiskQueue, VirtioDisk, start};
