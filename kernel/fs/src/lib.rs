//! Files, directories and paths.
//!
//! | module | what |
//! |---|---|
//! | [`filesystem`] | what a filesystem is made of: inodes, and the files that they open as |
//! | [`mod@file`], [`inode`] | what is said to and of them |
//! | [`open_file`] | an open file description: file, position, flags |
//! | [`pieces`] | bytes between user memory and a file, by way of a buffer |
//! | [`place`] | a file that is a place in the tree and no more: `O_PATH` |
//! | [`attributes`] | who owns an inode, how large it is, when it changed; who asks |
//! | [`walk`], [`path`] | from a path to an inode, and what is done with it |
//! | [`shown`] | from an inode to a path |
//! | [`locks`] | locks that programs have on files |
//! | [`notify`] | telling programs what becomes of files |
//! | [`namespace`] | which filesystem is mounted where |
//! | [`tmpfs`] | a filesystem in memory |
//! | [`devices`] | files that stand for devices |
//! | [`pseudo`] | directories and files that are made when they are looked at |
//! | [`unlisted`] | attributes of inodes that no directory lists |
//! | [`initramfs`] | the first root's content |
//!
//! **Locks, outermost first**, each class beside what it protects. Nothing above this crate is held when a method with a
//! [`Root`](lockorder::Root) is called, so a path is walked one directory at a time: a directory's lock is held for one look-up and
//! released. User memory is touched with a file's position held and nothing further in; pages that are read or written are
//! references, taken under the page cache's lock and used after it.
//!
//! | class | protects |
//! |---|---|
//! | [`file::FilePosition`] | the position of one description, over a whole read or write |
//! | [`tmpfs::Rename`] | which directory lies below which, while one moves |
//! | [`namespace::Mounts`] | which filesystem is mounted where |
//! | [`tmpfs::FileContent`] | one writer of a file's bytes at a time |
//! | [`tmpfs::Directory`] | a directory's entries |
//! | [`tmpfs::Inode`] | attributes |
//! | [`locks::RecordLocks`] | which locks programs have on files |
//! | [`tmpfs::PageCache`] | which pages a file has |
//! | [`notify::Notify`] | what is watched, and what those who watch have not been told |
//!
//! Nothing in here knows processes: who asks ([`attributes::Caller`]) and from where ([`path::Start`]) come as parameters.

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod attributes;
pub mod devices;
pub mod file;
pub mod filesystem;
pub mod initramfs;
pub mod inode;
pub mod locks;
pub mod namespace;
pub mod notify;
pub mod open_file;
pub mod path;
pub mod pieces;
pub mod place;
pub mod pseudo;
pub mod shown;
pub mod tmpfs;
pub mod unlisted;
pub mod walk;

pub use attributes::{Attributes, Caller, Change, Kind};
pub use file::{FilePosition, Readiness, Waits};
pub use filesystem::{File, Inode, SeekableFile, StreamFile};
pub use namespace::Namespace;
pub use open_file::{OpenFile, OpenFlags};
pub use unlisted::Unlisted;
pub use walk::Start;
