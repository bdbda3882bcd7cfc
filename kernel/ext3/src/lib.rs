//! Files on disks: ext2 and ext3 as the kernel's filesystems.
//!
//! What the disk has, and how it is changed, is the crate `ext2`'s, over the crate `journal`; both know no locks. This crate has the
//! locks, and implements what `fs` asks of an inode and of an open file.
//!
//! **Locks, outermost first.**
//!
//! | class | protects |
//! |---|---|
//! | [`JournalHandle`] | a filesystem's journal and its running transaction, over one operation: one handle at a time |
//! | [`InodeCache`] | which inodes somebody has |
//! | [`Buffers`] | blocks as the disk has them, in memory |
//! | [`block::DiskPlace`] and further in | the disk |
//!
//! An operation holds [`JournalHandle`] while it waits for the disk: that is a completion, which is waited for with locks
//! held (`docs/decisions/0020`). So operations of one filesystem follow each other, and are whole. User memory is copied before and after
//! them, with a file's position held and nothing further in, as in `fs`.
//!
//! **What has lost its last name** is deleted by whoever lets go of it last. That has no token, so the reaper does it
//! ([`base::sched::deferred`]), under the same lock: whether somebody has found the inode again is looked at there.
//!
//! Files cannot be mapped yet, and times of access are not kept.

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

mod buffers;
mod errors;
mod file;
mod mounted;
mod node;
mod sectors;

pub use buffers::Buffers;
pub use mounted::{InodeCache, mount};
pub use sectors::JournalHandle;
