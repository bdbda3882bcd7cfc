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
//! | [`FilePages`] | which pages of a file are in memory, because somebody maps it |
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
//! What changes is committed every five seconds, by a thread of the filesystem's own, when somebody asks, and when
//! a transaction is full. A file that is mapped shared cannot be written through the mapping yet; times of access are not kept.

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

mod buffers;
mod errors;
mod file;
mod mapped;
mod mounted;
mod node;
mod pages;
mod sectors;

pub use buffers::Buffers;
pub use mounted::{InodeCache, mount};
pub use pages::FilePages;
pub use sectors::JournalHandle;
