//! The filesystem that Linux calls ext2, and ext3 where it has a journal: its layout on the disk, and what is done with it.
//!
//! # On the disk
//!
//! Numbers are little-endian. The superblock is 1024 bytes from the start. Blocks have 1, 2 or 4 KiB and are divided into
//! groups; each has a bitmap of its blocks, a bitmap of its inodes, and a table of inodes. The descriptors of all groups are behind the
//! superblock; some groups have copies of both (*sparse superblocks*), which are not written here. An inode has
//! twelve blocks of its own, and three trees of blocks of pointers. A directory is a file of entries, each with the length of
//! itself; an *indexed* directory hides its index in entries that name nothing, so that it reads like any other. What
//! adds to it clears the index's flag, as Linux without that feature does.
//!
//! # What is believed
//!
//! Nothing. Every number from the disk is checked before it is used: a block's number has to be in the filesystem and not in the
//! groups' own blocks, an inode's number has to exist, an entry has to end within its block. A walk that the disk could
//! make endless (orphans, parents of a directory) is bounded by what the filesystem can have. What fails a check is
//! [`Error::Corrupt`], and the change in progress is undone.
//!
//! # Interface
//!
//! | module | what |
//! |---|---|
//! | [`superblock`], [`features`], [`groups`], [`inode`], [`entries`] | views of the disk's structures, checked |
//! | [`volume`] | where inodes and groups are |
//! | `allocation`, `mapping`, `truncation` | blocks and inodes are taken and freed; from a file's block to the disk's |
//! | `contents`, `directory`, `names`, `rename`, `orphans` | what files and directories do |
//! | [`filesystem`] | all of it over a [`journal::Device`], each operation in a change of the journal |
//!
//! Operations are methods of [`Volume`], which does not change once it is read, over
//! [`journal::Blocks`] where they read and over a [`journal::Handle`] where they change; so whoever has locks to acquire can put
//! them between. There are none in here.

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

mod allocation;
mod contents;
mod directory;
pub mod entries;
mod error;
pub mod features;
mod fields;
pub mod filesystem;
pub mod groups;
pub mod inode;
mod mapping;
mod names;
mod orphans;
mod rename;
pub mod superblock;
mod truncation;
pub mod volume;

pub use directory::Entry;
pub use error::Error;
pub use filesystem::{Access, Attributes, Filesystem, Operations};
pub use inode::{Inode, Kind, Number};
pub use names::New;
pub use superblock::Superblock;
pub use volume::Volume;
